/* The peer's end of a connection, for scripts over a socket. ASSERTs what the system should
 * grant. */
#ifndef TESTS_SESSION_SOCKET_LINE_H
#define TESTS_SESSION_SOCKET_LINE_H

#include "fix/limits.h"

enum { SOCKET_LINE_BYTES_MAX = 4 * FIX_MESSAGE_BYTES_MAX, SOCKET_LINE_WAIT_MS = 5000 };

struct socket_line {
    int listener; /* Where an initiator connects to; -1: nobody listens. */
    uint16_t port;
    int fd;    /* -1: not connected. */
    bool over; /* We have seen the end of it. */
    size_t used;
    uint8_t bytes[SOCKET_LINE_BYTES_MAX];
};

void socket_line_init(struct socket_line *line);

/* Takes a port, or listens again on the one that it took before. */
void socket_line_listen(struct socket_line *line);
void socket_line_listen_no_more(struct socket_line *line);

/* False: nobody came in time, or nobody is there. */
MUST_USE bool socket_line_accept(struct socket_line *line);
MUST_USE bool socket_line_connect(struct socket_line *line, uint16_t port);
void socket_line_hang_up(struct socket_line *line);

/* More bytes, if there are any within the time. */
bool socket_line_read(struct socket_line *line, int wait_ms);
void socket_line_take(struct socket_line *line, size_t size);

/* False: the other end is gone. */
MUST_USE bool socket_line_send(struct socket_line *line, struct span bytes);

#endif
