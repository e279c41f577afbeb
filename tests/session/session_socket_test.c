/* Runs the scripts of tests/session/scripts over a real socket, against the reflector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/session/suite.h"

static struct suite suite;

/* What else cannot be shown here. `role`: NULL, or the one that cannot. */
static const struct {
    const char *name;
    const char *role;
    const char *why;
} elsewhere[] = {
    {"1.5-identity-of-the-header-with-sub-and-location.txt", "acceptor",
     "its Logon has no SubIDs, by which an acceptor finds the session"},
    {"3.3-sending-time-too-old-is-rejected-and-left.txt", NULL, "time stands at the very limit"},
    {"4.1-acceptor-waits-ten-seconds-for-a-logon.txt", NULL,
     "an acceptor's session hears of nobody before the Logon; see shell_listener_test"},
    {"5.4-any-message-proves-the-line-alive.txt", NULL, "two things are due in one instant"},
    {"8.2-reset-on-logout-and-on-disconnect-as-acceptor.txt", "acceptor",
     "a connection without a Logon is nobody's, so that its end resets nothing"},
};

static const char *why_elsewhere(const struct suite_case *one)
{
    for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
        bool role = elsewhere[i].role == NULL ||
                    (strcmp(elsewhere[i].role, "acceptor") == 0) == one->acceptor;
        if (role && strcmp(elsewhere[i].name, one->name) == 0) {
            return elsewhere[i].why;
        }
    }
    return NULL;
}

/* NULL, or why the script cannot run beside the world's clock. */
static const char *why_not_now(const struct suite_case *one)
{
    char path[2 * SUITE_NAME_BYTES_MAX];
    static char line[SCRIPT_LINE_BYTES_MAX];
    (void)snprintf(path, sizeof(path), SUITE_SCRIPTS "/%s", one->name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const char *why = NULL;
    while (why == NULL && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strstr(line, "HeartBtInt=0") != NULL && !one->acceptor) {
            why = "an initiator's HeartBtInt is never 0 in a configuration";
        } else if (strstr(line, "52=2026") != NULL || strstr(line, "122=20261121-00:00") != NULL ||
                   strstr(line, "SendingTime 2026") != NULL) {
            why = "it names its own present time";
        } else if (strncmp(line, "log ", 4) == 0 && strstr(line, "our clock") != NULL) {
            why = "the log tells time to the millisecond";
        }
    }
    (void)fclose(file);
    return why;
}

static void script_runs(void **state)
{
    static char error[8 * SCRIPT_LINE_BYTES_MAX];
    const char *why = why_elsewhere(*state);
    why = why != NULL ? why : why_not_now(*state);
    if (why != NULL) {
        print_message("not over a socket: %s\n", why);
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
