/* What the commands of `fixgate` share: options, exit codes, words on standard error.
 *
 * Main thread. Data goes to standard output, messages to standard error. */
#ifndef GATEWAY_CONSOLE_COMMAND_LINE_H
#define GATEWAY_CONSOLE_COMMAND_LINE_H

#include "fix/dictionary_loader.h"
#include "gateway/shell/config.h"

enum command_exit {
    EXIT_CODE_OK = 0,
    EXIT_CODE_REFUSED = 1,     /* It worked, and the answer is no: rejected, not found. */
    EXIT_CODE_USAGE = 2,       /* Options or configuration are wrong. */
    EXIT_CODE_ENVIRONMENT = 3, /* A file, socket or the gateway is not there. */
    EXIT_CODE_PROPOSED = 4,    /* It waits for a second person. */
};

/* One option of a command: `--name VALUE`, `--name=VALUE`, or with a letter `-n VALUE`. */
struct command_option {
    const char *name;   /* Without the dashes. */
    char letter;        /* 0 = none. */
    const char **value; /* Where the text goes; NULL for a flag. */
    bool *flag;         /* Set by a flag; NULL for an option with a value. */
};

struct command_words {
    const char *command;
    const char *help; /* Printed by --help, on standard output. */
    const struct command_option *options;
    size_t options_count;
    uint32_t arguments_max; /* Words that are no options. */
};

enum command_parsed {
    COMMAND_GO,
    COMMAND_HELPED, /* --help was printed: end with EXIT_CODE_OK. */
    COMMAND_WRONG,  /* Said on standard error: end with EXIT_CODE_USAGE. */
};

/* Reads argv[1 …]. The words that are no options are moved to argv[0 … *count). */
MUST_USE enum command_parsed command_parse(const struct command_words *words, int argc, char **argv,
                                           uint32_t *count);

/* How a command ends whose words are not COMMAND_GO: with this exit code. */
int command_ended(enum command_parsed parsed);

/* A whole number from `minimum` to `maximum`; says on standard error what is wrong. */
MUST_USE bool option_number(const char *command, const char *option, const char *text,
                            uint64_t minimum, uint64_t maximum, uint64_t *out);

/* Loads the configuration that -c names and prints its errors; NULL after any. `path` NULL: there
 * was no -c, which is one. */
MUST_USE struct gateway_config *command_config(const char *command, const char *path,
                                               enum config_need need);

/* The same, for who wants the errors besides. */
MUST_USE struct gateway_config *command_config_or_errors(const char *command, const char *path,
                                                         enum config_need need,
                                                         struct config_errors *errors);

/* The dictionary of order entry and bus when there is no configuration: FIX44.xml with
 * the in-house tags. NULL after saying why. The caller frees it. */
MUST_USE struct dictionary *command_dictionary(const char *command);

/* "fixgate COMMAND: …" on standard error. */
void command_say(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum { COMMAND_FAULT_BYTES_MAX = 512 };

/* What went wrong, kept for those who read JSON. Start from zeroed memory. */
struct command_fault {
    const char *command; /* Of fixgate: "session". Borrowed. */
    char text[COMMAND_FAULT_BYTES_MAX];
};

/* As command_say(), and kept. */
void command_fail(struct command_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* {"ok":false,"answer":"…"} on standard output: as the gateway itself refuses. */
void command_fault_json(const struct command_fault *fault);

int command_check(int argc, char **argv);
int command_ctl(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_log(int argc, char **argv);
int command_service(int argc, char **argv);
int command_session(int argc, char **argv);
int command_submit(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
