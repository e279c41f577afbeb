#include "gateway/core/engine/report.h"

#include "fix/tags.h"
#include "gateway/core/engine/names.h"

enum { REPORT_TIMESTAMP_DIGITS = 6 };

static void add_if(struct builder *builder, uint32_t tag, struct span value)
{
    if (value.size > 0) {
        builder_span(builder, tag, value);
    }
}

/* Fields that a report states from the order itself, or that belong to the
 * session with the broker: a broker's copies of them do not go along. */
static bool is_ours(const struct engine *engine, uint32_t tag)
{
    switch (tag) {
    case TAG_BeginString:
    case TAG_BodyLength:
    case TAG_MsgType:
    case TAG_CheckSum:
    case TAG_OrderID:
    case TAG_SecondaryOrderID:
    case TAG_ClOrdID:
    case TAG_OrigClOrdID:
    case TAG_ExecID:
    case TAG_SecondaryExecID:
    case TAG_ExecRefID:
    case TAG_ExecType:
    case TAG_OrdStatus:
    case TAG_Account:
    case TAG_Symbol:
    case TAG_Side:
    case TAG_OrderQty:
    case TAG_OrdType:
    case TAG_Price:
    case TAG_Currency:
    case TAG_TimeInForce:
    case TAG_LeavesQty:
    case TAG_CumQty:
    case TAG_AvgPx:
    case TAG_TransactTime:
    case TAG_Text:
        return true;
    default:
        break;
    }
    const struct dictionary_field *field = dictionary_field(engine->config->dictionary, tag);
    return field != NULL && (field->in_header || field->in_trailer || field->internal);
}

static void copy_through(const struct engine *engine, struct builder *builder,
                         const struct message *source)
{
    for (uint32_t index = 0; index < source->count; index++) {
        const struct field *field = &source->fields[index];
        if (!is_ours(engine, field->tag)) {
            size_t size = field->value + field->size + 1 - field->start;
            builder_raw(builder, span_of(source->bytes.data + field->start, size));
        }
    }
}

static void order_fields(struct builder *builder, const struct order *order)
{
    add_if(builder, TAG_Account, order->account);
    builder_span(builder, TAG_Symbol, order->symbol);
    builder_char(builder, TAG_Side, order->side);
    builder_decimal(builder, TAG_OrderQty, order->terms.quantity);
    builder_char(builder, TAG_OrdType, order->terms.ord_type);
    if (order->terms.has_price) {
        builder_decimal(builder, TAG_Price, order->terms.price);
    }
    add_if(builder, TAG_Currency, order->currency);
    builder_char(builder, TAG_TimeInForce, order->terms.time_in_force);
    builder_decimal(builder, TAG_LeavesQty, order_leaves(order));
    builder_decimal(builder, TAG_CumQty, order->cum_quantity);
    builder_decimal(builder, TAG_AvgPx, order_average(order));
    add_if(builder, TAG_Broker, order->broker);
    add_if(builder, TAG_Attempt, order->attempt_id);
    builder_text(builder, TAG_OrderState, order_state_name(order->state));
    add_if(builder, TAG_Reason, order->reason);
    if (order->forced) {
        builder_bool(builder, TAG_PossibleDuplicate, true);
    }
}

static void execution_report(const struct engine *engine, struct builder *builder,
                             const struct order *order, const struct report *report,
                             struct span exec_id)
{
    struct name order_id = name_make(engine->config->instance_id, NAME_ORDER, order->number);
    builder_span(builder, TAG_OrderID, name_span(&order_id));
    add_if(builder, TAG_SecondaryOrderID, order->broker_order_id);
    builder_span(builder, TAG_ClOrdID, report->cl_ord_id);
    add_if(builder, TAG_OrigClOrdID, report->orig_cl_ord_id);
    builder_span(builder, TAG_ExecID, exec_id);
    if (report->source != NULL) {
        add_if(builder, TAG_SecondaryExecID, message_value(report->source, TAG_ExecID));
    }
    add_if(builder, TAG_ExecRefID, report->exec_ref_id);
    builder_char(builder, TAG_ExecType, report->exec_type);
    builder_char(builder, TAG_OrdStatus, order_status(order));
    order_fields(builder, order);
    if (report->text != NULL) {
        builder_text(builder, TAG_Text, report->text);
    } else if (report->source != NULL) {
        add_if(builder, TAG_Text, message_value(report->source, TAG_Text));
    }
    uint64_t transact_time_ns;
    if (report->source == NULL ||
        message_timestamp(report->source, TAG_TransactTime, &transact_time_ns) != VALUE_OK) {
        transact_time_ns = engine->now_ns;
    }
    builder_timestamp(builder, TAG_TransactTime, transact_time_ns, REPORT_TIMESTAMP_DIGITS);
    if (report->source != NULL) {
        copy_through(engine, builder, report->source);
    }
}

/* The topic's broker: the one that reports, or ourselves. */
static struct text execution_topic(const struct engine *engine, const struct order *order,
                                   bool from_broker)
{
    struct span broker = from_broker ? order->broker : span_text(engine->config->comp_id);
    return bus_topic("ER", broker, order->symbol);
}

/* The name of a cancel that we asked for ourselves: the client does not know it. */
static bool is_our_cancel(const struct engine *engine, struct span cl_ord_id)
{
    uint64_t number;
    if (!name_number(cl_ord_id, NAME_CANCEL, &number)) {
        return false;
    }
    struct name name = name_make(engine->config->instance_id, NAME_CANCEL, number);
    return span_equal(name_span(&name), cl_ord_id);
}

void report_event(struct engine *engine, const struct order *order, const struct report *asked)
{
    struct report told = *asked;
    const struct report *report = &told;
    if (is_our_cancel(engine, told.cl_ord_id)) {
        told.cl_ord_id = order->cl_ord_id_now;
        told.orig_cl_ord_id = span_of(NULL, 0);
    }
    uint64_t bus_seq = engine->counters.bus_seq;
    struct name exec_id = name_make(engine->config->instance_id, NAME_EXECUTION, bus_seq);
    struct builder builder;
    bus_begin(engine, &builder, MSG_ExecutionReport, order->client);
    execution_report(engine, &builder, order, report, name_span(&exec_id));
    builder_uint(&builder, TAG_BusSeq, bus_seq);
    struct text topic = execution_topic(engine, order, report->source != NULL);
    bus_end(engine, &builder, text_span(&topic));
}

static void reply_begin(struct engine *engine, struct builder *builder, const char *msg_type,
                        struct span client)
{
    builder_begin(builder, engine->scratch_message, sizeof(engine->scratch_message),
                  span_text("FIX.4.4"), span_text(msg_type));
    builder_text(builder, TAG_SenderCompID, engine->config->comp_id);
    add_if(builder, TAG_TargetCompID, client);
    builder_timestamp(builder, TAG_SendingTime, engine->now_ns, REPORT_TIMESTAMP_DIGITS);
}

static void reply_end(struct engine *engine, struct builder *builder, struct span route)
{
    struct span message = builder_finish(builder);
    ASSERT(message.size > 0);
    release_add(&engine->turn->releases,
                &(struct release){.kind = RELEASE_REPLY, .route = route, .bytes = message});
}

void report_reply(struct engine *engine, struct span route, const struct order *order,
                  const struct report *report)
{
    struct builder builder;
    reply_begin(engine, &builder, MSG_ExecutionReport, order->client);
    /* A reply is no execution: FIX 4.4 gives "0" as ExecID of a status. */
    execution_report(engine, &builder, order, report, span_text("0"));
    reply_end(engine, &builder, route);
}

static void cancel_reject_fields(const struct engine *engine, struct builder *builder,
                                 const struct order *order, const struct cancel_reject *reject)
{
    if (order != NULL) {
        struct name order_id = name_make(engine->config->instance_id, NAME_ORDER, order->number);
        builder_span(builder, TAG_OrderID, name_span(&order_id));
        add_if(builder, TAG_SecondaryOrderID, order->broker_order_id);
    } else {
        builder_text(builder, TAG_OrderID, "NONE");
    }
    builder_span(builder, TAG_ClOrdID, reject->cl_ord_id);
    builder_span(builder, TAG_OrigClOrdID, reject->orig_cl_ord_id);
    builder_char(builder, TAG_OrdStatus, order != NULL ? order_status(order) : '8');
    builder_char(builder, TAG_CxlRejResponseTo, reject->response_to);
    builder_int(builder, TAG_CxlRejReason, reject->reason);
    add_if(builder, TAG_Text,
           reject->text_span.data != NULL ? reject->text_span : span_text(reject->text));
    builder_timestamp(builder, TAG_TransactTime, engine->now_ns, REPORT_TIMESTAMP_DIGITS);
    if (order != NULL) {
        add_if(builder, TAG_Broker, order->broker);
        builder_text(builder, TAG_OrderState, order_state_name(order->state));
        if (order->forced) {
            builder_bool(builder, TAG_PossibleDuplicate, true);
        }
    }
}

void cancel_reject_reply(struct engine *engine, struct span route, const struct order *order,
                         const struct cancel_reject *reject)
{
    struct builder builder;
    reply_begin(engine, &builder, MSG_OrderCancelReject, reject->client);
    cancel_reject_fields(engine, &builder, order, reject);
    reply_end(engine, &builder, route);
}

/* What the client did not ask for is told to people alone. */
static void our_cancel_refused(struct engine *engine, const struct order *order,
                               const struct cancel_reject *reject)
{
    struct text text = {.size = 0};
    text_add_span(text_add(&text, "our cancel of "), order->cl_ord_id_now);
    text_add_span(text_add(&text, " of client "), order->client);
    text_add(&text, " came to nothing: ");
    text_add_span(&text,
                  reject->text_span.data != NULL ? reject->text_span : span_text(reject->text));
    bus_alert(engine, "warning", order->broker, order->cl_ord_id_now, text_span(&text));
}

void cancel_reject_event(struct engine *engine, const struct order *order,
                         const struct cancel_reject *reject)
{
    if (is_our_cancel(engine, reject->cl_ord_id)) {
        our_cancel_refused(engine, order, reject);
        return;
    }
    struct builder builder;
    bus_begin(engine, &builder, MSG_OrderCancelReject, reject->client);
    cancel_reject_fields(engine, &builder, order, reject);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = execution_topic(engine, order, true);
    bus_end(engine, &builder, text_span(&topic));
}

void order_reject_reply(struct engine *engine, struct span route, struct span client,
                        const struct message *request, char exec_type, int reason,
                        const struct text *text)
{
    struct builder builder;
    reply_begin(engine, &builder, MSG_ExecutionReport, client);
    builder_text(&builder, TAG_OrderID, "NONE");
    builder_span(&builder, TAG_ClOrdID, message_value(request, TAG_ClOrdID));
    builder_text(&builder, TAG_ExecID, "0");
    builder_char(&builder, TAG_ExecType, exec_type);
    builder_char(&builder, TAG_OrdStatus, OrdStatus_REJECTED);
    builder_int(&builder, TAG_OrdRejReason, reason);
    add_if(&builder, TAG_Symbol, message_value(request, TAG_Symbol));
    add_if(&builder, TAG_Side, message_value(request, TAG_Side));
    builder_decimal(&builder, TAG_LeavesQty, decimal_zero());
    builder_decimal(&builder, TAG_CumQty, decimal_zero());
    builder_decimal(&builder, TAG_AvgPx, decimal_zero());
    builder_span(&builder, TAG_Text, text_span(text));
    reply_end(engine, &builder, route);
}

void reject_reply(struct engine *engine, struct span route, struct span client, uint32_t tag,
                  struct span msg_type, int reason, const struct text *text)
{
    struct builder builder;
    reply_begin(engine, &builder, MSG_Reject, client);
    /* RefSeqNum(45) is required; a request of order entry has no number. */
    builder_uint(&builder, TAG_RefSeqNum, 0);
    if (tag != 0) {
        builder_uint(&builder, TAG_RefTagID, tag);
    }
    add_if(&builder, TAG_RefMsgType, msg_type);
    builder_int(&builder, TAG_SessionRejectReason, reason);
    builder_span(&builder, TAG_Text, text_span(text));
    reply_end(engine, &builder, route);
}

void business_reject_reply(struct engine *engine, struct span route, struct span client,
                           const struct message *request, int reason, const struct text *text)
{
    struct builder builder;
    reply_begin(engine, &builder, MSG_BusinessMessageReject, client);
    builder_span(&builder, TAG_RefMsgType, message_type(request));
    add_if(&builder, TAG_BusinessRejectRefID, message_value(request, TAG_ClOrdID));
    builder_int(&builder, TAG_BusinessRejectReason, reason);
    builder_span(&builder, TAG_Text, text_span(text));
    reply_end(engine, &builder, route);
}
