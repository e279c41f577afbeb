/* The router beside a real gateway and real brokers (QuickFIX): what it posts, and that it
 * survives the gateway's restarts and its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>

#include <cmocka.h>

#include "gateway/shell/json_flat.h"
#include "tests/tools/world.h"

enum {
    OUTPUT_BYTES_MAX = 64 * 1024,
    SETTLE_MS = 45000,
    ORDERS = 10,
    FLOW_MS = 50,
    AWAY_MS = 2500, /* Longer than ROUTER_SILENCE_MS and AckTimeout. */
};

enum { ALPHA, BETA };

struct desk {
    struct world world;
    struct process router; /* `fixgate service router` */
    char router_config[PROCESS_PATH_BYTES_MAX];
    unsigned routers; /* So many were started. */
    unsigned orders;
    struct json_flat row;
    char output[OUTPUT_BYTES_MAX];
};

static const char *const filling[] = {"--fill-latency", "5", NULL};

/* Quicker than the defaults, so that a test need not wait for them. */
#define QUICK "[ROUTER]\nOpenBackoff=1\nProbeInterval=1\nEchoTimeout=3\nAckTimeout=1\nRampTime=2\n"
/* The router is a process of its own, or there is none. */
#define APART QUICK "Run=N\n"

static struct desk *desk_new(const char *router)
{
    const struct world_options options = {.brokers_count = 2,
                                          .broker_arguments = filling,
                                          .drop_copy_off = true,
                                          .config_more = router};
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    world_open(&desk->world, &options);
    (void)snprintf(desk->router_config, sizeof desk->router_config, "%s", desk->world.config_path);
    return desk;
}

static void desk_end(struct desk *desk)
{
    assert_true(world_judge(&desk->world));
    assert_true(world_close(&desk->world));
    free(desk);
}

/* --- What the gateway tells -------------------------------------------------------------- */

/* A member of broker.list for the broker; "" while there is no answer. */
static const char *told(struct desk *desk, const char *broker, const char *member)
{
    const char *const arguments[] = {"ctl",    "broker", "list", "-c", desk->world.config_path,
                                     "--json", NULL};
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    char *rest = NULL;
    if (world_fixgate(&desk->world, arguments, NULL, desk->output, sizeof desk->output) != 0) {
        return "";
    }
    for (char *line = strtok_r(desk->output, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (json_flat_read(span_text(line), &desk->row, error) &&
            json_flat_find(&desk->row, "broker") != NULL &&
            strcmp(json_flat_find(&desk->row, "broker"), broker) == 0) {
            const char *value = json_flat_find(&desk->row, member);
            return value != NULL ? value : "";
        }
    }
    return "";
}

struct wish {
    struct desk *desk;
    const char *broker;
    const char *member;
    const char *text; /* In it. */
};

static bool granted(struct world *world, void *context)
{
    const struct wish *wish = context;
    (void)world;
    return strstr(told(wish->desk, wish->broker, wish->member), wish->text) != NULL;
}

static void await(struct desk *desk, const char *broker, const char *member, const char *text)
{
    struct wish wish = {desk, broker, member, text};
    char what[256];
    (void)snprintf(what, sizeof what, "%s of %s has %s", member, broker, text);
    if (!world_await(&desk->world, granted, &wish, SETTLE_MS, what)) {
        fail_msg("it is: %s", told(desk, broker, member));
    }
}

static void await_posts(struct desk *desk)
{
    await(desk, "ALPHA", "breaker_reason", "score");
    await(desk, "BETA", "breaker_reason", "score");
}

/* --- Orders --------------------------------------------------------------------------------- */

static void submit(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char order[128];
        desk->orders += 1;
        (void)snprintf(order, sizeof order,
                       "35=D|11=R%u|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|59=1|", desk->orders);
        (void)oms_submit(desk->world.oms, order);
    }
}

static void await_end(struct desk *desk)
{
    assert_true(world_await(&desk->world, world_all_ended, NULL, SETTLE_MS, "every order ended"));
}

/* So that both have had orders, with answers. */
static void trade(struct desk *desk)
{
    submit(desk, ORDERS);
    await_end(desk);
}

static void stop_broker(struct desk *desk, uint32_t broker)
{
    assert_int_equal(0, kill(desk->world.brokers[broker].process.pid, SIGSTOP));
}

static void go_on_broker(struct desk *desk, uint32_t broker)
{
    assert_int_equal(0, kill(desk->world.brokers[broker].process.pid, SIGCONT));
}

/* --- The service as a process ----------------------------------------------------------------- */

/* The router has the gateway's configuration, but as if it were to be a process. */
static void config_apart(struct desk *desk)
{
    (void)snprintf(desk->router_config, sizeof desk->router_config, "%.480s/apart.cfg",
                   desk->world.directory);
    FILE *from = fopen(desk->world.config_path, "re");
    FILE *to = fopen(desk->router_config, "we");
    assert_non_null(from);
    assert_non_null(to);
    char line[1024];
    while (fgets(line, sizeof line, from) != NULL) {
        (void)fputs(line, to);
        (void)fputs(strcmp(line, "[ROUTER]\n") == 0 ? "Run=N\n" : "", to);
    }
    assert_int_equal(0, fclose(from));
    assert_int_equal(0, fclose(to));
}

static void router_start(struct desk *desk, const char *option)
{
    char program[PROCESS_PATH_BYTES_MAX + 16];
    char log[PROCESS_PATH_BYTES_MAX + 16];
    (void)snprintf(program, sizeof program, "%s/fixgate", desk->world.programs);
    (void)snprintf(log, sizeof log, "%.480s/router-%u.log", desk->world.directory, desk->routers++);
    const char *const arguments[] = {program, "service", "router", "-c", desk->router_config,
                                     option,  NULL};
    assert_true(process_start(&desk->router, "router", log, arguments));
}

static bool router_ready(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return process_logged(&desk->router, "fixgate service router ready", NULL, 0);
}

static void await_router(struct desk *desk)
{
    assert_true(world_await(&desk->world, router_ready, desk, SETTLE_MS, "the router is ready"));
}

static bool router_ended(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return !process_running(&desk->router);
}

static bool router_refused(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return process_logged(&desk->router, "broker.measure is refused: another router posts", NULL,
                          0);
}

static bool router_posts(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return process_logged(&desk->router, "no other router posts any more", NULL, 0);
}

static bool gateway_missed(struct world *world, void *context)
{
    struct desk *desk = context;
    (void)world;
    return process_logged(&desk->router, "the gateway was away", NULL, 0);
}

/* Their answers come when it is back, longer after they were sent than any broker may take. */
static void kill_gateway_with_orders_on_their_way(struct desk *desk)
{
    stop_broker(desk, ALPHA);
    stop_broker(desk, BETA);
    submit(desk, ORDERS);
    assert_true(world_await(&desk->world, world_all_answered, NULL, SETTLE_MS, "all are taken"));
    world_gateway_kill(&desk->world);
    go_on_broker(desk, ALPHA);
    go_on_broker(desk, BETA);
    process_pause(AWAY_MS);
    assert_true(world_gateway_start(&desk->world));
    await_end(desk);
}

/* --- Tests ---------------------------------------------------------------------------------------
 */

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

static void service_survives_restarts_of_the_gateway_and_its_own(void **state)
{
    (void)state;
    struct desk *desk = desk_new(APART);
    router_start(desk, NULL); /* Nobody is there yet. */
    assert_true(world_start(&desk->world));
    await_router(desk);
    await_posts(desk);
    trade(desk);
    kill_gateway_with_orders_on_their_way(desk);
    assert_true(
        world_await(&desk->world, gateway_missed, desk, SETTLE_MS, "the router saw it away"));
    assert_int_equal(0, process_log_count(&desk->router, "is OPEN"));
    world_broker_kill(&desk->world, BETA);
    await(desk, "BETA", "breaker", "OPEN");
    assert_true(process_running(&desk->router));

    /* It is killed while a breaker is open: the engine keeps the table, the next one knows why. */
    (void)process_end(&desk->router, SIGKILL, SETTLE_MS);
    assert_string_equal("OPEN", told(desk, "BETA", "breaker"));
    router_start(desk, NULL);
    await_router(desk);
    await(desk, "BETA", "breaker_reason", "its session is down");
    assert_true(world_broker_start(&desk->world, BETA));
    await(desk, "BETA", "breaker", "HALF_OPEN");
    trade(desk);
    assert_int_equal(0, process_end(&desk->router, SIGTERM, SETTLE_MS));
    desk_end(desk);
}

static void shadow_mode_opens_nothing_and_tells(void **state)
{
    (void)state;
    struct desk *desk = desk_new(APART);
    assert_true(world_start(&desk->world));
    router_start(desk, "--shadow");
    await_router(desk);
    await(desk, "ALPHA", "breaker_reason", "shadow: would be CLOSED");
    world_broker_kill(&desk->world, ALPHA);
    await(desk, "ALPHA", "breaker_reason", "shadow: would be OPEN");
    assert_string_equal("CLOSED", told(desk, "ALPHA", "breaker"));
    trade(desk); /* The engine passes over a session that is down by itself. */
    assert_true(world_broker_start(&desk->world, ALPHA));
    assert_int_equal(0, process_end(&desk->router, SIGTERM, SETTLE_MS));
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

static void wrong_words_are_said_with_exit_code_two(void **state)
{
    (void)state;
    struct desk *desk = desk_new(QUICK);
    const char *const cases[][5] = {
        {"service", NULL},
        {"service", "rooter", "-c", desk->world.config_path, NULL},
        {"service", "router", NULL},
        {"service", "router", "-c", "/none.cfg", NULL},
        {"service", "router", "-c", desk->world.config_path, NULL}, /* Two brokers: a thread. */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(
            2, world_fixgate(&desk->world, cases[i], NULL, desk->output, sizeof desk->output));
    }
    assert_non_null(strstr(desk->output, "set Run=N"));
    assert_true(world_close(&desk->world));
    free(desk);
}

/* `fixgate run` was started before its file was changed, say. */
static void router_beside_the_thread_is_refused_and_told_of(void **state)
{
    (void)state;
    struct desk *desk = desk_new(QUICK);
    assert_true(world_start(&desk->world));
    await_posts(desk);
    config_apart(desk);
    router_start(desk, NULL);
    assert_true(world_await(&desk->world, router_ended, desk, SETTLE_MS, "the second one ends"));
    assert_int_equal(3, desk->router.exit_code);
    assert_true(
        process_logged(&desk->router, "another router posts: thread of fixgate run", NULL, 0));
    assert_true(process_logged(&desk->router, "run one of the two", NULL, 0));
    assert_true(
        process_logged(&desk->world.gateway, "two routers: thread of fixgate run", NULL, 0));
    assert_string_equal("posts", told(desk, "ALPHA", "router"));
    trade(desk);
    desk_end(desk);
}

static void router_takes_over_from_another_one_that_is_killed(void **state)
{
    (void)state;
    struct desk *desk = desk_new(APART);
    assert_true(world_start(&desk->world));
    router_start(desk, NULL);
    await_posts(desk);
    struct process first = desk->router;
    desk->router = (struct process){.pid = 0};
    router_start(desk, NULL);
    assert_true(world_await(&desk->world, router_refused, desk, SETTLE_MS, "it is refused"));
    (void)process_end(&first, SIGKILL, SETTLE_MS);
    assert_true(world_await(&desk->world, router_posts, desk, SETTLE_MS, "the second one posts"));
    world_broker_kill(&desk->world, BETA);
    await(desk, "BETA", "breaker", "OPEN");
    assert_true(world_broker_start(&desk->world, BETA));
    assert_int_equal(0, process_end(&desk->router, SIGTERM, SETTLE_MS));
    desk_end(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broker_that_stops_answering_is_opened_and_taken_back),
        cmocka_unit_test(broker_that_rejects_or_dawdles_is_opened),
        cmocka_unit_test(service_survives_restarts_of_the_gateway_and_its_own),
        cmocka_unit_test(shadow_mode_opens_nothing_and_tells),
        cmocka_unit_test(router_beside_the_thread_is_refused_and_told_of),
        cmocka_unit_test(router_takes_over_from_another_one_that_is_killed),
        cmocka_unit_test(canary_orders_find_out_a_quiet_broker_that_is_dead_and_take_it_back),
        cmocka_unit_test(wrong_words_are_said_with_exit_code_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
