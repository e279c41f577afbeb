/* One world under torture, and what stands around it: its lines, its network, its disk.
 *
 * Knows what is down because a blow put it down; anything else that ends is a failure. One
 * thread. Functions that return false have said why (world_fail()). */
#ifndef TESTS_TORTURE_ARENA_H
#define TESTS_TORTURE_ARENA_H

#include "tests/tools/cutter.h"
#include "tests/tools/load.h"
#include "tests/torture/bad_clock.h"
#include "tests/torture/disk.h"
#include "tests/torture/network.h"

enum { ARENA_PRELOAD_BYTES_MAX = 1200, ARENA_ENVIRONMENT_MAX = BAD_DISK_ENVIRONMENT_MAX + 1 };
enum { ARENA_WHAT_BYTES_MAX = 160 };
enum { ARENA_NAME_BYTES_MAX = 24, ARENA_DISK_GRACE_MS = 4000, ARENA_READY_MS = 30000 };

/* How the router runs in a world. */
#define ARENA_ROUTERS(X)                                                                           \
    X(NONE, "no router")                                                                           \
    X(THREAD, "router as a thread")                                                                \
    X(PROCESS, "router as a process")

enum arena_router {
#define X(name, text) ARENA_ROUTER_##name,
    ARENA_ROUTERS(X)
#undef X
        ARENA_ROUTERS_COUNT,
};

const char *arena_router_text(enum arena_router router);

/* The manners of a broker in peace, as commands to it. */
#define ARENA_ACK_QUICK   "set ack-latency 3"
#define ARENA_FILL_QUICK  "set fill-latency 25"
#define ARENA_REJECTS_FEW "set reject-rate 2"

struct arena_counts {
    uint64_t gateway_starts;
    uint64_t broker_starts;
    uint64_t oms_starts;
    uint64_t router_starts; /* Of the process. */
    uint64_t forced;        /* Orders in doubt that two persons forced on. */
    uint64_t moved;         /* Orders whose move was begun. */
    uint64_t kills_proven;  /* Kill switches put off, and no book had anything. */
    uint64_t failovers;     /* Approved. */
    uint64_t disk_stops;    /* The gateway ended itself, since the disk had failed. */
    uint64_t power_losses;
    uint64_t sectors_unsynced;
    uint64_t sectors_landed;
};

struct arena_options {
    const char *directory; /* Is made. */
    uint32_t brokers_count;
    bool commit; /* Durability=commit; else process. */
    enum arena_router router;
    uint32_t rate;
    uint64_t seed;
    uint32_t number; /* Which world of the run: ClOrdIDs differ. */
};

struct arena_broker {
    bool down; /* It is to be down now. */
    bool stopped;
    bool line_taken; /* A blow keeps its line from relaying. */
    bool logged_off; /* An operator has, or may have, logged it off. */
    bool taken_out;  /* An operator lets it have no new orders now. */
};

struct arena {
    struct arena_options options;
    struct world world;
    struct load load;
    const struct network *network; /* Borrowed. */
    struct disk disk;
    struct bad_clock clock; /* Of the gateway. */
    const char *environment[ARENA_ENVIRONMENT_MAX + 1];
    char preload[ARENA_PRELOAD_BYTES_MAX];
    char clock_file[PROCESS_PATH_BYTES_MAX];
    struct process router; /* In worlds of ARENA_ROUTER_PROCESS. */
    bool router_down;      /* It is to be down now. */

    struct cutter *cutters[WORLD_BROKERS_MAX];
    struct world_route routes[WORLD_BROKERS_MAX];
    char hosts[WORLD_BROKERS_MAX][NETWORK_ADDRESS_BYTES_MAX];
    struct arena_broker brokers[WORLD_BROKERS_MAX];
    bool gateway_down; /* It is to be down now. */
    bool gateway_stopped;
    char broken[ARENA_WHAT_BYTES_MAX]; /* What a blow saw that may not be; "": nothing. */
    bool disk_bad;                     /* A blow is upon the disk. */
    uint64_t disk_ok_ns;               /* Since when it is good again. */
    struct arena_counts counts;
};

/* Opens it all and waits until it works. False: it did not. */
MUST_USE bool arena_open(struct arena *arena, const struct arena_options *options,
                         const struct network *network);

/* Ends it. False if the gateway or the router did not end well. `keep`: what it left on its disk
 * stays. */
bool arena_close(struct arena *arena, bool keep);

/* Kills it if it runs; it stays down until arena_gateway_up(). */
void arena_gateway_kill(struct arena *arena);
/* It may have to end by itself: its disk is bad, or was a moment ago. */
bool arena_disk_excuses(const struct arena *arena);
/* It runs, and has come up: before that nobody listens to it, and a signal just ends it. */
bool arena_gateway_ready(const struct arena *arena);
/* Starts it if it is down and no blow is upon the disk. */
MUST_USE bool arena_gateway_up(struct arena *arena);

/* Of worlds where the router is a process; else they do nothing. */
void arena_router_kill(struct arena *arena);
MUST_USE bool arena_router_up(struct arena *arena);

void arena_broker_kill(struct arena *arena, uint32_t broker);
MUST_USE bool arena_broker_up(struct arena *arena, uint32_t broker);

/* The command to a broker that can hear it. False: it cannot, or refused. */
bool arena_tell(struct arena *arena, uint32_t broker, const char *command);

/* The same, and what it answered. */
bool arena_ask(struct arena *arena, uint32_t broker, const char *command, char *output,
               size_t capacity);

/* `fixgate session VERB` upon a broker's order session. False: nobody can hear it, or it is
 * refused. */
bool arena_operate(struct arena *arena, uint32_t broker, const char *verb);
/* Takes back a log-off, if there was one and the gateway can hear it. */
void arena_log_on(struct arena *arena, uint32_t broker);

/* Orders go out and answers come in until something is due at `until_ns`. False: a part ended
 * that no blow had struck. */
MUST_USE bool arena_step(struct arena *arena, bool orders, uint64_t until_ns);

/* RssAnon of the gateway in KiB; 0: not to be had. */
uint64_t arena_memory_kib(const struct arena *arena);

#endif
