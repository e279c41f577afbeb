/* The engine's one window on durable state: what is committed, overlaid with what
 * this turn has written so far.
 *
 * Pure: committed state comes in through a port, as time and bytes do. Orders are
 * not kept in memory besides: there is one truth, memory stays flat, and a start
 * is the same path as any other turn. */
#ifndef GATEWAY_CORE_ENGINE_VIEW_H
#define GATEWAY_CORE_ENGINE_VIEW_H

#include "gateway/core/engine/batch.h"

/* Committed state. Spans are valid until the end of the turn.
 *
 * A read that fails reads as absent and sets `failed`. From then on the turn is void:
 * it takes no further event (engine_turn_full()), and apply_turn() refuses it and has
 * the reason. So whoever asks whether a record is there need not care; whoever needs
 * one that must be there, since another leads to it, goes through order_follow() or
 * order_request_follow() and ends his step when they give nothing. */
struct reader {
    void *context;
    bool failed; /* Written by whoever implements the port; never taken back. */
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

/* A read of this turn, or of one before it, has failed. */
static inline bool view_failed(const struct view *view)
{
    return view->reader->failed;
}

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
