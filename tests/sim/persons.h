/* The people at the gateway's control socket, jane and joe, and vera, who may only look. What one
 * of them asks is an act ("gateway command jane broker.drain broker=ALPHA"): the weather draws
 * some, and whatever the world does they keep an eye on what waits for a person.
 *
 * One thread. */
#ifndef TESTS_SIM_PERSONS_H
#define TESTS_SIM_PERSONS_H

#include "tests/sim/sim.h"

/* Begins to look after what is held, each `look_ns`. */
void persons_start(struct sim *sim, uint64_t look_ns);

/* Something that people do by chance: the words of sim_act(). */
bool persons_draw(struct sim *sim, char words[128]);

/* Faults are over: all is as nobody ever had touched it, and goes on so. */
void persons_mend(struct sim *sim);

/* Nothing waits for a person. */
bool persons_at_rest(const struct sim *sim, char why[128]);

#endif
