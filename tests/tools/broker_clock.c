#include "tests/tools/broker.h"

#include <time.h>

uint64_t broker_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t broker_now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec;
}

void broker_time_text(char out[BOOK_TIME_BYTES_MAX])
{
    struct timespec now;
    struct tm parts;
    char millis[8];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t size = strftime(out, BOOK_TIME_BYTES_MAX, "%Y%m%d-%H:%M:%S", &parts);
    snprintf(millis, sizeof millis, ".%03u", (unsigned)(now.tv_nsec / 1000000) % 1000);
    snprintf(out + size, BOOK_TIME_BYTES_MAX - size, "%s", millis);
}
