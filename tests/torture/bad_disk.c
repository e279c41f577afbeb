/* What the library knows: which file a call is upon, and what is to become of it. */
#define _GNU_SOURCE
#include "tests/torture/bad_disk_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_PATH_BYTES_MAX = 64 };

static struct {
    bool ready;
    pthread_mutex_t mutex;
    char root[BAD_DISK_PATH_BYTES_MAX]; /* Without symbolic links. */
    size_t root_size;
    const char *control_path; /* Or NULL. */
    struct bad_disk_rules rules;
    struct bad_disk_rules control;
    uint64_t random;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct journal disk_journal;

/* --- Which file? ---------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Is it a file of ours? Asks the kernel each time: thus nothing need be known of opening,
 * closing and duplicating. */
bool disk_target_find(int file, struct target *target)
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

void disk_lock(void)
{
    if (pthread_mutex_lock(&disk.mutex) != 0) {
        bad_disk_give_up("its lock");
    }
}

void disk_unlock(void)
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

enum bad_disk_outcome disk_decide(enum bad_disk_call call, const struct target *target)
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
        journal_count_failure(&disk_journal);
    }
    return outcome;
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
        journal_open(&disk_journal, journal, disk.root);
    }
    (void)unsetenv("LD_PRELOAD"); /* This disk is of this process, not of its children. */
    disk.ready = true;
}
