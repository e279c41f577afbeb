#include "gateway/core/audit.h"

#include "gateway/core/record.h"

enum { AUDIT_VERSION = 1, AUDIT_KEY_BYTES = 16, AUDIT_RECORD_BYTES_MAX = 1024 };

void audit_add(struct engine *engine, const struct audit *audit)
{
    uint8_t key[AUDIT_KEY_BYTES];
    uint8_t record[AUDIT_RECORD_BYTES_MAX];
    struct record_writer key_writer = record_writer_on(key, sizeof(key));
    record_put_u64(&key_writer, audit->instant_ns);
    record_put_u64(&key_writer, engine->counters.bus_seq);
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, AUDIT_VERSION);
    record_put_u64(&writer, audit->instant_ns);
    record_put_span(&writer, audit->operator_name);
    record_put_span(&writer, audit->command);
    record_put_span(&writer, audit->object);
    record_put_u8(&writer, audit->carried_out ? 1 : 0);
    record_put_span(&writer, audit->outcome);
    view_put_new(&engine->view, TABLE_AUDIT, record_written(&key_writer), record_written(&writer));
}

bool audit_decode(struct span value, struct audit *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->instant_ns = record_get_u64(&reader);
    out->operator_name = record_get_span(&reader);
    out->command = record_get_span(&reader);
    out->object = record_get_span(&reader);
    out->carried_out = record_get_u8(&reader) == 1;
    out->outcome = record_get_span(&reader);
    return version == AUDIT_VERSION && record_done(&reader);
}
