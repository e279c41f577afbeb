/* Prints the table of the session's behaviours, or sees whether a document has it.
 *
 *   behaviours_table               to standard output
 *   behaviours_table --check FILE  between the marks of FILE it must stand as it is now
 *   behaviours_table --write FILE  puts it there
 *
 * A FILE that is not there yet passes the check. */
#include <stdlib.h>

#include "tests/session/behaviours.h"

#define MARK_BEGIN "<!-- behaviours:begin -->\n"
#define MARK_END   "<!-- behaviours:end -->"

static struct suite suite;
static bool passed[SUITE_CASES_MAX];

/* The table as text, to be freed. */
static char *table_of_now(void)
{
    suite_load(&suite, "");
    static char error[8 * SCRIPT_LINE_BYTES_MAX];
    for (size_t i = 0; i < suite.count; i++) {
        passed[i] = suite_run(&suite.cases[i], error, sizeof(error));
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ASSERT(out != NULL);
    behaviours_print(&suite, passed, out);
    (void)fclose(out);
    suite_free(&suite);
    return text;
}

/* The whole file, to be freed; NULL if it cannot be read. */
static char *file_read(const char *path)
{
    enum { DOCUMENT_BYTES_MAX = 4 * 1024 * 1024 };
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
    char *text = malloc(DOCUMENT_BYTES_MAX);
    ASSERT(text != NULL);
    size_t size = fread(text, 1, DOCUMENT_BYTES_MAX - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    return text;
}

/* Where the table stands in the document; false if the marks are not there. */
static bool marks_find(const char *document, const char **begin, const char **end)
{
    *begin = strstr(document, MARK_BEGIN);
    if (*begin == NULL) {
        return false;
    }
    *begin += strlen(MARK_BEGIN);
    *end = strstr(*begin, MARK_END);
    return *end != NULL;
}

static int check(const char *path, const char *table, const char *begin, const char *end)
{
    if (strlen(table) == (size_t)(end - begin) && strncmp(begin, table, strlen(table)) == 0) {
        return 0;
    }
    (void)fprintf(stderr,
                  "%s: the table of behaviours is not up to date; run the program "
                  "behaviours_table --write %s from the root of the sources\n",
                  path, path);
    return 1;
}

static int write_table(const char *path, const char *document, const char *table, const char *begin,
                       const char *end)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    (void)fwrite(document, 1, (size_t)(begin - document), file);
    (void)fputs(table, file);
    (void)fputs(end, file);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        char *table = table_of_now();
        (void)fputs(table, stdout);
        free(table);
        return 0;
    }
    bool checks = argc == 3 && strcmp(argv[1], "--check") == 0;
    if (!checks && !(argc == 3 && strcmp(argv[1], "--write") == 0)) {
        (void)fprintf(stderr, "usage: behaviours_table [--check FILE | --write FILE]\n");
        return 2;
    }
    char *document = file_read(argv[2]);
    if (document == NULL) {
        (void)fprintf(stderr, "%s cannot be read\n", argv[2]);
        return checks ? 0 : 1;
    }
    const char *begin = NULL;
    const char *end = NULL;
    int result = 1;
    if (!marks_find(document, &begin, &end)) {
        (void)fprintf(stderr, "%s has no marks behaviours:begin and behaviours:end\n", argv[2]);
    } else {
        char *table = table_of_now();
        result = checks ? check(argv[2], table, begin, end)
                        : write_table(argv[2], document, table, begin, end);
        free(table);
    }
    free(document);
    return result;
}
