/* How an open breaker closes again. */
#include "tests/unit/breaker_fixture.h"

/* --- OPEN ---------------------------------------------------------------------------------- */

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

/* --- HALF_OPEN ----------------------------------------------------------------------------- */

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
    assert_says(fixture, "too few orders came");
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

/* --- CLOSED again -------------------------------------------------------------------------- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
