/* The log: form, escaping, repetition, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/shell/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
/* 2026-11-21T01:02:03.123456Z */
#define NOW (UINT64_C(1795222923) * SECOND + 123456000)

struct fixture {
    struct log log;
    char path[64];
    char text[128 * 1024];
};

static struct fixture fixture;

static void begin(enum effect_severity level, bool json)
{
    strcpy(fixture.path, "/tmp/fixgate-log-XXXXXX");
    int fd = mkstemp(fixture.path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct log_config config = {.path = fixture.path, .level = level, .json = json};
    assert_int_equal(log_open(&fixture.log, &config), STATUS_OK);
}

static const char *written(void)
{
    int fd = open(fixture.path, O_RDONLY);
    ssize_t size = read(fd, fixture.text, sizeof(fixture.text) - 1);
    (void)close(fd);
    assert_true(size >= 0);
    fixture.text[size] = '\0';
    return fixture.text;
}

static const char *finish(void)
{
    log_close(&fixture.log, NOW + 60 * SECOND);
    (void)written();
    (void)unlink(fixture.path);
    return fixture.text;
}

static size_t lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == '\n' ? 1 : 0;
    }
    return count;
}

static void line_has_time_level_pairs_and_text(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    const struct log_pair pairs[] = {{"session", span_text("FIX.4.4:A->B")},
                                     {"reason", span_text("two words")}};
    log_event(&fixture.log, NOW, SEVERITY_INFO, span_text("logged on"), pairs, 2);
    log_text(&fixture.log, NOW, SEVERITY_DEBUG, "not wanted");
    assert_string_equal(finish(), "2026-11-21T01:02:03.123456Z INFO  session=FIX.4.4:A->B "
                                  "reason=\"two words\" logged on\n");
}

static void json_line_has_the_same(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, true);
    const struct log_pair pairs[] = {{"session", span_text("A\"B")}};
    log_event(&fixture.log, NOW, SEVERITY_ERROR, span_text("a\nb\xFF"), pairs, 1);
    assert_string_equal(finish(), "{\"time\":\"2026-11-21T01:02:03.123456Z\",\"level\":\"ERROR\","
                                  "\"session\":\"A\\\"B\",\"text\":\"a\\u000ab\xEF\xBF\xBD\"}\n");
}

static void control_characters_cannot_forge_a_line(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    const struct log_pair pairs[] = {{"k", span_text("v\nx=\"y\"")}};
    log_event(&fixture.log, NOW, SEVERITY_INFO, span_text("a\r\n\x1b[31mb"), pairs, 1);
    const char *text = finish();
    assert_int_equal(lines(text), 1);
    assert_non_null(strstr(text, "k=\"v\\nx=\\\"y\\\"\" a\\x0d\\n\\x1b[31mb\n"));
}

static void warning_is_written_at_once(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    log_text(&fixture.log, NOW, SEVERITY_INFO, "info");
    assert_int_equal(lines(written()), 0);
    log_text(&fixture.log, NOW, SEVERITY_WARNING, "warning");
    assert_int_equal(lines(written()), 2);
    (void)finish();
}

static void repeated_line_is_told_once_with_its_count(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    for (uint64_t i = 0; i < 5; i++) {
        log_text(&fixture.log, NOW + i * SECOND, SEVERITY_INFO, "cannot connect");
        log_text(&fixture.log, NOW + i * SECOND, SEVERITY_INFO, "another");
    }
    log_flush(&fixture.log, NOW + 9 * SECOND);
    assert_int_equal(lines(written()), 2);
    log_flush(&fixture.log, NOW + 10 * SECOND);
    assert_int_equal(lines(written()), 4);
    assert_non_null(strstr(fixture.text, "cannot connect (repeated 4 times)\n"));
    log_text(&fixture.log, NOW + 11 * SECOND, SEVERITY_INFO, "cannot connect");
    assert_int_equal(lines(finish()), 5);
}

static void repetitions_are_told_at_the_end(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    log_text(&fixture.log, NOW, SEVERITY_INFO, "x");
    log_text(&fixture.log, NOW, SEVERITY_INFO, "x");
    assert_non_null(strstr(finish(), "x (repeated 1 time)\n"));
}

static void same_text_at_another_level_is_another_line(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    log_text(&fixture.log, NOW, SEVERITY_INFO, "x");
    log_text(&fixture.log, NOW, SEVERITY_ERROR, "x");
    assert_int_equal(lines(finish()), 2);
}

static void long_line_is_cut_and_stays_one_line(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        char text[3 * LOG_LINE_BYTES_MAX];
        memset(text, 1, sizeof(text));
        begin(SEVERITY_INFO, json == 1);
        log_event(&fixture.log, NOW, SEVERITY_INFO, span_of(text, sizeof(text)), NULL, 0);
        const char *out = finish();
        assert_int_equal(lines(out), 1);
        assert_non_null(strstr(out, json == 1 ? "\"cut\":true}" : "…\n"));
    }
}

static void many_lines_pass_the_buffer(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    char text[600];
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 150; i++) {
        log_event(&fixture.log, NOW, SEVERITY_INFO, span_of(text, sizeof(text)), NULL, 0);
    }
    assert_int_equal(lines(finish()), 150); /* Too long to be watched for repetition. */
}

static void lines_that_the_disk_refuses_are_counted(void **state)
{
    (void)state;
    struct log_config config = {.path = "/dev/full", .level = SEVERITY_INFO};
    assert_int_equal(log_open(&fixture.log, &config), STATUS_OK);
    log_text(&fixture.log, NOW, SEVERITY_WARNING, "one");
    log_text(&fixture.log, NOW, SEVERITY_WARNING, "two");
    assert_int_equal(fixture.log.lost, 2);
    log_close(&fixture.log, NOW);
}

static void new_file_is_private_and_missing_folder_is_io(void **state)
{
    (void)state;
    struct log_config config = {.path = "/nonexistent/x", .level = SEVERITY_INFO};
    assert_int_equal(log_open(&fixture.log, &config), STATUS_IO);
    begin(SEVERITY_INFO, false);
    log_close(&fixture.log, NOW);
    (void)unlink(fixture.path);
    config.path = fixture.path;
    assert_int_equal(log_open(&fixture.log, &config), STATUS_OK);
    struct stat about;
    assert_int_equal(stat(fixture.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    (void)finish();
}

static void assert_masked(const char *message, const char *expected)
{
    char out[256];
    size_t size = log_mask_fix(span_text(message), out, sizeof(out));
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(out, expected, size);
}

static void secrets_are_masked_in_raw_fix(void **state)
{
    (void)state;
    assert_masked("35=A\00155"
                  "4=geheim\001925=neu\00110=000\001",
                  "35=A|554=***|925=***|10=***|");
    assert_masked("35=A\00195=6\00196=ab\001c=d\00110=1\001", "35=A|95=***|96=***|10=***|");
    assert_masked("35=B\00195=2\00196=ab\00158=a\x02z\001", "35=B|95=2|96=ab|58=a?z|");
    assert_masked("35=A\001554=x", "35=A|554=***");
    assert_masked("5540=x\00154=1\001=3\001", "5540=x|54=1|=3|");
}

static void raw_fix_is_logged_at_debug_only(void **state)
{
    (void)state;
    begin(SEVERITY_INFO, false);
    log_fix(&fixture.log, NOW, span_text("S"), "out",
            span_text("8=FIX.4.4\00135=A\001554=geheim\001"));
    assert_string_equal(finish(), "");
    begin(SEVERITY_DEBUG, false);
    log_fix(&fixture.log, NOW, span_text("S"), "out",
            span_text("8=FIX.4.4\00135=A\001554=geheim\001"));
    assert_non_null(strstr(finish(), "DEBUG session=S fix=out 8=FIX.4.4|35=A|554=***|\n"));
}

static void rest_of_a_broken_logon_is_not_logged(void **state)
{
    (void)state;
    begin(SEVERITY_DEBUG, false);
    log_fix(&fixture.log, NOW, span_text("S"), "in", span_text("heim\00110=000\001"));
    assert_non_null(strstr(finish(), "DEBUG session=S fix=in |10=000|\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_time_level_pairs_and_text),
        cmocka_unit_test(json_line_has_the_same),
        cmocka_unit_test(control_characters_cannot_forge_a_line),
        cmocka_unit_test(warning_is_written_at_once),
        cmocka_unit_test(repeated_line_is_told_once_with_its_count),
        cmocka_unit_test(repetitions_are_told_at_the_end),
        cmocka_unit_test(same_text_at_another_level_is_another_line),
        cmocka_unit_test(long_line_is_cut_and_stays_one_line),
        cmocka_unit_test(many_lines_pass_the_buffer),
        cmocka_unit_test(lines_that_the_disk_refuses_are_counted),
        cmocka_unit_test(new_file_is_private_and_missing_folder_is_io),
        cmocka_unit_test(secrets_are_masked_in_raw_fix),
        cmocka_unit_test(raw_fix_is_logged_at_debug_only),
        cmocka_unit_test(rest_of_a_broken_logon_is_not_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
