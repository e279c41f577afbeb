/* What the engine is told at start: plain data, filled in by the shell.
 *
 * Everything is borrowed and outlives the engine. */
#ifndef GATEWAY_CORE_CONFIG_H
#define GATEWAY_CORE_CONFIG_H

#include "fix/session.h"
#include "gateway/core/limits.h"

enum session_role {
    ROLE_ORDERS,
    ROLE_DROPCOPY,
    ROLE_MARKETDATA,
};

struct broker_config {
    const char *name; /* At most ENGINE_NAME_BYTES_MAX bytes. */
    uint32_t weight;  /* Share of new orders; 0 = none. */
};

struct engine_session_config {
    const char *id; /* "FIX.4.4:FIXGATE->ALPHA", with ":qualifier" if there is one; unique. */
    struct session_config fix;
    enum session_role role;
    uint32_t broker; /* Index into brokers. */
    uint64_t reconnect_interval_ns;
    uint64_t backlog_bytes_high; /* Unsent bytes above which no new order goes to it. */
    uint64_t backlog_bytes_max;  /* Unsent bytes at which a slow peer is cut off. */
};

struct engine_config {
    const char *comp_id; /* SenderCompID(49) of what we say to the OMS and on the bus. */
    const struct broker_config *brokers;
    uint32_t brokers_count;
    const struct engine_session_config *sessions;
    uint32_t sessions_count;
    const struct dictionary *dictionary; /* FIX 4.4 with the in-house tags: order entry and bus. */
    uint64_t instance_id;                /* Of the store. */
    uint64_t day_end_ns;       /* Time of day (UTC) at which TimeInForce Day ends; 0 = midnight. */
    uint64_t bus_heartbeat_ns; /* Interval of the bus heartbeat. */
};

#endif
