/* Listening sockets, and the connections on them of which nobody knows yet whose they are
 * (§4.1 to 4.4).
 *
 * Engine's thread. Carries bytes, decides nothing: engine_identify() says whose Logon it is.
 * In a turn:
 *   listeners_ready   gather: accepts, and reads what the newcomers say
 *   listeners_step    step: asks the engine; hands over, closes, and ends what took too long
 *   listeners_flush   tells the poller what to wait for
 *
 * Whoever has not logged on gets no word, little memory and a time limit that no byte of
 * his moves. There is room for LISTENER_PENDING_MAX of them on each listener; beyond that
 * the newest is closed at once, so that nobody can push out a Logon that is under way.
 * Sessions that are logged on have connections of their own and feel nothing of it. */
#ifndef GATEWAY_SHELL_LISTENER_H
#define GATEWAY_SHELL_LISTENER_H

#include "gateway/core/sessions/acceptor.h"
#include "gateway/shell/connections.h"

enum {
    LISTENERS_MAX = ENGINE_SESSIONS_MAX,
    LISTENER_PENDING_MAX = 64,
    LISTENER_IN_BYTES = 16 * 1024,          /* Of a newcomer: a Logon must fit. */
    LISTENER_GARBAGE_BYTES_MAX = 64 * 1024, /* Garbled messages before it. */
    LISTENER_ACCEPTS_MAX = 64,              /* Per turn. */
    LISTENER_PAUSE_MS = 100,                /* When the system has no descriptor left. */
    LISTENER_LOG_LINES_MAX = 10,            /* Per listener and second; the rest is counted. */
    LISTENER_PEER_BYTES_MAX = 63,
    LISTENER_ERROR_BYTES_MAX = 320,
    LISTENER_TAGS = LISTENERS_MAX * (LISTENER_PENDING_MAX + 1),
};

_Static_assert((int)LISTENER_IN_BYTES <= (int)CONNECTION_IN_BYTES,
               "what a newcomer has said must fit his session's buffer");

struct listen_config {
    const char *host;          /* SocketAcceptAddress; NULL: all addresses, IPv4 and IPv6. */
    uint16_t port;             /* SocketAcceptPort; 0: any that is free. */
    bool reuse_address;        /* SocketReuseAddress */
    uint64_t logon_timeout_ns; /* From the accept to the whole Logon. */
    struct tcp_config tcp;     /* Of accepted connections: nodelay, buffer sizes, tls. */
};

/* A connection that has not logged on. */
struct newcomer {
    struct tcp tcp;
    bool used;
    bool ask;             /* It has said something since the engine was last asked. */
    size_t said;          /* Bytes in its buffer when the engine was last asked. */
    size_t garbage;       /* Bytes thrown away so far. */
    uint64_t deadline_ns; /* Monotonic; nothing moves it. */
    struct address address;
    char peer[LISTENER_PEER_BYTES_MAX + 1]; /* "127.0.0.1:4711" */
    struct watch watch;
};

struct listener {
    const struct listen_config *config; /* Borrowed. */
    int fd;                             /* -1: closed. */
    uint16_t port;                      /* As bound. */
    uint64_t paused_until_ns;           /* Monotonic; 0: accepting. */
    uint64_t log_second;                /* The second that is being counted, */
    uint32_t log_lines;                 /* its lines, */
    uint64_t log_held_back;             /* and what was not said. */
    uint64_t accepted_count;
    uint64_t overflow_count;    /* Closed at once, for there was no room. */
    uint64_t refused_count;     /* Closed for what they said, or did not. */
    uint32_t newcomers_count;   /* In use: most turns there is none to look at. */
    struct newcomer *newcomers; /* LISTENER_PENDING_MAX. */
};

struct listeners {
    struct poller *poller;           /* Borrowed. */
    struct log *log;                 /* Borrowed. */
    struct credentials *credentials; /* Borrowed; NULL: no TLS. */
    const struct instant *now;       /* Borrowed: of the turn. */
    uint64_t tag_first;              /* LISTENER_TAGS tags from here on are ours. */
    uint32_t count;
    struct listener list[LISTENERS_MAX];
};

/* Binds and listens; poller, log, credentials, now and tag_first are set by the caller, `configs`
 * is borrowed. BUSY: somebody else listens there; INVALID: no such address; IO, FULL: the system
 * refused. `error` has the reason. After a failure: listeners_shut(). */
MUST_USE enum status listeners_open(struct listeners *listeners,
                                    const struct listen_config *configs, uint32_t count,
                                    char error[LISTENER_ERROR_BYTES_MAX]);
void listeners_shut(struct listeners *listeners);

/* Accepts nobody any more, and closes whoever has not logged on. */
void listeners_stop(struct listeners *listeners);

void listeners_ready(struct listeners *listeners, uint64_t tag);
void listeners_step(struct listeners *listeners, struct connections *connections,
                    struct engine *engine);

/* IO: the poller refused. */
MUST_USE enum status listeners_flush(struct listeners *listeners);

/* Monotonic; UINT64_MAX if nothing is due. */
uint64_t listeners_deadline_ns(const struct listeners *listeners);

#endif
