#include "gateway/console/log_files.h"

#include "gateway/console/log_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, BEGINNING_BYTES = 1024, NUMBER_DIGITS_MAX = 9 };

static const char backup[] = ".messages.backup.";
static const char current[] = ".messages.current.log";

/* --- Names ------------------------------------------------------------------------- */

/* What a name tells: which chain it belongs to, and its place there. */
struct place {
    char chain[PATH_BYTES_MAX];
    int64_t rank; /* Greater is newer. */
};

/* A number that fills the text, or ends with `end`; -1: it is none. */
static int64_t number_read(const char *text, const char *end)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > NUMBER_DIGITS_MAX || strcmp(text + digits, end) != 0) {
        return -1;
    }
    int64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static struct place place_of(const char *path)
{
    struct place place = {.rank = 0};
    span_to_text(span_text(path), place.chain, sizeof(place.chain));
    const char *dot = strrchr(path, '.');
    const char *found = strstr(path, backup);
    int64_t number = found != NULL ? number_read(found + sizeof(backup) - 1, ".log") : -1;
    if (number >= 0) {
        (void)snprintf(place.chain, sizeof(place.chain), "%.*s%s", (int)(found - path), path,
                       current);
        place.rank = number - INT64_C(10000000000); /* They count upwards. */
        return place;
    }
    number = dot != NULL ? number_read(dot + 1, "") : -1;
    if (number >= 0) {
        span_to_text(span_of(path, (size_t)(dot - path)), place.chain, sizeof(place.chain));
        place.rank = -number;
    }
    return place;
}

static int compare(const void *a, const void *b)
{
    struct place left = place_of(*(const char *const *)a);
    struct place right = place_of(*(const char *const *)b);
    int order = strcmp(left.chain, right.chain);
    return order != 0 ? order : (left.rank > right.rank) - (left.rank < right.rank);
}

/* "X.log", "X.log.3", and no event log. */
static bool is_log_name(const char *name)
{
    const char *log = strstr(name, ".log");
    if (name[0] == '.' || log == NULL || strstr(name, ".event.") != NULL) {
        return false;
    }
    return strcmp(log, ".log") == 0 || (log[4] == '.' && number_read(log + 5, "") >= 0);
}

/* --- Adding ------------------------------------------------------------------------ */

static enum status add(struct log_files *files, const char *path,
                       char error[LOG_FILES_ERROR_BYTES_MAX])
{
    if (files->count == files->capacity) {
        uint32_t capacity = files->capacity == 0 ? 64 : files->capacity * 2;
        char **paths = NULL;
        if (capacity <= LOG_FILES_MAX) {
            paths = realloc(files->paths, capacity * sizeof(*paths));
        }
        if (paths == NULL) {
            (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX, "too many files; name fewer");
            return STATUS_FULL;
        }
        files->paths = paths;
        files->capacity = capacity;
    }
    size_t size = strlen(path) + 1;
    char *kept = malloc(size);
    if (kept == NULL) {
        (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX, "no memory");
        return STATUS_FULL;
    }
    memcpy(kept, path, size);
    files->paths[files->count] = kept;
    files->count += 1;
    return STATUS_OK;
}

/* Other programs' logs may lie in the same directory. */
static bool is_message_log(const char *path)
{
    uint8_t beginning[BEGINNING_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = fd >= 0 ? read(fd, beginning, sizeof(beginning)) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    /* One that cannot be read is named when its turn comes. */
    return size < 0 || log_reader_knows(span_of(beginning, (size_t)size));
}

static enum status add_directory(struct log_files *files, const char *path,
                                 char error[LOG_FILES_ERROR_BYTES_MAX])
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX, "%s: %s", path, strerror(errno));
        return STATUS_IO;
    }
    enum status status = STATUS_OK;
    uint32_t before = files->count;
    for (const struct dirent *entry = readdir(directory); entry != NULL && status == STATUS_OK;
         entry = readdir(directory)) {
        char full[PATH_BYTES_MAX];
        int size = snprintf(full, sizeof(full), "%s/%s", path, entry->d_name);
        if (size > 0 && (size_t)size < sizeof(full) && is_log_name(entry->d_name) &&
            is_message_log(full)) {
            status = add(files, full, error);
        }
    }
    (void)closedir(directory);
    if (status == STATUS_OK && files->count == before) {
        (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX, "%s: no message logs there", path);
        return STATUS_NOT_FOUND;
    }
    return status;
}

enum status log_files_add(struct log_files *files, const char *path,
                          char error[LOG_FILES_ERROR_BYTES_MAX])
{
    struct stat about;
    if (strcmp(path, "-") == 0) {
        return add(files, path, error);
    }
    if (stat(path, &about) != 0) {
        (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX, "%s: %s", path, strerror(errno));
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    }
    return S_ISDIR(about.st_mode) ? add_directory(files, path, error) : add(files, path, error);
}

enum status log_files_sort(struct log_files *files, char error[LOG_FILES_ERROR_BYTES_MAX])
{
    files->chains_count = 0;
    if (files->count == 0) {
        return STATUS_OK;
    }
    qsort(files->paths, files->count, sizeof(*files->paths), compare);
    struct place last = {.rank = 0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        struct place place = place_of(files->paths[i]);
        bool same = kept > 0 && strcmp(place.chain, last.chain) == 0;
        char *path = files->paths[i];
        if (same && strcmp(path, files->paths[kept - 1]) == 0) {
            free(path); /* Named twice. */
            continue;
        }
        if (!same && files->chains_count == LOG_CHAINS_MAX) {
            for (; i < files->count; i++) {
                free(files->paths[i]);
            }
            files->count = kept;
            (void)snprintf(error, LOG_FILES_ERROR_BYTES_MAX,
                           "logs of more than %d sessions; name fewer", LOG_CHAINS_MAX);
            return STATUS_FULL;
        }
        if (!same) {
            files->chains[files->chains_count] = (struct log_chain){.begin = kept};
            files->chains_count += 1;
        }
        files->chains[files->chains_count - 1].count += 1;
        files->paths[kept] = path;
        kept += 1;
        last = place;
    }
    files->count = kept;
    return STATUS_OK;
}

void log_files_free(struct log_files *files)
{
    for (uint32_t i = 0; i < files->count; i++) {
        free(files->paths[i]);
    }
    free(files->paths);
    *files = (struct log_files){.count = 0};
}
