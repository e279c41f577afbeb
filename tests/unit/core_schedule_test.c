/* Session days: when a session is logged on, and when its numbers begin anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define SECOND_NS UINT64_C(1000000000)
#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"

enum { NOW_S = (14 * 60 + 13) * 60 + 20 /* The rig's time of day. */, ALL_DAYS = 127 };

static void furnish(struct rig *rig)
{
    rig->broker_configs[1].weight = 0;
    rig->broker[1].listening = false;
    rig->broker[0].manner = RIG_FILL;
}

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    furnish(rig);
    *state = rig;
    return 0;
}

/* From `start` to `end`, in seconds from the rig's beginning, each day. */
static void daily(struct rig *rig, int start, int end)
{
    rig->sessions[0].schedule = (struct schedule){.kind = SCHEDULE_DAILY,
                                                  .weekdays = ALL_DAYS,
                                                  .start = {.second = (uint32_t)(NOW_S + start)},
                                                  .end = {.second = (uint32_t)(NOW_S + end)}};
}

static const struct link *link_of(const struct rig *rig)
{
    return &rig->engine->links[0];
}

static void assert_ready(const struct rig *rig)
{
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
}

/* The broker's own side agrees, as at the start of its day. */
static void broker_resets(struct rig *rig)
{
    struct rig_broker *broker = &rig->broker[0];
    assert_false(broker->connected);
    effects_reset(&rig->effects);
    session_reset(&broker->session, rig->now_ns, &rig->effects);
    effects_reset(&rig->effects);
}

/* Jumps over the quiet time: nobody is connected, so nothing is due before. */
static void jump(struct rig *rig, unsigned seconds)
{
    assert_false(link_of(rig)->connected);
    rig->now_ns += seconds * SECOND_NS;
    rig_settle(rig);
}

static void a_session_connects_when_its_time_begins_and_logs_out_when_it_ends(void **state)
{
    struct rig *rig = *state;
    daily(rig, 60, 120);
    rig_start(rig);
    assert_int_equal(0, rig->broker[0].connects);
    assert_true(engine_deadline_ns(rig->engine) <= rig->now_ns + 60 * SECOND_NS);
    rig_wait(rig, 55);
    assert_int_equal(0, rig->broker[0].connects);
    rig_wait(rig, 5);
    assert_int_equal(1, rig->broker[0].connects);
    assert_ready(rig);
    rig_wait(rig, 55);
    assert_ready(rig);
    rig_wait(rig, 5);
    assert_false(link_of(rig)->connected);
    assert_int_equal(SESSION_DISCONNECTED, rig->broker[0].session.state);
    unsigned connects = rig->broker[0].connects;
    rig_wait(rig, 60);
    assert_int_equal(connects, rig->broker[0].connects);
}

static void a_new_day_begins_with_numbers_from_1(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 60);
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_wait(rig, 90);
    assert_false(link_of(rig)->connected);
    uint64_t yesterday = link_of(rig)->session.seq_out_next;
    assert_true(yesterday > 3);
    jump(rig, 86400 - 60 - 90 - 30);
    assert_true(link_of(rig)->session.seq_out_next == yesterday); /* Not before its time. */
    broker_resets(rig);
    rig_wait(rig, 60);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_true(link_of(rig)->session.seq_out_next < yesterday);
    assert_int_equal(0, rig->broker[0].session.gap_end);
    (void)rig_request(rig, ORDER("C2"));
    assert_int_equal(2, rig->broker[0].orders);
}

static void a_restart_on_a_new_day_begins_with_numbers_from_1(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 60);
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_crash(rig);
    rig->now_ns += 86400 * SECOND_NS;
    broker_resets(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
}

static void a_restart_within_the_day_goes_on_with_its_numbers(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 60);
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    uint64_t before = link_of(rig)->session.seq_out_next;
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_ready(rig);
    assert_true(link_of(rig)->session.seq_out_next > before);
    assert_int_equal(0, link_of(rig)->session.resets);
}

static void a_session_of_24_hours_changes_its_day_by_logout_and_logon(void **state)
{
    struct rig *rig = *state;
    daily(rig, 60, 60);
    rig->broker[0].config.reset_on_logout = true;
    rig_start(rig);
    rig_wait(rig, 55);
    assert_ready(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_int_equal(0, link_of(rig)->session.resets);
    rig_wait(rig, 15);
    assert_ready(rig);
    assert_int_equal(2, rig->broker[0].connects);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_non_null(rig_said(rig, "a new session day has begun"));
    rig_wait(rig, 60);
    assert_int_equal(2, rig->broker[0].connects);
}

static void the_logon_window_is_narrower_than_the_day(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 300);
    rig->sessions[0].schedule.has_logon_window = true;
    rig->sessions[0].schedule.logon.second = NOW_S + 60;
    rig->sessions[0].schedule.logout.second = NOW_S + 120;
    rig_start(rig);
    rig_wait(rig, 55);
    assert_int_equal(0, rig->broker[0].connects);
    rig_wait(rig, 5);
    assert_ready(rig);
    rig_wait(rig, 60);
    assert_false(link_of(rig)->connected);
    assert_int_equal(0, link_of(rig)->session.resets);
}

static void
an_acceptor_takes_no_logon_outside_its_time_and_numbers_from_1_on_a_new_day(void **state)
{
    struct rig *rig = *state;
    rig_make_acceptor(rig, 0);
    daily(rig, -60, 60);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_ready(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_wait(rig, 70);
    assert_false(link_of(rig)->connected);
    assert_non_null(strstr(rig->broker[0].refused, "not the session's time"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    /* It comes in the very instant in which the new day begins. */
    rig->now_ns = UINT64_C(1790000000) * SECOND_NS + (86400 - 60) * SECOND_NS;
    broker_resets(rig);
    rig->broker[0].listening = true;
    rig_settle(rig);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_int_equal(0, rig->broker[0].session.gap_end);
}

static void orders_in_doubt_stay_so_over_a_reset_and_their_number_is_told(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 60);
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    rig_drop(rig, 0);
    rig->broker[0].listening = false;
    rig_wait(rig, 90);
    jump(rig, 86400 - 60 - 90 - 30);
    rig->broker[0].deaf = false;
    rig->broker[0].listening = true;
    broker_resets(rig);
    rig_wait(rig, 60);
    assert_ready(rig);
    assert_non_null(rig_event(rig, "AL.critical", "2 orders had no word of the broker"));
    const char *reply = rig_request(rig, "35=H|49=OMS|11=C1|55=VOD|54=1|");
    assert_string_equal("IN_DOUBT", rig_value(reply, "10005"));
    assert_int_equal(0, rig->broker[0].orders);
}

/* --- ResetSeqTime ------------------------------------------------------------------- */

static void at_reset_seq_time_a_running_session_is_reset(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].has_reset_time = true;
    rig->sessions[0].reset_second = NOW_S + 60;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_wait(rig, 55);
    assert_int_equal(0, link_of(rig)->session.resets);
    rig_wait(rig, 10);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_int_equal(1, rig->broker[0].session.resets);
    assert_int_equal(1, rig->broker[0].connects);
    rig_wait(rig, 120);
    assert_int_equal(1, link_of(rig)->session.resets);
    (void)rig_request(rig, ORDER("C2"));
    assert_int_equal(2, rig->broker[0].orders);
}

static void open_orders_postpone_the_reset_until_the_last_has_ended(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].has_reset_time = true;
    rig->sessions[0].reset_second = NOW_S + 60;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_int_equal(1, link_of(rig)->open_count);
    rig_wait(rig, 120);
    assert_int_equal(0, link_of(rig)->session.resets);
    assert_int_equal(1, rig_event_count(rig, "ResetSeqTime has come, but 1 orders are open"));
    /* Remembered over a restart. */
    rig_crash(rig);
    rig_start(rig);
    rig_wait(rig, 10);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->open_count);
    assert_int_equal(0, link_of(rig)->session.resets);
    (void)rig_request(rig, "35=F|49=OMS|11=X1|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:20|");
    rig_wait(rig, 5);
    assert_int_equal(0, link_of(rig)->open_count);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_ready(rig);
}

static void a_reset_time_that_passed_while_disconnected_is_made_up_for(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].has_reset_time = true;
    rig->sessions[0].reset_second = NOW_S + 60;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_wait(rig, 90);
    rig->broker[0].listening = true;
    rig_wait(rig, 10);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
}

static void a_person_may_confirm_the_reset_that_open_orders_postpone(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].has_reset_time = true;
    rig->sessions[0].reset_second = NOW_S + 60;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_wait(rig, 120);
    assert_non_null(strstr(rig_command(rig, 0, SESSION_COMMAND_RESET, false), "1 orders are open"));
    assert_int_equal(0, link_of(rig)->session.resets);
    (void)rig_command(rig, 0, SESSION_COMMAND_RESET, true);
    rig_wait(rig, 5);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
    rig_wait(rig, 60);
    assert_int_equal(1, link_of(rig)->session.resets);
}

/* The peer may never have heard of it: it is asked anew, or its numbers and ours differ for
 * good. Whatever of that turn still went out. */
static void a_reset_that_a_crash_cut_short_is_asked_for_anew(void **state)
{
    struct rig *rig = *state;
    for (unsigned releases = 0; releases < 6; releases++) {
        rig->sessions[0].has_reset_time = true;
        rig->sessions[0].reset_second = NOW_S + 60;
        rig_start(rig);
        for (int i = 0; i < 10; i++) {
            char order[160];
            (void)snprintf(order, sizeof(order), ORDER("C%d"), i);
            (void)rig_request(rig, order);
        }
        rig_wait(rig, 55);
        assert_ready(rig);
        rig->now_ns += 5 * SECOND_NS;
        rig_crash_releasing(rig, NULL, releases);
        rig_start(rig);
        rig_wait(rig, 5);
        assert_ready(rig);
        assert_true(link_of(rig)->session.resets > 0);
        assert_true(rig->broker[0].session.resets > 0);
        assert_int_equal(2, rig->broker[0].connects);
        unsigned orders = rig->broker[0].orders;
        (void)rig_request(rig, ORDER("C99"));
        assert_int_equal(orders + 1, rig->broker[0].orders);
        /* Asked and answered: that is remembered as well. */
        uint32_t resets = link_of(rig)->session.resets;
        rig_crash(rig);
        rig_start(rig);
        rig_wait(rig, 5);
        assert_ready(rig);
        assert_int_equal(resets, link_of(rig)->session.resets);
        rig_renew(rig);
        furnish(rig);
    }
}

/* A machine that came up with tomorrow's date: set right, it has its days as all others. */
static void numbers_of_a_day_to_come_are_those_of_today(void **state)
{
    struct rig *rig = *state;
    daily(rig, -60, 60);
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_crash(rig);
    rig->now_ns -= 86400 * SECOND_NS;
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_ready(rig);
    assert_int_equal(0, link_of(rig)->session.resets);
    rig_wait(rig, 90);
    jump(rig, 86400 - 60 - 90 - 30);
    broker_resets(rig);
    rig_wait(rig, 60);
    assert_ready(rig);
    assert_int_equal(1, link_of(rig)->session.resets);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_session_connects_when_its_time_begins_and_logs_out_when_it_ends),
        RIG_TEST(a_new_day_begins_with_numbers_from_1),
        RIG_TEST(a_restart_on_a_new_day_begins_with_numbers_from_1),
        RIG_TEST(a_restart_within_the_day_goes_on_with_its_numbers),
        RIG_TEST(a_session_of_24_hours_changes_its_day_by_logout_and_logon),
        RIG_TEST(the_logon_window_is_narrower_than_the_day),
        RIG_TEST(an_acceptor_takes_no_logon_outside_its_time_and_numbers_from_1_on_a_new_day),
        RIG_TEST(orders_in_doubt_stay_so_over_a_reset_and_their_number_is_told),
        RIG_TEST(at_reset_seq_time_a_running_session_is_reset),
        RIG_TEST(open_orders_postpone_the_reset_until_the_last_has_ended),
        RIG_TEST(a_reset_time_that_passed_while_disconnected_is_made_up_for),
        RIG_TEST(a_reset_that_a_crash_cut_short_is_asked_for_anew),
        RIG_TEST(numbers_of_a_day_to_come_are_those_of_today),
        RIG_TEST(a_person_may_confirm_the_reset_that_open_orders_postpone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
