/* A cancel of an order that nobody but us asked for: of an operator, a kill switch, or because the
 * order moves to another broker.
 *
 * Pure; part of the engine. It is a request as the OMS's own are, under a name that we give, among
 * the names of the order's client. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_CANCEL_H
#define GATEWAY_CORE_ORDERS_ORDER_CANCEL_H

#include "gateway/core/engine/engine.h"

/* Sends it to the broker that has the order, or lets it wait until that can be reached (the
 * queue). The order is with a broker, and nothing is pending. Saves the order. `name` is memory for
 * the cancel's ClOrdID: order->pending_id refers to it from then on. */
void order_cancel_by_us(struct engine *engine, struct order *order, struct name *name);

/* The fields of an OrderCancelRequest(F) for the order but names and quantity: those of its own
 * that such a request has, too. In engine->scratch_request. */
struct span order_cancel_fields(struct engine *engine, const struct order *order,
                                struct decimal quantity);

#endif
