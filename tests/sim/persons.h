/* The people at the gateway's control socket, jane and joe, and vera, who may only look. What one
 * of them asks is an act ("gateway command jane broker.drain broker=ALPHA"): the weather draws
 * some. Besides, they look now and then after what waits for a person: brokers that are frozen,
 * and, when they are at work or faults are over, orders in doubt, dead letters and hunted
 * attempts. Of those they know what a telephone call to the broker tells: whether its book has
 * the attempt.
 *
 * One thread. */
#ifndef TESTS_SIM_PERSONS_H
#define TESTS_SIM_PERSONS_H

#include "tests/sim/sim.h"

struct command_field;

enum { PERSONS_PROBES = 2 }; /* What the router posts for a broker that is HALF_OPEN. */

/* They look each `look_ns`; `at_work`: after orders, too, while faults last. */
void persons_start(struct sim *sim, uint64_t look_ns, bool at_work);
void persons_free(struct sim *sim);

/* A row of a list that one of them asked for: what vera sees, the others act upon. */
void persons_read(struct sim *sim, struct span who, struct span command,
                  const struct command_field *fields, uint32_t count);

/* Something that people do by chance: the words of sim_act(). */
bool persons_draw(struct sim *sim, char words[128]);

/* Faults are over: all brokers may get orders. What else was killed stays so. */
void persons_mend(struct sim *sim);

/* Nothing waits for a person. */
bool persons_at_rest(const struct sim *sim, char why[128]);

#endif
