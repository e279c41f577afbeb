/* Brokers refusing: OrderCancelReject(9), BusinessMessageReject(j), Reject(3).
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_REFUSALS_H
#define GATEWAY_CORE_ORDERS_REFUSALS_H

#include "gateway/core/engine/engine.h"

/* A cancel or replace was refused: the order goes on as it was. */
void refusals_cancel_reject(struct engine *engine, struct link *link,
                            const struct message *message);

/* A message of ours was refused, named by its number. */
void refusals_message(struct engine *engine, struct link *link, const struct message *message);

#endif
