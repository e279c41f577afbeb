/* One operator kills by the commands of the runbook (docs/runbooks/kill.md), under load, the
 * gateway with -9 in the middle of it; and limits are changed as docs/limits.md says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/tools/load.h"
#include "tests/tools/operators.h"

enum {
    ORDERS_PER_SECOND = 200,
    PROVEN_MS = 60000,
    SETTLE_MS = 60000,
};

/* Nothing is filled: what a broker has taken works until it is cancelled. */
static const char *const broker_arguments[] = {"--ack-latency", "5", "--fill-latency", "3600000",
                                               NULL};

struct day {
    struct world world;
    struct load load;
    const char *output; /* Of the last command. */
};

static int ctl(struct day *day, const char *words)
{
    return operators_ask(&day->world, "jane", words, &day->output);
}

static struct day *day_new(const char *config_more)
{
    struct day *day = calloc(1, sizeof *day);
    assert_non_null(day);
    struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .config_more = config_more};
    load_init(&day->load, load_seed(), ORDERS_PER_SECOND, "F");
    day->load.amend = false;
    world_open(&day->world, &options);
    assert_true(world_start(&day->world));
    return day;
}

static void day_end(struct day *day)
{
    assert_true(world_await(&day->world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(&day->world));
    assert_int_equal(ctl(day, "audit verify"), CTL_DONE);
    assert_true(world_close(&day->world));
    free(day);
}

/* Until kill.list says so of every scope. */
static void await_proof(struct day *day)
{
    uint64_t end_ns = process_now_ns() + PROVEN_MS * UINT64_C(1000000);
    while (process_now_ns() < end_ns) {
        assert_int_equal(ctl(day, "kill list"), CTL_DONE);
        if (strstr(day->output, "proven: nothing is working") != NULL) {
            return;
        }
        load_run(&day->load, &day->world, 100);
    }
    (void)world_fail(&day->world, day->output);
    fail();
}

static void kill_and_take_again(struct day *day, const char *scope, bool gateway_dies)
{
    char words[128];
    load_run(&day->load, &day->world, 500);
    (void)snprintf(words, sizeof words, "kill on %s orders~in~a~loop", scope);
    assert_int_equal(ctl(day, words), CTL_DONE);
    if (gateway_dies) {
        world_gateway_kill(&day->world);
        assert_true(world_gateway_start(&day->world));
    }
    await_proof(day);
    (void)snprintf(words, sizeof words, "kill off %s the~loop~is~mended", scope);
    assert_true(operators_agree(&day->world, words));
    assert_int_equal(ctl(day, "kill list"), CTL_DONE);
    assert_null(strstr(day->output, "\"scope\""));
    assert_int_equal(ctl(day, "audit list --what kill"), CTL_DONE);
}

static void everything_is_killed_and_proven_over_a_crash(void **state)
{
    (void)state;
    struct day *day = day_new(NULL);
    kill_and_take_again(day, "all", false);
    kill_and_take_again(day, "all", true);
    load_run(&day->load, &day->world, 300);
    assert_int_equal(ctl(day, "kill on all end~of~day"), CTL_DONE);
    await_proof(day);
    day_end(day);
}

static void each_scope_is_killed_by_the_runbook(void **state)
{
    static const char *const scopes[] = {"symbol:VOD", "account:ISA-1", "client:OMS",
                                         "broker:ALPHA"};
    (void)state;
    struct day *day = day_new(NULL);
    for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
        kill_and_take_again(day, scopes[i], false);
    }
    assert_int_equal(ctl(day, "kill on broker:NOBODY x"), CTL_REFUSED);
    assert_int_equal(ctl(day, "kill on all end~of~day"), CTL_DONE);
    await_proof(day);
    day_end(day);
}

static void limits_are_shown_and_changed_by_the_document(void **state)
{
    (void)state;
    struct day *day = day_new("[LIMIT]\nMaxOpenOrders=50\n");
    load_run(&day->load, &day->world, 1000);
    assert_int_equal(ctl(day, "limits list"), CTL_DONE);
    assert_non_null(strstr(day->output, "\"limit\":\"MaxOpenOrders\""));
    assert_non_null(strstr(day->output, "\"used\":50"));
    assert_int_equal(ctl(day, "limits show --account ISA-1 --symbol VOD"), CTL_DONE);
    assert_int_equal(ctl(day, "limits blocked"), CTL_DONE);
    assert_non_null(strstr(day->output, "too many open orders"));
    assert_int_equal(ctl(day, "limits latches"), CTL_DONE);
    assert_true(operators_agree(&day->world, "limits set all MaxOpenOrders 80"));
    load_run(&day->load, &day->world, 1000);
    assert_int_equal(ctl(day, "limits diff"), CTL_DONE);
    assert_non_null(strstr(day->output, "\"configured\":\"50\""));
    assert_non_null(strstr(day->output, "\"used\":80"));
    assert_true(operators_agree(&day->world, "limits set all MaxOpenOrders default"));
    assert_int_equal(ctl(day, "kill on all end~of~day"), CTL_DONE);
    await_proof(day);
    day_end(day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_killed_and_proven_over_a_crash),
        cmocka_unit_test(each_scope_is_killed_by_the_runbook),
        cmocka_unit_test(limits_are_shown_and_changed_by_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
