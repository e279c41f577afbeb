/* The library itself: libc's calls that write and sync, as bad_disk.h says. */
#define _GNU_SOURCE
#include "tests/torture/bad_disk_journal.h"
#include "tests/torture/bad_disk_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8, "the kernel takes an offset in one register");

/* For the process to see; all else is hidden. */
#define SEEN __attribute__((visibility("default")))

enum { PARTS_MAX = 1024, FILE_PATH_BYTES_MAX = 64 };

static struct {
    bool ready;
    pthread_mutex_t mutex;
    char root[BAD_DISK_PATH_BYTES_MAX]; /* Without symbolic links. */
    size_t root_size;
    const char *control_path; /* Or NULL. */
    struct bad_disk_rules rules;
    struct bad_disk_rules control;
    uint64_t random;
    struct journal journal;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* --- Which file? ---------------------------------------------------------------------- */

struct target {
    char name[BAD_DISK_NAME_BYTES_MAX + 1]; /* "" is the directory itself. */
    bool spared;                            /* Nothing bad happens to it. */
    int flags;                              /* As opened. */
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Is it a file of ours? Asks the kernel each time: thus nothing need be known of opening,
 * closing and duplicating. */
static bool target_find(int file, struct target *target)
{
    int error = errno;
    char link[FILE_PATH_BYTES_MAX];
    char path[BAD_DISK_PATH_BYTES_MAX + BAD_DISK_NAME_BYTES_MAX + 32] = "";
    *target = (struct target){0};
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = disk.ready ? readlink(link, path, sizeof path - 1) : -1;
    errno = error;
    if (size < (ssize_t)disk.root_size || memcmp(path, disk.root, disk.root_size) != 0) {
        return false;
    }
    path[size] = '\0';
    const char *name = path + disk.root_size;
    if ((*name != '\0' && *name != '/') || ends_with(name, " (deleted)")) {
        return false;
    }
    name += *name == '/' ? 1 : 0;
    if (strlen(name) > BAD_DISK_NAME_BYTES_MAX) {
        bad_disk_give_up("a name is too long for the journal");
    }
    (void)snprintf(target->name, sizeof target->name, "%s", name);
    if (strcmp(name, "lock.mdb") == 0) {
        return false;
    }
    target->spared = strcmp(name, "owner") == 0;
    target->flags = fcntl(file, F_GETFL);
    return true;
}

/* --- What becomes of a call? -------------------------------------------------------------- */

static void lock(void)
{
    if (pthread_mutex_lock(&disk.mutex) != 0) {
        bad_disk_give_up("its lock");
    }
}

static void unlock(void)
{
    if (pthread_mutex_unlock(&disk.mutex) != 0) {
        bad_disk_give_up("its lock");
    }
}

/* Reads the control file anew; one that is not there holds no rules. */
static void control_read(void)
{
    char text[BAD_DISK_RULES_BYTES_MAX] = "";
    int file = disk.control_path == NULL ? -1 : open(disk.control_path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t size = read(file, text, sizeof text - 1);
        text[size > 0 ? size : 0] = '\0';
        (void)close(file);
    }
    if (!bad_disk_rules_read(&disk.control, text)) {
        bad_disk_give_up("the control file has a rule that it does not understand");
    }
}

static enum bad_disk_outcome decide(enum bad_disk_call call, const struct target *target)
{
    if (target->spared) {
        return BAD_DISK_WELL;
    }
    int error = errno;
    control_read();
    errno = error;
    enum bad_disk_outcome first = bad_disk_rules_apply(&disk.control, call, &disk.random);
    enum bad_disk_outcome second = bad_disk_rules_apply(&disk.rules, call, &disk.random);
    enum bad_disk_outcome outcome = first != BAD_DISK_WELL ? first : second;
    if (outcome != BAD_DISK_WELL) {
        journal_count_failure(&disk.journal);
    }
    return outcome;
}

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
    journal_begin(&disk.journal, kind, target->name, place, cut, cut_count);
    ssize_t result = kernel_write(file, cut, cut_count, offset);
    int error = errno;
    if (result > 0) {
        journal_end(&disk.journal, kind, (uint64_t)result);
    } else {
        journal_drop(&disk.journal);
    }
    errno = error;
    return result;
}

static ssize_t disk_write(int file, const struct iovec *parts, int count, off_t offset)
{
    struct target target;
    if (count < 0 || count > PARTS_MAX || !target_find(file, &target)) {
        return kernel_write(file, parts, count, offset);
    }
    bool meta = (target.flags & O_DSYNC) != 0;
    ssize_t result = -1;
    lock();
    enum bad_disk_outcome outcome =
        decide(meta ? BAD_DISK_CALL_META : BAD_DISK_CALL_PLAIN, &target);
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
    unlock();
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
    if (!target_find(file, &target)) {
        return (int)syscall(SYS_ftruncate, file, size);
    }
    lock();
    enum bad_disk_outcome outcome = decide(BAD_DISK_CALL_TRUNCATE, &target);
    int result = -1;
    int error = outcome == BAD_DISK_ENOSPC ? ENOSPC : EIO;
    if (outcome == BAD_DISK_WELL || outcome == BAD_DISK_UNSURE) {
        journal_begin(&disk.journal, BAD_DISK_TRUNCATE, target.name, (uint64_t)size, NULL, 0);
        result = (int)syscall(SYS_ftruncate, file, size);
        error = result == 0 ? EIO : errno;
        if (result == 0) {
            journal_end(&disk.journal, BAD_DISK_TRUNCATE, 0);
        } else {
            journal_drop(&disk.journal);
        }
    }
    unlock();
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
    if (!target_find(file, &target)) {
        return (int)syscall(call, file);
    }
    lock();
    enum bad_disk_outcome outcome = decide(BAD_DISK_CALL_SYNC, &target);
    journal_begin(&disk.journal, BAD_DISK_SYNC, target.name, 0, NULL, 0);
    int result = outcome == BAD_DISK_WELL ? (int)syscall(call, file) : -1;
    int error = errno;
    if (outcome != BAD_DISK_WELL) {
        error = outcome == BAD_DISK_ENOSPC ? ENOSPC : EIO;
    }
    journal_end(&disk.journal, result == 0 ? BAD_DISK_SYNC : BAD_DISK_SYNC_FAILED, 0);
    unlock();
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
    if (target_find(file, &target) && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
        facts.st_size == 0) {
        lock();
        journal_begin(&disk.journal, BAD_DISK_CREATE, target.name, 0, NULL, 0);
        journal_end(&disk.journal, BAD_DISK_CREATE, 0);
        unlock();
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
        target_find(file, &target)) {
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

/* --- The start ------------------------------------------------------------------------------ */

/* The directory need not be there yet; the one above it must. */
static void root_find(const char *path)
{
    char above[BAD_DISK_PATH_BYTES_MAX];
    char real[PATH_MAX];
    int size = snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    if (size <= 0 || size >= (int)sizeof above || slash == NULL || slash == above ||
        slash[1] == '\0') {
        errno = EINVAL;
        bad_disk_give_up(BAD_DISK_PATH " is no absolute path of a directory in a directory");
    }
    *slash = '\0';
    if (realpath(above, real) == NULL) {
        bad_disk_give_up("the directory above " BAD_DISK_PATH " is not there");
    }
    size = snprintf(disk.root, sizeof disk.root, "%s/%s", real, slash + 1);
    if (size >= (int)sizeof disk.root) {
        errno = ENAMETOOLONG;
        bad_disk_give_up(BAD_DISK_PATH);
    }
    disk.root_size = (size_t)size;
}

__attribute__((constructor)) static void disk_begin(void)
{
    const char *path = getenv(BAD_DISK_PATH);
    if (path == NULL) {
        return;
    }
    char link[PATH_MAX];
    if (readlink("/proc/self/exe", link, sizeof link) < 0) {
        bad_disk_give_up("there is no /proc");
    }
    root_find(path);
    const char *rules = getenv(BAD_DISK_RULES);
    if (rules != NULL && !bad_disk_rules_read(&disk.rules, rules)) {
        errno = EINVAL;
        bad_disk_give_up(BAD_DISK_RULES " has a rule that it does not understand");
    }
    const char *seed = getenv(BAD_DISK_SEED);
    disk.random = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    disk.random = disk.random * UINT64_C(0x9E3779B97F4A7C15) | 1;
    disk.control_path = getenv(BAD_DISK_CONTROL);
    const char *journal = getenv(BAD_DISK_JOURNAL);
    if (journal != NULL) {
        journal_open(&disk.journal, journal, disk.root);
    }
    (void)unsetenv("LD_PRELOAD"); /* This disk is of this process, not of its children. */
    disk.ready = true;
}
