/* `fixgate ctl`: all that can be asked of a running gateway. */
#include "fix/text.h"
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
    bool told; /* Rows of an earlier page: what ends a list in JSON is no row. */
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
        command_fail(&asked->client.fault, "the request is too long");
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

/* The rows; the answer itself if it has none, or was refused. */
static void print_json(struct asked *asked)
{
    bool rows_only = asked->ok && (asked->told || asked->client.frames.count > 1);
    uint32_t first = rows_only ? 1 : 0;
    for (uint32_t frame = first; frame < asked->client.frames.count; frame++) {
        control_client_print(&asked->client, frame);
        (void)fputc('\n', stdout);
        asked->told = true;
    }
}

/* One row stands by itself if there never are more: of what is shown, and of a proposal. */
static bool is_one(const struct asked *asked)
{
    static const char *const verbs[] = {"show", "status", "table"};
    const char *name = asked->words.spec->name;
    const char *verb = name + strcspn(name, ".");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (verb[0] == '.' && strcmp(verb + 1, verbs[i]) == 0) {
            return true;
        }
    }
    return asked->words.spec->changes;
}

static bool print_rows(struct asked *asked)
{
    if (asked->client.frames.count < 2) {
        return true;
    }
    return asked->client.frames.count == 2 && is_one(asked) ? ctl_table_print_one(&asked->client)
                                                            : ctl_table_print(&asked->client);
}

/* Rows need no "done" behind them. */
static bool says_more(const struct asked *asked)
{
    return asked->client.frames.count < 2 || strcmp(asked->answer, "done") != 0;
}

/* "omar or bob": who may approve what `proposer` proposed, by the configuration. */
static void name_approvers(const struct gateway_config *config, const char *proposer,
                           struct text *out)
{
    for (uint32_t i = 0; i < config->operators_count; i++) {
        const struct operator_config *other = &config->operators[i];
        if ((other->may & MAY_APPROVE) != 0 && strcmp(other->name, proposer) != 0) {
            text_add(text_add(out, out->size > 0 ? " or " : ""), other->name);
        }
    }
}

/* Who may approve it: of the gateway's configuration, if we have that. */
static void print_approvers(const struct asked *asked, const char *proposer)
{
    struct config_errors errors;
    struct text names = {.size = 0};
    struct gateway_config *config =
        asked->words.config == NULL
            ? NULL
            : gateway_config_load(asked->words.config, CONFIG_NEED_SETTINGS, &errors);
    if (config != NULL) {
        name_approvers(config, proposer, &names);
    }
    if (names.size > 0) {
        (void)printf("\n%s may approve it, and types:\n", names.data);
    } else if (config != NULL && config->operators_count > 0) {
        (void)printf("\nNobody else has the role approve: give it to another [OPERATOR] of %s, "
                     "who types:\n",
                     asked->words.config);
    } else {
        (void)printf("\nAnother operator than %s types, under his own name:\n", proposer);
    }
    if (config != NULL) {
        gateway_config_free(config);
    }
}

/* What the second person does; the row is that of the proposal. */
static void print_second(const struct asked *asked)
{
    const struct ctl_words *words = &asked->words;
    const char *number = control_client_value(&asked->client, "number");
    const char *proposer = words->operator_name != NULL ? words->operator_name : "you";
    print_approvers(asked, proposer);
    if (words->control == NULL) {
        (void)printf("  fixgate ctl approvals approve %s -c %s --operator NAME\n", number,
                     words->config);
    } else if (words->server_key == NULL) {
        (void)printf("  fixgate ctl approvals approve %s --control %s --operator NAME\n", number,
                     words->control);
    } else {
        (void)printf("  fixgate ctl approvals approve %s --control %s --server-key '%s' --secret "
                     "FILE\n",
                     number, words->control, words->server_key);
    }
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
    if (asked->ok && asked->after[0] == '\0' && says_more(asked)) {
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
            return EXIT_CODE_REFUSED; /* As JSON it was printed. */
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
    asked->client.fault.command = "ctl";
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

/* The words may be too wrong to be read to their end. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

int command_ctl(int argc, char **argv)
{
    struct asked *asked = calloc(1, sizeof(*asked));
    if (asked == NULL) {
        command_say("ctl", "out of memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    int code = EXIT_CODE_USAGE;
    const struct command_fault *fault = &asked->words.fault;
    if (ctl_words_read(&asked->words, argc, argv)) {
        fault = &asked->client.fault;
        if (asked->words.help) {
            ctl_help_print(&asked->words);
            code = EXIT_CODE_OK;
        } else {
            code = connect_and_run(asked);
        }
    }
    if ((code == EXIT_CODE_USAGE || code == EXIT_CODE_ENVIRONMENT) && wants_json(argc, argv)) {
        command_fault_json(fault);
    }
    free(asked);
    return code;
}
