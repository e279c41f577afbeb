/* What is in force in each section: the built-in default, then [DEFAULT], then its own. */
#include "gateway/shell/config_parts.h"

static bool is_of_role(unsigned places, bool acceptor)
{
    return (places & (acceptor ? CONFIG_ONLY_INITIATOR : CONFIG_ONLY_ACCEPTOR)) == 0;
}

static struct config_setting *setting_of(struct config_settings *settings,
                                         const struct config_name *name)
{
    return name->number == 0 ? &settings->list[name->key]
                             : &settings->numbered[config_key_family(name->key)][name->number - 1];
}

static void apply_entries(const struct config_file *file, uint32_t section, unsigned places,
                          bool own, struct config_settings *settings)
{
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        if (entry->section != section) {
            continue;
        }
        struct config_name name = config_name_find(entry->key);
        bool wanted =
            name.word == CONFIG_WORD_KEY && (config_key_definition(name.key)->places & places) != 0;
        if (wanted) {
            *setting_of(settings, &name) =
                (struct config_setting){.value = config_name_value(&name, entry->value),
                                        .origin = CONFIG_ORIGIN_FILE,
                                        .own = own,
                                        .line = entry->line,
                                        .written = entry->key};
        }
    }
}

static void apply_defaults(unsigned places, struct config_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        const struct config_key_definition *definition = config_key_definition(key);
        bool given = definition->fallback != NULL && !config_key_required(key);
        if (given && (definition->places & places) != 0) {
            setting_default(settings, key, definition->fallback);
        }
    }
}

/* ConnectionType, also while its value may still be wrong. */
static bool is_acceptor(const struct config_settings *settings)
{
    char reason[CONFIG_REASON_BYTES_MAX];
    const char *value = setting_text(settings, CONFIG_KEY_ConnectionType);
    return value != NULL && config_value_check(CONFIG_KEY_ConnectionType, value, reason) == NULL &&
           setting_is_acceptor(settings);
}

/* A key of the other role is a slip in the section itself, and no matter in [DEFAULT]. */
static void drop_other_role(struct config_settings *settings, enum config_key key, bool acceptor,
                            struct config_errors *errors)
{
    enum config_family family = config_key_family(key);
    uint32_t numbers = family != CONFIG_FAMILIES_COUNT ? config_family_max(family) : 0;
    for (uint32_t number = 0; number <= numbers; number++) {
        struct config_setting *setting =
            number == 0 ? &settings->list[key] : &settings->numbered[family][number - 1];
        if (setting->own) {
            config_errors_add(errors, setting->line,
                              "%s is for %s only, and this session is an %s; remove the line, or "
                              "set ConnectionType=%s",
                              setting->written, acceptor ? "initiators" : "acceptors",
                              acceptor ? "acceptor" : "initiator",
                              acceptor ? "initiator" : "acceptor");
        }
        *setting = (struct config_setting){.value = NULL};
    }
}

static void say_missing(const struct config_settings *settings, const char *section,
                        enum config_key key, struct config_errors *errors)
{
    const struct config_key_definition *definition = config_key_definition(key);
    bool initiator = (definition->places & CONFIG_ONLY_INITIATOR) != 0;
    config_errors_add(errors, settings->line, "[%s] lacks %s; add %s=… (%s)%s", section,
                      definition->name, definition->name, definition->help,
                      initiator ? ", or ConnectionType=acceptor if the peer connects to us" : "");
}

/* What is in force where the section itself says nothing, or is not there. */
static void settle_inherited(const struct config_file *file, unsigned places,
                             struct config_settings *settings)
{
    apply_defaults(places, settings);
    for (uint32_t i = 0; i < file->sections_count; i++) {
        if (config_section_kind(file->sections[i].name) == SECTION_DEFAULT) {
            apply_entries(file, i, places, false, settings);
        }
    }
}

static void settle_one(const struct config_file *file, uint32_t section, unsigned places,
                       struct config_settings *settings, struct config_errors *errors)
{
    settle_inherited(file, places, settings);
    apply_entries(file, section, places, true, settings);
    settings->line = file->sections[section].line;
    bool acceptor = is_acceptor(settings);
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        unsigned of_key = config_key_definition(key)->places;
        if ((of_key & places) == 0) {
            continue;
        }
        if (!is_of_role(of_key, acceptor)) {
            drop_other_role(settings, key, acceptor, errors);
        } else if (config_key_required(key) && settings->list[key].value == NULL) {
            say_missing(settings, file->sections[section].name, key, errors);
        }
    }
}

void config_settle(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_file *file = &config->file;
    settle_inherited(file, CONFIG_ROUTER, &config->router_settings);
    for (uint32_t i = 0; i < file->sections_count; i++) {
        uint32_t line = file->sections[i].line;
        switch (config_section_kind(file->sections[i].name)) {
        case SECTION_GATEWAY:
            settle_one(file, i, CONFIG_GATEWAY, &config->settings, errors);
            break;
        case SECTION_BROKER:
            if (config->engine.brokers_count == ENGINE_BROKERS_MAX) {
                config_errors_add(errors, line, "more than %d brokers", ENGINE_BROKERS_MAX);
                break;
            }
            settle_one(file, i, CONFIG_BROKER,
                       &config->broker_settings[config->engine.brokers_count], errors);
            config->engine.brokers_count += 1;
            break;
        case SECTION_SESSION:
            if (config->engine.sessions_count == ENGINE_SESSIONS_MAX) {
                config_errors_add(errors, line, "more than %d sessions", ENGINE_SESSIONS_MAX);
                break;
            }
            settle_one(file, i, CONFIG_SESSION,
                       &config->session_settings[config->engine.sessions_count], errors);
            config->engine.sessions_count += 1;
            break;
        case SECTION_ROUTER:
            settle_one(file, i, CONFIG_ROUTER, &config->router_settings, errors);
            break;
        case SECTION_OPERATOR:
            if (config->operator_sections == OPERATORS_MAX) {
                config_errors_add(errors, line, "more than %d operators", OPERATORS_MAX);
                break;
            }
            settle_one(file, i, CONFIG_OPERATOR,
                       &config->operator_settings[config->operator_sections], errors);
            config->operator_sections += 1;
            break;
        case SECTION_LIMIT:
            if (config->limit_sections == CONFIG_LIMITS_MAX) {
                config_errors_add(errors, line, "more than %d limits", CONFIG_LIMITS_MAX);
                break;
            }
            settle_one(file, i, CONFIG_LIMIT, &config->limit_settings[config->limit_sections],
                       errors);
            config->limit_sections += 1;
            break;
        case SECTION_DEFAULT:
        case SECTION_UNKNOWN:
            break;
        }
    }
}
