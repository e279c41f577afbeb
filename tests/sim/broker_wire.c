#include "tests/sim/broker_wire.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/tools/broker_number.h"

enum { TRAILER_BYTES = 7, FRONT_BYTES_MAX = 32 };

/* --- Reading ---------------------------------------------------------------------- */

static bool parse_uint(struct span text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > UINT64_MAX / 100) {
            return false;
        }
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size > 0;
}

/* One "tag=value" and its SOH, from *at on. False: there is no such thing. */
static bool next_field(struct span bytes, size_t *at, struct wire_field *field)
{
    const uint8_t *begin = bytes.data + *at;
    const uint8_t *soh = memchr(begin, WIRE_SOH, bytes.size - *at);
    const uint8_t *equal = soh == NULL ? NULL : memchr(begin, '=', (size_t)(soh - begin));
    uint64_t tag;
    if (equal == NULL || !parse_uint(span_of(begin, (size_t)(equal - begin)), &tag) ||
        tag > UINT32_MAX) {
        return false;
    }
    field->tag = (uint32_t)tag;
    field->value = span_of(equal + 1, (size_t)(soh - equal - 1));
    *at += (size_t)(soh - begin) + 1;
    return true;
}

/* Up to the next "8=FIX" behind the first byte, or all there is. */
static size_t garbled_size(struct span bytes)
{
    for (size_t i = 1; i + 5 <= bytes.size; i++) {
        if (memcmp(bytes.data + i, "8=FIX", 5) == 0) {
            return i;
        }
    }
    return bytes.size;
}

/* The whole message's size, out of BodyLength; 0 if its front is not all there. */
static enum wire_result read_front(struct span bytes, size_t *size)
{
    static const char front[] = "8=FIX.4.4\0019=";
    size_t known = sizeof(front) - 1;
    if (memcmp(bytes.data, front, bytes.size < known ? bytes.size : known) != 0) {
        return WIRE_GARBLED;
    }
    const uint8_t *soh =
        bytes.size <= known ? NULL : memchr(bytes.data + known, WIRE_SOH, bytes.size - known);
    if (soh == NULL) {
        return bytes.size < FRONT_BYTES_MAX ? WIRE_PARTIAL : WIRE_GARBLED;
    }
    uint64_t length;
    struct span digits = span_of(bytes.data + known, (size_t)(soh - bytes.data) - known);
    if (!parse_uint(digits, &length) || length > UINT32_MAX) {
        return WIRE_GARBLED;
    }
    *size = (size_t)(soh - bytes.data) + 1 + (size_t)length + TRAILER_BYTES;
    return bytes.size < *size ? WIRE_PARTIAL : WIRE_WHOLE;
}

static bool check_sum_right(struct span whole)
{
    unsigned sum = 0;
    size_t end = whole.size - TRAILER_BYTES;
    for (size_t i = 0; i < end; i++) {
        sum += whole.data[i];
    }
    char expected[TRAILER_BYTES + 1];
    (void)snprintf(expected, sizeof(expected), "10=%03u\001", sum % 256);
    return memcmp(whole.data + end, expected, TRAILER_BYTES) == 0;
}

static bool read_fields(struct wire *out)
{
    size_t at = 0;
    out->count = 0;
    while (at < out->whole.size) {
        struct wire_field field;
        if (!next_field(out->whole, &at, &field)) {
            return false;
        }
        if (out->count < WIRE_FIELDS_MAX) {
            out->fields[out->count++] = field;
        }
    }
    return out->count > 3 && out->fields[2].tag == 35;
}

enum wire_result wire_read(struct span bytes, struct wire *out, size_t *size)
{
    if (bytes.size == 0) {
        return WIRE_PARTIAL;
    }
    enum wire_result front = read_front(bytes, size);
    if (front == WIRE_PARTIAL) {
        return WIRE_PARTIAL;
    }
    if (front == WIRE_WHOLE) {
        out->whole = span_of(bytes.data, *size);
    }
    if (front == WIRE_GARBLED || !check_sum_right(out->whole) || !read_fields(out)) {
        *size = garbled_size(bytes);
        return WIRE_GARBLED;
    }
    out->type = wire_value(out, 35);
    out->poss_dup = wire_flag(out, 43);
    out->poss_resend = wire_flag(out, 97);
    if (!wire_uint(out, 34, &out->seq)) {
        out->seq = 0;
    }
    return WIRE_WHOLE;
}

struct span wire_value(const struct wire *wire, uint32_t tag)
{
    for (uint32_t i = 0; i < wire->count; i++) {
        if (wire->fields[i].tag == tag) {
            return wire->fields[i].value;
        }
    }
    return span_of(NULL, 0);
}

char wire_char(const struct wire *wire, uint32_t tag, char otherwise)
{
    struct span value = wire_value(wire, tag);
    return value.size > 0 ? (char)value.data[0] : otherwise;
}

bool wire_flag(const struct wire *wire, uint32_t tag)
{
    return span_is(wire_value(wire, tag), "Y");
}

bool wire_uint(const struct wire *wire, uint32_t tag, uint64_t *out)
{
    return parse_uint(wire_value(wire, tag), out);
}

int64_t wire_number(const struct wire *wire, uint32_t tag)
{
    char text[BROKER_NUMBER_BYTES_MAX + 8];
    int64_t number;
    wire_copy(wire, tag, text, sizeof(text));
    return broker_number_parse(text, &number) ? number : 0;
}

void wire_copy(const struct wire *wire, uint32_t tag, char *text, size_t capacity)
{
    span_to_text(wire_value(wire, tag), text, capacity);
}

/* --- Writing ---------------------------------------------------------------------- */

static void add_bytes(struct wire_text *text, const void *bytes, size_t size)
{
    ASSERT(size <= sizeof(text->data) - text->size);
    if (size > 0) {
        memcpy(text->data + text->size, bytes, size);
    }
    text->size += size;
}

struct span wire_fields(const struct wire_text *text)
{
    return span_of(text->data, text->size);
}

void wire_add_span(struct wire_text *text, uint32_t tag, struct span value)
{
    char digits[16];
    int size = snprintf(digits, sizeof(digits), "%" PRIu32 "=", tag);
    ASSERT(size > 0);
    add_bytes(text, digits, (size_t)size);
    add_bytes(text, value.data, value.size);
    add_bytes(text, "\001", 1);
}

void wire_add(struct wire_text *text, uint32_t tag, const char *value)
{
    wire_add_span(text, tag, span_text(value));
}

void wire_add_char(struct wire_text *text, uint32_t tag, char value)
{
    wire_add_span(text, tag, span_of(&value, 1));
}

void wire_add_uint(struct wire_text *text, uint32_t tag, uint64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRIu64, value);
    wire_add(text, tag, digits);
}

void wire_add_number(struct wire_text *text, uint32_t tag, int64_t value)
{
    char digits[BROKER_NUMBER_BYTES_MAX];
    broker_number_format(value, digits);
    wire_add(text, tag, digits);
}

void wire_add_time(struct wire_text *text, uint32_t tag, uint64_t time_ns)
{
    char time[WIRE_TIME_BYTES];
    wire_time(time_ns, time);
    wire_add(text, tag, time);
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

void wire_time(uint64_t time_ns, char text[WIRE_TIME_BYTES])
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned milliseconds = (unsigned)(time_ns / 1000000 % 1000);
    unsigned second = (unsigned)(time_ns / 1000000000 % 86400);
    unsigned day = (unsigned)(time_ns / 1000000000 / 86400);
    unsigned year = 1970;
    for (; day >= (is_leap(year) ? 366U : 365U); year++) {
        day -= is_leap(year) ? 366U : 365U;
    }
    unsigned month = 0;
    for (;; month++) {
        unsigned length = lengths[month] + (month == 1 && is_leap(year) ? 1 : 0);
        if (day < length) {
            break;
        }
        day -= length;
    }
    (void)snprintf(text, WIRE_TIME_BYTES, "%04u%02u%02u-%02u:%02u:%02u.%03u", year % 10000,
                   (month + 1) % 100, (day + 1) % 100, second / 3600 % 100, second / 60 % 60,
                   second % 60, milliseconds % 1000);
}

static void add_header(struct wire_text *text, const struct wire_header *header)
{
    wire_add(text, 35, header->type);
    wire_add(text, 49, header->sender);
    wire_add(text, 56, header->target);
    wire_add_uint(text, 34, header->seq);
    if (header->original_ns != 0) {
        wire_add(text, 43, "Y");
    }
    if (header->poss_resend) {
        wire_add(text, 97, "Y");
    }
    wire_add_time(text, 52, header->sending_ns);
    if (header->original_ns != 0) {
        wire_add_time(text, 122, header->original_ns);
    }
}

struct span wire_compose(const struct wire_header *header, struct span body, struct wire_text *out)
{
    struct wire_text inner;
    inner.size = 0;
    add_header(&inner, header);
    add_bytes(&inner, body.data, body.size);
    out->size = 0;
    wire_add(out, 8, "FIX.4.4");
    wire_add_uint(out, 9, inner.size);
    add_bytes(out, inner.data, inner.size);
    unsigned sum = 0;
    for (size_t i = 0; i < out->size; i++) {
        sum += (unsigned char)out->data[i];
    }
    char trailer[TRAILER_BYTES + 1];
    (void)snprintf(trailer, sizeof(trailer), "10=%03u\001", sum % 256);
    add_bytes(out, trailer, TRAILER_BYTES);
    return wire_fields(out);
}
