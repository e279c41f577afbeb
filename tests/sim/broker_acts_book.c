/* What is done to its book, and to what it says of it, in words. */
#include "tests/sim/broker_parts.h"
#include "tests/sim/words.h"

/* What may not rest ends again, if a bust has opened it. */
static void end_reopened(struct sim_broker *broker, uint32_t number)
{
    const struct broker_order *order = &broker->orders[number];
    bool may_rest = order->time_in_force != '3' && order->time_in_force != '4';
    if (book_is_live(order) && !may_rest) {
        broker_later(broker, BROKER_JOB_END, number, broker_pause_ns(broker));
    }
}

static bool act_reverse(struct sim_broker *broker, bool correct)
{
    uint32_t execution = book_last_execution(broker);
    if (execution == BROKER_NONE) {
        return true;
    }
    if (correct) {
        book_correct(broker, execution);
    } else {
        book_bust(broker, execution);
    }
    end_reopened(broker, broker->executions[execution].order);
    return true;
}

static bool act_bust(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    return act_reverse(broker, false);
}

static bool act_correct(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    return act_reverse(broker, true);
}

static bool act_repeat(struct sim_broker *broker, const char **rest)
{
    bool as_new = words_take(rest, "as") && words_take(rest, "new");
    (void)broker_repeat(broker, !as_new);
    return true;
}

static bool act_stray(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker_report_stray(broker);
    return true;
}

/* The live order of that marker, or BROKER_NONE. */
static bool order_named(struct sim_broker *broker, const char **rest, uint32_t *order)
{
    char marker[BROKER_MARKER_BYTES];
    if (!words_next(rest, marker, sizeof(marker))) {
        return false;
    }
    *order = book_find_marker(broker, marker);
    if (*order != BROKER_NONE && !book_is_live(&broker->orders[*order])) {
        *order = BROKER_NONE;
    }
    return true;
}

static bool act_fill(struct sim_broker *broker, const char **rest)
{
    uint32_t order;
    char quantity_text[BROKER_NUMBER_BYTES_MAX];
    char price_text[BROKER_NUMBER_BYTES_MAX];
    int64_t quantity;
    int64_t price;
    if (!order_named(broker, rest, &order) ||
        !words_next(rest, quantity_text, sizeof(quantity_text)) ||
        !words_next(rest, price_text, sizeof(price_text)) ||
        !broker_number_parse(quantity_text, &quantity) ||
        !broker_number_parse(price_text, &price) || quantity <= 0 || price <= 0) {
        return false;
    }
    if (order != BROKER_NONE && quantity <= book_leaves(&broker->orders[order])) {
        book_fill(broker, order, quantity, price);
    }
    return true;
}

static bool end_named(struct sim_broker *broker, const char **rest, enum oracle_end how,
                      const struct broker_words *words)
{
    uint32_t order;
    if (!order_named(broker, rest, &order)) {
        return false;
    }
    if (order != BROKER_NONE) {
        book_end(broker, order, how);
        broker_report(broker, order, words);
    }
    return true;
}

/* The desk was told to. */
static bool cancel_attempt(struct sim_broker *broker, const char **rest)
{
    char attempt[BROKER_ID_BYTES];
    if (!words_next(rest, attempt, sizeof(attempt))) {
        return false;
    }
    uint32_t request = book_find(broker, attempt);
    uint32_t order = request != BROKER_NONE ? broker->requests[request].order : BROKER_NONE;
    if (order != BROKER_NONE && book_is_live(&broker->orders[order])) {
        book_end(broker, order, ORACLE_CANCELLED);
        broker_report(broker, order, &(struct broker_words){.exec_type = '4'});
    }
    return true;
}

static bool act_cancel(struct sim_broker *broker, const char **rest)
{
    if (words_take(rest, "attempt")) {
        return cancel_attempt(broker, rest);
    }
    return end_named(broker, rest, ORACLE_CANCELLED, &(struct broker_words){.exec_type = '4'});
}

static bool act_reject(struct sim_broker *broker, const char **rest)
{
    return end_named(
        broker, rest, ORACLE_REJECTED,
        &(struct broker_words){.exec_type = '8', .reason = 3, .text = "exceeds limit"});
}

static bool act_expire(struct sim_broker *broker, const char **rest)
{
    return end_named(broker, rest, ORACLE_EXPIRED, &(struct broker_words){.exec_type = 'C'});
}

static bool act_late(struct sim_broker *broker, const char **rest)
{
    (void)rest;
    broker->late = true;
    return true;
}

bool broker_act_on_book(struct sim_broker *broker, const char *words)
{
    static const struct {
        const char *word;
        bool (*act)(struct sim_broker *broker, const char **rest);
    } acts[] = {
        {"bust", act_bust},     {"correct", act_correct}, {"repeat", act_repeat},
        {"stray", act_stray},   {"fill", act_fill},       {"cancel", act_cancel},
        {"reject", act_reject}, {"expire", act_expire},   {"late", act_late},
    };
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        const char *rest = words;
        if (words_take(&rest, acts[i].word)) {
            return !broker_awake(broker) || (acts[i].act(broker, &rest) && words_done(rest));
        }
    }
    return false;
}
