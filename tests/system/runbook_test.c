/* Every command that the documents print, typed as it stands there: runbooks, pages and README.
 *
 * What each of them does is the matter of other tests (doubt_test, failover_test,
 * kill_switch_test); here no word of them may be wrong, whatever state things are in. FILE is the
 * configuration, and the number of a proposal that of the latest one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>
#include <string.h>

#include "tests/tools/world.h"

enum {
    OUTPUT_BYTES_MAX = 256 * 1024,
    LINE_BYTES_MAX = 1024,
    WORDS_MAX = 40,
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_PROPOSED = 4,
};

struct reader {
    struct world world;
    char proposal[32]; /* Number of the latest one. */
    char output[OUTPUT_BYTES_MAX];
    unsigned tried;
};

static int begin(void **state)
{
    static const struct world_options options = {.brokers_count = 2,
                                                 .broker_more = "InDoubtPolicy=operator"};
    static const char order[] =
        "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|60=20261121-10:00:00\n";
    struct reader *reader = calloc(1, sizeof *reader);
    assert_non_null(reader);
    world_open(&reader->world, &options);
    assert_true(world_start(&reader->world));
    const char *const submit[] = {"submit", "-c", reader->world.config_path, NULL};
    assert_int_equal(
        world_fixgate(&reader->world, submit, order, reader->output, sizeof reader->output), 0);
    *state = reader;
    return 0;
}

static int end(void **state)
{
    struct reader *reader = *state;
    assert_true(world_close(&reader->world));
    free(reader);
    return 0;
}

/* --- One command ---------------------------------------------------------------------------- */

/* As a shell does: blanks part words, quotes hold them together, '#' and '|' end the command. */
static size_t split(char *text, char *words[WORDS_MAX])
{
    size_t count = 0;
    char *to = text;
    const char *at = text + strspn(text, " ");
    while (*at != '\0' && *at != '#' && *at != '|' && count < WORDS_MAX - 1) {
        char quote = '\0';
        words[count++] = to;
        for (; *at != '\0' && (quote != '\0' || *at != ' '); at++) {
            if (*at == quote) {
                quote = '\0';
            } else if (quote == '\0' && (*at == '"' || *at == '\'')) {
                quote = *at;
            } else {
                *to++ = *at;
            }
        }
        at += strspn(at, " ");
        *to++ = '\0';
    }
    words[count] = NULL;
    return count;
}

static bool has(char *const *words, const char *wanted)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* The configuration behind -c, and the number behind "approve", "reject" and "withdraw". */
static void fill_in(struct reader *reader, char **words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        bool proposal =
            i > 0 && (strcmp(words[i - 1], "approve") == 0 || strcmp(words[i - 1], "reject") == 0 ||
                      strcmp(words[i - 1], "withdraw") == 0);
        if (i > 0 && strcmp(words[i - 1], "-c") == 0) {
            words[i] = reader->world.config_path;
        } else if (proposal && reader->proposal[0] != '\0') {
            words[i] = reader->proposal;
        }
    }
}

static void keep_proposal(struct reader *reader)
{
    static const char before[] = "approvals approve ";
    const char *at = strstr(reader->output, before);
    assert_non_null(at);
    at += strlen(before);
    (void)snprintf(reader->proposal, sizeof reader->proposal, "%.*s", (int)strspn(at, "0123456789"),
                   at);
}

/* Looks at everything of a kind, which is never refused. */
static bool only_looks(char *const *words)
{
    return has(words, "list") || (has(words, "failover") && has(words, "status")) ||
           has(words, "hunts") || has(words, "blocked") || has(words, "latches") ||
           has(words, "diff") || has(words, "verify");
}

static void try(struct reader *reader, const char *where, const char *command)
{
    char text[LINE_BYTES_MAX];
    char *words[WORDS_MAX + 4];
    (void)snprintf(text, sizeof text, "%s", command);
    size_t count = split(text, words);
    fill_in(reader, words);
    if (!has(words, "-c")) {
        words[count++] = "-c";
        words[count++] = reader->world.config_path;
        words[count] = NULL;
    }
    int code = world_fixgate(&reader->world, (const char *const *)(words + 1), NULL, reader->output,
                             sizeof reader->output);
    bool named = strstr(reader->output, "there is no command") == NULL &&
                 strstr(reader->output, "unknown argument") == NULL;
    bool right = code == EXIT_DONE || code == EXIT_PROPOSED ||
                 (code == EXIT_REFUSED && named && !only_looks(words));
    if (!right) {
        fail_msg("%s: %s\nexit code %d:\n%s", where, command, code, reader->output);
    }
    if (code == EXIT_PROPOSED) {
        keep_proposal(reader);
    }
    reader->tried += 1;
}

/* --- All of a page ---------------------------------------------------------------------------- */

/* The command in a line: what is indented, or stands between backquotes (`fixgate session` does so
 * without its session). NULL: none. */
static const char *command_in(char *line)
{
    static const char *const names[] = {"fixgate ctl ", "fixgate session "};
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *at = strstr(line, names[i]);
        if (at == NULL) {
            continue;
        }
        bool within = at > line && at[-1] == '`';
        if (within) {
            at[strcspn(at, "`")] = '\0';
        }
        if (within ? i > 0 : line[0] != ' ') {
            continue;
        }
        /* Patterns of commands, and other gateways. */
        bool other = strstr(at, "…") != NULL && strstr(at, "\"…\"") == NULL;
        bool usage = strstr(at, "...") != NULL || strstr(at, "list|") != NULL;
        if (!other && !usage && strstr(at, "--control") == NULL) {
            return at;
        }
    }
    return NULL;
}

static void try_page(struct reader *reader, const char *path)
{
    char line[LINE_BYTES_MAX];
    char where[LINE_BYTES_MAX];
    unsigned number = 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        const char *command = command_in(line);
        number += 1;
        if (command != NULL) {
            (void)snprintf(where, sizeof where, "%.200s:%u", path, number);
            try(reader, where, command);
        }
    }
    (void)fclose(file);
}

static void try_pages(struct reader *reader, const char *pattern)
{
    glob_t pages;
    assert_int_equal(0, glob(pattern, 0, NULL, &pages));
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        unsigned before = reader->tried;
        try_page(reader, pages.gl_pathv[i]);
        (void)printf("%s: %u commands\n", pages.gl_pathv[i], reader->tried - before);
    }
    globfree(&pages);
}

static void every_command_of_the_runbooks_is_right_as_it_is_printed(void **state)
{
    struct reader *reader = *state;
    try_pages(reader, "docs/runbooks/*.md");
    assert_true(reader->tried > 50);
}

static void every_command_of_the_other_pages_is_right_as_it_is_printed(void **state)
{
    struct reader *reader = *state;
    try_pages(reader, "docs/*.md");
    try_page(reader, "README.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_of_the_runbooks_is_right_as_it_is_printed),
        cmocka_unit_test(every_command_of_the_other_pages_is_right_as_it_is_printed),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
