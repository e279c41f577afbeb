#include "gateway/shell/listener_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 256 };

static enum status refuse(enum status status, const struct listen_config *config, char *error,
                          const char *reason)
{
    (void)snprintf(error, LISTENER_ERROR_BYTES_MAX, "cannot listen on %s port %u: %s",
                   config->host != NULL ? config->host : "any address", (unsigned)config->port,
                   reason);
    return status;
}

/* A socket that is bound and listens, or -1 and errno. */
static int try_listen(const struct addrinfo *address, const struct listen_config *config)
{
    int on = 1;
    int off = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (config->reuse_address) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (address->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, config->host == NULL ? &off : &on,
                         sizeof(on));
    }
    /* Here, since the window is agreed upon before accept() returns. */
    if (config->tcp.receive_buffer_bytes > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &config->tcp.receive_buffer_bytes,
                         sizeof(config->tcp.receive_buffer_bytes));
    }
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0) {
        return fd;
    }
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

static enum status bind_one(const struct listen_config *config, int *fd, char *error)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];
    (void)snprintf(port, sizeof(port), "%u", (unsigned)config->port);
    int failed = getaddrinfo(config->host, port, &hints, &found);
    if (failed != 0) {
        return refuse(STATUS_INVALID, config, error, gai_strerror(failed));
    }
    /* All addresses: one socket for both families if the system has IPv6. A host: the first
     * of its addresses that is ours, IPv4 before IPv6. */
    int first = config->host == NULL ? AF_INET6 : AF_INET;
    int reason = 0;
    for (int round = 0; round < 2 && *fd < 0; round++) {
        for (const struct addrinfo *at = found; at != NULL && *fd < 0; at = at->ai_next) {
            if ((at->ai_family == first) == (round == 0)) {
                *fd = try_listen(at, config);
                reason = *fd < 0 ? errno : 0;
            }
        }
    }
    freeaddrinfo(found);
    if (*fd < 0) {
        enum status status = reason == EADDRINUSE      ? STATUS_BUSY
                             : reason == EADDRNOTAVAIL ? STATUS_INVALID
                                                       : STATUS_IO;
        return refuse(status, config, error, strerror(reason));
    }
    return STATUS_OK;
}

enum status listener_socket_open(const struct listen_config *config, int *fd, uint16_t *port,
                                 char error[LISTENER_ERROR_BYTES_MAX])
{
    *fd = -1;
    TRY(bind_one(config, fd, error));
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    if (getsockname(*fd, (struct sockaddr *)&bound, &size) != 0) {
        return refuse(STATUS_IO, config, error, strerror(errno));
    }
    const void *raw = &bound;
    const struct sockaddr_in *v4 = raw;
    const struct sockaddr_in6 *v6 = raw;
    *port = ntohs(bound.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
    return STATUS_OK;
}

void listener_peer_name(const struct sockaddr_storage *from, struct address *address,
                        char name[LISTENER_PEER_BYTES_MAX + 1])
{
    char digits[INET6_ADDRSTRLEN] = "?";
    const void *raw = from;
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = raw;
        memcpy(address->bytes, v6->sin6_addr.s6_addr, sizeof(address->bytes));
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        (void)inet_ntop(mapped ? AF_INET : AF_INET6,
                        mapped ? &v6->sin6_addr.s6_addr[12] : &v6->sin6_addr.s6_addr[0], digits,
                        sizeof(digits));
        (void)snprintf(name, LISTENER_PEER_BYTES_MAX + 1, mapped ? "%s:%u" : "[%s]:%u", digits,
                       (unsigned)ntohs(v6->sin6_port));
        return;
    }
    const struct sockaddr_in *v4 = raw;
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(address->bytes, prefix, sizeof(prefix));
    memcpy(address->bytes + sizeof(prefix), &v4->sin_addr, 4);
    (void)inet_ntop(AF_INET, &v4->sin_addr, digits, sizeof(digits));
    (void)snprintf(name, LISTENER_PEER_BYTES_MAX + 1, "%s:%u", digits,
                   (unsigned)ntohs(v4->sin_port));
}
