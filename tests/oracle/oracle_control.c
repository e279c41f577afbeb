/* What people and services said, as the bus tells it; and that the gateway obeyed.
 *
 * The bus is one stream: what stands on it before an order goes out held when it went out. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>
#include <stdio.h>

/* What only two persons may do. */
static const char *const for_two[] = {"broker.thaw", "doubt.reroute",  "doubt.call-off",
                                      "kill.off",    "limits.set",     "limits.override",
                                      "route.mode",  "failover.begin", "failover.back"};

struct span oracle_argument(struct span arguments, const char *name)
{
    size_t size = strlen(name);
    for (size_t at = 0; at < arguments.size;) {
        const uint8_t *begin = arguments.data + at;
        const uint8_t *end = memchr(begin, ' ', arguments.size - at);
        size_t length = end != NULL ? (size_t)(end - begin) : arguments.size - at;
        if (length > size && begin[size] == '=' && memcmp(begin, name, size) == 0) {
            return span_of(begin + size + 1, length - size - 1);
        }
        at += length + 1;
    }
    return span_of(NULL, 0);
}

/* --- Two persons ------------------------------------------------------------------------- */

static void check_persons(struct oracle *oracle, uint64_t bus_seq, struct span command,
                          struct span operator_name, struct span proposer)
{
    bool two = false;
    for (size_t i = 0; i < ARRAY_LEN(for_two); i++) {
        two = two || span_is(command, for_two[i]);
    }
    if (two && proposer.size == 0) {
        oracle_violate(oracle, ORACLE_TWO_PERSONS, "event %" PRIu64 ": %.*s was done by %.*s alone",
                       bus_seq, (int)command.size, (const char *)command.data,
                       (int)operator_name.size, (const char *)operator_name.data);
    }
    if (proposer.size > 0 && span_equal(proposer, operator_name)) {
        oracle_violate(oracle, ORACLE_TWO_PERSONS,
                       "event %" PRIu64 ": %.*s was proposed and approved by %.*s", bus_seq,
                       (int)command.size, (const char *)command.data, (int)proposer.size,
                       (const char *)proposer.data);
    }
}

/* --- Brokers ------------------------------------------------------------------------------- */

/* A command for many orders is carried out, order by order, between its approval and an abort. */
static void check_bulk(struct oracle *oracle, uint64_t bus_seq, struct span command,
                       struct span operator_name, struct span arguments)
{
    uint64_t number = oracle_key(0, oracle_argument(arguments, "number"));
    struct span bulk = oracle_argument(arguments, "bulk");
    uint32_t who = (uint32_t)oracle_key(0, operator_name);
    uint32_t approved = 0;
    if (span_is(command, "approvals.approve")) {
        oracle_map_set(&oracle->bulks, number, who);
    } else if (span_is(command, "bulk.abort")) {
        oracle_map_set(&oracle->bulks, number, 0);
    } else if (bulk.size > 0 && (!oracle_map_find(&oracle->bulks, oracle_key(0, bulk), &approved) ||
                                 approved != who)) {
        oracle_violate(oracle, ORACLE_TWO_PERSONS,
                       "event %" PRIu64 ": %.*s for bulk %.*s, which %.*s has not approved, or "
                       "which was stopped",
                       bus_seq, (int)command.size, (const char *)command.data, (int)bulk.size,
                       (const char *)bulk.data, (int)operator_name.size,
                       (const char *)operator_name.data);
    }
}

static void set_broker(struct oracle *oracle, struct span command, struct span arguments)
{
    uint32_t broker = oracle_broker_find(oracle, oracle_argument(arguments, "broker"));
    if (broker == ORACLE_NONE) {
        return;
    }
    if (span_is(command, "broker.thaw")) {
        oracle->brokers[broker].frozen = false;
    }
}

/* --- Orders -------------------------------------------------------------------------------- */

/* They have asked its broker. */
static void settle(struct oracle *oracle, struct span command, struct span arguments)
{
    uint32_t order = ORACLE_NONE;
    if (span_is(command, "doubt.settle") &&
        span_is(oracle_argument(arguments, "outcome"), "received") &&
        oracle_map_find(&oracle->orders_by_name, oracle_key(0, oracle_argument(arguments, "order")),
                        &order)) {
        oracle->orders[order].settlings++;
    }
}

/* They send an order on from an attempt that may live. */
static void force(struct oracle *oracle, struct span command, struct span arguments)
{
    bool settles = span_is(command, "doubt.settle") &&
                   span_is(oracle_argument(arguments, "outcome"), "not-received");
    uint32_t order = ORACLE_NONE;
    if (!settles && !span_is(command, "doubt.reroute") && !span_is(command, "deadletter.redrive")) {
        return;
    }
    if (oracle_map_find(&oracle->orders_by_name, oracle_key(0, oracle_argument(arguments, "order")),
                        &order)) {
        oracle->orders[order].forcings++;
    }
}

/* --- Kill switches ------------------------------------------------------------------------ */

static void set_kill(struct oracle *oracle, struct span scope, bool on)
{
    uint32_t index = 0;
    while (index < oracle->kills_count && !span_is(scope, oracle->kills[index].name)) {
        index++;
    }
    if (index == oracle->kills_count) {
        ASSERT(index < ORACLE_KILLS_MAX);
        oracle->kills[oracle->kills_count++].name = oracle_texts_keep(&oracle->texts, scope);
    }
    oracle->kills[index].on = on;
}

/* "client:OMS1" holds orders "OMS1/…". */
static bool kill_holds(const struct oracle *oracle, const struct kill_scope *kill,
                       const struct order *order, uint32_t broker)
{
    const char *colon = strchr(kill->name, ':');
    if (!kill->on || colon == NULL) {
        return kill->on;
    }
    const char *name = colon + 1;
    size_t kind = (size_t)(colon - kill->name);
    if (strncmp(kill->name, "client", kind) == 0) {
        size_t size = strlen(name);
        return strncmp(order->name, name, size) == 0 && order->name[size] == '/';
    }
    if (strncmp(kill->name, "broker", kind) == 0) {
        return broker != ORACLE_NONE && strcmp(oracle->brokers[broker].name, name) == 0;
    }
    if (strncmp(kill->name, "account", kind) == 0) {
        return order->account == oracle_key(0, span_text(name));
    }
    return strncmp(kill->name, "symbol", kind) == 0 &&
           order->symbol == oracle_key(0, span_text(name));
}

const char *oracle_order_killed(const struct oracle *oracle, const struct order *order,
                                uint32_t broker)
{
    for (uint32_t index = 0; index < oracle->kills_count; index++) {
        if (kill_holds(oracle, &oracle->kills[index], order, broker)) {
            return oracle->kills[index].name;
        }
    }
    return NULL;
}

void oracle_order_comes(struct oracle *oracle, uint64_t bus_seq, const struct order *order)
{
    const char *scope = oracle_order_killed(oracle, order, ORACLE_NONE);
    if (order->now.state == STATE_UNKNOWN && scope != NULL) {
        oracle_violate(oracle, ORACLE_OBEYS, "event %" PRIu64 ": %s is taken, and %s is killed",
                       bus_seq, order->name, scope);
    }
}

void oracle_judge_kills(struct oracle *oracle)
{
    for (uint32_t index = 0; index < oracle->attempts_count; index++) {
        const struct attempt *attempt = &oracle->attempts[index];
        if (!oracle_attempt_is_live(attempt) || attempt->withheld) {
            continue;
        }
        const struct order *order = &oracle->orders[attempt->order];
        const char *scope = oracle_order_killed(oracle, order, attempt->broker);
        if (scope != NULL && !oracle_order_is_excused(oracle, order, index)) {
            oracle_violate(oracle, ORACLE_OBEYS, "%s works at %s as %s, and %s is killed",
                           order->name, oracle->brokers[attempt->broker].name, attempt->name,
                           scope);
        }
    }
}

/* --- What the bus says ---------------------------------------------------------------------- */

void oracle_control_event(struct oracle *oracle, uint64_t bus_seq,
                          const struct oracle_message *message)
{
    struct span command = oracle_value(message, TAG_COMMAND);
    if (!span_is(oracle_value(message, TAG_COMMAND_RESULT), "DONE")) {
        return;
    }
    check_persons(oracle, bus_seq, command, oracle_value(message, TAG_OPERATOR),
                  oracle_value(message, TAG_PROPOSER));
    set_broker(oracle, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
    oracle_failover_command(oracle, bus_seq, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
    oracle_limit_override(oracle, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
    settle(oracle, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
    check_bulk(oracle, bus_seq, command, oracle_value(message, TAG_OPERATOR),
               oracle_value(message, TAG_COMMAND_ARGUMENTS));
    if (span_is(command, "kill.on") || span_is(command, "kill.off")) {
        set_kill(oracle, oracle_argument(oracle_value(message, TAG_COMMAND_ARGUMENTS), "scope"),
                 span_is(command, "kill.on"));
    }
    if (oracle_value(message, TAG_PROPOSER).size > 0) {
        force(oracle, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
    }
}

void oracle_freeze_event(struct oracle *oracle, const struct oracle_message *message)
{
    char text[ORACLE_TEXT_BYTES_MAX];
    uint32_t broker = oracle_broker_find(oracle, oracle_value(message, TAG_BROKER));
    span_to_text(oracle_value(message, TAG_TEXT), text, sizeof(text));
    if (broker != ORACLE_NONE && strstr(text, " is frozen, ") != NULL) {
        oracle->brokers[broker].frozen = true;
    }
}

/* One letter for each; 'O' and 'C' are forced. */
static char admin_of(struct span admin)
{
    return (char)(span_is(admin, "CANARY")          ? 'K'
                  : span_is(admin, "FORCED_OPEN")   ? 'O'
                  : span_is(admin, "FORCED_CLOSED") ? 'C'
                  : admin.size > 0                  ? admin.data[0]
                                                    : 'A');
}

void oracle_routing_event(struct oracle *oracle, const struct oracle_message *message)
{
    uint32_t number = oracle_broker_find(oracle, oracle_value(message, TAG_BROKER));
    struct span admin = oracle_value(message, TAG_BROKER_ADMIN);
    struct span breaker = oracle_value(message, TAG_BREAKER);
    if (number == ORACLE_NONE) {
        return;
    }
    struct broker *broker = &oracle->brokers[number];
    bool was_half_open = broker->half_open;
    broker->admin = admin_of(admin);
    broker->unwanted =
        span_is(admin, "DRAIN") || span_is(admin, "MAINTENANCE") || span_is(admin, "FORCED_OPEN");
    broker->wanted = span_is(admin, "FORCED_CLOSED") || span_is(admin, "CANARY");
    broker->frozen = oracle_char(message, TAG_BROKER_FROZEN, 'N') == 'Y';
    broker->open = span_is(breaker, "OPEN");
    broker->half_open = span_is(breaker, "HALF_OPEN");
    broker->probes = was_half_open ? broker->probes : 0;
}

void oracle_broker_capacity(struct oracle *oracle, uint32_t broker, uint32_t most)
{
    ASSERT(broker < oracle->brokers_count);
    oracle->brokers[broker].capacity = most;
}

void oracle_broker_probes(struct oracle *oracle, uint32_t broker, uint32_t most)
{
    ASSERT(broker < oracle->brokers_count);
    oracle->brokers[broker].probes_most = most;
}

/* Orders that are with the broker without its word, besides one. */
static uint32_t unacknowledged(const struct oracle *oracle, uint32_t broker, uint32_t but)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < oracle->orders_count; index++) {
        const struct order *order = &oracle->orders[index];
        bool waits =
            index != but && (order->now.state == STATE_SENT || order->now.state == STATE_IN_DOUBT);
        count += waits && order->attempt != ORACLE_NONE &&
                         oracle->attempts[order->attempt].broker == broker
                     ? 1
                     : 0;
    }
    return count;
}

static const char *broker_refuses(struct oracle *oracle, uint32_t number, uint32_t order)
{
    struct broker *broker = &oracle->brokers[number];
    if (broker->unwanted) {
        return "people let no new order go there";
    }
    if (broker->frozen) {
        return "it is frozen";
    }
    if (broker->open && !broker->wanted) {
        return "its breaker is open";
    }
    if (broker->capacity > 0 && unacknowledged(oracle, number, order) >= broker->capacity) {
        return "as many orders as may be wait there for its word";
    }
    bool probes = broker->half_open && !broker->wanted && broker->probes_most > 0;
    broker->probes += probes ? 1 : 0;
    return probes && broker->probes > broker->probes_most ? "its probe orders are out" : NULL;
}

/* A new attempt goes to a broker: whether it may. */
void oracle_attempt_goes(struct oracle *oracle, uint64_t bus_seq, const struct attempt *attempt,
                         const struct oracle_message *message)
{
    const struct order *order = &oracle->orders[attempt->order];
    bool goes = span_is(oracle_value(message, TAG_ORDER_STATE), "SENT");
    if (attempt->broker == ORACLE_NONE || !goes) {
        return;
    }
    oracle_breakers_order(oracle, bus_seq, attempt->broker, oracle_order_is_canary(order), message);
    oracle_canary_at(oracle, order, attempt->broker);
    const char *name = order->name;
    const char *killed = oracle_order_killed(oracle, order, attempt->broker);
    const char *refuses = broker_refuses(oracle, attempt->broker, attempt->order);
    refuses = refuses != NULL ? refuses : oracle_failover_refuses(oracle, order, attempt->broker);
    if (killed != NULL) {
        oracle_violate(oracle, ORACLE_OBEYS, "event %" PRIu64 ": %s goes to %s, and %s is killed",
                       bus_seq, name, oracle->brokers[attempt->broker].name, killed);
    } else if (refuses != NULL) {
        oracle_violate(oracle, ORACLE_OBEYS, "event %" PRIu64 ": %s goes to %s, though %s", bus_seq,
                       name, oracle->brokers[attempt->broker].name, refuses);
    }
}
