/* Runs the scripts of tests/session/scripts over a real socket, against the reflector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/session/suite.h"

/* Time cannot be made to pass here: a script that waits longer is for the pure session. */
#define WAIT_NS_MAX UINT64_C(2000000000)

static struct suite suite;

static bool waits_too_long(const struct suite_case *one)
{
    char path[2 * SUITE_NAME_BYTES_MAX];
    static char line[SCRIPT_LINE_BYTES_MAX];
    (void)snprintf(path, sizeof(path), SUITE_SCRIPTS "/%s", one->name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    bool too_long = false;
    while (fgets(line, sizeof(line), file) != NULL) {
        uint64_t wait_ns = 0;
        line[strcspn(line, "\r\n")] = '\0';
        too_long = too_long || (strncmp(line, "at ", 3) == 0 &&
                                script_duration_read(line + 3, &wait_ns) && wait_ns > WAIT_NS_MAX);
    }
    (void)fclose(file);
    return too_long;
}

static void script_runs(void **state)
{
    static char error[8 * SCRIPT_LINE_BYTES_MAX];
    if (waits_too_long(*state)) {
        skip();
    }
    if (!suite_run(*state, error, sizeof(error))) {
        print_error("%s\n", error);
        fail();
    }
}

/* Runs all scripts, or those whose name begins with the first argument. */
int main(int argc, char **argv)
{
    suite_load(&suite, argc < 2 ? "" : argv[1]);
    static struct CMUnitTest tests[SUITE_CASES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < suite.count; i++) {
        tests[count].name = suite.cases[i].title;
        tests[count].test_func = script_runs;
        tests[count].initial_state = &suite.cases[i];
        count += 1;
    }
    int failed = _cmocka_run_group_tests("session scripts over a socket", tests, count, NULL, NULL);
    suite_free(&suite);
    return failed;
}
