/* What brokers say of hunted attempts. */
#include "gateway/core/doubt/hunt.h"

#include "fix/tags.h"
#include "gateway/core/orders/execution.h"
#include "gateway/core/orders/moves.h"
#include "gateway/core/orders/order_find.h"

/* Something new is known of it. */
static void become(struct engine *engine, struct hunt *hunt, enum hunt_stage stage,
                   const char *severity, const char *what)
{
    hunt->stage = stage;
    hunt->stage_ns = engine->now_ns;
    hunt_save(engine, hunt);
    hunt_tell(engine, hunt, severity, what);
}

/* --- Executions --------------------------------------------------------------------------- */

static void add_decimal(struct text *text, const char *before, struct decimal value)
{
    char number[DECIMAL_TEXT_BYTES_MAX];
    text_add_span(text_add(text, before), span_of(number, decimal_format(value, number)));
}

/* "DOUBLE EXECUTION of OMS/C1: 7K2M9QAA12, forced away from, executed 100 at 10.5; …" */
static void tell_of_fill(struct engine *engine, const struct incoming *in, const struct hunt *hunt,
                         const struct execution *fill)
{
    const struct order *order = &in->order;
    struct text text = {.size = 0};
    struct decimal cum = order->cum_quantity;
    struct decimal excess = decimal_zero();
    struct decimal worth;
    struct order_label label = order_label(order->client, order->cl_ord_id);
    bool known = decimal_add(cum, fill->quantity, &cum) == DECIMAL_OK &&
                 decimal_sub(cum, order->terms.quantity, &excess) == DECIMAL_OK;
    bool is_double = known && excess.units > 0;
    if (decimal_compare(excess, fill->quantity) > 0) {
        excess = fill->quantity;
    }
    text_add(&text, is_double ? "DOUBLE EXECUTION of " : "double execution possible: ");
    text_add_span(&text, order_label_span(&label));
    text_add_span(text_add(&text, ": "), hunt->attempt_id);
    text_add_span(text_add(&text, " at "), incoming_broker(engine, in->link));
    add_decimal(&text, " executed ", fill->quantity);
    add_decimal(&text, " at ", fill->price);
    if (!span_equal(order->attempt_id, hunt->attempt_id)) {
        text_add_span(text_add(&text, "; beside "), order->attempt_id);
        text_add_span(text_add(&text, " at "), order->broker);
    }
    if (is_double) {
        add_decimal(&text, "; too many: ", excess);
        if (decimal_mul(excess, fill->price, &worth) == DECIMAL_OK) {
            add_decimal(&text, ", worth ", worth);
        }
    }
    bus_alert(engine, "critical", incoming_broker(engine, in->link), order->cl_ord_id,
              text_span(&text));
}

/* It executed; what that makes of the order is with executions.c. */
static void filled(struct engine *engine, struct incoming *in, struct hunt *hunt)
{
    uint8_t key[EXECUTION_KEY_BYTES_MAX];
    struct execution fill;
    struct span exec_id = message_value(in->message, TAG_ExecID);
    if (exec_id.size == 0 || exec_id.size > ENGINE_EXEC_ID_BYTES_MAX ||
        execution_load(
            &engine->view,
            execution_key(key, incoming_broker(engine, in->link), exec_id, hunt->attempt_id),
            &fill) ||
        message_decimal(in->message, TAG_LastQty, &fill.quantity) != VALUE_OK ||
        message_decimal(in->message, TAG_LastPx, &fill.price) != VALUE_OK) {
        return;
    }
    tell_of_fill(engine, in, hunt, &fill);
    in->told = true;
    if (decimal_add(hunt->filled, fill.quantity, &hunt->filled) != DECIMAL_OK) {
        hunt->filled = hunt->quantity;
    }
    if (decimal_compare(hunt->filled, hunt->quantity) >= 0) {
        hunt_end(engine, hunt, "warning", "it is filled there: nothing more comes of it");
    } else if (hunt->stage == HUNT_CANCELLING) {
        hunt_save(engine, hunt);
    } else {
        become(engine, hunt, HUNT_FOUND, "warning", "the broker has it after all");
        hunt_again(in->link, hunt);
    }
}

/* --- Other reports -------------------------------------------------------------------------- */

/* It is over there; unless more was executed than we were told of. */
static void ended(struct engine *engine, const struct incoming *in, const struct hunt *hunt)
{
    struct decimal cum;
    if (message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
        decimal_compare(cum, hunt->filled) > 0) {
        hunt_end(engine, hunt, "critical",
                 "it has ended there, and had executed more than was reported to us: ask the "
                 "broker for its executions");
        return;
    }
    hunt_end(engine, hunt, "info", "it has ended there: hunted down");
}

static void found(struct engine *engine, const struct incoming *in, struct hunt *hunt)
{
    if (hunt->stage != HUNT_CANCELLING && hunt->stage != HUNT_FOUND) {
        become(engine, hunt, HUNT_FOUND, "warning", "the broker has it after all");
        hunt_again(in->link, hunt);
    }
}

/* True: all is done with it. */
static bool execution_report(struct engine *engine, struct incoming *in, struct hunt *hunt)
{
    struct span exec_type = message_value(in->message, TAG_ExecType);
    if (exec_type.size != 1) {
        return false;
    }
    switch (exec_type.data[0]) {
    case ExecType_TRADE:
        filled(engine, in, hunt);
        return false;
    case ExecType_TRADE_CANCEL:
    case ExecType_TRADE_CORRECT:
        return false;
    case ExecType_CANCELED:
    case ExecType_EXPIRED:
    case ExecType_REJECTED:
    case ExecType_DONE_FOR_DAY:
        ended(engine, in, hunt);
        return true;
    case ExecType_ORDER_STATUS:
        /* "Unknown order" alone proves nothing. */
        if (!span_is(message_value(in->message, TAG_OrdStatus), "8")) {
            found(engine, in, hunt);
        }
        return true;
    default:
        found(engine, in, hunt);
        return true;
    }
}

/* The cancel was refused. */
static void cancel_refused(struct engine *engine, const struct incoming *in, struct hunt *hunt)
{
    int64_t reason;
    if (message_int(in->message, TAG_CxlRejReason, &reason) == VALUE_OK &&
        reason == CxlRejReason_UNKNOWN_ORDER) {
        if (hunt_is_unproven(in->link, hunt)) {
            become(engine, hunt, HUNT_REFUSED, "warning",
                   "the broker does not know it, but it lost its state, or its numbers began anew: "
                   "ask its desk, then doubt.call-off");
            return;
        }
        hunt_end(engine, hunt, "info",
                 "the broker does not know it, asked behind it on the same session: it is dead");
        return;
    }
    struct span status = message_value(in->message, TAG_OrdStatus);
    bool executed = span_is(status, "1") || span_is(status, "2");
    struct text words = {.size = 0};
    text_add(&words, "the broker did not cancel it");
    text_add(&words, executed ? ", and says that it executed there: " : ": ");
    text_add_span(&words, message_value(in->message, TAG_Text));
    text_add(&words, "; ask its desk, then doubt.call-off");
    become(engine, hunt, HUNT_REFUSED, executed ? "critical" : "warning", words.data);
}

bool hunt_report(struct engine *engine, struct incoming *in)
{
    struct hunt hunt;
    bool of_cancel = in->attempt.kind == ATTEMPT_HUNTING;
    if (!of_cancel && !in->earlier && !order_is_terminal(in->order.state)) {
        return false;
    }
    if (!hunt_find(engine, in->attempt.root, &hunt)) {
        return of_cancel && !span_is(message_type(in->message), MSG_ExecutionReport);
    }
    if (span_is(message_type(in->message), MSG_ExecutionReport)) {
        return execution_report(engine, in, &hunt);
    }
    if (of_cancel) {
        cancel_refused(engine, in, &hunt);
    } else if (in->attempt.kind == 'D') {
        hunt_end(engine, &hunt, "info", "the broker refused the order itself: it is dead");
    }
    return true;
}

/* What its broker says that it asks for, and has executed by now. */
static bool read_work(const struct message *message, struct decimal *quantity,
                      struct decimal *filled)
{
    struct decimal leaves;
    return message_decimal(message, TAG_LeavesQty, &leaves) == VALUE_OK && leaves.units > 0 &&
           message_decimal(message, TAG_CumQty, filled) == VALUE_OK &&
           decimal_add(leaves, *filled, quantity) == DECIMAL_OK;
}

void hunt_risen(struct engine *engine, const struct incoming *in)
{
    struct span order_id = message_value(in->message, TAG_OrderID);
    struct attempt root;
    struct hunt hunt = {.stage = HUNT_FOUND};
    struct hunt known;
    uint64_t number;
    if (!in->earlier || !read_work(in->message, &hunt.quantity, &hunt.filled) ||
        hunt_find(engine, in->attempt.root, &known) ||
        !attempt_load(engine, in->attempt.root, &root) ||
        !name_number(in->attempt.root, NAME_ATTEMPT, &number)) {
        return;
    }
    hunt.session_id = root.session_id;
    hunt.attempt_number = number;
    hunt.order_key = in->attempt.order_key;
    hunt.attempt_id = in->attempt.root;
    hunt.attempt_id_now = in->attempt.kind == 'G' ? in->attempt_id : in->attempt.root;
    if (order_id.size <= ENGINE_EXEC_ID_BYTES_MAX) {
        hunt.broker_order_id = order_id;
    }
    hunt.attempt_seq = root.seq;
    hunt.attempt_resets = root.resets;
    hunt.since_ns = engine->now_ns;
    hunt.stage_ns = engine->now_ns;
    hunt_begin(engine, &hunt,
               "its order had left it as dead, and the broker works on it: it is cancelled");
}

/* More than what is left of the order is left of its attempt. */
static bool does_too_much(const struct order *order)
{
    struct decimal here;
    struct decimal left;
    return decimal_sub(order->cum_quantity, order->elsewhere, &here) == DECIMAL_OK &&
           decimal_sub(order->attempt_quantity, here, &left) == DECIMAL_OK &&
           decimal_compare(left, order_leaves(order)) > 0;
}

void hunt_relieve(struct engine *engine, struct span order_key)
{
    struct order order;
    if (!order_follow(&engine->view, order_key, &order) || order.pending != 0 ||
        !attempt_is_live(engine, &order) ||
        (order.state != ORDER_SENT && order.state != ORDER_ACKED && order.state != ORDER_PARTIAL) ||
        !does_too_much(&order)) {
        return;
    }
    move_begin(engine, &order, span_of(NULL, 0));
}
