/* The oracle on failovers: their steps, their persons, and where orders go meanwhile. */
#include "tests/oracle/oracle_rig.h"

#define ROUTING(broker, admin) "35=U4|10003=" broker "|10020=CLOSED|10022=" admin "|10023=N|"
#define SAID(command, arguments, operators)                                                        \
    "35=U5|10032=" command "|10033=" arguments "|10034=DONE|" operators
#define JANE_AND_JOE "10030=joe|10031=jane|"
#define JANE         "10030=jane|"
#define AT_BETA      "10003=BETA|10004=Y1|"

/* At that second, the procedure from ALPHA to BETA says that. */
static void step_at(struct rig *rig, unsigned number, const char *words, unsigned second)
{
    char text[200];
    (void)snprintf(text, sizeof(text),
                   "35=U3|10013=warning|58=failover %u, ALPHA to BETA: %s|"
                   "60=20260921-10:00:%02u.000000|",
                   number, words, second);
    event(rig, "AL.warning", text);
}

static void is_begun(struct rig *rig)
{
    event(rig, "RT.ALPHA", ROUTING("ALPHA", "DRAIN"));
    step_at(rig, 1, "QUIESCE: no new orders", 0);
    event(
        rig, "CO.failover_begin",
        SAID("failover.begin", "from=ALPHA to=BETA reason=x quiesce=10 canaries=1", JANE_AND_JOE));
}

static void is_at_canary(struct rig *rig)
{
    is_begun(rig);
    step_at(rig, 1, "RESOLVE: 0 wait", 1);
    step_at(rig, 1, "SWITCH: BETA takes over", 2);
    event(rig, "RT.BETA", ROUTING("BETA", "CANARY"));
    step_at(rig, 1, "CANARY: the first 1 orders", 2);
}

static void goes_to_beta(struct rig *rig)
{
    is_submitted(rig);
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_BETA));
}

static void is_answered_at_beta(struct rig *rig)
{
    oracle_book_taken(rig->oracle, BETA, "Y1", "OMS/1", 100 * BROKER_ONE, 10 * BROKER_ONE);
    sent(rig, BETA, "35=8|34=2|11=Y1|17=B1|150=0|39=0|");
    event(rig, "ER.BETA.VOD", "35=8|37=O1|11=1|17=E1|527=B1|150=0|39=0|" AT_BETA FRESH("ACKED"));
}

static void a_failover_goes_through_its_steps(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    goes_to_beta(rig);
    is_answered_at_beta(rig);
    event(rig, "RT.BETA", ROUTING("BETA", "AUTO"));
    step_at(rig, 1, "RAMP: the share grows", 5);
    assert_true(oracle_failover_runs(rig->oracle));
    step_at(rig, 1, "DONE: new orders go to BETA", 9);
    assert_false(oracle_failover_runs(rig->oracle));
    assert_good(rig);
}

static void no_step_is_left_out(void **state)
{
    struct rig *rig = *state;
    is_begun(rig);
    step_at(rig, 1, "SWITCH: BETA takes over", 1);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "failover 1 is at SWITCH, and 1 was at QUIESCE");
}

static void none_begins_anew(void **state)
{
    struct rig *rig = *state;
    is_begun(rig);
    step_at(rig, 1, "RESOLVE: 0 wait", 1);
    step_at(rig, 1, "QUIESCE: no new orders", 2);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "failover 1 begins, and 1 was at RESOLVE");
}

static void one_that_nobody_approved_is_seen(void **state)
{
    struct rig *rig = *state;
    step_at(rig, 1, "QUIESCE: no new orders", 0);
    step_at(rig, 1, "RESOLVE: 0 wait", 1);
    assert_violates(rig, ORACLE_TWO_PERSONS, "no two persons are told of");
}

static void one_that_its_proposer_approved_is_seen(void **state)
{
    struct rig *rig = *state;
    step_at(rig, 1, "QUIESCE: no new orders", 0);
    event(rig, "CO.failover_begin",
          SAID("failover.begin", "from=ALPHA to=BETA reason=x", "10030=jane|10031=jane|"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "was proposed and approved by jane");
}

static void the_broker_that_is_left_gets_no_order(void **state)
{
    struct rig *rig = *state;
    is_begun(rig);
    event(rig, "RT.ALPHA", ROUTING("ALPHA", "AUTO"));
    is_sent(rig);
    assert_violates(rig, ORACLE_OBEYS, "goes to ALPHA, though a failover has left it");
}

static void it_gets_orders_again_when_people_say_so(void **state)
{
    struct rig *rig = *state;
    is_begun(rig);
    event(rig, "RT.ALPHA", ROUTING("ALPHA", "AUTO"));
    event(rig, "CO.broker_auto", SAID("broker.auto", "broker=ALPHA", JANE));
    is_sent(rig);
    assert_good(rig);
}

static void it_may_not_switch_while_the_old_broker_may_answer(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    is_begun(rig);
    step_at(rig, 1, "RESOLVE: 1 undecided", 1);
    step_at(rig, 1, "SWITCH: BETA takes over", 3);
    step_at(rig, 1, "CANARY: the first 1 orders", 3);
    step_at(rig, 1, "CANARY, stopped: not all are out", 9);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "the broker that it leaves may still answer");
}

static void when_its_time_is_up_it_may(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    is_begun(rig);
    step_at(rig, 1, "RESOLVE: 1 undecided", 1);
    step_at(rig, 1, "SWITCH: BETA takes over", 11);
    step_at(rig, 1, "CANARY: the first 1 orders", 11);
    assert_good(rig);
}

static void an_old_broker_that_people_reopened_is_not_waited_for(void **state)
{
    struct rig *rig = *state;
    is_begun(rig);
    step_at(rig, 1, "RESOLVE: 0 wait", 1);
    event(rig, "RT.ALPHA", ROUTING("ALPHA", "AUTO"));
    event(rig, "CO.broker_auto", SAID("broker.auto", "broker=ALPHA", JANE));
    is_sent(rig);
    step_at(rig, 1, "SWITCH: BETA takes over", 2);
    step_at(rig, 1, "CANARY: the first 1 orders", 2);
    step_at(rig, 1, "CANARY, stopped: not all are out", 9);
    assert_good(rig);
}

static void one_canary_order_too_many_is_seen(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    goes_to_beta(rig);
    assert_good(rig);
    request(rig, NEW("2"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") "10003=BETA|10004=Y2|");
    assert_violates(rig, ORACLE_OBEYS, "goes to BETA, though its canary orders are out");
}

static void canary_orders_are_answered_before_the_ramp(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    goes_to_beta(rig);
    step_at(rig, 1, "RAMP: the share grows", 5);
    step_at(rig, 1, "DONE: new orders go to BETA", 9);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "not all of its canary orders are answered");
}

static void a_person_may_go_on_without(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    step_at(rig, 1, "CANARY, stopped: not all are out", 9);
    step_at(rig, 1, "RAMP: the share grows", 12);
    event(rig, "CO.failover_continue", SAID("failover.continue", "", JANE));
    step_at(rig, 1, "DONE: new orders go to BETA", 20);
    assert_good(rig);
}

static void an_abort_leaves_all_as_it_was(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    event(rig, "RT.BETA", ROUTING("BETA", "AUTO"));
    event(rig, "RT.ALPHA", ROUTING("ALPHA", "AUTO"));
    step_at(rig, 1, "ABORTED: all is as before", 5);
    is_sent(rig);
    assert_good(rig);
}

static void an_abort_that_leaves_a_broker_drained_is_seen(void **state)
{
    struct rig *rig = *state;
    is_at_canary(rig);
    event(rig, "RT.BETA", ROUTING("BETA", "AUTO"));
    step_at(rig, 1, "ABORTED: all is as before", 5);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "ALPHA is not as people had it before");
}

static void the_backup_gets_no_order_before_the_switch(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.route_mode",
          SAID("route.mode", "mode=PRIMARY_BACKUP primary=ALPHA", JANE_AND_JOE));
    is_begun(rig);
    goes_to_beta(rig);
    assert_violates(rig, ORACLE_OBEYS, "goes to BETA, though it is not the primary");
}

static void the_new_primary_gets_them_behind_it(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.route_mode",
          SAID("route.mode", "mode=PRIMARY_BACKUP primary=ALPHA", JANE_AND_JOE));
    is_at_canary(rig);
    goes_to_beta(rig);
    assert_good(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_failover_goes_through_its_steps),
        RIG_TEST(no_step_is_left_out),
        RIG_TEST(none_begins_anew),
        RIG_TEST(one_that_nobody_approved_is_seen),
        RIG_TEST(one_that_its_proposer_approved_is_seen),
        RIG_TEST(the_broker_that_is_left_gets_no_order),
        RIG_TEST(it_gets_orders_again_when_people_say_so),
        RIG_TEST(it_may_not_switch_while_the_old_broker_may_answer),
        RIG_TEST(when_its_time_is_up_it_may),
        RIG_TEST(an_old_broker_that_people_reopened_is_not_waited_for),
        RIG_TEST(one_canary_order_too_many_is_seen),
        RIG_TEST(canary_orders_are_answered_before_the_ramp),
        RIG_TEST(a_person_may_go_on_without),
        RIG_TEST(an_abort_leaves_all_as_it_was),
        RIG_TEST(an_abort_that_leaves_a_broker_drained_is_seen),
        RIG_TEST(the_backup_gets_no_order_before_the_switch),
        RIG_TEST(the_new_primary_gets_them_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
