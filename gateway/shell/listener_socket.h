/* The system's side of a listener: a socket that listens, and names for who comes.
 *
 * No state. Any thread; opening may look a name up, so at start only. */
#ifndef GATEWAY_SHELL_LISTENER_SOCKET_H
#define GATEWAY_SHELL_LISTENER_SOCKET_H

#include "gateway/shell/listener.h"

#include <sys/socket.h>

/* Non-blocking, bound and listening; *port as bound. Fails as listeners_open() does; then
 * *fd is -1, or the caller's to close. */
MUST_USE enum status listener_socket_open(const struct listen_config *config, int *fd,
                                          uint16_t *port, char error[LISTENER_ERROR_BYTES_MAX]);

/* The address for the engine, and address and port for people. */
void listener_peer_name(const struct sockaddr_storage *from, struct address *address,
                        char name[LISTENER_PEER_BYTES_MAX + 1]);

#endif
