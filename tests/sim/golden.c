/* Golden traces: scenarios as files that are compared word by word, and the hashes of the
 * traces of ten seeds. tests/sim/golden holds them; docs/simulator.md shows how to read them.
 *
 *   golden --check    every file says what happens; shows the first line that does not
 *   golden --write    makes them say it: look at the difference before you commit it */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

enum {
    FILES_MAX = 64,
    PATH_BYTES_MAX = 300,
    TEXT_BYTES_MAX = 512 * 1024,
    HASHED_SEEDS = 10,
};

static const char directory[] = "tests/sim/golden";
static const char separator[] = "--- what happens ---\n";
static const char suffix[] = ".txt";
static const char hashes[] = "tests/sim/golden/seeds.hashes";

struct whole_text {
    char *data; /* Owned, with NUL. */
    size_t size;
};

static struct whole_text read_text(const char *path)
{
    struct whole_text text = {.data = calloc(1, TEXT_BYTES_MAX)};
    FILE *file = fopen(path, "r");
    ASSERT(text.data != NULL);
    if (file != NULL) {
        text.size = fread(text.data, 1, TEXT_BYTES_MAX - 1, file);
        (void)fclose(file);
    }
    return text;
}

/* False, and shows where, if they differ. */
static bool same(const char *path, const char *wanted, const char *found)
{
    unsigned line = 1;
    while (*wanted != '\0' || *found != '\0') {
        size_t wanted_size = strcspn(wanted, "\n");
        size_t found_size = strcspn(found, "\n");
        if (wanted_size != found_size || memcmp(wanted, found, found_size) != 0) {
            (void)fprintf(stderr, "%s:%u\n  is to be  %.*s\n  is        %.*s\n", path, line,
                          (int)wanted_size, wanted, (int)found_size, found);
            return false;
        }
        wanted += wanted_size + (wanted[wanted_size] == '\n' ? 1 : 0);
        found += found_size + (found[found_size] == '\n' ? 1 : 0);
        line++;
    }
    return true;
}

static bool put_text(const char *path, const char *first, const char *second)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return false;
    }
    (void)fprintf(file, "%s%s", first, second);
    return fclose(file) == 0;
}

static bool check_or_write(const char *path, const char *head, const char *wanted,
                           const char *found, bool write)
{
    return write ? put_text(path, head, found) : same(path, wanted, found);
}

/* One file: the scenario, the separator, the trace. */
static bool take_scenario(const char *name, bool write)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    struct whole_text text = read_text(path);
    char *cut = strstr(text.data, separator);
    char *wanted = cut != NULL ? cut + strlen(separator) : text.data + text.size;
    struct whole_text script = {.data = strdup(text.data)};
    ASSERT(script.data != NULL);
    if (cut != NULL) {
        script.data[cut - text.data] = '\0';
    }
    char *trace = NULL;
    size_t trace_size = 0;
    FILE *print = open_memstream(&trace, &trace_size);
    ASSERT(print != NULL);
    struct world_result result;
    char error[256];
    bool good = world_play(script.data, print, &result, error);
    (void)fclose(print);
    if (!good) {
        (void)fprintf(stderr, "%s: %s\n", path, error);
    } else if (result.violated) {
        (void)fprintf(stderr, "%s: %s: %s\n", path, oracle_rule_name(result.rule),
                      result.violation);
        good = false;
    }
    char *head = NULL;
    size_t head_size = 0;
    FILE *joined = open_memstream(&head, &head_size);
    ASSERT(joined != NULL);
    (void)fprintf(joined, "%s%s", script.data, separator);
    (void)fclose(joined);
    good = good && check_or_write(path, head, wanted, trace, write);
    free(head);
    free(trace);
    free(script.data);
    free(text.data);
    return good;
}

static bool take_hashes(bool write)
{
    char *found = NULL;
    size_t size = 0;
    FILE *print = open_memstream(&found, &size);
    ASSERT(print != NULL);
    bool good = true;
    for (uint64_t seed = 1; seed <= HASHED_SEEDS; seed++) {
        struct world_result first;
        struct world_result second;
        world_live(seed, 0, NULL, &first);
        world_live(seed, 0, NULL, &second);
        if (first.hash != second.hash) {
            (void)fprintf(stderr, "seed %" PRIu64 " has two traces\n", seed);
            good = false;
        }
        (void)fprintf(print, "seed %" PRIu64 ": %" PRIu64 " lines, hash %016" PRIx64 "\n", seed,
                      first.lines, first.hash);
    }
    (void)fclose(print);
    struct whole_text wanted = read_text(hashes);
    good = good && check_or_write(hashes, "", wanted.data, found, write);
    free(wanted.data);
    free(found);
    return good;
}

static int by_name(const void *a, const void *b)
{
    const char *const *first = a;
    const char *const *second = b;
    return strcmp(*first, *second);
}

static size_t list_scenarios(char *names[FILES_MAX])
{
    size_t count = 0;
    DIR *folder = opendir(directory);
    if (folder == NULL) {
        perror(directory);
        exit(2);
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t size = strlen(entry->d_name);
        if (size > strlen(suffix) && count < FILES_MAX &&
            strcmp(entry->d_name + size - strlen(suffix), suffix) == 0) {
            names[count++] = strdup(entry->d_name);
        }
    }
    (void)closedir(folder);
    qsort(names, count, sizeof(names[0]), by_name);
    return count;
}

int main(int argc, char **argv)
{
    bool write = argc == 2 && strcmp(argv[1], "--write") == 0;
    bool check = argc == 2 && strcmp(argv[1], "--check") == 0;
    if (!write && !check) {
        (void)fprintf(stderr, "golden --check | --write, from the root of the sources\n");
        return 2;
    }
    char *names[FILES_MAX];
    size_t count = list_scenarios(names);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += take_scenario(names[i], write) ? 0 : 1;
        free(names[i]);
    }
    wrong += take_hashes(write) ? 0 : 1;
    (void)printf("%zu scenarios and %d seeds, %zu differ\n", count, HASHED_SEEDS, wrong);
    return wrong == 0 ? 0 : 1;
}
