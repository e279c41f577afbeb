/* The dictionaries by which `fixgate log show` names fields: those of --dictionary, or of
 * each session in a configuration, so that a broker's own fields have their names.
 *
 * Main thread. */
#ifndef GATEWAY_CONSOLE_LOG_DICTIONARIES_H
#define GATEWAY_CONSOLE_LOG_DICTIONARIES_H

#include "gateway/console/command_line.h"

struct log_dictionaries {
    const struct gateway_config *config; /* Borrowed; NULL: none. */
    const struct dictionary *usual;      /* For all sessions without one of their own. */
    struct dictionary *owned;            /* `usual`, if it is not the configuration's. */
    struct dictionary *overlaid[ENGINE_SESSIONS_MAX]; /* By session of `config`; NULL: usual. */
};

/* `list`: "FIX44.xml,ALPHA.xml", or NULL for what `config` (may be NULL) and our own files
 * say. Returns an exit code; what is wrong has been said. */
MUST_USE int log_dictionaries_load(struct log_dictionaries *dictionaries, const char *list,
                                   const struct gateway_config *config);
void log_dictionaries_free(struct log_dictionaries *dictionaries);

/* That of the session with this id. */
const struct dictionary *log_dictionary_of(const struct log_dictionaries *dictionaries,
                                           const char *session);

#endif
