#include "gateway/shell/message_log_file.h"

#include "fix/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 1536, INTERRUPTED_MAX = 100 };

/* What the buffer holds follows on this in the file. */
struct preface {
    char text[TEXT_BYTES_MAX];
    size_t size;
};

void message_log_time_format(uint64_t now_ns, char text[MESSAGE_LOG_TIME_BYTES])
{
    char fix[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(now_ns, 9, fix);
    ASSERT(size == 27);
    memcpy(text, fix, 4);
    text[4] = '-';
    memcpy(text + 5, fix + 4, 2);
    text[7] = '-';
    memcpy(text + 8, fix + 6, 2);
    text[10] = 'T';
    memcpy(text + 11, fix + 9, 18);
    text[29] = 'Z';
}

static void tell(const struct message_log_file *file, uint64_t now_ns,
                 enum effect_severity severity, const char *text)
{
    const struct log_pair pairs[] = {{"session", span_text(file->id)},
                                     {"file", span_text(file->path)}};
    log_event(file->log, now_ns, severity, span_text(text), pairs, ARRAY_LEN(pairs));
}

/* --- The file ----------------------------------------------------------------- */

enum status message_log_file_open(struct message_log_file *file, uint64_t now_ns)
{
    struct stat about;
    char last = '\n';
    file->fd = open(file->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file->fd < 0) {
        return STATUS_IO;
    }
    int problem = fstat(file->fd, &about) != 0 ? errno : 0;
    if (problem == 0 && !S_ISREG(about.st_mode)) {
        problem = EINVAL;
    }
    if (problem == 0 && about.st_size > 0 && pread(file->fd, &last, 1, about.st_size - 1) != 1) {
        problem = EIO;
    }
    if (problem != 0) {
        (void)close(file->fd);
        file->fd = -1;
        errno = problem;
        return STATUS_IO;
    }
    file->size = (uint64_t)about.st_size;
    file->torn = last != '\n';
    file->checked_ns = now_ns;
    return STATUS_OK;
}

/* Somebody may have moved the file away, or deleted it. */
static void check_place(struct message_log_file *file, uint64_t now_ns)
{
    struct stat here;
    struct stat there;
    if (file->fd < 0 ||
        (now_ns >= file->checked_ns && now_ns - file->checked_ns < MESSAGE_LOG_RETRY_NS)) {
        return;
    }
    file->checked_ns = now_ns;
    bool same = fstat(file->fd, &here) == 0 && stat(file->path, &there) == 0 &&
                here.st_dev == there.st_dev && here.st_ino == there.st_ino;
    if (!same) {
        (void)close(file->fd);
        file->fd = -1;
        return;
    }
    file->size = (uint64_t)here.st_size; /* It may have been emptied. */
}

static bool rename_old(const char *path, uint32_t from)
{
    char old_path[MESSAGE_LOG_PATH_BYTES_MAX + 16];
    char new_path[MESSAGE_LOG_PATH_BYTES_MAX + 16];
    (void)snprintf(old_path, sizeof(old_path), from == 0 ? "%s" : "%s.%" PRIu32, path, from);
    (void)snprintf(new_path, sizeof(new_path), "%s.%" PRIu32, path, from + 1);
    return rename(old_path, new_path) == 0 || (from > 0 && errno == ENOENT);
}

/* Begins a new file. When a rename is refused the present one goes on: no record may be
 * overwritten for it. */
static void rotate(struct message_log_file *file, uint64_t now_ns)
{
    if (file->rotate_failed && now_ns >= file->rotate_failed_ns &&
        now_ns - file->rotate_failed_ns < 10 * MESSAGE_LOG_RETRY_NS) {
        return;
    }
    bool moved = file->keep > 0 || unlink(file->path) == 0;
    for (uint32_t i = file->keep; moved && i > 0; i--) {
        moved = rename_old(file->path, i - 1);
    }
    if (!moved) {
        char text[TEXT_BYTES_MAX];
        (void)snprintf(text, sizeof(text), "message log cannot be rotated: %s; it grows on",
                       strerror(errno));
        if (!file->rotate_failed) {
            tell(file, now_ns, SEVERITY_WARNING, text);
        }
        file->rotate_failed = true;
        file->rotate_failed_ns = now_ns;
        return;
    }
    file->rotate_failed = false;
    (void)close(file->fd);
    file->fd = -1;
}

/* --- Failure and recovery ----------------------------------------------------- */

bool message_log_file_pauses(const struct message_log_file *file, uint64_t now_ns)
{
    return file->failing && now_ns >= file->failed_ns &&
           now_ns - file->failed_ns < MESSAGE_LOG_RETRY_NS;
}

void message_log_file_drop(struct message_log_file *file, uint64_t records)
{
    file->dropped_now += records;
    file->dropped += records;
}

static void fail(struct message_log_file *file, uint64_t now_ns, int problem)
{
    char text[TEXT_BYTES_MAX];
    (void)snprintf(text, sizeof(text),
                   "message log cannot be written: %s; its records are dropped until it can",
                   strerror(problem));
    if (!file->failing) {
        tell(file, now_ns, SEVERITY_WARNING, text);
    }
    file->failing = true;
    file->failed_ns = now_ns;
    file->failed_errno = problem;
}

static void recover(struct message_log_file *file, uint64_t now_ns)
{
    char text[TEXT_BYTES_MAX];
    if (!file->failing) {
        return;
    }
    (void)snprintf(text, sizeof(text), "message log is written again; records dropped: %" PRIu64,
                   file->dropped_now);
    tell(file, now_ns, SEVERITY_WARNING, text);
    file->failing = false;
    file->dropped_now = 0;
}

/* --- Writing ------------------------------------------------------------------ */

static void preface_make(const struct message_log_file *file, uint64_t now_ns,
                         struct preface *preface)
{
    preface->size = 0;
    preface->text[0] = '\0';
    int size = 0;
    if (file->size == 0) {
        size = snprintf(preface->text, TEXT_BYTES_MAX, "%s%s\n", MESSAGE_LOG_TITLE, file->id);
    } else if (file->torn) {
        size = snprintf(preface->text, TEXT_BYTES_MAX, "\n");
    }
    ASSERT(size >= 0);
    ASSERT((size_t)size < TEXT_BYTES_MAX);
    preface->size = (size_t)size;
    if (file->dropped_now > 0) {
        char time[MESSAGE_LOG_TIME_BYTES];
        message_log_time_format(now_ns, time);
        size = snprintf(preface->text + preface->size, TEXT_BYTES_MAX - preface->size,
                        "# %.*s records dropped: %" PRIu64 " (%s)\n", MESSAGE_LOG_TIME_BYTES, time,
                        file->dropped_now, strerror(file->failed_errno));
        ASSERT(size > 0);
        ASSERT((size_t)size < TEXT_BYTES_MAX - preface->size);
        preface->size += (size_t)size;
    }
}

/* Bytes of the record at `at` of the buffer. */
static size_t record_size(const struct message_log_file *file, size_t at)
{
    const char *count = memchr(file->buffer + at + MESSAGE_LOG_TIME_BYTES + 1, ' ', 4);
    ASSERT(count != NULL);
    size_t bytes = 0;
    for (count++; *count != ' '; count++) {
        bytes = bytes * 10 + (size_t)(*count - '0');
    }
    return (size_t)(count + 1 - file->buffer) - at + bytes + 1;
}

/* The write ended after `done` bytes of preface and buffer. Keeps what is whole. */
static void cut_short(struct message_log_file *file, const struct preface *preface, size_t done)
{
    size_t whole = 0;
    uint64_t lost = 0;
    for (size_t at = 0; at < file->used; at += record_size(file, at)) {
        size_t end = preface->size + at + record_size(file, at);
        whole = end <= done ? end : whole;
        lost += end <= done ? 0 : 1;
    }
    if (whole > 0) {
        file->torn = false;
        file->dropped_now = 0; /* The preface told them. */
    }
    message_log_file_drop(file, lost);
    struct stat about;
    if (done > whole && (fstat(file->fd, &about) != 0 ||
                         ftruncate(file->fd, about.st_size - (off_t)(done - whole)) != 0)) {
        file->torn = true;
        whole = done;
    }
    file->size += whole;
}

/* Preface and buffer in one system call, or as few as the system makes of it. Returns the
 * count of bytes that it took; if not all, errno says why. */
static size_t write_all(struct message_log_file *file, struct preface *preface)
{
    char *parts[] = {preface->text, file->buffer};
    const size_t sizes[] = {preface->size, file->used};
    size_t total = sizes[0] + sizes[1];
    size_t done = 0;
    unsigned interrupted = 0;
    while (done < total) {
        size_t first = done < sizes[0] ? done : sizes[0];
        size_t second = done - first;
        const struct iovec vectors[] = {
            {.iov_base = parts[0] + first, .iov_len = sizes[0] - first},
            {.iov_base = parts[1] + second, .iov_len = sizes[1] - second}};
        ssize_t written = writev(file->fd, vectors, ARRAY_LEN(vectors));
        if (written > 0) {
            done += (size_t)written;
        } else if (written == 0 || errno != EINTR || interrupted == INTERRUPTED_MAX) {
            errno = written == 0 ? ENOSPC : errno;
            break;
        } else {
            interrupted += 1;
        }
    }
    return done;
}

static void count_dropped(struct message_log_file *file)
{
    for (size_t at = 0; at < file->used; at += record_size(file, at)) {
        message_log_file_drop(file, 1);
    }
}

static void write_buffer(struct message_log_file *file, uint64_t now_ns)
{
    check_place(file, now_ns);
    if (file->fd >= 0 && file->rotate_bytes > 0 && file->size > 0 &&
        file->size + file->used > file->rotate_bytes) {
        rotate(file, now_ns);
    }
    if (file->fd < 0 && message_log_file_open(file, now_ns) != STATUS_OK) {
        fail(file, now_ns, errno);
        count_dropped(file);
        return;
    }
    struct preface preface;
    preface_make(file, now_ns, &preface);
    size_t done = write_all(file, &preface);
    if (done < preface.size + file->used) {
        fail(file, now_ns, errno);
        cut_short(file, &preface, done);
        return;
    }
    file->size += done;
    file->torn = false;
    recover(file, now_ns);
}

void message_log_file_drain(struct message_log_file *file, uint64_t now_ns)
{
    if (file->used == 0) {
        return;
    }
    if (message_log_file_pauses(file, now_ns)) {
        count_dropped(file);
    } else {
        write_buffer(file, now_ns);
    }
    file->used = 0;
}

void message_log_file_close(struct message_log_file *file, uint64_t now_ns)
{
    message_log_file_drain(file, now_ns);
    if (file->fd >= 0) {
        (void)close(file->fd);
        file->fd = -1;
    }
}
