/* The manual failover: two persons, step by step, over a crash at each, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/core/routing/failover.h"
#include "tests/unit/core_rig.h"

#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define FROM_TO   "from=ALPHA|to=BETA"
#define BEGIN     FROM_TO "|reason=ALPHA is slow"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    *state = rig;
    rig_start(rig);
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static const struct failover *failover_of(const struct rig *rig)
{
    return &rig->engine->failover;
}

/* All orders go to one broker: the primary. */
static void make_primary(struct rig *rig, uint32_t broker)
{
    rig->engine->routing.mode = ROUTING_PRIMARY_BACKUP;
    rig->engine->routing.primary = broker;
}

/* jane proposes, omar approves. */
static const struct rig_answer *both(struct rig *rig, const char *command, const char *arguments)
{
    char number[32];
    const struct rig_answer *answer = rig_ask(rig, "jane", command, arguments);
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    const char *digits = strpbrk(answer->words, "0123456789");
    assert_non_null(digits);
    (void)snprintf(number, sizeof(number), "number=%.*s", (int)strspn(digits, "0123456789"),
                   digits);
    return rig_ask(rig, "omar", "approvals.approve", number);
}

static void begin(struct rig *rig, const char *arguments)
{
    const struct rig_answer *answer = both(rig, "failover.begin", arguments);
    if (answer->result != COMMAND_DONE) {
        print_error("%s\n", answer->words);
    }
    assert_int_equal(COMMAND_DONE, answer->result);
}

static unsigned orders_at(const struct rig *rig, unsigned broker)
{
    return rig->broker[broker].orders;
}

static void a_failover_moves_new_orders_through_all_its_steps(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    (void)rig_request(rig, ORDER("1"));
    assert_int_equal(1, orders_at(rig, 0));
    begin(rig, BEGIN "|canaries=2|ramp=10");
    assert_int_equal(FAILOVER_CANARY, failover_of(rig)->step);
    (void)rig_request(rig, ORDER("2"));
    (void)rig_request(rig, ORDER("3"));
    assert_int_equal(2, orders_at(rig, 1));
    assert_int_equal(FAILOVER_RAMP, failover_of(rig)->step);
    assert_int_equal(FAILOVER_RAMP_LEAST, rig->engine->routing.brokers[1].switch_ramp);
    rig_pass(rig, 11000);
    assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
    assert_int_equal(0, rig->engine->routing.brokers[1].switch_ramp);
    (void)rig_request(rig, ORDER("4"));
    assert_int_equal(3, orders_at(rig, 1));
    assert_int_equal(1, orders_at(rig, 0));
    assert_non_null(rig_event(rig, "ALPHA to BETA: CANARY", NULL));
    assert_non_null(rig_event(rig, "ALPHA to BETA: DONE", NULL));
}

static void beyond_the_canaries_orders_wait_for_the_brokers_word(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    rig->broker[1].manner = RIG_SILENT;
    begin(rig, BEGIN "|canaries=1|canary-timeout=20");
    (void)rig_request(rig, ORDER("1"));
    (void)rig_request(rig, ORDER("2"));
    assert_int_equal(1, orders_at(rig, 1));
    assert_int_equal(0, orders_at(rig, 0));
    rig_pass(rig, 21000);
    assert_int_equal(FAILOVER_CANARY, failover_of(rig)->step);
    assert_true(failover_of(rig)->stopped);
    assert_non_null(rig_event(rig, "AL.critical", "not all canary orders"));
    const struct rig_answer *answer = rig_ask(rig, "jane", "failover.continue", "");
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_int_equal(FAILOVER_RAMP, failover_of(rig)->step);
    assert_int_equal(2, orders_at(rig, 1));
}

static void a_failover_needs_two_persons(void **state)
{
    struct rig *rig = *state;
    const struct rig_answer *answer = rig_ask(rig, "jane", "failover.begin", BEGIN);
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    assert_int_equal(FAILOVER_NONE, failover_of(rig)->step);
    answer = rig_ask(rig, "jane", "approvals.approve", "number=1");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    assert_int_equal(FAILOVER_NONE, failover_of(rig)->step);
}

static void what_is_given_wrong_is_refused_when_it_is_proposed(void **state)
{
    struct rig *rig = *state;
    static const char *const wrong[] = {"|quiesce=0", "|canaries=many", "|canary-timeout=0",
                                        "|ramp=-1"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char arguments[200];
        (void)snprintf(arguments, sizeof(arguments), "%s%s", BEGIN, wrong[i]);
        assert_int_equal(COMMAND_REFUSED,
                         rig_ask(rig, "jane", "failover.begin", arguments)->result);
    }
}

static void a_drill_is_told_as_one(void **state)
{
    struct rig *rig = *state;
    begin(rig, BEGIN "|drill=true|canaries=0|ramp=0");
    assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
    assert_non_null(rig_event(rig, "failover drill 1, ALPHA to BETA: DONE", NULL));
    assert_null(rig_event(rig, "failover 1,", NULL));
}

static void orders_in_doubt_stay_where_they_are(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, ORDER("1"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_pass(rig, 200);
    begin(rig, BEGIN "|canaries=0|ramp=0");
    assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
    assert_int_equal(0, orders_at(rig, 1));
    assert_non_null(rig_event(rig, "ALPHA to BETA: RESOLVE", "1 in doubt"));
    (void)rig_request(rig, ORDER("2"));
    assert_int_equal(1, orders_at(rig, 1));
}

static void its_word_is_awaited_while_it_can_come(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, ORDER("1"));
    begin(rig, BEGIN "|quiesce=10|canaries=0|ramp=0");
    assert_int_equal(FAILOVER_QUIESCE, failover_of(rig)->step);
    (void)rig_request(rig, ORDER("2"));
    assert_int_equal(1, orders_at(rig, 0));
    assert_int_equal(0, orders_at(rig, 1));
    rig_pass(rig, 11000);
    /* What is undecided is looked at again soon, and not in every turn. */
    assert_int_equal(FAILOVER_RESOLVE, failover_of(rig)->step);
    assert_true(failover_deadline_ns(rig->engine) > rig->now_ns);
    assert_true(failover_deadline_ns(rig->engine) <= rig->now_ns + 100 * UINT64_C(1000000));
    rig_pass(rig, 14000);
    assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
    assert_int_equal(1, orders_at(rig, 1));
}

static void an_abort_puts_everything_back(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    begin(rig, BEGIN);
    assert_int_equal(FAILOVER_CANARY, failover_of(rig)->step);
    const struct rig_answer *answer = rig_ask(rig, "jane", "failover.abort", "reason=BETA called");
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_int_equal(FAILOVER_ABORTED, failover_of(rig)->step);
    assert_int_equal(BROKER_AUTO, rig->engine->routing.brokers[0].admin);
    assert_int_equal(BROKER_AUTO, rig->engine->routing.brokers[1].admin);
    assert_int_equal(0, rig->engine->routing.primary);
    (void)rig_request(rig, ORDER("1"));
    assert_int_equal(1, orders_at(rig, 0));
}

static void it_goes_back_the_same_way(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    begin(rig, BEGIN "|canaries=0|ramp=0");
    assert_int_equal(1, rig->engine->routing.primary);
    const struct rig_answer *answer = both(rig, "failover.back", "reason=ALPHA is well");
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
    assert_int_equal(0, rig->engine->routing.primary);
    (void)rig_request(rig, ORDER("1"));
    assert_int_equal(1, orders_at(rig, 0));
}

static void it_is_refused_while_the_other_broker_is_away(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_drop(rig, 1);
    rig_pass(rig, 200);
    const struct rig_answer *answer = rig_ask(rig, "jane", "failover.begin", BEGIN);
    assert_int_equal(COMMAND_REFUSED, answer->result);
    assert_non_null(strstr(answer->words, "no session that can take an order"));
    answer = rig_ask(rig, "jane", "failover.begin", "from=ALPHA|to=ALPHA|reason=x");
    assert_int_equal(COMMAND_REFUSED, answer->result);
}

static void its_plan_tells_what_would_move_and_what_would_stay(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, ORDER("1"));
    const struct rig_answer *answer = rig_ask(rig, "jane", "failover.plan", FROM_TO);
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_non_null(strstr(answer->words, "1 sent and not answered cannot be decided now"));
    answer = rig_ask(rig, "jane", "failover.status", "");
    assert_int_equal(0, answer->rows_count);
}

/* A crash at every instant of the procedure: it ends as it would have, and no order is lost. */
static void it_goes_on_over_a_crash_at_each_step(void **state)
{
    struct rig *rig = *state;
    for (unsigned crash = 0; crash < 30; crash++) {
        rig_renew(rig);
        rig->broker[0].manner = RIG_ACK;
        rig->broker[1].manner = RIG_ACK;
        rig_start(rig);
        begin(rig, BEGIN "|canaries=2|ramp=5|canary-timeout=60");
        char order[128];
        for (unsigned i = 0; i < 30; i++) {
            if (i == crash) {
                rig_crash(rig);
                rig_start(rig);
            }
            rig_pass(rig, 500);
            (void)snprintf(order, sizeof(order),
                           "35=D|49=OMS|11=%u|55=VOD|54=1|38=100|40=2|44=10.5|59=1|"
                           "60=20260921-14:13:20|",
                           i);
            (void)rig_request(rig, order);
        }
        rig_pass(rig, 30000);
        assert_int_equal(FAILOVER_DONE, failover_of(rig)->step);
        assert_int_equal(30, orders_at(rig, 0) + orders_at(rig, 1));
        assert_int_equal(0, orders_at(rig, 0));
        assert_int_equal(BROKER_DRAIN, rig->engine->routing.brokers[0].admin);
        assert_int_equal(BROKER_AUTO, rig->engine->routing.brokers[1].admin);
    }
}

/* --- People who want something else meanwhile ------------------------------------------------ */

static void what_it_wants_of_a_broker_is_told_as_what_people_want(void **state)
{
    struct rig *rig = *state;
    begin(rig, BEGIN);
    assert_non_null(rig_event(rig, "RT.ALPHA", "10022=DRAIN"));
    assert_non_null(rig_event(rig, "RT.BETA", "10022=CANARY"));
    (void)rig_ask(rig, "jane", "failover.abort", "reason=no");
    assert_non_null(rig_event(rig, "RT.ALPHA", "10022=AUTO"));
}

static void it_stops_when_people_let_no_order_go_to_the_new_broker(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    make_primary(rig, 0);
    (void)rig_request(rig, ORDER("1"));
    begin(rig, BEGIN "|quiesce=5|canaries=0|ramp=0");
    assert_int_equal(FAILOVER_QUIESCE, failover_of(rig)->step);
    (void)rig_ask(rig, "omar", "broker.drain", "broker=BETA|reason=it hangs, too");
    assert_true(failover_of(rig)->stopped);
    rig_pass(rig, 20000);
    assert_int_equal(FAILOVER_QUIESCE, failover_of(rig)->step);
    assert_int_equal(BROKER_DRAIN, rig->engine->routing.brokers[1].admin);
}

static void an_abort_goes_back_to_the_latest_word_of_people(void **state)
{
    struct rig *rig = *state;
    begin(rig, BEGIN);
    (void)rig_ask(rig, "omar", "broker.maintenance", "broker=BETA");
    rig_crash(rig);
    rig_start(rig);
    assert_true(failover_of(rig)->stopped);
    (void)rig_ask(rig, "jane", "failover.abort", "reason=BETA is worse");
    assert_int_equal(BROKER_AUTO, rig->engine->routing.brokers[0].admin);
    assert_int_equal(BROKER_MAINTENANCE, rig->engine->routing.brokers[1].admin);
}

static void an_abort_leaves_a_primary_that_people_chose_meanwhile(void **state)
{
    struct rig *rig = *state;
    begin(rig, BEGIN);
    const struct rig_answer *answer = both(rig, "route.mode", "mode=PRIMARY_BACKUP|primary=BETA");
    assert_int_equal(COMMAND_DONE, answer->result);
    (void)rig_ask(rig, "jane", "failover.abort", "reason=no");
    assert_int_equal(1, rig->engine->routing.primary);
}

/* BETA loses a canary order with its line: that is no word on it. */
static void a_canary_that_never_arrived_is_followed_by_another(void **state)
{
    struct rig *rig = *state;
    make_primary(rig, 0);
    begin(rig, BEGIN "|canaries=1|canary-timeout=60|ramp=10");
    rig->broker[1].deaf = true;
    (void)rig_request(rig, ORDER("1"));
    assert_int_equal(0, rig->engine->routing.brokers[1].canaries);
    rig->broker[1].deaf = false;
    rig_drop(rig, 1);
    rig_pass(rig, 10000);
    assert_int_equal(FAILOVER_RAMP, failover_of(rig)->step);
    assert_int_equal(1, orders_at(rig, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failover_moves_new_orders_through_all_its_steps, with_rig,
                                        without_rig),
        cmocka_unit_test_setup_teardown(beyond_the_canaries_orders_wait_for_the_brokers_word,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(a_failover_needs_two_persons, with_rig, without_rig),
        cmocka_unit_test_setup_teardown(what_is_given_wrong_is_refused_when_it_is_proposed,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(a_drill_is_told_as_one, with_rig, without_rig),
        cmocka_unit_test_setup_teardown(orders_in_doubt_stay_where_they_are, with_rig, without_rig),
        cmocka_unit_test_setup_teardown(its_word_is_awaited_while_it_can_come, with_rig,
                                        without_rig),
        cmocka_unit_test_setup_teardown(an_abort_puts_everything_back, with_rig, without_rig),
        cmocka_unit_test_setup_teardown(it_goes_back_the_same_way, with_rig, without_rig),
        cmocka_unit_test_setup_teardown(it_is_refused_while_the_other_broker_is_away, with_rig,
                                        without_rig),
        cmocka_unit_test_setup_teardown(its_plan_tells_what_would_move_and_what_would_stay,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(it_goes_on_over_a_crash_at_each_step, with_rig,
                                        without_rig),
        cmocka_unit_test_setup_teardown(what_it_wants_of_a_broker_is_told_as_what_people_want,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(it_stops_when_people_let_no_order_go_to_the_new_broker,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(an_abort_goes_back_to_the_latest_word_of_people, with_rig,
                                        without_rig),
        cmocka_unit_test_setup_teardown(an_abort_leaves_a_primary_that_people_chose_meanwhile,
                                        with_rig, without_rig),
        cmocka_unit_test_setup_teardown(a_canary_that_never_arrived_is_followed_by_another,
                                        with_rig, without_rig),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
