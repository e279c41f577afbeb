/* What operators do about a world under torture, beyond doubt and dead letters
 * (tests/tools/operators.h): they lead failovers to their end, put kill switches off once it is
 * proven that nothing works, give brokers and modes back, and wait for the breakers. One thread.
 * Functions that return false have said why (world_fail()). */
#ifndef TESTS_TORTURE_PEOPLE_H
#define TESTS_TORTURE_PEOPLE_H

#include "tests/torture/arena.h"

/* The first values of `name` in what a command printed, up to `most`. How many there are. */
enum { PEOPLE_NAME_BYTES_MAX = 128, PEOPLE_NAMES_MAX = 8 };
uint32_t people_names(const char *output, const char *name,
                      char names[PEOPLE_NAMES_MAX][PEOPLE_NAME_BYTES_MAX], uint32_t most);

/* The command of jane, and omar's approval if it needs one. True: it is done. A gateway that cannot
 * be asked now does nothing. */
bool people_do(struct arena *arena, const char *words);

/* Puts each kill switch off of which the gateway says that nothing is working. False: it says so
 * and a broker's book has an order of it. */
MUST_USE bool people_kills_off(struct arena *arena);

/* With no failover under way: who gets no new orders, and no blow wants that, gets some again. */
void people_take_in(struct arena *arena);

/* One pass over everything. `why` is what is not in order yet, "" when all is: no failover under
 * way, no kill switch on, no attempt hunted that lives, nothing frozen, every broker with its share
 * and its breaker closed, and a router that posts if there is one. `age_ms`: since the blows ended.
 */
MUST_USE bool people_put_right(struct arena *arena, uint64_t age_ms,
                               char why[ARENA_WHAT_BYTES_MAX]);

#endif
