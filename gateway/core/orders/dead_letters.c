#include "gateway/core/orders/dead_letters.h"

#include "gateway/core/engine/bus.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/attempts.h"

enum {
    DEAD_LETTER_VERSION = 1,
    DEAD_LETTER_RECORD_BYTES_MAX = 2 * ENGINE_TEXT_BYTES_MAX + 64,
};

/* "7K2M9QAA12 at ALPHA, MsgSeqNum 17: NOT_RECEIVED; the attempt is dead" */
static struct text evidence_of(const struct engine *engine, const struct order *order,
                               const struct dead_letter_cause *cause)
{
    struct text text = {.size = 0};
    if (order->attempts == 0) {
        text_add(&text, "it never went to a broker");
        return text;
    }
    text_add_span(&text, order->attempt_id);
    text_add_span(text_add(&text, " at "), order->broker);
    text_add_uint(text_add(&text, ", MsgSeqNum "), order->attempt_seq);
    text_add(text_add(&text, ": "), order_evidence_name(cause->evidence));
    text_add(&text,
             attempt_is_live(engine, order) ? "; the attempt may live" : "; the attempt is dead");
    if (cause->unsure) {
        text_add(&text, ", but what it executed is not sure");
    }
    return text;
}

static struct span key_of(const struct order *order, uint8_t key[ORDER_KEY_BYTES_MAX])
{
    return order_key(key, order->client, order->cl_ord_id);
}

void dead_letter_add(struct engine *engine, struct order *order,
                     const struct dead_letter_cause *cause)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    uint8_t record[DEAD_LETTER_RECORD_BYTES_MAX];
    struct text evidence = evidence_of(engine, order, cause);
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, DEAD_LETTER_VERSION);
    record_put_u64(&writer, engine->now_ns);
    record_put_u8(&writer, cause->unsure);
    record_put_span(&writer, span_text(cause->why));
    record_put_span(&writer, text_span(&evidence));
    order_become(order, ORDER_DEAD_LETTER, engine->now_ns, span_text(cause->why));
    order_save(&engine->view, order, engine->scratch_record);
    view_put(&engine->view, TABLE_DEADLETTER, key_of(order, key), record_written(&writer));
    bus_order_event(engine, order);
    bus_alert(engine, "warning", order->broker, order->cl_ord_id, span_text(cause->why));
}

bool dead_letter_load(const struct engine *engine, const struct order *order,
                      struct dead_letter *out)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct span value;
    if (!view_get(&engine->view, TABLE_DEADLETTER, key_of(order, key), &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->since_ns = record_get_u64(&reader);
    out->unsure = record_get_u8(&reader) != 0;
    out->reason = record_get_span(&reader);
    out->evidence = record_get_span(&reader);
    if (version != DEAD_LETTER_VERSION || !record_done(&reader)) {
        /* As an earlier version wrote it: the reason alone. */
        *out = (struct dead_letter){.since_ns = order->changed_ns, .reason = value};
    }
    return true;
}

void dead_letter_remove(struct engine *engine, const struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_DEADLETTER, key_of(order, key));
}
