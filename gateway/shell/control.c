#include "gateway/shell/control.h"

#include "gateway/shell/json_text.h"

#include <stdarg.h>
#include <stdio.h>

enum { WORDS_BYTES_MAX = 512 };

_Static_assert((int)CONTROL_ROW_BYTES_MAX >= 6 * (int)WORDS_BYTES_MAX + 100,
               "an answer fits its frame, all of it escaped");
_Static_assert((int)WORDS_BYTES_MAX > (int)ENGINE_TEXT_BYTES_MAX, "the engine's words fit");
_Static_assert((int)ENGINE_SESSIONS_MAX + 3 <= (int)ZEROMQ_FRAMES_MAX,
               "identity, delimiter, answer and all rows are one message");

enum status control_open(struct control *control, struct zeromq *zeromq, const char *endpoint,
                         char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {
        .kind = ZEROMQ_ROUTER,
        .send_max = CONTROL_UNREAD_MAX,
        .receive_max = CONTROL_UNREAD_MAX,
        .frame_bytes_max = CONTROL_FRAME_BYTES_MAX,
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

struct json_text control_frame_begin(struct control_answer *answer)
{
    struct json_text text;
    ASSERT(sizeof(answer->text) - answer->used >= CONTROL_ROW_BYTES_MAX);
    json_text_init(&text, answer->text + answer->used, CONTROL_ROW_BYTES_MAX);
    return text;
}

void control_frame_end(struct control_answer *answer, const struct json_text *text)
{
    struct span frame = json_text_span(text);
    ASSERT(frame.size > 0);
    ASSERT(answer->frames_count < ARRAY_LEN(answer->frames));
    answer->frames[answer->frames_count] = frame;
    answer->frames_count += 1;
    answer->used += frame.size;
}

/* One request, and where its answer goes. */
struct asked {
    const struct control *control;
    struct engine *engine;
    struct control_answer *answer;
};

__attribute__((format(printf, 3, 4))) static void say(const struct asked *asked, bool ok,
                                                      const char *format, ...)
{
    char words[WORDS_BYTES_MAX];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    struct json_text text = control_frame_begin(asked->answer);
    json_text_words(&text, ok ? "{\"ok\":true" : "{\"ok\":false");
    json_text_pair(&text, false, "answer", span_text(words));
    control_pair_time(&text, "time", asked->control->now->engine_ns);
    json_text_words(&text, "}");
    control_frame_end(asked->answer, &text);
}

/* --- The commands ------------------------------------------------------------------ */

enum command_kind {
    KIND_LIST = 1,
    KIND_STEER = 2,
    KIND_CONFIRMED = 4, /* Steers, and may want a confirmation. */
    KIND_ANY = 7,
};

struct control_command {
    const char *name;
    enum command_kind kind;
    enum session_command command; /* Unless it lists. */
};

static const struct control_command commands[] = {
    {"session.list", KIND_LIST, SESSION_COMMAND_LOGON},
    {"session.logon", KIND_STEER, SESSION_COMMAND_LOGON},
    {"session.logoff", KIND_STEER, SESSION_COMMAND_LOGOFF},
    {"session.reset", KIND_CONFIRMED, SESSION_COMMAND_RESET},
    {"session.disconnect", KIND_STEER, SESSION_COMMAND_DISCONNECT},
    {"session.test", KIND_STEER, SESSION_COMMAND_TEST_REQUEST},
};

/* What requests may hold, and in which kinds of command. */
static const struct {
    const char *name;
    bool is_text; /* Else true or false. */
    unsigned kinds;
} members[] = {
    {"command", true, KIND_ANY},
    {"session", true, KIND_STEER | KIND_CONFIRMED},
    {"operator", true, KIND_ANY},
    {"confirm", false, KIND_CONFIRMED},
};

static void list_sessions(const struct asked *asked)
{
    const struct engine *engine = asked->engine;
    say(asked, true, "%u sessions", engine->config->sessions_count);
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        control_row(asked->control, asked->answer, engine, &engine->links[number]);
    }
}

static void steer_session(const struct asked *asked, enum session_command command)
{
    const struct json_flat *request = &asked->control->request;
    const char *id = json_flat_find(request, "session");
    const char *operator_name = json_flat_find(request, "operator");
    if (id == NULL) {
        say(asked, false, "'session' is missing; session.list names them");
        return;
    }
    int session = engine_session_find(asked->engine, id);
    if (session < 0) {
        say(asked, false, "'session' is not one of this gateway; session.list names them");
        return;
    }
    if (operator_name == NULL) {
        say(asked, false, "'operator' is missing: who asks stands in the audit");
        return;
    }
    char words[ENGINE_TEXT_BYTES_MAX + 1];
    bool done =
        engine_session_command(asked->engine, (uint32_t)session, command,
                               json_flat_true(request, "confirm"), span_text(operator_name), words);
    say(asked, done, "%s", words);
}

/* --- Requests ---------------------------------------------------------------------- */

static const struct control_command *command_of(const struct asked *asked)
{
    const struct json_member *member = json_flat_member(&asked->control->request, "command");
    if (member == NULL) {
        say(asked, false, "'command' is missing");
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (member->quoted && strcmp(member->value, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    char names[WORDS_BYTES_MAX / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
                                 commands[i].name);
        ASSERT(used < sizeof(names));
    }
    say(asked, false, "there is no command '%.60s'; there are %s", member->value, names);
    return NULL;
}

static bool member_right(const struct asked *asked, const struct json_member *member,
                         const struct control_command *command)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (strcmp(member->name, members[i].name) != 0 ||
            (members[i].kinds & (unsigned)command->kind) == 0) {
            continue;
        }
        bool is_truth = !member->quoted &&
                        (strcmp(member->value, "true") == 0 || strcmp(member->value, "false") == 0);
        if (members[i].is_text ? !member->quoted : !is_truth) {
            say(asked, false, "'%s' must be %s", member->name,
                members[i].is_text ? "text, in quotes" : "true or false, without quotes");
            return false;
        }
        return true;
    }
    say(asked, false, "%s knows no '%.60s'", command->name, member->name);
    return false;
}

/* The operator's name goes into log, bus and audit: it must be the same in all of them. */
static bool operator_right(const struct asked *asked)
{
    const char *name = json_flat_find(&asked->control->request, "operator");
    if (name == NULL) {
        return true;
    }
    size_t size = strlen(name);
    bool printable = name[0] != ' ';
    for (size_t i = 0; i < size; i++) {
        printable = printable && name[i] >= ' ' && name[i] <= '~';
    }
    if (!printable || size == 0 || size > ENGINE_NAME_BYTES_MAX) {
        say(asked, false,
            "'operator' must be 1 to %d bytes of printable ASCII, the first no blank: it "
            "stands in the audit",
            (int)ENGINE_NAME_BYTES_MAX);
        return false;
    }
    return true;
}

static void carry_out(const struct asked *asked)
{
    const struct json_flat *request = &asked->control->request;
    const struct control_command *command = command_of(asked);
    if (command == NULL) {
        return;
    }
    for (uint32_t i = 0; i < request->count; i++) {
        if (!member_right(asked, &request->list[i], command)) {
            return;
        }
    }
    if (!operator_right(asked)) {
        return;
    }
    if (command->kind == KIND_LIST) {
        list_sessions(asked);
    } else {
        steer_session(asked, command->command);
    }
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
    const struct asked asked = {.control = control, .engine = engine, .answer = answer};
    uint32_t first = answer->delimiter ? 2 : 1;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (count != first + 1) {
        say(&asked, false, "send one frame with one JSON object");
    } else if (frames[first].size > CONTROL_REQUEST_BYTES_MAX) {
        say(&asked, false, "the request is longer than %d bytes", (int)CONTROL_REQUEST_BYTES_MAX);
    } else if (!json_flat_read(frames[first], &control->request, error)) {
        say(&asked, false, "the request is no flat JSON object: %s", error);
    } else {
        carry_out(&asked);
    }
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
                     "control: an answer is lost, who asked has gone or does not read");
        }
    }
    control->answers_count = 0;
}

bool control_pending(const struct control *control)
{
    return control->socket.handle != NULL && zeromq_readable(&control->socket);
}
