#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "fix/dictionary.h"
#include "fix/message.h"
#include "fix/tags.h"

enum {
    BLOCK_BYTES = 64,
    TRAILER_BYTES = 7, /* 10=ccc<SOH> */
    TAG_DIGITS_MAX = 5,
    TAG_BYTES_MAX = TAG_DIGITS_MAX + 1, /* With its '='. */
    DATA_SIZE_DIGITS_MAX = 9,           /* More cannot be the size of anything in a message. */
};

_Static_assert(FIX_TAG_MAX == 99999, "TAG_DIGITS_MAX digits reach exactly FIX_TAG_MAX");

/* The data field that each length field of FIX 4.4 counts. */
static const uint32_t standard_data_tags[] = {
    [90] = 91,   [93] = 89,   [95] = 96,   [212] = 213, [348] = 349, [350] = 351,
    [352] = 353, [354] = 355, [356] = 357, [358] = 359, [360] = 361, [362] = 363,
    [364] = 365, [445] = 446, [618] = 619, [621] = 622,
};

/* [tag of a length field]: the tag of its data field. */
struct data_tags {
    const uint32_t *by_length_tag;
    uint32_t size;
};

static struct data_tags data_tags_of(const struct dictionary *dictionary)
{
    if (dictionary == NULL) {
        return (struct data_tags){.by_length_tag = standard_data_tags,
                                  .size = ARRAY_LEN(standard_data_tags)};
    }
    return (struct data_tags){.by_length_tag = dictionary->data_by_length_tag,
                              .size = dictionary->data_by_length_tag_size};
}

/* Walks from SOH to SOH. A block's SOHs are found all at once, as bits, so that
 * finding one field's end does not wait for the field before. */
struct soh_scan {
    struct span bytes;
    size_t block;  /* Where the block begins. */
    uint64_t sohs; /* Bit i: byte i of the block is an SOH not yet visited. */
};

/* One bit for each SOH among the bytes of a block. A third of the time of indexing
 * hangs on it, so that the instructions made for it are used where they exist. */
#ifdef __SSE2__
static inline uint64_t block_sohs(const uint8_t *block)
{
    __m128i soh = _mm_set1_epi8(FIX_SOH);
    uint64_t sohs = 0;
    for (unsigned i = 0; i < BLOCK_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const void *)(block + i));
        sohs |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, soh)) << i;
    }
    return sohs;
}
#else
static inline uint64_t block_sohs(const uint8_t *block)
{
    uint64_t sohs = 0;
    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        sohs |= (uint64_t)(block[i] == FIX_SOH) << i;
    }
    return sohs;
}
#endif

/* Kept out of line, as is data_find_end(): the loop over the fields then has enough
 * registers for what it does each time. */
static __attribute__((noinline)) uint64_t block_read(struct span bytes, size_t at)
{
    size_t rest = bytes.size - at;
    if (rest >= BLOCK_BYTES) {
        return block_sohs(bytes.data + at);
    }
    uint8_t block[BLOCK_BYTES] = {0};
    if (rest > 0) {
        memcpy(block, bytes.data + at, rest);
    }
    return block_sohs(block);
}

static inline void soh_scan_seek(struct soh_scan *scan, size_t at)
{
    scan->block = at;
    scan->sohs = block_read(scan->bytes, at);
}

/* Offset of the next SOH, or the size when there is none. */
static inline size_t soh_scan_next(struct soh_scan *scan)
{
    while (scan->sohs == 0) {
        if (scan->bytes.size - scan->block <= BLOCK_BYTES) {
            return scan->bytes.size;
        }
        soh_scan_seek(scan, scan->block + BLOCK_BYTES);
    }
    size_t at = scan->block + (size_t)__builtin_ctzll(scan->sohs);
    scan->sohs &= scan->sohs - 1;
    return at;
}

/* Any tag of the piece from `begin` to `end`, byte by byte. A number that is not from
 * 1 to FIX_TAG_MAX, or begins with a zero, is 0. The offset behind its '='; 0 if there
 * is none, or no number before it. */
static __attribute__((noinline)) size_t tag_read_slowly(struct span bytes, size_t begin, size_t end,
                                                        uint32_t *out)
{
    size_t i = 0;
    uint32_t tag = 0;
    bool negative = begin < end && bytes.data[begin] == '-';
    bool number = true;
    size_t digits = negative ? begin + 1 : begin;
    for (i = digits; i < end && bytes.data[i] != '='; i++) {
        uint32_t digit = (uint32_t)bytes.data[i] - '0';
        number = number && digit <= 9;
        tag = number && i - digits < TAG_DIGITS_MAX ? tag * 10 + digit : FIX_TAG_MAX + 1;
    }
    if (i == digits || i == end || !number) {
        return 0;
    }
    bool is_tag = !negative && tag <= FIX_TAG_MAX && bytes.data[begin] != '0';
    *out = is_tag ? tag : 0;
    return i + 1;
}

/* As tag_read_slowly(), for the tags that messages are made of. A branch per digit
 * measures faster than arithmetic on eight bytes at once: messages of one kind have
 * the same tags in the same places, and processors learn that. */
static inline size_t tag_read(struct span bytes, size_t begin, size_t end, uint32_t *out)
{
    if (bytes.size - begin < TAG_BYTES_MAX) {
        return tag_read_slowly(bytes, begin, end, out);
    }
    const uint8_t *text = bytes.data + begin;
    uint32_t tag = (uint32_t)text[0] - '0';
    if (tag < 1 || tag > 9) {
        return tag_read_slowly(bytes, begin, end, out);
    }
    for (unsigned size = 1; size <= TAG_DIGITS_MAX; size++) {
        uint32_t digit = (uint32_t)text[size] - '0';
        if (digit > 9) {
            if (text[size] != '=') {
                break;
            }
            *out = tag;
            return begin + size + 1;
        }
        tag = tag * 10 + digit;
    }
    return tag_read_slowly(bytes, begin, end, out);
}

/* Offset behind the data value at `value`, as its length field in front says. 0
 * when that is no size, or does not end where a field ends, or reaches into the
 * trailer (from `limit` on); the value is then read as any other, and validation
 * finds the fault. */
static __attribute__((noinline)) size_t data_find_end(struct span bytes, size_t limit,
                                                      const struct field *length, size_t value)
{
    if (length->size == 0 || length->size > DATA_SIZE_DIGITS_MAX) {
        return 0;
    }
    uint32_t size = 0;
    for (uint32_t i = 0; i < length->size; i++) {
        uint32_t digit = (uint32_t)bytes.data[length->value + i] - '0';
        if (digit > 9) {
            return 0;
        }
        size = size * 10 + digit;
    }
    size_t end = value + size;
    if (end > limit || (end == limit && limit < bytes.size)) {
        return 0;
    }
    if (end < bytes.size && bytes.data[end] != FIX_SOH) {
        return 0;
    }
    return end;
}

/* Data values end before `data_limit`, or with the very end of the bytes. */
static enum frame_fault fields_index(struct message *message, const struct dictionary *dictionary,
                                     size_t data_limit)
{
    struct span bytes = message->bytes;
    struct soh_scan scan = {.bytes = bytes};
    soh_scan_seek(&scan, 0);
    const struct data_tags data_tags = data_tags_of(dictionary);
    uint32_t data_tag = 0; /* What the field before, if a length field, counts. */
    /* In locals, for a store into the fields might as well change the message. */
    struct field *field = message->fields;
    const struct field *fields_end = field + message->fields_max;
    enum frame_fault fault = FRAME_FAULT_NONE;
    size_t at = 0;
    while (at < bytes.size) {
        if (field == fields_end) {
            fault = FRAME_FAULT_FIELDS_MAX;
            break;
        }
        size_t end = soh_scan_next(&scan);
        size_t value = tag_read(bytes, at, end, &field->tag);
        if (value == 0) {
            fault = FRAME_FAULT_FIELD;
            break;
        }
        if (data_tag != 0 && field->tag == data_tag) {
            size_t data_end = data_find_end(bytes, data_limit, field - 1, value);
            if (data_end != 0 && data_end != end) {
                end = data_end;
                soh_scan_seek(&scan, end < bytes.size ? end + 1 : end);
            }
        }
        field->start = (uint32_t)at;
        field->value = (uint32_t)value;
        field->size = (uint32_t)(end - value);
        data_tag = field->tag < data_tags.size ? data_tags.by_length_tag[field->tag] : 0;
        field += 1;
        at = end + 1;
    }
    message->count = (uint32_t)(field - message->fields);
    return fault;
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
    if (message->count < 4 || message->fields[2].tag != TAG_MsgType ||
        message->fields[message->count - 1].tag != TAG_CheckSum) {
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
    const struct field *type = message_find(message, TAG_MsgType);
    message->msg_type = type == NULL ? message->count : (uint32_t)(type - message->fields);
    return fault;
}
