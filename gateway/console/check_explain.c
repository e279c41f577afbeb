#include "gateway/console/check_explain.h"

#include "gateway/console/check_explain_json.h"
#include "gateway/shell/config_quickfix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

static const char *const group_titles[EXPLAIN_GROUPS_COUNT] = {
    [EXPLAIN_TAKES] = "takes",
    [EXPLAIN_DIFFERS] = "is different here",
    [EXPLAIN_REFUSES] = "refuses",
};

static void print_line(const struct explained_line *line, FILE *out)
{
    bool said = line->text[0] != '\0';
    (void)fprintf(out, "  %5" PRIu32 "  %s=%s\n", line->line, line->key, line->value);
    if (said) {
        (void)fprintf(out, "           %s\n", line->text);
    }
}

static void print_defaults(const struct config_settings *settings, bool any, FILE *out)
{
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        if (!config_default_differs(settings, key)) {
            continue;
        }
        if (!any) {
            (void)fprintf(out, "  %s\n", group_titles[EXPLAIN_DIFFERS]);
            any = true;
        }
        const struct config_key_definition *definition = config_key_definition(key);
        (void)fprintf(out, "      -  %s is not set; here: %s (%s)\n", definition->name,
                      config_default_text(settings, key), definition->elsewhere);
    }
}

static bool print_group(const struct config_explanation *explanation, uint32_t section,
                        enum explain_group group, FILE *out)
{
    bool any = false;
    for (uint32_t i = 0; i < explanation->lines_count; i++) {
        const struct explained_line *line = &explanation->lines[i];
        if (line->section != section || line->group != group) {
            continue;
        }
        if (!any) {
            (void)fprintf(out, "  %s\n", group_titles[group]);
            any = true;
        }
        print_line(line, out);
    }
    return any;
}

static void print_section(const struct config_explanation *explanation, uint32_t section, FILE *out)
{
    const struct config_section *about = &explanation->config->file.sections[section];
    uint32_t session = 0;
    const struct config_settings *settings =
        config_explained_session(explanation, section, &session);
    (void)fprintf(out, "\n[%s], line %" PRIu32, about->name, about->line);
    if (settings != NULL) {
        char name[EXPLAINED_NAME_BYTES_MAX];
        config_explained_name(settings, name);
        (void)fprintf(out, ": %s, %s", name, settings->list[CONFIG_KEY_ConnectionType].value);
    }
    (void)fprintf(out, "\n");
    (void)print_group(explanation, section, EXPLAIN_TAKES, out);
    bool any = print_group(explanation, section, EXPLAIN_DIFFERS, out);
    if (settings != NULL) {
        print_defaults(settings, any, out);
    }
    (void)print_group(explanation, section, EXPLAIN_REFUSES, out);
}

static void print_errors(const struct config_explanation *explanation, FILE *out)
{
    if (explanation->form.count == 0 && explanation->rest.count == 0) {
        return;
    }
    (void)fprintf(out, "\nBesides, this does not fit together:\n");
    for (uint32_t i = 0; i < explanation->form.count; i++) {
        (void)fprintf(out, "  %s\n", explanation->form.list[i].text);
    }
    for (uint32_t i = 0; i < explanation->rest.count; i++) {
        (void)fprintf(out, "  %s\n", explanation->rest.list[i].text);
    }
}

/* Ready to be pasted; the comments say where. */
static void print_additions(const struct config_explanation *explanation, FILE *out)
{
    const struct config_file *file = &explanation->config->file;
    (void)fprintf(out, "\nTo be added, at the end of the file:\n\n[GATEWAY]\n"
                       "StorePath=/var/lib/fixgate\n");
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        if (entry->section >= explanation->written_sections &&
            strcasecmp(entry->key, "Name") == 0) {
            (void)fprintf(out, "\n[BROKER]\nName=%s\n", entry->value);
        }
    }
    (void)fprintf(
        out, "\nand in each [SESSION], whose it is (and Role=dropcopy or Role=marketdata, where "
             "it carries no orders):\n\n");
    for (uint32_t i = 0; i < explanation->written_sections; i++) {
        uint32_t session = 0;
        if (config_explained_session(explanation, i, &session) != NULL) {
            (void)fprintf(out, "Broker=%-24s # [SESSION] of line %" PRIu32 "\n",
                          explanation->brokers[session], file->sections[i].line);
        }
    }
}

static void print_explanation(const struct config_explanation *explanation, const char *path,
                              FILE *out)
{
    (void)fprintf(out,
                  "%s is a configuration of QuickFIX: sessions, and no [GATEWAY].\n"
                  "This is what fixgate makes of it.\n",
                  path);
    for (uint32_t i = 0; i < explanation->written_sections; i++) {
        print_section(explanation, i, out);
    }
    print_errors(explanation, out);
    print_additions(explanation, out);
    const struct gateway_config *config = explanation->config;
    for (uint32_t i = 0; i < config->warnings.count; i++) {
        (void)fprintf(out, "%swarning: %s\n", i == 0 ? "\n" : "", config->warnings.list[i].text);
    }
}

bool check_explain(const char *path, bool json, FILE *out, bool *taken)
{
    struct config_file *file = calloc(1, sizeof(*file));
    struct config_errors *errors = calloc(1, sizeof(*errors));
    bool quickfix = false;
    if (file != NULL && errors != NULL) {
        config_errors_init(errors, path);
        config_file_read(file, path, errors);
        quickfix = config_is_quickfix(file);
    }
    free(file);
    free(errors);
    struct config_explanation *explanation = quickfix ? config_explain(path) : NULL;
    if (explanation == NULL) {
        return false;
    }
    *taken = explanation->taken;
    if (json) {
        check_explain_json(explanation, path, out);
    } else {
        print_explanation(explanation, path, out);
    }
    config_explanation_free(explanation);
    return true;
}
