#include "gateway/core/executions.h"

#include "fix/tags.h"
#include "gateway/core/attempts.h"
#include "gateway/core/names.h"
#include "gateway/core/record.h"
#include "gateway/core/report.h"

enum {
    EXECUTION_VERSION = 1,
    EXECUTION_KEY_BYTES_MAX = ENGINE_NAME_BYTES_MAX + ENGINE_EXEC_ID_BYTES_MAX + NAME_BYTES_MAX + 2,
    EXECUTION_RECORD_BYTES_MAX = 256,
    BUSINESS_REJECT_UNSUPPORTED_TYPE = 3,
};

/* A report in hand: the broker's message, and the order it is about. */
struct incoming {
    struct link *link;
    const struct message *message;
    struct attempt attempt;
    struct order order;
};

static struct span broker_of(const struct engine *engine, const struct link *link)
{
    return span_text(engine->config->brokers[link->config->broker].name);
}

static void alert_about(struct engine *engine, const struct link *link,
                        const struct message *message, const char *what)
{
    struct text text = {.size = 0};
    text_add_span(&text, broker_of(engine, link));
    text_add(&text, ": ");
    text_add(&text, what);
    text_add(&text, "; MsgType=");
    text_add_span(&text, message_type(message));
    text_add(&text, " MsgSeqNum=");
    text_add_span(&text, message_value(message, TAG_MsgSeqNum));
    text_add(&text, " ClOrdID=");
    text_add_span(&text, message_value(message, TAG_ClOrdID));
    text_add(&text, " ExecID=");
    text_add_span(&text, message_value(message, TAG_ExecID));
    bus_alert(engine, "warning", broker_of(engine, link), message_value(message, TAG_ClOrdID),
              text_span(&text));
}

/* --- Each execution once -------------------------------------------------------- */

/* ExecIDs are unique per broker and day only; the attempt makes them so for ever. */
static struct span execution_key(uint8_t key[EXECUTION_KEY_BYTES_MAX], struct span broker,
                                 struct span exec_id, struct span attempt_id)
{
    struct record_writer writer = record_writer_on(key, EXECUTION_KEY_BYTES_MAX);
    record_put_bytes(&writer, broker);
    record_put_u8(&writer, 0);
    record_put_bytes(&writer, exec_id);
    record_put_u8(&writer, 0);
    record_put_bytes(&writer, attempt_id);
    return record_written(&writer);
}

static bool execution_load(const struct engine *engine, struct span key, struct execution *out)
{
    struct span value;
    if (!view_get(&engine->view, TABLE_EXEC, key, &value)) {
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

static void execution_save(struct engine *engine, struct span key,
                           const struct execution *execution)
{
    uint8_t record[EXECUTION_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, EXECUTION_VERSION);
    record_put_span(&writer, execution->order_key);
    record_put_u64(&writer, execution->bus_seq);
    record_put_i64(&writer, execution->quantity.units);
    record_put_i64(&writer, execution->price.units);
    record_put_u8(&writer, execution->reversed);
    view_put(&engine->view, TABLE_EXEC, key, record_written(&writer));
}

/* Sent, and nothing is known of what became of it. */
static bool awaits_word(const struct order *order)
{
    return order->state == ORDER_SENT || order->state == ORDER_IN_DOUBT ||
           order->state == ORDER_DEAD_LETTER;
}

/* --- The order's state ---------------------------------------------------------- */

static void become(struct engine *engine, struct incoming *in, enum order_state state,
                   struct span reason)
{
    struct order *order = &in->order;
    bool ended = order_is_terminal(order->state);
    if (order->state != state && !order_may_become(order->state, state)) {
        alert_about(engine, in->link, in->message, "report does not fit the order's state");
        return;
    }
    if (order->state == ORDER_DEAD_LETTER) {
        view_delete(&engine->view, TABLE_DEADLETTER, in->attempt.order_key);
    }
    order_become(order, state, engine->now_ns, reason);
    if (!ended && order_is_terminal(state)) {
        attempt_ended(engine, order);
    } else if (ended && !order_is_terminal(state)) {
        attempt_reopened(engine, order);
    }
}

/* Where the fills so far put it. A cancelled order stays so until it is full. */
static void become_by_fills(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    int against_quantity = decimal_compare(order->cum_quantity, order->terms.quantity);
    if (against_quantity > 0) {
        alert_about(engine, in->link, in->message, "more executed than ordered");
    }
    if (against_quantity >= 0) {
        become(engine, in, ORDER_FILLED, span_of(NULL, 0));
    } else if (order->state != ORDER_CANCELLED && order->state != ORDER_EXPIRED) {
        become(engine, in, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
               span_of(NULL, 0));
    }
}

/* The OMS's ClOrdID that a report answers, and the one before it. */
static void report_ids(const struct incoming *in, struct report *report)
{
    bool of_pending = in->attempt.kind != 'D' && in->order.pending == in->attempt.kind &&
                      span_equal(in->attempt.request_id, in->order.pending_id);
    report->cl_ord_id = of_pending ? in->order.pending_id : in->order.cl_ord_id_now;
    report->orig_cl_ord_id = of_pending ? in->order.cl_ord_id_now : span_of(NULL, 0);
}

/* The broker took the replace: the order is now what it asks for. */
static void replaced(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    if (order->pending != 'G' || in->attempt.kind != 'G') {
        alert_about(engine, in->link, in->message, "replaced, but no replace was asked for");
        return;
    }
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order other;
    struct order_request request;
    enum order_record found = order_load(
        &engine->view, order_key(key, order->client, order->pending_id), &other, &request);
    ASSERT(found == ORDER_RECORD_REQUEST);
    order->terms = request.terms;
    order->body = request.body;
    order->cl_ord_id_now = order->pending_id;
    order->attempt_id_now = order->pending_attempt_id;
    order_pending_done(order);
    become_by_fills(engine, in);
}

/* --- Fills, busts, corrections --------------------------------------------------- */

static bool add_fill(struct order *order, struct decimal quantity, struct decimal price, int sign)
{
    struct decimal cum;
    struct decimal_sum notional = order->notional;
    enum decimal_result result = sign > 0 ? decimal_add(order->cum_quantity, quantity, &cum)
                                          : decimal_sub(order->cum_quantity, quantity, &cum);
    if (result != DECIMAL_OK || decimal_sum_add(&notional, price, quantity, sign) != DECIMAL_OK) {
        return false;
    }
    order->cum_quantity = cum;
    order->notional = notional;
    return true;
}

static bool read_fill(const struct message *message, struct execution *execution)
{
    return message_decimal(message, TAG_LastQty, &execution->quantity) == VALUE_OK &&
           message_decimal(message, TAG_LastPx, &execution->price) == VALUE_OK &&
           execution->quantity.units > 0;
}

static void filled(struct engine *engine, struct incoming *in, struct execution *execution)
{
    if (!read_fill(in->message, execution) ||
        !add_fill(&in->order, execution->quantity, execution->price, 1)) {
        alert_about(engine, in->link, in->message, "fill without a usable LastQty(32), LastPx(31)");
        execution->quantity = decimal_zero();
        return;
    }
    become_by_fills(engine, in);
    struct decimal cum;
    if (in->order.attempts == 1 && message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
        decimal_compare(cum, in->order.cum_quantity) != 0) {
        alert_about(engine, in->link, in->message,
                    "CumQty(14) is not the sum of the fills we know");
    }
}

/* Trade cancel (H) and trade correct (G): takes the fill of ExecRefID(19) back;
 * a correction brings its own figures instead. */
static void reversed(struct engine *engine, struct incoming *in, struct execution *execution,
                     struct name *exec_ref_id)
{
    struct span reference = message_value(in->message, TAG_ExecRefID);
    uint8_t key[EXECUTION_KEY_BYTES_MAX];
    struct execution before;
    if (reference.size == 0 || reference.size > ENGINE_EXEC_ID_BYTES_MAX) {
        alert_about(engine, in->link, in->message, "bust or correction without ExecRefID(19)");
        return;
    }
    struct span before_key = execution_key(key, in->order.broker, reference, in->order.attempt_id);
    if (!execution_load(engine, before_key, &before) || before.reversed ||
        !add_fill(&in->order, before.quantity, before.price, -1)) {
        alert_about(engine, in->link, in->message, "ExecRefID(19) is no fill that we know");
        return;
    }
    *exec_ref_id = name_make(engine->config->instance_id, NAME_EXECUTION, before.bus_seq);
    before.reversed = true;
    execution_save(engine, before_key, &before);
    if (message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE_CORRECT) {
        filled(engine, in, execution);
    } else {
        become_by_fills(engine, in);
    }
}

/* --- Execution reports ------------------------------------------------------------ */

static void apply_report(struct engine *engine, struct incoming *in, struct execution *execution,
                         struct name *exec_ref_id)
{
    struct span text = message_value(in->message, TAG_Text);
    struct order *order = &in->order;
    switch (message_value(in->message, TAG_ExecType).data[0]) {
    case ExecType_NEW:
    case ExecType_PENDING_NEW:
        if (awaits_word(order)) {
            become(engine, in, ORDER_ACKED, span_of(NULL, 0));
        }
        return;
    case ExecType_TRADE:
        filled(engine, in, execution);
        return;
    case ExecType_TRADE_CANCEL:
    case ExecType_TRADE_CORRECT:
        reversed(engine, in, execution, exec_ref_id);
        return;
    case ExecType_CANCELED:
        become(engine, in, ORDER_CANCELLED, text);
        order_pending_done(order);
        return;
    case ExecType_REPLACED:
        replaced(engine, in);
        return;
    case ExecType_REJECTED:
        become(engine, in, ORDER_REJECTED, text);
        order_pending_done(order);
        return;
    case ExecType_EXPIRED:
        become(engine, in, ORDER_EXPIRED, text);
        order_pending_done(order);
        return;
    default:
        /* Status, suspended, done for day and the like change nothing here: they
         * are passed on. Any of them proves that the broker has the order, unless
         * it says that it does not know it (OrdStatus 8). */
        if (awaits_word(order) && !span_is(message_value(in->message, TAG_OrdStatus), "8")) {
            become(engine, in, ORDER_ACKED, span_of(NULL, 0));
        }
        return;
    }
}

/* The order that the message's ClOrdID(11), or else OrigClOrdID(41), names. */
static bool find_order(struct engine *engine, struct incoming *in, struct span id,
                       struct span other_id)
{
    struct order_request request;
    if (!attempt_load(engine, id, &in->attempt) && !attempt_load(engine, other_id, &in->attempt)) {
        return false;
    }
    enum order_record found =
        order_load(&engine->view, in->attempt.order_key, &in->order, &request);
    ASSERT(found == ORDER_RECORD_ORDER);
    return span_equal(in->order.broker, broker_of(engine, in->link));
}

static void execution_report(struct engine *engine, struct link *link,
                             const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    struct span exec_id = message_value(message, TAG_ExecID);
    struct span exec_type = message_value(message, TAG_ExecType);
    if (!find_order(engine, &in, message_value(message, TAG_ClOrdID),
                    message_value(message, TAG_OrigClOrdID))) {
        alert_about(engine, link, message, "report of an order that we did not send there");
        return;
    }
    if (exec_type.size == 0 || exec_id.size == 0 || exec_id.size > ENGINE_EXEC_ID_BYTES_MAX) {
        alert_about(engine, link, message, "report without a usable ExecType(150), ExecID(17)");
        return;
    }
    uint8_t key_bytes[EXECUTION_KEY_BYTES_MAX];
    struct span key = execution_key(key_bytes, in.order.broker, exec_id, in.order.attempt_id);
    struct execution execution;
    bool is_status = exec_type.data[0] == ExecType_ORDER_STATUS;
    if (!is_status && execution_load(engine, key, &execution)) {
        return; /* Told again: it has been taken. */
    }
    execution =
        (struct execution){.order_key = in.attempt.order_key, .bus_seq = engine->counters.bus_seq};
    struct report report = {.exec_type = (char)exec_type.data[0], .source = message};
    struct name exec_ref_id = {.text = ""};
    report_ids(&in, &report);
    attempt_acknowledged(engine, &in.order);
    if (message_value(message, TAG_OrderID).size > 0 &&
        message_value(message, TAG_OrderID).size <= ENGINE_EXEC_ID_BYTES_MAX) {
        in.order.broker_order_id = message_value(message, TAG_OrderID);
    }
    apply_report(engine, &in, &execution, &exec_ref_id);
    report.exec_ref_id = name_span(&exec_ref_id);
    execution.bus_seq = engine->counters.bus_seq;
    if (!is_status) {
        execution_save(engine, key, &execution);
    }
    order_save(&engine->view, &in.order, engine->scratch_record);
    report_event(engine, &in.order, &report);
}

/* --- Rejects ----------------------------------------------------------------------- */

/* The broker refused a cancel or replace: the order goes on as it was. */
static void request_refused(struct engine *engine, struct incoming *in, int reason,
                            struct span text)
{
    struct order *order = &in->order;
    if (order->pending == 0 || !span_equal(in->attempt.request_id, order->pending_id)) {
        return; /* Told again. */
    }
    struct cancel_reject reject = {
        .client = order->client,
        .cl_ord_id = order->pending_id,
        .orig_cl_ord_id = order->cl_ord_id_now,
        .response_to = order->pending == 'F' ? '1' : '2',
        .reason = reason,
        .text_span = text.size > 0 ? text : span_text("refused by the broker"),
    };
    order_pending_done(order);
    order_save(&engine->view, order, engine->scratch_record);
    cancel_reject_event(engine, order, &reject);
}

static void cancel_reject(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    int64_t reason;
    if (!find_order(engine, &in, message_value(message, TAG_ClOrdID), span_of(NULL, 0))) {
        alert_about(engine, link, message, "reject of a request that we did not send there");
        return;
    }
    if (message_int(message, TAG_CxlRejReason, &reason) != VALUE_OK || reason < 0 ||
        reason > INT32_MAX) {
        reason = 99;
    }
    request_refused(engine, &in, (int)reason, message_value(message, TAG_Text));
}

/* Reject(3) and BusinessMessageReject(j) name what they refuse by its number. */
static void message_refused(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    struct out_record out = {.bytes = span_of(NULL, 0)};
    uint64_t ref_seq_num;
    if (message_uint(message, TAG_RefSeqNum, &ref_seq_num) != VALUE_OK ||
        !link_out_load(engine, link, ref_seq_num, &out) || out.attempt_id.size == 0 ||
        !find_order(engine, &in, out.attempt_id, span_of(NULL, 0))) {
        alert_about(engine, link, message, "reject of a message that is no order or request");
        return;
    }
    if (in.attempt.kind != 'D') {
        request_refused(engine, &in, 99, message_value(message, TAG_Text));
        return;
    }
    if (!awaits_word(&in.order)) {
        return; /* It has the order after all, or told this before. */
    }
    attempt_acknowledged(engine, &in.order);
    become(engine, &in, ORDER_REJECTED, message_value(message, TAG_Text));
    order_save(&engine->view, &in.order, engine->scratch_record);
    struct report report = {
        .exec_type = ExecType_REJECTED, .cl_ord_id = in.order.cl_ord_id_now, .source = message};
    report_event(engine, &in.order, &report);
}

/* --- Drop copies and the rest ------------------------------------------------------- */

/* What the broker's drop-copy session says, as it says it: DC.<broker>. */
static void drop_copy(struct engine *engine, struct link *link, const struct message *message)
{
    struct builder builder;
    char msg_type[8];
    span_to_text(message_type(message), msg_type, sizeof(msg_type));
    bus_begin(engine, &builder, msg_type, span_of(NULL, 0));
    for (uint32_t index = 0; index < message->count; index++) {
        const struct field *field = &message->fields[index];
        const struct dictionary_field *known =
            dictionary_field(engine->config->dictionary, field->tag);
        if (known == NULL || !(known->in_header || known->in_trailer || known->internal)) {
            builder_span(&builder, field->tag, field_value(message, field));
        }
    }
    builder_span(&builder, TAG_Broker, broker_of(engine, link));
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("DC", broker_of(engine, link), span_of(NULL, 0));
    bus_end(engine, &builder, text_span(&topic));
}

void executions_receive(struct engine *engine, struct link *link, const struct message *message)
{
    struct span msg_type = message_type(message);
    if (link->config->role != ROLE_ORDERS) {
        if (span_is(msg_type, MSG_ExecutionReport)) {
            drop_copy(engine, link, message);
        }
        return;
    }
    if (span_is(msg_type, MSG_ExecutionReport)) {
        execution_report(engine, link, message);
    } else if (span_is(msg_type, MSG_OrderCancelReject)) {
        cancel_reject(engine, link, message);
    } else if (span_is(msg_type, MSG_BusinessMessageReject) || span_is(msg_type, MSG_Reject)) {
        message_refused(engine, link, message);
    } else {
        session_business_reject(&link->session, engine->now_ns, message,
                                BUSINESS_REJECT_UNSUPPORTED_TYPE, "not handled by this gateway",
                                &engine->effects);
    }
}
