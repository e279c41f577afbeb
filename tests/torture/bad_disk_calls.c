/* libc's calls that write, sync, make and map files, as bad_disk.h says. */
#define _GNU_SOURCE
#include "tests/torture/bad_disk_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the kernel takes an offset in one register");

/* For the process to see; all else is hidden. */
#define SEEN __attribute__((visibility("default")))

enum { PARTS_MAX = 1024 };

/* --- Writes ------------------------------------------------------------------------------- */

enum { WHERE_IT_STANDS = -1 };

static ssize_t kernel_write(int file, const struct iovec *parts, int count, off_t offset)
{
    return offset == WHERE_IT_STANDS ? syscall(SYS_writev, file, parts, count)
                                     : syscall(SYS_pwritev, file, parts, count, offset, 0);
}

static uint64_t place_of(int file, off_t offset, const struct target *target)
{
    struct stat facts = {0};
    if ((target->flags & O_APPEND) != 0) {
        return fstat(file, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    }
    return (uint64_t)(offset == WHERE_IT_STANDS ? lseek(file, 0, SEEK_CUR) : offset);
}

/* Copies the first `size` bytes' worth of parts; returns how many parts that are. */
static int parts_cut(struct iovec out[PARTS_MAX], const struct iovec *parts, int count, size_t size)
{
    int used = 0;
    for (int index = 0; index < count && size > 0; index++) {
        out[used] = parts[index];
        out[used].iov_len = size < out[used].iov_len ? size : out[used].iov_len;
        size -= out[used].iov_len;
        used++;
    }
    return used;
}

/* The write is carried out, in full or its half, and recorded. */
static ssize_t write_some(int file, const struct iovec *parts, int count, off_t offset,
                          const struct target *target, enum bad_disk_outcome outcome)
{
    size_t size = 0;
    for (int index = 0; index < count; index++) {
        size += parts[index].iov_len;
    }
    size = outcome == BAD_DISK_SHORT ? size / 2 : size;
    struct iovec cut[PARTS_MAX];
    int cut_count = parts_cut(cut, parts, count, size);
    bool synced = (target->flags & O_DSYNC) != 0 && outcome != BAD_DISK_UNSURE;
    enum bad_disk_kind kind = synced ? BAD_DISK_WRITE_SYNCED : BAD_DISK_WRITE;
    uint64_t place = place_of(file, offset, target);
    journal_begin(&disk_journal, kind, target->name, place, cut, cut_count);
    ssize_t result = kernel_write(file, cut, cut_count, offset);
    int error = errno;
    if (result > 0) {
        journal_end(&disk_journal, kind, (uint64_t)result);
    } else {
        journal_drop(&disk_journal);
    }
    errno = error;
    return result;
}

static ssize_t disk_write(int file, const struct iovec *parts, int count, off_t offset)
{
    struct target target;
    if (count < 0 || count > PARTS_MAX || !disk_target_find(file, &target)) {
        return kernel_write(file, parts, count, offset);
    }
    bool meta = (target.flags & O_DSYNC) != 0;
    ssize_t result = -1;
    disk_lock();
    enum bad_disk_outcome outcome =
        disk_decide(meta ? BAD_DISK_CALL_META : BAD_DISK_CALL_PLAIN, &target);
    if (outcome != BAD_DISK_EIO && outcome != BAD_DISK_ENOSPC) {
        result = write_some(file, parts, count, offset, &target, outcome);
    }
    if (outcome == BAD_DISK_ENOSPC) {
        errno = ENOSPC;
    }
    if (outcome == BAD_DISK_EIO || outcome == BAD_DISK_UNSURE ||
        (outcome == BAD_DISK_SHORT && result == 0)) {
        errno = EIO;
        result = -1;
    }
    disk_unlock();
    return result;
}

/* A buffer to write is only read, but struct iovec does not say so. */
static struct iovec part_of(const void *bytes, size_t size)
{
    union {
        const void *given;
        void *wanted;
    } base = {.given = bytes};
    return (struct iovec){.iov_base = base.wanted, .iov_len = size};
}

SEEN ssize_t write(int file, const void *bytes, size_t size)
{
    struct iovec part = part_of(bytes, size);
    return disk_write(file, &part, 1, WHERE_IT_STANDS);
}

SEEN ssize_t writev(int file, const struct iovec *parts, int count)
{
    return disk_write(file, parts, count, WHERE_IT_STANDS);
}

static ssize_t write_at(int file, const struct iovec *parts, int count, off_t offset)
{
    if (offset < 0) {
        errno = EINVAL;
        return -1;
    }
    return disk_write(file, parts, count, offset);
}

SEEN ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    struct iovec part = part_of(bytes, size);
    return write_at(file, &part, 1, offset);
}

SEEN ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset)
{
    struct iovec part = part_of(bytes, size);
    return write_at(file, &part, 1, offset);
}

SEEN ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset)
{
    return write_at(file, parts, count, offset);
}

SEEN ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset)
{
    return write_at(file, parts, count, offset);
}

/* --- Sizes -------------------------------------------------------------------------------- */

static int fail_with(int error)
{
    errno = error;
    return -1;
}

static int disk_truncate(int file, off_t size)
{
    struct target target;
    if (!disk_target_find(file, &target)) {
        return (int)syscall(SYS_ftruncate, file, size);
    }
    disk_lock();
    enum bad_disk_outcome outcome = disk_decide(BAD_DISK_CALL_TRUNCATE, &target);
    int result = -1;
    int error = outcome == BAD_DISK_ENOSPC ? ENOSPC : EIO;
    if (outcome == BAD_DISK_WELL || outcome == BAD_DISK_UNSURE) {
        journal_begin(&disk_journal, BAD_DISK_TRUNCATE, target.name, (uint64_t)size, NULL, 0);
        result = (int)syscall(SYS_ftruncate, file, size);
        error = result == 0 ? EIO : errno;
        if (result == 0) {
            journal_end(&disk_journal, BAD_DISK_TRUNCATE, 0);
        } else {
            journal_drop(&disk_journal);
        }
    }
    disk_unlock();
    return outcome == BAD_DISK_WELL && result == 0 ? 0 : fail_with(error);
}

SEEN int ftruncate(int file, off_t size)
{
    return disk_truncate(file, size);
}

SEEN int ftruncate64(int file, off64_t size)
{
    return disk_truncate(file, size);
}

/* --- Syncs -------------------------------------------------------------------------------- */

static int disk_sync(int file, long call)
{
    struct target target;
    if (!disk_target_find(file, &target)) {
        return (int)syscall(call, file);
    }
    disk_lock();
    enum bad_disk_outcome outcome = disk_decide(BAD_DISK_CALL_SYNC, &target);
    journal_begin(&disk_journal, BAD_DISK_SYNC, target.name, 0, NULL, 0);
    int result = outcome == BAD_DISK_WELL ? (int)syscall(call, file) : -1;
    int error = errno;
    if (outcome != BAD_DISK_WELL) {
        error = outcome == BAD_DISK_ENOSPC ? ENOSPC : EIO;
    }
    journal_end(&disk_journal, result == 0 ? BAD_DISK_SYNC : BAD_DISK_SYNC_FAILED, 0);
    disk_unlock();
    return result == 0 ? 0 : fail_with(error);
}

SEEN int fsync(int file)
{
    return disk_sync(file, SYS_fsync);
}

SEEN int fdatasync(int file)
{
    return disk_sync(file, SYS_fdatasync);
}

/* --- New files ----------------------------------------------------------------------------- */

/* A file that is there, but empty, may be new. */
static void file_opened(int file)
{
    int error = errno;
    struct target target;
    struct stat facts;
    if (disk_target_find(file, &target) && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
        facts.st_size == 0) {
        disk_lock();
        journal_begin(&disk_journal, BAD_DISK_CREATE, target.name, 0, NULL, 0);
        journal_end(&disk_journal, BAD_DISK_CREATE, 0);
        disk_unlock();
    }
    errno = error;
}

static int disk_open(int directory, const char *path, int flags, va_list arguments)
{
    bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    unsigned int mode = makes ? va_arg(arguments, unsigned int) : 0;
    int file = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (file >= 0 && (flags & O_CREAT) != 0) {
        file_opened(file);
    }
    return file;
}

#define OPEN_IN(directory)                                                                         \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    int file = disk_open(directory, path, flags, arguments);                                       \
    va_end(arguments);                                                                             \
    return file

SEEN int open(const char *path, int flags, ...)
{
    OPEN_IN(AT_FDCWD);
}

SEEN int open64(const char *path, int flags, ...)
{
    OPEN_IN(AT_FDCWD);
}

SEEN int openat(int directory, const char *path, int flags, ...)
{
    OPEN_IN(directory);
}

SEEN int openat64(int directory, const char *path, int flags, ...)
{
    OPEN_IN(directory);
}

/* --- Maps: what is written through them nobody sees ----------------------------------------- */

static void *disk_map(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    struct target target;
    if ((flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && file >= 0 &&
        disk_target_find(file, &target)) {
        errno = EPERM;
        bad_disk_give_up("a file of the disk is mapped for shared writing");
    }
    /* The kernel's answer is an address, which syscall() gives as a number. */
    union {
        long number;
        void *address;
    } mapped = {.number = syscall(SYS_mmap, address, size, protection, flags, file, offset)};
    return mapped.address;
}

SEEN void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    return disk_map(address, size, protection, flags, file, offset);
}

SEEN void *mmap64(void *address, size_t size, int protection, int flags, int file, off64_t offset)
{
    return disk_map(address, size, protection, flags, file, offset);
}
