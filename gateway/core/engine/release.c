#include "gateway/core/engine/release.h"

void release_reset(struct release_list *releases)
{
    releases->count = 0;
    releases->used = 0;
}

static struct span copy(struct release_list *releases, struct span from)
{
    ASSERT(from.size <= TURN_RELEASE_BYTES - releases->used);
    uint8_t *place = releases->bytes + releases->used;
    if (from.size > 0) {
        memcpy(place, from.data, from.size);
    }
    releases->used += from.size;
    return span_of(place, from.size);
}

void release_add(struct release_list *releases, const struct release *release)
{
    ASSERT(releases->count < TURN_RELEASES_MAX);
    struct release *added = &releases->list[releases->count];
    releases->count += 1;
    *added = *release;
    added->route = copy(releases, release->route);
    added->topic = copy(releases, release->topic);
    added->bytes = copy(releases, release->bytes);
}

void release_log(struct release_list *releases, enum effect_severity severity, struct span line)
{
    release_add(releases,
                &(struct release){.kind = RELEASE_LOG, .severity = severity, .bytes = line});
}
