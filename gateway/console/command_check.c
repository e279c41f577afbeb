#include "gateway/console/check_explain.h"
#include "gateway/console/command_line.h"
#include "gateway/shell/json_text.h"

#include <stdio.h>

static const char help[] =
    "usage: fixgate check -c FILE [--json]\n"
    "\n"
    "Checks a configuration: every line, all dictionaries, time zones and password\n"
    "files. Prints the effective settings and where each comes from, or everything that\n"
    "is wrong; warnings and notes on standard error.\n"
    "\n"
    "A configuration of QuickFIX, QuickFIX/J or quickfixgo (without [GATEWAY]) is\n"
    "explained line by line: what fixgate takes, what is different here, what it refuses\n"
    "and why, and what is to be added.\n"
    "\n"
    "  -c, --config FILE   the configuration\n"
    "      --json          settings as JSON; or {\"ok\":false,\"errors\":[...]}\n"
    "\n"
    "Exit code: 0 the configuration is right (QuickFIX's: all of it is taken, as it\n"
    "stands), 2 it is not.\n"
    "\n"
    "examples:\n"
    "  fixgate check -c config/fixgate.cfg\n"
    "  fixgate check -c quickfix.cfg\n"
    "  fixgate check -c config/fixgate.cfg --json | jq .GATEWAY.Durability.value\n";

static void say_all(const char *what, const struct config_errors *said)
{
    for (uint32_t i = 0; i < said->count; i++) {
        (void)fprintf(stderr, "%s: %s\n", what, said->list[i].text);
    }
}

/* What is wrong, as JSON: {"ok":false,"errors":["…"]} */
static void errors_json(const struct config_errors *errors)
{
    (void)fputs("{\"ok\":false,\"errors\":[", stdout);
    for (uint32_t i = 0; i < errors->count; i++) {
        char bytes[6 * CONFIG_ERROR_BYTES_MAX + 8];
        struct json_text text;
        json_text_init(&text, bytes, sizeof(bytes));
        json_text_words(&text, i > 0 ? "," : "");
        json_text_string(&text, span_text(errors->list[i].text));
        struct span json = json_text_span(&text);
        (void)fwrite(json.data, 1, json.size, stdout);
    }
    (void)fputs("]}\n", stdout);
}

static int check(const char *path, bool json)
{
    bool taken = false;
    if (path != NULL && check_explain(path, json, stdout, &taken)) {
        command_say("check", "%s is of QuickFIX; %s", path,
                    taken ? "all of it is taken" : "not all of it is taken");
        return taken ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    struct config_errors errors;
    struct gateway_config *config =
        command_config_or_errors("check", path, CONFIG_NEED_ALL, &errors);
    if (config == NULL) {
        if (json) {
            errors_json(&errors);
        }
        return EXIT_CODE_USAGE;
    }
    gateway_config_print(config, json, stdout);
    say_all("warning", &config->warnings);
    say_all("note", &config->notes);
    command_say("check", "%s is right: %u brokers, %u sessions", path, config->engine.brokers_count,
                config->engine.sessions_count);
    gateway_config_free(config);
    return EXIT_CODE_OK;
}

int command_check(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    const struct command_option options[] = {{.name = "config", .letter = 'c', .value = &path},
                                             {.name = "json", .flag = &json}};
    const struct command_words words = {.command = "check",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = 1};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    if (path != NULL && count == 1) {
        command_say("check", "one word too many: '%s'; see `fixgate check --help`", argv[0]);
        return EXIT_CODE_USAGE;
    }
    return check(count == 1 ? argv[0] : path, json);
}
