#include "gateway/core/orders/refusals.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/incoming.h"

/* BusinessRejectReason(380) and SessionRejectReason(373) that may mean "unknown order". */
enum {
    BUSINESS_REJECT_OTHER = 0,
    BUSINESS_REJECT_UNKNOWN_ID = 1,
    BUSINESS_REJECT_UNKNOWN_SECURITY = 2,
    SESSION_REJECT_VALUE = 5,
    SESSION_REJECT_OTHER = 99,
};

/* The broker refused a cancel or replace: the order goes on as it was. */
static void request_refused(struct engine *engine, struct incoming *in, int reason,
                            struct span text)
{
    struct order *order = &in->order;
    if (order->pending == 0 || !span_equal(in->attempt.request_id, order->pending_id)) {
        return; /* Told again. */
    }
    if (order->moving) { /* The client knows nothing of our cancel. */
        order->moving = false;
        order_pending_done(order);
        order_save(&engine->view, order, engine->scratch_record);
        incoming_alert(engine, in->link, in->message,
                       "could not be cancelled there to be moved: it stays");
        return;
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

void refusals_cancel_reject(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    int64_t reason;
    if (!incoming_find_order(engine, &in, message_value(message, TAG_ClOrdID), span_of(NULL, 0))) {
        incoming_alert(engine, link, message, "reject of a request that we did not send there");
        return;
    }
    if (hunt_report(engine, &in)) {
        return;
    }
    if (message_int(message, TAG_CxlRejReason, &reason) != VALUE_OK || reason < 0 ||
        reason > INT32_MAX) {
        reason = 99;
    }
    request_refused(engine, &in, (int)reason, message_value(message, TAG_Text));
}

/* Reject(3) and BusinessMessageReject(j) name what they refuse by its number; the latter by its
 * ClOrdID too, which holds where the number is one from before a reset. */
static bool find_refused(struct engine *engine, struct incoming *in, struct span tag)
{
    return incoming_find_order(engine, in, message_value(in->message, TAG_BusinessRejectRefID),
                               tag);
}

/* --- Our questions ------------------------------------------------------------------- */

/* The tag of what a reject names by its number. */
static struct span refused_tag(const struct engine *engine, const struct link *link,
                               const struct message *message)
{
    struct span tag;
    uint64_t ref_seq_num;
    if (message_uint(message, TAG_RefSeqNum, &ref_seq_num) != VALUE_OK ||
        !link_sent_tag(engine, link, ref_seq_num, &tag)) {
        return span_of(NULL, 0);
    }
    return tag;
}

/* It refuses a question for an order's status: no reject of the order, whatever it names. */
static bool is_of_question(const struct message *message, struct span tag)
{
    struct span type = message_value(message, TAG_RefMsgType);
    if (type.size > 0) {
        return span_is(type, MSG_OrderStatusRequest) || span_is(type, MSG_OrderMassStatusRequest);
    }
    return attempt_is_question(tag);
}

/* Some brokers say so that they do not know the order; others that they do not answer such. */
static bool says_unknown(const struct message *message)
{
    int64_t reason;
    if (span_is(message_type(message), MSG_BusinessMessageReject)) {
        return message_int(message, TAG_BusinessRejectReason, &reason) == VALUE_OK &&
               (reason == BUSINESS_REJECT_OTHER || reason == BUSINESS_REJECT_UNKNOWN_ID ||
                reason == BUSINESS_REJECT_UNKNOWN_SECURITY);
    }
    return message_int(message, TAG_SessionRejectReason, &reason) != VALUE_OK ||
           reason == SESSION_REJECT_VALUE || reason == SESSION_REJECT_OTHER;
}

static void question_refused(struct engine *engine, struct link *link,
                             const struct message *message, struct span tag)
{
    struct incoming in = {.link = link, .message = message};
    if (!says_unknown(message)) {
        doubt_unanswerable(engine, link, message_value(message, TAG_Text));
        return;
    }
    struct span asked = attempt_is_question(tag) ? attempt_asked(tag) : span_of(NULL, 0);
    if (incoming_find_order(engine, &in, message_value(message, TAG_BusinessRejectRefID), asked) &&
        !in.earlier) {
        doubt_unknown(engine, link, &in.order);
    }
}

/* A gap fill has the number of what it takes the place of: a reject of it is none of the order. */
static bool is_of_type(const struct incoming *in)
{
    struct span type = message_value(in->message, TAG_RefMsgType);
    char kind = in->attempt.kind == ATTEMPT_HUNTING ? 'F' : in->attempt.kind;
    return !span_is(message_type(in->message), MSG_Reject) || type.size == 0 ||
           (type.size == 1 && type.data[0] == (uint8_t)kind);
}

void refusals_message(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    struct span tag = refused_tag(engine, link, message);
    if (is_of_question(message, tag)) {
        question_refused(engine, link, message, tag);
        return;
    }
    if (!find_refused(engine, &in, tag) || !is_of_type(&in)) {
        incoming_alert(engine, link, message, "reject of a message that is no order or request");
        return;
    }
    if (hunt_report(engine, &in)) {
        return;
    }
    if (in.attempt.kind != 'D') {
        request_refused(engine, &in, 99, message_value(message, TAG_Text));
        return;
    }
    /* It may have told its status first, as one that it was still looking at. */
    if (in.earlier || (!incoming_awaits_word(&in.order) && in.order.state != ORDER_ACKED)) {
        return; /* It has executed the order after all, or told this before. */
    }
    attempt_acknowledged(engine, &in.order);
    incoming_become(engine, &in, ORDER_REJECTED, message_value(message, TAG_Text));
    order_save(&engine->view, &in.order, engine->scratch_record);
    struct report report = {
        .exec_type = ExecType_REJECTED, .cl_ord_id = in.order.cl_ord_id_now, .source = message};
    report_event(engine, &in.order, &report);
}
