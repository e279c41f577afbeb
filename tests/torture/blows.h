/* The blows: what can be done to the parts of a running world, and how it is taken back.
 *
 * Which blows fall, upon whom, how long they last and when the next one comes is drawn from the
 * seed alone. Each round does without some kinds, so that what they would cover up is seen. A blow
 * that cannot fall now (its part lies already) is passed over, and counted. */
#ifndef TESTS_TORTURE_BLOWS_H
#define TESTS_TORTURE_BLOWS_H

#include "tests/torture/arena.h"

/*     kind             weight  short  long ms  what it is
 * Most last up to `short`, some up to `long`; 0: over at once. */
#define TORTURE_BLOWS(X)                                                                           \
    X(GATEWAY_KILLED, 12, 800, 6000, "gateway killed with -9")                                     \
    X(GATEWAY_ENDED, 4, 800, 4000, "gateway ended in order (SIGTERM)")                             \
    X(BROKER_KILLED, 10, 2000, 8000, "broker killed with -9")                                      \
    X(ALL_KILLED, 3, 1500, 4000, "gateway and all brokers killed at once")                         \
    X(OMS_KILLED, 7, 800, 5000, "OMS dead, only its journal left")                                 \
    X(GATEWAY_STOPPED, 6, 1500, 16000, "gateway stopped (SIGSTOP)")                                \
    X(BROKER_STOPPED, 6, 2500, 16000, "broker stopped (SIGSTOP)")                                  \
    X(ROUTER_KILLED, 4, 1500, 6000, "router killed with -9")                                       \
    X(ROUTER_STOPPED, 3, 2500, 9000, "router stopped (SIGSTOP)")                                   \
    X(LINE_CUT, 9, 0, 0, "line to a broker cut")                                                   \
    X(LINE_CUT_AT_BYTE, 8, 0, 0, "line cut at a byte within a message")                            \
    X(LINE_HELD, 5, 2000, 14000, "line that takes nothing (half-open)")                            \
    X(LINE_SWALLOWS, 4, 1500, 8000, "line that loses all, then cut")                               \
    X(LINE_SLOW, 5, 4000, 10000, "line in small late pieces")                                      \
    X(LINE_REFUSED, 3, 2000, 8000, "line that refuses connections")                                \
    X(LINK_DOWN, 4, 2500, 13000, "network link down")                                              \
    X(LINK_ONE_WAY, 4, 3000, 14000, "network that carries one way only")                           \
    X(LINK_LOSSY, 4, 5000, 10000, "network that loses packets")                                    \
    X(BROKER_DROPS, 4, 0, 0, "broker hangs up")                                                    \
    X(BROKER_REPEATS, 6, 0, 0, "broker says a report again")                                       \
    X(BROKER_FORGETS, 5, 0, 0, "broker forgets what it received")                                  \
    X(BROKER_LOSES_NUMBERS, 2, 0, 0, "broker expects number 1 in mid-day")                         \
    X(BROKER_HOLDS, 4, 3000, 10000, "broker takes in, answers nothing")                            \
    X(BROKER_MUTE, 3, 3000, 10000, "broker executes, reports nothing")                             \
    X(BROKER_REFUSES, 3, 2000, 8000, "broker refuses the Logon")                                   \
    X(BROKER_SLOW, 4, 3000, 10000, "broker reads slowly or not at all")                            \
    X(BROKER_DELAYS, 3, 4000, 9000, "broker answers after seconds")                                \
    X(BROKER_REJECTS, 3, 4000, 9000, "broker rejects half of the orders")                          \
    X(BROKER_BUSTS, 4, 0, 0, "broker busts an execution")                                          \
    X(BROKER_ENDS_ORDERS, 3, 0, 0, "broker cancels or fills all that rests")                       \
    X(OPERATOR_HANGS_UP, 3, 0, 0, "operator closes a connection")                                  \
    X(OPERATOR_LOGS_OFF, 3, 3000, 9000, "operator logs a session off, and on")                     \
    X(FAILOVER, 5, 4000, 9000, "operators fail over, back, or drill")                              \
    X(KILL_SWITCH, 3, 2500, 7000, "operators kill a broker, a symbol, a client")                   \
    X(BROKER_TAKEN_OUT, 4, 3000, 9000, "operator drains a broker or forces its breaker")           \
    X(ROUTE_MODE, 2, 3000, 9000, "operators change the mode of the routing")                       \
    X(FORCED_REROUTE, 3, 1000, 3000, "broker dies with orders, two persons force them on")         \
    X(ORDERS_MOVED, 4, 2000, 4000, "operator moves orders to other brokers")                       \
    X(DISK_FULL, 4, 2500, 6000, "disk full")                                                       \
    X(DISK_SYNC_FAILS, 4, 1500, 4000, "sync of the store fails")                                   \
    X(DISK_WRITE_FAILS, 4, 1500, 4000, "write to the store fails")                                 \
    X(CLOCK_SET, 5, 4000, 15000, "gateway's clock set forward or back")                            \
    X(POWER_LOST, 6, 800, 3000, "power lost: only what was synced is sure")

enum blow_kind {
#define X(name, weight, short_ms, long_ms, text) BLOW_##name,
    TORTURE_BLOWS(X)
#undef X
        BLOW_KINDS,
};

const char *blow_text(enum blow_kind kind);
const char *blow_name(enum blow_kind kind); /* "GATEWAY_KILLED" */

enum { BLOWS_ACTIVE_MAX = 48, BLOW_WORDS_BYTES_MAX = 96 };

struct blow {
    enum blow_kind kind;
    uint32_t broker;
    uint64_t detail;   /* Chance for the blow's own use. */
    uint64_t span_ms;  /* 0: over at once. */
    uint64_t pause_ms; /* From the one before it. */
    uint64_t until_ns; /* When it is taken back. */
    bool active;
};

struct blows {
    uint64_t random;
    bool off[BLOW_KINDS]; /* Not in this round. */
    struct blow next;
    uint64_t next_ns; /* When it falls. */
    struct blow active[BLOWS_ACTIVE_MAX];
    uint64_t struck[BLOW_KINDS];
    uint64_t passed_over;
    char last[BLOW_WORDS_BYTES_MAX]; /* The last one, in words. */
};

void blows_init(struct blows *blows, uint64_t seed);

/* A round: chooses which kinds it does without, and lets the next blow fall from now on. */
void blows_begin(struct blows *blows, struct arena *arena);

/* Strikes what is due, and takes back what is over. False: something broke that must not. */
MUST_USE bool blows_step(struct blows *blows, struct arena *arena);

/* When blows_step() is to be called next. */
uint64_t blows_due_ns(const struct blows *blows);

/* Takes all of them back: every part runs, every line is sound. */
MUST_USE bool blows_end(struct blows *blows, struct arena *arena);

#endif
