/* The failover procedure, as the bus tells it: its steps in their order, each with the persons and
 * the words that it needs, and where new orders go meanwhile. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CANARIES_USUAL = 3,
    QUIESCE_SECONDS_USUAL = 30,
    DAY_SECONDS = 24 * 60 * 60,
};

/*    step     what may follow */
#define STEPS(X)                                                                                   \
    X(NONE, 0)                                                                                     \
    X(QUIESCE, 1U << STEP_RESOLVE | 1U << STEP_ABORTED)                                            \
    X(RESOLVE, 1U << STEP_SWITCH | 1U << STEP_ABORTED)                                             \
    X(SWITCH, 1U << STEP_CANARY | 1U << STEP_RAMP | 1U << STEP_DONE)                               \
    X(CANARY, 1U << STEP_RAMP | 1U << STEP_DONE | 1U << STEP_ABORTED)                              \
    X(RAMP, 1U << STEP_DONE | 1U << STEP_ABORTED)                                                  \
    X(DONE, 0)                                                                                     \
    X(ABORTED, 0)

enum step {
#define X(name, next) STEP_##name,
    STEPS(X)
#undef X
        STEPS_COUNT,
};

static const char *const step_names[] = {
#define X(name, next) #name,
    STEPS(X)
#undef X
};

static const unsigned step_follows[] = {
#define X(name, next) next,
    STEPS(X)
#undef X
};

/* What an alert says: "failover 3, ALPHA to BETA: CANARY: …" or "…: CANARY, stopped: …". */
struct told {
    uint64_t number;
    uint32_t from;
    uint32_t to;
    uint32_t step;
    bool stopped;
    uint32_t second; /* Of the day. */
};

/* --- Reading it ------------------------------------------------------------------------------ */

static bool take(const char **at, const char *word)
{
    size_t size = strlen(word);
    bool is = strncmp(*at, word, size) == 0;
    *at += is ? size : 0;
    return is;
}

/* A broker's name, up to `end`. */
static bool take_broker(const struct oracle *oracle, const char **at, const char *end,
                        uint32_t *broker)
{
    const char *stop = strstr(*at, end);
    if (stop == NULL) {
        return false;
    }
    *broker = oracle_broker_find(oracle, span_of(*at, (size_t)(stop - *at)));
    *at = stop + strlen(end);
    return *broker != ORACLE_NONE;
}

static bool take_step(const char **at, uint32_t *step)
{
    for (*step = STEP_QUIESCE; *step < STEPS_COUNT; (*step)++) {
        if (take(at, step_names[*step])) {
            return true;
        }
    }
    return false;
}

/* "20260921-14:13:29.833748" */
static uint32_t second_of(struct span time)
{
    uint32_t parts[3] = {0, 0, 0};
    for (size_t i = 0; i < ARRAY_LEN(parts) && time.size >= 17; i++) {
        const uint8_t *digits = time.data + 9 + 3 * i;
        parts[i] = (uint32_t)(10 * (digits[0] - '0') + (digits[1] - '0'));
    }
    return (parts[0] * 60 + parts[1]) * 60 + parts[2];
}

static bool read_told(const struct oracle *oracle, const struct oracle_message *message,
                      struct told *out)
{
    char text[ORACLE_TEXT_BYTES_MAX];
    char *rest;
    span_to_text(oracle_value(message, TAG_TEXT), text, sizeof(text));
    const char *at = text;
    if (!take(&at, "failover ")) {
        return false;
    }
    (void)take(&at, "drill ");
    out->number = strtoull(at, &rest, 10);
    at = rest;
    out->second = second_of(oracle_value(message, TAG_TRANSACT_TIME));
    if (!take(&at, ", ") || !take_broker(oracle, &at, " to ", &out->from) ||
        !take_broker(oracle, &at, ": ", &out->to) || !take_step(&at, &out->step)) {
        return false;
    }
    out->stopped = take(&at, ", stopped: ");
    return out->stopped || take(&at, ": ");
}

/* --- What is still owed ------------------------------------------------------------------------
 */

static bool runs(const struct failover_told *failover)
{
    return failover->step >= STEP_QUIESCE && failover->step <= STEP_RAMP;
}

bool oracle_failover_runs(const struct oracle *oracle)
{
    return runs(&oracle->failover);
}

/* The command that explains a step is told right behind it. */
static void check_owed(struct oracle *oracle, uint64_t bus_seq)
{
    struct failover_told *failover = &oracle->failover;
    if (failover->step != STEP_NONE && !failover->approved) {
        oracle_violate(oracle, ORACLE_TWO_PERSONS,
                       "event %" PRIu64 ": failover %" PRIu64
                       " has begun, and no two persons are told of",
                       bus_seq, failover->number);
        failover->approved = true;
    }
    if (failover->owed != NULL) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": failover %" PRIu64 " went on to %s by itself, though %s",
                       bus_seq, failover->number, step_names[failover->step], failover->owed);
        failover->owed = NULL;
    }
}

/* --- What orders say of it -----------------------------------------------------------------------
 */

static bool waits_at(const struct oracle *oracle, const struct order *order, uint32_t broker)
{
    return order->attempt != ORACLE_NONE && oracle->attempts[order->attempt].broker == broker;
}

/* Sent to the broker that is left, in no doubt, and without its word. */
static bool is_undecided(const struct oracle *oracle, uint32_t broker)
{
    for (uint32_t index = 0; index < oracle->orders_count; index++) {
        const struct order *order = &oracle->orders[index];
        if (order->now.state == STATE_SENT && waits_at(oracle, order, broker)) {
            return true;
        }
    }
    return false;
}

/* Its order has left it without the broker's word. */
static bool has_died(const struct attempt *attempt)
{
    return !attempt->refused &&
           (attempt->dropped || (attempt->given_up && attempt->answered_seq == 0));
}

/* So many went to the new broker since CANARY began, before this event; those that died on the way
 * are none. */
static uint32_t canaries_out(const struct oracle *oracle, bool *answered)
{
    const struct failover_told *failover = &oracle->failover;
    uint32_t count = 0;
    *answered = true;
    for (uint32_t index = oracle->attempts_count; index > 0; index--) {
        const struct attempt *attempt = &oracle->attempts[index - 1];
        if (attempt->broker == failover->to && attempt->told_seq > failover->step_seq &&
            attempt->told_seq != oracle->bus_understood && !has_died(attempt)) {
            count++;
            *answered = *answered && (attempt->answered_seq != 0 || attempt->refused);
        }
    }
    return count;
}

/* NULL: the step before is satisfied, as far as orders tell. */
static const char *too_early(const struct oracle *oracle, const struct told *told)
{
    const struct failover_told *failover = &oracle->failover;
    uint32_t seconds = (told->second + DAY_SECONDS - failover->second) % DAY_SECONDS;
    bool answered = true;
    /* If people let new orders go to the old broker meanwhile, it is not waited for. */
    if (told->step == STEP_SWITCH && oracle->brokers[failover->from].left &&
        seconds + 1 < failover->quiesce_seconds && is_undecided(oracle, failover->from)) {
        return "the broker that it leaves may still answer";
    }
    if (failover->step != STEP_CANARY || told->step == STEP_ABORTED) {
        return NULL;
    }
    if (canaries_out(oracle, &answered) < failover->canaries_most && !failover->lifted) {
        return "not all of its canary orders are out";
    }
    return answered ? NULL : "not all of its canary orders are answered";
}

/* --- Its steps
 * ------------------------------------------------------------------------------------- */

static void begin(struct oracle *oracle, uint64_t bus_seq, const struct told *told)
{
    struct failover_told *failover = &oracle->failover;
    if (runs(failover) || told->number != failover->number + 1) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": failover %" PRIu64 " begins, and %" PRIu64 " was at %s",
                       bus_seq, told->number, failover->number, step_names[failover->step]);
    }
    failover->goes_back =
        failover->step == STEP_DONE && told->from == failover->to && told->to == failover->from;
    failover->number = told->number;
    failover->from = told->from;
    failover->to = told->to;
    failover->approved = false;
    failover->lifted = false;
    failover->switched = false;
    failover->primary_before = oracle->primary;
    oracle->brokers[told->from].left = true;
}

static void check_restored(struct oracle *oracle, uint64_t bus_seq, uint32_t number)
{
    const struct broker *broker = &oracle->brokers[number];
    if (broker->admin != broker->people) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": failover %" PRIu64
                       " is aborted, and %s is not as people had it before",
                       bus_seq, oracle->failover.number, broker->name);
    }
}

static void enter(struct oracle *oracle, uint64_t bus_seq, const struct told *told)
{
    struct failover_told *failover = &oracle->failover;
    struct broker *from = &oracle->brokers[failover->from];
    struct broker *to = &oracle->brokers[failover->to];
    if (told->step == STEP_SWITCH) {
        to->left = false;
        failover->switched = oracle->by_primary;
        oracle->primary = failover->switched ? failover->to : oracle->primary;
    } else if (told->step == STEP_DONE) {
        from->people = from->admin;
        to->people = to->admin;
    } else if (told->step == STEP_ABORTED) {
        check_restored(oracle, bus_seq, failover->from);
        check_restored(oracle, bus_seq, failover->to);
        from->left = false;
        oracle->primary = failover->switched ? failover->primary_before : oracle->primary;
    }
}

void oracle_failover_event(struct oracle *oracle, uint64_t bus_seq,
                           const struct oracle_message *message)
{
    struct failover_told *failover = &oracle->failover;
    struct told told;
    if (!read_told(oracle, message, &told)) {
        return;
    }
    if (failover->step != STEP_SWITCH) { /* It is left at once: who said so comes behind that. */
        check_owed(oracle, bus_seq);
    }
    bool same = told.number == failover->number && told.from == failover->from &&
                told.to == failover->to && runs(failover);
    bool legal = told.stopped ? same && told.step == failover->step
                              : same && (step_follows[failover->step] & 1U << told.step) != 0;
    if (told.step == STEP_QUIESCE && !told.stopped) {
        begin(oracle, bus_seq, &told);
    } else if (!legal) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": failover %" PRIu64 " is at %s%s, and %" PRIu64
                       " was at %s",
                       bus_seq, told.number, step_names[told.step], told.stopped ? ", stopped" : "",
                       failover->number, step_names[failover->step]);
    }
    if (told.stopped) {
        return;
    }
    if (legal) {
        const char *owed = too_early(oracle, &told);
        failover->owed = owed != NULL ? owed : failover->owed;
        enter(oracle, bus_seq, &told);
    }
    failover->step = told.step;
    failover->step_seq = bus_seq;
    failover->second = told.second;
}

/* --- What people say ----------------------------------------------------------------------------
 */

static uint32_t number_of(struct span text, uint32_t otherwise)
{
    char digits[16];
    span_to_text(text, digits, sizeof(digits));
    return text.size > 0 ? (uint32_t)strtoul(digits, NULL, 10) : otherwise;
}

static void approve(struct oracle *oracle, uint64_t bus_seq, bool back, struct span arguments)
{
    struct failover_told *failover = &oracle->failover;
    bool fits =
        back ? failover->goes_back
             : oracle_broker_find(oracle, oracle_argument(arguments, "from")) == failover->from &&
                   oracle_broker_find(oracle, oracle_argument(arguments, "to")) == failover->to;
    if (failover->step != STEP_QUIESCE || failover->approved || !fits) {
        oracle_violate(oracle, ORACLE_LEGAL_MOVES,
                       "event %" PRIu64 ": a failover was begun, and failover %" PRIu64
                       " is at %s, with other brokers or of other persons",
                       bus_seq, failover->number, step_names[failover->step]);
    }
    failover->approved = true;
    if (!back) {
        failover->canaries_most = number_of(oracle_argument(arguments, "canaries"), CANARIES_USUAL);
        failover->quiesce_seconds =
            number_of(oracle_argument(arguments, "quiesce"), QUIESCE_SECONDS_USUAL);
    }
}

static void set_admin(struct oracle *oracle, struct span command, struct span arguments)
{
    static const struct {
        const char *command;
        char admin;
    } said[] = {{"broker.auto", 'A'},
                {"broker.drain", 'D'},
                {"broker.maintenance", 'M'},
                {"broker.open", 'O'},
                {"broker.close", 'C'}};
    uint32_t number = oracle_broker_find(oracle, oracle_argument(arguments, "broker"));
    struct failover_told *failover = &oracle->failover;
    for (size_t i = 0; number != ORACLE_NONE && i < ARRAY_LEN(said); i++) {
        if (!span_is(command, said[i].command)) {
            continue;
        }
        struct broker *broker = &oracle->brokers[number];
        bool wanted = said[i].admin == 'A' || said[i].admin == 'C';
        broker->people = said[i].admin;
        broker->left = broker->left && !wanted;
        failover->lifted =
            failover->lifted || (wanted && number == failover->to && failover->step == STEP_CANARY);
    }
}

/* "PRIMARY_BACKUP", in any case. */
static void set_mode(struct oracle *oracle, struct span arguments)
{
    struct span mode = oracle_argument(arguments, "mode");
    oracle->by_primary =
        mode.size > 1 && (mode.data[0] | 0x20) == 'p' && (mode.data[1] | 0x20) == 'r';
    oracle->primary = oracle_broker_find(oracle, oracle_argument(arguments, "primary"));
    oracle->failover.primary_before = oracle->primary;
    oracle->failover.switched = false;
}

void oracle_failover_command(struct oracle *oracle, uint64_t bus_seq, struct span command,
                             struct span arguments)
{
    struct failover_told *failover = &oracle->failover;
    if (span_is(command, "failover.begin") || span_is(command, "failover.back")) {
        approve(oracle, bus_seq, span_is(command, "failover.back"), arguments);
    } else if (span_is(command, "failover.continue")) {
        failover->owed = NULL;
    } else if (span_is(command, "route.mode")) {
        set_mode(oracle, arguments);
    } else if (span_is(command, "route.rule.set")) {
        oracle->has_rules = true;
    } else {
        set_admin(oracle, command, arguments);
    }
}

/* --- Where orders go -----------------------------------------------------------------------------
 */

const char *oracle_failover_refuses(const struct oracle *oracle, const struct order *order,
                                    uint32_t broker)
{
    const struct failover_told *failover = &oracle->failover;
    bool answered;
    if (oracle->brokers[broker].left) {
        return "a failover has left it";
    }
    if (oracle->by_primary && !oracle->has_rules && broker != oracle->primary &&
        !oracle_order_is_canary(order)) {
        return "it is not the primary";
    }
    if (failover->step == STEP_CANARY && broker == failover->to && !failover->lifted &&
        canaries_out(oracle, &answered) >= failover->canaries_most) {
        return "its canary orders are out";
    }
    return NULL;
}

void oracle_judge_failover(struct oracle *oracle)
{
    check_owed(oracle, oracle->bus_understood);
}
