/* Manual failover: new orders move from one broker to another, as a procedure that people lead.
 *
 * Pure; part of the engine. A person proposes it (command `failover.begin`), another approves;
 * then the engine goes from step to step by itself and stops where a person has to decide. Each
 * step is durable before it has an effect, an event, and an entry of the audit, so the procedure
 * goes on after a crash where it was. Orders that are with a broker are never moved by it: only
 * what waits, and what is proven dead there (doubt.h), goes on elsewhere; the rest is held, and
 * listed. */
#ifndef GATEWAY_CORE_ROUTING_FAILOVER_H
#define GATEWAY_CORE_ROUTING_FAILOVER_H

#include "fix/text.h"
#include "gateway/core/engine/limits.h"
#include "gateway/core/routing/routing_table.h"

struct engine;
struct order;

/*    step      what is awaited, and what ends it */
#define FAILOVER_STEPS(X)                                                                          \
    X(NONE)    /* There was none. */                                                               \
    X(QUIESCE) /* No new orders to `from`; its word on what it has, while its session holds. */    \
    X(RESOLVE) /* What it has not answered is decided by evidence; the rest is held and listed. */ \
    X(SWITCH)  /* `to` takes over, in this very step. */                                           \
    X(CANARY)  /* A few orders go to `to`; its word on them. */                                    \
    X(RAMP)    /* Its share grows to all. */                                                       \
    X(DONE)                                                                                        \
    X(ABORTED) /* Everything stands as before, but for what went out meanwhile. */

enum failover_step {
#define X(name) FAILOVER_##name,
    FAILOVER_STEPS(X)
#undef X
};

enum {
    FAILOVER_CANARIES_MAX = 100,
    FAILOVER_SECONDS_MAX = 3600,
    FAILOVER_RAMP_LEAST = 100, /* In thousandths: where the share of `to` begins. */
    FAILOVER_RAMP_TICKS = 10,  /* Steps in which it grows. */
};

struct failover {
    enum failover_step step;
    bool stopped; /* A person has to say `failover.continue` or `failover.abort`. */
    bool drill;   /* Done to be practised; it is as real. */
    uint32_t from;
    uint32_t to;
    uint32_t number;          /* Of the procedures so far. */
    uint64_t began_ns;        /* When it was approved. */
    uint64_t step_ns;         /* When the step began. */
    uint64_t look_ns;         /* RESOLVE: when its orders are next looked at; not durable. */
    uint64_t quiesce_seconds; /* QUIESCE and RESOLVE, each at most. */
    uint64_t canaries;        /* Orders. 0: none are tried. */
    uint64_t canary_first;    /* The first attempt that may be one, by its number. */
    uint64_t canary_seconds;  /* CANARY at most, then a person decides. */
    uint64_t ramp_seconds;    /* RAMP takes so long. 0: all at once. */
    enum routing_mode mode;   /* As they were before, for the abort. */
    uint32_t primary;
    enum broker_admin from_admin;
    enum broker_admin to_admin;
    char by[ENGINE_NAME_BYTES_MAX + 1];       /* Who proposed it, */
    char approver[ENGINE_NAME_BYTES_MAX + 1]; /* who approved it, */
    char reason[ENGINE_TEXT_BYTES_MAX + 1];   /* and why. */
    char state[ENGINE_TEXT_BYTES_MAX + 1];    /* What it waits for, or how it ended. */
};

/* What stands with a broker, for the pre-flight and for RESOLVE. */
struct failover_picture {
    uint64_t queued;    /* Wait for a broker: they move. */
    uint64_t dead;      /* Proven not to have arrived: they move once the proof is whole. */
    uint64_t held;      /* In doubt: they stay. */
    uint64_t undecided; /* Sent, and no word yet: cannot be decided now. */
    bool more;          /* There are more than were looked at. */
};

/* Reads it out of the store. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *failover_start(struct engine *engine, struct text *error);

void failover_tick(struct engine *engine);
uint64_t failover_deadline_ns(const struct engine *engine);

/* People have said themselves what they want of a broker; how orders are spread. An abort goes back
 * to their latest word. If they let no order go to the broker that is to take over, the procedure
 * stops, and goes on against that only when a person says so. */
void failover_admin_changed(struct engine *engine, uint32_t broker);
void failover_mode_changed(struct engine *engine);

/* The order's attempt is about to be given up: if it was a canary, and its broker had not said a
 * word on it, another one goes in its place. */
void failover_canary_died(struct engine *engine, const struct order *order);

struct failover_picture failover_look(const struct engine *engine, uint32_t broker);

/* "QUIESCE" */
const char *failover_step_name(enum failover_step step);

#endif
