/* Build tool: writes fix/tags.h, the names of the dictionary as C constants.
 *
 *     tags_generate OUTPUT BASE.xml [OVERLAY.xml]…
 *
 * It reads with the same loader as the gateway at its start, so that a constant
 * and the running dictionary cannot disagree. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/dictionary_loader.h"

enum { TEXT_BYTES_MAX = 640 };

/* `data` is the caller's to free, also after a failure. */
static bool read_file(const char *path, struct dictionary_source *out, uint8_t **data)
{
    enum { FILE_BYTES_MAX = 8 * 1024 * 1024 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    *data = malloc(FILE_BYTES_MAX);
    ASSERT(*data != NULL);
    size_t size = fread(*data, 1, FILE_BYTES_MAX, file);
    bool whole = feof(file) != 0 && ferror(file) == 0;
    (void)fclose(file);
    out->name = path;
    out->xml = span_of(*data, size);
    return whole;
}

/* FieldName_DESCRIPTION, as a C identifier. */
static void constant_name(const struct dictionary_field *field,
                          const struct dictionary_value *value, char out[TEXT_BYTES_MAX])
{
    int size = snprintf(out, TEXT_BYTES_MAX, "%s_%s", field->name, value->description);
    ASSERT(size > 0);
    ASSERT(size < TEXT_BYTES_MAX);
    for (char *c = out; *c != '\0'; c++) {
        bool fits =
            (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        *c = fits ? *c : '_';
    }
}

/* Two values of one field may have the same description; the later ones then
 * carry their value behind it. */
static bool name_taken(const struct dictionary_field *field, const struct dictionary_value *values,
                       uint32_t index)
{
    char own[TEXT_BYTES_MAX];
    char other[TEXT_BYTES_MAX];
    constant_name(field, &values[index], own);
    for (uint32_t i = 0; i < index; i++) {
        constant_name(field, &values[i], other);
        if (strcmp(own, other) == 0) {
            return true;
        }
    }
    return false;
}

static void write_values(FILE *out, const struct dictionary *dictionary,
                         const struct dictionary_field *field)
{
    bool is_char = field->type == DICTIONARY_TYPE_CHAR;
    bool is_int = field->type == DICTIONARY_TYPE_INT;
    if (field->values_count == 0 || (!is_char && !is_int)) {
        return;
    }
    const struct dictionary_value *values = &dictionary->values[field->values_begin];
    fprintf(out, "\n/* %s(%u) */\nenum {\n", field->name, (unsigned)field->tag);
    for (uint32_t i = 0; i < field->values_count; i++) {
        char name[TEXT_BYTES_MAX];
        constant_name(field, &values[i], name);
        const char *value = values[i].value;
        bool taken = name_taken(field, values, i);
        fprintf(out, "    %s%s%s = ", name, taken ? "_" : "", taken ? value : "");
        if (is_char) {
            bool escape = value[0] == '\'' || value[0] == '\\';
            fprintf(out, "'%s%c',\n", escape ? "\\" : "", value[0]);
        } else {
            fprintf(out, "%ld,\n", strtol(value, NULL, 10));
        }
    }
    fprintf(out, "};\n");
}

static void write_header(FILE *out, const struct dictionary *dictionary)
{
    fprintf(
        out,
        "/* The names of %s as constants.\n"
        " *\n"
        " * Generated at build time by fix/tags_generate.c from dictionaries/. Do not edit. */\n"
        "#ifndef FIX_TAGS_H\n#define FIX_TAGS_H\n\n"
        "/* Tags. */\nenum {\n",
        dictionary->begin_string);
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        fprintf(out, "    TAG_%s = %u,\n", dictionary->fields[i].name,
                (unsigned)dictionary->fields[i].tag);
    }
    fprintf(out, "};\n\n/* MsgType(35). */\n");
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        fprintf(out, "#define MSG_%s \"%s\"\n", dictionary->messages[i].name,
                dictionary->messages[i].msg_type);
    }
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        write_values(out, dictionary, &dictionary->fields[i]);
    }
    fprintf(out, "\n#endif\n");
}

static int generate(const char *path, const struct dictionary_source *sources, size_t count)
{
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, count, error);
    if (dictionary == NULL) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        fprintf(stderr, "tags_generate: cannot write %s\n", path);
        dictionary_free(dictionary);
        return EXIT_FAILURE;
    }
    write_header(out, dictionary);
    dictionary_free(dictionary);
    bool written = ferror(out) == 0;
    written = fclose(out) == 0 && written;
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct dictionary_source sources[DICTIONARY_SOURCES_MAX] = {{.name = NULL}};
    uint8_t *files[DICTIONARY_SOURCES_MAX] = {NULL};
    size_t count = argc < 3 ? 0 : (size_t)argc - 2;
    if (count == 0 || count > DICTIONARY_SOURCES_MAX) {
        fprintf(stderr, "usage: tags_generate OUTPUT BASE.xml [OVERLAY.xml]...\n");
        return 2;
    }
    int result = EXIT_SUCCESS;
    for (size_t i = 0; i < count && result == EXIT_SUCCESS; i++) {
        if (!read_file(argv[i + 2], &sources[i], &files[i])) {
            fprintf(stderr, "tags_generate: cannot read %s\n", argv[i + 2]);
            result = EXIT_FAILURE;
        }
    }
    if (result == EXIT_SUCCESS) {
        result = generate(argv[1], sources, count);
    }
    for (size_t i = 0; i < count; i++) {
        free(files[i]);
    }
    return result;
}
