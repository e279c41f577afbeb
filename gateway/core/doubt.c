#include "gateway/core/doubt.h"

#include "gateway/core/attempts.h"
#include "gateway/core/record.h"
#include "gateway/core/report.h"

enum { UNACKED_KEY_BYTES_MAX = 256 };

/* session id NUL attempt number → order key. */
static struct span unacked_key(uint8_t key[UNACKED_KEY_BYTES_MAX], struct span session_id,
                               uint64_t attempt_number)
{
    struct record_writer writer = record_writer_on(key, UNACKED_KEY_BYTES_MAX);
    record_put_bytes(&writer, session_id);
    record_put_u8(&writer, 0);
    record_put_u64(&writer, attempt_number);
    return record_written(&writer);
}

/* The attempt number of a key, if it belongs to the session. */
static bool unacked_number(struct span key, struct span session_id, uint64_t *attempt_number)
{
    if (key.size != session_id.size + 9 ||
        memcmp(key.data, session_id.data, session_id.size) != 0 || key.data[session_id.size] != 0) {
        return false;
    }
    struct record_reader reader = record_reader_of(key);
    reader.next = session_id.size + 1;
    *attempt_number = record_get_u64(&reader);
    return true;
}

void doubt_mark(struct link *link)
{
    link->doubt_settling = false;
    link->doubt_marking = link->unacked_count > 0;
    link->doubt_next = 0;
    link->doubt_wait = true;
}

void doubt_settle(struct link *link)
{
    link->doubt_marking = false;
    link->doubt_settling = link->unacked_count > 0;
    link->doubt_next = 0;
    link->doubt_wait = true;
}

void doubt_reset(struct engine *engine, struct link *link)
{
    /* A session that resets at each Logon, and is refused each time, tells it once. */
    if (link->unacked_count == link->doubt_reset_told) {
        return;
    }
    link->doubt_reset_told = link->unacked_count;
    if (link->unacked_count == 0) {
        return;
    }
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add_uint(text_add(&text, ": its numbers were reset while "), link->unacked_count);
    text_add(&text, " orders had no word of the broker; they are held in doubt: ask the broker");
    bus_alert(engine, "warning", span_text(engine->config->brokers[link->config->broker].name),
              span_of(NULL, 0), text_span(&text));
}

static void doubt_move(struct engine *engine, const struct link *link, struct span key)
{
    struct order order;
    if (!order_follow(&engine->view, key, &order)) {
        return;
    }
    if (link->doubt_marking && order.state == ORDER_SENT) {
        order_become(&order, ORDER_IN_DOUBT, engine->now_ns,
                     span_text("its session dropped before the broker answered; held"));
    } else if (link->doubt_settling && order.state == ORDER_IN_DOUBT) {
        /* Numbers that were reset since prove nothing about it: it stays held. */
        if (order.attempt_resets != link->session.resets) {
            bus_alert(engine, "warning", order.broker, order.cl_ord_id,
                      span_text("still in doubt: the session's numbers were reset since"));
            return;
        }
        order_become(&order, ORDER_SENT, engine->now_ns,
                     span_text("its session is in step again; the broker has it"));
    } else {
        return;
    }
    order_save(&engine->view, &order, engine->scratch_record);
    bus_order_event(engine, &order);
}

void doubt_walk(struct engine *engine, struct link *link)
{
    if (!link->doubt_marking && !link->doubt_settling) {
        return;
    }
    if (link->doubt_wait) {
        link->doubt_wait = false;
        return;
    }
    struct span session_id = span_text(link->config->id);
    for (unsigned count = 0; count < TURN_DOUBT_MAX; count++) {
        uint8_t from[UNACKED_KEY_BYTES_MAX];
        struct span key;
        struct span order_key;
        uint64_t attempt_number;
        if (engine_turn_full(engine)) {
            return;
        }
        if (!view_seek(&engine->view, TABLE_UNACKED,
                       unacked_key(from, session_id, link->doubt_next), &key, &order_key) ||
            !unacked_number(key, session_id, &attempt_number)) {
            link->doubt_marking = false;
            link->doubt_settling = false;
            return;
        }
        doubt_move(engine, link, order_key);
        link->doubt_next = attempt_number + 1;
    }
}

void doubt_add(struct engine *engine, struct link *link, uint64_t attempt_number,
               struct span order_key)
{
    uint8_t key[UNACKED_KEY_BYTES_MAX];
    view_put_new(&engine->view, TABLE_UNACKED,
                 unacked_key(key, span_text(link->config->id), attempt_number), order_key);
    link->unacked_count += 1;
}

void doubt_remove(struct engine *engine, struct span session_id, uint64_t attempt_number)
{
    uint8_t key[UNACKED_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_UNACKED, unacked_key(key, session_id, attempt_number));
    struct link *link = link_find(engine, session_id);
    if (link != NULL) {
        ASSERT(link->unacked_count > 0);
        link->unacked_count -= 1;
    }
}

uint64_t doubt_count(const struct engine *engine, const struct link *link)
{
    struct span session_id = span_text(link->config->id);
    uint8_t from[UNACKED_KEY_BYTES_MAX];
    struct span key;
    struct span value;
    uint64_t attempt_number;
    uint64_t count = 0;
    bool found =
        view_seek(&engine->view, TABLE_UNACKED, unacked_key(from, session_id, 0), &key, &value);
    while (found && unacked_number(key, session_id, &attempt_number)) {
        count += 1;
        found = view_after(&engine->view, TABLE_UNACKED, key, &key, &value);
    }
    return count;
}

/* Nobody knows for sure that the broker never had it, so it is not given back to the
 * queue either. */
static void dead_letter(struct engine *engine, struct order *order, struct span key,
                        const char *reason)
{
    if (order->state == ORDER_SENT) {
        order_become(order, ORDER_IN_DOUBT, engine->now_ns, span_of(NULL, 0));
    }
    if (order->state != ORDER_IN_DOUBT) {
        return;
    }
    order_become(order, ORDER_DEAD_LETTER, engine->now_ns, span_text(reason));
    order_save(&engine->view, order, engine->scratch_record);
    view_put(&engine->view, TABLE_DEADLETTER, key, span_text(reason));
    bus_order_event(engine, order);
    bus_alert(engine, "warning", order->broker, order->cl_ord_id, span_text(reason));
}

/* Whether the broker has given word on it. */
static bool is_answered(const struct order *order, const struct attempt *attempt,
                        struct span attempt_id)
{
    return attempt->kind == 'D' ? !order->unacked
                                : !span_equal(order->pending_attempt_id, attempt_id);
}

static bool load_both(struct engine *engine, struct span attempt_id, struct attempt *attempt,
                      struct order *order)
{
    return attempt_load(engine, attempt_id, attempt) &&
           order_follow(&engine->view, attempt->order_key, order);
}

bool doubt_must_not_resend(struct engine *engine, const struct link *link, struct span attempt_id,
                           uint64_t sent_ns)
{
    struct attempt attempt;
    struct order order;
    if (!load_both(engine, attempt_id, &attempt, &order)) {
        return false;
    }
    if (is_answered(&order, &attempt, attempt_id)) {
        struct text line = {.size = 0};
        text_add_span(&line, order.broker);
        text_add(&line, ": asks again for what it has answered; gap-filled, ClOrdID=");
        text_add_span(&line, attempt_id);
        engine_log(engine, SEVERITY_WARNING, &line);
        return true;
    }
    if (attempt.kind != 'D') {
        return false;
    }
    if (order.state == ORDER_DEAD_LETTER) {
        return true; /* It was filled over: a person has it in hand, perhaps elsewhere. */
    }
    uint64_t stale_ns = link->config->stale_order_ns;
    /* Our clock may have been set back since. */
    uint64_t age_ns = engine->now_ns > sent_ns ? engine->now_ns - sent_ns : 0;
    if (order.terms.expires_ns <= engine->now_ns) {
        dead_letter(engine, &order, attempt.order_key,
                    "its TimeInForce ended while the broker was away; not sent again");
        return true;
    }
    if (stale_ns > 0 && age_ns > stale_ns) {
        dead_letter(engine, &order, attempt.order_key,
                    "older than StaleOrderAge when the broker asked for it; not sent again");
        return true;
    }
    return false;
}

void doubt_lost(struct engine *engine, struct span attempt_id)
{
    struct attempt attempt;
    struct order order;
    if (!load_both(engine, attempt_id, &attempt, &order) ||
        is_answered(&order, &attempt, attempt_id)) {
        return;
    }
    if (attempt.kind == 'D') {
        dead_letter(engine, &order, attempt.order_key,
                    "the broker did not get it, and PersistMessages=N keeps nothing to send again");
        return;
    }
    struct cancel_reject reject = {
        .client = order.client,
        .cl_ord_id = order.pending_id,
        .orig_cl_ord_id = order.cl_ord_id_now,
        .response_to = order.pending == 'F' ? '1' : '2',
        .reason = 99, /* Other. */
        .text = "the broker did not get it, and PersistMessages=N keeps nothing to send again",
    };
    order_pending_done(&order);
    order_save(&engine->view, &order, engine->scratch_record);
    cancel_reject_event(engine, &order, &reject);
}
