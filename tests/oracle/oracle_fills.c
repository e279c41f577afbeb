/* Executions, busts and corrections as the bus tells them. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

/* Ours are unique for ever; a broker's are told once each, but for what it says of a status. */
static void check_exec_ids(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                           const struct oracle_message *message, char exec_type)
{
    struct span ours = oracle_value(message, TAG_EXEC_ID);
    struct span theirs = oracle_value(message, TAG_SECONDARY_EXEC_ID);
    struct span broker = oracle_value(message, TAG_BROKER);
    const char *name = oracle->orders[order].name;
    bool added = false;
    if (ours.size == 0) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE, "event %" PRIu64 " of %s has no ExecID(17)",
                       bus_seq, name);
    } else {
        uint32_t before = oracle_map_add(&oracle->exec_ids, oracle_key(oracle_key(0, ours), ours),
                                         (uint32_t)bus_seq, &added);
        if (!added) {
            oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                           "ExecID(17) %.*s stands on the bus twice: in %u and %" PRIu64,
                           (int)ours.size, (const char *)ours.data, before, bus_seq);
        }
    }
    if (theirs.size == 0 || exec_type == 'I') {
        return;
    }
    uint32_t before = oracle_map_add(&oracle->exec_ids, oracle_key(oracle_key(1, broker), theirs),
                                     (uint32_t)bus_seq, &added);
    if (!added) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "what %.*s reported as %.*s (of %s) stands on the bus twice: in %u and "
                       "%" PRIu64,
                       (int)broker.size, (const char *)broker.data, (int)theirs.size,
                       (const char *)theirs.data, name, before, bus_seq);
    }
}

static void add(struct order *order, int64_t quantity, int64_t price, int sign)
{
    order->now.cumulative += sign * quantity;
    order->notional += (broker_wide)quantity * price * sign;
}

/* From now on a bust may name it so. */
static void name_execution(struct oracle *oracle, uint32_t execution,
                           const struct oracle_message *message)
{
    struct span ours = oracle_value(message, TAG_EXEC_ID);
    oracle_map_set(&oracle->executions_by_id, oracle_key(0, ours), execution);
}

static void filled(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                   const struct oracle_message *message)
{
    struct span exec_id = oracle_value(message, TAG_SECONDARY_EXEC_ID);
    struct span name = oracle_value(message, TAG_BROKER);
    uint32_t broker = oracle_broker_find(oracle, name);
    uint32_t number = ORACLE_NONE;
    int64_t quantity = 0;
    int64_t price = 0;
    (void)oracle_number(message, TAG_LAST_QTY, &quantity);
    (void)oracle_number(message, TAG_LAST_PX, &price);
    add(&oracle->orders[order], quantity, price, 1);
    if (broker == ORACLE_NONE ||
        !oracle_map_find(&oracle->executions_by_name, oracle_execution_key(oracle, broker, exec_id),
                         &number)) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "event %" PRIu64 ": execution %.*s/%.*s of %s stands on the bus, but in no "
                       "book",
                       bus_seq, (int)name.size, (const char *)name.data, (int)exec_id.size,
                       (const char *)exec_id.data, oracle->orders[order].name);
        return;
    }
    struct execution *execution = &oracle->executions[number];
    uint32_t owner = oracle->attempts[execution->attempt].order;
    if (owner != order) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "event %" PRIu64 ": execution %s is told of %s, but the book made it for %s",
                       bus_seq, execution->name, oracle->orders[order].name,
                       oracle->orders[owner].name);
    }
    if (quantity != execution->quantity_first || price != execution->price_first) {
        oracle_violate(oracle, ORACLE_FIGURES,
                       "event %" PRIu64 ": execution %s of %s is %s at %s on the bus, %s at %s in "
                       "the book",
                       bus_seq, execution->name, oracle->orders[order].name,
                       oracle_number_text(quantity).text, oracle_number_text(price).text,
                       oracle_number_text(execution->quantity_first).text,
                       oracle_number_text(execution->price_first).text);
    }
    execution->on_bus = true;
    execution->bus_live = true;
    execution->bus_quantity = quantity;
    execution->bus_price = price;
    name_execution(oracle, number, message);
}

/* The execution that a bust or correction takes back; NULL if there is none to take. */
static struct execution *taken_back(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                                    const struct oracle_message *message)
{
    struct span reference = oracle_value(message, TAG_EXEC_REF_ID);
    const struct order *of = &oracle->orders[order];
    uint32_t number = ORACLE_NONE;
    /* One whose execution the gateway never heard of changes nothing. */
    if (reference.size == 0 && oracle_order_is_withheld(oracle, of)) {
        return NULL;
    }
    if (!oracle_map_find(&oracle->executions_by_id, oracle_key(0, reference), &number)) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "event %" PRIu64 " takes back ExecID %.*s of %s, which the bus never told",
                       bus_seq, (int)reference.size, (const char *)reference.data, of->name);
        return NULL;
    }
    struct execution *execution = &oracle->executions[number];
    if (!execution->bus_live || execution->bus_changes == execution->changes) {
        oracle_violate(oracle, ORACLE_BUS_COMPLETE,
                       "event %" PRIu64 " takes execution %s of %s back, which %s", bus_seq,
                       execution->name, of->name,
                       execution->bus_live ? "its broker did not" : "was taken back before");
        return NULL;
    }
    return execution;
}

static void reversed(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                     const struct oracle_message *message, bool correction)
{
    struct execution *execution = taken_back(oracle, bus_seq, order, message);
    if (execution == NULL) {
        return;
    }
    execution->bus_changes++;
    add(&oracle->orders[order], execution->bus_quantity, execution->bus_price, -1);
    execution->bus_live = correction;
    if (correction) {
        (void)oracle_number(message, TAG_LAST_QTY, &execution->bus_quantity);
        (void)oracle_number(message, TAG_LAST_PX, &execution->bus_price);
        add(&oracle->orders[order], execution->bus_quantity, execution->bus_price, 1);
        name_execution(oracle, (uint32_t)(execution - oracle->executions), message);
    }
}

void oracle_fill_event(struct oracle *oracle, uint64_t bus_seq, uint32_t order,
                       const struct oracle_message *message)
{
    char exec_type = oracle_char(message, TAG_EXEC_TYPE, '?');
    check_exec_ids(oracle, bus_seq, order, message, exec_type);
    if (exec_type == 'F') {
        filled(oracle, bus_seq, order, message);
    } else if (exec_type == 'H' || exec_type == 'G') {
        reversed(oracle, bus_seq, order, message, exec_type == 'G');
    }
}
