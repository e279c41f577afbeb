/* Two operators move all new orders from one broker to the other and back by the commands of the
 * runbook (docs/runbooks/manual-failover.md), under load; and again, with the gateway killed with
 * -9 at each step in turn. */
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
    ORDERS_PER_SECOND = 100,
    STEP_MS_MAX = 30000,
    SETTLE_MS = 60000,
};

enum { ALPHA, BETA };

static const char *const broker_arguments[] = {"--ack-latency", "5", "--fill-latency", "30", NULL};

struct rehearsal {
    struct world world;
    struct load load;
    const char *output; /* Of the last command. */
};

static int ctl(struct rehearsal *rehearsal, const char *words)
{
    return operators_ask(&rehearsal->world, "jane", words, &rehearsal->output);
}

static bool step_is(struct rehearsal *rehearsal, const char *step)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "\"step\":\"%s\"", step);
    return ctl(rehearsal, "failover status") == CTL_DONE &&
           strstr(rehearsal->output, wanted) != NULL;
}

/* Under load; a step that was passed over between two looks is not waited for. */
static bool comes_to(struct rehearsal *rehearsal, const char *step)
{
    uint64_t end_ns = process_now_ns() + STEP_MS_MAX * UINT64_C(1000000);
    while (process_now_ns() < end_ns) {
        if (step_is(rehearsal, step)) {
            return true;
        }
        if (strstr(rehearsal->output, "\"step\":\"DONE\"") != NULL) {
            return false;
        }
        load_run(&rehearsal->load, &rehearsal->world, 50);
    }
    (void)world_fail(&rehearsal->world, rehearsal->output);
    return false;
}

static struct rehearsal *rehearsal_new(void)
{
    struct rehearsal *rehearsal = calloc(1, sizeof *rehearsal);
    assert_non_null(rehearsal);
    /* The brokers are made slow, so that steps can be met: a router would open their breakers. */
    static const struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .router_off = true};
    load_init(&rehearsal->load, load_seed(), ORDERS_PER_SECOND, "F");
    rehearsal->load.amend = false;
    world_open(&rehearsal->world, &options);
    assert_true(world_start(&rehearsal->world));
    assert_true(operators_agree(&rehearsal->world, "route mode PRIMARY_BACKUP ALPHA"));
    load_run(&rehearsal->load, &rehearsal->world, 500);
    return rehearsal;
}

static void rehearsal_end(struct rehearsal *rehearsal)
{
    assert_true(world_await(&rehearsal->world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(&rehearsal->world));
    assert_int_equal(ctl(rehearsal, "audit verify"), CTL_DONE);
    assert_true(world_close(&rehearsal->world));
    free(rehearsal);
}

/* Orders from here on, and how many of them a broker has by the bus. */
static uint32_t at_broker(const struct rehearsal *rehearsal, uint32_t first, const char *broker)
{
    uint32_t count = 0;
    for (uint32_t index = first; index < oms_requests_count(rehearsal->world.oms); index++) {
        count += strcmp(oms_request(rehearsal->world.oms, index)->broker, broker) == 0 ? 1 : 0;
    }
    return count;
}

static void slow(struct rehearsal *rehearsal, uint32_t broker, const char *milliseconds)
{
    char command[64];
    (void)snprintf(command, sizeof command, "set ack-latency %s", milliseconds);
    assert_int_equal(world_broker_control(&rehearsal->world, broker, command), 0);
}

/* From `from` to `to`; the gateway is killed when it is at `step` (NULL: not at all). */
static void move(struct rehearsal *rehearsal, const char *words, uint32_t from, uint32_t to,
                 const char *step)
{
    static const char *const names[] = {"ALPHA", "BETA"};
    /* So that each step is there long enough to be met. */
    slow(rehearsal, from, "1500");
    slow(rehearsal, to, "1000");
    load_run(&rehearsal->load, &rehearsal->world, 300);
    assert_true(operators_agree(&rehearsal->world, words));
    if (step != NULL) {
        assert_true(comes_to(rehearsal, step));
        world_gateway_kill(&rehearsal->world);
        slow(rehearsal, from, "5");
        assert_true(world_gateway_start(&rehearsal->world));
    }
    slow(rehearsal, from, "5");
    assert_true(comes_to(rehearsal, "CANARY") || step != NULL);
    slow(rehearsal, to, "5");
    assert_true(comes_to(rehearsal, "DONE"));
    uint32_t first = oms_requests_count(rehearsal->world.oms);
    load_run(&rehearsal->load, &rehearsal->world, 500);
    assert_true(world_await(&rehearsal->world, world_all_answered, NULL, SETTLE_MS,
                            "every request answered"));
    assert_true(at_broker(rehearsal, first, names[to]) > 0);
    assert_int_equal(at_broker(rehearsal, first, names[from]), 0);
}

#define LIMITS " --quiesce 1 --canaries 3 --canary-timeout 30 --ramp 2"
#define BEGIN  "failover begin ALPHA BETA --reason ALPHA~is~slow" LIMITS
#define BACK   "failover back --reason ALPHA~is~well"

static void two_operators_fail_over_and_back(void **state)
{
    (void)state;
    struct rehearsal *rehearsal = rehearsal_new();
    assert_int_equal(ctl(rehearsal, "broker list"), CTL_DONE);
    assert_int_equal(ctl(rehearsal, "failover plan ALPHA BETA"), CTL_DONE);
    move(rehearsal, BEGIN, ALPHA, BETA, NULL);
    assert_int_equal(ctl(rehearsal, "doubt list"), CTL_DONE);
    move(rehearsal, BACK, BETA, ALPHA, NULL);
    rehearsal_end(rehearsal);
}

static void a_gateway_killed_at_each_step_goes_on(void **state)
{
    static const char *const steps[] = {"QUIESCE", "RESOLVE", "CANARY", "RAMP"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct rehearsal *rehearsal = rehearsal_new();
        move(rehearsal, BEGIN, ALPHA, BETA, steps[i]);
        move(rehearsal, BACK, BETA, ALPHA, steps[i]);
        rehearsal_end(rehearsal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_operators_fail_over_and_back),
        cmocka_unit_test(a_gateway_killed_at_each_step_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
