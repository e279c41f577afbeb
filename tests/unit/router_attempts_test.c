/* The router and what waits for a word: TestRequests, and attempts. */
#include "tests/unit/router_fixture.h"

/* --- Probing ------------------------------------------------------------------------------- */

static void idle_broker_is_asked_for_an_echo_every_five_seconds(void **state)
{
    struct desk *desk = *state;
    uint64_t echoes = 0;
    both_ready(desk);
    for (unsigned i = 0; i < 300; i++) { /* BETA is busy meanwhile. */
        uint32_t number = 0;
        order(desk, BETA, MILLISECOND_NS, taken);
        pass(desk, 99 * MILLISECOND_NS);
        while (router_probe_next(&desk->router, &number)) {
            assert_int_equal(number, ALPHA);
            router_probed(&desk->router, number, true);
            echoes += 1;
            row(desk, ALPHA, true, echoes);
        }
    }
    assert_in_range(echoes, 5, 8);
    assert_int_equal(desk->router.sessions[ALPHA].round_trip_ns, MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void idle_broker_that_gives_no_echo_opens(void **state)
{
    struct desk *desk = *state;
    uint32_t number = 0;
    both_ready(desk);
    pass(desk, 5 * SECOND_NS);
    while (router_probe_next(&desk->router, &number)) {
        router_probed(&desk->router, number, number == ALPHA); /* BETA's could not be sent. */
    }
    pass(desk, 5 * SECOND_NS - 1);
    row(desk, ALPHA, true, 0); /* None has come. */
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    pass(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "no echo of a TestRequest within 5 s");
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

/* A resend makes the engine forget the TestRequest that is out: its echo is none. */
static void echo_that_is_lost_is_asked_for_once_more(void **state)
{
    struct desk *desk = *state;
    uint32_t number = 0;
    unsigned asked = 0;
    both_ready(desk);
    pass(desk, 5 * SECOND_NS);
    for (unsigned i = 0; i < 49; i++) {
        while (router_probe_next(&desk->router, &number)) {
            router_probed(&desk->router, number, true);
            asked += number == ALPHA ? 1 : 0;
        }
        pass(desk, SECOND_NS / 10);
    }
    assert_int_equal(asked, 2);
    row(desk, ALPHA, true, 1);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_OPEN);
}

static void broker_returns_by_echo_probes_and_ramp(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    uint64_t due_ns = desk->router.brokers[ALPHA].breaker.due_ns;
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    row(desk, ALPHA, true, 0);
    while (desk->last[ALPHA].breaker == BREAKER_OPEN) {
        wait_with_echoes(desk, 1);
        assert_true(desk->now_ns < due_ns + 3 * SECOND_NS);
    }
    assert_true(desk->now_ns >= due_ns);
    assert_breaker(desk, ALPHA, BREAKER_HALF_OPEN);
    assert_int_equal(desk->last[ALPHA].probes, 5);
    assert_int_equal(desk->last[ALPHA].ramp, 100);
    for (unsigned i = 0; i < 5; i++) {
        order(desk, ALPHA, MILLISECOND_NS, i == 2 ? business : taken);
    }
    wait_with_echoes(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_in_range(desk->last[ALPHA].ramp, 100, 130);
    wait_with_echoes(desk, 30);
    assert_in_range(desk->last[ALPHA].ramp, 530, 590);
    wait_with_echoes(desk, 32);
    assert_int_equal(desk->last[ALPHA].ramp, 1000);
}

static void line_that_drops_each_second_is_tried_ever_more_rarely(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 600; i++) {
        session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
        pass(desk, SECOND_NS / 10);
        session(desk, ids[ALPHA], "ALPHA", "READY", "");
        row(desk, ALPHA, true, desk->echoes[ALPHA]);
        wait_with_echoes(desk, 1);
        if (desk->last[ALPHA].breaker != BREAKER_OPEN) {
            order(desk, ALPHA, MILLISECOND_NS, taken);
        }
    }
    /* 5, 10, 20, 40, 80, 160, 300 s: seven in eleven minutes, there and back. */
    assert_in_range(desk->moves[ALPHA], 9, 16);
    assert_int_equal(desk->moves[BETA], 0);
}

/* --- Attempts ------------------------------------------------------------------------------ */

static void attempt_out_of_doubt_waits_since_it_was_first_sent(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned attempt = send(desk, ALPHA);
    pass(desk, SECOND_NS);
    order_event(desk, ALPHA, attempt, "IN_DOUBT");
    order_event(desk, ALPHA, attempt, "SENT");
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 1);
    assert_int_equal(pending_due_sent_ns(&desk->router.pending, ALPHA), desk->now_ns - SECOND_NS);
}

static void order_that_goes_elsewhere_is_no_failure_any_more(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 3; i++) {
        unsigned attempt = send(desk, ALPHA);
        order_event(desk, ALPHA, attempt, "QUEUED");
    }
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
    pass(desk, 3 * SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void time_that_a_line_was_down_is_no_latency(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    order(desk, ALPHA, MILLISECOND_NS, taken);
    unsigned attempt = send(desk, ALPHA);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    pass(desk, 100 * SECOND_NS);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    answer(desk, ALPHA, attempt, taken);
    assert_true(desk->router.brokers[ALPHA].latency.mean_ns <= MILLISECOND_NS);
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
}

/* The gateway was killed with orders on their way, and their answers come after it is back. */
static void orders_that_waited_while_the_gateway_was_away_are_not_judged(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned first = send(desk, ALPHA);
    for (unsigned i = 0; i < 20; i++) {
        (void)send(desk, ALPHA);
    }
    router_live(&desk->router);
    pass(desk, 30 * SECOND_NS);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    answer(desk, ALPHA, first, taken);
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_int_equal(desk->router.brokers[ALPHA].latency.mean_ns, 0);
    /* What goes out from now on is. */
    for (unsigned i = 0; i < 3; i++) {
        (void)send(desk, ALPHA);
    }
    pass(desk, 2 * SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
}

static void pauses_of_the_past_open_nothing_but_its_drops_do(void **state)
{
    struct desk *desk = *state;
    router_init(&desk->router, &desk->settings, &desk->config, 0);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    session(desk, ids[BETA], "BETA", "READY", "");
    for (unsigned i = 0; i < 20; i++) {
        (void)send(desk, ALPHA);
    }
    desk->now_ns += 60 * SECOND_NS;
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    session(desk, ids[BETA], "BETA", "DISCONNECTED", "dropped");
    router_live(&desk->router);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_OPEN);
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
}

static void more_attempts_than_can_be_watched_are_counted_and_told(void **state)
{
    struct desk *desk = *state;
    desk->settings.breaker.ack_timeout_ns = 1000 * SECOND_NS;
    desk->settings.pending_keep_ns = 100 * SECOND_NS;
    begin(desk);
    both_ready(desk);
    for (unsigned i = 0; i < PENDING_MAX + 7; i++) {
        (void)send(desk, BETA);
    }
    pass(desk, SECOND_NS);
    assert_says(desk->news, "more than 16384 orders wait for a word; 7 were not watched");
    assert_int_equal(desk->alerts[2], 1);
    pass(desk, 101 * SECOND_NS);
    assert_int_equal(desk->router.forgotten, PENDING_MAX);
    assert_int_equal(desk->router.pending.lines[BETA].count, 0);
}

static void unknown_brokers_sessions_and_garbage_are_passed_over(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    uint64_t before = desk->router.events_count;
    tell(desk, "OR.SENT.VOD", "35=U1|10003=GAMMA|10004=T9|10005=SENT");
    tell(desk, "SE.x", "35=U2|10011=FIX.4.4:X->Y|10012=DISCONNECTED|10003=GAMMA");
    tell(desk, "ER.ALPHA.VOD", "35=8|10003=ALPHA|10004=T77|10005=ACKED|150=0");
    router_event(&desk->router, span_text("ER.ALPHA"), span_text("nonsense"));
    struct router_row none = {.session = span_text("FIX.4.4:X->Y")};
    router_row(&desk->router, desk->now_ns, &none);
    take_out(desk);
    assert_int_equal(desk->router.events_count, before + 3);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(idle_broker_is_asked_for_an_echo_every_five_seconds),
        TEST(idle_broker_that_gives_no_echo_opens),
        TEST(echo_that_is_lost_is_asked_for_once_more),
        TEST(broker_returns_by_echo_probes_and_ramp),
        TEST(line_that_drops_each_second_is_tried_ever_more_rarely),
        TEST(attempt_out_of_doubt_waits_since_it_was_first_sent),
        TEST(order_that_goes_elsewhere_is_no_failure_any_more),
        TEST(time_that_a_line_was_down_is_no_latency),
        TEST(orders_that_waited_while_the_gateway_was_away_are_not_judged),
        TEST(pauses_of_the_past_open_nothing_but_its_drops_do),
        TEST(more_attempts_than_can_be_watched_are_counted_and_told),
        TEST(unknown_brokers_sessions_and_garbage_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
