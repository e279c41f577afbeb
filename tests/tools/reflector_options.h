/* The reflector's command line, and the configuration that follows from it. */
#ifndef TESTS_TOOLS_REFLECTOR_OPTIONS_H
#define TESTS_TOOLS_REFLECTOR_OPTIONS_H

#include "gateway/shell/config.h"

enum {
    OPTIONS_SETTINGS_MAX = 512,
    OPTIONS_SESSIONS_MAX = ENGINE_SESSIONS_MAX,
    OPTIONS_KEY_BYTES_MAX = CONFIG_WORD_BYTES_MAX - 1,
    OPTIONS_TEXT_BYTES_MAX = CONFIG_FILE_BYTES_MAX,
    OPTIONS_ERROR_BYTES_MAX = 320,
};

struct option_setting {
    uint32_t session; /* 0: a default of all; else the n-th --session. */
    char key[OPTIONS_KEY_BYTES_MAX + 1];
    const char *value; /* In the argument. */
};

struct options {
    const char *store;
    bool has_port;
    uint16_t port; /* 0: any that is free. */
    bool help;
    bool scripted;            /* reflector_script.h; not in the help: --scripted IN:OUT, */
    uint64_t scripted_seq_in; /* the numbers to begin with. */
    uint64_t scripted_seq_out;
    uint32_t sessions_count; /* Of --session; 0: one session, of defaults alone. */
    uint32_t settings_count;
    struct option_setting settings[OPTIONS_SETTINGS_MAX];
};

/* False: `error` says what is wrong. Borrows the arguments. */
MUST_USE bool options_read(struct options *options, int argc, char **argv,
                           char error[OPTIONS_ERROR_BYTES_MAX]);

/* A gateway's configuration: our defaults, under what the options say. */
struct span options_text(const struct options *options, char text[OPTIONS_TEXT_BYTES_MAX]);

/* Was it set on the command line, for all or for one session? */
bool options_have(const struct options *options, const char *key);

extern const char options_help[];

#endif
