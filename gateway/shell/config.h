/* The configuration of a gateway: what the engine is told, and what the shell needs
 * besides, out of one INI file with QuickFIX's words (config_keys.h).
 *
 *   [GATEWAY]            once
 *   [BROKER]             once per broker
 *   [DEFAULT]            what all others inherit
 *   [SESSION]            once per session
 *
 * Called at start, from the main thread; read-only afterwards. Nothing is ignored:
 * an unknown, misspelt, misplaced or doubled key is an error; what other engines know and
 * what has no effect here is a note (config_names.h). All errors of form and values are
 * reported at once; how the parts fit together (a session's broker, say) is judged when each
 * by itself is right. Relative paths are relative to the working directory, as in QuickFIX.
 * Behind " ;" a line is a comment. */
#ifndef GATEWAY_SHELL_CONFIG_H
#define GATEWAY_SHELL_CONFIG_H

#include "gateway/core/engine/config.h"
#include "gateway/core/router/router.h"
#include "gateway/shell/config_file.h"
#include "gateway/shell/config_keys.h"
#include "gateway/shell/log.h"
#include "gateway/shell/message_log.h"
#include "gateway/shell/operators.h"
#include "gateway/shell/tls.h"
#include "gateway/shell/zone.h"
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
    bool own; /* FILE: in the section itself, not in [DEFAULT]. */
    uint32_t line;
    const char *written; /* FILE: the key as it stands there, maybe another engine's word. */
};

struct config_settings {
    uint32_t line; /* Of the section's header; 0 = the section is not there. */
    struct config_setting list[CONFIG_KEYS_COUNT];
    /* SocketConnectHost1 … by family and number - 1. */
    struct config_setting numbered[CONFIG_FAMILIES_COUNT][CONFIG_NUMBERS_MAX];
};

enum {
    CONFIG_ENDPOINTS_MAX = 8,
    CONFIG_LOGON_TAGS_MAX = CONFIG_NUMBERS_MAX + 1,
    CONFIG_LIMITS_MAX = 48,    /* [LIMIT]; more scopes may have limits at run time. */
    CONFIG_NAMES_MAX = 32,     /* Of AllowedOnBehalfOfCompIDs, AllowedDeliverToCompIDs. */
    CONFIG_ADDRESSES_MAX = 64, /* Of AllowedRemoteAddresses. */
    CONFIG_LISTENERS_MAX = ENGINE_SESSIONS_MAX,
    CONFIG_SESSION_ID_BYTES_MAX = 180, /* It is part of a table's name, and of a file's. */
};

/* One place where the peer of an initiator's session may be. */
struct session_endpoint {
    const char *host;
    uint16_t port;
    const char *source_host; /* Address of this machine; NULL: any. */
    uint16_t source_port;    /* 0: any. */
};

/* How the shell reaches the peer of a session; same index as engine.sessions. An
 * acceptor's has only what concerns each connection: its listener has the rest. */
struct session_socket_config {
    struct session_endpoint endpoints[CONFIG_ENDPOINTS_MAX]; /* As RELEASE_CONNECT counts. */
    uint32_t endpoints_count;                                /* As engine_session_config. */
    bool nodelay;
    uint64_t connect_timeout_ns;
    int send_buffer_bytes; /* 0 = the system's. */
    int receive_buffer_bytes;
    bool tls;                     /* SocketUseSSL, initiator: */
    struct tls_config tls_config; /* what tls_context_open() wants, */
    const char *tls_name;         /* and SocketServerName; NULL: the endpoint's host. */
};

/* One address at which acceptors listen: sessions with equal SocketAcceptHost and
 * SocketAcceptPort share it. engine_session_config.listener is the index. */
struct listener_config {
    const char *host; /* SocketAcceptHost; NULL: all addresses of the machine. */
    uint16_t port;
    bool nodelay; /* Equal in all sessions that share it, as all that follows. */
    int send_buffer_bytes;
    int receive_buffer_bytes;
    bool tls;
    struct tls_config tls_config;
    uint64_t logon_timeout_ns; /* For a connection of which no Logon has come: the longest
                                  LogonTimeout of its sessions. */
    uint32_t first_session;    /* Index of the session that named it first. */
};

enum { CONFIG_ZONES_MAX = 32 };

/* One loaded time zone per name. */
struct config_zone {
    const char *asked;        /* The name in the file; NULL: this machine's. */
    struct zone_table *table; /* Owned. */
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
    struct listener_config listeners[CONFIG_LISTENERS_MAX];
    uint32_t listeners_count;
    const char *store_path;
    enum store_durability durability;
    uint64_t store_map_initial_bytes;
    uint64_t store_reserve_bytes;
    const char *order_entry_endpoint;
    const char *bus_endpoint;
    const char *replay_endpoint;
    const char *control_endpoint;
    const char *control_secure_endpoint; /* NULL: there is none. */
    const char *control_secret_key;      /* Z85; read by CONFIG_NEED_ALL. */
    struct operator_config operators[OPERATORS_MAX + 1];
    uint32_t operators_count; /* 0: nobody is told apart. */
    uint32_t operator_sections;
    struct log_config log;
    struct message_log_config message_log;
    struct router_settings router;
    /* To be printed by `check` and logged at start: right, but dangerous (warnings), or
     * without effect (notes). Never secrets. */
    struct config_errors warnings;
    struct config_errors notes;
    /* For `check`: the settings as they are in force. */
    struct config_settings settings;
    struct config_settings router_settings;
    struct config_settings broker_settings[ENGINE_BROKERS_MAX];
    struct config_settings session_settings[ENGINE_SESSIONS_MAX];
    struct config_settings operator_settings[OPERATORS_MAX];
    struct config_settings limit_settings[CONFIG_LIMITS_MAX];
    uint32_t limit_sections;
    struct order_limit_config limits[CONFIG_LIMITS_MAX + ENGINE_BROKERS_MAX]; /* Those of brokers
                                                                                 behind. */
    struct config_dictionary dictionaries[CONFIG_DICTIONARIES_MAX];
    uint32_t dictionaries_count;
    struct config_zone zones[CONFIG_ZONES_MAX];
    uint32_t zones_count;
    /* What engine.sessions refer to. */
    struct session_logon_tag logon_tags[ENGINE_SESSIONS_MAX][CONFIG_LOGON_TAGS_MAX];
    const char *on_behalf_of[ENGINE_SESSIONS_MAX][CONFIG_NAMES_MAX];
    const char *deliver_to[ENGINE_SESSIONS_MAX][CONFIG_NAMES_MAX];
    struct address_block allowed[ENGINE_SESSIONS_MAX][CONFIG_ADDRESSES_MAX];
    struct config_file file; /* Owns all text. */
};

/* How much of a configuration a command needs. */
enum config_need {
    CONFIG_NEED_SETTINGS,  /* Text only: no other file is opened. */
    CONFIG_NEED_ENDPOINTS, /* A client's view: the in-house dictionary, no secrets. */
    CONFIG_NEED_ALL,       /* To run: dictionaries, time zones, password and TLS files. */
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

/* Logs the warnings; once at start. */
void gateway_config_warn(const struct gateway_config *config, struct log *log, uint64_t now_ns);

/* Prints one error per line. */
void config_errors_print(const struct config_errors *errors, FILE *out);

#endif
