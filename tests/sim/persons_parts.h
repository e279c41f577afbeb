/* Between persons.c, persons_failover.c and persons_limits.c. */
#ifndef TESTS_SIM_PERSONS_PARTS_H
#define TESTS_SIM_PERSONS_PARTS_H

#include "tests/sim/persons.h"

/* What failover.status showed last. */
struct persons_failover {
    bool runs; /* It has not ended. */
    bool stopped;
};

/* The newest order that limits refused, as limits.blocked showed it; empty: none. */
struct persons_blocked {
    char client[16];
    char order[32];
    char content[24];
};

struct persons_limits {
    struct persons_blocked blocked;
};

struct persons_failover *persons_failover_of(const struct sim *sim);
struct persons_limits *persons_limits_of(const struct sim *sim);

/* "jane broker.drain broker=ALPHA" */
__attribute__((format(printf, 2, 3))) void persons_ask(struct sim *sim, const char *format, ...);

/* They lead failovers as long as the storm lasts. */
void persons_failover_start(struct sim *sim);
/* They look after the one that is under way. */
void persons_failover_look(struct sim *sim);
void persons_failover_read(struct sim *sim, const struct command_field *fields, uint32_t count);

/* They let orders pass their limits as long as the storm lasts. */
void persons_limits_start(struct sim *sim);
void persons_limits_read(struct sim *sim, const struct command_field *fields, uint32_t count);

#endif
