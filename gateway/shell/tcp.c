#include "gateway/shell/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- Buffers ---------------------------------------------------------------- */

static void buffer_take(struct tcp_buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->used);
    buffer->start += size;
    buffer->used -= size;
    if (buffer->used == 0) {
        buffer->start = 0;
    }
}

/* Moves the bytes to the front when less than `size` is free behind them. */
static void buffer_compact(struct tcp_buffer *buffer, size_t size)
{
    if (buffer->start > 0 && buffer->capacity - buffer->start - buffer->used < size) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->used);
        buffer->start = 0;
    }
}

static void buffer_clear(struct tcp_buffer *buffer)
{
    buffer->start = 0;
    buffer->used = 0;
}

enum status tcp_init(struct tcp *tcp, size_t in_bytes, size_t out_bytes)
{
    *tcp = (struct tcp){.fd = -1};
    tcp->in.bytes = malloc(in_bytes);
    tcp->in.capacity = in_bytes;
    tcp->out.bytes = malloc(out_bytes);
    tcp->out.capacity = out_bytes;
    if (tcp->in.bytes == NULL || tcp->out.bytes == NULL) {
        tcp_free(tcp);
        return STATUS_FULL;
    }
    return STATUS_OK;
}

void tcp_free(struct tcp *tcp)
{
    tcp_close(tcp);
    free(tcp->in.bytes);
    free(tcp->out.bytes);
    tcp->in = (struct tcp_buffer){0};
    tcp->out = (struct tcp_buffer){0};
}

/* --- States ----------------------------------------------------------------- */

static void release_handles(struct tcp *tcp)
{
    if (tcp->lookup != NULL) {
        resolver_abandon(tcp->lookup);
        tcp->lookup = NULL;
    }
    if (tcp->fd >= 0) {
        (void)close(tcp->fd);
        tcp->fd = -1;
    }
    tcp->write_blocked = false;
}

static void end(struct tcp *tcp, const char *what, int error)
{
    (void)snprintf(tcp->reason, sizeof(tcp->reason), "%s%s%s", what, error != 0 ? ": " : "",
                   error != 0 ? strerror(error) : "");
    if (tcp->state == TCP_CLOSING) {
        tcp_close(tcp);
        return;
    }
    /* The descriptor stays until tcp_close(), so that its number is not given anew
     * while the owner's poller still knows it. */
    tcp->state = TCP_ENDED;
    tcp->write_blocked = false;
    buffer_clear(&tcp->out);
}

void tcp_close(struct tcp *tcp)
{
    release_handles(tcp);
    buffer_clear(&tcp->in);
    buffer_clear(&tcp->out);
    tcp->shut = false;
    tcp->state = TCP_CLOSED;
}

/* --- Connecting ------------------------------------------------------------- */

static void set_options(const struct tcp *tcp)
{
    int on = 1;
    int off = 0;
    /* Best effort: the session's own heartbeat finds a dead line in any case. */
    (void)setsockopt(tcp->fd, IPPROTO_TCP, TCP_NODELAY, tcp->config.nodelay ? &on : &off,
                     sizeof(on));
    (void)setsockopt(tcp->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* Tries the addresses from address_next on until one is under way. */
static void try_addresses(struct tcp *tcp, int error_before)
{
    int error = error_before;
    while (tcp->address_next < tcp->resolved.count) {
        const struct resolver_address *address = &tcp->resolved.list[tcp->address_next++];
        if (tcp->fd >= 0) {
            (void)close(tcp->fd);
        }
        tcp->fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (tcp->fd < 0) {
            error = errno;
            continue;
        }
        tcp->serial++;
        set_options(tcp);
        if (connect(tcp->fd, (const struct sockaddr *)&address->address, address->size) == 0) {
            tcp->state = TCP_OPEN;
            return;
        }
        if (errno == EINPROGRESS) {
            tcp->state = TCP_CONNECTING;
            return;
        }
        error = errno;
    }
    char where[RESOLVER_HOST_BYTES_MAX + 16];
    (void)snprintf(where, sizeof(where), "%s:%u", tcp->config.host, (unsigned)tcp->config.port);
    end(tcp, where, error);
}

void tcp_accept(struct tcp *tcp, int fd, const struct tcp_config *config, uint64_t monotonic_ns)
{
    ASSERT(tcp->state == TCP_CLOSED);
    ASSERT(config->tls == NULL);
    tcp->config = *config;
    tcp->deadline_ns = monotonic_ns + config->connect_timeout_ns;
    tcp->reason[0] = '\0';
    tcp->fd = fd;
    tcp->serial++;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        end(tcp, "cannot take the connection over", errno);
        return;
    }
    set_options(tcp);
    tcp->state = TCP_OPEN;
}

void tcp_connect(struct tcp *tcp, const struct tcp_config *config, uint64_t monotonic_ns)
{
    ASSERT(tcp->state == TCP_CLOSED);
    tcp->config = *config;
    tcp->address_next = 0;
    tcp->deadline_ns = monotonic_ns + config->connect_timeout_ns;
    tcp->reason[0] = '\0';
    if (resolver_numeric(config->host, config->port, &tcp->resolved)) {
        try_addresses(tcp, 0);
        return;
    }
    tcp->lookup = resolver_start(config->host, config->port);
    if (tcp->lookup == NULL) {
        end(tcp, "cannot look the name up", errno);
        return;
    }
    tcp->serial++;
    tcp->state = TCP_RESOLVING;
}

static void finish_lookup(struct tcp *tcp)
{
    if (!resolver_finish(tcp->lookup, &tcp->resolved)) {
        return;
    }
    tcp->lookup = NULL;
    if (tcp->resolved.count == 0) {
        end(tcp, tcp->resolved.error, 0);
        return;
    }
    try_addresses(tcp, 0);
}

static void finish_connect(struct tcp *tcp)
{
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        try_addresses(tcp, error);
        return;
    }
    /* Readiness without an error may be spurious; only a peer's name proves it. */
    struct sockaddr_storage peer;
    size = sizeof(peer);
    if (getpeername(tcp->fd, (struct sockaddr *)&peer, &size) == 0) {
        tcp->state = TCP_OPEN;
    }
}

/* --- Moving bytes ----------------------------------------------------------- */

static void read_some(struct tcp *tcp, size_t read_max)
{
    buffer_compact(&tcp->in, read_max);
    size_t room = tcp->in.capacity - tcp->in.start - tcp->in.used;
    if (room == 0) {
        return;
    }
    ssize_t got = recv(tcp->fd, tcp->in.bytes + tcp->in.start + tcp->in.used,
                       room < read_max ? room : read_max, 0);
    if (got > 0) {
        tcp->in.used += (size_t)got;
    } else if (got == 0) {
        end(tcp, "the peer closed the connection", 0);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        end(tcp, "the connection broke", errno);
    }
}

/* Unread bytes at a close would make the kernel send a reset, which can destroy our
 * last message at the peer: so they are read and dropped until the peer's end. */
static void drain_closing(struct tcp *tcp)
{
    buffer_clear(&tcp->in);
    read_some(tcp, tcp->in.capacity);
    buffer_clear(&tcp->in);
}

void tcp_flush(struct tcp *tcp)
{
    if (tcp->state != TCP_OPEN && tcp->state != TCP_CLOSING) {
        return;
    }
    if (tcp->out.used > 0) {
        ssize_t sent = send(tcp->fd, tcp->out.bytes + tcp->out.start, tcp->out.used, MSG_NOSIGNAL);
        if (sent > 0) {
            buffer_take(&tcp->out, (size_t)sent);
        } else if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            end(tcp, "the connection broke", errno);
            return;
        }
    }
    tcp->write_blocked = tcp->out.used > 0;
    if (tcp->state == TCP_CLOSING && tcp->out.used == 0 && !tcp->shut) {
        tcp->shut = true;
        if (shutdown(tcp->fd, SHUT_WR) != 0) {
            tcp_close(tcp);
        }
    }
}

void tcp_ready(struct tcp *tcp, size_t read_max, uint64_t monotonic_ns)
{
    switch (tcp->state) {
    case TCP_RESOLVING:
        finish_lookup(tcp);
        break;
    case TCP_CONNECTING:
        finish_connect(tcp);
        break;
    case TCP_OPEN:
        read_some(tcp, read_max);
        if (tcp->write_blocked) {
            tcp_flush(tcp);
        }
        break;
    case TCP_CLOSING:
        tcp_flush(tcp);
        if (tcp->state == TCP_CLOSING) {
            drain_closing(tcp);
        }
        break;
    case TCP_HANDSHAKING:
    case TCP_CLOSED:
    case TCP_ENDED:
        break;
    }
    tcp_tick(tcp, monotonic_ns);
}

void tcp_tick(struct tcp *tcp, uint64_t monotonic_ns)
{
    if (monotonic_ns < tcp_deadline_ns(tcp)) {
        return;
    }
    if (tcp->state == TCP_CLOSING) {
        tcp_close(tcp);
        return;
    }
    end(tcp,
        tcp->state == TCP_RESOLVING ? "looking the name up took too long"
                                    : "no answer to the connect in time",
        0);
}

uint64_t tcp_deadline_ns(const struct tcp *tcp)
{
    switch (tcp->state) {
    case TCP_RESOLVING:
    case TCP_CONNECTING:
    case TCP_HANDSHAKING:
    case TCP_CLOSING:
        return tcp->deadline_ns;
    case TCP_CLOSED:
    case TCP_OPEN:
    case TCP_ENDED:
        return UINT64_MAX;
    }
    ASSERT(false);
    return UINT64_MAX;
}

int tcp_fd(const struct tcp *tcp)
{
    return tcp->lookup != NULL ? resolver_fd(tcp->lookup) : tcp->fd;
}

bool tcp_wants_read(const struct tcp *tcp)
{
    switch (tcp->state) {
    case TCP_RESOLVING:
    case TCP_CLOSING:
        return true;
    case TCP_OPEN:
        return tcp->in.used < tcp->in.capacity;
    case TCP_CLOSED:
    case TCP_CONNECTING:
    case TCP_HANDSHAKING:
    case TCP_ENDED:
        return false;
    }
    ASSERT(false);
    return false;
}

bool tcp_wants_write(const struct tcp *tcp)
{
    return tcp->state == TCP_CONNECTING || tcp->write_blocked;
}

struct span tcp_inbound(const struct tcp *tcp)
{
    return span_of(tcp->in.bytes + tcp->in.start, tcp->in.used);
}

void tcp_consume(struct tcp *tcp, size_t size)
{
    buffer_take(&tcp->in, size);
}

enum status tcp_send(struct tcp *tcp, struct span bytes)
{
    if (tcp->state != TCP_OPEN) {
        return STATUS_OK; /* The line is gone already; the session heals it. */
    }
    if (bytes.size > tcp->out.capacity - tcp->out.used) {
        return STATUS_FULL;
    }
    buffer_compact(&tcp->out, bytes.size);
    memcpy(tcp->out.bytes + tcp->out.start + tcp->out.used, bytes.data, bytes.size);
    tcp->out.used += bytes.size;
    return STATUS_OK;
}

size_t tcp_unsent(const struct tcp *tcp)
{
    return tcp->out.used;
}

void tcp_close_gently(struct tcp *tcp, uint64_t monotonic_ns)
{
    if (tcp->state != TCP_OPEN) {
        tcp_close(tcp);
        return;
    }
    tcp->state = TCP_CLOSING;
    tcp->shut = false;
    tcp->deadline_ns = monotonic_ns + (uint64_t)TCP_CLOSE_LIMIT_SECONDS * 1000000000u;
    buffer_clear(&tcp->in);
    tcp_flush(tcp);
}
