#include "tests/session/socket_line.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static bool readable(int fd, int wait_ms)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return poll(&item, 1, wait_ms) > 0;
}

/* Each portion of a script is a segment of its own. */
static void send_at_once(const struct socket_line *line)
{
    int on = 1;
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void socket_line_init(struct socket_line *line)
{
    line->listener = -1;
    line->port = 0;
    line->fd = -1;
    line->over = false;
    line->used = 0;
}

void socket_line_listen(struct socket_line *line)
{
    int on = 1;
    struct sockaddr_in address = loopback(line->port);
    socklen_t size = sizeof(address);
    line->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(line->listener >= 0);
    (void)setsockopt(line->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int failed = bind(line->listener, (const struct sockaddr *)&address, size);
    ASSERT(failed == 0);
    failed = listen(line->listener, 1);
    ASSERT(failed == 0);
    failed = getsockname(line->listener, (struct sockaddr *)&address, &size);
    ASSERT(failed == 0);
    line->port = ntohs(address.sin_port);
}

void socket_line_listen_no_more(struct socket_line *line)
{
    if (line->listener >= 0) {
        (void)close(line->listener);
        line->listener = -1;
    }
}

bool socket_line_accept(struct socket_line *line)
{
    if (!readable(line->listener, SOCKET_LINE_WAIT_MS)) {
        return false;
    }
    line->fd = accept(line->listener, NULL, NULL);
    ASSERT(line->fd >= 0);
    send_at_once(line);
    return true;
}

bool socket_line_connect(struct socket_line *line, uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(line->fd >= 0);
    send_at_once(line);
    return connect(line->fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

void socket_line_hang_up(struct socket_line *line)
{
    if (line->fd >= 0) {
        (void)close(line->fd);
        line->fd = -1;
    }
    line->used = 0;
    line->over = false;
}

bool socket_line_read(struct socket_line *line, int wait_ms)
{
    if (line->fd < 0 || line->over || !readable(line->fd, wait_ms)) {
        return false;
    }
    ssize_t got = recv(line->fd, line->bytes + line->used, sizeof(line->bytes) - line->used, 0);
    line->over = got <= 0;
    line->used += got > 0 ? (size_t)got : 0;
    return got > 0;
}

void socket_line_take(struct socket_line *line, size_t size)
{
    ASSERT(size <= line->used);
    memmove(line->bytes, line->bytes + size, line->used - size);
    line->used -= size;
}

bool socket_line_send(struct socket_line *line, struct span bytes)
{
    return send(line->fd, bytes.data, bytes.size, MSG_NOSIGNAL) == (ssize_t)bytes.size;
}
