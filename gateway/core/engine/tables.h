/* The tables of the gateway's store (design §4), as numbers and names.
 *
 * Pure. Keys are big-endian where they are numbers, so that they sort. */
#ifndef GATEWAY_CORE_ENGINE_TABLES_H
#define GATEWAY_CORE_ENGINE_TABLES_H

#include "gateway/core/engine/limits.h"

/*     number      name          key → value */
#define ENGINE_TABLES(X)                                                                           \
    X(COUNTERS, "counters") /* "" → next BusSeq, attempt, arrival, order number */               \
    X(SESSION, "session")   /* session id → next in/out MsgSeqNum, day, creation time */         \
    X(ORDER, "order")       /* client NUL ClOrdID → order, or a cancel/replace request of it */  \
    X(ATTEMPT, "attempt")   /* broker-facing ClOrdID → order key, what was asked */              \
    X(LIVE, "live")         /* order key → its one live attempt: the unique key of promise 1 */  \
    X(UNACKED, "unacked")   /* session id NUL attempt → order key: sent, no word yet */          \
    X(QUEUED, "queued")     /* arrival → order key, what to send */                              \
    X(EXPIRY, "expiry")     /* instant, order key → nothing: queued orders that expire */        \
    X(EXEC, "exec")         /* broker NUL ExecID NUL attempt → order key, BusSeq, fill */        \
    X(EVENT, "event")       /* BusSeq → topic and FIX bytes: what replay reads */                \
    X(CONTROL, "control")   /* what operators and the router set */                                \
    X(AUDIT, "audit")       /* operator and automatic actions, hash-chained */                     \
    X(DEADLETTER, "deadletter") /* orders that need a person */                                    \
    X(LIMIT, "limit") /* what is counted → its counter, moved with the orders it counts */       \
    X(HUNT, "hunt")   /* session id NUL attempt → order key, what is known: hunt.h */

enum table {
#define X(number, name) TABLE_##number,
    ENGINE_TABLES(X)
#undef X
    /* + session number: resets, MsgSeqNum → kind, instant, tag, message bytes. Named
     * "out/<session id>". Queues of earlier session days stand before the present one. */
    TABLE_OUT,
};

enum { ENGINE_TABLES_MAX = TABLE_OUT + ENGINE_SESSIONS_MAX };

/* "order"; only for tables below TABLE_OUT. */
const char *table_name(enum table table);

#endif
