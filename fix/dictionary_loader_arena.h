/* Memory that is taken bit by bit and given back at once: a list of big chunks.
 *
 * Outside the pure library, like all of the loader. Start of the process only. */
#ifndef FIX_DICTIONARY_LOADER_ARENA_H
#define FIX_DICTIONARY_LOADER_ARENA_H

#include "fix/base.h"

enum {
    ARENA_CHUNK_BYTES = 256 * 1024,
    ARENA_BYTES_MAX = 128 * 1024 * 1024, /* All chunks: what a hostile dictionary may cost. */
};

struct arena_chunk;

struct arena {
    struct arena_chunk *last;
    size_t used;        /* Bytes taken of the last chunk. */
    size_t bytes_total; /* Of all chunks. */
};

void arena_init(struct arena *arena);
void arena_free(struct arena *arena);

/* `size` bytes, zeroed and aligned for any type, valid until arena_free(); NULL
 * when memory or ARENA_BYTES_MAX is used up. Zero bytes give a valid address. */
MUST_USE void *arena_take(struct arena *arena, size_t size);

/* A copy that ends with NUL, or NULL as above. */
MUST_USE const char *arena_text(struct arena *arena, struct span text);

#endif
