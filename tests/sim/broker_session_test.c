/* The simulated broker as a FIX session: its numbers and its patience. */
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

/* --- Numbers ------------------------------------------------------------------------------- */

static void early_message_is_kept_until_the_gap_is_filled(void **state)
{
    (void)state;
    rig_log_on();
    rig_send_as(3, rig.sim.now_ns, "35=D|11=A2|526=M2|55=VOD|54=1|38=5|40=1|59=1|");
    (void)rig_expect("35=2|7=2|16=0");
    rig_send_as(4, rig.sim.now_ns, "35=D|11=A3|526=M3|55=VOD|54=1|38=5|40=1|59=1|");
    rig_quiet(); /* One request for a gap. */
    rig_told_no_more();
    rig_resend(2, "35=D|11=A1|526=M1|55=VOD|54=1|38=5|40=1|59=1|");
    rig_told("taken A1 M1 5 @ 0");
    rig_told("taken A2 M2 5 @ 0");
    rig_told("taken A3 M3 5 @ 0");
    rig_resend(3, "35=D|11=A2|526=M2|55=VOD|54=1|38=5|40=1|59=1|");
    rig_told_no_more();
    assert_numbers(5, 3);
}

static void early_message_is_thrown_away_by_a_broker_that_keeps_none(void **state)
{
    (void)state;
    rig.settings.orders.drops_early = true;
    rig_log_on();
    rig_send_as(3, rig.sim.now_ns, "35=D|11=A2|526=M2|55=VOD|54=1|38=5|40=1|59=1|");
    (void)rig_expect("35=2|7=2|16=0");
    rig_resend(2, "35=4|123=Y|36=3|");
    rig_told_no_more();
    rig_resend(3, "35=D|11=A2|526=M2|55=VOD|54=1|38=5|40=1|59=1|");
    rig_told("taken A2 M2 5 @ 0");
    assert_at_rest(false);
    (void)rig_expect("35=8|11=A2");
    assert_at_rest(true);
}

static void gap_that_does_not_move_is_asked_for_again(void **state)
{
    (void)state;
    rig_log_on();
    rig_send_as(3, rig.sim.now_ns, "35=0|");
    (void)rig_expect("35=2|7=2|16=0");
    rig_run(10100);
    (void)rig_expect("35=2|7=2|16=0");
}

static void low_number_without_poss_dup_ends_the_session(void **state)
{
    (void)state;
    rig_log_on();
    rig_send_as(1, rig.sim.now_ns, "35=0|");
    (void)rig_expect("35=5|58=MsgSeqNum too low, expecting 2 but received 1");
    rig_run(2100);
    assert_true(rig.ended);
}

static void low_number_with_poss_dup_is_passed_over(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_resend(2, "35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    rig_quiet();
    rig_told_no_more();
}

static void poss_dup_without_its_first_time_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=D|43=Y|11=A1|526=M1|55=VOD|54=1|38=100|40=1|");
    (void)rig_expect("35=3|45=2|371=122|373=1");
    rig_told_no_more();
    assert_numbers(3, 3);
}

static void early_resend_request_is_served_before_the_own_gap_is_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send_as(5, rig.sim.now_ns, "35=2|7=1|16=0|");
    (void)rig_expect("35=4|34=1|43=Y|123=Y|36=2");
    (void)rig_expect("35=8|34=2|43=Y|11=A1");
    (void)rig_expect("35=2|34=3|7=3|16=0");
    rig_resend(3, "35=4|123=Y|36=6|");
    rig_quiet(); /* Not served twice. */
    assert_numbers(6, 4);
}

static void resend_ends_at_the_number_that_was_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=1|112=x|");
    (void)rig_expect("35=0|34=3|112=x");
    rig_send("35=2|7=2|16=2|");
    (void)rig_expect("35=8|34=2|43=Y");
    rig_send("35=2|7=1|16=1|");
    (void)rig_expect("35=4|34=1|36=2");
    rig_send("35=2|7=3|16=900|");
    (void)rig_expect("35=4|34=3|36=4");
    rig_quiet();
}

static void range_that_was_never_sent_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=2|7=8|16=0|");
    (void)rig_expect("35=3|45=2|373=5");
}

static void gap_fill_that_goes_back_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=4|123=Y|36=1|");
    (void)rig_expect("35=3|371=36|373=5");
    assert_numbers(3, 3);
}

static void sequence_reset_jumps_whatever_its_own_number(void **state)
{
    (void)state;
    rig_log_on();
    rig_send_as(99, rig.sim.now_ns, "35=4|36=50|");
    assert_numbers(50, 2);
}

/* --- Silence and Logout ------------------------------------------------------------------------
 */

static void heartbeat_comes_after_a_silence_of_its_own(void **state)
{
    (void)state;
    rig_log_on();
    rig_run(29000);
    rig_quiet();
    rig_run(1000);
    (void)rig_expect("35=0|34=2");
}

static void silent_gateway_is_tested_and_then_left(void **state)
{
    (void)state;
    rig_log_on();
    rig_run(36100);
    (void)rig_expect("35=0");
    (void)rig_expect("35=1|112=3");
    rig_run(35000);
    assert_false(rig.ended);
    rig_run(2000);
    assert_true(rig.ended);
}

static void logout_is_answered_and_the_line_closed_soon(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=5|");
    (void)rig_expect("35=5|34=2");
    rig_run(1900);
    assert_false(rig.ended);
    rig_run(200);
    assert_true(rig.ended);
}

static void early_logout_is_answered_and_the_gap_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_send_as(4, rig.sim.now_ns, "35=5|");
    (void)rig_expect("35=2|7=2");
    (void)rig_expect("35=5");
    rig_resend(2, "35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|");
    rig_told("taken A1 M1 100 @ 0");
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(early_message_is_kept_until_the_gap_is_filled),
        RIG_TEST(early_message_is_thrown_away_by_a_broker_that_keeps_none),
        RIG_TEST(gap_that_does_not_move_is_asked_for_again),
        RIG_TEST(low_number_without_poss_dup_ends_the_session),
        RIG_TEST(low_number_with_poss_dup_is_passed_over),
        RIG_TEST(poss_dup_without_its_first_time_is_rejected),
        RIG_TEST(early_resend_request_is_served_before_the_own_gap_is_asked_for),
        RIG_TEST(resend_ends_at_the_number_that_was_asked_for),
        RIG_TEST(range_that_was_never_sent_is_rejected),
        RIG_TEST(gap_fill_that_goes_back_is_rejected),
        RIG_TEST(sequence_reset_jumps_whatever_its_own_number),
        RIG_TEST(heartbeat_comes_after_a_silence_of_its_own),
        RIG_TEST(silent_gateway_is_tested_and_then_left),
        RIG_TEST(logout_is_answered_and_the_line_closed_soon),
        RIG_TEST(early_logout_is_answered_and_the_gap_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
