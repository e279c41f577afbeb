/* Limits on orders: open ones, counted as the bus begins and ends them, and their quantity. The
 * bus is one stream, so that each instant of the gateway's is between two of its events. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

static struct limit *limit_of(struct oracle *oracle, const char *client)
{
    for (uint32_t index = 0; index < oracle->limits_count; index++) {
        const char *name = oracle->limits[index].client;
        if (client == NULL ? name == NULL : name != NULL && strcmp(name, client) == 0) {
            return &oracle->limits[index];
        }
    }
    ASSERT(oracle->limits_count < ORACLE_LIMITS_MAX);
    struct limit *limit = &oracle->limits[oracle->limits_count++];
    *limit = (struct limit){
        .client = client != NULL ? oracle_texts_keep(&oracle->texts, span_text(client)) : NULL,
        .open_most = UINT32_MAX,
        .quantity_most = INT64_MAX,
    };
    return limit;
}

void oracle_limit_open(struct oracle *oracle, const char *client, uint32_t most)
{
    limit_of(oracle, client)->open_most = most;
}

void oracle_limit_quantity(struct oracle *oracle, const char *client, int64_t most)
{
    limit_of(oracle, client)->quantity_most = most;
}

/* "OMS1/7" is of OMS1. */
static bool is_of(const struct limit *limit, const struct order *order)
{
    size_t size = limit->client != NULL ? strlen(limit->client) : 0;
    return limit->client == NULL ||
           (strncmp(order->name, limit->client, size) == 0 && order->name[size] == '/');
}

void oracle_limit_override(struct oracle *oracle, struct span command, struct span arguments)
{
    if (span_is(command, "limits.override")) {
        const char *name =
            oracle_texts_keep_pair(&oracle->texts, oracle_argument(arguments, "client"),
                                   oracle_argument(arguments, "order"));
        oracle_map_set(&oracle->overrides, oracle_key(0, span_text(name)), 1);
    }
}

static bool is_overridden(const struct oracle *oracle, const struct order *order)
{
    uint32_t found;
    return oracle_map_find(&oracle->overrides, oracle_key(0, span_text(order->name)), &found);
}

static void check(struct oracle *oracle, uint64_t bus_seq, const struct limit *limit,
                  const struct order *order)
{
    const char *whose = limit->client != NULL ? limit->client : "all";
    if (limit->open > limit->open_most) {
        oracle_violate(oracle, ORACLE_LIMITS,
                       "event %" PRIu64 ": with %s %u orders of %s are open, %u may be", bus_seq,
                       order->name, limit->open, whose, limit->open_most);
    }
    if (order->now.quantity > limit->quantity_most) {
        oracle_violate(oracle, ORACLE_LIMITS,
                       "event %" PRIu64 ": %s of %s was taken for %s, at most %s are allowed",
                       bus_seq, order->name, whose, oracle_number_text(order->now.quantity).text,
                       oracle_number_text(limit->quantity_most).text);
    }
}

void oracle_limit_count(struct oracle *oracle, uint64_t bus_seq, const struct order *order,
                        enum state state)
{
    bool fresh = order->now.state == STATE_UNKNOWN;
    bool was_open = !fresh && !oracle_state_is_terminal(order->now.state);
    bool is_open = !oracle_state_is_terminal(state);
    for (uint32_t index = 0; index < oracle->limits_count; index++) {
        struct limit *limit = &oracle->limits[index];
        if (!is_of(limit, order)) {
            continue;
        }
        limit->open += is_open && !was_open ? 1 : 0;
        limit->open -= was_open && !is_open ? 1 : 0;
        if (fresh && !is_overridden(oracle, order)) {
            check(oracle, bus_seq, limit, order);
        }
    }
}
