/* What people do with dead letters. */
#include "gateway/core/commands/bulk.h"
#include "gateway/core/commands/command.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/order_acts.h"
#include "gateway/core/orders/order_filter.h"
#include "gateway/core/orders/order_show.h"
#include "gateway/core/orders/order_walk.h"

/* --- Looking ------------------------------------------------------------------------------ */

static void show_row(struct command_row *row, const struct engine *engine,
                     const struct order *order, const struct order_label *label)
{
    struct dead_letter letter = {.since_ns = order->changed_ns, .reason = order->reason};
    (void)dead_letter_load(engine, order, &letter);
    row_words(row, "order", order_label_span(label));
    row_time(row, "since", letter.since_ns);
    row_words(row, "symbol", order->symbol);
    row_decimal(row, "left", order_leaves(order));
    row_decimal(row, "filled", order->cum_quantity);
    row_words(row, "broker", order->broker);
    row_words(row, "attempt", order->attempt_id);
    row_truth(row, "may_live", attempt_is_live(engine, order));
    row_truth(row, "executions_sure", !letter.unsure);
    row_time(row, "expires", order->terms.expires_ns);
    row_words(row, "reason", letter.reason);
    row_words(row, "evidence", letter.evidence);
}

static bool list(struct command_call *call)
{
    uint64_t limit = ORDER_LIST_ROWS_MAX;
    struct order_filter filter;
    struct order_walk walk;
    if (!order_filter_read(call, &filter) ||
        !command_number(call, "limit", 1, ORDER_LIST_ROWS_MAX, &limit)) {
        return false;
    }
    if (!order_walk_begin(&walk, call->engine, WALK_DEAD, WALK_DEAD, span_of(NULL, 0),
                          command_value(call, "after"))) {
        return command_refused(call, "'after' is no place of this list: give the one that the "
                                     "page before it named");
    }
    for (uint64_t count = 0;;) {
        struct order order;
        enum order_walk_step step = order_walk_next(&walk, &order);
        if (step != WALK_ORDER) {
            return order_listed(call, &walk, count, step == WALK_PAGE);
        }
        if (!order_filter_fits(&filter, &order)) {
            continue;
        }
        struct command_row row = {.count = 0};
        struct order_label label = order_label(order.client, order.cl_ord_id);
        show_row(&row, call->engine, &order, &label);
        if (count == limit || !command_row(call, &row)) {
            order_walk_back(&walk);
            return order_listed(call, &walk, count, true);
        }
        count += 1;
    }
}

static bool find(struct command_call *call, struct order *order)
{
    if (!order_find(call, order)) {
        return false;
    }
    if (order->state != ORDER_DEAD_LETTER) {
        text_add(&call->out->answer, "it is no dead letter, but ");
        return command_refused(call, order_state_name(order->state));
    }
    return true;
}

/* No attempt of it may live, and what was executed is known: nothing can execute twice. */
static bool is_harmless(const struct engine *engine, const struct order *order)
{
    struct dead_letter letter = {.unsure = true};
    return dead_letter_load(engine, order, &letter) && !letter.unsure &&
           !attempt_is_live(engine, order);
}

static bool show(struct command_call *call)
{
    struct order order;
    struct command_row row = {.count = 0};
    if (!find(call, &order)) {
        return false;
    }
    struct order_label label = order_label(order.client, order.cl_ord_id);
    show_row(&row, call->engine, &order, &label);
    order_show_ask(&row, &order);
    row_truth(&row, "possible_duplicate", order.forced);
    (void)command_row(call, &row);
    if (!order_limits_recheck(call->engine, &order, &call->out->answer)) {
        return command_done(call, ": deadletter.cancel tells the OMS that it is over");
    }
    return command_done(call, !is_harmless(call->engine, &order)
                                  ? "its attempt may live, or have executed more than is known: "
                                    "ask its desk; deadletter.redrive needs a second person"
                                  : "no broker has it: deadletter.redrive sends it on, "
                                    "deadletter.cancel ends it");
}

/* --- Deciding ------------------------------------------------------------------------------ */

static bool may_redrive(struct command_call *call, struct order *order)
{
    if (!find(call, order)) {
        return false;
    }
    if (!order_limits_recheck(call->engine, order, &call->out->answer)) {
        return command_refused(call, ": deadletter.cancel tells the OMS that it is over, and it "
                                     "may send a new one");
    }
    return true;
}

static bool alone(struct command_call *call)
{
    struct text before = call->out->answer;
    struct order order;
    bool found = bulk_is_one(call) && find(call, &order);
    call->out->answer = before;
    return found && is_harmless(call->engine, &order);
}

static bool plan(struct command_call *call)
{
    struct order order;
    if (!bulk_is_one(call)) {
        return bulk_plan(call, BULK_DEAD);
    }
    if (!may_redrive(call, &order)) {
        return false;
    }
    order_force_plan(call, &order);
    return true;
}

static bool redrive(struct command_call *call)
{
    struct order order;
    if (!bulk_is_one(call)) {
        return bulk_begin(call);
    }
    if (!may_redrive(call, &order)) {
        return false;
    }
    order_force_on(call->engine, &order);
    text_add(&call->out->answer, "it is ");
    return command_done(call, order_state_name(order.state));
}

static bool cancel_plan(struct command_call *call)
{
    struct order order;
    return order_reason_given(call) &&
           (bulk_is_one(call) ? find(call, &order) : bulk_plan(call, BULK_DEAD));
}

static bool cancel(struct command_call *call)
{
    struct order order;
    struct text reason = {.size = 0};
    if (!order_reason_given(call)) {
        return false;
    }
    if (!bulk_is_one(call)) {
        return bulk_begin(call);
    }
    if (!find(call, &order)) {
        return false;
    }
    bool live = attempt_is_live(call->engine, &order);
    text_add_span(text_add(&reason, "ended by an operator: "), command_value(call, "reason"));
    dead_letter_remove(call->engine, &order);
    if (live) {
        hunt_add(call->engine, &order);
        attempt_give_up(call->engine, &order);
    }
    order_cancel_here(call->engine, &order, text_span(&reason));
    return command_done(call, live ? "the OMS is told that it is cancelled; its attempt is "
                                     "cancelled at the broker as soon as that can be reached"
                                   : "the OMS is told that it is cancelled; no broker has it");
}

const struct command_spec dead_letter_commands[] = {
    {.name = "deadletter.list",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "limit? after? client? " ORDER_FILTER_ARGUMENTS,
     .help = "orders that cannot go on by themselves, with the reason and the evidence",
     .run = list},
    {.name = "deadletter.show",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "order client?",
     .help = "all of one dead letter, and what can be done with it",
     .run = show},
    {.name = "deadletter.redrive",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .alone = alone,
     .arguments = "order? client? reason? " ORDER_FILTER_ARGUMENTS,
     .help = "send it on to a broker; with a second person if its attempt may live; without an "
             "order: all that fit, with a second person",
     .run = redrive,
     .plan = plan},
    {.name = "deadletter.cancel",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .alone = bulk_is_one,
     .arguments = "order? reason? client? " ORDER_FILTER_ARGUMENTS,
     .help = "end it: the OMS is told that it is cancelled; without an order: all that fit, with a "
             "second person",
     .run = cancel,
     .plan = cancel_plan},
    {.name = NULL},
};
