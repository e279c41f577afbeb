/* Events and effects of the links. */
#include "gateway/core/sessions/link_parts.h"

#include "fix/tags.h"
#include "gateway/core/engine/bus.h"

/* --- Words for the log ------------------------------------------------------ */

struct line {
    uint8_t bytes[ENGINE_LINE_BYTES_MAX];
    size_t size;
};

static void line_add(struct line *line, struct span part)
{
    for (size_t index = 0; index < part.size && line->size < ENGINE_LINE_BYTES_MAX; index++) {
        uint8_t byte = part.data[index];
        line->bytes[line->size] = byte < ' ' || byte > '~' ? '?' : byte;
        line->size += 1;
    }
}

void link_log_parts(struct engine *engine, enum effect_severity severity, const struct link *link,
                    const struct span *parts, size_t count)
{
    struct line line = {.size = 0};
    line_add(&line, span_text("session="));
    line_add(&line, span_text(link->config->id));
    line_add(&line, span_text(" "));
    for (size_t index = 0; index < count; index++) {
        line_add(&line, parts[index]);
    }
    release_log(&engine->turn->releases, severity, span_of(line.bytes, line.size));
}

void link_log(struct engine *engine, enum effect_severity severity, const struct link *link,
              struct span what)
{
    link_log_parts(engine, severity, link, &what, 1);
}

/* --- Effects ---------------------------------------------------------------- */

/* `why` its connection is gone; empty for all else. */
static void become_state(struct engine *engine, struct link *link, enum session_state state,
                         struct span why)
{
    link_log(engine, SEVERITY_INFO, link, span_text(session_state_name(state)));
    /* A broker that refuses every Logon is told of once, not at each try. */
    if (state == SESSION_READY || state == SESSION_SYNCHRONISING) {
        link_connect_done(link);
    }
    bool news = state == SESSION_READY || state == SESSION_SYNCHRONISING ||
                (state == SESSION_DISCONNECTED && link->told != SESSION_DISCONNECTED);
    if (state == SESSION_DISCONNECTED ? why.size > 0 : news) {
        link->why.size = 0;
        text_add_span(&link->why, state == SESSION_DISCONNECTED ? why : span_of(NULL, 0));
    }
    if (news) {
        link->told = state;
        link->told_ns = engine->now_ns;
        struct text words = {.size = 0};
        text_add_span(&words, state == SESSION_DISCONNECTED ? why : span_of(NULL, 0));
        bus_session_event(engine, link, text_span(&words));
    }
}

void link_close(struct engine *engine, struct link *link, enum effect_severity severity,
                struct span reason)
{
    if (!link->connected || link->closing) {
        return;
    }
    link->closing = true;
    struct text line = {.size = 0};
    link_log(engine, severity, link,
             text_span(text_add_span(text_add(&line, "closing: "), reason)));
    release_add(&engine->turn->releases,
                &(struct release){.kind = RELEASE_CLOSE, .session = link->number, .topic = reason});
}

/* What is sent before a reset belongs to the session day before it. */
static uint32_t first_day(const struct effects *effects, const struct session *session)
{
    uint32_t day = session->resets;
    for (size_t index = 0; index < effects->count; index++) {
        day -= effects->list[index].kind == EFFECT_RESET ? 1 : 0;
    }
    return day;
}

/* Our own Reject(3) of an application message: its number is used up (5.6), so that what it says,
 * perhaps a fill, never comes again by itself. People have to know. */
static void tell_of_reject(struct engine *engine, const struct link *link, struct span bytes)
{
    struct message reject;
    message_init(&reject, engine->fields_other, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index(&reject, bytes, engine->config->dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
    struct span type = message_value(&reject, TAG_RefMsgType);
    static const char session_types[] = {'0', '1', '2', '3', '4', '5', 'A'};
    bool application = type.size > 1 || (type.size == 1 && memchr(session_types, type.data[0],
                                                                  sizeof(session_types)) == NULL);
    if (!span_is(message_type(&reject), MSG_Reject) || !application) {
        return;
    }
    struct text text = {.size = 0};
    text_add(text_add(&text, link->config->id), ": message ");
    text_add_span(&text, message_value(&reject, TAG_RefSeqNum));
    text_add_span(text_add(&text, " of type "), type);
    text_add_span(text_add(&text, " was rejected: "), message_value(&reject, TAG_Text));
    text_add(&text, "; what it says is not taken: ask the broker to tell it under a new number");
    bus_alert(engine, "warning", span_text(engine->config->brokers[link->config->broker].name),
              span_of(NULL, 0), text_span(&text));
}

/* The application acts once the list is done with: what it sends has later
 * numbers than the session's own messages of this step, and goes out behind them. */
static void carry_out(struct engine *engine, struct link *link, const struct message *message,
                      struct span tag, struct span why)
{
    struct effect deliver = {.kind = EFFECT_LOG};
    bool in_step = false;
    bool reset = false;
    uint32_t day = first_day(&engine->effects, &link->session);
    for (size_t index = 0; index < engine->effects.count; index++) {
        const struct effect *effect = &engine->effects.list[index];
        switch (effect->kind) {
        case EFFECT_SEND:
            if (effect->keep) {
                link_out_keep(engine, link, day, effect, tag);
                if (effect->message == MESSAGE_ADMIN) {
                    tell_of_reject(engine, link, effect->bytes);
                }
            }
            link_rate_take(engine, link);
            release_add(&engine->turn->releases, &(struct release){.kind = RELEASE_SEND,
                                                                   .session = link->number,
                                                                   .bytes = effect->bytes});
            break;
        case EFFECT_DELIVER:
            deliver = *effect;
            break;
        case EFFECT_STATE:
            become_state(engine, link, (enum session_state)effect->state, why);
            in_step = effect->state == SESSION_READY;
            break;
        case EFFECT_CLOSE:
            link_close(engine, link, SEVERITY_INFO, effect->text);
            why = effect->text;
            break;
        case EFFECT_RESET:
            day += 1;
            reset = true;
            link->archive_due_ns = engine->now_ns;
            link_log(engine, SEVERITY_WARNING, link, span_text("sequence numbers are reset to 1"));
            break;
        case EFFECT_LOG:
            link_log(engine, effect->severity, link, effect->text);
            break;
        }
    }
    effects_reset(&engine->effects);
    const struct application *application = application_of(engine);
    if (reset && application->reset != NULL) {
        application->reset(engine, link);
    }
    if (in_step && application->in_step != NULL) {
        application->in_step(engine, link);
    }
    if (deliver.kind == EFFECT_DELIVER) {
        application->deliver(engine, link, message, deliver.poss_dup, deliver.poss_resend);
    }
}

void link_carry_out(struct engine *engine, struct link *link, const struct message *message,
                    struct span tag)
{
    carry_out(engine, link, message, tag, span_of(NULL, 0));
}

/* --- What the application asks for ------------------------------------------- */

uint64_t link_send(struct engine *engine, struct link *link, const char *msg_type, struct span body,
                   struct span tag)
{
    effects_reset(&engine->effects);
    uint64_t msg_seq_num =
        session_send(&link->session, engine->now_ns, span_text(msg_type), body, &engine->effects);
    link_carry_out(engine, link, NULL, tag);
    return msg_seq_num;
}

void link_business_reject(struct engine *engine, struct link *link, const struct message *message,
                          int reason, const char *text)
{
    effects_reset(&engine->effects);
    session_business_reject(&link->session, engine->now_ns, message, reason, text,
                            &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
}

static bool can_send_but_for_rate(const struct link *link)
{
    return link->connected && !link->closing && session_can_send(&link->session) &&
           link->backlog_bytes < link->config->backlog_bytes_high;
}

bool link_can_send(const struct engine *engine, const struct link *link, enum link_class class)
{
    return can_send_but_for_rate(link) && !(class == LINK_NEW && link->hunting) &&
           link_rate_allows(engine, link, class);
}

bool link_held_by_rate(const struct engine *engine, const struct link *link)
{
    return can_send_but_for_rate(link) && !link_rate_allows(engine, link, LINK_NEW);
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

void link_request_test(struct engine *engine, struct link *link)
{
    effects_reset(&engine->effects);
    session_request_test(&link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
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
    link->logging_out = true;
    effects_reset(&engine->effects);
    session_logout(&link->session, engine->now_ns, text, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
}

/* --- Events of the transport ------------------------------------------------ */

void engine_connected(struct engine *engine, uint32_t session)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    ASSERT(!link->connected);
    link_schedule_renew(engine, link);
    link->connected = true;
    link->connecting = false;
    link->closing = false;
    link->logged_on = false;
    link->logging_out = false;
    link->resend_told = false;
    link->backlog_bytes = 0;
    const char *closed = link_closed_now(engine, link);
    if (closed != NULL) { /* The time ended while it connected. */
        link_close(engine, link, SEVERITY_INFO, span_text(closed));
        return;
    }
    link_log(engine, SEVERITY_INFO, link, span_text("connected"));
    effects_reset(&engine->effects);
    session_connected(&link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
}

void engine_disconnected(struct engine *engine, uint32_t session, const char *reason)
{
    ASSERT(session < engine->config->sessions_count);
    struct link *link = &engine->links[session];
    link_connect_lost(engine, link, reason);
    bool was_connected = link->connected;
    link->kept_waiting = false;
    link->connected = false;
    link->connecting = false;
    link->closing = false;
    link->logged_on = false;
    link->logging_out = false;
    link->backlog_bytes = 0;
    if (!was_connected) {
        return;
    }
    effects_reset(&engine->effects);
    bool said_goodbye = link->session.logout_received;
    session_disconnected(&link->session, engine->now_ns, &engine->effects);
    carry_out(engine, link, NULL, span_of(NULL, 0),
              span_text(said_goodbye ? "the peer logged out" : reason));
    if (application_of(engine)->dropped != NULL) {
        application_of(engine)->dropped(engine, link);
    }
}

void link_receive_kept(struct engine *engine, struct link *link)
{
    struct message message;
    message_init(&message, engine->fields, FIX_FIELDS_MAX);
    link->kept_waiting = false;
    while (!link->kept_waiting && !view_failed(&engine->view) &&
           session_receive_kept(&link->session, engine->now_ns, &message, &engine->effects)) {
        link_carry_out(engine, link, &message, span_of(NULL, 0));
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
    link_carry_out(engine, link, &message, span_of(NULL, 0));
    link_receive_kept(engine, link);
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

void link_tick(struct engine *engine, struct link *link)
{
    link_schedule_tick(engine, link);
    link_connect_tick(engine, link);
    if (link->connected && !link->closing &&
        engine->now_ns >= session_deadline_ns(&link->session)) {
        effects_reset(&engine->effects);
        session_tick(&link->session, engine->now_ns, &engine->effects);
        link_carry_out(engine, link, NULL, span_of(NULL, 0));
    }
    if (link->kept_waiting && !engine_turn_full(engine)) {
        link_receive_kept(engine, link);
    }
    link_resend_watch(engine, link);
    if (link_may_resend(engine, link)) {
        link_resend_page(engine, link);
    }
    const struct application *application = application_of(engine);
    link->application_busy = application->tick != NULL && application->tick(engine, link);
    link_archive_tick(engine, link);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the outbound rate lets go what it holds back now; UINT64_MAX if it holds nothing
 * back. */
static uint64_t rate_due_ns(const struct engine *engine, const struct link *link)
{
    if (!link_rate_allows(engine, link, LINK_CHANGE)) {
        return link_rate_due_ns(engine, link, LINK_CHANGE);
    }
    return link_rate_allows(engine, link, LINK_NEW) ? UINT64_MAX
                                                    : link_rate_due_ns(engine, link, LINK_NEW);
}

uint64_t link_deadline_ns(const struct engine *engine, const struct link *link)
{
    if (link_may_resend(engine, link) || link->kept_waiting || link->application_busy) {
        return engine->now_ns;
    }
    uint64_t due_ns = sooner(link_schedule_due_ns(engine, link), link_connect_due_ns(engine, link));
    due_ns = sooner(due_ns, link->archive_due_ns);
    due_ns = sooner(due_ns, link->application_due_ns);
    due_ns = sooner(due_ns, link_resend_due_ns(link));
    if (link->connected && !link->closing) {
        due_ns = sooner(due_ns, session_deadline_ns(&link->session));
        due_ns = sooner(due_ns, rate_due_ns(engine, link));
    }
    return due_ns;
}
