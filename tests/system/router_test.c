/* The router beside a real gateway and real brokers (QuickFIX): what it makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>

#include <cmocka.h>

#include "tests/system/router_desk.h"

static void broker_that_stops_answering_is_opened_and_taken_back(void **state)
{
    (void)state;
    struct desk *desk = desk_new(QUICK);
    assert_true(world_start(&desk->world));
    await_posts(desk);
    assert_string_equal("CLOSED", told(desk, "ALPHA", "breaker"));
    trade(desk);

    /* Idle: a TestRequest tells. */
    stop_broker(desk, ALPHA);
    await(desk, "ALPHA", "breaker", "OPEN");
    assert_string_equal("CLOSED", told(desk, "BETA", "breaker"));
    trade(desk); /* All of it at BETA. */
    go_on_broker(desk, ALPHA);
    await(desk, "ALPHA", "breaker", "HALF_OPEN");
    for (unsigned i = 0; i < 20 && strcmp(told(desk, "ALPHA", "breaker"), "CLOSED") != 0; i++) {
        trade(desk);
    }
    await(desk, "ALPHA", "breaker", "CLOSED");
    await(desk, "ALPHA", "ramp", "1000");

    /* In full flow: orders without a word tell, before any TestRequest could. */
    stop_broker(desk, ALPHA);
    for (unsigned i = 0; i < 40; i++) {
        submit(desk, 1);
        oms_poll(desk->world.oms, FLOW_MS);
    }
    await(desk, "ALPHA", "breaker_reason", "orders in a row had no word within 1 s");
    go_on_broker(desk, ALPHA);
    await_end(desk);

    /* Its session drops. */
    world_broker_kill(&desk->world, ALPHA);
    await(desk, "ALPHA", "breaker_reason", "its session is down");
    trade(desk);
    assert_true(world_broker_start(&desk->world, ALPHA));
    await(desk, "ALPHA", "breaker", "HALF_OPEN");
    desk_end(desk);
}

static void broker_that_rejects_or_dawdles_is_opened(void **state)
{
    (void)state;
    struct desk *desk = desk_new(QUICK "FailureOrders=10\nSlowFloor=0.1\n");
    assert_true(world_start(&desk->world));
    await_posts(desk);
    assert_int_equal(0, world_broker_control(&desk->world, ALPHA, "set reject-rate 50"));
    submit(desk, 6 * ORDERS);
    await(desk, "ALPHA", "breaker_reason", "orders failed within 10 s");
    assert_string_equal("CLOSED", told(desk, "BETA", "breaker"));
    await_end(desk);
    assert_int_equal(0, world_broker_control(&desk->world, ALPHA, "set reject-rate 0"));

    /* Longer than AckTimeout. */
    assert_int_equal(0, world_broker_control(&desk->world, BETA, "set ack-latency 2500"));
    submit(desk, 6 * ORDERS);
    await(desk, "BETA", "breaker_reason", "orders in a row had no word within 1 s");
    assert_int_equal(0, world_broker_control(&desk->world, BETA, "set ack-latency 0"));
    await_end(desk);
    desk_end(desk);
}

/* TestRequests are too rare here to tell anything. */
#define CANARIES                                                                                   \
    "[ROUTER]\nAckTimeout=1\nEchoTimeout=120\nProbeInterval=120\nOpenBackoff=1\nRampTime=2\n"      \
    "CanarySymbol=TEST\nCanaryPrice=0.01\nCanaryInterval=1\n"

/* Rows of orders.list. */
static unsigned canaries_of(struct desk *desk, const char *broker)
{
    const char *const arguments[] = {
        "ctl",    "orders",   "list",           "-c",    desk->world.config_path,
        "--json", "--client", "FIXGATE-CANARY", "--all", "--broker",
        broker,   NULL};
    unsigned count = 0;
    int code = world_fixgate(&desk->world, arguments, NULL, desk->output, sizeof desk->output);
    assert_int_equal(0, code);
    for (const char *at = desk->output; (at = strstr(at, "FIXGATE-CANARY")) != NULL; at++) {
        count++;
    }
    return count;
}

static bool both_have_canaries(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return canaries_of(desk, "ALPHA") > 2 && canaries_of(desk, "BETA") > 2;
}

/* No order of the OMS is needed for any of it. */
static void canary_orders_find_out_a_quiet_broker_that_is_dead_and_take_it_back(void **state)
{
    (void)state;
    struct desk *desk = desk_new(CANARIES);
    assert_true(world_start(&desk->world));
    assert_true(world_await(&desk->world, both_have_canaries, desk, SETTLE_MS, "canaries"));
    assert_string_equal("CLOSED", told(desk, "ALPHA", "breaker"));
    stop_broker(desk, ALPHA);
    await(desk, "ALPHA", "breaker_reason", "orders in a row had no word within 1 s");
    assert_string_equal("OPEN", told(desk, "ALPHA", "breaker"));
    assert_string_equal("CLOSED", told(desk, "BETA", "breaker"));
    go_on_broker(desk, ALPHA);
    await(desk, "ALPHA", "breaker_reason", "its probe orders were answered");
    assert_true(world_close(&desk->world));
    free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broker_that_stops_answering_is_opened_and_taken_back),
        cmocka_unit_test(broker_that_rejects_or_dawdles_is_opened),
        cmocka_unit_test(canary_orders_find_out_a_quiet_broker_that_is_dead_and_take_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
