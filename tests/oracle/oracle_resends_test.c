/* The oracle on what goes over a line once more, on the queue's order, and on drop copies. */
#include "tests/oracle/oracle_rig.h"

#define AGAIN                  "43=Y|122=20260921-10:00:00|"
#define GAP(seq, next)         "35=4|34=" seq "|43=Y|122=z|52=z|123=Y|36=" next "|"
#define LOGON(seq)             "35=A|34=" seq "|52=z|"
#define HEARTBEAT(seq)         "35=0|34=" seq "|52=z|"
#define ASKED(seq, begin, end) "35=2|34=" seq "|7=" begin "|16=" end "|"

/* The order has number 2, a Heartbeat number 3. */
static void order_is_out(struct rig *rig)
{
    is_sent(rig);
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    received(rig, ALPHA, HEARTBEAT("3"));
    assert_good(rig);
}

static void a_resend_to_its_end_is_good(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    sent(rig, ALPHA, ASKED("2", "1", "0"));
    received(rig, ALPHA, GAP("1", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    received(rig, ALPHA, GAP("3", "4"));
    received(rig, ALPHA, HEARTBEAT("4"));
    sent(rig, ALPHA, ASKED("3", "2", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    received(rig, ALPHA, HEARTBEAT("5"));
    assert_good(rig);
}

static void a_resend_that_stops_before_its_end_is_seen(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    sent(rig, ALPHA, ASKED("2", "1", "0"));
    received(rig, ALPHA, GAP("1", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    received(rig, ALPHA, HEARTBEAT("4"));
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "ends with 2, which is not its end");
}

static void a_line_that_ends_ends_its_resend(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    sent(rig, ALPHA, ASKED("2", "1", "0"));
    received(rig, ALPHA, GAP("1", "2"));
    received(rig, ALPHA, LOGON("4"));
    received(rig, ALPHA, HEARTBEAT("5"));
    assert_good(rig);
}

static void what_the_broker_expects_comes_first(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    received(rig, ALPHA, "35=A|34=4|52=z|789=2|");
    sent(rig, ALPHA, "35=A|34=2|789=2|");
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    received(rig, ALPHA, GAP("3", "4"));
    received(rig, ALPHA, HEARTBEAT("5"));
    assert_good(rig);
    received(rig, ALPHA, "35=A|34=6|52=z|789=3|");
    sent(rig, ALPHA, "35=A|34=3|789=2|");
    received(rig, ALPHA, HEARTBEAT("7"));
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "expects 2, and first gets 35=0 under 7");
}

static void an_order_whose_time_has_ended_is_seen(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, ALPHA_ORDER("2", "126=20260921-10:00:00.000|"));
    assert_good(rig);
    sent(rig, ALPHA, ASKED("2", "2", "2"));
    received(rig, ALPHA,
             "8=FIX.4.4|9=99|35=D|34=2|49=FIXGATE|52=20260921-10:00:01|56=ALPHA|" AGAIN
             "126=20260921-10:00:00.000|11=X1|526=OMS/1|" TERMS "10=123|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "when its time has ended");
}

static void a_held_order_that_goes_out_again_is_seen(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    event(rig, "OR.DEAD_LETTER.VOD", ORDER_EVENT(FRESH("DEAD_LETTER") AT_ALPHA));
    sent(rig, ALPHA, ASKED("2", "2", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_violates(rig, ORACLE_NO_DOUBLE, "which is held for a person");
}

static void an_order_answered_after_it_was_asked_for_may_come_again(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    sent(rig, ALPHA, ASKED("2", "2", "2"));
    sent(rig, ALPHA, "35=8|34=3|11=X1|17=B1|150=0|39=0|");
    event(rig, "ER.ALPHA.VOD", REPORT("E1", "B1", "0", "0", FRESH("ACKED")));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN)); /* Asked for before. */
    assert_good(rig);
}

static void an_order_that_its_broker_answered_before_it_asked_is_seen(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    sent(rig, ALPHA, ASKED("3", "2", "2"));
    received(rig, ALPHA, ALPHA_ORDER("2", AGAIN));
    assert_violates(rig, ORACLE_NO_DOUBLE, "had answered it before it asked");
}

static void an_order_that_goes_before_one_that_waits_is_seen(void **state)
{
    struct rig *rig = *state;
    is_queued(rig);
    request(rig, NEW("2"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") "10003=ALPHA|10004=X2|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/2 goes out before OMS/1");
}

static void an_order_that_waits_goes_before_a_later_one(void **state)
{
    struct rig *rig = *state;
    is_queued(rig);
    request(rig, NEW("2"));
    event(rig, "OR.QUEUED.VOD", "35=U1|37=O2|11=2|" FRESH("QUEUED"));
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") "10003=ALPHA|10004=X2|");
    assert_good(rig);
}

static void an_order_is_in_doubt_while_its_session_is_down(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    oracle_session_was_down(rig->oracle, ALPHA, rig->bus_seq);
    oracle_session_was_down(rig->oracle, BETA, rig->bus_seq);
    assert_good(rig);
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    oracle_session_was_down(rig->oracle, ALPHA, rig->bus_seq);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "was never called in doubt while");
}

static void an_order_in_doubt_from_before_a_reset_stays_in_doubt(void **state)
{
    struct rig *rig = *state;
    order_is_out(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    received(rig, ALPHA, "35=A|34=1|52=z|141=Y|");
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    judge_violates(rig, ORACLE_LEGAL_MOVES, "nobody had its broker's word");
}

static void a_person_who_has_its_brokers_word_settles_it(void **state)
{
    struct rig *rig = *state;
    is_taken(rig);
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    received(rig, ALPHA, "35=A|34=1|52=z|141=Y|");
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    event(rig, "CO.doubt_settle",
          "35=U5|10032=doubt.settle|10033=order=OMS/1 outcome=received|10034=DONE|10030=jane|");
    judge_good(rig);
}

static void a_drop_copy_is_told_once_for_each_number(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    sent(rig, BETA, "35=8|34=2|17=B9|150=F|");
    sent(rig, BETA, "35=8|34=2|43=Y|17=B9|150=F|");
    sent(rig, BETA, "35=8|34=3|17=B9|150=F|");
    event(rig, "DC.BETA", "35=8|17=B9|150=F|10003=BETA|");
    event(rig, "DC.BETA", "35=8|17=B9|150=F|10003=BETA|");
    assert_good(rig);
    event(rig, "DC.BETA", "35=8|17=B9|150=F|10003=BETA|");
    assert_violates(rig, ORACLE_BUS_COMPLETE, "the drop copy B9 of BETA for the 3th time");
}

static void drop_copies_that_never_reach_the_bus_are_seen(void **state)
{
    struct rig *rig = *state;
    char text[64];
    for (int number = 2; number < 12; number++) {
        (void)snprintf(text, sizeof text, "35=8|34=%d|17=B%d|150=0|", number, number);
        sent(rig, BETA, text);
    }
    judge_violates(rig, ORACLE_BUS_COMPLETE, "none of 10 drop copies of");
}

/* Of none of its orders the broker ever heard; but it is asked for their status. */
static void answers_of_a_session_for_orders_are_no_drop_copies(void **state)
{
    struct rig *rig = *state;
    for (uint32_t session = ALPHA; session <= BETA; session++) {
        oracle_session_copies(rig->oracle, session, false);
    }
    char text[64];
    for (int number = 2; number < 12; number++) {
        (void)snprintf(text, sizeof text, "35=8|34=%d|17=B%d|150=0|", number, number);
        sent(rig, BETA, text);
    }
    judge_good(rig);
}

/* --- Lines ------------------------------------------------------------------------------------ */

static void a_session_that_proves_is_ready_after_its_answer(void **state)
{
    struct rig *rig = *state;
    oracle_session_proves(rig->oracle, ALPHA);
    received(rig, ALPHA, LOGON("1"));
    received(rig, ALPHA, "35=1|34=2|112=7|52=z|");
    sent(rig, ALPHA, "35=0|34=2|112=7|");
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=READY|");
    event(rig, "SE.B", "35=U2|10011=FIX.4.4:FIXGATE->BETA|10012=READY|");
    assert_good(rig);
    received(rig, ALPHA, LOGON("3"));
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=READY|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "has answered no TestRequest");
}

static void a_number_used_again_ends_the_line(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    sent(rig, ALPHA, "35=A|34=1|");
    sent(rig, ALPHA, "35=0|34=2|");
    sent(rig, ALPHA, "35=0|34=2|43=Y|");
    oracle_judge(rig->oracle);
    assert_good(rig);
    sent(rig, ALPHA, "35=0|34=2|");
    received(rig, ALPHA, LOGON("2"));
    oracle_judge(rig->oracle);
    assert_good(rig);
    sent(rig, ALPHA, "35=A|34=3|");
    sent(rig, ALPHA, "35=0|34=3|");
    judge_violates(rig, ORACLE_NUMBERS_AGREE, "used a number again");
}

static void a_reset_that_is_asked_for_is_not_refused_for_its_number(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("5"));
    sent(rig, ALPHA, "35=A|34=1|141=Y|");
    received(rig, ALPHA, "35=5|34=6|52=z|58=MsgSeqNum too low, expecting 4 but received 1|");
    assert_violates(rig, ORACLE_NUMBERS_AGREE, "is told that its number is too low");
}

static void a_reset_may_cross_the_refusal_of_a_number_used_again(void **state)
{
    struct rig *rig = *state;
    received(rig, ALPHA, LOGON("1"));
    sent(rig, ALPHA, "35=A|34=1|");
    sent(rig, ALPHA, "35=0|34=1|");
    sent(rig, ALPHA, "35=A|34=1|141=Y|");
    received(rig, ALPHA, "35=5|34=2|52=z|58=MsgSeqNum too low, expecting 2 but received 1|");
    assert_good(rig);
}

static void a_change_names_the_latest_request_of_its_order(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    request(rig, REPLACE("2", "1", "50"));
    request(rig, CANCEL("3", "1"));
    oracle_book_replaced(rig->oracle, ALPHA, "X1", "X2", 50 * BROKER_ONE, 10 * BROKER_ONE);
    event(rig, "ER.ALPHA.VOD",
          "35=8|37=O1|11=2|41=1|17=E2|527=B2|150=5|39=0|" AT_ALPHA
          "55=VOD|54=1|38=50|44=10|14=0|151=50|6=0|10005=ACKED|");
    assert_good(rig);
    oracle_book_ended(rig->oracle, ALPHA, "X2", ORACLE_CANCELLED);
    event(rig, "ER.ALPHA.VOD",
          "35=8|37=O1|11=3|41=2|17=E3|527=B3|150=4|39=4|" AT_ALPHA
          "55=VOD|54=1|38=50|44=10|14=0|151=0|6=0|10005=CANCELLED|");
    assert_violates(rig, ORACLE_LEGAL_MOVES, "does not name OMS/2, its latest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_resend_to_its_end_is_good),
        RIG_TEST(a_resend_that_stops_before_its_end_is_seen),
        RIG_TEST(a_line_that_ends_ends_its_resend),
        RIG_TEST(what_the_broker_expects_comes_first),
        RIG_TEST(an_order_whose_time_has_ended_is_seen),
        RIG_TEST(a_held_order_that_goes_out_again_is_seen),
        RIG_TEST(an_order_answered_after_it_was_asked_for_may_come_again),
        RIG_TEST(an_order_that_its_broker_answered_before_it_asked_is_seen),
        RIG_TEST(an_order_that_goes_before_one_that_waits_is_seen),
        RIG_TEST(an_order_that_waits_goes_before_a_later_one),
        RIG_TEST(an_order_is_in_doubt_while_its_session_is_down),
        RIG_TEST(an_order_in_doubt_from_before_a_reset_stays_in_doubt),
        RIG_TEST(a_person_who_has_its_brokers_word_settles_it),
        RIG_TEST(a_drop_copy_is_told_once_for_each_number),
        RIG_TEST(drop_copies_that_never_reach_the_bus_are_seen),
        RIG_TEST(answers_of_a_session_for_orders_are_no_drop_copies),
        RIG_TEST(a_session_that_proves_is_ready_after_its_answer),
        RIG_TEST(a_number_used_again_ends_the_line),
        RIG_TEST(a_reset_that_is_asked_for_is_not_refused_for_its_number),
        RIG_TEST(a_reset_may_cross_the_refusal_of_a_number_used_again),
        RIG_TEST(a_change_names_the_latest_request_of_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
