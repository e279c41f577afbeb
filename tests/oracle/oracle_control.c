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

/* "broker=ALPHA reason=phone": the value of `name`. */
static struct span argument_of(struct span arguments, const char *name)
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

static void set_broker(struct oracle *oracle, struct span command, struct span arguments)
{
    uint32_t broker = oracle_broker_find(oracle, argument_of(arguments, "broker"));
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
        span_is(argument_of(arguments, "outcome"), "received") &&
        oracle_map_find(&oracle->orders_by_name, oracle_key(0, argument_of(arguments, "order")),
                        &order)) {
        oracle->orders[order].settlings++;
    }
}

/* They send an order on from an attempt that may live. */
static void force(struct oracle *oracle, struct span command, struct span arguments)
{
    bool settles = span_is(command, "doubt.settle") &&
                   span_is(argument_of(arguments, "outcome"), "not-received");
    uint32_t order = ORACLE_NONE;
    if (!settles && !span_is(command, "doubt.reroute") && !span_is(command, "deadletter.redrive")) {
        return;
    }
    if (oracle_map_find(&oracle->orders_by_name, oracle_key(0, argument_of(arguments, "order")),
                        &order)) {
        oracle->orders[order].forcings++;
    }
}

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
    settle(oracle, command, oracle_value(message, TAG_COMMAND_ARGUMENTS));
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

/* A new attempt goes to a broker: whether it may. */
void oracle_attempt_goes(struct oracle *oracle, uint64_t bus_seq, const struct attempt *attempt)
{
    const struct broker *broker =
        attempt->broker != ORACLE_NONE ? &oracle->brokers[attempt->broker] : NULL;
    if (broker != NULL && broker->frozen) {
        oracle_violate(oracle, ORACLE_OBEYS, "event %" PRIu64 ": %s goes to %s, which is frozen",
                       bus_seq, oracle->orders[attempt->order].name, broker->name);
    }
}
