/* The one door to epoll. Level-triggered; one thread.
 *
 * A tag says what a descriptor is; the poller does not look into it. */
#ifndef GATEWAY_SHELL_POLLER_H
#define GATEWAY_SHELL_POLLER_H

#include "fix/base.h"

enum { POLLER_EVENTS_MAX = 256 };

struct poller {
    int fd;
};

struct poller_event {
    uint64_t tag;
    bool readable;
    bool writable;
    bool broken;  /* Error or hang-up: a read tells which. */
    bool hung_up; /* While reading is wanted: behind what has arrived the peer says no more. */
};

MUST_USE enum status poller_open(struct poller *poller);
void poller_close(struct poller *poller);

MUST_USE enum status poller_add(struct poller *poller, int fd, uint64_t tag, bool read, bool write);
MUST_USE enum status poller_change(struct poller *poller, int fd, uint64_t tag, bool read,
                                   bool write);
/* Before the descriptor is closed. */
void poller_remove(struct poller *poller, int fd);

/* Waits at most `timeout_ms` (0 = look only, negative = for ever). Returns the
 * count of events, 0 also when a signal interrupted. */
uint32_t poller_wait(struct poller *poller, int timeout_ms,
                     struct poller_event events[POLLER_EVENTS_MAX]);

#endif
