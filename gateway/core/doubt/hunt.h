/* The hunt: attempts that two persons forced their orders away from, and that may live at a broker
 * which could not be asked (docs/failover.md).
 *
 * Pure; part of the engine. Durable in the table `hunt`. When the broker's session is READY again
 * they are dealt with before it gets any new order: one that it asks for was never received, and a
 * gap fill has taken its place; any other is cancelled under its own name. Each step is an alert
 * on the bus. It ends when the attempt is dead: filled over, cancelled, ended, unknown to the
 * broker, or two persons say so. An execution of it is a possible double, and told as such. */
#ifndef GATEWAY_CORE_DOUBT_HUNT_H
#define GATEWAY_CORE_DOUBT_HUNT_H

#include "gateway/core/orders/incoming.h"

/*    stage      what is known of it */
#define HUNT_STAGES(X)                                                                             \
    X(WAITING)     /* Its broker is away. */                                                       \
    X(FILLED_OVER) /* The broker asked for its number: a gap fill has it. */                       \
    X(CANCELLING)  /* A cancel of it went out; no answer yet. */                                   \
    X(REFUSED)     /* The cancel was refused, and not because the broker does not know it. */      \
    X(FOUND)       /* The broker has spoken of it. */

enum hunt_stage {
#define X(name) HUNT_##name,
    HUNT_STAGES(X)
#undef X
};

/* One attempt that is hunted: session id NUL attempt number → this. */
struct hunt {
    struct span session_id;
    uint64_t attempt_number;
    struct span order_key;
    struct span attempt_id;     /* Broker-facing ClOrdID. */
    struct span attempt_id_now; /* After accepted replaces. */
    struct span broker_order_id;
    struct decimal quantity; /* What it asked for. */
    struct decimal filled;   /* What it executed, as far as was told. */
    uint64_t attempt_seq;    /* MsgSeqNum(34) it went out with, */
    uint32_t attempt_resets; /* in that session day. */
    uint64_t since_ns;
    enum hunt_stage stage;
    uint64_t stage_ns;
    struct span cancel_id; /* Of the last cancel. */
};

/* The order's latest attempt is hunted from now on. Before attempt_give_up(). */
void hunt_add(struct engine *engine, const struct order *order);

/* A broker speaks of an attempt of `in` that its order had left as dead, or by a confirmed cancel,
 * as of one that works: it is hunted from now on. No effect if it is already, or nothing of it is
 * left there. */
void hunt_risen(struct engine *engine, const struct incoming *in);

/* Its session is READY: the walk begins, and new orders wait until it is through. */
void hunt_ready(struct engine *engine, struct link *link);

/* One page of the walk. True: it has more to do at once. */
bool hunt_walk(struct engine *engine, struct link *link);

/* Numbers, and that the broker does not know it, prove nothing of the attempt: the broker lost its
 * state since, or its numbers began anew. */
static inline bool hunt_is_unproven(const struct link *link, const struct hunt *hunt)
{
    return hunt->attempt_resets != link->session.resets ||
           hunt->attempt_number < link->doubt.unproven_end;
}

/* Something new is known of the attempt: the walk comes by it again. */
void hunt_again(struct link *link, const struct hunt *hunt);

/* The peer asks again for the message of ours that was sent as `attempt_id`. True: it is hunted,
 * and a gap fill takes its place. */
bool hunt_asked_for(struct engine *engine, struct link *link, struct span attempt_id);

/* A message of a broker's about `in`, which incoming_find_order() has loaded: what it means for the
 * hunt. True: it means nothing else, and all is done with it. An execution is the order's as well:
 * false. */
bool hunt_report(struct engine *engine, struct incoming *in);

/* An attempt that its order had left has executed, and what the present one still does may be too
 * much: then it is cancelled, and what is left by then goes on. No effect if none is there, it is
 * in doubt (its first word asks again), or a cancel or replace is on its way already. */
void hunt_relieve(struct engine *engine, struct span order_key);

/* --- For those who look ------------------------------------------------------------------ */

/* The hunted attempts of a session, from `attempt_number` on. False: there are no more. */
bool hunt_next(const struct engine *engine, struct span session_id, uint64_t attempt_number,
               struct hunt *out);

/* How many a session has; at start. */
uint64_t hunt_count(const struct engine *engine, const struct link *link);

/* The order key of a record of the `hunt` table. */
struct span hunt_order_key(struct span value);

/* The hunted attempt of that name, wherever it is. */
bool hunt_find(const struct engine *engine, struct span attempt_id, struct hunt *out);

/* It is over. `severity` and `how` go out as an alert. */
void hunt_end(struct engine *engine, const struct hunt *hunt, const char *severity,
              const char *how);

/* It begins; `what` goes out as an alert. */
void hunt_begin(struct engine *engine, const struct hunt *hunt, const char *what);

void hunt_save(struct engine *engine, const struct hunt *hunt);

/* Tells of a step: "hunt of 7K2M9QAA12 (OMS/C1) at ALPHA: …". */
void hunt_tell(struct engine *engine, const struct hunt *hunt, const char *severity,
               const char *what);

/* "FILLED_OVER" */
const char *hunt_stage_name(enum hunt_stage stage);

#endif
