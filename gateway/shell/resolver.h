/* Names to addresses without ever blocking the loop.
 *
 * getaddrinfo() may take many seconds and cannot be interrupted, so each lookup of a
 * name has a small thread of its own and tells its end through a descriptor. A lookup
 * that nobody wants any more is left alone and cleans up behind itself. */
#ifndef GATEWAY_SHELL_RESOLVER_H
#define GATEWAY_SHELL_RESOLVER_H

#include "fix/base.h"

#include <sys/socket.h>

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_ERROR_BYTES_MAX = 160, RESOLVER_HOST_BYTES_MAX = 255 };

struct resolved {
    uint32_t count; /* 0: `error` says why. */
    struct resolver_address {
        struct sockaddr_storage address;
        socklen_t size;
    } list[RESOLVER_ADDRESSES_MAX];
    char error[RESOLVER_ERROR_BYTES_MAX];
};

struct lookup; /* One lookup under way. */

/* An address in digits: done at once, without a thread. False: `host` is a name. */
MUST_USE bool resolver_numeric(const char *host, uint16_t port, struct resolved *out);

/* NULL when the system gives no thread or descriptor. */
MUST_USE struct lookup *resolver_start(const char *host, uint16_t port);

/* Becomes readable when the lookup has ended. */
int resolver_fd(const struct lookup *lookup);

/* After that: hands the result over and ends the lookup. False: it goes on. */
MUST_USE bool resolver_finish(struct lookup *lookup, struct resolved *out);

/* Nobody wants the result any more. */
void resolver_abandon(struct lookup *lookup);

#endif
