/* What people want of brokers and what the router measured: what is kept, told and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/core/routing/routing_table.h"
#include "tests/unit/core_rig.h"
#include "tests/unit/core_rig_parts.h"

#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=10.5|60=20260921-14:13:20|"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->config.router_post_max_age_ns = 10 * UINT64_C(1000000000);
    rig->broker[0].manner = RIG_SILENT;
    *state = rig;
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static void refused(struct rig *rig, const char *name, const char *arguments, const char *words)
{
    const struct rig_answer *answer = rig_ask(rig, "alice", name, arguments);
    assert_int_equal(COMMAND_REFUSED, answer->result);
    if (strstr(answer->words, words) == NULL) {
        fail_msg("%s %s: %s", name, arguments, answer->words);
    }
}

static void post(struct rig *rig, const char *broker, const char *breaker)
{
    char text[160];
    (void)snprintf(text, sizeof(text), "broker=%s|breaker=%s|score=1000|ramp=1000|reason=slow",
                   broker, breaker);
    rig_done(rig, "broker.measure", text);
}

/* A field of ALPHA's row of broker.list. */
static const char *listed(struct rig *rig, const char *field)
{
    const struct rig_answer *answer = rig_ask(rig, "alice", "broker.list", "");
    assert_int_equal(RIG_BROKERS, answer->rows_count);
    return rig_value(answer->rows[0], field);
}

static void freeze(struct rig *rig)
{
    rig_turn_begin(rig);
    routing_freeze(rig->engine, 0, "it asks for what it has answered");
    (void)rig_turn_end(rig);
    rig_settle(rig);
}

/* --- What people want ---------------------------------------------------------------- */

static void what_is_wanted_and_what_is_measured_stand_side_by_side(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    post(rig, "ALPHA", "CLOSED");
    rig_done(rig, "broker.open", "broker=ALPHA|reason=it is slow");
    assert_string_equal("FORCED_OPEN", listed(rig, "admin"));
    assert_string_equal("CLOSED", listed(rig, "breaker"));
    assert_string_equal("breaker forced open by an operator", listed(rig, "new_orders"));
    assert_string_equal("alice", listed(rig, "admin_by"));
    post(rig, "ALPHA", "OPEN");
    rig_done(rig, "broker.close", "broker=ALPHA|reason=the router errs");
    assert_string_equal("OPEN", listed(rig, "breaker"));
    assert_string_equal("yes", listed(rig, "new_orders"));
    rig_done(rig, "broker.maintenance", "broker=ALPHA");
    assert_string_equal("under maintenance", listed(rig, "new_orders"));
    rig_done(rig, "broker.auto", "broker=ALPHA");
    assert_string_equal("breaker open", listed(rig, "new_orders"));
}

static void drain_is_not_drained_while_orders_are_open_there(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    const struct rig_answer *answer = rig_ask(rig, "alice", "broker.drain", "broker=ALPHA");
    assert_non_null(strstr(answer->words, "orders still open there: 2"));
    assert_string_equal("no: 2 orders are open there", listed(rig, "drained"));
    assert_string_equal("2", listed(rig, "unacked"));
    char report[256];
    for (unsigned i = 0; i < 2; i++) {
        (void)snprintf(
            report, sizeof(report), "37=O1|17=X%u|11=%s|150=8|39=8|55=VOD|54=1|14=0|151=0|6=0|", i,
            rig_value(rig_event(rig, "OR.SENT.VOD", i == 0 ? "|11=C1|" : "|11=C2|"), "10004"));
        rig_broker_says(rig, 0, "8", report);
    }
    assert_string_equal("yes", listed(rig, "drained"));
}

static void orders_in_doubt_are_counted_with_their_broker(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_settle(rig);
    assert_string_equal("2", listed(rig, "in_doubt"));
    assert_string_equal("DISCONNECTED", listed(rig, "sessions"));
    assert_string_equal("none of its sessions can send", listed(rig, "new_orders"));
}

static void a_wish_is_an_event_and_survives_a_crash(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "broker.drain", "broker=ALPHA|reason=the desk asked");
    const char *event = rig_event(rig, "RT.ALPHA", NULL);
    assert_string_equal("DRAIN", rig_value(event, "10022"));
    assert_string_equal("alice", rig_value(event, "10030"));
    assert_string_equal("the desk asked", rig_value(event, "10007"));
    rig_crash(rig);
    rig_start(rig);
    assert_string_equal("DRAIN", listed(rig, "admin"));
    assert_string_equal("alice", listed(rig, "admin_by"));
}

static void a_frozen_broker_gets_orders_only_when_two_persons_thaw_it(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    freeze(rig);
    freeze(rig);
    assert_int_equal(1, rig_event_count(rig, "ALPHA is frozen"));
    rig_crash(rig);
    rig_start(rig);
    rig_done(rig, "broker.close", "broker=ALPHA|reason=test");
    assert_string_equal("QUEUED", rig_value(rig_request(rig, ORDER("C1")), "10005"));
    assert_string_equal("frozen: nothing is proven of what it has", listed(rig, "new_orders"));
    const struct rig_answer *answer =
        rig_ask(rig, "alice", "broker.thaw", "broker=ALPHA|reason=the broker rang");
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    assert_non_null(strstr(answer->words, "it asks for what it has answered"));
    assert_int_equal(0, rig->broker[0].orders);
    answer = rig_ask(rig, "bob", "approvals.approve", "number=1");
    assert_int_equal(COMMAND_DONE, answer->result);
    rig_wait(rig, 10);
    assert_int_equal(1, rig->broker[0].orders);
    refused(rig, "broker.thaw", "broker=ALPHA|reason=again", "not frozen");
}

static void weight_and_capacity_of_a_person_stay_until_the_configuration_is_asked_for(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].weight = 5;
    rig->broker_configs[0].capacity = 7;
    rig_start(rig);
    rig_done(rig, "broker.weight", "broker=ALPHA|weight=9");
    rig_done(rig, "broker.capacity", "broker=ALPHA|capacity=3");
    rig_crash(rig);
    rig->broker_configs[0].weight = 6;
    rig->broker_configs[0].capacity = 8;
    rig_start(rig);
    assert_string_equal("9", listed(rig, "weight"));
    assert_string_equal("3", listed(rig, "capacity"));
    rig_done(rig, "broker.weight", "broker=ALPHA");
    rig_done(rig, "broker.capacity", "broker=ALPHA");
    assert_string_equal("6", listed(rig, "weight"));
    assert_string_equal("8", listed(rig, "capacity"));
    refused(rig, "broker.weight", "broker=ALPHA|weight=1000001", "from 0 to 1000000");
    assert_string_equal("6", listed(rig, "weight"));
}

static void an_order_waits_while_all_weights_are_zero(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "broker.weight", "broker=ALPHA|weight=0");
    rig_done(rig, "broker.weight", "broker=BETA|weight=0");
    assert_string_equal("QUEUED", rig_value(rig_request(rig, ORDER("C1")), "10005"));
    rig_done(rig, "broker.weight", "broker=BETA|weight=1");
    assert_int_equal(1, rig->broker[1].orders);
}

static void a_broker_is_shown_with_each_state_and_why(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    post(rig, "ALPHA", "OPEN");
    rig_done(rig, "broker.drain", "broker=ALPHA");
    const struct rig_answer *answer = rig_ask(rig, "alice", "broker.show", "broker=ALPHA");
    bool breaker = false;
    bool session = false;
    for (uint32_t i = 0; i < answer->rows_count; i++) {
        breaker = breaker || (strstr(answer->rows[i], "|what=breaker|is=OPEN|") != NULL &&
                              strstr(answer->rows[i], "|why=slow|") != NULL);
        session = session || strstr(answer->rows[i], "|what=FIX.4.4:FIXGATE->ALPHA|is=READY|");
    }
    assert_true(breaker);
    assert_true(session);
}

/* --- What the router posts ---------------------------------------------------------------- */

static void a_change_of_the_breaker_is_an_event_with_old_new_and_reason(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    post(rig, "ALPHA", "OPEN");
    const char *event = rig_event(rig, "RT.ALPHA", NULL);
    assert_string_equal("OPEN", rig_value(event, "10020"));
    assert_string_equal("CLOSED", rig_value(event, "10021"));
    assert_string_equal("slow", rig_value(event, "10007"));
    assert_non_null(rig_said(rig, "breaker of ALPHA: CLOSED -> OPEN: slow"));
    post(rig, "ALPHA", "OPEN");
    assert_int_equal(1, rig_event_count(rig, "RT.ALPHA"));
}

static void a_post_that_says_nothing_new_is_not_written(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    post(rig, "ALPHA", "CLOSED");
    uint64_t version = rig->engine->routing.version;
    uint64_t batch = rig->engine->batch_number;
    post(rig, "ALPHA", "CLOSED");
    assert_int_equal(version, rig->engine->routing.version);
    rig_done(rig, "broker.measure",
             "broker=ALPHA|breaker=CLOSED|score=1000|ramp=1000|reason=other");
    assert_int_equal(batch, rig->engine->batch_number);
    assert_string_equal("other", rig->engine->routing.brokers[0].reason);
    rig_done(rig, "broker.measure", "broker=ALPHA|breaker=CLOSED|score=999|ramp=1000|reason=other");
    assert_true(rig->engine->batch_number > batch);
}

static void a_post_out_of_range_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    refused(rig, "broker.measure", "broker=ALPHA|breaker=OPEN|score=100001|ramp=1000", "'score'");
    refused(rig, "broker.measure", "broker=ALPHA|breaker=OPEN|score=1|ramp=1001", "'ramp'");
    refused(rig, "broker.measure", "broker=ALPHA|breaker=AJAR|score=1|ramp=1", "'breaker'");
    refused(rig, "broker.measure", "broker=GAMMA|breaker=OPEN|score=1|ramp=1", "'broker'");
    refused(rig, "broker.measure", "broker=ALPHA|breaker=OPEN|ramp=1", "'score'");
    assert_string_equal("CLOSED", listed(rig, "breaker"));
}

static void a_router_that_falls_silent_is_told_of_once_and_its_table_stays(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_FILL;
    rig_start(rig);
    rig_wait(rig, 60);
    assert_int_equal(0, rig_event_count(rig, "the router posts no more"));
    post(rig, "ALPHA", "CLOSED");
    post(rig, "BETA", "HALF_OPEN");
    assert_string_equal("posts", listed(rig, "router"));
    rig_wait(rig, 30);
    assert_int_equal(1, rig_event_count(rig, "the router posts no more"));
    assert_non_null(rig_event(rig, "AL.critical", "BETA stays HALF_OPEN"));
    assert_string_equal("silent: nobody moves the breaker", listed(rig, "router"));
    /* Who is away is left out without any router. */
    rig_drop(rig, 1);
    for (unsigned i = 0; i < 3; i++) {
        (void)rig_request(rig, i == 0 ? ORDER("C1") : i == 1 ? ORDER("C2") : ORDER("C3"));
    }
    assert_int_equal(3, rig->broker[0].orders);
    post(rig, "BETA", "HALF_OPEN");
    assert_int_equal(1, rig_event_count(rig, "the router posts again"));
    /* But not for ALPHA. */
    assert_string_equal("silent: nobody moves the breaker", listed(rig, "router"));
    post(rig, "ALPHA", "CLOSED");
    assert_string_equal("posts", listed(rig, "router"));
}

static void a_router_has_its_time_again_after_a_restart(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    post(rig, "ALPHA", "OPEN");
    rig_crash(rig);
    rig->now_ns += 3600 * UINT64_C(1000000000);
    rig_start(rig);
    assert_string_equal("OPEN", listed(rig, "breaker"));
    assert_int_equal(0, rig_event_count(rig, "the router posts no more"));
    rig_wait(rig, 15);
    assert_int_equal(1, rig_event_count(rig, "the router posts no more"));
}

/* --- What is kept ------------------------------------------------------------------------ */

static void a_broker_that_the_configuration_has_no_more_is_ignored_and_told_of(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "broker.drain", "broker=BETA");
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=VOD");
    rig_crash(rig);
    rig->broker_configs[1].name = "GAMMA";
    rig_start(rig);
    const char *alert = rig_event(rig, "AL.warning", "the configuration has no more");
    assert_non_null(strstr(alert, "broker BETA"));
    assert_non_null(strstr(alert, "a rule of BETA"));
    assert_int_equal(BROKER_AUTO, rig->engine->routing.brokers[1].admin);
    assert_int_equal(0, rig->engine->routing.rules_count);
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD");
    rig_crash(rig);
    rig->broker_configs[1].name = "BETA";
    rig_start(rig);
    assert_int_equal(BROKER_DRAIN, rig->engine->routing.brokers[1].admin);
    assert_int_equal(1, rig->engine->routing.rules_count);
    assert_int_equal(0, rig->engine->routing.rules[0].broker);
}

static void without_its_primary_all_orders_wait_and_a_failover_gives_them_another(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_FILL;
    rig_start(rig);
    rig_done_by_two(rig, "route.mode", "mode=PRIMARY_BACKUP|primary=BETA");
    rig_crash(rig);
    rig->broker_configs[1].name = "GAMMA";
    rig_start(rig);
    rig_wait(rig, 10);
    assert_non_null(rig_event(rig, "AL.warning", "all orders wait until route.mode"));
    assert_string_equal("QUEUED", rig_value(rig_request(rig, ORDER("C1")), "10005"));
    const struct rig_answer *answer = rig_ask(rig, "alice", "route.table", "");
    assert_string_equal("", rig_value(answer->rows[0], "primary"));
    rig_done_by_two(rig, "failover.begin", "from=GAMMA|to=ALPHA|reason=test|canaries=0|ramp=0");
    rig_wait(rig, 60);
    assert_int_equal(1, rig->broker[0].orders);
}

static void rules_are_kept_over_a_crash_one_for_each_key(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD");
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=VOD");
    rig_done(rig, "route.rule.set", "broker=ALPHA|symbol=VOD|never=true");
    rig_done(rig, "route.rule.set", "broker=ALPHA|account=A1");
    rig_done(rig, "route.rule.delete", "broker=ALPHA|account=A1");
    refused(rig, "route.rule.delete", "broker=ALPHA|account=A1", "no such rule");
    refused(rig, "route.rule.set", "broker=ALPHA", "needs a symbol");
    rig_crash(rig);
    rig_start(rig);
    const struct rig_answer *answer = rig_ask(rig, "alice", "route.rules", "");
    assert_int_equal(2, answer->rows_count);
    unsigned pins = 0;
    for (uint32_t i = 0; i < 2; i++) {
        pins += strstr(answer->rows[i], "|symbol=VOD|account=|broker=BETA|rule=only|") != NULL;
        pins += strstr(answer->rows[i], "|symbol=VOD|account=|broker=ALPHA|rule=never|") != NULL;
    }
    assert_int_equal(2, pins);
}

static void there_are_no_more_rules_than_there_is_room_for(void **state)
{
    struct rig *rig = *state;
    char text[64];
    rig_start(rig);
    for (unsigned i = 0; i < ROUTING_RULES_MAX; i++) {
        (void)snprintf(text, sizeof(text), "broker=ALPHA|symbol=S%u", i);
        rig_done(rig, "route.rule.set", text);
    }
    refused(rig, "route.rule.set", "broker=ALPHA|symbol=VOD", "no room");
    rig_done(rig, "route.rule.set", "broker=BETA|symbol=S7");
    assert_int_equal(ROUTING_RULES_MAX, rig->engine->routing.rules_count);
}

static void the_table_says_mode_and_version_and_grows_with_each_change(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "broker.drain", "broker=ALPHA");
    uint64_t version = rig->engine->routing.version;
    rig_crash(rig);
    rig_start(rig);
    assert_int_equal(version, rig->engine->routing.version);
    rig_done(rig, "broker.auto", "broker=ALPHA");
    assert_true(rig->engine->routing.version > version);
    const struct rig_answer *answer = rig_ask(rig, "alice", "route.table", "");
    assert_string_equal("ACTIVE_ACTIVE", rig_value(answer->rows[0], "mode"));
    refused(rig, "route.mode", "mode=PRIMARY_BACKUP", "'primary' is missing");
    refused(rig, "route.mode", "mode=PINNED|primary=ALPHA", "'primary' has a meaning");
    refused(rig, "route.mode", "mode=SIDEWAYS", "'mode' must be");
}

static void modes_may_be_said_in_any_case_and_are_told_in_one(void **state)
{
    static const struct {
        const char *said;
        const char *told;
    } cases[] = {{"mode=pinned", "PINNED"},
                 {"mode=primary-backup|primary=BETA", "PRIMARY_BACKUP"},
                 {"mode=active-active", "ACTIVE_ACTIVE"},
                 {"mode=Primary_Backup|primary=ALPHA", "PRIMARY_BACKUP"}};
    struct rig *rig = *state;
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rig_done_by_two(rig, "route.mode", cases[i].said);
        const struct rig_answer *answer = rig_ask(rig, "alice", "route.table", "");
        assert_string_equal(cases[i].told, rig_value(answer->rows[0], "mode"));
    }
    refused(rig, "route.mode", "mode=primary backup|primary=BETA", "'mode' must be");
    refused(rig, "route.mode", "mode=primary|primary=BETA", "'mode' must be");
}

static void a_record_of_another_version_stops_the_start(void **state)
{
    struct rig *rig = *state;
    static const uint8_t other[] = {99, 0};
    rig_start(rig);
    rig_turn_begin(rig);
    view_put(&rig->engine->view, TABLE_CONTROL, span_text("route/broker/ALPHA"),
             span_of(other, sizeof(other)));
    (void)rig_turn_end(rig);
    struct text error = {.size = 0};
    rig_turn_begin(rig);
    const char *refusal = routing_table_start(rig->engine, &error);
    (void)rig_turn_end(rig);
    assert_non_null(refusal);
    assert_non_null(strstr(refusal, "unknown version"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)
    const struct CMUnitTest tests[] = {
        TEST(what_is_wanted_and_what_is_measured_stand_side_by_side),
        TEST(drain_is_not_drained_while_orders_are_open_there),
        TEST(orders_in_doubt_are_counted_with_their_broker),
        TEST(a_wish_is_an_event_and_survives_a_crash),
        TEST(a_frozen_broker_gets_orders_only_when_two_persons_thaw_it),
        TEST(weight_and_capacity_of_a_person_stay_until_the_configuration_is_asked_for),
        TEST(an_order_waits_while_all_weights_are_zero),
        TEST(a_broker_is_shown_with_each_state_and_why),
        TEST(a_change_of_the_breaker_is_an_event_with_old_new_and_reason),
        TEST(a_post_that_says_nothing_new_is_not_written),
        TEST(a_post_out_of_range_is_refused),
        TEST(a_router_that_falls_silent_is_told_of_once_and_its_table_stays),
        TEST(a_router_has_its_time_again_after_a_restart),
        TEST(a_broker_that_the_configuration_has_no_more_is_ignored_and_told_of),
        TEST(without_its_primary_all_orders_wait_and_a_failover_gives_them_another),
        TEST(rules_are_kept_over_a_crash_one_for_each_key),
        TEST(there_are_no_more_rules_than_there_is_room_for),
        TEST(the_table_says_mode_and_version_and_grows_with_each_change),
        TEST(modes_may_be_said_in_any_case_and_are_told_in_one),
        TEST(a_record_of_another_version_stops_the_start),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
