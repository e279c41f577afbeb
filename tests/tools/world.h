/* A world for fixgate to live in: brokers, the gateway and an OMS, each its own
 * process (the OMS is the test itself), in a directory of its own.
 *
 * Whatever goes wrong here is a failed test or demo: functions that wait print what
 * they waited for and the tails of all logs, and return false. One thread. */
#ifndef TESTS_TOOLS_WORLD_H
#define TESTS_TOOLS_WORLD_H

#include "tests/tools/audit.h"
#include "tests/tools/oms.h"
#include "tests/tools/process.h"

enum {
    WORLD_BROKERS_MAX = 4,
    WORLD_ARGUMENTS_MAX = 16,
    WORLD_READY_MS = 20000, /* A start under sanitizers on a busy machine takes a while. */
};

/* Where the gateway finds a broker, if not at its own port: at a cutter's. */
struct world_route {
    const char *host;
    uint16_t port;
};

struct world_options {
    const char *directory;               /* NULL: a fresh one under TMPDIR. */
    const char *store_directory;         /* NULL: "store" in it. */
    const char *durability;              /* NULL: "commit". */
    const char *gateway_more;            /* More lines for [GATEWAY], or NULL. */
    const char *config_more;             /* More sections, or NULL. */
    const char *default_more;            /* More lines for [DEFAULT], or NULL. */
    const char *broker_more;             /* More lines for each [BROKER], or NULL. */
    uint32_t brokers_count;              /* At least 1; named ALPHA, BETA, GAMMA, DELTA. */
    const char *const *broker_arguments; /* For every broker; NULL at the end, or NULL. */
    uint16_t port_first; /* 0: any free ports; else this one and the next, if free. */
    uint32_t
        foreign_brokers; /* The test plays that many, the first ones, itself, at their ports. */
    bool drop_copy_off;  /* Order sessions alone. */
    bool router_off;     /* Who is away is left out all the same; no breaker keeps orders from who
                            is back. */
    const struct world_route *routes; /* One per broker, or NULL. */
};

struct world_broker {
    const char *name;
    uint16_t port;
    char directory[PROCESS_PATH_BYTES_MAX];
    struct process process;
};

struct world {
    struct world_options options;
    char directory[PROCESS_PATH_BYTES_MAX];
    char programs[PROCESS_PATH_BYTES_MAX];
    char store_directory[PROCESS_PATH_BYTES_MAX];
    char config_path[PROCESS_PATH_BYTES_MAX];
    char journal_path[PROCESS_PATH_BYTES_MAX];
    char order_entry_endpoint[PROCESS_PATH_BYTES_MAX];
    char bus_endpoint[PROCESS_PATH_BYTES_MAX];
    char replay_endpoint[PROCESS_PATH_BYTES_MAX];
    struct world_broker brokers[WORLD_BROKERS_MAX];
    struct process gateway;
    /* For its next starts: as process_start_with() takes it, or NULL. May be set at any time. */
    const char *const *gateway_environment;
    struct oms *oms;    /* NULL until world_oms_open(). */
    bool own_directory; /* Removed by world_close() unless something failed. */
    bool failed;
};

/* Makes the directory and writes the configuration; starts nothing. ASSERTs that
 * the system lets it. */
void world_open(struct world *world, const struct world_options *options);

/* Ends everything that runs. Removes the directory when it was made here and
 * nothing failed. False if the gateway was up and did not end well. */
bool world_close(struct world *world);

/* Brokers, gateway and OMS, all of them ready. */
MUST_USE bool world_start(struct world *world);

MUST_USE bool world_broker_start(struct world *world, uint32_t broker);
void world_broker_kill(struct world *world, uint32_t broker);

/* `broker --control` with `command` (words parted by blanks); its exit code. */
int world_broker_control(struct world *world, uint32_t broker, const char *command);

/* Starts the gateway and waits for "fixgate ready"; _launch does not wait. */
MUST_USE bool world_gateway_start(struct world *world);
MUST_USE bool world_gateway_launch(struct world *world);
void world_gateway_kill(struct world *world);

/* A second one takes up the journal of the first. */
MUST_USE bool world_oms_open(struct world *world);
/* Its memory and all that is on its way to it are gone; its journal stays. */
void world_oms_kill(struct world *world);

/* Polls the OMS until `condition` holds. False after the timeout, or when the
 * gateway or a broker ended by itself meanwhile. `what` is for the message. */
MUST_USE bool world_await(struct world *world,
                          bool (*condition)(struct world *world, void *context), void *context,
                          int timeout_ms, const char *what);

/* Conditions. */
bool world_all_answered(struct world *world, void *context);
bool world_all_ended(struct world *world, void *context); /* And answered. */

/* Audits what stands in the OMS's journal and in the brokers' books now. */
void world_audit(struct world *world, struct audit *audit);

/* Audits a world at rest, where every request must have an answer and no order may
 * be in doubt; prints the summary. False if anything is wrong. */
MUST_USE bool world_judge(struct world *world);

/* Marks the world as failed and prints the tails of all logs. Returns false. */
bool world_fail(struct world *world, const char *what);

/* `fixgate` with `arguments` (NULL at the end, without the program); see process_run(). */
int world_fixgate(struct world *world, const char *const *arguments, const char *input,
                  char *output, size_t capacity);

#endif
