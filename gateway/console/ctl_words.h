/* The words of `fixgate ctl`: which command they name, with which arguments, and its help.
 *
 * Main thread. Everything comes from the engine's tables of commands (command.h). */
#ifndef GATEWAY_CONSOLE_CTL_WORDS_H
#define GATEWAY_CONSOLE_CTL_WORDS_H

#include "gateway/core/commands/command.h"

struct ctl_words {
    const char *config;
    const char *control;
    const char *operator_name; /* NULL: not given. */
    const char *key;
    const char *server_key; /* CURVE. */
    const char *secret;
    bool json;
    bool help;
    const struct command_spec *spec; /* NULL: only help was asked for. */
    const char *group;               /* Help: what the words begin with; NULL: of all. */
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
    uint32_t arguments_count;
};

/* Reads argv[1 …]; what it points to lives on. False: said on standard error what is wrong. */
MUST_USE bool ctl_words_read(struct ctl_words *words, int argc, char **argv);

/* What was asked for by --help, on standard output. */
void ctl_help_print(const struct ctl_words *words);

#endif
