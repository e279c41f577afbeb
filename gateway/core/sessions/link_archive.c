/* The outbound queues of session days gone by: kept for people, deleted in time. */
#include "gateway/core/sessions/link_parts.h"

#define DAY_NS   (UINT64_C(86400) * 1000000000)
#define CHECK_NS (UINT64_C(3600) * 1000000000)

static bool turn_is_idle(const struct engine *engine)
{
    return engine->turn->batch.count == 0 && engine->turn->releases.count == 0;
}

void link_archive_tick(struct engine *engine, struct link *link)
{
    if (engine->now_ns < link->archive_due_ns || !turn_is_idle(engine)) {
        return;
    }
    if (link->config->archive_days == 0) {
        link->archive_due_ns = UINT64_MAX;
        return;
    }
    uint64_t age_ns = link->config->archive_days * DAY_NS;
    for (unsigned count = 0; count < TURN_ARCHIVE_MAX; count++) {
        struct span key;
        struct out_place place;
        if (!link_out_first(engine, link, &key, &place) || place.day == link->session.resets) {
            link->archive_due_ns = engine->now_ns + CHECK_NS;
            return;
        }
        if (place.sent_ns + age_ns > engine->now_ns) {
            link->archive_due_ns = place.sent_ns + age_ns;
            return;
        }
        view_delete(&engine->view, TABLE_OUT + link->number, key);
    }
}
