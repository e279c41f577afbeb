#include "gateway/console/command_line.h"

#include <stdio.h>

static const char help[] =
    "usage: fixgate check -c FILE [--json]\n"
    "\n"
    "Checks a configuration: every line, all dictionaries, all password files. Prints\n"
    "the effective settings and where each comes from, or everything that is wrong.\n"
    "\n"
    "  -c, --config FILE   the configuration\n"
    "      --json          settings as JSON\n"
    "\n"
    "Exit code: 0 the configuration is right, 2 it is not.\n"
    "\n"
    "examples:\n"
    "  fixgate check -c config/fixgate.cfg\n"
    "  fixgate check -c config/fixgate.cfg --json | jq .GATEWAY.Durability.value\n";

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
    struct gateway_config *config = command_config("check", path, CONFIG_NEED_ALL);
    if (config == NULL) {
        return EXIT_CODE_USAGE;
    }
    gateway_config_print(config, json, stdout);
    command_say("check", "%s is right: %u brokers, %u sessions", path, config->engine.brokers_count,
                config->engine.sessions_count);
    gateway_config_free(config);
    return EXIT_CODE_OK;
}
