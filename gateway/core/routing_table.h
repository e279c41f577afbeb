/* The routing table: per broker, what people want of it and what the router measured, side by
 * side (design §9).
 *
 * Pure; part of the engine. Held in memory, durable in `control`: the table of before a crash is
 * the table of after. The router service posts what it measured (command `broker.measure`); people
 * set the rest. Whatever the table says, a session that cannot take an order now gets none. */
#ifndef GATEWAY_CORE_ROUTING_TABLE_H
#define GATEWAY_CORE_ROUTING_TABLE_H

#include "fix/text.h"
#include "gateway/core/limits.h"

struct engine;

/* What people want of a broker. */
#define BROKER_ADMINS(X)                                                                           \
    X(AUTO)          /* As measured. */                                                            \
    X(DRAIN)         /* No new orders; what is there goes on. */                                   \
    X(MAINTENANCE)   /* No new orders, and its sessions may be down without an alert. */           \
    X(FORCED_OPEN)   /* No new orders, whatever is measured. */                                    \
    X(FORCED_CLOSED) /* New orders, whatever is measured. */                                       \
    X(CANARY)        /* A failover tries it: as many orders as `canaries` still allows. */

enum broker_admin {
#define X(name) BROKER_##name,
    BROKER_ADMINS(X)
#undef X
};

/* What the router measured. */
#define BREAKER_STATES(X)                                                                          \
    X(CLOSED)    /* Healthy. */                                                                    \
    X(OPEN)      /* No orders. */                                                                  \
    X(HALF_OPEN) /* Probe orders only, as many as `probes` still allows. */

enum breaker_state {
#define X(name) BREAKER_##name,
    BREAKER_STATES(X)
#undef X
};

/* How new orders are spread. */
#define ROUTING_MODES(X)                                                                           \
    X(ACTIVE_ACTIVE)  /* By scores, over all that can. */                                          \
    X(PRIMARY_BACKUP) /* All to the primary; only people make another one that. */                 \
    X(PINNED)         /* By instrument and account rules alone; the rest waits. */

enum routing_mode {
#define X(name) ROUTING_##name,
    ROUTING_MODES(X)
#undef X
};

enum { ROUTING_RULES_MAX = 256, ROUTING_PERMILLE = 1000 };

struct routing_broker {
    enum broker_admin admin;
    enum breaker_state breaker;
    bool frozen;          /* Nothing is proven of what it has (doubt): no new orders until a person
                             says so. */
    uint32_t score;       /* Of the router, in thousandths of its weight; 1000 without a router. */
    uint32_t ramp;        /* Slow start, in thousandths of the score. */
    uint32_t probes;      /* HALF_OPEN: orders that may still go. */
    uint32_t canaries;    /* CANARY: orders that may still go; each that is sent takes one. */
    uint32_t switch_ramp; /* Slow start behind a failover, in thousandths; 0: none is under way.
                             Stands beside the router's, and both count. */
    uint32_t capacity;    /* Unacknowledged orders at most; 0: any number. */
    uint64_t posted_ns;   /* When the router last posted; 0: never. */
    uint64_t admin_ns;    /* Since when people want that. */
    char admin_by[ENGINE_NAME_BYTES_MAX + 1];
    char reason[ENGINE_TEXT_BYTES_MAX + 1]; /* Of the breaker's state, or of the freeze. */
};

/* Orders of an instrument, an account, or both, go to one broker, or never to it. */
struct routing_rule {
    char symbol[ENGINE_NAME_BYTES_MAX + 1]; /* Empty: any. */
    char account[ENGINE_NAME_BYTES_MAX + 1];
    uint32_t broker;
    bool never;
};

struct routing_table {
    enum routing_mode mode;
    uint32_t primary; /* PRIMARY_BACKUP. */
    uint64_t version; /* Grows with each change. */
    struct routing_broker brokers[ENGINE_BROKERS_MAX];
    uint32_t rules_count;
    struct routing_rule rules[ROUTING_RULES_MAX];
};

/* Reads it out of the store; brokers without a record are AUTO, CLOSED, at full score. */
void routing_table_start(struct engine *engine);

/* Makes a change of one broker's row, or of what is not a broker's, durable in this turn. */
void routing_table_save_broker(struct engine *engine, uint32_t broker);
void routing_table_save(struct engine *engine);

/* Nothing is proven any more of what the broker has: it gets no new order until a person says
 * that it may (`broker.thaw`). Tells of it once. */
void routing_freeze(struct engine *engine, uint32_t broker, const char *reason);

/* New orders may go to the broker, as far as the table says; if not, why. */
bool routing_allows(const struct engine *engine, uint32_t broker, struct text *why);

const char *broker_admin_name(enum broker_admin admin);
const char *breaker_state_name(enum breaker_state state);
const char *routing_mode_name(enum routing_mode mode);

#endif
