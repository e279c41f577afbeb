/* The words of `fixgate ctl`: which command they name, with which arguments, and its help.
 *
 * Main thread. Everything comes from the engine's tables of commands (command.h). */
#ifndef GATEWAY_CONSOLE_CTL_WORDS_H
#define GATEWAY_CONSOLE_CTL_WORDS_H

#include "gateway/console/command_line.h"
#include "gateway/core/commands/command.h"

enum { CTL_USAGE_BYTES_MAX = 512 };

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
    struct command_fault fault; /* What is wrong with them, if they cannot be read. */
};

/* Reads argv[1 …]; what it points to lives on. `words` start zeroed. False: said on standard error
 * what is wrong, and kept in words->fault. */
MUST_USE bool ctl_words_read(struct ctl_words *words, int argc, char **argv);

/* "session reset SESSION [CONFIRM]": how a command is typed. */
void ctl_usage(const struct command_spec *spec, char text[CTL_USAGE_BYTES_MAX]);

/* "session": of a group's commands, what their names begin with. */
struct span ctl_group_name(const struct command_group *group);

/* The group that a word names, in the plural or not; NULL: none. */
const struct command_group *ctl_group(const char *word);

/* What was asked for by --help, on standard output. */
void ctl_help_print(const struct ctl_words *words);

/* What an argument of a command means; NULL: nothing is told of it. */
const char *ctl_argument_help(const struct command_spec *spec, struct span name);

/* Examples of a group, one a line as it is typed; "" if it has none. */
const char *ctl_group_examples(const struct command_group *group);

#endif
