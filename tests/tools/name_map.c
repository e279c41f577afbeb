#include "tests/tools/name_map.h"

#include <stdlib.h>

void name_map_init(struct name_map *map)
{
    *map = (struct name_map){0};
}

void name_map_free(struct name_map *map)
{
    for (uint32_t index = 0; index < map->size; index++) {
        free(map->slots[index].name);
    }
    free(map->slots);
    name_map_init(map);
}

uint64_t name_map_hash(struct span bytes)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t index = 0; index < bytes.size; index++) {
        hash = (hash ^ bytes.data[index]) * UINT64_C(1099511628211);
    }
    return hash;
}

/* The slot that holds `name`, or the free one where it belongs. */
static struct name_map_slot *slot_of(const struct name_map *map, struct span name)
{
    uint32_t mask = map->size - 1;
    uint32_t place = (uint32_t)name_map_hash(name) & mask;
    while (map->slots[place].name != NULL && !span_is(name, map->slots[place].name)) {
        place = (place + 1) & mask;
    }
    return &map->slots[place];
}

static void grow(struct name_map *map)
{
    struct name_map bigger = {.size = map->size == 0 ? 1024 : 2 * map->size, .count = map->count};
    ASSERT(bigger.size <= 2 * NAME_MAP_MAX);
    bigger.slots = calloc(bigger.size, sizeof bigger.slots[0]);
    ASSERT(bigger.slots != NULL);
    for (uint32_t index = 0; index < map->size; index++) {
        if (map->slots[index].name != NULL) {
            *slot_of(&bigger, span_text(map->slots[index].name)) = map->slots[index];
        }
    }
    free(map->slots);
    *map = bigger;
}

uint32_t name_map_add(struct name_map *map, struct span name, bool *added)
{
    if (2 * (map->count + 1) > map->size) {
        grow(map);
    }
    struct name_map_slot *slot = slot_of(map, name);
    *added = slot->name == NULL;
    if (*added) {
        slot->name = malloc(name.size + 1);
        ASSERT(slot->name != NULL);
        span_to_text(name, slot->name, name.size + 1);
        slot->index = map->count++;
    }
    return slot->index;
}

bool name_map_find(const struct name_map *map, struct span name, uint32_t *index)
{
    if (map->size == 0) {
        return false;
    }
    const struct name_map_slot *slot = slot_of(map, name);
    if (slot->name == NULL) {
        return false;
    }
    *index = slot->index;
    return true;
}
