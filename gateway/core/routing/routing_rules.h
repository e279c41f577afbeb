/* What is said of an order before any broker is looked at: rules, the mode, and where a canary
 * order belongs.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ROUTING_ROUTING_RULES_H
#define GATEWAY_CORE_ROUTING_ROUTING_RULES_H

#include "gateway/core/engine/engine.h"
#include "gateway/core/orders/order.h"

struct routing_wish {
    uint32_t pinned; /* The broker that it goes to, or ROUTING_NO_BROKER. */
    uint32_t never;  /* Bit by broker: never to that one. */
};

struct routing_wish routing_wish(const struct engine *engine, const struct order *order);

/* Why such an order does not go to the broker, as far as that says; or NONE. */
enum decision_cause routing_wish_cause(const struct engine *engine, struct routing_wish wish,
                                       uint32_t broker);

#endif
