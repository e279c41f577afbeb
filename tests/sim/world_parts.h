/* What the parts of a world share. */
#ifndef TESTS_SIM_WORLD_PARTS_H
#define TESTS_SIM_WORLD_PARTS_H

#include "tests/sim/world.h"

struct world {
    struct sim sim;
    struct weather weather;
    uint64_t turns_most;
    uint64_t changes_until_ns;        /* So long queued cancels and replaces are waited for. */
    bool disturbed[SIM_SESSIONS_MAX]; /* Numbers may have been reset at one end alone. */
};

struct world *world_new(uint64_t seed, FILE *print);
/* Out of the weather, as it was drawn or written. */
void world_furnish(struct world *world);
void world_live_until(struct world *world, uint64_t until_ns);
/* Faults end, everything settles, and is judged. */
void world_end_well(struct world *world);
void world_end(struct world *world, struct world_result *result);

#endif
