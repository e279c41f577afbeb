#include "tests/session/socket_time.h"

#include <time.h>

#include "fix/timestamp.h"

enum { TIME_BYTES = 21 };

uint64_t socket_time_now_ns(const struct socket_time *time)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + time->ahead_ns;
}

void socket_time_init(struct socket_time *time)
{
    time->ahead_ns = 0;
    time->waits[0] = (struct socket_wait){.script_ns = socket_time_now_ns(time)};
    time->waits_count = 1;
}

void socket_time_begin(struct socket_time *time, uint64_t duration_ns)
{
    ASSERT(time->waits_count < SOCKET_TIME_WAITS_MAX);
    uint64_t begin_ns = socket_time_now_ns(time);
    uint64_t script_ns = socket_time_ns(time, begin_ns);
    time->waits[time->waits_count++] = (struct socket_wait){.begin_ns = begin_ns,
                                                            .end_ns = begin_ns + duration_ns,
                                                            .script_ns = script_ns,
                                                            .duration_ns = duration_ns};
}

void socket_time_end(struct socket_time *time)
{
    /* What is sent within this very millisecond is sent after the wait. */
    uint64_t now_ns = socket_time_now_ns(time);
    time->waits[time->waits_count - 1].end_ns = now_ns - now_ns % TIMESTAMP_MILLISECOND_NS;
}

uint64_t socket_time_ns(const struct socket_time *time, uint64_t real_ns)
{
    size_t i = time->waits_count - 1;
    while (i > 0 && real_ns < time->waits[i].begin_ns) {
        i--;
    }
    const struct socket_wait *wait = &time->waits[i];
    bool within = real_ns < wait->end_ns && real_ns > wait->begin_ns;
    return wait->script_ns + (within ? real_ns - wait->begin_ns : wait->duration_ns);
}

void socket_time_turn(const struct socket_time *time, char *message, const char *tag)
{
    char *found = strstr(message, tag);
    uint64_t real_ns = 0;
    if (found == NULL) {
        return;
    }
    char *value = found + strlen(tag);
    if (strcspn(value, "\001") != TIME_BYTES ||
        !timestamp_parse(span_of(value, TIME_BYTES), &real_ns)) {
        return;
    }
    char text[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(socket_time_ns(time, real_ns), 3, text);
    ASSERT(size == TIME_BYTES);
    memcpy(value, text, TIME_BYTES);
}
