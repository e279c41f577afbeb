/* Which session takes a new order: weights, and only who can take it now.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ROUTING_H
#define GATEWAY_CORE_ROUTING_H

#include "gateway/core/links.h"

/* The link that takes the order now, or NULL. Smooth weighted round robin over
 * the links that can send and whose dictionary takes the order. */
struct link *routing_choose(struct engine *engine, const struct order *order);

/* Whether any link can send at all, whatever the order. */
bool routing_possible(const struct engine *engine);

/* Whether any broker, up or down, would ever take this order. If not, `fault`
 * names the broker, the field and what is wrong with it. */
bool routing_fits_any(struct engine *engine, const struct order *order, struct text *fault);

#endif
