/* What may be bound or connected to, and what stands around a bind on ipc://.
 *
 * Talks to the file system, blocks no longer than it does. Any thread. Without
 * keys (design §6) only ipc://, inproc:// and loopback are accepted. */
#ifndef GATEWAY_SHELL_ENDPOINT_H
#define GATEWAY_SHELL_ENDPOINT_H

#include "fix/base.h"

enum { ENDPOINT_ERROR_BYTES_MAX = 512 };

/* Before a connect. INVALID with one line in `error`. */
MUST_USE enum status endpoint_check(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX]);

/* Before a bind: endpoint_check(), and for ipc:// makes the directory (0700) if it is
 * missing, and refuses a path that is too long (INVALID), that is not a socket
 * (INVALID: libzmq would delete the file), or where somebody answers (BUSY: libzmq
 * would take it over in silence). */
MUST_USE enum status endpoint_prepare(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX]);

/* After a bind: lets only the owner into an ipc:// socket. */
MUST_USE enum status endpoint_protect(const char *endpoint, char error[ENDPOINT_ERROR_BYTES_MAX]);

#endif
