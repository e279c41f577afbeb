/* What is to happen when, in virtual time: the only clock of a simulated world.
 *
 * Entries of one instant come in the order in which they were added. One thread. */
#ifndef TESTS_SIM_AGENDA_H
#define TESTS_SIM_AGENDA_H

#include "fix/base.h"

/* `number` is whatever the entry was made with: often a generation, by which an actor knows
 * an entry that is out of date. */
typedef void (*agenda_act)(void *actor, uint64_t number);

struct agenda_entry {
    uint64_t at_ns;
    uint64_t order; /* Of addition. */
    agenda_act act;
    void *actor;
    uint64_t number;
};

struct agenda {
    struct agenda_entry *heap; /* Owned. */
    uint32_t count;
    uint32_t capacity;
    uint64_t added;
};

/* Zeroed memory is an empty agenda. */
void agenda_free(struct agenda *agenda);

void agenda_add(struct agenda *agenda, uint64_t at_ns, agenda_act act, void *actor,
                uint64_t number);

/* UINT64_MAX if it is empty. */
uint64_t agenda_next_ns(const struct agenda *agenda);

/* Takes the next entry. ASSERTs that there is one. */
struct agenda_entry agenda_take(struct agenda *agenda);

#endif
