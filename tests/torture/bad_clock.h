/* A time of day that somebody sets while a process runs.
 *
 * libbad_clock.so is preloaded into the process: its CLOCK_REALTIME is off by what stands in a
 * file, from one reading to the next; its other clocks go on. This header is for both sides. */
#ifndef TESTS_TORTURE_BAD_CLOCK_H
#define TESTS_TORTURE_BAD_CLOCK_H

#include "fix/base.h"

#define BAD_CLOCK "BAD_CLOCK" /* The file: one int64_t, nanoseconds. Unset: the clock is good. */

/* For the test that starts the process. */
struct bad_clock {
    int64_t *offset_ns; /* In the file. */
};

/* Makes the file; the clock is good. ASSERTs that the system lets it. */
void bad_clock_open(struct bad_clock *clock, const char *path);
void bad_clock_set(const struct bad_clock *clock, int64_t offset_ns);
void bad_clock_close(struct bad_clock *clock);

#endif
