/* The outbound rate: OutboundRate, OutboundBurst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/sessions/links.h"
#include "tests/unit/core_rig.h"

#define SECOND_NS UINT64_C(1000000000)

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker_configs[1].weight = 0;
    rig->broker[1].listening = false;
    rig->broker[0].manner = RIG_ACK;
    rig->sessions[0].rate_per_second = 2;
    rig->sessions[0].rate_burst = 8;
    *state = rig;
    return 0;
}

static void order_with(struct rig *rig, unsigned number, char time_in_force)
{
    char text[160];
    (void)snprintf(text, sizeof(text),
                   "35=D|49=OMS|11=C%u|55=VOD|54=1|38=100|40=2|44=10.5|59=%c|"
                   "60=20260921-14:13:20|",
                   number, time_in_force);
    (void)rig_request(rig, text);
}

static void order(struct rig *rig, unsigned number)
{
    order_with(rig, number, '1');
}

static void cancel(struct rig *rig, unsigned number)
{
    char text[160];
    (void)snprintf(text, sizeof(text),
                   "35=F|49=OMS|11=X%u|41=C%u|55=VOD|54=1|38=100|60=20260921-14:13:20|", number,
                   number);
    (void)rig_request(rig, text);
}

static void start_full(struct rig *rig)
{
    rig_start(rig);
    rig_pass(rig, 5000); /* What the Logon took has come back. */
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void new_orders_leave_a_quarter_of_the_burst_and_then_go_at_the_rate(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 10; i++) {
        order(rig, i);
    }
    assert_int_equal(6, rig->broker[0].orders); /* 8 tokens, of which 2 stay. */
    assert_non_null(rig_event(rig, "OR.QUEUED.VOD", "|11=C7|"));
    assert_true(engine_deadline_ns(rig->engine) <= rig->now_ns + SECOND_NS / 2);
    rig_pass(rig, 400);
    assert_int_equal(6, rig->broker[0].orders);
    rig_pass(rig, 200);
    assert_int_equal(7, rig->broker[0].orders);
    rig_pass(rig, 400);
    assert_int_equal(8, rig->broker[0].orders);
    rig_pass(rig, 1000);
    assert_int_equal(10, rig->broker[0].orders);
    rig_pass(rig, 5000);
    assert_int_equal(10, rig->broker[0].orders);
}

static void orders_that_waited_for_the_rate_keep_their_order(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 8; i++) {
        order(rig, i);
    }
    rig->now_ns += SECOND_NS / 2; /* A token is there, and a newer order comes first. */
    order(rig, 9);
    rig_pass(rig, 5000);
    assert_int_equal(9, rig->broker[0].orders);
    uint64_t seq7 = strtoull(rig_value(rig_event(rig, "OR.SENT.VOD", "|11=C7|"), "34"), NULL, 10);
    uint64_t seq8 = strtoull(rig_value(rig_event(rig, "OR.SENT.VOD", "|11=C8|"), "34"), NULL, 10);
    uint64_t seq9 = strtoull(rig_value(rig_event(rig, "OR.SENT.VOD", "|11=C9|"), "34"), NULL, 10);
    assert_true(seq7 < seq8);
    assert_true(seq8 < seq9);
}

static void cancels_take_the_tokens_that_new_orders_leave(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 8; i++) {
        order(rig, i);
    }
    cancel(rig, 1);
    cancel(rig, 2);
    cancel(rig, 3);
    assert_string_equal("F", rig->broker[0].last_msg_type);
    assert_non_null(rig_event(rig, "ER.", "|11=X1|"));
    assert_non_null(rig_event(rig, "ER.", "|11=X2|"));
    assert_null(rig_event(rig, "ER.", "|11=X3|")); /* The last token is gone. */
    rig_pass(rig, 500);
    assert_non_null(rig_event(rig, "ER.", "|11=X3|")); /* Before C7, which is older. */
    assert_int_equal(6, rig->broker[0].orders);
    rig_pass(rig, 10000);
    assert_int_equal(8, rig->broker[0].orders);
}

static void session_messages_go_without_tokens_and_are_paid_back(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 6; i++) {
        order(rig, i);
    }
    for (unsigned i = 0; i < 6; i++) {
        uint64_t before = rig->broker[0].session.seq_in_next;
        effects_reset(&rig->effects);
        char id[8];
        (void)snprintf(id, sizeof(id), "T%u", i);
        (void)rig_command(rig, 0, SESSION_COMMAND_TEST_REQUEST, false);
        assert_int_equal(before + 1, rig->broker[0].session.seq_in_next);
    }
    order(rig, 7);
    rig_pass(rig, 3000);
    assert_int_equal(6, rig->broker[0].orders); /* Two left, less six: four are owed. */
    rig_pass(rig, 1500);
    assert_int_equal(7, rig->broker[0].orders);
}

static void an_order_that_may_not_wait_does_not_wait_for_the_rate(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 6; i++) {
        order(rig, i);
    }
    order_with(rig, 7, '3');
    assert_non_null(rig_event(rig, "ER.", "|150=C|"));
    rig_pass(rig, 5000);
    assert_int_equal(6, rig->broker[0].orders);
}

static void a_resend_waits_for_tokens_too(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_pass(rig, 5000);
    rig->broker[0].deaf = true;
    for (unsigned i = 1; i <= 6; i++) {
        order(rig, i);
    }
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    rig_pass(rig, 2000);
    assert_true(rig->broker[0].orders < 6);
    rig_pass(rig, 6000);
    assert_int_equal(6, rig->broker[0].orders);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void a_burst_of_one_sends_one_at_a_time(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].rate_burst = 1;
    start_full(rig);
    for (unsigned i = 1; i <= 3; i++) {
        order(rig, i);
    }
    assert_int_equal(1, rig->broker[0].orders);
    rig_pass(rig, 500);
    assert_int_equal(2, rig->broker[0].orders);
    rig_pass(rig, 500);
    assert_int_equal(3, rig->broker[0].orders);
}

static void what_waits_for_the_rate_survives_a_crash(void **state)
{
    struct rig *rig = *state;
    start_full(rig);
    for (unsigned i = 1; i <= 9; i++) {
        order(rig, i);
    }
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 10000);
    assert_int_equal(9, rig->broker[0].orders);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(new_orders_leave_a_quarter_of_the_burst_and_then_go_at_the_rate),
        RIG_TEST(orders_that_waited_for_the_rate_keep_their_order),
        RIG_TEST(cancels_take_the_tokens_that_new_orders_leave),
        RIG_TEST(session_messages_go_without_tokens_and_are_paid_back),
        RIG_TEST(an_order_that_may_not_wait_does_not_wait_for_the_rate),
        RIG_TEST(a_resend_waits_for_tokens_too),
        RIG_TEST(a_burst_of_one_sends_one_at_a_time),
        RIG_TEST(what_waits_for_the_rate_survives_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
