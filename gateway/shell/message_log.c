#include "fix/mask.h"
#include "fix/message.h"
#include "gateway/shell/message_log_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    COUNT_DIGITS_MAX = 6,
    /* Time, direction and count, with a blank behind each. */
    HEAD_BYTES_MAX = MESSAGE_LOG_TIME_BYTES + 1 + 4 + COUNT_DIGITS_MAX + 1,
    RECORD_BYTES_MAX = HEAD_BYTES_MAX + MASK_BYTES_MAX(FIX_MESSAGE_BYTES_MAX) + 1,
};

_Static_assert((int)MESSAGE_LOG_BUFFER_BYTES >= 2 * (int)RECORD_BYTES_MAX,
               "a turn's records take few system calls");
_Static_assert(MASK_BYTES_MAX(FIX_MESSAGE_BYTES_MAX) < 1000000, "COUNT_DIGITS_MAX");

struct message_log {
    bool heartbeats;
    uint64_t time_ns; /* Last that was told; `time` says it. */
    char time[MESSAGE_LOG_TIME_BYTES];
    uint32_t count;
    struct mask masks[ENGINE_SESSIONS_MAX][2]; /* in, out */
    struct message_log_file *files[ENGINE_SESSIONS_MAX];
};

/* --- Opening ------------------------------------------------------------------ */

static bool good_in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

/* The path of a session's file. `number` > 1 tells sessions apart whose names would be the
 * same. False: it is too long. */
static bool path_make(const char *directory, const char *id, uint32_t number,
                      char path[MESSAGE_LOG_PATH_BYTES_MAX])
{
    char name[MESSAGE_LOG_NAME_BYTES_MAX + 1];
    char suffix[16] = "";
    span_to_text(span_text(id), name, sizeof(name));
    for (char *c = name; *c != '\0'; c++) {
        *c = good_in_name(*c) && (c > name || *c != '.') ? *c : '_';
    }
    if (number > 1) {
        (void)snprintf(suffix, sizeof(suffix), "_%u", (unsigned)number);
    }
    int size = snprintf(path, MESSAGE_LOG_PATH_BYTES_MAX, "%s/%s%s.log", directory, name, suffix);
    return size > 0 && size < MESSAGE_LOG_PATH_BYTES_MAX;
}

static bool path_taken(const struct message_log *log, const char *path)
{
    for (uint32_t i = 0; i < log->count; i++) {
        if (strcmp(log->files[i]->path, path) == 0) {
            return true;
        }
    }
    return false;
}

static void say(char error[MESSAGE_LOG_ERROR_BYTES_MAX], const char *path, int problem)
{
    const char *reason = problem == EINVAL ? "it is no ordinary file" : strerror(problem);
    (void)snprintf(error, MESSAGE_LOG_ERROR_BYTES_MAX,
                   "message log %.*s: %s; correct MessageLogPath or the rights there", 200, path,
                   reason);
}

static enum status open_one(const struct message_log_config *config, const char *id,
                            struct log *log, struct message_log *all,
                            char error[MESSAGE_LOG_ERROR_BYTES_MAX])
{
    struct message_log_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        (void)snprintf(error, MESSAGE_LOG_ERROR_BYTES_MAX, "message log: no memory");
        return STATUS_FULL;
    }
    file->id = id;
    file->log = log;
    file->rotate_bytes = config->rotate_bytes;
    file->keep = config->keep;
    file->fd = -1;
    bool fits = true;
    uint32_t number = 1;
    do {
        fits = path_make(config->directory, id, number, file->path);
        number++;
    } while (fits && path_taken(all, file->path));
    errno = ENAMETOOLONG;
    if (!fits || message_log_file_open(file, 0) != STATUS_OK) {
        say(error, fits ? file->path : config->directory, errno);
        free(file);
        return STATUS_IO;
    }
    all->files[all->count] = file;
    mask_begin(&all->masks[all->count][0]);
    mask_begin(&all->masks[all->count][1]);
    all->count += 1;
    return STATUS_OK;
}

enum status message_log_open(const struct message_log_config *config,
                             const char *const *session_ids, uint32_t sessions_count,
                             struct log *log, struct message_log **out,
                             char error[MESSAGE_LOG_ERROR_BYTES_MAX])
{
    ASSERT(sessions_count <= ENGINE_SESSIONS_MAX);
    ASSERT(config->keep <= MESSAGE_LOG_KEEP_MAX);
    *out = NULL;
    if (config->directory == NULL) {
        return STATUS_OK;
    }
    if (mkdir(config->directory, 0700) != 0 && errno != EEXIST) {
        say(error, config->directory, errno);
        return STATUS_IO;
    }
    struct message_log *all = calloc(1, sizeof(*all));
    if (all == NULL) {
        (void)snprintf(error, MESSAGE_LOG_ERROR_BYTES_MAX, "message log: no memory");
        return STATUS_FULL;
    }
    all->heartbeats = config->heartbeats;
    for (uint32_t i = 0; i < sessions_count; i++) {
        enum status status = open_one(config, session_ids[i], log, all, error);
        if (status != STATUS_OK) {
            message_log_close(all);
            return status;
        }
    }
    *out = all;
    return STATUS_OK;
}

void message_log_close(struct message_log *log)
{
    if (log == NULL) {
        return;
    }
    for (uint32_t i = 0; i < log->count; i++) {
        message_log_file_close(log->files[i], log->time_ns);
        free(log->files[i]);
    }
    free(log);
}

/* --- Records ------------------------------------------------------------------ */

static size_t count_format(size_t count, char digits[COUNT_DIGITS_MAX])
{
    char reversed[COUNT_DIGITS_MAX];
    size_t size = 0;
    do {
        ASSERT(size < COUNT_DIGITS_MAX);
        reversed[size] = (char)('0' + count % 10);
        count /= 10;
        size++;
    } while (count > 0);
    for (size_t i = 0; i < size; i++) {
        digits[i] = reversed[size - 1 - i];
    }
    return size;
}

/* One message or one piece of rubbish. */
static void put_record(struct message_log *log, uint64_t now_ns, uint32_t session, bool out,
                       struct span bytes)
{
    struct message_log_file *file = log->files[session];
    struct mask *mask = &log->masks[session][out ? 1 : 0];
    ASSERT(bytes.size <= FIX_MESSAGE_BYTES_MAX);
    if (message_log_file_pauses(file, now_ns)) {
        (void)mask_bytes(mask, bytes, NULL, 0);
        message_log_file_drop(file, 1);
        return;
    }
    if (MESSAGE_LOG_BUFFER_BYTES - file->used < RECORD_BYTES_MAX) {
        message_log_file_drain(file, now_ns);
    }
    if (log->time_ns != now_ns || log->time[0] == '\0') {
        message_log_time_format(now_ns, log->time);
        log->time_ns = now_ns;
    }
    char *at = file->buffer + file->used;
    memcpy(at, log->time, MESSAGE_LOG_TIME_BYTES);
    at += MESSAGE_LOG_TIME_BYTES;
    memcpy(at, out ? " out " : " in ", out ? 5 : 4);
    at += out ? 5 : 4;
    /* Masked at the place where it will stand if it keeps the length of its length. */
    char digits[COUNT_DIGITS_MAX];
    size_t guessed = count_format(bytes.size, digits);
    uint8_t *content = (uint8_t *)at + guessed + 1;
    size_t size = mask_bytes(mask, bytes, content, MASK_BYTES_MAX(bytes.size));
    size_t width = count_format(size, digits);
    if (width != guessed) {
        memmove(at + width + 1, content, size);
    }
    memcpy(at, digits, width);
    at[width] = ' ';
    at += width + 1 + size;
    *at = '\n';
    file->used = (size_t)(at + 1 - file->buffer);
    ASSERT(file->used <= MESSAGE_LOG_BUFFER_BYTES);
}

static void put_rubbish(struct message_log *log, uint64_t now_ns, uint32_t session, bool out,
                        struct span bytes)
{
    while (bytes.size > 0) {
        size_t size = bytes.size < FIX_MESSAGE_BYTES_MAX ? bytes.size : FIX_MESSAGE_BYTES_MAX;
        put_record(log, now_ns, session, out, span_of(bytes.data, size));
        bytes = span_of(bytes.data + size, bytes.size - size);
    }
}

/* MsgType(35) is the third field of a whole message: 0 Heartbeat, 1 TestRequest. */
static bool is_heartbeat(struct span message)
{
    const uint8_t *begin = memchr(message.data, FIX_SOH, message.size);
    ASSERT(begin != NULL);
    begin++;
    const uint8_t *type = memchr(begin, FIX_SOH, message.size - (size_t)(begin - message.data));
    ASSERT(type != NULL);
    return type[4] <= '1' && type[4] >= '0' && type[5] == FIX_SOH;
}

void message_log_write(struct message_log *log, uint64_t now_ns, uint32_t session, bool out,
                       struct span bytes)
{
    if (log == NULL) {
        return;
    }
    ASSERT(session < log->count);
    size_t rubbish = 0; /* In front of the rest. */
    while (rubbish < bytes.size) {
        struct frame frame;
        enum frame_result result =
            frame_find(span_of(bytes.data + rubbish, bytes.size - rubbish), &frame);
        if (result == FRAME_PARTIAL) {
            break;
        }
        if (result == FRAME_GARBLED) {
            rubbish += frame.consumed;
            continue;
        }
        put_rubbish(log, now_ns, session, out, span_of(bytes.data, rubbish));
        if (log->heartbeats || !is_heartbeat(frame.bytes)) {
            put_record(log, now_ns, session, out, frame.bytes);
        }
        size_t done = rubbish + frame.consumed;
        bytes = span_of(bytes.data + done, bytes.size - done);
        rubbish = 0;
    }
    put_rubbish(log, now_ns, session, out, bytes);
}

void message_log_flush(struct message_log *log, uint64_t now_ns)
{
    for (uint32_t i = 0; log != NULL && i < log->count; i++) {
        message_log_file_drain(log->files[i], now_ns);
    }
}

uint64_t message_log_dropped(const struct message_log *log)
{
    uint64_t dropped = 0;
    for (uint32_t i = 0; log != NULL && i < log->count; i++) {
        dropped += log->files[i]->dropped;
    }
    return dropped;
}
