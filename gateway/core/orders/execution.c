#include "gateway/core/orders/execution.h"

#include "gateway/core/engine/record.h"

enum { EXECUTION_VERSION = 1, EXECUTION_RECORD_BYTES_MAX = 256 };

static void put_key(struct record_writer *writer, struct span broker, struct span exec_id,
                    struct span attempt_id)
{
    record_put_bytes(writer, broker);
    record_put_u8(writer, 0);
    record_put_bytes(writer, exec_id);
    record_put_u8(writer, 0);
    record_put_bytes(writer, attempt_id);
}

struct span execution_key(uint8_t key[EXECUTION_KEY_BYTES_MAX], struct span broker,
                          struct span exec_id, struct span attempt_id)
{
    struct record_writer writer = record_writer_on(key, EXECUTION_KEY_BYTES_MAX);
    put_key(&writer, broker, exec_id, attempt_id);
    return record_written(&writer);
}

struct span execution_report_key(uint8_t key[EXECUTION_KEY_BYTES_MAX], struct span broker,
                                 struct span exec_id, struct span attempt_id, uint64_t content)
{
    struct record_writer writer = record_writer_on(key, EXECUTION_KEY_BYTES_MAX);
    put_key(&writer, broker, exec_id, attempt_id);
    record_put_u8(&writer, 0);
    record_put_u64(&writer, content);
    return record_written(&writer);
}

bool execution_load(const struct view *view, struct span key, struct execution *out)
{
    struct span value;
    if (!view_get(view, TABLE_EXEC, key, &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->order_key = record_get_span(&reader);
    out->bus_seq = record_get_u64(&reader);
    out->quantity.units = record_get_i64(&reader);
    out->price.units = record_get_i64(&reader);
    out->reversed = record_get_u8(&reader) != 0;
    ASSERT(version == EXECUTION_VERSION);
    ASSERT(record_done(&reader));
    return true;
}

void execution_save(const struct view *view, struct span key, const struct execution *execution)
{
    uint8_t record[EXECUTION_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, EXECUTION_VERSION);
    record_put_span(&writer, execution->order_key);
    record_put_u64(&writer, execution->bus_seq);
    record_put_i64(&writer, execution->quantity.units);
    record_put_i64(&writer, execution->price.units);
    record_put_u8(&writer, execution->reversed);
    view_put(view, TABLE_EXEC, key, record_written(&writer));
}
