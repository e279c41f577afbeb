/* The documents name every key, with its default and who else knows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/shell/config_names.h"

#include <stdio.h>
#include <stdlib.h>

enum { DOCUMENT_BYTES_MAX = 256 * 1024, ROW_BYTES_MAX = 2048 };

static char *document_read(const char *path)
{
    char *text = calloc(1, DOCUMENT_BYTES_MAX);
    FILE *file = fopen(path, "rbe");
    assert_non_null(text);
    assert_non_null(file);
    size_t size = fread(text, 1, DOCUMENT_BYTES_MAX - 1, file);
    assert_true(size > 0 && size < DOCUMENT_BYTES_MAX - 1);
    (void)fclose(file);
    return text;
}

/* The row of a table that begins with the name; "" if there is none. */
static const char *row_find(const char *text, const char *name, char row[ROW_BYTES_MAX])
{
    char begin[128];
    (void)snprintf(begin, sizeof(begin), "\n| `%s` |", name);
    const char *found = strstr(text, begin);
    span_to_text(found != NULL ? span_of(found + 1, strcspn(found + 1, "\n")) : span_text(""), row,
                 ROW_BYTES_MAX);
    return row;
}

static bool row_lacks(const char *row, const char *words)
{
    return words != NULL && strstr(row, words) == NULL;
}

/* Counts, and tells, what a row lacks: all that must be mended is to be seen at once. */
static uint32_t key_faults(const char *text, enum config_key key, bool engines)
{
    const struct config_key_definition *definition = config_key_definition(key);
    char row[ROW_BYTES_MAX];
    char value[256] = "";
    char known[32] = "";
    (void)row_find(text, definition->name, row);
    if (config_key_required(key)) {
        (void)snprintf(value, sizeof(value), "**required**");
    } else if (definition->fallback != NULL) {
        (void)snprintf(value, sizeof(value), "`%s`", definition->fallback);
    }
    (void)snprintf(known, sizeof(known), "| %s |",
                   definition->engines[0] != '\0' ? definition->engines : "–");
    const char *const wanted[] = {value, definition->help, engines ? known : NULL,
                                  engines ? definition->elsewhere : NULL};
    uint32_t faults = 0;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        if (row_lacks(row, wanted[i])) {
            (void)fprintf(stderr, "the row of %s lacks: %s\n", definition->name, wanted[i]);
            faults += 1;
        }
    }
    return faults + (row[0] == '\0' ? 1 : 0);
}

static void documents_name_every_key_and_its_default(void **state)
{
    (void)state;
    char *sessions = document_read("docs/sessions.md");
    char *others = document_read("docs/configuration.md");
    uint32_t faults = 0;
    for (uint32_t i = 0; i < CONFIG_KEYS_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        unsigned places = config_key_definition(key)->places;
        if ((places & CONFIG_SESSION) != 0) {
            faults += key_faults(sessions, key, true);
        }
        if ((places & (CONFIG_GATEWAY | CONFIG_BROKER | CONFIG_OPERATOR | CONFIG_ROUTER |
                       CONFIG_LIMIT)) != 0) {
            faults += key_faults(others, key, false);
        }
    }
    free(sessions);
    free(others);
    assert_int_equal(faults, 0);
}

static void documents_name_every_word_of_other_engines(void **state)
{
    (void)state;
    char *text = document_read("docs/sessions.md");
    uint32_t index = 0;
    uint32_t faults = 0;
    struct config_name name;
    while (config_name_next(&index, &name)) {
        if (name.word == CONFIG_WORD_KEY && !name.alias) {
            continue;
        }
        char row[ROW_BYTES_MAX];
        (void)row_find(text, name.spelling, row);
        const char *own = name.alias ? config_key_definition(name.key)->name : NULL;
        if (row_lacks(row, name.engines) || row_lacks(row, name.text) || row_lacks(row, own) ||
            row_lacks(row, name.only)) {
            (void)fprintf(stderr, "the row of %s is not as in config_names_table.h\n",
                          name.spelling);
            faults += 1;
        }
    }
    free(text);
    assert_int_equal(faults, 0);
}

/* A row whose key is gone from the table would promise what does not happen. */
static void documents_name_no_key_that_is_not_there(void **state)
{
    static const char *const paths[] = {"docs/sessions.md", "docs/configuration.md"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *text = document_read(paths[i]);
        for (const char *at = strstr(text, "\n| `"); at != NULL; at = strstr(at + 1, "\n| `")) {
            char name[128];
            const char *begin = at + strlen("\n| `");
            span_to_text(span_of(begin, strcspn(begin, "`\n")), name, sizeof(name));
            if (strchr(name, '=') != NULL) {
                continue; /* An example. */
            }
            if (config_name_find(name).word == CONFIG_WORD_UNKNOWN) {
                (void)fprintf(stderr, "%s: no key is called %s\n", paths[i], name);
            }
            assert_int_not_equal(config_name_find(name).word, CONFIG_WORD_UNKNOWN);
        }
        free(text);
    }
}

static void example_of_the_documents_is_the_one_in_config(void **state)
{
    (void)state;
    char *example = document_read("config/fixgate.cfg");
    char *text = document_read("docs/configuration.md");
    bool there = strstr(text, example) != NULL;
    free(example);
    free(text);
    assert_true(there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_name_every_key_and_its_default),
        cmocka_unit_test(documents_name_every_word_of_other_engines),
        cmocka_unit_test(documents_name_no_key_that_is_not_there),
        cmocka_unit_test(example_of_the_documents_is_the_one_in_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
