/* Which broker takes a new order: the routing table, and who can take it now (docs/routing.md).
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ROUTING_ROUTING_H
#define GATEWAY_CORE_ROUTING_ROUTING_H

#include "gateway/core/sessions/links.h"

/* The link that takes the order now, or NULL: it waits. Never one that is not able, however many
 * are not. Among those that are, smooth weighted round robin over weight × score × ramp, each
 * with the warm share at least. The caller sends it: what the choice takes of probe and canary
 * orders is durable in this turn. */
struct link *routing_choose(struct engine *engine, const struct order *order);

/* Every term of what the choice would be now; changes nothing. An order without a body fits
 * every dictionary. */
void routing_weigh(struct engine *engine, const struct order *order, struct decision *decision);

/* The record of the choice that led to the order's latest attempt, made in this step; empty if
 * there was none. Valid until the next choice. */
struct span routing_record(struct engine *engine, const struct order *order,
                           uint8_t record[DECISION_RECORD_BYTES_MAX]);

/* Adds why the choice just made found nobody, where people, rules or the router are the cause:
 * ": ALPHA: breaker open; BETA: drained by an operator". */
void routing_add_why(const struct engine *engine, const struct order *order, struct text *text);

/* Why the broker could take no new order now, whatever the order, mode and rules; or NONE. */
enum decision_cause routing_cause(const struct engine *engine, uint32_t broker);

static inline bool routing_takes(const struct engine *engine, uint32_t broker)
{
    return routing_cause(engine, broker) == CAUSE_NONE;
}

/* Attempts of the broker without a word; orders that are open there. */
uint64_t routing_unacked(const struct engine *engine, uint32_t broker);
uint64_t routing_open(const struct engine *engine, uint32_t broker);

/* Whether the session's dictionary takes the order. An order without a body fits every one. */
bool routing_fits(struct engine *engine, const struct order *order, const struct link *link);

/* Whether any broker, up or down, would ever take this order. If not, `fault`
 * names the broker, the field and what is wrong with it. */
bool routing_fits_any(struct engine *engine, const struct order *order, struct text *fault);

#endif
