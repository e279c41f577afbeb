/* The router as a process beside a real gateway: it survives the gateway's restarts and its own,
 * and of two routers one is heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>

#include <cmocka.h>

#include "tests/system/router_desk.h"

enum { AWAY_MS = 2500 }; /* Longer than ROUTER_SILENCE_MS and AckTimeout. */

/* The router is a process of its own, or there is none. */
#define APART QUICK "Run=N\n"

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

/* --- Tests ------------------------------------------------------------------------------------ */

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
        cmocka_unit_test(service_survives_restarts_of_the_gateway_and_its_own),
        cmocka_unit_test(shadow_mode_opens_nothing_and_tells),
        cmocka_unit_test(router_beside_the_thread_is_refused_and_told_of),
        cmocka_unit_test(router_takes_over_from_another_one_that_is_killed),
        cmocka_unit_test(wrong_words_are_said_with_exit_code_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
