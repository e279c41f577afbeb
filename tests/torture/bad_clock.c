/* The library that is preloaded: see bad_clock.h. */
#define _GNU_SOURCE /* syscall() */
#include "tests/torture/bad_clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *offset;

__attribute__((constructor)) static void bad_clock_begin(void)
{
    const char *path = getenv(BAD_CLOCK);
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *map = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
        offset = map != MAP_FAILED ? map : NULL;
        (void)close(file);
    }
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t which, struct timespec *now)
{
    const int64_t second_ns = 1000000000;
    /* Not by way of libc, whose function this one stands for. */
    int result = (int)syscall(SYS_clock_gettime, which, now);
    if (result != 0 || which != CLOCK_REALTIME || offset == NULL) {
        return result;
    }
    int64_t ns = now->tv_nsec + atomic_load_explicit(offset, memory_order_relaxed);
    now->tv_sec += ns / second_ns;
    ns %= second_ns;
    now->tv_sec -= ns < 0 ? 1 : 0;
    now->tv_nsec = ns < 0 ? ns + second_ns : ns;
    return 0;
}
