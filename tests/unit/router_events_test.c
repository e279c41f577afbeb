/* The router as a function of events, rows and time: what it posts, and what opens. */
#include "tests/unit/router_fixture.h"

/* --- Posts --------------------------------------------------------------------------------- */

static void begins_closed_at_full_score_and_says_that_latency_is_unknown(void **state)
{
    struct desk *desk = *state;
    pass(desk, 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(desk->posts[i], 1);
        assert_int_equal(desk->last[i].breaker, BREAKER_CLOSED);
        assert_int_equal(desk->last[i].score, 1000);
        assert_int_equal(desk->last[i].ramp, 1000);
        assert_int_equal(desk->last[i].probes, 0);
        assert_says(desk->last[i].reason.data, "latency not known yet");
    }
}

static void posts_each_second_as_a_sign_of_life(void **state)
{
    struct desk *desk = *state;
    for (unsigned i = 0; i < 1000; i++) {
        pass(desk, SECOND_NS / 100);
    }
    assert_in_range(desk->posts[ALPHA], 10, 11);
    assert_in_range(desk->posts[BETA], 10, 11);
}

static void change_is_posted_at_once_and_lost_post_again(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned before = desk->posts[ALPHA];
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 1);
    router_post_failed(&desk->router, ALPHA);
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 2);
}

/* --- What opens ---------------------------------------------------------------------------- */

static void session_that_drops_opens_with_the_reason_and_the_other_stays(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "the peer logged out");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
    assert_says(desk->last[ALPHA].reason.data, "its session is down: the peer logged out");
    assert_says(desk->news, "ALPHA: is OPEN: its session is down");
    assert_null(strstr(desk->news, "no broker is left"));
}

static void last_broker_that_opens_is_told_of_as_such(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    session(desk, ids[BETA], "BETA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, BETA, BREAKER_OPEN);
    assert_says(desk->news, "no broker is left, orders wait");
}

static void drop_copy_session_is_no_matter(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, "FIX.4.4:GATE->ALPHA-DC", "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void one_of_two_sessions_may_drop(void **state)
{
    struct desk *desk = *state;
    desk->sessions[3] = (struct engine_session_config){
        .id = "FIX.4.4:GATE->ALPHA:2", .broker = ALPHA, .role = ROLE_ORDERS};
    desk->config.sessions_count = 4;
    begin(desk);
    both_ready(desk);
    session(desk, "FIX.4.4:GATE->ALPHA:2", "ALPHA", "READY", "");
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    session(desk, "FIX.4.4:GATE->ALPHA:2", "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
}

static void rejects_of_session_and_application_open_at_once(void **state)
{
    static const char *const cases[] = {
        "150=8|10005=REJECTED|45=7|372=D|373=5|58=value is incorrect",
        "150=8|10005=REJECTED|45=7|372=D|380=4|58=not available",
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(desk);
        both_ready(desk);
        order(desk, ALPHA, MILLISECOND_NS, cases[i]);
        assert_breaker(desk, ALPHA, BREAKER_OPEN);
        assert_says(desk->last[ALPHA].reason.data, "it refused an order: ");
        assert_int_equal(desk->alerts[ALPHA], 0); /* The breaker's event tells it. */
    }
}

static void business_rejects_do_not_open_and_are_told_by_instrument(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 200; i++) {
        order(desk, ALPHA, MILLISECOND_NS, business);
        pass(desk, 20 * MILLISECOND_NS);
    }
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_int_equal(desk->moves[ALPHA], 0);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    assert_says(desk->news, "ALPHA: rejected the last 5 orders of VOD");
    assert_says(desk->news, "unknown symbol");
    assert_true(desk->alerts[ALPHA] > 0 && desk->alerts[ALPHA] < 20);
}

static void rejects_without_such_a_reason_open(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 10; i++) {
        order(desk, ALPHA, MILLISECOND_NS, taken);
        order(desk, ALPHA, MILLISECOND_NS, refused);
    }
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "10 of 20 orders failed within 10 s");
}

static void dead_broker_that_only_has_pending_orders_opens(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 3; i++) {
        (void)send(desk, ALPHA);
    }
    pass(desk, 2 * SECOND_NS - 1);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    pass(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "3 orders in a row had no word within 2 s");
}

static void stopped_broker_in_full_flow_opens_within_the_timeout(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 5, 50, MILLISECOND_NS, MILLISECOND_NS);
    uint64_t stopped_ns = desk->now_ns;
    while (desk->last[ALPHA].breaker == BREAKER_CLOSED) {
        (void)send(desk, ALPHA);
        order(desk, BETA, MILLISECOND_NS, taken);
        pass(desk, 9 * MILLISECOND_NS);
        assert_true(desk->now_ns - stopped_ns <= 2100 * MILLISECOND_NS);
    }
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

static void score_of_a_broker_that_hangs_falls_before_its_breaker_opens(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 3, 20, 5 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    (void)send(desk, ALPHA);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_in_range(desk->last[ALPHA].score, 50, 60);
    assert_int_equal(desk->last[BETA].score, 1000);
}

static void slow_broker_opens_by_its_own_baseline(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 40, 5, 100 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    /* Three times its p99 is beyond 300 ms: 250 ms is not slow for it. */
    trade(desk, 10, 3, 250 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    unsigned count = 0;
    while (desk->last[ALPHA].breaker == BREAKER_CLOSED) {
        order(desk, ALPHA, SECOND_NS, taken);
        count += 1;
        assert_true(count < 100);
        for (unsigned i = 0; i < 5; i++) {
            unsigned attempt = send(desk, ALPHA);
            desk->now_ns += 400 * MILLISECOND_NS;
            answer(desk, ALPHA, attempt, taken);
        }
    }
    assert_says(desk->last[ALPHA].reason.data, "answered slowly");
    /* Its baseline is still that of before. */
    pass(desk, 30 * SECOND_NS);
    assert_true(desk->router.brokers[ALPHA].figures.count > 100);
    assert_true(desk->router.brokers[ALPHA].figures.p99_ns < 300 * MILLISECOND_NS);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

static void row_tells_of_a_session_that_no_event_told_of(void **state)
{
    struct desk *desk = *state;
    row(desk, ALPHA, true, 0);
    row(desk, BETA, false, 0);
    pass(desk, SECOND_NS);
    assert_true(desk->router.sessions[ALPHA].ready);
    /* Not up yet is no failure. */
    assert_breaker(desk, BETA, BREAKER_CLOSED);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_closed_at_full_score_and_says_that_latency_is_unknown),
        TEST(posts_each_second_as_a_sign_of_life),
        TEST(change_is_posted_at_once_and_lost_post_again),
        TEST(session_that_drops_opens_with_the_reason_and_the_other_stays),
        TEST(last_broker_that_opens_is_told_of_as_such),
        TEST(drop_copy_session_is_no_matter),
        TEST(one_of_two_sessions_may_drop),
        TEST(rejects_of_session_and_application_open_at_once),
        TEST(business_rejects_do_not_open_and_are_told_by_instrument),
        TEST(rejects_without_such_a_reason_open),
        TEST(dead_broker_that_only_has_pending_orders_opens),
        TEST(stopped_broker_in_full_flow_opens_within_the_timeout),
        TEST(score_of_a_broker_that_hangs_falls_before_its_breaker_opens),
        TEST(slow_broker_opens_by_its_own_baseline),
        TEST(row_tells_of_a_session_that_no_event_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
