/* The configuration of a gateway: what the engine is told, and what the shell needs
 * besides, out of one INI file with QuickFIX's words (config_keys.h).
 *
 *   [GATEWAY]            once
 *   [BROKER]             once per broker
 *   [DEFAULT]            what all others inherit
 *   [SESSION]            once per session
 *
 * Called at start, from the main thread; read-only afterwards. Nothing is ignored:
 * an unknown, misspelt, misplaced or doubled key is an error. All errors of form and
 * values are reported at once; how the parts fit together (a session's broker, say)
 * is judged when each by itself is right. Relative paths are relative to the working directory, as
 * in QuickFIX. Behind " ;" a line is a comment. */
#ifndef GATEWAY_SHELL_CONFIG_H
#define GATEWAY_SHELL_CONFIG_H

#include "gateway/core/config.h"
#include "gateway/shell/config_file.h"
#include "gateway/shell/config_keys.h"
#include "gateway/shell/log.h"
#include "session-store/store.h"

#include <stdio.h>

/* Where an effective value comes from. */
enum config_origin {
    CONFIG_ORIGIN_NONE,     /* Not set and without default: `value` is NULL. */
    CONFIG_ORIGIN_BUILT_IN, /* The default of the key. */
    CONFIG_ORIGIN_FILE,     /* `line` of the file. */
};

struct config_setting {
    const char *value;
    enum config_origin origin;
    uint32_t line;
};

struct config_settings {
    uint32_t line; /* Of the section's header; 0 = the section is not there. */
    struct config_setting list[CONFIG_KEYS_COUNT];
};

/* How the shell reaches the peer of a session; same index as engine.sessions. */
struct session_socket_config {
    const char *host;
    uint16_t port;
    bool nodelay;
    uint64_t connect_timeout_ns;
};

enum { CONFIG_DICTIONARIES_MAX = ENGINE_SESSIONS_MAX + 1 };

/* One loaded dictionary per distinct set of files. */
struct config_dictionary {
    const char *base;
    const char *overlay; /* NULL = none. */
    struct dictionary *dictionary;
};

struct gateway_config {
    /* Complete but for instance_id, which comes from the store. */
    struct engine_config engine;
    struct broker_config brokers[ENGINE_BROKERS_MAX];
    struct engine_session_config sessions[ENGINE_SESSIONS_MAX];
    struct session_socket_config sockets[ENGINE_SESSIONS_MAX];
    const char *store_path;
    enum store_durability durability;
    uint64_t store_map_initial_bytes;
    uint64_t store_reserve_bytes;
    const char *order_entry_endpoint;
    const char *bus_endpoint;
    const char *replay_endpoint;
    struct log_config log;
    /* For `check`: the settings as they are in force. */
    struct config_settings settings;
    struct config_settings broker_settings[ENGINE_BROKERS_MAX];
    struct config_settings session_settings[ENGINE_SESSIONS_MAX];
    struct config_dictionary dictionaries[CONFIG_DICTIONARIES_MAX];
    uint32_t dictionaries_count;
    struct config_file file; /* Owns all text. */
};

/* How much of a configuration a command needs. */
enum config_need {
    CONFIG_NEED_SETTINGS,  /* Text only: no other file is opened. */
    CONFIG_NEED_ENDPOINTS, /* A client's view: the in-house dictionary, no secrets. */
    CONFIG_NEED_ALL,       /* To run: all dictionaries, and password files. */
};

/* The configuration in `path`, or NULL, and then `errors` holds at least one.
 * `path` and `errors` are borrowed, `path` until gateway_config_free(). */
MUST_USE struct gateway_config *gateway_config_load(const char *path, enum config_need need,
                                                    struct config_errors *errors);

/* The same out of memory; `name` stands in the errors. */
MUST_USE struct gateway_config *gateway_config_parse(const char *name, struct span text,
                                                     enum config_need need,
                                                     struct config_errors *errors);
void gateway_config_free(struct gateway_config *config);

/* Prints the effective settings with their origin, secrets masked. */
void gateway_config_print(const struct gateway_config *config, bool json, FILE *out);

/* Prints one error per line. */
void config_errors_print(const struct config_errors *errors, FILE *out);

#endif
