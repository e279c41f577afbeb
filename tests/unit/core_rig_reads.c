/* The engine's reads of the store, one of which may be made to fail. */
#include <limits.h>

#include "tests/unit/core_rig_parts.h"

static bool read_fails(struct rig *rig)
{
    if (rig->reads_left == UINT_MAX) {
        return false;
    }
    if (rig->reads_left > 0) {
        rig->reads_left -= 1;
        return false;
    }
    rig->reads_left = UINT_MAX;
    rig->reader.status = STATUS_IO;
    rig->reader.port.failed = true;
    return true;
}

static bool read_get(void *context, uint32_t table, struct span key, struct span *value)
{
    struct rig *rig = context;
    return !read_fails(rig) && rig->read.get(rig->read.context, table, key, value);
}

static bool read_seek(void *context, uint32_t table, struct span from, struct span *key,
                      struct span *value)
{
    struct rig *rig = context;
    return !read_fails(rig) && rig->read.seek(rig->read.context, table, from, key, value);
}

static bool read_after(void *context, uint32_t table, struct span key, struct span *key_out,
                       struct span *value)
{
    struct rig *rig = context;
    return !read_fails(rig) && rig->read.after(rig->read.context, table, key, key_out, value);
}

static bool read_last(void *context, uint32_t table, struct span *key, struct span *value)
{
    struct rig *rig = context;
    return !read_fails(rig) && rig->read.last(rig->read.context, table, key, value);
}

void rig_reader_init(struct rig *rig)
{
    apply_reader_init(&rig->reader, rig->store_reader);
    rig->read = rig->reader.port;
    rig->reader.port.context = rig;
    rig->reader.port.get = read_get;
    rig->reader.port.seek = read_seek;
    rig->reader.port.after = read_after;
    rig->reader.port.last = read_last;
}
