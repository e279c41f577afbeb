#include "gateway/console/command_line.h"

#include <stdio.h>

static const char help[] = "usage: fixgate version\n"
                           "\n"
                           "Prints the version of fixgate and of its store's schema.\n";

int command_version(int argc, char **argv)
{
    const struct command_words words = {.command = "version", .help = help};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    (void)printf("fixgate %s (store schema %d)\n", FIXGATE_VERSION, STORE_SCHEMA_VERSION);
    return EXIT_CODE_OK;
}
