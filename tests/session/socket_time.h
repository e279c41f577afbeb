/* A script's time, which passes in its `at` lines alone: all that happens between two of
 * them happens in one instant, however long it really took. */
#ifndef TESTS_SESSION_SOCKET_TIME_H
#define TESTS_SESSION_SOCKET_TIME_H

#include "fix/base.h"

enum { SOCKET_TIME_WAITS_MAX = 256 };

/* "Real" is the reflector's time, which is ahead of the world's by what it was told to let
 * pass. */
struct socket_time {
    uint64_t ahead_ns;
    struct socket_wait {
        uint64_t begin_ns; /* By the real clock. */
        uint64_t end_ns;
        uint64_t script_ns; /* The script's time when it began. */
        uint64_t duration_ns;
    } waits[SOCKET_TIME_WAITS_MAX]; /* The first is none: the beginning. */
    size_t waits_count;
};

void socket_time_init(struct socket_time *time);

uint64_t socket_time_now_ns(const struct socket_time *time); /* Real. */

/* A wait of the script's begins, and has ended. */
void socket_time_begin(struct socket_time *time, uint64_t duration_ns);
void socket_time_end(struct socket_time *time);

/* The script's time at a real one. */
uint64_t socket_time_ns(const struct socket_time *time, uint64_t real_ns);

/* Turns a real time with milliseconds that stands in `message` behind `tag` ("<SOH>52=") into
 * the script's. */
void socket_time_turn(const struct socket_time *time, char *message, const char *tag);

#endif
