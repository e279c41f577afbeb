#include "gateway/core/executions.h"

#include "fix/tags.h"
#include "gateway/core/execution.h"
#include "gateway/core/incoming.h"
#include "gateway/core/links.h"
#include "gateway/core/refusals.h"
#include "gateway/core/report.h"

/* BusinessRejectReason(380) */
enum { BUSINESS_REJECT_UNSUPPORTED_TYPE = 3 };

/* Where the fills so far put it. A cancelled order stays so until it is full. */
static void become_by_fills(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    int against_quantity = decimal_compare(order->cum_quantity, order->terms.quantity);
    if (against_quantity > 0) {
        incoming_alert(engine, in->link, in->message, "more executed than ordered");
    }
    if (against_quantity >= 0) {
        incoming_become(engine, in, ORDER_FILLED, span_of(NULL, 0));
    } else if (order->state != ORDER_CANCELLED && order->state != ORDER_EXPIRED) {
        incoming_become(engine, in, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
                        span_of(NULL, 0));
    }
}

/* It accepts a replace that was not accepted before: the one on its way as a rule, but also one
 * that counted as lost or refused, and that the broker has all the same. */
static bool accepts_replace(const struct incoming *in)
{
    struct span exec_type = message_value(in->message, TAG_ExecType);
    return exec_type.size == 1 && exec_type.data[0] == ExecType_REPLACED &&
           in->attempt.kind == 'G' && name_is_later(in->attempt_id, in->order.attempt_id_now);
}

/* The OMS's ClOrdID that a report answers, and the one before it. */
static void report_ids(const struct incoming *in, struct report *report)
{
    bool of_pending = in->attempt.kind != 'D' && in->order.pending == in->attempt.kind &&
                      span_equal(in->attempt.request_id, in->order.pending_id);
    bool answers = of_pending || accepts_replace(in);
    report->cl_ord_id = answers ? in->attempt.request_id : in->order.cl_ord_id_now;
    report->orig_cl_ord_id = answers ? in->order.cl_ord_id_now : span_of(NULL, 0);
}

/* The broker took the replace: the order is now what it asks for. */
static void replaced(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    if (!accepts_replace(in)) {
        incoming_alert(engine, in->link, in->message, "replaced, but no replace was asked for");
        return;
    }
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order_request request;
    if (!order_request_follow(&engine->view, order_key(key, order->client, in->attempt.request_id),
                              &request)) {
        return;
    }
    order->terms = request.terms;
    order->body = request.body;
    order->cl_ord_id_now = in->attempt.request_id;
    order->attempt_id_now = in->attempt_id;
    if (span_equal(order->pending_id, in->attempt.request_id)) {
        order_pending_done(order);
    }
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
        incoming_alert(engine, in->link, in->message,
                       "fill without a usable LastQty(32), LastPx(31)");
        execution->quantity = decimal_zero();
        return;
    }
    become_by_fills(engine, in);
    struct decimal cum;
    if (in->order.attempts == 1 && message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
        decimal_compare(cum, in->order.cum_quantity) != 0) {
        incoming_alert(engine, in->link, in->message,
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
        incoming_alert(engine, in->link, in->message, "bust or correction without ExecRefID(19)");
        return;
    }
    struct span before_key = execution_key(key, in->order.broker, reference, in->order.attempt_id);
    if (!execution_load(&engine->view, before_key, &before) || before.reversed ||
        !add_fill(&in->order, before.quantity, before.price, -1)) {
        incoming_alert(engine, in->link, in->message, "ExecRefID(19) is no fill that we know");
        return;
    }
    *exec_ref_id = name_make(engine->config->instance_id, NAME_EXECUTION, before.bus_seq);
    before.reversed = true;
    execution_save(&engine->view, before_key, &before);
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
        if (incoming_awaits_word(order)) {
            incoming_become(engine, in, ORDER_ACKED, span_of(NULL, 0));
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
        incoming_become(engine, in, ORDER_CANCELLED, text);
        order_pending_done(order);
        return;
    case ExecType_REPLACED:
        replaced(engine, in);
        return;
    case ExecType_REJECTED:
        incoming_become(engine, in, ORDER_REJECTED, text);
        order_pending_done(order);
        return;
    case ExecType_EXPIRED:
        incoming_become(engine, in, ORDER_EXPIRED, text);
        order_pending_done(order);
        return;
    default:
        /* Status, suspended, done for day and the like change nothing here: they
         * are passed on. Any of them proves that the broker has the order, unless
         * it says that it does not know it (OrdStatus 8). */
        if (incoming_awaits_word(order) &&
            !span_is(message_value(in->message, TAG_OrdStatus), "8")) {
            incoming_become(engine, in, ORDER_ACKED, span_of(NULL, 0));
        }
        return;
    }
}

/* It has been taken. The same ExecID with other figures is another matter. */
static void told_again(struct engine *engine, const struct incoming *in,
                       const struct execution *before)
{
    struct execution again = {.quantity = decimal_zero()};
    if (before->quantity.units != 0 && read_fill(in->message, &again) &&
        (decimal_compare(again.quantity, before->quantity) != 0 ||
         decimal_compare(again.price, before->price) != 0)) {
        incoming_alert(engine, in->link, in->message, "ExecID(17) told again with other figures");
    }
}

static void execution_report(struct engine *engine, struct link *link,
                             const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    struct span exec_id = message_value(message, TAG_ExecID);
    struct span exec_type = message_value(message, TAG_ExecType);
    if (!incoming_find_order(engine, &in, message_value(message, TAG_ClOrdID),
                             message_value(message, TAG_OrigClOrdID))) {
        incoming_alert(engine, link, message, "report of an order that we did not send there");
        return;
    }
    if (exec_type.size == 0 || exec_id.size == 0 || exec_id.size > ENGINE_EXEC_ID_BYTES_MAX) {
        incoming_alert(engine, link, message, "report without a usable ExecType(150), ExecID(17)");
        return;
    }
    uint8_t key_bytes[EXECUTION_KEY_BYTES_MAX];
    struct span key = execution_key(key_bytes, in.order.broker, exec_id, in.order.attempt_id);
    struct execution execution;
    bool is_status = exec_type.data[0] == ExecType_ORDER_STATUS;
    if (!is_status && execution_load(&engine->view, key, &execution)) {
        told_again(engine, &in, &execution);
        return;
    }
    execution =
        (struct execution){.order_key = in.attempt.order_key, .bus_seq = engine->counters.bus_seq};
    struct report report = {.exec_type = (char)exec_type.data[0], .source = message};
    struct name exec_ref_id = {.text = ""};
    report_ids(&in, &report);
    /* A status "unknown order" is no word that the broker has it: the attempt
     * stays unacknowledged, so that it is held in doubt and may be resent. */
    bool unknown = is_status && span_is(message_value(message, TAG_OrdStatus), "8");
    if (!unknown) {
        attempt_acknowledged(engine, &in.order);
    }
    if (message_value(message, TAG_OrderID).size > 0 &&
        message_value(message, TAG_OrderID).size <= ENGINE_EXEC_ID_BYTES_MAX) {
        in.order.broker_order_id = message_value(message, TAG_OrderID);
    }
    apply_report(engine, &in, &execution, &exec_ref_id);
    report.exec_ref_id = name_span(&exec_ref_id);
    execution.bus_seq = engine->counters.bus_seq;
    if (!is_status) {
        execution_save(&engine->view, key, &execution);
    }
    order_save(&engine->view, &in.order, engine->scratch_record);
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
    builder_span(&builder, TAG_Broker, incoming_broker(engine, link));
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("DC", incoming_broker(engine, link), span_of(NULL, 0));
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
        refusals_cancel_reject(engine, link, message);
    } else if (span_is(msg_type, MSG_BusinessMessageReject) || span_is(msg_type, MSG_Reject)) {
        refusals_message(engine, link, message);
    } else if (span_is(msg_type, MSG_OrderMassCancelReport)) {
        kill_mass_report(engine, link, message);
    } else {
        link_business_reject(engine, link, message, BUSINESS_REJECT_UNSUPPORTED_TYPE,
                             "not handled by this gateway");
    }
}
