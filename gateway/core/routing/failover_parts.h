/* Between failover.c (the steps), failover_record.c (what is durable of them) and
 * failover_commands.c (what people say). */
#ifndef GATEWAY_CORE_ROUTING_FAILOVER_PARTS_H
#define GATEWAY_CORE_ROUTING_FAILOVER_PARTS_H

#include "gateway/core/engine/engine.h"

/* Begins the procedure that engine->failover describes, at QUIESCE. */
void failover_begin(struct engine *engine);

/* Goes on although the present step is not satisfied; tells who said so. */
void failover_go_on(struct engine *engine, struct span operator_name);

/* Puts everything back as it was before, and ends it. */
void failover_abort(struct engine *engine, struct span operator_name, struct span reason);

/* Makes engine->failover durable in this turn. */
void failover_store(struct engine *engine);

static inline const char *failover_broker(const struct engine *engine, uint32_t broker)
{
    return engine->config->brokers[broker].name;
}

/* From QUIESCE to RAMP. */
static inline bool failover_runs(const struct failover *failover)
{
    return failover->step >= FAILOVER_QUIESCE && failover->step <= FAILOVER_RAMP;
}

/* Some session of the broker could take an order now. */
bool failover_broker_is_there(const struct engine *engine, uint32_t broker);

/* "3 orders wait and move, 1 is proven dead there and moves, 2 are in doubt and stay, …" */
void failover_picture_text(const struct failover_picture *picture, struct text *out);

#endif
