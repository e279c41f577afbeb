/* A stream of orders at a steady rate, for tests under load. One thread.
 *
 * The orders are shaped like a retail platform's; some are cancelled or replaced
 * soon after. The same seed gives the same stream. */
#ifndef TESTS_TOOLS_LOAD_H
#define TESTS_TOOLS_LOAD_H

#include "tests/tools/world.h"

struct load {
    uint64_t random; /* State of the generator. */
    uint32_t rate;   /* Orders per second. */
    uint32_t window; /* No new order while so many requests are unanswered. */
    bool amend;      /* With cancels and replaces. */
    char prefix[16]; /* Of every ClOrdID. */
    uint64_t number; /* Orders sent. */
    uint64_t due_ns; /* When the next one is due, monotonic; 0 = not begun. */
};

void load_init(struct load *load, uint64_t seed, uint32_t rate, const char *prefix);

/* xorshift: a number of 0 … limit - 1. */
uint64_t load_random(struct load *load, uint64_t limit);

/* Sends what is due by now, then polls the OMS until something happens or the
 * next order is due, at most `wait_ms`. */
void load_step(struct load *load, struct world *world, int wait_ms);

/* load_step() for `milliseconds`. */
void load_run(struct load *load, struct world *world, uint64_t milliseconds);

/* A seed from the environment (FIXGATE_SEED), or from the clock; printed, so that
 * a failed run can be told apart. */
uint64_t load_seed(void);

#endif
