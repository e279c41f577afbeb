#include "gateway/core/orders/order_acts.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/order_show.h"
#include "gateway/core/orders/queue.h"

/* The link of an order's attempt, if it can be told something now; else the call is refused. */
static struct link *link_of(struct command_call *call, const struct order *order)
{
    struct link *link = link_find(call->engine, order->session_id);
    const char *away = order_broker_away(call->engine, order);
    if (away != NULL) {
        (void)command_refused(call, away);
        return NULL;
    }
    if (!link_can_send(call->engine, link, LINK_CHANGE)) {
        (void)command_refused(call, "its session cannot send just now (a resend, or its outbound "
                                    "rate): try again in a moment");
        return NULL;
    }
    return link;
}

bool order_reason_given(struct command_call *call)
{
    return command_value(call, "reason").size > 0 ||
           command_refused(call, "'reason' is missing: it stands in the audit for ever");
}

bool order_ask_status(struct command_call *call, struct order *order)
{
    if (!attempt_is_live(call->engine, order)) {
        return command_refused(call, "no broker has it now: there is nobody to ask");
    }
    struct link *link = link_of(call, order);
    if (link == NULL) {
        return false;
    }
    attempt_ask_status(call->engine, order, link);
    text_add_span(&call->out->answer, order->broker);
    return command_done(call, " is asked for its status; orders.show has what comes of it");
}

void order_cancel_here(struct engine *engine, struct order *order, struct span reason)
{
    if (order->state == ORDER_QUEUED) {
        queue_remove(engine, order);
    }
    order->moving = false;
    order_become(order, ORDER_CANCELLED, engine->now_ns, reason);
    order_ended(engine, order);
    order_save(&engine->view, order, engine->scratch_record);
    report_event(
        engine, order,
        &(struct report){.exec_type = ExecType_CANCELED, .cl_ord_id = order->cl_ord_id_now});
}

void order_force_on(struct engine *engine, struct order *order)
{
    if (attempt_is_live(engine, order)) {
        order->forced = true;
        hunt_add(engine, order);
    }
    order->moving = order->attempts > 0;
    doubt_free(engine, order);
}

void order_force_plan(struct command_call *call, const struct order *order)
{
    struct text *answer = &call->out->answer;
    char number[DECIMAL_TEXT_BYTES_MAX];
    struct order_label label = order_label(order->client, order->cl_ord_id);
    struct dead_letter letter = {.unsure = false};
    bool live = attempt_is_live(call->engine, order);
    bool unsure = dead_letter_load(call->engine, order, &letter) && letter.unsure;
    text_add(answer, "will move 1: ");
    text_add_span(answer, span_of(number, decimal_format(order_leaves(order), number)));
    text_add_span(text_add(answer, " left of "), order_label_span(&label));
    text_add(answer, "; hold 0; cannot decide ");
    text_add(answer, live ? "1: attempt " : unsure ? "1: what it has executed so far" : "0");
    if (live) {
        text_add_span(answer, order->attempt_id);
        text_add_span(text_add(answer, " at "), order->broker);
        text_add_span(text_add(answer, " ("), span_text(order_evidence_name(order->evidence)));
        text_add(answer, ") may live: the order may execute twice until it is hunted down");
    }
}
