/* A map from names to places in an array, for the tools on the other side.
 *
 * Grows by itself, bounded by NAME_MAP_MAX; owns copies of the names. One thread. */
#ifndef TESTS_TOOLS_NAME_MAP_H
#define TESTS_TOOLS_NAME_MAP_H

#include "fix/base.h"

enum { NAME_MAP_MAX = 4 * 1024 * 1024 };

struct name_map_slot {
    char *name; /* Owned; NULL = free. */
    uint32_t index;
};

struct name_map {
    struct name_map_slot *slots; /* Owned. */
    uint32_t size;               /* A power of two, or 0. */
    uint32_t count;
};

/* Zeroed memory is an empty map too. */
void name_map_init(struct name_map *map);
void name_map_free(struct name_map *map);

/* The index of `name`. A new name gets the next one (0, 1, 2 …) and *added. */
uint32_t name_map_add(struct name_map *map, struct span name, bool *added);

/* False if the name is not there. */
MUST_USE bool name_map_find(const struct name_map *map, struct span name, uint32_t *index);

/* FNV-1a, 64 bits: also what journals and books compare bytes by. */
uint64_t name_map_hash(struct span bytes);

#endif
