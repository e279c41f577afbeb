/* Canary orders of the router: each is for the broker that its ClOrdID names, "ALPHA.18ab3c", and
 * for no other one, dead or alive. */
#include "tests/oracle/oracle_parts.h"

static const char client[] = "FIXGATE-CANARY/";

bool oracle_order_is_canary(const struct order *order)
{
    return strncmp(order->name, client, sizeof(client) - 1) == 0;
}

void oracle_canary_at(struct oracle *oracle, const struct order *order, uint32_t broker)
{
    const char *name = oracle->brokers[broker].name;
    size_t size = strlen(name);
    const char *id = order->name + sizeof(client) - 1;
    if (!oracle_order_is_canary(order) || (strncmp(id, name, size) == 0 && id[size] == '.')) {
        return;
    }
    oracle_violate(oracle, ORACLE_OBEYS, "%s is a canary for one broker, and goes to %s",
                   order->name, name);
}
