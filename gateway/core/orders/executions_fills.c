/* Fills, busts and corrections, of whichever attempt: they count once in the order's totals. */
#include "fix/tags.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/executions_parts.h"
#include "gateway/core/orders/queue.h"

struct decimal executions_of_attempt(const struct order *order)
{
    struct decimal here;
    if (decimal_sub(order->cum_quantity, order->elsewhere, &here) != DECIMAL_OK) {
        return decimal_zero();
    }
    return here;
}

/* --- Where it stands -------------------------------------------------------------------- */

static void tell_earlier(struct engine *engine, const struct incoming *in, int against_quantity)
{
    const struct order *order = &in->order;
    if (message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE_CANCEL) {
        incoming_alert(engine, in->link, in->message,
                       "takes back what an attempt executed that the order had left behind");
    } else if (!in->told) {
        incoming_alarm(engine, in->link, in->message,
                       against_quantity > 0 || order->forced
                           ? "DOUBLE EXECUTION: an attempt executes that the order had left behind"
                           : "an attempt that the order had left behind executes; what is left has "
                             "become less");
    }
}

/* It was full by fills that are none any more, and no attempt works for the rest. */
static void reopen_for_people(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    order_become(order, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED, engine->now_ns,
                 span_of(NULL, 0));
    order->left = true;
    order_reopened(engine, order);
    in->for_people = true;
}

void executions_leave_to_people(struct engine *engine, struct span order_key)
{
    struct order order;
    if (order_follow(&engine->view, order_key, &order)) {
        dead_letter_add(engine, &order,
                        &(struct dead_letter_cause){
                            .why = "a fill of an attempt that it had left was taken back, and "
                                   "nothing works for the rest"});
    }
}

/* An attempt executed that the order has done with: proven dead, cancelled, or forced away from.
 * The totals are the order's; what its present attempt does goes on, whatever they are. */
static void place_earlier(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    int against_quantity = decimal_compare(order->cum_quantity, order->terms.quantity);
    tell_earlier(engine, in, against_quantity);
    if (order->state == ORDER_ACKED || order->state == ORDER_PARTIAL) {
        order_become(order, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
                     engine->now_ns, span_of(NULL, 0));
    }
    if (order->state == ORDER_FILLED && against_quantity < 0) {
        reopen_for_people(engine, in);
    }
    if (against_quantity < 0 || order->state == ORDER_FILLED) {
        return;
    }
    if (order->state == ORDER_QUEUED) {
        queue_remove(engine, order);
    } else if (order->state == ORDER_DEAD_LETTER) {
        view_delete(&engine->view, TABLE_DEADLETTER, in->attempt.order_key);
    } else if (!order_is_terminal(order->state)) {
        return; /* Its present attempt works: it ends by that one's word. */
    }
    bool ended = order_is_terminal(order->state);
    order_become(order, ORDER_FILLED, engine->now_ns, span_of(NULL, 0));
    if (!ended) {
        order_ended(engine, order);
    }
}

void executions_place(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    int against_quantity = decimal_compare(order->cum_quantity, order->terms.quantity);
    if (in->earlier) {
        place_earlier(engine, in);
        return;
    }
    if (against_quantity > 0 && order->attempts > 1) {
        incoming_alarm(engine, in->link, in->message,
                       "DOUBLE EXECUTION: more executed than ordered");
    } else if (against_quantity > 0) {
        incoming_alert(engine, in->link, in->message, "more executed than ordered");
    }
    if (against_quantity >= 0) {
        incoming_become(engine, in, ORDER_FILLED, span_of(NULL, 0));
    } else if (order->state != ORDER_CANCELLED && order->state != ORDER_EXPIRED) {
        incoming_become(engine, in, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
                        span_of(NULL, 0));
    }
}

/* --- Fills, busts, corrections ------------------------------------------------------------ */

static bool add(struct decimal *sum, struct decimal quantity, int sign)
{
    return (sign > 0 ? decimal_add(*sum, quantity, sum) : decimal_sub(*sum, quantity, sum)) ==
           DECIMAL_OK;
}

static bool add_fill(struct incoming *in, struct decimal quantity, struct decimal price, int sign)
{
    struct order *order = &in->order;
    struct decimal cum = order->cum_quantity;
    struct decimal elsewhere = order->elsewhere;
    struct decimal_sum notional = order->notional;
    if (!add(&cum, quantity, sign) || (in->earlier && !add(&elsewhere, quantity, sign)) ||
        decimal_sum_add(&notional, price, quantity, sign) != DECIMAL_OK) {
        return false;
    }
    order->cum_quantity = cum;
    order->elsewhere = elsewhere;
    order->notional = notional;
    return true;
}

bool executions_read_fill(const struct message *message, struct execution *execution)
{
    return message_decimal(message, TAG_LastQty, &execution->quantity) == VALUE_OK &&
           message_decimal(message, TAG_LastPx, &execution->price) == VALUE_OK &&
           execution->quantity.units > 0;
}

void executions_filled(struct engine *engine, struct incoming *in, struct execution *execution)
{
    if (!executions_read_fill(in->message, execution) ||
        !add_fill(in, execution->quantity, execution->price, 1)) {
        incoming_alert(engine, in->link, in->message,
                       "fill without a usable LastQty(32), LastPx(31)");
        execution->quantity = decimal_zero();
        return;
    }
    executions_place(engine, in);
    struct decimal cum;
    if (in->order.attempts == 1 && message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
        decimal_compare(cum, in->order.cum_quantity) != 0) {
        incoming_alert(engine, in->link, in->message,
                       "CumQty(14) is not the sum of the fills we know");
    }
}

void executions_reversed(struct engine *engine, struct incoming *in, struct execution *execution,
                         struct name *exec_ref_id)
{
    struct span reference = message_value(in->message, TAG_ExecRefID);
    uint8_t key[EXECUTION_KEY_BYTES_MAX];
    struct execution before;
    if (reference.size == 0 || reference.size > ENGINE_EXEC_ID_BYTES_MAX) {
        incoming_alert(engine, in->link, in->message, "bust or correction without ExecRefID(19)");
        return;
    }
    struct span before_key =
        execution_key(key, incoming_broker(engine, in->link), reference, in->attempt.root);
    if (!execution_load(&engine->view, before_key, &before) || before.reversed ||
        !add_fill(in, before.quantity, before.price, -1)) {
        incoming_alert(engine, in->link, in->message, "ExecRefID(19) is no fill that we know");
        return;
    }
    *exec_ref_id = name_make(engine->config->instance_id, NAME_EXECUTION, before.bus_seq);
    before.reversed = true;
    execution_save(&engine->view, before_key, &before);
    if (message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE_CORRECT) {
        executions_filled(engine, in, execution);
    } else {
        executions_place(engine, in);
    }
}
