#include "gateway/console/log_time.h"

#include "fix/timestamp.h"

enum { DATE_BYTES = 8, TIME_BYTES = 8 };

static bool all_digits(const uint8_t *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

/* YYYYMMDD, or with '-' or '/' between. Returns the bytes of `text` that it takes; 0: none. */
static size_t date_read(struct span text, char date[DATE_BYTES])
{
    if (text.size >= 10 && (text.data[4] == '-' || text.data[4] == '/') &&
        text.data[7] == text.data[4]) {
        memcpy(date, text.data, 4);
        memcpy(date + 4, text.data + 5, 2);
        memcpy(date + 6, text.data + 8, 2);
        return 10;
    }
    if (text.size >= DATE_BYTES && all_digits(text.data, DATE_BYTES)) {
        memcpy(date, text.data, DATE_BYTES);
        return DATE_BYTES;
    }
    return 0;
}

bool log_time_parse(struct span text, uint64_t now_ns, uint64_t *out_ns, uint64_t *span_ns)
{
    char fix[TIMESTAMP_TEXT_BYTES_MAX];
    if (text.size > 0 && text.data[text.size - 1] == 'Z') {
        text.size -= 1;
    }
    const size_t date_bytes = date_read(text, fix);
    size_t used = date_bytes;
    if (used == 0) {
        char today[TIMESTAMP_TEXT_BYTES_MAX];
        (void)timestamp_format(now_ns, 0, today);
        memcpy(fix, today, DATE_BYTES);
    } else if (used < text.size) {
        uint8_t between = text.data[used];
        if (between != 'T' && between != ' ' && between != '-') {
            return false;
        }
        used++;
    }
    struct span time = span_of(text.data + used, text.size - used);
    if (span_ns != NULL) {
        *span_ns = time.size == 0 ? TIMESTAMP_DAY_NS : 0;
    }
    if (text.size > 0 && time.size == 0 && used == date_bytes) {
        return date_only_parse(span_of(fix, DATE_BYTES), out_ns);
    }
    if (time.size < 5 || DATE_BYTES + 1 + time.size + 3 > sizeof(fix)) {
        return false;
    }
    fix[DATE_BYTES] = '-';
    memcpy(fix + DATE_BYTES + 1, time.data, time.size);
    size_t size = DATE_BYTES + 1 + time.size;
    if (time.size == 5) { /* HH:MM */
        static const char second[] = {':', '0', '0'};
        memcpy(fix + size, second, sizeof(second));
        size += sizeof(second);
    }
    return timestamp_parse(span_of(fix, size), out_ns);
}
