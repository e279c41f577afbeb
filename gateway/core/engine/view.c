#include "gateway/core/engine/view.h"

bool view_get(const struct view *view, uint32_t table, struct span key, struct span *value)
{
    switch (batch_find(view->batch, table, key, value)) {
    case BATCH_WRITTEN:
        return true;
    case BATCH_DELETED:
        return false;
    case BATCH_UNTOUCHED:
        break;
    }
    return view->reader->get(view->reader->context, table, key, value);
}

/* Skips committed records that this turn has touched. */
static bool skip_touched(const struct view *view, uint32_t table, bool found, struct span *key,
                         struct span *value)
{
    struct span written;
    while (found && batch_find(view->batch, table, *key, &written) != BATCH_UNTOUCHED) {
        struct span previous = *key;
        found = view->reader->after(view->reader->context, table, previous, key, value);
    }
    return found;
}

bool view_seek(const struct view *view, uint32_t table, struct span from, struct span *key,
               struct span *value)
{
    bool found = view->reader->seek(view->reader->context, table, from, key, value);
    return skip_touched(view, table, found, key, value);
}

bool view_after(const struct view *view, uint32_t table, struct span after, struct span *key,
                struct span *value)
{
    bool found = view->reader->after(view->reader->context, table, after, key, value);
    return skip_touched(view, table, found, key, value);
}

void view_put(const struct view *view, uint32_t table, struct span key, struct span value)
{
    batch_add(view->batch, table, BATCH_PUT, key, value);
}

void view_put_new(const struct view *view, uint32_t table, struct span key, struct span value)
{
    batch_add(view->batch, table, BATCH_PUT_NEW, key, value);
}

void view_append(const struct view *view, uint32_t table, struct span key, struct span value)
{
    batch_add(view->batch, table, BATCH_APPEND, key, value);
}

void view_delete(const struct view *view, uint32_t table, struct span key)
{
    batch_add(view->batch, table, BATCH_DELETE, key, span_of(NULL, 0));
}
