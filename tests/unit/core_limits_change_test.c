/* Order limits that people change and pass over, what is told of them, and their bounds. */
#include "tests/unit/limits_fixture.h"

/* --- At run time --------------------------------------------------------------------------- */

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

/* --- Overrides ----------------------------------------------------------------------------- */

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

/* --- Telling, and bounds ------------------------------------------------------------------- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
