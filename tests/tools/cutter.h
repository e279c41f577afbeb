/* A relay on the loopback that breaks connections at any byte.
 *
 * It stands between the one who connects and the one who accepts, and knows nothing of
 * what it relays: with TLS a cut falls inside a record as easily as inside a message. It
 * runs on a thread of its own; its functions may be called from any one thread. What it
 * chooses at random (sizes of pieces, delays) follows from its seed. */
#ifndef TESTS_TOOLS_CUTTER_H
#define TESTS_TOOLS_CUTTER_H

#include "fix/base.h"

struct cutter;

enum cutter_way {
    CUTTER_UP,   /* From the one who connects. */
    CUTTER_DOWN, /* To the one who connects. */
    CUTTER_WAYS,
};

/* What happens to the bytes of one way. */
enum cutter_mode {
    CUTTER_RELAY,
    CUTTER_HOLD,    /* They are not read: the sender's buffers fill up. */
    CUTTER_SWALLOW, /* They are read and lost: the sender believes they arrived. */
};

/* How a connection ends. */
enum cutter_manner {
    CUTTER_CLOSE,      /* Both ends at once, in the orderly way. */
    CUTTER_RESET,      /* Both ends at once, by RST. */
    CUTTER_LATE_ABOVE, /* The acceptor's end only CUTTER_LATE_MS later. */
    CUTTER_LATE_BELOW, /* The connecting one's end only CUTTER_LATE_MS later. */
    CUTTER_MANNERS,
};

enum { CUTTER_CONNECTIONS_MAX = 16, CUTTER_LATE_MS = 150 };

/* Listens on a free port of the loopback, and connects to `target_port` of it for each
 * connection taken. NULL: the system refused. */
struct cutter *cutter_open(uint16_t target_port, uint64_t seed);
/* The same, listening on another address of this machine, "10.66.0.11". */
struct cutter *cutter_open_at(const char *address, uint16_t target_port, uint64_t seed);
void cutter_close(struct cutter *cutter); /* Also all connections. */

uint16_t cutter_port(const struct cutter *cutter);
void cutter_set_target(struct cutter *cutter, uint16_t port);

/* For all connections from now on. */
void cutter_set_mode(struct cutter *cutter, enum cutter_way way, enum cutter_mode mode);
/* Relays in pieces of 1 to `piece_bytes_max` bytes (0: as they come), each up to
 * `delay_ms_max` later. */
void cutter_set_pieces(struct cutter *cutter, uint32_t piece_bytes_max, uint32_t delay_ms_max);
/* New connections are closed at once. */
void cutter_refuse(struct cutter *cutter, bool refuse);
void cutter_set_manner(struct cutter *cutter, enum cutter_manner manner);

/* Cuts all connections now. */
void cutter_cut(struct cutter *cutter);
/* Cuts them right after `bytes` more were taken in that way; 0: before the next one.
 * CUTTER_NEVER takes the order back. */
#define CUTTER_NEVER UINT64_MAX
void cutter_cut_after(struct cutter *cutter, enum cutter_way way, uint64_t bytes);

struct cutter_counts {
    uint64_t connections;        /* Taken so far. */
    uint64_t cuts;               /* cutter_cut(), and those at a byte. */
    uint64_t bytes[CUTTER_WAYS]; /* Relayed or lost. */
    uint32_t open;               /* Connections now. */
};

struct cutter_counts cutter_counts(struct cutter *cutter);

#endif
