#include "gateway/console/log_dictionaries.h"

#include "gateway/shell/dictionary_file.h"

#include <unistd.h>

/* "FIX44.xml,ALPHA.xml" */
static struct dictionary *load_list(const char *list)
{
    char names[DICTIONARY_FILE_PATH_BYTES_MAX];
    const char *paths[DICTIONARY_SOURCES_MAX];
    size_t count = 0;
    char *rest = NULL;
    span_to_text(span_text(list), names, sizeof(names));
    for (char *name = strtok_r(names, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        if (count == DICTIONARY_SOURCES_MAX) {
            command_say("log", "--dictionary: too many files");
            return NULL;
        }
        paths[count] = name;
        count++;
    }
    char error[DICTIONARY_ERROR_BYTES_MAX] = "--dictionary needs a file";
    struct dictionary *dictionary = count > 0 ? dictionary_file_load(paths, count, error) : NULL;
    if (dictionary == NULL) {
        command_say("log", "%s", error);
    }
    return dictionary;
}

/* A session's dictionary with its overlay. One that is not there costs names, no more. */
static struct dictionary *load_overlaid(const struct config_settings *settings)
{
    const char *base = settings->list[CONFIG_KEY_DataDictionary].value;
    const char *overlay = settings->list[CONFIG_KEY_DataDictionaryOverlay].value;
    char found[DICTIONARY_FILE_PATH_BYTES_MAX];
    if (overlay == NULL || base == NULL) {
        return NULL;
    }
    if (access(base, R_OK) != 0) {
        const char *slash = strrchr(base, '/');
        base = dictionary_file_find(slash != NULL ? slash + 1 : base, found) ? found : base;
    }
    const char *const paths[] = {base, overlay};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_file_load(paths, ARRAY_LEN(paths), error);
    if (dictionary == NULL) {
        command_say("log", "%s; its fields have no names", error);
    }
    return dictionary;
}

int log_dictionaries_load(struct log_dictionaries *dictionaries, const char *list,
                          const struct gateway_config *config)
{
    *dictionaries = (struct log_dictionaries){.config = config};
    if (list != NULL) {
        dictionaries->owned = load_list(list);
        dictionaries->usual = dictionaries->owned;
        return dictionaries->owned != NULL ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    if (config == NULL) {
        dictionaries->owned = command_dictionary("log");
        dictionaries->usual = dictionaries->owned;
        return dictionaries->owned != NULL ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
    }
    dictionaries->usual = config->engine.dictionary;
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        dictionaries->overlaid[i] = load_overlaid(&config->session_settings[i]);
    }
    return EXIT_CODE_OK;
}

void log_dictionaries_free(struct log_dictionaries *dictionaries)
{
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX; i++) {
        if (dictionaries->overlaid[i] != NULL) {
            dictionary_free(dictionaries->overlaid[i]);
        }
    }
    if (dictionaries->owned != NULL) {
        dictionary_free(dictionaries->owned);
    }
    *dictionaries = (struct log_dictionaries){.config = NULL};
}

const struct dictionary *log_dictionary_of(const struct log_dictionaries *dictionaries,
                                           const char *session)
{
    const struct gateway_config *config = dictionaries->config;
    for (uint32_t i = 0; config != NULL && i < config->engine.sessions_count; i++) {
        if (dictionaries->overlaid[i] != NULL && strcmp(config->sessions[i].id, session) == 0) {
            return dictionaries->overlaid[i];
        }
    }
    return dictionaries->usual;
}
