/* One TCP connection, with or without TLS: non-blocking, with bounded buffers both ways.
 *
 * Moves bytes, decides nothing. One thread. Life of a connection:
 *   tcp_connect or tcp_accept → tcp_ready / tcp_tick until TCP_OPEN
 *   tcp_ready fills the inbound buffer; tcp_inbound, tcp_consume take from it
 *   tcp_send collects; tcp_flush writes what the turn collected in one system call
 *   ended by the peer: TCP_ENDED, inbound bytes still to be taken; then tcp_close
 *   ended by us: tcp_close_gently: TCP_CLOSING until flushed and seen by the peer
 * The owner looks at `state` after each call and registers tcp_fd() with its poller
 * as tcp_wants_*() say; tcp_fd() changes while connecting. */
#ifndef GATEWAY_SHELL_TCP_H
#define GATEWAY_SHELL_TCP_H

#include "gateway/shell/resolver.h"
#include "gateway/shell/tls.h"

enum {
    TCP_REASON_BYTES_MAX = 400,
    TCP_CLOSE_LIMIT_SECONDS = 2, /* For the last bytes and the peer's end of the line. */
};

struct tcp_config {
    const char *host; /* Borrowed while connecting. */
    uint16_t port;
    bool nodelay;                /* TCP_NODELAY */
    uint64_t connect_timeout_ns; /* Name lookup and TLS handshake included. */
    const char *source_host; /* SocketConnectSourceHost: local address, in digits; NULL = any. */
    uint16_t source_port;    /* 0 = any. */
    int send_buffer_bytes;   /* SO_SNDBUF, SO_RCVBUF; 0 = the system's. */
    int receive_buffer_bytes;
    struct tls_context *tls; /* Borrowed; NULL = plain. */
    const char *tls_name;    /* SNI and the name to verify; NULL = host. */
};

enum tcp_state {
    TCP_CLOSED,
    TCP_RESOLVING,
    TCP_CONNECTING,
    TCP_HANDSHAKING, /* TLS; never blocks anybody else. */
    TCP_OPEN,
    TCP_ENDED,   /* Peer or network ended it, or it could not be made: see `reason`. */
    TCP_CLOSING, /* We are ending it. */
};

/* Bytes from `start` on, `used` of them. Not filled further once `limit` are used; what is
 * beyond it is room for what TLS has decrypted by then and no poller will tell of. */
struct tcp_buffer {
    uint8_t *bytes;
    size_t capacity;
    size_t limit;
    size_t start;
    size_t used;
};

struct tcp {
    enum tcp_state state;
    struct tcp_config config;
    int fd;          /* -1 while there is none. */
    uint32_t serial; /* Counts tcp_fd()s, for the system gives numbers anew. */
    struct lookup *lookup;
    struct resolved resolved;
    uint32_t address_next;                 /* Next of `resolved` to try. */
    uint64_t deadline_ns;                  /* Monotonic; not of OPEN. */
    struct tls *tls;                       /* NULL: plain. */
    bool handshake_writes;                 /* HANDSHAKING: waits to write, not to read. */
    bool read_waits_to_write;              /* TLS has something of its own to say first. */
    bool write_waits_to_read;              /* The other way round. */
    bool write_blocked;                    /* The kernel took less than offered. */
    bool shut;                             /* CLOSING: our end is shut. */
    char reason[TCP_REASON_BYTES_MAX + 1]; /* ENDED: why. */
    struct tcp_buffer in;
    struct tcp_buffer out;
};

/* Takes the memory of both buffers; FULL if there is none. */
MUST_USE enum status tcp_init(struct tcp *tcp, size_t in_bytes, size_t out_bytes);
void tcp_free(struct tcp *tcp);

/* Begins to connect; state becomes RESOLVING, CONNECTING, HANDSHAKING, OPEN or ENDED. ASSERTs
 * CLOSED. One address of the host after the other is tried until one answers; if that one's
 * TLS fails, the attempt has failed. */
void tcp_connect(struct tcp *tcp, const struct tcp_config *config, uint64_t monotonic_ns);

/* Takes over an accepted, connected socket (it is made non-blocking); with `config->tls`
 * the server's side of the handshake begins, and has connect_timeout_ns. Host, port and source
 * mean nothing here. State: OPEN, HANDSHAKING or ENDED. ASSERTs CLOSED. */
void tcp_accept(struct tcp *tcp, int fd, const struct tcp_config *config, uint64_t monotonic_ns);

/* The descriptor is ready. Reads at most `read_max` bytes; with TLS, TLS_FILL_BYTES and what
 * was kept of a record begun before. */
void tcp_ready(struct tcp *tcp, size_t read_max, uint64_t monotonic_ns);

/* Ends what took too long. */
void tcp_tick(struct tcp *tcp, uint64_t monotonic_ns);

/* Monotonic; UINT64_MAX if nothing is due. */
uint64_t tcp_deadline_ns(const struct tcp *tcp);

int tcp_fd(const struct tcp *tcp);
bool tcp_wants_read(const struct tcp *tcp);
bool tcp_wants_write(const struct tcp *tcp);

struct span tcp_inbound(const struct tcp *tcp);
void tcp_consume(struct tcp *tcp, size_t size);

/* Collects bytes for the next flush. FULL: no room; nothing was taken and the owner
 * must end the connection, for a message is missing from the stream. */
MUST_USE enum status tcp_send(struct tcp *tcp, struct span bytes);

/* Writes what is collected as far as the kernel takes it. */
void tcp_flush(struct tcp *tcp);

/* Collected and not yet written. */
size_t tcp_unsent(const struct tcp *tcp);

/* What protects the connection, for the log: see tls_describe(). NULL: not OPEN, or plain. */
const char *tcp_protection(const struct tcp *tcp);

/* Writes what is left, tells the peer (TLS: close_notify), waits for its end; all within a
 * time limit.
 * Inbound bytes are dropped from here on. State: CLOSING, then CLOSED. */
void tcp_close_gently(struct tcp *tcp, uint64_t monotonic_ns);

/* At once. State: CLOSED. */
void tcp_close(struct tcp *tcp);

#endif
