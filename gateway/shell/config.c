#include "gateway/shell/config.h"

#include "gateway/shell/config_parts.h"
#include "gateway/shell/nearest.h"

#include <stdlib.h>
#include <strings.h>

enum section_kind {
    SECTION_GATEWAY,
    SECTION_BROKER,
    SECTION_DEFAULT,
    SECTION_SESSION,
    SECTION_UNKNOWN,
};

static const char *const section_names[] = {"GATEWAY", "BROKER", "DEFAULT", "SESSION"};

static enum section_kind section_kind(const char *name)
{
    uint32_t kind = 0;
    while (kind < SECTION_UNKNOWN && strcasecmp(section_names[kind], name) != 0) {
        kind++;
    }
    return (enum section_kind)kind;
}

static unsigned section_places(enum section_kind kind)
{
    switch (kind) {
    case SECTION_GATEWAY:
        return CONFIG_GATEWAY;
    case SECTION_BROKER:
        return CONFIG_BROKER;
    case SECTION_SESSION:
        return CONFIG_SESSION;
    case SECTION_DEFAULT:
    case SECTION_UNKNOWN:
        return CONFIG_EVERYWHERE;
    }
    ASSERT(false);
    return 0;
}

/* Key and value of one line, against the table. */
static void check_entry(const struct config_file *file, const struct config_entry *entry,
                        struct config_errors *errors)
{
    enum section_kind kind = section_kind(file->sections[entry->section].name);
    enum config_key key = config_key_find(entry->key);
    if (key == CONFIG_KEYS_COUNT && config_key_unsupported(entry->key)) {
        config_errors_add(errors, entry->line,
                          "%s is known to QuickFIX, not supported by this version of fixgate; "
                          "remove the line",
                          entry->key);
        return;
    }
    if (key == CONFIG_KEYS_COUNT) {
        const char *nearest = config_key_nearest(entry->key);
        config_errors_add(errors, entry->line, "unknown key '%s'; %s%s%s", entry->key,
                          nearest != NULL ? "did you mean '" : "see `fixgate help config`",
                          nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
        return;
    }
    const struct config_key_definition *definition = config_key_definition(key);
    if ((definition->places & section_places(kind)) == 0) {
        const char *home = (definition->places & CONFIG_GATEWAY) != 0  ? "GATEWAY"
                           : (definition->places & CONFIG_BROKER) != 0 ? "BROKER"
                                                                       : "SESSION";
        config_errors_add(errors, entry->line, "%s does not belong in [%s]; move it to [%s]",
                          definition->name, file->sections[entry->section].name, home);
        return;
    }
    if (entry->value[0] == '\0') {
        config_errors_add(errors, entry->line, "%s has no value; write one or remove the line",
                          definition->name);
        return;
    }
    char reason[CONFIG_REASON_BYTES_MAX];
    const char *wrong = config_value_check(key, entry->value, reason);
    if (wrong != NULL) {
        config_errors_add(errors, entry->line, "%s %s", definition->name, wrong);
    }
}

static void check_doubled(const struct config_file *file, struct config_errors *errors)
{
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        for (uint32_t j = i; j > 0 && file->entries[j - 1].section == entry->section; j--) {
            if (strcasecmp(file->entries[j - 1].key, entry->key) == 0) {
                config_errors_add(errors, entry->line,
                                  "%s stands already in line %u of this section; remove one",
                                  entry->key, file->entries[j - 1].line);
                break;
            }
        }
    }
}

/* Unknown sections, and those that may stand once only. */
static void check_sections(const struct config_file *file, struct config_errors *errors)
{
    uint32_t first[SECTION_UNKNOWN] = {0};
    for (uint32_t i = 0; i < file->sections_count; i++) {
        const struct config_section *section = &file->sections[i];
        enum section_kind kind = section_kind(section->name);
        if (kind == SECTION_UNKNOWN) {
            struct nearest nearest;
            nearest_init(&nearest, span_text(section->name));
            for (uint32_t known = 0; known < SECTION_UNKNOWN; known++) {
                nearest_offer(&nearest, section_names[known]);
            }
            config_errors_add(
                errors, section->line, "unknown section [%s]; %s%s%s", section->name,
                nearest.best != NULL ? "did you mean ["
                                     : "known are [GATEWAY], [BROKER], [DEFAULT], [SESSION",
                nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "]?" : "]");
            continue;
        }
        bool once = kind == SECTION_GATEWAY || kind == SECTION_DEFAULT;
        if (once && first[kind] > 0) {
            config_errors_add(errors, section->line, "[%s] stands already in line %u; join the two",
                              section->name, first[kind]);
        }
        first[kind] = first[kind] > 0 ? first[kind] : section->line;
    }
    if (first[SECTION_GATEWAY] == 0) {
        config_errors_add(errors, 0, "there is no [GATEWAY] section; add one with StorePath");
    }
}

static void apply_entries(const struct config_file *file, uint32_t section, unsigned places,
                          struct config_settings *settings)
{
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        enum config_key key = config_key_find(entry->key);
        bool wanted = entry->section == section && key != CONFIG_KEYS_COUNT &&
                      (config_key_definition(key)->places & places) != 0;
        if (wanted) {
            settings->list[key] = (struct config_setting){
                .value = entry->value, .origin = CONFIG_ORIGIN_FILE, .line = entry->line};
        }
    }
}

/* What is in force in one section: built-in, then [DEFAULT], then its own. */
static void settle(const struct config_file *file, uint32_t section, unsigned places,
                   struct config_settings *settings, struct config_errors *errors)
{
    memset(settings, 0, sizeof(*settings));
    for (uint32_t key = 0; key < CONFIG_KEYS_COUNT; key++) {
        const struct config_key_definition *definition =
            config_key_definition((enum config_key)key);
        bool given = definition->fallback != NULL && definition->fallback[0] != CONFIG_REQUIRED[0];
        if (given && (definition->places & places) != 0) {
            settings->list[key].value = definition->fallback;
            settings->list[key].origin = CONFIG_ORIGIN_BUILT_IN;
        }
    }
    for (uint32_t i = 0; i < file->sections_count; i++) {
        if (section_kind(file->sections[i].name) == SECTION_DEFAULT) {
            apply_entries(file, i, places, settings);
        }
    }
    apply_entries(file, section, places, settings);
    settings->line = file->sections[section].line;
    for (uint32_t key = 0; key < CONFIG_KEYS_COUNT; key++) {
        const struct config_key_definition *definition =
            config_key_definition((enum config_key)key);
        bool required = definition->fallback != NULL &&
                        definition->fallback[0] == CONFIG_REQUIRED[0] &&
                        (definition->places & places) != 0;
        if (required && settings->list[key].value == NULL) {
            config_errors_add(errors, settings->line, "[%s] lacks %s; add %s=… (%s)",
                              file->sections[section].name, definition->name, definition->name,
                              definition->help);
        }
    }
}

static void settle_sections(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_file *file = &config->file;
    for (uint32_t i = 0; i < file->sections_count; i++) {
        uint32_t line = file->sections[i].line;
        switch (section_kind(file->sections[i].name)) {
        case SECTION_GATEWAY:
            settle(file, i, CONFIG_GATEWAY, &config->settings, errors);
            break;
        case SECTION_BROKER:
            if (config->engine.brokers_count == ENGINE_BROKERS_MAX) {
                config_errors_add(errors, line, "more than %d brokers", ENGINE_BROKERS_MAX);
                break;
            }
            settle(file, i, CONFIG_BROKER, &config->broker_settings[config->engine.brokers_count],
                   errors);
            config->engine.brokers_count += 1;
            break;
        case SECTION_SESSION:
            if (config->engine.sessions_count == ENGINE_SESSIONS_MAX) {
                config_errors_add(errors, line, "more than %d sessions", ENGINE_SESSIONS_MAX);
                break;
            }
            settle(file, i, CONFIG_SESSION,
                   &config->session_settings[config->engine.sessions_count], errors);
            config->engine.sessions_count += 1;
            break;
        case SECTION_DEFAULT:
        case SECTION_UNKNOWN:
            break;
        }
    }
}

static struct gateway_config *finish(struct gateway_config *config, enum config_need need,
                                     struct config_errors *errors)
{
    const struct config_file *file = &config->file;
    check_sections(file, errors);
    for (uint32_t i = 0; i < file->entries_count; i++) {
        check_entry(file, &file->entries[i], errors);
    }
    check_doubled(file, errors);
    settle_sections(config, errors);
    if (errors->count == 0) {
        config_build(config, errors);
    }
    if (errors->count == 0 && need == CONFIG_NEED_ALL) {
        config_passwords_read(config, errors);
    }
    if (errors->count == 0 && need != CONFIG_NEED_SETTINGS) {
        config_dictionaries_load(config, need == CONFIG_NEED_ALL, errors);
    }
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
