#include "gateway/console/log_reader.h"

#include "fix/mask.h"
#include "fix/message.h"
#include "fix/timestamp.h"
#include "gateway/console/log_time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DATE_BYTES = 8,  /* 20261121 */
    TIME_BYTES = 30, /* 2026-11-21T08:00:00.123456789Z */
    COUNT_DIGITS_MAX = 7,
    HEAD_BYTES_MAX = TIME_BYTES + 1 + 4 + COUNT_DIGITS_MAX + 1,
    FOREIGN_PREFIX_BYTES_MAX = 64, /* Before 8=FIX: a time, and what a logger adds. */
    CONTENT_BYTES_MAX = MASK_BYTES_MAX(FIX_MESSAGE_BYTES_MAX),
};

_Static_assert((int)LOG_READER_BYTES > (int)CONTENT_BYTES_MAX + (int)HEAD_BYTES_MAX,
               "a record fits");

/* What the bytes at hand begin with. */
enum piece {
    PIECE_WHOLE,   /* `size` bytes of it. */
    PIECE_PARTIAL, /* More bytes are needed to tell. */
    PIECE_OTHER,
};

struct head {
    uint64_t time_ns;
    enum log_direction direction;
    size_t size; /* Of the head itself. */
    size_t count;
};

/* --- Lines ----------------------------------------------------------------------- */

static size_t line_size(struct span bytes)
{
    const uint8_t *end = bytes.size > 0 ? memchr(bytes.data, '\n', bytes.size) : NULL;
    return end != NULL ? (size_t)(end - bytes.data) : bytes.size;
}

/* "TIME out 187 " */
static enum piece head_read(struct span bytes, struct head *head)
{
    static const uint8_t form[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ ";
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (i == bytes.size) {
            return PIECE_PARTIAL;
        }
        bool digit = bytes.data[i] >= '0' && bytes.data[i] <= '9';
        if (form[i] == 'd' ? !digit : bytes.data[i] != form[i]) {
            return PIECE_OTHER;
        }
    }
    size_t at = sizeof(form) - 1;
    if (bytes.size - at < 4) {
        return PIECE_PARTIAL;
    }
    head->direction = memcmp(bytes.data + at, "out ", 4) == 0  ? LOG_DIRECTION_OUT
                      : memcmp(bytes.data + at, "in ", 3) == 0 ? LOG_DIRECTION_IN
                                                               : LOG_DIRECTION_UNKNOWN;
    at += head->direction == LOG_DIRECTION_OUT ? 4 : 3;
    if (head->direction == LOG_DIRECTION_UNKNOWN ||
        !log_time_parse(span_of(bytes.data, TIME_BYTES), 0, &head->time_ns, NULL)) {
        return PIECE_OTHER;
    }
    head->count = 0;
    size_t digits = 0;
    for (; digits <= COUNT_DIGITS_MAX; digits++, at++) {
        if (at == bytes.size) {
            return PIECE_PARTIAL;
        }
        if (bytes.data[at] < '0' || bytes.data[at] > '9') {
            break;
        }
        head->count = head->count * 10 + (size_t)(bytes.data[at] - '0');
    }
    head->size = at + 1;
    bool right = digits > 0 && bytes.data[at] == ' ' && head->count <= CONTENT_BYTES_MAX;
    return right ? PIECE_WHOLE : PIECE_OTHER;
}

/* Offset of "8=FIX" in a line of a foreign log; SIZE_MAX if it is none. */
static size_t foreign_find(struct span line)
{
    for (size_t at = 0; at + 5 <= line.size && at <= FOREIGN_PREFIX_BYTES_MAX; at++) {
        if (memcmp(line.data + at, "8=FIX", 5) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Offset of the first line behind the first that begins as a record does, or the size.
 * `any`: as a note or a record of another logger, too. */
static size_t start_find(struct span bytes, bool any)
{
    size_t at = line_size(bytes);
    while (at < bytes.size) {
        at++;
        struct span rest = span_of(bytes.data + at, bytes.size - at);
        size_t line = line_size(rest);
        struct head head;
        if (head_read(rest, &head) == PIECE_WHOLE) {
            return at;
        }
        if (any && (line == 0 || rest.data[0] == '#' ||
                    foreign_find(span_of(rest.data, line)) != SIZE_MAX)) {
            return at;
        }
        at += line;
    }
    return bytes.size;
}

bool log_reader_knows(struct span beginning)
{
    struct head head;
    struct span line = span_of(beginning.data, line_size(beginning));
    size_t title = strlen(MESSAGE_LOG_TITLE);
    return beginning.size == 0 ||
           (line.size >= title && memcmp(line.data, MESSAGE_LOG_TITLE, title) == 0) ||
           head_read(beginning, &head) == PIECE_WHOLE || foreign_find(line) != SIZE_MAX;
}

/* --- Records of fixgate ------------------------------------------------------------ */

static enum piece native_read(struct span bytes, struct log_record *record, size_t *size)
{
    struct head head;
    enum piece piece = head_read(bytes, &head);
    if (piece != PIECE_WHOLE) {
        return piece;
    }
    /* A line that begins as a record within this one: this one is torn. */
    size_t room = bytes.size - head.size;
    size_t count = head.count < room ? head.count : room;
    struct span content = span_of(bytes.data + head.size, count);
    if (start_find(content, false) < content.size) {
        return PIECE_OTHER;
    }
    if (head.count + 1 > room) {
        return PIECE_PARTIAL;
    }
    if (bytes.data[head.size + head.count] != '\n') {
        return PIECE_OTHER;
    }
    record->kind = LOG_RECORD_BYTES;
    record->direction = head.direction;
    record->time_ns = head.time_ns;
    record->bytes = content;
    *size = head.size + head.count + 1;
    return PIECE_WHOLE;
}

/* --- Records of others --------------------------------------------------------------- */

static bool name_has(const char *name, size_t at, struct span part)
{
    size_t size = strlen(name);
    if (part.size == 0 || at > size || size - at < part.size ||
        memcmp(name + at, part.data, part.size) != 0) {
        return false;
    }
    char behind = name[at + part.size];
    return behind == '\0' || behind == '-' || behind == '/' || behind == '_' || behind == ':';
}

/* Such a log does not tell who sent a message, but its name does: FIX.4.4-US-THEM. */
static enum log_direction direction_guess(const char *session, const struct message *message)
{
    size_t at = strcspn(session, "-:");
    struct span sender = message_value(message, 49);
    struct span target = message_value(message, 56);
    if (session[at] == '\0') {
        return LOG_DIRECTION_UNKNOWN;
    }
    bool out = name_has(session, at + 1, sender);
    bool in = name_has(session, at + 1, target);
    return out == in ? LOG_DIRECTION_UNKNOWN : out ? LOG_DIRECTION_OUT : LOG_DIRECTION_IN;
}

/* The time before the message, else its own SendingTime(52). */
static uint64_t foreign_time(struct span prefix, const struct message *message)
{
    uint64_t time_ns = 0;
    for (size_t size = prefix.size; size >= DATE_BYTES; size--) {
        if (log_time_parse(span_of(prefix.data, size), 0, &time_ns, NULL)) {
            break;
        }
    }
    if (time_ns >= TIMESTAMP_DAY_NS) { /* And not a time of day without its day. */
        return time_ns;
    }
    return message_timestamp(message, 52, &time_ns) == VALUE_OK ? time_ns : 0;
}

static enum piece foreign_read(const struct log_reader *reader, struct span bytes,
                               struct log_record *record, size_t *size)
{
    size_t line = line_size(bytes);
    size_t at = foreign_find(span_of(bytes.data, line));
    if (at == SIZE_MAX) {
        return line < bytes.size || line > FOREIGN_PREFIX_BYTES_MAX + 5 ? PIECE_OTHER
                                                                        : PIECE_PARTIAL;
    }
    struct span rest = span_of(bytes.data + at, bytes.size - at);
    struct frame frame;
    if (frame_find(rest, &frame) == FRAME_FOUND && frame.consumed < rest.size) {
        /* It may hold a line's end. */
        size_t behind = line_size(span_of(rest.data + frame.consumed, rest.size - frame.consumed));
        line = behind <= 2 ? at + frame.consumed + behind : line;
    }
    if (line == bytes.size) {
        return PIECE_PARTIAL;
    }
    *size = line + 1;
    line -= line > at && bytes.data[line - 1] == '\r' ? 1 : 0;
    static struct field fields[FIX_FIELDS_MAX];
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    record->kind = LOG_RECORD_BYTES;
    record->bytes = span_of(bytes.data + at, line - at);
    (void)message_index_unframed(&message, record->bytes, NULL);
    record->direction = direction_guess(reader->session, &message);
    record->time_ns = foreign_time(span_of(bytes.data, at), &message);
    return PIECE_WHOLE;
}

/* --- Pieces ------------------------------------------------------------------------- */

static enum piece note_read(struct log_reader *reader, struct span bytes, struct log_record *record,
                            size_t *size)
{
    size_t line = line_size(bytes);
    if (line == bytes.size) {
        return PIECE_PARTIAL;
    }
    *size = line + 1;
    size_t title = strlen(MESSAGE_LOG_TITLE);
    if (line > title && memcmp(bytes.data, MESSAGE_LOG_TITLE, title) == 0) {
        span_to_text(span_of(bytes.data + title, line - title), reader->session,
                     sizeof(reader->session));
        return PIECE_OTHER;
    }
    record->kind = LOG_RECORD_NOTE;
    size_t mark = line > 1 && bytes.data[1] == ' ' ? 2 : 1;
    record->bytes = span_of(bytes.data + mark, line - mark);
    struct span time = span_of(record->bytes.data, TIME_BYTES);
    if (record->bytes.size < TIME_BYTES || !log_time_parse(time, 0, &record->time_ns, NULL)) {
        record->time_ns = 0;
    }
    return PIECE_WHOLE;
}

static void damaged(struct span bytes, struct log_record *record, size_t *size)
{
    *size = start_find(bytes, true);
    size_t shown = *size;
    while (shown > 0 && bytes.data[shown - 1] == '\n') {
        shown--;
    }
    record->kind = LOG_RECORD_DAMAGED;
    record->bytes = span_of(bytes.data, shown);
}

/* The next piece of the buffer, and in *size how much it takes; `more`: other bytes may
 * come behind these. OTHER: it is nothing to show. */
static enum piece piece_read(struct log_reader *reader, bool more, struct log_record *record,
                             size_t *size)
{
    struct span bytes = span_of(reader->buffer + reader->begin, reader->end - reader->begin);
    *record = (struct log_record){.session = reader->session};
    if (bytes.data[0] == '\n') {
        *size = 1;
        return PIECE_OTHER;
    }
    enum piece piece = PIECE_PARTIAL;
    if (bytes.data[0] == '#') {
        piece = note_read(reader, bytes, record, size);
        if (piece != PIECE_PARTIAL) {
            return piece;
        }
    } else {
        struct head head;
        bool native = head_read(bytes, &head) != PIECE_OTHER;
        piece =
            native ? native_read(bytes, record, size) : foreign_read(reader, bytes, record, size);
    }
    if (piece == PIECE_PARTIAL && more) {
        return PIECE_PARTIAL;
    }
    if (piece != PIECE_WHOLE) {
        damaged(bytes, record, size);
    }
    return PIECE_WHOLE;
}

/* --- Files -------------------------------------------------------------------------- */

/* "/var/log/FIX.4.4-A-B.messages.current.log" → "FIX.4.4-A-B" */
static void session_from_path(const char *path, char session[LOG_SESSION_BYTES_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *end = strstr(name, ".messages.");
    end = end != NULL ? end : strstr(name, ".log");
    size_t size = end != NULL ? (size_t)(end - name) : strlen(name);
    span_to_text(span_of(name, size), session, LOG_SESSION_BYTES_MAX);
}

enum status log_reader_open(struct log_reader *reader, const char *const *paths, uint32_t count,
                            bool follow)
{
    *reader = (struct log_reader){.paths = paths, .count = count, .follow = follow, .fd = -1};
    reader->buffer = malloc(LOG_READER_BYTES);
    return reader->buffer != NULL ? STATUS_OK : STATUS_FULL;
}

static void close_file(struct log_reader *reader)
{
    if (reader->fd > STDIN_FILENO) {
        (void)close(reader->fd);
    }
    reader->fd = -1;
}

void log_reader_close(struct log_reader *reader)
{
    close_file(reader);
    free(reader->buffer);
    reader->buffer = NULL;
}

const char *log_reader_file(const struct log_reader *reader)
{
    return reader->next > 0 ? reader->paths[reader->next - 1] : "";
}

static bool open_file(struct log_reader *reader)
{
    const char *path = log_reader_file(reader);
    bool input = strcmp(path, "-") == 0;
    session_from_path(input ? "stdin" : path, reader->session);
    reader->fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    reader->begin = 0;
    reader->end = 0;
    return reader->fd >= 0;
}

/* Reads on. False: nothing came, and errno is 0 at the file's end. */
static bool fill(struct log_reader *reader)
{
    if (reader->begin > 0) {
        memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    ssize_t got = 0;
    errno = 0;
    if (reader->end < LOG_READER_BYTES) {
        got = read(reader->fd, reader->buffer + reader->end, LOG_READER_BYTES - reader->end);
    }
    reader->end += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* The newest file became an old one, and another stands in its place. */
static bool replaced(const struct log_reader *reader)
{
    struct stat here;
    struct stat there;
    return reader->fd > STDIN_FILENO && fstat(reader->fd, &here) == 0 &&
           stat(log_reader_file(reader), &there) == 0 &&
           (here.st_ino != there.st_ino || here.st_dev != there.st_dev);
}

/* Goes to the next file, if this one is at its end and there is one. */
static enum log_read advance(struct log_reader *reader)
{
    bool last = reader->next == reader->count;
    if (last && !reader->follow) {
        return LOG_READ_END;
    }
    if (last && reader->fd >= 0) {
        if (!replaced(reader)) {
            return LOG_READ_END;
        }
        if (fill(reader)) {
            return LOG_READ_RECORD; /* Written to the old one in the meantime. */
        }
    }
    close_file(reader);
    reader->next += last ? 0 : 1;
    if (open_file(reader)) {
        return LOG_READ_RECORD;
    }
    return last && errno == ENOENT ? LOG_READ_END : LOG_READ_FAILED;
}

enum log_read log_reader_next(struct log_reader *reader, struct log_record *record)
{
    for (;;) {
        /* What is torn at the end of a file is waited for only where more may come. */
        bool grows = reader->follow && reader->next == reader->count && !replaced(reader);
        bool more = !reader->ended || grows;
        bool full = reader->begin == 0 && reader->end == LOG_READER_BYTES;
        size_t size = 0;
        enum piece piece = PIECE_PARTIAL;
        if (reader->begin < reader->end) {
            piece = piece_read(reader, more && !full, record, &size);
        }
        if (piece != PIECE_PARTIAL) {
            reader->begin += size;
        }
        if (piece == PIECE_WHOLE) {
            record->time_ns = record->time_ns != 0 ? record->time_ns : reader->last_ns;
            reader->last_ns = record->time_ns;
            return LOG_READ_RECORD;
        }
        if (piece == PIECE_OTHER) {
            continue;
        }
        if (reader->fd >= 0 && fill(reader)) {
            reader->ended = false;
            continue;
        }
        if (reader->fd >= 0 && errno != 0) {
            int problem = errno;
            close_file(reader);
            reader->begin = reader->end;
            errno = problem;
            return LOG_READ_FAILED;
        }
        if (!reader->ended && reader->begin < reader->end) {
            reader->ended = true; /* Once more, now that nothing can follow. */
            continue;
        }
        enum log_read read = advance(reader);
        if (read != LOG_READ_RECORD) {
            return read;
        }
        reader->ended = false;
    }
}
