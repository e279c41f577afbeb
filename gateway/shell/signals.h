/* SIGTERM and SIGINT as a descriptor, for the loop.
 *
 * Open it before any thread is started, so that all of them leave signals alone. */
#ifndef GATEWAY_SHELL_SIGNALS_H
#define GATEWAY_SHELL_SIGNALS_H

#include "fix/base.h"

/* Blocks the two signals and gives the descriptor. Ignores SIGPIPE and SIGXFSZ: what
 * they tell comes back from write() too, where there is somebody to give the reason. */
MUST_USE enum status signals_open(int *fd);
void signals_close(int fd);

/* How many have come since the last call. */
uint32_t signals_take(int fd);

#endif
