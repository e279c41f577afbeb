#include "gateway/core/engine/record.h"

static uint8_t *writer_take(struct record_writer *writer, size_t size)
{
    if (writer->overflow || size > writer->capacity - writer->size) {
        writer->overflow = true;
        return NULL;
    }
    uint8_t *place = writer->data + writer->size;
    writer->size += size;
    return place;
}

static void put_number(struct record_writer *writer, uint64_t value, size_t size)
{
    uint8_t *place = writer_take(writer, size);
    if (place == NULL) {
        return;
    }
    for (size_t index = 0; index < size; index++) {
        place[index] = (uint8_t)(value >> (8 * (size - 1 - index)));
    }
}

void record_put_u8(struct record_writer *writer, uint8_t value)
{
    put_number(writer, value, 1);
}

void record_put_u32(struct record_writer *writer, uint32_t value)
{
    put_number(writer, value, 4);
}

void record_put_u64(struct record_writer *writer, uint64_t value)
{
    put_number(writer, value, 8);
}

void record_put_i64(struct record_writer *writer, int64_t value)
{
    put_number(writer, (uint64_t)value, 8);
}

void record_put_bytes(struct record_writer *writer, struct span value)
{
    uint8_t *place = writer_take(writer, value.size);
    if (place != NULL && value.size > 0) {
        memcpy(place, value.data, value.size);
    }
}

void record_put_span(struct record_writer *writer, struct span value)
{
    ASSERT(value.size <= UINT32_MAX);
    record_put_u32(writer, (uint32_t)value.size);
    record_put_bytes(writer, value);
}

struct span record_written(const struct record_writer *writer)
{
    ASSERT(!writer->overflow);
    return span_of(writer->data, writer->size);
}

static const uint8_t *reader_take(struct record_reader *reader, size_t size)
{
    if (reader->bad || size > reader->bytes.size - reader->next) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *place = reader->bytes.data + reader->next;
    reader->next += size;
    return place;
}

static uint64_t get_number(struct record_reader *reader, size_t size)
{
    const uint8_t *place = reader_take(reader, size);
    uint64_t value = 0;
    for (size_t index = 0; place != NULL && index < size; index++) {
        value = value << 8 | place[index];
    }
    return value;
}

uint8_t record_get_u8(struct record_reader *reader)
{
    return (uint8_t)get_number(reader, 1);
}

uint32_t record_get_u32(struct record_reader *reader)
{
    return (uint32_t)get_number(reader, 4);
}

uint64_t record_get_u64(struct record_reader *reader)
{
    return get_number(reader, 8);
}

int64_t record_get_i64(struct record_reader *reader)
{
    return (int64_t)get_number(reader, 8);
}

struct span record_get_span(struct record_reader *reader)
{
    size_t size = record_get_u32(reader);
    const uint8_t *place = reader_take(reader, size);
    return place == NULL ? span_of(NULL, 0) : span_of(place, size);
}

bool record_done(const struct record_reader *reader)
{
    return !reader->bad && reader->next == reader->bytes.size;
}
