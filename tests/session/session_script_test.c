/* Runs every script of tests/session/scripts against the pure session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/session/suite.h"

static struct suite suite;

static void script_runs(void **state)
{
    static char error[8 * SCRIPT_LINE_BYTES_MAX];
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
    int failed = _cmocka_run_group_tests("session scripts", tests, count, NULL, NULL);
    suite_free(&suite);
    return failed;
}
