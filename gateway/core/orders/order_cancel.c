#include "gateway/core/orders/order_cancel.h"

#include "fix/builder.h"
#include "fix/message.h"
#include "fix/tags.h"
#include "gateway/core/orders/queue.h"

enum { CANCEL_TIMESTAMP_DIGITS = 3 };

/* A field of the order says in its cancel, too, what is meant. Groups stay out. */
static bool belongs(const struct dictionary *dictionary, uint32_t tag)
{
    const struct dictionary_message *cancel =
        dictionary_message(dictionary, span_text(MSG_OrderCancelRequest));
    const struct dictionary_field *field = dictionary_field(dictionary, tag);
    ASSERT(cancel != NULL);
    if (field == NULL || field->internal || field->paired) {
        return false;
    }
    switch (tag) {
    case TAG_ClOrdID:
    case TAG_OrigClOrdID:
    case TAG_OrderID:
    case TAG_OrderQty:
    case TAG_TransactTime:
    case TAG_Text:
        return false;
    default:
        break;
    }
    const struct dictionary_member *member = dictionary_member(dictionary, cancel, tag);
    return member != NULL && member->group == 0 && !member->forbidden;
}

struct span order_cancel_fields(struct engine *engine, const struct order *order,
                                struct decimal quantity)
{
    const struct dictionary *dictionary = engine->config->dictionary;
    struct message message;
    struct builder whole;
    builder_init(&whole, engine->scratch_body, sizeof(engine->scratch_body));
    builder_text(&whole, TAG_MsgType, MSG_NewOrderSingle);
    builder_raw(&whole, order->body);
    message_init(&message, engine->fields_other, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index_unframed(&message, builder_fields(&whole), dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);

    struct builder body;
    builder_init(&body, engine->scratch_request, sizeof(engine->scratch_request));
    for (uint32_t index = 0; index < message.count; index++) {
        const struct field *field = &message.fields[index];
        if (belongs(dictionary, field->tag)) {
            builder_span(&body, field->tag, field_value(&message, field));
        }
    }
    builder_decimal(&body, TAG_OrderQty, quantity);
    builder_timestamp(&body, TAG_TransactTime, engine->now_ns, CANCEL_TIMESTAMP_DIGITS);
    return builder_fields(&body);
}

void order_cancel_by_us(struct engine *engine, struct order *order, struct name *name)
{
    ASSERT(order->pending == 0 && !order_is_terminal(order->state));
    *name = name_make(engine->config->instance_id, NAME_CANCEL, engine->counters.attempt);
    engine->counters.attempt += 1;
    engine->counters_changed = true;
    uint8_t root[ORDER_KEY_BYTES_MAX];
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order_request request = {
        .order_key = order_key(root, order->client, order->cl_ord_id),
        .kind = 'F',
        .body = order_cancel_fields(engine, order, order->attempt_quantity),
    };
    order_request_save(&engine->view, order_key(key, order->client, name_span(name)), &request,
                       engine->scratch_record);
    order->pending = 'F';
    order->pending_sent = false;
    order->pending_id = name_span(name);
    order->pending_attempt_id = span_of(NULL, 0);
    queue_place_request(engine, order);
}
