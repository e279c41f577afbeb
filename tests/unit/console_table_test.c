/* Rows of an answer on terminals of several widths, and where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/console/ctl_table.h"

enum { PRINTED_BYTES_MAX = 8192 };

static const char *const answer[] = {
    "{\"ok\":true,\"answer\":\"2 brokers\"}",
    "{\"broker\":\"ALPHA\",\"admin\":\"AUTO\",\"weight\":100,\"empty\":\"\"}",
    "{\"broker\":\"BETA\",\"admin\":\"FORCED_CLOSED\",\"weight\":5,\"empty\":\"\"}",
};

static char printed[PRINTED_BYTES_MAX];

/* What the table prints with `in` as standard output, read from `out`. */
static void print_into(int in, int out)
{
    static struct control_client client;
    client = (struct control_client){.frames = {.count = ARRAY_LEN(answer)}};
    for (uint32_t i = 0; i < ARRAY_LEN(answer); i++) {
        client.frames.list[i] = span_text(answer[i]);
    }
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_true(dup2(in, STDOUT_FILENO) >= 0);
    bool done = ctl_table_print(&client);
    (void)fflush(stdout);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    (void)close(kept);
    assert_true(done);
    ssize_t size = read(out, printed, sizeof printed - 1);
    assert_true(size > 0);
    printed[size] = '\0';
}

static void print_on_terminal(unsigned short columns)
{
    int ours = -1;
    int theirs = -1;
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(0, openpty(&ours, &theirs, NULL, NULL, &size));
    print_into(theirs, ours);
    (void)close(theirs);
    (void)close(ours);
}

static void a_wide_terminal_shows_a_table_with_a_bold_head(void **state)
{
    (void)state;
    (void)unsetenv("NO_COLOR");
    print_on_terminal(80);
    assert_string_equal("\033[1mBROKER  ADMIN          WEIGHT\033[0m\r\n"
                        "ALPHA   AUTO              100\r\n"
                        "BETA    FORCED_CLOSED       5\r\n",
                        printed);
}

static void no_color_is_respected(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("NO_COLOR", "1", 1));
    print_on_terminal(80);
    assert_null(strchr(printed, '\033'));
    (void)unsetenv("NO_COLOR");
}

static void a_narrow_terminal_shows_row_by_row(void **state)
{
    (void)state;
    print_on_terminal(20);
    assert_string_equal("broker  ALPHA\r\nadmin   AUTO\r\nweight  100\r\n\r\n"
                        "broker  BETA\r\nadmin   FORCED_CLOSED\r\nweight  5\r\n\r\n",
                        printed);
}

static void a_terminal_that_just_fits_shows_the_table(void **state)
{
    (void)state;
    print_on_terminal(29);
    assert_non_null(strstr(printed, "BROKER  ADMIN"));
    print_on_terminal(28);
    assert_null(strstr(printed, "BROKER  ADMIN"));
}

static void what_is_piped_is_a_row_a_line_without_colours(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(0, pipe(ends));
    print_into(ends[1], ends[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_string_equal("BROKER  ADMIN          WEIGHT\n"
                        "ALPHA   AUTO              100\n"
                        "BETA    FORCED_CLOSED       5\n",
                        printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_terminal_shows_a_table_with_a_bold_head),
        cmocka_unit_test(no_color_is_respected),
        cmocka_unit_test(a_narrow_terminal_shows_row_by_row),
        cmocka_unit_test(a_terminal_that_just_fits_shows_the_table),
        cmocka_unit_test(what_is_piped_is_a_row_a_line_without_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
