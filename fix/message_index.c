#include "fix/dictionary.h"
#include "fix/message.h"

enum {
    WORD_BYTES = 8,
    TRAILER_BYTES = 7, /* 10=ccc<SOH> */
    TAG_DIGITS_MAX = 5,
    DATA_SIZE_DIGITS_MAX = 9, /* More cannot be the size of anything in a message. */
};

_Static_assert(FIX_TAG_MAX == 99999, "TAG_DIGITS_MAX digits reach exactly FIX_TAG_MAX");

#define ONES UINT64_C(0x0101010101010101)
#define LOWS UINT64_C(0x7f7f7f7f7f7f7f7f)
#define SOHS (ONES * FIX_SOH)

/* The data field that each length field of FIX 4.4 counts. */
static const uint16_t standard_data_tags[] = {
    [90] = 91,   [93] = 89,   [95] = 96,   [212] = 213, [348] = 349, [350] = 351,
    [352] = 353, [354] = 355, [356] = 357, [358] = 359, [360] = 361, [362] = 363,
    [364] = 365, [445] = 446, [618] = 619, [621] = 622,
};

static uint32_t data_tag_of(const struct dictionary *dictionary, uint32_t tag)
{
    if (dictionary == NULL) {
        return tag < ARRAY_LEN(standard_data_tags) ? standard_data_tags[tag] : 0;
    }
    if (tag >= dictionary->field_by_tag_size) {
        return 0;
    }
    uint16_t index = dictionary->field_by_tag[tag];
    return index == 0 ? 0 : dictionary->fields[index - 1].data_tag;
}

/* Eight bytes, the first one lowest. Compilers make one load of it. */
static inline uint64_t word_load(const uint8_t *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The top bit of each byte of `word` that is zero. */
static inline uint64_t word_zeros(uint64_t word)
{
    return ~(((word & LOWS) + LOWS) | word | LOWS);
}

/* Offset of the first SOH from `at` on, or the size. */
static inline size_t soh_find(struct span bytes, size_t at)
{
    while (bytes.size - at >= WORD_BYTES) {
        uint64_t found = word_zeros(word_load(bytes.data + at) ^ SOHS);
        if (found != 0) {
            return at + ((size_t)__builtin_ctzll(found) >> 3);
        }
        at += WORD_BYTES;
    }
    while (at < bytes.size && bytes.data[at] != FIX_SOH) {
        at += 1;
    }
    return at;
}

/* A tag that is no number from 1 to FIX_TAG_MAX, as a FIX int without leading
 * zeros, is 0. Moves *at behind its '='; false if there is none, or nothing
 * before it. */
static inline bool tag_read(struct span bytes, size_t *at, uint32_t *out)
{
    size_t begin = *at;
    size_t i = begin;
    uint32_t tag = 0;
    while (i < bytes.size && i - begin <= TAG_DIGITS_MAX) {
        uint32_t digit = (uint32_t)bytes.data[i] - '0';
        if (digit > 9) {
            break;
        }
        tag = tag * 10 + digit;
        i += 1;
    }
    if (i < bytes.size && bytes.data[i] == '=' && i > begin && i - begin <= TAG_DIGITS_MAX &&
        bytes.data[begin] != '0') {
        *at = i + 1;
        *out = tag;
        return true;
    }
    while (i < bytes.size && bytes.data[i] != FIX_SOH && bytes.data[i] != '=') {
        i += 1;
    }
    if (i == begin || i == bytes.size || bytes.data[i] == FIX_SOH) {
        return false;
    }
    *at = i + 1;
    *out = 0;
    return true;
}

/* Size of the data value at `value`, as its length field in front says. False
 * when that is no size, or does not end where a field ends, or reaches into the
 * trailer (from `limit` on); the value is then read as any other, and validation
 * finds the fault. */
static bool data_size(struct span bytes, size_t limit, const struct field *length, size_t value,
                      uint32_t *out)
{
    if (length->size == 0 || length->size > DATA_SIZE_DIGITS_MAX) {
        return false;
    }
    uint32_t size = 0;
    for (uint32_t i = 0; i < length->size; i++) {
        uint32_t digit = (uint32_t)bytes.data[length->value + i] - '0';
        if (digit > 9) {
            return false;
        }
        size = size * 10 + digit;
    }
    size_t end = value + size;
    if (end > limit || (end == limit && limit < bytes.size)) {
        return false;
    }
    if (end < bytes.size && bytes.data[end] != FIX_SOH) {
        return false;
    }
    *out = size;
    return true;
}

/* Data values end before `data_limit`, or with the very end of the bytes. */
static enum frame_fault fields_index(struct message *message, const struct dictionary *dictionary,
                                     size_t data_limit)
{
    struct span bytes = message->bytes;
    uint32_t count = 0;
    uint32_t data_tag = 0; /* What the field before, if a length field, counts. */
    size_t at = 0;
    while (at < bytes.size) {
        if (count == message->fields_max) {
            return FRAME_FAULT_FIELDS_MAX;
        }
        struct field *field = &message->fields[count];
        field->start = (uint32_t)at;
        if (!tag_read(bytes, &at, &field->tag)) {
            return FRAME_FAULT_FIELD;
        }
        field->value = (uint32_t)at;
        if (data_tag == 0 || field->tag != data_tag ||
            !data_size(bytes, data_limit, field - 1, at, &field->size)) {
            field->size = (uint32_t)(soh_find(bytes, at) - at);
        }
        at += (size_t)field->size + 1;
        data_tag = data_tag_of(dictionary, field->tag);
        count += 1;
        message->count = count;
    }
    return FRAME_FAULT_NONE;
}

void message_init(struct message *message, struct field *fields, uint32_t fields_max)
{
    *message = (struct message){.fields = fields, .fields_max = fields_max};
}

enum frame_fault message_index(struct message *message, struct span frame,
                               const struct dictionary *dictionary)
{
    ASSERT(frame.size <= UINT32_MAX);
    message->bytes = frame;
    message->count = 0;
    message->msg_type = 0;
    if (frame.size < TRAILER_BYTES || frame.data[frame.size - 1] != FIX_SOH) {
        return FRAME_FAULT_FIELD;
    }
    enum frame_fault fault = fields_index(message, dictionary, frame.size - TRAILER_BYTES);
    if (fault != FRAME_FAULT_NONE) {
        return fault;
    }
    if (message->count < 4 || message->fields[2].tag != 35 ||
        message->fields[message->count - 1].tag != 10) {
        return FRAME_FAULT_FIELD;
    }
    message->msg_type = 2;
    return FRAME_FAULT_NONE;
}

enum frame_fault message_index_unframed(struct message *message, struct span bytes,
                                        const struct dictionary *dictionary)
{
    ASSERT(bytes.size <= UINT32_MAX);
    message->bytes = bytes;
    message->count = 0;
    message->msg_type = 0;
    enum frame_fault fault = fields_index(message, dictionary, bytes.size);
    const struct field *type = message_find(message, 35);
    message->msg_type = type == NULL ? message->count : (uint32_t)(type - message->fields);
    return fault;
}
