/* What opens a breaker, and what holds whatever happens to it. */
#include "tests/unit/breaker_fixture.h"

/* --- What opens it ------------------------------------------------------------------------- */

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

/* --- Whatever happens ---------------------------------------------------------------------- */

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
        TEST(flaps_no_faster_than_its_bounds_whatever_happens),
        TEST(same_signs_at_the_same_times_lead_to_the_same_state),
        TEST(clock_that_runs_backwards_stands_still),
        TEST(no_other_moves_than_these_are_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
