/* The broker of the other side, driven by QuickFIX: what the tests, the demo and
 * the benchmarks take for granted about it. */
#define _DEFAULT_SOURCE
#include "tests/interop/broker_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int setup(void **state)
{
    *state = world_new();
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static void order_is_accepted_then_filled_and_copied_to_the_drop_copy(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    char exec_id[64];
    char wanted[128];
    world_order(world, "a1", "526=oms-1|");
    world_expect(world, "35=8|11=a1|150=0|39=0|151=100|14=0|6=0|526=oms-1|1=ACC 1|15=GBP|59=0");
    const struct world_message *fill = world_expect(
        world, "35=8|11=a1|150=F|39=2|32=100|31=1.25|151=0|14=100|6=1.25|55=VOD|54=1|38=100|"
               "40=2|44=1.25");
    world_value(fill, 17, exec_id, sizeof exec_id);
    snprintf(wanted, sizeof wanted, "35=8|150=F|17=%s|797=Y|32=100|31=1.25", exec_id);
    world_await(world, WORLD_DROP_COPY, wanted);
    struct book book;
    world_book(&book);
    const struct book_order *row = book_row(&book, "a1");
    assert_non_null(row);
    assert_int_equal(row->state, BOOK_FILLED);
    assert_int_equal(row->executions, 1);
    assert_true(row->cumulative == 100 * BROKER_ONE);
    assert_string_equal(row->account, "ACC 1");
    assert_null(book_row(&book, "a2"));
    book_free(&book);
}

static void partial_fills_add_up_to_the_order(void **state)
{
    const char *const options[] = {"--partial-fills", "3", "--fill-latency", "20", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "p1", "");
    world_expect(world, "150=0|39=0");
    world_expect(world, "150=F|39=1|32=33|14=33|151=67");
    world_expect(world, "150=F|39=1|32=33|14=66|151=34");
    world_expect(world, "150=F|39=2|32=34|14=100|151=0");
}

static void market_orders_fill_at_the_price_given_or_one_that_depends_on_the_symbol(void **state)
{
    const char *const options[] = {"--price", "VOD=2.5", NULL};
    struct world *world = world_begin(*state, options);
    char first[32];
    char second[32];
    world_send(world, "35=D|11=m1|55=VOD|54=1|38=10|40=1|60=20261121-00:00:00|");
    world_expect(world, "150=0");
    world_expect(world, "150=F|31=2.5");
    world_send(world, "35=D|11=m2|55=TSCO|54=1|38=10|40=1|60=20261121-00:00:00|");
    world_expect(world, "150=0");
    world_value(world_expect(world, "150=F"), 31, first, sizeof first);
    world_send(world, "35=D|11=m3|55=TSCO|54=2|38=10|40=1|60=20261121-00:00:00|");
    world_expect(world, "150=0");
    world_value(world_expect(world, "150=F"), 31, second, sizeof second);
    assert_string_equal(first, second);
    world_command("set price VOD=3");
    world_order(world, "m4", "");
    world_expect(world, "150=0");
    world_expect(world, "150=F|31=3");
}

static void resting_order_is_cancelled_once(void **state)
{
    const char *const options[] = {"--fill-rate", "0", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "c1", "");
    world_expect(world, "150=0|11=c1");
    world_send(world, "35=F|11=c2|41=c1|55=VOD|54=1|60=20261121-00:00:00|");
    world_expect(world, "35=8|150=4|39=4|11=c2|41=c1|151=0|14=0");
    world_send(world, "35=F|11=c3|41=c1|55=VOD|54=1|60=20261121-00:00:00|");
    world_expect(world, "35=9|11=c3|41=c1|102=0|434=1|39=4");
    world_send(world, "35=F|11=c4|41=never|55=VOD|54=1|60=20261121-00:00:00|");
    world_expect(world, "35=9|11=c4|41=never|102=1|434=1|39=8|37=NONE");
    world_send(world, "35=F|11=c2|41=c1|55=VOD|54=1|60=20261121-00:00:00|");
    world_expect(world, "35=9|11=c2|102=6|434=1");
}

static void replaced_order_goes_on_under_its_new_id(void **state)
{
    const char *const options[] = {"--fill-rate", "0", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "r1", "");
    world_expect(world, "150=0|11=r1");
    world_send(world, "35=G|11=r2|41=r1|55=VOD|54=1|38=150|40=2|44=1.3|60=20261121-00:00:00|");
    world_expect(world, "35=8|150=5|39=0|11=r2|41=r1|38=150|44=1.3|151=150");
    world_send(world, "35=G|11=r3|41=r1|55=VOD|54=1|38=160|40=2|44=1.3|60=20261121-00:00:00|");
    world_expect(world, "35=9|11=r3|102=1|434=2");
    world_command("fill r2");
    world_expect(world, "150=F|39=2|11=r2|32=150|31=1.3|14=150");
    world_send(world, "35=G|11=r4|41=r2|55=VOD|54=1|38=200|40=2|44=1.3|60=20261121-00:00:00|");
    world_expect(world, "35=9|11=r4|102=0|434=2|39=2");
}

static void rejects_come_with_a_reason_and_the_same_orders_are_chosen_each_time(void **state)
{
    const char *const options[] = {"--reject-rate", "100", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "x1", "");
    world_expect(world, "35=8|150=8|39=8|103=99|11=x1|151=0");
    world_command("set reject-rate 0");
    world_send(world, "35=D|11=x2|55=VOD|54=1|38=-5|40=2|44=1|60=20261121-00:00:00|");
    world_expect(world, "150=8|39=8|103=13|11=x2");
    world_send(world, "35=D|11=x3|55=VOD|54=1|38=5|40=2|60=20261121-00:00:00|");
    world_expect(world, "150=8|39=8|103=99|11=x3");
    assert_int_equal(world_stat("rejected"), 3);
}

static void field_that_the_book_cannot_keep_is_refused_and_named(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_order(world, "0123456789012345678901234567890123456789012345678901234567890123", "");
    world_expect(world, "35=3|371=11|372=D|373=5");
    world_send(world, "35=D|11=v1|54=1|38=5|40=1|60=20261121-00:00:00|"); /* No Symbol(55). */
    world_expect(world, "35=j|372=D|380=5");
    world_send(world, "35=B|148=news|33=0|");
    world_expect(world, "35=j|372=B|380=3");
    assert_int_equal(world_stat("orders"), 0);
    world_order(world, "v2", "");
    world_await(world, WORLD_ORDERS, "150=F|11=v2");
}

static void order_that_comes_again_is_never_executed_twice(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_order(world, "d1", "");
    world_expect(world, "150=0");
    world_expect(world, "150=F");
    world_order(world, "d1", "");
    world_expect(world, "35=8|150=8|39=8|103=6|11=d1|37=NONE");
    world_order(world, "d1", "97=Y|");
    world_expect(world, "35=8|150=I|39=2|14=100|11=d1");
    assert_int_equal(world_stat("executions"), 1);
    assert_int_equal(world_stat("duplicates"), 2);
    assert_int_equal(world_stat("doubled"), 0);
}

static void forgotten_range_is_asked_for_again_and_executed_once(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_order(world, "g1", "");
    world_order(world, "g2", "");
    world_await(world, WORLD_ORDERS, "11=g2|150=F");
    world_command("forget 2");
    world_order(world, "g3", "");
    world_await(world, WORLD_ORDERS, "11=g3|150=F");
    world_await_stat(world, "duplicates", 2);
    assert_int_equal(world_stat("executions"), 3);
    assert_int_equal(world_count(world, WORLD_ORDERS, "150=F"), 3);
}

static void status_of_known_unknown_and_all_orders_is_told(void **state)
{
    const char *const options[] = {"--fill-rate", "0", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "s1", "");
    world_expect(world, "150=0");
    world_send(world, "35=H|11=s1|55=VOD|54=1|790=q1|");
    world_expect(world, "150=I|39=0|11=s1|151=100|790=q1");
    world_send(world, "35=H|11=nobody|55=VOD|54=1|");
    world_expect(world, "150=I|39=8|103=5|11=nobody|37=NONE");
    world_send(world, "35=AF|584=all|585=7|");
    world_expect(world, "150=I|39=0|11=s1|584=all|911=1");
    assert_int_equal(world_count(world, WORLD_DROP_COPY, "150=I"), 0);
}

static void held_orders_are_answered_after_resume(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_command("hold");
    world_order(world, "h1", "");
    world_await_stat(world, "pending", 1);
    assert_int_equal(world->count, 0);
    world_command("resume");
    world_expect(world, "150=0|11=h1");
    world_expect(world, "150=F|11=h1");
}

static void dropped_line_comes_back_and_nothing_is_missing(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_order(world, "l1", "");
    world_await(world, WORLD_ORDERS, "11=l1|150=F");
    world_command("mute on");
    world_order(world, "l2", "");
    world_await_stat(world, "executions", 2);
    world_command("drop");
    while (world->logouts < 2) {
        world_client_poll(world);
    }
    world_command("mute off");
    world_await_logon(world);
    world_await(world, WORLD_ORDERS, "11=l2|150=F");
    world_await(world, WORLD_DROP_COPY, "11=l2|150=F");
    /* They were never sent before, so nothing about them is doubtful. */
    assert_int_equal(world_count(world, WORLD_ORDERS, "97=Y"), 0);
    world_order(world, "l3", "");
    world_await(world, WORLD_ORDERS, "11=l3|150=F");
}

static void logon_is_refused_until_it_is_allowed(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    char reply[2048];
    world_command("refuse-logon on");
    world_command("drop");
    while (world->logouts < 4) { /* Two of the drop, two of refused logons. */
        world_client_poll(world);
    }
    assert_int_equal(world_ask("stats", reply, sizeof reply), 0);
    assert_null(strstr(reply, "\"logged_on\":true"));
    world_command("refuse-logon off");
    world_await_logon(world);
    world_order(world, "n1", "");
    world_await(world, WORLD_ORDERS, "11=n1|150=F");
}

static void report_is_repeated_under_the_same_exec_id(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    char exec_id[64];
    char wanted[128];
    world_order(world, "e1", "");
    world_expect(world, "150=0");
    world_value(world_expect(world, "150=F"), 17, exec_id, sizeof exec_id);
    world_command("duplicate");
    snprintf(wanted, sizeof wanted, "150=F|17=%s|97=Y|11=e1", exec_id);
    world_expect(world, wanted);
    world_command("duplicate plain");
    snprintf(wanted, sizeof wanted, "150=F|17=%s|11=e1", exec_id);
    world_expect(world, wanted);
    assert_int_equal(world_count(world, WORLD_ORDERS, "97=Y"), 1);
    assert_int_equal(world_stat("executions"), 1);
}

static void busted_execution_is_taken_back_on_both_sessions(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    char exec_id[64];
    char command[128];
    char reply[256];
    world_order(world, "b1", "");
    world_expect(world, "150=0");
    world_value(world_expect(world, "150=F"), 17, exec_id, sizeof exec_id);
    snprintf(command, sizeof command, "bust %s", exec_id);
    world_command(command);
    snprintf(reply, sizeof reply, "150=H|19=%s|14=0|151=100|6=0", exec_id);
    world_expect(world, reply);
    world_await(world, WORLD_DROP_COPY, reply);
    assert_int_equal(world_ask(command, reply, sizeof reply), 1);
}

static void bust_without_an_exec_id_takes_back_the_last_that_stands(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    char exec_id[64];
    char reply[256];
    world_order(world, "b1", "");
    world_expect(world, "11=b1|150=0");
    world_value(world_expect(world, "11=b1|150=F"), 17, exec_id, sizeof exec_id);
    world_order(world, "b2", "");
    world_expect(world, "11=b2|150=0");
    world_expect(world, "11=b2|150=F");
    world_command("bust");
    world_expect(world, "11=b2|150=H");
    world_command("bust");
    snprintf(reply, sizeof reply, "11=b1|150=H|19=%s", exec_id);
    world_expect(world, reply);
}

static void slow_reader_stops_reading_and_catches_up(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    world_command("slow-read on");
    world_order(world, "w1", "");
    world_await_stat(world, "slow_read", -1);
    for (int count = 0; count < 20; count++) {
        world_client_poll(world);
    }
    assert_int_equal(world_stat("orders"), 0);
    world_command("slow-read off");
    world_await(world, WORLD_ORDERS, "11=w1|150=F");
}

static void wrong_commands_are_answered_with_the_reason(void **state)
{
    static const char *const wrong[] = {
        "fly",         "",         "set",           "set speed 9",   "set reject-rate 101",
        "set price V", "mute",     "drop everyone", "forget 0",      "forget 99",
        "sequence",    "bust E-1", "fill nobody",   "cancel nobody", "duplicate",
        "bust",
    };
    struct world *world = *state;
    char reply[2048];
    world_broker_start(world, world_no_options);
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        if (world_ask(wrong[index], reply, sizeof reply) == 0) {
            fail_msg("%s was taken: %s", wrong[index], reply);
        }
    }
    assert_int_equal(world_ask("help", reply, sizeof reply), 0);
    assert_int_equal(world_ask("settings", reply, sizeof reply), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(order_is_accepted_then_filled_and_copied_to_the_drop_copy),
        TEST(partial_fills_add_up_to_the_order),
        TEST(market_orders_fill_at_the_price_given_or_one_that_depends_on_the_symbol),
        TEST(resting_order_is_cancelled_once),
        TEST(replaced_order_goes_on_under_its_new_id),
        TEST(rejects_come_with_a_reason_and_the_same_orders_are_chosen_each_time),
        TEST(field_that_the_book_cannot_keep_is_refused_and_named),
        TEST(order_that_comes_again_is_never_executed_twice),
        TEST(forgotten_range_is_asked_for_again_and_executed_once),
        TEST(status_of_known_unknown_and_all_orders_is_told),
        TEST(held_orders_are_answered_after_resume),
        TEST(dropped_line_comes_back_and_nothing_is_missing),
        TEST(logon_is_refused_until_it_is_allowed),
        TEST(report_is_repeated_under_the_same_exec_id),
        TEST(busted_execution_is_taken_back_on_both_sessions),
        TEST(bust_without_an_exec_id_takes_back_the_last_that_stands),
        TEST(slow_reader_stops_reading_and_catches_up),
        TEST(wrong_commands_are_answered_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
