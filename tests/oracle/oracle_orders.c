/* What the bus says of an order: its moves, its terms, its figures. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>
#include <stdio.h>

#define MOVE(name)     MOVE_TO(STATE_##name)
#define MOVE_TO(state) (1U << (state))

/* What a broker's word can make of an order that it may have. */
#define BY_BROKER                                                                                  \
    (MOVE(ACKED) | MOVE(PARTIAL) | MOVE(FILLED) | MOVE(CANCELLED) | MOVE(REJECTED) | MOVE(EXPIRED))

/* Where an order may be seen next (design §8). RECEIVED and ROUTED pass within one turn; an
 * attempt that was in doubt for no longer than that goes from SENT to the dead letters, or to the
 * queue. What its broker has answered comes back to the queue, or goes out anew at once, when it
 * was cancelled there, to go on elsewhere; where its executions are not sure, a person is asked
 * (oracle_ladder.c says what must be true of it by then). What has ended is opened again by a bust
 * or correction only: see after_reversal. */
static const uint32_t moves[] = {
    [STATE_RECEIVED] = MOVE(QUEUED) | MOVE(ROUTED) | MOVE(SENT) | MOVE(CANCELLED) | MOVE(EXPIRED),
    [STATE_QUEUED] =
        MOVE(ROUTED) | MOVE(SENT) | MOVE(CANCELLED) | MOVE(EXPIRED) | MOVE(DEAD_LETTER),
    [STATE_ROUTED] = MOVE(SENT) | MOVE(QUEUED),
    [STATE_SENT] = BY_BROKER | MOVE(IN_DOUBT) | MOVE(DEAD_LETTER) | MOVE(QUEUED),
    [STATE_IN_DOUBT] = BY_BROKER | MOVE(SENT) | MOVE(QUEUED) | MOVE(DEAD_LETTER),
    [STATE_ACKED] = BY_BROKER | MOVE(QUEUED) | MOVE(DEAD_LETTER),
    [STATE_PARTIAL] = MOVE(FILLED) | MOVE(CANCELLED) | MOVE(REJECTED) | MOVE(EXPIRED) |
                      MOVE(QUEUED) | MOVE(DEAD_LETTER),
    [STATE_FILLED] = 0,
    [STATE_CANCELLED] = 0,
    [STATE_REJECTED] = 0,
    [STATE_EXPIRED] = 0,
    [STATE_DEAD_LETTER] = BY_BROKER | MOVE(QUEUED) | MOVE(SENT),
    [STATE_UNKNOWN] = MOVE(RECEIVED) | MOVE(QUEUED) | MOVE(ROUTED) | MOVE(SENT) | MOVE(EXPIRED),
};

static const uint32_t moves_by_reversal[] = {
    [STATE_PARTIAL] = MOVE(ACKED),
    [STATE_FILLED] = MOVE(PARTIAL) | MOVE(ACKED),
    [STATE_CANCELLED] = MOVE(FILLED),
    [STATE_EXPIRED] = MOVE(FILLED),
    [STATE_UNKNOWN] = 0,
};

static bool may_move(enum state from, enum state to, char exec_type)
{
    bool reversal = exec_type == 'H' || exec_type == 'G';
    uint32_t allowed = moves[from] | (reversal ? moves_by_reversal[from] : 0);
    return from == to || (allowed & 1U << to) != 0;
}

/* --- Reading ----------------------------------------------------------------------------- */

bool oracle_standing_read(const struct oracle_message *message, struct standing *out)
{
    *out = (struct standing){.state = oracle_state_of(oracle_value(message, TAG_ORDER_STATE))};
    out->has_price = oracle_number(message, TAG_PRICE, &out->price);
    return out->state != STATE_UNKNOWN && oracle_number(message, TAG_ORDER_QTY, &out->quantity) &&
           oracle_number(message, TAG_CUM_QTY, &out->cumulative) &&
           oracle_number(message, TAG_LEAVES_QTY, &out->leaves) &&
           oracle_number(message, TAG_AVG_PX, &out->average);
}

bool oracle_standing_equal(const struct standing *a, const struct standing *b)
{
    return a->state == b->state && a->has_price == b->has_price && a->quantity == b->quantity &&
           a->price == b->price && a->cumulative == b->cumulative && a->leaves == b->leaves &&
           a->average == b->average;
}

struct standing_text oracle_standing_text(const struct standing *standing)
{
    struct standing_text text;
    (void)snprintf(
        text.text, sizeof text.text, "%s, %s of %s at %s%s, leaves %s, AvgPx %s",
        oracle_state_name(standing->state), oracle_number_text(standing->cumulative).text,
        oracle_number_text(standing->quantity).text, standing->has_price ? "limit " : "market",
        standing->has_price ? oracle_number_text(standing->price).text : "",
        oracle_number_text(standing->leaves).text, oracle_number_text(standing->average).text);
    return text;
}

/* Some cancel ('F') or replace ('G') of it may be under way. */
static bool awaits(const struct oracle *oracle, const struct order *order, char kind)
{
    uint32_t at = order->contents;
    while (at != ORACLE_NONE && (oracle->contents[at].kind != kind ||
                                 oracle->requests[oracle->contents[at].request].outcome)) {
        at = oracle->contents[at].next_of_order;
    }
    return at != ORACLE_NONE;
}

bool oracle_status_fits(const struct oracle_message *message, enum state state)
{
    char status = oracle_char(message, TAG_ORD_STATUS, '\0');
    int64_t cumulative = 0;
    bool open = !oracle_state_is_terminal(state);
    bool pending = (status == '6' || status == 'E') && open;
    /* What an attempt before executed. */
    bool partly =
        status == '1' && open && oracle_number(message, TAG_CUM_QTY, &cumulative) && cumulative > 0;
    return status == '\0' || pending || partly || status == oracle_state_status(state);
}

/* A change that is pending was asked for, and has no outcome yet. */
static bool pending_fits(const struct oracle *oracle, const struct order *order,
                         const struct oracle_message *message)
{
    char status = oracle_char(message, TAG_ORD_STATUS, '\0');
    return (status != '6' && status != 'E') || awaits(oracle, order, status == '6' ? 'F' : 'G') ||
           (status == '6' && order->by_us);
}

void oracle_order_check_id(struct oracle *oracle, uint32_t number,
                           const struct oracle_message *message, const char *where)
{
    struct order *order = &oracle->orders[number];
    struct span id = oracle_value(message, TAG_ORDER_ID);
    bool added = false;
    if (id.size == 0) {
        return;
    }
    uint64_t key = oracle_key(0, id);
    uint32_t owner = oracle_map_add(&oracle->orders_by_id, key, number, &added);
    if (owner != number) {
        oracle_violate(oracle, ORACLE_ANSWERS, "OrderID(37) %.*s is that of %s, and of %s in %s",
                       (int)id.size, (const char *)id.data, oracle->orders[owner].name, order->name,
                       where);
    } else if (order->id != 0 && order->id != key) {
        oracle_violate(oracle, ORACLE_ANSWERS, "%s has another OrderID(37), %.*s, in %s",
                       order->name, (int)id.size, (const char *)id.data, where);
    }
    order->id = key;
}

/* --- Moments -------------------------------------------------------------------------------- */

static void moment_add(struct oracle *oracle, struct order *order)
{
    if (order->moments_last != ORACLE_NONE &&
        oracle_standing_equal(&oracle->moments[order->moments_last].standing, &order->now)) {
        return;
    }
    uint32_t added = oracle->moments_count++;
    oracle->moments =
        oracle_room(oracle->moments, &oracle->moments_capacity, added, sizeof oracle->moments[0]);
    oracle->moments[added] = (struct moment){.standing = order->now, .next = ORACLE_NONE};
    if (order->moments_last == ORACLE_NONE) {
        order->moments = added;
    } else {
        oracle->moments[order->moments_last].next = added;
    }
    order->moments_last = added;
    while (order->pending != ORACLE_NONE &&
           oracle_standing_equal(&oracle->moments[order->pending].standing, &order->now)) {
        order->matched = added;
        order->pending = oracle->moments[order->pending].next;
    }
}

/* --- Judging an event -------------------------------------------------------------------- */

/* What only its broker can have made of the order, the broker said, or did. */
static const char *broker_denies(const struct oracle *oracle, const struct order *order,
                                 enum state state)
{
    const struct attempt *attempt =
        order->attempt != ORACLE_NONE ? &oracle->attempts[order->attempt] : NULL;
    bool ends = state == STATE_CANCELLED || state == STATE_EXPIRED;
    /* It is dead, or is nobody's any more: the gateway may end its order itself. */
    bool gone =
        attempt != NULL &&
        (attempt->given_up || (!attempt->taken && oracle_attempt_lives(oracle, attempt) == NULL));
    if (gone && ends) {
        return NULL;
    }
    if (attempt == NULL || (MOVE_TO(state) & BY_BROKER) == 0) {
        return state == STATE_ACKED || state == STATE_REJECTED ? "went to no broker" : NULL;
    }
    if (!attempt->reported) {
        return "its broker has said nothing of it";
    }
    if (state == STATE_ACKED && !attempt->taken) {
        return "is in no broker's book";
    }
    if ((state == STATE_CANCELLED && attempt->end != ORACLE_CANCELLED) ||
        (state == STATE_EXPIRED && attempt->end != ORACLE_EXPIRED) ||
        (state == STATE_REJECTED && attempt->taken && attempt->end != ORACLE_REJECTED)) {
        return "did not end so in its broker's book";
    }
    return NULL;
}

static void check_state(struct oracle *oracle, uint64_t bus_seq, const struct order *order,
                        const struct standing *told, char exec_type)
{
    enum state state = told->state;
    /* What is executed wholly stays so, whatever comes later: a bust of it may be lost. */
    bool full = told->cumulative >= order->now.quantity;
    /* What an attempt did that two persons left behind, changes the order as well. */
    const char *wrong = order->forced ? NULL : broker_denies(oracle, order, state);
    if (full != (state == STATE_FILLED) && !order->forced) {
        wrong = full ? "is executed wholly" : "is not executed wholly";
    } else if (state == STATE_PARTIAL && told->cumulative == 0) {
        wrong = "has no execution";
    } else if (told->cumulative > 0 && state != STATE_PARTIAL && !oracle_state_is_terminal(state) &&
               !oracle_order_has_moved(oracle, order) && state != STATE_QUEUED &&
               state != STATE_DEAD_LETTER) {
        wrong = "has executions";
    } else if (exec_type == '4' && state != STATE_CANCELLED && !full) {
        wrong = "was cancelled by this very report";
    } else if (exec_type == 'C' && state != STATE_EXPIRED && !full) {
        wrong = "expired by this very report";
    } else if (exec_type == '8' && state != STATE_REJECTED && !full) {
        wrong = "was rejected by this very report";
    }
    if (wrong != NULL) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES, "event %" PRIu64 ": %s is called %s, but %s",
                       bus_seq, order->name, oracle_state_name(state), wrong);
    }
    if (state == STATE_QUEUED && order->attempt != ORACLE_NONE) {
        oracle_attempt_given_up(oracle, bus_seq, order->attempt, order->forced);
    }
}

static void check_move(struct oracle *oracle, uint64_t bus_seq, const struct order *order,
                       const struct oracle_message *message, enum state state)
{
    char exec_type = oracle_char(message, TAG_EXEC_TYPE, '\0');
    bool anew = state == STATE_SENT && oracle_order_has_moved(oracle, order);
    if (!may_move(order->now.state, state, exec_type) && !anew && !order->forced) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES, "event %" PRIu64 ": %s goes from %s to %s",
                       bus_seq, order->name, oracle_state_name(order->now.state),
                       oracle_state_name(state));
    }
    if (!oracle_status_fits(message, state) || !pending_fits(oracle, order, message)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES, "event %" PRIu64 ": %s is %s, but 39=%c",
                       bus_seq, order->name, oracle_state_name(state),
                       oracle_char(message, TAG_ORD_STATUS, '-'));
    }
}

/* Numbers that began anew since the attempt went out prove nothing about it; a word of its broker,
 * on its drop copy for one, does. */
static void check_settled(struct oracle *oracle, struct order *order, enum state state)
{
    const struct attempt *attempt =
        order->attempt != ORACLE_NONE ? &oracle->attempts[order->attempt] : NULL;
    if (oracle->bus_live && order->now.state == STATE_IN_DOUBT && state == STATE_SENT &&
        attempt != NULL && attempt->session != ORACLE_NONE && !attempt->reported &&
        attempt->epoch != oracle->sessions[attempt->session].epoch) {
        order->words++; /* Some person said so: who, is told behind it. */
    }
}

/* Orders that wait for a broker go in the order in which they came; one that has left a broker may
 * have to wait for another, and one that is killed waits for its end. A canary has one broker,
 * whatever holds for others: it passes those that wait, and nothing passes it, for it never does.
 */
static void check_turn(struct oracle *oracle, uint64_t bus_seq, struct order *order,
                       enum state state)
{
    if (state == STATE_QUEUED && order->now.state != STATE_QUEUED) {
        order->queued_seq = bus_seq;
    }
    bool goes = state == STATE_SENT &&
                (order->now.state == STATE_QUEUED || order->now.state == STATE_UNKNOWN) &&
                !oracle_order_is_canary(order);
    uint64_t since = order->now.state == STATE_QUEUED ? order->queued_seq : bus_seq;
    for (uint32_t index = 0; goes && index < oracle->orders_count; index++) {
        const struct order *other = &oracle->orders[index];
        if (other->now.state == STATE_QUEUED && other->queued_seq < since &&
            !oracle_order_has_moved(oracle, other) &&
            oracle_order_killed(oracle, other, ORACLE_NONE) == NULL) {
            oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                           "event %" PRIu64 ": %s goes out before %s, which waits since event "
                           "%" PRIu64,
                           bus_seq, order->name, other->name, other->queued_seq);
            return;
        }
    }
}

/* The bus has told its broker's word on the attempt, or that a person is to decide. */
static void note_answer(struct oracle *oracle, uint64_t bus_seq, const struct order *order,
                        enum state state)
{
    if (order->attempt == ORACLE_NONE) {
        return;
    }
    struct attempt *attempt = &oracle->attempts[order->attempt];
    if ((BY_BROKER & 1U << state) != 0 && attempt->answered_seq == 0) {
        attempt->answered_seq = bus_seq;
    }
    attempt->doubted = attempt->doubted || state == STATE_IN_DOUBT;
    attempt->dropped = attempt->dropped || (attempt->answered_seq == 0 &&
                                            (state == STATE_QUEUED || state == STATE_DEAD_LETTER));
    if (state == STATE_DEAD_LETTER && attempt->held_seq == 0) {
        attempt->held_seq = bus_seq;
    }
}

/* The figures that follow from the executions and terms so far. */
static void check_figures(struct oracle *oracle, uint64_t bus_seq, struct order *order,
                          const struct standing *told)
{
    struct standing right = order->now;
    right.state = told->state;
    right.leaves = oracle_state_is_terminal(told->state) || right.quantity < right.cumulative
                       ? 0
                       : right.quantity - right.cumulative;
    right.average = broker_number_average(order->notional, right.cumulative);
    if (!oracle_standing_equal(&right, told)) {
        oracle_violate(oracle, ORACLE_FIGURES, "event %" PRIu64 " calls %s %s; right is %s",
                       bus_seq, order->name, oracle_standing_text(told).text,
                       oracle_standing_text(&right).text);
    }
    order->now = right;
}

/* A replace took place: the order is now what it asked for. */
static void replaced(struct oracle *oracle, uint64_t bus_seq, uint32_t order, uint32_t request,
                     const struct oracle_message *message)
{
    struct span orig = oracle_value(message, TAG_ORIG_CL_ORD_ID);
    uint32_t before = oracle_request_find(oracle, oracle_value(message, TAG_TARGET_COMP_ID), orig);
    const struct order *of = &oracle->orders[order];
    if (request == of->current && of->forced) {
        return; /* At the broker that it was forced away from, too. */
    }
    if (request == of->current || !oracle_request_accept(oracle, request, "G", message)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": %s is replaced by %s, which is no replace of it",
                       bus_seq, of->name, oracle->requests[request].name);
        return;
    }
    if (before != of->current) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": %s replaces %.*s, but the order was %s by then", bus_seq,
                       oracle->requests[request].name, (int)orig.size, (const char *)orig.data,
                       oracle->requests[of->current].name);
    }
    oracle_order_take_terms(oracle, order, request);
}

static void take_attempt(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                         const struct oracle_message *message)
{
    struct span name = oracle_value(message, TAG_ATTEMPT);
    if (name.size == 0) {
        return;
    }
    uint32_t number = oracle_attempt_add(oracle, name);
    uint32_t broker = oracle_broker_find(oracle, oracle_value(message, TAG_BROKER));
    struct attempt *attempt = &oracle->attempts[number];
    oracle_attempt_belongs(oracle, number, order);
    bool first = attempt->told_seq == 0;
    if (first) {
        attempt->told_seq = bus_seq;
        attempt->told_live = oracle->bus_live;
        attempt->elsewhere = oracle->orders[order].now.cumulative;
    }
    uint32_t before = oracle->orders[order].attempt;
    bool of_earlier = before != ORACLE_NONE && before != number && attempt->given_up;
    if (before != ORACLE_NONE && before != number && !of_earlier) {
        oracle_attempt_given_up(oracle, bus_seq, before, oracle->orders[order].forced);
    }
    if (!of_earlier) {
        oracle->orders[order].attempt = number;
    }
    if (attempt->broker == ORACLE_NONE) {
        attempt->broker = broker;
    } else if (attempt->broker != broker) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "attempt %s of %s is at %s, the bus says at %s",
                       attempt->name, oracle->orders[order].name,
                       oracle->brokers[attempt->broker].name,
                       broker != ORACLE_NONE ? oracle->brokers[broker].name : "nobody's");
    }
    if (first) {
        oracle_attempt_goes(oracle, bus_seq, attempt, message);
    }
}

/* "OR.<state>.<symbol>" */
static bool topic_fits(struct span topic, struct span state)
{
    return topic.data[0] != 'O' ||
           (topic.size > 3 + state.size && topic.data[3 + state.size] == '.' &&
            span_equal(span_of(topic.data + 3, state.size), state));
}

/* Whether it was ever asked with the order's ClOrdID of now as its 41. */
static bool names_latest(const struct oracle *oracle, uint32_t request, uint32_t latest)
{
    uint32_t at = oracle->requests[request].contents;
    while (at != ORACLE_NONE && oracle->contents[at].orig != latest) {
        at = oracle->contents[at].next;
    }
    return at != ORACLE_NONE;
}

/* A cancel or replace has its outcome. */
static void take_outcome(struct oracle *oracle, uint64_t bus_seq, uint32_t number, uint32_t request,
                         const struct oracle_message *message)
{
    const struct order *order = &oracle->orders[number];
    char exec_type = oracle_char(message, TAG_EXEC_TYPE, '\0');
    if (message->type != '9' && exec_type != '4' && exec_type != '5') {
        return;
    }
    if (message->type == '8' && request != order->current && !oracle->requests[request].outcome &&
        !names_latest(oracle, request, order->current)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": %s changed %s, and does not name %s, its latest",
                       bus_seq, oracle->requests[request].name, order->name,
                       oracle->requests[order->current].name);
    }
    oracle->requests[request].outcome = true;
}

static void take_standing(struct oracle *oracle, uint64_t bus_seq, uint32_t number,
                          const struct oracle_message *message)
{
    struct order *order = &oracle->orders[number];
    struct standing told;
    if (!oracle_standing_read(message, &told)) {
        oracle_violate(oracle, ORACLE_FIGURES, "event %" PRIu64 " does not tell where %s stands",
                       bus_seq, order->name);
        return;
    }
    check_move(oracle, bus_seq, order, message, told.state);
    check_settled(oracle, order, told.state);
    check_turn(oracle, bus_seq, order, told.state);
    oracle_order_comes(oracle, bus_seq, order);
    oracle_limit_count(oracle, bus_seq, order, told.state);
    note_answer(oracle, bus_seq, order, told.state);
    check_state(oracle, bus_seq, order, &told, oracle_char(message, TAG_EXEC_TYPE, '\0'));
    check_figures(oracle, bus_seq, order, &told);
    order->given_up = order->given_up || told.state == STATE_DEAD_LETTER ||
                      (told.state == STATE_QUEUED && order->attempt != ORACLE_NONE);
    moment_add(oracle, order);
}

void oracle_order_event(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                        const struct oracle_message *message)
{
    struct span client = oracle_value(message, TAG_TARGET_COMP_ID);
    struct span id = oracle_value(message, TAG_CL_ORD_ID);
    struct span state = oracle_value(message, TAG_ORDER_STATE);
    uint32_t request = oracle_request_find(oracle, client, id);
    bool by_us = request == ORACLE_NONE;
    if (by_us) { /* The gateway has a name of its own for what people, or a kill, cancel. */
        id = oracle_value(message, TAG_ORIG_CL_ORD_ID);
        request = oracle_request_find(oracle, client, id);
    }
    uint32_t number = request != ORACLE_NONE ? oracle_request_order(oracle, request) : ORACLE_NONE;
    if (number == ORACLE_NONE) {
        oracle_violate(oracle, ORACLE_ANSWERS,
                       "event %" PRIu64 " speaks of %.*s/%.*s, which nobody ever asked for",
                       bus_seq, (int)client.size, (const char *)client.data, (int)id.size,
                       (const char *)id.data);
        return;
    }
    oracle->orders[number].events++;
    /* A cancel that is under way is told on the bus only if the gateway itself asked for it. */
    by_us = by_us || oracle_char(message, TAG_EXEC_TYPE, '\0') == '6';
    oracle->orders[number].by_us = oracle->orders[number].by_us || by_us;
    oracle_order_begin(oracle, number, message);
    oracle_order_check_id(oracle, number, message, "an event");
    oracle->orders[number].forced =
        oracle->orders[number].forced || oracle_char(message, TAG_POSSIBLE_DUPLICATE, 'N') == 'Y';
    take_attempt(oracle, bus_seq, number, message);
    if (!by_us) {
        take_outcome(oracle, bus_seq, number, request, message);
    }
    if (!topic_fits(topic, state)) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES, "event %" PRIu64 " of %s says %.*s under %.*s",
                       bus_seq, oracle->orders[number].name, (int)state.size,
                       (const char *)state.data, (int)topic.size, (const char *)topic.data);
    }
    if (message->type == '9') {
        check_move(oracle, bus_seq, &oracle->orders[number], message, oracle_state_of(state));
        return;
    }
    if (message->type == '8') {
        oracle_fill_event(oracle, bus_seq, number, message);
    }
    if (oracle_char(message, TAG_EXEC_TYPE, '\0') == '5') {
        replaced(oracle, bus_seq, number, request, message);
    }
    take_standing(oracle, bus_seq, number, message);
}
