/* What the brokers' books did. */
#include "tests/oracle/oracle_parts.h"

uint32_t oracle_attempt_add(struct oracle *oracle, struct span name)
{
    bool added = false;
    uint32_t number = oracle_map_add(&oracle->attempts_by_name, oracle_key(0, name),
                                     oracle->attempts_count, &added);
    if (added) {
        oracle->attempts = oracle_room(oracle->attempts, &oracle->attempts_capacity, number,
                                       sizeof oracle->attempts[0]);
        oracle->attempts_count++;
        oracle->attempts[number] = (struct attempt){
            .name = oracle_texts_keep(&oracle->texts, name),
            .order = ORACLE_NONE,
            .broker = ORACLE_NONE,
            .session = ORACLE_NONE,
            .number = ORACLE_NONE,
            .next = ORACLE_NONE,
            .next_known = ORACLE_NONE,
        };
    }
    return number;
}

bool oracle_attempt_find(const struct oracle *oracle, struct span name, uint32_t *attempt)
{
    return oracle_map_find(&oracle->attempts_by_name, oracle_key(0, name), attempt);
}

void oracle_attempt_belongs(struct oracle *oracle, uint32_t number, uint32_t order)
{
    struct attempt *attempt = &oracle->attempts[number];
    if (attempt->order == ORACLE_NONE) {
        attempt->order = order;
        attempt->next_known = oracle->orders[order].known;
        oracle->orders[order].known = number;
    } else if (attempt->order != order) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "attempt %s belongs to %s and to %s",
                       attempt->name, oracle->orders[attempt->order].name,
                       oracle->orders[order].name);
    }
}

bool oracle_attempt_is_full(const struct attempt *attempt)
{
    return attempt->taken && attempt->quantity > 0 && attempt->cumulative >= attempt->quantity;
}

bool oracle_attempt_is_live(const struct attempt *attempt)
{
    bool over = attempt->ended && attempt->end != ORACLE_FILLED;
    return attempt->taken && !over && !oracle_attempt_is_full(attempt);
}

uint32_t oracle_order_live_attempt(const struct oracle *oracle, const struct order *order)
{
    uint32_t at = order->attempts;
    while (at != ORACLE_NONE && !oracle_attempt_is_live(&oracle->attempts[at])) {
        at = oracle->attempts[at].next;
    }
    return at;
}

bool oracle_order_is_withheld(const struct oracle *oracle, const struct order *order)
{
    for (uint32_t at = order->attempts; at != ORACLE_NONE; at = oracle->attempts[at].next) {
        if (oracle->attempts[at].withheld) {
            return true;
        }
    }
    return false;
}

bool oracle_order_is_excused(const struct oracle *oracle, const struct order *order,
                             uint32_t number)
{
    if (number == ORACLE_NONE) {
        return false;
    }
    const struct attempt *attempt = &oracle->attempts[number];
    uint64_t since = attempt->sighted ? attempt->sighted_moment : order->asked_moment;
    if (attempt->session != ORACLE_NONE) {
        return oracle->sessions[attempt->session].excuse_moment > since;
    }
    return attempt->broker != ORACLE_NONE && oracle->brokers[attempt->broker].excuse_moment > since;
}

/* --- New orders ------------------------------------------------------------------------ */

/* Before all is told that was committed, two persons may have forced it: that is judged in the end
 * (oracle_judge_risks()). */
static bool is_judged_later(const struct oracle *oracle, const struct order *order)
{
    return (oracle->lives_told && !oracle_bus_is_known(oracle)) ||
           (order->forced && oracle->counts.events == 0);
}

/* An order that has been in a book before may come again only if it is over there, and not filled;
 * or at the risk of two persons. */
static void check_taken_before(struct oracle *oracle, struct order *order,
                               const struct attempt *taken)
{
    for (uint32_t at = order->attempts; at != ORACLE_NONE; at = oracle->attempts[at].next) {
        const struct attempt *before = &oracle->attempts[at];
        if (oracle_attempt_lives(oracle, before) == NULL || before->forced || taken->forced) {
            continue;
        }
        if (is_judged_later(oracle, order)) {
            order->twice = true;
            continue;
        }
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s takes %s (attempt %s), which %s has as %s, %s executed of %s%s",
                       oracle->brokers[taken->broker].name, order->name, taken->name,
                       oracle->brokers[before->broker].name, before->name,
                       oracle_number_text(before->cumulative).text,
                       oracle_number_text(before->quantity).text,
                       oracle_attempt_is_live(before) ? ", live" : "");
    }
}

static bool order_asked_for(const struct oracle *oracle, const struct attempt *attempt,
                            int64_t quantity, int64_t price)
{
    const struct order *order = &oracle->orders[attempt->order];
    for (uint32_t at = order->contents; at != ORACLE_NONE;
         at = oracle->contents[at].next_of_order) {
        const struct content *content = &oracle->contents[at];
        if (content->kind != 'F' &&
            oracle_attempt_may_ask(oracle, attempt, content->quantity, quantity) &&
            (!content->has_price || content->price == price)) {
            return true;
        }
    }
    return false;
}

static void check_terms(struct oracle *oracle, const struct attempt *attempt)
{
    const struct order *order = &oracle->orders[attempt->order];
    if (!order_asked_for(oracle, attempt, attempt->quantity, attempt->price)) {
        oracle_violate(
            oracle, ORACLE_FIGURES, "%s has %s (attempt %s) for %s at %s, which nobody asked for",
            oracle->brokers[attempt->broker].name, order->name, attempt->name,
            oracle_number_text(attempt->quantity).text, oracle_number_text(attempt->price).text);
    }
}

void oracle_book_taken(struct oracle *oracle, uint32_t broker, const char *name, const char *marker,
                       int64_t quantity, int64_t price)
{
    ASSERT(broker < oracle->brokers_count);
    uint32_t number = oracle_attempt_add(oracle, span_text(name));
    struct attempt *attempt = &oracle->attempts[number];
    uint32_t order = ORACLE_NONE;
    if (attempt->taken) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "%s takes attempt %s, which %s has already (%s)",
                       oracle->brokers[broker].name, name, oracle->brokers[attempt->broker].name,
                       marker);
        return;
    }
    if (!oracle_map_find(&oracle->orders_by_marker, oracle_key(0, span_text(marker)), &order)) {
        oracle_violate(
            oracle, ORACLE_NO_DOUBLE,
            "%s takes an order (attempt %s, marker \"%s\") that no client ever submitted",
            oracle->brokers[broker].name, name, marker);
        return;
    }
    struct order *of = &oracle->orders[order];
    oracle_attempt_belongs(oracle, number, order);
    attempt->broker = broker;
    attempt->taken = true;
    oracle_canary_at(oracle, of, broker);
    attempt->quantity = quantity;
    attempt->price = price;
    if (!attempt->sighted) {
        attempt->sighted = true;
        attempt->sighted_moment = oracle->moments_passed;
    }
    if (attempt->given_up && !attempt->forced) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s takes %s (attempt %s), which was given up as dead",
                       oracle->brokers[broker].name, of->name, name);
    }
    check_taken_before(oracle, of, attempt);
    check_terms(oracle, attempt);
    if (oracle_state_is_terminal(of->now.state) && !of->forced) {
        oracle_violate(
            oracle, ORACLE_NO_DOUBLE, "%s takes %s (attempt %s), which the bus called %s",
            oracle->brokers[broker].name, of->name, name, oracle_state_name(of->now.state));
    }
    attempt->next = of->attempts;
    of->attempts = number;
}

/* The broker's attempt of that name; NULL, and a violation, if its book has none. */
static struct attempt *attempt_of_book(struct oracle *oracle, uint32_t broker, const char *name,
                                       const char *what)
{
    uint32_t number = ORACLE_NONE;
    ASSERT(broker < oracle->brokers_count);
    if (!oracle_attempt_find(oracle, span_text(name), &number) || !oracle->attempts[number].taken ||
        oracle->attempts[number].broker != broker) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "%s %s attempt %s, which is not in its book",
                       oracle->brokers[broker].name, what, name);
        return NULL;
    }
    return &oracle->attempts[number];
}

void oracle_book_acknowledged(struct oracle *oracle, uint32_t broker, const char *name)
{
    struct attempt *attempt = attempt_of_book(oracle, broker, name, "acknowledges");
    if (attempt != NULL) {
        attempt->reported = true;
    }
}

void oracle_book_replaced(struct oracle *oracle, uint32_t broker, const char *name,
                          const char *name_new, int64_t quantity, int64_t price)
{
    struct attempt *attempt = attempt_of_book(oracle, broker, name, "replaces");
    if (attempt == NULL) {
        return;
    }
    attempt->quantity = quantity;
    attempt->price = price;
    attempt->reported = true;
    oracle_map_set(&oracle->attempts_by_name, oracle_key(0, span_text(name_new)),
                   (uint32_t)(attempt - oracle->attempts));
    check_terms(oracle, attempt);
}

void oracle_book_ended(struct oracle *oracle, uint32_t broker, const char *name,
                       enum oracle_end how)
{
    struct attempt *attempt = attempt_of_book(oracle, broker, name, "ends");
    if (attempt != NULL) {
        attempt->ended = true;
        attempt->end = how;
        attempt->reported = true;
    }
}

/* --- Executions ------------------------------------------------------------------------ */

uint64_t oracle_execution_key(const struct oracle *oracle, uint32_t broker, struct span exec_id)
{
    return oracle_key(oracle_key(0, span_text(oracle->brokers[broker].name)), exec_id);
}

static void add_to_book(struct oracle *oracle, struct attempt *attempt, int64_t quantity)
{
    struct order *order = &oracle->orders[attempt->order];
    attempt->cumulative += quantity;
    order->executed += quantity;
    if (quantity <= 0) {
        return;
    }
    bool over = order->executed > order->quantity_most;
    bool later = is_judged_later(oracle, order);
    order->overdone = order->overdone || over;
    if (attempt->cumulative > attempt->quantity || (over && !order->forced && !later)) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s executes %s of %s (attempt %s); with it %s are executed in all of %s "
                       "that were asked for at most",
                       oracle->brokers[attempt->broker].name, oracle_number_text(quantity).text,
                       order->name, attempt->name, oracle_number_text(order->executed).text,
                       oracle_number_text(order->quantity_most).text);
    }
}

/* Where else the order has executed, or may. */
static void check_one_broker(struct oracle *oracle, const struct attempt *attempt)
{
    struct order *order = &oracle->orders[attempt->order];
    for (uint32_t at = order->attempts; at != ORACLE_NONE; at = oracle->attempts[at].next) {
        const struct attempt *other = &oracle->attempts[at];
        if (other == attempt || other->cumulative == 0 || attempt->forced || other->forced ||
            oracle_attempt_lives(oracle, other) == NULL ||
            oracle_attempt_lives(oracle, attempt) == NULL) {
            continue;
        }
        if (is_judged_later(oracle, order)) {
            order->twice = true;
            continue;
        }
        oracle_violate(oracle, ORACLE_NO_DOUBLE,
                       "%s executes at two %s: %s (attempt %s) and %s (attempt %s)", order->name,
                       other->broker != attempt->broker ? "brokers" : "attempts",
                       oracle->brokers[other->broker].name, other->name,
                       oracle->brokers[attempt->broker].name, attempt->name);
    }
}

void oracle_book_executed(struct oracle *oracle, uint32_t broker, const char *name,
                          const char *exec_id, int64_t quantity, int64_t price)
{
    struct attempt *attempt = attempt_of_book(oracle, broker, name, "executes");
    bool added = false;
    if (attempt == NULL) {
        return;
    }
    uint64_t key = oracle_execution_key(oracle, broker, span_text(exec_id));
    uint32_t number =
        oracle_map_add(&oracle->executions_by_name, key, oracle->executions_count, &added);
    if (!added) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "%s executes under ExecID %s twice",
                       oracle->brokers[broker].name, exec_id);
        return;
    }
    oracle->executions = oracle_room(oracle->executions, &oracle->executions_capacity, number,
                                     sizeof oracle->executions[0]);
    oracle->executions_count++;
    oracle->executions[number] = (struct execution){
        .name = oracle_texts_keep_pair(&oracle->texts, span_text(oracle->brokers[broker].name),
                                       span_text(exec_id)),
        .attempt = (uint32_t)(attempt - oracle->attempts),
        .quantity = quantity,
        .price = price,
        .quantity_first = quantity,
        .price_first = price,
    };
    if (attempt->ended && attempt->end != ORACLE_FILLED) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "%s executes %s (attempt %s) after its end",
                       oracle->brokers[broker].name, oracle->orders[attempt->order].name, name);
    }
    attempt->reported = true;
    check_one_broker(oracle, attempt);
    add_to_book(oracle, attempt, quantity);
}

static struct execution *execution_of_book(struct oracle *oracle, uint32_t broker,
                                           const char *exec_id)
{
    uint32_t number = ORACLE_NONE;
    ASSERT(broker < oracle->brokers_count);
    if (!oracle_map_find(&oracle->executions_by_name,
                         oracle_execution_key(oracle, broker, span_text(exec_id)), &number)) {
        oracle_violate(oracle, ORACLE_NO_DOUBLE, "%s takes back execution %s, which it never made",
                       oracle->brokers[broker].name, exec_id);
        return NULL;
    }
    return &oracle->executions[number];
}

void oracle_book_busted(struct oracle *oracle, uint32_t broker, const char *exec_id)
{
    struct execution *execution = execution_of_book(oracle, broker, exec_id);
    if (execution != NULL && !execution->busted) {
        execution->busted = true;
        execution->changes++;
        add_to_book(oracle, &oracle->attempts[execution->attempt], -execution->quantity);
    }
}

void oracle_book_corrected(struct oracle *oracle, uint32_t broker, const char *exec_id,
                           int64_t quantity, int64_t price)
{
    struct execution *execution = execution_of_book(oracle, broker, exec_id);
    if (execution != NULL && !execution->busted) {
        execution->changes++;
        add_to_book(oracle, &oracle->attempts[execution->attempt], quantity - execution->quantity);
        execution->quantity = quantity;
        execution->price = price;
    }
}

void oracle_book_withheld(struct oracle *oracle, uint32_t broker, const char *name,
                          const char *exec_id)
{
    uint32_t number = ORACLE_NONE;
    ASSERT(broker < oracle->brokers_count);
    oracle->attempts[oracle_attempt_add(oracle, span_text(name))].withheld = true;
    if (exec_id != NULL &&
        oracle_map_find(&oracle->executions_by_name,
                        oracle_execution_key(oracle, broker, span_text(exec_id)), &number)) {
        oracle->executions[number].withheld = true;
    }
}
