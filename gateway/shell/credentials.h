/* The certificates of the process: one TLS context per session that connects and per
 * listener, kept fresh.
 *
 * Engine's thread. Files that changed on disk are in force from the next connection on; what
 * cannot be used leaves the old ones in force and is said in the log. A certificate of ours
 * that ends within CREDENTIALS_WARNING_DAYS is told of at start and once a day. */
#ifndef GATEWAY_SHELL_CREDENTIALS_H
#define GATEWAY_SHELL_CREDENTIALS_H

#include "gateway/core/engine/limits.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/log.h"
#include "gateway/shell/tls.h"

enum {
    CREDENTIALS_MAX = 2 * ENGINE_SESSIONS_MAX, /* A session has a client's or its listener's. */
    CREDENTIALS_NAME_BYTES_MAX = 255,
    CREDENTIALS_WARNING_DAYS = 30,
    CREDENTIALS_LOOK_MS = 1000, /* The files are looked at no more often, floods or not. */
    CREDENTIALS_ERROR_BYTES_MAX = TLS_ERROR_BYTES_MAX + CREDENTIALS_NAME_BYTES_MAX + 8,
};

struct credential {
    struct tls_context *context;
    char name[CREDENTIALS_NAME_BYTES_MAX + 1]; /* "session FIX.4.4:A->B", "port 9878" */
    uint64_t looked_ns;                        /* Monotonic; 0: not since the start. */
};

struct credentials {
    struct log *log; /* Borrowed. */
    uint32_t count;
    uint64_t days_next_ns; /* Monotonic: when the days left are looked at again. */
    struct credential list[CREDENTIALS_MAX];
};

/* Reads the files of one more context; `log` is set by the caller, `config` is borrowed.
 * INVALID: `error` says which name, which file, and the remedy. */
MUST_USE enum status credentials_add(struct credentials *credentials, const char *name,
                                     const struct tls_config *config, struct tls_context **out,
                                     char error[CREDENTIALS_ERROR_BYTES_MAX]);
void credentials_close(struct credentials *credentials);

/* Before each new connection. NULL for either: nothing to do. */
void credentials_refresh(struct credentials *credentials, const struct tls_context *context,
                         const struct instant *now);

/* Once per turn. */
void credentials_tick(struct credentials *credentials, const struct instant *now);

#endif
