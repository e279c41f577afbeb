/* Order limits: each kind, each scope, at its edge and beyond, over crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/limits/order_limits.h"
#include "gateway/core/limits/order_limits_parts.h"
#include "tests/unit/core_rig_limits.h"
#include "tests/unit/core_rig_parts.h"

#define TIME             "60=20260921-14:13:20|"
#define VOD              "55=VOD|54=1|38=100|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME
#define ORDER(id)        "35=D|49=OMS|11=" id "|" VOD
#define CANCEL(id, orig) "35=F|49=OMS|11=" id "|41=" orig "|55=VOD|54=1|38=100|" TIME

enum { SETS = 8 };

/* The configuration's sets of the test under way. */
static struct order_limit_config sets[SETS];

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    memset(sets, 0, sizeof(sets));
    rig->config.limits = sets;
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    *state = rig;
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static struct order_limit_config *add_set(struct rig *rig, const char *scope)
{
    struct order_limit_config *set = &sets[rig->config.limits_count++];
    assert_true(limit_scope_parse(span_text(scope), &set->scope));
    return set;
}

static void put(struct order_limit_config *set, enum limit_kind kind, const char *value)
{
    set->has[kind] = true;
    assert_int_equal(DECIMAL_OK, decimal_parse(span_text(value), &set->value[kind]));
}

/* One set for a scope with one limit. */
static struct rig *limited(void **state, const char *scope, enum limit_kind kind, const char *value)
{
    struct rig *rig = *state;
    put(add_set(rig, scope), kind, value);
    return rig;
}

static const char *order(struct rig *rig, const char *id, const char *fields)
{
    char request[1024];
    (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=%s|%s", id, fields);
    return rig_request(rig, request);
}

static void assert_taken(const char *reply)
{
    if (strcmp(rig_value(reply, "150"), "A") != 0) {
        print_error("taken expected: %s\n", reply);
    }
    assert_string_equal("A", rig_value(reply, "150"));
}

static void assert_refused(const char *reply, const char *reason, const char *words)
{
    if (strcmp(rig_value(reply, "150"), "8") != 0 || strstr(reply, words) == NULL) {
        print_error("refused with '%s' expected: %s\n", words, reply);
    }
    assert_string_equal("8", rig_value(reply, "150"));
    assert_string_equal("8", rig_value(reply, "39"));
    assert_string_equal(reason, rig_value(reply, "103"));
    assert_non_null(strstr(reply, words));
}

/* Two persons carry out a command. */
static const struct rig_answer *ask_two(struct rig *rig, const char *name, const char *arguments)
{
    char number[64] = "number=";
    const struct rig_answer *answer = rig_ask(rig, "alice", name, arguments);
    if (answer->result != COMMAND_PROPOSED) {
        print_error("%s\n", answer->words);
    }
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    size_t size = strlen(number);
    for (const char *at = answer->words + strcspn(answer->words, "0123456789");
         *at >= '0' && *at <= '9'; at++) {
        number[size++] = *at;
    }
    answer = rig_ask(rig, "bob", "approvals.approve", number);
    return answer;
}

static void price(struct rig *rig, const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, "feed", "limits.price", arguments);
    assert_int_equal(COMMAND_DONE, answer->result);
}

/* --- Quantity and value --------------------------------------------------------------------- */

static void
quantity_at_the_limit_passes_and_above_is_refused_before_anything_is_durable(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "100");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    const char *reply =
        order(rig, "C2", "55=VOD|54=1|38=100.00000001|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME);
    assert_refused(reply, "3", "OrderQty(38): 100.00000001 exceeds MaxQuantity 100 of all");
    assert_null(rig_event(rig, "|11=C2|", "|35=8|"));
    /* It is not known: the same ClOrdID may come again. */
    assert_taken(rig_request(rig, ORDER("C2")));
    const struct rig_answer *answer = rig_ask(rig, "alice", "limits.list", "");
    assert_non_null(strstr(answer->rows[0], "|refused=1|"));
}

static void notional_counts_pence_as_hundredths_and_is_exact(void **state)
{
    struct rig *rig = limited(state, "account ISA-1", LIMIT_NOTIONAL, "10.5");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1"))); /* 100 x 10.5 pence */
    const char *reply =
        order(rig, "C2", "55=VOD|54=1|38=100|40=2|44=10.50000001|59=1|1=ISA-1|15=GBX|" TIME);
    assert_refused(reply, "3", "10.50000001 GBP exceeds MaxNotional 10.5 of account ISA-1");
    reply = order(rig, "C3", "55=VOD|54=1|38=100|40=2|44=10.5|59=1|1=ISA-1|15=GBP|" TIME);
    assert_refused(reply, "3", "1050 exceeds MaxNotional 10.5");
    assert_taken(order(rig, "C4", "55=VOD|54=1|38=1|40=2|44=10.5|59=1|1=ISA-1|15=GBP|" TIME));
    assert_taken(order(rig, "C5", "55=VOD|54=1|38=100|40=2|44=10.5|59=1|1=ISA-2|15=GBP|" TIME));
}

static void notional_beyond_what_can_be_counted_is_refused(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_NOTIONAL, "92233720368");
    rig_start(rig);
    const char *reply = order(
        rig, "C1", "55=VOD|54=1|38=92233720368|40=2|44=92233720368|59=1|1=ISA-1|15=GBP|" TIME);
    assert_refused(reply, "3", "more than can be counted exceeds MaxNotional 92233720368 of all");
}

static void market_order_is_worth_its_live_price(void **state)
{
    static const char market[] = "55=VOD|54=1|38=100|40=1|59=1|1=ISA-1|15=GBP|" TIME;
    struct rig *rig = limited(state, "all", LIMIT_NOTIONAL, "1000");
    rig_start(rig);
    assert_refused(order(rig, "C1", market), "3", "no live price of it is known");
    price(rig, "symbol=VOD|price=1000|currency=GBX");
    assert_taken(order(rig, "C2", market));
    price(rig, "symbol=VOD|price=1000.1|currency=GBX");
    assert_refused(order(rig, "C3", market), "3", "1000.1 GBP exceeds MaxNotional");
    rig_wait(rig, 15);
    assert_refused(order(rig, "C4", market), "3", "live price is stale");
    price(rig, "symbol=VOD|price=1|currency=USD");
    assert_refused(order(rig, "C5", market), "3", "another currency");
}

static void a_stale_price_passes_where_that_is_the_policy(void **state)
{
    static const char market[] = "55=VOD|54=1|38=100|40=1|59=1|1=ISA-1|15=GBP|" TIME;
    struct rig *rig = limited(state, "all", LIMIT_NOTIONAL, "1000");
    put(&sets[0], LIMIT_COLLAR, "10");
    sets[0].has[LIMIT_STALE_PRICE] = true;
    sets[0].value[LIMIT_STALE_PRICE].units = LIMIT_STALE_PASS;
    rig_start(rig);
    assert_taken(order(rig, "C1", market));
    assert_taken(rig_request(rig, ORDER("C2")));
}

/* --- Collar ----------------------------------------------------------------------------------- */

static void price_at_the_collar_passes_and_beyond_is_refused_on_both_sides(void **state)
{
    struct rig *rig = limited(state, "symbol VOD", LIMIT_COLLAR, "500");
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "PriceCollar 500 of symbol VOD");
    price(rig, "symbol=VOD|price=10|currency=GBX");
    assert_taken(rig_request(rig, ORDER("C2"))); /* 10.5 is 500 bp away. */
    const char *reply =
        order(rig, "C3", "55=VOD|54=1|38=1|40=2|44=10.50000001|59=1|1=ISA-1|15=GBX|" TIME);
    assert_refused(reply, "3", "10.50000001 is too far from the live price 10 GBX");
    assert_taken(order(rig, "C4", "55=VOD|54=2|38=1|40=2|44=9.5|59=1|1=ISA-1|15=GBX|" TIME));
    reply = order(rig, "C5", "55=VOD|54=2|38=1|40=2|44=9.49999999|59=1|1=ISA-1|15=GBX|" TIME);
    assert_refused(reply, "3", "too far");
    /* Pounds where pence are live. */
    assert_taken(order(rig, "C6", "55=VOD|54=1|38=1|40=2|44=0.105|59=1|1=ISA-1|15=GBP|" TIME));
    reply = order(rig, "C7", "55=VOD|54=1|38=1|40=2|44=10|59=1|1=ISA-1|15=GBP|" TIME);
    assert_refused(reply, "3", "too far");
    reply = order(rig, "C8", "55=VOD|54=1|38=1|40=2|44=92233720368|59=1|1=ISA-1|15=GBP|" TIME);
    assert_refused(reply, "3", "too far");
}

static void recheck_asks_for_time_in_force_collar_and_kill_of_now(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_COLLAR, "500");
    rig_start(rig);
    price(rig, "symbol=VOD|price=10|currency=GBX");
    struct order held = {
        .client = span_text("OMS"),
        .symbol = span_text("VOD"),
        .account = span_text("ISA-1"),
        .currency = span_text("GBX"),
        .terms = {.quantity = decimal_whole(1),
                  .price = decimal_whole(10),
                  .has_price = true,
                  .ord_type = '2',
                  .expires_ns = UINT64_MAX},
    };
    struct text why = {.size = 0};
    rig_turn_begin(rig);
    assert_true(order_limits_recheck(rig->engine, &held, &why));
    held.terms.price = decimal_whole(11);
    assert_false(order_limits_recheck(rig->engine, &held, &why));
    assert_non_null(strstr(why.data, "too far"));
    held.terms.price = decimal_whole(10);
    held.terms.expires_ns = rig->now_ns;
    assert_false(order_limits_recheck(rig->engine, &held, &why));
    held.terms.expires_ns = UINT64_MAX;
    (void)rig_turn_end(rig);
    (void)rig_ask(rig, "alice", "kill.on", "scope=account ISA-1|reason=test");
    rig_turn_begin(rig);
    assert_false(order_limits_recheck(rig->engine, &held, &why));
    (void)rig_turn_end(rig);
}

static void an_order_that_waited_is_judged_by_the_price_of_the_moment(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_COLLAR, "500");
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    price(rig, "symbol=VOD|price=10.5|currency=GBX");
    price(rig, "symbol=BP|price=10.5|currency=GBX");
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(order(rig, "C2", "55=BP|54=1|38=100|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME));
    rig_crash(rig); /* No price is known any more. */
    rig->broker[0].listening = true;
    rig->broker[1].listening = true;
    rig_start(rig);
    rig_wait(rig, 60);
    assert_int_equal(0, rig->broker[0].orders + rig->broker[1].orders);
    assert_int_equal(2, rig_orders_in(rig, ORDER_QUEUED));
    price(rig, "symbol=VOD|price=10.2|currency=GBX");
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
    assert_non_null(rig_event(rig, "OR.SENT.VOD", "|11=C1|"));
    price(rig, "symbol=BP|price=5|currency=GBX");
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
    const char *held = rig_event(rig, "OR.DEAD_LETTER.BP", "|11=C2|");
    assert_non_null(held);
    assert_non_null(strstr(held, "too far from the live price 5 GBX"));
}

/* --- Rates and open orders -----------------------------------------------------------------------
 */

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

/* --- Repetition ---------------------------------------------------------------------------------
 */

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

/* --- Lists and hours
 * ------------------------------------------------------------------------------ */

static void symbols_are_allowed_and_denied_by_list(void **state)
{
    struct rig *rig = *state;
    struct order_limit_config *all = add_set(rig, "all");
    all->has[LIMIT_DENIED] = true;
    all->list[1] = "TSCO, VOD";
    struct order_limit_config *account = add_set(rig, "account ISA-2");
    account->has[LIMIT_ALLOWED] = true;
    account->list[0] = "BP,AZN";
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "99", "VOD is in DeniedSymbols of all");
    assert_taken(order(rig, "C2", "55=VO|54=1|38=1|40=2|44=1|1=ISA-1|" TIME));
    assert_taken(order(rig, "C3", "55=AZN|54=1|38=1|40=2|44=1|1=ISA-2|" TIME));
    assert_refused(order(rig, "C4", "55=RR|54=1|38=1|40=2|44=1|1=ISA-2|" TIME), "99",
                   "RR is not in AllowedSymbols of account ISA-2");
}

static void orders_outside_of_trading_hours_are_refused(void **state)
{
    struct rig *rig = *state;
    struct order_limit_config *all = add_set(rig, "all");
    uint32_t second = (uint32_t)(rig->now_ns / 1000000000 % 86400);
    all->has[LIMIT_HOURS] = true;
    all->hours = (struct schedule){.kind = SCHEDULE_DAILY,
                                   .weekdays = SCHEDULE_EVERY_DAY,
                                   .start = {.second = second + 20},
                                   .end = {.second = second + 40}};
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "99", "outside of TradingHours of all");
    rig_wait(rig, 25);
    assert_taken(rig_request(rig, ORDER("C1")));
    rig_wait(rig, 20);
    assert_refused(rig_request(rig, ORDER("C2")), "99", "outside of TradingHours");
    /* A cancel is never refused. */
    (void)rig_request(rig, CANCEL("X1", "C1"));
    assert_non_null(rig_event(rig, "|150=4|", "|41=C1|"));
}

/* --- Replaces, scopes
 * ------------------------------------------------------------------------------- */

static void a_replace_is_checked_with_its_new_terms_and_a_cancel_never(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "100");
    put(&sets[0], LIMIT_OPEN, "1");
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    const char *reply = rig_request(
        rig, "35=G|49=OMS|11=R1|41=C1|55=VOD|54=1|38=101|40=2|44=10.5|59=1|1=ISA-1|" TIME);
    assert_string_equal("9", rig_value(reply, "35"));
    assert_non_null(strstr(reply, "101 exceeds MaxQuantity 100"));
    /* It is one that is open already. */
    reply = rig_request(
        rig, "35=G|49=OMS|11=R2|41=C1|55=VOD|54=1|38=99|40=2|44=10.5|59=1|1=ISA-1|" TIME);
    assert_string_equal("8", rig_value(reply, "35"));
    assert_non_null(rig_event(rig, "|150=5|", "|11=R2|"));
    assert_int_equal(COMMAND_DONE,
                     ask_two(rig, "limits.set", "scope=all|limit=MaxQuantity|value=1")->result);
    (void)rig_request(rig, CANCEL("X1", "R2"));
    assert_non_null(rig_event(rig, "|150=4|", "|41=R2|"));
}

static void of_several_scopes_the_tightest_wins_and_is_named(void **state)
{
    struct rig *rig = *state;
    put(add_set(rig, "all"), LIMIT_QUANTITY, "90");
    put(add_set(rig, "client OMS"), LIMIT_QUANTITY, "80");
    put(add_set(rig, "account ISA-1"), LIMIT_QUANTITY, "70");
    put(add_set(rig, "symbol VOD"), LIMIT_QUANTITY, "75");
    put(add_set(rig, "account ISA-2"), LIMIT_QUANTITY, "1");
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 70 of account ISA-1");
    assert_refused(order(rig, "C2", "55=VOD|54=1|38=100|40=2|44=1|1=ISA-3|" TIME), "3",
                   "MaxQuantity 75 of symbol VOD");
    assert_refused(order(rig, "C3", "55=BP|54=1|38=100|40=2|44=1|" TIME), "3",
                   "MaxQuantity 80 of client OMS");
    assert_taken(order(rig, "C4", "55=BP|54=1|38=80|40=2|44=1|" TIME));
    assert_refused(order(rig, "C5", "55=VOD|54=1|38=72|40=2|44=1|1=ISA-1|" TIME), "3",
                   "MaxQuantity 70 of account ISA-1");
    const struct rig_answer *answer =
        rig_ask(rig, "alice", "limits.show", "client=OMS|account=ISA-1|symbol=VOD");
    assert_int_equal(4, answer->rows_count);
}

/* --- At run time ---------------------------------------------------------------------------------
 */

static void two_persons_change_a_limit_and_it_outlives_a_crash(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "100");
    rig_start(rig);
    assert_int_equal(COMMAND_DONE,
                     ask_two(rig, "limits.set", "scope=all|limit=MaxQuantity|value=50")->result);
    assert_int_equal(
        COMMAND_DONE,
        ask_two(rig, "limits.set", "scope=account:ISA-9|limit=MaxOpenOrders|value=0")->result);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 50 of all");
    rig_crash(rig);
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 50 of all");
    assert_refused(order(rig, "C2", "55=BP|54=1|38=1|40=2|44=1|1=ISA-9|" TIME), "3",
                   "MaxOpenOrders 0 of account ISA-9");
    const struct rig_answer *answer = rig_ask(rig, "carol", "limits.diff", "");
    assert_int_equal(2, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], "|value=50|"));
    assert_non_null(strstr(answer->rows[0], "|configured=100|"));
    assert_non_null(strstr(answer->rows[0], "|by=alice and bob|"));
    assert_int_equal(
        COMMAND_DONE,
        ask_two(rig, "limits.set", "scope=all|limit=MaxQuantity|value=default")->result);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_int_equal(COMMAND_DONE,
                     ask_two(rig, "limits.set", "scope=all|limit=MaxQuantity|value=none")->result);
    assert_taken(order(rig, "C3", "55=BP|54=1|38=1000|40=2|44=1|" TIME));
    rig_crash(rig);
    rig_start(rig);
    assert_taken(order(rig, "C4", "55=BP|54=1|38=1000|40=2|44=1|" TIME));
}

static void what_makes_no_sense_is_refused_when_it_is_proposed(void **state)
{
    static const char *const wrong[] = {
        "scope=everybody|limit=MaxQuantity|value=1",    "scope=account|limit=MaxQuantity|value=1",
        "scope=all x|limit=MaxQuantity|value=1",        "scope=all|limit=MaxQuantities|value=1",
        "scope=all|limit=MaxQuantity|value=0",          "scope=all|limit=MaxQuantity|value=1e3",
        "scope=all|limit=MaxOpenOrders|value=1.5",      "scope=all|limit=MaxOpenOrders|value=-1",
        "scope=all|limit=RepeatedOrders|value=33",      "scope=all|limit=DuplicateWindow|value=0",
        "scope=all|limit=StalePrice|value=hold",        "scope=all|limit=TradingHours|value=9-17",
        "scope=broker ALPHA|limit=MaxQuantity|value=1",
    };
    struct rig *rig = *state;
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct rig_answer *answer = rig_ask(rig, "alice", "limits.set", wrong[i]);
        if (answer->result != COMMAND_REFUSED) {
            print_error("not refused: %s\n", wrong[i]);
        }
        assert_int_equal(COMMAND_REFUSED, answer->result);
    }
}

static void a_limit_set_later_finds_the_open_orders_counted(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_taken(rig_request(rig, ORDER("C2")));
    rig_crash(rig);
    rig_start(rig);
    (void)ask_two(rig, "limits.set", "scope=account ISA-1|limit=MaxOpenOrders|value=3");
    const struct rig_answer *answer = rig_ask(rig, "alice", "limits.list", "");
    assert_non_null(strstr(answer->rows[0], "|used=2|"));
    assert_taken(rig_request(rig, ORDER("C3")));
    assert_refused(rig_request(rig, ORDER("C4")), "3", "too many open orders: 3");
}

/* --- Overrides
 * ------------------------------------------------------------------------------------ */

/* "client=OMS|order=C1|content=…|expires=60|reason=…" of the newest refused order. */
static const char *override_of(struct rig *rig)
{
    static char arguments[256];
    const struct rig_answer *answer = rig_ask(rig, "alice", "limits.blocked", "");
    char order_id[80];
    (void)snprintf(order_id, sizeof(order_id), "%s", rig_value(answer->rows[0], "order"));
    (void)snprintf(arguments, sizeof(arguments),
                   "client=OMS|order=%s|content=%s|expires=60|reason=the desk knows", order_id,
                   rig_value(answer->rows[0], "content"));
    return arguments;
}

static void two_persons_let_one_order_pass_once_and_no_other_content(void **state)
{
    static const char other[] = "55=VOD|54=1|38=5000|40=2|44=10.5|59=1|1=ISA-1|15=GBX|" TIME;
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "10");
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    assert_int_equal(COMMAND_DONE, ask_two(rig, "limits.override", override_of(rig))->result);
    rig_crash(rig);
    rig_start(rig);
    assert_refused(order(rig, "C1", other), "3", "MaxQuantity 10");
    assert_taken(rig_request(rig, ORDER("C1")));
    assert_string_equal("I", rig_value(rig_request(rig, ORDER("C1")), "150"));
    assert_refused(rig_request(rig, ORDER("C2")), "3", "MaxQuantity 10");
    assert_non_null(rig_event(rig, "AL.warning", "passed its limits by the override"));
}

static void an_override_expires_and_never_opens_the_kill_switch(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "10");
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    assert_int_equal(COMMAND_DONE, ask_two(rig, "limits.override", override_of(rig))->result);
    (void)rig_ask(rig, "alice", "kill.on", "scope=symbol VOD|reason=halt");
    assert_refused(rig_request(rig, ORDER("C1")), "99", "kill switch of symbol VOD");
    (void)ask_two(rig, "kill.off", "scope=symbol VOD|reason=over");
    rig_wait(rig, 60);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    assert_int_equal(0, rig->broker[0].orders + rig->broker[1].orders);
}

static void an_override_is_for_the_limits_that_refused_the_order(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "10");
    rig_start(rig);
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    assert_int_equal(COMMAND_DONE, ask_two(rig, "limits.override", override_of(rig))->result);
    (void)ask_two(rig, "limits.set", "scope=all|limit=DeniedSymbols|value=VOD");
    assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    (void)ask_two(rig, "limits.set", "scope=all|limit=DeniedSymbols|value=none");
    assert_taken(rig_request(rig, ORDER("C1")));
}

static void an_override_of_what_was_not_refused_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    const struct rig_answer *answer =
        rig_ask(rig, "alice", "limits.override",
                "client=OMS|order=C1|content=0123456789abcdef|expires=60|reason=x");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    answer = rig_ask(rig, "alice", "limits.override",
                     "client=OMS|order=C1|content=0123456789ABCDEF|expires=60|reason=x");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    assert_non_null(strstr(answer->words, "'content'"));
}

/* --- Telling, and bounds
 * ----------------------------------------------------------------------------- */

static void refusals_are_told_at_once_and_then_together(void **state)
{
    struct rig *rig = limited(state, "all", LIMIT_QUANTITY, "10");
    rig_start(rig);
    for (unsigned i = 0; i < 50; i++) {
        assert_refused(rig_request(rig, ORDER("C1")), "3", "MaxQuantity 10");
    }
    assert_int_equal(1, rig_event_count(rig, "refused by MaxQuantity"));
    rig_wait(rig, 20);
    assert_int_equal(2, rig_event_count(rig, "refused by MaxQuantity"));
    assert_non_null(rig_event(rig, "49 orders refused by MaxQuantity, the last: ", NULL));
}

static void more_accounts_than_counters_in_memory_are_counted_right(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    for (unsigned i = 0; i < LIMIT_COUNTERS_MAX + 10; i++) {
        uint8_t bytes[512];
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "35=D|49=OMS|11=T%u|55=S%u|54=1|38=1|40=2|44=1|59=1|1=A%u|" TIME, i, i % 700,
                       i);
        size_t size = rig_with_soh(text, bytes);
        rig_turn_begin(rig);
        engine_request(rig->engine, span_text("OMS"), span_text("r"), span_of(bytes, size));
        (void)rig_turn_end(rig);
    }
    rig_check_open_orders(rig);
    rig_turn_begin(rig);
    struct limit_scope first = {.kind = SCOPE_ACCOUNT, .name = "A0"};
    struct limit_scope shared = {.kind = SCOPE_SYMBOL, .name = "S3"};
    struct limit_scope all = {.kind = SCOPE_ALL};
    assert_int_equal(1, limit_open_count(rig->engine, &first));
    assert_int_equal(2, limit_open_count(rig->engine, &shared));
    assert_int_equal(LIMIT_COUNTERS_MAX + 10, limit_open_count(rig->engine, &all));
    (void)rig_turn_end(rig);
}

static void more_prices_than_the_table_holds_drop_the_oldest(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    char symbol[32];
    const unsigned count = 3 * LIMIT_PRICE_PLACES * LIMIT_PRICE_WAYS;
    rig_turn_begin(rig);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        rig->engine->now_ns += 1;
        assert_true(limit_price_set(rig->engine, span_text(symbol), decimal_whole((int32_t)i + 1),
                                    span_text("GBP")));
    }
    const struct limit_price *last = limit_price_find(rig->engine, span_text(symbol));
    assert_non_null(last);
    assert_int_equal(decimal_whole((int32_t)count).units, last->price.units);
    assert_null(limit_price_find(rig->engine, span_text("S0")));
    assert_false(limit_price_set(rig->engine, span_text("X"), decimal_zero(), span_text("GBP")));
    assert_false(limit_price_set(rig->engine, span_text(""), decimal_whole(1), span_text("GBP")));
    (void)rig_turn_end(rig);
}

static void scopes_beyond_the_table_are_refused_until_one_is_given_up(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    struct limit_scope scope = {.kind = SCOPE_ACCOUNT};
    const char *fault = NULL;
    rig_turn_begin(rig);
    for (unsigned i = 0; i <= LIMIT_SETS_MAX; i++) {
        assert_null(fault);
        (void)snprintf(scope.name, sizeof(scope.name), "A%u", i);
        fault = limit_change(rig->engine, &scope, LIMIT_QUANTITY, span_text("5"),
                             span_text("alice"), span_text("bob"));
    }
    assert_non_null(fault);
    (void)rig_turn_end(rig);
    rig_crash(rig);
    rig_start(rig);
    assert_refused(order(rig, "C1", "55=BP|54=1|38=6|40=2|44=1|1=A255|" TIME), "3",
                   "MaxQuantity 5 of account A255");
    assert_int_equal(COMMAND_REFUSED, rig_ask(rig, "alice", "limits.set",
                                              "scope=account A256|limit=MaxQuantity|value=5")
                                          ->result);
    (void)ask_two(rig, "limits.set", "scope=account A7|limit=MaxQuantity|value=default");
    (void)ask_two(rig, "limits.set", "scope=account A256|limit=MaxQuantity|value=5");
    assert_refused(order(rig, "C1", "55=BP|54=1|38=6|40=2|44=1|1=A256|" TIME), "3",
                   "MaxQuantity 5 of account A256");
    assert_taken(order(rig, "C1", "55=BP|54=1|38=6|40=2|44=1|1=A7|" TIME));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quantity_at_the_limit_passes_and_above_is_refused_before_anything_is_durable),
        TEST(notional_counts_pence_as_hundredths_and_is_exact),
        TEST(notional_beyond_what_can_be_counted_is_refused),
        TEST(market_order_is_worth_its_live_price),
        TEST(a_stale_price_passes_where_that_is_the_policy),
        TEST(price_at_the_collar_passes_and_beyond_is_refused_on_both_sides),
        TEST(recheck_asks_for_time_in_force_collar_and_kill_of_now),
        TEST(an_order_that_waited_is_judged_by_the_price_of_the_moment),
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
        TEST(symbols_are_allowed_and_denied_by_list),
        TEST(orders_outside_of_trading_hours_are_refused),
        TEST(a_replace_is_checked_with_its_new_terms_and_a_cancel_never),
        TEST(of_several_scopes_the_tightest_wins_and_is_named),
        TEST(two_persons_change_a_limit_and_it_outlives_a_crash),
        TEST(what_makes_no_sense_is_refused_when_it_is_proposed),
        TEST(a_limit_set_later_finds_the_open_orders_counted),
        TEST(two_persons_let_one_order_pass_once_and_no_other_content),
        TEST(an_override_expires_and_never_opens_the_kill_switch),
        TEST(an_override_is_for_the_limits_that_refused_the_order),
        TEST(an_override_of_what_was_not_refused_is_refused),
        TEST(refusals_are_told_at_once_and_then_together),
        TEST(more_accounts_than_counters_in_memory_are_counted_right),
        TEST(more_prices_than_the_table_holds_drop_the_oldest),
        TEST(scopes_beyond_the_table_are_refused_until_one_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
