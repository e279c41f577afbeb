/* The evidence ladder (docs/failover.md): what a broker provably did not get goes on, what it has
 * stays there. */
#include "tests/unit/doubt_fixture.h"

/* --- What the broker did not get ------------------------------------------------------- */

static void what_a_broker_did_not_get_goes_elsewhere_only_once_an_echo_proves_it(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    rig->broker[1].listening = true;
    rig_pass(rig, 5000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NONE);

    /* It says that it did not get it, and takes the fill, but the echo does not come. */
    rig->broker[0].keeps_echoes = true;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    assert_int_equal(0, rig->broker[1].orders);

    rig->broker[0].keeps_echoes = false;
    rig_wait(rig, 60);
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(2, order_of(rig, "C1").attempts);
    assert_int_equal(0, rig->engine->links[0].unacked_count);
    assert_int_equal(0, rig->engine->links[0].open_count);
}

static void a_crash_between_fill_and_echo_forgets_neither(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    rig->broker[0].keeps_echoes = true;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    rig_crash(rig);
    rig->broker[0].listening = false;
    rig->broker[1].listening = true;
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    assert_int_equal(0, rig->broker[1].orders);
    rig->broker[0].keeps_echoes = false;
    come_back(rig);
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
    assert_string_equal("FILLED", state_of(rig, "C1"));
}

/* An acceptor asks for no echo by itself. */
static void a_session_that_proves_nothing_by_itself_is_asked_for_an_echo(void **state)
{
    struct rig *rig = *state;
    rig_make_acceptor(rig, 0);
    rig->sessions[0].fix.test_request_at_logon = false;
    rig_start(rig);
    rig_pass(rig, 2000);
    lose_order(rig, ORDER("C1"));
    rig->broker[0].keeps_echoes = true;
    come_back(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    rig->broker[0].keeps_echoes = false;
    rig_wait(rig, 60);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(1, rig->broker[0].orders);
}

static void in_mid_session_a_missed_order_is_filled_over_and_goes_anew(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_int_equal(1, rig->broker[0].orders);
    /* As if the line had garbled it: the broker sees a gap with the next one. */
    rig->broker[0].session.seq_in_next -= 1;
    rig->broker[0].manner = RIG_ACK;
    (void)rig_request(rig, ORDER("C2"));
    rig_pass(rig, 2000);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_string_equal("ACKED", state_of(rig, "C2"));
    assert_int_equal(2, order_of(rig, "C1").attempts);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(3, rig->broker[0].orders);
}

static void with_resend_orders_it_goes_again_as_it_was(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].resend_orders = true;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    come_back(rig);
    assert_int_equal(1, rig->broker[0].orders);
    assert_int_equal(1, order_of(rig, "C1").attempts);
    assert_string_equal("FILLED", state_of(rig, "C1"));
}

static void what_is_dead_waits_out_its_grace(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].dead_attempt_grace_ns = 20 * SECOND_NS;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    come_back(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    rig_wait(rig, 10);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    rig_wait(rig, 15);
    assert_string_equal("FILLED", state_of(rig, "C1"));
}

static void where_leftovers_are_feared_the_broker_must_not_know_it_either(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].dead_attempt_status = true;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    come_back(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    assert_int_equal(0, rig->broker[0].orders);
    rig->broker[0].manner = RIG_FILL;
    say_status(rig, UNKNOWN);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(2, order_of(rig, "C1").attempts);
}

/* A question for all does not tell of what the broker has not. */
static void what_is_dead_is_asked_for_by_its_name(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].dead_attempt_status = true;
    rig->sessions[0].order_mass_status_request = true;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    come_back(rig);
    assert_string_equal("H", rig->broker[0].last_msg_type);
}

static void a_leftover_that_was_executed_all_the_same_is_no_second_attempt(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].dead_attempt_status = true;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    come_back(rig);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    say_status(rig, KNOWN);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_int_equal(1, order_of(rig, "C1").attempts);
}

static void a_cancel_meant_for_a_dead_attempt_cancels_the_order_here(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    (void)rig_request(rig, "35=F|49=OMS|11=X1|41=C1|" ABOUT);
    come_back(rig);
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    assert_string_equal("X1", rig_value(rig_event(rig, "|150=4|", NULL), "11"));
    assert_non_null(rig_event(rig, "OR.QUEUED.VOD", "|11=C1|"));
    assert_int_equal(0, rig->broker[0].orders);
}

static void a_cancel_that_was_lost_with_its_order_is_no_word_of_the_broker(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, "35=G|49=OMS|11=X1|41=C1|40=2|44=10.4|59=1|" ABOUT);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    come_back(rig);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(1, rig->broker[0].orders);
    assert_non_null(rig_event(rig, "ER.FIXGATE.VOD", "|150=5|"));
}

/* The kill cannot reach it; proven dead, it ends here. */
static void what_is_killed_while_in_doubt_does_not_go_on(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    assert_int_equal(COMMAND_DONE,
                     rig_ask(rig, "ann", "kill.on", "scope=symbol:VOD|reason=test")->result);
    come_back(rig);
    assert_int_equal(0, rig->broker[0].orders);
    assert_int_equal(0, rig->engine->links[0].open_count);
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
}

static void a_message_between_two_others_is_missed_alone(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_drop(rig, 0);
    rig->broker[0].listening = false;
    rig_pass(rig, 1000);
    (void)rig_request(rig, ORDER("C2"));
    assert_string_equal("QUEUED", state_of(rig, "C2"));
    rig->broker[0].manner = RIG_ACK;
    come_back(rig);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_string_equal("ACKED", state_of(rig, "C2"));
    lose_order(rig, ORDER("C3"));
    come_back(rig);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_int_equal(1, order_of(rig, "C1").attempts);
    assert_string_equal("ACKED", state_of(rig, "C3"));
    assert_int_equal(2, order_of(rig, "C3").attempts);
    assert_int_equal(3, rig->broker[0].orders);
}

/* --- What it has ------------------------------------------------------------------------- */

static void what_a_broker_has_stays_there_and_is_asked_for(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    leave_unanswered(rig, ORDER("C1"));
    rig->broker[1].listening = true;
    come_back(rig);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    assert_int_equal(1, rig->broker[0].orders);
    assert_int_equal(0, rig->broker[1].orders);
    say_status(rig, KNOWN);
    assert_stands(rig, "C1", ORDER_ACKED, EVIDENCE_NONE);
}

static void silence_is_asked_into_five_times_and_then_told_of(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_string_equal("D", rig->broker[0].last_msg_type);
    rig_wait(rig, 35);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    assert_int_equal(1, order_of(rig, "C1").asked_count);
    rig_wait(rig, 115);
    assert_int_equal(DOUBT_ASKS_MAX, order_of(rig, "C1").asked_count);
    assert_null(rig_event(rig, "AL.warning", "got no word"));
    rig_wait(rig, 300);
    assert_non_null(rig_event(rig, "AL.warning", "got no word"));
    assert_int_equal(1, rig_event_count(rig, "got no word"));
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_NONE);
}

static void one_question_may_stand_for_all(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].order_mass_status_request = true;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    char first[64];
    (void)snprintf(first, sizeof(first), "%s", rig->broker[0].last_cl_ord_id);
    leave_unanswered(rig, ORDER("C2"));
    come_back(rig);
    assert_string_equal("AF", rig->broker[0].last_msg_type);
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=0|11=%s|150=I|39=0|55=VOD|54=1|14=0|151=100|6=0|584=1|", first);
    rig_broker_says(rig, 0, "8", body);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_stands(rig, "C2", ORDER_SENT, EVIDENCE_RECEIVED);
}

static void a_status_ends_an_order_only_where_its_figures_are_ours(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    leave_unanswered(rig, ORDER("C1"));
    come_back(rig);
    say_status(rig, "39=4|14=40|151=0|");
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "AL.critical", "more executed than we were told of"));
    assert_int_equal(0, order_of(rig, "C1").cum_quantity.units);
    say_status(rig, "39=4|14=0|151=0|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, doubt_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_a_broker_did_not_get_goes_elsewhere_only_once_an_echo_proves_it),
        RIG_TEST(a_crash_between_fill_and_echo_forgets_neither),
        RIG_TEST(a_session_that_proves_nothing_by_itself_is_asked_for_an_echo),
        RIG_TEST(in_mid_session_a_missed_order_is_filled_over_and_goes_anew),
        RIG_TEST(with_resend_orders_it_goes_again_as_it_was),
        RIG_TEST(what_is_dead_waits_out_its_grace),
        RIG_TEST(where_leftovers_are_feared_the_broker_must_not_know_it_either),
        RIG_TEST(what_is_dead_is_asked_for_by_its_name),
        RIG_TEST(a_leftover_that_was_executed_all_the_same_is_no_second_attempt),
        RIG_TEST(a_cancel_meant_for_a_dead_attempt_cancels_the_order_here),
        RIG_TEST(a_cancel_that_was_lost_with_its_order_is_no_word_of_the_broker),
        RIG_TEST(what_is_killed_while_in_doubt_does_not_go_on),
        RIG_TEST(a_message_between_two_others_is_missed_alone),
        RIG_TEST(what_a_broker_has_stays_there_and_is_asked_for),
        RIG_TEST(silence_is_asked_into_five_times_and_then_told_of),
        RIG_TEST(one_question_may_stand_for_all),
        RIG_TEST(a_status_ends_an_order_only_where_its_figures_are_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
