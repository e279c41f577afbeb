#include "session-store/record.h"

#include "session-store/store.h"

void record_seal(const struct checksum *checksum, struct span key, struct span value, uint8_t *out)
{
    write_u32_le(out, checksum_of(checksum, key, value));
    if (value.size > 0) {
        memcpy(out + RECORD_CHECKSUM_BYTES, value.data, value.size);
    }
}

bool record_open(const struct checksum *checksum, struct span key, struct span stored,
                 struct span *value)
{
    if (stored.size < RECORD_CHECKSUM_BYTES) {
        return false;
    }
    struct span found =
        span_of(stored.data + RECORD_CHECKSUM_BYTES, stored.size - RECORD_CHECKSUM_BYTES);
    if (checksum_of(checksum, key, found) != read_u32_le(stored.data)) {
        return false;
    }
    *value = found;
    return true;
}

void meta_write(const struct meta *meta, uint8_t out[META_BYTES])
{
    write_u32_le(out, meta->schema);
    write_u64_le(out + 4, meta->instance_id);
    write_u64_le(out + 12, meta->batch_number);
    out[20] = meta->clean ? 1 : 0;
}

bool meta_read(struct span value, struct meta *meta)
{
    *meta = (struct meta){0};
    if (value.size < 4) {
        return false;
    }
    meta->schema = read_u32_le(value.data);
    if (meta->schema > STORE_SCHEMA_VERSION) {
        return true;
    }
    if (value.size != META_BYTES) {
        return false;
    }
    meta->instance_id = read_u64_le(value.data + 4);
    meta->batch_number = read_u64_le(value.data + 12);
    meta->clean = value.data[20] != 0;
    return true;
}
