/* The oracle on orders: outcomes, doubles, figures and moves. */
#include "tests/oracle/oracle_rig.h"

#define ONE BROKER_ONE

/* --- One outcome ---------------------------------------------------------------------------- */

static void a_filled_order_is_good(void **state)
{
    struct rig *rig = *state;
    is_filled(rig);
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "2", STANDS("FILLED", "100", "0", "9.6")));
    judge_good(rig);
    struct oracle_counts counts = oracle_counts(rig->oracle);
    assert_int_equal(counts.orders, 1);
    assert_int_equal(counts.acknowledged, 1);
    assert_int_equal(counts.filled, 1);
    assert_int_equal(counts.executions, 2);
    assert_int_equal(counts.executed_at[ALPHA], 1);
    assert_int_equal(counts.wire_messages, 2);
}

static void orders_that_wait_rest_or_were_refused_are_good(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, NEW("2"));
    answer(rig, REFUSED("2"));
    request(rig, NEW("3"));
    event(rig, "OR.QUEUED.VOD", "35=U1|37=O3|11=3|" FRESH("QUEUED"));
    answer(rig, ANSWER("3", "A", "A", FRESH("QUEUED")));
    judge_good(rig);
    struct oracle_counts counts = oracle_counts(rig->oracle);
    assert_int_equal(counts.resting, 1);
    assert_int_equal(counts.queued, 1);
    assert_int_equal(counts.refused, 1);
}

static void an_acknowledged_order_that_nobody_knows_is_lost(void **state)
{
    struct rig *rig = *state;
    is_submitted(rig);
    answer(rig, ANSWER("1", "A", "A", FRESH("SENT")));
    oracle_judge(rig->oracle);
    assert_int_equal(oracle_counts(rig->oracle).lost, 1);
}

static void an_order_that_is_sent_for_good_and_in_no_book_is_lost(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "LOST: OMS/1");
}

static void numbers_that_began_anew_excuse_an_order_in_doubt(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    oracle_numbers_reset(rig->oracle, ALPHA);
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).held, 1);
}

static void numbers_that_began_anew_before_the_order_excuse_nothing(void **state)
{
    struct rig *rig = *state;
    oracle_numbers_lost(rig->oracle, ALPHA, 1);
    is_taken(rig);
    sent(rig, ALPHA, "35=8|34=2|11=X1|17=B1|150=0|39=0|");
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "IN_DOUBT for good, but ALPHA has it");
}

static void numbers_of_another_broker_excuse_nothing(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    oracle_numbers_reset(rig->oracle, BETA);
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "LOST");
}

static void a_withheld_report_excuses_a_bus_that_is_behind(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    executes(rig);
    oracle_book_withheld(rig->oracle, ALPHA, "X1", "B2");
    judge_good(rig);
}

static void a_withheld_report_excuses_no_bus_that_is_ahead(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    oracle_book_withheld(rig->oracle, ALPHA, "X1", NULL);
    event(rig, "ER.ALPHA.VOD", REPORT("E2", "B2", "4", "4", STANDS("CANCELLED", "0", "0", "0")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "did not end so");
}

static void an_order_with_two_ends_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_CANCELLED);
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "is CANCELLED at ALPHA");
}

static void a_silent_broker_leaves_its_order_sent(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    judge_good(rig);
}

static void a_silent_broker_leaves_no_order_in_doubt(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "ALPHA has it, and its session is in step");
}

static void what_a_broker_said_reaches_the_bus(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    sent(rig, ALPHA, "35=8|34=2|11=X1|17=B1|150=0|39=0|");
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "is SENT for good, but ALPHA has it");
}

static void a_report_refused_for_its_time_is_lost_to_the_gateway(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    sent(rig, ALPHA, "35=8|34=2|11=X1|17=B1|150=0|39=0|");
    received(rig, ALPHA, "35=3|34=3|45=2|372=8|373=10|");
    judge_good(rig);
}

static void a_cancel_that_was_taken_has_an_outcome(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, CANCEL("C", "1"));
    answer(rig, "35=8|37=O1|11=C|41=1|17=0|150=6|39=6|" FRESH("ACKED"));
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "OMS/C was taken (150=6) and never had an outcome");
}

static void a_cancel_that_the_broker_refused_has_an_outcome(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, CANCEL("C", "1"));
    answer(rig, "35=8|37=O1|11=C|41=1|17=0|150=6|39=6|" FRESH("ACKED"));
    event(rig, "ER.ALPHA.VOD", "35=9|37=O1|11=C|41=1|39=0|434=1|102=0|10003=ALPHA|10005=ACKED|");
    judge_good(rig);
}

/* --- No double -------------------------------------------------------------------------------- */

static void an_attempt_that_is_taken_twice_is_doubled(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "ALPHA takes attempt X1, which ALPHA has already");
}

static void an_order_in_two_books_is_doubled(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    oracle_book_taken(rig->oracle, BETA, "X2", "OMS/1", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "BETA takes OMS/1 (attempt X2), which ALPHA has as X1");
}

static void an_order_that_a_broker_rejected_may_go_to_another(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_REJECTED);
    oracle_book_taken(rig->oracle, BETA, "X2", "OMS/1", 100 * ONE, 10 * ONE);
    assert_good(rig);
}

static void an_order_that_executed_goes_to_another_with_what_is_left(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    executes(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_CANCELLED);
    oracle_book_taken(rig->oracle, BETA, "X2", "OMS/1", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_FIGURES, "for 100 at 10, which nobody asked for");
}

static void more_than_was_ordered_is_doubled(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    executes(rig);
    assert_good(rig);
    oracle_book_executed(rig->oracle, ALPHA, "X1", "B3", 41 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "101 are executed in all of 100");
}

static void what_is_executed_after_its_end_is_doubled(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_EXPIRED);
    executes(rig);
    assert_violates(rig, ORACLE_NO_DOUBLE, "after its end");
}

static void an_order_that_nobody_submitted_is_seen(void **state)
{
    struct rig *rig = *state;
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/7", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "no client ever submitted");
}

static void an_order_that_ended_here_is_taken_by_no_broker(void **state)
{
    struct rig *rig = *state;
    is_queued(rig);
    request(rig, CANCEL("C", "1"));
    event(rig, "ER.FIXGATE.VOD",
          "35=8|37=O1|11=C|41=1|17=E2|150=4|39=4|" STANDS("CANCELLED", "0", "0", "0"));
    answer(rig, "35=8|37=O1|11=C|41=1|17=0|150=4|39=4|" STANDS("CANCELLED", "0", "0", "0"));
    assert_good(rig);
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 100 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_NO_DOUBLE, "which the bus called CANCELLED");
}

static void an_order_that_a_broker_has_is_not_queued_again(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    assert_good(rig);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(FRESH("QUEUED")));
    assert_violates(rig, ORACLE_NO_DOUBLE,
                    "from attempt X1 at ALPHA, which may live: its broker's book");
}

static void an_attempt_is_of_one_order(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, NEW("2"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") AT_ALPHA);
    assert_violates(rig, ORACLE_NO_DOUBLE, "attempt X1 belongs to OMS/1 and to OMS/2");
}

/* --- Moves --------------------------------------------------------------------------------------
 */

static void an_order_goes_only_where_it_may(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/1 goes from ACKED to SENT");
}

static void what_has_ended_stays_so(void **state)
{
    struct rig *rig = *state;
    is_filled(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(STANDS("IN_DOUBT", "100", "0", "9.6") AT_ALPHA));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/1 goes from FILLED to IN_DOUBT");
}

static void a_bust_opens_a_filled_order_again(void **state)
{
    struct rig *rig = *state;
    is_filled(rig);
    oracle_book_busted(rig->oracle, ALPHA, "B3");
    event(rig, "ER.ALPHA.VOD",
          REPORT("E4", "B4", "H", "1", "19=E3|" STANDS("PARTIAL", "60", "40", "10")));
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).resting, 1);
}

static void an_order_is_full_exactly_when_it_is_called_filled(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    executes(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E2", "B2", "F", "2", "32=60|31=10|" STANDS("FILLED", "60", "0", "10")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "is called FILLED, but is not executed wholly");
}

static void no_order_is_acknowledged_before_its_broker_said_so(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "ER.ALPHA.VOD", REPORT("E1", "B1", "0", "0", FRESH("ACKED")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "its broker has said nothing of it");
}

static void an_order_status_fits_its_state(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    sent(rig, ALPHA, "35=8|34=2|11=X1|17=B1|150=0|39=0|");
    event(rig, "ER.ALPHA.VOD", REPORT("E1", "B1", "0", "2", FRESH("ACKED")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/1 is ACKED, but 39=2");
}

static void a_pending_change_was_asked_for_and_has_no_outcome(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, CANCEL("C", "1"));
    event(rig, "ER.ALPHA.VOD", REPORT("E2", "0", "I", "6", FRESH("ACKED")));
    event(rig, "ER.ALPHA.VOD", "35=9|37=O1|11=C|41=1|39=0|434=1|102=0|10003=ALPHA|10005=ACKED|");
    assert_good(rig);
    event(rig, "ER.ALPHA.VOD", REPORT("E4", "0", "I", "6", FRESH("ACKED")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/1 is ACKED, but 39=6");
}

static void a_topic_fits_its_state(void **state)
{
    struct rig *rig = *state;
    is_submitted(rig);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "says SENT under OR.QUEUED.VOD");
}

static void a_session_and_its_state_have_names(void **state)
{
    struct rig *rig = *state;
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=SYNCHRONISING|");
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=READY|58=TEST_REQUEST by you|");
    assert_good(rig);
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=SLEEPY|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "ALPHA is SLEEPY: there is no such thing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_filled_order_is_good),
        RIG_TEST(orders_that_wait_rest_or_were_refused_are_good),
        RIG_TEST(an_acknowledged_order_that_nobody_knows_is_lost),
        RIG_TEST(an_order_that_is_sent_for_good_and_in_no_book_is_lost),
        RIG_TEST(numbers_that_began_anew_excuse_an_order_in_doubt),
        RIG_TEST(numbers_that_began_anew_before_the_order_excuse_nothing),
        RIG_TEST(numbers_of_another_broker_excuse_nothing),
        RIG_TEST(a_withheld_report_excuses_a_bus_that_is_behind),
        RIG_TEST(a_withheld_report_excuses_no_bus_that_is_ahead),
        RIG_TEST(an_order_with_two_ends_is_seen),
        RIG_TEST(a_silent_broker_leaves_its_order_sent),
        RIG_TEST(a_silent_broker_leaves_no_order_in_doubt),
        RIG_TEST(what_a_broker_said_reaches_the_bus),
        RIG_TEST(a_report_refused_for_its_time_is_lost_to_the_gateway),
        RIG_TEST(a_cancel_that_was_taken_has_an_outcome),
        RIG_TEST(a_cancel_that_the_broker_refused_has_an_outcome),
        RIG_TEST(an_attempt_that_is_taken_twice_is_doubled),
        RIG_TEST(an_order_in_two_books_is_doubled),
        RIG_TEST(an_order_that_a_broker_rejected_may_go_to_another),
        RIG_TEST(an_order_that_executed_goes_to_another_with_what_is_left),
        RIG_TEST(more_than_was_ordered_is_doubled),
        RIG_TEST(what_is_executed_after_its_end_is_doubled),
        RIG_TEST(an_order_that_nobody_submitted_is_seen),
        RIG_TEST(an_order_that_ended_here_is_taken_by_no_broker),
        RIG_TEST(an_order_that_a_broker_has_is_not_queued_again),
        RIG_TEST(an_attempt_is_of_one_order),
        RIG_TEST(an_order_goes_only_where_it_may),
        RIG_TEST(what_has_ended_stays_so),
        RIG_TEST(a_bust_opens_a_filled_order_again),
        RIG_TEST(an_order_is_full_exactly_when_it_is_called_filled),
        RIG_TEST(no_order_is_acknowledged_before_its_broker_said_so),
        RIG_TEST(an_order_status_fits_its_state),
        RIG_TEST(a_pending_change_was_asked_for_and_has_no_outcome),
        RIG_TEST(a_topic_fits_its_state),
        RIG_TEST(a_session_and_its_state_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
