/* Inside of config.c: the steps from a parsed file to a gateway_config. */
#ifndef GATEWAY_SHELL_CONFIG_PARTS_H
#define GATEWAY_SHELL_CONFIG_PARTS_H

#include "gateway/shell/config.h"

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

/* Fills engine, brokers, sessions and the shell's settings from the settings; adds
 * what does not go together to `errors`. Called only while each value is right. */
void config_build(struct gateway_config *config, struct config_errors *errors);

/* Reads PasswordFile of each session. */
void config_passwords_read(struct gateway_config *config, struct config_errors *errors);

/* Loads one dictionary per distinct set of files; `sessions` = those of sessions too. */
void config_dictionaries_load(struct gateway_config *config, bool sessions,
                              struct config_errors *errors);
void config_dictionaries_free(struct gateway_config *config);

#endif
