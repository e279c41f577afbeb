/* What brokers say about orders: ExecutionReport(8), OrderCancelReject(9),
 * BusinessMessageReject(j), Reject(3).
 *
 * Pure; part of the engine. Each fill is taken once, recognised by broker,
 * ExecID and attempt however it is repeated (PossDup, PossResend, after a
 * restart), any other report by what it says besides; totals are the order's own. */
#ifndef GATEWAY_CORE_ORDERS_EXECUTIONS_H
#define GATEWAY_CORE_ORDERS_EXECUTIONS_H

#include "gateway/core/engine/bus.h"

/* An application message (or Reject) that the link's session delivered. */
void executions_receive(struct engine *engine, struct link *link, const struct message *message);

#endif
