/* Puts events on the bus: a BusSeq, a record in the `event` table, a release.
 *
 * Pure; part of the engine. FIX messages with the in-house tags of
 * dictionaries/FIX44-internal.xml; MsgSeqNum(34) is the BusSeq. */
#ifndef GATEWAY_CORE_ENGINE_BUS_H
#define GATEWAY_CORE_ENGINE_BUS_H

#include "fix/builder.h"
#include "fix/text.h"
#include "gateway/core/engine/engine.h"
#include "gateway/core/orders/order.h"

/* Begins an event that will be number engine->counters.bus_seq. */
void bus_begin(struct engine *engine, struct builder *builder, const char *msg_type,
               struct span client);

/* Ends it under `topic`. */
void bus_end(struct engine *engine, struct builder *builder, struct span topic);

/* "ER.ALPHA.VOD": the parts joined by points; bytes that would confuse a prefix
 * become '_'. */
struct text bus_topic(const char *kind, struct span first, struct span second);

/* OR.<state>.<symbol>: an order changed state. */
void bus_order_event(struct engine *engine, const struct order *order);

/* SE.<session>: a session changed state. */
void bus_session_event(struct engine *engine, const struct link *link, struct span reason);

/* AL.<severity>: somebody should know. `about` is a ClOrdID or empty. */
void bus_alert(struct engine *engine, const char *severity, struct span broker, struct span about,
               struct span text);

/* One line for the log. */
void engine_log(struct engine *engine, enum effect_severity severity, const struct text *line);

#endif
