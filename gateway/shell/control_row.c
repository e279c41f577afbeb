/* Rows of the engine's answers as JSON. */
#include "fix/timestamp.h"
#include "gateway/shell/config.h"
#include "gateway/shell/control.h"

#include <stdio.h>

enum {
    ESCAPED_BYTES_MAX = 6, /* Of one byte: \u0001 */
    ADDRESS_BYTES_MAX = 200,
    NAME_BYTES_MAX_OF_FIELD = 32,
    WORDS_BYTES_LEAST = 24, /* Of all words, if a row is too long otherwise. */
};

_Static_assert((int)CONTROL_ROW_BYTES_MAX >=
                   (int)COMMAND_FIELDS_MAX * ((int)NAME_BYTES_MAX_OF_FIELD + 8 +
                                              (int)ESCAPED_BYTES_MAX * (int)WORDS_BYTES_LEAST) +
                       (int)ESCAPED_BYTES_MAX * (int)ADDRESS_BYTES_MAX,
               "a row fits when its words are cut");
_Static_assert((int)JSON_FLAT_BYTES_MAX >= (int)CONTROL_ROW_BYTES_MAX, "a row can be read again");
_Static_assert((int)JSON_FLAT_MEMBERS_MAX > (int)COMMAND_FIELDS_MAX, "a row can be read again");
_Static_assert((int)CONTROL_ANSWER_BYTES_MAX >=
                   (int)ENGINE_SESSIONS_MAX * (int)CONTROL_ROW_BYTES_MAX,
               "all sessions fit one answer");

/* --- Members ------------------------------------------------------------------------- */

static void name_of(struct json_text *text, const char *name)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, "\":");
}

/* A number beyond 2^63, which many readers of JSON refuse, is text: a peer may set numbers. */
static void pair_uint(struct json_text *text, const char *name, uint64_t value)
{
    name_of(text, name);
    json_text_words(text, value > INT64_MAX ? "\"" : "");
    json_text_uint(text, value);
    json_text_words(text, value > INT64_MAX ? "\"" : "");
}

/* Text, since a reader's numbers may be binary fractions. */
static void pair_decimal(struct json_text *text, const char *name, struct decimal value)
{
    char digits[DECIMAL_TEXT_BYTES_MAX];
    json_text_pair(text, false, name, span_of(digits, decimal_format(value, digits)));
}

void control_pair_time(struct json_text *text, const char *name, uint64_t instant_ns)
{
    char words[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = 0;
    if (instant_ns != 0 && instant_ns != UINT64_MAX) {
        size = timestamp_format(instant_ns, 0, words);
    }
    json_text_pair(text, false, name, span_of(words, size));
}

static void pair_words(struct json_text *text, const char *name, struct span words, size_t most)
{
    json_text_pair(text, false, name, span_of(words.data, words.size < most ? words.size : most));
}

static void add_field(struct json_text *text, const struct command_field *field, size_t most)
{
    switch (field->kind) {
    case FIELD_WORDS:
        pair_words(text, field->name, field->words, most);
        break;
    case FIELD_NUMBER:
        pair_uint(text, field->name, field->number);
        break;
    case FIELD_DECIMAL:
        pair_decimal(text, field->name, field->decimal);
        break;
    case FIELD_TRUTH:
        name_of(text, field->name);
        json_text_words(text, field->number != 0 ? "true" : "false");
        break;
    case FIELD_TIME:
        control_pair_time(text, field->name, field->number);
        break;
    }
}

/* --- What the shell knows of a session -------------------------------------------------- */

/* host:port where it connects to, or where its peer does. */
static void address_of(const struct control *control, const struct link *link,
                       char text[ADDRESS_BYTES_MAX + 1])
{
    const char *host = NULL;
    uint16_t port = 0;
    text[0] = '\0';
    if (link->config->fix.acceptor) {
        if (link->config->listener >= control->listeners->count) {
            return;
        }
        const struct listener *listener = &control->listeners->list[link->config->listener];
        host = listener->config->host;
        port = listener->port;
    } else {
        const struct connection_config *config = &control->connections[link->number];
        if (link->endpoint >= config->endpoints_count) {
            return;
        }
        host = config->endpoints[link->endpoint].host;
        port = config->endpoints[link->endpoint].port;
    }
    bool six = host != NULL && strchr(host, ':') != NULL;
    (void)snprintf(text, ADDRESS_BYTES_MAX + 1, "%s%.180s%s:%u", six ? "[" : "",
                   host != NULL ? host : "*", six ? "]" : "", (unsigned)port);
}

/* The row's first field is the session's id, and its rows come in the order of the sessions. */
static void add_address(struct json_text *text, const struct control_asked *asked)
{
    char address[ADDRESS_BYTES_MAX + 1];
    const struct engine *engine = asked->engine;
    ASSERT(asked->answer->rows_count < engine->config->sessions_count);
    address_of(asked->control, &engine->links[asked->answer->rows_count], address);
    json_text_pair(text, false, "address", span_text(address));
}

/* --- The row ------------------------------------------------------------------------------ */

static struct span write_row(const struct control_asked *asked, const struct command_field *fields,
                             uint32_t count, size_t most)
{
    struct json_text text;
    struct control_answer *answer = asked->answer;
    json_text_init(&text, answer->text + answer->used, CONTROL_ROW_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        add_field(&text, &fields[i], most);
    }
    if (asked->sessions) {
        add_address(&text, asked);
    }
    json_text_words(&text, "}");
    if (!text.overflow && text.size > 1) {
        text.data[0] = '{'; /* Over the first comma. */
    }
    return json_text_span(&text);
}

bool control_row(void *context, const struct command_field *fields, uint32_t count)
{
    const struct control_asked *asked = context;
    struct control_answer *answer = asked->answer;
    ASSERT(count > 0);
    ASSERT(count <= COMMAND_FIELDS_MAX);
    if (answer->rows_count == CONTROL_ROWS_MAX ||
        sizeof(answer->text) - answer->used < CONTROL_ROW_BYTES_MAX) {
        return false;
    }
    static const size_t cuts[] = {SIZE_MAX, ENGINE_TEXT_BYTES_MAX, ENGINE_NAME_BYTES_MAX,
                                  WORDS_BYTES_LEAST};
    struct span row = span_of(NULL, 0);
    for (size_t i = 0; row.size == 0 && i < ARRAY_LEN(cuts); i++) {
        row = write_row(asked, fields, count, cuts[i]);
    }
    ASSERT(row.size > 0);
    answer->rows[answer->rows_count] = row;
    answer->rows_count += 1;
    answer->used += row.size;
    return true;
}
