/* The command line: options in all their forms, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/console/command_line.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *value;
static bool flag;
static const struct command_option options[] = {
    {.name = "config", .letter = 'c', .value = &value},
    {.name = "json", .letter = 'j', .flag = &flag},
};
static const struct command_words words = {.command = "test",
                                           .help = "the help\n",
                                           .options = options,
                                           .options_count = ARRAY_LEN(options),
                                           .arguments_max = 2};

static char said[1024];
static uint32_t count;
static char *arguments[8];

/* Parses a line split at spaces; what it printed on `fd` is in `said`. */
static enum command_parsed parse(const char *line, int fd)
{
    static char text[256];
    int argc = 0;
    value = NULL;
    flag = false;
    (void)snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        arguments[argc] = word;
        argc += 1;
    }
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    FILE *stream = fd == STDOUT_FILENO ? stdout : stderr;
    (void)fflush(stream);
    int kept = dup(fd);
    assert_true(dup2(ends[1], fd) >= 0);
    (void)close(ends[1]);
    enum command_parsed parsed = command_parse(&words, argc, arguments, &count);
    (void)fflush(stream);
    assert_true(dup2(kept, fd) >= 0);
    (void)close(kept);
    ssize_t size = read(ends[0], said, sizeof(said) - 1);
    (void)close(ends[0]);
    said[size > 0 ? size : 0] = '\0';
    return parsed;
}

static void assert_wrong(const char *line, const char *expected)
{
    assert_int_equal(parse(line, STDERR_FILENO), COMMAND_WRONG);
    assert_string_equal(said, expected);
}

static void option_takes_its_value_in_every_form(void **state)
{
    static const char *const lines[] = {"test -c x", "test -cx", "test --config x",
                                        "test --config=x"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(parse(lines[i], STDERR_FILENO), COMMAND_GO);
        assert_string_equal(value, "x");
        assert_false(flag);
        assert_int_equal(count, 0);
    }
    assert_int_equal(parse("test --config= y", STDERR_FILENO), COMMAND_GO);
    assert_string_equal(value, "");
    assert_int_equal(count, 1);
}

static void words_between_options_are_gathered(void **state)
{
    (void)state;
    assert_int_equal(parse("test a --json -", STDERR_FILENO), COMMAND_GO);
    assert_true(flag);
    assert_int_equal(count, 2);
    assert_string_equal(arguments[0], "a");
    assert_string_equal(arguments[1], "-");
    assert_int_equal(parse("test -- --json -c", STDERR_FILENO), COMMAND_GO);
    assert_false(flag);
    assert_int_equal(count, 2);
    assert_string_equal(arguments[0], "--json");
}

static void wrong_options_are_told(void **state)
{
    (void)state;
    assert_wrong("test --confg x", "fixgate test: unknown option --confg; did you mean --config?; "
                                   "see `fixgate test --help`\n");
    assert_wrong("test -x", "fixgate test: unknown option -x; see `fixgate test --help`\n");
    assert_wrong("test --config", "fixgate test: option --config needs a value\n");
    assert_wrong("test --json=x", "fixgate test: option --json takes no value\n");
    assert_wrong("test a b c", "fixgate test: one word too many: 'c'; see `fixgate test --help`\n");
}

static void help_goes_to_standard_output(void **state)
{
    (void)state;
    assert_int_equal(parse("test a --help --nonsense", STDOUT_FILENO), COMMAND_HELPED);
    assert_string_equal(said, "the help\n");
}

static void numbers_are_whole_and_in_range(void **state)
{
    static const char *const wrong[] = {"",    "-1", "+1", "1 ",
                                        "0x1", "11", "0",  "99999999999999999999"};
    (void)state;
    uint64_t number = 0;
    assert_true(option_number("test", "n", "10", 1, 10, &number));
    assert_int_equal(number, 10);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(option_number("test", "n", wrong[i], 1, 10, &number));
    }
}

static void commands_without_a_gateway_are_wrong_usage(void **state)
{
    (void)state;
    char name[] = "x";
    char *argv[] = {name, NULL};
    assert_int_equal(command_check(1, argv), EXIT_CODE_USAGE);
    assert_int_equal(command_submit(1, argv), EXIT_CODE_USAGE);
    assert_int_equal(command_tail(1, argv), EXIT_CODE_USAGE);
    assert_int_equal(command_version(1, argv), EXIT_CODE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_takes_its_value_in_every_form),
        cmocka_unit_test(words_between_options_are_gathered),
        cmocka_unit_test(wrong_options_are_told),
        cmocka_unit_test(help_goes_to_standard_output),
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(commands_without_a_gateway_are_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
