/* Limits on orders, before they are routed (design §8).
 *
 * Pure; part of the engine. limits.h is something else: the maxima of the engine itself.
 *
 * A set of limits is for a scope: all orders, or those of a client, an account, an instrument;
 * a set for a broker is asked when an order is routed. An order must pass every set whose scope
 * it is in, so the tightest wins. Sets come from the configuration ([LIMIT] and [BROKER]), and
 * what `limits.set` changed is laid over them: durable in `control` under "limit/".
 *
 * Counters move in the turn, and so in the transaction, of the orders they count: `limit` table.
 * Open orders are counted for all, each client, each account and each instrument, whether there
 * is a limit or not, so that one that is set later finds them counted; those with a broker are
 * what its links count (link.open_count).
 *
 *   order_limits.c         the check, kind by kind
 *   order_limits_table.c   the sets
 *   order_limits_change.c  changes at run time
 *   order_limits_count.c   open orders and rates
 *   order_limits_repeat.c  repeated orders with their latch, and the duplicate window
 *   order_limits_price.c   live prices, notional, collar
 *   order_limits_blocked.c orders that were refused
 *   order_limits_tell.c    alerts, overrides
 *   limit_commands.c       what people ask of it */
#ifndef GATEWAY_CORE_LIMITS_ORDER_LIMITS_H
#define GATEWAY_CORE_LIMITS_ORDER_LIMITS_H

#include "fix/schedule.h"
#include "gateway/core/limits/limit_scope.h"

struct engine;
struct order;
struct order_terms;

enum limit_value {
    LIMIT_IS_AMOUNT,  /* A decimal above zero. */
    LIMIT_IS_COUNT,   /* A whole number; 0 is one too. */
    LIMIT_IS_SECONDS, /* A whole number above zero. */
    LIMIT_IS_POLICY,  /* "reject" or "pass" */
    LIMIT_IS_LIST,    /* Names with commas between. */
    LIMIT_IS_HOURS,   /* Of the configuration only. */
};

/*    kind              word                 value    most */
#define LIMIT_KINDS(X)                                                                             \
    X(QUANTITY, "MaxQuantity", AMOUNT, 0)                                                          \
    X(NOTIONAL, "MaxNotional", AMOUNT, 0)                                                          \
    X(COLLAR, "PriceCollar", COUNT, 1000000)    /* Basis points. */                                \
    X(PRICE_AGE, "MaxPriceAge", SECONDS, 86400) /* Older is stale. */                              \
    X(STALE_PRICE, "StalePrice", POLICY, 1)     /* With a stale price, or none. */                 \
    X(RATE, "OrdersPerSecond", COUNT, 1000000)  /* New orders and replaces. */                     \
    X(BURST, "OrdersBurst", COUNT, 1000000)     /* Size of the bucket; else one second. */         \
    X(OPEN, "MaxOpenOrders", COUNT, 1000000000) /* That have not ended. */                         \
    X(REPEATS, "RepeatedOrders", COUNT, LIMIT_REPEATS_MAX) /* Alike, within the window. */         \
    X(REPEAT_WINDOW, "RepeatedOrdersWindow", SECONDS, 86400)                                       \
    X(DUPLICATE, "DuplicateWindow", SECONDS, 86400) /* The same content again within. */           \
    X(ALLOWED, "AllowedSymbols", LIST, 0)           /* No others. */                               \
    X(DENIED, "DeniedSymbols", LIST, 0)                                                            \
    X(HOURS, "TradingHours", HOURS, 0)

enum limit_kind {
#define X(name, word, value, most) LIMIT_##name,
    LIMIT_KINDS(X)
#undef X
        LIMIT_KINDS_COUNT,
};

enum { LIMIT_LISTS = 2, LIMIT_STALE_REJECT = 0, LIMIT_STALE_PASS = 1 };

/* A set of the configuration. */
struct order_limit_config {
    struct limit_scope scope;
    bool has[LIMIT_KINDS_COUNT];
    struct decimal value[LIMIT_KINDS_COUNT];
    const char *list[LIMIT_LISTS]; /* ALLOWED, DENIED; NULL: none. At most LIMIT_LIST_BYTES_MAX. */
    struct schedule hours;
};

struct order_limit_set {
    struct limit_scope scope;
    uint64_t hash; /* Of the scope. */
    const struct order_limit_config *base;
    bool has[LIMIT_KINDS_COUNT]; /* In force. */
    bool run_time[LIMIT_KINDS_COUNT];
    struct decimal value[LIMIT_KINDS_COUNT];
    char list[LIMIT_LISTS][LIMIT_LIST_BYTES_MAX + 1];
    uint64_t refused[LIMIT_KINDS_COUNT]; /* Orders, since the start. */
    struct session_day day;              /* HOURS: the one looked up last. */
    bool in_day;
};

/* A counter of the `limit` table, as this turn has it. */
struct limit_counter {
    uint64_t hash;
    uint8_t key[2 + ENGINE_NAME_BYTES_MAX];
    uint8_t key_size; /* 0: free. */
    bool changed;
    uint64_t count; /* Of open orders; or tokens, in billionths of an order, */
    uint64_t at_ns; /* when that was so. */
};

struct limit_price {
    char symbol[ENGINE_NAME_BYTES_MAX + 1]; /* Empty: free. */
    char currency[8];                       /* Empty: not said. */
    struct decimal price;
    uint64_t at_ns;
};

/* An order that was refused, kept so that two persons may let it pass. */
struct limit_blocked {
    uint64_t at_ns; /* 0: free. */
    uint64_t content;
    uint32_t kinds; /* Bit per enum limit_kind. */
    char client[ENGINE_NAME_BYTES_MAX + 1];
    char cl_ord_id[ENGINE_CL_ORD_ID_BYTES_MAX + 1];
    struct text why;
};

/* Refusals of one kind, told now and then. */
struct limit_told {
    uint64_t told_ns;
    uint64_t untold;
    struct text last;
};

struct order_limits {
    uint32_t sets_count;
    struct order_limit_set sets[LIMIT_SETS_MAX];
    uint32_t of_broker[ENGINE_BROKERS_MAX]; /* 1 + index into sets; 0: none. */
    uint32_t counters_count;
    uint32_t changed_count;
    uint16_t changed[LIMIT_COUNTERS_MAX];              /* In this turn: places in counters. */
    struct limit_counter counters[LIMIT_COUNTERS_MAX]; /* Open addressing. */
    struct limit_price prices[LIMIT_PRICE_PLACES][LIMIT_PRICE_WAYS];
    bool price_wanted[LIMIT_PRICE_PLACES]; /* An order waits for a price that belongs there. */
    uint64_t blocked_count;                /* Ever; the newest of them: */
    struct limit_blocked blocked[LIMIT_BLOCKED_MAX];
    struct limit_told told[LIMIT_KINDS_COUNT + 1]; /* The last: the kill switch. */
    uint32_t untold;         /* A bit for each of them that has something to tell. */
    uint64_t refused;        /* Orders, since the start. */
    uint64_t brokers_due_ns; /* At the last tick: when a broker's rate has room again. */
    uint64_t latches;        /* That are shut. */
    uint8_t sweep[9];        /* Where old entries are looked for next. */
};

/* --- For order entry -------------------------------------------------------------------- */

/* What is asked for. */
struct limit_question {
    struct limit_parties parties;
    struct span cl_ord_id;
    struct span currency;
    char side;
    const struct order_terms *terms;
    uint64_t content; /* Of a new order, and */
    uint64_t same;    /* that without its ClOrdID. */
    bool is_new;      /* Else it replaces one that is open. */
};

/* Asks all limits and the kill switches. True: it passes, and is counted from now on. False: it
 * is refused; `reason` is OrdRejReason(103), `why` names field, value, limit and remedy; it has
 * been told. */
MUST_USE bool order_limits_check(struct engine *engine, const struct limit_question *question,
                                 int *reason, struct text *why);

/* --- For whoever routes, and ends orders -------------------------------------------------- */

/* An order that was open has ended; or one that had ended is open again (a bust). Once each. */
void order_ended(struct engine *engine, const struct order *order);
void order_reopened(struct engine *engine, const struct order *order);

/* The broker's limits, and a kill switch over it, let an order go there now. If not, `why`; it
 * may be NULL. */
MUST_USE bool order_limits_broker_takes(const struct engine *engine, uint32_t broker,
                                        struct text *why);
/* … and so do the kill switches over this order. */
MUST_USE bool order_limits_broker_allows(const struct engine *engine, const struct order *order,
                                         uint32_t broker, struct text *why);

/* An order went to the broker: its rate counts it. */
void order_limits_broker_sent(struct engine *engine, uint32_t broker);

/* Whether an order that waited in the queue may go now: by the collar, against the price of now. */
enum limit_verdict {
    LIMIT_GOES,
    LIMIT_WAITS, /* No price to judge it by; when one comes, the queue is walked anew. */
    LIMIT_FAILS, /* `why` */
};
MUST_USE enum limit_verdict order_limits_judge(struct engine *engine, const struct order *order,
                                               struct text *why);

/* Nothing but a live price is wanting to judge it: it may wait for that in the queue. */
MUST_USE bool order_limits_wait(struct engine *engine, const struct order *order);

/* Before an order that waited goes to another broker: its time in force, the collar against the
 * price of now, the kill switches. False: it must not go; `why`. */
MUST_USE bool order_limits_recheck(struct engine *engine, const struct order *order,
                                   struct text *why);

/* --- For the engine ---------------------------------------------------------------------- */

/* Reads what was changed at run time. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *order_limits_start(struct engine *engine, struct text *error);

/* Tells of refusals that were not told yet. */
void order_limits_tick(struct engine *engine);
/* Once the queue has moved: looks when a broker's rate has room again, while orders wait. */
void order_limits_look(struct engine *engine);
/* When it wants to tell, or to look again. Reads nothing of the store: no turn is open. */
uint64_t order_limits_deadline_ns(const struct engine *engine);

/* Writes the counters that the turn changed. */
void order_limits_store(struct engine *engine);

#endif
