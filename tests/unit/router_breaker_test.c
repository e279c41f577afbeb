/* The circuit breaker by itself: each trigger, each bound, no state in which it sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/core/router/breaker.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define START_NS       (UINT64_C(1795219200) * SECOND_NS)

enum { FOREVER_S = 3600 };

struct fixture {
    struct breaker_config config;
    struct breaker breaker;
    uint64_t now_ns;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->config = breaker_config_default();
    fixture->now_ns = START_NS;
    breaker_init(&fixture->breaker, &fixture->config, 42, START_NS);
    breaker_ready(&fixture->breaker, START_NS);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void pass(struct fixture *fixture, uint64_t span_ns)
{
    fixture->now_ns += span_ns;
    breaker_tick(&fixture->breaker, fixture->now_ns);
}

static void order(struct fixture *fixture, enum breaker_outcome outcome)
{
    uint64_t sent_ns = fixture->now_ns;
    breaker_sent(&fixture->breaker, sent_ns);
    fixture->now_ns += MILLISECOND_NS;
    breaker_answered(&fixture->breaker, fixture->now_ns, sent_ns, outcome);
}

static void orders(struct fixture *fixture, unsigned count, enum breaker_outcome outcome)
{
    for (unsigned i = 0; i < count; i++) {
        order(fixture, outcome);
    }
}

/* An order that gets no word within the timeout. */
static void lose(struct fixture *fixture)
{
    uint64_t sent_ns = fixture->now_ns;
    breaker_sent(&fixture->breaker, sent_ns);
    fixture->now_ns += fixture->config.ack_timeout_ns;
    breaker_overdue(&fixture->breaker, fixture->now_ns, sent_ns);
}

static void assert_state(const struct fixture *fixture, enum breaker_state state)
{
    assert_string_equal(breaker_state_name(fixture->breaker.state), breaker_state_name(state));
}

static void assert_says(const struct fixture *fixture, const char *words)
{
    if (strstr(fixture->breaker.reason.data, words) == NULL) {
        fail_msg("no \"%s\" in: %s", words, fixture->breaker.reason.data);
    }
}

static void settle_closed(struct fixture *fixture)
{
    pass(fixture, fixture->config.closed_min_ns);
    assert_state(fixture, BREAKER_CLOSED);
}

static void open_hard(struct fixture *fixture)
{
    breaker_hard(&fixture->breaker, fixture->now_ns, span_text("for the test"));
    assert_state(fixture, BREAKER_OPEN);
}

/* Waits the backoff out and gets one echo. */
static void make_half_open(struct fixture *fixture)
{
    if (fixture->breaker.due_ns > fixture->now_ns) {
        pass(fixture, fixture->breaker.due_ns - fixture->now_ns);
    }
    breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    pass(fixture, 0);
    assert_state(fixture, BREAKER_HALF_OPEN);
}

static void make_closed(struct fixture *fixture)
{
    make_half_open(fixture);
    orders(fixture, fixture->config.probe_orders, OUTCOME_GOOD);
    pass(fixture, fixture->config.half_open_min_ns);
    assert_state(fixture, BREAKER_CLOSED);
}

/* --- What opens it ---------------------------------------------------------------------- */

static void begins_closed_at_full_ramp_and_says_that_nothing_is_known(void **state)
{
    struct fixture *fixture = *state;
    assert_state(fixture, BREAKER_CLOSED);
    assert_int_equal(breaker_ramp(&fixture->breaker), 1000);
    assert_int_equal(breaker_probes(&fixture->breaker), 0);
    assert_says(fixture, "nothing is known");
}

static void session_that_goes_down_opens_at_once_and_says_why(void **state)
{
    struct fixture *fixture = *state;
    breaker_down(&fixture->breaker, fixture->now_ns, span_text("the peer logged out"));
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "its session is down: the peer logged out; no orders for ");
}

static void session_that_never_was_up_opens_nothing(void **state)
{
    struct fixture *fixture = *state;
    breaker_init(&fixture->breaker, &fixture->config, 1, START_NS);
    breaker_down(&fixture->breaker, START_NS + 1, span_of(NULL, 0));
    assert_state(fixture, BREAKER_CLOSED);
}

static void hard_sign_opens_at_once_however_short_it_was_closed(void **state)
{
    struct fixture *fixture = *state;
    breaker_hard(&fixture->breaker, START_NS, span_text("it refused an order"));
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "it refused an order");
}

static void test_request_without_echo_opens(void **state)
{
    struct fixture *fixture = *state;
    breaker_silent(&fixture->breaker, START_NS + SECOND_NS);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "no echo of a TestRequest within 5 s");
}

static void a_fifth_of_twenty_orders_failed_opens(void **state)
{
    struct fixture *fixture = *state;
    settle_closed(fixture);
    orders(fixture, 4, OUTCOME_FAILED);
    orders(fixture, 15, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_CLOSED);
    order(fixture, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "4 of 20 orders failed within 10 s");
}

static void fewer_than_a_fifth_do_not_open(void **state)
{
    struct fixture *fixture = *state;
    settle_closed(fixture);
    orders(fixture, 3, OUTCOME_FAILED);
    orders(fixture, 100, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_CLOSED);
}

static void nineteen_failures_of_nineteen_do_not_open_by_share(void **state)
{
    struct fixture *fixture = *state;
    settle_closed(fixture);
    orders(fixture, 19, OUTCOME_FAILED);
    assert_state(fixture, BREAKER_CLOSED);
    order(fixture, OUTCOME_FAILED);
    assert_state(fixture, BREAKER_OPEN);
}

static void failures_leave_the_window_after_ten_seconds(void **state)
{
    struct fixture *fixture = *state;
    settle_closed(fixture);
    orders(fixture, 19, OUTCOME_FAILED);
    pass(fixture, 11 * SECOND_NS);
    assert_int_equal(breaker_share(&fixture->breaker).orders, 0);
    orders(fixture, 40, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_CLOSED);
}

static void half_of_the_answers_slow_opens(void **state)
{
    struct fixture *fixture = *state;
    settle_closed(fixture);
    orders(fixture, 10, OUTCOME_GOOD);
    orders(fixture, 9, OUTCOME_SLOW);
    assert_state(fixture, BREAKER_CLOSED);
    order(fixture, OUTCOME_SLOW);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "10 of 20 orders were answered slowly");
}

static void three_timeouts_in_a_row_open_though_nothing_was_ever_answered(void **state)
{
    struct fixture *fixture = *state;
    lose(fixture);
    lose(fixture);
    assert_state(fixture, BREAKER_CLOSED);
    lose(fixture);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "3 orders in a row had no word within 2 s");
}

static void answer_in_time_between_timeouts_breaks_the_row(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 4; i++) {
        lose(fixture);
        lose(fixture);
        order(fixture, OUTCOME_GOOD);
    }
    assert_state(fixture, BREAKER_CLOSED);
}

static void late_answer_does_not_break_the_row(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sent_ns = fixture->now_ns;
    lose(fixture);
    lose(fixture);
    breaker_answered(&fixture->breaker, fixture->now_ns, sent_ns, OUTCOME_LATE);
    lose(fixture);
    assert_state(fixture, BREAKER_OPEN);
}

/* The window slides on; they count all the same, until their word comes. */
static void orders_without_a_word_count_as_failed_as_long_as_they_wait(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sent_ns[4];
    fixture->config.timeouts_in_row = 100;
    for (unsigned i = 0; i < 4; i++) {
        sent_ns[i] = fixture->now_ns;
        lose(fixture);
    }
    pass(fixture, 60 * SECOND_NS);
    assert_int_equal(breaker_share(&fixture->breaker).failed, 4);
    breaker_answered(&fixture->breaker, fixture->now_ns, sent_ns[0], OUTCOME_LATE);
    breaker_withdrawn(&fixture->breaker, sent_ns[1], true);
    assert_int_equal(breaker_share(&fixture->breaker).failed, 3);
    pass(fixture, 11 * SECOND_NS);
    assert_int_equal(breaker_share(&fixture->breaker).failed, 2);
    orders(fixture, 7, OUTCOME_FAILED);
    orders(fixture, 10, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_CLOSED);
    order(fixture, OUTCOME_GOOD);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "9 of 20 orders failed");
}

/* --- OPEN --------------------------------------------------------------------------------- */

static void backoff_doubles_from_five_seconds_to_five_minutes_with_jitter(void **state)
{
    struct fixture *fixture = *state;
    uint64_t base_ns = 5 * SECOND_NS;
    bool differs = false;
    for (unsigned k = 0; k < 12; k++) {
        open_hard(fixture);
        uint64_t wait_ns = fixture->breaker.due_ns - fixture->now_ns;
        assert_in_range(wait_ns, base_ns / 10 * 8, base_ns / 10 * 12);
        differs = differs || wait_ns != base_ns;
        base_ns = base_ns * 2 < 300 * SECOND_NS ? base_ns * 2 : 300 * SECOND_NS;
        make_half_open(fixture);
    }
    assert_true(differs);
}

static void brokers_that_fail_together_do_not_return_together(void **state)
{
    struct fixture *fixture = *state;
    struct breaker other;
    breaker_init(&other, &fixture->config, 43, START_NS);
    breaker_hard(&other, START_NS, span_text("x"));
    open_hard(fixture);
    assert_true(other.due_ns != fixture->breaker.due_ns);
}

static void ten_healthy_minutes_forgive_one_strike_each(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 3; i++) {
        open_hard(fixture);
        make_closed(fixture);
    }
    assert_int_equal(fixture->breaker.strikes, 3);
    pass(fixture, 599 * SECOND_NS);
    assert_int_equal(fixture->breaker.strikes, 3);
    pass(fixture, SECOND_NS);
    assert_int_equal(fixture->breaker.strikes, 2);
    pass(fixture, FOREVER_S * SECOND_NS);
    assert_int_equal(fixture->breaker.strikes, 0);
}

static void open_waits_for_backoff_session_and_echo_all_three(void **state)
{
    struct fixture *fixture = *state;
    breaker_down(&fixture->breaker, fixture->now_ns, span_of(NULL, 0));
    breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    pass(fixture, FOREVER_S * SECOND_NS);
    assert_state(fixture, BREAKER_OPEN); /* An echo of before proves nothing. */
    assert_false(breaker_wants_echo(&fixture->breaker));
    breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    pass(fixture, 0);
    assert_state(fixture, BREAKER_OPEN); /* No session. */
    breaker_hard(&fixture->breaker, fixture->now_ns, span_text("it forgets that echo"));
    breaker_ready(&fixture->breaker, fixture->now_ns);
    pass(fixture, SECOND_NS);
    assert_state(fixture, BREAKER_OPEN); /* No echo. */
    assert_true(breaker_wants_echo(&fixture->breaker));
    breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    pass(fixture, 0);
    assert_state(fixture, BREAKER_HALF_OPEN);
}

static void hard_sign_while_open_neither_prolongs_nor_counts(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    uint64_t due_ns = fixture->breaker.due_ns;
    pass(fixture, SECOND_NS);
    breaker_hard(&fixture->breaker, fixture->now_ns, span_text("another"));
    assert_int_equal(fixture->breaker.due_ns, due_ns);
    assert_int_equal(fixture->breaker.strikes, 1);
    assert_says(fixture, "another");
}

/* --- HALF_OPEN ------------------------------------------------------------------------------ */

static void half_open_allows_five_orders_in_all(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    assert_int_equal(breaker_probes(&fixture->breaker), 5);
    orders(fixture, 2, OUTCOME_GOOD);
    assert_int_equal(breaker_probes(&fixture->breaker), 5); /* In all: the engine counts down. */
    uint64_t sent_ns = fixture->now_ns;
    breaker_sent(&fixture->breaker, sent_ns);
    breaker_withdrawn(&fixture->breaker, sent_ns, false);
    assert_int_equal(breaker_probes(&fixture->breaker), 5);
    /* What went elsewhere is not waited for. */
    for (unsigned i = 0; i < 3; i++) {
        breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    }
    pass(fixture, fixture->config.half_open_idle_ns);
    assert_state(fixture, BREAKER_CLOSED);
}

static void five_answers_close_but_not_within_a_second(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    orders(fixture, 5, OUTCOME_GOOD);
    pass(fixture, 0);
    assert_state(fixture, BREAKER_HALF_OPEN);
    pass(fixture, SECOND_NS);
    assert_state(fixture, BREAKER_CLOSED);
    assert_says(fixture, "its probe orders were answered");
}

static void probe_that_is_refused_opens_again_for_longer(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    order(fixture, OUTCOME_FAILED);
    assert_state(fixture, BREAKER_OPEN);
    assert_int_equal(fixture->breaker.strikes, 2);
    assert_says(fixture, "it refused a probe order");
}

static void probe_without_a_word_opens_again(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    orders(fixture, 4, OUTCOME_GOOD);
    lose(fixture);
    assert_state(fixture, BREAKER_OPEN);
    assert_says(fixture, "a probe order had no word in time");
}

static void word_of_an_order_from_before_is_no_probe(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sent_ns = fixture->now_ns;
    open_hard(fixture);
    make_half_open(fixture);
    breaker_answered(&fixture->breaker, fixture->now_ns, sent_ns, OUTCOME_FAILED);
    breaker_overdue(&fixture->breaker, fixture->now_ns, sent_ns);
    assert_state(fixture, BREAKER_HALF_OPEN);
    assert_int_equal(fixture->breaker.probes_good, 0);
}

static void without_orders_three_echoes_close_after_half_a_minute(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    for (unsigned i = 0; i < 3; i++) {
        breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    }
    pass(fixture, 29 * SECOND_NS);
    assert_state(fixture, BREAKER_HALF_OPEN);
    pass(fixture, SECOND_NS);
    assert_state(fixture, BREAKER_CLOSED);
    assert_says(fixture, "no order came");
}

/* Whatever comes or does not come in it. */
static void half_open_never_sticks(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned lost = 0; lost < 8; lost++) {
        open_hard(fixture);
        make_half_open(fixture);
        uint64_t since_ns = fixture->now_ns;
        for (unsigned i = 0; i < lost; i++) { /* Went out; never told of again. */
            breaker_sent(&fixture->breaker, fixture->now_ns);
        }
        while (fixture->breaker.state == BREAKER_HALF_OPEN) {
            pass(fixture, SECOND_NS / 10);
            assert_true(fixture->now_ns - since_ns <= fixture->config.half_open_max_ns);
        }
        assert_state(fixture, BREAKER_OPEN);
        assert_says(fixture, "probing led to no verdict");
    }
}

/* --- CLOSED again ----------------------------------------------------------------------------- */

static void ramp_grows_from_a_tenth_to_all_over_a_minute(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_half_open(fixture);
    assert_int_equal(breaker_ramp(&fixture->breaker), 100);
    orders(fixture, 5, OUTCOME_GOOD);
    pass(fixture, SECOND_NS);
    assert_state(fixture, BREAKER_CLOSED);
    uint32_t before = breaker_ramp(&fixture->breaker);
    assert_int_equal(before, 100);
    for (unsigned i = 0; i < 60; i++) {
        pass(fixture, SECOND_NS);
        uint32_t ramp = breaker_ramp(&fixture->breaker);
        assert_in_range(ramp - before, 14, 16);
        before = ramp;
    }
    assert_int_equal(before, 1000);
    pass(fixture, FOREVER_S * SECOND_NS);
    assert_int_equal(breaker_ramp(&fixture->breaker), 1000);
}

static void soft_signs_open_only_after_two_seconds_closed(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    make_closed(fixture);
    orders(fixture, 40, OUTCOME_FAILED);
    assert_state(fixture, BREAKER_CLOSED);
    pass(fixture, fixture->config.closed_min_ns);
    assert_state(fixture, BREAKER_OPEN);
}

/* The worst broker there is: every sign is bad at every instant but those needed to close. */
static void flaps_no_faster_than_its_bounds_whatever_happens(void **state)
{
    struct fixture *fixture = *state;
    uint64_t random = 7;
    uint64_t open_since_ns = 0;
    uint64_t least_ns = 5 * SECOND_NS / 10 * 8;
    uint64_t end_ns = fixture->now_ns + FOREVER_S * SECOND_NS;
    enum breaker_state before = BREAKER_CLOSED;
    while (fixture->now_ns < end_ns) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        switch (random >> 60) {
        case 0:
            breaker_hard(&fixture->breaker, fixture->now_ns, span_text("bad"));
            break;
        case 1:
        case 2:
            order(fixture, OUTCOME_FAILED);
            break;
        default:
            order(fixture, OUTCOME_GOOD);
            breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
            break;
        }
        pass(fixture, 50 * MILLISECOND_NS);
        enum breaker_state after = fixture->breaker.state;
        if (before == BREAKER_OPEN && after != BREAKER_OPEN) {
            assert_int_equal(after, BREAKER_HALF_OPEN);
            assert_true(fixture->now_ns - open_since_ns >= least_ns);
        }
        open_since_ns =
            before != BREAKER_OPEN && after == BREAKER_OPEN ? fixture->now_ns : open_since_ns;
        before = after;
    }
    /* 5, 10, 20 … 300 s: seven openings last ten minutes, then one each four minutes. */
    assert_in_range(fixture->breaker.opened_count, 5, 7 + 3600 / 240 + 1);
}

static void same_signs_at_the_same_times_lead_to_the_same_state(void **state)
{
    struct fixture *fixture = *state;
    struct breaker first;
    for (unsigned round = 0; round < 2; round++) {
        fixture->now_ns = START_NS;
        breaker_init(&fixture->breaker, &fixture->config, 42, START_NS);
        breaker_ready(&fixture->breaker, START_NS);
        for (unsigned i = 0; i < 5; i++) {
            open_hard(fixture);
            make_closed(fixture);
        }
        if (round == 0) {
            first = fixture->breaker;
        }
    }
    assert_int_equal(first.since_ns, fixture->breaker.since_ns);
    assert_int_equal(first.due_ns, fixture->breaker.due_ns);
    assert_int_equal(first.random, fixture->breaker.random);
}

static void clock_that_runs_backwards_stands_still(void **state)
{
    struct fixture *fixture = *state;
    open_hard(fixture);
    breaker_tick(&fixture->breaker, START_NS - FOREVER_S * SECOND_NS);
    assert_state(fixture, BREAKER_OPEN);
    assert_int_equal(fixture->breaker.now_ns, START_NS);
}

static void no_other_moves_than_these_are_legal(void **state)
{
    (void)state;
    for (int from = BREAKER_CLOSED; from <= BREAKER_HALF_OPEN; from++) {
        for (int to = BREAKER_CLOSED; to <= BREAKER_HALF_OPEN; to++) {
            bool legal = (from == BREAKER_CLOSED && to == BREAKER_OPEN) ||
                         (from == BREAKER_OPEN && to == BREAKER_HALF_OPEN) ||
                         (from == BREAKER_HALF_OPEN && to != BREAKER_HALF_OPEN);
            assert_int_equal(legal,
                             breaker_may_become((enum breaker_state)from, (enum breaker_state)to));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_closed_at_full_ramp_and_says_that_nothing_is_known),
        TEST(session_that_goes_down_opens_at_once_and_says_why),
        TEST(session_that_never_was_up_opens_nothing),
        TEST(hard_sign_opens_at_once_however_short_it_was_closed),
        TEST(test_request_without_echo_opens),
        TEST(a_fifth_of_twenty_orders_failed_opens),
        TEST(fewer_than_a_fifth_do_not_open),
        TEST(nineteen_failures_of_nineteen_do_not_open_by_share),
        TEST(failures_leave_the_window_after_ten_seconds),
        TEST(half_of_the_answers_slow_opens),
        TEST(three_timeouts_in_a_row_open_though_nothing_was_ever_answered),
        TEST(answer_in_time_between_timeouts_breaks_the_row),
        TEST(late_answer_does_not_break_the_row),
        TEST(orders_without_a_word_count_as_failed_as_long_as_they_wait),
        TEST(backoff_doubles_from_five_seconds_to_five_minutes_with_jitter),
        TEST(brokers_that_fail_together_do_not_return_together),
        TEST(ten_healthy_minutes_forgive_one_strike_each),
        TEST(open_waits_for_backoff_session_and_echo_all_three),
        TEST(hard_sign_while_open_neither_prolongs_nor_counts),
        TEST(half_open_allows_five_orders_in_all),
        TEST(five_answers_close_but_not_within_a_second),
        TEST(probe_that_is_refused_opens_again_for_longer),
        TEST(probe_without_a_word_opens_again),
        TEST(word_of_an_order_from_before_is_no_probe),
        TEST(without_orders_three_echoes_close_after_half_a_minute),
        TEST(half_open_never_sticks),
        TEST(ramp_grows_from_a_tenth_to_all_over_a_minute),
        TEST(soft_signs_open_only_after_two_seconds_closed),
        TEST(flaps_no_faster_than_its_bounds_whatever_happens),
        TEST(same_signs_at_the_same_times_lead_to_the_same_state),
        TEST(clock_that_runs_backwards_stands_still),
        TEST(no_other_moves_than_these_are_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
