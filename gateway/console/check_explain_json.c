#include "gateway/console/check_explain_json.h"

#include "gateway/shell/json_text.h"

#include <strings.h>

/* One line of the file and what is said of it, escaped: six bytes for one. */
enum { PIECE_BYTES_MAX = 8 * (CONFIG_ERROR_BYTES_MAX + 2 * CONFIG_LINE_BYTES_MAX) };

struct piece {
    char bytes[PIECE_BYTES_MAX];
    struct json_text text;
};

static struct json_text *piece_begin(struct piece *piece)
{
    json_text_init(&piece->text, piece->bytes, sizeof(piece->bytes));
    return &piece->text;
}

static void piece_end(const struct piece *piece, FILE *out)
{
    struct span bytes = json_text_span(&piece->text);
    (void)fwrite(bytes.data, 1, bytes.size, out);
}

static void print_group(const struct config_explanation *explanation, uint32_t section,
                        enum explain_group group, const char *name, FILE *out)
{
    const char *comma = "";
    (void)fprintf(out, ",\"%s\":[", name);
    for (uint32_t i = 0; i < explanation->lines_count; i++) {
        const struct explained_line *line = &explanation->lines[i];
        if (line->section != section || line->group != group) {
            continue;
        }
        struct piece piece;
        struct json_text *text = piece_begin(&piece);
        json_text_words(text, comma);
        json_text_words(text, "{\"line\":");
        json_text_uint(text, line->line);
        json_text_pair(text, false, "key", span_text(line->key));
        json_text_pair(text, false, "value", span_text(line->value));
        if (line->text[0] != '\0') {
            json_text_pair(text, false, "text", span_text(line->text));
        }
        json_text_words(text, "}");
        piece_end(&piece, out);
        comma = ",";
    }
    (void)fputs("]", out);
}

static void print_defaults(const struct config_settings *settings, FILE *out)
{
    const char *comma = "";
    (void)fputs(",\"defaults\":[", out);
    for (uint32_t i = 0; settings != NULL && i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        if (!config_default_differs(settings, key)) {
            continue;
        }
        const struct config_key_definition *definition = config_key_definition(key);
        struct piece piece;
        struct json_text *text = piece_begin(&piece);
        json_text_words(text, comma);
        json_text_words(text, "{");
        json_text_pair(text, true, "key", span_text(definition->name));
        json_text_pair(text, false, "here", span_text(config_default_text(settings, key)));
        json_text_pair(text, false, "elsewhere", span_text(definition->elsewhere));
        json_text_words(text, "}");
        piece_end(&piece, out);
        comma = ",";
    }
    (void)fputs("]", out);
}

static void print_section(const struct config_explanation *explanation, uint32_t section, FILE *out)
{
    const struct config_section *about = &explanation->config->file.sections[section];
    uint32_t session = 0;
    const struct config_settings *settings =
        config_explained_session(explanation, section, &session);
    struct piece piece;
    struct json_text *text = piece_begin(&piece);
    json_text_words(text, section > 0 ? ",{" : "{");
    json_text_pair(text, true, "section", span_text(about->name));
    json_text_words(text, ",\"line\":");
    json_text_uint(text, about->line);
    piece_end(&piece, out);
    print_group(explanation, section, EXPLAIN_TAKES, "takes", out);
    print_group(explanation, section, EXPLAIN_DIFFERS, "differs", out);
    print_group(explanation, section, EXPLAIN_REFUSES, "refuses", out);
    print_defaults(settings, out);
    if (settings != NULL) {
        text = piece_begin(&piece);
        char name[EXPLAINED_NAME_BYTES_MAX];
        config_explained_name(settings, name);
        json_text_pair(text, false, "session", span_text(name));
        json_text_pair(text, false, "add_broker", span_text(explanation->brokers[session]));
        piece_end(&piece, out);
    }
    (void)fputs("}", out);
}

static void print_errors(const struct config_errors *errors, bool *first, FILE *out)
{
    for (uint32_t i = 0; i < errors->count; i++) {
        struct piece piece;
        struct json_text *text = piece_begin(&piece);
        json_text_words(text, *first ? "" : ",");
        json_text_string(text, span_text(errors->list[i].text));
        piece_end(&piece, out);
        *first = false;
    }
}

/* Sections to be added: [{"section":"BROKER","key":"Name","value":"X"}, …] */
static void print_additions(const struct config_explanation *explanation, FILE *out)
{
    const struct config_file *file = &explanation->config->file;
    const char *comma = "";
    for (uint32_t i = 0; i < file->entries_count; i++) {
        const struct config_entry *entry = &file->entries[i];
        if (entry->section < explanation->written_sections) {
            continue;
        }
        struct piece piece;
        struct json_text *text = piece_begin(&piece);
        json_text_words(text, comma);
        json_text_words(text, "{");
        json_text_pair(text, true, "section", span_text(file->sections[entry->section].name));
        json_text_pair(text, false, "key", span_text(entry->key));
        json_text_pair(text, false, "value", span_text(entry->value));
        json_text_words(text, "}");
        piece_end(&piece, out);
        comma = ",";
    }
}

void check_explain_json(const struct config_explanation *explanation, const char *path, FILE *out)
{
    struct piece piece;
    struct json_text *text = piece_begin(&piece);
    json_text_words(text, "{");
    json_text_pair(text, true, "quickfix", span_text(path));
    json_text_words(text, explanation->taken ? ",\"taken\":true" : ",\"taken\":false");
    json_text_words(text, ",\"sections\":[");
    piece_end(&piece, out);
    for (uint32_t i = 0; i < explanation->written_sections; i++) {
        print_section(explanation, i, out);
    }
    bool first = true;
    (void)fputs("],\"problems\":[", out);
    print_errors(&explanation->form, &first, out);
    print_errors(&explanation->rest, &first, out);
    (void)fputs("],\"add\":[", out);
    print_additions(explanation, out);
    first = true;
    (void)fputs("],\"warnings\":[", out);
    print_errors(&explanation->config->warnings, &first, out);
    (void)fputs("]}\n", out);
}
