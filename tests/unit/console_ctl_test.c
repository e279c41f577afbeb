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
    assert_reads("session reset confirm=true BETA", "session.reset", "confirm=true session=BETA");
    assert_reads("route explain attempt=A1", "route.explain", "attempt=A1");
    assert_reads("orders show a=b", "orders.show", "order=a=b");
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
    assert_true(words.help && words.spec == NULL);
    assert_string_equal("audit", words.group);
    assert_false(read_words("adit --help", &words));
    assert_true(read_words("session reset --help", &words));
    assert_string_equal("session.reset", words.spec->name);
    assert_true(read_words("failover -h", &words));
    assert_string_equal("failover", words.group);
}

static void what_is_wrong_is_told_with_what_may_be_meant(void **state)
{
    (void)state;
    struct ctl_words words;
    static const struct {
        const char *line;
        const char *says;
    } wrong[] = {
        {"sesion list", "Did you mean 'session list'?"},
        {"route explian C1", "Did you mean 'route explain'?"},
        {"drain ALPHA", "Did you mean 'broker drain'?"},
        {"failover", "which of them? failover status, failover plan,"},
        {"orders lst", "see `fixgate ctl orders --help`"},
        {"session list --oprator jane", "Did you mean --operator?"},
        {"broker drain ALPHA --reson slow", "Did you mean --reason?"},
        {"session reset", "'session' is missing: fixgate ctl session reset SESSION [CONFIRM]"},
        {"session list more", "one word too many: 'more': fixgate ctl session list"},
        {"session list --operator", "option --operator needs a value"},
        {"session list --operator --json", "option --operator needs a value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(read_words(wrong[i].line, &words));
        if (strstr(words.fault.text, wrong[i].says) == NULL) {
            fail_msg("'%s': no \"%s\" in: %s", wrong[i].line, wrong[i].says, words.fault.text);
        }
    }
}

static void each_argument_of_a_command_is_explained(void **state)
{
    (void)state;
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            const char *rest = spec->arguments;
            struct span name;
            bool optional;
            while (command_argument_next(&rest, &name, &optional)) {
                if (ctl_argument_help(spec, name) == NULL) {
                    fail_msg("say in ctl_teach.c what '%.*s' of %s means", (int)name.size,
                             (const char *)name.data, spec->name);
                }
            }
        }
    }
}

/* Read as a shell would, but for quoted blanks, which the test does not know. */
static void assert_example_is_read(const char *line, size_t size)
{
    char text[256];
    struct ctl_words words;
    bool quoted = false;
    size_t used = 0;
    for (size_t i = 0; i < size && line[i] != '|'; i++) {
        quoted = quoted != (line[i] == '\'');
        if (line[i] != '\'') {
            text[used++] = quoted && line[i] == ' ' ? '-' : line[i];
        }
        assert_true(used < sizeof text);
    }
    text[used] = '\0';
    if (!read_words(text, &words)) {
        fail_msg("the example '%s' is wrong", text);
    }
    assert_non_null(words.config);
}

static void each_group_has_examples_that_can_be_typed(void **state)
{
    (void)state;
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        const char *line = ctl_group_examples(group);
        assert_true(*line != '\0');
        while (*line != '\0') {
            size_t size = strcspn(line, "\n");
            assert_example_is_read(line, size);
            line += size + 1;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_named_by_its_parts_in_either_number_or_as_one_word),
        cmocka_unit_test(arguments_come_in_order_or_by_name_and_without_a_value_they_are_true),
        cmocka_unit_test(options_of_the_client_stand_anywhere_and_are_no_arguments),
        cmocka_unit_test(wrong_words_are_refused_before_anything_is_asked),
        cmocka_unit_test(help_may_be_of_all_of_a_group_or_of_a_command),
        cmocka_unit_test(what_is_wrong_is_told_with_what_may_be_meant),
        cmocka_unit_test(each_argument_of_a_command_is_explained),
        cmocka_unit_test(each_group_has_examples_that_can_be_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
