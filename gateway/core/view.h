/* The engine's one window on durable state: what is committed, overlaid with what
 * this turn has written so far.
 *
 * Pure: committed state comes in through a port, as time and bytes do. Orders are
 * not kept in memory besides: there is one truth, memory stays flat, and a start
 * is the same path as any other turn. */
#ifndef GATEWAY_CORE_VIEW_H
#define GATEWAY_CORE_VIEW_H

#include "gateway/core/batch.h"

/* Committed state. A failure of the environment is kept by whoever implements the
 * port and stops the turn before its commit (apply.h); here it reads as absent.
 * Spans are valid until the end of the turn. */
struct reader {
    void *context;
    bool (*get)(void *context, uint32_t table, struct span key, struct span *value);
    /* First record with key >= `from`. */
    bool (*seek)(void *context, uint32_t table, struct span from, struct span *key,
                 struct span *value);
    /* First record with key > `key`. */
    bool (*after)(void *context, uint32_t table, struct span key, struct span *key_out,
                  struct span *value);
    bool (*last)(void *context, uint32_t table, struct span *key, struct span *value);
};

struct view {
    struct batch *batch;
    const struct reader *reader;
};

bool view_get(const struct view *view, uint32_t table, struct span key, struct span *value);

/* The next committed record with key >= `from` (or > with `after`) that this turn
 * has not deleted or written over; what it wrote anew is not walked. */
bool view_seek(const struct view *view, uint32_t table, struct span from, struct span *key,
               struct span *value);
bool view_after(const struct view *view, uint32_t table, struct span after, struct span *key,
                struct span *value);

void view_put(const struct view *view, uint32_t table, struct span key, struct span value);
void view_put_new(const struct view *view, uint32_t table, struct span key, struct span value);
void view_append(const struct view *view, uint32_t table, struct span key, struct span value);
void view_delete(const struct view *view, uint32_t table, struct span key);

#endif
