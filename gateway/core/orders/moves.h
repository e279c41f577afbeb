/* Moving: an order that a broker has is cancelled there, and on the confirmed cancel what is left
 * of it goes on to another broker (executions.c, doubt_free()). The OMS sees one order throughout.
 *
 * Pure; part of the engine. order.moving is set from the cancel until the order has gone on, so
 * that it does not come back to the broker which it left. */
#ifndef GATEWAY_CORE_ORDERS_MOVES_H
#define GATEWAY_CORE_ORDERS_MOVES_H

#include "gateway/core/orders/order.h"

struct engine;

/* NULL, or why the order cannot be moved now, in words that name the remedy. */
const char *move_refusal(const struct order *order);

/* Begins to move it, to the broker named `to` and no other, empty: to whichever the routing
 * chooses. Nothing is pending. Saves the order. */
void move_begin(struct engine *engine, struct order *order, struct span to);

/* A moving order may go to that broker. */
bool move_may_go(const struct engine *engine, const struct order *order, const char *broker);

/* It has gone on. Does not save the order. */
void move_done(struct engine *engine, struct order *order);

#endif
