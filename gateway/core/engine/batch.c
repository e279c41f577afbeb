#include "gateway/core/engine/batch.h"

#include "gateway/core/engine/hash.h"
#include "gateway/core/engine/record.h"

#define BATCH_MAGIC UINT32_C(0x46474254) /* "FGBT" */

enum { OP_HEADER_BYTES = 13 };

void batch_reset(struct batch *batch, uint64_t number)
{
    for (uint32_t used = 0; used < batch->index_count; used++) {
        batch->index[batch->index_used[used]] = 0;
    }
    memset(batch->cleared, 0, sizeof(batch->cleared));
    batch->index_count = 0;
    batch->number = number;
    batch->count = 0;
    batch->used = BATCH_HEADER_BYTES;
}

/* The operation at `offset`; returns the offset behind it. */
static size_t op_read(struct span bytes, size_t offset, struct batch_op *op)
{
    struct record_reader reader = record_reader_of(bytes);
    reader.next = offset;
    op->table = record_get_u32(&reader);
    op->kind = (enum batch_kind)record_get_u8(&reader);
    op->key = record_get_span(&reader);
    op->value = record_get_span(&reader);
    ASSERT(!reader.bad);
    return reader.next;
}

/* The slot of a key: the one that holds it, or the free one where it belongs. */
static uint32_t index_slot(const struct batch *batch, uint32_t table, struct span key)
{
    uint64_t hash = hash_bytes(HASH_SEED + table, key);
    uint32_t slot = (uint32_t)(hash ^ hash >> 32) % BATCH_INDEX_SIZE;
    struct span bytes = span_of(batch->bytes, batch->used);
    while (batch->index[slot] != 0) {
        struct batch_op op;
        (void)op_read(bytes, batch->index[slot], &op);
        if (op.kind != BATCH_CLEAR && op.table == table && span_equal(op.key, key)) {
            break;
        }
        slot = (slot + 1) % BATCH_INDEX_SIZE;
    }
    return slot;
}

static void index_write(struct batch *batch, uint32_t table, struct span key, size_t offset)
{
    uint32_t slot = index_slot(batch, table, key);
    if (batch->index[slot] == 0) {
        batch->index_used[batch->index_count] = slot;
        batch->index_count += 1;
    }
    batch->index[slot] = (uint32_t)offset;
}

/* What the turn wrote to the table before is void: its slots now lead to the
 * clear itself, which has no key and so matches none. */
static void index_clear(struct batch *batch, uint32_t table, size_t offset)
{
    struct span bytes = span_of(batch->bytes, batch->used);
    for (uint32_t used = 0; used < batch->index_count; used++) {
        uint32_t *slot = &batch->index[batch->index_used[used]];
        struct batch_op op;
        (void)op_read(bytes, *slot, &op);
        if (op.table == table) {
            *slot = (uint32_t)offset;
        }
    }
    batch->cleared[table] = true;
}

void batch_add(struct batch *batch, uint32_t table, enum batch_kind kind, struct span key,
               struct span value)
{
    ASSERT(table < ENGINE_TABLES_MAX);
    ASSERT(batch->count < TURN_BATCH_OPS_MAX);
    ASSERT(batch->used + OP_HEADER_BYTES + key.size + value.size <= TURN_BATCH_BYTES);

    size_t offset = batch->used;
    struct record_writer writer = record_writer_on(batch->bytes, TURN_BATCH_BYTES);
    writer.size = offset;
    record_put_u32(&writer, table);
    record_put_u8(&writer, (uint8_t)kind);
    record_put_span(&writer, key);
    record_put_span(&writer, value);
    ASSERT(!writer.overflow);
    batch->used = writer.size;
    batch->count += 1;
    if (kind == BATCH_CLEAR) {
        index_clear(batch, table, offset);
        return;
    }
    index_write(batch, table, key, offset);
}

enum batch_found batch_find(const struct batch *batch, uint32_t table, struct span key,
                            struct span *value)
{
    ASSERT(table < ENGINE_TABLES_MAX);
    uint32_t offset = batch->index[index_slot(batch, table, key)];
    if (offset == 0) {
        return batch->cleared[table] ? BATCH_DELETED : BATCH_UNTOUCHED;
    }
    struct batch_op op;
    (void)op_read(span_of(batch->bytes, batch->used), offset, &op);
    if (op.kind == BATCH_DELETE) {
        return BATCH_DELETED;
    }
    *value = op.value;
    return BATCH_WRITTEN;
}

static uint64_t body_checksum(struct span sealed)
{
    return hash_bytes(HASH_SEED,
                      span_of(sealed.data + BATCH_HEADER_BYTES, sealed.size - BATCH_HEADER_BYTES));
}

struct span batch_seal(struct batch *batch)
{
    struct span sealed = span_of(batch->bytes, batch->used);
    struct record_writer writer = record_writer_on(batch->bytes, BATCH_HEADER_BYTES);
    record_put_u32(&writer, BATCH_MAGIC);
    record_put_u32(&writer, BATCH_VERSION);
    record_put_u64(&writer, batch->number);
    record_put_u32(&writer, batch->count);
    record_put_u64(&writer, body_checksum(sealed));
    ASSERT(record_written(&writer).size == BATCH_HEADER_BYTES);
    return sealed;
}

bool batch_verify(struct span sealed, uint64_t *number, uint32_t *count)
{
    if (sealed.size < BATCH_HEADER_BYTES) {
        return false;
    }
    struct record_reader reader = record_reader_of(sealed);
    if (record_get_u32(&reader) != BATCH_MAGIC || record_get_u32(&reader) != BATCH_VERSION) {
        return false;
    }
    *number = record_get_u64(&reader);
    *count = record_get_u32(&reader);
    return record_get_u64(&reader) == body_checksum(sealed);
}

bool batch_next(struct span sealed, size_t *cursor, struct batch_op *op)
{
    if (*cursor == 0) {
        *cursor = BATCH_HEADER_BYTES;
    }
    if (*cursor >= sealed.size) {
        return false;
    }
    *cursor = op_read(sealed, *cursor, op);
    return true;
}
