/* Order limits of what one order asks for: each kind, each scope, at its edge and beyond. */
#include "tests/unit/limits_fixture.h"

/* --- Quantity and value -------------------------------------------------------------------- */

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

/* --- Collar -------------------------------------------------------------------------------- */

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

/* --- Lists and hours ----------------------------------------------------------------------- */

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

/* --- Replaces, scopes ---------------------------------------------------------------------- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

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
        TEST(symbols_are_allowed_and_denied_by_list),
        TEST(orders_outside_of_trading_hours_are_refused),
        TEST(a_replace_is_checked_with_its_new_terms_and_a_cancel_never),
        TEST(of_several_scopes_the_tightest_wins_and_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
