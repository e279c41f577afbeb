#include "tests/session/suite.h"

#include <dirent.h>
#include <stdlib.h>

#include "fix/dictionary_loader.h"

static int is_script(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".txt") == 0;
}

static struct dictionary *read_dictionary(void)
{
    FILE *file = fopen(SUITE_DICTIONARY, "rb");
    if (file == NULL) {
        return NULL;
    }
    enum { XML_BYTES_MAX = 8 << 20 };
    char *xml = malloc(XML_BYTES_MAX);
    ASSERT(xml != NULL);
    size_t size = fread(xml, 1, XML_BYTES_MAX, file);
    (void)fclose(file);
    struct dictionary_source source = {.name = SUITE_DICTIONARY, .xml = span_of(xml, size)};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(&source, 1, error);
    free(xml);
    ASSERT(dictionary != NULL);
    return dictionary;
}

enum { PATH_BYTES_MAX = 2 * SUITE_NAME_BYTES_MAX };

static void path_of(const char *name, char path[PATH_BYTES_MAX])
{
    (void)snprintf(path, PATH_BYTES_MAX, SUITE_SCRIPTS "/%s", name);
}

/* The roles that the script's first `config` line names. */
static void roles_of(const char *name, bool *initiator, bool *acceptor)
{
    char path[PATH_BYTES_MAX];
    path_of(name, path);
    FILE *file = fopen(path, "r");
    ASSERT(file != NULL);
    *initiator = false;
    *acceptor = false;
    static char line[SCRIPT_LINE_BYTES_MAX];
    while (!*initiator && !*acceptor && fgets(line, sizeof(line), file) != NULL) {
        bool both = strncmp(line, "config both", 11) == 0;
        *initiator = both || strncmp(line, "config initiator", 16) == 0;
        *acceptor = both || strncmp(line, "config acceptor", 15) == 0;
    }
    (void)fclose(file);
    ASSERT(*initiator || *acceptor);
}

static void suite_add(struct suite *suite, const char *name, bool acceptor)
{
    ASSERT(suite->count < SUITE_CASES_MAX);
    struct suite_case *one = &suite->cases[suite->count];
    suite->count += 1;
    (void)snprintf(one->name, sizeof(one->name), "%.199s", name);
    (void)snprintf(one->title, sizeof(one->title), "%.199s (%s)", name,
                   acceptor ? "acceptor" : "initiator");
    one->acceptor = acceptor;
    one->dictionary = suite->dictionary;
}

void suite_load(struct suite *suite, const char *prefix)
{
    suite->dictionary = read_dictionary();
    suite->count = 0;
    struct dirent **entries = NULL;
    int count = scandir(SUITE_SCRIPTS, &entries, is_script, alphasort);
    ASSERT(count > 0);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (strncmp(name, prefix, strlen(prefix)) == 0) {
            bool initiator = false;
            bool acceptor = false;
            roles_of(name, &initiator, &acceptor);
            if (initiator) {
                suite_add(suite, name, false);
            }
            if (acceptor) {
                suite_add(suite, name, true);
            }
        }
        free(entries[i]);
    }
    free(entries);
}

void suite_free(struct suite *suite)
{
    if (suite->dictionary != NULL) {
        dictionary_free(suite->dictionary);
    }
}

bool suite_run(const struct suite_case *one, char *error, size_t error_size)
{
    char path[PATH_BYTES_MAX];
    path_of(one->name, path);
    static struct run run;
    run = (struct run){.path = path, .dictionary = one->dictionary, .acceptor = one->acceptor};
    run.world = malloc(sizeof(*run.world));
    ASSERT(run.world != NULL);
    world_init(run.world, one->dictionary);
    FILE *file = fopen(path, "r");
    ASSERT(file != NULL);
    bool passed = run_file(&run, file);
    (void)fclose(file);
    world_free(run.world);
    free(run.world);
    (void)snprintf(error, error_size, "%s", passed ? "" : run.error);
    return passed;
}
