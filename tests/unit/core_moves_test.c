/* What people do with orders: find them, ask, cancel, move them to another broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/core_rig_parts.h"

#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define ORDER(id) "35=D|49=OMS|11=" id "|" VOD
#define STATUS    "35=H|49=OMS|11=C1|55=VOD|54=1|"

enum { ALPHA, BETA };

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    *state = rig;
    return 0;
}

/* C1 is with ALPHA, and 40 of its 100 are filled there. The name of its attempt. */
static const char *partly_filled(struct rig *rig)
{
    static char attempt[64];
    rig->broker[BETA].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[ALPHA].last_cl_ord_id);
    rig_broker_reports(rig, ALPHA, attempt, "150=0|39=0|14=0|151=100|6=0|");
    rig_broker_reports(rig, ALPHA, attempt, "150=F|39=1|32=40|31=10|14=40|151=60|6=10|");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
    assert_string_equal("PARTIAL", rig_value(rig_request(rig, STATUS), "10005"));
    return attempt;
}

static const char *confirmed(const struct rig *rig, const char *cum)
{
    static char fields[128];
    (void)snprintf(fields, sizeof(fields), "41=%s|150=4|39=4|14=%s|151=0|6=10|",
                   rig->broker[ALPHA].last_orig_cl_ord_id, cum);
    return fields;
}

/* --- Moving ------------------------------------------------------------------------------- */

static void a_partly_filled_order_moves_with_what_is_left_and_stays_one_order(void **state)
{
    struct rig *rig = *state;
    const char *attempt = partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1|to=BETA");
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(attempt, rig->broker[ALPHA].last_orig_cl_ord_id);
    /* Until the cancel is confirmed it goes nowhere, and the OMS sees what it saw before. */
    assert_int_equal(0, rig->broker[BETA].orders);
    assert_string_equal("1", rig_value(rig_request(rig, STATUS), "39"));
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, confirmed(rig, "40"));
    assert_int_equal(1, rig->broker[BETA].orders);
    const char *reply = rig_request(rig, STATUS);
    assert_string_equal("SENT", rig_value(reply, "10005"));
    assert_string_equal("1", rig_value(reply, "39"));
    assert_string_equal("60", rig_value(reply, "151"));
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id,
                       "150=F|39=2|32=60|31=11|14=60|151=0|6=11|");
    reply = rig_request(rig, STATUS);
    assert_string_equal("FILLED", rig_value(reply, "10005"));
    assert_string_equal("100", rig_value(reply, "14"));
    assert_string_equal("0", rig_value(reply, "151"));
    assert_string_equal("10.6", rig_value(reply, "6"));
    assert_int_equal(0, rig_event_count(rig, "|150=4|"));
    assert_int_equal(0, rig_event_count(rig, "|150=6|"));
    assert_int_equal(0, rig_event_count(rig, "|10009=Y|"));
}

static void a_move_goes_on_after_a_crash(void **state)
{
    struct rig *rig = *state;
    (void)partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1");
    char cancel[64];
    (void)snprintf(cancel, sizeof(cancel), "%s", rig->broker[ALPHA].last_cl_ord_id);
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    rig_broker_reports(rig, ALPHA, cancel, confirmed(rig, "40"));
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_string_equal("60", rig_value(rig_request(rig, STATUS), "151"));
}

static void what_its_broker_does_not_cancel_stays_there(void **state)
{
    struct rig *rig = *state;
    char body[256];
    (void)partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1");
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=OMS/C1")->words,
                           "moved already"));
    (void)snprintf(body, sizeof(body), "37=O1|11=%s|41=%s|39=1|434=1|102=0|58=in auction|",
                   rig->broker[ALPHA].last_cl_ord_id, rig->broker[ALPHA].last_orig_cl_ord_id);
    rig_broker_says(rig, ALPHA, "9", body);
    assert_int_equal(0, rig->broker[BETA].orders);
    assert_string_equal("PARTIAL", rig_value(rig_request(rig, STATUS), "10005"));
    assert_non_null(rig_event(rig, "AL.warning", "it stays"));
    assert_int_equal(0, rig_event_count(rig, "|35=9|"));
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1");
}

static void a_cancel_that_knows_of_more_executions_than_we_moves_nothing(void **state)
{
    struct rig *rig = *state;
    (void)partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1");
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, confirmed(rig, "70"));
    assert_int_equal(0, rig->broker[BETA].orders);
    assert_string_equal("DEAD_LETTER", rig_value(rig_request(rig, STATUS), "10005"));
    assert_non_null(rig_event(rig, "AL.critical", "CumQty(14)"));
}

static void what_moves_waits_for_the_broker_that_is_named_and_not_for_the_one_it_left(void **state)
{
    struct rig *rig = *state;
    (void)partly_filled(rig);
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.move", "order=OMS/C1|to=BETA");
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, confirmed(rig, "40"));
    rig_pass(rig, 3000);
    assert_int_equal(1, rig->broker[ALPHA].orders);
    assert_string_equal("QUEUED", rig_value(rig_request(rig, STATUS), "10005"));
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_string_equal("SENT", rig_value(rig_request(rig, STATUS), "10005"));
}

static void what_cannot_be_moved_is_refused_with_the_reason(void **state)
{
    struct rig *rig = *state;
    rig->broker[ALPHA].listening = false;
    rig->broker[BETA].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=C1")->words,
                           "with no broker yet"));
    rig->broker[ALPHA].listening = true;
    rig_pass(rig, 3000);
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=C1")->words,
                           "has not answered yet"));
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id,
                       "150=0|39=0|14=0|151=100|6=0|");
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=C1|to=ALPHA")->words,
               "with that broker already"));
    assert_non_null(strstr(
        rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=C1|to=GAMMA")->words, "'to'"));
    (void)rig_request(rig, "35=F|49=OMS|11=C2|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:20|");
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=C1")->words,
                           "cancel or replace of it is on its way"));
    (void)rig_request(rig, "35=D|49=OMS|11=I1|55=VOD|54=1|38=100|40=2|44=10|59=3|"
                           "60=20260921-14:13:20|");
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id,
                       "150=0|39=0|14=0|151=100|6=0|");
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.move", "order=I1")->words,
                           "immediate-or-cancel"));
}

/* --- Finding ------------------------------------------------------------------------------- */

static void an_order_is_found_by_each_of_its_names(void **state)
{
    struct rig *rig = *state;
    char name[128];
    const char *attempt = partly_filled(rig);
    (void)rig_request(rig, "35=F|49=OMS|11=C2|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:20|");
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=OMS/C1");
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=OMS/C2");
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=C1");
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=C1|client=OMS");
    (void)snprintf(name, sizeof(name), "order=%s", attempt);
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "orders.show", name);
    assert_string_equal("OMS/C1", rig_value(answer->rows[0], "order"));
    assert_string_equal("40", rig_value(answer->rows[0], "filled"));
    assert_non_null(strstr(answer->rows[0], "|decision=ALPHA: chosen, share "));
    assert_string_equal("60", rig_value(answer->rows[0], "left"));
    assert_string_equal("ALPHA", rig_value(answer->rows[0], "broker"));
    (void)snprintf(name, sizeof(name), "order=%s", rig_value(answer->rows[0], "order_id"));
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.show", name);
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.show", "order=C9")->words, "'C9'"));
    (void)rig_ask_for(rig, COMMAND_REFUSED, "orders.show", "order=C1|client=OTHER");
}

static void a_clordid_that_two_clients_have_is_no_name_by_itself(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[256];
    (void)partly_filled(rig);
    const char *other = "35=D|11=C1|" VOD;
    size_t size = strlen(other);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = other[i] == '|' ? FIX_SOH : (uint8_t)other[i];
    }
    rig_turn_begin(rig);
    engine_request(rig->engine, span_text("DESK/2"), span_text("route"), span_of(bytes, size));
    assert_true(rig_turn_end(rig));
    rig_settle(rig);
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "orders.show", "order=C1")->words,
                           "several clients"));
    const struct rig_answer *answer =
        rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=DESK/2/C1");
    assert_string_equal("DESK/2/C1", rig_value(answer->rows[0], "order"));
}

/* --- Lists ------------------------------------------------------------------------------------ */

static void a_list_is_given_page_by_page_and_misses_nothing(void **state)
{
    struct rig *rig = *state;
    char request[256];
    char arguments[300] = "limit=3";
    unsigned seen = 0;
    rig->broker[BETA].listening = false;
    rig_start(rig);
    for (unsigned i = 0; i < 5; i++) {
        (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=L%u|" VOD, i);
        (void)rig_request(rig, request);
    }
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    for (unsigned i = 5; i < 10; i++) {
        (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=L%u|" VOD, i);
        (void)rig_request(rig, request);
    }
    for (unsigned page = 0; page < 6; page++) {
        const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "orders.list", arguments);
        for (uint32_t row = 0; row < answer->rows_count; row++) {
            const char *name = rig_value(answer->rows[row], "order");
            assert_memory_equal("OMS/L", name, 5);
            unsigned long number = strtoul(name + 5, NULL, 10);
            assert_int_equal(0, seen >> number & 1);
            seen |= 1U << number;
        }
        if (answer->more[0] == '\0') {
            break;
        }
        assert_non_null(strstr(answer->words, "3 orders; there is more: after="));
        (void)snprintf(arguments, sizeof(arguments), "limit=3|after=%s", answer->more);
    }
    assert_int_equal(0x3ff, seen);
    assert_int_equal(5, rig_ask_for(rig, COMMAND_DONE, "orders.list", "state=QUEUED")->rows_count);
    assert_int_equal(5,
                     rig_ask_for(rig, COMMAND_DONE, "orders.list", "state=IN_DOUBT")->rows_count);
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "orders.list", "symbol=BARC")->rows_count);
    assert_int_equal(
        10, rig_ask_for(rig, COMMAND_DONE, "orders.list", "all=true|client=OMS")->rows_count);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "orders.list", "state=LOST");
    (void)rig_ask_for(rig, COMMAND_REFUSED, "orders.list", "broker=GAMMA");
    (void)rig_ask_for(rig, COMMAND_REFUSED, "orders.list", "after=nowhere");
}

/* --- Asking, cancelling ------------------------------------------------------------------------
 */

static void an_operator_asks_the_broker_for_the_status(void **state)
{
    struct rig *rig = *state;
    const char *attempt = partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.status", "order=C1");
    assert_string_equal("H", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(attempt, rig->broker[ALPHA].last_cl_ord_id);
}

static void an_operator_cancels_an_order_at_its_broker_and_the_oms_hears_of_it(void **state)
{
    struct rig *rig = *state;
    (void)partly_filled(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.cancel", "order=C1");
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "orders.cancel", "order=C1");
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, confirmed(rig, "40"));
    assert_string_equal("CANCELLED", rig_value(rig_request(rig, STATUS), "10005"));
    assert_string_equal("C1", rig_value(rig_event(rig, "|150=6|", NULL), "11"));
    assert_string_equal("C1", rig_value(rig_event(rig, "|150=4|", NULL), "11"));
    assert_string_equal("", rig_value(rig_event(rig, "|150=4|", NULL), "41"));
    assert_int_equal(0, rig->broker[BETA].orders);
}

static void an_operator_cancels_an_order_that_waits(void **state)
{
    struct rig *rig = *state;
    rig->broker[ALPHA].listening = false;
    rig->broker[BETA].listening = false;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_ask_for(rig, COMMAND_DONE, "orders.cancel", "order=C1");
    assert_string_equal("CANCELLED", rig_value(rig_request(rig, STATUS), "10005"));
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    rig->broker[ALPHA].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(0, rig->broker[ALPHA].orders);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_partly_filled_order_moves_with_what_is_left_and_stays_one_order),
        TEST(a_move_goes_on_after_a_crash),
        TEST(what_its_broker_does_not_cancel_stays_there),
        TEST(a_cancel_that_knows_of_more_executions_than_we_moves_nothing),
        TEST(what_moves_waits_for_the_broker_that_is_named_and_not_for_the_one_it_left),
        TEST(what_cannot_be_moved_is_refused_with_the_reason),
        TEST(an_order_is_found_by_each_of_its_names),
        TEST(a_clordid_that_two_clients_have_is_no_name_by_itself),
        TEST(a_list_is_given_page_by_page_and_misses_nothing),
        TEST(an_operator_asks_the_broker_for_the_status),
        TEST(an_operator_cancels_an_order_at_its_broker_and_the_oms_hears_of_it),
        TEST(an_operator_cancels_an_order_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
