/* What a gateway says when it cannot start, and that its clock never runs backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/shell/clock.h"
#include "gateway/shell/run.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
    char directory[64];
    char output[96];
};

static int setup(void **state)
{
    struct world *world = test_calloc(1, sizeof(*world));
    (void)snprintf(world->directory, sizeof(world->directory), "/tmp/fixgate-run-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    (void)snprintf(world->output, sizeof(world->output), "%s/output", world->directory);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    char command[96];
    (void)snprintf(command, sizeof(command), "rm -rf %s", world->directory);
    int result = system(command);
    test_free(world);
    return result;
}

/* In a process of its own, with `gateway` lines added to the right ones. */
static pid_t start(const struct world *world, const char *gateway)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) {
        return child;
    }
    static char text[1024];
    (void)snprintf(text, sizeof(text),
                   "[GATEWAY]\nStorePath=%s/store\nDurability=process\n%s\n"
                   "[BROKER]\nName=ALPHA\n[SESSION]\nBroker=ALPHA\nSenderCompID=FIXGATE\n"
                   "TargetCompID=ALPHA\nSocketConnectHost=127.0.0.1\nSocketConnectPort=1\n",
                   world->directory, gateway);
    if (freopen(world->output, "a", stdout) == NULL ||
        freopen(world->output, "a", stderr) == NULL) {
        _exit(99);
    }
    struct config_errors *errors = calloc(1, sizeof(*errors));
    config_errors_init(errors, "test.cfg");
    struct gateway_config *config =
        gateway_config_parse("test.cfg", span_text(text), CONFIG_NEED_ALL, errors);
    if (config == NULL) {
        config_errors_print(errors, stderr);
        _exit(98);
    }
    enum run_exit code = run_gateway(config);
    (void)fflush(NULL);
    _exit((int)code);
}

static int exit_code_of(pid_t child)
{
    int status = 0;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool output_has(const struct world *world, const char *part)
{
    static char text[64 * 1024];
    FILE *file = fopen(world->output, "r");
    if (file == NULL) {
        return false;
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return strstr(text, part) != NULL;
}

static void await_output(const struct world *world, const char *part)
{
    for (int i = 0; i < 1000 && !output_has(world, part); i++) {
        (void)poll(NULL, 0, 10);
    }
    assert_true(output_has(world, part));
}

static void gateway_says_ready_and_ends_by_a_signal(void **state)
{
    struct world *world = *state;
    pid_t child = start(world, "");
    await_output(world, "fixgate ready pid=");
    assert_true(output_has(world, "orders=ipc://"));
    assert_true(output_has(world, "replay=ipc://"));
    assert_int_equal(0, kill(child, SIGTERM));
    assert_int_equal(RUN_EXIT_OK, exit_code_of(child));
    assert_true(output_has(world, "ends in good order"));
}

static void second_gateway_on_a_store_is_refused(void **state)
{
    struct world *world = *state;
    pid_t first = start(world, "");
    await_output(world, "fixgate ready pid=");
    assert_int_equal(RUN_EXIT_ENVIRONMENT, exit_code_of(start(world, "")));
    assert_int_equal(0, kill(first, SIGTERM));
    assert_int_equal(RUN_EXIT_OK, exit_code_of(first));
}

static void gateway_starts_again_after_kill_nine(void **state)
{
    struct world *world = *state;
    int status = 0;
    pid_t first = start(world, "");
    await_output(world, "fixgate ready pid=");
    assert_int_equal(0, kill(first, SIGKILL));
    assert_int_equal(first, waitpid(first, &status, 0));
    assert_int_equal(0, unlink(world->output));
    pid_t second = start(world, "");
    await_output(world, "fixgate ready pid=");
    assert_true(output_has(world, "the last owner of the store was killed"));
    assert_int_equal(0, kill(second, SIGTERM));
    assert_int_equal(RUN_EXIT_OK, exit_code_of(second));
}

static void endpoint_that_cannot_be_bound_stops_the_start(void **state)
{
    struct world *world = *state;
    assert_int_equal(RUN_EXIT_ENVIRONMENT,
                     exit_code_of(start(world, "BusEndpoint=ipc:///no/such/place/bus.ipc")));
    assert_true(output_has(world, "/no/such/place"));
}

static void log_file_that_cannot_be_opened_stops_the_start(void **state)
{
    struct world *world = *state;
    assert_int_equal(RUN_EXIT_CONFIG, exit_code_of(start(world, "LogFile=/no/such/place/log")));
    assert_true(output_has(world, "/no/such/place/log: cannot open"));
}

static void clock_set_back_slows_time_down_until_it_agrees(void **state)
{
    (void)state;
    struct clock clock = {0};
    assert_int_equal(1000, clock_advance(&clock, 1000, 50).engine_ns);
    assert_int_equal(1100, clock_advance(&clock, 1100, 150).engine_ns);
    /* Set back by 500: half speed. */
    assert_int_equal(1150, clock_advance(&clock, 700, 250).engine_ns);
    assert_int_equal(1200, clock_advance(&clock, 800, 350).engine_ns);
    assert_int_equal(1250, clock_advance(&clock, 1250, 450).engine_ns);
    /* Set forward: at once. */
    assert_int_equal(9000, clock_advance(&clock, 9000, 460).engine_ns);
}

static void clock_that_was_set_says_by_how_much(void **state)
{
    (void)state;
    const uint64_t second = UINT64_C(1000000000);
    struct clock clock = {0};
    assert_int_equal(0, clock_advance(&clock, 1000 * second, 50 * second).step_ns);
    /* Both clocks went on by three seconds; a time server's slewing is no step. */
    assert_int_equal(0, clock_advance(&clock, 1003 * second, 53 * second).step_ns);
    assert_int_equal(0, clock_advance(&clock, 1004 * second + second / 4, 54 * second).step_ns);
    /* Forward by a minute, and back by ten. */
    assert_int_equal(60 * (int64_t)second,
                     clock_advance(&clock, 1065 * second + second / 4, 55 * second).step_ns);
    assert_int_equal(-600 * (int64_t)second,
                     clock_advance(&clock, 466 * second + second / 4, 56 * second).step_ns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gateway_says_ready_and_ends_by_a_signal),
        TEST(second_gateway_on_a_store_is_refused),
        TEST(gateway_starts_again_after_kill_nine),
        TEST(endpoint_that_cannot_be_bound_stops_the_start),
        TEST(log_file_that_cannot_be_opened_stops_the_start),
        cmocka_unit_test(clock_set_back_slows_time_down_until_it_agrees),
        cmocka_unit_test(clock_that_was_set_says_by_how_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
