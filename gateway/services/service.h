/* A service: a subscriber of the bus around the pure logic of gateway/core/ (design §2).
 *
 * It runs as a thread of `fixgate run`, or by itself as `fixgate service NAME`; either way over
 * the gateway's sockets, and with a log of its own (a log belongs to one thread). */
#ifndef GATEWAY_SERVICES_SERVICE_H
#define GATEWAY_SERVICES_SERVICE_H

#include "gateway/shell/config.h"
#include "gateway/shell/zeromq.h"

#include <stdatomic.h>

enum { SERVICE_ERROR_BYTES_MAX = ZEROMQ_ERROR_BYTES_MAX };

/* What a service is given; borrowed, and outlives it. */
struct service_config {
    const struct gateway_config *gateway;
    struct zeromq *zeromq;
    const atomic_bool *stop; /* Set from any thread: it ends within a fraction of a second. */
    int signals_fd;          /* The same by SIGTERM or SIGINT; -1: not its business. */
    /* It has a process to itself: says in one line on standard output when it follows the present,
     * and ends where a thread would wait for a person. */
    bool own_process;
};

struct service {
    const char *name; /* "router" */
    /* Runs until it is stopped (OK), or the environment fails: FULL or IO with one line in
     * `error`. */
    enum status (*run)(const struct service_config *config, char error[SERVICE_ERROR_BYTES_MAX]);
};

/* A service as a thread. */
struct service_thread;

/* All is borrowed. STATUS_FULL or IO with one line in `error`. */
MUST_USE enum status service_thread_start(const struct service *service,
                                          const struct gateway_config *gateway,
                                          struct zeromq *zeromq, struct service_thread **out,
                                          char error[SERVICE_ERROR_BYTES_MAX]);

/* Ends it and waits for it. NULL is right. */
void service_thread_stop(struct service_thread *thread);

/* It is to end. */
bool service_stopped(const struct service_config *config);

#endif
