/* The pause between two rounds of blows: all faults are over. Within RIGHT_MS_MAX everything must
 * be in order again: no failover under way, no kill switch on, nobody frozen or drained, nothing
 * hunted that lives, every breaker closed (people.h); orders go on meanwhile, since canaries and
 * probes are orders. Then everything must come to rest within SETTLE_MS_MAX: each request
 * answered, each order ended, each session logged on, its numbers the same on both sides. Then
 * the audit judges. */
#ifndef TESTS_TORTURE_SETTLE_H
#define TESTS_TORTURE_SETTLE_H

#include "tests/torture/arena.h"

/* A kill switch looks again after up to 32 s, a breaker waits some seconds. */
enum { RIGHT_MS_MAX = 120000, SETTLE_MS_MAX = 60000 };

/* False, with the reason printed, if it does not come to rest; `took_ms` is what it took. */
MUST_USE bool settle(struct arena *arena, uint64_t *took_ms);

struct verdict {
    struct audit_counts counts;
    uint64_t unexplained; /* Faults beyond lost and doubled, requests without an answer, orders
                             in doubt. */
    bool good;
};

/* Judges a world at rest, as it stands in the OMS's journal and the brokers' books. Prints the
 * audit when something is wrong. */
void judge(struct arena *arena, struct verdict *verdict);

#endif
