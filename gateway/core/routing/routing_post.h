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
    struct decision_figures figures; /* What the score came from. */
};

enum { ROUTING_ROUTER_KEPT_MS = 5000 };

/* What is said to a router while another one posts begins with this. */
#define ROUTING_OTHER_POSTS "another router posts"

/* Two routers would pull each broker to and fro. The first to post is the one, until it was silent
 * for ROUTING_ROUTER_KEPT_MS; then the next may be. `router` says which one asks, at most
 * ENGINE_NAME_BYTES_MAX bytes; it may be empty. False: another one posts; told once. */
MUST_USE bool routing_router_may_post(struct engine *engine, struct span router);

/* Adds "two routers: X posts, Y is refused; …" while that is so. */
bool routing_add_rival(const struct engine *engine, struct text *text);

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
