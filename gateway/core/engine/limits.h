/* Every maximum of the engine, in one place. Full is an outcome, with a test. */
#ifndef GATEWAY_CORE_ENGINE_LIMITS_H
#define GATEWAY_CORE_ENGINE_LIMITS_H

#include "fix/limits.h"

enum {
    ENGINE_BROKERS_MAX = 16,
    ENGINE_SESSIONS_MAX = 32,
    ENGINE_NAME_BYTES_MAX = 63,           /* Broker, client. */
    ENGINE_CL_ORD_ID_BYTES_MAX = 64,      /* ClOrdID(11) and OrigClOrdID(41) from the OMS. */
    ENGINE_EXEC_ID_BYTES_MAX = 128,       /* ExecID(17) from a broker. */
    ENGINE_TEXT_BYTES_MAX = 255,          /* Reasons and Text(58). */
    ENGINE_LINE_BYTES_MAX = 1023,         /* Of the log, where the shell's reasons stand too. */
    ENGINE_REQUEST_BYTES_MAX = 16 * 1024, /* One request of the OMS. */
    ENGINE_ROUTE_BYTES_MAX = 256,         /* Return address of a request, opaque to the engine. */
    ENGINE_TOPIC_BYTES_MAX = 128,

    ACCEPTOR_GARBLED_MAX = 4, /* Garbled messages before the first Logon. */
    LINK_TAG_BYTES_MAX = 255, /* What an application remembers with a message. */

    TURN_BATCH_BYTES = 8 * 1024 * 1024, /* Durable writes of one turn. */
    TURN_BATCH_OPS_MAX = 65536,
    TURN_RELEASE_BYTES = 8 * 1024 * 1024, /* Bytes to release in one turn. */
    TURN_RELEASES_MAX = 32768,
    TURN_STEP_BYTES_MAX = 1024 * 1024, /* Most that one event may add to either. */
    TURN_STEP_OPS_MAX = 4096,
    /* Resent messages per session and turn, and the bytes after which the next turn goes on:
     * a page costs the other sessions about 0.1 ms (measured: 1.1 us and 2.5 ns a byte). */
    TURN_RESEND_MAX = 64,
    TURN_RESEND_BYTES_MAX = 32 * 1024,
    TURN_DISPATCH_MAX = 256, /* Queue entries looked at per turn. */
    TURN_DOUBT_MAX = 256,    /* Attempts marked in doubt, or settled, per session and turn. */
    TURN_EXPIRY_MAX = 256,   /* Orders expired per turn. */
    TURN_ARCHIVE_MAX = 256,  /* Archived messages deleted per turn. */

    /* Order limits (order_limits.h) and the kill switch (kill.h). */
    LIMIT_SETS_MAX = 256,       /* Scopes with limits of their own. */
    LIMIT_LIST_BYTES_MAX = 511, /* Of AllowedSymbols, DeniedSymbols. */
    LIMIT_COUNTERS_MAX = 1024,  /* Counters in memory; the rest is read when it is needed. */
    LIMIT_PRICE_WAYS = 8,       /* Live prices: 8 that share a place, */
    LIMIT_PRICE_PLACES = 512,   /* in so many places. */
    LIMIT_REPEATS_MAX = 32,     /* RepeatedOrders at most. */
    LIMIT_BLOCKED_MAX = 256,    /* Refused orders that may still be overridden. */
    LIMIT_OVERRIDES_MAX = 64,   /* Overrides that wait for their order. */
    LIMIT_SWEEP_MAX = 2,        /* Old entries looked at for each new one. */
    KILLS_MAX = 64,             /* Kill switches that are on. */
    TURN_KILL_MAX = 256,        /* Orders looked at per turn. */

    /* Commands for many orders (bulk.h). */
    BULKS_MAX = 16,         /* That wait, are under way, or are remembered. */
    BULK_ORDERS_MAX = 1000, /* Of one; to propose so many takes 3.6 ms (measured). */
    BULK_LOOKS_MAX = 4096,  /* Orders looked at for one, in the turn that proposes it. */
    TURN_BULK_MAX = 64,     /* Orders carried out per turn: 0.85 ms. */

    VIEW_VALUE_BYTES_MAX = 64 * 1024,
    ORDER_BODY_BYTES_MAX = ENGINE_REQUEST_BYTES_MAX,
    /* A request's symbol, account and currency stand beside its body, which may
     * hold them too; the rest are identifiers, which have limits. */
    ORDER_RECORD_BYTES_MAX = 2 * ENGINE_REQUEST_BYTES_MAX + 4096,
};

_Static_assert(TURN_BATCH_BYTES >= 2 * TURN_STEP_BYTES_MAX, "a turn takes at least one event");
_Static_assert(TURN_RELEASE_BYTES >= 2 * TURN_STEP_BYTES_MAX, "a turn takes at least one event");
_Static_assert(TURN_STEP_BYTES_MAX >= 4 * FIX_MESSAGE_BYTES_MAX, "an event's answers must fit");
_Static_assert(TURN_BATCH_OPS_MAX >= 2 * TURN_STEP_OPS_MAX, "a turn takes at least one event");

#endif
