#include "gateway/core/orders/moves.h"

#include "fix/tags.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/order_cancel.h"

enum { MOVE_KEY_BYTES_MAX = 8 + ORDER_KEY_BYTES_MAX };

/* --- Where to ---------------------------------------------------------------------------- */

/* "move/" order key → the broker that it is to go to. */
static struct span move_key(uint8_t key[MOVE_KEY_BYTES_MAX], const struct order *order)
{
    uint8_t order_bytes[ORDER_KEY_BYTES_MAX];
    struct record_writer writer = record_writer_on(key, MOVE_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("move/"));
    record_put_bytes(&writer, order_key(order_bytes, order->client, order->cl_ord_id));
    return record_written(&writer);
}

bool move_may_go(const struct engine *engine, const struct order *order, const char *broker)
{
    uint8_t key[MOVE_KEY_BYTES_MAX];
    struct span to;
    return !span_is(order->broker, broker) &&
           (!view_get(&engine->view, TABLE_CONTROL, move_key(key, order), &to) ||
            span_is(to, broker));
}

static void forget(struct engine *engine, const struct order *order)
{
    uint8_t key[MOVE_KEY_BYTES_MAX];
    struct span to;
    if (view_get(&engine->view, TABLE_CONTROL, move_key(key, order), &to)) {
        view_delete(&engine->view, TABLE_CONTROL, move_key(key, order));
    }
}

void move_done(struct engine *engine, struct order *order)
{
    if (order->moving) {
        order->moving = false;
        forget(engine, order);
    }
}

/* --- Moving -------------------------------------------------------------------------------- */

const char *move_refusal(const struct order *order)
{
    switch (order->state) {
    case ORDER_ACKED:
    case ORDER_PARTIAL:
        break;
    case ORDER_RECEIVED:
    case ORDER_QUEUED:
    case ORDER_ROUTED:
        return "it is with no broker yet: it goes to whichever can take it";
    case ORDER_SENT:
        return "its broker has not answered yet: ask with orders.status, and move it then";
    case ORDER_IN_DOUBT:
        return "it is in doubt: see doubt.show; only doubt.reroute moves it, by force";
    case ORDER_DEAD_LETTER:
        return "it is a dead letter: see deadletter.show";
    case ORDER_FILLED:
    case ORDER_CANCELLED:
    case ORDER_REJECTED:
    case ORDER_EXPIRED:
        return "it has ended";
    }
    if (order->terms.time_in_force == TimeInForce_IMMEDIATE_OR_CANCEL ||
        order->terms.time_in_force == TimeInForce_FILL_OR_KILL) {
        return "it is immediate-or-cancel or fill-or-kill: its broker ends it at once by itself";
    }
    if (order->moving) {
        return "it is being moved already";
    }
    if (order->pending != 0) {
        return "a cancel or replace of it is on its way: wait for the broker's answer to that";
    }
    return NULL;
}

void move_begin(struct engine *engine, struct order *order, struct span to)
{
    uint8_t key[MOVE_KEY_BYTES_MAX];
    struct name name;
    ASSERT(order->pending == 0);
    order->moving = true;
    if (to.size > 0) {
        view_put(&engine->view, TABLE_CONTROL, move_key(key, order), to);
    } else {
        forget(engine, order);
    }
    order_cancel_by_us(engine, order, &name);
    order->pending_id = span_of(NULL, 0); /* The name is gone with this step. */
}
