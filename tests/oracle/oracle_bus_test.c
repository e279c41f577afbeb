/* The oracle on the bus: no hole, nothing twice, and figures that follow from the executions. */
#include "tests/oracle/oracle_rig.h"

#define ONE BROKER_ONE

static void publish(struct rig *rig, uint64_t bus_seq, const char *text)
{
    struct rig_bytes bytes;
    oracle_published(rig->oracle, bus_seq, span_text("AL.info"), rig_soh(text, &bytes));
}

static void deliver(struct rig *rig, uint64_t bus_seq, const char *text)
{
    struct rig_bytes bytes;
    oracle_event(rig->oracle, bus_seq, span_text("AL.info"), rig_soh(text, &bytes));
}

#define ALERT "35=U3|58=x|"

/* --- The stream ------------------------------------------------------------------------------ */

static void a_stream_without_a_hole_is_good(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    publish(rig, 1, ALERT);
    deliver(rig, 1, ALERT);
    publish(rig, 2, ALERT);
    deliver(rig, 2, ALERT);
    judge_good(rig);
    assert_int_equal(oracle_counts(rig->oracle).events, 2);
}

static void a_number_left_out_by_the_subscriber_is_a_hole(void **state)
{
    struct rig *rig = *state;
    deliver(rig, 1, ALERT);
    deliver(rig, 3, ALERT);
    assert_violates(rig, ORACLE_BUS_COMPLETE, "the bus goes from 1 to 3");
}

static void a_number_delivered_twice_is_seen(void **state)
{
    struct rig *rig = *state;
    deliver(rig, 1, ALERT);
    deliver(rig, 1, ALERT);
    assert_violates(rig, ORACLE_BUS_COMPLETE, "the bus goes from 1 to 1");
}

static void one_life_of_the_gateway_publishes_without_a_hole(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    publish(rig, 1, ALERT);
    publish(rig, 3, ALERT);
    assert_violates(rig, ORACLE_BUS_COMPLETE, "3 was published right after 1");
}

static void a_new_life_may_leave_out_what_was_only_committed(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    publish(rig, 1, ALERT);
    oracle_gateway_started(rig->oracle);
    publish(rig, 3, ALERT);
    deliver(rig, 1, ALERT);
    deliver(rig, 2, ALERT);
    deliver(rig, 3, ALERT);
    judge_good(rig);
}

static void nothing_is_published_twice(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    publish(rig, 1, ALERT);
    publish(rig, 2, ALERT);
    oracle_gateway_started(rig->oracle);
    publish(rig, 2, ALERT);
    assert_violates(rig, ORACLE_BUS_COMPLETE, "BusSeq 2 was published twice");
}

static void a_number_means_the_same_on_the_bus_and_in_replay(void **state)
{
    struct rig *rig = *state;
    publish(rig, 1, ALERT);
    deliver(rig, 1, "35=U3|58=y|");
    assert_violates(rig, ORACLE_BUS_COMPLETE, "BusSeq 1 had other bytes");
}

static void a_hash_stands_for_what_was_published(void **state)
{
    struct rig *rig = *state;
    struct rig_bytes bytes;
    oracle_published_hash(rig->oracle, 1, oracle_hash(rig_soh(ALERT, &bytes)));
    deliver(rig, 1, ALERT);
    assert_good(rig);
    oracle_published_hash(rig->oracle, 2, 7);
    deliver(rig, 2, ALERT);
    assert_violates(rig, ORACLE_BUS_COMPLETE, "BusSeq 2 had other bytes");
}

static void what_is_published_is_delivered_in_the_end(void **state)
{
    struct rig *rig = *state;
    publish(rig, 1, ALERT);
    judge_violates(rig, ORACLE_BUS_COMPLETE, "nothing above 0 was delivered");
}

static void an_event_calls_itself_by_its_number(void **state)
{
    struct rig *rig = *state;
    deliver(rig, 1, ALERT "10006=2|");
    assert_violates(rig, ORACLE_BUS_COMPLETE, "calls itself 10006=2");
}

/* --- Executions ----------------------------------------------------------------------------- */

static void an_execution_that_never_reached_the_bus_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    executes(rig);
    oracle_judge(rig->oracle);
    assert_int_equal(rig->violations, 2); /* And the order is not what its book says. */
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "is PARTIAL at ALPHA");
}

static void an_execution_that_no_book_made_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E2", "B2", "F", "1", "32=60|31=10|" STANDS("PARTIAL", "60", "40", "10")));
    assert_violates(rig, ORACLE_BUS_COMPLETE, "execution ALPHA/B2 of OMS/1 stands on the bus, but");
}

static void an_execution_told_twice_is_seen(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E3", "B2", "F", "1", "32=60|31=10|" STANDS("PARTIAL", "60", "40", "10")));
    assert_violates(rig, ORACLE_BUS_COMPLETE, "ALPHA reported as B2 (of OMS/1) stands on the bus");
}

static void an_exec_id_of_ours_is_given_once(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    executes(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E1", "B2", "F", "1", "32=60|31=10|" STANDS("PARTIAL", "60", "40", "10")));
    assert_violates(rig, ORACLE_BUS_COMPLETE, "ExecID(17) E1 stands on the bus twice: in 2 and 3");
}

static void a_broker_may_tell_a_status_again(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    event(rig, "ER.ALPHA.VOD", REPORT("E2", "0", "I", "0", FRESH("ACKED")));
    event(rig, "ER.ALPHA.VOD", REPORT("E3", "0", "I", "0", FRESH("ACKED")));
    judge_good(rig);
}

static void an_execution_has_the_figures_of_the_book(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    executes(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E2", "B2", "F", "1", "32=60|31=10.5|" STANDS("PARTIAL", "60", "40", "10.5")));
    assert_violates(rig, ORACLE_FIGURES, "is 60 at 10.5 on the bus, 60 at 10 in the book");
}

static void a_bust_that_its_broker_did_not_make_is_seen(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    event(rig, "ER.ALPHA.VOD", REPORT("E3", "B3", "H", "0", "19=E2|" FRESH("ACKED")));
    assert_violates(rig, ORACLE_BUS_COMPLETE, "takes execution ALPHA/B2 of OMS/1 back");
}

static void a_bust_of_what_was_never_told_is_seen(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E3", "B3", "H", "1", "19=E9|" STANDS("PARTIAL", "60", "40", "10")));
    assert_violates(rig, ORACLE_BUS_COMPLETE, "takes back ExecID E9 of OMS/1");
}

static void a_bust_that_never_reached_the_bus_is_seen(void **state)
{
    struct rig *rig = *state;
    is_filled(rig);
    oracle_book_busted(rig->oracle, ALPHA, "B2");
    oracle_judge(rig->oracle);
    assert_int_equal(rig->violations, 2);
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "is PARTIAL at ALPHA");
}

static void a_correction_that_never_reached_the_bus_is_seen(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    oracle_book_corrected(rig->oracle, ALPHA, "B2", 60 * ONE, 11 * ONE);
    judge_violates(rig, ORACLE_FIGURES, "60 at 11 in the book after 1 busts and corrections");
}

static void a_correction_and_then_its_bust_are_good(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    oracle_book_corrected(rig->oracle, ALPHA, "B2", 30 * ONE, 11 * ONE);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E3", "B3", "G", "1", "19=E2|32=30|31=11|" STANDS("PARTIAL", "30", "70", "11")));
    assert_good(rig);
    oracle_book_busted(rig->oracle, ALPHA, "B2");
    event(rig, "ER.ALPHA.VOD", REPORT("E4", "B4", "H", "0", "19=E3|" FRESH("ACKED")));
    judge_good(rig);
}

/* --- Figures -------------------------------------------------------------------------------- */

static void assert_wrong_figures(struct rig *rig, const char *stands)
{
    char report[RIG_MESSAGE_BYTES_MAX];
    is_acknowledged(rig);
    executes(rig);
    (void)snprintf(report, sizeof report, "%s%s", REPORT("E2", "B2", "F", "1", "32=60|31=10|"),
                   stands);
    event(rig, "ER.ALPHA.VOD", report);
    assert_violates(rig, ORACLE_FIGURES,
                    "right is PARTIAL, 60 of 100 at limit 10, leaves 40, "
                    "AvgPx 10");
}

static void cum_qty_is_the_sum_of_the_executions(void **state)
{
    assert_wrong_figures(*state, STANDS("PARTIAL", "61", "40", "10"));
}

static void leaves_qty_is_what_is_left(void **state)
{
    assert_wrong_figures(*state, STANDS("PARTIAL", "60", "41", "10"));
}

static void avg_px_is_exact(void **state)
{
    assert_wrong_figures(*state, STANDS("PARTIAL", "60", "40", "10.00000001"));
}

static void order_qty_is_what_was_asked_for(void **state)
{
    assert_wrong_figures(*state, "55=VOD|54=1|38=101|44=10|14=60|151=40|6=10|10005=PARTIAL|");
}

static void price_is_what_was_asked_for(void **state)
{
    assert_wrong_figures(*state, "55=VOD|54=1|38=100|44=11|14=60|151=40|6=10|10005=PARTIAL|");
}

static void an_accepted_replace_changes_the_terms(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    request(rig, REPLACE("R", "1", "80"));
    answer(rig, "35=8|37=O1|11=R|41=1|17=0|150=E|39=E|" STANDS("PARTIAL", "60", "40", "10"));
    oracle_book_replaced(rig->oracle, ALPHA, "X1", "X2", 80 * ONE, 10 * ONE);
    event(rig, "ER.ALPHA.VOD",
          "35=8|37=O1|11=R|41=1|17=E3|527=B3|150=5|39=1|" AT_ALPHA
          "38=80|44=10|55=VOD|54=1|14=60|151=20|6=10|10005=PARTIAL|");
    judge_good(rig);
    oracle_book_executed(rig->oracle, ALPHA, "X2", "B4", 20 * ONE, 10 * ONE);
    event(rig, "ER.ALPHA.VOD",
          "35=8|37=O1|11=R|17=E4|527=B4|150=F|39=2|32=20|31=10|" AT_ALPHA
          "38=80|44=10|55=VOD|54=1|14=80|151=0|6=10|10005=FILLED|");
    judge_good(rig);
}

static void a_replace_that_the_bus_was_not_told_of_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, REPLACE("R", "1", "80"));
    oracle_book_replaced(rig->oracle, ALPHA, "X1", "X2", 80 * ONE, 10 * ONE);
    judge_violates(rig, ORACLE_FIGURES, "OMS/1 is for 80 at 10 at ALPHA, but for 100 at 10");
}

static void a_replace_that_nobody_asked_for_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    event(rig, "ER.ALPHA.VOD", REPORT("E2", "B2", "5", "0", "41=1|" FRESH("ACKED")));
    assert_violates(rig, ORACLE_LEGAL_MOVES, "which is no replace of it");
}

static void terms_that_nobody_asked_for_are_seen(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 90 * ONE, 10 * ONE);
    assert_violates(rig, ORACLE_FIGURES, "for 90 at 10, which nobody asked for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_stream_without_a_hole_is_good),
        RIG_TEST(a_number_left_out_by_the_subscriber_is_a_hole),
        RIG_TEST(a_number_delivered_twice_is_seen),
        RIG_TEST(one_life_of_the_gateway_publishes_without_a_hole),
        RIG_TEST(a_new_life_may_leave_out_what_was_only_committed),
        RIG_TEST(nothing_is_published_twice),
        RIG_TEST(a_number_means_the_same_on_the_bus_and_in_replay),
        RIG_TEST(a_hash_stands_for_what_was_published),
        RIG_TEST(what_is_published_is_delivered_in_the_end),
        RIG_TEST(an_event_calls_itself_by_its_number),
        RIG_TEST(an_execution_that_never_reached_the_bus_is_seen),
        RIG_TEST(an_execution_that_no_book_made_is_seen),
        RIG_TEST(an_execution_told_twice_is_seen),
        RIG_TEST(an_exec_id_of_ours_is_given_once),
        RIG_TEST(a_broker_may_tell_a_status_again),
        RIG_TEST(an_execution_has_the_figures_of_the_book),
        RIG_TEST(a_bust_that_its_broker_did_not_make_is_seen),
        RIG_TEST(a_bust_of_what_was_never_told_is_seen),
        RIG_TEST(a_bust_that_never_reached_the_bus_is_seen),
        RIG_TEST(a_correction_that_never_reached_the_bus_is_seen),
        RIG_TEST(a_correction_and_then_its_bust_are_good),
        RIG_TEST(cum_qty_is_the_sum_of_the_executions),
        RIG_TEST(leaves_qty_is_what_is_left),
        RIG_TEST(avg_px_is_exact),
        RIG_TEST(order_qty_is_what_was_asked_for),
        RIG_TEST(price_is_what_was_asked_for),
        RIG_TEST(an_accepted_replace_changes_the_terms),
        RIG_TEST(a_replace_that_the_bus_was_not_told_of_is_seen),
        RIG_TEST(a_replace_that_nobody_asked_for_is_seen),
        RIG_TEST(terms_that_nobody_asked_for_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
