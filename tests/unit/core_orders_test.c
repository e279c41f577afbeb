/* Orders from intake to their end, through the real engine, apply and store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define TIME      "60=20260921-14:13:20|"
#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=0|1=ISA-1|15=GBX|" TIME
#define ORDER(id) "8=FIX.4.4|35=D|49=OMS|11=" id "|" VOD

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

static struct rig *started(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_non_null(rig_event(rig, "SE.", "READY"));
    return rig;
}

/* Neither broker is there. */
static struct rig *started_alone(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    return rig;
}

/* C1 is acknowledged; the number of its broker. */
static unsigned acknowledged(struct rig *rig)
{
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    (void)rig_request(rig, ORDER("C1"));
    return rig->broker[0].orders == 1 ? 0 : 1;
}

static void assert_field(const char *line, const char *tag, const char *value)
{
    if (strcmp(rig_value(line, tag), value) != 0) {
        print_error("%s=%s expected in %s\n", tag, value, line == NULL ? "(no line)" : line);
    }
    assert_string_equal(rig_value(line, tag), value);
}

static void order_is_durable_sent_and_filled(void **state)
{
    struct rig *rig = started(state);
    const char *reply = rig_request(rig, ORDER("C1"));
    assert_field(reply, "35", "8");
    assert_field(reply, "150", "A");
    assert_field(reply, "39", "A");
    assert_field(reply, "11", "C1");
    assert_field(reply, "151", "100");
    const char *fill = rig_event(rig, "|150=F|", NULL);
    assert_field(fill, "11", "C1");
    assert_field(fill, "39", "2");
    assert_field(fill, "14", "100");
    assert_field(fill, "151", "0");
    assert_field(fill, "6", "10.5");
    assert_field(fill, "10005", "FILLED");
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
}

static void what_goes_to_the_broker_is_what_came_in(void **state)
{
    struct rig *rig = started(state);
    rig->broker[0].deaf = true;
    rig->broker[1].deaf = true;
    (void)rig_request(rig, "8=FIX.4.4|35=D|49=OMS|11=C1|" VOD "526=MINE|10001=10.4|");
    struct rig_line *line =
        rig->broker[0].to_broker.size > 0 ? &rig->broker[0].to_broker : &rig->broker[1].to_broker;
    char text[2048];
    size_t size = line->size < sizeof(text) - 1 ? line->size : sizeof(text) - 1;
    for (size_t i = 0; i < size; i++) {
        text[i] = line->bytes[i] == FIX_SOH ? '|' : (char)line->bytes[i];
    }
    text[size] = '\0';
    assert_non_null(strstr(text, "|55=VOD|54=1|38=100|40=2|44=10.5|59=0|1=ISA-1|15=GBX|"));
    assert_non_null(strstr(text, "|526=MINE|"));
    assert_null(strstr(text, "|10001="));
    assert_null(strstr(text, "|11=C1|"));
}

static void same_request_again_returns_the_present_state(void **state)
{
    struct rig *rig = started(state);
    (void)rig_request(rig, ORDER("C1"));
    const char *reply = rig_request(rig, ORDER("C1"));
    assert_field(reply, "150", "I");
    assert_field(reply, "39", "2");
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
}

static void other_content_under_a_used_id_is_a_duplicate(void **state)
{
    struct rig *rig = started(state);
    (void)rig_request(rig, ORDER("C1"));
    const char *reply = rig_request(rig, "35=D|49=OMS|11=C1|55=VOD|54=2|38=100|40=2|44=10.5|" TIME);
    assert_field(reply, "150", "8");
    assert_field(reply, "103", "6");
    assert_non_null(strstr(reply, "ClOrdID(11)"));
}

static void rejects_name_the_field(void **state)
{
    struct rig *rig = started(state);
    static const char *const bad[][2] = {
        {"35=D|49=OMS|11=B1|55=VOD|54=1|40=2|44=1|" TIME, "OrderQty(38)"},
        {"35=D|49=OMS|11=B2|55=VOD|54=1|38=-5|40=2|44=1|" TIME, "OrderQty(38)"},
        {"35=D|49=OMS|11=B3|55=VOD|54=1|38=99999999999999|40=2|44=1|" TIME, "OrderQty(38)"},
        {"35=D|49=OMS|11=B4|55=VOD|54=1|38=5|40=2|" TIME, "Price(44)"},
        {"35=D|49=OMS|11=B5|55=VOD|54=?|38=5|40=1|" TIME, "Side(54)"},
        {"35=D|49=OMS|11=B6|54=1|38=5|40=1|" TIME, "Symbol(55)"},
        {"35=D|49=OMS|11=B7|55=VOD|54=1|38=5|40=1|60=yesterday|", "TransactTime(60)"},
        {"35=D|49=OMS|11=B8|55=VOD|54=1|38=5|40=1|59=6|" TIME, "ExpireTime(126)"},
        {"35=D|49=OMS|11=|55=VOD|54=1|38=5|40=1|" TIME, "ClOrdID(11)"},
        {"35=D|49=OMS|55=VOD|54=1|38=5|40=1|" TIME, "ClOrdID(11)"},
        {"49=OMS|11=B9|", "MsgType(35)"},
        {"35=R|49=OMS|11=B9|", "MsgType(35)"},
        {"35=F|49=OMS|11=B9|41=NOPE|55=VOD|54=1|" TIME, "OrigClOrdID(41)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *reply = rig_request(rig, bad[i][0]);
        if (strstr(reply, bad[i][1]) == NULL) {
            print_error("%s\n  got %s\n", bad[i][0], reply);
        }
        assert_non_null(strstr(reply, bad[i][1]));
    }
    assert_int_equal(0, rig->broker[0].orders + rig->broker[1].orders);
}

static void without_a_broker_an_order_waits_and_goes_when_one_comes(void **state)
{
    struct rig *rig = started_alone(state);
    const char *reply = rig_request(rig, ORDER("C1"));
    assert_field(reply, "150", "A");
    assert_field(reply, "10005", "QUEUED");
    rig->broker[1].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(1, rig->broker[1].orders);
    assert_field(rig_event(rig, "|150=F|", NULL), "10003", "BETA");
}

static void immediate_or_cancel_does_not_wait(void **state)
{
    struct rig *rig = started_alone(state);
    (void)rig_request(rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=1|40=1|59=3|" TIME);
    assert_field(rig_event(rig, "|150=C|", NULL), "11", "C1");
    rig->broker[1].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(0, rig->broker[1].orders);
}

static void day_order_expires_in_the_queue(void **state)
{
    struct rig *rig = started_alone(state);
    (void)rig_request(rig, ORDER("C1"));
    rig->now_ns += UINT64_C(10) * 3600 * 1000000000;
    rig_settle(rig);
    const char *expired = rig_event(rig, "|150=C|", NULL);
    assert_field(expired, "11", "C1");
    assert_field(expired, "39", "C");
    assert_field(rig_request(rig, ORDER("C1")), "39", "C");
}

static void queued_order_is_cancelled_and_replaced_here(void **state)
{
    struct rig *rig = started_alone(state);
    (void)rig_request(rig, ORDER("C1"));
    const char *reply =
        rig_request(rig, "35=G|49=OMS|11=C2|41=C1|55=VOD|54=1|38=70|40=2|44=11|" TIME);
    assert_field(reply, "150", "5");
    assert_field(reply, "38", "70");
    (void)rig_request(rig, ORDER("D1"));
    reply = rig_request(rig, "35=F|49=OMS|11=D2|41=D1|55=VOD|54=1|" TIME);
    assert_field(reply, "150", "4");
    assert_field(reply, "39", "4");
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(1, rig->broker[0].orders);
    const char *fill = rig_event(rig, "|150=F|", NULL);
    assert_field(fill, "11", "C2");
    assert_field(fill, "14", "70");
}

static void cancel_goes_to_the_owning_broker(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    char attempt[64];
    (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[owner].last_cl_ord_id);
    const char *reply = rig_request(rig, "35=F|49=OMS|11=C2|41=C1|55=VOD|54=1|" TIME);
    assert_field(reply, "150", "6");
    assert_string_equal("F", rig->broker[owner].last_msg_type);
    assert_string_equal(attempt, rig->broker[owner].last_orig_cl_ord_id);
    const char *cancelled = rig_event(rig, "|150=4|", NULL);
    assert_field(cancelled, "11", "C2");
    assert_field(cancelled, "41", "C1");
    assert_field(cancelled, "39", "4");
    assert_field(rig_request(rig, "35=F|49=OMS|11=C3|41=C1|55=VOD|54=1|" TIME), "102", "0");
}

/* The broker had executed it before it cancelled the rest, and tells it late. */
static void an_execution_that_comes_behind_the_cancel_still_counts(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    char body[512];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X7|11=%s|150=F|39=4|55=VOD|54=1|32=40|31=10|14=40|151=0|6=10|",
                   rig->broker[owner].last_cl_ord_id);
    (void)rig_request(rig, "35=F|49=OMS|11=C2|41=C1|55=VOD|54=1|" TIME);
    rig_broker_says(rig, owner, "8", body);
    const char *reply = rig_request(rig, "35=H|49=OMS|11=C1|55=VOD|54=1|");
    assert_field(reply, "10005", "CANCELLED");
    assert_field(reply, "14", "40");
    assert_field(reply, "151", "0");
    assert_field(reply, "6", "10");
}

static void replaces_chain_by_orig_cl_ord_id(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    (void)rig_request(rig, "35=G|49=OMS|11=C2|41=C1|55=VOD|54=1|38=70|40=2|44=11|" TIME);
    char replaced[64];
    (void)snprintf(replaced, sizeof(replaced), "%s", rig->broker[owner].last_cl_ord_id);
    assert_field(rig_event(rig, "|150=5|", NULL), "38", "70");
    /* By its old name it is known, but no longer to be changed. */
    assert_field(rig_request(rig, "35=F|49=OMS|11=C9|41=C1|55=VOD|54=1|" TIME), "35", "9");
    (void)rig_request(rig, "35=F|49=OMS|11=C3|41=C2|55=VOD|54=1|" TIME);
    assert_string_equal(replaced, rig->broker[owner].last_orig_cl_ord_id);
    assert_field(rig_event(rig, "|150=4|", NULL), "41", "C2");
}

static void status_tells_where_an_order_stands(void **state)
{
    struct rig *rig = started(state);
    (void)rig_request(rig, ORDER("C1"));
    const char *reply = rig_request(rig, "35=H|49=OMS|11=C1|55=VOD|54=1|");
    assert_field(reply, "150", "I");
    assert_field(reply, "39", "2");
    assert_field(reply, "14", "100");
    assert_field(rig_request(rig, "35=H|49=OMS|11=NONE|55=VOD|54=1|"), "103", "5");
}

static void an_execution_told_twice_counts_once(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    char body[512];
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X7|11=%s|150=F|39=1|55=VOD|54=1|32=40|31=10|14=40|151=60|6=10|",
                   rig->broker[owner].last_cl_ord_id);
    rig_broker_says(rig, owner, "8", body);
    rig_broker_says(rig, owner, "8", body);
    assert_int_equal(1, rig_event_count(rig, "|150=F|"));
    const char *reply = rig_request(rig, "35=H|49=OMS|11=C1|55=VOD|54=1|");
    assert_field(reply, "14", "40");
    assert_field(reply, "151", "60");
}

static void an_execution_told_again_with_other_figures_is_an_alert(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    char body[512];
    static const char form[] =
        "37=O1|17=X7|11=%s|150=F|39=1|55=VOD|54=1|32=%u|31=10|14=40|151=60|6=10|";
    (void)snprintf(body, sizeof(body), form, rig->broker[owner].last_cl_ord_id, 40U);
    rig_broker_says(rig, owner, "8", body);
    assert_null(rig_event(rig, "AL.warning", NULL));
    (void)snprintf(body, sizeof(body), form, rig->broker[owner].last_cl_ord_id, 41U);
    rig_broker_says(rig, owner, "8", body);
    assert_non_null(rig_event(rig, "AL.warning", "other figures"));
    assert_field(rig_request(rig, "35=H|49=OMS|11=C1|55=VOD|54=1|"), "14", "40");
}

static void a_bust_takes_its_fill_back(void **state)
{
    struct rig *rig = started(state);
    unsigned owner = acknowledged(rig);
    char body[512];
    const char *id = rig->broker[owner].last_cl_ord_id;
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X7|11=%s|150=F|39=2|55=VOD|54=1|32=100|31=10|14=100|151=0|6=10|", id);
    rig_broker_says(rig, owner, "8", body);
    assert_field(rig_event(rig, "|150=F|", NULL), "39", "2");
    (void)snprintf(body, sizeof(body),
                   "37=O1|17=X8|19=X7|11=%s|150=H|39=0|55=VOD|54=1|14=0|151=100|6=0|", id);
    rig_broker_says(rig, owner, "8", body);
    const char *bust = rig_event(rig, "|150=H|", NULL);
    assert_field(bust, "39", "0");
    assert_field(bust, "14", "0");
    assert_field(bust, "151", "100");
}

static void a_broker_that_refuses_by_business_reject_rejects_the_order(void **state)
{
    struct rig *rig = started(state);
    rig->broker[0].manner = RIG_REFUSE;
    rig->broker[1].manner = RIG_REFUSE;
    (void)rig_request(rig, ORDER("C1"));
    const char *rejected = rig_event(rig, "ER.", "|150=8|");
    assert_field(rejected, "11", "C1");
    assert_field(rejected, "39", "8");
    assert_field(rejected, "58", "closed");
}

static void a_report_of_a_stranger_order_is_an_alert(void **state)
{
    struct rig *rig = started(state);
    rig_broker_says(rig, 0, "8",
                    "37=O1|17=X7|11=NOBODY|150=F|39=2|55=VOD|54=1|32=1|31=1|14=1|151=0|6=1|");
    assert_non_null(rig_event(rig, "AL.critical", "NOBODY"));
    assert_int_equal(0, rig_event_count(rig, "ER."));
}

static void weights_share_the_orders(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[0].weight = 3;
    rig_start(rig);
    for (unsigned i = 0; i < 40; i++) {
        char request[256];
        (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=W%u|%s", i, VOD);
        (void)rig_request(rig, request);
    }
    assert_int_equal(30, rig->broker[0].orders);
    assert_int_equal(10, rig->broker[1].orders);
}

static void a_full_disk_stops_intake_with_the_reason(void **state)
{
    struct rig *rig = started(state);
    (void)rig_request(rig, ORDER("C1"));
    rig_space(rig, true);
    const char *reply = rig_request(rig, ORDER("C2"));
    assert_field(reply, "150", "8");
    assert_non_null(strstr(reply, "disk"));
    assert_field(rig_request(rig, ORDER("C1")), "150", "I");
    rig_space(rig, false);
    assert_field(rig_request(rig, ORDER("C2")), "150", "A");
}

static void the_longest_request_and_the_longest_answer_fit(void **state)
{
    struct rig *rig = started(state);
    rig->broker[0].manner = RIG_SILENT;
    rig->broker[1].manner = RIG_SILENT;
    static char request[ENGINE_REQUEST_BYTES_MAX + 1];
    (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=C1|54=1|38=100|40=1|" TIME "55=");
    memset(request + strlen(request), 'V', sizeof(request) - 2 - strlen(request));
    request[sizeof(request) - 2] = '|';
    assert_field(rig_request(rig, request), "150", "A");

    static char body[4096];
    unsigned owner = rig->broker[0].orders == 1 ? 0 : 1;
    (void)snprintf(body, sizeof(body), "37=O1|17=X1|11=%s|150=8|39=8|55=V|54=1|14=0|151=0|6=0|58=",
                   rig->broker[owner].last_cl_ord_id);
    memset(body + strlen(body), 'T', 1500);
    strcat(body, "|");
    rig_broker_says(rig, owner, "8", body);
    assert_field(rig_event(rig, "ER.", "|150=8|"), "11", "C1");

    /* One byte more is refused, not cut. */
    static char longer[ENGINE_REQUEST_BYTES_MAX + 2];
    (void)snprintf(longer, sizeof(longer), "35=D|49=OMS|11=C2|54=1|38=100|40=1|" TIME "55=");
    memset(longer + strlen(longer), 'V', sizeof(longer) - 2 - strlen(longer));
    longer[sizeof(longer) - 2] = '|';
    assert_field(rig_request(rig, longer), "35", "3");
}

static void every_event_has_the_next_bus_seq(void **state)
{
    struct rig *rig = started(state);
    for (unsigned i = 0; i < 20; i++) {
        char request[256];
        (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=S%u|%s", i, VOD);
        (void)rig_request(rig, request);
    }
    for (size_t i = 0; i < rig->events.count; i++) {
        assert_int_equal(i + 1, rig->events.bus_seq[i]);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(order_is_durable_sent_and_filled),
        TEST(what_goes_to_the_broker_is_what_came_in),
        TEST(same_request_again_returns_the_present_state),
        TEST(other_content_under_a_used_id_is_a_duplicate),
        TEST(rejects_name_the_field),
        TEST(without_a_broker_an_order_waits_and_goes_when_one_comes),
        TEST(immediate_or_cancel_does_not_wait),
        TEST(day_order_expires_in_the_queue),
        TEST(queued_order_is_cancelled_and_replaced_here),
        TEST(cancel_goes_to_the_owning_broker),
        TEST(an_execution_that_comes_behind_the_cancel_still_counts),
        TEST(replaces_chain_by_orig_cl_ord_id),
        TEST(status_tells_where_an_order_stands),
        TEST(an_execution_told_twice_counts_once),
        TEST(an_execution_told_again_with_other_figures_is_an_alert),
        TEST(a_bust_takes_its_fill_back),
        TEST(a_broker_that_refuses_by_business_reject_rejects_the_order),
        TEST(a_report_of_a_stranger_order_is_an_alert),
        TEST(weights_share_the_orders),
        TEST(a_full_disk_stops_intake_with_the_reason),
        TEST(the_longest_request_and_the_longest_answer_fit),
        TEST(every_event_has_the_next_bus_seq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
