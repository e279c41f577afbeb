/* Where an order goes whose attempt is dead. */
#include "fix/tags.h"
#include "gateway/core/doubt/doubt_parts.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/queue.h"

static void become_free(struct engine *engine, struct order *order)
{
    order_become(order, ORDER_QUEUED, engine->now_ns, span_text("free to go to a broker again"));
}

/* It ends here, with a report of our own. The bus tells first that no broker has it any more. */
static void end(struct engine *engine, struct order *order, enum order_state state,
                const struct report *report)
{
    if (order->state != ORDER_QUEUED) {
        become_free(engine, order);
        bus_order_event(engine, order);
    }
    order_become(order, state, engine->now_ns, span_text(report->text));
    order_save(&engine->view, order, engine->scratch_record);
    order_ended(engine, order);
    report_event(engine, order, report);
}

/* The client's cancel was on its way to an attempt that is no more: it is done here. */
static void cancel(struct engine *engine, struct order *order)
{
    struct report report = {.exec_type = ExecType_CANCELED,
                            .cl_ord_id = order->pending_id,
                            .orig_cl_ord_id = order->cl_ord_id_now,
                            .text = "cancelled while no broker had it"};
    order_pending_done(order);
    end(engine, order, ORDER_CANCELLED, &report);
}

/* So is the client's replace. False: a read has failed. */
static bool replace(struct engine *engine, struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order_request request;
    if (!order_request_follow(&engine->view, order_key(key, order->client, order->pending_id),
                              &request)) {
        return false;
    }
    struct report report = {.exec_type = ExecType_REPLACED,
                            .cl_ord_id = order->pending_id,
                            .orig_cl_ord_id = order->cl_ord_id_now,
                            .text = "replaced while no broker had it"};
    become_free(engine, order);
    bus_order_event(engine, order);
    order->terms = request.terms;
    order->body = request.body;
    order->cl_ord_id_now = order->pending_id;
    order_pending_done(order);
    report_event(engine, order, &report);
    return true;
}

/* The attempt is given up; the order may become what follows. */
static void leave(struct engine *engine, struct order *order)
{
    attempt_give_up(engine, order);
    if (order->state == ORDER_SENT) {
        order_become(order, ORDER_IN_DOUBT, engine->now_ns, span_of(NULL, 0));
    }
}

void doubt_dead_letter(struct engine *engine, struct order *order, const char *why)
{
    enum order_evidence evidence = order->evidence;
    leave(engine, order);
    dead_letter_add(engine, order,
                    &(struct dead_letter_cause){.why = why, .evidence = evidence, .unsure = true});
}

bool doubt_is_stale(const struct engine *engine, const struct link *link, const struct order *order)
{
    uint64_t stale_ns = link->config->stale_order_ns;
    /* Our clock may have been set back since. */
    uint64_t age_ns = engine->now_ns > order->created_ns ? engine->now_ns - order->created_ns : 0;
    return stale_ns > 0 && age_ns > stale_ns;
}

/* What is moved by people is not too old for them. */
static bool is_too_old(struct engine *engine, const struct order *order)
{
    const struct link *link = link_find(engine, order->session_id);
    return !order->moving && order->state != ORDER_DEAD_LETTER && link != NULL &&
           doubt_is_stale(engine, link, order);
}

void doubt_free(struct engine *engine, struct order *order)
{
    enum order_evidence evidence = order->evidence;
    bool too_old = is_too_old(engine, order);
    leave(engine, order);
    if (order->state == ORDER_DEAD_LETTER) {
        uint8_t key[ORDER_KEY_BYTES_MAX];
        view_delete(&engine->view, TABLE_DEADLETTER,
                    order_key(key, order->client, order->cl_ord_id));
    }
    if (order->pending == 'F') {
        cancel(engine, order);
        return;
    }
    if (order->pending == 'G' && !replace(engine, order)) {
        return;
    }
    if (order->terms.expires_ns <= engine->now_ns) {
        end(engine, order, ORDER_EXPIRED,
            &(struct report){.exec_type = ExecType_EXPIRED,
                             .cl_ord_id = order->cl_ord_id_now,
                             .text = "its TimeInForce ended while no broker had it"});
        return;
    }
    if (order_leaves(order).units == 0) {
        end(engine, order, ORDER_FILLED,
            &(struct report){.exec_type = ExecType_ORDER_STATUS,
                             .cl_ord_id = order->cl_ord_id_now,
                             .text = "nothing of it is left"});
        return;
    }
    if (too_old) {
        dead_letter_add(
            engine, order,
            &(struct dead_letter_cause){
                .why = "older than StaleOrderAge when it was free to go to a broker again",
                .evidence = evidence});
        return;
    }
    if (order_limits_wait(engine, order)) {
        become_free(engine, order);
        queue_wait(engine, order, span_text("free; waiting for a live price to judge it by"));
        return;
    }
    struct text why = {.size = 0};
    if (!order_limits_recheck(engine, order, &why)) {
        dead_letter_add(engine, order,
                        &(struct dead_letter_cause){.why = why.data, .evidence = evidence});
        return;
    }
    become_free(engine, order);
    queue_place(engine, order);
}
