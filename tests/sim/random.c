#include "tests/sim/random.h"

static uint64_t splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

void random_seed(struct random *random, uint64_t seed)
{
    uint64_t state = seed;
    for (size_t i = 0; i < ARRAY_LEN(random->state); i++) {
        random->state[i] = splitmix(&state);
    }
}

static uint64_t rotated(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

uint64_t random_next(struct random *random)
{
    uint64_t *state = random->state;
    uint64_t result = rotated(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t below)
{
    ASSERT(below > 0);
    return random_next(random) % below;
}

uint64_t random_between(struct random *random, uint64_t least, uint64_t most)
{
    ASSERT(least <= most);
    return least + random_below(random, most - least + 1);
}

bool random_chance(struct random *random, unsigned permille)
{
    return random_below(random, 1000) < permille;
}
