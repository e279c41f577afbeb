/* What the engine is told at start: plain data, filled in by the shell.
 *
 * Everything is borrowed and outlives the engine. */
#ifndef GATEWAY_CORE_ENGINE_CONFIG_H
#define GATEWAY_CORE_ENGINE_CONFIG_H

#include "fix/schedule.h"
#include "fix/session.h"
#include "gateway/core/engine/application.h"
#include "gateway/core/engine/limits.h"
#include "gateway/core/limits/order_limits.h"

enum session_role {
    ROLE_ORDERS,
    ROLE_DROPCOPY,
    ROLE_MARKETDATA,
};

enum in_doubt_policy { /* InDoubtPolicy: what may settle an order in doubt but the broker's word. */
                       IN_DOUBT_HOLD,     /* Nothing. */
                       IN_DOUBT_OPERATOR, /* Two persons may force it to another broker. */
                       IN_DOUBT_DROPCOPY, /* An execution on the drop copy: the broker has it. */
};

struct broker_config {
    const char *name;  /* At most ENGINE_NAME_BYTES_MAX bytes. */
    uint32_t weight;   /* Share of new orders; 0 = none. */
    uint32_t capacity; /* Unacknowledged orders at most; 0 = any number. */
    enum in_doubt_policy in_doubt_policy;
    uint64_t in_doubt_deadline_ns;  /* InDoubtDeadline: longer than this in doubt is told of; 0 =
                                       never. */
    uint64_t dead_attempt_grace_ns; /* DeadAttemptGrace: what the broker provably did not get is
                                       free this long after it was filled over. */
    bool dead_attempt_status;       /* DeadAttemptStatus: and only when the broker, asked, says
                                       besides that it does not know it. */
};

/* An IP address; IPv4 as ::ffff:a.b.c.d. */
struct address {
    uint8_t bytes[16];
};

/* AllowedRemoteAddresses: an address or a block, 10.1.0.0/16. */
struct address_block {
    struct address address;
    uint8_t prefix_bits; /* Of the 128. */
};

enum endpoint_policy { /* HostSelectionPolicy */
                       ENDPOINT_ROUND_ROBIN,
                       ENDPOINT_PRIORITY, /* The first is preferred; see endpoint_failback_ns. */
};

struct engine_session_config {
    const char *id; /* "FIX.4.4:FIXGATE->ALPHA", with ":qualifier" if there is one; unique. */
    struct session_config fix;
    enum session_role role;
    uint32_t broker;          /* Index into brokers. */
    struct schedule schedule; /* Zeroed: non-stop. */
    /* ResetSeqTime: second of the day in reset_zone at which a running session is reset. */
    bool has_reset_time;
    uint32_t reset_second;
    const struct zone *reset_zone; /* NULL: UTC. */

    /* Initiator. The shell has the addresses; RELEASE_CONNECT says which. Only a completed
     * Logon counts as success. */
    uint32_t endpoints_count; /* At least 1. */
    uint32_t endpoint_tries;  /* EndpointTries: in a row at one, then the next. */
    enum endpoint_policy endpoint_policy;
    uint64_t endpoint_failback_ns;      /* PRIORITY: this long after leaving the first, the next
                                           connection begins with it again. */
    uint64_t reconnect_interval_ns;     /* Before the first try after a loss. */
    uint64_t reconnect_interval_max_ns; /* Doubles up to this, with jitter of a fifth. */

    /* Acceptor. */
    uint32_t listener;                   /* Index into the shell's listeners. */
    const struct address_block *allowed; /* AllowedRemoteAddresses */
    uint32_t allowed_count;              /* 0: any. */

    uint32_t rate_per_second;    /* OutboundRate: messages; 0 = unlimited. */
    uint32_t rate_burst;         /* OutboundBurst: bucket size, at least 1. */
    bool mass_cancel;            /* MassCancel=Y: it takes OrderMassCancelRequest(q). */
    bool persist_messages;       /* PersistMessages=N: bodies are not kept; always gap-filled. */
    uint64_t stale_order_ns;     /* StaleOrderAge: an order older than this does not go out again;
                                    0 = as long as its TimeInForce. */
    bool resend_orders;          /* ResendOrders=Y: an order that the broker did not get goes again
                                    with PossDupFlag; N: never, it is filled over and freed. */
    uint32_t numbers_behind_max; /* NumbersBehindMax: so many of the last numbers that it answered
                                    may it ask for again, and still count as sound. */
    bool order_status_request;   /* OrderStatusRequest: it answers them. */
    bool order_mass_status_request; /* OrderMassStatusRequest: one for all at logon. */
    uint64_t
        order_status_interval_ns; /* OrderStatusInterval: asked again while there is no word. */
    uint32_t archive_days;        /* OutboundArchiveDays: outbound queues of session days that
                                     began longer ago are deleted; 0 = never. */
    uint64_t backlog_bytes_high;  /* Unsent bytes above which no new order goes to it. */
    uint64_t backlog_bytes_max;   /* Unsent bytes at which a slow peer is cut off. */
};

struct engine_config {
    const char *comp_id; /* SenderCompID(49) of what we say to the OMS and on the bus. */
    const struct broker_config *brokers;
    uint32_t brokers_count;
    const struct engine_session_config *sessions;
    uint32_t sessions_count;
    const struct order_limit_config *limits; /* One for each scope. */
    uint32_t limits_count;                   /* At most LIMIT_SETS_MAX. */
    const struct dictionary *dictionary; /* FIX 4.4 with the in-house tags: order entry and bus. */
    uint64_t instance_id;                /* Of the store. */
    uint64_t day_end_ns;       /* Time of day (UTC) at which TimeInForce Day ends; 0 = midnight. */
    uint64_t bus_heartbeat_ns; /* Interval of the bus heartbeat. */
    uint64_t proposal_ns;      /* How long a proposal waits for its approval; 0: 15 minutes. */
    uint32_t warm_share;       /* Of each healthy broker at least, in thousandths of the orders. */
    /* Posts of the router that are older say nothing any more; 0 = they do not age. */
    uint64_t router_post_max_age_ns;
    uint64_t random_seed;                  /* For jitter. */
    const struct application *application; /* NULL: orders_application. */
};

#endif
