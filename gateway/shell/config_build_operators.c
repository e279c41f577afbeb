/* [OPERATOR] sections: who may do what. */
#include "gateway/core/command.h"
#include "gateway/shell/config_parts.h"

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

void config_build_operators(struct gateway_config *config, struct config_errors *errors)
{
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
        if (strcmp(name, OPERATOR_ENGINE) == 0) {
            config_errors_add(errors, setting_line(settings, CONFIG_KEY_Name),
                              "%s is what the audit calls the gateway itself; choose another name",
                              name);
        }
        config->operators[i] =
            (struct operator_config){.name = name, .may = read_roles(settings, errors)};
    }
    if (config->operators_count > 0) {
        add_router(config);
    }
}
