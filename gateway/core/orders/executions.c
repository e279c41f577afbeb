#include "gateway/core/orders/executions.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/executions_parts.h"
#include "gateway/core/orders/refusals.h"

/* BusinessRejectReason(380) */
enum { BUSINESS_REJECT_UNSUPPORTED_TYPE = 3 };

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
    order->attempt_quantity = attempt_quantity_of(order, request.terms.quantity);
    order->terms = request.terms;
    order->body = request.body;
    order->cl_ord_id_now = in->attempt.request_id;
    order->attempt_id_now = in->attempt_id;
    if (span_equal(order->pending_id, in->attempt.request_id)) {
        order_pending_done(order);
    }
    executions_place(engine, in);
}

/* --- Execution reports ------------------------------------------------------------ */

static void acknowledged(struct engine *engine, struct incoming *in)
{
    if (incoming_awaits_word(&in->order)) {
        incoming_become(engine, in, in->order.cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
                        span_of(NULL, 0));
    }
}

static void apply_report(struct engine *engine, struct incoming *in, struct execution *execution,
                         struct name *exec_ref_id)
{
    struct span text = message_value(in->message, TAG_Text);
    struct order *order = &in->order;
    switch (message_value(in->message, TAG_ExecType).data[0]) {
    case ExecType_TRADE:
        executions_filled(engine, in, execution);
        return;
    case ExecType_TRADE_CANCEL:
    case ExecType_TRADE_CORRECT:
        executions_reversed(engine, in, execution, exec_ref_id);
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
        /* New, suspended, done for day and the like: words that it has the order. */
        return;
    }
}

/* A cancel of all that is left, and of what it executed the broker knows what we know. */
static bool cancel_is_whole(const struct incoming *in)
{
    struct decimal cum;
    struct decimal leaves;
    return message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
           decimal_compare(cum, executions_of_attempt(&in->order)) == 0 &&
           (message_decimal(in->message, TAG_LeavesQty, &leaves) != VALUE_OK || leaves.units == 0);
}

/* What moves to another broker has been cancelled at this one: its leaves go on, if it is sure
 * how much that is. */
static void moved(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    order_pending_done(order);
    if (!cancel_is_whole(in)) {
        incoming_alarm(engine, in->link, in->message,
                       "cancelled to be moved, but its CumQty(14) is not the sum of the fills we "
                       "know, or LeavesQty(151) not 0");
        doubt_dead_letter(engine, order,
                          "cancelled to be moved, but how much it executed there is not sure");
        return;
    }
    doubt_free(engine, order);
}

/* Of an attempt that the order has done with only executions count; but it should not live. */
static void earlier_word(struct engine *engine, const struct incoming *in)
{
    struct span exec_type = message_value(in->message, TAG_ExecType);
    static const char ends[] = {ExecType_CANCELED, ExecType_REJECTED, ExecType_EXPIRED,
                                ExecType_PENDING_CANCEL, ExecType_ORDER_STATUS};
    if (memchr(ends, exec_type.data[0], sizeof(ends)) != NULL) {
        struct text line = {.size = 0};
        text_add_span(&line, incoming_broker(engine, in->link));
        text_add_span(text_add(&line, ": report on an attempt that the order has left, ExecType="),
                      exec_type);
        text_add_span(text_add(&line, " ClOrdID="), in->attempt_id);
        engine_log(engine, SEVERITY_INFO, &line);
    } else if (in->order.forced) {
        incoming_alert(engine, in->link, in->message,
                       "has the attempt that persons forced the order away from");
    } else {
        incoming_alarm(engine, in->link, in->message,
                       "tells of an attempt that the order had left as dead");
        hunt_risen(engine, in);
    }
}

static bool is_execution(struct span exec_type)
{
    static const char executions[] = {ExecType_TRADE, ExecType_TRADE_CANCEL,
                                      ExecType_TRADE_CORRECT};
    return memchr(executions, exec_type.data[0], sizeof(executions)) != NULL;
}

/* Saves the order, and tells the client. */
static void tell(struct engine *engine, struct incoming *in, const struct report *report)
{
    order_save(&engine->view, &in->order, engine->scratch_record);
    if (in->earlier) { /* The report is of that attempt; the totals are the order's. */
        in->order.broker = incoming_broker(engine, in->link);
        in->order.attempt_id = in->attempt.root;
    }
    report_event(engine, &in->order, report);
}

/* What no fill told of may have been lost with a reset of the numbers, or with a report of which
 * we could make nothing. */
static void check_sum(struct engine *engine, const struct incoming *in)
{
    struct decimal cum;
    if (in->earlier || message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE ||
        message_decimal(in->message, TAG_CumQty, &cum) != VALUE_OK ||
        decimal_compare(cum, executions_of_attempt(&in->order)) <= 0) {
        return;
    }
    incoming_alarm(engine, in->link, in->message,
                   "CumQty(14) is above the sum of the fills we know: ask the broker for the "
                   "missing reports");
}

/* A report that is not known yet, with its identifiers checked. */
static void take_report(struct engine *engine, struct incoming *in, struct span key)
{
    struct span exec_type = message_value(in->message, TAG_ExecType);
    struct execution execution = {.order_key = in->attempt.order_key};
    struct report report = {.exec_type = (char)exec_type.data[0], .source = in->message};
    struct name exec_ref_id = {.text = ""};
    struct span order_id = message_value(in->message, TAG_OrderID);
    bool awaited = incoming_awaits_word(&in->order);
    report_ids(in, &report);
    if (!in->earlier) {
        attempt_acknowledged(engine, &in->order);
        if (order_id.size > 0 && order_id.size <= ENGINE_EXEC_ID_BYTES_MAX) {
            in->order.broker_order_id = order_id;
        }
    }
    bool moves = in->order.moving && !in->earlier && !order_is_terminal(in->order.state) &&
                 exec_type.data[0] == ExecType_CANCELED;
    if (!moves) {
        apply_report(engine, in, &execution, &exec_ref_id);
        if (!in->earlier) {
            acknowledged(engine, in); /* Whatever it says: it is a word. */
        }
    }
    report.exec_ref_id = name_span(&exec_ref_id);
    execution.bus_seq = engine->counters.bus_seq;
    executions_keep(engine, in, key, &execution);
    if (moves) {
        moved(engine, in);
    } else {
        check_sum(engine, in);
        tell(engine, in, &report);
    }
    bool first_word = awaited && !incoming_awaits_word(&in->order);
    if (in->earlier && exec_type.data[0] == ExecType_TRADE) {
        hunt_risen(engine, in);
    }
    if (in->earlier ? exec_type.data[0] == ExecType_TRADE : first_word) {
        hunt_relieve(engine, in->attempt.order_key);
    }
    if (in->for_people) {
        executions_leave_to_people(engine, in->attempt.order_key);
    }
}

static void status_report(struct engine *engine, struct incoming *in)
{
    struct report report = {.exec_type = ExecType_ORDER_STATUS, .source = in->message};
    struct span order_id = message_value(in->message, TAG_OrderID);
    report_ids(in, &report);
    if (!executions_status(engine, in)) {
        return;
    }
    if (order_id.size > 0 && order_id.size <= ENGINE_EXEC_ID_BYTES_MAX) {
        in->order.broker_order_id = order_id;
    }
    tell(engine, in, &report);
}

/* An order that it was asked for, or had, cannot be rejected as unknown: it is the answer to a
 * question. Nor as a duplicate, one that may have gone out twice under its name: the first one is
 * what counts. True: all is done with it. */
static bool is_no_rejection(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    int64_t reason;
    if (message_value(in->message, TAG_ExecType).data[0] != ExecType_REJECTED || in->earlier ||
        in->attempt.kind != 'D' ||
        message_int(in->message, TAG_OrdRejReason, &reason) != VALUE_OK) {
        return false;
    }
    if (reason == OrdRejReason_UNKNOWN_ORDER && (order->asked_count > 0 || !order->unacked)) {
        status_report(engine, in);
        return true;
    }
    if (reason != OrdRejReason_DUPLICATE_ORDER ||
        (order->unacked && !doubt_went_twice(in->link, order))) {
        return false;
    }
    incoming_alarm(engine, in->link, in->message,
                   "rejects a second copy of an order that it has: that ends nothing; ask the "
                   "broker what became of the first");
    if (order->unacked) {
        doubt_has_it(engine, order);
    }
    return true;
}

static void execution_report(struct engine *engine, struct link *link,
                             const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    struct span exec_id = message_value(message, TAG_ExecID);
    struct span exec_type = message_value(message, TAG_ExecType);
    if (!incoming_find_order(engine, &in, message_value(message, TAG_ClOrdID),
                             message_value(message, TAG_OrigClOrdID))) {
        if (exec_type.size == 1 && is_execution(exec_type)) {
            incoming_alarm(engine, link, message,
                           "execution of an order that we did not send there");
        } else if (message_find(message, TAG_MassStatusReqID) == NULL) { /* We asked for all. */
            incoming_alert(engine, link, message, "report of an order that we did not send there");
        }
        return;
    }
    if (exec_type.size == 0 || exec_id.size == 0 || exec_id.size > ENGINE_EXEC_ID_BYTES_MAX) {
        incoming_alert(engine, link, message, "report without a usable ExecType(150), ExecID(17)");
        return;
    }
    if (hunt_report(engine, &in)) {
        return;
    }
    if (exec_type.data[0] == ExecType_ORDER_STATUS) {
        status_report(engine, &in);
        return;
    }
    if (is_no_rejection(engine, &in)) {
        return;
    }
    uint8_t key_bytes[EXECUTION_KEY_BYTES_MAX];
    struct span key = executions_key(engine, &in, key_bytes);
    struct execution before;
    if (execution_load(&engine->view, key, &before)) {
        executions_told_again(engine, &in, &before);
        return;
    }
    if (in.earlier && !is_execution(exec_type)) {
        earlier_word(engine, &in);
        return;
    }
    take_report(engine, &in, key);
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
    if (!span_is(message_value(message, TAG_OrdStatus), "8")) {
        doubt_drop_copy(engine, link, message_value(message, TAG_ClOrdID));
    }
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
