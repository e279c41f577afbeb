/* The one door to the system's clocks. One reading per turn. Any thread, each with a
 * clock of its own.
 *
 * The engine lives by the time of day, yet its deadlines must not stand still for
 * an hour because somebody set the clock back. So engine time never runs backwards:
 * while the system's clock is behind it, it advances at half speed until both agree. */
#ifndef GATEWAY_SHELL_CLOCK_H
#define GATEWAY_SHELL_CLOCK_H

#include "fix/base.h"

/* A jump of the time of day smaller than this, between two readings, is none: reading
 * two clocks one after the other may be interrupted, and time servers slew. */
#define CLOCK_STEP_MIN_NS INT64_C(500000000)

struct clock {
    uint64_t engine_ns;       /* Last reading; 0 = none yet. */
    uint64_t monotonic_ns;    /* At that reading. */
    uint64_t realtime_ns;     /* At that reading: what the system calls the time of day. */
    const uint64_t *ahead_ns; /* For tests, which let time pass: both clocks are ahead of the
                                 system's by so much, which only grows. NULL: they are not. */
};

struct instant {
    uint64_t engine_ns;    /* Time of day (Unix, UTC), never backwards. */
    uint64_t monotonic_ns; /* For time limits of the shell. */
    int64_t step_ns;       /* Somebody set the system's clock by so much since the last
                              reading, forward or back; 0: nobody did. */
};

struct instant clock_read(struct clock *clock);

/* The same out of given readings. */
struct instant clock_advance(struct clock *clock, uint64_t realtime_ns, uint64_t monotonic_ns);

/* For threads that only measure spans of time. */
uint64_t clock_monotonic_ns(void);

#endif
