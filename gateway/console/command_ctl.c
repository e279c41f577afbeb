/* `fixgate ctl`: all that can be asked of a running gateway. */
#include "gateway/console/command_line.h"
#include "gateway/console/control_client.h"
#include "gateway/console/ctl_table.h"
#include "gateway/console/ctl_words.h"
#include "gateway/shell/control.h"
#include "gateway/shell/json_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGES_MAX = 100000, AFTER_BYTES_MAX = 256 };

struct asked {
    struct ctl_words words;
    struct control_client client;
    char after[AFTER_BYTES_MAX]; /* Where the next page begins; empty: it is the first. */
    char answer[CONTROL_HEAD_BYTES_MAX];
    bool ok;
    bool proposed;
};

/* --- The question --------------------------------------------------------------------------- */

/* False: too long, which was said. */
static bool ask(struct asked *asked)
{
    char bytes[CONTROL_REQUEST_BYTES_MAX];
    const struct ctl_words *words = &asked->words;
    struct json_text text;
    json_text_init(&text, bytes, sizeof(bytes));
    json_text_words(&text, "{");
    json_text_pair(&text, true, "command", span_text(words->spec->name));
    if (words->operator_name != NULL) {
        json_text_pair(&text, false, "operator", span_text(words->operator_name));
    }
    if (words->key != NULL) {
        json_text_pair(&text, false, "key", span_text(words->key));
    }
    for (uint32_t i = 0; i < words->arguments_count; i++) {
        const struct command_argument *argument = &words->arguments[i];
        char name[COMMAND_NAME_BYTES_MAX + 1];
        span_to_text(argument->name, name, sizeof(name));
        if (asked->after[0] == '\0' || strcmp(name, "after") != 0) {
            json_text_pair(&text, false, name, argument->value);
        }
    }
    if (asked->after[0] != '\0') {
        json_text_pair(&text, false, "after", span_text(asked->after));
    }
    json_text_words(&text, "}");
    struct span request = json_text_span(&text);
    if (request.size == 0) {
        command_say("ctl", "the request is too long");
        return false;
    }
    bool once = words->key != NULL;
    return control_client_ask(
        &asked->client, request,
        !words->spec->changes ? NULL
        : once                ? "whether it was done is not known: ask again with the same --key"
               : "whether it was done is not known: look at `fixgate ctl audit list`");
}

/* --- The answer ----------------------------------------------------------------------------- */

static void print_json(const struct asked *asked)
{
    uint32_t first = asked->client.frames.count > 1 ? 1 : 0;
    for (uint32_t frame = first; frame < asked->client.frames.count; frame++) {
        control_client_print(&asked->client, frame);
        (void)fputc('\n', stdout);
    }
}

static bool print_rows(struct asked *asked)
{
    const char *name = asked->words.spec->name;
    size_t size = strlen(name);
    bool lists = size > 5 && strcmp(name + size - 5, ".list") == 0;
    if (asked->client.frames.count < 2) {
        return true;
    }
    return asked->client.frames.count == 2 && !lists ? ctl_table_print_one(&asked->client)
                                                     : ctl_table_print(&asked->client);
}

/* The number of the proposal, as its row has it. */
static void print_second(const struct asked *asked)
{
    const char *number = control_client_value(&asked->client, "number");
    (void)printf("\nAnother operator than %s types:\n"
                 "  fixgate ctl approvals approve %s %s %s\n",
                 asked->words.operator_name != NULL ? asked->words.operator_name : "you", number,
                 asked->words.control != NULL ? "--control" : "-c",
                 asked->words.control != NULL ? asked->words.control : asked->words.config);
}

/* One page of the answer. False: it cannot be read, which was said. */
static bool print_answer(struct asked *asked)
{
    asked->ok = json_flat_true(&asked->client.row, "ok");
    asked->proposed = json_flat_true(&asked->client.row, "proposed");
    (void)snprintf(asked->answer, sizeof(asked->answer), "%s",
                   control_client_value(&asked->client, "answer"));
    (void)snprintf(asked->after, sizeof(asked->after), "%s",
                   control_client_value(&asked->client, "after"));
    if (asked->words.json) {
        print_json(asked);
        return true;
    }
    if (!print_rows(asked)) {
        return false;
    }
    if (asked->ok && asked->after[0] == '\0') {
        (void)printf("%s\n", asked->answer);
    }
    if (asked->proposed && asked->client.frames.count == 2) {
        print_second(asked);
    }
    return true;
}

/* --- The command ------------------------------------------------------------------------------ */

static bool limited(const struct ctl_words *words)
{
    for (uint32_t i = 0; i < words->arguments_count; i++) {
        if (span_is(words->arguments[i].name, "limit")) {
            return true;
        }
    }
    return false;
}

static int carry_out(struct asked *asked)
{
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        if (!ask(asked) || !print_answer(asked)) {
            return EXIT_CODE_ENVIRONMENT;
        }
        if (!asked->ok) {
            command_say("ctl", "%s", asked->answer);
            return EXIT_CODE_REFUSED;
        }
        if (asked->after[0] == '\0' || limited(&asked->words)) {
            break;
        }
    }
    return asked->proposed ? EXIT_CODE_PROPOSED : EXIT_CODE_OK;
}

static int connect_and_run(struct asked *asked)
{
    char login[CONTROL_CLIENT_LOGIN_BYTES_MAX];
    /* With keys it is the gateway that knows whose they are. */
    if (asked->words.operator_name == NULL && asked->words.server_key == NULL) {
        asked->words.operator_name = control_client_login(login);
    }
    asked->client.command = "ctl";
    asked->client.server_key = asked->words.server_key;
    asked->client.secret_file = asked->words.secret;
    if (!control_client_find(&asked->client, asked->words.config, asked->words.control)) {
        return EXIT_CODE_USAGE;
    }
    if (!control_client_open(&asked->client)) {
        return EXIT_CODE_ENVIRONMENT;
    }
    int code = carry_out(asked);
    control_client_close(&asked->client);
    return code;
}

int command_ctl(int argc, char **argv)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    if (asked == NULL) {
        command_say("ctl", "out of memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    int code = EXIT_CODE_USAGE;
    if (ctl_words_read(&asked->words, argc, argv)) {
        if (asked->words.help) {
            ctl_help_print(&asked->words);
            code = EXIT_CODE_OK;
        } else {
            code = connect_and_run(asked);
        }
    }
    free(asked);
    return code;
}
