#include "tests/oracle/oracle_map.h"

#include <stdlib.h>

enum { MAP_SIZE_FIRST = 64, ROOM_FIRST = 32, TEXTS_BLOCK_BYTES = 8 * 1024 };

void oracle_map_free(struct oracle_map *map)
{
    free(map->slots);
    *map = (struct oracle_map){0};
}

/* The slot of `key`, or the free one where it belongs. */
static struct oracle_map_slot *slot_of(const struct oracle_map *map, uint64_t key)
{
    uint32_t mask = map->size - 1;
    uint32_t place = (uint32_t)(key ^ key >> 32) & mask;
    while (map->slots[place].key != 0 && map->slots[place].key != key) {
        place = (place + 1) & mask;
    }
    return &map->slots[place];
}

static void grow(struct oracle_map *map)
{
    struct oracle_map bigger = {.size = map->size == 0 ? MAP_SIZE_FIRST : 4 * map->size,
                                .count = map->count};
    ASSERT(bigger.size <= ORACLE_MAP_MAX);
    bigger.slots = calloc(bigger.size, sizeof bigger.slots[0]);
    ASSERT(bigger.slots != NULL);
    for (uint32_t index = 0; index < map->size; index++) {
        if (map->slots[index].key != 0) {
            *slot_of(&bigger, map->slots[index].key) = map->slots[index];
        }
    }
    free(map->slots);
    *map = bigger;
}

uint32_t oracle_map_add(struct oracle_map *map, uint64_t key, uint32_t value, bool *added)
{
    ASSERT(key != 0);
    if (2 * (map->count + 1) > map->size) {
        grow(map);
    }
    struct oracle_map_slot *slot = slot_of(map, key);
    *added = slot->key == 0;
    if (*added) {
        *slot = (struct oracle_map_slot){.key = key, .value = value};
        map->count++;
    }
    return slot->value;
}

void oracle_map_set(struct oracle_map *map, uint64_t key, uint32_t value)
{
    bool added = false;
    (void)oracle_map_add(map, key, value, &added);
    if (!added) {
        slot_of(map, key)->value = value;
    }
}

bool oracle_map_find(const struct oracle_map *map, uint64_t key, uint32_t *value)
{
    if (map->size == 0) {
        return false;
    }
    const struct oracle_map_slot *slot = slot_of(map, key);
    if (slot->key == 0) {
        return false;
    }
    *value = slot->value;
    return true;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

uint64_t oracle_key_number(uint64_t before, uint64_t part)
{
    uint64_t hash = mix(mix(before, UINT64_C(0x51ed270b)), part);
    return hash != 0 ? hash : 1;
}

uint64_t oracle_key(uint64_t before, struct span part)
{
    uint64_t hash = mix(before, part.size);
    size_t at = 0;
    for (; at + sizeof hash <= part.size; at += sizeof hash) {
        uint64_t word = 0;
        for (size_t byte = 0; byte < sizeof word; byte++) {
            word |= (uint64_t)part.data[at + byte] << 8 * byte;
        }
        hash = mix(hash, word);
    }
    uint64_t rest = 0;
    for (size_t byte = 0; at + byte < part.size; byte++) {
        rest |= (uint64_t)part.data[at + byte] << 8 * byte;
    }
    hash = mix(hash, rest);
    return hash != 0 ? hash : 1;
}

struct oracle_texts_block {
    struct oracle_texts_block *before;
    size_t used;
    char bytes[TEXTS_BLOCK_BYTES];
};

void oracle_texts_free(struct oracle_texts *texts)
{
    while (texts->newest != NULL) {
        struct oracle_texts_block *block = texts->newest;
        texts->newest = block->before;
        free(block);
    }
}

static char *texts_room(struct oracle_texts *texts, size_t size)
{
    ASSERT(size <= TEXTS_BLOCK_BYTES);
    struct oracle_texts_block *block = texts->newest;
    if (block == NULL || TEXTS_BLOCK_BYTES - block->used < size) {
        block = malloc(sizeof *block);
        ASSERT(block != NULL);
        block->before = texts->newest;
        block->used = 0;
        texts->newest = block;
    }
    char *room = block->bytes + block->used;
    block->used += size;
    return room;
}

/* Longer than any name may be: cut. */
static struct span cut(struct span text)
{
    return span_of(text.data,
                   text.size < TEXTS_BLOCK_BYTES / 4 ? text.size : TEXTS_BLOCK_BYTES / 4);
}

const char *oracle_texts_keep(struct oracle_texts *texts, struct span text)
{
    struct span kept = cut(text);
    char *room = texts_room(texts, kept.size + 1);
    span_to_text(kept, room, kept.size + 1);
    return room;
}

const char *oracle_texts_keep_pair(struct oracle_texts *texts, struct span first,
                                   struct span second)
{
    struct span one = cut(first);
    struct span two = cut(second);
    char *room = texts_room(texts, one.size + 1 + two.size + 1);
    span_to_text(one, room, one.size + 1);
    room[one.size] = '/';
    span_to_text(two, room + one.size + 1, two.size + 1);
    return room;
}

void *oracle_room(void *array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? ROOM_FIRST : 2 * *capacity;
    ASSERT(*capacity <= ORACLE_MAP_MAX);
    void *bigger = realloc(array, *capacity * size);
    ASSERT(bigger != NULL);
    return bigger;
}
