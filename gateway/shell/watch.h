/* What the poller was last told of a TCP connection, so that it is told only changes.
 *
 * Engine's thread. */
#ifndef GATEWAY_SHELL_WATCH_H
#define GATEWAY_SHELL_WATCH_H

#include "gateway/shell/poller.h"
#include "gateway/shell/tcp.h"

struct watch {
    bool on;
    bool read;
    bool write;
    uint32_t serial; /* tcp.serial of the descriptor that is watched. */
};

/* Tells the poller what `tcp` waits for now. IO: it refused. */
MUST_USE enum status watch_update(struct watch *watch, struct poller *poller, const struct tcp *tcp,
                                  uint64_t tag);

/* The descriptor lives on, but not under this tag. */
void watch_end(struct watch *watch, struct poller *poller, const struct tcp *tcp);

#endif
