/* What a script cannot show of the session: bounds, and calls of the engine at odd moments. */

#include "tests/unit/session_fixture.h"

static void application_may_send_only_when_ready_and_no_resend_is_under_way(void **state)
{
    struct fixture *fixture = *state;
    assert_false(session_can_send(&fixture->session));
    make_ready(fixture);
    assert_true(session_can_send(&fixture->session));
    give(fixture, "2", 3, "7=1|16=0|");
    assert_false(session_can_send(&fixture->session));
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_false(session_can_send(&fixture->session));
    resend(fixture, span_of(NULL, 0), MESSAGE_ADMIN);
    assert_true(session_can_send(&fixture->session));
}

static void early_messages_are_bounded_and_the_rest_is_asked_for_again(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    for (uint64_t seq = 4; seq < 4 + EARLY_MAX + 3; seq++) {
        give(fixture, "0", seq, "");
    }
    assert_int_equal(fixture->session.early_count, EARLY_MAX);
    assert_int_equal(fixture->session.gap_end, 10);
    give(fixture, "0", 3, "");
    for (int i = 0; i < EARLY_MAX; i++) {
        assert_true(kept(fixture));
    }
    /* The last of them came out: the dropped ones are due. */
    assert_int_equal(count_of(fixture, EFFECT_SEND), 1);
    assert_true(holds(sent(fixture, 0), "7=8"));
    assert_true(holds(sent(fixture, 0), "16=0"));
    assert_false(kept(fixture));
    give(fixture, "4", 8, "43=Y|123=Y|36=11|");
    assert_int_equal(fixture->session.seq_in_next, 11);
    assert_int_equal(fixture->session.gap_end, 0);
}

static void after_its_own_close_the_session_is_deaf(void **state)
{
    struct fixture *fixture = *state;
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    give(fixture, "0", 1, "");
    assert_int_equal(count_of(fixture, EFFECT_CLOSE), 1);
    assert_int_equal(fixture->session.state, SESSION_DISCONNECTED);
    give(fixture, "A", 1, "98=0|108=30|");
    assert_int_equal(fixture->effects.count, 0);
    session_tick(&fixture->session, fixture->now_ns + seconds(100), &fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    session_logout(&fixture->session, fixture->now_ns, "", &fixture->effects);
    assert_int_equal(fixture->effects.count, 0);
}

static void password_is_in_the_logon_and_in_no_text(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.username = "me";
    fixture->config.password = "hunter2";
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_true(holds(sent(fixture, 0), "554=hunter2"));
    for (size_t i = 0; i < fixture->effects.count; i++) {
        struct span text = fixture->effects.list[i].text;
        for (size_t at = 0; at + 7 <= text.size; at++) {
            assert_memory_not_equal(text.data + at, "hunter2", 7);
        }
    }
}

static void a_tick_at_the_deadline_moves_it(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    size_t ticks = 0;
    while (session_deadline_ns(&fixture->session) != UINT64_MAX) {
        uint64_t deadline = session_deadline_ns(&fixture->session);
        assert_true(deadline > fixture->now_ns);
        fixture->now_ns = deadline;
        effects_reset(&fixture->effects);
        session_tick(&fixture->session, deadline, &fixture->effects);
        assert_true(session_deadline_ns(&fixture->session) > deadline);
        ticks += 1;
        assert_true(ticks < 10);
    }
    assert_int_equal(fixture->session.state, SESSION_DISCONNECTED);
    assert_int_equal(fixture->now_ns, START_NS + seconds(72));
}

static void a_late_tick_still_gives_the_peer_a_full_interval(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    fixture->now_ns += seconds(500);
    effects_reset(&fixture->effects);
    session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(count_of(fixture, EFFECT_CLOSE), 0);
    fixture->now_ns += seconds(29);
    effects_reset(&fixture->effects);
    session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(count_of(fixture, EFFECT_CLOSE), 0);
    fixture->now_ns += seconds(1);
    session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(count_of(fixture, EFFECT_CLOSE), 1);
}

static void a_test_request_that_an_operator_wants_is_sent_while_that_is_right(void **state)
{
    struct fixture *fixture = *state;
    effects_reset(&fixture->effects);
    session_request_test(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(fixture->effects.count, 0);
    make_ready(fixture);
    effects_reset(&fixture->effects);
    session_request_test(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_true(holds(sent(fixture, 0), "35=1"));
    give(fixture, "2", 3, "7=1|16=1|");
    effects_reset(&fixture->effects);
    session_request_test(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(fixture->effects.count, 0);
}

/* The router asks a broker that is silent for an echo every few seconds. */
static void who_asks_often_for_an_echo_does_not_keep_a_dead_line(void **state)
{
    struct fixture *fixture = *state;
    make_ready(fixture);
    uint64_t end_ns = fixture->now_ns + seconds(75);
    bool closed = false;
    while (!closed && fixture->now_ns < end_ns) {
        fixture->now_ns += seconds(1);
        effects_reset(&fixture->effects);
        session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
        closed = count_of(fixture, EFFECT_CLOSE) > 0;
        if (!closed && fixture->now_ns / TIMESTAMP_SECOND_NS % 5 == 0) {
            effects_reset(&fixture->effects);
            session_request_test(&fixture->session, fixture->now_ns, &fixture->effects);
        }
    }
    assert_true(closed);
}

static void echoes_of_test_requests_are_counted_and_timed(void **state)
{
    struct fixture *fixture = *state;
    char echo[64];
    make_ready(fixture); /* With one of its own. */
    assert_int_equal(fixture->session.echoes, 1);
    effects_reset(&fixture->effects);
    session_request_test(&fixture->session, fixture->now_ns, &fixture->effects);
    (void)snprintf(echo, sizeof(echo), "112=%llu|",
                   (unsigned long long)fixture->session.test_request_id);
    fixture->now_ns += seconds(3);
    give(fixture, "0", 3, "112=5|"); /* Of none of ours. */
    assert_int_equal(fixture->session.echoes, 1);
    give(fixture, "0", 4, echo);
    assert_int_equal(fixture->session.echoes, 2);
    assert_int_equal(fixture->session.round_trip_ns, seconds(3));
    give(fixture, "0", 5, echo); /* Once more. */
    assert_int_equal(fixture->session.echoes, 2);
}

static void the_longest_interval_in_any_proportion_overflows_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.acceptor = true;
    fixture->config.test_request_at_logon = false;
    fixture->config.silence_test_permille = UINT32_MAX;
    fixture->config.silence_dead_permille = UINT32_MAX;
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    give(fixture, "A", 1, "98=0|108=2147483647|");
    assert_int_equal(fixture->session.state, SESSION_READY);
    uint64_t deadline = session_deadline_ns(&fixture->session);
    assert_true(deadline == fixture->now_ns + seconds(2147483647));
    /* A heartbeat after 68 years, a TestRequest after 100, and then the end. */
    for (int ticks = 0; fixture->session.state == SESSION_READY; ticks++) {
        assert_true(ticks < 10);
        fixture->now_ns = deadline;
        effects_reset(&fixture->effects);
        session_tick(&fixture->session, fixture->now_ns, &fixture->effects);
        deadline = session_deadline_ns(&fixture->session);
        assert_true(deadline > fixture->now_ns);
    }
    assert_true(fixture->now_ns - START_NS > seconds(UINT64_C(100) * 365 * 86400));
}

static void what_a_peer_expects_lives_as_long_as_its_connection(void **state)
{
    struct fixture *fixture = *state;
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    give(fixture, "A", 1, "98=0|108=30|789=2|");
    assert_int_equal(fixture->session.peer_expects, 2);
    effects_reset(&fixture->effects);
    session_disconnected(&fixture->session, fixture->now_ns, &fixture->effects);
    assert_int_equal(fixture->session.peer_expects, 0);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(session_state_name(SESSION_LOGON_SENT), "LOGON_SENT");
    assert_string_equal(session_state_name(SESSION_LOGOUT_SENT), "LOGOUT_SENT");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(application_may_send_only_when_ready_and_no_resend_is_under_way),
        TEST(early_messages_are_bounded_and_the_rest_is_asked_for_again),
        TEST(after_its_own_close_the_session_is_deaf),
        TEST(password_is_in_the_logon_and_in_no_text),
        TEST(a_tick_at_the_deadline_moves_it),
        TEST(a_late_tick_still_gives_the_peer_a_full_interval),
        TEST(a_test_request_that_an_operator_wants_is_sent_while_that_is_right),
        TEST(who_asks_often_for_an_echo_does_not_keep_a_dead_line),
        TEST(echoes_of_test_requests_are_counted_and_timed),
        TEST(the_longest_interval_in_any_proportion_overflows_nothing),
        TEST(what_a_peer_expects_lives_as_long_as_its_connection),
        TEST(states_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
