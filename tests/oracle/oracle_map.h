/* From 64-bit keys to places in an array, and the bytes that an oracle keeps.
 *
 * Keys are hashes of names: two names that share one would be one thing, which at these sizes
 * does not happen. One thread. */
#ifndef TESTS_ORACLE_ORACLE_MAP_H
#define TESTS_ORACLE_ORACLE_MAP_H

#include "fix/base.h"

enum { ORACLE_MAP_MAX = 64 * 1024 * 1024 };

struct oracle_map_slot {
    uint64_t key; /* 0: free. */
    uint32_t value;
};

/* Zeroed memory is an empty map. */
struct oracle_map {
    struct oracle_map_slot *slots; /* Owned. */
    uint32_t size;                 /* A power of two, or 0. */
    uint32_t count;
};

void oracle_map_free(struct oracle_map *map);

/* The value under `key`, which is `value` from now on if there was none. */
uint32_t oracle_map_add(struct oracle_map *map, uint64_t key, uint32_t value, bool *added);
void oracle_map_set(struct oracle_map *map, uint64_t key, uint32_t value);

MUST_USE bool oracle_map_find(const struct oracle_map *map, uint64_t key, uint32_t *value);

/* A key out of what came before and one part more; 0 to begin with. Never 0. */
uint64_t oracle_key(uint64_t before, struct span part);
uint64_t oracle_key_number(uint64_t before, uint64_t part);

/* Texts that live as long as the oracle. Zeroed memory is an empty one. */
struct oracle_texts {
    struct oracle_texts_block *newest; /* Owned. */
};

void oracle_texts_free(struct oracle_texts *texts);
/* With NUL. */
const char *oracle_texts_keep(struct oracle_texts *texts, struct span text);
/* "first/second". */
const char *oracle_texts_keep_pair(struct oracle_texts *texts, struct span first,
                                   struct span second);

/* Room for one more element of a growing array; what is new is not zeroed. */
void *oracle_room(void *array, uint32_t *capacity, uint32_t count, size_t size);

#endif
