/* Canary orders: each goes to the broker that it is for, or nowhere, and is an order like any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/core/routing/canary.h"
#include "tests/unit/core_rig.h"
#include "tests/unit/core_rig_parts.h"

#include <stdio.h>

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    rig_start(rig);
    *state = rig;
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

/* The client is the one that the request names. */
static const char *request(struct rig *rig, const char *text)
{
    uint8_t bytes[512];
    ASSERT(strlen(text) <= sizeof(bytes));
    size_t size = rig_with_soh(text, bytes);
    rig_turn_begin(rig);
    engine_request(rig->engine, span_of(NULL, 0), span_text("route"), span_of(bytes, size));
    assert_true(rig_turn_end(rig));
    rig_settle(rig);
    return rig->replies.line[rig->replies.count - 1];
}

static const char *enter(struct rig *rig, const char *cl_ord_id, char time_in_force)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "35=D|49=" CANARY_CLIENT "|11=%s|55=TEST|54=1|38=1|40=2|44=0.01|59=%c|"
                   "60=20260921-14:13:20|",
                   cl_ord_id, time_in_force);
    return request(rig, text);
}

/* The state in which it is after it was entered. */
static const char *canary(struct rig *rig, const char *cl_ord_id)
{
    return rig_value(enter(rig, cl_ord_id, '3'), "10005");
}

static const char *state_of(struct rig *rig, const char *cl_ord_id)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "35=H|49=" CANARY_CLIENT "|11=%s|55=TEST|54=1|", cl_ord_id);
    return rig_value(request(rig, text), "10005");
}

static void assert_taken(const struct rig *rig, unsigned alpha, unsigned beta)
{
    assert_int_equal(alpha, rig->broker[0].orders);
    assert_int_equal(beta, rig->broker[1].orders);
}

static void a_canary_goes_to_the_broker_that_it_names(void **state)
{
    struct rig *rig = *state;
    for (unsigned i = 0; i < 3; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "BETA.%u", i);
        assert_string_equal("SENT", canary(rig, id));
    }
    assert_taken(rig, 0, 3);
    assert_string_equal("SENT", canary(rig, "ALPHA.1"));
    assert_taken(rig, 1, 3);
}

static void a_canary_goes_there_whatever_mode_and_rules_say_of_other_orders(void **state)
{
    struct rig *rig = *state;
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=TEST");
    rig_done_by_two(rig, "route.mode", "mode=primary-backup|primary=ALPHA");
    assert_string_equal("SENT", canary(rig, "BETA.1"));
    rig_done_by_two(rig, "route.mode", "mode=pinned");
    assert_string_equal("SENT", canary(rig, "BETA.2"));
    assert_taken(rig, 0, 2);
}

static void what_keeps_orders_from_a_broker_keeps_its_canaries_too(void **state)
{
    struct rig *rig = *state;
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=TEST|never=true");
    assert_string_equal("EXPIRED", canary(rig, "BETA.1"));
    rig_done(rig, "route.rule.delete", "broker=BETA|symbol=TEST");
    rig_done(rig, "broker.drain", "broker=BETA");
    assert_string_equal("EXPIRED", canary(rig, "BETA.2"));
    rig_done(rig, "broker.auto", "broker=BETA");
    rig_measure(rig, "BETA", "OPEN", 0, 0, 0);
    assert_string_equal("EXPIRED", canary(rig, "BETA.3"));
    rig_done(rig, "kill.on", "scope=client " CANARY_CLIENT "|reason=test");
    assert_string_equal("8", rig_value(enter(rig, "ALPHA.1", '3'), "39"));
    assert_taken(rig, 0, 0);
}

static void a_canary_is_one_of_the_probes_of_a_broker_that_is_half_open(void **state)
{
    struct rig *rig = *state;
    rig_measure(rig, "BETA", "HALF_OPEN", 500, 100, 1);
    assert_string_equal("SENT", canary(rig, "BETA.1"));
    assert_string_equal("EXPIRED", canary(rig, "BETA.2"));
    assert_taken(rig, 0, 1);
}

static void a_canary_for_nobody_goes_to_nobody(void **state)
{
    static const char *const ids[] = {"GAMMA.1", "ALPHA", "C1", ".1"};
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        assert_string_equal("EXPIRED", canary(rig, ids[i]));
    }
    assert_taken(rig, 0, 0);
}

static void a_canary_is_never_sent_twice(void **state)
{
    struct rig *rig = *state;
    (void)canary(rig, "BETA.1");
    (void)canary(rig, "BETA.1");
    rig_crash(rig);
    rig_start(rig);
    (void)canary(rig, "BETA.1");
    assert_taken(rig, 0, 1);
}

/* The broker provably did not get it: any other order would go to the other one. */
static void a_canary_that_did_not_arrive_goes_to_no_other_broker(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].deaf = true;
    assert_string_equal("SENT", canary(rig, "BETA.1"));
    (void)enter(rig, "BETA.2", '1');
    rig->broker[1].listening = false;
    rig_drop(rig, 1);
    rig_settle(rig);
    assert_string_equal("IN_DOUBT", state_of(rig, "BETA.1"));
    rig->broker[1].listening = true;
    rig->broker[1].deaf = false;
    rig_wait(rig, 120);
    assert_int_equal(0, rig->broker[0].orders);
    assert_string_not_equal("IN_DOUBT", state_of(rig, "BETA.1"));
    assert_string_not_equal("IN_DOUBT", state_of(rig, "BETA.2"));
}

static void canaries_are_listed_by_their_client(void **state)
{
    struct rig *rig = *state;
    (void)canary(rig, "BETA.1");
    const struct rig_answer *answer = rig_ask(rig, "alice", "orders.list", "client=" CANARY_CLIENT);
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_int_equal(1, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], CANARY_CLIENT));
    answer = rig_ask(rig, "alice", "route.explain", "order=BETA.1|client=" CANARY_CLIENT);
    assert_string_equal("the order is for another broker: a rule says so, or it is a canary",
                        rig_value(rig_row(answer, "ALPHA"), "verdict"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)
    const struct CMUnitTest tests[] = {
        TEST(a_canary_goes_to_the_broker_that_it_names),
        TEST(a_canary_goes_there_whatever_mode_and_rules_say_of_other_orders),
        TEST(what_keeps_orders_from_a_broker_keeps_its_canaries_too),
        TEST(a_canary_is_one_of_the_probes_of_a_broker_that_is_half_open),
        TEST(a_canary_for_nobody_goes_to_nobody),
        TEST(a_canary_is_never_sent_twice),
        TEST(a_canary_that_did_not_arrive_goes_to_no_other_broker),
        TEST(canaries_are_listed_by_their_client),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
