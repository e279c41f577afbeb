/* A gateway from start to end: store, ZeroMQ, replay service, loop.
 *
 * Main thread. The only place that knows in which order things come up and go down. */
#ifndef GATEWAY_SHELL_RUN_H
#define GATEWAY_SHELL_RUN_H

#include "gateway/shell/config.h"
#include "gateway/shell/zeromq.h"

enum run_exit {
    RUN_EXIT_OK = 0,
    RUN_EXIT_CONFIG = 2,      /* A setting must be changed. */
    RUN_EXIT_ENVIRONMENT = 3, /* Store, disk, memory or another process. */
};

/* What runs beside the engine as a thread, from when all is up until before anything goes down
 * (gateway/services/). */
struct run_service {
    const void *context;
    /* On failure *handle is NULL and `error` has the reason. */
    enum status (*start)(const void *context, const struct gateway_config *config,
                         struct zeromq *zeromq, void **handle, char error[ZEROMQ_ERROR_BYTES_MAX]);
    void (*stop)(void *handle);
};

enum { RUN_SERVICES_MAX = 4 };

/* What another program than the gateway changes of it. */
struct run_options {
    const char *name;                      /* What its lines begin with: "fixgate". */
    const struct application *application; /* NULL: the gateway's own. */
    const uint64_t *ahead_ns;              /* For tests: see struct clock. */
    const struct run_service *services;    /* At most RUN_SERVICES_MAX. */
    uint32_t services_count;
    bool sessions_only; /* Nobody uses order entry, bus and replay: not told, no replay thread. */
};

/* Runs until a signal (SIGTERM, SIGINT) or a failure ends it. When everything is up one
 * line goes to standard output, for whoever waits for it; `port` has the ports on which sessions
 * are accepted, if any:
 *
 *   fixgate ready pid=123 orders=ipc://… bus=ipc://… replay=ipc://… port=9878,9879
 *
 * Failures go to standard error and, once there is one, to the log. Sets the instance
 * id of `config`. */
MUST_USE enum run_exit run_gateway(struct gateway_config *config);

/* The same engine as another program, or with services. */
MUST_USE enum run_exit run_program(struct gateway_config *config,
                                   const struct run_options *options);

#endif
