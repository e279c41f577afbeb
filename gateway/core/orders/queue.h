/* The queue: orders that no broker can take now, and cancels and replaces whose
 * broker is away. Durable, in order of arrival.
 *
 * Pure; part of the engine. An entry is looked at again when a session becomes
 * able to send, a broker may get orders again, or the routing's mode or rules change; and only as
 * long as those can take something. queue.c has the entries and the walk, queue_wake.c who sets it
 * moving. */
#ifndef GATEWAY_CORE_ORDERS_QUEUE_H
#define GATEWAY_CORE_ORDERS_QUEUE_H

#include "gateway/core/engine/engine.h"

/* Counts what is queued; at start. */
void queue_start(struct engine *engine);

/* Places an order that is durable from this turn on: sends it if it is its turn
 * and a broker can take it; else it is QUEUED, or EXPIRED if it may not wait.
 * Saves the order. */
void queue_place(struct engine *engine, struct order *order);

/* Queues it, whatever brokers could take: the walk offers it to them. Saves it. */
void queue_wait(struct engine *engine, struct order *order, struct span reason);

/* Sends the pending cancel or replace of an order, or lets it wait. Saves the order. */
void queue_place_request(struct engine *engine, struct order *order);

/* What a record of the `queued` table leads to; kind 'D' is an order that waits, 'F' and 'G' a
 * cancel or replace of one. */
void queue_read(struct span value, char *kind, struct span *order_key);

/* Takes a QUEUED order out. Does not save the order. */
void queue_remove(struct engine *engine, struct order *order);

/* The time limit of a QUEUED order has changed. */
void queue_expiry_add(struct engine *engine, const struct order *order);
void queue_expiry_remove(struct engine *engine, const struct order *order);

/* One page of whatever walk is under way; and orders whose time is up. */
void queue_tick(struct engine *engine);
uint64_t queue_deadline_ns(const struct engine *engine);

#endif
