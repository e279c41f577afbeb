#include "gateway/shell/config.h"

#include "gateway/shell/config_parts.h"

#include <stdlib.h>

void config_finish(struct gateway_config *config, enum config_need need,
                   struct config_errors *errors)
{
    config_errors_init(&config->warnings, errors->path);
    config_errors_init(&config->notes, errors->path);
    config_sections_check(&config->file, errors, &config->notes);
    config_settle(config, errors);
    if (errors->count == 0) {
        config_build(config, errors);
    }
    if (errors->count == 0 && need == CONFIG_NEED_ALL) {
        config_passwords_read(config, errors);
        config_control_key_read(config, errors);
        config_zones_load(config, errors);
        config_tls_check(config, errors);
    }
    if (errors->count == 0 && need != CONFIG_NEED_SETTINGS) {
        config_dictionaries_load(config, need == CONFIG_NEED_ALL, errors);
    }
    if (errors->count == 0) {
        config_warn(config);
    }
}

static struct gateway_config *finish(struct gateway_config *config, enum config_need need,
                                     struct config_errors *errors)
{
    config_finish(config, need, errors);
    if (errors->count > 0) {
        gateway_config_free(config);
        return NULL;
    }
    return config;
}

static struct gateway_config *config_new(struct config_errors *errors)
{
    struct gateway_config *config = calloc(1, sizeof(*config));
    if (config == NULL) {
        config_errors_add(errors, 0, "no memory for the configuration");
    }
    return config;
}

struct gateway_config *gateway_config_load(const char *path, enum config_need need,
                                           struct config_errors *errors)
{
    config_errors_init(errors, path);
    struct gateway_config *config = config_new(errors);
    if (config == NULL) {
        return NULL;
    }
    config_file_read(&config->file, path, errors);
    if (errors->count > 0 && config->file.sections_count == 0) {
        gateway_config_free(config); /* Nothing was read: what is missing would only distract. */
        return NULL;
    }
    return finish(config, need, errors);
}

struct gateway_config *gateway_config_parse(const char *name, struct span text,
                                            enum config_need need, struct config_errors *errors)
{
    config_errors_init(errors, name);
    struct gateway_config *config = config_new(errors);
    if (config == NULL) {
        return NULL;
    }
    config_file_parse(&config->file, name, text, errors);
    return finish(config, need, errors);
}

void gateway_config_free(struct gateway_config *config)
{
    if (config != NULL) {
        config_dictionaries_free(config);
        config_zones_free(config);
        free(config);
    }
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
    for (uint32_t i = 0; i < errors->count; i++) {
        (void)fprintf(out, "%s\n", errors->list[i].text);
    }
    if (errors->dropped > 0) {
        (void)fprintf(out, "%s: … and %u more\n", errors->path, errors->dropped);
    }
}
