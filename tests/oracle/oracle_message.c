#include "tests/oracle/oracle_message.h"

#include "tests/oracle/oracle_map.h"
#include "tests/tools/broker_number.h"

enum { SOH = 1, TAG_DIGITS_MAX = 6, UINT_DIGITS_MAX = 18 };

/* Of the digits up to `equals`; 0 if it is none. */
static uint32_t tag_of(const uint8_t *field, const uint8_t *equals)
{
    uint32_t tag = 0;
    if (equals - field > TAG_DIGITS_MAX) {
        return 0;
    }
    for (const uint8_t *at = field; at < equals; at++) {
        if (*at < '0' || *at > '9') {
            return 0;
        }
        tag = tag * 10 + (uint32_t)(*at - '0');
    }
    return tag;
}

bool oracle_message_read(struct oracle_message *message, struct span bytes)
{
    message->count = 0;
    message->type = '\0';
    if (bytes.size == 0) {
        return false;
    }
    const uint8_t *end = bytes.data + bytes.size;
    for (const uint8_t *at = bytes.data; at < end && message->count < ORACLE_FIELDS_MAX;) {
        const uint8_t *soh = memchr(at, SOH, (size_t)(end - at));
        const uint8_t *stop = soh != NULL ? soh : end;
        const uint8_t *equals = memchr(at, '=', (size_t)(stop - at));
        uint32_t tag = equals != NULL ? tag_of(at, equals) : 0;
        if (tag != 0) {
            struct span value = span_of(equals + 1, (size_t)(stop - equals - 1));
            message->fields[message->count++] = (struct oracle_field){.tag = tag, .value = value};
            if (tag == TAG_MSG_TYPE && message->type == '\0' && value.size > 0) {
                message->type = value.size == 1 ? (char)value.data[0] : 'u';
            }
        }
        at = stop + 1;
    }
    return message->type != '\0';
}

struct span oracle_value(const struct oracle_message *message, uint32_t tag)
{
    for (uint32_t index = 0; index < message->count; index++) {
        if (message->fields[index].tag == tag) {
            return message->fields[index].value;
        }
    }
    return span_of(NULL, 0);
}

char oracle_char(const struct oracle_message *message, uint32_t tag, char otherwise)
{
    struct span value = oracle_value(message, tag);
    return value.size > 0 ? (char)value.data[0] : otherwise;
}

bool oracle_number(const struct oracle_message *message, uint32_t tag, int64_t *out)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    struct span value = oracle_value(message, tag);
    *out = 0;
    if (value.size == 0 || value.size >= sizeof text) {
        return false;
    }
    span_to_text(value, text, sizeof text);
    return broker_number_parse(text, out);
}

bool oracle_uint(const struct oracle_message *message, uint32_t tag, uint64_t *out)
{
    struct span value = oracle_value(message, tag);
    *out = 0;
    if (value.size == 0 || value.size > UINT_DIGITS_MAX) {
        return false;
    }
    for (size_t index = 0; index < value.size; index++) {
        if (value.data[index] < '0' || value.data[index] > '9') {
            return false;
        }
        *out = *out * 10 + (uint64_t)(value.data[index] - '0');
    }
    return true;
}

static bool changes_in_resend(uint32_t tag)
{
    switch (tag) {
    case TAG_BODY_LENGTH:
    case TAG_CHECK_SUM:
    case TAG_MSG_SEQ_NUM:
    case TAG_POSS_DUP_FLAG:
    case TAG_SENDING_TIME:
    case TAG_POSS_RESEND:
    case TAG_ORIG_SENDING_TIME:
    case TAG_LAST_MSG_SEQ_NUM_PROCESSED:
        return true;
    default:
        return false;
    }
}

uint64_t oracle_content_of_wire(const struct oracle_message *message)
{
    uint64_t key = 1;
    for (uint32_t index = 0; index < message->count; index++) {
        const struct oracle_field *field = &message->fields[index];
        if (!changes_in_resend(field->tag)) {
            key = oracle_key(oracle_key_number(key, field->tag), field->value);
        }
    }
    return key;
}

/* The header of FIX 4.4 and its trailer, as far as clients write them; MsgType is compared. */
static bool is_header(uint32_t tag)
{
    static const uint32_t header[] = {8,   9,   10,  34,  43,  49,  50,  52,  56,  57,  89,
                                      90,  91,  93,  97,  115, 116, 122, 128, 129, 142, 143,
                                      144, 145, 212, 213, 347, 369, 627, 628, 629, 630};
    for (size_t index = 0; index < ARRAY_LEN(header); index++) {
        if (header[index] == tag) {
            return true;
        }
    }
    return false;
}

uint64_t oracle_content_of_request(const struct oracle_message *message)
{
    uint64_t key = 1;
    for (uint32_t index = 0; index < message->count; index++) {
        const struct oracle_field *field = &message->fields[index];
        if (field->tag != TAG_TRANSACT_TIME && !is_header(field->tag)) {
            key = oracle_key(oracle_key_number(key, field->tag), field->value);
        }
    }
    return key;
}
