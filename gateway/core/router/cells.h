/* Instruments that a broker keeps rejecting, while it is well otherwise: a bounded table of
 * (broker, instrument). It opens nothing; it only tells (docs/router.md).
 *
 * Pure; the caller owns the memory, zeroed at first. */
#ifndef GATEWAY_CORE_ROUTER_CELLS_H
#define GATEWAY_CORE_ROUTER_CELLS_H

#include "fix/text.h"
#include "gateway/core/engine/limits.h"

enum {
    CELLS_SETS = 256, /* A power of two. */
    CELLS_WAYS = 4,
    CELLS_REJECTS_TOLD = 5, /* In a row, and at each doubling after that. */
};

struct cell {
    char symbol[ENGINE_NAME_BYTES_MAX + 1]; /* Empty: free. Longer ones are cut. */
    uint32_t broker;
    uint32_t rejects; /* In a row. */
    uint64_t touched; /* The least recently touched one gives way. */
};

struct cells {
    uint64_t touches;
    struct cell list[CELLS_SETS][CELLS_WAYS];
};

/* The broker rejected an order of that instrument, for a reason of the instrument, the account
 * or the order itself. True: it does so often enough in a row to be told; how often in `rejects`.
 */
bool cells_rejected(struct cells *cells, uint32_t broker, struct span symbol, uint32_t *rejects);

/* It took one. */
void cells_taken(struct cells *cells, uint32_t broker, struct span symbol);

#endif
