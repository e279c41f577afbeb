#include "gateway/core/doubt/doubt_parts.h"

#include "gateway/core/engine/record.h"
#include "gateway/core/routing/routing_table.h"

struct span doubt_key(uint8_t key[UNACKED_KEY_BYTES_MAX], struct span session_id,
                      uint64_t attempt_number)
{
    struct record_writer writer = record_writer_on(key, UNACKED_KEY_BYTES_MAX);
    record_put_bytes(&writer, session_id);
    record_put_u8(&writer, 0);
    record_put_u64(&writer, attempt_number);
    return record_written(&writer);
}

bool doubt_key_number(struct span key, struct span session_id, uint64_t *attempt_number)
{
    if (key.size != session_id.size + 9 ||
        memcmp(key.data, session_id.data, session_id.size) != 0 || key.data[session_id.size] != 0) {
        return false;
    }
    struct record_reader reader = record_reader_of(key);
    reader.next = session_id.size + 1;
    *attempt_number = record_get_u64(&reader);
    return true;
}

/* --- The attempts without a word ---------------------------------------------------- */

void doubt_add(struct engine *engine, struct link *link, uint64_t attempt_number,
               struct span order_key)
{
    uint8_t key[UNACKED_KEY_BYTES_MAX];
    view_put_new(&engine->view, TABLE_UNACKED,
                 doubt_key(key, span_text(link->config->id), attempt_number), order_key);
    link->unacked_count += 1;
    link->doubt.added_batch = engine->turn->batch.number;
    if (link->config->order_status_request) {
        doubt_due(link, engine->now_ns + link->config->order_status_interval_ns);
    }
}

void doubt_remove(struct engine *engine, struct span session_id, uint64_t attempt_number)
{
    uint8_t key[UNACKED_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_UNACKED, doubt_key(key, session_id, attempt_number));
    struct link *link = link_find(engine, session_id);
    if (link != NULL) {
        ASSERT(link->unacked_count > 0);
        link->unacked_count -= 1;
    }
}

bool doubt_next(const struct engine *engine, struct span session_id, uint64_t *attempt_number,
                struct span *order_key)
{
    uint8_t from[UNACKED_KEY_BYTES_MAX];
    struct span key;
    return view_seek(&engine->view, TABLE_UNACKED, doubt_key(from, session_id, *attempt_number),
                     &key, order_key) &&
           doubt_key_number(key, session_id, attempt_number);
}

void doubt_become(struct engine *engine, struct order *order, enum order_state state,
                  struct span reason)
{
    struct link *link = link_find(engine, order->session_id);
    bool was = order->state == ORDER_IN_DOUBT;
    ASSERT(order->unacked);
    order_become(order, state, engine->now_ns, reason);
    if (link == NULL || was == (state == ORDER_IN_DOUBT)) {
        return;
    }
    ASSERT(!was || link->in_doubt_count > 0);
    link->in_doubt_count += was ? UINT64_MAX : 1;
}

void doubt_count(const struct engine *engine, struct link *link)
{
    struct span session_id = span_text(link->config->id);
    uint8_t from[UNACKED_KEY_BYTES_MAX];
    struct span key;
    struct span value;
    uint64_t attempt_number;
    link->unacked_count = 0;
    link->in_doubt_count = 0;
    bool found =
        view_seek(&engine->view, TABLE_UNACKED, doubt_key(from, session_id, 0), &key, &value);
    while (found && doubt_key_number(key, session_id, &attempt_number)) {
        struct order order;
        if (!order_follow(&engine->view, value, &order)) {
            return;
        }
        link->unacked_count += 1;
        link->in_doubt_count += order.state == ORDER_IN_DOUBT ? 1 : 0;
        found = view_after(&engine->view, TABLE_UNACKED, key, &key, &value);
    }
}

/* --- Proof ---------------------------------------------------------------------------- */

bool doubt_is_unproven(const struct link *link, const struct order *order)
{
    return order->attempt_resets != link->session.resets ||
           order->attempt_number < link->doubt.unproven_end;
}

bool doubt_in_step(const struct link *link)
{
    const struct session *session = &link->session;
    return link->connected && !link->closing && session->state == SESSION_READY &&
           session->echo_seen && session->gap_end == 0 && session->resend_next == 0;
}

void doubt_want_echo(struct link *link)
{
    link->doubt.echo_wanted = true;
}

void doubt_peer_has(struct link *link, uint64_t msg_seq_num, uint32_t resets)
{
    if (resets == link->session.resets && msg_seq_num < link->session.seq_out_next &&
        msg_seq_num > link->doubt.peer_has) {
        link->doubt.peer_has = msg_seq_num;
    }
}

const struct broker_config *doubt_broker(const struct engine *engine, const struct link *link)
{
    return &engine->config->brokers[link->config->broker];
}

void doubt_alert(struct engine *engine, const char *severity, const struct order *order,
                 const char *what)
{
    struct text text = {.size = 0};
    text_add(text_add_span(&text, order->broker), ": ");
    text_add(&text, what);
    text_add_span(text_add(&text, "; ClOrdID="), order->attempt_id_now);
    bus_alert(engine, severity, order->broker, order->cl_ord_id, text_span(&text));
}

void doubt_evidence(struct engine *engine, struct order *order, enum order_evidence evidence)
{
    order->evidence = evidence;
    order->evidence_ns = engine->now_ns;
}

/* --- What the session tells ------------------------------------------------------------ */

void doubt_dropped(struct link *link)
{
    doubt_walk_begin(link);
    link->doubt.dropped = true;
    link->doubt.in_step = false;
    link->doubt.echo_wanted = false;
    link->doubt.ready_end = UINT64_MAX;
    link->doubt.asked_begin = 0;
    link->doubt.asked_end = 0;
}

void doubt_ready(struct engine *engine, struct link *link)
{
    struct link_doubt *doubt = &link->doubt;
    doubt->in_step = false;
    doubt->echo_wanted = link->unacked_count > 0;
    doubt->mass_asked = false;
    doubt->ready_ns = engine->now_ns;
    doubt->ready_end = engine->counters.attempt;
    doubt_open_begin(link);
    if (link->session.peer_expects > 1) {
        doubt_peer_has(link, link->session.peer_expects - 1, link->session.resets);
    }
}

/* Nothing is proven of the attempts that went out so far. Freezes the broker, if what it may
 * have lost is still open. */
static void nothing_proven(struct engine *engine, struct link *link, bool freeze, struct text *text)
{
    link->doubt.unproven_end = engine->counters.attempt;
    if (link->unacked_count > 0) {
        text_add_uint(text_add(text, "; "), link->unacked_count);
        text_add(text, " orders had no word of the broker: nothing is proven of them, they are "
                       "held in doubt: ask the broker");
        doubt_walk_begin(link);
    }
    bus_alert(engine, freeze ? "critical" : "warning", span_text(doubt_broker(engine, link)->name),
              span_of(NULL, 0), text_span(text));
    if (freeze) {
        routing_freeze(engine, link->config->broker, text->data);
    }
}

/* An attempt without a word that was not yet known to be unproven. One of this very turn is not
 * seen by a seek. */
static bool has_attempt_from(const struct engine *engine, const struct link *link, uint64_t from)
{
    struct span session_id = span_text(link->config->id);
    uint8_t from_key[UNACKED_KEY_BYTES_MAX];
    struct span key;
    struct span value;
    uint64_t attempt_number;
    if (link->unacked_count > 0 && link->doubt.added_batch == engine->turn->batch.number) {
        return true;
    }
    return view_seek(&engine->view, TABLE_UNACKED, doubt_key(from_key, session_id, from), &key,
                     &value) &&
           doubt_key_number(key, session_id, &attempt_number);
}

void doubt_reset(struct engine *engine, struct link *link)
{
    link->doubt.peer_has = 0;
    link->doubt.asked_begin = 0;
    link->doubt.asked_end = 0;
    link->doubt.jumped_to = 0;
    /* A session that resets at each Logon, and is refused each time, tells it once. */
    if (!has_attempt_from(engine, link, link->doubt.unproven_end)) {
        return;
    }
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add(&text, ": its numbers were reset");
    nothing_proven(engine, link, true, &text);
}

/* Where the gap begins. A request for one that had gone out when it was asked for goes on with it,
 * piece by piece: of those the peer may keep what it got behind the gap. */
static void note_gap(struct link *link, uint64_t begin)
{
    struct link_doubt *doubt = &link->doubt;
    if (begin <= doubt->asked_begin || begin > doubt->asked_end) {
        doubt->asked_begin = begin;
    }
    doubt->asked_end = link->session.seq_out_next - 1;
}

void doubt_asked(struct engine *engine, struct link *link, uint64_t begin)
{
    /* What it asks for may be what its Logon said that it has. */
    if (link->session.peer_expects > 1) {
        doubt_peer_has(link, link->session.peer_expects - 1, link->session.resets);
    }
    uint64_t peer_has = link->doubt.peer_has;
    note_gap(link, begin);
    if (begin + link->config->numbers_behind_max > peer_has) {
        return;
    }
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add_uint(text_add(&text, ": it asks for messages from "), begin);
    text_add_uint(text_add(&text, " on, and has processed them up to "), peer_has);
    text_add(&text, ": it has lost its state");
    link->doubt.peer_has = begin - 1; /* Told once, however often it asks before it takes them. */
    nothing_proven(engine, link, link->open_count > 0, &text);
}

void doubt_jumped(struct engine *engine, struct link *link)
{
    uint64_t end = link->session.skipped_end;
    if (end <= link->doubt.jumped_to) {
        return;
    }
    link->doubt.jumped_to = end;
    if (link->open_count == 0) {
        return;
    }
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add_uint(text_add(&text, ": the broker jumped over messages, to "), end);
    text_add(&text, ": what they said of our orders is lost; compare books");
    nothing_proven(engine, link, false, &text);
}
