/* Every line by itself: sections, keys, values. */
#include "gateway/shell/config_parts.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>
#include <strings.h>

static const char *const section_names[] = {"GATEWAY", "BROKER",   "DEFAULT", "SESSION",
                                            "ROUTER",  "OPERATOR", "LIMIT"};

enum section_kind config_section_kind(const char *name)
{
    uint32_t kind = 0;
    while (kind < SECTION_UNKNOWN && strcasecmp(section_names[kind], name) != 0) {
        kind++;
    }
    return (enum section_kind)kind;
}

unsigned config_section_places(enum section_kind kind)
{
    switch (kind) {
    case SECTION_GATEWAY:
        return CONFIG_GATEWAY;
    case SECTION_BROKER:
        return CONFIG_BROKER;
    case SECTION_SESSION:
        return CONFIG_SESSION;
    case SECTION_ROUTER:
        return CONFIG_ROUTER;
    case SECTION_OPERATOR:
        return CONFIG_OPERATOR;
    case SECTION_LIMIT:
        return CONFIG_LIMIT;
    case SECTION_DEFAULT:
    case SECTION_UNKNOWN:
        return CONFIG_EVERYWHERE;
    }
    ASSERT(false);
    return 0;
}

static void say_unknown(const struct config_entry *entry, const struct config_name *name,
                        struct config_errors *errors)
{
    if (name->beyond > 0) {
        config_errors_add(errors, entry->line, "%s is beyond %s%u, the last that there may be",
                          entry->key, name->spelling, name->beyond);
        return;
    }
    char text[CONFIG_NEAREST_BYTES_MAX];
    bool kept = errors->count < CONFIG_ERRORS_MAX; /* Else nobody will read the guess. */
    const char *nearest = kept ? config_name_nearest(entry->key, text) : NULL;
    config_errors_add(errors, entry->line, "unknown key '%s'; %s%s%s", entry->key,
                      nearest != NULL ? "did you mean '" : "see `fixgate help config`",
                      nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

static void say_noted(const struct config_entry *entry, const struct config_name *name,
                      struct config_errors *errors, struct config_errors *notes)
{
    if (config_name_takes(name, entry->value)) {
        config_errors_add(notes, entry->line, "%s has no effect here: %s", entry->key, name->text);
    } else {
        config_errors_add(errors, entry->line,
                          "%s=%.40s is not taken: %s; write %s=%s or remove the line", entry->key,
                          entry->value, name->text, entry->key, name->only);
    }
}

/* The name as it stands in the file; behind it our own, if that is another. */
static const char *shown_name(const struct config_entry *entry, const struct config_name *name,
                              char text[2 * CONFIG_WORD_BYTES_MAX + 8])
{
    const char *own = config_key_definition(name->key)->name;
    if (!name->alias) {
        return name->number > 0 ? entry->key : own;
    }
    (void)snprintf(text, 2 * CONFIG_WORD_BYTES_MAX + 8, "%s (%s)", entry->key, own);
    return text;
}

static void check_value(const struct config_entry *entry, const struct config_name *name,
                        struct config_errors *errors)
{
    char shown[2 * CONFIG_WORD_BYTES_MAX + 8];
    char reason[CONFIG_REASON_BYTES_MAX];
    const char *value = config_name_value(name, entry->value);
    if (entry->value[0] == '\0') {
        config_errors_add(errors, entry->line, "%s has no value; write one or remove the line",
                          shown_name(entry, name, shown));
        return;
    }
    if (value == NULL) {
        config_errors_add(errors, entry->line, "%s '%.60s' is not one of %s",
                          shown_name(entry, name, shown), entry->value, name->values);
        return;
    }
    const char *wrong = config_value_check(name->key, value, reason);
    if (wrong != NULL) {
        config_errors_add(errors, entry->line, "%s %s", shown_name(entry, name, shown), wrong);
    }
}

void config_entry_check(const struct config_file *file, const struct config_entry *entry,
                        struct config_errors *errors, struct config_errors *notes)
{
    enum section_kind kind = config_section_kind(file->sections[entry->section].name);
    struct config_name name = config_name_find(entry->key);
    switch (name.word) {
    case CONFIG_WORD_UNKNOWN:
        say_unknown(entry, &name, errors);
        return;
    case CONFIG_WORD_NOTED:
        say_noted(entry, &name, errors, notes);
        return;
    case CONFIG_WORD_REFUSED:
        config_errors_add(errors, entry->line, "%s is not taken: %s", entry->key, name.text);
        return;
    case CONFIG_WORD_KEY:
        break;
    }
    const struct config_key_definition *definition = config_key_definition(name.key);
    if ((definition->places & config_section_places(kind)) == 0) {
        const char *home = (definition->places & CONFIG_GATEWAY) != 0    ? "GATEWAY"
                           : (definition->places & CONFIG_BROKER) != 0   ? "BROKER"
                           : (definition->places & CONFIG_OPERATOR) != 0 ? "OPERATOR"
                           : (definition->places & CONFIG_LIMIT) != 0    ? "LIMIT"
                           : (definition->places & CONFIG_ROUTER) != 0   ? "ROUTER"
                                                                         : "SESSION";
        char shown[2 * CONFIG_WORD_BYTES_MAX + 8];
        config_errors_add(errors, entry->line, "%s does not belong in [%s]; move it to [%s]",
                          shown_name(entry, &name, shown), file->sections[entry->section].name,
                          home);
        return;
    }
    check_value(entry, &name, errors);
}

/* Which key an entry sets, whatever it is called; no_key if none. */
static const uint32_t no_key = UINT32_MAX;

static uint32_t key_set_by(const struct config_entry *entry)
{
    struct config_name name = config_name_find(entry->key);
    return name.word == CONFIG_WORD_KEY ? name.key * (CONFIG_NUMBERS_MAX + 1) + name.number
                                        : no_key;
}

static void check_doubled(const struct config_file *file, struct config_errors *errors)
{
    uint32_t keys[CONFIG_ENTRIES_MAX];
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        keys[i] = key_set_by(entry);
        for (uint32_t j = i; j > 0 && file->entries[j - 1].section == entry->section; j--) {
            const struct config_entry *other = &file->entries[j - 1];
            bool same_word = strcasecmp(other->key, entry->key) == 0;
            if (same_word || (keys[i] != no_key && keys[j - 1] == keys[i])) {
                config_errors_add(errors, entry->line,
                                  "%s stands already in line %u of this section%s%s; remove one",
                                  entry->key, other->line, same_word ? "" : ", as ",
                                  same_word ? "" : other->key);
                break;
            }
        }
    }
}

/* Unknown sections, and those that may stand once only. */
static void check_sections(const struct config_file *file, struct config_errors *errors)
{
    uint32_t first[SECTION_UNKNOWN] = {0}; /* Its line. */
    bool seen[SECTION_UNKNOWN] = {false};
    for (uint32_t i = 0; i < file->sections_count; i++) {
        const struct config_section *section = &file->sections[i];
        enum section_kind kind = config_section_kind(section->name);
        if (kind == SECTION_UNKNOWN) {
            struct nearest nearest;
            nearest_init(&nearest, span_text(section->name));
            for (uint32_t known = 0; known < SECTION_UNKNOWN; known++) {
                nearest_offer(&nearest, section_names[known]);
            }
            config_errors_add(
                errors, section->line, "unknown section [%s]; %s%s%s", section->name,
                nearest.best != NULL ? "did you mean ["
                                     : "known are [GATEWAY], [BROKER], [DEFAULT], [SESSION], "
                                       "[ROUTER], [OPERATOR], [LIMIT",
                nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "]?" : "]");
            continue;
        }
        bool once = kind == SECTION_GATEWAY || kind == SECTION_DEFAULT || kind == SECTION_ROUTER;
        if (once && seen[kind]) {
            config_errors_add(errors, section->line, "[%s] stands already in line %u; join the two",
                              section->name, first[kind]);
        }
        first[kind] = seen[kind] ? first[kind] : section->line;
        seen[kind] = true;
    }
    if (!seen[SECTION_GATEWAY]) {
        config_errors_add(errors, 0, "there is no [GATEWAY] section; add one with StorePath");
    }
}

void config_sections_check(const struct config_file *file, struct config_errors *errors,
                           struct config_errors *notes)
{
    check_sections(file, errors);
    for (uint32_t i = 0; i < file->entries_count; i++) {
        config_entry_check(file, &file->entries[i], errors, notes);
    }
    check_doubled(file, errors);
}
