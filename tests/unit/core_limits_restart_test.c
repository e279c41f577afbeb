/* What limits know after a restart: which orders were refused; and what waits for a price. */
#include "gateway/core/limits/order_limits_parts.h"
#include "tests/unit/core_rig_limits.h"
#include "tests/unit/doubt_fixture.h"

enum { SETS = 2, DAY_S = 86400 };

static struct order_limit_config sets[SETS];

static void limit(struct rig *rig, enum limit_kind kind, const char *value)
{
    struct order_limit_config *set = &sets[0];
    rig->config.limits_count = 1;
    set->has[kind] = true;
    assert_int_equal(DECIMAL_OK, decimal_parse(span_text(value), &set->value[kind]));
}

static int with_rig(void **state)
{
    memset(sets, 0, sizeof(sets));
    (void)doubt_rig(state);
    struct rig *rig = *state;
    assert_true(limit_scope_parse(span_text("all"), &sets[0].scope));
    rig->config.limits = sets;
    return 0;
}

static void restart(struct rig *rig)
{
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
}

static void refuse(struct rig *rig, unsigned number)
{
    char request[256];
    (void)snprintf(request, sizeof(request), "35=D|49=OMS|11=C%u|" VOD, number);
    assert_string_equal("8", rig_value(rig_request(rig, request), "150"));
}

/* --- Refused orders -------------------------------------------------------------------------- */

static void what_was_refused_before_a_crash_may_pass_by_two_persons_after_it(void **state)
{
    struct rig *rig = *state;
    char arguments[256];
    limit(rig, LIMIT_QUANTITY, "10");
    rig_start(rig);
    refuse(rig, 1);
    restart(rig);
    const struct rig_answer *answer = rig_ask(rig, "alice", "limits.blocked", "");
    assert_int_equal(1, answer->rows_count);
    assert_string_equal("C1", rig_value(answer->rows[0], "order"));
    assert_non_null(strstr(answer->rows[0], "MaxQuantity 10"));
    (void)snprintf(arguments, sizeof(arguments),
                   "client=OMS|order=C1|content=%s|expires=60|reason=x",
                   rig_value(answer->rows[0], "content"));
    assert_int_equal(COMMAND_PROPOSED, rig_ask(rig, "alice", "limits.override", arguments)->result);
    restart(rig);
    assert_int_equal(COMMAND_DONE, rig_ask(rig, "bob", "approvals.approve", "number=1")->result);
    restart(rig);
    assert_string_equal("A", rig_value(rig_request(rig, ORDER("C1")), "150"));
}

static void the_newest_refused_orders_are_kept_and_no_more(void **state)
{
    struct rig *rig = *state;
    limit(rig, LIMIT_QUANTITY, "10");
    rig_start(rig);
    for (unsigned round = 0; round < 2; round++) {
        unsigned first = 1000 * round;
        for (unsigned number = 1; number <= LIMIT_BLOCKED_MAX + 20; number++) {
            refuse(rig, first + number);
        }
        char newest[16];
        (void)snprintf(newest, sizeof(newest), "C%u", first + LIMIT_BLOCKED_MAX + 20);
        char oldest[16];
        (void)snprintf(oldest, sizeof(oldest), "C%u", first + 21);
        restart(rig);
        const struct rig_answer *answer = rig_ask(rig, "alice", "limits.blocked", "");
        assert_int_equal(LIMIT_BLOCKED_MAX, answer->rows_count);
        assert_string_equal(newest, rig_value(answer->rows[0], "order"));
        assert_string_equal(oldest, rig_value(answer->rows[LIMIT_BLOCKED_MAX - 1], "order"));
    }
}

static void what_was_refused_a_day_ago_is_forgotten(void **state)
{
    struct rig *rig = *state;
    limit(rig, LIMIT_QUANTITY, "10");
    rig_start(rig);
    refuse(rig, 1);
    rig->now_ns += (DAY_S - 60) * SECOND_NS;
    rig_settle(rig);
    assert_int_equal(1, rig_ask(rig, "alice", "limits.blocked", "")->rows_count);
    rig->now_ns += 120 * SECOND_NS;
    restart(rig);
    assert_int_equal(0, rig_ask(rig, "alice", "limits.blocked", "")->rows_count);
    refuse(rig, 2);
    assert_int_equal(1, rig_ask(rig, "alice", "limits.blocked", "")->rows_count);
}

/* --- Prices ---------------------------------------------------------------------------------- */

static void price(struct rig *rig, const char *arguments)
{
    assert_int_equal(COMMAND_DONE, rig_ask(rig, "feed", "limits.price", arguments)->result);
}

/* C1 comes free, and no price is known since the restart. */
static void come_free_without_a_price(struct rig *rig, const char *request)
{
    limit(rig, LIMIT_COLLAR, "500");
    rig_start(rig);
    price(rig, "symbol=VOD|price=10.5");
    lose_order(rig, request);
    rig_crash(rig);
    rig_start(rig);
    come_back(rig);
}

static void an_order_that_comes_free_waits_for_the_first_price(void **state)
{
    struct rig *rig = *state;
    come_free_without_a_price(rig, ORDER("C1"));
    assert_string_equal("QUEUED", state_of(rig, "C1"));
    assert_non_null(strstr(rig_ask(rig, "ann", "orders.show", "order=C1")->words, "live price"));
    assert_int_equal(0, rig->broker[0].orders);
    restart(rig);
    assert_string_equal("QUEUED", state_of(rig, "C1"));
    price(rig, "symbol=VOD|price=10.4");
    assert_string_equal("FILLED", state_of(rig, "C1"));
    assert_int_equal(1, rig->broker[0].orders);
}

static void the_first_price_may_make_a_dead_letter_of_it(void **state)
{
    struct rig *rig = *state;
    come_free_without_a_price(rig, ORDER("C1"));
    price(rig, "symbol=VOD|price=5");
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
    assert_int_equal(0, rig->broker[0].orders);
}

static void while_it_waits_for_a_price_it_expires_and_is_cancelled_as_any_other(void **state)
{
    struct rig *rig = *state;
    come_free_without_a_price(rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=6|"
                                   "126=20260921-14:20:00|60=20260921-14:13:20|");
    assert_string_equal("QUEUED", state_of(rig, "C1"));
    rig_wait(rig, 600);
    assert_string_equal("EXPIRED", state_of(rig, "C1"));
    assert_int_equal(0, rig->broker[0].orders);
}

static void one_that_may_not_wait_does_not_wait_for_a_price_either(void **state)
{
    struct rig *rig = *state;
    come_free_without_a_price(rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=3|"
                                   "60=20260921-14:13:20|");
    assert_string_equal("EXPIRED", state_of(rig, "C1"));
    assert_int_equal(0, rig->broker[0].orders);
}

static void a_kill_switch_does_not_wait_for_a_price(void **state)
{
    struct rig *rig = *state;
    limit(rig, LIMIT_COLLAR, "500");
    rig_start(rig);
    price(rig, "symbol=VOD|price=10.5");
    lose_order(rig, ORDER("C1"));
    (void)rig_ask(rig, "ann", "kill.on", "scope=all|reason=halt");
    rig_crash(rig);
    rig_start(rig);
    come_back(rig);
    assert_int_equal(0, rig->broker[0].orders);
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_refused_before_a_crash_may_pass_by_two_persons_after_it),
        TEST(the_newest_refused_orders_are_kept_and_no_more),
        TEST(what_was_refused_a_day_ago_is_forgotten),
        TEST(an_order_that_comes_free_waits_for_the_first_price),
        TEST(the_first_price_may_make_a_dead_letter_of_it),
        TEST(while_it_waits_for_a_price_it_expires_and_is_cancelled_as_any_other),
        TEST(one_that_may_not_wait_does_not_wait_for_a_price_either),
        TEST(a_kill_switch_does_not_wait_for_a_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
