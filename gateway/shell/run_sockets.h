/* What the loop needs of sockets, out of the configuration: addresses, options and
 * certificates of sessions that connect and of listeners.
 *
 * Main thread, at start. */
#ifndef GATEWAY_SHELL_RUN_SOCKETS_H
#define GATEWAY_SHELL_RUN_SOCKETS_H

#include "gateway/shell/config.h"
#include "gateway/shell/credentials.h"
#include "gateway/shell/listener.h"

/* Refers to the configuration and to itself: it must not be moved. */
struct run_sockets {
    struct tcp_config endpoints[ENGINE_SESSIONS_MAX][CONFIG_ENDPOINTS_MAX];
    struct connection_config connections[ENGINE_SESSIONS_MAX];
    struct listen_config listeners[LISTENERS_MAX];
    uint32_t listeners_count;
    struct credentials credentials;
};

/* `sockets` is zeroed. INVALID: certificates that cannot be used; `error` says which. */
MUST_USE enum status run_sockets_open(struct run_sockets *sockets,
                                      const struct gateway_config *config, struct log *log,
                                      char error[CREDENTIALS_ERROR_BYTES_MAX]);
void run_sockets_close(struct run_sockets *sockets);

#endif
