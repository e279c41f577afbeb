/* `fixgate dict`, as a person or a script sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/console/command_dict.h"
#include "gateway/shell/dictionary_file.h"

#define BASE "dictionaries/FIX44.xml"
#define BETA "dictionaries/overlays/BETA.xml"

enum { OUTPUT_BYTES_MAX = 512 * 1024, WORDS_MAX = 12 };

static char out[OUTPUT_BYTES_MAX];
static char err[OUTPUT_BYTES_MAX];

/* Sends a stream into a file; the copy of where it went before. */
static int divert(FILE *stream, FILE *to)
{
    (void)fflush(stream);
    int before = dup(fileno(stream));
    assert_true(before >= 0);
    assert_true(dup2(fileno(to), fileno(stream)) >= 0);
    return before;
}

static void restore(FILE *stream, int before, FILE *from, char *text)
{
    (void)fflush(stream);
    assert_true(dup2(before, fileno(stream)) >= 0);
    (void)close(before);
    rewind(from);
    size_t size = fread(text, 1, OUTPUT_BYTES_MAX - 1, from);
    text[size] = '\0';
    (void)fclose(from);
}

/* Runs the command with words, the last of which is NULL; fills `out` and `err`. */
static int run(const char *const *words)
{
    char copies[WORDS_MAX][128];
    char *argv[WORDS_MAX + 1] = {NULL};
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        assert_true(argc < WORDS_MAX);
        (void)snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    FILE *out_file = tmpfile();
    FILE *err_file = tmpfile();
    assert_non_null(out_file);
    assert_non_null(err_file);
    int out_before = divert(stdout, out_file);
    int err_before = divert(stderr, err_file);
    int code = command_dict(argc, argv);
    restore(stdout, out_before, out_file, out);
    restore(stderr, err_before, err_file, err);
    return code;
}

#define RUN(...) run((const char *const[]){"dict", __VA_ARGS__, NULL})

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no '%s' in:\n%s", part, text);
    }
}

static void check_prints_what_a_dictionary_holds(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", BASE), 0);
    has(out, "FIX.4.4: 93 messages, ");
    assert_string_equal(err, "");
    assert_int_equal(RUN("check", BASE, "dictionaries/FIX44-internal.xml"), 0);
    has(out, "(25 in-house)");
}

static void check_refuses_with_file_line_and_reason(void **state)
{
    (void)state;
    char path[] = "/tmp/fixgate-dict-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    static const char TEXT[] = "<fix>\n<fields><field name='Side' type='INT'/></fields></fix>";
    assert_int_equal(write(file, TEXT, sizeof(TEXT) - 1), sizeof(TEXT) - 1);
    (void)close(file);
    assert_int_equal(RUN("check", BASE, path), 1);
    (void)unlink(path);
    assert_string_equal(out, "");
    has(err, path);
    has(err, ":2: field Side is 54 of type CHAR in " BASE ":");
    assert_int_equal(RUN("check", "nowhere.xml"), 1);
    assert_string_equal(err, "nowhere.xml: No such file or directory\n");
    assert_int_equal(RUN("check", "dictionaries"), 1);
    assert_string_equal(err, "dictionaries: Is a directory\n");
}

static void show_finds_by_type_tag_and_name(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "D"), 0);
    has(out, "NewOrderSingle  MsgType D  application level");
    has(out, "*     11  ClOrdID");
    has(out, "  10001  QuotedPx");
    assert_int_equal(RUN("show", "54"), 0);
    has(out, "Side(54)  CHAR\n  1        BUY\n");
    assert_int_equal(RUN("show", "timeinforce"), 0);
    has(out, "TimeInForce(59)  CHAR");
    assert_int_equal(RUN("show", "8"), 0);
    has(out, "ExecutionReport  MsgType 8");
    has(out, "BeginString(8)  STRING");
    assert_int_equal(RUN("show", "header"), 0);
    has(out, "header of every message");
}

static void show_lays_overlays_over_the_base(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "D", "-d", BASE, "--dictionary", BETA), 0);
    has(out, "-    111  MaxFloor");
    assert_null(strstr(out, "QuotedPx"));
    assert_int_equal(RUN("show", "D", "-d", BASE), 0);
    has(out, "     111  MaxFloor");
}

static void show_writes_json(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "54", "--json"), 0);
    has(out, "{\"messages\":[],\"fields\":[{\"tag\":54,\"name\":\"Side\",\"type\":\"CHAR\"");
    has(out, "{\"value\":\"1\",\"description\":\"BUY\"}");
    assert_int_equal(RUN("show", "0", "--json"), 0);
    has(out, "\"msgType\":\"0\",\"admin\":true,\"members\":[{\"tag\":112,");
}

static void show_suggests_what_was_meant(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "Sidde"), 1);
    assert_string_equal(out, "");
    has(err, "did you mean Side?");
}

static void wrong_words_are_refused_with_a_hint(void **state)
{
    (void)state;
    assert_int_equal(RUN("shwo"), 2);
    has(err, "unknown command shwo");
    assert_int_equal(RUN("show"), 2);
    assert_int_equal(RUN("show", "D", "F"), 2);
    assert_int_equal(RUN("show", "D", "-d"), 2);
    assert_int_equal(RUN("show", "D", "--jsno"), 2);
    assert_int_equal(RUN("check"), 2);
    assert_int_equal(RUN("check", "-x"), 2);
    assert_int_equal(run((const char *const[]){"dict", NULL}), 2);
    assert_int_equal(RUN("--help"), 0);
    has(out, "fixgate dict show ExecutionReport");
}

static void dictionaries_are_found_where_the_environment_says(void **state)
{
    (void)state;
    char path[DICTIONARY_FILE_PATH_BYTES_MAX];
    assert_true(dictionary_file_find("FIX44.xml", path));
    assert_string_equal(path, BASE);
    assert_int_equal(setenv("FIXGATE_DICTIONARIES", "dictionaries/overlays", 1), 0);
    assert_true(dictionary_file_find("ALPHA.xml", path));
    assert_string_equal(path, "dictionaries/overlays/ALPHA.xml");
    assert_true(dictionary_file_find("FIX44.xml", path));
    assert_int_equal(unsetenv("FIXGATE_DICTIONARIES"), 0);
    assert_false(dictionary_file_find("nowhere.xml", path));
    assert_string_equal(path, "dictionaries/nowhere.xml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_prints_what_a_dictionary_holds),
        cmocka_unit_test(check_refuses_with_file_line_and_reason),
        cmocka_unit_test(show_finds_by_type_tag_and_name),
        cmocka_unit_test(show_lays_overlays_over_the_base),
        cmocka_unit_test(show_writes_json),
        cmocka_unit_test(show_suggests_what_was_meant),
        cmocka_unit_test(wrong_words_are_refused_with_a_hint),
        cmocka_unit_test(dictionaries_are_found_where_the_environment_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
