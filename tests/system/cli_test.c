/* The command line against a running world: what it prints and how it exits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>

#include <cmocka.h>

#include "tests/tools/world.h"

enum { OUTPUT_BYTES_MAX = 256 * 1024, LISTENED_MS = 20000 };

struct shell {
    struct world world;
    char output[OUTPUT_BYTES_MAX];
};

static int begin(void **state)
{
    const struct world_options options = {.brokers_count = 1};
    struct shell *shell = calloc(1, sizeof *shell);
    assert_non_null(shell);
    world_open(&shell->world, &options);
    assert_true(world_broker_start(&shell->world, 0));
    assert_true(world_gateway_start(&shell->world));
    *state = shell;
    return 0;
}

static int end(void **state)
{
    struct shell *shell = *state;
    assert_true(world_close(&shell->world));
    free(shell);
    return 0;
}

/* Runs `fixgate` with the words of `line` ('@' stands for the configuration) and
 * checks the exit code; what it wrote to both streams is in shell->output. */
static void run(struct shell *shell, const char *line, const char *input, int exit_code)
{
    char copy[512];
    const char *arguments[PROCESS_ARGUMENTS_MAX] = {NULL};
    size_t count = 0;
    char *rest = NULL;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < ARRAY_LEN(arguments) - 1);
        arguments[count++] = strcmp(word, "@") == 0 ? shell->world.config_path : word;
    }
    int code = world_fixgate(&shell->world, arguments, input, shell->output, sizeof shell->output);
    if (code != exit_code) {
        (void)fprintf(stderr, "fixgate %s: exit code %d, not %d\n%s\n", line, code, exit_code,
                      shell->output);
    }
    assert_int_equal(code, exit_code);
}

static void assert_says(const struct shell *shell, const char *text)
{
    if (strstr(shell->output, text) == NULL) {
        (void)fprintf(stderr, "no \"%s\" in:\n%s\n", text, shell->output);
    }
    assert_non_null(strstr(shell->output, text));
}

static void version_prints_the_version(void **state)
{
    run(*state, "version", NULL, 0);
    assert_says(*state, "fixgate ");
}

static void help_explains_each_command_with_examples(void **state)
{
    static const char *const commands[] = {"run", "submit", "check", "tail", "dict", "log"};
    for (size_t index = 0; index < ARRAY_LEN(commands); index++) {
        char line[64];
        (void)snprintf(line, sizeof line, "%s --help", commands[index]);
        run(*state, line, NULL, 0);
        (void)snprintf(line, sizeof line, "fixgate %s", commands[index]);
        assert_says(*state, line);
    }
}

static void an_unknown_command_or_option_is_a_usage_error(void **state)
{
    run(*state, "submitt", NULL, 2);
    assert_says(*state, "submit");
    run(*state, "submit --no-such-option", NULL, 2);
    run(*state, "check", NULL, 2);
    run(*state, "tail", NULL, 2);
}

static void check_prints_the_effective_settings(void **state)
{
    run(*state, "check -c @", NULL, 0);
    assert_says(*state, "Durability=commit");
    assert_says(*state, "[SESSION]");
    run(*state, "check -c @ --json", NULL, 0);
    assert_says(*state, "\"Durability\"");
}

static void check_names_file_line_and_nearest_key(void **state)
{
    struct shell *shell = *state;
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char line[PROCESS_PATH_BYTES_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/wrong.cfg", shell->world.directory);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("[GATEWAY]\nStorePath=/tmp/none\nDurabillity=commit\n", file);
    (void)fclose(file);
    (void)snprintf(line, sizeof line, "check -c %s", path);
    run(shell, line, NULL, 2);
    assert_says(shell, "wrong.cfg:3");
    assert_says(shell, "Durability");
}

static void check_explains_a_configuration_of_quickfix(void **state)
{
    run(*state, "check -c tests/system/quickfix/quickfixj.cfg", NULL, 2);
    assert_says(*state, "is a configuration of QuickFIX");
    assert_says(*state, "SocketKeyStore is not taken: a Java key store");
    assert_says(*state, "[BROKER]\nName=EXEC\n");
    run(*state, "check -c tests/system/quickfix/quickfixgo.cfg", NULL, 0);
    assert_says(*state, "all of it is taken");
    run(*state, "check --json tests/system/quickfix/quickfix.cfg", NULL, 2);
    assert_says(*state, "\"quickfix\":");
}

static void check_tells_what_is_right_but_dangerous(void **state)
{
    struct shell *shell = *state;
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char line[PROCESS_PATH_BYTES_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/danger.cfg", shell->world.directory);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("[GATEWAY]\nStorePath=/tmp/none\n[BROKER]\nName=X\n[SESSION]\nBroker=X\n"
                "SenderCompID=A\nTargetCompID=B\nSocketConnectHost=h\nSocketConnectPort=1\n"
                "SocketUseSSL=Y\nSocketInsecureSkipVerify=Y\nFileStoreSync=Y\n",
                file);
    (void)fclose(file);
    (void)snprintf(line, sizeof line, "check -c %s", path);
    run(shell, line, NULL, 0);
    assert_says(shell, "warning: ");
    assert_says(shell, "danger.cfg:12: SocketInsecureSkipVerify=Y");
    assert_says(shell, "note: ");
    assert_says(shell, "danger.cfg:13: FileStoreSync has no effect here");
}

static void submit_prints_each_durable_answer(void **state)
{
    run(*state, "submit -c @",
        "# a comment\n"
        "35=D|49=OMS|11=CLI-1|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|60=20261120-10:00:00\n"
        "{\"Header\":{\"BeginString\":\"FIX.4.4\",\"MsgType\":\"D\",\"SenderCompID\":\"OMS\"},"
        "\"Body\":{\"ClOrdID\":\"CLI-2\",\"Symbol\":\"VOD\",\"Side\":\"1\",\"OrderQty\":\"5\","
        "\"OrdType\":\"1\",\"TransactTime\":\"20261120-10:00:00\"}}\n",
        0);
    assert_says(*state, "CLI-1");
    assert_says(*state, "CLI-2");
    assert_says(*state, "2 accepted");
}

static void submitting_again_is_safe_and_other_content_is_not(void **state)
{
    static const char first[] =
        "35=D|49=OMS|11=CLI-3|55=VOD|54=1|38=100|40=1|60=20261120-10:00:00\n";
    static const char other[] =
        "35=D|49=OMS|11=CLI-3|55=VOD|54=1|38=999|40=1|60=20261120-10:00:00\n";
    run(*state, "submit -c @ --raw", first, 0);
    assert_says(*state, "|150=A|");
    run(*state, "submit -c @ --raw", first, 0);
    assert_says(*state, "|150=I|");
    run(*state, "submit -c @ --raw", other, 1);
    assert_says(*state, "|150=8|");
}

static void submit_says_what_was_rejected_and_why(void **state)
{
    run(*state, "submit -c @", "35=D|49=OMS|11=CLI-4|55=VOD|54=1|38=-1|40=1|60=20261120-10:00:00\n",
        1);
    assert_says(*state, "OrderQty");
    run(*state, "submit -c @", "this is not an order\n", 1);
}

static void tail_prints_the_stream_from_its_beginning(void **state)
{
    run(*state, "submit -c @",
        "35=D|49=OMS|11=CLI-5|55=VOD|54=1|38=100|40=1|60=20261120-10:00:00\n", 0);
    run(*state, "tail -c @ --from 1 --count 3", NULL, 0);
    assert_says(*state, "SE.");
    run(*state, "tail -c @ --from 1 --idle 1 ER", NULL, 0);
    assert_says(*state, "ExecutionReport");
    assert_says(*state, "CLI-5");
    run(*state, "tail -c @ --from 1 --count 2 --json", NULL, 0);
    assert_says(*state, "{\"BusSeq\":1,");
}

static void dict_shows_and_checks(void **state)
{
    run(*state, "dict show NewOrderSingle", NULL, 0);
    assert_says(*state, "ClOrdID");
    run(*state, "dict show 54", NULL, 0);
    assert_says(*state, "BUY");
    run(*state, "dict show NoSuchThing", NULL, 1);
    run(*state, "dict check dictionaries/FIX44.xml", NULL, 0);
    run(*state, "dict check config/demo-orders.fix", NULL, 1);
    assert_says(*state, "demo-orders.fix");
}

static void log_show_prints_a_message_log(void **state)
{
    static const char text[] =
        "# fixgate message log 1 FIX.4.4:FIXGATE->ALPHA\n"
        "2026-11-21T08:00:00.000000000Z out 42 8=FIX.4.4\0019=20\00135=0\00134=7\001112=CLI-7\001"
        "10=000\001\n"
        "2026-11-21T08:00:01.000000000Z in 9 8=F";
    struct shell *shell = *state;
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char line[PROCESS_PATH_BYTES_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/shown.log", shell->world.directory);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    (void)snprintf(line, sizeof line, "log show %s", path);
    run(shell, line, NULL, 0);
    assert_says(shell, "out FIX.4.4:FIXGATE->ALPHA Heartbeat MsgSeqNum 7 [garbled: CheckSum");
    assert_says(shell, "TestReqID(112) = CLI-7");
    assert_says(shell, "damaged record");
    (void)snprintf(line, sizeof line, "log show %s --follow --count 1 --raw", path);
    run(shell, line, NULL, 0);
    assert_says(shell, "|112=CLI-7|");
    (void)snprintf(line, sizeof line, "log show %s --type D", path);
    run(shell, line, NULL, 1);
    run(shell, "log show /nonexistent", NULL, 3);
    run(shell, "log show", NULL, 2);
}

static void run_refuses_a_store_that_is_in_use(void **state)
{
    run(*state, "run -c @", NULL, 3);
    assert_true(process_running(&((struct shell *)*state)->world.gateway));
}

static void term_ends_the_gateway_in_order(void **state)
{
    struct shell *shell = *state;
    assert_int_equal(process_end(&shell->world.gateway, SIGTERM, LISTENED_MS), 0);
    run(shell, "submit -c @ --timeout 1 --tries 1",
        "35=D|49=OMS|11=CLI-6|55=VOD|54=1|38=100|40=1|60=20261120-10:00:00\n", 1);
    assert_true(world_gateway_start(&shell->world));
    run(shell, "submit -c @", "35=D|49=OMS|11=CLI-6|55=VOD|54=1|38=100|40=1|60=20261120-10:00:00\n",
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_prints_the_version),
        cmocka_unit_test(help_explains_each_command_with_examples),
        cmocka_unit_test(an_unknown_command_or_option_is_a_usage_error),
        cmocka_unit_test(check_prints_the_effective_settings),
        cmocka_unit_test(check_names_file_line_and_nearest_key),
        cmocka_unit_test(check_explains_a_configuration_of_quickfix),
        cmocka_unit_test(check_tells_what_is_right_but_dangerous),
        cmocka_unit_test(submit_prints_each_durable_answer),
        cmocka_unit_test(submitting_again_is_safe_and_other_content_is_not),
        cmocka_unit_test(submit_says_what_was_rejected_and_why),
        cmocka_unit_test(tail_prints_the_stream_from_its_beginning),
        cmocka_unit_test(dict_shows_and_checks),
        cmocka_unit_test(log_show_prints_a_message_log),
        cmocka_unit_test(run_refuses_a_store_that_is_in_use),
        cmocka_unit_test(term_ends_the_gateway_in_order),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
