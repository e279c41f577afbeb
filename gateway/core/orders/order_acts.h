/* What the commands on orders, doubt and dead letters do alike.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_ACTS_H
#define GATEWAY_CORE_ORDERS_ORDER_ACTS_H

#include "gateway/core/orders/order_find.h"

/* There is an argument 'reason'; else the call is refused. Of commands that take an order first,
 * which may be left out: only such arguments may stand behind it. */
bool order_reason_given(struct command_call *call);

/* Asks the broker for the order's status now; refused if it cannot be asked. */
bool order_ask_status(struct command_call *call, struct order *order);

/* An order that no broker has ends as CANCELLED; the OMS is told, with the order's `reason`. */
void order_cancel_here(struct engine *engine, struct order *order, struct span reason);

/* Two persons send it on, whatever became of its attempt: that one is hunted from now on, and all
 * that is told of the order says PossibleDuplicate. It goes on at once, or waits. */
void order_force_on(struct engine *engine, struct order *order);

/* "will move 1: 60 left of OMS/C1, …": the plan of such a step. */
void order_force_plan(struct command_call *call, const struct order *order);

#endif
