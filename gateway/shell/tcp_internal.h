/* What tcp.c (moving bytes, ending) and tcp_connect.c (until OPEN) have of each other. */
#ifndef GATEWAY_SHELL_TCP_INTERNAL_H
#define GATEWAY_SHELL_TCP_INTERNAL_H

#include "gateway/shell/tcp.h"

/* State: ENDED with the reason "what: error" (0 = without); out of CLOSING, CLOSED. */
void tcp_end(struct tcp *tcp, const char *what, int error);

/* Reads into the inbound buffer; may end the connection. */
void tcp_read(struct tcp *tcp, size_t read_max);

/* The descriptor is ready in RESOLVING, CONNECTING, HANDSHAKING. */
void tcp_finish_lookup(struct tcp *tcp);
void tcp_finish_connect(struct tcp *tcp);
void tcp_shake_hands(struct tcp *tcp);

#endif
