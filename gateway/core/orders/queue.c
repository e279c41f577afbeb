#include "gateway/core/orders/queue_parts.h"

#include "fix/tags.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/routing/routing.h"

enum { QUEUE_VERSION = 1, ARRIVAL_KEY_BYTES = 8, EXPIRY_KEY_BYTES_MAX = 8 + ORDER_KEY_BYTES_MAX };

struct queue_entry {
    uint64_t arrival;
    char kind; /* 'D', 'F' or 'G' */
    struct span order_key;
};

static struct span arrival_key(uint8_t key[ARRIVAL_KEY_BYTES], uint64_t arrival)
{
    struct record_writer writer = record_writer_on(key, ARRIVAL_KEY_BYTES);
    record_put_u64(&writer, arrival);
    return record_written(&writer);
}

static uint64_t queue_add(struct engine *engine, const struct order *order, char kind)
{
    uint8_t order_key_bytes[ORDER_KEY_BYTES_MAX];
    uint8_t record[ORDER_KEY_BYTES_MAX + 8];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, QUEUE_VERSION);
    record_put_u8(&writer, (uint8_t)kind);
    record_put_span(&writer, order_key(order_key_bytes, order->client, order->cl_ord_id));

    uint64_t arrival = engine->counters.arrival;
    engine->counters.arrival += 1;
    engine->counters_changed = true;
    uint8_t key[ARRIVAL_KEY_BYTES];
    view_append(&engine->view, TABLE_QUEUED, arrival_key(key, arrival), record_written(&writer));
    engine->queued_count += 1;
    engine->queued_changes += kind != 'D' ? 1 : 0;
    engine->queue_walk = true;
    engine->queue_appended = true;
    return arrival;
}

static void queue_delete(struct engine *engine, uint64_t arrival, char kind)
{
    uint8_t key[ARRIVAL_KEY_BYTES];
    view_delete(&engine->view, TABLE_QUEUED, arrival_key(key, arrival));
    ASSERT(engine->queued_count > 0);
    engine->queued_count -= 1;
    ASSERT(kind == 'D' || engine->queued_changes > 0);
    engine->queued_changes -= kind != 'D' ? 1 : 0;
}

static struct queue_entry entry_read(struct span key, struct span value)
{
    struct record_reader arrival = record_reader_of(key);
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    struct queue_entry entry;
    entry.arrival = record_get_u64(&arrival);
    entry.kind = (char)record_get_u8(&reader);
    entry.order_key = record_get_span(&reader);
    ASSERT(version == QUEUE_VERSION);
    ASSERT(record_done(&reader));
    return entry;
}

void queue_read(struct span value, char *kind, struct span *order_key)
{
    struct queue_entry entry = entry_read(span_of(NULL, 0), value);
    *kind = entry.kind;
    *order_key = entry.order_key;
}

void queue_start(struct engine *engine)
{
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, TABLE_QUEUED, span_of(NULL, 0), &key, &value);
    while (found) {
        engine->queued_count += 1;
        engine->queued_changes += entry_read(key, value).kind != 'D' ? 1 : 0;
        found = view_after(&engine->view, TABLE_QUEUED, key, &key, &value);
    }
    engine->expiry_next_ns = engine->queued_count > 0 ? 0 : UINT64_MAX;
}

/* --- Time limits of queued orders ------------------------------------------- */

static struct span expiry_key(uint8_t key[EXPIRY_KEY_BYTES_MAX], const struct order *order)
{
    uint8_t order_key_bytes[ORDER_KEY_BYTES_MAX];
    struct record_writer writer = record_writer_on(key, EXPIRY_KEY_BYTES_MAX);
    record_put_u64(&writer, order->terms.expires_ns);
    record_put_bytes(&writer, order_key(order_key_bytes, order->client, order->cl_ord_id));
    return record_written(&writer);
}

void queue_expiry_add(struct engine *engine, const struct order *order)
{
    if (order->terms.expires_ns == UINT64_MAX) {
        return;
    }
    uint8_t key[EXPIRY_KEY_BYTES_MAX];
    view_put(&engine->view, TABLE_EXPIRY, expiry_key(key, order), span_of(NULL, 0));
    if (order->terms.expires_ns < engine->expiry_added_ns) {
        engine->expiry_added_ns = order->terms.expires_ns;
    }
    if (order->terms.expires_ns < engine->expiry_next_ns) {
        engine->expiry_next_ns = order->terms.expires_ns;
    }
}

void queue_expiry_remove(struct engine *engine, const struct order *order)
{
    uint8_t key[EXPIRY_KEY_BYTES_MAX];
    if (order->terms.expires_ns != UINT64_MAX) {
        view_delete(&engine->view, TABLE_EXPIRY, expiry_key(key, order));
    }
}

static void expire(struct engine *engine, struct order *order, const char *reason)
{
    order_become(order, ORDER_EXPIRED, engine->now_ns, span_text(reason));
    order_save(&engine->view, order, engine->scratch_record);
    order_ended(engine, order);
    report_event(engine, order,
                 &(struct report){.exec_type = ExecType_EXPIRED,
                                  .cl_ord_id = order->cl_ord_id_now,
                                  .text = reason});
}

static void expire_due(struct engine *engine)
{
    for (unsigned count = 0; count < TURN_EXPIRY_MAX; count++) {
        struct span key;
        struct span value;
        if (engine_turn_full(engine)) {
            return;
        }
        if (!view_seek(&engine->view, TABLE_EXPIRY, span_of(NULL, 0), &key, &value)) {
            engine->expiry_next_ns = engine->expiry_added_ns;
            return;
        }
        struct record_reader reader = record_reader_of(key);
        uint64_t first_ns = record_get_u64(&reader);
        if (first_ns > engine->now_ns) {
            engine->expiry_next_ns =
                first_ns < engine->expiry_added_ns ? first_ns : engine->expiry_added_ns;
            return;
        }
        struct order order;
        if (!order_follow(&engine->view, span_of(key.data + 8, key.size - 8), &order)) {
            return;
        }
        ASSERT(order.state == ORDER_QUEUED);
        queue_remove(engine, &order);
        expire(engine, &order, "its TimeInForce ended before a broker could take it");
    }
}

/* --- Placing ---------------------------------------------------------------- */

static bool may_wait(const struct order *order)
{
    return order->terms.time_in_force != TimeInForce_IMMEDIATE_OR_CANCEL &&
           order->terms.time_in_force != TimeInForce_FILL_OR_KILL;
}

void queue_place(struct engine *engine, struct order *order)
{
    /* While a walk is under way, or waits for the rate, older entries may go first: no overtaking.
     * Nor by way of a link that can send since this very turn. */
    queue_notice(engine);
    bool behind_others = engine->queue_walk || engine->queue_held;
    struct link *link = behind_others ? NULL : routing_choose(engine, order);
    if (link != NULL) {
        attempt_send(engine, order, link);
        return;
    }
    if (!may_wait(order) && !engine->queue_walk) {
        expire(engine, order, "no broker can take it now, and it may not wait");
        return;
    }
    struct text *reason = &engine->routing.waiting;
    reason->size = 0;
    text_add(reason, "waiting for a broker");
    if (!behind_others) {
        routing_add_why(engine, order, reason);
    }
    queue_wait(engine, order, text_span(reason));
}

void queue_wait(struct engine *engine, struct order *order, struct span reason)
{
    order_become(order, ORDER_QUEUED, engine->now_ns, reason);
    order->arrival = queue_add(engine, order, 'D');
    queue_expiry_add(engine, order);
    order_save(&engine->view, order, engine->scratch_record);
    bus_order_event(engine, order);
}

void queue_place_request(struct engine *engine, struct order *order)
{
    struct link *link = link_find(engine, order->session_id);
    if (link != NULL && link_can_send(engine, link, LINK_CHANGE) &&
        order->evidence != EVIDENCE_NOT_RECEIVED) {
        attempt_send_request(engine, order, link);
        return;
    }
    (void)queue_add(engine, order, order->pending);
    order_save(&engine->view, order, engine->scratch_record);
}

void queue_remove(struct engine *engine, struct order *order)
{
    ASSERT(order->arrival != 0);
    queue_delete(engine, order->arrival, 'D');
    queue_expiry_remove(engine, order);
    order->arrival = 0;
}

/* --- The walk ---------------------------------------------------------------- */

static bool entry_next(const struct engine *engine, struct queue_entry *entry)
{
    uint8_t from[ARRIVAL_KEY_BYTES];
    struct span key;
    struct span value;
    if (!view_seek(&engine->view, TABLE_QUEUED, arrival_key(from, engine->queue_next), &key,
                   &value)) {
        return false;
    }
    *entry = entry_read(key, value);
    return true;
}

/* The order ended before its cancel or replace could go to the broker. */
static void refuse_request(struct engine *engine, struct order *order)
{
    struct cancel_reject reject = {
        .client = order->client,
        .cl_ord_id = order->pending_id,
        .orig_cl_ord_id = order->cl_ord_id_now,
        .response_to = order->pending == 'F' ? '1' : '2',
        .reason = 0, /* Too late. */
        .text = "too late: the order has ended",
    };
    order_pending_done(order);
    order_save(&engine->view, order, engine->scratch_record);
    cancel_reject_event(engine, order, &reject);
}

static void entry_try(struct engine *engine, const struct queue_entry *entry)
{
    struct order order;
    if (!order_follow(&engine->view, entry->order_key, &order)) {
        return;
    }
    if (entry->kind != 'D') {
        struct link *owner = link_find(engine, order.session_id);
        bool wanted = order.pending == entry->kind && !order.pending_sent;
        if (wanted && !order_is_terminal(order.state) &&
            (owner == NULL || !link_can_send(engine, owner, LINK_CHANGE) ||
             order.evidence == EVIDENCE_NOT_RECEIVED)) {
            return;
        }
        queue_delete(engine, entry->arrival, entry->kind);
        if (wanted && order_is_terminal(order.state)) {
            refuse_request(engine, &order);
        } else if (wanted) {
            attempt_send_request(engine, &order, owner);
        }
        return;
    }
    struct text why = {.size = 0};
    enum limit_verdict verdict = order_limits_judge(engine, &order, &why);
    if (verdict == LIMIT_FAILS) {
        queue_remove(engine, &order);
        dead_letter_add(engine, &order, &(struct dead_letter_cause){.why = why.data});
        return;
    }
    struct link *link = verdict == LIMIT_GOES ? routing_choose(engine, &order) : NULL;
    if (link != NULL) {
        queue_remove(engine, &order);
        attempt_send(engine, &order, link);
    } else if (!may_wait(&order)) {
        queue_remove(engine, &order);
        expire(engine, &order, "no broker can take it now, and it may not wait");
    }
}

static void walk_page(struct engine *engine)
{
    for (unsigned count = 0; count < TURN_DISPATCH_MAX; count++) {
        struct queue_entry entry;
        if (engine_turn_full(engine)) {
            return;
        }
        /* All others were offered those entries before, and nothing has changed for them. */
        if (engine->queue_next < engine->queue_fresh &&
            !queue_some_move(engine, engine->queue_for)) {
            engine->queue_next = engine->queue_fresh;
        }
        if (queue_rates_hold(engine)) {
            engine->queue_walk = false;
            engine->queue_held = true;
            return;
        }
        if (!entry_next(engine, &entry)) {
            /* What this very turn queued is walked in the next. */
            engine->queue_walk = engine->queue_appended;
            engine->queue_held = false;
            engine->queue_for = 0;
            return;
        }
        entry_try(engine, &entry);
        engine->queue_next = entry.arrival + 1;
        if (engine->queue_fresh < engine->queue_next) {
            engine->queue_fresh = engine->queue_next;
        }
    }
}

void queue_tick(struct engine *engine)
{
    if (engine->now_ns >= engine->expiry_next_ns) {
        expire_due(engine);
    }
    queue_notice(engine);
    if (engine->queue_walk) {
        walk_page(engine);
        queue_forget(engine);
    }
}

uint64_t queue_deadline_ns(const struct engine *engine)
{
    return engine->queue_walk ? engine->now_ns : engine->expiry_next_ns;
}
