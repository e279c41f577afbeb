#include "fix/message.h"
#include "fix/tags.h"
#include "fix/timestamp.h"

const struct field *message_find(const struct message *message, uint32_t tag)
{
    for (uint32_t i = 0; i < message->count; i++) {
        if (message->fields[i].tag == tag) {
            return &message->fields[i];
        }
    }
    return NULL;
}

struct span message_value(const struct message *message, uint32_t tag)
{
    const struct field *field = message_find(message, tag);
    return field == NULL ? span_of(NULL, 0) : field_value(message, field);
}

struct span message_type(const struct message *message)
{
    if (message->msg_type >= message->count ||
        message->fields[message->msg_type].tag != TAG_MsgType) {
        return span_of(NULL, 0);
    }
    return field_value(message, &message->fields[message->msg_type]);
}

/* A whole number without its sign. */
static enum value_result magnitude_read(struct span text, uint64_t *out)
{
    uint64_t value = 0;
    bool fits = true;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)text.data[i] - '0';
        if (digit > 9) {
            return VALUE_BAD_FORMAT;
        }
        fits = fits && !__builtin_mul_overflow(value, UINT64_C(10), &value) &&
               !__builtin_add_overflow(value, digit, &value);
    }
    *out = value;
    return fits ? VALUE_OK : VALUE_OUT_OF_RANGE;
}

/* Splits the sign off and reads the rest. */
static enum value_result number_read(struct span text, bool *negative, uint64_t *magnitude)
{
    if (text.size == 0) {
        return VALUE_EMPTY;
    }
    *negative = text.data[0] == '-';
    if (!*negative) {
        return magnitude_read(text, magnitude);
    }
    if (text.size == 1) {
        return VALUE_BAD_FORMAT;
    }
    return magnitude_read(span_of(text.data + 1, text.size - 1), magnitude);
}

enum value_result value_int(struct span text, int64_t *out)
{
    bool negative = false;
    uint64_t magnitude = 0;
    enum value_result result = number_read(text, &negative, &magnitude);
    if (result != VALUE_OK) {
        return result;
    }
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (magnitude > limit) {
        return VALUE_OUT_OF_RANGE;
    }
    if (negative && magnitude > 0) {
        *out = -(int64_t)(magnitude - 1) - 1;
    } else {
        *out = (int64_t)magnitude;
    }
    return VALUE_OK;
}

enum value_result value_uint(struct span text, uint64_t *out)
{
    bool negative = false;
    uint64_t magnitude = 0;
    enum value_result result = number_read(text, &negative, &magnitude);
    if (result != VALUE_OK) {
        return result;
    }
    if (negative && magnitude > 0) {
        return VALUE_OUT_OF_RANGE;
    }
    *out = magnitude;
    return VALUE_OK;
}

/* The value of a field that is there and not empty. */
static enum value_result text_read(const struct message *message, uint32_t tag, struct span *out)
{
    *out = message_value(message, tag);
    if (out->data == NULL) {
        return VALUE_ABSENT;
    }
    return out->size == 0 ? VALUE_EMPTY : VALUE_OK;
}

enum value_result message_int(const struct message *message, uint32_t tag, int64_t *out)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    return result == VALUE_OK ? value_int(text, out) : result;
}

enum value_result message_uint(const struct message *message, uint32_t tag, uint64_t *out)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    return result == VALUE_OK ? value_uint(text, out) : result;
}

enum value_result message_decimal(const struct message *message, uint32_t tag, struct decimal *out)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    if (result != VALUE_OK) {
        return result;
    }
    switch (decimal_parse(text, out)) {
    case DECIMAL_OK:
        return VALUE_OK;
    case DECIMAL_NOT_A_NUMBER:
        return VALUE_BAD_FORMAT;
    case DECIMAL_TOO_PRECISE:
    case DECIMAL_OUT_OF_RANGE:
        return VALUE_OUT_OF_RANGE;
    }
    ASSERT(false);
    return VALUE_BAD_FORMAT;
}

enum value_result message_timestamp(const struct message *message, uint32_t tag, uint64_t *out_ns)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    if (result != VALUE_OK) {
        return result;
    }
    return timestamp_parse(text, out_ns) ? VALUE_OK : VALUE_BAD_FORMAT;
}

enum value_result message_bool(const struct message *message, uint32_t tag, bool *out)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    if (result != VALUE_OK) {
        return result;
    }
    if (text.size != 1 || (text.data[0] != 'Y' && text.data[0] != 'N')) {
        return VALUE_BAD_FORMAT;
    }
    *out = text.data[0] == 'Y';
    return VALUE_OK;
}

enum value_result message_char(const struct message *message, uint32_t tag, char *out)
{
    struct span text;
    enum value_result result = text_read(message, tag, &text);
    if (result != VALUE_OK) {
        return result;
    }
    if (text.size != 1) {
        return VALUE_BAD_FORMAT;
    }
    *out = (char)text.data[0];
    return VALUE_OK;
}
