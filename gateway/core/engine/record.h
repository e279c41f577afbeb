/* Reading and writing the bytes of one stored record.
 *
 * Pure. Numbers are big-endian, so that keys sort; texts carry their length. A
 * reader that runs out of bytes, or a writer out of room, remembers it: ask
 * once, at the end. */
#ifndef GATEWAY_CORE_ENGINE_RECORD_H
#define GATEWAY_CORE_ENGINE_RECORD_H

#include "fix/base.h"

struct record_writer {
    uint8_t *data;
    size_t capacity;
    size_t size;
    bool overflow;
};

static inline struct record_writer record_writer_on(uint8_t *data, size_t capacity)
{
    return (struct record_writer){.data = data, .capacity = capacity};
}

void record_put_u8(struct record_writer *writer, uint8_t value);
void record_put_u32(struct record_writer *writer, uint32_t value);
void record_put_u64(struct record_writer *writer, uint64_t value);
void record_put_i64(struct record_writer *writer, int64_t value);
/* With its length before it. */
void record_put_span(struct record_writer *writer, struct span value);
/* Bare bytes, as the last part of a key. */
void record_put_bytes(struct record_writer *writer, struct span value);

/* What was written. ASSERTs that it fitted. */
struct span record_written(const struct record_writer *writer);

struct record_reader {
    struct span bytes;
    size_t next;
    bool bad; /* Ran out of bytes. */
};

static inline struct record_reader record_reader_of(struct span bytes)
{
    return (struct record_reader){.bytes = bytes};
}

/* Zeros and empty spans once `bad`. Spans point into the record. */
uint8_t record_get_u8(struct record_reader *reader);
uint32_t record_get_u32(struct record_reader *reader);
uint64_t record_get_u64(struct record_reader *reader);
int64_t record_get_i64(struct record_reader *reader);
struct span record_get_span(struct record_reader *reader);

/* True if all was there and nothing is left. */
bool record_done(const struct record_reader *reader);

#endif
