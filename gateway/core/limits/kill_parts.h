/* What the parts of the kill switch share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_LIMITS_KILL_PARTS_H
#define GATEWAY_CORE_LIMITS_KILL_PARTS_H

#include "gateway/core/engine/engine.h"
#include "gateway/core/limits/kill.h"

/* Tells the bus and the audit what a kill switch did by itself. */
void kill_tell(struct engine *engine, const struct kill *kill, const char *severity,
               const struct text *words);

/* "account ISA-1, on since … by alice: reason" */
void kill_add_words(struct text *text, const struct kill *kill);

/* The order is in the scope, as far as it is not about a broker. */
bool kill_holds(const struct kill *kill, const struct order *order);

/* The broker of a session id, or ENGINE_BROKERS_MAX. */
uint32_t kill_broker_of(const struct engine *engine, struct span session_id);

/* Asks the broker for the cancel of an order that has a live attempt and nothing pending: it
 * goes, or waits in the queue. Saves the order. */
void kill_cancel_working(struct engine *engine, const struct kill *kill, struct order *order);

/* Cancels an order that waits in the queue, or for a person, and is with no broker. */
void kill_cancel_waiting(struct engine *engine, const struct kill *kill, struct order *order);

/* Sends the mass cancels that the scope and the sessions' settings allow, each once. */
void kill_mass_cancel(struct engine *engine, struct kill *kill);

/* Whether a mass cancel went out on the session so lately that a single one may wait. */
bool kill_mass_pending(const struct engine *engine, const struct kill *kill,
                       struct span session_id);

#endif
