#include "gateway/shell/control.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    WORDS_BYTES_MAX = 320,
    MAY_ALL = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE | MAY_SERVE,
};

_Static_assert((int)CONTROL_HEAD_BYTES_MAX >= 6 * (int)WORDS_BYTES_MAX + 100,
               "an answer fits its frame, all of it escaped");
_Static_assert((int)WORDS_BYTES_MAX > (int)ENGINE_TEXT_BYTES_MAX, "the engine's words fit");
_Static_assert((int)CONTROL_ROWS_MAX + 3 <= (int)ZEROMQ_FRAMES_MAX,
               "identity, delimiter, answer and all rows are one message");
_Static_assert((int)COMMAND_BYTES_MAX >= (int)CONTROL_REQUEST_BYTES_MAX,
               "what a request holds is no longer than it");

static enum status open_socket(struct zeromq_socket *socket, struct zeromq *zeromq,
                               const char *endpoint, const char *secret_key,
                               char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {
        .secret_key = secret_key,
        .kind = ZEROMQ_ROUTER,
        .send_max = CONTROL_UNREAD_MAX,
        .receive_max = CONTROL_UNREAD_MAX,
        .frame_bytes_max = CONTROL_FRAME_BYTES_MAX,
        .linger_ms = CONTROL_LINGER_MS,
    };
    TRY(zeromq_socket_open(zeromq, &options, socket, error));
    return zeromq_bind(socket, endpoint, error);
}

enum status control_open(struct control *control, struct zeromq *zeromq, const char *endpoint,
                         char error[ZEROMQ_ERROR_BYTES_MAX])
{
    return open_socket(&control->socket, zeromq, endpoint, NULL, error);
}

enum status control_open_secure(struct control *control, struct zeromq *zeromq,
                                const char *endpoint, const char *secret_key,
                                char error[ZEROMQ_ERROR_BYTES_MAX])
{
    control->zap.operators = control->operators;
    control->zap.operators_count = control->operators_count;
    TRY(zap_open(&control->zap, zeromq, error));
    return open_socket(&control->secure, zeromq, endpoint, secret_key, error);
}

void control_close(struct control *control)
{
    zeromq_frames_release(&control->frames);
    zeromq_socket_close(&control->socket);
    zeromq_socket_close(&control->secure);
    zap_close(&control->zap);
}

/* --- Answers ---------------------------------------------------------------------- */

/* `more` is empty, or what to ask for to have the rest. */
static void answer_with(const struct control_asked *asked, enum command_result result,
                        struct span words, struct span more)
{
    struct json_text text;
    struct control_answer *answer = asked->answer;
    json_text_init(&text, answer->head, sizeof(answer->head));
    json_text_words(&text, result == COMMAND_REFUSED ? "{\"ok\":false" : "{\"ok\":true");
    json_text_words(&text, result == COMMAND_PROPOSED ? ",\"proposed\":true" : "");
    json_text_pair(&text, false, "answer", words);
    if (more.size > 0) {
        json_text_pair(&text, false, "after", more);
    }
    control_pair_time(&text, "time", asked->control->now->engine_ns);
    json_text_words(&text, "}");
    answer->head_size = json_text_span(&text).size;
    ASSERT(answer->head_size > 0);
}

__attribute__((format(printf, 2, 3))) static void refuse(const struct control_asked *asked,
                                                         const char *format, ...)
{
    char words[WORDS_BYTES_MAX];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    answer_with(asked, COMMAND_REFUSED, span_text(words), span_of(NULL, 0));
}

/* --- Requests ---------------------------------------------------------------------- */

/* Names and keys go into log, bus and audit: they must be the same in all of them. */
static bool printable(struct span text, size_t most)
{
    bool right = text.size > 0 && text.size <= most && text.data[0] != ' ';
    for (size_t i = 0; right && i < text.size; i++) {
        right = text.data[i] >= ' ' && text.data[i] <= '~';
    }
    return right;
}

/* The member as a name: false, and said so, if it is there and is none. */
static bool read_name(const struct control_asked *asked, const char *name, size_t most,
                      struct span *out)
{
    const struct json_member *member = json_flat_member(&asked->control->request, name);
    if (member == NULL) {
        return true;
    }
    *out = span_text(member->value);
    if (!member->quoted) {
        refuse(asked, "'%s' must be text, in quotes", name);
        return false;
    }
    if (!printable(*out, most)) {
        refuse(asked,
               "'%s' must be 1 to %zu bytes of printable ASCII, the first no blank: it stands in "
               "the audit",
               name, most);
        return false;
    }
    return true;
}

static bool is_argument(const struct json_member *member)
{
    return strcmp(member->name, "command") != 0 && strcmp(member->name, "operator") != 0 &&
           strcmp(member->name, "key") != 0;
}

/* All members that are not of every request. */
static bool read_arguments(const struct control_asked *asked, struct command_argument *arguments,
                           uint32_t *count)
{
    const struct json_flat *request = &asked->control->request;
    *count = 0;
    for (uint32_t i = 0; i < request->count; i++) {
        const struct json_member *member = &request->list[i];
        if (!is_argument(member)) {
            continue;
        }
        if (!member->quoted && strcmp(member->value, "null") == 0) {
            refuse(asked, "'%.60s' is null: leave it out", member->name);
            return false;
        }
        if (*count == COMMAND_ARGUMENTS_MAX) {
            refuse(asked, "there are more than %d arguments", (int)COMMAND_ARGUMENTS_MAX);
            return false;
        }
        arguments[*count].name = span_text(member->name);
        arguments[*count].value = span_text(member->value);
        *count += 1;
    }
    return true;
}

/* On the socket with keys: the name goes with the key. Said if it does not. */
static bool prove_name(const struct control_asked *asked, struct command *command)
{
    const char *user = asked->control->frames.user;
    if (!asked->answer->socket->secure) {
        return true;
    }
    if (user[0] == '\0') { /* The ZAP handler would have refused him. */
        refuse(asked, "your key is not known");
        return false;
    }
    if (command->operator_name.size == 0) {
        command->operator_name = span_text(user);
    }
    if (!span_is(command->operator_name, user)) {
        refuse(asked, "your key is that of '%s': ask under this name, or leave 'operator' out",
               user);
        return false;
    }
    return true;
}

/* What the operator may do; said if he is not known. */
static bool read_roles(const struct control_asked *asked, struct command *command)
{
    const struct control *control = asked->control;
    if (span_is(command->operator_name, OPERATOR_ENGINE)) {
        refuse(asked, "'" OPERATOR_ENGINE "' is what the audit calls the gateway itself");
        return false;
    }
    if (control->operators_count == 0) {
        command->may = MAY_ALL;
        return true;
    }
    if (command->operator_name.size == 0) {
        return true; /* The engine says what is missing. */
    }
    char name[ENGINE_NAME_BYTES_MAX + 1];
    span_to_text(command->operator_name, name, sizeof(name));
    for (uint32_t i = 0; i < control->operators_count; i++) {
        const struct operator_config *known = &control->operators[i];
        if (strcmp(name, known->name) != 0) {
            continue;
        }
        if (known->public_key != NULL && !asked->answer->socket->secure) {
            refuse(asked, "'%s' has a PublicKey: he must ask by ControlSecureEndpoint, with it",
                   name);
            return false;
        }
        command->may = known->may;
        return true;
    }
    refuse(asked, "'%s' is no operator of this gateway: its [OPERATOR] sections name them", name);
    return false;
}

static void carry_out(struct control_asked *asked)
{
    const struct json_flat *request = &asked->control->request;
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
    struct command command = {.arguments = arguments};
    const char *name = json_flat_find(request, "command");
    if (name == NULL) {
        refuse(asked, "'command' is missing");
        return;
    }
    command.name = span_text(name);
    if (command.name.size > COMMAND_NAME_BYTES_MAX) {
        refuse(asked, "there is no command '%.60s'", name);
        return;
    }
    if (!read_name(asked, "operator", ENGINE_NAME_BYTES_MAX, &command.operator_name) ||
        !read_name(asked, "key", COMMAND_KEY_BYTES_MAX, &command.key) ||
        !read_arguments(asked, arguments, &command.arguments_count) ||
        !prove_name(asked, &command) || !read_roles(asked, &command)) {
        return;
    }
    asked->sessions = strcmp(name, "session.list") == 0;
    struct command_out out = {.context = asked, .row = control_row};
    enum command_result result = engine_command(asked->engine, &command, &out);
    answer_with(asked, result, text_span(&out.answer), text_span(&out.more));
}

static void take_request(struct control *control, struct zeromq_socket *socket,
                         struct engine *engine)
{
    const struct span *frames = control->frames.list;
    uint32_t count = control->frames.count;
    struct control_answer *answer = &control->answers[control->answers_count];
    if (count == 0 || frames[0].size > sizeof(answer->identity)) {
        return; /* Nobody to be told. */
    }
    control->answers_count += 1;
    answer->socket = socket;
    memcpy(answer->identity, frames[0].data, frames[0].size);
    answer->identity_size = frames[0].size;
    answer->delimiter = count > 1 && frames[1].size == 0;
    answer->rows_count = 0;
    answer->used = 0;
    struct control_asked asked = {.control = control, .engine = engine, .answer = answer};
    uint32_t first = answer->delimiter ? 2 : 1;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (count != first + 1) {
        refuse(&asked, "send one frame with one JSON object");
    } else if (frames[first].size > CONTROL_REQUEST_BYTES_MAX) {
        refuse(&asked, "the request is longer than %d bytes", (int)CONTROL_REQUEST_BYTES_MAX);
    } else if (!json_flat_read(frames[first], &control->request, error)) {
        refuse(&asked, "the request is no flat JSON object: %s", error);
    } else {
        carry_out(&asked);
    }
}

static enum status take_requests(struct control *control, struct zeromq_socket *socket,
                                 struct engine *engine)
{
    if (socket->handle == NULL) {
        return STATUS_OK;
    }
    while (control->answers_count < CONTROL_REQUESTS_MAX && !engine_turn_full(engine)) {
        enum status status = zeromq_receive(socket, &control->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        take_request(control, socket, engine);
    }
    return STATUS_OK;
}

enum status control_step(struct control *control, struct engine *engine)
{
    TRY(zap_step(&control->zap));
    TRY(take_requests(control, &control->socket, engine));
    return take_requests(control, &control->secure, engine);
}

void control_release(struct control *control)
{
    for (uint32_t i = 0; i < control->answers_count; i++) {
        const struct control_answer *answer = &control->answers[i];
        struct span frames[CONTROL_ROWS_MAX + 3];
        uint32_t count = 0;
        frames[count++] = span_of(answer->identity, answer->identity_size);
        if (answer->delimiter) {
            frames[count++] = span_of(NULL, 0);
        }
        frames[count++] = span_of(answer->head, answer->head_size);
        for (uint32_t row = 0; row < answer->rows_count; row++) {
            frames[count++] = answer->rows[row];
        }
        if (zeromq_send(answer->socket, frames, count) != STATUS_OK) {
            log_text(control->log, control->now->engine_ns, SEVERITY_DEBUG,
                     "control: an answer is lost, who asked has gone or does not read");
        }
    }
    control->answers_count = 0;
}

static bool readable(const struct zeromq_socket *socket)
{
    return socket->handle != NULL && zeromq_readable(socket);
}

bool control_pending(const struct control *control)
{
    return readable(&control->socket) || readable(&control->secure) || zap_pending(&control->zap);
}
