/* One decision of the routing: every term that went into it, as it was, and its record with the
 * attempt that followed from it.
 *
 * Pure. */
#ifndef GATEWAY_CORE_ROUTING_DECISION_H
#define GATEWAY_CORE_ROUTING_DECISION_H

#include "gateway/core/engine/limits.h"

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

/* Why a broker does not get an order. */
#define DECISION_CAUSES(X)                                                                         \
    X(NONE, "can take it")                                                                         \
    X(RULE_NEVER, "a rule keeps the order from it")                                                \
    X(RULE_OTHER, "the order is for another broker: a rule says so, or it is a canary")            \
    X(NO_RULE, "mode PINNED: no rule names a broker for the order")                                \
    X(NOT_PRIMARY, "mode PRIMARY_BACKUP: it is not the primary")                                   \
    X(DRAIN, "drained by an operator")                                                             \
    X(MAINTENANCE, "under maintenance")                                                            \
    X(FORCED_OPEN, "breaker forced open by an operator")                                           \
    X(CANARIES_OUT, "its canary orders are out")                                                   \
    X(FROZEN, "frozen: nothing is proven of what it has")                                          \
    X(OPEN, "breaker open")                                                                        \
    X(PROBES_OUT, "breaker half open, its probe orders are out")                                   \
    X(NO_WEIGHT, "its weight is 0")                                                                \
    X(LIMIT, "a kill switch or a limit of the broker holds it back")                               \
    X(NO_SESSION, "no session for orders is configured")                                           \
    X(CAPACITY, "as many orders unacknowledged as it may have")                                    \
    X(AWAY, "none of its sessions can send")                                                       \
    X(BACKLOG, "its connection is backed up")                                                      \
    X(RATE, "its outbound rate is used up")                                                        \
    X(UNFIT, "its dictionary does not take the order")                                             \
    X(LEFT, "the order was moved away from it, or to another one")

enum decision_cause {
#define X(name, words) CAUSE_##name,
    DECISION_CAUSES(X)
#undef X
};

enum {
    DECISION_NONE = INT32_MAX,        /* As `chosen`: no broker. */
    DECISION_MILLION = 1000000,       /* Shares and standings are in millionths. */
    DECISION_NAME_BYTES_MAX = 24,     /* Of a broker, in the record; cut behind that. */
    DECISION_RECORD_BYTES_MAX = 2048, /* Of 16 brokers with the largest numbers; two of them
                                      with usual ones: about 90. */
};

/* What a score came from, as the router posted it; all 0: nothing is known. */
struct decision_figures {
    uint32_t latency_us; /* Peak-sensitive mean. */
    uint32_t pending;    /* Orders without a word. */
    uint32_t orders;     /* In the breaker's window; */
    uint32_t failed;     /* of those. */
};

/* One broker, as it was. */
struct decision_term {
    enum decision_cause cause;
    enum broker_admin admin;
    enum breaker_state breaker;
    bool frozen;
    uint32_t weight;
    uint32_t score;                  /* Thousandths, */
    struct decision_figures figures; /* from these. */
    uint32_t ramp;                   /* Thousandths; the router's and a failover's in one. */
    uint32_t share;         /* Of the able ones' orders, in millionths, the warm share in it. */
    int64_t standing;       /* What was compared; the highest was chosen. */
    uint32_t headroom;      /* Of its session's outbound rate, in thousandths; 1000: no limit. */
    uint64_t backlog_bytes; /* Not yet written to its sessions. */
    uint64_t unacked;
    uint32_t capacity; /* 0: any number. */
    uint32_t left;     /* Probe or canary orders, if it is so limited. */
    uint32_t link;     /* The session that would take it, if `cause` is NONE. Not in the record. */
    uint32_t able;     /* So many of its sessions could. Not in the record. */
};

struct decision {
    uint64_t at_ns;
    uint64_t order_number; /* Whose it is. Not in the record. */
    uint64_t version;      /* Of the table. */
    enum routing_mode mode;
    uint32_t chosen; /* Index of a term, or DECISION_NONE. */
    uint32_t count;
    struct decision_term terms[ENGINE_BROKERS_MAX]; /* By the broker's index. */
};

/* "breaker open" */
const char *decision_cause_words(enum decision_cause cause);

/* The record. `names` are the brokers', by index. */
struct span decision_write(const struct decision *decision, const char *const *names,
                           uint8_t record[DECISION_RECORD_BYTES_MAX]);

/* Reads it back; `names` point into the record. False: not a record of this version. */
MUST_USE bool decision_read(struct span record, struct decision *decision,
                            struct span names[ENGINE_BROKERS_MAX]);

#endif
