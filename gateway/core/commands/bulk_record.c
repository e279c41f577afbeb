/* Bulks as the store has them. */
#include "gateway/core/commands/bulk_parts.h"
#include "gateway/core/engine/record.h"

enum {
    BULK_VERSION = 1,
    BULK_KEY_BYTES_MAX = 16,
    BULK_RECORD_BYTES_MAX = 256 + 2 * BULK_WHYS_MAX * (BULK_WHY_BYTES_MAX + 16),
    ENTRY_VERSION = 1,
    ENTRY_PREFIX_BYTES = 11 + 8,
    ENTRY_KEY_BYTES_MAX = ENTRY_PREFIX_BYTES + ORDER_KEY_BYTES_MAX,
    ENTRY_RECORD_BYTES = 1 + 1 + 1 + 8 + 8,
};

_Static_assert((int)BULK_ORDERS_MAX < (int)TURN_STEP_OPS_MAX / 2, "a list is one step");
_Static_assert((int)BULK_ORDERS_MAX *((int)ENTRY_KEY_BYTES_MAX + (int)ENTRY_RECORD_BYTES + 64) <
                   (int)TURN_STEP_BYTES_MAX / 2,
               "a list is one step");

static struct span prefix(void)
{
    return span_text("bulk/");
}

static struct span bulk_key(uint8_t key[BULK_KEY_BYTES_MAX], uint64_t number)
{
    struct record_writer writer = record_writer_on(key, BULK_KEY_BYTES_MAX);
    record_put_bytes(&writer, prefix());
    record_put_u64(&writer, number);
    return record_written(&writer);
}

/* --- A bulk ---------------------------------------------------------------------------------- */

static void put_whys(struct record_writer *writer, const struct bulk_whys *whys)
{
    record_put_u32(writer, whys->count);
    for (uint32_t i = 0; i < whys->count; i++) {
        record_put_u32(writer, whys->list[i].orders);
        record_put_span(writer, span_text(whys->list[i].words));
    }
}

static void get_whys(struct record_reader *reader, struct bulk_whys *out)
{
    uint32_t count = record_get_u32(reader);
    out->count = count < BULK_WHYS_MAX ? count : BULK_WHYS_MAX;
    for (uint32_t i = 0; i < out->count; i++) {
        out->list[i].orders = record_get_u32(reader);
        span_to_text(record_get_span(reader), out->list[i].words, sizeof(out->list[i].words));
    }
}

void bulk_save(struct engine *engine, const struct bulk *bulk)
{
    uint8_t key[BULK_KEY_BYTES_MAX];
    uint8_t record[BULK_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, BULK_VERSION);
    record_put_u64(&writer, bulk->number);
    record_put_u8(&writer, (uint8_t)bulk->state);
    record_put_u64(&writer, bulk->since_ns);
    record_put_u32(&writer, bulk->orders);
    record_put_u32(&writer, bulk->done);
    record_put_u32(&writer, bulk->refused);
    record_put_u8(&writer, bulk->more);
    record_put_u8(&writer, bulk->listed);
    for (uint32_t i = 0; i < ORDER_EVIDENCES_COUNT; i++) {
        record_put_u32(&writer, bulk->sums.evidence[i]);
    }
    record_put_u32(&writer, bulk->sums.may_live);
    record_put_u32(&writer, bulk->sums.unpriced);
    record_put_i64(&writer, bulk->sums.quantity.units);
    record_put_i64(&writer, bulk->sums.worth.units);
    record_put_span(&writer, span_text(bulk->sums.currency));
    record_put_u8(&writer, bulk->sums.uncountable);
    put_whys(&writer, &bulk->held);
    put_whys(&writer, &bulk->left);
    view_put(&engine->view, TABLE_CONTROL, bulk_key(key, bulk->number), record_written(&writer));
}

static bool decode(struct span value, struct bulk *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    *out = (struct bulk){.number = record_get_u64(&reader)};
    uint8_t state = record_get_u8(&reader);
    out->state = state <= BULK_NOT_APPROVED ? (enum bulk_state)state : BULK_DONE;
    out->since_ns = record_get_u64(&reader);
    out->orders = record_get_u32(&reader);
    out->done = record_get_u32(&reader);
    out->refused = record_get_u32(&reader);
    out->more = record_get_u8(&reader) != 0;
    out->listed = record_get_u8(&reader) != 0;
    for (uint32_t i = 0; i < ORDER_EVIDENCES_COUNT; i++) {
        out->sums.evidence[i] = record_get_u32(&reader);
    }
    out->sums.may_live = record_get_u32(&reader);
    out->sums.unpriced = record_get_u32(&reader);
    out->sums.quantity.units = record_get_i64(&reader);
    out->sums.worth.units = record_get_i64(&reader);
    span_to_text(record_get_span(&reader), out->sums.currency, sizeof(out->sums.currency));
    out->sums.uncountable = record_get_u8(&reader) != 0;
    get_whys(&reader, &out->held);
    get_whys(&reader, &out->left);
    return version == BULK_VERSION && state <= BULK_NOT_APPROVED && record_done(&reader);
}

void bulk_forget(struct engine *engine, const struct bulk *bulk)
{
    uint8_t key[BULK_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_CONTROL, bulk_key(key, bulk->number));
}

const char *bulk_start(struct engine *engine, struct text *error)
{
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, TABLE_CONTROL, prefix(), &key, &value);
    engine->bulks.count = 0;
    while (found && key.size > prefix().size &&
           memcmp(key.data, prefix().data, prefix().size) == 0) {
        ASSERT(engine->bulks.count < BULKS_MAX);
        if (!decode(value, &engine->bulks.list[engine->bulks.count])) {
            text_add(error, "a command for many orders is of an unknown version: run the fixgate "
                            "that wrote it");
            return error->data;
        }
        engine->bulks.count += 1;
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    return NULL;
}

/* --- Its list -------------------------------------------------------------------------------- */

static struct span entry_key(uint8_t key[ENTRY_KEY_BYTES_MAX], uint64_t number,
                             struct span order_key)
{
    struct record_writer writer = record_writer_on(key, ENTRY_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("bulk-order/"));
    record_put_u64(&writer, number);
    record_put_bytes(&writer, order_key);
    return record_written(&writer);
}

struct bulk_entry bulk_entry_of(const struct order *order)
{
    return (struct bulk_entry){
        .state = order->state,
        .evidence = order->evidence,
        .changed_ns = order->changed_ns,
        .attempt_number = order->attempt_number,
    };
}

void bulk_entry_add(struct engine *engine, uint64_t number, struct span order_key,
                    const struct bulk_entry *entry)
{
    uint8_t key[ENTRY_KEY_BYTES_MAX];
    uint8_t record[ENTRY_RECORD_BYTES];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, ENTRY_VERSION);
    record_put_u8(&writer, (uint8_t)entry->state);
    record_put_u8(&writer, (uint8_t)entry->evidence);
    record_put_u64(&writer, entry->changed_ns);
    record_put_u64(&writer, entry->attempt_number);
    view_put(&engine->view, TABLE_CONTROL, entry_key(key, number, order_key),
             record_written(&writer));
}

bool bulk_entry_next(struct engine *engine, uint64_t number, struct span after,
                     struct span *order_key, struct bulk_entry *out)
{
    uint8_t bytes[ENTRY_KEY_BYTES_MAX];
    struct span from = entry_key(bytes, number, after);
    struct span key;
    struct span value;
    if (!view_after(&engine->view, TABLE_CONTROL, from, &key, &value) ||
        key.size <= ENTRY_PREFIX_BYTES || memcmp(key.data, bytes, ENTRY_PREFIX_BYTES) != 0) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    *order_key = span_of(key.data + ENTRY_PREFIX_BYTES, key.size - ENTRY_PREFIX_BYTES);
    out->state = (enum order_state)record_get_u8(&reader);
    out->evidence = (enum order_evidence)record_get_u8(&reader);
    out->changed_ns = record_get_u64(&reader);
    out->attempt_number = record_get_u64(&reader);
    ASSERT(version == ENTRY_VERSION);
    ASSERT(record_done(&reader));
    return true;
}

void bulk_entry_remove(struct engine *engine, uint64_t number, struct span order_key)
{
    uint8_t key[ENTRY_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_CONTROL, entry_key(key, number, order_key));
}
