/* Canary orders: small orders of a test instrument by which the router, or a person, finds out
 * whether one broker answers orders (docs/router.md).
 *
 * Pure; part of the engine, its thread. A canary comes in by order entry and is an order like any
 * other: durable, limited, killed, settled by evidence. It is known by its client, and its ClOrdID
 * begins with the broker that it is for: "ALPHA.19a2c4f03d1". It goes there, whatever mode and
 * rules say of other orders, or nowhere. */
#ifndef GATEWAY_CORE_ROUTING_CANARY_H
#define GATEWAY_CORE_ROUTING_CANARY_H

#include "gateway/core/orders/order.h"

#define CANARY_CLIENT "FIXGATE-CANARY"

/* What parts the broker's name, of letters, digits, '-' and '_', from the rest. */
#define CANARY_SEPARATOR '.'

/* Of a broker's name: with the separator and a 64-bit number in hexadecimal it is a ClOrdID. */
enum { CANARY_BROKER_BYTES_MAX = ENGINE_CL_ORD_ID_BYTES_MAX - 17 };

static inline bool canary_is(const struct order *order)
{
    return span_is(order->client, CANARY_CLIENT);
}

/* The name of the broker that it is for; empty if it names none. */
static inline struct span canary_broker(const struct order *order)
{
    struct span id = order->cl_ord_id;
    const uint8_t *end = id.size > 0 ? memchr(id.data, CANARY_SEPARATOR, id.size) : NULL;
    return span_of(id.data, end != NULL ? (size_t)(end - id.data) : 0);
}

#endif
