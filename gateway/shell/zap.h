/* Who may connect by a CURVE key: answers what libzmq asks during a handshake (ZAP, RFC 27).
 *
 * Engine's thread: zap_step() in every turn. It serves the sockets of its context that are
 * CURVE servers; a client whose public key is not in the list does not get in, and what the
 * others send says whose key it came by (zeromq_frames.user). */
#ifndef GATEWAY_SHELL_ZAP_H
#define GATEWAY_SHELL_ZAP_H

#include "gateway/shell/operators.h"
#include "gateway/shell/zeromq.h"

enum { ZAP_REQUESTS_MAX = 16 /* Answered in one turn. */ };

struct zap {
    struct zeromq_socket socket;             /* Closed: there is none. */
    const struct operator_config *operators; /* Borrowed. */
    uint32_t operators_count;
    struct zeromq_frames frames;
};

/* Before the first server socket is bound; once per context. `error` has the reason. */
MUST_USE enum status zap_open(struct zap *zap, struct zeromq *zeromq,
                              char error[ZEROMQ_ERROR_BYTES_MAX]);
void zap_close(struct zap *zap);

/* IO: the socket failed. */
MUST_USE enum status zap_step(struct zap *zap);

/* Handshakes wait: do not sleep. */
bool zap_pending(const struct zap *zap);

#endif
