#include "gateway/shell/config_quickfix.h"

#include "gateway/shell/config_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool config_is_quickfix(const struct config_file *file)
{
    bool session = false;
    for (uint32_t i = 0; i < file->sections_count; i++) {
        enum section_kind kind = config_section_kind(file->sections[i].name);
        if (kind == SECTION_GATEWAY || kind == SECTION_BROKER) {
            return false;
        }
        session = session || kind == SECTION_SESSION;
    }
    for (uint32_t i = 0; i < file->entries_count; i++) {
        if (config_key_find(file->entries[i].key) == CONFIG_KEY_Broker) {
            return false;
        }
    }
    return session;
}

/* --- Lines ---------------------------------------------------------------------- */

static bool word_contains(const char *word, const char *part)
{
    for (; *word != '\0'; word++) {
        if (strncasecmp(word, part, strlen(part)) == 0) {
            return true;
        }
    }
    return false;
}

/* Passwords of any engine are masked, also of keys that we refuse. */
static const char *shown_value(const struct config_entry *entry, const struct config_name *name)
{
    bool secret = name->word == CONFIG_WORD_KEY
                      ? config_key_definition(name->key)->type == CONFIG_SECRET ||
                            config_key_definition(name->key)->type == CONFIG_LOGON_TAG
                      : word_contains(entry->key, "password") ||
                            word_contains(entry->key, "bytes") ||
                            word_contains(entry->key, "connection");
    return secret ? "***" : entry->value;
}

static bool explain_line(const struct config_file *file, const struct config_entry *entry,
                         struct config_errors *said, struct explained_line *out)
{
    struct config_name name = config_name_find(entry->key);
    config_errors_init(said, file->path);
    config_entry_check(file, entry, said, said);
    *out = (struct explained_line){.section = entry->section,
                                   .line = entry->line,
                                   .group = EXPLAIN_TAKES,
                                   .key = entry->key,
                                   .value = shown_value(entry, &name)};
    if (name.word == CONFIG_WORD_NOTED && config_name_takes(&name, entry->value)) {
        out->group = EXPLAIN_DIFFERS;
        (void)snprintf(out->text, sizeof(out->text), "no effect here: %s", name.text);
    } else if (said->count > 0) {
        out->group = EXPLAIN_REFUSES;
        (void)snprintf(out->text, sizeof(out->text), "%s", config_error_text(&said->list[0]));
    } else if (name.alias) {
        out->group = name.text != NULL ? EXPLAIN_DIFFERS : EXPLAIN_TAKES;
        (void)snprintf(out->text, sizeof(out->text), "is %s here%s%s",
                       config_key_definition(name.key)->name, name.text != NULL ? ": " : "",
                       name.text != NULL ? name.text : "");
    }
    return out->group != EXPLAIN_REFUSES;
}

/* Explains each line, and takes those that are refused out of the file. */
static void explain_lines(struct config_explanation *explanation, struct config_errors *said)
{
    struct config_file *file = &explanation->config->file;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < file->entries_count; i++) {
        struct explained_line *line = &explanation->lines[explanation->lines_count];
        explanation->lines_count += 1;
        if (explain_line(file, &file->entries[i], said, line)) {
            file->entries[kept] = file->entries[i];
            kept += 1;
        } else {
            explanation->taken = false;
        }
    }
    file->entries_count = kept;
}

/* --- What is to be added ---------------------------------------------------------- */

static const char *entry_value(const struct config_file *file, uint32_t section,
                               enum config_key key)
{
    for (uint32_t i = 0; i < file->entries_count; i++) {
        if (file->entries[i].section == section && config_key_find(file->entries[i].key) == key) {
            return file->entries[i].value;
        }
    }
    return NULL;
}

/* A broker is called as its sessions call it, in the letters that a name may have. */
static const char *broker_name(struct config_file *file, uint32_t section)
{
    const char *target = entry_value(file, section, CONFIG_KEY_TargetCompID);
    for (uint32_t i = 0; target == NULL && i < file->sections_count; i++) {
        if (config_section_kind(file->sections[i].name) == SECTION_DEFAULT) {
            target = entry_value(file, i, CONFIG_KEY_TargetCompID);
        }
    }
    char name[ENGINE_NAME_BYTES_MAX + 1];
    span_to_text(span_text(target != NULL ? target : "BROKER"), name, sizeof(name));
    for (char *at = name; *at != '\0'; at++) {
        bool word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                    (*at >= '0' && *at <= '9') || *at == '-' || *at == '_';
        *at = word ? *at : '-';
    }
    return config_file_keep(file, span_text(name));
}

static void add_section(struct config_file *file, const char *name)
{
    if (file->sections_count < CONFIG_SECTIONS_MAX) {
        file->sections[file->sections_count] = (struct config_section){.name = name};
        file->sections_count += 1;
    }
}

static void add_entry(struct config_file *file, uint32_t section, const char *key,
                      const char *value)
{
    if (file->entries_count < CONFIG_ENTRIES_MAX) {
        file->entries[file->entries_count] = (struct config_entry){
            .section = section, .line = file->sections[section].line, .key = key, .value = value};
        file->entries_count += 1;
    }
}

/* The broker of that name among the sessions before, so that two of them share it. */
static const char *broker_known(const struct config_explanation *explanation, uint32_t count,
                                const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcasecmp(explanation->brokers[i], name) == 0) {
            return explanation->brokers[i];
        }
    }
    return NULL;
}

static void add_missing(struct config_explanation *explanation)
{
    struct config_file *file = &explanation->config->file;
    uint32_t sessions = 0;
    uint32_t brokers = 0;
    explanation->written_sections = file->sections_count;
    add_section(file, "GATEWAY");
    add_entry(file, file->sections_count - 1, "StorePath", "/var/lib/fixgate");
    for (uint32_t i = 0; i < explanation->written_sections; i++) {
        bool session = config_section_kind(file->sections[i].name) == SECTION_SESSION;
        if (!session || sessions == ENGINE_SESSIONS_MAX) {
            continue;
        }
        const char *name = broker_name(file, i);
        const char *known = broker_known(explanation, sessions, name);
        if (known == NULL && brokers == ENGINE_BROKERS_MAX) {
            known = explanation->brokers[0]; /* More peers than brokers: a person must choose. */
        }
        explanation->brokers[sessions] = known != NULL ? known : name;
        if (known == NULL) {
            add_section(file, "BROKER");
            add_entry(file, file->sections_count - 1, "Name", name);
            brokers += 1;
        }
        add_entry(file, i, "Broker", explanation->brokers[sessions]);
        sessions += 1;
    }
}

/* --- All -------------------------------------------------------------------------- */

struct config_explanation *config_explain(const char *path)
{
    struct config_explanation *explanation = calloc(1, sizeof(*explanation));
    struct config_errors *said = calloc(1, sizeof(*said));
    struct gateway_config *config = calloc(1, sizeof(*config));
    if (explanation == NULL || said == NULL || config == NULL) {
        free(explanation);
        free(said);
        free(config);
        return NULL;
    }
    explanation->config = config;
    explanation->taken = true;
    config_errors_init(&explanation->form, path);
    config_errors_init(&explanation->rest, path);
    config_file_read(&config->file, path, &explanation->form);
    explain_lines(explanation, said);
    add_missing(explanation);
    config_finish(config, CONFIG_NEED_ALL, &explanation->rest);
    explanation->taken =
        explanation->taken && explanation->form.count == 0 && explanation->rest.count == 0;
    free(said);
    return explanation;
}

void config_explanation_free(struct config_explanation *explanation)
{
    if (explanation != NULL) {
        gateway_config_free(explanation->config);
        free(explanation);
    }
}

const struct config_settings *config_explained_session(const struct config_explanation *explanation,
                                                       uint32_t section, uint32_t *session)
{
    const struct config_file *file = &explanation->config->file;
    *session = 0;
    for (uint32_t i = 0; i < section; i++) {
        *session += config_section_kind(file->sections[i].name) == SECTION_SESSION ? 1 : 0;
    }
    bool there = config_section_kind(file->sections[section].name) == SECTION_SESSION &&
                 *session < explanation->config->engine.sessions_count;
    return there ? &explanation->config->session_settings[*session] : NULL;
}

void config_explained_name(const struct config_settings *settings,
                           char name[EXPLAINED_NAME_BYTES_MAX])
{
    _Static_assert((int)EXPLAINED_NAME_BYTES_MAX >= (int)CONFIG_ID_TEXT_BYTES_MAX, "a name fits");
    config_session_id(settings, name);
}

/* Of those that differ, which have no meaning as long as another key does not ask for it. */
static bool default_matters(const struct config_settings *settings, enum config_key key)
{
    static const enum config_key of_tls[] = {CONFIG_KEY_SSLProtocol, CONFIG_KEY_SSLCipherSuite,
                                             CONFIG_KEY_CertificateVerifyLevel};
    for (size_t i = 0; i < ARRAY_LEN(of_tls); i++) {
        if (key == of_tls[i]) {
            return setting_yes(settings, CONFIG_KEY_SocketUseSSL);
        }
    }
    return key != CONFIG_KEY_EnableResetSeqTime ||
           setting_text(settings, CONFIG_KEY_ResetSeqTime) != NULL;
}

bool config_default_differs(const struct config_settings *settings, enum config_key key)
{
    const struct config_key_definition *definition = config_key_definition(key);
    bool session = (definition->places & CONFIG_SESSION) != 0;
    bool role = (definition->places & (setting_is_acceptor(settings) ? CONFIG_ONLY_INITIATOR
                                                                     : CONFIG_ONLY_ACCEPTOR)) == 0;
    return session && role && definition->elsewhere != NULL &&
           strstr(definition->elsewhere, "required") == NULL &&
           settings->list[key].origin != CONFIG_ORIGIN_FILE && default_matters(settings, key);
}

const char *config_default_text(const struct config_settings *settings, enum config_key key)
{
    const char *value = setting_text(settings, key);
    return value != NULL ? value : config_key_definition(key)->form;
}
