#include "gateway/core/refusals.h"

#include "fix/tags.h"
#include "gateway/core/incoming.h"
#include "gateway/core/report.h"

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

void refusals_cancel_reject(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    int64_t reason;
    if (!incoming_find_order(engine, &in, message_value(message, TAG_ClOrdID), span_of(NULL, 0))) {
        incoming_alert(engine, link, message, "reject of a request that we did not send there");
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
static bool find_refused(struct engine *engine, struct incoming *in)
{
    struct span tag;
    uint64_t ref_seq_num;
    return incoming_find_order(engine, in, message_value(in->message, TAG_BusinessRejectRefID),
                               span_of(NULL, 0)) ||
           (message_uint(in->message, TAG_RefSeqNum, &ref_seq_num) == VALUE_OK &&
            link_sent_tag(engine, in->link, ref_seq_num, &tag) &&
            incoming_find_order(engine, in, tag, span_of(NULL, 0)));
}

void refusals_message(struct engine *engine, struct link *link, const struct message *message)
{
    struct incoming in = {.link = link, .message = message};
    if (!find_refused(engine, &in)) {
        incoming_alert(engine, link, message, "reject of a message that is no order or request");
        return;
    }
    if (in.attempt.kind != 'D') {
        request_refused(engine, &in, 99, message_value(message, TAG_Text));
        return;
    }
    if (!incoming_awaits_word(&in.order)) {
        return; /* It has the order after all, or told this before. */
    }
    attempt_acknowledged(engine, &in.order);
    incoming_become(engine, &in, ORDER_REJECTED, message_value(message, TAG_Text));
    order_save(&engine->view, &in.order, engine->scratch_record);
    struct report report = {
        .exec_type = ExecType_REJECTED, .cl_ord_id = in.order.cl_ord_id_now, .source = message};
    report_event(engine, &in.order, &report);
}
