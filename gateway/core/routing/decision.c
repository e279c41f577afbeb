#include "gateway/core/routing/decision.h"

#include "gateway/core/engine/record.h"

/* In the record numbers have as many bytes as they need, seven bits in each, since most are
 * small and one record is written for each order. */
enum { RECORD_VERSION = 2, VERSION_NO_FIGURES = 1, LEAST_BYTE_BITS = 7, MORE = 0x80 };

const char *decision_cause_words(enum decision_cause cause)
{
    static const char *const words[] = {
#define X(name, words) words,
        DECISION_CAUSES(X)
#undef X
    };
    ASSERT((size_t)cause < ARRAY_LEN(words));
    return words[cause];
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
    while (number >= MORE) {
        *at++ = (uint8_t)(number | MORE);
        number >>= LEAST_BYTE_BITS;
    }
    *at++ = (uint8_t)number;
    return at;
}

static uint64_t get_number(struct record_reader *reader)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += LEAST_BYTE_BITS) {
        uint8_t byte = record_get_u8(reader);
        number |= (uint64_t)(byte & (MORE - 1)) << shift;
        if ((byte & MORE) == 0) {
            return number;
        }
    }
    reader->bad = true;
    return 0;
}

static uint32_t get_u32(struct record_reader *reader)
{
    uint64_t number = get_number(reader);
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

/* The sign as the lowest bit, so that small numbers are short either way. */
static uint64_t folded(int64_t number)
{
    return number < 0 ? ((0 - (uint64_t)number) << 1) - 1 : (uint64_t)number << 1;
}

static int64_t unfolded(uint64_t number)
{
    return (number & 1) != 0 ? -(int64_t)(number >> 1) - 1 : (int64_t)(number >> 1);
}

static uint8_t *put_term(uint8_t *at, const struct decision_term *term, const char *name)
{
    struct span text = span_text(name);
    text.size = text.size < DECISION_NAME_BYTES_MAX ? text.size : DECISION_NAME_BYTES_MAX;
    *at++ = (uint8_t)text.size;
    memcpy(at, text.data, text.size);
    at += text.size;
    *at++ = (uint8_t)term->cause;
    *at++ = (uint8_t)term->admin;
    *at++ = (uint8_t)((unsigned)term->breaker << 1 | (term->frozen ? 1U : 0U));
    at = put_number(at, term->weight);
    at = put_number(at, term->score);
    at = put_number(at, term->ramp);
    at = put_number(at, term->share);
    at = put_number(at, folded(term->standing));
    at = put_number(at, term->headroom);
    /* In KiB, rounded up. */
    at = put_number(at, (term->backlog_bytes >> 10) + (term->backlog_bytes % 1024 > 0 ? 1 : 0));
    at = put_number(at, term->unacked);
    at = put_number(at, term->capacity);
    at = put_number(at, term->left);
    at = put_number(at, term->figures.latency_us);
    at = put_number(at, term->figures.pending);
    at = put_number(at, term->figures.orders);
    return put_number(at, term->figures.failed);
}

/* The longest forms: of the whole, of a term without and with its name. */
enum {
    NUMBER_BYTES_MAX = 10,
    U32_BYTES_MAX = 5,
    HEAD_BYTES_MAX = 4 + 2 * NUMBER_BYTES_MAX,
    /* Weight 3, score 3, ramp 2, share 3, headroom 2; the others are not bounded by anything. */
    TERM_BYTES_MAX = 4 + 13 + 3 * NUMBER_BYTES_MAX + 6 * U32_BYTES_MAX + DECISION_NAME_BYTES_MAX,
};
_Static_assert(DECISION_RECORD_BYTES_MAX >= HEAD_BYTES_MAX + ENGINE_BROKERS_MAX * TERM_BYTES_MAX,
               "the longest record fits");

struct span decision_write(const struct decision *decision, const char *const *names,
                           uint8_t record[DECISION_RECORD_BYTES_MAX])
{
    uint8_t *at = record;
    *at++ = RECORD_VERSION;
    *at++ = (uint8_t)decision->mode;
    *at++ = (uint8_t)(decision->chosen < decision->count ? decision->chosen : UINT8_MAX);
    *at++ = (uint8_t)decision->count;
    at = put_number(at, decision->at_ns);
    at = put_number(at, decision->version);
    for (uint32_t index = 0; index < decision->count; index++) {
        at = put_term(at, &decision->terms[index], names[index]);
    }
    ASSERT(at <= record + DECISION_RECORD_BYTES_MAX);
    return span_of(record, (size_t)(at - record));
}

static bool get_term(struct record_reader *reader, uint8_t version, struct decision_term *term,
                     struct span *name)
{
    *term = (struct decision_term){.weight = 0};
    uint8_t size = record_get_u8(reader);
    if (size > reader->bytes.size - reader->next) {
        return false;
    }
    *name = span_of(reader->bytes.data + reader->next, size);
    reader->next += size;
    uint8_t cause = record_get_u8(reader);
    uint8_t admin = record_get_u8(reader);
    uint8_t breaker = record_get_u8(reader);
    if (cause > CAUSE_LEFT || admin > BROKER_CANARY || breaker >> 1 > BREAKER_HALF_OPEN) {
        return false;
    }
    term->cause = (enum decision_cause)cause;
    term->admin = (enum broker_admin)admin;
    term->breaker = (enum breaker_state)(breaker >> 1);
    term->frozen = (breaker & 1) != 0;
    term->weight = get_u32(reader);
    term->score = get_u32(reader);
    term->ramp = get_u32(reader);
    term->share = get_u32(reader);
    term->standing = unfolded(get_number(reader));
    term->headroom = get_u32(reader);
    term->backlog_bytes = get_number(reader) << 10;
    term->unacked = get_number(reader);
    term->capacity = get_u32(reader);
    term->left = get_u32(reader);
    if (version != VERSION_NO_FIGURES) {
        term->figures.latency_us = get_u32(reader);
        term->figures.pending = get_u32(reader);
        term->figures.orders = get_u32(reader);
        term->figures.failed = get_u32(reader);
    }
    return true;
}

bool decision_read(struct span record, struct decision *decision,
                   struct span names[ENGINE_BROKERS_MAX])
{
    struct record_reader reader = record_reader_of(record);
    uint8_t version = record_get_u8(&reader);
    uint8_t mode = record_get_u8(&reader);
    uint8_t chosen = record_get_u8(&reader);
    decision->count = record_get_u8(&reader);
    decision->at_ns = get_number(&reader);
    decision->version = get_number(&reader);
    decision->chosen = chosen < decision->count ? chosen : (uint32_t)DECISION_NONE;
    decision->order_number = 0;
    bool known = version == RECORD_VERSION || version == VERSION_NO_FIGURES;
    if (!known || mode > ROUTING_PINNED || reader.bad || decision->count > ENGINE_BROKERS_MAX) {
        return false;
    }
    decision->mode = (enum routing_mode)mode;
    for (uint32_t index = 0; index < decision->count; index++) {
        if (!get_term(&reader, version, &decision->terms[index], &names[index])) {
            return false;
        }
    }
    return record_done(&reader);
}
