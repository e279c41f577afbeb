#include "gateway/shell/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t which)
{
    struct timespec now;
    int result = clock_gettime(which, &now);
    ASSERT(result == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

/* How much more the time of day moved than time itself did. */
static int64_t step_of(const struct clock *clock, uint64_t realtime_ns, uint64_t monotonic_ns)
{
    if (clock->realtime_ns == 0) {
        return 0;
    }
    int64_t moved_ns = (int64_t)(realtime_ns - clock->realtime_ns);
    int64_t step_ns = moved_ns - (int64_t)(monotonic_ns - clock->monotonic_ns);
    return step_ns > -CLOCK_STEP_MIN_NS && step_ns < CLOCK_STEP_MIN_NS ? 0 : step_ns;
}

struct instant clock_advance(struct clock *clock, uint64_t realtime_ns, uint64_t monotonic_ns)
{
    ASSERT(monotonic_ns >= clock->monotonic_ns);
    uint64_t elapsed_ns = monotonic_ns - clock->monotonic_ns;
    int64_t step_ns = step_of(clock, realtime_ns, monotonic_ns);
    if (realtime_ns >= clock->engine_ns) {
        clock->engine_ns = realtime_ns;
    } else {
        clock->engine_ns += elapsed_ns / 2;
    }
    clock->monotonic_ns = monotonic_ns;
    clock->realtime_ns = realtime_ns;
    return (struct instant){
        .engine_ns = clock->engine_ns, .monotonic_ns = monotonic_ns, .step_ns = step_ns};
}

struct instant clock_read(struct clock *clock)
{
    uint64_t ahead_ns = clock->ahead_ns != NULL ? *clock->ahead_ns : 0;
    uint64_t monotonic_ns = read_ns(CLOCK_MONOTONIC) + ahead_ns;
    return clock_advance(clock, read_ns(CLOCK_REALTIME) + ahead_ns, monotonic_ns);
}
