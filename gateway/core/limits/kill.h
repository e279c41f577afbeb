/* The kill switch: no new orders in a scope, then cancel what is there, then prove that nothing
 * is working (design §8).
 *
 * Pure; part of the engine. On in the very turn of the command, durable in `control` under
 * "kill/", and on until two persons put it off. While it is on, order entry refuses the scope's
 * new orders and replaces, and nothing that waits is routed. A walk over everything that is with
 * a broker, perhaps with one, or waiting, cancels it: in pages, so that no turn is stalled, and
 * again and again with growing pauses, since a cancel may be refused or a broker away. A pass
 * that finds nothing is the proof. After a crash the walk begins anew.
 *
 *   kill.c           what is on, and what it blocks
 *   kill_walk.c      the passes
 *   kill_cancel.c    the cancels: of one order, and of many by OrderMassCancelRequest(q)
 *   kill_commands.c  what people ask of it */
#ifndef GATEWAY_CORE_LIMITS_KILL_H
#define GATEWAY_CORE_LIMITS_KILL_H

#include "gateway/core/limits/limit_scope.h"

struct engine;
struct link;
struct message;
struct order;

/* The tag of an OrderMassCancelRequest in the outbound queue: it never goes out again, since it
 * would cancel what came later. */
#define KILL_MASS_TAG "mass cancel"

/* Where a pass is. An order can move from one to the next while a pass is under way, but not
 * back: so none is missed. */
#define KILL_STAGES(X)                                                                             \
    X(REST)   /* Between passes. */                                                                \
    X(LIVE)   /* What has a live attempt. */                                                       \
    X(HUNT)   /* What was forced away from a broker, and may live there all the same. */           \
    X(DEAD)   /* What waits for a person. */                                                       \
    X(QUEUED) /* What waits. */

enum kill_stage {
#define X(name) KILL_##name,
    KILL_STAGES(X)
#undef X
};

/* What a pass found left, by broker. */
#define KILL_LEFTS(X)                                                                              \
    X(WORKING, "working")       /* At the broker. */                                               \
    X(CANCELLING, "cancelling") /* Its cancel is on its way. */                                    \
    X(IN_DOUBT, "in doubt")     /* Perhaps at the broker. */                                       \
    X(FORCED, "forced away")    /* Sent elsewhere by two persons; perhaps there too. */            \
    X(WAITING, "waiting")       /* For a broker, or a person; cancelled by this pass. */

enum kill_left {
#define X(name, words) KILL_LEFT_##name,
    KILL_LEFTS(X)
#undef X
        KILL_LEFTS_COUNT,
};

struct kill_count {
    uint64_t left[ENGINE_BROKERS_MAX + 1][KILL_LEFTS_COUNT]; /* The last: of no broker. */
};

enum { KILL_CURSOR_BYTES_MAX = 256 };

struct kill {
    struct limit_scope scope;
    uint64_t since_ns;
    char by[ENGINE_NAME_BYTES_MAX + 1];
    char reason[ENGINE_TEXT_BYTES_MAX + 1];

    /* Not durable. */
    enum kill_stage stage;
    bool turn_over;         /* The stage begins in the next turn, which sees all of this one. */
    bool again;             /* Something opened again since the pass began. */
    unsigned pass;          /* Passes that were finished. */
    uint64_t next_ns;       /* REST: when the next begins. */
    uint64_t proven_ns;     /* When a pass found nothing; 0: not yet, or no more. */
    uint64_t cancelled;     /* Waiting orders that were cancelled here. */
    uint64_t asked;         /* Cancels that went to brokers, or wait for one. */
    uint32_t mass_sent;     /* Bit per session: a mass cancel went out, */
    uint64_t mass_ns;       /* when; single cancels leave it a moment. */
    struct kill_count now;  /* Of the pass under way. */
    struct kill_count last; /* Of the last finished. */
    uint8_t cursor[KILL_CURSOR_BYTES_MAX];
    size_t cursor_size;
};

struct kills {
    uint32_t count;
    uint32_t turn; /* Whose page is next. */
    struct kill list[KILLS_MAX];
};

/* New orders of these parties are stopped; `why`, which may be NULL, says by what. */
bool kill_blocks(const struct engine *engine, const struct limit_parties *parties,
                 struct text *why);

/* New orders to the broker are stopped. */
bool kill_blocks_broker(const struct engine *engine, uint32_t broker, struct text *why);

/* Puts it on, in this turn. NULL, or why not. */
MUST_USE const char *kill_on(struct engine *engine, const struct limit_scope *scope, struct span by,
                             struct span reason);

/* Puts it off. NULL, or why not. */
MUST_USE const char *kill_off(struct engine *engine, const struct limit_scope *scope);

/* NULL: it is not on. */
struct kill *kill_find(struct engine *engine, const struct limit_scope *scope);

uint64_t kill_left_count(const struct kill_count *count);
const char *kill_left_words(enum kill_left left);
const char *kill_stage_name(enum kill_stage stage);

/* An order that had ended is open again: what was proven is so no more. */
void kill_order_reopened(struct engine *engine);

/* The broker's answer to a mass cancel: OrderMassCancelReport(r). */
void kill_mass_report(struct engine *engine, struct link *link, const struct message *message);

/* --- For the engine ----------------------------------------------------------------------- */

/* Reads what is on. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *kill_start(struct engine *engine, struct text *error);

void kill_tick(struct engine *engine);
uint64_t kill_deadline_ns(const struct engine *engine);

#endif
