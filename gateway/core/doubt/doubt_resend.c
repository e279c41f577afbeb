/* What the peer asks for again: what of it goes out, and what that proves. */
#include "gateway/core/doubt/doubt_parts.h"
#include "gateway/core/engine/report.h"

static void log_filled(struct engine *engine, const struct link *link, struct span attempt_id,
                       const char *why)
{
    struct text line = {.size = 0};
    text_add(&line, doubt_broker(engine, link)->name);
    text_add(text_add(&line, ": asks again for what "), why);
    text_add_span(text_add(&line, "; gap-filled, ClOrdID="), attempt_id);
    engine_log(engine, SEVERITY_WARNING, &line);
}

static bool load_both(struct engine *engine, struct span attempt_id, struct attempt *attempt,
                      struct order *order)
{
    return attempt_load(engine, attempt_id, attempt) &&
           order_follow(&engine->view, attempt->order_key, order);
}

/* The broker did not get it, says its session. Durable before the fill goes out; the proof that
 * the fill was taken is still to come. */
static void not_received(struct engine *engine, struct link *link, struct order *order)
{
    bool news = order->evidence != EVIDENCE_NOT_RECEIVED;
    doubt_evidence(engine, order, EVIDENCE_NOT_RECEIVED);
    order->asked_ns = 0;
    order->asked_count = 0;
    if (news && (order->state == ORDER_SENT || order->state == ORDER_IN_DOUBT)) {
        doubt_become(engine, order, ORDER_IN_DOUBT,
                     span_text("the broker did not get it; filled over, to be proven"));
    }
    order_save(&engine->view, order, engine->scratch_record);
    if (news) {
        bus_order_event(engine, order);
    }
    link->doubt.in_step = false;
    link->doubt.echo_wanted = true;
}

bool doubt_may_be_there(const struct link *link, uint64_t attempt_number, uint64_t msg_seq_num)
{
    return attempt_number >= link->doubt.ready_end && msg_seq_num != link->doubt.asked_begin;
}

bool doubt_went_twice(const struct link *link, const struct order *order)
{
    const struct link_doubt *doubt = &link->doubt;
    return order->attempt_number < doubt->ready_end ||
           (doubt->asked_begin != 0 && doubt->asked_begin <= order->attempt_seq);
}

static bool may_be_there(const struct link *link, const struct order *order)
{
    return doubt_may_be_there(link, order->attempt_number, order->attempt_seq);
}

static void not_proven(struct engine *engine, struct order *order)
{
    if (order->evidence == EVIDENCE_UNPROVEN) {
        return;
    }
    doubt_evidence(engine, order, EVIDENCE_UNPROVEN);
    order->asked_ns = 0;
    order->asked_count = 0;
    if (order->state == ORDER_SENT || order->state == ORDER_IN_DOUBT) {
        doubt_become(engine, order, ORDER_IN_DOUBT,
                     span_text("filled over while it was on its way: the broker may have it; "
                               "held"));
    }
    order_save(&engine->view, order, engine->scratch_record);
    bus_order_event(engine, order);
}

/* A new order of this attempt. True: it must not go out again. */
static bool order_must_not(struct engine *engine, struct link *link, struct span attempt_id,
                           struct order *order)
{
    if (!attempt_is_live(engine, order) || !span_equal(order->attempt_id, attempt_id)) {
        log_filled(engine, link, attempt_id, "it has answered, or is given up");
        return true;
    }
    if (!order->unacked) {
        log_filled(engine, link, attempt_id, "it has answered");
        return true;
    }
    if (order->state == ORDER_DEAD_LETTER || order->vouched || doubt_is_unproven(link, order)) {
        return true;
    }
    /* It asks for a number that it has provably processed, within what it may be behind. */
    if (order->attempt_seq <= link->doubt.peer_has) {
        log_filled(engine, link, attempt_id, "its numbers are past");
        return true;
    }
    bool may_go = order->evidence != EVIDENCE_NOT_RECEIVED &&
                  order->terms.expires_ns > engine->now_ns && !doubt_is_stale(engine, link, order);
    bool there = may_be_there(link, order);
    if (may_go && (link->config->resend_orders || there)) {
        return false; /* The broker takes its number once. */
    }
    if (there) {
        not_proven(engine, order);
    } else {
        not_received(engine, link, order);
    }
    return true;
}

/* The broker has given word on a cancel or replace, or what it is about is not there any more. */
static bool request_is_over(const struct engine *engine, const struct order *order,
                            struct span attempt_id)
{
    return !span_equal(order->pending_attempt_id, attempt_id) ||
           order->evidence == EVIDENCE_NOT_RECEIVED || !attempt_is_live(engine, order);
}

/* It never got there: the client may ask again. */
static void refuse_request(struct engine *engine, struct order *order, const char *why)
{
    struct cancel_reject reject = {
        .client = order->client,
        .cl_ord_id = order->pending_id,
        .orig_cl_ord_id = order->cl_ord_id_now,
        .response_to = order->pending == 'F' ? '1' : '2',
        .reason = 99, /* Other. */
        .text = why,
    };
    order_pending_done(order);
    order->moving = false; /* Else the next cancel, whoever asks for it, would move it. */
    order_save(&engine->view, order, engine->scratch_record);
    cancel_reject_event(engine, order, &reject);
}

/* A replace is as old as an order, and goes again only where that would. */
static bool replace_may_go(const struct link *link, struct span tag, const struct attempt *replace)
{
    uint64_t number;
    return link->config->resend_orders || (name_number(tag, NAME_ATTEMPT, &number) &&
                                           doubt_may_be_there(link, number, replace->seq));
}

bool doubt_must_not_resend(struct engine *engine, struct link *link, struct span tag)
{
    struct attempt attempt;
    struct order order;
    if (attempt_is_question(tag)) {
        return true; /* It is asked anew, when that is of use. */
    }
    if (!load_both(engine, tag, &attempt, &order)) {
        return false;
    }
    if (attempt.kind == 'D') {
        return order_must_not(engine, link, tag, &order);
    }
    if (request_is_over(engine, &order, tag)) {
        log_filled(engine, link, tag, "is over");
        return true;
    }
    if (attempt.kind == 'G' && !replace_may_go(link, tag, &attempt)) {
        refuse_request(engine, &order,
                       "the broker did not get it in time: ask again, if it is "
                       "still wanted");
        return true;
    }
    return false;
}

void doubt_lost(struct engine *engine, struct link *link, struct span tag)
{
    struct attempt attempt;
    struct order order;
    if (attempt_is_question(tag) || !load_both(engine, tag, &attempt, &order)) {
        return;
    }
    if (attempt.kind == 'D') {
        if (order_must_not(engine, link, tag, &order)) {
            return;
        }
        if (may_be_there(link, &order)) {
            not_proven(engine, &order);
        } else {
            not_received(engine, link, &order);
        }
        return;
    }
    if (request_is_over(engine, &order, tag)) {
        return;
    }
    refuse_request(engine, &order,
                   "the broker did not get it, and PersistMessages=N keeps nothing to send again");
}
