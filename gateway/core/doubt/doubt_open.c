/* Orders of a session day that is over: what the broker said of them by the old numbers may be
 * lost, and so may what it was asked to do. Page by page over all that is live, once for each
 * session day: a cancel goes out anew, a replace is refused, and the status is asked for. */
#include "gateway/core/doubt/doubt_parts.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/queue.h"

#define RETRY_NS (UINT64_C(1) * 1000000000)

_Static_assert((int)DOUBT_CURSOR_BYTES_MAX > (int)ORDER_KEY_BYTES_MAX, "a key and a NUL must fit");

void doubt_open_begin(struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    doubt->sweeping = link->open_count > 0 && doubt->swept != link->session.resets + UINT64_C(1);
    doubt->swept_count = 0;
    doubt->cursor_size = 0;
}

/* Its cancel or replace went out by numbers that are no more: nobody asks for it again. */
static bool has_lost_request(const struct engine *engine, const struct link *link,
                             const struct order *order)
{
    struct attempt request;
    return order->pending != 0 && order->pending_sent &&
           attempt_load(engine, order->pending_attempt_id, &request) &&
           span_is(request.session_id, link->config->id) && request.resets != link->session.resets;
}

/* To cancel twice is no harm. To replace twice may be, and by what name is not sure. */
static void settle_request(struct engine *engine, struct order *order)
{
    if (order->pending == 'F') {
        order->pending_sent = false;
        order->pending_attempt_id = span_of(NULL, 0);
        queue_place_request(engine, order);
        return;
    }
    struct cancel_reject reject = {
        .client = order->client,
        .cl_ord_id = order->pending_id,
        .orig_cl_ord_id = order->cl_ord_id_now,
        .response_to = '2',
        .reason = 99, /* Other. */
        .text = "the session's numbers began anew before the broker answered: ask for the status",
    };
    order_pending_done(order);
    order_save(&engine->view, order, engine->scratch_record);
    cancel_reject_event(engine, order, &reject);
}

/* One without a word is asked for by the walk. */
static bool must_ask(const struct link *link, const struct order *order)
{
    return !order->unacked && link->config->order_status_request && !link->doubt.mute &&
           order->asked_ns < link->session.created_ns;
}

static void ask(struct engine *engine, struct link *link, struct order *order)
{
    if (!link->config->order_mass_status_request) {
        attempt_ask_status(engine, order, link);
    } else if (!link->doubt.mass_asked) {
        doubt_ask_mass(engine, link);
    }
}

static void look_at(struct engine *engine, struct link *link, struct span order_key)
{
    struct order order;
    if (!order_follow(&engine->view, order_key, &order) ||
        !span_is(order.session_id, link->config->id) ||
        order.attempt_resets == link->session.resets) {
        return;
    }
    bool lost = has_lost_request(engine, link, &order);
    if (lost) {
        settle_request(engine, &order);
    } else if (must_ask(link, &order)) {
        ask(engine, link, &order);
    } else {
        return;
    }
    link->doubt.swept_count += 1;
}

static void tell(struct engine *engine, const struct link *link)
{
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add_uint(text_add(&text, ": its numbers began anew with "), link->doubt.swept_count);
    text_add(&text, " orders open there of which the broker had spoken: what it said of them "
                    "meanwhile may be lost, it is asked for their status; compare books");
    bus_alert(engine, "warning", span_text(doubt_broker(engine, link)->name), span_of(NULL, 0),
              text_span(&text));
}

static bool next_live(const struct engine *engine, const struct link *link, struct span *key)
{
    struct span attempt_id;
    return view_seek(&engine->view, TABLE_LIVE,
                     span_of(link->doubt.cursor, link->doubt.cursor_size), key, &attempt_id);
}

bool doubt_open_page(struct engine *engine, struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    if (!doubt->sweeping || !link->connected || link->session.state != SESSION_READY) {
        return false;
    }
    for (unsigned count = 0; count < TURN_DOUBT_MAX; count++) {
        struct span key;
        if (engine_turn_full(engine)) {
            return true;
        }
        if (!link_can_send(engine, link, LINK_CHANGE)) {
            doubt_due(link, engine->now_ns + RETRY_NS);
            return false;
        }
        if (!next_live(engine, link, &key)) {
            doubt->sweeping = false;
            doubt->swept = link->session.resets + UINT64_C(1);
            if (doubt->swept_count > 0) {
                tell(engine, link);
            }
            return false;
        }
        ASSERT(key.size < DOUBT_CURSOR_BYTES_MAX);
        memcpy(doubt->cursor, key.data, key.size);
        doubt->cursor[key.size] = 0; /* The next one behind it. */
        doubt->cursor_size = key.size + 1;
        look_at(engine, link, key);
    }
    return true;
}
