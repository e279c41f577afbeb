/* Orders that are held (docs/failover.md): nothing is proven of them, the broker does not know
 * them, or it is away; and attempts that their orders have left. */
#include "tests/unit/doubt_fixture.h"

/* --- Nothing is proven --------------------------------------------------------------------- */

/* C1 without a word, C2 answered; then ALPHA asks for both again. */
static void lose_state(struct rig *rig)
{
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[0].manner = RIG_ACK;
    (void)rig_request(rig, ORDER("C2"));
    assert_string_equal("ACKED", state_of(rig, "C2"));
    rig->broker[0].manner = RIG_SILENT;
    rig_drop(rig, 0);
    rig->broker[0].session.seq_in_next -= 2;
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void a_broker_that_lost_its_state_proves_nothing_and_gets_nothing_new(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_state(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_int_equal(2, rig->broker[0].orders);
    assert_non_null(rig_event(rig, "AL.critical", "it has lost its state"));
    (void)rig_request(rig, ORDER("C3"));
    assert_string_equal("QUEUED", state_of(rig, "C3"));
    assert_string_equal("H", rig->broker[0].last_msg_type);

    say_status(rig, UNKNOWN);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    rig->broker[1].listening = true;
    rig_pass(rig, 5000);
    assert_string_equal("FILLED", state_of(rig, "C3"));
    assert_int_equal(1, rig->broker[1].orders);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    say_status(rig, KNOWN);
    assert_string_equal("ACKED", state_of(rig, "C1"));
}

static void the_word_of_its_desk_counts_where_numbers_do_not(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_state(rig);
    (void)rig_ask(rig, "ann", "doubt.settle", "order=C1|client=OMS|outcome=received");
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    come_back(rig);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_int_equal(2, rig->broker[0].orders);
}

/* It was a dead letter once, given to people as if the broker had never had it. */
static void an_old_order_among_answered_ones_is_unproven_too(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].stale_order_ns = 2 * SECOND_NS;
    rig_start(rig);
    lose_state(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
}

static void what_is_unproven_stays_so_over_a_crash(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_state(rig);
    rig_crash(rig);
    rig->broker[1].listening = true;
    rig_start(rig);
    rig_pass(rig, 5000);
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_int_equal(0, rig->broker[1].orders);
}

static void a_broker_may_be_as_far_behind_as_agreed(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].numbers_behind_max = 1;
    rig_start(rig);
    rig->broker[0].manner = RIG_ACK;
    (void)rig_request(rig, ORDER("C1"));
    lose_order(rig, ORDER("C2"));
    rig->broker[0].session.seq_in_next -= 1; /* It answered C1, and died before it counted it. */
    come_back(rig);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_string_equal("ACKED", state_of(rig, "C2"));
    assert_int_equal(2, rig->broker[0].orders);
}

static void numbers_that_begin_anew_prove_nothing(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    rig->sessions[0].fix.reset_on_logon = true;
    rig->broker[1].listening = true;
    come_back(rig);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_int_equal(0, rig->broker[1].orders);
    assert_non_null(rig_event(rig, "AL.critical", "its numbers were reset"));
}

/* As many orders as at the reset before: it is another matter all the same. */
static void each_reset_with_new_orders_without_a_word_is_told_of(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logon = true;
    rig_start(rig);
    leave_unanswered(rig, ORDER("C1"));
    come_back(rig);
    size_t told = rig_event_count(rig, "its numbers were reset");
    assert_true(told > 0);
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    assert_int_equal(told, rig_event_count(rig, "its numbers were reset"));
    say_status(rig, KNOWN);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    (void)rig_ask(rig, "ann", "broker.thaw", "broker=ALPHA|reason=books compared");
    (void)rig_ask(rig, "bob", "approvals.approve", "number=1");
    leave_unanswered(rig, ORDER("C2"));
    come_back(rig);
    assert_stands(rig, "C2", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    assert_true(rig_event_count(rig, "its numbers were reset") > told);
}

/* --- "Unknown order", and who does not answer ------------------------------------------------ */

static void refuse_question(struct rig *rig, const char *msg_type, const char *fields)
{
    char body[256];
    (void)snprintf(body, sizeof(body), "45=%u|372=H|%s",
                   (unsigned)rig->broker[0].session.seq_in_next - 1, fields);
    rig_broker_says(rig, 0, msg_type, body);
}

static void unknown_is_understood_in_three_dialects_and_proves_nothing(void **state)
{
    struct rig *rig = *state;
    for (int dialect = 0; dialect < 3; dialect++) {
        rig_start(rig);
        leave_unanswered(rig, ORDER("C1"));
        come_back(rig);
        assert_string_equal("H", rig->broker[0].last_msg_type);
        if (dialect == 0) {
            say_status(rig, UNKNOWN);
        } else if (dialect == 1) {
            char fields[128];
            (void)snprintf(fields, sizeof(fields), "379=%s|380=1|58=unknown|",
                           rig->broker[0].last_cl_ord_id);
            refuse_question(rig, "j", fields);
        } else {
            refuse_question(rig, "3", "371=11|373=5|58=unknown|");
        }
        assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNKNOWN);
        assert_non_null(rig_event(rig, "AL.warning", "does not know the order"));
        assert_null(rig_event(rig, "|150=8|", NULL));
        rig_renew(rig);
        rig->broker[1].listening = false;
        rig->sessions[0].order_status_request = true;
        rig->sessions[0].order_status_interval_ns = 30 * SECOND_NS;
    }
    rig_start(rig);
}

static void a_broker_that_takes_no_questions_is_asked_once(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    leave_unanswered(rig, ORDER("C1"));
    come_back(rig);
    refuse_question(rig, "j", "380=3|58=unsupported|");
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_non_null(rig_event(rig, "AL.warning", "takes no OrderStatusRequest"));
    rig_wait(rig, 120);
    assert_int_equal(1, order_of(rig, "C1").asked_count);
}

/* --- While the broker stays away ---------------------------------------------------------------
 */

static void doubt_beyond_its_deadline_is_told_of_once(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].in_doubt_deadline_ns = 60 * SECOND_NS;
    rig->broker_configs[0].in_doubt_policy = IN_DOUBT_OPERATOR;
    rig_start(rig);
    lose_order(rig, ORDER("C1"));
    rig_wait(rig, 55);
    assert_null(rig_event(rig, "AL.critical", NULL));
    rig_wait(rig, 10);
    assert_non_null(rig_event(rig, "AL.critical", "two persons may force it"));
    rig_crash(rig);
    rig_start(rig);
    rig_wait(rig, 120);
    assert_int_equal(1, rig_event_count(rig, "AL.critical"));
}

static void an_execution_on_the_drop_copy_shows_that_the_broker_has_it(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].in_doubt_policy = IN_DOUBT_DROPCOPY;
    rig->sessions[1].role = ROLE_DROPCOPY;
    rig->sessions[1].broker = 0;
    rig->broker[1].listening = true;
    rig_start(rig);
    leave_unanswered(rig, ORDER("C1"));
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_NONE);
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X1|11=%s|150=F|39=2|55=VOD|54=1|32=100|31=10|14=100|151=0|6=10|",
                   rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 1, "8", body);
    assert_stands(rig, "C1", ORDER_SENT, EVIDENCE_RECEIVED);
    assert_int_equal(0, order_of(rig, "C1").cum_quantity.units);
}

/* --- Attempts that the order has left ------------------------------------------------------------
 */

static void a_late_fill_of_a_dead_attempt_counts_once_and_is_told_of(void **state)
{
    struct rig *rig = *state;
    char body[256];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    char first[64];
    (void)snprintf(first, sizeof(first), "%s", rig->broker[0].last_cl_ord_id);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].session.seq_in_next -= 1; /* It says that it did not get it. */
    rig->broker[1].listening = true;
    rig_pass(rig, 3000);
    (void)rig_ask(rig, "ann", "broker.drain", "broker=ALPHA|reason=moved away from");
    come_back(rig);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(100 * DECIMAL_ONE, order_of(rig, "C1").cum_quantity.units);

    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X1|11=%s|150=F|39=1|55=VOD|54=1|32=30|31=10|14=30|151=70|6=10|",
                   first);
    rig_broker_says(rig, 0, "8", body);
    rig_broker_says(rig, 0, "8", body);
    assert_int_equal(130 * DECIMAL_ONE, order_of(rig, "C1").cum_quantity.units);
    assert_int_equal(1, rig_event_count(rig, "DOUBLE EXECUTION"));
    assert_string_equal("ALPHA", rig_value(rig_event(rig, "|150=F|", "|527=X1|"), "10003"));
    assert_string_equal("FILLED", state_of(rig, "C1"));
}

static void a_fill_taken_back_from_a_dead_attempt_leaves_the_rest_to_people(void **state)
{
    struct rig *rig = *state;
    char body[256];
    char first[64];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(first, sizeof(first), "%s", rig->broker[0].last_cl_ord_id);
    rig->broker[0].session.seq_in_next -= 1;
    rig_drop(rig, 0);
    (void)rig_ask(rig, "ann", "broker.drain", "broker=ALPHA|reason=moved away from");
    come_back(rig);
    assert_string_equal("QUEUED", state_of(rig, "C1"));
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X1|11=%s|150=F|39=1|55=VOD|54=1|32=30|31=10|14=30|151=70|6=10|",
                   first);
    rig_broker_says(rig, 0, "8", body);
    rig->broker[1].listening = true;
    rig_pass(rig, 5000);
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(70 * DECIMAL_ONE, order_of(rig, "C1").attempt_quantity.units);

    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X2|11=%s|150=H|39=0|19=X1|55=VOD|54=1|14=0|151=100|6=0|", first);
    rig_broker_says(rig, 0, "8", body);
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
    assert_int_equal(70 * DECIMAL_ONE, order_of(rig, "C1").cum_quantity.units);
}

/* Even one that makes no sense here: the broker has the order. */
static void any_report_on_it_takes_an_order_out_of_doubt(void **state)
{
    struct rig *rig = *state;
    char body[256];
    rig_start(rig);
    lose_state(rig);
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X2|11=%s|150=H|39=0|19=X1|55=VOD|54=1|14=0|151=100|6=0|",
                   rig->broker[0].last_cl_ord_id);
    assert_stands(rig, "C1", ORDER_IN_DOUBT, EVIDENCE_UNPROVEN);
    rig_broker_says(rig, 0, "8", body);
    assert_stands(rig, "C1", ORDER_ACKED, EVIDENCE_NONE);
    assert_int_equal(0, rig->engine->links[0].unacked_count);
}

static void a_late_end_of_a_dead_attempt_is_no_end_of_the_order(void **state)
{
    struct rig *rig = *state;
    char body[256];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[0].session.seq_in_next -= 1; /* It says that it did not get it. */
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    (void)rig_request(rig, "35=F|49=OMS|11=X1|41=C1|" ABOUT);
    (void)snprintf(body, sizeof(body), "37=O1|17=X1|11=%s|150=C|39=C|55=VOD|54=1|14=0|151=0|6=0|",
                   rig->broker[0].last_cl_ord_id);
    come_back(rig);
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    size_t events = rig->events.count;
    rig_broker_says(rig, 0, "8", body);
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    assert_int_equal(events, rig->events.count);
}

/* A replace leaves Account out: it is the order's all the same when it goes out. */
static void what_goes_out_is_what_came_in(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, "35=D|49=OMS|11=C1|1=ACC|" VOD);
    (void)rig_request(rig, "35=G|49=OMS|11=X1|41=C1|40=2|44=10.4|59=1|" ABOUT);
    come_back(rig);
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_int_equal(1, rig->broker[0].orders);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, doubt_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_broker_that_lost_its_state_proves_nothing_and_gets_nothing_new),
        RIG_TEST(the_word_of_its_desk_counts_where_numbers_do_not),
        RIG_TEST(an_old_order_among_answered_ones_is_unproven_too),
        RIG_TEST(what_is_unproven_stays_so_over_a_crash),
        RIG_TEST(a_broker_may_be_as_far_behind_as_agreed),
        RIG_TEST(numbers_that_begin_anew_prove_nothing),
        RIG_TEST(each_reset_with_new_orders_without_a_word_is_told_of),
        RIG_TEST(unknown_is_understood_in_three_dialects_and_proves_nothing),
        RIG_TEST(a_broker_that_takes_no_questions_is_asked_once),
        RIG_TEST(doubt_beyond_its_deadline_is_told_of_once),
        RIG_TEST(an_execution_on_the_drop_copy_shows_that_the_broker_has_it),
        RIG_TEST(a_late_fill_of_a_dead_attempt_counts_once_and_is_told_of),
        RIG_TEST(a_fill_taken_back_from_a_dead_attempt_leaves_the_rest_to_people),
        RIG_TEST(any_report_on_it_takes_an_order_out_of_doubt),
        RIG_TEST(a_late_end_of_a_dead_attempt_is_no_end_of_the_order),
        RIG_TEST(what_goes_out_is_what_came_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
