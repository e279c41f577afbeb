/* A session's sequence numbers: resends and resets, where scripts do not reach. */
#include "tests/unit/session_fixture.h"

static void first_sendings_are_kept_and_resends_are_not(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    uint8_t order[1024];
    size_t size = send_order(fixture, order);
    assert_true(sent(fixture, 0)->keep);
    assert_int_equal(sent(fixture, 0)->message, MESSAGE_APPLICATION);
    assert_int_equal(sent(fixture, 0)->msg_seq_num, 3);
    give(fixture, "2", 3, "7=2|16=3|");
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 0);
    fixture->now_ns += seconds(1);
    resend(fixture, span_of(order, size), MESSAGE_APPLICATION);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 2);
    assert_false(sent(fixture, 0)->keep);
    assert_true(holds(sent(fixture, 0), "35=4"));
    assert_true(holds(sent(fixture, 0), "36=3"));
    assert_false(sent(fixture, 1)->keep);
    assert_true(holds(sent(fixture, 1), "122=20261121-00:00:00.000"));
    assert_true(holds(sent(fixture, 1), "52=20261121-00:00:01.000"));
    assert_true(holds(sent(fixture, 1), "38=5"));
    assert_int_equal(fixture->session.seq_out_next, 4);
}

/* 3.4: a peer refuses what seems sent again before it was sent at all, and would lose it. */
static void a_clock_that_was_set_back_makes_no_original_time_later_than_the_sending(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    uint8_t order[1024];
    fixture->now_ns += seconds(60);
    size_t size = send_order(fixture, order);
    fixture->now_ns -= seconds(30);
    give(fixture, "2", 3, "7=3|16=3|");
    resend(fixture, span_of(order, size), MESSAGE_APPLICATION);
    assert_true(holds(sent(fixture, 0), "52=20261121-00:00:30.000"));
    assert_true(holds(sent(fixture, 0), "122=20261121-00:00:30.000"));
}

static void nothing_comes_between_the_pieces_of_a_resend(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    give(fixture, "2", 3, "7=1|16=0|");
    fixture->now_ns += seconds(1000);
    effects_reset(&fixture->effects);
    session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
    session_logout(&fixture->session, fixture->now_ns, "end of day", &fixture->effects);
    assert_int_equal(fixture->effects.count, 0);
    assert_true(session_deadline_ns(&fixture->session) > fixture->now_ns);
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 0);
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 2);
    assert_true(holds(sent(fixture, 0), "35=4"));
    assert_true(holds(sent(fixture, 1), "35=5"));
    assert_true(holds(sent(fixture, 1), "58=end of day"));
    /* The peer was not silent: nobody listened. */
    assert_true(session_deadline_ns(&fixture->session) > fixture->now_ns);
}

static void connection_lost_in_mid_resend_forgets_it(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    give(fixture, "2", 3, "7=1|16=0|");
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    effects_reset(&fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    uint64_t next = 0;
    uint64_t end = 0;
    assert_false(session_resend_next(&fixture->session, &next, &end));
    assert_int_equal(count_of(fixture, EFFECT_SEND), 0);
    assert_int_equal(session_deadline_ns(&fixture->session), UINT64_MAX);
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(sent(fixture, 0)->msg_seq_num, 3);
}

static void kept_messages_wait_for_the_end_of_a_resend(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    give(fixture, "1", 4, "112=kept|");
    assert_true(holds(sent(fixture, 0), "35=2"));
    give(fixture, "2", 3, "7=1|16=1|");
    assert_false(kept(fixture));
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_true(kept(fixture));
    assert_true(holds(sent(fixture, 0), "112=kept"));
    assert_int_equal(fixture->session.seq_in_next, 5);
}

static void reset_starts_both_numbers_anew(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    effects_reset(&fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    effects_reset(&fixture->effects);
    session_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(count_of(fixture, EFFECT_RESET), 1);
    assert_int_equal(fixture->session.seq_in_next, 1);
    assert_int_equal(fixture->session.seq_out_next, 1);
    assert_int_equal(fixture->session.resets, 1);
    assert_int_equal(fixture->session.created_ns, fixture->now_ns);
}

static void a_reset_asked_for_waits_for_the_end_of_a_resend(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    give(fixture, "2", 3, "7=1|16=0|");
    effects_reset(&fixture->effects);
    session_request_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(fixture->effects.count, 0);
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_RESET), 0);
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_RESET), 1);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 2);
    assert_true(holds(sent(fixture, 0), "35=4"));
    assert_true(holds(sent(fixture, 1), "141=Y"));
    assert_int_equal(fixture->session.state, SESSION_SYNCHRONISING);
    assert_int_equal(fixture->session.resets, 1);
    give(fixture, "A", 1, "98=0|108=30|141=Y|");
    assert_true(holds(sent(fixture, 0), "35=1"));
    assert_int_equal(fixture->session.seq_in_next, 2);
    assert_int_equal(fixture->session.resets, 1);
}

static void a_logout_goes_before_a_reset_when_both_wait(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    give(fixture, "2", 3, "7=1|16=1|");
    session_request_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    session_logout(&fixture->session, fixture->now_ns, "bye", &fixture->effects);
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_int_equal(count_of(fixture, EFFECT_RESET), 0);
    assert_true(holds(sent(fixture, 1), "35=5"));
}

static void an_answer_to_our_reset_behind_our_logout_is_only_taken(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    effects_reset(&fixture->effects);
    session_request_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    session_logout(&fixture->session, fixture->now_ns, "bye", &fixture->effects);
    give(fixture, "A", 1, "98=0|108=30|141=Y|");
    assert_int_equal(count_of(fixture, EFFECT_SEND), 0);
    assert_int_equal(fixture->session.seq_in_next, 2);
    give(fixture, "5", 2, "");
    assert_int_equal(count_of(fixture, EFFECT_CLOSE), 1);
    assert_int_equal(fixture->session.seq_in_next, 3);
}

static void a_reset_by_the_schedule_settles_one_that_was_never_answered(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    effects_reset(&fixture->effects);
    session_request_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    session_reset(&fixture->session, fixture->now_ns, &fixture->effects);
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(count_of(fixture, EFFECT_RESET), 0);
    assert_false(holds(sent(fixture, 0), "141=Y"));
}

static void resend_by_789_takes_pages_like_any_other(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.next_expected_seq_num = true;
    make_ready(fixture);
    uint8_t order[1024];
    size_t size = send_order(fixture, order);
    effects_reset(&fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_true(holds(sent(fixture, 0), "789=3"));
    give(fixture, "A", 3, "98=0|108=30|789=2|");
    uint64_t next = 0;
    uint64_t end = 0;
    assert_true(session_resend_next(&fixture->session, &next, &end));
    assert_int_equal(next, 2);
    assert_int_equal(end, 3);
    assert_false(session_can_send(&fixture->session));
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    resend(fixture, span_of(order, size), MESSAGE_APPLICATION);
    assert_int_equal(count_of(fixture, EFFECT_SEND), 3);
    assert_true(holds(sent(fixture, 2), "35=1"));
    assert_false(session_resend_next(&fixture->session, &next, &end));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_sendings_are_kept_and_resends_are_not),
        TEST(a_clock_that_was_set_back_makes_no_original_time_later_than_the_sending),
        TEST(nothing_comes_between_the_pieces_of_a_resend),
        TEST(connection_lost_in_mid_resend_forgets_it),
        TEST(kept_messages_wait_for_the_end_of_a_resend),
        TEST(reset_starts_both_numbers_anew),
        TEST(a_reset_asked_for_waits_for_the_end_of_a_resend),
        TEST(a_logout_goes_before_a_reset_when_both_wait),
        TEST(an_answer_to_our_reset_behind_our_logout_is_only_taken),
        TEST(a_reset_by_the_schedule_settles_one_that_was_never_answered),
        TEST(resend_by_789_takes_pages_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
