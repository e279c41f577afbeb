/* Lines between the gateway and its brokers, as TCP would be on a bad day.
 *
 * A line carries bytes both ways, in order and late, in pieces that are cut anywhere. What is
 * sent and not yet read beyond the window waits at the sender: its backlog. A line ends by
 * one end's close (behind what it sent), or by a cut: what is under way is lost from some byte
 * on, and each end hears of it in its own time, or never. Ends never talk to each other
 * directly; all goes through the agenda. One thread.
 *
 * Randomness (pieces, delays) is of the world; the settings say how bad it is. */
#ifndef TESTS_SIM_NETWORK_H
#define TESTS_SIM_NETWORK_H

#include "fix/base.h"

struct sim;
struct line;

enum line_end {
    LINE_GATEWAY,
    LINE_BROKER,
};

/* How bad it is; drawn by the seed, mended for the settling. */
struct network_settings {
    uint64_t latency_least_ns;
    uint64_t latency_most_ns;
    unsigned split_permille; /* A piece is cut in two: each piece that arrives, again. */
    uint64_t window_bytes;   /* Under way in one direction, before a sender's backlog grows. */
};

/* What an end is told. `context` is what it came with. */
struct line_handler {
    void *context;
    /* Bytes have arrived: the end takes what it wants with line_read(), now or later. */
    void (*arrived)(void *context, struct line *line);
    /* The line is over, for this end; it is not touched after that. */
    void (*ended)(void *context, struct line *line, const char *reason);
};

/* A new line, up at this instant at both ends; both handlers are set before anything arrives.
 * `session` is the gateway's number of the session that it is for. It belongs to the network,
 * which frees it once both ends are through with it. */
struct line *line_open(struct sim *sim, uint32_t session);
void line_attach(struct line *line, enum line_end end, const struct line_handler *handler);
uint32_t line_session(const struct line *line);

void line_send(struct line *line, enum line_end from, struct span bytes);

/* What has arrived and was not taken yet; and takes the first `size` bytes of it. */
struct span line_peek(const struct line *line, enum line_end end);
void line_take(struct line *line, enum line_end end, size_t size);

/* Bytes that this end sent and that found no room on the way yet. */
uint64_t line_backlog(const struct line *line, enum line_end from);

/* This end is through with it: the other reads what was sent before, then its end. The
 * handler of this end hears no more. */
void line_close(struct line *line, enum line_end from);

/* The process at this end is gone without a word: what it had sent arrives up to some byte,
 * then the other end hears of the reset; `silent`: never (its machine is gone too). */
void line_abandon(struct line *line, enum line_end from, bool silent);

/* Cuts the line in the middle: both ends hear of it in their own time. Half open: one of them,
 * drawn, only when it next sends. */
void line_cut(struct line *line, bool half_open);

/* While held nothing arrives at either end, and nothing is lost: a partition. */
void line_hold(struct line *line, bool held);
/* Something is still on its way to the broker, or held back. */
bool line_is_in_use(const struct line *line);

/* All lines of the world, from sim->lines on, ended ones too. */
struct line *line_next(const struct line *line);

/* Frees all lines. */
void network_free(struct sim *sim);

#endif
