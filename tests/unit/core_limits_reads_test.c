/* A read of the store that fails, wherever it is in a day with limits and a kill: the turn is
 * refused without an assertion of ours, and once the gateway has started again every counter is
 * right, no limit was passed, and the kill is carried to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "gateway/core/limits/order_limits.h"
#include "tests/unit/core_rig_limits.h"

#define TIME "60=20260921-14:13:20|"

static struct order_limit_config set;

static void configure(struct rig *rig)
{
    set = (struct order_limit_config){.scope = {.kind = SCOPE_ALL}};
    static const struct {
        enum limit_kind kind;
        int32_t value;
    } limits[] = {{LIMIT_QUANTITY, 100},     {LIMIT_OPEN, 3},      {LIMIT_RATE, 100},
                  {LIMIT_REPEATS, 2},        {LIMIT_DUPLICATE, 1}, {LIMIT_COLLAR, 1000},
                  {LIMIT_REPEAT_WINDOW, 300}};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        set.has[limits[i].kind] = true;
        set.value[limits[i].kind] = decimal_whole(limits[i].value);
    }
    set.has[LIMIT_STALE_PRICE] = true;
    set.value[LIMIT_STALE_PRICE].units = LIMIT_STALE_PASS;
    rig->config.limits = &set;
    rig->config.limits_count = 1;
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].listening = false;
}

/* Returns OrdRejReason(103), "" if it was taken. */
static const char *order(struct rig *rig, const char *id, const char *symbol, unsigned quantity)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "35=D|49=OMS|11=%s|55=%s|54=1|38=%u|40=2|44=10.5|59=1|1=ISA-1|" TIME, id, symbol,
                   quantity);
    return rig_value(rig_request(rig, text), "103");
}

static void cancel(struct rig *rig, const char *id, const char *of, const char *symbol)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "35=F|49=OMS|11=%s|41=%s|55=%s|54=1|38=1|" TIME, id, of,
                   symbol);
    (void)rig_request(rig, text);
}

/* Returns whether the read that was to fail was reached. */
static bool live(struct rig *rig, unsigned reads)
{
    configure(rig);
    rig->reads_left = reads;
    rig_start(rig);
    assert_string_equal("", order(rig, "C1", "VOD", 1));
    assert_string_equal("3", order(rig, "C2", "VOD", 101));
    rig_wait(rig, 5);
    assert_string_equal("", order(rig, "C3", "VOD", 1));
    rig_wait(rig, 5);
    assert_string_equal("99", order(rig, "C4", "VOD", 1)); /* The third alike. */
    assert_string_equal("", order(rig, "C5", "BP", 2));
    assert_string_equal("3", order(rig, "C6", "BP", 3)); /* The fourth open. */
    cancel(rig, "X1", "C1", "VOD");
    rig_settle(rig);
    assert_string_equal("", order(rig, "C6", "BP", 3));
    assert_int_equal(COMMAND_DONE,
                     rig_ask(rig, "alice", "kill.on", "scope=symbol VOD|reason=x")->result);
    assert_string_equal("99", order(rig, "C7", "VOD", 5));
    rig_wait(rig, 30);
    cancel(rig, "X5", "C5", "BP");
    cancel(rig, "X6", "C6", "BP");
    rig_wait(rig, 90);
    bool reached = rig->reads_left == UINT_MAX;
    rig->reads_left = UINT_MAX;
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    const struct rig_answer *answer = rig_ask(rig, "alice", "kill.list", "");
    assert_non_null(strstr(answer->rows[0], "|state=proven: nothing is working|"));
    answer = rig_ask(rig, "alice", "limits.latches", "");
    assert_int_equal(1, answer->rows_count);
    assert_int_equal(4, rig->broker[0].orders);
    rig_check_open_orders(rig);
    assert_int_equal(rig->events.count, rig_check_events(rig));
    return reached;
}

static void any_read_may_fail_and_no_limit_is_passed(void **state)
{
    struct rig *rig = *state;
    unsigned reads = 0;
    for (; live(rig, reads); reads++) {
        rig_renew(rig);
    }
    print_message("%u reads\n", reads);
    assert_true(reads > 50);
}

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_read_may_fail_and_no_limit_is_passed, with_rig,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
