/* What the oracle knows of the router, its breakers and the brokers' shares of the orders; a part
 * of oracle_parts.h. */
#ifndef TESTS_ORACLE_ORACLE_BREAKERS_H
#define TESTS_ORACLE_ORACLE_BREAKERS_H

#include "tests/oracle/oracle.h"
#include "tests/oracle/oracle_message.h"

enum { ORACLE_POSTS_MAX = 64 };

enum { BREAKERS = 3 };

enum breaker { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct oracle_breaker {
    /* As the router says. */
    enum breaker state;
    bool moved;        /* In this life of the router; since then: */
    uint64_t since_ns; /* By its clock. */
    uint32_t opened;   /* So often, and not forgiven. */
    uint64_t least_ns; /* OPEN lasts so long at least. */
    uint32_t closings; /* After a HALF_OPEN. */
    /* As it posts: the changes, a ring. */
    enum breaker posts[ORACLE_POSTS_MAX];
    uint32_t posts_count;
    uint32_t posts_taken; /* So many of them the gateway has passed. */
    /* As the bus says. */
    enum breaker told;
    uint32_t silent;          /* Orders since its last word, */
    uint64_t silent_since_ns; /* and when the one went that makes them too many. */
    uint32_t shared;          /* Orders that went there since all were able. */
};

struct oracle_breakers {
    struct oracle_router router;
    bool router_told; /* There is one; */
    bool follows;     /* it follows the present. */
    uint32_t warm_share;
    uint32_t shared; /* Orders since all brokers were able. */
    bool ready[ORACLE_SESSIONS_MAX];
    struct oracle_breaker list[ORACLE_BROKERS_MAX];
};

/* Any event, after it was taken in. */
void oracle_breakers_event(struct oracle *oracle, uint64_t bus_seq, struct span kind,
                           const struct oracle_message *message);

/* A new attempt goes to the broker. A canary is no part of anybody's share. */
void oracle_breakers_order(struct oracle *oracle, uint64_t bus_seq, uint32_t broker, bool canary,
                           const struct oracle_message *message);

#endif
