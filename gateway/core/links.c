#include "gateway/core/links.h"

#include "gateway/core/doubt.h"
#include "gateway/core/executions.h"
#include "gateway/core/record.h"

enum { SESSION_VERSION = 1, OUT_VERSION = 1, SEQ_KEY_BYTES = 8 };

static struct span seq_key(uint8_t key[SEQ_KEY_BYTES], uint64_t msg_seq_num)
{
    struct record_writer writer = record_writer_on(key, SEQ_KEY_BYTES);
    record_put_u64(&writer, msg_seq_num);
    return record_written(&writer);
}

static void log_link(struct engine *engine, enum effect_severity severity, const struct link *link,
                     struct span what)
{
    struct text line = {.size = 0};
    text_add(&line, "session=");
    text_add(&line, link->config->id);
    text_add(&line, " ");
    text_add_span(&line, what);
    engine_log(engine, severity, &line);
}

/* --- Durable numbers -------------------------------------------------------- */

static const char *check_queue(struct engine *engine, const struct link *link, bool has_record,
                               struct text *error)
{
    struct span key;
    struct span value;
    const struct reader *reader = engine->view.reader;
    if (!reader->last(reader->context, TABLE_OUT + link->number, &key, &value)) {
        return NULL;
    }
    struct record_reader seq = record_reader_of(key);
    uint64_t last = record_get_u64(&seq);
    if (has_record && last < link->session.seq_out_next) {
        return NULL;
    }
    text_add(error, "session ");
    text_add(error, link->config->id);
    text_add(error, ": next MsgSeqNum ");
    text_add_uint(error, has_record ? link->session.seq_out_next : 1);
    text_add(error, " is behind its outbound queue, which ends at ");
    text_add_uint(error, last);
    text_add(error, "; the store is not whole: restore the latest backup");
    return error->data;
}

const char *link_start(struct engine *engine, uint32_t number, struct text *error)
{
    struct link *link = &engine->links[number];
    link->config = &engine->config->sessions[number];
    link->number = number;
    link->told = SESSION_LOGON_SENT;
    link->connect_at_ns = link->config->fix.acceptor ? UINT64_MAX : engine->now_ns;

    struct span value;
    uint64_t seq_in_next = 1;
    uint64_t seq_out_next = 1;
    uint64_t created_ns = engine->now_ns;
    uint32_t resets = 0;
    bool found = view_get(&engine->view, TABLE_SESSION, span_text(link->config->id), &value);
    if (found) {
        struct record_reader reader = record_reader_of(value);
        uint8_t version = record_get_u8(&reader);
        seq_in_next = record_get_u64(&reader);
        seq_out_next = record_get_u64(&reader);
        created_ns = record_get_u64(&reader);
        resets = record_get_u32(&reader);
        if (version != SESSION_VERSION || !record_done(&reader)) {
            text_add(error, "session record of an unknown version: run the fixgate that wrote it");
            return error->data;
        }
    }
    session_init(&link->session, &link->config->fix, link->early, FIX_EARLY_MESSAGES_MAX,
                 link->early_bytes, seq_in_next, seq_out_next);
    link->session.created_ns = created_ns;
    link->session.resets = resets;
    link->stored_in = found ? seq_in_next : 0;
    link->stored_out = found ? seq_out_next : 0;
    link->stored_resets = resets;
    link->stored_created_ns = created_ns;
    return check_queue(engine, link, found, error);
}

void link_store_numbers(struct engine *engine, struct link *link)
{
    const struct session *session = &link->session;
    if (link->stored_in == session->seq_in_next && link->stored_out == session->seq_out_next &&
        link->stored_resets == session->resets && link->stored_created_ns == session->created_ns) {
        return;
    }
    uint8_t record[64];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, SESSION_VERSION);
    record_put_u64(&writer, session->seq_in_next);
    record_put_u64(&writer, session->seq_out_next);
    record_put_u64(&writer, session->created_ns);
    record_put_u32(&writer, session->resets);
    view_put(&engine->view, TABLE_SESSION, span_text(link->config->id), record_written(&writer));
    link->stored_in = session->seq_in_next;
    link->stored_out = session->seq_out_next;
    link->stored_resets = session->resets;
    link->stored_created_ns = session->created_ns;
}

/* --- Effects ---------------------------------------------------------------- */

static void keep_out(struct engine *engine, const struct link *link, const struct effect *effect,
                     struct span attempt_id)
{
    struct record_writer writer =
        record_writer_on(engine->scratch_out, sizeof(engine->scratch_out));
    record_put_u8(&writer, OUT_VERSION);
    record_put_u8(&writer, (uint8_t)effect->message);
    record_put_span(&writer, attempt_id);
    /* Session messages are never resent (6.2): their number is all that is
     * needed, and a Logon's password stays out of the store. */
    if (effect->message == MESSAGE_APPLICATION) {
        record_put_bytes(&writer, effect->bytes);
    }
    uint8_t key[SEQ_KEY_BYTES];
    view_append(&engine->view, TABLE_OUT + link->number, seq_key(key, effect->msg_seq_num),
                record_written(&writer));
}

bool link_out_load(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct out_record *out)
{
    uint8_t key[SEQ_KEY_BYTES];
    struct span value;
    if (!view_get(&engine->view, TABLE_OUT + link->number, seq_key(key, msg_seq_num), &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    ASSERT(version == OUT_VERSION);
    out->kind = (enum message_kind)record_get_u8(&reader);
    out->attempt_id = record_get_span(&reader);
    ASSERT(!reader.bad);
    out->bytes = span_of(value.data + reader.next, value.size - reader.next);
    return true;
}

static void become_state(struct engine *engine, struct link *link, enum session_state state)
{
    log_link(engine, SEVERITY_INFO, link, span_text(session_state_name(state)));
    if (state == SESSION_READY) {
        doubt_settle(link);
    }
    /* A broker that refuses every Logon is told of once, not at each try. */
    bool news = state == SESSION_READY || state == SESSION_SYNCHRONISING ||
                (state == SESSION_DISCONNECTED && link->told != SESSION_DISCONNECTED);
    if (news) {
        link->told = state;
        bus_session_event(engine, link, span_of(NULL, 0));
    }
}

/* Closes the connection, once. */
static void link_close(struct engine *engine, struct link *link, enum effect_severity severity,
                       struct span reason)
{
    if (!link->connected || link->closing) {
        return;
    }
    link->closing = true;
    struct text line = {.size = 0};
    log_link(engine, severity, link,
             text_span(text_add_span(text_add(&line, "closing: "), reason)));
    release_add(&engine->turn->releases,
                &(struct release){.kind = RELEASE_CLOSE, .session = link->number, .topic = reason});
}

/* Carries out what the session wants, in its order. `message` is what the step
 * was given, for DELIVER; `attempt_id` goes with what it sends. */
static void carry_out(struct engine *engine, struct link *link, const struct message *message,
                      struct span attempt_id)
{
    for (size_t index = 0; index < engine->effects.count; index++) {
        const struct effect *effect = &engine->effects.list[index];
        switch (effect->kind) {
        case EFFECT_SEND:
            if (effect->keep) {
                keep_out(engine, link, effect, attempt_id);
            }
            release_add(&engine->turn->releases, &(struct release){.kind = RELEASE_SEND,
                                                                   .session = link->number,
                                                                   .bytes = effect->bytes});
            break;
        case EFFECT_DELIVER:
            executions_receive(engine, link, message);
            break;
        case EFFECT_STATE:
            become_state(engine, link, (enum session_state)effect->state);
            break;
        case EFFECT_CLOSE:
            link_close(engine, link, SEVERITY_INFO, effect->text);
            break;
        case EFFECT_RESET:
            batch_add(&engine->turn->batch, TABLE_OUT + link->number, BATCH_CLEAR, span_of(NULL, 0),
                      span_of(NULL, 0));
            log_link(engine, SEVERITY_WARNING, link, span_text("sequence numbers are reset to 1"));
            break;
        case EFFECT_LOG:
            log_link(engine, effect->severity, link, effect->text);
            break;
        }
    }
    effects_reset(&engine->effects);
}

uint64_t link_send(struct engine *engine, struct link *link, const char *msg_type, struct span body,
                   struct span attempt_id)
{
    effects_reset(&engine->effects);
    uint64_t msg_seq_num =
        session_send(&link->session, engine->now_ns, span_text(msg_type), body, &engine->effects);
    carry_out(engine, link, NULL, attempt_id);
    return msg_seq_num;
}

bool link_can_send(const struct link *link)
{
    return link->config->role == ROLE_ORDERS && link->connected && !link->closing &&
           session_can_send(&link->session) &&
           link->backlog_bytes < link->config->backlog_bytes_high;
}

struct link *link_find(struct engine *engine, struct span session_id)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (span_is(session_id, engine->links[number].config->id)) {
            return &engine->links[number];
        }
    }
    return NULL;
}

void link_logout(struct engine *engine, struct link *link, const char *text)
{
    if (!link->connected || link->closing) {
        return;
    }
    enum session_state state = link->session.state;
    if (state != SESSION_SYNCHRONISING && state != SESSION_READY) {
        link_close(engine, link, SEVERITY_INFO, span_text(text));
        return;
    }
    effects_reset(&engine->effects);
    session_logout(&link->session, engine->now_ns, text, &engine->effects);
    carry_out(engine, link, NULL, span_of(NULL, 0));
}

/* --- Events of the transport ------------------------------------------------ */

void engine_connected(struct engine *engine, uint32_t session)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    ASSERT(!link->connected);
    link->connected = true;
    link->connecting = false;
    link->closing = false;
    link->backlog_bytes = 0;
    log_link(engine, SEVERITY_INFO, link, span_text("connected"));
    effects_reset(&engine->effects);
    session_connected(&link->session, engine->now_ns, &engine->effects);
    carry_out(engine, link, NULL, span_of(NULL, 0));
}

void engine_disconnected(struct engine *engine, uint32_t session, const char *reason)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    struct text line = {.size = 0};
    text_add(text_add(&line, link->connected ? "disconnected: " : "cannot connect: "), reason);
    log_link(engine, link->connected ? SEVERITY_WARNING : SEVERITY_INFO, link, text_span(&line));

    bool was_connected = link->connected;
    link->kept_waiting = false;
    link->connected = false;
    link->connecting = false;
    link->closing = false;
    link->backlog_bytes = 0;
    if (!link->config->fix.acceptor) {
        link->connect_at_ns = engine->now_ns + link->config->reconnect_interval_ns;
    }
    if (!was_connected) {
        return;
    }
    effects_reset(&engine->effects);
    session_disconnected(&link->session, engine->now_ns, &engine->effects);
    carry_out(engine, link, NULL, span_of(NULL, 0));
    doubt_mark(link);
}

/* Early messages that were kept and are due now, as many as the turn holds. */
static void receive_kept(struct engine *engine, struct link *link)
{
    struct message message;
    message_init(&message, engine->fields, FIX_FIELDS_MAX);
    link->kept_waiting = false;
    while (!link->kept_waiting &&
           session_receive_kept(&link->session, engine->now_ns, &message, &engine->effects)) {
        carry_out(engine, link, &message, span_of(NULL, 0));
        link->kept_waiting = engine_turn_full(engine);
    }
}

static size_t receive_one(struct engine *engine, struct link *link, struct span bytes)
{
    struct message message;
    message_init(&message, engine->fields, FIX_FIELDS_MAX);
    effects_reset(&engine->effects);
    size_t consumed =
        session_receive(&link->session, engine->now_ns, bytes, &message, &engine->effects);
    carry_out(engine, link, &message, span_of(NULL, 0));
    receive_kept(engine, link);
    return consumed;
}

static bool can_receive(const struct engine *engine, const struct link *link)
{
    uint64_t next;
    uint64_t end;
    return link->connected && !link->closing && !link->kept_waiting && !engine_turn_full(engine) &&
           !session_resend_next(&link->session, &next, &end);
}

size_t engine_received(struct engine *engine, uint32_t session, struct span bytes)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    size_t consumed = 0;
    while (consumed < bytes.size && can_receive(engine, link)) {
        size_t step =
            receive_one(engine, link, span_of(bytes.data + consumed, bytes.size - consumed));
        if (step == 0) {
            break;
        }
        consumed += step;
    }
    /* Nobody reads what a connection that is being closed still says. */
    return link->connected && !link->closing ? consumed : bytes.size;
}

void engine_backlog(struct engine *engine, uint32_t session, uint64_t bytes)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    link->backlog_bytes = bytes;
    if (bytes >= link->config->backlog_bytes_max) {
        struct text reason = {.size = 0};
        text_add(&reason, "slow peer cut off: ");
        text_add_uint(&reason, bytes);
        text_add(&reason, " bytes unsent, BacklogMax is ");
        text_add_uint(&reason, link->config->backlog_bytes_max);
        link_close(engine, link, SEVERITY_WARNING, text_span(&reason));
    }
}

/* --- Time ------------------------------------------------------------------- */

static bool may_resend(const struct link *link)
{
    uint64_t next;
    uint64_t end;
    return link->connected && !link->closing &&
           link->backlog_bytes < link->config->backlog_bytes_high &&
           session_resend_next(&link->session, &next, &end);
}

/* A page of the resend under way, so that it cannot stall other sessions. */
static void resend_page(struct engine *engine, struct link *link)
{
    for (unsigned count = 0; count < TURN_RESEND_MAX; count++) {
        uint64_t next;
        uint64_t end;
        if (engine_turn_full(engine)) {
            return;
        }
        if (!session_resend_next(&link->session, &next, &end)) {
            receive_kept(engine, link);
            return;
        }
        struct out_record out = {.kind = MESSAGE_ADMIN};
        bool found = link_out_load(engine, link, next, &out);
        bool gap_fill = found && out.kind == MESSAGE_APPLICATION &&
                        doubt_must_not_resend(engine, out.attempt_id);
        effects_reset(&engine->effects);
        session_resend_message(&link->session, engine->now_ns, found ? out.bytes : span_of(NULL, 0),
                               out.kind, gap_fill, &engine->effects);
        carry_out(engine, link, NULL, span_of(NULL, 0));
    }
}

void link_tick(struct engine *engine, struct link *link)
{
    if (!link->connected && !link->connecting && !engine->stopping &&
        engine->now_ns >= link->connect_at_ns) {
        link->connecting = true;
        release_add(&engine->turn->releases,
                    &(struct release){.kind = RELEASE_CONNECT, .session = link->number});
    }
    if (link->connected && !link->closing &&
        engine->now_ns >= session_deadline_ns(&link->session)) {
        effects_reset(&engine->effects);
        session_tick(&link->session, engine->now_ns, &engine->effects);
        carry_out(engine, link, NULL, span_of(NULL, 0));
    }
    if (link->kept_waiting && !engine_turn_full(engine)) {
        receive_kept(engine, link);
    }
    if (may_resend(link)) {
        resend_page(engine, link);
    }
    doubt_walk(engine, link);
}

uint64_t link_deadline_ns(const struct link *link, uint64_t now_ns)
{
    if (may_resend(link) || link->kept_waiting || link->doubt_marking || link->doubt_settling) {
        return now_ns;
    }
    if (link->connected) {
        return link->closing ? UINT64_MAX : session_deadline_ns(&link->session);
    }
    return link->connecting ? UINT64_MAX : link->connect_at_ns;
}
