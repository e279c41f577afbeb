/* Drops, reconnects and crashes: nothing lost, nothing doubled, doubt is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define ABOUT     "55=VOD|54=1|38=100|60=20260921-14:13:20|"
#define ORDER(id) "35=D|49=OMS|11=" id "|" VOD

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker_configs[1].weight = 0; /* One broker, unless a test says otherwise. */
    *state = rig;
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static void assert_state(struct rig *rig, const char *id, const char *order_state)
{
    char request[128];
    (void)snprintf(request, sizeof(request), "35=H|49=OMS|11=%s|55=VOD|54=1|", id);
    const char *reply = rig_request(rig, request);
    if (strcmp(rig_value(reply, "10005"), order_state) != 0) {
        print_error("%s expected in %s\n", order_state, reply);
    }
    assert_string_equal(order_state, rig_value(reply, "10005"));
}

static void an_order_the_broker_never_read_is_in_doubt_held_and_then_goes_on(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[1].weight = 1;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, ORDER("C1"));
    assert_state(rig, "C1", "SENT");
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_settle(rig);
    assert_state(rig, "C1", "IN_DOUBT");
    assert_non_null(rig_event(rig, "OR.IN_DOUBT.VOD", "|11=C1|"));

    /* Another broker comes: an order in doubt does not go there. */
    rig->broker[1].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(0, rig->broker[1].orders);
    assert_state(rig, "C1", "IN_DOUBT");

    rig->broker[0].deaf = false;
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
    assert_state(rig, "C1", "FILLED");
    assert_int_equal(1, rig_event_count(rig, "|150=F|"));
}

static void reports_lost_on_the_line_are_asked_for_again(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X1|11=%s|150=F|39=2|55=VOD|54=1|32=100|31=10|14=100|151=0|6=10|",
                   rig->broker[0].last_cl_ord_id);
    /* The report goes into the line, and the line drops with it. */
    uint8_t bytes[256];
    size_t size = strlen(body);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = body[i] == '|' ? FIX_SOH : (uint8_t)body[i];
    }
    effects_reset(&rig->effects);
    (void)session_send(&rig->broker[0].session, rig->now_ns, span_text("8"), span_of(bytes, size),
                       &rig->effects);
    struct rig_kept *kept = &rig->broker[0].kept[rig->effects.list[0].msg_seq_num];
    kept->size = rig->effects.list[0].bytes.size;
    kept->bytes = malloc(kept->size);
    kept->kind = MESSAGE_APPLICATION;
    memcpy(kept->bytes, rig->effects.list[0].bytes.data, kept->size);
    rig_drop(rig, 0);
    rig_settle(rig);
    assert_state(rig, "C1", "IN_DOUBT");
    rig_pass(rig, 5000);
    assert_state(rig, "C1", "FILLED");
    assert_int_equal(1, rig->broker[0].orders);
}

static void after_a_crash_the_gateway_goes_on_where_it_was(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_state(rig, "C1", "FILLED");
    uint64_t bus_seq = rig->engine->counters.bus_seq;
    rig_crash(rig);
    rig_start(rig);
    assert_true(rig->engine->counters.bus_seq >= bus_seq);
    rig_pass(rig, 2000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_state(rig, "C1", "FILLED");
    assert_string_equal("I", rig_value(rig_request(rig, ORDER("C1")), "150"));
    (void)rig_request(rig, ORDER("C2"));
    assert_state(rig, "C2", "FILLED");
    assert_int_equal(2, rig->broker[0].orders);
    for (size_t i = 0; i < rig->events.count; i++) {
        assert_int_equal(i + 1, rig->events.bus_seq[i]);
    }
}

static void an_order_in_flight_at_the_crash_is_settled_by_the_broker(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    rig_crash(rig);
    rig->broker[0].listening = false;
    rig_start(rig);
    assert_state(rig, "C1", "IN_DOUBT");
    assert_state(rig, "C2", "IN_DOUBT");
    rig->broker[0].deaf = false;
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_state(rig, "C1", "FILLED");
    assert_state(rig, "C2", "FILLED");
    assert_int_equal(2, rig->broker[0].orders);
}

static void queued_orders_survive_the_crash_in_their_order(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    (void)rig_request(rig, "35=F|49=OMS|11=C3|41=C1|" ABOUT);
    rig_crash(rig);
    rig_start(rig);
    assert_state(rig, "C1", "CANCELLED");
    assert_state(rig, "C2", "QUEUED");
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_state(rig, "C2", "FILLED");
    assert_int_equal(1, rig->broker[0].orders);
}

static void a_cancel_waits_for_the_broker_that_has_the_order(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    const char *reply = rig_request(rig, "35=F|49=OMS|11=C2|41=C1|" ABOUT);
    assert_string_equal("6", rig_value(reply, "150"));
    assert_string_equal("3", rig_value(rig_request(rig, "35=F|49=OMS|11=C9|41=C1|" ABOUT), "102"));
    rig_crash(rig);
    rig_start(rig);
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_state(rig, "C1", "CANCELLED");
    assert_string_equal("C2", rig_value(rig_event(rig, "|150=4|", NULL), "11"));
}

static void an_order_whose_day_ended_while_the_broker_was_away_is_not_sent_again(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_request(rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=1|59=0|60=20260921-14:13:20|");
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    rig->now_ns += UINT64_C(12) * 3600 * 1000000000;
    rig_pass(rig, 1000);
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(0, rig->broker[0].orders);
    assert_state(rig, "C1", "EXPIRED");
    assert_non_null(rig_event(rig, "ER.FIXGATE.VOD", "|150=C|"));
}

static void a_broker_that_stays_away_is_told_of_once(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    rig->broker[0].listening = true;
    rig->broker[0].deaf = true;
    size_t before = rig_event_count(rig, "|10012=DISCONNECTED|");
    rig_pass(rig, 60000);
    assert_int_equal(before, rig_event_count(rig, "|10012=DISCONNECTED|"));
}

static void what_a_broker_has_answered_is_never_sent_again(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    assert_state(rig, "C2", "FILLED");
    assert_int_equal(2, rig->broker[0].orders);
    /* The broker loses what it knew of our numbers, and asks for all of them again. */
    rig_drop(rig, 0);
    rig->broker[0].session.seq_in_next = 1;
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(2, rig->broker[0].orders);
    (void)rig_request(rig, ORDER("C3"));
    assert_state(rig, "C3", "FILLED");
}

static void a_status_that_does_not_know_the_order_proves_nothing(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    char body[256];
    (void)snprintf(body, sizeof(body),
                   "37=NONE|17=0|11=%s|150=I|39=8|55=VOD|54=1|14=0|151=0|6=0|103=5|",
                   rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 0, "8", body);
    assert_state(rig, "C1", "IN_DOUBT");
    assert_non_null(rig_event(rig, "AL.warning", "does not know the order"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_pass(rig, 1000);
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_state(rig, "C1", "IN_DOUBT");
    assert_int_equal(1, rig->broker[0].orders);
}

/* Its number may be one from before a reset; then another order has it now. */
static void a_business_reject_is_of_the_order_that_it_names(void **state)
{
    struct rig *rig = *state;
    char body[256];
    char first[64];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(first, sizeof(first), "%s", rig->broker[0].last_cl_ord_id);
    (void)rig_request(rig, ORDER("C2"));
    (void)snprintf(body, sizeof(body), "45=%u|372=D|379=%s|380=4|58=the desk is closed|",
                   (unsigned)rig->broker[0].session.seq_in_next - 1, first);
    rig_broker_says(rig, 0, "j", body);
    assert_state(rig, "C1", "REJECTED");
    assert_state(rig, "C2", "SENT");
}

static void a_business_reject_that_names_nothing_of_ours_goes_by_its_number(void **state)
{
    struct rig *rig = *state;
    char body[256];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(body, sizeof(body), "45=%u|372=D|379=its own name|380=4|58=closed|",
                   (unsigned)rig->broker[0].session.seq_in_next - 1);
    rig_broker_says(rig, 0, "j", body);
    assert_state(rig, "C1", "REJECTED");
}

static void a_business_reject_behind_a_status_is_the_last_word(void **state)
{
    struct rig *rig = *state;
    char body[256];
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(body, sizeof(body),
                   "37=B1|17=0|11=%s|150=I|39=A|55=VOD|54=1|38=100|14=0|151=100|6=0|",
                   rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 0, "8", body);
    assert_state(rig, "C1", "ACKED");
    (void)snprintf(body, sizeof(body), "45=%u|372=D|379=%s|380=4|58=the desk is closed|",
                   (unsigned)rig->broker[0].session.seq_in_next - 1, rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 0, "j", body);
    assert_state(rig, "C1", "REJECTED");
}

/* The broker keeps what comes behind a gap, and takes it from there when the gap is closed, filled
 * over or not. */
static void what_is_on_its_way_when_the_broker_asks_goes_again_under_its_number(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    /* As if the line had garbled it: the broker sees a gap with the next one. */
    rig->broker[0].session.seq_in_next -= 1;
    (void)rig_request(rig, ORDER("C2"));
    rig_pass(rig, 2000);
    assert_state(rig, "C1", "SENT");
    assert_state(rig, "C2", "SENT");
    assert_int_equal(3, rig->broker[0].orders); /* C1 anew; C2 once. */
}

static void a_dead_peer_is_noticed_by_its_silence(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].deaf = true;
    rig_pass(rig, 80000);
    assert_true(rig_event_count(rig, "DISCONNECTED") > 0);
    assert_string_equal("QUEUED", rig_value(rig_request(rig, ORDER("C1")), "10005"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)
    const struct CMUnitTest tests[] = {
        TEST(an_order_the_broker_never_read_is_in_doubt_held_and_then_goes_on),
        TEST(reports_lost_on_the_line_are_asked_for_again),
        TEST(after_a_crash_the_gateway_goes_on_where_it_was),
        TEST(an_order_in_flight_at_the_crash_is_settled_by_the_broker),
        TEST(queued_orders_survive_the_crash_in_their_order),
        TEST(a_cancel_waits_for_the_broker_that_has_the_order),
        TEST(an_order_whose_day_ended_while_the_broker_was_away_is_not_sent_again),
        TEST(a_broker_that_stays_away_is_told_of_once),
        TEST(what_a_broker_has_answered_is_never_sent_again),
        TEST(a_status_that_does_not_know_the_order_proves_nothing),
        TEST(a_business_reject_is_of_the_order_that_it_names),
        TEST(a_business_reject_that_names_nothing_of_ours_goes_by_its_number),
        TEST(a_business_reject_behind_a_status_is_the_last_word),
        TEST(what_is_on_its_way_when_the_broker_asks_goes_again_under_its_number),
        TEST(a_dead_peer_is_noticed_by_its_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
