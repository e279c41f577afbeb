/* What answers our questions: status reports that know nothing, rejects of the question, drop
 * copies. */
#include "gateway/core/doubt/doubt_parts.h"

/* Everything else that a dead attempt needs is there, and the question came after it. */
static bool completes_proof(const struct engine *engine, const struct link *link,
                            const struct order *order)
{
    const struct broker_config *broker = doubt_broker(engine, link);
    return order->evidence == EVIDENCE_NOT_RECEIVED && broker->dead_attempt_status &&
           doubt_in_step(link) && !doubt_is_unproven(link, order) && order->asked_count > 0 &&
           order->asked_ns >= order->evidence_ns &&
           engine->now_ns >= order->evidence_ns + broker->dead_attempt_grace_ns;
}

void doubt_has_it(struct engine *engine, struct order *order)
{
    struct link *link = link_find(engine, order->session_id);
    if (order->evidence == EVIDENCE_RECEIVED) {
        return;
    }
    doubt_evidence(engine, order, EVIDENCE_RECEIVED);
    order->vouched = true;
    order->asked_ns = 0;
    order->asked_count = 0;
    order_save(&engine->view, order, engine->scratch_record);
    bus_order_event(engine, order);
    if (link != NULL) {
        doubt_walk_begin(link);
    }
}

void doubt_unknown(struct engine *engine, struct link *link, struct order *order)
{
    if (!order->unacked && attempt_is_live(engine, order)) {
        doubt_alert(engine, "warning", order,
                    "says that it does not know the order, of which it has spoken before; it "
                    "stays as it is: ask the broker");
        return;
    }
    if (!order->unacked || (order->state != ORDER_SENT && order->state != ORDER_IN_DOUBT)) {
        return;
    }
    if (completes_proof(engine, link, order)) {
        doubt_free(engine, order);
        return;
    }
    bool told_before = order->asked_count > 1;
    switch (order->evidence) {
    case EVIDENCE_NONE:
    case EVIDENCE_RECEIVED:
        doubt_evidence(engine, order, EVIDENCE_UNKNOWN);
        doubt_become(engine, order, ORDER_IN_DOUBT,
                     span_text("the broker says that it does not know it; that alone is no proof"));
        order_save(&engine->view, order, engine->scratch_record);
        bus_order_event(engine, order);
        break;
    case EVIDENCE_UNPROVEN:
    case EVIDENCE_UNKNOWN:
        if (told_before) {
            return;
        }
        break;
    case EVIDENCE_NOT_RECEIVED:
        return; /* Its proof is on its way. */
    }
    doubt_alert(engine, "warning", order,
                "says that it does not know the order; that alone is no proof, it is held in "
                "doubt: ask the broker");
}

void doubt_unanswerable(struct engine *engine, struct link *link, struct span why)
{
    if (link->doubt.mute) {
        return;
    }
    link->doubt.mute = true;
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add(&text, ": the broker takes no OrderStatusRequest, it is not asked again; set "
                    "OrderStatusRequest=N for it: ");
    text_add_span(&text, why);
    bus_alert(engine, "warning", span_text(doubt_broker(engine, link)->name), span_of(NULL, 0),
              text_span(&text));
}

void doubt_drop_copy(struct engine *engine, const struct link *link, struct span attempt_id)
{
    struct attempt attempt;
    struct order order;
    if (!attempt_load(engine, attempt_id, &attempt) ||
        !order_follow(&engine->view, attempt.order_key, &order)) {
        return;
    }
    if (!span_is(order.broker, doubt_broker(engine, link)->name) ||
        !span_equal(attempt.root, order.attempt_id) || !order.unacked ||
        order.state != ORDER_IN_DOUBT) {
        return;
    }
    /* That it has it is a fact under any policy; that this settles it is one of them. */
    if (doubt_broker(engine, link)->in_doubt_policy != IN_DOUBT_DROPCOPY) {
        doubt_has_it(engine, &order);
        return;
    }
    doubt_evidence(engine, &order, EVIDENCE_RECEIVED);
    order.vouched = true;
    order.doubt_told = false;
    doubt_become(engine, &order, ORDER_SENT,
                 span_text("the drop copy tells of it: the broker has it"));
    order_save(&engine->view, &order, engine->scratch_record);
    bus_order_event(engine, &order);
}
