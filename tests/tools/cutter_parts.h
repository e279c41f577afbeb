/* Between the two files of the cutter: cutter.c has the thread and the functions for others,
 * cutter_bytes.c what happens to connections and their bytes. All under the lock. */
#ifndef TESTS_TOOLS_CUTTER_PARTS_H
#define TESTS_TOOLS_CUTTER_PARTS_H

#include "tests/tools/cutter.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>

enum { CUTTER_BUFFER_BYTES = 64 * 1024 };

/* One way of a connection: what was read and not yet written. */
struct flow {
    uint8_t bytes[CUTTER_BUFFER_BYTES];
    size_t start;
    size_t size;
    uint64_t due_ns; /* When the next piece goes on. */
    size_t piece;    /* Its size; 0: none chosen. */
    bool ended;      /* Nothing more to read. */
};

struct connection {
    bool open;
    int ends[CUTTER_WAYS]; /* [way]: where its bytes come from; -1: closed. */
    bool connecting;
    uint64_t late_ns; /* When the end that is left is closed; 0: not cut. */
    struct flow flows[CUTTER_WAYS];
};

struct cutter {
    pthread_t thread;
    pthread_mutex_t lock;
    int wake[2];
    int listener;
    uint16_t port;

    /* Under the lock. */
    bool stopping;
    uint16_t target;
    enum cutter_mode modes[CUTTER_WAYS];
    uint64_t cut_after[CUTTER_WAYS];
    uint32_t piece_bytes_max;
    uint32_t delay_ms_max;
    bool refuse;
    enum cutter_manner manner;
    uint64_t random;
    struct cutter_counts counts;
    /* All memory is taken at the start: somebody may fork while the thread runs. */
    struct connection connections[CUTTER_CONNECTIONS_MAX];
};

/* Of the monotonic clock. */
uint64_t cutter_now_ns(void);

struct sockaddr_in cutter_loopback(uint16_t port);
/* Non-blocking, without delay, not for children. */
bool cutter_prepare(int fd);

enum cutter_way cutter_other(enum cutter_way way);

void cutter_take_connection(struct cutter *cutter);
void cutter_close_ends(struct connection *connection);
void cutter_cut_all(struct cutter *cutter);

bool cutter_wants_to_read(const struct cutter *cutter, const struct connection *connection,
                          enum cutter_way way);
bool cutter_wants_to_write(const struct cutter *cutter, const struct connection *connection,
                           enum cutter_way way);

/* Does what poll() found possible at its two ends. */
void cutter_serve_connection(struct cutter *cutter, struct connection *connection,
                             const struct pollfd polls[CUTTER_WAYS]);
/* Nothing is left of it; what was to be closed late is closed when it is time. */
bool cutter_connection_over(struct connection *connection);

#endif
