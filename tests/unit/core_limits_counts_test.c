/* Order limits of what was asked for before: rates, open orders, repetition, over crashes. */
#include "tests/unit/limits_fixture.h"

/* --- Rates and open orders ----------------------------------------------------------------- */

static void rate_takes_a_burst_then_as_many_as_flow_in_also_over_a_crash(void **state)
{
    struct rig *rig = limited(state, "client OMS", LIMIT_RATE, "2");
    put(&sets[0], LIMIT_BURST, "3");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(rig_request(rig, ORDER("C2")));
    assert_taken(rig_request(rig, ORDER("C3")));
    assert_refused(rig_request(rig, ORDER("C4")), "3", "OrdersPerSecond 2 of client OMS");
    rig_crash(rig);
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C4")), "3", "OrdersPerSecond 2 of client OMS");
    rig_pass(rig, 500);
    assert_taken(rig_request(rig, ORDER("C4")));
    assert_refused(rig_request(rig, ORDER("C5")), "3", "too many orders");
    /* Asking again for what is there costs nothing, and is no new order. */
    assert_string_equal("I", rig_value(rig_request(rig, ORDER("C4")), "150"));
}

static void open_orders_are_counted_until_they_end_however_they_end(void **state)
{
    struct rig *rig = limited(state, "account ISA-1", LIMIT_OPEN, "2");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(rig_request(rig, ORDER("C2")));
    assert_refused(rig_request(rig, ORDER("C3")), "3",
                   "too many open orders: 2 reach MaxOpenOrders 2 of account ISA-1");
    (void)rig_request(rig, CANCEL("X1", "C1"));
    assert_non_null(rig_event(rig, "|150=4|", "|41=C1|"));
    rig->broker[0].manner = RIG_FILL;
    rig->broker[1].manner = RIG_FILL;
    assert_taken(rig_request(rig, ORDER("C3"))); /* Filled at once. */
    rig->broker[0].manner = RIG_REFUSE;
    rig->broker[1].manner = RIG_REFUSE;
    assert_taken(rig_request(rig, ORDER("C4"))); /* Refused at once. */
    rig_crash(rig);
    rig_start(rig);
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    rig_wait(rig, 60);
    assert_taken(rig_request(rig, ORDER("C5")));
    assert_refused(rig_request(rig, ORDER("C6")), "3", "too many open orders");
    rig_check_open_orders(rig);
}

static void orders_that_wait_are_open_until_they_expire_or_are_cancelled(void **state)
{
    struct rig *rig = limited(state, "symbol VOD", LIMIT_OPEN, "2");
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(
        order(rig, "C2", "55=VOD|54=1|38=1|40=2|44=1|59=6|126=20260921-14:13:40|1=ISA-1|" TIME));
    assert_refused(rig_request(rig, ORDER("C3")), "3", "too many open orders");
    (void)rig_request(rig, CANCEL("X1", "C1"));
    assert_taken(rig_request(rig, ORDER("C3")));
    rig_wait(rig, 120);
    assert_non_null(rig_event(rig, "|150=C|", "|11=C2|"));
    /* One that may not wait has ended with its reply. */
    assert_true(rig_request(rig, "35=D|49=OMS|11=C4|55=VOD|54=1|38=1|40=2|44=1|59=3|" TIME) !=
                NULL);
    assert_taken(rig_request(rig, ORDER("C5")));
    assert_refused(rig_request(rig, ORDER("C6")), "3", "too many open orders");
    rig_check_open_orders(rig);
}

static void requests_of_one_turn_do_not_pass_the_limit_together(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_OPEN, "2");
    rig_start(rig);
    size_t before = rig->replies.count;
    rig_turn_begin(rig);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t bytes[512];
        char text[512];
        (void)snprintf(text, sizeof(text), "35=D|49=OMS|11=T%u|" VOD, i);
        size_t size = rig_with_soh(text, bytes);
        engine_request(rig->engine, span_text("OMS"), span_text("r"), span_of(bytes, size));
    }
    (void)rig_turn_end(rig);
    unsigned taken = 0;
    for (size_t i = before; i < rig->replies.count; i++) {
        taken += strcmp(rig_value(rig->replies.line[i], "150"), "A") == 0;
    }
    assert_int_equal(2, taken);
    rig_settle(rig);
}

static void an_order_counts_once_when_the_gateway_dies_before_it_answers(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_OPEN, "1");
    rig_start(rig);
    rig_crash_releasing(rig, ORDER("C1"), 0);
    rig_start(rig);
    rig_wait(rig, 60);
    /* The client never heard of it, and asks again. */
    assert_string_equal("I", rig_value(rig_request(rig, ORDER("C1")), "150"));
    assert_refused(rig_request(rig, ORDER("C2")), "3", "too many open orders: 1");
    rig_check_open_orders(rig);
}

static void a_broker_at_its_limit_gets_no_more_until_an_order_ends_there(void **state)
{
    struct rig *rig = limited(state, "broker ALPHA", LIMIT_OPEN, "1");
    put(add_set(rig, "broker BETA"), LIMIT_OPEN, "1");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(rig_request(rig, ORDER("C2")));
    assert_int_equal(1, rig->broker[0].orders);
    assert_int_equal(1, rig->broker[1].orders);
    assert_taken(rig_request(rig, ORDER("C3"))); /* Waits. */
    assert_non_null(rig_event(rig, "OR.QUEUED.VOD", "|11=C3|"));
    (void)rig_request(rig, CANCEL("X1", "C1"));
    assert_int_equal(3, rig->broker[0].orders + rig->broker[1].orders);
}

static void a_broker_with_a_rate_gets_orders_as_it_flows(void **state)
{
    struct rig *rig = limited(state, "broker ALPHA", LIMIT_RATE, "2");
    rig->broker_configs[1].weight = 0;
    rig_start(rig);
    for (unsigned i = 0; i < 5; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "C%u", i);
        assert_taken(order(rig, id, VOD));
    }
    assert_int_equal(2, rig->broker[0].orders);
    rig_pass(rig, 500);
    assert_int_equal(3, rig->broker[0].orders);
    rig_pass(rig, 1000);
    assert_int_equal(5, rig->broker[0].orders);
}

/* --- Repetition ---------------------------------------------------------------------------- */

static void repeated_orders_shut_a_latch_that_only_a_person_opens(void **state)
{
    struct rig *rig = limited(state, "account ISA-1", LIMIT_REPEATS, "2");
    put(&sets[0], LIMIT_REPEAT_WINDOW, "60");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(rig_request(rig, ORDER("C2")));
    assert_refused(rig_request(rig, ORDER("C3")), "99", "repeated order: RepeatedOrders 2");
    /* Another quantity is another order. */
    assert_taken(order(rig, "C4", "55=VOD|54=1|38=99|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME));
    rig_wait(rig, 120);
    rig_crash(rig);
    sets[0].has[LIMIT_REPEATS] = false; /* The latch outlives the limit. */
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C3")), "99", "repeated order: latch ");
    const struct rig_answer *answer = rig_ask(rig, "alice", "limits.latches", "");
    assert_int_equal(1, answer->rows_count);
    char reopen[128];
    (void)snprintf(reopen, sizeof(reopen), "latch=%s|reason=looked at",
                   rig_value(answer->rows[0], "latch"));
    assert_int_equal(COMMAND_DONE, rig_ask(rig, "alice", "limits.reopen", reopen)->result);
    assert_int_equal(COMMAND_REFUSED, rig_ask(rig, "alice", "limits.reopen", reopen)->result);
    assert_taken(rig_request(rig, ORDER("C3")));
}

static void repeated_orders_outside_of_the_window_are_none(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_REPEATS, "2");
    put(&sets[0], LIMIT_REPEAT_WINDOW, "10");
    rig_start(rig);
    for (unsigned i = 0; i < 6; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "C%u", i);
        assert_taken(order(rig, id, VOD));
        rig_wait(rig, 5);
    }
}

static void the_same_content_within_the_window_is_a_duplicate(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_DUPLICATE, "5");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_refused(rig_request(rig, ORDER("C2")), "99", "DuplicateWindow 5 of all");
    assert_taken(order(rig, "C3", "55=VOD|54=1|38=99|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME));
    rig_wait(rig, 5);
    assert_taken(rig_request(rig, ORDER("C2")));
}

static void what_no_window_asks_for_any_more_is_let_go(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_DUPLICATE, "1");
    put(&sets[0], LIMIT_REPEATS, "30");
    put(&sets[0], LIMIT_REPEAT_WINDOW, "1");
    rig_start(rig);
    for (unsigned i = 1; i <= 60; i++) {
        char id[8];
        char fields[256];
        (void)snprintf(id, sizeof(id), "C%u", i);
        (void)snprintf(fields, sizeof(fields), "55=VOD|54=1|38=%u|40=2|44=10.5|59=1|" TIME, i);
        assert_taken(order(rig, id, fields));
        rig_pass(rig, 1000);
    }
    assert_in_range(rig_table_count(rig, TABLE_LIMIT), 1, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rate_takes_a_burst_then_as_many_as_flow_in_also_over_a_crash),
        TEST(open_orders_are_counted_until_they_end_however_they_end),
        TEST(orders_that_wait_are_open_until_they_expire_or_are_cancelled),
        TEST(requests_of_one_turn_do_not_pass_the_limit_together),
        TEST(an_order_counts_once_when_the_gateway_dies_before_it_answers),
        TEST(a_broker_at_its_limit_gets_no_more_until_an_order_ends_there),
        TEST(a_broker_with_a_rate_gets_orders_as_it_flows),
        TEST(repeated_orders_shut_a_latch_that_only_a_person_opens),
        TEST(repeated_orders_outside_of_the_window_are_none),
        TEST(the_same_content_within_the_window_is_a_duplicate),
        TEST(what_no_window_asks_for_any_more_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
