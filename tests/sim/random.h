/* The one source of chance in a simulated world: everything that a seed decides is drawn from
 * here, in one order, so that a seed is the whole day.
 *
 * Pure: xoshiro256** seeded by splitmix64. One thread. */
#ifndef TESTS_SIM_RANDOM_H
#define TESTS_SIM_RANDOM_H

#include "fix/base.h"

struct random {
    uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);

/* Below `below`, which is above 0. */
uint64_t random_below(struct random *random, uint64_t below);

/* Within both, inclusive. */
uint64_t random_between(struct random *random, uint64_t least, uint64_t most);

/* True so many times in a thousand. */
bool random_chance(struct random *random, unsigned permille);

#endif
