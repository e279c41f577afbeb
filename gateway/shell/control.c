#include "gateway/shell/control.h"

#include "fix/timestamp.h"
#include "gateway/shell/json_text.h"

#include <stdio.h>

enum status control_open(struct control *control, struct zeromq *zeromq, const char *endpoint,
                         char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {
        .kind = ZEROMQ_ROUTER,
        .frame_bytes_max = CONTROL_REQUEST_BYTES_MAX,
        .linger_ms = CONTROL_LINGER_MS,
    };
    TRY(zeromq_socket_open(zeromq, &options, &control->socket, error));
    return zeromq_bind(&control->socket, endpoint, error);
}

void control_close(struct control *control)
{
    zeromq_frames_release(&control->frames);
    zeromq_socket_close(&control->socket);
}

/* --- Answers ---------------------------------------------------------------------- */

static struct json_text frame_begin(struct control_answer *answer)
{
    struct json_text text;
    size_t room = sizeof(answer->text) - answer->used;
    json_text_init(&text, answer->text + answer->used,
                   room < CONTROL_ROW_BYTES_MAX ? room : CONTROL_ROW_BYTES_MAX);
    return text;
}

static void frame_end(struct control_answer *answer, const struct json_text *text)
{
    struct span frame = json_text_span(text);
    ASSERT(frame.size > 0);
    ASSERT(answer->frames_count < ARRAY_LEN(answer->frames));
    answer->frames[answer->frames_count] = frame;
    answer->frames_count += 1;
    answer->used += frame.size;
}

static void say(struct control_answer *answer, bool ok, const char *words)
{
    struct json_text text = frame_begin(answer);
    json_text_words(&text, ok ? "{\"ok\":true" : "{\"ok\":false");
    json_text_pair(&text, false, "answer", span_text(words));
    json_text_words(&text, "}");
    frame_end(answer, &text);
}

/* --- session.list ------------------------------------------------------------------ */

static void pair_text(struct json_text *text, const char *name, const char *value)
{
    json_text_pair(text, false, name, span_text(value));
}

static void pair_uint(struct json_text *text, const char *name, uint64_t value)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, "\":");
    json_text_uint(text, value);
}

static void pair_bool(struct json_text *text, const char *name, bool value)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, value ? "\":true" : "\":false");
}

/* As FIX writes it; empty for never. */
static void pair_time(struct json_text *text, const char *name, uint64_t instant_ns)
{
    char words[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = 0;
    if (instant_ns != 0 && instant_ns != UINT64_MAX) {
        size = timestamp_format(instant_ns, 0, words);
    }
    json_text_pair(text, false, name, span_of(words, size));
}

static const char *role_name(enum session_role role)
{
    switch (role) {
    case ROLE_ORDERS:
        return "orders";
    case ROLE_DROPCOPY:
        return "dropcopy";
    case ROLE_MARKETDATA:
        return "marketdata";
    }
    return "";
}

static void row_session(struct control_answer *answer, const struct engine *engine,
                        const struct link *link)
{
    const struct engine_session_config *config = link->config;
    const struct session *session = &link->session;
    struct json_text text = frame_begin(answer);
    uint64_t resend_next = 0;
    uint64_t resend_end = 0;
    json_text_words(&text, "{");
    json_text_pair(&text, true, "session", span_text(config->id));
    pair_text(&text, "broker", engine->config->brokers[config->broker].name);
    pair_text(&text, "role", role_name(config->role));
    pair_text(&text, "type", config->fix.acceptor ? "acceptor" : "initiator");
    pair_text(&text, "state", session_state_name(session->state));
    pair_bool(&text, "connected", link->connected);
    pair_bool(&text, "down", link->down);
    pair_bool(&text, "in_session_time", link->in_day);
    pair_uint(&text, "seq_in_next", session->seq_in_next);
    pair_uint(&text, "seq_out_next", session->seq_out_next);
    pair_time(&text, "numbers_since", session->created_ns);
    pair_uint(&text, "open_orders", link->open_count);
    pair_uint(&text, "unacknowledged", link->unacked_count);
    pair_uint(&text, "unsent_bytes", link->backlog_bytes);
    if (session_resend_next(session, &resend_next, &resend_end)) {
        pair_uint(&text, "resending", resend_next);
        pair_uint(&text, "resending_to", resend_end);
    }
    if (!config->fix.acceptor) {
        pair_uint(&text, "endpoint", link->endpoint);
        pair_uint(&text, "tries", link->tries);
        pair_time(&text, "next_try", link->connected ? 0 : link->connect_at_ns);
    }
    if (config->schedule.kind != SCHEDULE_NON_STOP) {
        pair_time(&text, "day_begin", link->day.begin_ns);
        pair_time(&text, "day_end", link->day.end_ns);
        pair_time(&text, "logon_from", link->day.logon_ns);
        pair_time(&text, "logout_at", link->day.logout_ns);
    }
    json_text_words(&text, "}");
    frame_end(answer, &text);
}

static void list_sessions(struct control_answer *answer, const struct engine *engine)
{
    char words[64];
    (void)snprintf(words, sizeof(words), "%u sessions", engine->config->sessions_count);
    say(answer, true, words);
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        row_session(answer, engine, &engine->links[number]);
    }
}

/* --- The commands ------------------------------------------------------------------ */

static const struct {
    const char *name;
    enum session_command command;
} session_commands[] = {
    {"session.logon", SESSION_COMMAND_LOGON},
    {"session.logoff", SESSION_COMMAND_LOGOFF},
    {"session.reset", SESSION_COMMAND_RESET},
    {"session.disconnect", SESSION_COMMAND_DISCONNECT},
    {"session.test", SESSION_COMMAND_TEST_REQUEST},
};

static void steer_session(struct control *control, struct control_answer *answer,
                          struct engine *engine, enum session_command command)
{
    const struct json_flat *request = &control->request;
    const char *id = json_flat_find(request, "session");
    const char *operator_name = json_flat_find(request, "operator");
    int session = id != NULL ? engine_session_find(engine, id) : -1;
    if (session < 0) {
        say(answer, false, "'session' is not one of this gateway; session.list names them");
        return;
    }
    if (operator_name == NULL || operator_name[0] == '\0') {
        say(answer, false, "'operator' is missing: who asks stands in the audit");
        return;
    }
    char words[ENGINE_TEXT_BYTES_MAX + 1];
    bool done =
        engine_session_command(engine, (uint32_t)session, command,
                               json_flat_true(request, "confirm"), span_text(operator_name), words);
    say(answer, done, words);
}

static void carry_out(struct control *control, struct control_answer *answer, struct engine *engine,
                      struct span payload)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (!json_flat_read(payload, &control->request, error)) {
        say(answer, false, error);
        return;
    }
    const char *command = json_flat_find(&control->request, "command");
    if (command == NULL) {
        say(answer, false, "'command' is missing");
        return;
    }
    if (strcmp(command, "session.list") == 0) {
        list_sessions(answer, engine);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(session_commands); i++) {
        if (strcmp(command, session_commands[i].name) == 0) {
            steer_session(control, answer, engine, session_commands[i].command);
            return;
        }
    }
    say(answer, false,
        "unknown command; there are session.list, session.logon, session.logoff, session.reset, "
        "session.disconnect, session.test");
}

static void take_request(struct control *control, struct engine *engine)
{
    const struct span *frames = control->frames.list;
    uint32_t count = control->frames.count;
    struct control_answer *answer = &control->answers[control->answers_count];
    if (count == 0 || frames[0].size > sizeof(answer->identity)) {
        return; /* Nobody to be told. */
    }
    control->answers_count += 1;
    memcpy(answer->identity, frames[0].data, frames[0].size);
    answer->identity_size = frames[0].size;
    answer->delimiter = count > 1 && frames[1].size == 0;
    answer->frames_count = 0;
    answer->used = 0;
    uint32_t first = answer->delimiter ? 2 : 1;
    if (count != first + 1) {
        say(answer, false, "send one frame with one JSON object");
        return;
    }
    carry_out(control, answer, engine, frames[first]);
}

enum status control_step(struct control *control, struct engine *engine)
{
    if (control->socket.handle == NULL) {
        return STATUS_OK;
    }
    while (control->answers_count < CONTROL_REQUESTS_MAX && !engine_turn_full(engine)) {
        enum status status = zeromq_receive(&control->socket, &control->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        take_request(control, engine);
    }
    return STATUS_OK;
}

void control_release(struct control *control)
{
    for (uint32_t i = 0; i < control->answers_count; i++) {
        const struct control_answer *answer = &control->answers[i];
        struct span frames[ARRAY_LEN(answer->frames) + 2];
        uint32_t count = 0;
        frames[count++] = span_of(answer->identity, answer->identity_size);
        if (answer->delimiter) {
            frames[count++] = span_of(NULL, 0);
        }
        for (uint32_t frame = 0; frame < answer->frames_count; frame++) {
            frames[count++] = answer->frames[frame];
        }
        if (zeromq_send(&control->socket, frames, count) != STATUS_OK) {
            log_text(control->log, control->now->engine_ns, SEVERITY_DEBUG,
                     "control: an answer is lost, who asked has gone");
        }
    }
    control->answers_count = 0;
}

bool control_pending(const struct control *control)
{
    return control->socket.handle != NULL && zeromq_readable(&control->socket);
}
