#include "gateway/shell/log.h"

/* The value of a field whose text nobody should read in a log. In a Logon RawData(96)
 * is where counterparties put passwords and signatures. */
static bool is_secret(uint32_t tag, bool logon)
{
    return tag == 554 || tag == 925 || (tag == 96 && logon);
}

static uint32_t tag_read(struct span field)
{
    uint32_t tag = 0;
    size_t i = 0;
    while (i < field.size && i < 9 && field.data[i] >= '0' && field.data[i] <= '9') {
        tag = tag * 10 + (uint32_t)(field.data[i] - '0');
        i++;
    }
    return i < field.size && field.data[i] == '=' ? tag : 0;
}

/* The length that 95= announces: RawData may hold SOH, so its end is counted. */
static size_t length_read(struct span field)
{
    size_t length = 0;
    for (size_t i = 3; i < field.size && length < 1000000; i++) {
        if (field.data[i] < '0' || field.data[i] > '9') {
            return 0;
        }
        length = length * 10 + (size_t)(field.data[i] - '0');
    }
    return length;
}

struct masked {
    char *out;
    size_t capacity;
    size_t size;
};

static void put(struct masked *masked, uint8_t byte)
{
    if (masked->size < masked->capacity) {
        bool control = byte < ' ' || byte == 0x7f;
        uint8_t shown = byte == 1 ? '|' : control ? '?' : byte;
        memcpy(&masked->out[masked->size], &shown, 1);
        masked->size += 1;
    }
}

static struct span field_take(struct span rest, uint32_t tag, size_t raw_length)
{
    size_t end = 0;
    if (tag == 96 && raw_length > 0 && raw_length < rest.size - 3) {
        end = 3 + raw_length;
    }
    while (end < rest.size && rest.data[end] != 1) {
        end++;
    }
    return span_of(rest.data, end);
}

size_t log_mask_fix(struct span message, char *out, size_t capacity)
{
    struct masked masked = {.out = out, .capacity = capacity};
    bool logon = false;
    size_t raw_length = 0;
    size_t at = 0;
    while (at < message.size) {
        struct span rest = span_of(message.data + at, message.size - at);
        uint32_t tag = tag_read(rest);
        struct span field = field_take(rest, tag, raw_length);
        logon = logon || span_is(field, "35=A");
        raw_length = tag == 95 ? length_read(field) : 0;
        bool secret = is_secret(tag, logon);
        for (size_t i = 0; i < field.size; i++) {
            put(&masked, field.data[i]);
            if (secret && field.data[i] == '=') {
                put(&masked, '*');
                put(&masked, '*');
                put(&masked, '*');
                break;
            }
        }
        if (field.size < rest.size) {
            put(&masked, 1);
        }
        at += field.size + 1;
    }
    return masked.size;
}

void log_fix(struct log *log, uint64_t now_ns, struct span session, const char *direction,
             struct span message)
{
    if (!log_wants(log, SEVERITY_DEBUG)) {
        return;
    }
    char text[LOG_LINE_BYTES_MAX / 2];
    size_t size = log_mask_fix(message, text, sizeof(text));
    const struct log_pair pairs[] = {{"session", session}, {"fix", span_text(direction)}};
    log_event(log, now_ns, SEVERITY_DEBUG, span_of(text, size), pairs, ARRAY_LEN(pairs));
}
