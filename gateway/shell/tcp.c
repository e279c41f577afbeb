#include "gateway/shell/tcp_internal.h"

#include <errno.h>
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
    tcp->in.limit = in_bytes;
    tcp->in.capacity = in_bytes + TLS_PENDING_BYTES_MAX;
    tcp->in.bytes = malloc(tcp->in.capacity);
    tcp->out.limit = out_bytes;
    tcp->out.capacity = out_bytes;
    tcp->out.bytes = malloc(tcp->out.capacity);
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

static void forget_waits(struct tcp *tcp)
{
    tcp->handshake_writes = false;
    tcp->read_waits_to_write = false;
    tcp->write_waits_to_read = false;
    tcp->write_blocked = false;
}

static void release_handles(struct tcp *tcp)
{
    if (tcp->lookup != NULL) {
        resolver_abandon(tcp->lookup);
        tcp->lookup = NULL;
    }
    tls_end(tcp->tls);
    tcp->tls = NULL;
    if (tcp->fd >= 0) {
        (void)close(tcp->fd);
        tcp->fd = -1;
    }
    forget_waits(tcp);
}

void tcp_end(struct tcp *tcp, const char *what, int error)
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
    forget_waits(tcp);
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

/* --- Moving bytes ----------------------------------------------------------- */

static void read_plain(struct tcp *tcp, size_t read_max)
{
    struct tcp_buffer *in = &tcp->in;
    size_t room = in->limit > in->used ? in->limit - in->used : 0;
    size_t size = room < read_max ? room : read_max;
    if (size == 0) {
        return;
    }
    buffer_compact(in, size);
    ssize_t got = recv(tcp->fd, in->bytes + in->start + in->used, size, 0);
    if (got > 0) {
        in->used += (size_t)got;
    } else if (got == 0) {
        tcp_end(tcp, "the peer closed the connection", 0);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        tcp_end(tcp, "the connection broke", errno);
    }
}

/* All that one look at the socket brings, for a poller tells of no more than what is still
 * in there. */
static void read_tls(struct tcp *tcp)
{
    struct tcp_buffer *in = &tcp->in;
    if (in->used >= in->limit) {
        return;
    }
    buffer_compact(in, TLS_PENDING_BYTES_MAX);
    enum tls_result result;
    do {
        size_t room = in->capacity - in->start - in->used;
        size_t got = 0;
        ASSERT(room > 0);
        result = tls_read(tcp->tls, in->bytes + in->start + in->used, room, &got);
        in->used += got;
    } while (result == TLS_OK && tls_pending(tcp->tls));

    tcp->read_waits_to_write = result == TLS_WANT_WRITE;
    if (result == TLS_CLOSED || result == TLS_FAILED) {
        (void)tls_goodbye(tcp->tls);
        tcp_end(tcp, tls_error(tcp->tls), 0);
    }
}

void tcp_read(struct tcp *tcp, size_t read_max)
{
    if (tcp->tls != NULL) {
        read_tls(tcp);
    } else {
        read_plain(tcp, read_max);
    }
}

/* Unread bytes at a close would make the kernel send a reset, which can destroy our
 * last message at the peer: so they are read and dropped, still encrypted, until the
 * peer's end. */
static void drain_closing(struct tcp *tcp)
{
    buffer_clear(&tcp->in);
    read_plain(tcp, tcp->in.limit);
    buffer_clear(&tcp->in);
}

static void write_plain(struct tcp *tcp)
{
    ssize_t sent = send(tcp->fd, tcp->out.bytes + tcp->out.start, tcp->out.used, MSG_NOSIGNAL);
    int error = sent < 0 ? errno : 0;
    if (sent > 0) {
        buffer_take(&tcp->out, (size_t)sent);
    } else if (error != 0 && error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
        if (tcp->state == TCP_OPEN) {
            read_plain(tcp, tcp->in.limit); /* What the peer said before it left counts. */
        }
        tcp_end(tcp, "the connection broke", error);
    }
}

static void write_tls(struct tcp *tcp)
{
    size_t sent = 0;
    enum tls_result result =
        tls_write(tcp->tls, span_of(tcp->out.bytes + tcp->out.start, tcp->out.used), &sent);
    buffer_take(&tcp->out, sent);
    tcp->write_waits_to_read = result == TLS_WANT_READ;
    if (result == TLS_CLOSED || result == TLS_FAILED) {
        tcp_end(tcp, tls_error(tcp->tls), 0);
    }
}

/* Says goodbye and shuts our end, once all is written. */
static void shut_end(struct tcp *tcp)
{
    if (tcp->tls != NULL && tls_goodbye(tcp->tls) == TLS_WANT_WRITE) {
        tcp->write_blocked = true;
        return;
    }
    tcp->shut = true;
    if (shutdown(tcp->fd, SHUT_WR) != 0) {
        tcp_close(tcp);
    }
}

void tcp_flush(struct tcp *tcp)
{
    if (tcp->state != TCP_OPEN && tcp->state != TCP_CLOSING) {
        return;
    }
    enum tcp_state before = tcp->state;
    if (tcp->out.used > 0) {
        if (tcp->tls != NULL) {
            write_tls(tcp);
        } else {
            write_plain(tcp);
        }
        if (tcp->state != before) {
            return;
        }
    }
    tcp->write_blocked = tcp->out.used > 0;
    if (tcp->state == TCP_CLOSING && tcp->out.used == 0 && !tcp->shut) {
        shut_end(tcp);
    }
}

void tcp_ready(struct tcp *tcp, size_t read_max, uint64_t monotonic_ns)
{
    switch (tcp->state) {
    case TCP_RESOLVING:
        tcp_finish_lookup(tcp);
        break;
    case TCP_CONNECTING:
        tcp_finish_connect(tcp);
        break;
    case TCP_HANDSHAKING:
        tcp_shake_hands(tcp);
        break;
    case TCP_OPEN:
        tcp_read(tcp, read_max);
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
    case TCP_CLOSED:
    case TCP_ENDED:
        break;
    }
    tcp_tick(tcp, monotonic_ns);
}

static const char *too_slow(const struct tcp *tcp)
{
    if (tcp->state == TCP_RESOLVING) {
        return "looking the name up took too long";
    }
    if (tcp->state == TCP_CONNECTING) {
        return "no answer to the connect in time";
    }
    return "the peer did not finish the TLS handshake in time: it may expect FIX without TLS on "
           "this port (SocketUseSSL=N)";
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
    tcp_end(tcp, too_slow(tcp), 0);
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
    case TCP_HANDSHAKING:
        return !tcp->handshake_writes;
    case TCP_OPEN:
        return tcp->in.used < tcp->in.limit;
    case TCP_CLOSED:
    case TCP_CONNECTING:
    case TCP_ENDED:
        return false;
    }
    ASSERT(false);
    return false;
}

bool tcp_wants_write(const struct tcp *tcp)
{
    return tcp->state == TCP_CONNECTING || tcp->handshake_writes || tcp->read_waits_to_write ||
           (tcp->write_blocked && !tcp->write_waits_to_read);
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

const char *tcp_protection(const struct tcp *tcp)
{
    return tcp->state == TCP_OPEN && tcp->tls != NULL ? tls_describe(tcp->tls) : NULL;
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
