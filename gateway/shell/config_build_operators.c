/* [OPERATOR] sections: who may do what. */
#include "gateway/core/commands/command.h"
#include "gateway/shell/config_parts.h"
#include "gateway/shell/key_file.h"

/* Bit of a role, by its name; 0: there is none of that name. */
static unsigned role_of(struct span name)
{
    for (unsigned role = MAY_VIEW; role <= MAY_SERVE; role <<= 1) {
        if (span_is(name, command_role_name((enum command_role)role))) {
            return role;
        }
    }
    return 0;
}

static unsigned read_roles(const struct config_settings *settings, struct config_errors *errors)
{
    struct config_items items;
    unsigned may = 0;
    bool list = config_items_read(setting_text(settings, CONFIG_KEY_Roles), &items);
    ASSERT(list);
    for (uint32_t i = 0; i < items.count; i++) {
        unsigned role = role_of(items.list[i]);
        if (role == 0) {
            config_errors_add(errors, setting_line(settings, CONFIG_KEY_Roles),
                              "Roles '%.*s' is none of view, operate, admin, approve and serve",
                              (int)items.list[i].size, (const char *)items.list[i].data);
        }
        may |= role;
    }
    return may;
}

/* The operator's public key; NULL: he has none, or it is wrong. */
static const char *read_key(const struct gateway_config *config,
                            const struct config_settings *settings, struct config_errors *errors)
{
    uint8_t key[ZEROMQ_KEY_BYTES];
    const char *text = setting_text(settings, CONFIG_KEY_PublicKey);
    if (text == NULL) {
        return NULL;
    }
    if (!zeromq_key_read(text, key)) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_PublicKey),
                          "PublicKey is no CURVE key; `fixgate keys` makes one");
    }
    if (config->control_secure_endpoint == NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_PublicKey),
                          "PublicKey without ControlSecureEndpoint: with it he could ask nowhere");
    }
    return text;
}

/* The socket with keys: where, and that nothing is missing. */
static void build_secure(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_settings *settings = &config->settings;
    const char *endpoint = setting_text(settings, CONFIG_KEY_ControlSecureEndpoint);
    bool file = setting_text(settings, CONFIG_KEY_ControlSecureKeyFile) != NULL;
    config->control_secure_endpoint = endpoint;
    if (endpoint != NULL && strncmp(endpoint, "tcp://", 6) != 0) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_ControlSecureEndpoint),
                          "ControlSecureEndpoint must be tcp://ADDRESS:PORT");
    }
    if (endpoint != NULL && !file) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_ControlSecureEndpoint),
                          "ControlSecureEndpoint needs ControlSecureKeyFile; `fixgate keys FILE` "
                          "makes one");
    }
    if (endpoint == NULL && file) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_ControlSecureKeyFile),
                          "ControlSecureKeyFile without ControlSecureEndpoint has no use");
    }
}

void config_control_key_read(struct gateway_config *config, struct config_errors *errors)
{
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
    char error[KEY_FILE_ERROR_BYTES_MAX];
    const char *path = setting_text(&config->settings, CONFIG_KEY_ControlSecureKeyFile);
    if (path == NULL) {
        return;
    }
    if (key_file_read(path, secret, error) != STATUS_OK) {
        config_errors_add(errors, setting_line(&config->settings, CONFIG_KEY_ControlSecureKeyFile),
                          "ControlSecureKeyFile %s", error);
        return;
    }
    config->control_secret_key = config_file_keep(&config->file, span_text(secret));
}

/* The router asks by the same socket; it needs no section of its own. */
static void add_router(struct gateway_config *config)
{
    for (uint32_t i = 0; i < config->operators_count; i++) {
        if (strcmp(config->operators[i].name, OPERATOR_ROUTER) == 0) {
            return;
        }
    }
    config->operators[config->operators_count] =
        (struct operator_config){.name = OPERATOR_ROUTER, .may = MAY_VIEW | MAY_SERVE};
    config->operators_count += 1;
}

/* A key is one operator's: else who comes by it could be either. */
static void check_key_alone(const struct gateway_config *config, uint32_t index,
                            struct config_errors *errors)
{
    const struct config_settings *settings = &config->operator_settings[index];
    const char *key = setting_text(settings, CONFIG_KEY_PublicKey);
    for (uint32_t i = 0; i < index && key != NULL; i++) {
        const char *other = setting_text(&config->operator_settings[i], CONFIG_KEY_PublicKey);
        if (other != NULL && strcmp(other, key) == 0) {
            config_errors_add(errors, setting_line(settings, CONFIG_KEY_PublicKey),
                              "PublicKey is that of %s already",
                              setting_text(&config->operator_settings[i], CONFIG_KEY_Name));
        }
    }
}

void config_build_operators(struct gateway_config *config, struct config_errors *errors)
{
    build_secure(config, errors);
    config->operators_count = config->operator_sections;
    for (uint32_t i = 0; i < config->operator_sections; i++) {
        const struct config_settings *settings = &config->operator_settings[i];
        const char *name = setting_text(settings, CONFIG_KEY_Name);
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(config->operators[j].name, name) == 0) {
                config_errors_add(errors, setting_line(settings, CONFIG_KEY_Name),
                                  "an operator named %s stands already in line %u; names are "
                                  "unique",
                                  name, config->operator_settings[j].line);
            }
        }
        check_key_alone(config, i, errors);
        if (strcmp(name, OPERATOR_ENGINE) == 0) {
            config_errors_add(errors, setting_line(settings, CONFIG_KEY_Name),
                              "%s is what the audit calls the gateway itself; choose another name",
                              name);
        }
        config->operators[i] =
            (struct operator_config){.name = name,
                                     .may = read_roles(settings, errors),
                                     .public_key = read_key(config, settings, errors)};
    }
    if (config->operators_count > 0) {
        add_router(config);
    }
}
