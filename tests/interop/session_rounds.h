/* Random rounds of QuickFIX against the reflector: who initiates, plain or TLS, the
 * settings, and what happens to the line and to both sides, all follow from a seed (but for
 * the clock's share in it). */
#ifndef TESTS_INTEROP_SESSION_ROUNDS_H
#define TESTS_INTEROP_SESSION_ROUNDS_H

#include "tests/interop/session_world.h"

/* Runs one round to its end, telling what it does on stdout; session_fail()s unless both
 * sides agree on all numbers and all messages. */
void session_round_run(uint64_t seed);

/* The same, each in a process of its own, at most `jobs` at once; what failed is printed.
 * Returns how many failed. */
uint32_t session_rounds_run(const uint64_t *seeds, uint32_t count, uint32_t jobs);

#endif
