/* Writes one FIX message into a caller's buffer.
 *
 * Pure: no allocation, no clock. Any thread. BodyLength(9) and CheckSum(10) are
 * patched once, by builder_finish(). A value that does not fit marks the builder
 * as overflowed and nothing more is written; ask once, at the end. Values are
 * written as they are: that text holds no SOH is the caller's to know. */
#ifndef FIX_BUILDER_H
#define FIX_BUILDER_H

#include "fix/base.h"
#include "fix/decimal.h"

struct builder {
    uint8_t *data; /* Owned by the caller. */
    size_t capacity;
    size_t size;
    size_t body; /* Offset of 35=, behind the SOH of BodyLength(9); 0 for bare fields. */
    struct span begin_string;
    bool overflow;
};

/* For bare fields: the body of a message, without 8, 9 and 10. */
void builder_init(struct builder *builder, void *data, size_t capacity);

/* Begins a whole message: 8=…|9=…|35=…|. The spans are borrowed until builder_finish(). */
void builder_begin(struct builder *builder, void *data, size_t capacity, struct span begin_string,
                   struct span msg_type);

void builder_span(struct builder *builder, uint32_t tag, struct span value);
void builder_text(struct builder *builder, uint32_t tag, const char *value);
void builder_int(struct builder *builder, uint32_t tag, int64_t value);
void builder_uint(struct builder *builder, uint32_t tag, uint64_t value);
void builder_decimal(struct builder *builder, uint32_t tag, struct decimal value);
void builder_char(struct builder *builder, uint32_t tag, char value);
void builder_bool(struct builder *builder, uint32_t tag, bool value);
/* `digits` of fraction, 0 to 9. */
void builder_timestamp(struct builder *builder, uint32_t tag, uint64_t instant_ns, unsigned digits);
/* A length field and the data field behind it. */
void builder_data(struct builder *builder, uint32_t length_tag, uint32_t data_tag,
                  struct span value);
/* Fields that are already tag=value<SOH>. */
void builder_raw(struct builder *builder, struct span fields);

/* Writes 8 and 9 right before the body, in room that builder_begin() left free
 * for them, and appends 10. BodyLength has no leading zeros; the message
 * therefore begins a few bytes into the buffer. The whole message; an empty span
 * after an overflow. */
MUST_USE struct span builder_finish(struct builder *builder);

/* What was written so far by a builder of bare fields; empty after an overflow. */
MUST_USE struct span builder_fields(const struct builder *builder);

#endif
