/* The TCP connections of all sessions, between poller and engine.
 *
 * Engine's thread. Carries events in and releases out; the engine decides. In a turn:
 *   connections_ready   gather: bytes from the descriptors into the buffers
 *   connections_step    step: what the engine has not been told yet
 *   connections_adopt   step: a connection that a peer opened and a Logon gave a session
 *   _connect, _send, _close   release ports
 *   connections_flush   all sends of the turn leave in one system call per session
 * Bytes of a dead connection are never taken for those of the next one: both buffers
 * are emptied before there is one. A connection that we close is over for the engine in
 * the next step; what is left to write and to hear goes on without it, so that the peer's
 * next connection waits for nobody. */
#ifndef GATEWAY_SHELL_CONNECTIONS_H
#define GATEWAY_SHELL_CONNECTIONS_H

#include "gateway/core/engine/engine.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/credentials.h"
#include "gateway/shell/message_log.h"
#include "gateway/shell/watch.h"

enum {
    CONNECTION_IN_BYTES = 4 * FIX_MESSAGE_BYTES_MAX,
    CONNECTION_READ_BYTES_MAX = FIX_MESSAGE_BYTES_MAX, /* Per session and turn: fairness. */
};

_Static_assert((int)CONNECTION_IN_BYTES >= 2 * (int)FIX_MESSAGE_BYTES_MAX,
               "a message must fit behind the rest of another");

/* Where an initiator's session may connect to. */
struct connection_config {
    const struct tcp_config *endpoints; /* By number, as RELEASE_CONNECT says. */
    uint32_t endpoints_count;           /* 0: acceptor. */
};

struct connection {
    struct tcp tcp;
    const struct connection_config *config;
    const char *id;        /* Of the session. */
    uint64_t backlog_high; /* As the engine's configuration has it. */
    uint64_t backlog_max;
    bool wanted;           /* The engine asked for it and has not been told its end. */
    bool up;               /* The engine was told that it is connected. */
    uint64_t backlog_told; /* Last engine_backlog(). */
    bool held;             /* Inbound bytes wait for the end of a resend. */
    bool cut;              /* The engine closed it and has not been told its end. */
    bool leaving;          /* The peer will say no more than what has already arrived. */
    bool ended;            /* Told its end in this turn: what that released is still to come. */
    char reason[TCP_REASON_BYTES_MAX + 1]; /* Why we close it; empty: the peer did. */
    struct watch watch;
};

struct connections {
    struct poller *poller;           /* Borrowed. The tag is the session number. */
    struct log *log;                 /* Borrowed. */
    struct message_log *message_log; /* Borrowed; NULL: none. */
    struct credentials *credentials; /* Borrowed; NULL: no TLS. */
    const struct instant *now;       /* Borrowed: of the turn. */
    uint32_t count;
    uint32_t first; /* Who is first in the next turn. */
    struct connection list[ENGINE_SESSIONS_MAX];
};

/* poller, logs and now are set by the caller. `configs` by session number; borrowed.
 * FULL when there is no memory. */
MUST_USE enum status connections_open(struct connections *connections,
                                      const struct engine_config *engine,
                                      const struct connection_config *configs);
void connections_shut(struct connections *connections);

void connections_ready(struct connections *connections, uint32_t session, bool hung_up);

/* Feeds the engine until all is told or its turn is full. */
void connections_step(struct connections *connections, struct engine *engine);

/* Gives the session the connection in `from`, with what it has said so far, and tells the
 * engine so. `from` is CLOSED afterwards and known to the poller no more. */
void connections_adopt(struct connections *connections, struct engine *engine, uint32_t session,
                       struct tcp *from);

/* The session's connection is about to end: the peer has hung up, but the engine has not
 * yet heard all it said, or what it then had to say is not released yet: on a connection
 * that took its place, that would be heard before the Logon, or close it. */
bool connections_leaving(const struct connections *connections, uint32_t session);

void connections_connect(struct connections *connections, uint32_t session, uint32_t endpoint);
void connections_send(struct connections *connections, uint32_t session, struct span bytes);
void connections_close(struct connections *connections, uint32_t session, struct span reason);

/* Writes, and tells the poller what to wait for. IO: the poller refused. */
MUST_USE enum status connections_flush(struct connections *connections);

/* Something waits to be told to the engine: do not sleep. */
bool connections_pending(const struct connections *connections, const struct engine *engine);

/* A connection that we closed has yet to write its last bytes or hear the peer's end; a
 * matter of TCP_CLOSE_LIMIT_SECONDS at most. */
bool connections_closing(const struct connections *connections);

/* Monotonic; UINT64_MAX if nothing is due. */
uint64_t connections_deadline_ns(const struct connections *connections);

#endif
