/* Runs every script of tests/session/scripts against the pure session. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/dictionary_loader.h"
#include "tests/session/run.h"

#define SCRIPTS    "tests/session/scripts"
#define DICTIONARY "dictionaries/FIX44.xml"

struct script {
    char path[512];
    const struct dictionary *dictionary;
};

static void script_runs(void **state)
{
    const struct script *script = *state;
    static struct run run;
    run = (struct run){.path = script->path, .dictionary = script->dictionary};
    run.world = malloc(sizeof(*run.world));
    assert_non_null(run.world);
    world_init(run.world, script->dictionary);
    FILE *file = fopen(script->path, "r");
    assert_non_null(file);
    bool passed = run_file(&run, file);
    (void)fclose(file);
    world_free(run.world);
    free(run.world);
    if (!passed) {
        print_error("%s\n", run.error);
        fail();
    }
}

static int is_script(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".txt") == 0;
}

static struct dictionary *read_dictionary(void)
{
    FILE *file = fopen(DICTIONARY, "rb");
    if (file == NULL) {
        return NULL;
    }
    enum { XML_BYTES_MAX = 8 * 1024 * 1024 };
    char *xml = malloc(XML_BYTES_MAX);
    ASSERT(xml != NULL);
    size_t size = fread(xml, 1, XML_BYTES_MAX, file);
    (void)fclose(file);
    struct dictionary_source source = {.name = DICTIONARY, .xml = span_of(xml, size)};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(&source, 1, error);
    free(xml);
    if (dictionary == NULL) {
        print_error("%s\n", error);
        abort();
    }
    return dictionary;
}

/* Runs all scripts, or those whose name begins with the first argument. */
int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = scandir(SCRIPTS, &entries, is_script, alphasort);
    if (count <= 0) {
        print_error("no scripts in " SCRIPTS "\n");
        return 1;
    }
    struct dictionary *dictionary = read_dictionary();
    struct CMUnitTest *tests = calloc((size_t)count, sizeof(*tests));
    struct script *scripts = calloc((size_t)count, sizeof(*scripts));
    ASSERT(tests != NULL);
    ASSERT(scripts != NULL);
    size_t chosen = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (argc < 2 || strncmp(name, argv[1], strlen(argv[1])) == 0) {
            (void)snprintf(scripts[chosen].path, sizeof(scripts[chosen].path), SCRIPTS "/%s", name);
            scripts[chosen].dictionary = dictionary;
            tests[chosen].name = scripts[chosen].path;
            tests[chosen].test_func = script_runs;
            tests[chosen].initial_state = &scripts[chosen];
            chosen += 1;
        }
    }
    int failed = _cmocka_run_group_tests("session scripts", tests, chosen, NULL, NULL);
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    free(tests);
    free(scripts);
    if (dictionary != NULL) {
        dictionary_free(dictionary);
    }
    return failed;
}
