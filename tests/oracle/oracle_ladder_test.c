/* The oracle on re-routing: an attempt is followed by another only when it is dead. */
#include "tests/oracle/oracle_rig.h"

#define ONE     BROKER_ONE
#define AT_BETA "10003=BETA|10004=X2|"

/* Order 1 is with ALPHA as X1 under number 2, which threw it away: it asks for it again. */
static void is_asked_for_again(struct rig *rig)
{
    is_sent(rig);
    received(rig, ALPHA, "35=A|34=1|52=a|");
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    sent(rig, ALPHA, "35=2|34=2|7=2|16=0|");
}

static void is_filled_over(struct rig *rig)
{
    is_asked_for_again(rig);
    received(rig, ALPHA, "35=4|34=2|43=Y|52=b|122=a|123=Y|36=3|");
}

static void is_dead(struct rig *rig)
{
    is_filled_over(rig);
    received(rig, ALPHA, "35=1|34=3|52=b|112=T1|");
    sent(rig, ALPHA, "35=0|34=3|112=T1|");
}

static void goes_on(struct rig *rig)
{
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(FRESH("QUEUED") AT_ALPHA));
}

/* To BETA as X2, for so much, after so much was executed. */
static void is_at_beta(struct rig *rig, const char *quantity, const char *cumulative,
                       const char *average)
{
    char text[400];
    (void)snprintf(
        text, sizeof text,
        "35=U1|37=O1|11=1|55=VOD|54=1|38=100|44=10|14=%s|151=%s|6=%s|10005=SENT|" AT_BETA,
        cumulative, strcmp(cumulative, "0") == 0 ? "100" : "40", average);
    event(rig, "OR.SENT.VOD", text);
    received(rig, BETA, "35=A|34=1|52=a|");
    (void)snprintf(text, sizeof text,
                   "35=D|34=2|52=c|11=X2|526=OMS/1|55=VOD|54=1|38=%s|40=2|44=10|59=1|", quantity);
    received(rig, BETA, text);
}

/* --- Dead, or not -------------------------------------------------------------------------- */

static void an_attempt_that_is_filled_over_and_answered_for_is_followed(void **state)
{
    struct rig *rig = *state;
    is_dead(rig);
    goes_on(rig);
    is_at_beta(rig, "100", "0", "0");
    oracle_book_taken(rig->oracle, BETA, "X2", "OMS/1", 100 * ONE, 10 * ONE);
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).resting, 1);
}

static void an_attempt_whose_line_only_dropped_is_not_followed(void **state)
{
    struct rig *rig = *state;
    is_asked_for_again(rig);
    goes_on(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "which may live: its number was not filled over");
}

static void a_gap_fill_without_an_echo_is_no_proof(void **state)
{
    struct rig *rig = *state;
    is_filled_over(rig);
    received(rig, ALPHA, "35=1|34=3|52=b|112=T1|");
    goes_on(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "answered no TestRequest behind the gap fill");
}

static void the_echo_of_an_earlier_test_request_is_no_proof(void **state)
{
    struct rig *rig = *state;
    is_asked_for_again(rig);
    received(rig, ALPHA, "35=1|34=3|52=b|112=T1|");
    received(rig, ALPHA, "35=4|34=2|43=Y|52=b|122=a|123=Y|36=4|");
    sent(rig, ALPHA, "35=0|34=3|112=T1|");
    goes_on(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "answered no TestRequest behind the gap fill");
}

static void an_attempt_in_a_book_is_not_followed(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    goes_on(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "its broker's book has it");
}

static void an_attempt_that_nobody_saw_is_followed_when_a_missing_number_was_filled(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    received(rig, ALPHA, "35=A|34=3|52=a|");
    sent(rig, ALPHA, "35=2|34=2|7=1|16=0|");
    received(rig, ALPHA, "35=4|34=1|43=Y|52=b|122=a|123=Y|36=4|");
    received(rig, ALPHA, "35=1|34=4|52=b|112=T1|");
    sent(rig, ALPHA, "35=0|34=3|112=T1|");
    goes_on(rig);
    is_at_beta(rig, "100", "0", "0");
    assert_good(rig);
}

static void an_attempt_that_nobody_saw_is_not_followed_before(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    goes_on(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "no number that its broker missed was filled over");
}

static void a_new_attempt_without_a_word_that_the_order_goes_on_is_judged_too(void **state)
{
    struct rig *rig = *state;
    is_asked_for_again(rig);
    is_at_beta(rig, "100", "0", "0");
    assert_violates(rig, ORACLE_NO_DOUBLE, "goes on from attempt X1 at ALPHA");
}

static void a_dead_attempt_that_is_taken_is_a_double(void **state)
{
    struct rig *rig = *state;
    is_dead(rig);
    goes_on(rig);
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "which was given up as dead");
}

static void an_order_whose_attempt_is_dead_may_be_cancelled_by_the_gateway(void **state)
{
    struct rig *rig = *state;
    is_dead(rig);
    goes_on(rig);
    request(rig, CANCEL("2", "1"));
    answer(rig, "35=8|37=O1|11=2|41=1|17=0|150=4|39=4|" STANDS("CANCELLED", "0", "0", "0"));
    event(rig, "ER.FIXGATE.VOD",
          "35=8|37=O1|11=2|41=1|17=E9|150=4|39=4|" AT_ALPHA STANDS("CANCELLED", "0", "0", "0"));
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).cancelled, 1);
}

static void an_order_that_is_asked_for_again_is_filled_over_where_that_is_agreed(void **state)
{
    struct rig *rig = *state;
    oracle_session_fills_over(rig->oracle, ALPHA);
    is_asked_for_again(rig);
    received(rig, ALPHA, "35=A|34=3|52=b|");
    received(rig, ALPHA, ALPHA_ORDER("2", "43=Y|122=20260921-10:00:00|"));
    assert_violates(rig, ORACLE_NO_DOUBLE, "its number is to be filled over");
}

static void an_order_of_this_very_line_may_go_again_under_its_number(void **state)
{
    struct rig *rig = *state;
    oracle_session_fills_over(rig->oracle, ALPHA);
    is_asked_for_again(rig);
    received(rig, ALPHA, ALPHA_ORDER("2", "43=Y|122=20260921-10:00:00|"));
    assert_good(rig);
}

/* Order 1 is acknowledged, and ALPHA asks for it all the same: it has lost what it knew. */
static void is_asked_for_though_it_was_answered(struct rig *rig)
{
    oracle_session_fills_over(rig->oracle, ALPHA);
    is_acknowledged(rig);
    sent(rig, ALPHA, "35=2|34=3|7=2|16=0|");
    received(rig, ALPHA, "35=4|34=2|43=Y|52=b|122=a|123=Y|36=3|");
}

static void a_broker_that_asks_for_what_it_answered_is_told_of(void **state)
{
    struct rig *rig = *state;
    is_asked_for_though_it_was_answered(rig);
    event(rig, "AL.warn",
          "35=U3|10013=warn|58=session FIX.4.4:FIXGATE->ALPHA: it has lost its state|");
    judge_good(rig);
}

static void a_broker_that_asks_for_what_it_answered_is_not_taken_at_its_word(void **state)
{
    struct rig *rig = *state;
    is_asked_for_though_it_was_answered(rig);
    oracle_judge(rig->oracle);
    assert_violates(rig, ORACLE_NO_DOUBLE, "asked for what it had answered 1 times");
}

/* --- What is left of it ---------------------------------------------------------------------- */

/* 60 of it are executed, the rest is cancelled. */
static void leaves_alpha(struct rig *rig)
{
    is_partly_filled(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_CANCELLED);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(STANDS("QUEUED", "60", "40", "10") AT_ALPHA));
}

static void what_is_left_of_an_order_goes_on_elsewhere(void **state)
{
    struct rig *rig = *state;
    leaves_alpha(rig);
    is_at_beta(rig, "40", "60", "10");
    oracle_book_taken(rig->oracle, BETA, "X2", "OMS/1", 40 * ONE, 10 * ONE);
    oracle_book_executed(rig->oracle, BETA, "X2", "B9", 40 * ONE, 9 * ONE);
    oracle_book_ended(rig->oracle, BETA, "X2", ORACLE_FILLED);
    event(rig, "ER.BETA.VOD",
          "35=8|37=O1|11=1|17=E9|527=B9|150=F|39=2|" AT_BETA
          "32=40|31=9|" STANDS("FILLED", "100", "0", "9.6"));
    judge_good(rig);
    struct oracle_counts counts = oracle_counts(rig->oracle);
    assert_int_equal(counts.filled, 1);
    assert_int_equal(counts.executed_at[ALPHA], 1);
    assert_int_equal(counts.executed_at[BETA], 1);
}

static void more_than_what_is_left_is_too_much(void **state)
{
    struct rig *rig = *state;
    leaves_alpha(rig);
    is_at_beta(rig, "100", "60", "10");
    assert_violates(rig, ORACLE_FIGURES, "on terms that nobody asked for");
}

static void a_partly_filled_order_that_is_not_cancelled_does_not_move(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(STANDS("QUEUED", "60", "40", "10") AT_ALPHA));
    assert_violates(rig, ORACLE_NO_DOUBLE, "its broker's book has it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(an_attempt_that_is_filled_over_and_answered_for_is_followed),
        RIG_TEST(an_attempt_whose_line_only_dropped_is_not_followed),
        RIG_TEST(a_gap_fill_without_an_echo_is_no_proof),
        RIG_TEST(the_echo_of_an_earlier_test_request_is_no_proof),
        RIG_TEST(an_attempt_in_a_book_is_not_followed),
        RIG_TEST(an_attempt_that_nobody_saw_is_followed_when_a_missing_number_was_filled),
        RIG_TEST(an_attempt_that_nobody_saw_is_not_followed_before),
        RIG_TEST(a_new_attempt_without_a_word_that_the_order_goes_on_is_judged_too),
        RIG_TEST(a_dead_attempt_that_is_taken_is_a_double),
        RIG_TEST(an_order_whose_attempt_is_dead_may_be_cancelled_by_the_gateway),
        RIG_TEST(an_order_that_is_asked_for_again_is_filled_over_where_that_is_agreed),
        RIG_TEST(an_order_of_this_very_line_may_go_again_under_its_number),
        RIG_TEST(a_broker_that_asks_for_what_it_answered_is_told_of),
        RIG_TEST(a_broker_that_asks_for_what_it_answered_is_not_taken_at_its_word),
        RIG_TEST(what_is_left_of_an_order_goes_on_elsewhere),
        RIG_TEST(more_than_what_is_left_is_too_much),
        RIG_TEST(a_partly_filled_order_that_is_not_cancelled_does_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
