/* The oracle on lines: numbers and resends. */
#include "tests/oracle/oracle_rig.h"

#define AGAIN          "43=Y|122=20260921-10:00:00|"
#define GAP(seq, next) "35=4|34=" seq "|43=Y|122=z|52=z|123=Y|36=" next "|"
#define LOGON(seq)     "35=A|34=" seq "|52=z|"
#define HEARTBEAT(seq) "35=0|34=" seq "|52=z|"

static void order_goes_out(struct rig *rig)
{
    is_submitted(rig);
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    assert_good(rig);
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static void a_resend_of_the_same_that_was_asked_for_is_good(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).wire_repeats, 2);
}

static void a_number_that_means_two_things_is_seen(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA, "35=D|34=2|52=z|" AGAIN "11=X2|");
    assert_violates(rig, ORACLE_ONE_CONTENT, "number 2 of FIX.4.4:FIXGATE->ALPHA means two things");
}

static void a_message_that_was_first_sent_later_than_it_is_sent_is_seen(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA,
             "35=4|34=2|43=Y|52=20260921-14:13:21|122=20260921-14:13:22.001|123=Y|36=3|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "says that it was first sent at");
}

static void a_number_that_comes_again_as_new_is_seen(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    assert_violates(rig, ORACLE_ONE_CONTENT, "goes out again without PossDupFlag");
}

static void a_new_number_below_the_last_is_seen(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("5"));
    received(rig, ALPHA, ALPHA_ORDER("4", ""));
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "a new 35=D under number 4, after 5");
}

static void a_number_left_out_on_a_line_is_seen(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, HEARTBEAT("2"));
    assert_good(rig);
    received(rig, ALPHA, HEARTBEAT("4"));
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "gets number 4 right after 2 on one line");
}

static void numbers_lost_with_a_line_are_no_fault(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, HEARTBEAT("2"));
    received(rig, ALPHA, LOGON("6"));
    received(rig, ALPHA, HEARTBEAT("7"));
    assert_good(rig);
}

static void sessions_have_numbers_of_their_own(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    received(rig, BETA, LOGON("1"));
    assert_good(rig);
}

static void a_logon_with_a_reset_begins_the_numbers_anew(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA, "35=A|34=1|52=z|141=Y|");
    received(rig, ALPHA, HEARTBEAT("2"));
    assert_good(rig);
}

static void a_reset_that_was_told_of_begins_with_the_first_of_the_new(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    oracle_numbers_reset(rig->oracle, ALPHA);
    received(rig, ALPHA, HEARTBEAT("3")); /* It was on its way. */
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, HEARTBEAT("2"));
    assert_good(rig);
    received(rig, ALPHA, LOGON("1"));
    assert_violates(rig, ORACLE_ONE_CONTENT, "number 1");
}

static void numbers_that_the_broker_lost_mean_what_they_meant(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    oracle_numbers_lost(rig->oracle, ALPHA, 1);
    received(rig, ALPHA, "35=D|34=2|52=z|" AGAIN "11=X2|");
    assert_violates(rig, ORACLE_ONE_CONTENT, "means two things");
}

/* --- Resends ------------------------------------------------------------------------------- */

static void what_was_filled_over_never_goes_out(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    assert_good(rig);
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_violates(rig, ORACLE_ONE_CONTENT, "goes out as 35=D, after a gap fill stood for it");
}

static void an_order_that_was_filled_over_does_not_stay_sent(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    received(rig, ALPHA, "35=A|34=1|52=a|");
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    judge_violates(rig, ORACLE_ONE_CONTENT, "the number of attempt X1 was filled over");
}

static void an_order_that_its_broker_took_before_may_be_filled_over(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    judge_good(rig);
}

static void an_answered_order_may_be_filled_over(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    sent(rig, ALPHA, "35=2|34=3|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    judge_good(rig);
}

static void an_order_that_is_given_to_people_may_be_filled_over(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    event(rig, "OR.DEAD_LETTER.VOD", ORDER_EVENT(FRESH("DEAD_LETTER") AT_ALPHA));
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).held, 1);
}

static void an_order_its_broker_asked_for_again_may_be_given_to_people(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "OR.DEAD_LETTER.VOD", ORDER_EVENT(FRESH("DEAD_LETTER") AT_ALPHA));
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "is DEAD_LETTER for good, but ALPHA has it");
    rig->violations = 0;
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "3"));
    judge_good(rig);
}

static void a_reset_that_was_told_of_may_begin_with_a_gap_fill(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    oracle_numbers_reset(rig->oracle, ALPHA);
    received(rig, ALPHA, LOGON("9"));
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, GAP("1", "11"));
    judge_good(rig);
}

static void more_than_was_asked_for_is_seen(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA, HEARTBEAT("3"));
    sent(rig, ALPHA, "35=2|34=2|7=1|16=2|");
    received(rig, ALPHA, GAP("1", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_good(rig);
    received(rig, ALPHA, GAP("3", "4"));
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "gets number 3 to 3 again (35=4), which it never");
}

static void the_next_number_of_a_logon_asks_too(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    sent(rig, ALPHA, "35=A|34=2|789=2|");
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_good(rig);
}

static void a_session_message_is_never_resent(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, "35=0|34=1|52=z|" AGAIN);
    assert_violates(rig, ORACLE_ONE_CONTENT, "means two things");
    rig->violations = 0;
    received(rig, ALPHA, "35=1|34=9|52=z|" AGAIN);
    assert_violates(rig, ORACLE_ONE_CONTENT, "a session message (35=1) is resent");
}

static void a_resend_tells_when_it_was_first_sent(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA, ALPHA_ORDER("2", "43=Y|"));
    assert_violates(rig, ORACLE_ONE_CONTENT, "without OrigSendingTime(122)");
    rig->violations = 0;
    received(rig, ALPHA, ALPHA_ORDER("2", "43=Y|122=20260921-09:00:00|"));
    assert_violates(rig, ORACLE_ONE_CONTENT, "which is not when it was sent");
}

static void a_clock_that_was_set_back_leaves_the_original_time_unknown(void **state)
{
    struct rig *rig = *state;
    order_goes_out(rig);
    received(rig, ALPHA,
             "8=FIX.4.4|35=D|34=2|49=FIXGATE|52=20260921-09:00:00|56=ALPHA|43=Y|"
             "122=20260921-09:00:00|11=X1|526=OMS/1|" TERMS);
    assert_good(rig);
    received(rig, ALPHA,
             "8=FIX.4.4|35=D|34=2|49=FIXGATE|52=20260921-11:00:00|56=ALPHA|43=Y|"
             "122=20260921-11:00:00|11=X1|526=OMS/1|" TERMS);
    assert_violates(rig, ORACLE_ONE_CONTENT, "which is not when it was sent");
}

static void orders_go_out_as_they_were_asked_for(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    is_submitted(rig);
    received(rig, ALPHA, "35=D|34=2|52=z|11=X1|526=OMS/1|55=VOD|54=2|38=100|44=10|");
    assert_violates(rig, ORACLE_FIGURES, "on terms that nobody asked for");
}

static void a_cancel_goes_to_the_broker_that_has_the_order(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    received(rig, BETA, LOGON("1"));
    received(rig, BETA, "35=F|34=2|52=z|11=X2|41=X1|526=OMS/1|");
    assert_violates(rig, ORACLE_NO_DOUBLE, "35=F of attempt X1, which is ALPHA's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_resend_of_the_same_that_was_asked_for_is_good),
        RIG_TEST(a_number_that_means_two_things_is_seen),
        RIG_TEST(a_message_that_was_first_sent_later_than_it_is_sent_is_seen),
        RIG_TEST(a_number_that_comes_again_as_new_is_seen),
        RIG_TEST(a_new_number_below_the_last_is_seen),
        RIG_TEST(a_number_left_out_on_a_line_is_seen),
        RIG_TEST(numbers_lost_with_a_line_are_no_fault),
        RIG_TEST(sessions_have_numbers_of_their_own),
        RIG_TEST(a_logon_with_a_reset_begins_the_numbers_anew),
        RIG_TEST(a_reset_that_was_told_of_begins_with_the_first_of_the_new),
        RIG_TEST(numbers_that_the_broker_lost_mean_what_they_meant),
        RIG_TEST(what_was_filled_over_never_goes_out),
        RIG_TEST(an_order_that_was_filled_over_does_not_stay_sent),
        RIG_TEST(an_order_that_its_broker_took_before_may_be_filled_over),
        RIG_TEST(an_answered_order_may_be_filled_over),
        RIG_TEST(an_order_that_is_given_to_people_may_be_filled_over),
        RIG_TEST(an_order_its_broker_asked_for_again_may_be_given_to_people),
        RIG_TEST(a_reset_that_was_told_of_may_begin_with_a_gap_fill),
        RIG_TEST(more_than_was_asked_for_is_seen),
        RIG_TEST(the_next_number_of_a_logon_asks_too),
        RIG_TEST(a_session_message_is_never_resent),
        RIG_TEST(a_resend_tells_when_it_was_first_sent),
        RIG_TEST(a_clock_that_was_set_back_leaves_the_original_time_unknown),
        RIG_TEST(orders_go_out_as_they_were_asked_for),
        RIG_TEST(a_cancel_goes_to_the_broker_that_has_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
