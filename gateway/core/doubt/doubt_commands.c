/* What people do about doubt. */
#include "gateway/core/commands/bulk.h"
#include "gateway/core/commands/command.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/order_acts.h"
#include "gateway/core/orders/order_filter.h"
#include "gateway/core/orders/order_show.h"
#include "gateway/core/orders/order_walk.h"

#define SECOND_NS UINT64_C(1000000000)

/* --- doubt.list ----------------------------------------------------------------------------- */

/* One held order. `settled` is memory for the row. */
static void show_row(struct command_row *row, struct engine *engine, const struct order *order,
                     const struct order_label *label, struct text *settled)
{
    const struct link *link = link_find(engine, order->session_id);
    uint64_t age_ns = engine->now_ns > order->changed_ns ? engine->now_ns - order->changed_ns : 0;
    *settled = order_settled_by(engine, order);
    row_words(row, "order", order_label_span(label));
    row_text(row, "state", order_state_name(order->state));
    row_number(row, "age_seconds", age_ns / SECOND_NS);
    row_words(row, "symbol", order->symbol);
    row_decimal(row, "left", order_leaves(order));
    row_words(row, "broker", order->broker);
    row_words(row, "session", order->session_id);
    row_words(row, "attempt", order->attempt_id);
    row_number(row, "msg_seq_num", order->attempt_seq);
    row_truth(row, "same_session_day",
              link != NULL && link->session.resets == order->attempt_resets);
    row_number(row, "peer_expects", link != NULL ? link->session.peer_expects : 0);
    row_number(row, "peer_has", link != NULL ? link->doubt.peer_has : 0);
    row_text(row, "evidence", order_evidence_name(order->evidence));
    row_time(row, "evidence_since", order->evidence_ns);
    row_number(row, "status_asked", order->asked_count);
    row_time(row, "status_asked_last", order->asked_ns);
    row_words(row, "settled_by", text_span(settled));
}

/* Where a page begins: number of the session, number of the attempt. */
struct place {
    uint32_t session;
    uint64_t attempt;
};

/* "1:4711" */
static bool place_read(struct span text, struct place *place)
{
    uint64_t numbers[2] = {0, 0};
    unsigned part = 0;
    for (size_t index = 0; index < text.size; index++) {
        uint8_t byte = text.data[index];
        if (byte == ':' && part == 0) {
            part = 1;
        } else if (byte < '0' || byte > '9' || numbers[part] > UINT64_MAX / 10 - 1) {
            return false;
        } else {
            numbers[part] = 10 * numbers[part] + (uint64_t)(byte - '0');
        }
    }
    if (text.size > 0 && (part != 1 || numbers[0] >= ENGINE_SESSIONS_MAX)) {
        return false;
    }
    *place = (struct place){.session = (uint32_t)numbers[0], .attempt = numbers[1]};
    return true;
}

static bool rest(struct command_call *call, const struct place *place)
{
    struct text after = {.size = 0};
    text_add_uint(&after, place->session);
    text_add_uint(text_add(&after, ":"), place->attempt);
    return command_more(call, text_span(&after));
}

static bool is_held(const struct order *order)
{
    return order->state == ORDER_IN_DOUBT || order->state == ORDER_DEAD_LETTER;
}

static bool list(struct command_call *call)
{
    struct engine *engine = call->engine;
    struct order_filter filter;
    struct place place;
    uint64_t limit = ORDER_LIST_ROWS_MAX;
    uint64_t count = 0;
    if (!command_number(call, "limit", 1, ORDER_LIST_ROWS_MAX, &limit) ||
        !order_filter_read(call, &filter)) {
        return false;
    }
    if (!place_read(command_value(call, "after"), &place)) {
        return command_refused(call, "'after' is no place of this list: give the one that the "
                                     "page before it named");
    }
    for (unsigned looks = 0; place.session < engine->config->sessions_count; looks++) {
        struct span order_key;
        struct order order;
        struct text settled;
        struct span id = span_text(engine->links[place.session].config->id);
        if (!doubt_next(engine, id, &place.attempt, &order_key)) {
            place = (struct place){.session = place.session + 1};
            continue;
        }
        if (looks >= ORDER_LIST_LOOKS_MAX || count == limit) {
            return rest(call, &place);
        }
        if (!order_follow(&engine->view, order_key, &order)) {
            break;
        }
        struct order_label label = order_label(order.client, order.cl_ord_id);
        if (is_held(&order) && order_filter_fits(&filter, &order)) {
            struct command_row row = {.count = 0};
            show_row(&row, engine, &order, &label, &settled);
            if (!command_row(call, &row)) {
                return rest(call, &place);
            }
            count += 1;
        }
        place.attempt += 1;
    }
    text_add_uint(&call->out->answer, count);
    return command_done(call, count == 1 ? " order is held" : " orders are held");
}

/* --- One order ---------------------------------------------------------------------------------
 */

static bool show(struct command_call *call)
{
    struct order order;
    struct text settled;
    struct command_row row = {.count = 0};
    if (!order_find(call, &order)) {
        return false;
    }
    struct order_label label = order_label(order.client, order.cl_ord_id);
    show_row(&row, call->engine, &order, &label, &settled);
    order_show_ask(&row, &order);
    row_time(&row, "expires", order.terms.expires_ns);
    row_decimal(&row, "filled", order.cum_quantity);
    row_truth(&row, "possible_duplicate", order.forced);
    (void)command_row(call, &row);
    struct text why = order_why(call->engine, &order);
    return command_done(call, why.data);
}

static bool ask(struct command_call *call)
{
    struct order order;
    return order_find(call, &order) && order_ask_status(call, &order);
}

/* In doubt; else the call is refused. */
static bool find_doubt(struct command_call *call, struct order *order)
{
    if (!order_find(call, order)) {
        return false;
    }
    if (order->state == ORDER_IN_DOUBT) {
        return true;
    }
    text_add(text_add(&call->out->answer, "it is not in doubt, but "),
             order_state_name(order->state));
    return command_refused(call, order->state == ORDER_DEAD_LETTER
                                     ? ": see deadletter.show"
                                     : ": there is nothing to settle");
}

/* --- doubt.settle ------------------------------------------------------------------------------
 */

static bool read_outcome(struct command_call *call, bool *received)
{
    struct span outcome = command_value(call, "outcome");
    *received = span_is(outcome, "received");
    if (*received || span_is(outcome, "not-received")) {
        return true;
    }
    return command_refused(call, "'outcome' must be received (the broker has it) or not-received "
                                 "(its desk is sure that it never got it)");
}

/* False, and the call is refused: its broker's numbers say otherwise. */
static bool may_be_missing(struct command_call *call, const struct order *order)
{
    if (order->evidence == EVIDENCE_RECEIVED) {
        return command_refused(call, "its broker has it, by its own numbers: sent on, it would "
                                     "execute twice; ask with doubt.ask, or orders.cancel it");
    }
    return true;
}

/* Why it must not go on to another broker, whoever says so; the call is refused then. */
static bool may_go_on(struct command_call *call, const struct order *order)
{
    if (!may_be_missing(call, order)) {
        return false;
    }
    if (order->pending == 'F') {
        return command_refused(call, "its client has asked to cancel it: it must not go out again");
    }
    if (!order_limits_recheck(call->engine, order, &call->out->answer)) {
        return command_refused(call, ": it must not go out any more");
    }
    return true;
}

/* To say that the broker has it sends nothing anywhere: that needs no second person. */
static bool settle_alone(struct command_call *call)
{
    return bulk_is_one(call) && span_is(command_value(call, "outcome"), "received");
}

/* One whose time has ended, or that its client wants cancelled, ends by that; one that limits or
 * a kill keep from brokers becomes a dead letter. */
static bool may_settle(struct command_call *call, struct order *order, bool *received)
{
    return read_outcome(call, received) && find_doubt(call, order) &&
           (*received || may_be_missing(call, order));
}

static bool settle_plan(struct command_call *call)
{
    struct order order;
    bool received;
    if (!bulk_is_one(call)) {
        return read_outcome(call, &received) && bulk_plan(call, BULK_IN_DOUBT);
    }
    if (!may_settle(call, &order, &received)) {
        return false;
    }
    order_force_plan(call, &order);
    return true;
}

static bool settle(struct command_call *call)
{
    struct engine *engine = call->engine;
    struct order order;
    bool received;
    if (!bulk_is_one(call)) {
        return bulk_begin(call);
    }
    if (!may_settle(call, &order, &received)) {
        return false;
    }
    if (!received) {
        order_force_on(engine, &order);
        text_add(&call->out->answer, "it is ");
        return command_done(call, order_state_name(order.state));
    }
    order.evidence = EVIDENCE_RECEIVED;
    order.evidence_ns = engine->now_ns;
    order.vouched = true;
    doubt_become(engine, &order, ORDER_SENT,
                 span_text("its broker says that it has it; its report is awaited"));
    order_save(&engine->view, &order, engine->scratch_record);
    bus_order_event(engine, &order);
    return command_done(call, "it stays with its broker; what that reports settles it");
}

/* --- doubt.reroute -----------------------------------------------------------------------------
 */

static bool policy_lets(struct command_call *call, const struct order *order)
{
    const struct engine_config *config = call->engine->config;
    for (uint32_t index = 0; index < config->brokers_count; index++) {
        if (span_is(order->broker, config->brokers[index].name) &&
            config->brokers[index].in_doubt_policy == IN_DOUBT_OPERATOR) {
            return true;
        }
    }
    text_add_span(text_add(&call->out->answer, "InDoubtPolicy of "), order->broker);
    return command_refused(call, " is not 'operator': its orders in doubt are held until it has "
                                 "answered; with its word by telephone, doubt.settle");
}

static bool may_reroute(struct command_call *call, struct order *order)
{
    return find_doubt(call, order) && policy_lets(call, order) && may_go_on(call, order);
}

static bool reroute_plan(struct command_call *call)
{
    struct order order;
    if (!order_reason_given(call)) {
        return false;
    }
    if (!bulk_is_one(call)) {
        return bulk_plan(call, BULK_IN_DOUBT);
    }
    if (!may_reroute(call, &order)) {
        return false;
    }
    order_force_plan(call, &order);
    return true;
}

static bool reroute(struct command_call *call)
{
    struct order order;
    if (!bulk_is_one(call)) {
        return bulk_begin(call);
    }
    if (!may_reroute(call, &order)) {
        return false;
    }
    order_force_on(call->engine, &order);
    text_add(&call->out->answer, "it is ");
    text_add(&call->out->answer, order_state_name(order.state));
    return command_done(call, "; the attempt that it left is hunted: see doubt.hunts");
}

/* --- The hunt -----------------------------------------------------------------------------------
 */

static bool hunts(struct command_call *call)
{
    const struct engine *engine = call->engine;
    struct place place;
    uint64_t count = 0;
    if (!place_read(command_value(call, "after"), &place)) {
        return command_refused(call, "'after' is no place of this list: give the one that the "
                                     "page before it named");
    }
    while (place.session < engine->config->sessions_count) {
        struct hunt hunt;
        struct span client;
        struct span cl_ord_id;
        struct span id = span_text(engine->links[place.session].config->id);
        if (!hunt_next(engine, id, place.attempt, &hunt)) {
            place = (struct place){.session = place.session + 1};
            continue;
        }
        struct command_row row = {.count = 0};
        order_key_parts(hunt.order_key, &client, &cl_ord_id);
        struct order_label label = order_label(client, cl_ord_id);
        order_show_hunt(&row, &hunt, &label);
        place.attempt = hunt.attempt_number;
        if (count == ORDER_LIST_ROWS_MAX || !command_row(call, &row)) {
            return rest(call, &place);
        }
        place.attempt += 1;
        count += 1;
    }
    text_add_uint(&call->out->answer, count);
    return command_done(call, count == 1 ? " attempt is hunted" : " attempts are hunted");
}

static bool call_off(struct command_call *call)
{
    struct hunt hunt;
    struct text how = {.size = 0};
    if (!hunt_find(call->engine, command_value(call, "attempt"), &hunt)) {
        return command_refused(call, "no such attempt is hunted: see doubt.hunts");
    }
    text_add_span(text_add(&how, "called off by "), call->proposer);
    text_add_span(text_add(&how, " and "), call->command->operator_name);
    text_add_span(text_add(&how, ": "), command_value(call, "reason"));
    hunt_end(call->engine, &hunt, "warning", how.data);
    return command_done(call, "the hunt is over; a report of the attempt is still told of");
}

static bool call_off_plan(struct command_call *call)
{
    struct hunt hunt;
    if (!hunt_find(call->engine, command_value(call, "attempt"), &hunt)) {
        return command_refused(call, "no such attempt is hunted: see doubt.hunts");
    }
    return command_done(call, "will move 0; hold 0; cannot decide 1: whether the attempt is dead "
                              "is then the word of two persons");
}

const struct command_spec doubt_commands[] = {
    {.name = "doubt.list",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "broker? limit? after? symbol? account? client? evidence? older-than?",
     .help = "orders that are held, what is known of each, and what would settle it",
     .run = list},
    {.name = "doubt.show",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "order client?",
     .help = "all that is known of one",
     .run = show},
    {.name = "doubt.ask",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "order client?",
     .help = "ask its broker for its status, now",
     .run = ask},
    {.name = "doubt.settle",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .alone = settle_alone,
     .arguments = "order? outcome? client? reason? evidence? " ORDER_FILTER_ARGUMENTS,
     .help = "the broker's word by telephone: received, or (with a second person) not-received; "
             "without an order: all that fit, with a second person",
     .run = settle,
     .plan = settle_plan},
    {.name = "doubt.reroute",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .arguments = "order? reason? client? evidence? " ORDER_FILTER_ARGUMENTS,
     .help = "force it to another broker, at the risk that it executes twice; without an order: "
             "all that fit",
     .run = reroute,
     .plan = reroute_plan},
    {.name = "doubt.hunts",
     .may = MAY_VIEW | MAY_OPERATE,
     .arguments = "after?",
     .help = "attempts that orders were forced away from, and that may live",
     .run = hunts},
    {.name = "doubt.call-off",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .arguments = "attempt reason",
     .help = "end the hunt of one: its broker's desk says that it is dead",
     .run = call_off,
     .plan = call_off_plan},
    {.name = NULL},
};
