/* The judgement at rest: what each order has become, by the books and by the bus. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

/* What the newest book that has the order says; its figures lead, the bus may only be behind. */
static const char *book_says(const struct attempt *attempt)
{
    if (oracle_attempt_is_full(attempt)) {
        return "FILLED";
    }
    if (!oracle_attempt_is_live(attempt)) {
        return attempt->end == ORACLE_CANCELLED  ? "CANCELLED"
               : attempt->end == ORACLE_EXPIRED  ? "EXPIRED"
               : attempt->end == ORACLE_REJECTED ? "REJECTED"
                                                 : "FILLED";
    }
    return attempt->cumulative > 0 ? "PARTIAL" : "ACKED";
}

/* --- Orders in no book --------------------------------------------------------------------- */

static void lose(struct oracle *oracle, const struct order *order)
{
    oracle->counts.lost++;
    oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                   "LOST: %s was acknowledged; no broker has it, and the bus says %s", order->name,
                   order->events == 0 ? "nothing" : oracle_state_name(order->now.state));
}

/* Nobody can know where it is: the bus must say that. */
static void judge_doubt(struct oracle *oracle, const struct order *order,
                        const struct attempt *where)
{
    /* A broker that asks again for what it has is taken at its word. */
    bool disowned =
        where != NULL && where->voided && !where->reported && order->now.state == STATE_DEAD_LETTER;
    if (disowned || oracle_order_is_excused(oracle, order, order->attempt)) {
        oracle->counts.held++;
    } else if (where == NULL) {
        lose(oracle, order);
    } else {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME, "%s is %s for good, but %s has it, %s",
                       order->name, oracle_state_name(order->now.state),
                       oracle->brokers[where->broker].name,
                       where->reported ? "and has told so" : "and its session is in step");
    }
}

static void judge_without_book(struct oracle *oracle, const struct order *order)
{
    switch (order->now.state) {
    case STATE_RECEIVED:
    case STATE_QUEUED:
    case STATE_ROUTED:
        oracle->counts.queued++;
        return;
    case STATE_CANCELLED:
        oracle->counts.cancelled++;
        return;
    case STATE_REJECTED:
        oracle->counts.rejected++;
        return;
    case STATE_EXPIRED:
        oracle->counts.expired++;
        return;
    case STATE_DEAD_LETTER:
        oracle->counts.held++;
        return;
    case STATE_SENT:
    case STATE_IN_DOUBT:
        judge_doubt(oracle, order, NULL);
        return;
    case STATE_UNKNOWN:
        lose(oracle, order);
        return;
    case STATE_ACKED:
    case STATE_PARTIAL:
    case STATE_FILLED:
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME, "%s is %s on the bus, but no broker has it",
                       order->name, oracle_state_name(order->now.state));
        return;
    }
}

/* --- Orders in a book ------------------------------------------------------------------------ */

static void count_end(struct oracle *oracle, const struct attempt *attempt)
{
    if (oracle_attempt_is_full(attempt) || (attempt->ended && attempt->end == ORACLE_FILLED)) {
        oracle->counts.filled++;
    } else if (attempt->end == ORACLE_CANCELLED) {
        oracle->counts.cancelled++;
    } else if (attempt->end == ORACLE_REJECTED) {
        oracle->counts.rejected++;
    } else {
        oracle->counts.expired++;
    }
}

/* The bus and the book disagree, and no report was withheld that would excuse it. */
static void disagree(struct oracle *oracle, const struct order *order,
                     const struct attempt *attempt)
{
    oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                   "%s is %s at %s (attempt %s, %s of %s executed), but %s on the bus", order->name,
                   book_says(attempt), oracle->brokers[attempt->broker].name, attempt->name,
                   oracle_number_text(attempt->cumulative).text,
                   oracle_number_text(attempt->quantity).text, oracle_state_name(order->now.state));
}

static void judge_live(struct oracle *oracle, const struct order *order,
                       const struct attempt *attempt)
{
    enum state state = order->now.state;
    bool doubt = state == STATE_IN_DOUBT || state == STATE_DEAD_LETTER;
    bool over = oracle_state_is_terminal(state);
    if (attempt->withheld && (!over || state == STATE_FILLED)) { /* It was; then busted. */
        oracle->counts.held += doubt ? 1 : 0;
        oracle->counts.resting += doubt ? 0 : 1;
    } else if (doubt || (state == STATE_SENT && attempt->reported)) {
        judge_doubt(oracle, order, attempt);
    } else if (span_is(span_text(book_says(attempt)), oracle_state_name(state)) ||
               state == STATE_SENT ||
               (state == STATE_PARTIAL && oracle_order_has_moved(oracle, order))) {
        oracle->counts.resting++;
    } else {
        disagree(oracle, order, attempt); /* It is alive; nothing excuses that it is over. */
    }
}

static void judge_ended(struct oracle *oracle, const struct order *order,
                        const struct attempt *attempt)
{
    enum state state = order->now.state;
    bool behind = !oracle_state_is_terminal(state) || state == STATE_FILLED;
    /* What is left of it was to go on elsewhere, and could not: a person has it in hand. */
    if (state == STATE_DEAD_LETTER &&
        (attempt->end == ORACLE_CANCELLED || oracle_order_has_moved(oracle, order))) {
        oracle->counts.held++;
        return;
    }
    count_end(oracle, attempt);
    if (!span_is(span_text(book_says(attempt)), oracle_state_name(state)) &&
        (!attempt->withheld || !behind)) {
        disagree(oracle, order, attempt);
    }
}

static void judge_terms(struct oracle *oracle, const struct order *order,
                        const struct attempt *attempt)
{
    bool same = oracle_attempt_may_ask(oracle, attempt, order->now.quantity, attempt->quantity) &&
                (!order->now.has_price || attempt->price == order->now.price);
    if (!same && !attempt->withheld) {
        oracle_violate(
            oracle, ORACLE_FIGURES, "%s is for %s at %s at %s, but for %s at %s on the bus",
            order->name, oracle_number_text(attempt->quantity).text,
            oracle_number_text(attempt->price).text, oracle->brokers[attempt->broker].name,
            oracle_number_text(order->now.quantity).text,
            oracle_number_text(order->now.price).text);
    }
}

/* --- Each order ----------------------------------------------------------------------------- */

static void judge_answers(struct oracle *oracle, const struct order *order)
{
    if (order->pending != ORACLE_NONE) {
        oracle_violate(oracle, ORACLE_FIGURES, "an answer on %s told %s; the bus never said so",
                       order->name,
                       oracle_standing_text(&oracle->moments[order->pending].standing).text);
    } else if (order->asked && order->asked_at == order->moments_last && order->events > 0 &&
               (order->matched == ORACLE_NONE ||
                !oracle_standing_equal(&oracle->moments[order->matched].standing, &order->now))) {
        oracle_violate(oracle, ORACLE_FIGURES,
                       "%s was asked for after all was told: the last answer says %s, the bus %s",
                       order->name,
                       order->matched != ORACLE_NONE
                           ? oracle_standing_text(&oracle->moments[order->matched].standing).text
                           : "nothing",
                       oracle_standing_text(&order->now).text);
    }
}

/* Two persons took a risk: what its attempts made of it is all told, and none of them but one is
 * alive in the end. */
static void judge_forced(struct oracle *oracle, const struct order *order)
{
    uint32_t live = oracle_order_live_attempt(oracle, order);
    uint32_t other = live != ORACLE_NONE ? oracle->attempts[live].next : ORACLE_NONE;
    while (other != ORACLE_NONE && !oracle_attempt_is_live(&oracle->attempts[other])) {
        other = oracle->attempts[other].next;
    }
    oracle->counts.forced++;
    if (other != ORACLE_NONE && !oracle_order_is_excused(oracle, order, other) &&
        !oracle->attempts[other].withheld) {
        oracle_violate(
            oracle, ORACLE_NO_DOUBLE,
            "%s was forced on, and lives twice: as %s at %s and as %s at %s", order->name,
            oracle->attempts[other].name, oracle->brokers[oracle->attempts[other].broker].name,
            oracle->attempts[live].name, oracle->brokers[oracle->attempts[live].broker].name);
    }
}

/* The attempt that the order is by now; NONE: it is in no book. */
static uint32_t attempt_of_now(const struct oracle *oracle, const struct order *order)
{
    uint32_t live = oracle_order_live_attempt(oracle, order);
    const struct attempt *told =
        order->attempt != ORACLE_NONE ? &oracle->attempts[order->attempt] : NULL;
    bool between =
        told != NULL && oracle_order_has_moved(oracle, order) && (told->given_up || !told->taken);
    if (live != ORACLE_NONE || between) {
        return live;
    }
    return order->attempts;
}

static void judge_order(struct oracle *oracle, const struct order *order)
{
    const struct request *request = &oracle->requests[order->request];
    bool in_book = order->attempts != ORACLE_NONE;
    if (!request->acknowledged && order->events == 0 && !in_book) {
        oracle->counts.refused += request->refused ? 1 : 0;
        return; /* Nobody promised anything. */
    }
    if (!request->acknowledged && request->refused) {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME, "%s was only ever refused, and yet %s",
                       order->name, in_book ? "a broker has it" : "the bus speaks of it");
    }
    oracle->counts.acknowledged += request->acknowledged ? 1 : 0;
    judge_answers(oracle, order);
    if (order->forced) {
        judge_forced(oracle, order);
        return;
    }
    uint32_t number = attempt_of_now(oracle, order);
    if (number == ORACLE_NONE) {
        judge_without_book(oracle, order);
        return;
    }
    const struct attempt *attempt = &oracle->attempts[number];
    judge_terms(oracle, order, attempt);
    if (oracle_attempt_is_live(attempt)) {
        judge_live(oracle, order, attempt);
    } else {
        judge_ended(oracle, order, attempt);
    }
}

/* --- Requests --------------------------------------------------------------------------------- */

/* A cancel or replace that was taken has its outcome, or its order has ended. */
static void judge_change(struct oracle *oracle, const struct request *request)
{
    bool pending = request->told == '6' || request->told == 'E';
    uint32_t number =
        request->accepted != ORACLE_NONE ? oracle->contents[request->accepted].order : ORACLE_NONE;
    if (!pending || request->outcome || number == ORACLE_NONE) {
        return;
    }
    const struct order *order = &oracle->orders[number];
    bool held = order->now.state == STATE_IN_DOUBT || order->now.state == STATE_DEAD_LETTER ||
                order->now.state == STATE_SENT;
    if (!held && !oracle_state_is_terminal(order->now.state) &&
        !oracle_order_is_withheld(oracle, order)) {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                       "%s was taken (150=%c) and never had an outcome; its order %s is %s",
                       request->name, request->told, order->name,
                       oracle_state_name(order->now.state));
    }
}

static void judge_requests(struct oracle *oracle)
{
    uint64_t unnamed = oracle->answers_unnamed;
    for (uint32_t index = 0; index < oracle->requests_count; index++) {
        const struct request *request = &oracle->requests[index];
        judge_change(oracle, request);
        if (request->answers > 0) {
            continue;
        }
        if (unnamed > 0) { /* Malformed: its answer could not name it. */
            unnamed--;
            continue;
        }
        oracle->counts.unanswered++;
        oracle_violate(oracle, ORACLE_ANSWERS, "%s was sent %u times and never answered",
                       request->name, request->sendings);
    }
}

/* --- Executions, the bus ---------------------------------------------------------------------- */

static void judge_execution(struct oracle *oracle, const struct execution *execution)
{
    const struct attempt *attempt = &oracle->attempts[execution->attempt];
    const char *order = oracle->orders[attempt->order].name;
    oracle->counts.executions++;
    if (!execution->on_bus) {
        if (!execution->withheld) {
            oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                           "execution %s of %s (attempt %s) never reached the bus", execution->name,
                           order, attempt->name);
        }
        return;
    }
    bool same = execution->bus_live == !execution->busted &&
                (execution->busted || (execution->bus_quantity == execution->quantity &&
                                       execution->bus_price == execution->price));
    if (!attempt->withheld && (!same || execution->bus_changes != execution->changes)) {
        oracle_violate(oracle, ORACLE_FIGURES,
                       "execution %s of %s is %s at %s%s in the book after %u busts and "
                       "corrections, and %s at %s%s on the bus after %u",
                       execution->name, order, oracle_number_text(execution->quantity).text,
                       oracle_number_text(execution->price).text,
                       execution->busted ? " (busted)" : "", execution->changes,
                       oracle_number_text(execution->bus_quantity).text,
                       oracle_number_text(execution->bus_price).text,
                       execution->bus_live ? "" : " (busted)", execution->bus_changes);
    }
}

/* A new order whose number was filled over never arrives: its order goes on without it, is held for
 * a person, or has ended. If the broker has it all the same, it asked for what it had. */
static void judge_void(struct oracle *oracle, const struct attempt *attempt)
{
    const struct order *order =
        attempt->order != ORACLE_NONE ? &oracle->orders[attempt->order] : NULL;
    if (!attempt->voided || attempt->taken || order == NULL || order->given_up ||
        attempt->given_up || order->now.state == STATE_IN_DOUBT) {
        return;
    }
    if (!oracle_state_is_terminal(order->now.state)) {
        oracle_violate(oracle, ORACLE_ONE_CONTENT,
                       "the number of attempt %s was filled over, but its order %s was alive, and "
                       "is %s",
                       attempt->name, order->name, oracle_state_name(order->now.state));
    }
}

static void judge_sessions(struct oracle *oracle)
{
    for (uint32_t index = 0; index < oracle->sessions_count; index++) {
        const struct session *session = &oracle->sessions[index];
        if (session->fills_over && session->losses > 0 && session->losses_told == 0) {
            oracle_violate(oracle, ORACLE_NO_DOUBLE,
                           "%s asked for what it had answered %u times, and was taken at its word",
                           session->name, session->losses);
        }
        if (oracle->sessions[index].broken && !oracle->sessions[index].misses) {
            oracle_violate(oracle, ORACLE_NUMBERS_AGREE,
                           "%s used a number again, and the gateway is on its line still",
                           oracle->sessions[index].name);
        }
    }
}

static void judge_bus(struct oracle *oracle)
{
    if (oracle->published_last > oracle->bus_delivered) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "BusSeq %" PRIu64 " was published, but nothing above %" PRIu64
                       " was delivered",
                       oracle->published_last, oracle->bus_delivered);
    }
}

static void judge_attempts(struct oracle *oracle)
{
    for (uint32_t index = 0; index < oracle->attempts_count; index++) {
        const struct attempt *attempt = &oracle->attempts[index];
        judge_void(oracle, attempt);
        oracle_judge_attempt(oracle, attempt);
        if (attempt->taken && attempt->cumulative > 0) {
            oracle->counts.executed_at[attempt->broker]++;
        }
    }
}

void oracle_judge(struct oracle *oracle)
{
    for (uint32_t index = 0; index < oracle->orders_count; index++) {
        judge_order(oracle, &oracle->orders[index]);
        oracle_judge_risks(oracle, &oracle->orders[index]);
    }
    judge_requests(oracle);
    for (uint32_t index = 0; index < oracle->executions_count; index++) {
        judge_execution(oracle, &oracle->executions[index]);
    }
    judge_bus(oracle);
    judge_sessions(oracle);
    oracle_judge_copies(oracle);
    judge_attempts(oracle);
    oracle_judge_kills(oracle);
    oracle_judge_failover(oracle);
}
