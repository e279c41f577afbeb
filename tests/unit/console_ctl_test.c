/* The words of `fixgate ctl`: which command they name, and with which arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/console/ctl_words.h"

enum { WORDS_MAX = 40 };

/* Reads "session reset BETA"; the words live until the next call. */
static bool read_words(const char *line, struct ctl_words *words)
{
    static char copy[1024];
    char *argv[WORDS_MAX] = {copy};
    int argc = 1;
    char *rest = NULL;
    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = word;
    }
    memset(words, 0, sizeof(*words));
    return ctl_words_read(words, argc, argv);
}

/* It names the command and has these arguments: "session=BETA confirm=true". */
static void assert_reads(const char *line, const char *name, const char *arguments)
{
    struct ctl_words words;
    char text[512] = "";
    size_t used = 0;
    assert_true(read_words(line, &words));
    assert_non_null(words.spec);
    assert_string_equal(name, words.spec->name);
    for (uint32_t i = 0; i < words.arguments_count; i++) {
        const struct command_argument *argument = &words.arguments[i];
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s=%.*s", i > 0 ? " " : "",
                                 (int)argument->name.size, (const char *)argument->name.data,
                                 (int)argument->value.size, (const char *)argument->value.data);
    }
    assert_string_equal(arguments, text);
}

static void a_command_is_named_by_its_parts_in_either_number_or_as_one_word(void **state)
{
    (void)state;
    assert_reads("session list", "session.list", "");
    assert_reads("sessions list", "session.list", "");
    assert_reads("sessions", "session.list", "");
    assert_reads("session.list", "session.list", "");
    assert_reads("approval list", "approvals.list", "");
    assert_reads("approvals", "approvals.list", "");
    assert_reads("brokers", "broker.list", "");
    assert_reads("route rule set ALPHA", "route.rule.set", "broker=ALPHA");
    assert_reads("route.rule.set ALPHA", "route.rule.set", "broker=ALPHA");
    assert_reads("route rules", "route.rules", "");
}

static void arguments_come_in_order_or_by_name_and_without_a_value_they_are_true(void **state)
{
    (void)state;
    assert_reads("session reset BETA", "session.reset", "session=BETA");
    assert_reads("session reset BETA --confirm", "session.reset", "confirm=true session=BETA");
    assert_reads("session reset --confirm -c file BETA", "session.reset",
                 "confirm=true session=BETA");
    assert_reads("session reset --session=BETA true", "session.reset", "session=BETA confirm=true");
    assert_reads("session reset --confirm=false --session BETA", "session.reset",
                 "confirm=false session=BETA");
    assert_reads("broker open ALPHA --reason slow", "broker.open", "reason=slow broker=ALPHA");
    assert_reads("audit list --by jane --what broker.", "audit.list", "by=jane what=broker.");
}

static void options_of_the_client_stand_anywhere_and_are_no_arguments(void **state)
{
    (void)state;
    struct ctl_words words;
    assert_true(read_words("-cfile session --operator jane --json logoff BETA --key k1", &words));
    assert_string_equal("session.logoff", words.spec->name);
    assert_string_equal("file", words.config);
    assert_string_equal("jane", words.operator_name);
    assert_string_equal("k1", words.key);
    assert_true(words.json);
    assert_int_equal(1, words.arguments_count);
    assert_true(read_words("session list --control=ipc://x --server-key K --secret file", &words));
    assert_string_equal("ipc://x", words.control);
    assert_string_equal("K", words.server_key);
    assert_string_equal("file", words.secret);
}

static void wrong_words_are_refused_before_anything_is_asked(void **state)
{
    (void)state;
    struct ctl_words words;
    static const char *const wrong[] = {
        "",
        "sesion list",
        "session reset",
        "session reset BETA true more",
        "session reset BETA --confirm true --confirm true",
        "session list --colour red",
        "--colour red session list",
        "session list -c",
        "session list --operator",
        "route rule set",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (read_words(wrong[i], &words)) {
            fail_msg("'%s' is taken for %s", wrong[i], words.spec->name);
        }
    }
}

static void help_may_be_of_all_of_a_group_or_of_a_command(void **state)
{
    (void)state;
    struct ctl_words words;
    assert_true(read_words("--help", &words));
    assert_true(words.help && words.spec == NULL && words.group == NULL);
    assert_true(read_words("audit --help", &words));
    assert_true(words.help);
    assert_true(read_words("session reset --help", &words));
    assert_string_equal("session.reset", words.spec->name);
    assert_true(read_words("failover -h", &words));
    assert_string_equal("failover", words.group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_named_by_its_parts_in_either_number_or_as_one_word),
        cmocka_unit_test(arguments_come_in_order_or_by_name_and_without_a_value_they_are_true),
        cmocka_unit_test(options_of_the_client_stand_anywhere_and_are_no_arguments),
        cmocka_unit_test(wrong_words_are_refused_before_anything_is_asked),
        cmocka_unit_test(help_may_be_of_all_of_a_group_or_of_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
