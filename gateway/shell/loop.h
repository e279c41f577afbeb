/* The engine's loop: one turn after the other, in the order of the rule (design §1).
 *
 *   gather   sleep until something is due or readable; read the sockets, bounded
 *   step     tell the engine: connections, bytes, requests, room, time
 *   commit   the turn's batch in one transaction          (apply.c)
 *   release  then, and only then, what the turn lets out  (apply.c)
 *
 * One thread. All memory is taken by loop_open(). */
#ifndef GATEWAY_SHELL_LOOP_H
#define GATEWAY_SHELL_LOOP_H

#include "gateway/shell/listener.h"
#include "gateway/shell/operators.h"
#include "gateway/shell/zeromq.h"
#include "session-store/store.h"

enum {
    LOOP_ERROR_BYTES_MAX = 768,
    LOOP_STOP_LIMIT_SECONDS = 5,      /* For the Logouts at the end. */
    LOOP_SPACE_INTERVAL_TURNS = 1000, /* Room in the store is looked at this often, */
    LOOP_SPACE_INTERVAL_MS = 1000,    /* and at least this often. */
};

/* All borrowed; outlives the loop. */
struct loop_config {
    const struct engine_config *engine;          /* With the store's instance id. */
    const struct connection_config *connections; /* By session number. */
    const struct listen_config *listeners;       /* By listener number. */
    uint32_t listeners_count;
    const char *order_entry_endpoint;
    const char *bus_endpoint;
    const char *control_endpoint;        /* NULL: no control socket. */
    const char *control_secure_endpoint; /* NULL: none with keys. */
    const char *control_secret_key;
    const struct operator_config *operators;
    uint32_t operators_count; /* 0: everybody may do everything. */
    struct zeromq *zeromq;
    struct store *store; /* With the tables of gateway/core/engine/tables.h. */
    struct log *log;
    struct message_log *message_log; /* NULL: none. */
    struct credentials *credentials; /* NULL: no TLS. */
    int signals_fd;                  /* signals_open() */
    const uint64_t *ahead_ns;        /* As in struct clock. */
};

struct loop;

/* Binds, and lets the engine rebuild itself from the store. On failure *out is NULL
 * and `error` has the reason: INVALID or BUSY an endpoint or a port, CORRUPT the store. */
MUST_USE enum status loop_open(const struct loop_config *config, struct loop **out,
                               char error[LOOP_ERROR_BYTES_MAX]);

/* As bound. */
const char *loop_order_entry_endpoint(const struct loop *loop);
const char *loop_bus_endpoint(const struct loop *loop);

/* The port of a listener, as bound. */
uint16_t loop_port(const struct loop *loop, uint32_t listener);

/* Runs until a signal ends it (OK; a second one at once), or the environment fails:
 * then nothing of the turn was released, and `error` has the reason. */
MUST_USE enum status loop_run(struct loop *loop, char error[LOOP_ERROR_BYTES_MAX]);

void loop_close(struct loop *loop);

#endif
