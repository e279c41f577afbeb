/* The known word nearest to a misspelt one, for "did you mean".
 *
 * No state, no I/O. Any thread. */
#ifndef GATEWAY_SHELL_NEAREST_H
#define GATEWAY_SHELL_NEAREST_H

#include "fix/base.h"

enum { NEAREST_WORD_BYTES_MAX = 64 };

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into
 * `b`, without regard to case. Words longer than NEAREST_WORD_BYTES_MAX are
 * compared by their first bytes. */
uint32_t edit_distance(struct span a, struct span b);

/* Collects candidates one by one; `word` is borrowed. */
struct nearest {
    struct span word;
    const char *best; /* NULL while nothing is near enough to be worth a guess. */
    uint32_t distance;
};

void nearest_init(struct nearest *nearest, struct span word);
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
