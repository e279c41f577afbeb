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

static void a_frozen_broker_gets_no_order(void **state)
{
    struct rig *rig = *state;
    event(rig, "AL.critical", FROZEN);
    is_sent(rig);
    assert_violates(rig, ORACLE_OBEYS, "OMS/1 goes to ALPHA, which is frozen");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(as_many_orders_as_may_be_are_open),
        RIG_TEST(one_open_order_too_many_is_seen),
        RIG_TEST(an_order_that_ended_counts_no_more),
        RIG_TEST(orders_of_another_client_do_not_count),
        RIG_TEST(an_order_that_is_too_large_is_seen),
        RIG_TEST(a_frozen_broker_gets_no_order),
        RIG_TEST(a_broker_that_two_persons_thawed_gets_orders),
        RIG_TEST(one_person_alone_thaws_nothing),
        RIG_TEST(nobody_approves_what_they_proposed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
