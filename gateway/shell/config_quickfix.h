/* Explains a configuration that was written for QuickFIX, QuickFIX/J or quickfixgo: what
 * fixgate takes of it, what is different here, what it refuses, and what is to be added.
 *
 * Called by `fixgate check`, from the main thread. */
#ifndef GATEWAY_SHELL_CONFIG_QUICKFIX_H
#define GATEWAY_SHELL_CONFIG_QUICKFIX_H

#include "gateway/shell/config.h"

/* [DEFAULT] and [SESSION] only, without a Broker: nobody wrote that for fixgate. */
bool config_is_quickfix(const struct config_file *file);

enum explain_group {
    EXPLAIN_TAKES,   /* As it stands; `text` may say under which name. */
    EXPLAIN_DIFFERS, /* Taken, but it changes nothing here, or reads differently. */
    EXPLAIN_REFUSES, /* Reason and remedy in `text`. */
    EXPLAIN_GROUPS_COUNT,
};

struct explained_line {
    uint32_t section; /* Index into file.sections. */
    uint32_t line;
    enum explain_group group;
    const char *key;   /* As it stands there. */
    const char *value; /* "***" for a secret. */
    char text[CONFIG_ERROR_BYTES_MAX];
};

/* Big: it lives on the heap. */
struct config_explanation {
    struct gateway_config *config; /* With what was to be added, without what is refused. */
    uint32_t lines_count;
    struct explained_line lines[CONFIG_ENTRIES_MAX];
    struct config_errors form; /* Lines that are no Key=Value, unknown sections. */
    struct config_errors rest; /* What does not fit together, or is missing besides. */
    uint32_t written_sections; /* Sections of the file itself; those behind were added. */
    /* By index of the session: what is to stand in its Broker. */
    const char *brokers[ENGINE_SESSIONS_MAX];
    bool taken; /* Nothing refused, no errors: with the additions it runs. */
};

/* NULL: no memory. `path` is borrowed. */
MUST_USE struct config_explanation *config_explain(const char *path);
void config_explanation_free(struct config_explanation *explanation);

/* The settings of the session that [SESSION] number `section` describes, and its index;
 * NULL if that is another section. */
const struct config_settings *config_explained_session(const struct config_explanation *explanation,
                                                       uint32_t section, uint32_t *session);

/* "FIX.4.4:SENDER->TARGET", with '?' for what is missing. */
enum { EXPLAINED_NAME_BYTES_MAX = 512 };
void config_explained_name(const struct config_settings *settings,
                           char name[EXPLAINED_NAME_BYTES_MAX]);

/* Whether `key` of that session has our default, which others do not share, and it matters
 * there (those of TLS do not without TLS). */
bool config_default_differs(const struct config_settings *settings, enum config_key key);

/* What that default is, in words. */
const char *config_default_text(const struct config_settings *settings, enum config_key key);

#endif
