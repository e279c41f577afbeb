/* Runs every script of tests/session/scripts against the pure session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/session/behaviours.h"
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

static void every_behaviour_has_a_script_for_each_role_it_binds(void **state)
{
    (void)state;
    char missing[4096];
    if (!behaviours_all_shown(&suite, missing, sizeof(missing))) {
        print_error("%s", missing);
        fail();
    }
}

static void every_script_shows_a_behaviour_of_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite.count; i++) {
        if (!behaviours_known(suite.cases[i].name)) {
            print_error("%s: its number is not in the list\n", suite.cases[i].name);
            fail();
        }
    }
}

/* Runs all scripts, or those whose name begins with the first argument. */
int main(int argc, char **argv)
{
    suite_load(&suite, argc < 2 ? "" : argv[1]);
    static struct CMUnitTest tests[SUITE_CASES_MAX + 2];
    size_t count = 0;
    for (size_t i = 0; i < suite.count; i++) {
        tests[count].name = suite.cases[i].title;
        tests[count].test_func = script_runs;
        tests[count].initial_state = &suite.cases[i];
        count += 1;
    }
    if (argc < 2) {
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(
            every_behaviour_has_a_script_for_each_role_it_binds);
        tests[count++] =
            (struct CMUnitTest)cmocka_unit_test(every_script_shows_a_behaviour_of_the_list);
    }
    int failed = _cmocka_run_group_tests("session scripts", tests, count, NULL, NULL);
    suite_free(&suite);
    return failed;
}
