#include "tests/tools/cutter_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POLLS_MAX = 2 + 2 * CUTTER_CONNECTIONS_MAX };

/* --- The thread -------------------------------------------------------------- */

struct round {
    struct pollfd polls[POLLS_MAX];
    nfds_t count;
    size_t first[CUTTER_CONNECTIONS_MAX]; /* Of its two polls; 0: none. */
    uint64_t deadline_ns;
};

static void sooner(struct round *round, uint64_t due_ns)
{
    if (due_ns < round->deadline_ns) {
        round->deadline_ns = due_ns;
    }
}

static void watch_connection(const struct cutter *cutter, struct round *round, size_t index,
                             uint64_t now)
{
    const struct connection *connection = &cutter->connections[index];
    round->first[index] = round->count;
    if (connection->late_ns != 0) {
        sooner(round, connection->late_ns);
    }
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        int events = cutter_wants_to_read(cutter, connection, way) ? POLLIN : 0;
        enum cutter_way back = cutter_other(way); /* Its bytes are written to this end. */
        if (cutter_wants_to_write(cutter, connection, back)) {
            if (connection->flows[back].due_ns > now) {
                sooner(round, connection->flows[back].due_ns);
            } else if (cutter->modes[back] == CUTTER_SWALLOW) {
                sooner(round, now);
            } else {
                events |= POLLOUT;
            }
        }
        if (connection->connecting && way == CUTTER_DOWN) {
            events = POLLOUT;
        }
        /* An end of which nothing is wanted is not watched: its hang-up would wake us
         * again and again. */
        round->polls[round->count] = (struct pollfd){
            .fd = events != 0 ? connection->ends[way] : -1,
            .events = (short)events,
        };
        round->count++;
    }
}

static void watch_all(const struct cutter *cutter, struct round *round)
{
    *round = (struct round){.deadline_ns = UINT64_MAX};
    round->polls[0] = (struct pollfd){.fd = cutter->wake[0], .events = POLLIN};
    round->polls[1] = (struct pollfd){.fd = cutter->listener, .events = POLLIN};
    round->count = 2;
    uint64_t now = cutter_now_ns();
    for (size_t i = 0; i < CUTTER_CONNECTIONS_MAX; i++) {
        if (cutter->connections[i].open) {
            watch_connection(cutter, round, i, now);
        }
    }
}

static void serve(struct cutter *cutter, const struct round *round)
{
    char drop[64];
    if (round->polls[0].revents != 0 && read(cutter->wake[0], drop, sizeof drop) < 0) {
        ASSERT(errno == EAGAIN || errno == EINTR);
    }
    cutter->counts.open = 0;
    for (size_t i = 0; i < CUTTER_CONNECTIONS_MAX; i++) {
        struct connection *connection = &cutter->connections[i];
        if (!connection->open) {
            continue;
        }
        if (round->first[i] != 0 && connection->late_ns == 0) {
            cutter_serve_connection(cutter, connection, &round->polls[round->first[i]]);
        }
        if (cutter_connection_over(connection)) {
            cutter_close_ends(connection);
            connection->open = false;
        } else {
            cutter->counts.open++;
        }
    }
    if (round->polls[1].revents != 0) {
        cutter_take_connection(cutter);
    }
}

static void *run(void *argument)
{
    struct cutter *cutter = argument;
    struct round round;
    (void)pthread_mutex_lock(&cutter->lock);
    while (!cutter->stopping) {
        watch_all(cutter, &round);
        (void)pthread_mutex_unlock(&cutter->lock);
        int wait_ms = -1;
        if (round.deadline_ns != UINT64_MAX) {
            uint64_t now = cutter_now_ns();
            uint64_t left = round.deadline_ns > now ? round.deadline_ns - now : 0;
            wait_ms = (int)((left + 999999) / 1000000);
        }
        (void)poll(round.polls, round.count, wait_ms);
        (void)pthread_mutex_lock(&cutter->lock);
        serve(cutter, &round);
    }
    (void)pthread_mutex_unlock(&cutter->lock);
    return NULL;
}

/* --- From outside ------------------------------------------------------------ */

static void lock(struct cutter *cutter)
{
    (void)pthread_mutex_lock(&cutter->lock);
}

static void unlock(struct cutter *cutter)
{
    (void)pthread_mutex_unlock(&cutter->lock);
    ssize_t size = write(cutter->wake[1], "", 1);
    ASSERT(size == 1 || errno == EAGAIN);
}

static bool open_sockets(struct cutter *cutter, const char *listen_at)
{
    struct sockaddr_in address = cutter_loopback(0);
    socklen_t size = sizeof address;
    cutter->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (inet_pton(AF_INET, listen_at, &address.sin_addr) != 1 || cutter->listener < 0 ||
        !cutter_prepare(cutter->listener) || pipe(cutter->wake) != 0) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (fcntl(cutter->wake[i], F_SETFL, O_NONBLOCK) != 0 ||
            fcntl(cutter->wake[i], F_SETFD, FD_CLOEXEC) != 0) {
            return false;
        }
    }
    if (bind(cutter->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(cutter->listener, CUTTER_CONNECTIONS_MAX) != 0 ||
        getsockname(cutter->listener, (struct sockaddr *)&address, &size) != 0) {
        return false;
    }
    cutter->port = ntohs(address.sin_port);
    return true;
}

struct cutter *cutter_open(uint16_t target_port, uint64_t seed)
{
    return cutter_open_at("127.0.0.1", target_port, seed);
}

struct cutter *cutter_open_at(const char *address, uint16_t target_port, uint64_t seed)
{
    struct cutter *cutter = calloc(1, sizeof *cutter);
    if (cutter == NULL) {
        return NULL;
    }
    cutter->target = target_port;
    cutter->random = seed ^ UINT64_C(0x9e3779b97f4a7c15);
    cutter->random += cutter->random == 0;
    cutter->cut_after[CUTTER_UP] = CUTTER_NEVER;
    cutter->cut_after[CUTTER_DOWN] = CUTTER_NEVER;
    (void)pthread_mutex_init(&cutter->lock, NULL);
    if (!open_sockets(cutter, address) || pthread_create(&cutter->thread, NULL, run, cutter) != 0) {
        free(cutter);
        return NULL;
    }
    return cutter;
}

void cutter_close(struct cutter *cutter)
{
    if (cutter == NULL) {
        return;
    }
    lock(cutter);
    cutter->stopping = true;
    unlock(cutter);
    (void)pthread_join(cutter->thread, NULL);
    for (size_t i = 0; i < CUTTER_CONNECTIONS_MAX; i++) {
        if (cutter->connections[i].open) {
            cutter_close_ends(&cutter->connections[i]);
        }
    }
    (void)close(cutter->listener);
    (void)close(cutter->wake[0]);
    (void)close(cutter->wake[1]);
    (void)pthread_mutex_destroy(&cutter->lock);
    free(cutter);
}

uint16_t cutter_port(const struct cutter *cutter)
{
    return cutter->port;
}

void cutter_set_target(struct cutter *cutter, uint16_t port)
{
    lock(cutter);
    cutter->target = port;
    unlock(cutter);
}

void cutter_set_mode(struct cutter *cutter, enum cutter_way way, enum cutter_mode mode)
{
    lock(cutter);
    cutter->modes[way] = mode;
    unlock(cutter);
}

void cutter_set_pieces(struct cutter *cutter, uint32_t piece_bytes_max, uint32_t delay_ms_max)
{
    lock(cutter);
    cutter->piece_bytes_max = piece_bytes_max;
    cutter->delay_ms_max = delay_ms_max;
    unlock(cutter);
}

void cutter_refuse(struct cutter *cutter, bool refuse)
{
    lock(cutter);
    cutter->refuse = refuse;
    unlock(cutter);
}

void cutter_set_manner(struct cutter *cutter, enum cutter_manner manner)
{
    lock(cutter);
    cutter->manner = manner;
    unlock(cutter);
}

void cutter_cut(struct cutter *cutter)
{
    lock(cutter);
    cutter_cut_all(cutter);
    unlock(cutter);
}

void cutter_cut_after(struct cutter *cutter, enum cutter_way way, uint64_t bytes)
{
    lock(cutter);
    cutter->cut_after[way] = bytes;
    unlock(cutter);
}

struct cutter_counts cutter_counts(struct cutter *cutter)
{
    lock(cutter);
    struct cutter_counts counts = cutter->counts;
    unlock(cutter);
    return counts;
}
