/* The TCP connections of all sessions, between poller and engine.
 *
 * Engine's thread. Carries events in and releases out; the engine decides. In a turn:
 *   connections_ready   gather: bytes from the descriptors into the buffers
 *   connections_step    step: what the engine has not been told yet
 *   _connect, _send, _close   release ports
 *   connections_flush   all sends of the turn leave in one system call per session
 * Bytes of a dead connection are never taken for those of the next one: both buffers
 * are emptied before the engine may connect again. */
#ifndef GATEWAY_SHELL_CONNECTIONS_H
#define GATEWAY_SHELL_CONNECTIONS_H

#include "gateway/core/engine.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/log.h"
#include "gateway/shell/poller.h"
#include "gateway/shell/tcp.h"

enum {
    CONNECTION_IN_BYTES = 4 * FIX_MESSAGE_BYTES_MAX,
    CONNECTION_READ_BYTES_MAX = FIX_MESSAGE_BYTES_MAX, /* Per session and turn: fairness. */
};

_Static_assert((int)CONNECTION_IN_BYTES >= 2 * (int)FIX_MESSAGE_BYTES_MAX,
               "a message must fit behind the rest of another");

struct connection {
    struct tcp tcp;
    const struct tcp_config *config;
    const char *id;        /* Of the session. */
    uint64_t backlog_high; /* As the engine's configuration has it. */
    uint64_t backlog_max;
    bool wanted;           /* The engine asked for it and has not been told its end. */
    bool up;               /* The engine was told that it is connected. */
    uint64_t backlog_told; /* Last engine_backlog(). */
    bool held;             /* Inbound bytes wait for the end of a resend. */
    char reason[TCP_REASON_BYTES_MAX + 1]; /* Why we close it; empty: the peer did. */
    bool watched;
    bool watched_read;
    bool watched_write;
    uint32_t watched_serial;
};

struct connections {
    struct poller *poller;     /* Borrowed. The tag is the session number. */
    struct log *log;           /* Borrowed. */
    const struct instant *now; /* Borrowed: of the turn. */
    uint32_t count;
    uint32_t first; /* Who is first in the next turn. */
    struct connection list[ENGINE_SESSIONS_MAX];
};

/* poller, log and now are set by the caller. `configs` by session number; borrowed.
 * FULL when there is no memory. */
MUST_USE enum status connections_open(struct connections *connections,
                                      const struct engine_config *engine,
                                      const struct tcp_config *configs);
void connections_shut(struct connections *connections);

void connections_ready(struct connections *connections, uint32_t session);

/* Feeds the engine until all is told or its turn is full. */
void connections_step(struct connections *connections, struct engine *engine);

void connections_connect(struct connections *connections, uint32_t session);
void connections_send(struct connections *connections, uint32_t session, struct span bytes);
void connections_close(struct connections *connections, uint32_t session, struct span reason);

/* Writes, and tells the poller what to wait for. IO: the poller refused. */
MUST_USE enum status connections_flush(struct connections *connections);

/* Something waits to be told to the engine: do not sleep. */
bool connections_pending(const struct connections *connections, const struct engine *engine);

/* Monotonic; UINT64_MAX if nothing is due. */
uint64_t connections_deadline_ns(const struct connections *connections);

#endif
