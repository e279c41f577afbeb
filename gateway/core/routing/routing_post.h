/* What the router posts of a broker, and what becomes known of it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ROUTING_ROUTING_POST_H
#define GATEWAY_CORE_ROUTING_ROUTING_POST_H

#include "gateway/core/engine/engine.h"

struct routing_post {
    enum breaker_state breaker;
    uint32_t score;  /* 0 … ROUTING_SCORE_MAX */
    uint32_t ramp;   /* 0 … 1000 */
    uint32_t probes; /* HALF_OPEN: orders that may still go, as far as the router knows. */
    struct span reason;
};

/* Takes a post over into the broker's row, durable if it changes anything but words. A change of
 * the breaker is an event. */
void routing_post(struct engine *engine, uint32_t broker, const struct routing_post *post);

/* RT.<broker>: the row as it is now; `before` is the breaker's state before, `operator_name`
 * empty if no person did it. */
void routing_event(struct engine *engine, uint32_t broker, enum breaker_state before,
                   struct span operator_name, struct span reason);

/* The row's breaker stands as the router left it, and nobody moves it any more. */
bool routing_is_stale(const struct engine *engine, uint32_t broker);

/* Tells once of a router that posts no more, and of its return; and of what the start ignored. */
void routing_tick(struct engine *engine);
uint64_t routing_deadline_ns(const struct engine *engine);

#endif
