/* A broker dies with -9 in the middle of its work, or its line does, and comes
 * back with its own store. FIX's own recovery settles what was in doubt. What a router makes of
 * such a broker is in router_test.c and outage_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/tools/load.h"

enum {
    KILLS = 10,
    ORDERS_PER_SECOND = 150,
    ALIVE_MS_MAX = 2500,
    DEAD_MS_MAX = 1200,
    REPETITIONS = 30,
    REPETITION_MS_MAX = 300,
    SETTLE_MS = 60000,
};

static const char *const broker_arguments[] = {"--ack-latency",
                                               "5",
                                               "--fill-latency",
                                               "30",
                                               "--partial-fills",
                                               "3",
                                               "--reject-rate",
                                               "2",
                                               NULL};

static struct world *world_new(const struct world_options *options)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_open(world, options);
    return world;
}

static void killed_brokers_lose_and_double_nothing(void **state)
{
    (void)state;
    struct load load;
    load_init(&load, load_seed(), ORDERS_PER_SECOND, "B");
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .router_off = true};
    struct world *world = world_new(&options);
    assert_true(world_start(world));
    for (uint32_t kill = 0; kill < KILLS; kill++) {
        uint32_t broker = (uint32_t)load_random(&load, options.brokers_count);
        load_run(&load, world, load_random(&load, ALIVE_MS_MAX));
        world_broker_kill(world, broker);
        load_run(&load, world, load_random(&load, DEAD_MS_MAX));
        assert_true(world_broker_start(world, broker));
    }
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
}

static void dropped_lines_lose_and_double_nothing(void **state)
{
    (void)state;
    struct load load;
    load_init(&load, load_seed(), ORDERS_PER_SECOND, "L");
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .router_off = true};
    struct world *world = world_new(&options);
    assert_true(world_start(world));
    for (uint32_t drop = 0; drop < KILLS; drop++) {
        load_run(&load, world, load_random(&load, ALIVE_MS_MAX));
        uint32_t broker = (uint32_t)load_random(&load, options.brokers_count);
        assert_int_equal(world_broker_control(world, broker, "drop"), 0);
    }
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
}

/* The broker repeats reports, marked and unmarked. One that asks again for messages which it had
 * long processed is in outage_test.c: people have to look at it. */
static void what_a_broker_says_twice_counts_once(void **state)
{
    static const char *const commands[] = {"duplicate", "duplicate plain"};
    (void)state;
    struct load load;
    load_init(&load, load_seed(), ORDERS_PER_SECOND, "T");
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .router_off = true};
    struct world *world = world_new(&options);
    assert_true(world_start(world));
    load_run(&load, world, ALIVE_MS_MAX);
    for (uint32_t round = 0; round < REPETITIONS; round++) {
        load_run(&load, world, load_random(&load, REPETITION_MS_MAX));
        uint32_t broker = (uint32_t)load_random(&load, options.brokers_count);
        const char *command = commands[round % ARRAY_LEN(commands)];
        assert_int_equal(world_broker_control(world, broker, command), 0);
    }
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
}

static bool some_queued(struct world *world, void *context)
{
    uint32_t *wanted = context;
    uint32_t queued = 0;
    for (uint32_t index = 0; index < oms_requests_count(world->oms); index++) {
        queued += strcmp(oms_request(world->oms, index)->state, "QUEUED") == 0 ? 1 : 0;
    }
    return queued >= *wanted;
}

static void orders_wait_in_the_queue_while_no_broker_is_there(void **state)
{
    (void)state;
    struct load load;
    load_init(&load, load_seed(), ORDERS_PER_SECOND, "Q");
    load.amend = false;
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = broker_arguments, .router_off = true};
    struct world *world = world_new(&options);
    assert_true(world_oms_open(world));
    assert_true(world_gateway_start(world));
    load_run(&load, world, 500);
    uint32_t wanted = oms_requests_count(world->oms);
    assert_true(wanted > 0);
    assert_true(world_await(world, some_queued, &wanted, SETTLE_MS, "every order queued"));
    assert_true(world_broker_start(world, 0));
    assert_true(world_broker_start(world, 1));
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS, "every queued order ended"));
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_brokers_lose_and_double_nothing),
        cmocka_unit_test(dropped_lines_lose_and_double_nothing),
        cmocka_unit_test(what_a_broker_says_twice_counts_once),
        cmocka_unit_test(orders_wait_in_the_queue_while_no_broker_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
