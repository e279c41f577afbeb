#include "gateway/shell/tcp_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

/* The reason begins with whom we wanted; whoever accepts knows better who came. */
static void end_attempt(struct tcp *tcp, const char *what, int error)
{
    char text[TCP_REASON_BYTES_MAX + 1];
    if (tcp->config.host == NULL) {
        tcp_end(tcp, what, error);
        return;
    }
    (void)snprintf(text, sizeof(text), "%.100s:%u%s%s", tcp->config.host,
                   (unsigned)tcp->config.port, what[0] != '\0' ? ": " : "", what);
    tcp_end(tcp, text, error);
}

static void set_options(const struct tcp *tcp)
{
    const struct tcp_config *config = &tcp->config;
    int on = 1;
    int off = 0;
    /* Best effort: the session's own heartbeat finds a dead line in any case. */
    (void)setsockopt(tcp->fd, IPPROTO_TCP, TCP_NODELAY, config->nodelay ? &on : &off, sizeof(on));
    (void)setsockopt(tcp->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    if (config->send_buffer_bytes > 0) {
        (void)setsockopt(tcp->fd, SOL_SOCKET, SO_SNDBUF, &config->send_buffer_bytes, sizeof(int));
    }
    if (config->receive_buffer_bytes > 0) {
        (void)setsockopt(tcp->fd, SOL_SOCKET, SO_RCVBUF, &config->receive_buffer_bytes,
                         sizeof(int));
    }
}

/* --- TLS -------------------------------------------------------------------- */

void tcp_shake_hands(struct tcp *tcp)
{
    enum tls_result result = tls_handshake(tcp->tls);
    tcp->handshake_writes = result == TLS_WANT_WRITE;
    switch (result) {
    case TLS_OK:
        tcp->state = TCP_OPEN;
        if (tls_pending(tcp->tls)) {
            tcp_read(tcp, TLS_PENDING_BYTES_MAX);
        }
        break;
    case TLS_WANT_READ:
    case TLS_WANT_WRITE:
        break;
    case TLS_CLOSED:
    case TLS_FAILED:
        end_attempt(tcp, tls_error(tcp->tls), 0);
        break;
    }
}

/* There is a connection; bytes may flow, or TLS begins. */
static void become_connected(struct tcp *tcp)
{
    const struct tcp_config *config = &tcp->config;
    if (config->tls == NULL) {
        tcp->state = TCP_OPEN;
        return;
    }
    const char *name = config->tls_name != NULL ? config->tls_name : config->host;
    tcp->tls = tls_begin(config->tls, tcp->fd, name);
    if (tcp->tls == NULL) {
        end_attempt(tcp, "no memory for TLS, or its host cannot have a certificate", 0);
        return;
    }
    tcp->state = TCP_HANDSHAKING;
    tcp_shake_hands(tcp);
}

void tcp_accept(struct tcp *tcp, int fd, const struct tcp_config *config, uint64_t monotonic_ns)
{
    ASSERT(tcp->state == TCP_CLOSED);
    tcp->config = *config;
    tcp->config.host = NULL;
    tcp->config.tls_name = NULL;
    tcp->deadline_ns = monotonic_ns + config->connect_timeout_ns;
    tcp->reason[0] = '\0';
    tcp->fd = fd;
    tcp->serial++;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        tcp_end(tcp, "cannot take the connection over", errno);
        return;
    }
    set_options(tcp);
    become_connected(tcp);
}

/* --- Connecting ------------------------------------------------------------- */

/* Our own end of the line, for peers that know us by it. False: not with this address. */
static bool bind_source(const struct tcp *tcp, sa_family_t family)
{
    const struct tcp_config *config = &tcp->config;
    if (config->source_host == NULL && config->source_port == 0) {
        return true;
    }
    if (config->source_port != 0) {
        /* The last connection's port may still be waiting for late packets. */
        int on = 1;
        (void)setsockopt(tcp->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    const char *any = family == AF_INET6 ? "::" : "0.0.0.0";
    struct resolved source;
    if (!resolver_numeric(config->source_host != NULL ? config->source_host : any,
                          config->source_port, &source)) {
        errno = EINVAL;
        return false;
    }
    if (source.list[0].address.ss_family != family) {
        errno = EAFNOSUPPORT;
        return false;
    }
    return bind(tcp->fd, (const struct sockaddr *)&source.list[0].address, source.list[0].size) ==
           0;
}

static bool start(struct tcp *tcp, const struct resolver_address *address, const char **what)
{
    *what = "";
    tcp->fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tcp->fd < 0) {
        return false;
    }
    tcp->serial++;
    set_options(tcp);
    if (!bind_source(tcp, address->address.ss_family)) {
        *what =
            "cannot connect from SocketConnectSourceHost and -Port, which must be an address of "
            "this machine in digits";
        return false;
    }
    return connect(tcp->fd, (const struct sockaddr *)&address->address, address->size) == 0 ||
           errno == EINPROGRESS;
}

/* Tries the addresses from address_next on until one is under way. */
static void try_addresses(struct tcp *tcp, int error_before)
{
    const char *what = "";
    int error = error_before;
    while (tcp->address_next < tcp->resolved.count) {
        const struct resolver_address *address = &tcp->resolved.list[tcp->address_next++];
        if (tcp->fd >= 0) {
            (void)close(tcp->fd);
            tcp->fd = -1;
        }
        errno = 0;
        if (start(tcp, address, &what)) {
            tcp->state = TCP_CONNECTING;
            if (errno != EINPROGRESS) {
                become_connected(tcp);
            }
            return;
        }
        error = errno;
    }
    end_attempt(tcp, what, error);
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
        tcp_end(tcp, "cannot look the name up", errno);
        return;
    }
    tcp->serial++;
    tcp->state = TCP_RESOLVING;
}

void tcp_finish_lookup(struct tcp *tcp)
{
    if (!resolver_finish(tcp->lookup, &tcp->resolved)) {
        return;
    }
    tcp->lookup = NULL;
    if (tcp->resolved.count == 0) {
        tcp_end(tcp, tcp->resolved.error, 0);
        return;
    }
    try_addresses(tcp, 0);
}

void tcp_finish_connect(struct tcp *tcp)
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
        become_connected(tcp);
    }
}
