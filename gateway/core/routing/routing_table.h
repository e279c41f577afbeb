/* The routing table: per broker, what people want of it and what the router measured, side by
 * side (design §9).
 *
 * Pure; part of the engine. Held in memory, durable in `control`: the table of before a crash is
 * the table of after. The router service posts what it measured (command `broker.measure`); people
 * set the rest. Whatever the table says, a session that cannot take an order now gets none. */
#ifndef GATEWAY_CORE_ROUTING_ROUTING_TABLE_H
#define GATEWAY_CORE_ROUTING_ROUTING_TABLE_H

#include "fix/text.h"
#include "fix/validate.h"
#include "gateway/core/routing/decision.h"

struct engine;
struct order;

enum {
    ROUTING_RULES_MAX = 256,
    ROUTING_FITS_MAX = 4,
    ROUTING_PERMILLE = 1000,
    ROUTING_WEIGHT_MAX = 1000000,
    ROUTING_CAPACITY_MAX = 1000000,
    ROUTING_PROBES_MAX = 1000000,
    ROUTING_SCORE_MAX = 100 * ROUTING_PERMILLE,
    ROUTING_NO_BROKER = INT32_MAX, /* As `primary`: none of the configuration. */
};

struct routing_broker {
    enum broker_admin admin;
    enum breaker_state breaker;
    bool frozen;       /* Nothing is proven of what it has (doubt): no new orders until a person
                          says so. */
    bool weight_set;   /* By a person; else the configuration's is in force. */
    bool capacity_set; /* As well. */
    uint32_t weight;   /* Share of new orders, beside the others'; 0: none. */
    uint32_t score;    /* Of the router, in thousandths of its weight; 1000 without a router. */
    uint32_t ramp;     /* Slow start, in thousandths of the score. */
    uint32_t probes;   /* HALF_OPEN: orders that may still go. Each takes one, durable with it. */
    uint32_t capacity; /* Unacknowledged orders at most; 0: any number. */
    uint32_t canaries; /* CANARY: orders that may still go. Each takes one, durable with it. */
    uint32_t switch_ramp; /* Of a failover: thousandths of the share; 0: all of it. */
    uint64_t posted_ns;   /* When the router last posted; 0: never. */
    uint64_t breaker_ns;  /* Since when the breaker is as it is. */
    uint64_t admin_ns;    /* Since when people want that. */
    uint64_t frozen_ns;   /* Since when nothing is proven. */
    char admin_by[ENGINE_NAME_BYTES_MAX + 1];
    char reason[ENGINE_TEXT_BYTES_MAX + 1];        /* Of the breaker's state. */
    char frozen_reason[ENGINE_TEXT_BYTES_MAX + 1]; /* Of the freeze. */

    /* Not durable. */
    struct decision_figures figures; /* Of the score, as last posted. */
    int64_t standing; /* Smooth weighted round robin: millionths of an order that are due to it. */
    bool could_take;  /* A new order, at the last look: a change sets the queue moving. */
};

/* Orders of an instrument, an account, or both, go to one broker, or never to it. */
struct routing_rule {
    char symbol[ENGINE_NAME_BYTES_MAX + 1]; /* Empty: any. */
    char account[ENGINE_NAME_BYTES_MAX + 1];
    uint32_t broker;
    bool never;
    uint64_t symbol_hash; /* Of the texts above; 0: any. */
    uint64_t account_hash;
};

/* What dictionaries said of an order in this step (routing_fits.c). */
struct routing_fit {
    const struct dictionary *dictionary;
    struct validate_options validate;
    bool fits;
};

struct routing_fits {
    uint64_t at_ns;
    uint64_t order_number;
    uint64_t content;
    struct span body; /* Compared by its place only. */
    uint32_t count;
    struct routing_fit list[ROUTING_FITS_MAX];
};

struct routing_table {
    enum routing_mode mode;
    uint32_t primary; /* PRIMARY_BACKUP. */
    uint64_t version; /* Grows with each change that is saved. */
    struct routing_broker brokers[ENGINE_BROKERS_MAX];
    uint32_t rules_count;
    struct routing_rule rules[ROUTING_RULES_MAX];

    /* Not durable. */
    bool changed;       /* In this turn: what waits is tried again. */
    uint64_t posted_ns; /* When the router last posted for any broker, or when the engine
                           started if it had posted before; 0: never. */
    bool silent;        /* It posted, and does so no more; told. */
    uint64_t heard_ns;  /* When it last posted since the engine started; 0: not yet. */
    char router[ENGINE_NAME_BYTES_MAX + 1];  /* Which one that was, in words; may be empty. */
    char refused[ENGINE_NAME_BYTES_MAX + 1]; /* Another one that would post, too; told. */
    uint64_t refused_ns;                     /* When it last tried; 0: never. */
    struct text start_ignored; /* What the store names and the configuration does not; told once. */
    struct routing_fits fits;
    /* The last one, for the record of the attempt that follows from it. */
    struct decision decision;
    struct text waiting; /* Why the last order that waits does so: memory for its reason. */
};

/* Reads it out of the store; brokers without a record are AUTO, CLOSED, at full score, with the
 * configuration's weight and capacity. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *routing_table_start(struct engine *engine, struct text *error);

/* Makes a change of one broker's row, or of mode and primary, durable in this turn. The caller
 * wrote it. What waits is tried again when a broker can take orders because of it, and after
 * any change of mode, primary or rules. */
void routing_table_save_broker(struct engine *engine, uint32_t broker);
void routing_table_save(struct engine *engine);

/* Rules. Set writes over the one of the same symbol and account that pins, or of the same
 * symbol, account and broker that forbids. False: there is no room; there is none to delete. */
MUST_USE bool routing_rule_set(struct engine *engine, struct span symbol, struct span account,
                               uint32_t broker, bool never);
MUST_USE bool routing_rule_delete(struct engine *engine, struct span symbol, struct span account,
                                  uint32_t broker);

/* Nothing is proven any more of what the broker has: it gets no new order until a person says
 * that it may (`broker.thaw`). Tells of it once. */
void routing_freeze(struct engine *engine, uint32_t broker, const char *reason);

/* New orders may go to the broker, as far as its row says: what people want, a freeze, the
 * breaker, its weight; if not, why. `why` may be NULL. */
bool routing_allows(const struct engine *engine, uint32_t broker, struct text *why);
enum decision_cause routing_row_cause(const struct routing_broker *row);

/* What the router measured counts: people have not put their own word in its place. */
static inline bool routing_row_measured(const struct routing_broker *row)
{
    return row->admin != BROKER_FORCED_CLOSED && row->admin != BROKER_CANARY;
}

const char *broker_admin_name(enum broker_admin admin);
const char *breaker_state_name(enum breaker_state state);
const char *routing_mode_name(enum routing_mode mode);

#endif
