/* Between persons.c and persons_failover.c. */
#ifndef TESTS_SIM_PERSONS_PARTS_H
#define TESTS_SIM_PERSONS_PARTS_H

#include "tests/sim/persons.h"

/* What failover.status showed last. */
struct persons_failover {
    bool runs; /* It has not ended. */
    bool stopped;
};

struct persons_failover *persons_failover_of(const struct sim *sim);

/* "jane broker.drain broker=ALPHA" */
__attribute__((format(printf, 2, 3))) void persons_ask(struct sim *sim, const char *format, ...);

/* They lead failovers as long as the storm lasts. */
void persons_failover_start(struct sim *sim);
/* They look after the one that is under way. */
void persons_failover_look(struct sim *sim);
void persons_failover_read(struct sim *sim, const struct command_field *fields, uint32_t count);

#endif
