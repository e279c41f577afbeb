/* When a link wants a connection. */
#include "gateway/core/link_parts.h"

void link_connect_tick(struct engine *engine, struct link *link)
{
    if (link->connected || link->connecting || engine->stopping ||
        engine->now_ns < link->connect_at_ns) {
        return;
    }
    link->connecting = true;
    release_add(&engine->turn->releases,
                &(struct release){.kind = RELEASE_CONNECT, .session = link->number});
}
