#include "fix/builder.h"

#include "fix/check_sum.h"
#include "fix/message.h"
#include "fix/timestamp.h"

enum {
    UINT_DIGITS_MAX = 20, /* UINT64_MAX */
    TRAILER_BYTES = 7,    /* 10=ccc<SOH> */
    LENGTH_DIGITS_MAX = 10,
};

static size_t uint_digits(uint64_t value)
{
    size_t count = 1;
    while (value >= 10) {
        value /= 10;
        count += 1;
    }
    return count;
}

/* Writes exactly `count` digits, with leading zeros. */
static void uint_write(uint8_t *text, uint64_t value, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        text[i - 1] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
}

void builder_init(struct builder *builder, void *data, size_t capacity)
{
    *builder = (struct builder){.data = data, .capacity = capacity};
}

void builder_begin(struct builder *builder, void *data, size_t capacity, struct span begin_string,
                   struct span msg_type)
{
    builder_init(builder, data, capacity);
    builder->begin_string = begin_string;
    size_t digits = uint_digits(capacity);
    ASSERT(digits <= LENGTH_DIGITS_MAX);
    /* 8=…<SOH>9=…<SOH>, with as many digits as a body in this buffer can need. */
    size_t reserved = 2 + begin_string.size + 1 + 2 + digits + 1;
    if (reserved > capacity) {
        builder->overflow = true;
        return;
    }
    builder->body = reserved;
    builder->size = reserved;
    builder_span(builder, 35, msg_type);
}

/* Writes "tag=", leaves room for `size` bytes, and writes the SOH behind them.
 * Where the value goes, or NULL when the field does not fit. */
static uint8_t *builder_field(struct builder *builder, uint32_t tag, size_t size)
{
    ASSERT(tag > 0);
    size_t digits = uint_digits(tag);
    size_t room = builder->capacity - builder->size;
    if (builder->overflow || size > room || digits + 2 > room - size) {
        builder->overflow = true;
        return NULL;
    }
    uint8_t *at = builder->data + builder->size;
    uint_write(at, tag, digits);
    at[digits] = '=';
    at[digits + 1 + size] = FIX_SOH;
    builder->size += digits + 2 + size;
    return at + digits + 1;
}

void builder_span(struct builder *builder, uint32_t tag, struct span value)
{
    uint8_t *at = builder_field(builder, tag, value.size);
    if (at != NULL && value.size > 0) {
        memcpy(at, value.data, value.size);
    }
}

void builder_text(struct builder *builder, uint32_t tag, const char *value)
{
    builder_span(builder, tag, span_text(value));
}

void builder_uint(struct builder *builder, uint32_t tag, uint64_t value)
{
    size_t digits = uint_digits(value);
    uint8_t *at = builder_field(builder, tag, digits);
    if (at != NULL) {
        uint_write(at, value, digits);
    }
}

void builder_int(struct builder *builder, uint32_t tag, int64_t value)
{
    if (value >= 0) {
        builder_uint(builder, tag, (uint64_t)value);
        return;
    }
    uint64_t magnitude = UINT64_C(0) - (uint64_t)value;
    size_t digits = uint_digits(magnitude);
    uint8_t *at = builder_field(builder, tag, digits + 1);
    if (at != NULL) {
        at[0] = '-';
        uint_write(at + 1, magnitude, digits);
    }
}

void builder_decimal(struct builder *builder, uint32_t tag, struct decimal value)
{
    char text[DECIMAL_TEXT_BYTES_MAX];
    size_t size = decimal_format(value, text);
    builder_span(builder, tag, span_of(text, size));
}

void builder_char(struct builder *builder, uint32_t tag, char value)
{
    builder_span(builder, tag, span_of(&value, 1));
}

void builder_bool(struct builder *builder, uint32_t tag, bool value)
{
    builder_char(builder, tag, value ? 'Y' : 'N');
}

void builder_timestamp(struct builder *builder, uint32_t tag, uint64_t instant_ns, unsigned digits)
{
    char text[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(instant_ns, digits, text);
    builder_span(builder, tag, span_of(text, size));
}

void builder_data(struct builder *builder, uint32_t length_tag, uint32_t data_tag,
                  struct span value)
{
    builder_uint(builder, length_tag, value.size);
    builder_span(builder, data_tag, value);
}

void builder_raw(struct builder *builder, struct span fields)
{
    if (builder->overflow || fields.size > builder->capacity - builder->size) {
        builder->overflow = true;
        return;
    }
    if (fields.size > 0) {
        memcpy(builder->data + builder->size, fields.data, fields.size);
        builder->size += fields.size;
    }
}

struct span builder_finish(struct builder *builder)
{
    if (builder->overflow || builder->capacity - builder->size < TRAILER_BYTES) {
        builder->overflow = true;
        return span_of(NULL, 0);
    }
    ASSERT(builder->body > 0);
    size_t body_length = builder->size - builder->body;
    size_t digits = uint_digits(body_length);
    size_t head = 2 + builder->begin_string.size + 1 + 2 + digits + 1;
    ASSERT(head <= builder->body);
    uint8_t *begin = builder->data + builder->body - head;
    uint8_t *at = begin;
    *at++ = '8';
    *at++ = '=';
    memcpy(at, builder->begin_string.data, builder->begin_string.size);
    at += builder->begin_string.size;
    *at++ = FIX_SOH;
    *at++ = '9';
    *at++ = '=';
    uint_write(at, body_length, digits);
    at += digits;
    *at++ = FIX_SOH;
    ASSERT(at == builder->data + builder->body);

    uint8_t sum = check_sum(span_of(begin, head + body_length));
    builder_raw(builder, span_of("10=000\001", TRAILER_BYTES));
    uint_write(builder->data + builder->size - 4, sum, 3);
    return span_of(begin, head + body_length + TRAILER_BYTES);
}

struct span builder_fields(const struct builder *builder)
{
    ASSERT(builder->body == 0);
    return builder->overflow ? span_of(NULL, 0) : span_of(builder->data, builder->size);
}
