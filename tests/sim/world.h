/* A whole world, from its making to its judgement. One thread. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "tests/sim/weather.h"

#include <stdio.h>

struct world_result {
    uint64_t seed;
    uint64_t hash; /* Of its trace: the same seed gives the same one, on every machine. */
    uint64_t lines;
    uint64_t turns;
    uint64_t virtual_ns; /* How long it lived, by its own time. */
    struct oracle_counts counts;
    bool violated;
    enum oracle_rule rule;
    char violation[SIM_VIOLATION_BYTES_MAX];
};

/* The dictionary that all worlds share, loaded once. */
const struct dictionary *world_dictionary(void);

/* Lives through the day of `seed`: a storm of faults, then fair weather in which all must
 * settle, then judgement. At most `turns` turns of the gateway (0: to the end; cut short it is
 * not judged at rest). `print`: where the whole trace goes, or NULL. */
void world_live(uint64_t seed, uint64_t turns, FILE *print, struct world_result *result);

/* Lives through a scenario: the acts of `script` at their times, in fair weather, to its end.
 *
 *   # a comment
 *   with …                     how the world differs from fair weather: scenario.c
 *   at SECONDS ACT …           sim_act(), at that true time after the world's beginning
 *   until SECONDS              it goes on at least so long
 *   settle                     at last: wait until all is at rest, and judge
 *
 * False if a line makes no sense; `error` says which. */
bool world_play(const char *script, FILE *print, struct world_result *result, char error[256]);

/* The newest lines of the world's trace; also of one that is just now being lived, for whoever
 * has to tell of its sudden end. */
void world_print_kept(FILE *to);

#endif
