#include "fix/dictionary_loader_arena.h"

#include <stdlib.h>

enum { ARENA_ALIGN = _Alignof(max_align_t) };

struct arena_chunk {
    struct arena_chunk *before;
    size_t size; /* Of `bytes`. */
    _Alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){.last = NULL};
}

void arena_free(struct arena *arena)
{
    while (arena->last != NULL) {
        struct arena_chunk *chunk = arena->last;
        arena->last = chunk->before;
        free(chunk);
    }
    arena_init(arena);
}

static bool arena_grow(struct arena *arena, size_t size)
{
    size_t bytes = size > ARENA_CHUNK_BYTES ? size : ARENA_CHUNK_BYTES;
    if (bytes > ARENA_BYTES_MAX - arena->bytes_total) {
        return false;
    }
    struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + bytes);
    if (chunk == NULL) {
        return false;
    }
    chunk->before = arena->last;
    chunk->size = bytes;
    arena->last = chunk;
    arena->used = 0;
    arena->bytes_total += bytes;
    return true;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > ARENA_BYTES_MAX) {
        return NULL;
    }
    size_t rounded = size == 0 ? ARENA_ALIGN : (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (arena->last == NULL || arena->last->size - arena->used < rounded) {
        if (!arena_grow(arena, rounded)) {
            return NULL;
        }
    }
    void *taken = arena->last->bytes + arena->used;
    arena->used += rounded;
    return taken;
}

const char *arena_text(struct arena *arena, struct span text)
{
    char *copy = arena_take(arena, text.size + 1);
    if (copy != NULL && text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}
