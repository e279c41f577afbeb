/* Two routers that post to one gateway: the first is heard, the other is refused and told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/routing/routing_post.h"
#include "tests/unit/core_rig.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_NS UINT64_C(1000000000)
#define THREAD    "thread of fixgate run, pid 1"
#define PROCESS   "fixgate service router, pid 2"

static int with_rig(void **state)
{
    *state = rig_new();
    rig_start(*state);
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static const struct rig_answer *post(struct rig *rig, const char *router, const char *breaker)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "broker=ALPHA|breaker=%s|score=1000|ramp=1000%s%s", breaker,
                   router[0] != '\0' ? "|router=" : "", router);
    return rig_ask(rig, "router", "broker.measure", text);
}

static void posts(struct rig *rig, const char *router, const char *breaker)
{
    const struct rig_answer *answer = post(rig, router, breaker);
    if (answer->result != COMMAND_DONE) {
        fail_msg("%s is refused: %s", router, answer->words);
    }
    assert_string_equal(breaker, breaker_state_name(rig->engine->routing.brokers[0].breaker));
}

static void is_refused(struct rig *rig, const char *router, const char *words)
{
    enum breaker_state before = rig->engine->routing.brokers[0].breaker;
    const struct rig_answer *answer = post(rig, router, "HALF_OPEN");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    if (strstr(answer->words, words) == NULL) {
        fail_msg("it says: %s", answer->words);
    }
    assert_int_equal(before, rig->engine->routing.brokers[0].breaker);
}

static void the_first_router_is_heard_and_another_one_is_refused(void **state)
{
    struct rig *rig = *state;
    posts(rig, THREAD, "OPEN");
    is_refused(rig, PROCESS, "another router posts: " THREAD);
    is_refused(rig, "", "another router posts: " THREAD);
    posts(rig, THREAD, "CLOSED");
    is_refused(rig, PROCESS, "another router posts");
}

static void another_router_takes_over_when_the_first_is_silent(void **state)
{
    struct rig *rig = *state;
    posts(rig, THREAD, "OPEN");
    rig->now_ns += ROUTING_ROUTER_KEPT_MS * UINT64_C(1000000) - SECOND_NS;
    is_refused(rig, PROCESS, "another router posts");
    rig->now_ns += SECOND_NS;
    posts(rig, PROCESS, "CLOSED");
    is_refused(rig, THREAD, "another router posts: " PROCESS);
}

static void two_routers_are_told_of_once_and_listed_while_it_is_so(void **state)
{
    struct rig *rig = *state;
    posts(rig, THREAD, "CLOSED");
    for (unsigned i = 0; i < 10; i++) {
        is_refused(rig, PROCESS, "another router posts");
        rig->now_ns += SECOND_NS;
        posts(rig, THREAD, "CLOSED");
    }
    assert_int_equal(1, rig_event_count(rig, "two routers"));
    assert_non_null(rig_event(rig, "AL.warning", THREAD " posts, and " PROCESS " is refused"));
    static const char *const commands[] = {"broker.list", "route.table"};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        const struct rig_answer *answer = rig_ask(rig, "alice", commands[i], "");
        assert_int_equal(COMMAND_DONE, answer->result);
        assert_non_null(strstr(answer->words, "two routers: " THREAD " posts"));
    }
    assert_string_equal(THREAD,
                        rig_value(rig_ask(rig, "alice", "route.table", "")->rows[0], "posted_by"));
    rig->now_ns += ROUTING_ROUTER_KEPT_MS * UINT64_C(1000000);
    posts(rig, THREAD, "CLOSED");
    assert_null(strstr(rig_ask(rig, "alice", "broker.list", "")->words, "two routers"));
}

static void a_gateway_that_starts_anew_hears_whoever_posts_first(void **state)
{
    struct rig *rig = *state;
    posts(rig, THREAD, "OPEN");
    rig_crash(rig);
    rig_start(rig);
    posts(rig, PROCESS, "CLOSED");
    is_refused(rig, THREAD, "another router posts");
}

static void routers_without_a_name_are_one(void **state)
{
    struct rig *rig = *state;
    posts(rig, "", "OPEN");
    posts(rig, "", "CLOSED");
    is_refused(rig, PROCESS, "another router posts");
    assert_non_null(rig_event(rig, "AL.warning", "two routers: one without a name posts"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)
    const struct CMUnitTest tests[] = {
        TEST(the_first_router_is_heard_and_another_one_is_refused),
        TEST(another_router_takes_over_when_the_first_is_silent),
        TEST(two_routers_are_told_of_once_and_listed_while_it_is_so),
        TEST(a_gateway_that_starts_anew_hears_whoever_posts_first),
        TEST(routers_without_a_name_are_one),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
