/* Words of brokers that mislead: what they seem to say would lose an order, or double it. */
#include "tests/unit/doubt_fixture.h"

/* ALPHA reports on the attempt of that name. */
static void says(struct rig *rig, const char *id, const char *exec_id, const char *fields)
{
    char body[512];
    (void)snprintf(body, sizeof(body), "37=O1|17=%s|11=%s|55=VOD|54=1|6=0|%s", exec_id, id, fields);
    rig_broker_says(rig, 0, "8", body);
}

/* C1 is at ALPHA, which says nothing of it. The name of its attempt. */
static const char *sent(struct rig *rig)
{
    static char attempt[64];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[0].last_cl_ord_id);
    assert_string_equal("SENT", state_of(rig, "C1"));
    return attempt;
}

static const char *acknowledged(struct rig *rig)
{
    const char *attempt = sent(rig);
    says(rig, attempt, "N1", "150=0|39=0|14=0|151=100|");
    assert_string_equal("ACKED", state_of(rig, "C1"));
    return attempt;
}

/* Numbers of both sides begin anew while they are apart. */
static void begin_anew(struct rig *rig)
{
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    (void)rig_command(rig, 0, SESSION_COMMAND_RESET, true);
    effects_reset(&rig->effects);
    session_reset(&rig->broker[0].session, rig->now_ns, &rig->effects);
    rig->broker[0].last_msg_type[0] = '\0';
    come_back(rig);
}

/* --- Which report it is ---------------------------------------------------------------------- */

static void reports_that_share_an_exec_id_are_told_apart_by_what_they_say(void **state)
{
    struct rig *rig = *state;
    const char *attempt = sent(rig);
    says(rig, attempt, "0", "150=A|39=A|14=0|151=100|");
    says(rig, attempt, "0", "150=0|39=0|14=0|151=100|");
    says(rig, attempt, "X1", "150=F|39=1|32=40|31=10|14=40|151=60|");
    says(rig, attempt, "0", "150=4|39=4|14=40|151=0|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    size_t events = rig->events.count;
    says(rig, attempt, "0", "150=4|39=4|14=40|151=0|");
    assert_int_equal(events, rig->events.count);
}

static void a_bust_under_the_name_of_its_fill_takes_it_back_once(void **state)
{
    struct rig *rig = *state;
    const char *attempt = sent(rig);
    says(rig, attempt, "X1", "150=F|39=1|32=40|31=10|14=40|151=60|");
    says(rig, attempt, "X1", "150=H|39=0|19=X1|14=0|151=100|");
    says(rig, attempt, "X1", "150=H|39=0|19=X1|14=0|151=100|");
    assert_int_equal(0, order_of(rig, "C1").cum_quantity.units);
    says(rig, attempt, "X2", "150=F|39=1|32=30|31=10|14=30|151=70|");
    says(rig, attempt, "X2", "150=G|39=1|19=X2|32=20|31=10|14=20|151=80|");
    says(rig, attempt, "X3", "150=G|39=1|19=X2|32=10|31=10|14=10|151=90|");
    assert_int_equal(10 * DECIMAL_ONE, order_of(rig, "C1").cum_quantity.units);
}

static void two_fills_of_one_name_are_told_of(void **state)
{
    struct rig *rig = *state;
    const char *attempt = sent(rig);
    says(rig, attempt, "0", "150=F|39=1|32=40|31=10|14=40|151=60|");
    says(rig, attempt, "0", "150=F|39=1|32=40|31=10|14=40|151=60|");
    assert_null(rig_event(rig, "AL.", "told again"));
    says(rig, attempt, "0", "150=F|39=1|32=40|31=10|14=80|151=20|");
    assert_int_equal(40 * DECIMAL_ONE, order_of(rig, "C1").cum_quantity.units);
    assert_non_null(rig_event(rig, "AL.warning", "two fills of one name?"));
}

static void an_end_with_more_executed_than_we_know_is_an_alarm(void **state)
{
    struct rig *rig = *state;
    says(rig, acknowledged(rig), "X1", "150=4|39=4|14=40|151=0|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "AL.critical", "CumQty(14) is above the sum"));
}

/* --- Rejects that are none ---------------------------------------------------------------------
 */

static void unknown_in_the_dress_of_a_reject_proves_nothing(void **state)
{
    struct rig *rig = *state;
    const char *attempt = sent(rig);
    leave_unanswered(rig, ORDER("C2"));
    come_back(rig);
    says(rig, attempt, "0", "150=8|39=8|103=5|14=0|151=0|");
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNKNOWN);
    assert_null(rig_event(rig, "|150=8|", NULL));
    says(rig, attempt, "N1", "150=0|39=0|14=0|151=100|");
    says(rig, attempt, "0", "150=8|39=8|103=5|14=0|151=0|");
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "AL.warning", "of which it has spoken before"));
}

static void a_reject_of_the_second_copy_is_none_of_the_order(void **state)
{
    struct rig *rig = *state;
    says(rig, acknowledged(rig), "X1", "150=8|39=8|103=6|14=0|151=0|");
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "AL.critical", "second copy"));
    leave_unanswered(rig, ORDER("C2"));
    come_back(rig);
    says(rig, rig->broker[0].last_cl_ord_id, "X2", "150=8|39=8|103=6|14=0|151=0|");
    assert_stands(rig, "C2", ORDER_SENT, EVIDENCE_RECEIVED);
    /* One that went out once is rejected for the broker's own reasons. */
    (void)rig_request(rig, ORDER("C3"));
    says(rig, rig->broker[0].last_cl_ord_id, "X3", "150=8|39=8|103=6|14=0|151=0|");
    assert_string_equal("REJECTED", state_of(rig, "C3"));
}

static void a_reject_of_the_gap_fill_is_none_of_the_order(void **state)
{
    struct rig *rig = *state;
    char body[128];
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    rig->broker[0].keeps_echoes = true;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    (void)snprintf(body, sizeof(body), "45=%u|372=4|373=99|58=no gap fills here|",
                   (unsigned)order_of(rig, "C1").attempt_seq);
    rig_broker_says(rig, 0, "3", body);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
}

/* --- What it asks for ----------------------------------------------------------------------------
 */

static void asks_for(struct rig *rig, uint64_t begin, uint64_t end)
{
    char body[64];
    (void)snprintf(body, sizeof(body), "7=%u|16=%u|", (unsigned)begin, (unsigned)end);
    rig_broker_says(rig, 0, "2", body);
}

static void a_broker_that_asks_for_what_its_logon_said_it_has_proves_nothing(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].config.next_expected_seq_num = true;
    (void)sent(rig);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].keeps_echoes = true;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_SYNCHRONISING, rig->engine->links[0].session.state);
    rig->broker[0].keeps_echoes = false;
    asks_for(rig, order_of(rig, "C1").attempt_seq, 0);
    rig_pass(rig, 60000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_int_equal(1, rig->broker[0].orders);
}

/* It keeps C2, which came behind the gap, and asks piece by piece. */
static void the_next_piece_of_a_gap_begins_with_what_may_be_there(void **state)
{
    struct rig *rig = *state;
    (void)sent(rig);
    (void)rig_request(rig, ORDER("C2"));
    uint64_t seq = order_of(rig, "C1").attempt_seq;
    rig->broker[0].keeps_echoes = true; /* It answers nothing from behind the gap. */
    asks_for(rig, seq, seq);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NOT_RECEIVED);
    asks_for(rig, seq + 1, 0);
    rig->broker[0].keeps_echoes = false;
    rig_pass(rig, 40000);
    assert_int_equal(2, order_of(rig, "C1").attempts);
    assert_int_equal(1, order_of(rig, "C2").attempts);
    assert_stands(rig, "C2", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_int_equal(3, rig->broker[0].orders);
}

/* Its price may be of an hour ago. */
static void a_replace_that_a_broker_missed_is_refused_and_not_sent_again(void **state)
{
    struct rig *rig = *state;
    (void)acknowledged(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, "35=G|49=OMS|11=X1|41=C1|" VOD);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    rig->broker[0].last_msg_type[0] = '\0';
    come_back(rig);
    assert_string_equal("", rig->broker[0].last_msg_type);
    assert_string_equal("X1", rig_value(rig_event(rig, "|35=9|", "ask again"), "11"));
    (void)rig_request(rig, "35=G|49=OMS|11=X2|41=C1|" VOD);
    assert_string_equal("G", rig->broker[0].last_msg_type);
}

/* --- Numbers that jump, or begin anew
 * ---------------------------------------------------------------- */

static void what_a_broker_jumped_over_may_have_been_its_word(void **state)
{
    struct rig *rig = *state;
    char body[64];
    (void)sent(rig);
    uint64_t seq = rig->broker[0].session.seq_out_next + 5;
    (void)snprintf(body, sizeof(body), "36=%u|123=N|", (unsigned)seq);
    rig_broker_says(rig, 0, "4", body);
    rig->broker[0].session.seq_out_next = seq;
    rig_pass(rig, 100);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_non_null(rig_event(rig, "AL.warning", "jumped over messages"));
    rig->broker[0].session.seq_in_next = order_of(rig, "C1").attempt_seq;
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_int_equal(1, rig->broker[0].orders);
}

static void what_is_open_when_numbers_begin_anew_is_asked_for_once(void **state)
{
    struct rig *rig = *state;
    (void)acknowledged(rig);
    begin_anew(rig);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    assert_non_null(rig_event(rig, "AL.warning", "orders open there"));
    say_status(rig, "39=1|14=40|151=60|");
    assert_non_null(rig_event(rig, "AL.critical", "more executed than we were told of"));
    rig->broker[0].last_msg_type[0] = '\0';
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_string_equal("", rig->broker[0].last_msg_type);
    assert_int_equal(1, rig_event_count(rig, "orders open there"));
}

static void a_cancel_that_was_on_its_way_when_numbers_began_anew_goes_again(void **state)
{
    struct rig *rig = *state;
    (void)acknowledged(rig);
    (void)rig_request(rig, "35=F|49=OMS|11=X1|41=C1|" ABOUT);
    begin_anew(rig);
    assert_string_equal("F", rig->broker[0].last_msg_type);
    says(rig, rig->broker[0].last_cl_ord_id, "X1", "150=4|39=4|14=0|151=0|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    assert_string_equal("X1", rig_value(rig_event(rig, "|150=4|", NULL), "11"));
}

static void a_replace_that_was_on_its_way_when_numbers_began_anew_is_refused(void **state)
{
    struct rig *rig = *state;
    (void)acknowledged(rig);
    (void)rig_request(rig, "35=G|49=OMS|11=X1|41=C1|" VOD);
    char replace[64];
    (void)snprintf(replace, sizeof(replace), "%s", rig->broker[0].last_cl_ord_id);
    begin_anew(rig);
    assert_non_null(rig_event(rig, "|35=9|", "ask for the status"));
    /* It had it all the same. */
    says(rig, replace, "X1", "150=5|39=0|14=0|151=100|");
    assert_string_equal("X1", rig_value(rig_event(rig, "|150=5|", NULL), "11"));
    (void)rig_request(rig, "35=F|49=OMS|11=X2|41=X1|" ABOUT);
    assert_string_equal("F", rig->broker[0].last_msg_type);
}

/* --- Other traps
 * ------------------------------------------------------------------------------------- */

static void a_clock_that_was_set_back_keeps_nobody_from_asking(void **state)
{
    struct rig *rig = *state;
    (void)sent(rig);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    come_back(rig);
    assert_string_equal("H", rig->broker[0].last_msg_type);
    rig_crash(rig);
    rig->now_ns -= 3600 * SECOND_NS;
    rig->broker[0].last_msg_type[0] = '\0';
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_string_equal("H", rig->broker[0].last_msg_type);
}

/* That it has the order is a fact, whatever the policy: no two persons force it away then. */
static void a_drop_copy_counts_under_any_policy(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].in_doubt_policy = IN_DOUBT_OPERATOR;
    rig->sessions[1].role = ROLE_DROPCOPY;
    rig->sessions[1].broker = 0;
    rig->broker[1].listening = true;
    const char *attempt = sent(rig);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_settle(rig);
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X1|11=%s|150=F|39=2|55=VOD|54=1|32=100|31=10|14=100|151=0|6=10|",
                   attempt);
    rig_broker_says(rig, 1, "8", body);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_RECEIVED);
    const struct rig_answer *answer =
        rig_ask(rig, "jane", "doubt.reroute", "order=OMS/C1|reason=clients wait");
    assert_int_equal(COMMAND_REFUSED, answer->result);
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, doubt_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(reports_that_share_an_exec_id_are_told_apart_by_what_they_say),
        RIG_TEST(a_bust_under_the_name_of_its_fill_takes_it_back_once),
        RIG_TEST(two_fills_of_one_name_are_told_of),
        RIG_TEST(an_end_with_more_executed_than_we_know_is_an_alarm),
        RIG_TEST(unknown_in_the_dress_of_a_reject_proves_nothing),
        RIG_TEST(a_reject_of_the_second_copy_is_none_of_the_order),
        RIG_TEST(a_reject_of_the_gap_fill_is_none_of_the_order),
        RIG_TEST(a_broker_that_asks_for_what_its_logon_said_it_has_proves_nothing),
        RIG_TEST(the_next_piece_of_a_gap_begins_with_what_may_be_there),
        RIG_TEST(a_replace_that_a_broker_missed_is_refused_and_not_sent_again),
        RIG_TEST(what_a_broker_jumped_over_may_have_been_its_word),
        RIG_TEST(what_is_open_when_numbers_begin_anew_is_asked_for_once),
        RIG_TEST(a_cancel_that_was_on_its_way_when_numbers_began_anew_goes_again),
        RIG_TEST(a_replace_that_was_on_its_way_when_numbers_began_anew_is_refused),
        RIG_TEST(a_clock_that_was_set_back_keeps_nobody_from_asking),
        RIG_TEST(a_drop_copy_counts_under_any_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
