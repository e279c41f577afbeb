#include "gateway/core/orders/attempts.h"

#include "fix/tags.h"
#include "fix/validate.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/engine/names.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/moves.h"
#include "gateway/core/routing/routing.h"

enum {
    ATTEMPT_VERSION = 2,
    ATTEMPT_VERSION_NO_DECISION = 1,
    ATTEMPT_RECORD_BYTES_MAX = 1024 + DECISION_RECORD_BYTES_MAX,
};

bool attempt_load(const struct engine *engine, struct span attempt_id, struct attempt *out)
{
    struct span value;
    if (attempt_id.size == 0 || attempt_id.size > NAME_BYTES_MAX ||
        !view_get(&engine->view, TABLE_ATTEMPT, attempt_id, &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->kind = (char)record_get_u8(&reader);
    out->order_key = record_get_span(&reader);
    out->request_id = record_get_span(&reader);
    out->decision = span_of(NULL, 0);
    out->session_id = span_of(NULL, 0);
    out->root = attempt_id;
    out->seq = 0;
    out->resets = 0;
    if (version != ATTEMPT_VERSION_NO_DECISION) {
        out->decision = record_get_span(&reader);
        out->session_id = record_get_span(&reader);
        struct span root = record_get_span(&reader);
        out->root = root.size > 0 ? root : attempt_id;
        out->seq = record_get_u64(&reader);
        out->resets = record_get_u32(&reader);
    }
    ASSERT(version == ATTEMPT_VERSION || version == ATTEMPT_VERSION_NO_DECISION);
    ASSERT(record_done(&reader));
    return true;
}

void attempt_save(struct engine *engine, struct span attempt_id, const struct attempt *attempt)
{
    uint8_t record[ATTEMPT_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, ATTEMPT_VERSION);
    record_put_u8(&writer, (uint8_t)attempt->kind);
    record_put_span(&writer, attempt->order_key);
    record_put_span(&writer, attempt->request_id);
    record_put_span(&writer, attempt->decision);
    record_put_span(&writer, attempt->session_id);
    record_put_span(&writer, attempt->root);
    record_put_u64(&writer, attempt->seq);
    record_put_u32(&writer, attempt->resets);
    view_put_new(&engine->view, TABLE_ATTEMPT, attempt_id, record_written(&writer));
}

/* A new broker-facing ClOrdID, kept in the order's own memory. */
static struct span next_attempt_id(struct engine *engine, struct order *order)
{
    order->made = name_make(engine->config->instance_id, NAME_ATTEMPT, engine->counters.attempt);
    engine->counters.attempt += 1;
    engine->counters_changed = true;
    return name_span(&order->made);
}

static void no_evidence(struct order *order)
{
    order->evidence = EVIDENCE_NONE;
    order->evidence_ns = 0;
    order->asked_ns = 0;
    order->asked_count = 0;
    order->doubt_told = false;
    order->vouched = false;
}

static const char *broker_name(const struct engine *engine, const struct link *link)
{
    return engine->config->brokers[link->config->broker].name;
}

/* --- What goes out ------------------------------------------------------------------ */

/* The client's fields, with another OrderQty(38) where a part of the order is not for this
 * broker. */
static void add_fields(struct engine *engine, struct builder *builder, struct span body,
                       struct decimal quantity)
{
    struct message message;
    message_init(&message, engine->fields_other, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index_unframed(&message, body, engine->config->dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
    for (uint32_t index = 0; index < message.count; index++) {
        const struct field *field = &message.fields[index];
        if (field->tag == TAG_OrderQty) {
            builder_decimal(builder, TAG_OrderQty, quantity);
        } else {
            size_t size = field->value + field->size + 1 - field->start;
            builder_raw(builder, span_of(body.data + field->start, size));
        }
    }
}

/* An order is never changed by us: side, symbol, account, type, price, time in force as they
 * came in, and of the quantity what is left. */
static void assert_as_asked(struct engine *engine, const struct order *order, struct span body)
{
    const struct order_terms *terms = &order->terms;
    struct message message;
    message_init(&message, engine->fields_other, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index_unframed(&message, body, engine->config->dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
    struct decimal quantity;
    struct decimal price;
    enum value_result has_quantity = message_decimal(&message, TAG_OrderQty, &quantity);
    enum value_result has_price = message_decimal(&message, TAG_Price, &price);
    struct span type = message_value(&message, TAG_OrdType);
    struct span time_in_force = message_value(&message, TAG_TimeInForce);
    struct span side = message_value(&message, TAG_Side);
    ASSERT(span_equal(message_value(&message, TAG_Symbol), order->symbol));
    ASSERT(span_equal(message_value(&message, TAG_Account), order->account));
    ASSERT(side.size == 1 && side.data[0] == (uint8_t)order->side);
    ASSERT(type.size == 1 && type.data[0] == (uint8_t)terms->ord_type);
    ASSERT((time_in_force.size == 0 ? '0' : time_in_force.data[0]) ==
           (uint8_t)terms->time_in_force);
    ASSERT((has_price == VALUE_OK) == terms->has_price);
    ASSERT(!terms->has_price || decimal_compare(price, terms->price) == 0);
    ASSERT(has_quantity == VALUE_OK);
    ASSERT(decimal_compare(quantity, order->attempt_quantity) == 0);
}

static bool body_has(struct engine *engine, struct span body, uint32_t tag)
{
    struct message message;
    message_init(&message, engine->fields_other, FIX_FIELDS_MAX);
    return message_index_unframed(&message, body, engine->config->dictionary) == FRAME_FAULT_NONE &&
           message_find(&message, tag) != NULL;
}

/* The body of a new order, in scratch_body. */
static struct span order_body(struct engine *engine, const struct order *order)
{
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    builder_span(&body, TAG_ClOrdID, order->attempt_id);
    /* A replace may have left it out: it is the order's all the same. */
    bool replaced = !span_equal(order->cl_ord_id_now, order->cl_ord_id);
    if (replaced && order->account.size > 0 && !body_has(engine, order->body, TAG_Account)) {
        builder_span(&body, TAG_Account, order->account);
    }
    if (decimal_compare(order->attempt_quantity, order->terms.quantity) == 0) {
        builder_raw(&body, order->body);
    } else {
        add_fields(engine, &body, order->body, order->attempt_quantity);
    }
    struct span fields = builder_fields(&body);
    assert_as_asked(engine, order, fields);
    return fields;
}

void attempt_send(struct engine *engine, struct order *order, struct link *link)
{
    ASSERT(link_can_send(engine, link, LINK_NEW));
    ASSERT(order->pending == 0);
    uint8_t key_bytes[ORDER_KEY_BYTES_MAX];
    struct span key = order_key(key_bytes, order->client, order->cl_ord_id);

    order_become(order, ORDER_ROUTED, engine->now_ns, span_of(NULL, 0));
    struct span attempt_id = next_attempt_id(engine, order);
    order->attempts += 1;
    order->attempt_number = engine->counters.attempt - 1;
    order->attempt_resets = link->session.resets;
    order->broker = span_text(broker_name(engine, link));
    order->session_id = span_text(link->config->id);
    order->attempt_id = attempt_id;
    order->attempt_id_now = attempt_id;
    order->broker_order_id = span_of(NULL, 0);
    order->attempt_quantity = order_leaves(order);
    order->elsewhere = order->cum_quantity;
    ASSERT(order->attempt_quantity.units > 0);
    move_done(engine, order);
    no_evidence(order);
    order->left = false;
    order->unacked = true;
    order->attempt_seq =
        link_send(engine, link, MSG_NewOrderSingle, order_body(engine, order), attempt_id);
    order_become(order, ORDER_SENT, engine->now_ns, span_of(NULL, 0));

    uint8_t decision[DECISION_RECORD_BYTES_MAX];
    attempt_save(engine, attempt_id,
                 &(struct attempt){.kind = 'D',
                                   .order_key = key,
                                   .request_id = order->cl_ord_id_now,
                                   .session_id = order->session_id,
                                   .seq = order->attempt_seq,
                                   .resets = order->attempt_resets,
                                   .decision = routing_record(engine, order, decision)});
    view_put_new(&engine->view, TABLE_LIVE, key, attempt_id);
    link_open_add(engine, order->session_id, 1);
    order_limits_broker_sent(engine, link->config->broker);
    doubt_add(engine, link, order->attempt_number, key);
    order_save(&engine->view, order, engine->scratch_record);
    bus_order_event(engine, order);
}

struct decimal attempt_quantity_of(const struct order *order, struct decimal replaced)
{
    struct decimal more;
    struct decimal quantity;
    if (decimal_sub(replaced, order->terms.quantity, &more) != DECIMAL_OK ||
        decimal_add(order->attempt_quantity, more, &quantity) != DECIMAL_OK) {
        return replaced;
    }
    return quantity;
}

/* OrderQty(38) of a cancel or replace: the broker has the attempt's part of the order only. */
static struct decimal quantity_there(const struct order *order, const struct order_request *request)
{
    return request->kind == 'F' ? order->attempt_quantity
                                : attempt_quantity_of(order, request->terms.quantity);
}

void attempt_send_request(struct engine *engine, struct order *order, struct link *link)
{
    ASSERT(link_can_send(engine, link, LINK_CHANGE));
    ASSERT(order->pending != 0 && !order->pending_sent);
    uint8_t key_bytes[ORDER_KEY_BYTES_MAX];
    uint8_t request_key_bytes[ORDER_KEY_BYTES_MAX];
    struct span key = order_key(key_bytes, order->client, order->cl_ord_id);
    struct span request_key = order_key(request_key_bytes, order->client, order->pending_id);
    struct order_request request;
    if (!order_request_follow(&engine->view, request_key, &request)) {
        return;
    }

    struct span attempt_id = next_attempt_id(engine, order);
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    builder_span(&body, TAG_ClOrdID, attempt_id);
    builder_span(&body, TAG_OrigClOrdID, order->attempt_id_now);
    if (order->broker_order_id.size > 0) {
        builder_span(&body, TAG_OrderID, order->broker_order_id);
    }
    if (decimal_compare(order->attempt_quantity, order->terms.quantity) == 0) {
        builder_raw(&body, request.body);
    } else {
        add_fields(engine, &body, request.body, quantity_there(order, &request));
    }
    const char *msg_type =
        order->pending == 'F' ? MSG_OrderCancelRequest : MSG_OrderCancelReplaceRequest;
    uint64_t seq = link_send(engine, link, msg_type, builder_fields(&body), attempt_id);

    order->pending_sent = true;
    order->pending_attempt_id = attempt_id;
    attempt_save(engine, attempt_id,
                 &(struct attempt){.kind = order->pending,
                                   .order_key = key,
                                   .request_id = order->pending_id,
                                   .session_id = order->session_id,
                                   .root = order->attempt_id,
                                   .seq = seq,
                                   .resets = link->session.resets});
    order_save(&engine->view, order, engine->scratch_record);
}

void attempt_acknowledged(struct engine *engine, struct order *order)
{
    if (!order->unacked) {
        return;
    }
    struct link *link = link_find(engine, order->session_id);
    if (order->state == ORDER_IN_DOUBT && link != NULL) {
        ASSERT(link->in_doubt_count > 0);
        link->in_doubt_count -= 1; /* Whatever it becomes now. */
    }
    doubt_remove(engine, order->session_id, order->attempt_number);
    order->unacked = false;
    if (order->evidence == EVIDENCE_NOT_RECEIVED && link != NULL) {
        link->could_send_change = false; /* It held back what waits: that it can go is news. */
    }
    no_evidence(order);
}

void attempt_ended(struct engine *engine, const struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_LIVE, order_key(key, order->client, order->cl_ord_id));
    link_open_add(engine, order->session_id, -1);
}

bool attempt_is_live(const struct engine *engine, const struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct span live;
    return order->attempt_id.size > 0 &&
           view_get(&engine->view, TABLE_LIVE, order_key(key, order->client, order->cl_ord_id),
                    &live) &&
           span_equal(live, order->attempt_id);
}

void attempt_give_up(struct engine *engine, struct order *order)
{
    if (!attempt_is_live(engine, order)) {
        return;
    }
    failover_canary_died(engine, order);
    attempt_acknowledged(engine, order);
    attempt_ended(engine, order);
    order->left = true;
}

void attempt_ask_status(struct engine *engine, struct order *order, struct link *link)
{
    ASSERT(link_can_send(engine, link, LINK_CHANGE));
    ASSERT(span_is(order->session_id, link->config->id));
    /* Not the attempt's own name: a reject of the question is none of the order. */
    struct text tag = {.size = 0};
    text_add_span(text_add(&tag, ATTEMPT_QUESTION), order->attempt_id_now);
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    if (order->broker_order_id.size > 0) {
        builder_span(&body, TAG_OrderID, order->broker_order_id);
    }
    builder_span(&body, TAG_ClOrdID, order->attempt_id_now);
    builder_span(&body, TAG_Symbol, order->symbol);
    builder_span(&body, TAG_Side, span_of((const uint8_t *)&order->side, 1));
    (void)link_send(engine, link, MSG_OrderStatusRequest, builder_fields(&body), text_span(&tag));
    order->asked_ns = engine->now_ns;
    order->asked_count += 1;
    order_save(&engine->view, order, engine->scratch_record);
}

bool attempt_is_question(struct span tag)
{
    static const char question[] = ATTEMPT_QUESTION;
    return tag.size >= sizeof(question) - 1 &&
           memcmp(tag.data, question, sizeof(question) - 1) == 0;
}

struct span attempt_asked(struct span tag)
{
    size_t skipped = sizeof(ATTEMPT_QUESTION) - 1;
    ASSERT(attempt_is_question(tag));
    return span_of(tag.data + skipped, tag.size - skipped);
}

void attempt_reopened(struct engine *engine, const struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    view_put_new(&engine->view, TABLE_LIVE, order_key(key, order->client, order->cl_ord_id),
                 order->attempt_id);
    link_open_add(engine, order->session_id, 1);
}

bool attempt_fits(struct engine *engine, const struct order *order, const struct link *link,
                  struct text *fault)
{
    const struct session_config *fix = &link->config->fix;
    if (fix->dictionary == NULL) {
        return true;
    }
    struct builder fields;
    builder_init(&fields, engine->scratch_body, sizeof(engine->scratch_body));
    builder_text(&fields, TAG_MsgType, MSG_NewOrderSingle);
    builder_text(&fields, TAG_ClOrdID, "1");
    builder_raw(&fields, order->body);

    struct message message;
    message_init(&message, engine->fields_other, FIX_FIELDS_MAX);
    enum frame_fault indexed =
        message_index_unframed(&message, builder_fields(&fields), fix->dictionary);
    ASSERT(indexed == FRAME_FAULT_NONE);
    struct validate_fault invalid = validate_body(fix->dictionary, &fix->validate, &message);
    if (invalid.reason == REJECT_NONE) {
        return true;
    }
    fault->size = 0;
    text_add(fault, broker_name(engine, link));
    text_add(fault, " does not take it: ");
    const struct dictionary_field *field =
        dictionary_field(engine->config->dictionary, invalid.tag);
    text_add(fault, field != NULL ? field->name : "tag");
    text_add(text_add_uint(text_add(fault, "("), invalid.tag), "): ");
    text_add(fault, session_reject_reason_text(invalid.reason));
    return false;
}
