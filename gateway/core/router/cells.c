#include "gateway/core/router/cells.h"

#include "gateway/core/engine/hash.h"

static struct span cut(struct span symbol)
{
    return span_of(symbol.data,
                   symbol.size < ENGINE_NAME_BYTES_MAX ? symbol.size : ENGINE_NAME_BYTES_MAX);
}

static struct cell *set_of(struct cells *cells, uint32_t broker, struct span symbol)
{
    uint64_t hash = hash_bytes(HASH_SEED + broker, symbol);
    return cells->list[(hash ^ hash >> 32) & (CELLS_SETS - 1)];
}

static struct cell *find(struct cells *cells, uint32_t broker, struct span symbol)
{
    struct cell *set = set_of(cells, broker, symbol);
    for (uint32_t way = 0; way < CELLS_WAYS; way++) {
        if (set[way].symbol[0] != '\0' && set[way].broker == broker &&
            span_is(symbol, set[way].symbol)) {
            return &set[way];
        }
    }
    return NULL;
}

static struct cell *make(struct cells *cells, uint32_t broker, struct span symbol)
{
    struct cell *set = set_of(cells, broker, symbol);
    struct cell *oldest = &set[0];
    for (uint32_t way = 1; way < CELLS_WAYS; way++) {
        oldest = set[way].touched < oldest->touched ? &set[way] : oldest;
    }
    *oldest = (struct cell){.broker = broker};
    span_to_text(symbol, oldest->symbol, sizeof(oldest->symbol));
    return oldest;
}

/* 5, 10, 20, 40 … */
static bool is_told(uint32_t rejects)
{
    uint32_t step = CELLS_REJECTS_TOLD;
    while (step < rejects && step <= UINT32_MAX / 2) {
        step *= 2;
    }
    return step == rejects;
}

bool cells_rejected(struct cells *cells, uint32_t broker, struct span symbol, uint32_t *rejects)
{
    struct span name = cut(symbol);
    if (name.size == 0) {
        return false;
    }
    struct cell *cell = find(cells, broker, name);
    cell = cell != NULL ? cell : make(cells, broker, name);
    cells->touches += 1;
    cell->touched = cells->touches;
    cell->rejects += cell->rejects < UINT32_MAX ? 1 : 0;
    *rejects = cell->rejects;
    return is_told(cell->rejects);
}

void cells_taken(struct cells *cells, uint32_t broker, struct span symbol)
{
    struct cell *cell = find(cells, broker, cut(symbol));
    if (cell != NULL) {
        *cell = (struct cell){.rejects = 0};
    }
}
