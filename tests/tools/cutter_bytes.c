#include "tests/tools/cutter_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t cutter_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* xorshift64* */
static uint64_t random_below(struct cutter *cutter, uint64_t bound)
{
    cutter->random ^= cutter->random >> 12;
    cutter->random ^= cutter->random << 25;
    cutter->random ^= cutter->random >> 27;
    return (cutter->random * UINT64_C(2685821657736338717) >> 16) % bound;
}

/* --- Connections ------------------------------------------------------------- */

static void close_end(struct connection *connection, enum cutter_way way, bool abruptly)
{
    int *end = &connection->ends[way];
    if (*end < 0) {
        return;
    }
    if (abruptly) {
        struct linger none = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(*end, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    (void)close(*end);
    *end = -1;
}

void cutter_close_ends(struct connection *connection)
{
    close_end(connection, CUTTER_UP, false);
    close_end(connection, CUTTER_DOWN, false);
}

static void cut_one(struct cutter *cutter, struct connection *connection)
{
    switch (cutter->manner) {
    case CUTTER_CLOSE:
    case CUTTER_RESET:
    case CUTTER_MANNERS:
        close_end(connection, CUTTER_UP, cutter->manner == CUTTER_RESET);
        close_end(connection, CUTTER_DOWN, cutter->manner == CUTTER_RESET);
        return;
    case CUTTER_LATE_ABOVE:
        close_end(connection, CUTTER_UP, false);
        break;
    case CUTTER_LATE_BELOW:
        close_end(connection, CUTTER_DOWN, false);
        break;
    }
    connection->late_ns = cutter_now_ns() + CUTTER_LATE_MS * UINT64_C(1000000);
}

void cutter_cut_all(struct cutter *cutter)
{
    cutter->counts.cuts++;
    cutter->cut_after[CUTTER_UP] = CUTTER_NEVER;
    cutter->cut_after[CUTTER_DOWN] = CUTTER_NEVER;
    for (size_t i = 0; i < CUTTER_CONNECTIONS_MAX; i++) {
        if (cutter->connections[i].open && cutter->connections[i].late_ns == 0) {
            cut_one(cutter, &cutter->connections[i]);
        }
    }
}

struct sockaddr_in cutter_loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool cutter_prepare(int fd)
{
    int on = 1;
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = cutter_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || !cutter_prepare(fd)) {
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void cutter_take_connection(struct cutter *cutter)
{
    int below = accept(cutter->listener, NULL, NULL);
    if (below < 0) {
        return;
    }
    cutter->counts.connections++;
    size_t free_slot = 0;
    while (free_slot < CUTTER_CONNECTIONS_MAX && cutter->connections[free_slot].open) {
        free_slot++;
    }
    int above = -1;
    if (!cutter->refuse && free_slot < CUTTER_CONNECTIONS_MAX && cutter_prepare(below)) {
        above = connect_to(cutter->target);
    }
    if (above < 0) {
        (void)close(below);
        return;
    }
    struct connection *connection = &cutter->connections[free_slot];
    connection->open = true;
    connection->ends[CUTTER_UP] = below;
    connection->ends[CUTTER_DOWN] = above;
    connection->connecting = true;
    connection->late_ns = 0;
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        connection->flows[way].size = 0;
        connection->flows[way].piece = 0;
        connection->flows[way].ended = false;
    }
}

/* --- Bytes ------------------------------------------------------------------- */

enum cutter_way cutter_other(enum cutter_way way)
{
    return way == CUTTER_UP ? CUTTER_DOWN : CUTTER_UP;
}

bool cutter_wants_to_read(const struct cutter *cutter, const struct connection *connection,
                          enum cutter_way way)
{
    const struct flow *flow = &connection->flows[way];
    return !connection->connecting && connection->late_ns == 0 && !flow->ended && flow->size == 0 &&
           cutter->modes[way] != CUTTER_HOLD;
}

bool cutter_wants_to_write(const struct cutter *cutter, const struct connection *connection,
                           enum cutter_way way)
{
    return connection->late_ns == 0 && connection->flows[way].size > 0 &&
           cutter->modes[way] != CUTTER_HOLD;
}

/* The size of the next piece, and when it goes on. */
static void choose_piece(struct cutter *cutter, struct flow *flow)
{
    flow->piece = flow->size;
    flow->due_ns = 0;
    if (cutter->piece_bytes_max > 0) {
        size_t piece = 1 + (size_t)random_below(cutter, cutter->piece_bytes_max);
        flow->piece = piece < flow->size ? piece : flow->size;
    }
    if (cutter->delay_ms_max > 0) {
        uint64_t delay_us = random_below(cutter, (uint64_t)cutter->delay_ms_max * 1000 + 1);
        flow->due_ns = cutter_now_ns() + delay_us * 1000;
    }
}

static void read_bytes(struct cutter *cutter, struct connection *connection, enum cutter_way way)
{
    struct flow *flow = &connection->flows[way];
    ssize_t size = read(connection->ends[way], flow->bytes, sizeof flow->bytes);
    if (size > 0) {
        flow->start = 0;
        flow->size = (size_t)size;
        choose_piece(cutter, flow);
        return;
    }
    if (size == 0) {
        flow->ended = true;
        (void)shutdown(connection->ends[cutter_other(way)], SHUT_WR);
        return;
    }
    if (errno != EAGAIN && errno != EINTR) {
        close_end(connection, CUTTER_UP, true);
        close_end(connection, CUTTER_DOWN, true);
    }
}

/* Passes on what is due of a way, up to the byte at which it is cut. True: cut there. */
static bool pass_bytes(struct cutter *cutter, struct connection *connection, enum cutter_way way)
{
    struct flow *flow = &connection->flows[way];
    uint64_t *left = &cutter->cut_after[way];
    size_t size = flow->piece < *left ? flow->piece : (size_t)*left;
    if (size > 0 && cutter->modes[way] == CUTTER_RELAY) {
        ssize_t written = send(connection->ends[cutter_other(way)], flow->bytes + flow->start, size,
                               MSG_NOSIGNAL);
        if (written < 0 && errno != EAGAIN && errno != EINTR) {
            close_end(connection, way, true);
            close_end(connection, cutter_other(way), true);
            return false;
        }
        size = written > 0 ? (size_t)written : 0;
    }
    flow->start += size;
    flow->size -= size;
    flow->piece -= size;
    cutter->counts.bytes[way] += size;
    if (*left != CUTTER_NEVER) {
        *left -= size;
    }
    if (*left == 0) {
        return true;
    }
    if (flow->piece == 0 && flow->size > 0) {
        choose_piece(cutter, flow);
    }
    return false;
}

bool cutter_connection_over(struct connection *connection)
{
    if (connection->late_ns != 0 && cutter_now_ns() >= connection->late_ns) {
        cutter_close_ends(connection);
    }
    bool closed = connection->ends[CUTTER_UP] < 0 && connection->ends[CUTTER_DOWN] < 0;
    bool ended = true;
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        ended = ended && connection->flows[way].ended && connection->flows[way].size == 0;
    }
    return closed || (ended && connection->late_ns == 0);
}

void cutter_serve_connection(struct cutter *cutter, struct connection *connection,
                             const struct pollfd polls[CUTTER_WAYS])
{
    uint64_t now = cutter_now_ns();
    if (connection->connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        if ((polls[CUTTER_DOWN].revents & (POLLOUT | POLLERR | POLLHUP)) == 0) {
            return;
        }
        (void)getsockopt(connection->ends[CUTTER_DOWN], SOL_SOCKET, SO_ERROR, &error, &size);
        connection->connecting = false;
        if (error != 0) {
            cutter_close_ends(connection);
        }
        return;
    }
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        if ((polls[way].revents & (POLLIN | POLLERR | POLLHUP)) != 0 &&
            cutter_wants_to_read(cutter, connection, way)) {
            read_bytes(cutter, connection, way);
        }
        if (connection->ends[way] < 0) {
            return;
        }
        if (cutter_wants_to_write(cutter, connection, way) &&
            connection->flows[way].due_ns <= now && pass_bytes(cutter, connection, way)) {
            cutter_cut_all(cutter);
        }
    }
}
