#include "gateway/core/doubt/hunt.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/order_cancel.h"
#include "gateway/core/orders/order_find.h"

enum {
    HUNT_VERSION = 1,
    HUNT_KEY_BYTES_MAX = 256,
    HUNT_RECORD_BYTES_MAX = 1024,
    HUNT_PAGE_MAX = 64, /* Attempts dealt with per session and turn. */
};

const char *hunt_stage_name(enum hunt_stage stage)
{
    static const char *const names[] = {
#define X(name) #name,
        HUNT_STAGES(X)
#undef X
    };
    ASSERT(stage < ARRAY_LEN(names));
    return names[stage];
}

/* --- Records ------------------------------------------------------------------------------ */

static struct span hunt_key(uint8_t key[HUNT_KEY_BYTES_MAX], struct span session_id,
                            uint64_t attempt_number)
{
    struct record_writer writer = record_writer_on(key, HUNT_KEY_BYTES_MAX);
    record_put_bytes(&writer, session_id);
    record_put_u8(&writer, 0);
    record_put_u64(&writer, attempt_number);
    return record_written(&writer);
}

void hunt_save(struct engine *engine, const struct hunt *hunt)
{
    uint8_t key[HUNT_KEY_BYTES_MAX];
    uint8_t record[HUNT_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, HUNT_VERSION);
    record_put_span(&writer, hunt->order_key);
    record_put_span(&writer, hunt->attempt_id);
    record_put_span(&writer, hunt->attempt_id_now);
    record_put_span(&writer, hunt->broker_order_id);
    record_put_i64(&writer, hunt->quantity.units);
    record_put_i64(&writer, hunt->filled.units);
    record_put_u64(&writer, hunt->attempt_seq);
    record_put_u32(&writer, hunt->attempt_resets);
    record_put_u64(&writer, hunt->since_ns);
    record_put_u8(&writer, (uint8_t)hunt->stage);
    record_put_u64(&writer, hunt->stage_ns);
    record_put_span(&writer, hunt->cancel_id);
    view_put(&engine->view, TABLE_HUNT, hunt_key(key, hunt->session_id, hunt->attempt_number),
             record_written(&writer));
}

/* False: the key is of another session. */
static bool hunt_read(struct span key, struct span value, struct span session_id, struct hunt *out)
{
    if (key.size != session_id.size + 9 ||
        memcmp(key.data, session_id.data, session_id.size) != 0 || key.data[session_id.size] != 0) {
        return false;
    }
    struct record_reader number = record_reader_of(key);
    number.next = session_id.size + 1;
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->session_id = span_of(key.data, session_id.size);
    out->attempt_number = record_get_u64(&number);
    out->order_key = record_get_span(&reader);
    out->attempt_id = record_get_span(&reader);
    out->attempt_id_now = record_get_span(&reader);
    out->broker_order_id = record_get_span(&reader);
    out->quantity.units = record_get_i64(&reader);
    out->filled.units = record_get_i64(&reader);
    out->attempt_seq = record_get_u64(&reader);
    out->attempt_resets = record_get_u32(&reader);
    out->since_ns = record_get_u64(&reader);
    out->stage = (enum hunt_stage)record_get_u8(&reader);
    out->stage_ns = record_get_u64(&reader);
    out->cancel_id = record_get_span(&reader);
    ASSERT(version == HUNT_VERSION);
    ASSERT(record_done(&reader));
    return true;
}

bool hunt_next(const struct engine *engine, struct span session_id, uint64_t attempt_number,
               struct hunt *out)
{
    uint8_t from[HUNT_KEY_BYTES_MAX];
    struct span key;
    struct span value;
    return view_seek(&engine->view, TABLE_HUNT, hunt_key(from, session_id, attempt_number), &key,
                     &value) &&
           hunt_read(key, value, session_id, out);
}

uint64_t hunt_count(const struct engine *engine, const struct link *link)
{
    struct span session_id = span_text(link->config->id);
    struct hunt hunt = {.attempt_number = 0};
    uint64_t count = 0;
    while (hunt_next(engine, session_id, hunt.attempt_number, &hunt)) {
        count += 1;
        hunt.attempt_number += 1;
    }
    return count;
}

struct span hunt_order_key(struct span value)
{
    struct record_reader reader = record_reader_of(value);
    (void)record_get_u8(&reader);
    return record_get_span(&reader);
}

bool hunt_find(const struct engine *engine, struct span attempt_id, struct hunt *out)
{
    uint64_t attempt_number;
    if (!name_number(attempt_id, NAME_ATTEMPT, &attempt_number)) {
        return false;
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        uint8_t key[HUNT_KEY_BYTES_MAX];
        struct span value;
        if (engine->links[number].hunt_count == 0) {
            continue;
        }
        struct span session_id = span_text(engine->links[number].config->id);
        struct span found = hunt_key(key, session_id, attempt_number);
        if (view_get(&engine->view, TABLE_HUNT, found, &value) &&
            hunt_read(found, value, session_id, out) && span_equal(out->attempt_id, attempt_id)) {
            out->session_id = session_id;
            return true;
        }
    }
    return false;
}

/* --- Telling -------------------------------------------------------------------------------- */

static struct span broker_of(const struct engine *engine, const struct hunt *hunt)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (span_is(hunt->session_id, link->config->id)) {
            return span_text(engine->config->brokers[link->config->broker].name);
        }
    }
    return hunt->session_id;
}

void hunt_tell(struct engine *engine, const struct hunt *hunt, const char *severity,
               const char *what)
{
    struct text text = {.size = 0};
    struct span client;
    struct span cl_ord_id;
    order_key_parts(hunt->order_key, &client, &cl_ord_id);
    text_add_span(text_add(&text, "hunt of "), hunt->attempt_id);
    text_add_span(text_add(&text, " ("), client);
    text_add_span(text_add(&text, "/"), cl_ord_id);
    text_add_span(text_add(&text, ") at "), broker_of(engine, hunt));
    text_add(text_add(&text, ": "), what);
    bus_alert(engine, severity, broker_of(engine, hunt), cl_ord_id, text_span(&text));
}

void hunt_end(struct engine *engine, const struct hunt *hunt, const char *severity, const char *how)
{
    uint8_t key[HUNT_KEY_BYTES_MAX];
    struct order order;
    struct link *link = link_find(engine, hunt->session_id);
    view_delete(&engine->view, TABLE_HUNT, hunt_key(key, hunt->session_id, hunt->attempt_number));
    if (link != NULL) {
        ASSERT(link->hunt_count > 0);
        link->hunt_count -= 1;
    }
    hunt_tell(engine, hunt, severity, how);
    /* Nothing of it is left there: an order that still waits may go there, too. */
    if (order_follow(&engine->view, hunt->order_key, &order) && order.moving &&
        order.state == ORDER_QUEUED) {
        order.moving = false;
        order_save(&engine->view, &order, engine->scratch_record);
        engine->routing.changed = true; /* What waits is tried again. */
    }
}

void hunt_begin(struct engine *engine, const struct hunt *hunt, const char *what)
{
    struct link *link = link_find(engine, hunt->session_id);
    hunt_save(engine, hunt);
    if (link != NULL) {
        link->hunt_count += 1;
    }
    hunt_tell(engine, hunt, "warning", what);
    if (link != NULL && link->session.state == SESSION_READY) {
        hunt_again(link, hunt);
    }
}

void hunt_add(struct engine *engine, const struct order *order)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    const struct hunt hunt = {
        .session_id = order->session_id,
        .attempt_number = order->attempt_number,
        .order_key = order_key(key, order->client, order->cl_ord_id),
        .attempt_id = order->attempt_id,
        .attempt_id_now = order->attempt_id_now,
        .broker_order_id = order->broker_order_id,
        .quantity = order->attempt_quantity,
        .attempt_seq = order->attempt_seq,
        .attempt_resets = order->attempt_resets,
        .since_ns = engine->now_ns,
        .stage = HUNT_WAITING,
        .stage_ns = engine->now_ns,
    };
    hunt_begin(engine, &hunt,
               "its order was forced away from it; it is cancelled there, or filled over, before "
               "anything new goes there");
}

/* --- The walk ------------------------------------------------------------------------------- */

static void walk_from(struct link *link, uint64_t attempt_number)
{
    link->hunting = link->hunt_count > 0;
    link->hunt_wait = true;
    link->hunt_next = attempt_number;
}

void hunt_ready(struct engine *engine, struct link *link)
{
    walk_from(link, 0);
    link->hunt_ready_ns = engine->now_ns;
}

void hunt_again(struct link *link, const struct hunt *hunt)
{
    walk_from(link, link->hunting && link->hunt_next < hunt->attempt_number ? link->hunt_next
                                                                            : hunt->attempt_number);
}

/* A cancel under a name of its own; the attempt's is what it names. */
static void cancel(struct engine *engine, struct link *link, struct hunt *hunt)
{
    struct order order;
    if (!order_follow(&engine->view, hunt->order_key, &order)) {
        return;
    }
    struct name name =
        name_make(engine->config->instance_id, NAME_ATTEMPT, engine->counters.attempt);
    engine->counters.attempt += 1;
    engine->counters_changed = true;
    struct span fields = order_cancel_fields(engine, &order, hunt->quantity);
    struct builder body;
    builder_init(&body, engine->scratch_body, sizeof(engine->scratch_body));
    builder_span(&body, TAG_ClOrdID, name_span(&name));
    builder_span(&body, TAG_OrigClOrdID, hunt->attempt_id_now);
    if (hunt->broker_order_id.size > 0) {
        builder_span(&body, TAG_OrderID, hunt->broker_order_id);
    }
    builder_raw(&body, fields);
    uint64_t seq =
        link_send(engine, link, MSG_OrderCancelRequest, builder_fields(&body), name_span(&name));
    attempt_save(engine, name_span(&name),
                 &(struct attempt){.kind = ATTEMPT_HUNTING,
                                   .order_key = hunt->order_key,
                                   .request_id = hunt->attempt_id,
                                   .session_id = span_text(link->config->id),
                                   .root = hunt->attempt_id,
                                   .seq = seq,
                                   .resets = link->session.resets});
    hunt->cancel_id = name_span(&name);
    hunt->stage = HUNT_CANCELLING;
    hunt->stage_ns = engine->now_ns;
    hunt_save(engine, hunt);
    hunt->cancel_id = span_of(NULL, 0); /* The name is gone with this step. */
    hunt_tell(engine, hunt, "info", "a cancel of it is sent");
}

/* Filled over, and its number proves something: an echo behind the fill is all that is missing.
 * One that may work off what a dead connection left is asked by a cancel as well. */
static bool is_filled_over(const struct engine *engine, const struct link *link,
                           const struct hunt *hunt)
{
    const struct broker_config *broker = &engine->config->brokers[link->config->broker];
    return hunt->stage == HUNT_FILLED_OVER && !hunt_is_unproven(link, hunt) &&
           broker->dead_attempt_grace_ns == 0 && !broker->dead_attempt_status;
}

static bool has_echoed(const struct link *link)
{
    return link->session.echo_seen && link->session.gap_end == 0 && link->session.resend_next == 0;
}

/* Its cancel went out on this connection. */
static bool is_asked(const struct link *link, const struct hunt *hunt)
{
    return hunt->stage == HUNT_CANCELLING && hunt->stage_ns >= link->hunt_ready_ns;
}

/* False: it must wait. */
static bool deal_with(struct engine *engine, struct link *link, struct hunt *hunt)
{
    bool filled_over = is_filled_over(engine, link, hunt);
    if (filled_over && has_echoed(link)) {
        hunt_end(engine, hunt, "info",
                 "the broker never got it, and a gap fill has its number: it is dead");
        return true;
    }
    if (is_asked(link, hunt)) {
        return true;
    }
    if (filled_over) {
        link->hunt_echo = true;
        doubt_want_echo(link);
        return true;
    }
    if (!link_can_send(engine, link, LINK_CHANGE)) {
        return false;
    }
    cancel(engine, link, hunt);
    return true;
}

bool hunt_walk(struct engine *engine, struct link *link)
{
    if (link->hunt_echo && link->session.state == SESSION_READY && has_echoed(link)) {
        link->hunt_echo = false;
        walk_from(link, 0);
    }
    if (!link->hunting || link->session.state != SESSION_READY) {
        return false;
    }
    if (link->hunt_wait) { /* The next turn sees all of this one. */
        link->hunt_wait = false;
        return true;
    }
    for (unsigned count = 0; count < HUNT_PAGE_MAX; count++) {
        struct hunt hunt;
        if (engine_turn_full(engine)) {
            return true;
        }
        if (!hunt_next(engine, span_text(link->config->id), link->hunt_next, &hunt)) {
            link->hunting = view_failed(&engine->view);
            return false;
        }
        if (!deal_with(engine, link, &hunt)) {
            return false; /* A resend, or the outbound rate: a later tick goes on. */
        }
        link->hunt_next = hunt.attempt_number + 1;
    }
    return true;
}

bool hunt_asked_for(struct engine *engine, struct link *link, struct span attempt_id)
{
    struct hunt hunt;
    if (!hunt_find(engine, attempt_id, &hunt) || !span_is(hunt.session_id, link->config->id)) {
        return false;
    }
    /* One that it has provably processed is no news, however it may be behind. */
    bool had =
        doubt_may_be_there(link, hunt.attempt_number, hunt.attempt_seq) ||
        (hunt.attempt_resets == link->session.resets && hunt.attempt_seq <= link->doubt.peer_has);
    if (!had && hunt.stage != HUNT_FILLED_OVER) {
        hunt.stage = HUNT_FILLED_OVER;
        hunt.stage_ns = engine->now_ns;
        hunt_save(engine, &hunt);
        hunt_tell(engine, &hunt, "info", "the broker asks for it; a gap fill takes its place");
    }
    hunt_again(link, &hunt);
    return true;
}
