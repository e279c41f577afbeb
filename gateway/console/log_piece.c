#include "gateway/console/log_piece.h"

#include "fix/mask.h"
#include "fix/message.h"
#include "fix/timestamp.h"
#include "gateway/console/log_time.h"

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
static enum log_piece head_read(struct span bytes, struct head *head)
{
    static const uint8_t form[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ ";
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (i == bytes.size) {
            return LOG_PIECE_PARTIAL;
        }
        bool digit = bytes.data[i] >= '0' && bytes.data[i] <= '9';
        if (form[i] == 'd' ? !digit : bytes.data[i] != form[i]) {
            return LOG_PIECE_OTHER;
        }
    }
    size_t at = sizeof(form) - 1;
    if (bytes.size - at < 4) {
        return LOG_PIECE_PARTIAL;
    }
    head->direction = memcmp(bytes.data + at, "out ", 4) == 0  ? LOG_DIRECTION_OUT
                      : memcmp(bytes.data + at, "in ", 3) == 0 ? LOG_DIRECTION_IN
                                                               : LOG_DIRECTION_UNKNOWN;
    at += head->direction == LOG_DIRECTION_OUT ? 4 : 3;
    if (head->direction == LOG_DIRECTION_UNKNOWN ||
        !log_time_parse(span_of(bytes.data, TIME_BYTES), 0, &head->time_ns, NULL)) {
        return LOG_PIECE_OTHER;
    }
    head->count = 0;
    size_t digits = 0;
    for (; digits <= COUNT_DIGITS_MAX; digits++, at++) {
        if (at == bytes.size) {
            return LOG_PIECE_PARTIAL;
        }
        if (bytes.data[at] < '0' || bytes.data[at] > '9') {
            break;
        }
        head->count = head->count * 10 + (size_t)(bytes.data[at] - '0');
    }
    head->size = at + 1;
    bool right = digits > 0 && bytes.data[at] == ' ' && head->count <= CONTENT_BYTES_MAX;
    return right ? LOG_PIECE_WHOLE : LOG_PIECE_OTHER;
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
        if (head_read(rest, &head) == LOG_PIECE_WHOLE) {
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
           head_read(beginning, &head) == LOG_PIECE_WHOLE || foreign_find(line) != SIZE_MAX;
}

/* --- Records of fixgate ------------------------------------------------------------ */

static enum log_piece native_read(struct span bytes, struct log_record *record, size_t *size)
{
    struct head head;
    enum log_piece piece = head_read(bytes, &head);
    if (piece != LOG_PIECE_WHOLE) {
        return piece;
    }
    /* A line that begins as a record within this one: this one is torn. */
    size_t room = bytes.size - head.size;
    size_t count = head.count < room ? head.count : room;
    struct span content = span_of(bytes.data + head.size, count);
    if (start_find(content, false) < content.size) {
        return LOG_PIECE_OTHER;
    }
    if (head.count + 1 > room) {
        return LOG_PIECE_PARTIAL;
    }
    if (bytes.data[head.size + head.count] != '\n') {
        return LOG_PIECE_OTHER;
    }
    record->kind = LOG_RECORD_BYTES;
    record->direction = head.direction;
    record->time_ns = head.time_ns;
    record->bytes = content;
    *size = head.size + head.count + 1;
    return LOG_PIECE_WHOLE;
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

static enum log_piece foreign_read(const char *session, struct span bytes,
                                   struct log_record *record, size_t *size)
{
    size_t line = line_size(bytes);
    size_t at = foreign_find(span_of(bytes.data, line));
    if (at == SIZE_MAX) {
        return line < bytes.size || line > FOREIGN_PREFIX_BYTES_MAX + 5 ? LOG_PIECE_OTHER
                                                                        : LOG_PIECE_PARTIAL;
    }
    struct span rest = span_of(bytes.data + at, bytes.size - at);
    struct frame frame;
    if (frame_find(rest, &frame) == FRAME_FOUND && frame.consumed < rest.size) {
        /* It may hold a line's end. */
        size_t behind = line_size(span_of(rest.data + frame.consumed, rest.size - frame.consumed));
        line = behind <= 2 ? at + frame.consumed + behind : line;
    }
    if (line == bytes.size) {
        return LOG_PIECE_PARTIAL;
    }
    *size = line + 1;
    line -= line > at && bytes.data[line - 1] == '\r' ? 1 : 0;
    static struct field fields[FIX_FIELDS_MAX];
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    record->kind = LOG_RECORD_BYTES;
    record->bytes = span_of(bytes.data + at, line - at);
    (void)message_index_unframed(&message, record->bytes, NULL);
    record->direction = direction_guess(session, &message);
    record->time_ns = foreign_time(span_of(bytes.data, at), &message);
    return LOG_PIECE_WHOLE;
}

/* --- Pieces ------------------------------------------------------------------------- */

static enum log_piece note_read(char session[LOG_SESSION_BYTES_MAX], struct span bytes,
                                struct log_record *record, size_t *size)
{
    size_t line = line_size(bytes);
    if (line == bytes.size) {
        return LOG_PIECE_PARTIAL;
    }
    *size = line + 1;
    size_t title = strlen(MESSAGE_LOG_TITLE);
    if (line > title && memcmp(bytes.data, MESSAGE_LOG_TITLE, title) == 0) {
        span_to_text(span_of(bytes.data + title, line - title), session, LOG_SESSION_BYTES_MAX);
        for (char *c = session; *c != '\0'; c++) {
            *c = *c > 0 && *c < ' ' ? '?' : *c; /* It goes to a terminal. */
        }
        return LOG_PIECE_OTHER;
    }
    record->kind = LOG_RECORD_NOTE;
    size_t mark = line > 1 && bytes.data[1] == ' ' ? 2 : 1;
    record->bytes = span_of(bytes.data + mark, line - mark);
    struct span time = span_of(record->bytes.data, TIME_BYTES);
    if (record->bytes.size < TIME_BYTES || !log_time_parse(time, 0, &record->time_ns, NULL)) {
        record->time_ns = 0;
    }
    return LOG_PIECE_WHOLE;
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

enum log_piece log_piece_read(char session[LOG_SESSION_BYTES_MAX], struct span bytes, bool more,
                              struct log_record *record, size_t *size)
{
    ASSERT(bytes.size > 0);
    *record = (struct log_record){.session = session};
    if (bytes.data[0] == '\n') {
        *size = 1;
        return LOG_PIECE_OTHER;
    }
    enum log_piece piece = LOG_PIECE_PARTIAL;
    if (bytes.data[0] == '#') {
        piece = note_read(session, bytes, record, size);
        if (piece != LOG_PIECE_PARTIAL) {
            return piece;
        }
    } else {
        struct head head;
        bool native = head_read(bytes, &head) != LOG_PIECE_OTHER;
        piece =
            native ? native_read(bytes, record, size) : foreign_read(session, bytes, record, size);
    }
    if (piece == LOG_PIECE_PARTIAL && more) {
        return LOG_PIECE_PARTIAL;
    }
    if (piece != LOG_PIECE_WHOLE) {
        damaged(bytes, record, size);
    }
    return LOG_PIECE_WHOLE;
}
