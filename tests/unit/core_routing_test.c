/* Which broker gets a new order, and why: shares, rules, modes, probes, capacity; and that what
 * waits goes when a broker can take it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "gateway/core/routing/routing.h"
#include "tests/unit/core_rig.h"
#include "tests/unit/core_rig_parts.h"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->config.warm_share = 20;
    *state = rig;
    return 0;
}

/* The state that the answer to the order names. */
static const char *order_of(struct rig *rig, unsigned number, const char *symbol,
                            const char *account)
{
    static char state[32];
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "35=D|49=OMS|11=C%u|1=%s|55=%s|54=1|38=100|40=2|44=10.5|59=1|"
                   "60=20260921-14:13:20|",
                   number, account, symbol);
    (void)snprintf(state, sizeof(state), "%s", rig_value(rig_request(rig, text), "10005"));
    return state;
}

static const char *order(struct rig *rig, unsigned number)
{
    return order_of(rig, number, "VOD", "A1");
}

static void orders(struct rig *rig, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)order(rig, first + i);
    }
}

/* --- Shares --------------------------------------------------------------------- */

static void orders_are_spread_by_weight(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].weight = 3;
    rig_start(rig);
    orders(rig, 1, 40);
    assert_int_equal(30, rig->broker[0].orders);
    assert_int_equal(10, rig->broker[1].orders);
}

static void score_and_ramp_scale_the_weight(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_measure(rig, "BETA", "CLOSED", 500, 500, 0);
    orders(rig, 1, 50);
    assert_int_equal(40, rig->broker[0].orders);
    assert_int_equal(10, rig->broker[1].orders);
}

static void a_healthy_broker_keeps_the_warm_share_whatever_its_score(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_measure(rig, "BETA", "CLOSED", 0, 1000, 0);
    orders(rig, 1, 102);
    assert_int_equal(2, rig->broker[1].orders);
}

static void without_any_score_all_share_alike(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "CLOSED", 0, 0, 0);
    rig_measure(rig, "BETA", "CLOSED", 0, 0, 0);
    orders(rig, 1, 10);
    assert_int_equal(5, rig->broker[0].orders);
}

static void the_largest_weights_and_scores_are_shared_rightly(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].weight = ROUTING_WEIGHT_MAX;
    rig->broker_configs[1].weight = ROUTING_WEIGHT_MAX;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "CLOSED", ROUTING_SCORE_MAX, 1000, 0);
    rig_measure(rig, "BETA", "CLOSED", ROUTING_SCORE_MAX / 4, 1000, 0);
    orders(rig, 1, 50);
    assert_int_equal(40, rig->broker[0].orders);
}

static void a_changed_score_does_not_make_up_for_the_past(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_measure(rig, "BETA", "CLOSED", 100, 1000, 0);
    orders(rig, 1, 33);
    assert_int_equal(3, rig->broker[1].orders);
    rig_measure(rig, "BETA", "CLOSED", 1000, 1000, 0);
    orders(rig, 101, 10);
    assert_in_range(rig->broker[1].orders, 8, 9);
}

/* --- Breaker and probes ------------------------------------------------------------ */

static void an_open_breaker_gets_nothing_even_if_it_is_the_last(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "OPEN", 1000, 1000, 0);
    orders(rig, 1, 4);
    assert_int_equal(0, rig->broker[0].orders);
    assert_int_equal(4, rig->broker[1].orders);
    rig_measure(rig, "BETA", "OPEN", 1000, 1000, 0);
    assert_string_equal("QUEUED", order(rig, 5));
    assert_string_equal("waiting for a broker: ALPHA: breaker open; BETA: breaker open",
                        rig_value(rig_event(rig, "OR.QUEUED", "|11=C5|"), "10007"));
    rig_measure(rig, "ALPHA", "CLOSED", 1000, 100, 0);
    assert_int_equal(1, rig->broker[0].orders);
    assert_int_equal(4, rig->broker[1].orders);
}

static void a_half_open_breaker_gets_its_probes_and_no_more(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "HALF_OPEN", 1000, 1000, 2);
    orders(rig, 1, 5);
    assert_int_equal(2, rig->broker[0].orders);
    /* The post was made before the router saw them go. */
    rig_measure(rig, "ALPHA", "HALF_OPEN", 1000, 1000, 2);
    assert_int_equal(2, rig->broker[0].orders);
    rig_crash(rig);
    rig_start(rig);
    rig_wait(rig, 10);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(2, rig->broker[0].orders);
    rig_measure(rig, "ALPHA", "OPEN", 1000, 1000, 0);
    rig_measure(rig, "ALPHA", "HALF_OPEN", 1000, 1000, 1);
    assert_int_equal(3, rig->broker[0].orders);
    rig_measure(rig, "ALPHA", "CLOSED", 1000, 1000, 0);
    assert_int_equal(5, rig->broker[0].orders);
}

static void a_probe_is_spent_in_the_very_turn_of_its_order(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "HALF_OPEN", 1000, 1000, 1);
    rig_crash_releasing(
        rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|60=20260921-14:13:20|", 0);
    rig_start(rig);
    rig_wait(rig, 10);
    assert_int_equal(0, rig->engine->routing.brokers[0].probes);
    assert_string_equal("QUEUED", order(rig, 2));
}

static void canaries_go_out_whatever_is_measured_and_no_more_than_they_are(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "OPEN", 1000, 1000, 0);
    orders(rig, 1, 4);
    rig_turn_begin(rig);
    rig->engine->routing.brokers[0].admin = BROKER_CANARY;
    rig->engine->routing.brokers[0].canaries = 3;
    routing_table_save_broker(rig->engine, 0);
    (void)rig_turn_end(rig);
    rig_settle(rig);
    assert_int_equal(3, rig->broker[0].orders);
    assert_int_equal(0, rig->engine->routing.brokers[0].canaries);
}

/* --- Capacity --------------------------------------------------------------------- */

static void a_broker_at_its_capacity_gets_the_next_order_with_its_word(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig->broker[0].manner = RIG_SILENT;
    rig->broker_configs[0].capacity = 2;
    rig_start(rig);
    orders(rig, 1, 4);
    assert_int_equal(2, rig->broker[0].orders);
    char report[256];
    (void)snprintf(report, sizeof(report),
                   "37=O1|17=X1|11=%s|150=0|39=0|55=VOD|54=1|14=0|151=100|6=0|",
                   rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 0, "8", report);
    assert_int_equal(3, rig->broker[0].orders);
    rig_done(rig, "broker.capacity", "broker=ALPHA|capacity=0");
    assert_int_equal(4, rig->broker[0].orders);
}

static void what_waits_goes_on_with_each_word_of_a_broker_at_its_capacity(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig->broker[0].manner = RIG_ACK;
    rig->broker_configs[0].capacity = 1;
    rig_start(rig);
    rig_done(rig, "broker.drain", "broker=ALPHA");
    orders(rig, 1, 5);
    rig_done(rig, "broker.auto", "broker=ALPHA");
    assert_int_equal(5, rig->broker[0].orders);
    assert_int_equal(0, rig->engine->queued_count);
}

/* Reads of the store until all has come to rest. */
static unsigned reads_of(struct rig *rig, const char *name, const char *arguments)
{
    static const unsigned many = 1000000;
    rig->reads_left = many;
    rig_done(rig, name, arguments);
    unsigned reads = many - rig->reads_left;
    rig->reads_left = UINT_MAX;
    return reads;
}

static void the_queue_is_walked_no_further_than_who_came_back_can_take(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD");
    rig_done(rig, "broker.drain", "broker=ALPHA");
    orders(rig, 1, 300);
    assert_int_equal(300, rig->engine->queued_count);
    assert_int_equal(0, rig->broker[1].orders);
    rig_done(rig, "broker.capacity", "broker=ALPHA|capacity=1");
    (void)reads_of(rig, "broker.auto", "broker=ALPHA");
    assert_int_equal(1, rig->broker[0].orders);
    unsigned reads = reads_of(rig, "broker.capacity", "broker=ALPHA|capacity=3");
    assert_int_equal(3, rig->broker[0].orders);
    assert_in_range(reads, 1, 100);
    /* What ALPHA cannot take stands in nobody's way. */
    assert_string_equal("SENT", order_of(rig, 400, "BP", "A1"));
    assert_true(engine_deadline_ns(rig->engine) > rig->now_ns);
}

/* --- Rules and modes ----------------------------------------------------------------- */

static void a_rule_sends_its_orders_to_one_broker_and_they_wait_for_it(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=VOD");
    orders(rig, 1, 4);
    assert_int_equal(4, rig->broker[1].orders);
    rig_done(rig, "broker.drain", "broker=BETA");
    assert_string_equal("QUEUED", order(rig, 5));
    rig_done(rig, "route.rule.delete", "broker=BETA|symbol=VOD");
    assert_int_equal(1, rig->broker[0].orders);
}

static void the_rule_that_says_most_goes_before(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD");
    rig_done(rig, "route.rule.set", "broker=BETA|account=A2");
    rig_done(rig, "route.rule.set", "broker=ALPHA|account=A2|symbol=BP");
    (void)order_of(rig, 1, "VOD", "A1");
    assert_int_equal(1, rig->broker[0].orders);
    (void)order_of(rig, 2, "VOD", "A2");
    assert_int_equal(1, rig->broker[1].orders);
    (void)order_of(rig, 3, "BP", "A2");
    assert_int_equal(2, rig->broker[0].orders);
}

static void a_rule_keeps_its_orders_from_a_broker(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "route.rule.set", "broker=ALPHA|account=A1|never=true");
    orders(rig, 1, 4);
    assert_int_equal(4, rig->broker[1].orders);
    rig_done(rig, "broker.drain", "broker=BETA");
    assert_string_equal("QUEUED", order(rig, 5));
    assert_string_equal("SENT", order_of(rig, 6, "VOD", "A2"));
}

static void all_orders_go_to_the_primary_until_two_persons_make_another_one_that(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done_by_two(rig, "route.mode", "mode=PRIMARY_BACKUP|primary=BETA");
    orders(rig, 1, 3);
    assert_int_equal(3, rig->broker[1].orders);
    rig_done(rig, "broker.open", "broker=BETA|reason=test");
    assert_string_equal("QUEUED", order(rig, 4));
    assert_int_equal(0, rig->broker[0].orders);
    rig_crash(rig);
    rig_start(rig);
    rig_wait(rig, 10);
    assert_int_equal(0, rig->broker[0].orders);
    rig_done_by_two(rig, "route.mode", "mode=PRIMARY_BACKUP|primary=ALPHA");
    assert_int_equal(1, rig->broker[0].orders);
}

static void in_pinned_mode_orders_without_a_rule_wait(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done_by_two(rig, "route.mode", "mode=PINNED");
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD");
    assert_string_equal("SENT", order(rig, 1));
    assert_string_equal("QUEUED", order_of(rig, 2, "BP", "A1"));
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=BP");
    assert_int_equal(1, rig->broker[1].orders);
}

/* --- Sessions --------------------------------------------------------------------------- */

static void the_sessions_of_a_broker_take_turns_at_its_one_share(void **state)
{
    struct rig *rig = *state;
    rig->sessions[1].broker = 0;
    rig->broker_configs[0].capacity = 5;
    rig->broker[0].manner = RIG_SILENT;
    rig->broker[1].manner = RIG_SILENT;
    rig_start(rig);
    orders(rig, 1, 4);
    assert_int_equal(2, rig->broker[0].orders);
    assert_int_equal(2, rig->broker[1].orders);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    orders(rig, 5, 2);
    assert_int_equal(3, rig->broker[1].orders); /* The capacity is of both together. */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(orders_are_spread_by_weight),
        TEST(score_and_ramp_scale_the_weight),
        TEST(a_healthy_broker_keeps_the_warm_share_whatever_its_score),
        TEST(without_any_score_all_share_alike),
        TEST(the_largest_weights_and_scores_are_shared_rightly),
        TEST(a_changed_score_does_not_make_up_for_the_past),
        TEST(an_open_breaker_gets_nothing_even_if_it_is_the_last),
        TEST(a_half_open_breaker_gets_its_probes_and_no_more),
        TEST(a_probe_is_spent_in_the_very_turn_of_its_order),
        TEST(canaries_go_out_whatever_is_measured_and_no_more_than_they_are),
        TEST(a_broker_at_its_capacity_gets_the_next_order_with_its_word),
        TEST(what_waits_goes_on_with_each_word_of_a_broker_at_its_capacity),
        TEST(the_queue_is_walked_no_further_than_who_came_back_can_take),
        TEST(a_rule_sends_its_orders_to_one_broker_and_they_wait_for_it),
        TEST(the_rule_that_says_most_goes_before),
        TEST(a_rule_keeps_its_orders_from_a_broker),
        TEST(all_orders_go_to_the_primary_until_two_persons_make_another_one_that),
        TEST(in_pinned_mode_orders_without_a_rule_wait),
        TEST(the_sessions_of_a_broker_take_turns_at_its_one_share),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
