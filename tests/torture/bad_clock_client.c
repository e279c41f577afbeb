#include "tests/torture/bad_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

void bad_clock_open(struct bad_clock *clock, const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ASSERT(file >= 0);
    int sized = ftruncate(file, sizeof *clock->offset_ns);
    ASSERT(sized == 0);
    void *map = mmap(NULL, sizeof *clock->offset_ns, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ASSERT(map != MAP_FAILED);
    (void)close(file);
    clock->offset_ns = map;
}

void bad_clock_set(const struct bad_clock *clock, int64_t offset_ns)
{
    __atomic_store_n(clock->offset_ns, offset_ns, __ATOMIC_RELAXED);
}

void bad_clock_close(struct bad_clock *clock)
{
    (void)munmap(clock->offset_ns, sizeof *clock->offset_ns);
    clock->offset_ns = NULL;
}
