/* What the parts of the queue share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_QUEUE_PARTS_H
#define GATEWAY_CORE_ORDERS_QUEUE_PARTS_H

#include "gateway/core/orders/queue.h"

/* --- queue_wake.c --- */

/* Looks who can send or take orders again since the last look: the walk begins anew for them. */
void queue_notice(struct engine *engine);

/* What the walk sent may have used up a rate or a capacity: its return is news. */
void queue_forget(struct engine *engine);

/* One of these brokers, bit by broker, could take one of the entries. */
bool queue_some_move(const struct engine *engine, uint32_t brokers);

/* Nobody can take anything, but some could if their rate were not used up: the walk begins again
 * when one may go on, instead of looking at each entry in vain. With no link at all it goes to its
 * end, for there are entries that may not wait. */
bool queue_rates_hold(const struct engine *engine);

#endif
