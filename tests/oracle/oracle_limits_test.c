/* The oracle on limits of orders, and on what people said. */
#include "tests/oracle/oracle_rig.h"

static void is_queued_as(struct rig *rig, const char *id)
{
    char text[300];
    (void)snprintf(text, sizeof text, "8=FIX.4.4|35=D|49=OMS|11=%s|526=OMS/%s|" TERMS "60=now|", id,
                   id);
    request(rig, text);
    (void)snprintf(text, sizeof text, "35=U1|37=O%s|11=%s|" FRESH("QUEUED"), id, id);
    event(rig, "OR.QUEUED.VOD", text);
}

static void as_many_orders_as_may_be_are_open(void **state)
{
    struct rig *rig = *state;
    oracle_limit_open(rig->oracle, "OMS", 2);
    is_queued_as(rig, "1");
    is_queued_as(rig, "2");
    assert_good(rig);
}

static void one_open_order_too_many_is_seen(void **state)
{
    struct rig *rig = *state;
    oracle_limit_open(rig->oracle, NULL, 1);
    is_queued_as(rig, "1");
    is_queued_as(rig, "2");
    assert_violates(rig, ORACLE_LIMITS, "with OMS/2 2 orders of all are open, 1 may be");
}

static void an_order_that_ended_counts_no_more(void **state)
{
    struct rig *rig = *state;
    oracle_limit_open(rig->oracle, "OMS", 1);
    is_filled(rig);
    is_queued_as(rig, "2");
    assert_good(rig);
}

static void orders_of_another_client_do_not_count(void **state)
{
    struct rig *rig = *state;
    oracle_limit_open(rig->oracle, "OM", 0);
    is_queued_as(rig, "1");
    assert_good(rig);
}

static void an_order_that_is_too_large_is_seen(void **state)
{
    struct rig *rig = *state;
    oracle_limit_quantity(rig->oracle, "OMS", 99 * BROKER_ONE);
    is_queued_as(rig, "1");
    assert_violates(rig, ORACLE_LIMITS, "was taken for 100, at most 99 are allowed");
}

/* --- What people said ------------------------------------------------------------------------ */

#define CONTROL(command, arguments, operator, proposer)                                            \
    "35=U5|10032=" command "|10033=" arguments "|10034=DONE|10030=" operator"|" proposer
#define FROZEN "35=U3|10013=critical|10003=ALPHA|58=ALPHA is frozen, it gets no new order|"

#define OVERRIDE(operators)                                                                        \
    "35=U5|10032=limits.override|10033=client=OMS order=1 content=0 expires=60 reason=x|"          \
    "10034=DONE|" operators

static void what_two_persons_let_pass_may_be_too_large(void **state)
{
    struct rig *rig = *state;
    oracle_limit_quantity(rig->oracle, "OMS", 99 * BROKER_ONE);
    event(rig, "CO.limits_override", OVERRIDE("10030=joe|10031=jane|"));
    is_queued_as(rig, "1");
    assert_good(rig);
    is_queued_as(rig, "2");
    assert_violates(rig, ORACLE_LIMITS, "OMS/2 of OMS was taken for 100");
}

static void one_person_alone_lets_nothing_pass(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.limits_override", OVERRIDE("10030=jane|"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "limits.override was done by jane alone");
}

static void a_frozen_broker_gets_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "AL.critical", FROZEN);
    is_sent(rig);
    assert_violates(rig, ORACLE_OBEYS, "OMS/1 goes to ALPHA, though it is frozen");
}

static void a_broker_that_two_persons_thawed_gets_orders(void **state)
{
    struct rig *rig = *state;
    event(rig, "AL.critical", FROZEN);
    event(rig, "CO.broker_thaw",
          CONTROL("broker.thaw", "broker=ALPHA reason=seen", "joe", "10031=jane|"));
    is_sent(rig);
    assert_good(rig);
}

static void one_person_alone_thaws_nothing(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.broker_thaw", CONTROL("broker.thaw", "broker=ALPHA reason=seen", "joe", ""));
    assert_violates(rig, ORACLE_TWO_PERSONS, "was done by joe alone");
}

static void nobody_approves_what_they_proposed(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.broker_thaw",
          CONTROL("broker.thaw", "broker=ALPHA reason=seen", "joe", "10031=joe|"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "was proposed and approved by joe");
}

#define APPROVED CONTROL("approvals.approve", "number=7", "joe", "")
#define ABORTED  CONTROL("bulk.abort", "number=7 reason=back", "jane", "")
#define MOVED_BY(operator)                                                                         \
    CONTROL("orders.move", "order=OMS/1 reason=dead bulk=7", operator, "10031=jane|")

static void many_orders_are_acted_upon_once_that_is_approved(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.approvals_approve", APPROVED);
    event(rig, "CO.orders_move", MOVED_BY("joe"));
    assert_good(rig);
    event(rig, "CO.orders_move", MOVED_BY("omar"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "bulk 7, which omar has not approved");
}

static void what_nobody_approved_is_done_to_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.orders_move", MOVED_BY("joe"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "bulk 7, which joe has not approved");
}

static void what_was_stopped_is_done_to_no_further_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.approvals_approve", APPROVED);
    event(rig, "CO.bulk_abort", ABORTED);
    event(rig, "CO.orders_move", MOVED_BY("joe"));
    assert_violates(rig, ORACLE_TWO_PERSONS, "or which was stopped");
}

#define ROUTING(admin, breaker) "35=U4|10003=ALPHA|10020=" breaker "|10022=" admin "|10023=N|"

static void a_drained_broker_gets_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "RT.ALPHA", ROUTING("DRAIN", "CLOSED"));
    is_sent(rig);
    assert_violates(rig, ORACLE_OBEYS, "though people let no new order go there");
}

static void a_broker_whose_breaker_is_open_gets_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "RT.ALPHA", ROUTING("AUTO", "OPEN"));
    is_sent(rig);
    assert_violates(rig, ORACLE_OBEYS, "though its breaker is open");
}

static void a_broker_that_people_force_gets_orders(void **state)
{
    struct rig *rig = *state;
    event(rig, "RT.ALPHA", ROUTING("FORCED_CLOSED", "OPEN"));
    is_sent(rig);
    assert_good(rig);
}

static void a_half_open_broker_gets_its_probes_alone(void **state)
{
    struct rig *rig = *state;
    oracle_broker_probes(rig->oracle, ALPHA, 1);
    event(rig, "RT.ALPHA", ROUTING("AUTO", "HALF_OPEN"));
    is_sent(rig);
    assert_good(rig);
    request(rig, NEW("2"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") "10003=ALPHA|10004=X2|");
    assert_violates(rig, ORACLE_OBEYS, "though its probe orders are out");
}

static void a_full_broker_gets_no_order(void **state)
{
    struct rig *rig = *state;
    oracle_broker_capacity(rig->oracle, ALPHA, 1);
    is_sent(rig);
    assert_good(rig);
    request(rig, NEW("2"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O2|11=2|" FRESH("SENT") "10003=ALPHA|10004=X2|");
    assert_violates(rig, ORACLE_OBEYS, "as many orders as may be wait there");
}

#define KILL(name, scope)                                                                          \
    "35=U5|10032=" name "|10033=scope=" scope " reason=x|10034=DONE|10030=joe|10031=jane|"

static void what_is_killed_takes_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.kill_on", KILL("kill.on", "client:OMS"));
    is_queued_as(rig, "1");
    assert_violates(rig, ORACLE_OBEYS, "OMS/1 is taken, and client:OMS is killed");
}

static void what_waited_when_it_was_killed_goes_nowhere(void **state)
{
    struct rig *rig = *state;
    is_queued(rig);
    event(rig, "CO.kill_on", KILL("kill.on", "all"));
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    assert_violates(rig, ORACLE_OBEYS, "OMS/1 goes to ALPHA, and all is killed");
}

static void a_kill_that_two_persons_lifted_is_over(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.kill_on", KILL("kill.on", "broker:ALPHA"));
    event(rig, "CO.kill_off", KILL("kill.off", "broker:ALPHA"));
    is_sent(rig);
    assert_good(rig);
}

#define ACC_7 "8=FIX.4.4|35=D|49=OMS|11=1|526=OMS/1|1=ACC-7|" TERMS "60=now|"

static void an_account_that_is_killed_takes_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.kill_on", KILL("kill.on", "account:ACC-7"));
    is_queued_as(rig, "2");
    assert_good(rig);
    request(rig, ACC_7);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(FRESH("QUEUED")));
    assert_violates(rig, ORACLE_OBEYS, "OMS/1 is taken, and account:ACC-7 is killed");
}

static void what_is_killed_works_no_more_in_the_end(void **state)
{
    struct rig *rig = *state;
    is_acknowledged(rig);
    event(rig, "CO.kill_on", KILL("kill.on", "symbol:BARC"));
    event(rig, "CO.kill_on", KILL("kill.on", "symbol:VOD"));
    judge_violates(rig, ORACLE_OBEYS, "works at ALPHA as X1, and symbol:VOD is killed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(as_many_orders_as_may_be_are_open),
        RIG_TEST(one_open_order_too_many_is_seen),
        RIG_TEST(an_order_that_ended_counts_no_more),
        RIG_TEST(orders_of_another_client_do_not_count),
        RIG_TEST(an_order_that_is_too_large_is_seen),
        RIG_TEST(what_two_persons_let_pass_may_be_too_large),
        RIG_TEST(one_person_alone_lets_nothing_pass),
        RIG_TEST(a_frozen_broker_gets_no_order),
        RIG_TEST(a_broker_that_two_persons_thawed_gets_orders),
        RIG_TEST(one_person_alone_thaws_nothing),
        RIG_TEST(nobody_approves_what_they_proposed),
        RIG_TEST(many_orders_are_acted_upon_once_that_is_approved),
        RIG_TEST(what_nobody_approved_is_done_to_no_order),
        RIG_TEST(what_was_stopped_is_done_to_no_further_order),
        RIG_TEST(a_drained_broker_gets_no_order),
        RIG_TEST(a_broker_whose_breaker_is_open_gets_no_order),
        RIG_TEST(a_broker_that_people_force_gets_orders),
        RIG_TEST(a_half_open_broker_gets_its_probes_alone),
        RIG_TEST(a_full_broker_gets_no_order),
        RIG_TEST(what_is_killed_takes_no_order),
        RIG_TEST(what_waited_when_it_was_killed_goes_nowhere),
        RIG_TEST(a_kill_that_two_persons_lifted_is_over),
        RIG_TEST(an_account_that_is_killed_takes_no_order),
        RIG_TEST(what_is_killed_works_no_more_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
