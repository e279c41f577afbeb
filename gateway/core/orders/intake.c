#include "gateway/core/orders/intake.h"

#include "fix/tags.h"
#include "fix/validate.h"
#include "gateway/core/engine/hash.h"
#include "gateway/core/limits/order_limits.h"
#include "gateway/core/orders/queue.h"
#include "gateway/core/routing/routing.h"

/* BusinessRejectReason(380) */
enum { BUSINESS_REJECT_UNSUPPORTED_TYPE = 3 };

void intake_name_field(const struct engine *engine, uint32_t tag, struct text *text)
{
    const struct dictionary_field *field = dictionary_field(engine->config->dictionary, tag);
    text_add(text, field != NULL ? field->name : "tag ");
    if (field != NULL) {
        text_add(text, "(");
    }
    text_add_uint(text, tag);
    text_add(text, field != NULL ? "): " : ": ");
}

static void reject_field(struct engine *engine, const struct request *request, uint32_t tag,
                         int reason, const char *what)
{
    struct text text = {.size = 0};
    if (tag != 0) {
        intake_name_field(engine, tag, &text);
    }
    text_add(&text, what);
    reject_reply(engine, request->route, request->client, tag, message_type(&request->message),
                 reason, &text);
}

/* --- What a request says ------------------------------------------------------ */

/* Keeps what a broker is to see, and hashes what was asked. TransactTime(60) is
 * left out of the hash: a client that asks again may state a new one. */
static void read_body(struct engine *engine, struct request *request)
{
    const struct message *message = &request->message;
    struct builder body;
    builder_init(&body, engine->scratch_request, sizeof(engine->scratch_request));
    request->content = HASH_SEED;
    request->same = HASH_SEED;
    for (uint32_t index = 0; index < message->count; index++) {
        const struct field *field = &message->fields[index];
        const struct dictionary_field *known =
            dictionary_field(engine->config->dictionary, field->tag);
        if (known != NULL && (known->in_header || known->in_trailer)) {
            continue;
        }
        if (field->tag != TAG_TransactTime) {
            struct span value = field_value(message, field);
            request->content = hash_bytes(request->content ^ field->tag, value);
            request->same = field->tag != TAG_ClOrdID
                                ? hash_bytes(request->same ^ field->tag, value)
                                : request->same;
        }
        bool ours = field->tag == TAG_ClOrdID || field->tag == TAG_OrigClOrdID ||
                    field->tag == TAG_OrderID || (known != NULL && known->internal);
        if (!ours) {
            builder_span(&body, field->tag, field_value(message, field));
        }
    }
    request->body = builder_fields(&body);
}

bool intake_find_order(struct engine *engine, struct span client, struct span cl_ord_id,
                       struct order *order)
{
    if (cl_ord_id.size == 0 || cl_ord_id.size > ENGINE_CL_ORD_ID_BYTES_MAX) {
        return false;
    }
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order_request request;
    enum order_record found =
        order_load(&engine->view, order_key(key, client, cl_ord_id), order, &request);
    if (found == ORDER_RECORD_REQUEST) {
        return order_follow(&engine->view, request.order_key, order);
    }
    return found == ORDER_RECORD_ORDER;
}

/* --- New orders --------------------------------------------------------------- */

static void refuse_order(struct engine *engine, const struct request *request, int reason,
                         const struct text *text)
{
    order_reject_reply(engine, request->route, request->client, &request->message,
                       ExecType_REJECTED, reason, text);
}

/* The same ClOrdID again: the present state for the same content, else a reject. */
static bool answer_repetition(struct engine *engine, const struct request *request)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order order;
    struct order_request other;
    enum order_record found = order_load(
        &engine->view, order_key(key, request->client, request->cl_ord_id), &order, &other);
    if (found == ORDER_RECORD_NONE) {
        return false;
    }
    if (found == ORDER_RECORD_ORDER && order.content == request->content) {
        report_reply(
            engine, request->route, &order,
            &(struct report){.exec_type = ExecType_ORDER_STATUS, .cl_ord_id = request->cl_ord_id});
        return true;
    }
    struct text text = {.size = 0};
    intake_name_field(engine, TAG_ClOrdID, &text);
    text_add(&text, "already used for another request; give each request its own");
    refuse_order(engine, request, ORD_REJ_DUPLICATE, &text);
    return true;
}

static bool may_take_orders(const struct engine *engine, struct text *fault)
{
    if (engine->space_low) {
        text_add(fault, "intake is stopped: the gateway's disk is nearly full");
        return false;
    }
    if (engine->stopping) {
        text_add(fault, "intake is stopped: the gateway is shutting down");
        return false;
    }
    return true;
}

/* From here on the order counts as open. */
static bool within_limits(struct engine *engine, const struct order *order, uint64_t same,
                          int *reason, struct text *fault)
{
    struct limit_question question = {
        .parties = {.client = order->client, .account = order->account, .symbol = order->symbol},
        .cl_ord_id = order->cl_ord_id,
        .currency = order->currency,
        .side = order->side,
        .terms = &order->terms,
        .content = order->content,
        .same = same,
        .is_new = true,
    };
    return order_limits_check(engine, &question, reason, fault);
}

static void take_order(struct engine *engine, const struct request *request,
                       const struct order_terms *terms)
{
    const struct message *message = &request->message;
    struct order order = {
        .client = request->client,
        .cl_ord_id = request->cl_ord_id,
        .cl_ord_id_now = request->cl_ord_id,
        .number = engine->counters.order_number,
        .content = request->content,
        .state = ORDER_RECEIVED,
        .created_ns = engine->now_ns,
        .changed_ns = engine->now_ns,
        .symbol = message_value(message, TAG_Symbol),
        .account = message_value(message, TAG_Account),
        .currency = message_value(message, TAG_Currency),
        .side = (char)message_value(message, TAG_Side).data[0],
        .terms = *terms,
        .body = request->body,
    };
    struct text fault = {.size = 0};
    int reason = ORD_REJ_UNSUPPORTED;
    if (!routing_fits_any(engine, &order, &fault)) {
        refuse_order(engine, request, reason, &fault);
        return;
    }
    fault.size = 0;
    if (!within_limits(engine, &order, request->same, &reason, &fault)) {
        refuse_order(engine, request, reason, &fault);
        return;
    }
    engine->counters.order_number += 1;
    engine->counters_changed = true;
    queue_place(engine, &order);
    report_reply(
        engine, request->route, &order,
        &(struct report){.exec_type = ExecType_PENDING_NEW, .cl_ord_id = request->cl_ord_id});
}

static void new_order(struct engine *engine, struct request *request)
{
    if (answer_repetition(engine, request)) {
        return;
    }
    struct text fault = {.size = 0};
    struct order_terms terms;
    int reason = ORD_REJ_OTHER;
    if (!may_take_orders(engine, &fault) ||
        !intake_terms(engine, request, &terms, &reason, &fault)) {
        refuse_order(engine, request, reason, &fault);
        return;
    }
    take_order(engine, request, &terms);
}

static void order_status_request(struct engine *engine, const struct request *request)
{
    struct order order;
    if (!intake_find_order(engine, request->client, request->cl_ord_id, &order)) {
        struct text text = {.size = 0};
        intake_name_field(engine, TAG_ClOrdID, &text);
        text_add(&text, "unknown order");
        order_reject_reply(engine, request->route, request->client, &request->message,
                           ExecType_ORDER_STATUS, ORD_REJ_UNKNOWN_ORDER, &text);
        return;
    }
    report_reply(
        engine, request->route, &order,
        &(struct report){.exec_type = ExecType_ORDER_STATUS, .cl_ord_id = request->cl_ord_id});
}

/* --- Requests ----------------------------------------------------------------- */

/* The field at fault, or 0. Names are kept as keys and go into topics, so they
 * have limits of their own. */
static uint32_t bad_name(const struct request *request)
{
    if (request->client.size == 0 || request->client.size > ENGINE_NAME_BYTES_MAX ||
        memchr(request->client.data, 0, request->client.size) != NULL) {
        return TAG_SenderCompID;
    }
    if (request->cl_ord_id.size == 0 || request->cl_ord_id.size > ENGINE_CL_ORD_ID_BYTES_MAX ||
        memchr(request->cl_ord_id.data, 0, request->cl_ord_id.size) != NULL) {
        return TAG_ClOrdID;
    }
    return 0;
}

/* A request whose fields are wrong: the answer that FIX has for its type. */
static void reject_invalid(struct engine *engine, const struct request *request,
                           struct validate_fault fault)
{
    struct text text = {.size = 0};
    if (fault.tag != 0) {
        intake_name_field(engine, fault.tag, &text);
    }
    text_add(&text, session_reject_reason_text(fault.reason));
    if (span_is(message_type(&request->message), MSG_NewOrderSingle)) {
        refuse_order(engine, request, ORD_REJ_OTHER, &text);
        return;
    }
    reject_reply(engine, request->route, request->client, fault.tag,
                 message_type(&request->message), (int)fault.reason, &text);
}

static bool is_supported(struct span msg_type)
{
    return span_is(msg_type, MSG_NewOrderSingle) || span_is(msg_type, MSG_OrderCancelRequest) ||
           span_is(msg_type, MSG_OrderCancelReplaceRequest) ||
           span_is(msg_type, MSG_OrderStatusRequest);
}

static void dispatch(struct engine *engine, struct request *request)
{
    switch (message_type(&request->message).data[0]) {
    case 'D':
        new_order(engine, request);
        return;
    case 'F':
    case 'G':
        amend_request(engine, request, (char)message_type(&request->message).data[0]);
        return;
    default:
        order_status_request(engine, request);
        return;
    }
}

void engine_request(struct engine *engine, struct span client, struct span route, struct span bytes)
{
    struct request request = {.route = route, .client = client};
    message_init(&request.message, engine->fields, FIX_FIELDS_MAX);
    if (bytes.size > ENGINE_REQUEST_BYTES_MAX ||
        message_index_unframed(&request.message, bytes, engine->config->dictionary) !=
            FRAME_FAULT_NONE) {
        engine_request_undecodable(engine, route,
                                   bytes.size > ENGINE_REQUEST_BYTES_MAX
                                       ? "request too long: 16384 bytes at most"
                                       : "not FIX: write tag=value fields, each ended by SOH");
        return;
    }
    if (request.client.size == 0) {
        request.client = message_value(&request.message, TAG_SenderCompID);
        if (request.client.data == NULL) {
            request.client = span_text("OMS");
        }
    }
    request.cl_ord_id = message_value(&request.message, TAG_ClOrdID);
    if (request.message.msg_type == request.message.count) {
        reject_field(engine, &request, TAG_MsgType, REJECT_REQUIRED_TAG_MISSING, "missing");
        return;
    }
    if (!is_supported(message_type(&request.message))) {
        struct text text = {.size = 0};
        intake_name_field(engine, TAG_MsgType, &text);
        text_add(&text, "not taken here; send D, F, G or H");
        business_reject_reply(engine, route, request.client, &request.message,
                              BUSINESS_REJECT_UNSUPPORTED_TYPE, &text);
        return;
    }
    uint32_t bad = bad_name(&request);
    if (bad != 0) {
        bool missing = message_value(&request.message, bad).data == NULL;
        reject_field(engine, &request, bad,
                     missing ? REJECT_REQUIRED_TAG_MISSING : REJECT_VALUE_OUT_OF_RANGE,
                     missing              ? "missing"
                     : bad == TAG_ClOrdID ? "empty, longer than 64 bytes, or with a NUL"
                                          : "empty, longer than 63 bytes, or with a NUL");
        return;
    }
    struct validate_options options = validate_options_default();
    struct validate_fault fault =
        validate_body(engine->config->dictionary, &options, &request.message);
    if (fault.reason != REJECT_NONE) {
        reject_invalid(engine, &request, fault);
        return;
    }
    /* The standard lets an order name its instrument in other ways; brokers,
     * topics and the routing go by Symbol(55). */
    if (message_value(&request.message, TAG_Symbol).size == 0) {
        reject_invalid(
            engine, &request,
            (struct validate_fault){.reason = REJECT_REQUIRED_TAG_MISSING, .tag = TAG_Symbol});
        return;
    }
    ASSERT(message_value(&request.message, TAG_Side).size == 1);
    read_body(engine, &request);
    dispatch(engine, &request);
}

void engine_request_undecodable(struct engine *engine, struct span route, const char *reason)
{
    struct text text = {.size = 0};
    text_add(&text, reason);
    reject_reply(engine, route, span_of(NULL, 0), 0, span_of(NULL, 0), REJECT_BAD_FORMAT, &text);
}
