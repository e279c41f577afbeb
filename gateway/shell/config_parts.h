/* Inside of config.c: the steps from a parsed file to a gateway_config.
 *
 *   sections   every line by itself          config_sections.c
 *   settle     what is in force per section  config_settle.c
 *   build      the parts, and how they fit   config_build*.c, config_schedule.c
 *   files      passwords, dictionaries       config_passwords.c, config_dictionaries.c */
#ifndef GATEWAY_SHELL_CONFIG_PARTS_H
#define GATEWAY_SHELL_CONFIG_PARTS_H

#include "gateway/shell/config.h"
#include "gateway/shell/config_names.h"
#include "gateway/shell/config_values.h"

/* All steps, as far as they can be gone, on a file that was parsed. */
void config_finish(struct gateway_config *config, enum config_need need,
                   struct config_errors *errors);

/* --- Sections ------------------------------------------------------------------ */

enum section_kind {
    SECTION_GATEWAY,
    SECTION_BROKER,
    SECTION_DEFAULT,
    SECTION_SESSION,
    SECTION_ROUTER,
    SECTION_OPERATOR,
    SECTION_LIMIT,
    SECTION_UNKNOWN,
};

enum section_kind config_section_kind(const char *name);
unsigned config_section_places(enum section_kind kind);

/* Each section, each entry by itself, and doubled ones. */
void config_sections_check(const struct config_file *file, struct config_errors *errors,
                           struct config_errors *notes);

/* What is wrong with key or value of one entry, if anything. */
void config_entry_check(const struct config_file *file, const struct config_entry *entry,
                        struct config_errors *errors, struct config_errors *notes);

/* Fills the settings of all sections, and counts brokers and sessions. */
void config_settle(struct gateway_config *config, struct config_errors *errors);

/* --- Settings ------------------------------------------------------------------ */

/* The text of a setting; NULL if it has none. */
static inline const char *setting_text(const struct config_settings *settings, enum config_key key)
{
    return settings->list[key].value;
}

/* The line to blame for a setting: its own, or the section's. */
static inline uint32_t setting_line(const struct config_settings *settings, enum config_key key)
{
    const struct config_setting *setting = &settings->list[key];
    return setting->origin == CONFIG_ORIGIN_FILE ? setting->line : settings->line;
}

/* A number of its type, which must be set or have a default. */
static inline uint64_t setting_number(const struct config_settings *settings, enum config_key key)
{
    return (uint64_t)config_value_number(key, setting_text(settings, key));
}

static inline uint64_t setting_ns(const struct config_settings *settings, enum config_key key)
{
    return setting_number(settings, key) * UINT64_C(1000000000);
}

static inline bool setting_yes(const struct config_settings *settings, enum config_key key)
{
    return config_value_bool(setting_text(settings, key));
}

static inline uint32_t setting_choice(const struct config_settings *settings, enum config_key key)
{
    return config_value_choice(key, setting_text(settings, key));
}

static inline bool setting_is_acceptor(const struct config_settings *settings)
{
    return setting_choice(settings, CONFIG_KEY_ConnectionType) == 1;
}

/* Gives a key whose default depends on others that default, for all to see. `value` lasts. */
static inline void setting_default(struct config_settings *settings, enum config_key key,
                                   const char *value)
{
    if (settings->list[key].value == NULL) {
        settings->list[key] =
            (struct config_setting){.value = value, .origin = CONFIG_ORIGIN_BUILT_IN};
    }
}

/* --- Building; called only while each value by itself is right. ------------------ */

/* Fills engine, brokers, sessions and the shell's settings from the settings; adds
 * what does not go together to `errors`. */
void config_build(struct gateway_config *config, struct config_errors *errors);

/* The settings of the router. */
void config_build_router(struct gateway_config *config, struct config_errors *errors);

/* [LIMIT] sections, and the limits of [BROKER]. */
void config_build_limits(struct gateway_config *config, struct config_errors *errors);

/* Who may do what. */
void config_build_operators(struct gateway_config *config, struct config_errors *errors);

/* "FIX.4.4:SENDER/SUB/LOCATION->TARGET:QUALIFIER"; '?' for an id that is missing. */
enum { CONFIG_ID_TEXT_BYTES_MAX = 512 }; /* The longest parts; what is kept is shorter. */
void config_session_id(const struct config_settings *settings, char id[CONFIG_ID_TEXT_BYTES_MAX]);

/* The parts of that, for one session. */
void config_build_session(struct gateway_config *config, uint32_t index,
                          struct config_errors *errors);
void config_build_socket(struct gateway_config *config, uint32_t index,
                         struct config_errors *errors);
void config_build_listener(struct gateway_config *config, uint32_t index,
                           struct config_errors *errors);
void config_build_schedule(struct gateway_config *config, uint32_t index,
                           struct config_errors *errors);
/* False: no TLS. */
bool config_build_tls(const struct config_settings *settings, struct tls_config *out,
                      struct config_errors *errors);

/* Adds what is right but dangerous to config->warnings. */
void config_warn(struct gateway_config *config);

/* --- Files ----------------------------------------------------------------------- */

/* Reads PasswordFile and NewPasswordFile of each session. */
void config_passwords_read(struct gateway_config *config, struct config_errors *errors);

/* Reads ControlSecureKeyFile. */
void config_control_key_read(struct gateway_config *config, struct config_errors *errors);

/* Reads the TLS files of all sessions and listeners, for their faults alone. */
void config_tls_check(const struct gateway_config *config, struct config_errors *errors);

/* Loads the zones of all schedules, and judges each schedule with them. */
void config_zones_load(struct gateway_config *config, struct config_errors *errors);
void config_zones_free(struct gateway_config *config);

/* Loads one dictionary per distinct set of files; `sessions` = those of sessions too. */
void config_dictionaries_load(struct gateway_config *config, bool sessions,
                              struct config_errors *errors);
void config_dictionaries_free(struct gateway_config *config);

#endif
