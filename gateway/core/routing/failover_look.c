/* What stands with a broker: for the pre-flight, for people, and for the step RESOLVE. */
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/order.h"
#include "gateway/core/routing/failover_parts.h"

enum { FAILOVER_LOOK_MAX = 4096 };

static bool is_of(const struct link *link, uint32_t broker)
{
    return link->config->broker == broker && link->config->role == ROLE_ORDERS;
}

bool failover_broker_is_there(const struct engine *engine, uint32_t broker)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (is_of(link, broker) && session_can_send(&link->session)) {
            return true;
        }
    }
    return false;
}

static void look_at(const struct engine *engine, struct span order_key,
                    struct failover_picture *picture)
{
    struct order order;
    if (!order_follow(&engine->view, order_key, &order)) {
        return;
    }
    if (order.evidence == EVIDENCE_NOT_RECEIVED) {
        picture->dead++;
    } else if (order.state == ORDER_IN_DOUBT) {
        picture->held++;
    } else {
        picture->undecided++;
    }
}

/* The unanswered attempts of one session: session id NUL attempt number → order key. */
static void look_at_session(const struct engine *engine, const struct link *link,
                            struct failover_picture *picture)
{
    uint8_t bytes[ENGINE_LINE_BYTES_MAX];
    struct span id = span_text(link->config->id);
    struct record_writer writer = record_writer_on(bytes, sizeof(bytes));
    struct span key;
    struct span value;
    record_put_bytes(&writer, id);
    record_put_u8(&writer, 0);
    bool found = view_seek(&engine->view, TABLE_UNACKED, record_written(&writer), &key, &value);
    for (unsigned looked = 0; found; looked++) {
        if (key.size != id.size + 9 || memcmp(key.data, id.data, id.size) != 0) {
            return;
        }
        if (looked == FAILOVER_LOOK_MAX) {
            picture->more = true;
            return;
        }
        look_at(engine, value, picture);
        found = view_after(&engine->view, TABLE_UNACKED, key, &key, &value);
    }
}

struct failover_picture failover_look(const struct engine *engine, uint32_t broker)
{
    struct failover_picture picture = {.queued = engine->queued_count - engine->queued_changes};
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (is_of(link, broker)) {
            look_at_session(engine, link, &picture);
        }
    }
    return picture;
}

void failover_picture_text(const struct failover_picture *picture, struct text *out)
{
    text_add(text_add_uint(out, picture->queued), " wait and will move, ");
    text_add(text_add_uint(out, picture->dead), " proven not to have arrived will move, ");
    text_add(text_add_uint(out, picture->held), " in doubt are held (doubt list), ");
    text_add(text_add_uint(out, picture->undecided),
             " sent and not answered cannot be decided now");
    if (picture->more) {
        text_add(out, "; there are more than were looked at");
    }
}
