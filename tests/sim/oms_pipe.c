#include "tests/sim/oms_parts.h"

#include <stdlib.h>

struct oms_passage *oms_pipe_at(const struct oms_pipe *pipe, uint32_t place)
{
    return &pipe->items[(pipe->first + place) & (pipe->capacity - 1)];
}

static void pipe_grow(struct oms_pipe *pipe)
{
    struct oms_pipe bigger = *pipe;
    bigger.capacity = pipe->capacity == 0 ? 64 : 2 * pipe->capacity;
    ASSERT(bigger.capacity <= OMS_PIPE_MAX);
    bigger.items = malloc(bigger.capacity * sizeof(bigger.items[0]));
    ASSERT(bigger.items != NULL);
    bigger.first = 0;
    for (uint32_t i = 0; i < pipe->count; i++) {
        bigger.items[i] = *oms_pipe_at(pipe, i);
    }
    free(pipe->items);
    *pipe = bigger;
}

void oms_pipe_put(struct oms_pipe *pipe, const struct oms_passage *passage)
{
    if (pipe->count == pipe->capacity) {
        pipe_grow(pipe);
    }
    *oms_pipe_at(pipe, pipe->count++) = *passage;
}

struct oms_passage oms_pipe_take(struct oms_pipe *pipe)
{
    ASSERT(pipe->count > 0);
    struct oms_passage passage = *oms_pipe_at(pipe, 0);
    pipe->first = (pipe->first + 1) & (pipe->capacity - 1);
    pipe->count--;
    return passage;
}

void oms_pipe_cut(struct oms_pipe *pipe, uint32_t kept)
{
    while (pipe->count > kept) {
        free(oms_pipe_at(pipe, --pipe->count)->bytes);
    }
}

void oms_pipe_free(struct oms_pipe *pipe)
{
    oms_pipe_cut(pipe, 0);
    free(pipe->items);
}
