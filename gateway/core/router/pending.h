/* Attempts on their way to brokers that have had no word yet: a bounded table, by their id.
 *
 * Pure; the caller owns the memory, which is taken once. Per broker in the order in which they
 * were sent, so that the oldest, and those overdue, are found without a search. */
#ifndef GATEWAY_CORE_ROUTER_PENDING_H
#define GATEWAY_CORE_ROUTER_PENDING_H

#include "gateway/core/engine/limits.h"
#include "gateway/core/engine/names.h"

enum {
    PENDING_MAX = 16384,
    PENDING_BUCKETS = 32768, /* A power of two. */
    PENDING_NONE = UINT16_MAX,
};
_Static_assert((int)PENDING_MAX < (int)PENDING_NONE, "an index of 16 bits");

struct pending_entry {
    char attempt[NAME_BYTES_MAX + 1];
    uint8_t broker;
    bool overdue;     /* Its breaker was told. */
    uint16_t chained; /* Next with the same hash; or next free. */
    uint16_t before;  /* Of the same broker, sent before it; */
    uint16_t behind;  /* and after it. */
    uint64_t sent_ns;
};

struct pending_line {
    uint16_t oldest;
    uint16_t newest;
    uint16_t due; /* The oldest that is not overdue yet. */
    uint32_t count;
};

struct pending {
    uint64_t overflow_count; /* Attempts that found no room, since the beginning. */
    uint16_t free;
    struct pending_line lines[ENGINE_BROKERS_MAX];
    uint16_t buckets[PENDING_BUCKETS];
    struct pending_entry entries[PENDING_MAX];
};

void pending_init(struct pending *pending);

/* False: it is there already, or its id is too long, or there is no room, which is counted.
 * Times of one broker do not run backwards. */
bool pending_add(struct pending *pending, uint32_t broker, struct span attempt, uint64_t now_ns);

struct pending_found {
    uint32_t broker;
    uint64_t sent_ns;
    bool overdue;
};

/* Takes an attempt out. False: it is not there. */
bool pending_take(struct pending *pending, struct span attempt, struct pending_found *found);

/* Marks the oldest that was sent before `before_ns` and is not overdue yet. False: none is. */
bool pending_overdue(struct pending *pending, uint32_t broker, uint64_t before_ns,
                     uint64_t *sent_ns);

/* Takes the oldest out that was sent before `before_ns`. False: none is. */
bool pending_expire(struct pending *pending, uint32_t broker, uint64_t before_ns,
                    struct pending_found *found);

/* When the oldest was sent that is not overdue; UINT64_MAX if there is none. */
uint64_t pending_due_sent_ns(const struct pending *pending, uint32_t broker);

#endif
