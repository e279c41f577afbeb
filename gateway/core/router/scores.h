/* How much each broker deserves of new orders, from what was measured.
 *
 * Pure, whole numbers only. Per broker, relative to the best one:
 *
 *   headroom × best latency / latency × cap / (cap + pending) × (1 - failures / orders)²
 */
#ifndef GATEWAY_CORE_ROUTER_SCORES_H
#define GATEWAY_CORE_ROUTER_SCORES_H

#include "gateway/core/routing/routing_table.h"

struct score_config {
    uint64_t latency_floor_ns;    /* 10 ms: faster is not better. */
    uint32_t pending_cap;         /* 100: with so many unanswered orders it deserves half. */
    uint32_t orders_min;          /* 20: one failure of one order is not a share of 1. */
    uint32_t warm_permille;       /* 50: never less, so that it stays known. */
    uint32_t hysteresis_permille; /* 150: smaller changes are none. */
};

struct score_config score_config_default(void);

struct score_input {
    bool able;           /* It may have orders at all; else it scores 0 and counts for nobody. */
    uint64_t latency_ns; /* Peak-sensitive mean; 0 = unknown: as good as the best. */
    uint32_t pending;    /* Orders without a word. */
    uint32_t orders;     /* In the breaker's window; */
    uint32_t failed;     /* of those. */
    uint32_t headroom;   /* Thousandths of its outbound rate that are left. */
};

/* Scores in thousandths: the best has ROUTING_PERMILLE, able ones at least warm_permille. */
void scores_reckon(const struct score_config *config, const struct score_input *inputs,
                   uint32_t count, uint32_t *scores);

/* The score to go on with: `before`, unless `now` is far enough from it. */
uint32_t score_settle(const struct score_config *config, uint32_t before, uint32_t now);

#endif
