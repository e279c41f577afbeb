#include "gateway/console/check_explain.h"
#include "gateway/console/command_line.h"

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
    "      --json          settings as JSON\n"
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
        return parsed == COMMAND_HELPED ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    path = path == NULL && count == 1 ? argv[0] : path;
    if (path == NULL) {
        command_say("check", "which configuration? Give -c FILE");
        return EXIT_CODE_USAGE;
    }
    bool taken = false;
    if (check_explain(path, json, stdout, &taken)) {
        command_say("check", "%s is of QuickFIX; %s", path,
                    taken ? "all of it is taken" : "not all of it is taken");
        return taken ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    struct gateway_config *config = command_config("check", path, CONFIG_NEED_ALL);
    if (config == NULL) {
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
