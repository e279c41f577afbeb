#include "session-store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { ZEROS_READ_BYTES = 16384, LMDB_PAGE_BYTES_MAX = 32768 };

static const char data_name[] = "data.mdb";
static const char backup_name[] = "data.mdb.unfinished";
static const char owner_name[] = "owner";

void error_set(char error[STORE_ERROR_BYTES_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error, STORE_ERROR_BYTES_MAX, format, arguments);
    va_end(arguments);
}

static enum status status_of_errno(int number)
{
    return number == ENOSPC || number == EDQUOT ? STATUS_FULL : STATUS_IO;
}

enum status files_fail(const struct files *files, const char *doing,
                       char error[STORE_ERROR_BYTES_MAX])
{
    int number = errno;
    error_set(error, "store %s: cannot %s: %s", files->path, doing, strerror(number));
    return status_of_errno(number);
}

/* True if some descriptor of this process is the given file. Asks the kernel, so
 * that no list of open stores needs to be kept (it would be a global). Where
 * /proc is not mounted, nothing is found. */
static bool file_is_open_here(const struct stat *file)
{
    DIR *descriptors = opendir("/proc/self/fd");
    if (descriptors == NULL) {
        return false;
    }
    bool found = false;
    const struct dirent *entry = NULL;
    while (!found && (entry = readdir(descriptors)) != NULL) {
        char *end = NULL;
        long descriptor = strtol(entry->d_name, &end, 10);
        struct stat other;
        if (*end == '\0' && end != entry->d_name && fstat((int)descriptor, &other) == 0) {
            found = other.st_dev == file->st_dev && other.st_ino == file->st_ino;
        }
    }
    closedir(descriptors);
    return found;
}

enum status files_open(struct files *files, const char *path, bool make,
                       char error[STORE_ERROR_BYTES_MAX])
{
    *files = (struct files){.directory_fd = -1, .owner_fd = -1, .guard_fd = -1};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(files->path)) {
        error_set(error, "store path is empty or longer than %zu bytes: %.64s",
                  sizeof(files->path) - 1, path);
        return STATUS_INVALID;
    }
    memcpy(files->path, path, size + 1);
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
        return files_fail(files, "make the directory (does the one above it exist?)", error);
    }
    files->directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->directory_fd < 0) {
        bool missing = errno == ENOENT;
        enum status status = files_fail(files, "open the directory", error);
        return missing ? STATUS_NOT_FOUND : status;
    }
    struct stat data;
    if (fstatat(files->directory_fd, data_name, &data, 0) == 0 && file_is_open_here(&data)) {
        error_set(error, "store %s: this process (%ld) has it open already", path, (long)getpid());
        files_close(files);
        return STATUS_BUSY;
    }
    return STATUS_OK;
}

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0) {
        (void)close(*descriptor);
        *descriptor = -1;
    }
}

void files_close(struct files *files)
{
    descriptor_close(&files->guard_fd);
    descriptor_close(&files->directory_fd);
    descriptor_close(&files->owner_fd); /* Last: it ends the ownership. */
}

static enum status files_busy(const struct files *files, char error[STORE_ERROR_BYTES_MAX])
{
    char pid[24] = "unknown";
    ssize_t size = pread(files->owner_fd, pid, sizeof(pid) - 1, 0);
    if (size > 0) {
        pid[size] = '\0';
        pid[strcspn(pid, "\n")] = '\0';
    }
    error_set(error,
              "store %s: process %s owns it; stop that process first, or give this one a store "
              "of its own",
              files->path, pid);
    return STATUS_BUSY;
}

enum status files_own(struct files *files, char error[STORE_ERROR_BYTES_MAX])
{
    files->owner_fd = openat(files->directory_fd, owner_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (files->owner_fd < 0) {
        return files_fail(files, "open its file 'owner'", error);
    }
    if (flock(files->owner_fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? files_busy(files, error)
                                    : files_fail(files, "lock its file 'owner'", error);
    }
    /* The pid is for people. If it cannot be written, the lock still holds. */
    char pid[24];
    int size = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(files->owner_fd, 0) == 0) {
        ssize_t written = pwrite(files->owner_fd, pid, (size_t)size, 0);
        (void)written;
    }
    return STATUS_OK;
}

enum status files_data_size(const struct files *files, uint64_t *size_bytes,
                            char error[STORE_ERROR_BYTES_MAX])
{
    struct stat data;
    *size_bytes = 0;
    if (fstatat(files->directory_fd, data_name, &data, 0) != 0) {
        return errno == ENOENT ? STATUS_OK : files_fail(files, "look at data.mdb", error);
    }
    if (!S_ISREG(data.st_mode)) {
        error_set(error, "store %s: data.mdb is not a regular file; move it away", files->path);
        return STATUS_CORRUPT;
    }
    *size_bytes = (uint64_t)data.st_size;
    return STATUS_OK;
}

/* Only zeros from `offset` to the end of the file? */
static enum status file_is_zero_from(const struct files *files, int descriptor, off_t offset,
                                     bool *zero, char error[STORE_ERROR_BYTES_MAX])
{
    uint8_t bytes[ZEROS_READ_BYTES];
    *zero = true;
    for (;;) {
        ssize_t size = pread(descriptor, bytes, sizeof(bytes), offset);
        if (size < 0) {
            return files_fail(files, "read data.mdb", error);
        }
        for (ssize_t index = 0; index < size && *zero; index++) {
            *zero = bytes[index] == 0;
        }
        if (size == 0 || !*zero) {
            return STATUS_OK;
        }
        offset += size;
    }
}

enum status files_data_empty_unmade(const struct files *files, bool *emptied,
                                    char error[STORE_ERROR_BYTES_MAX])
{
    *emptied = false;
    int descriptor = openat(files->directory_fd, data_name, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        return files_fail(files, "open data.mdb", error);
    }
    /* LMDB takes the system's size of page, up to a limit of its own. */
    long page = sysconf(_SC_PAGESIZE);
    off_t begin_bytes = 2 * (off_t)(page < LMDB_PAGE_BYTES_MAX ? page : LMDB_PAGE_BYTES_MAX);
    bool zero = false;
    enum status status = file_is_zero_from(files, descriptor, begin_bytes, &zero, error);
    if (status == STATUS_OK && zero) {
        *emptied = ftruncate(descriptor, 0) == 0;
        status = *emptied ? STATUS_OK : files_fail(files, "empty an unmade data.mdb", error);
    }
    (void)close(descriptor);
    return status;
}

enum status files_sync_names(const struct files *files, char error[STORE_ERROR_BYTES_MAX])
{
    if (fsync(files->directory_fd) != 0) {
        return files_fail(files, "sync the directory", error);
    }
    int above = openat(files->directory_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0) {
        return STATUS_OK; /* No right to open it for reading: its owner syncs it. */
    }
    int result = fsync(above);
    (void)close(above);
    return result == 0 ? STATUS_OK : files_fail(files, "sync the directory above", error);
}

enum status files_backup_begin(const struct files *files, int *descriptor,
                               char error[STORE_ERROR_BYTES_MAX])
{
    struct stat data;
    if (fstatat(files->directory_fd, data_name, &data, 0) == 0) {
        error_set(error, "backup %s: there is a data.mdb already; name an empty directory",
                  files->path);
        return STATUS_INVALID;
    }
    files_backup_abandon(files); /* What an earlier backup may have left. */
    *descriptor =
        openat(files->directory_fd, backup_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return *descriptor >= 0 ? STATUS_OK : files_fail(files, "make the backup's file", error);
}

enum status files_backup_finish(const struct files *files, int descriptor,
                                char error[STORE_ERROR_BYTES_MAX])
{
    if (fsync(descriptor) != 0) {
        return files_fail(files, "sync the backup's file", error);
    }
    if (renameat(files->directory_fd, backup_name, files->directory_fd, data_name) != 0) {
        return files_fail(files, "name the backup's file data.mdb", error);
    }
    return files_sync_names(files, error);
}

void files_backup_abandon(const struct files *files)
{
    (void)unlinkat(files->directory_fd, backup_name, 0);
}

enum status files_disk_free(const struct files *files, uint64_t *free_bytes,
                            char error[STORE_ERROR_BYTES_MAX])
{
    struct statvfs disk;
    if (fstatvfs(files->directory_fd, &disk) != 0) {
        return files_fail(files, "ask for the room on its disk", error);
    }
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return STATUS_OK;
}
