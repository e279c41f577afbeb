/* What the parts of the router share among themselves. Nobody else includes it. */
#ifndef GATEWAY_CORE_ROUTER_ROUTER_PARTS_H
#define GATEWAY_CORE_ROUTER_ROUTER_PARTS_H

#include "gateway/core/router/router.h"

/* --- router.c --- */

/* Time goes on, never back. */
void router_take_time(struct router *router, uint64_t now_ns);

/* A breaker may have moved: people are told, and scores are wanted anew. */
void router_notice(struct router *router, uint32_t broker);

/* An order session of that id; NULL if there is none. */
struct router_session *router_session_find(struct router *router, struct span id);

/* --- router_probes.c --- */

/* Opens the breakers of those that owe an echo for too long. */
void router_judge_silence(struct router *router);

/* --- router_posts.c --- */

/* Scores of all brokers anew. */
void router_score(struct router *router);

#endif
