#include "gateway/core/orders/order_show.h"

#include "fix/tags.h"
#include "gateway/core/sessions/links.h"

static const char *side_word(const struct order *order)
{
    switch (order->side) {
    case Side_BUY:
        return "buy";
    case Side_SELL:
        return "sell";
    case Side_SELL_SHORT:
        return "sell short";
    default:
        return "other";
    }
}

static const char *type_word(const struct order *order)
{
    switch (order->terms.ord_type) {
    case OrdType_MARKET:
        return "market";
    case OrdType_LIMIT:
        return "limit";
    case OrdType_STOP:
        return "stop";
    case OrdType_STOP_LIMIT:
        return "stop limit";
    default:
        return "other";
    }
}

static const char *time_word(const struct order *order)
{
    switch (order->terms.time_in_force) {
    case TimeInForce_DAY:
        return "day";
    case TimeInForce_GOOD_TILL_CANCEL:
        return "until cancelled";
    case TimeInForce_IMMEDIATE_OR_CANCEL:
        return "immediate or cancel";
    case TimeInForce_FILL_OR_KILL:
        return "fill or kill";
    case TimeInForce_GOOD_TILL_DATE:
        return "until a date";
    default:
        return "other";
    }
}

static void price(struct command_row *row, const struct order *order)
{
    if (order->terms.has_price) {
        row_decimal(row, "price", order->terms.price);
    } else {
        row_words(row, "price", span_of(NULL, 0));
    }
}

void order_show_line(struct command_row *row, const struct order *order,
                     const struct order_label *label)
{
    row_words(row, "order", order_label_span(label));
    row_text(row, "state", order_state_name(order->state));
    row_time(row, "since", order->changed_ns);
    row_words(row, "symbol", order->symbol);
    row_text(row, "side", side_word(order));
    row_decimal(row, "quantity", order->terms.quantity);
    price(row, order);
    row_decimal(row, "filled", order->cum_quantity);
    row_decimal(row, "left", order_leaves(order));
    row_words(row, "account", order->account);
    row_words(row, "broker", order->broker);
    row_words(row, "attempt", order->attempt_id);
    row_truth(row, "possible_duplicate", order->forced);
    row_words(row, "reason", order->reason);
}

void order_show_ask(struct command_row *row, const struct order *order)
{
    row_text(row, "side", side_word(order));
    row_text(row, "type", type_word(order));
    row_decimal(row, "quantity", order->terms.quantity);
    price(row, order);
    row_words(row, "account", order->account);
    row_text(row, "time_in_force", time_word(order));
}

/* "ALPHA: chosen, share 60 %; BETA: drained by an operator": why its latest attempt went there. */
static struct text decision_words(const struct engine *engine, const struct order *order)
{
    struct text text = {.size = 0};
    struct attempt attempt;
    struct decision decision;
    struct span names[ENGINE_BROKERS_MAX];
    if (!attempt_load(engine, order->attempt_id, &attempt) ||
        !decision_read(attempt.decision, &decision, names)) {
        return text;
    }
    for (uint32_t broker = 0; broker < decision.count; broker++) {
        const struct decision_term *term = &decision.terms[broker];
        text_add_span(text_add(&text, broker > 0 ? "; " : ""), names[broker]);
        text_add(&text, broker == decision.chosen ? ": chosen, " : ": ");
        if (term->cause != CAUSE_NONE) {
            text_add(&text, decision_cause_words(term->cause));
        } else {
            text_add_uint(text_add(&text, "share "), term->share / (DECISION_MILLION / 100));
            text_add(&text, " %");
        }
    }
    return text;
}

void order_show_all(struct command_row *row, const struct engine *engine, const struct order *order,
                    const struct order_label *label, struct order_shown *shown)
{
    shown->order_id = name_make(engine->config->instance_id, NAME_ORDER, order->number);
    shown->decision = decision_words(engine, order);
    row_words(row, "order", order_label_span(label));
    row_words(row, "order_id", name_span(&shown->order_id));
    row_text(row, "state", order_state_name(order->state));
    row_time(row, "since", order->changed_ns);
    row_words(row, "reason", order->reason);
    row_time(row, "created", order->created_ns);
    row_words(row, "symbol", order->symbol);
    order_show_ask(row, order);
    row_time(row, "expires", order->terms.expires_ns);
    row_decimal(row, "filled", order->cum_quantity);
    row_decimal(row, "average_price", order_average(order));
    row_decimal(row, "left", order_leaves(order));
    row_text(row, "pending",
             order->pending == 'F'   ? "cancel"
             : order->pending == 'G' ? "replace"
                                     : "");
    row_truth(row, "possible_duplicate", order->forced);
    row_truth(row, "moving", order->moving);
    row_number(row, "attempts", order->attempts);
    if (order->attempts == 0) {
        return;
    }
    row_words(row, "broker", order->broker);
    row_words(row, "session", order->session_id);
    row_words(row, "attempt", order->attempt_id);
    row_words(row, "broker_order_id", order->broker_order_id);
    row_number(row, "msg_seq_num", order->attempt_seq);
    row_words(row, "decision", text_span(&shown->decision));
    row_decimal(row, "asked_for", order->attempt_quantity);
    row_truth(row, "answered", !order->unacked);
    row_text(row, "evidence", order_evidence_name(order->evidence));
    row_time(row, "evidence_since", order->evidence_ns);
    row_number(row, "status_asked", order->asked_count);
}

void order_show_hunt(struct command_row *row, const struct hunt *hunt,
                     const struct order_label *label)
{
    row_words(row, "order", order_label_span(label));
    row_words(row, "attempt", hunt->attempt_id);
    row_words(row, "session", hunt->session_id);
    row_number(row, "msg_seq_num", hunt->attempt_seq);
    row_number(row, "session_day", hunt->attempt_resets);
    row_decimal(row, "asked_for", hunt->quantity);
    row_decimal(row, "executed", hunt->filled);
    row_text(row, "hunt", hunt_stage_name(hunt->stage));
    row_time(row, "since", hunt->since_ns);
    row_time(row, "hunt_since", hunt->stage_ns);
    row_words(row, "cancel", hunt->cancel_id);
}

/* --- Why ------------------------------------------------------------------------------ */

const char *order_broker_away(struct engine *engine, const struct order *order)
{
    const struct link *link = link_find(engine, order->session_id);
    if (link == NULL) {
        return "its session is not in the configuration any more";
    }
    if (link->down) {
        return "its session is logged off by an operator";
    }
    return link->session.state == SESSION_READY ? NULL : "its session is not logged on";
}

static void add_attempt(struct text *why, const struct order *order)
{
    text_add_span(text_add(why, " "), order->broker);
    text_add_span(text_add(why, " (attempt "), order->attempt_id);
    text_add_uint(text_add(why, ", MsgSeqNum "), order->attempt_seq);
    text_add(why, ")");
}

struct text order_settled_by(struct engine *engine, const struct order *order)
{
    struct text what = {.size = 0};
    const char *away = order_broker_away(engine, order);
    switch (order->evidence) {
    case EVIDENCE_NONE:
        text_add(text_add(&what, away != NULL ? away : "its session is in step"), ": ");
        text_add(&what, away != NULL ? "the broker's Logon (789) or ResendRequest tells when it "
                                       "is back; else doubt.settle with its word by telephone"
                                     : "its report, or the answer to doubt.ask");
        break;
    case EVIDENCE_NOT_RECEIVED:
        text_add(&what, "filled over: free to go on once the broker echoes a TestRequest behind "
                        "the fill");
        break;
    case EVIDENCE_RECEIVED:
        text_add(&what, "the broker has it: its report, or the answer to doubt.ask");
        break;
    case EVIDENCE_UNPROVEN:
        text_add(&what, "the session's numbers prove nothing: the answer to doubt.ask, or "
                        "doubt.settle with the broker's word by telephone");
        break;
    case EVIDENCE_UNKNOWN:
        text_add(&what, "the broker says that it does not know it, which alone is no proof: "
                        "doubt.settle not-received, once its desk has confirmed that");
        break;
    }
    return what;
}

struct text order_why(struct engine *engine, const struct order *order)
{
    struct text why = {.size = 0};
    text_add(text_add(&why, order_state_name(order->state)), ":");
    switch (order->state) {
    case ORDER_SENT:
    case ORDER_ROUTED:
        text_add(&why, " sent, and no word yet of");
        add_attempt(&why, order);
        break;
    case ORDER_ACKED:
    case ORDER_PARTIAL:
        text_add(&why, order->moving ? " is being cancelled, to go on elsewhere, at" : " is with");
        add_attempt(&why, order);
        break;
    case ORDER_IN_DOUBT: {
        struct text settled = order_settled_by(engine, order);
        add_attempt(&why, order);
        text_add_span(text_add(&why, ": "), text_span(&settled));
        break;
    }
    case ORDER_RECEIVED:
    case ORDER_QUEUED:
    case ORDER_FILLED:
    case ORDER_CANCELLED:
    case ORDER_REJECTED:
    case ORDER_EXPIRED:
    case ORDER_DEAD_LETTER:
        text_add(&why, " ");
        text_add_span(&why, order->reason.size > 0 ? order->reason : span_text("no more is said"));
        break;
    }
    return why;
}
