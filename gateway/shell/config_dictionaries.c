#include "gateway/shell/config_parts.h"
#include "gateway/shell/dictionary_file.h"

#include <unistd.h>

/* The file of a setting. A default names one of our own files, which may be
 * installed elsewhere: then it is looked for there. */
static const char *file_of(struct gateway_config *config, struct config_settings *settings,
                           enum config_key key)
{
    struct config_setting *setting = &settings->list[key];
    if (setting->value == NULL || setting->origin != CONFIG_ORIGIN_BUILT_IN ||
        access(setting->value, R_OK) == 0) {
        return setting->value;
    }
    const char *slash = strrchr(setting->value, '/');
    char found[DICTIONARY_FILE_PATH_BYTES_MAX];
    if (dictionary_file_find(slash != NULL ? slash + 1 : setting->value, found)) {
        setting->value = config_file_keep(&config->file, span_text(found));
    }
    return setting->value;
}

static bool same(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* One dictionary per set of files, however many sessions use it. NULL: in `errors`. */
static const struct dictionary *load(struct gateway_config *config, const char *base,
                                     const char *overlay, uint32_t line,
                                     struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->dictionaries_count; i++) {
        const struct config_dictionary *known = &config->dictionaries[i];
        if (same(known->base, base) && same(known->overlay, overlay)) {
            return known->dictionary;
        }
    }
    ASSERT(config->dictionaries_count < CONFIG_DICTIONARIES_MAX);
    const char *const paths[] = {base, overlay};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_file_load(paths, overlay != NULL ? 2 : 1, error);
    if (dictionary == NULL) {
        config_errors_add(errors, line, "dictionary: %s", error);
    }
    /* A failure is remembered too: it is one error, not one per session. */
    config->dictionaries[config->dictionaries_count] =
        (struct config_dictionary){.base = base, .overlay = overlay, .dictionary = dictionary};
    config->dictionaries_count += 1;
    return dictionary;
}

void config_dictionaries_load(struct gateway_config *config, bool sessions,
                              struct config_errors *errors)
{
    struct config_settings *settings = &config->settings;
    config->engine.dictionary = load(config, file_of(config, settings, CONFIG_KEY_DataDictionary),
                                     file_of(config, settings, CONFIG_KEY_InternalDictionary),
                                     setting_line(settings, CONFIG_KEY_InternalDictionary), errors);
    for (uint32_t i = 0; sessions && i < config->engine.sessions_count; i++) {
        struct config_settings *session = &config->session_settings[i];
        bool used = setting_yes(session, CONFIG_KEY_UseDataDictionary) &&
                    setting_yes(session, CONFIG_KEY_ValidateIncomingMessage);
        bool overlaid = setting_text(session, CONFIG_KEY_DataDictionaryOverlay) != NULL;
        if (used) {
            config->sessions[i].fix.dictionary =
                load(config, file_of(config, session, CONFIG_KEY_DataDictionary),
                     file_of(config, session, CONFIG_KEY_DataDictionaryOverlay),
                     setting_line(session, overlaid ? CONFIG_KEY_DataDictionaryOverlay
                                                    : CONFIG_KEY_DataDictionary),
                     errors);
        } else if (overlaid) {
            config_errors_add(errors, setting_line(session, CONFIG_KEY_DataDictionaryOverlay),
                              "DataDictionaryOverlay has no use without UseDataDictionary; remove "
                              "one of the two");
        }
    }
}

void config_dictionaries_free(struct gateway_config *config)
{
    for (uint32_t i = 0; i < config->dictionaries_count; i++) {
        if (config->dictionaries[i].dictionary != NULL) {
            dictionary_free(config->dictionaries[i].dictionary);
        }
    }
    config->dictionaries_count = 0;
}
