/* What people do with orders. */
#include "fix/tags.h"
#include "gateway/core/commands/bulk.h"
#include "gateway/core/commands/command.h"
#include "gateway/core/engine/report.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/moves.h"
#include "gateway/core/orders/order_acts.h"
#include "gateway/core/orders/order_cancel.h"
#include "gateway/core/orders/order_filter.h"
#include "gateway/core/orders/order_show.h"
#include "gateway/core/orders/order_walk.h"

/* --- orders.list ---------------------------------------------------------------------- */

struct filter {
    bool has_state;
    enum order_state state;
    struct order_filter order;
};

static bool fits(const struct filter *filter, const struct order *order)
{
    return (!filter->has_state || order->state == filter->state) &&
           order_filter_fits(&filter->order, order);
}

static bool read_state(struct command_call *call, struct filter *filter)
{
    struct span word = command_value(call, "state");
    if (word.size == 0) {
        return true;
    }
    static const char *const names[] = {
#define X(name, status) #name,
        ORDER_STATES(X)
#undef X
    };
    for (size_t index = 0; index < ARRAY_LEN(names); index++) {
        if (span_is(word, names[index])) {
            filter->has_state = true;
            filter->state = (enum order_state)index;
            return true;
        }
    }
    text_add(&call->out->answer, "'state' must be one of");
    for (size_t index = 0; index < ARRAY_LEN(names); index++) {
        text_add(text_add(&call->out->answer, index > 0 ? ", " : " "), names[index]);
    }
    return false;
}

/* The shortest way to the orders of a state. */
static void walks_of(const struct filter *filter, bool all, enum order_walk_kind *first,
                     enum order_walk_kind *last)
{
    *first = WALK_OPEN;
    *last = WALK_DEAD;
    if (all) {
        *first = WALK_ALL;
        *last = WALK_ALL;
        return;
    }
    if (!filter->has_state) {
        return;
    }
    switch (filter->state) {
    case ORDER_RECEIVED:
    case ORDER_QUEUED:
        *first = WALK_QUEUED;
        *last = WALK_QUEUED;
        return;
    case ORDER_ROUTED:
    case ORDER_SENT:
    case ORDER_IN_DOUBT:
    case ORDER_ACKED:
    case ORDER_PARTIAL:
        *last = WALK_OPEN;
        return;
    case ORDER_DEAD_LETTER:
        *first = WALK_DEAD;
        return;
    case ORDER_FILLED:
    case ORDER_CANCELLED:
    case ORDER_REJECTED:
    case ORDER_EXPIRED:
        *first = WALK_ALL;
        *last = WALK_ALL;
        return;
    }
}

static bool list(struct command_call *call)
{
    struct filter filter = {.has_state = false};
    uint64_t limit = ORDER_LIST_ROWS_MAX;
    enum order_walk_kind first;
    enum order_walk_kind last;
    struct order_walk walk;
    struct order order;
    if (!read_state(call, &filter) || !order_filter_read(call, &filter.order) ||
        !command_number(call, "limit", 1, ORDER_LIST_ROWS_MAX, &limit)) {
        return false;
    }
    walks_of(&filter, command_true(call, "all"), &first, &last);
    if (!order_walk_begin(&walk, call->engine, first, last, filter.order.client,
                          command_value(call, "after"))) {
        return command_refused(call, "'after' is no place of this list: give the one that the "
                                     "page before it named, with the same filters");
    }
    for (uint64_t count = 0;;) {
        enum order_walk_step step = order_walk_next(&walk, &order);
        if (step != WALK_ORDER) {
            return order_listed(call, &walk, count, step == WALK_PAGE);
        }
        if (!fits(&filter, &order)) {
            continue;
        }
        struct command_row row = {.count = 0};
        struct order_label label = order_label(order.client, order.cl_ord_id);
        order_show_line(&row, &order, &label);
        if (count == limit || !command_row(call, &row)) {
            order_walk_back(&walk);
            return order_listed(call, &walk, count, true);
        }
        count += 1;
    }
}

/* --- orders.show ----------------------------------------------------------------------- */

static bool show(struct command_call *call)
{
    struct order order;
    struct order_shown shown;
    struct command_row row = {.count = 0};
    if (!order_find(call, &order)) {
        return false;
    }
    struct order_label label = order_label(order.client, order.cl_ord_id);
    order_show_all(&row, call->engine, &order, &label, &shown);
    (void)command_row(call, &row);
    struct text why = order_why(call->engine, &order);
    text_add_span(&call->out->answer, text_span(&why));
    return command_done(call,
                        order.forced ? "; it was forced away from an attempt: doubt.hunts" : "");
}

/* --- What changes something --------------------------------------------------------------- */

static bool status(struct command_call *call)
{
    struct order order;
    return order_find(call, &order) && order_ask_status(call, &order);
}

static bool cancel(struct command_call *call)
{
    struct order order;
    struct name name;
    if (!order_find(call, &order)) {
        return false;
    }
    if (order_is_terminal(order.state)) {
        return command_refused(call, "it has ended");
    }
    if (order.state == ORDER_DEAD_LETTER) {
        return command_refused(call, "it is a dead letter: deadletter.cancel ends it");
    }
    if (order.pending != 0) {
        return command_refused(call, order.moving
                                         ? "it is being moved: its cancel is on its way already"
                                         : "a cancel or replace of it is on its way already");
    }
    if (order.state == ORDER_QUEUED) {
        order_cancel_here(call->engine, &order, span_text("cancelled by an operator"));
        return command_done(call, "it is cancelled; no broker had it");
    }
    order_cancel_by_us(call->engine, &order, &name);
    report_event(call->engine, &order,
                 &(struct report){.exec_type = ExecType_PENDING_CANCEL,
                                  .cl_ord_id = order.pending_id,
                                  .orig_cl_ord_id = order.cl_ord_id_now,
                                  .text = "an operator cancels it"});
    text_add_span(&call->out->answer, order.broker);
    return command_done(call, order.pending_sent
                                  ? " is asked to cancel it; the OMS hears what becomes of that"
                                  : " is asked to cancel it as soon as it can be reached");
}

static bool may_move(struct command_call *call, struct order *order)
{
    uint32_t broker = 0;
    struct span to = command_value(call, "to");
    if (!order_find(call, order) || (to.size > 0 && !command_broker(call, "to", &broker))) {
        return false;
    }
    const char *refusal = move_refusal(order);
    if (refusal != NULL) {
        return command_refused(call, refusal);
    }
    return !span_equal(to, order->broker) ||
           command_refused(call, "it is with that broker already");
}

static bool move_plan(struct command_call *call)
{
    struct order order;
    return bulk_is_one(call) ? may_move(call, &order) : bulk_plan(call, BULK_OPEN);
}

static bool move(struct command_call *call)
{
    struct order order;
    struct span to = command_value(call, "to");
    if (!bulk_is_one(call)) {
        return bulk_begin(call);
    }
    if (!may_move(call, &order)) {
        return false;
    }
    struct span from = order.broker;
    move_begin(call->engine, &order, to);
    text_add_span(text_add(&call->out->answer, "a cancel goes to "), from);
    text_add(&call->out->answer, "; when it is confirmed, what is left goes to ");
    text_add_span(&call->out->answer, to.size > 0 ? to : span_text("another broker"));
    return command_done(call, ". If it is refused, the order stays there, and you are told");
}

const struct command_spec order_commands[] = {
    {.name = "orders.list",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "state? broker? symbol? account? client? all? limit? after? older-than?",
     .help = "orders that are open, or those of a state; all=true: ended ones as well",
     .run = list},
    {.name = "orders.show",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "order client?",
     .help = "all of one order: terms, totals, attempt with its evidence, and why it stands there",
     .run = show},
    {.name = "orders.status",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "order client?",
     .help = "ask the broker that has it for its status, now",
     .run = status},
    {.name = "orders.cancel",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "order client? reason?",
     .help = "cancel one order, wherever it is",
     .run = cancel},
    {.name = "orders.move",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .alone = bulk_is_one,
     .arguments = "order? client? to? reason? " ORDER_FILTER_ARGUMENTS,
     .help = "cancel it at its broker, and on the confirmed cancel send what is left to another; "
             "without an order all that fit, with a second person",
     .run = move,
     .plan = move_plan},
    {.name = NULL},
};
