/* What a script cannot show of the session: paging of a resend, bounds, calls of
 * the engine at odd moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/session.h"
#include "fix/timestamp.h"

enum { EARLY_MAX = 4 };

#define START_NS (UINT64_C(1795219200) * TIMESTAMP_SECOND_NS) /* 2026-11-21T00:00:00Z */

static uint64_t seconds(uint64_t count)
{
    return count * TIMESTAMP_SECOND_NS;
}

struct fixture {
    struct session_config config;
    struct session session;
    struct session_early early[EARLY_MAX];
    uint8_t *early_bytes;
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    struct effects effects;
    uint64_t now_ns;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->config = session_config_default();
    fixture->config.sender_comp_id = "GATE";
    fixture->config.target_comp_id = "BROKER";
    fixture->early_bytes = malloc(FIX_EARLY_BYTES_MAX);
    assert_non_null(fixture->early_bytes);
    fixture->now_ns = START_NS;
    message_init(&fixture->message, fixture->fields, FIX_FIELDS_MAX);
    session_init(&fixture->session, &fixture->config, fixture->early, EARLY_MAX,
                 fixture->early_bytes, 1, 1);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->early_bytes);
    free(fixture);
    return 0;
}

/* A peer's message with `rest` behind the header, `|` for SOH. */
static void give(struct fixture *fixture, const char *type, uint64_t seq, const char *rest)
{
    char time[TIMESTAMP_TEXT_BYTES_MAX + 1];
    time[timestamp_format(fixture->now_ns, 3, time)] = '\0';
    char body[1024];
    int body_size = snprintf(body, sizeof(body), "35=%s|49=BROKER|56=GATE|34=%llu|52=%s|%s", type,
                             (unsigned long long)seq, time, rest);
    assert_true(body_size > 0 && (size_t)body_size < sizeof(body));
    char whole[1200];
    int size = snprintf(whole, sizeof(whole), "8=FIX.4.4|9=%d|%s", body_size, body);
    unsigned sum = 0;
    for (int i = 0; i < size; i++) {
        if (whole[i] == '|') {
            whole[i] = 1;
        }
        sum += (uint8_t)whole[i];
    }
    size += snprintf(whole + size, sizeof(whole) - (size_t)size, "10=%03u%c", sum % 256, 1);
    effects_reset(&fixture->effects);
    size_t used = session_receive(&fixture->session, fixture->now_ns, span_of(whole, (size_t)size),
                                  &fixture->message, &fixture->effects);
    assert_int_equal(used, size);
}

static bool kept(struct fixture *fixture)
{
    effects_reset(&fixture->effects);
    return session_receive_kept(&fixture->session, fixture->now_ns, &fixture->message,
                                &fixture->effects);
}

static size_t count_of(const struct fixture *fixture, enum effect_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < fixture->effects.count; i++) {
        count += fixture->effects.list[i].kind == kind;
    }
    return count;
}

static const struct effect *sent(const struct fixture *fixture, size_t number)
{
    for (size_t i = 0; i < fixture->effects.count; i++) {
        if (fixture->effects.list[i].kind == EFFECT_SEND) {
            if (number == 0) {
                return &fixture->effects.list[i];
            }
            number -= 1;
        }
    }
    fail_msg("fewer messages were sent than expected");
    return NULL;
}

static bool holds(const struct effect *effect, const char *field)
{
    char text[64];
    int size = snprintf(text, sizeof(text), "%c%s%c", 1, field, 1);
    const uint8_t *at = effect->bytes.data;
    for (size_t i = 0; i + (size_t)size <= effect->bytes.size; i++) {
        if (memcmp(at + i, text, (size_t)size) == 0) {
            return true;
        }
    }
    return false;
}

static void make_ready(struct fixture *fixture)
{
    effects_reset(&fixture->effects);
    session_connected(&fixture->session, fixture->now_ns, &fixture->effects);
    give(fixture, "A", 1, "98=0|108=30|");
    char echo[64];
    (void)snprintf(echo, sizeof(echo), "112=%llu|",
                   (unsigned long long)fixture->session.test_request_id);
    give(fixture, "0", 2, echo);
    assert_int_equal(fixture->session.state, SESSION_READY);
}

/* A message of ours as the outbound queue would hold it. */
static size_t send_order(struct fixture *fixture, uint8_t *copy)
{
    effects_reset(&fixture->effects);
    (void)session_send(&fixture->session, fixture->now_ns, span_text("D"),
                       span_text("11=a\00138=5\001"), &fixture->effects);
    const struct effect *effect = sent(fixture, 0);
    memcpy(copy, effect->bytes.data, effect->bytes.size);
    return effect->bytes.size;
}

static void resend(struct fixture *fixture, struct span bytes, enum message_kind kind)
{
    effects_reset(&fixture->effects);
    session_resend_message(&fixture->session, fixture->now_ns, bytes, kind, false,
                           &fixture->effects);
}

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

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(session_state_name(SESSION_LOGON_SENT), "LOGON_SENT");
    assert_string_equal(session_state_name(SESSION_LOGOUT_SENT), "LOGOUT_SENT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_asks_often_for_an_echo_does_not_keep_a_dead_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(echoes_of_test_requests_are_counted_and_timed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            application_may_send_only_when_ready_and_no_resend_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(first_sendings_are_kept_and_resends_are_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_clock_that_was_set_back_makes_no_original_time_later_than_the_sending, setup,
            teardown),
        cmocka_unit_test_setup_teardown(nothing_comes_between_the_pieces_of_a_resend, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(connection_lost_in_mid_resend_forgets_it, setup, teardown),
        cmocka_unit_test_setup_teardown(early_messages_are_bounded_and_the_rest_is_asked_for_again,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(kept_messages_wait_for_the_end_of_a_resend, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(after_its_own_close_the_session_is_deaf, setup, teardown),
        cmocka_unit_test_setup_teardown(reset_starts_both_numbers_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(password_is_in_the_logon_and_in_no_text, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tick_at_the_deadline_moves_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_late_tick_still_gives_the_peer_a_full_interval, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reset_asked_for_waits_for_the_end_of_a_resend, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_logout_goes_before_a_reset_when_both_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_answer_to_our_reset_behind_our_logout_is_only_taken,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_by_the_schedule_settles_one_that_was_never_answered,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_test_request_that_an_operator_wants_is_sent_while_that_is_right, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_interval_in_any_proportion_overflows_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_peer_expects_lives_as_long_as_its_connection, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(resend_by_789_takes_pages_like_any_other, setup, teardown),
        cmocka_unit_test_setup_teardown(states_have_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
