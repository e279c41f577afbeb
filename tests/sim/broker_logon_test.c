/* The simulated broker's Logon, as acceptor and as initiator, and its resets. */
#include "tests/sim/broker_rig.h"

/* The broker's own state of affairs. */
static void assert_numbers(uint64_t in_next, uint64_t out_next)
{
    uint64_t in;
    uint64_t out;
    sim_broker_numbers(rig.broker, rig.session, &in, &out);
    assert_int_equal(in, in_next);
    assert_int_equal(out, out_next);
}

static void assert_at_rest(bool expected)
{
    char why[128] = "";
    if (sim_broker_at_rest(rig.broker, why) != expected) {
        fail_msg("at rest is not %d: %s", expected, why);
    }
}

/* --- Logon -------------------------------------------------------------------------------- */

static void logon_is_answered_with_the_heartbeat_it_asks_for(void **state)
{
    (void)state;
    rig_begin();
    assert_at_rest(false);
    rig_connect();
    rig_send("35=A|98=0|108=17|");
    (void)rig_expect("35=A|34=1|49=ALPHA|56=FIXGATE|98=0|108=17");
    assert_at_rest(true);
    assert_numbers(2, 2);
    assert_int_equal(rig_wire_count("0 received"), 1);
    assert_int_equal(rig_wire_count("0 sent"), 1);
}

static void first_message_must_be_a_logon(void **state)
{
    (void)state;
    rig_begin();
    rig_connect();
    rig_send("35=0|");
    rig_quiet();
    assert_true(rig.ended);
}

static void connection_without_logon_is_closed_after_ten_seconds(void **state)
{
    (void)state;
    rig_begin();
    rig_connect();
    rig_run(9900);
    assert_false(rig.ended);
    rig_run(200);
    assert_true(rig.ended);
}

static void logon_with_a_low_number_is_refused_by_its_text(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=5|");
    (void)rig_expect("35=5|34=2");
    rig_run(2100);
    assert_true(rig.ended);
    rig_connect();
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|");
    (void)rig_expect("35=5|34=3|58=MsgSeqNum too low, expecting 3 but received 1");
    rig_run(10);
    assert_true(rig.ended);
}

static void logon_with_a_high_number_is_answered_and_then_the_gap_asked_for(void **state)
{
    (void)state;
    rig_begin();
    rig_connect();
    rig_send_as(4, rig.sim.now_ns, "35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1");
    (void)rig_expect("35=2|34=2|7=1|16=0");
    assert_at_rest(false);
    rig_resend(1, "35=4|123=Y|36=5|");
    assert_at_rest(true);
    assert_numbers(5, 3);
}

static void second_line_is_closed_while_the_first_lives(void **state)
{
    (void)state;
    rig_log_on();
    struct line *first = rig.line;
    rig_connect();
    rig_run(10);
    assert_true(rig.ended);
    rig.line = first;
    rig_send("35=1|112=x|");
    (void)rig_expect("35=0|112=x");
}

static void logon_with_reset_begins_both_numbers_anew(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|141=Y|");
    (void)rig_expect("35=A|34=1|141=Y");
    rig_told("withheld A1 -");
    assert_numbers(2, 2);
    assert_int_equal(rig_wire_count("0 reset"), 1);
}

static void next_expected_number_of_the_gateway_is_resent_from_at_once(void **state)
{
    (void)state;
    rig.settings.orders.next_expected = true;
    rig_begin();
    rig_connect();
    rig_send("35=A|98=0|108=30|789=1|");
    (void)rig_expect("35=A|34=1|789=2");
    rig_rest_order(); /* Its number is 2. */
    line_cut(rig.line, false);
    rig_run(10);
    rig_connect();
    rig_send("35=A|98=0|108=30|789=2|");
    (void)rig_expect("35=A|34=3|789=4");
    (void)rig_expect("35=8|34=2|43=Y|150=0|11=A1");
    rig_quiet();
    assert_at_rest(true);
}

static void next_expected_number_that_was_never_sent_is_refused(void **state)
{
    (void)state;
    rig.settings.orders.next_expected = true;
    rig_begin();
    rig_connect();
    rig_send("35=A|98=0|108=30|789=9|");
    (void)rig_expect("35=5|58=NextExpectedMsgSeqNum too high");
}

static void gap_before_a_logon_is_not_asked_for_when_next_expected_tells_it(void **state)
{
    (void)state;
    rig.settings.orders.next_expected = true;
    rig_begin();
    rig_connect();
    rig_send_as(3, rig.sim.now_ns, "35=A|98=0|108=30|789=1|");
    (void)rig_expect("35=A|34=1|789=1");
    rig_quiet();
    rig_resend(1, "35=4|123=Y|36=4|");
    assert_at_rest(true);
}

/* --- Dialling ------------------------------------------------------------------------------------
 */

static void broker_that_dials_logs_on_first_and_again_after_a_loss(void **state)
{
    (void)state;
    rig.settings.orders.broker_dials = true;
    rig_begin();
    (void)rig_expect("35=A|34=1|108=30");
    assert_int_equal(rig.knocks, 1);
    rig_send("35=A|98=0|108=30|");
    assert_at_rest(true);
    line_cut(rig.line, false);
    rig_run(900);
    assert_int_equal(rig.knocks, 1);
    rig_run(200);
    assert_int_equal(rig.knocks, 2);
    (void)rig_expect("35=A|34=2");
}

static void broker_that_dials_waits_while_nobody_is_there(void **state)
{
    (void)state;
    rig.settings.orders.broker_dials = true;
    rig.gateway_up = false;
    rig_begin();
    rig_run(5000);
    assert_int_equal(rig.knocks, 0);
    rig.gateway_up = true;
    (void)rig_expect("35=A|34=1");
}

static void reset_of_a_broker_that_dials_is_asked_for_until_it_is_confirmed(void **state)
{
    (void)state;
    rig.settings.orders.broker_dials = true;
    rig_begin();
    (void)rig_expect("35=A|34=1");
    rig_send("35=A|98=0|108=30|");
    rig_act("reset");
    (void)rig_expect("35=5|34=2");
    rig_send("35=5|");
    (void)rig_expect("35=A|34=1|141=Y");
    line_cut(rig.line, false);
    (void)rig_expect("35=A|34=1|141=Y");
    rig.seq = 1;
    rig_send("35=A|98=0|108=30|141=Y|");
    assert_at_rest(true);
    assert_numbers(2, 2);
}

static void answer_without_the_reset_that_was_asked_for_is_refused(void **state)
{
    (void)state;
    rig.settings.orders.broker_dials = true;
    rig.settings.orders.resets_on_logon = true;
    rig_begin();
    (void)rig_expect("35=A|34=1|141=Y");
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=5|58=ResetSeqNumFlag was asked for and not given back");
}

/* --- Resets --------------------------------------------------------------------------------------
 */

static void broker_that_resets_at_each_logon_says_so_and_takes_the_confirmation(void **state)
{
    (void)state;
    rig.settings.orders.resets_on_logon = true;
    rig_begin();
    rig_connect();
    rig_send_as(8, rig.sim.now_ns, "35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1|141=Y");
    assert_at_rest(false);
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|141=Y|");
    rig_quiet(); /* A confirmation has no answer. */
    assert_at_rest(true);
    assert_numbers(2, 2);
}

static void reset_of_a_running_session_takes_the_last_of_the_old_numbers(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("reset");
    (void)rig_expect("35=A|34=1|141=Y");
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=1|"); /* It had crossed. */
    rig_told("taken A1 M1 100 @ 0");
    rig_quiet();
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|141=Y|");
    (void)rig_expect("35=8|34=2|11=A1");
    assert_numbers(2, 3);
}

static void reset_that_a_lost_line_cut_short_comes_with_the_next_logon(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("reset");
    line_abandon(rig.line, LINE_GATEWAY, false);
    rig_run(10);
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1|141=Y");
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|141=Y|");
    assert_at_rest(true);
}

static void day_border_logs_out_and_begins_anew(void **state)
{
    (void)state;
    rig.settings.orders.day_border_ns = SIM_BEGIN_NS + 20 * SIM_SECOND_NS;
    rig_log_on();
    rig_run(20000);
    (void)rig_expect("35=5|34=2");
    rig_send("35=5|");
    rig_run(10);
    assert_true(rig.ended);
    assert_numbers(1, 1);
    assert_int_equal(rig_wire_count("0 reset"), 1);
    rig_connect();
    rig.seq = 1;
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1");
    rig_run(25000);
    assert_false(rig.ended); /* Once. */
}

static void gateway_that_lives_in_another_day_is_refused_until_it_does_not(void **state)
{
    (void)state;
    rig.settings.orders.day_border_ns = SIM_BEGIN_NS + SIM_SECOND_NS;
    rig_log_on();
    line_abandon(rig.line, LINE_GATEWAY, false);
    rig_run(2000);
    assert_numbers(1, 1);
    rig_connect();
    uint32_t known = rig_wire_count("received");
    rig_send_as(57, SIM_BEGIN_NS, "35=A|98=0|108=30|"); /* Its clock is behind. */
    (void)rig_expect("35=5|34=1");
    rig_run(10);
    assert_true(rig.ended);
    rig_connect();
    rig_send_as(1, SIM_BEGIN_NS, "35=A|98=0|108=30|"); /* This would fit. */
    (void)rig_expect("35=5|34=2");
    assert_int_equal(rig_wire_count("received"), known); /* Those numbers are of no day. */
    rig_connect();
    rig_send_as(1, rig.sim.now_ns, "35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=3");
    assert_at_rest(true);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(logon_is_answered_with_the_heartbeat_it_asks_for),
        RIG_TEST(first_message_must_be_a_logon),
        RIG_TEST(connection_without_logon_is_closed_after_ten_seconds),
        RIG_TEST(logon_with_a_low_number_is_refused_by_its_text),
        RIG_TEST(logon_with_a_high_number_is_answered_and_then_the_gap_asked_for),
        RIG_TEST(second_line_is_closed_while_the_first_lives),
        RIG_TEST(logon_with_reset_begins_both_numbers_anew),
        RIG_TEST(next_expected_number_of_the_gateway_is_resent_from_at_once),
        RIG_TEST(next_expected_number_that_was_never_sent_is_refused),
        RIG_TEST(gap_before_a_logon_is_not_asked_for_when_next_expected_tells_it),
        RIG_TEST(broker_that_dials_logs_on_first_and_again_after_a_loss),
        RIG_TEST(broker_that_dials_waits_while_nobody_is_there),
        RIG_TEST(reset_of_a_broker_that_dials_is_asked_for_until_it_is_confirmed),
        RIG_TEST(answer_without_the_reset_that_was_asked_for_is_refused),
        RIG_TEST(broker_that_resets_at_each_logon_says_so_and_takes_the_confirmation),
        RIG_TEST(reset_of_a_running_session_takes_the_last_of_the_old_numbers),
        RIG_TEST(reset_that_a_lost_line_cut_short_comes_with_the_next_logon),
        RIG_TEST(day_border_logs_out_and_begins_anew),
        RIG_TEST(gateway_that_lives_in_another_day_is_refused_until_it_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
