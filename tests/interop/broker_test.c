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

static const char *const no_options[] = {NULL};

static int setup(void **state)
{
    struct world *world = malloc(sizeof *world);
    assert_non_null(world);
    world_open(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

static struct world *begin(void **state, const char *const *options)
{
    struct world *world = *state;
    world_broker_start(world, options);
    world_client_start(world);
    world_await_logon(world);
    return world;
}

static void load(struct book *book)
{
    char error[512] = "";
    book_init(book);
    if (!book_load(book, "alpha/book.log", NULL, error, sizeof error)) {
        fail_msg("%s", error);
    }
}

static void order_is_accepted_then_filled_and_copied_to_the_drop_copy(void **state)
{
    struct world *world = begin(state, no_options);
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
    load(&book);
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
    struct world *world = begin(state, options);
    world_order(world, "p1", "");
    world_expect(world, "150=0|39=0");
    world_expect(world, "150=F|39=1|32=33|14=33|151=67");
    world_expect(world, "150=F|39=1|32=33|14=66|151=34");
    world_expect(world, "150=F|39=2|32=34|14=100|151=0");
}

static void market_orders_fill_at_the_price_given_or_one_that_depends_on_the_symbol(void **state)
{
    const char *const options[] = {"--price", "VOD=2.5", NULL};
    struct world *world = begin(state, options);
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
    struct world *world = begin(state, options);
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
    struct world *world = begin(state, options);
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
    struct world *world = begin(state, options);
    world_order(world, "x1", "");
    world_expect(world, "35=8|150=8|39=8|103=99|11=x1|151=0");
    world_command("set reject-rate 0");
    world_send(world, "35=D|11=x2|55=VOD|54=1|38=-5|40=2|44=1|60=20261121-00:00:00|");
    world_expect(world, "150=8|39=8|103=13|11=x2");
    world_send(world, "35=D|11=x3|55=VOD|54=1|38=5|40=2|60=20261121-00:00:00|");
    world_expect(world, "150=8|39=8|103=99|11=x3");
    assert_int_equal(world_stat("rejected"), 3);
}

static void order_that_comes_again_is_never_executed_twice(void **state)
{
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, options);
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
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, no_options);
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
    struct world *world = begin(state, no_options);
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

static void slow_reader_stops_reading_and_catches_up(void **state)
{
    struct world *world = begin(state, no_options);
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

static void killed_broker_repeats_unsent_reports_as_possible_resends(void **state)
{
    struct world *world = begin(state, no_options);
    struct book book;
    char exec_id[64];
    char wanted[128];
    world_command("mute on");
    world_order(world, "k1", "");
    world_await_stat(world, "executions", 1);
    world_broker_kill(world);
    load(&book);
    book_exec_id(&book, 2, exec_id);
    book_free(&book);
    world_broker_start(world, no_options);
    snprintf(wanted, sizeof wanted, "150=F|11=k1|97=Y|17=%s|14=100", exec_id);
    world_await(world, WORLD_ORDERS, wanted);
    world_await(world, WORLD_DROP_COPY, wanted);
    assert_int_equal(world_stat("executions"), 1);
}

static void killed_broker_answers_what_it_had_taken_in(void **state)
{
    const char *const options[] = {"--hold", NULL};
    struct world *world = begin(state, options);
    world_order(world, "t1", "");
    world_await_stat(world, "pending", 1);
    world_broker_kill(world);
    world_broker_start(world, no_options);
    world_await(world, WORLD_ORDERS, "150=0|11=t1");
    world_await(world, WORLD_ORDERS, "150=F|11=t1");
    assert_int_equal(world_stat("orders"), 1);
}

/* Turns QuickFIX's number back by one, as a crash between our journal and its
 * store leaves it. */
static void number_unpersist(void)
{
    char numbers[64] = "";
    int out = 0;
    int in = 0;
    FILE *file = fopen("alpha/fix/FIX.4.4-ALPHA-FIXGATE.seqnums", "r+");
    assert_non_null(file);
    assert_true(fread(numbers, 1, sizeof numbers - 1, file) > 0);
    assert_int_equal(sscanf(numbers, "%d : %d", &out, &in), 2);
    rewind(file);
    fprintf(file, "%10.10d : %10.10d", out, in - 1);
    fclose(file);
}

static struct world *crash_before_the_number_is_kept(void **state)
{
    const char *const options[] = {"--hold", NULL};
    struct world *world = begin(state, options);
    world_order(world, "u1", "");
    world_await_stat(world, "pending", 1);
    world_broker_kill(world);
    number_unpersist();
    return world;
}

static void order_whose_number_was_not_kept_waits_until_it_comes_again(void **state)
{
    struct world *world = crash_before_the_number_is_kept(state);
    world_broker_start(world, no_options);
    world_await(world, WORLD_ORDERS, "150=F|11=u1");
    assert_int_equal(world_stat("orders"), 1);
    assert_int_equal(world_stat("executions"), 1);
    assert_int_equal(world_stat("aside"), 0);
    assert_int_equal(world_stat("duplicates"), 0);
}

static void order_whose_number_is_gap_filled_is_never_executed(void **state)
{
    struct world *world = crash_before_the_number_is_kept(state);
    world->gap_fill = "u1";
    world_broker_start(world, no_options);
    world_await_logon(world);
    world_order(world, "u2", "");
    world_await(world, WORLD_ORDERS, "150=F|11=u2");
    assert_int_equal(world_stat("executions"), 1);
    assert_int_equal(world_stat("aside"), 1);
    assert_int_equal(world_stat("pending"), 0);
    world_send(world, "35=F|11=u3|41=u1|55=VOD|54=1|60=20261121-00:00:00|");
    world_await(world, WORLD_ORDERS, "35=9|11=u3|102=1");
}

/* Every execution of the book must have come, on both sessions, and no other. */
static void everything_was_told(struct world *world, const struct book *book)
{
    for (uint32_t number = 1; number <= book->reports_count; number++) {
        char exec_id[64];
        char wanted[128];
        if (book_report(book, number)->kind != BOOK_REPORT_EXECUTED) {
            continue;
        }
        book_exec_id(book, number, exec_id);
        snprintf(wanted, sizeof wanted, "150=F|17=%s", exec_id);
        world_await(world, WORLD_ORDERS, wanted);
        world_await(world, WORLD_DROP_COPY, wanted);
    }
}

static void broker_killed_under_load_loses_and_doubles_nothing(void **state)
{
    enum { ROUNDS = 6, ORDERS = 40 };
    const char *const options[] = {"--partial-fills", "2", NULL};
    struct world *world = begin(state, options);
    struct book book;
    struct book_totals totals;
    char id[32];
    for (int round = 0; round < ROUNDS; round++) {
        world_await_logon(world);
        for (int order = 0; order < ORDERS; order++) {
            snprintf(id, sizeof id, "k%d-%d", round, order);
            world_order(world, id, "");
        }
        /* A moment that differs from round to round, in the middle of the work. */
        for (int count = 0; count < round; count++) {
            world_client_poll(world);
        }
        usleep((useconds_t)(round * 1500));
        world_broker_kill(world);
        world_broker_start(world, options);
    }
    world_await_stat(world, "filled", ROUNDS * ORDERS);
    load(&book);
    book_count(&book, &totals);
    assert_int_equal(totals.orders, ROUNDS * ORDERS);
    assert_int_equal(totals.executions, ROUNDS * ORDERS * 2);
    assert_int_equal(totals.doubled, 0);
    assert_int_equal(book.anomalies, 0);
    assert_true(totals.quantity_executed == ROUNDS * ORDERS * 100 * BROKER_ONE);
    everything_was_told(world, &book);
    book_free(&book);
}

static void audit_sees_a_doubled_order_in_the_book(void **state)
{
    static const char journal[] =
        "BOOK time=20261121-00:00:00.000 version=1 name=ALPHA created=1 start=00:00:00\n"
        "ORDER time=20261121-00:00:01.000 clordid=a order=1 symbol=V side=1 tif=0 type=1 qty=5\n"
        "ACCEPTED time=20261121-00:00:01.000 n=1 exec=E1 clordid=a order=1\n"
        "EXECUTED time=20261121-00:00:01.000 n=2 exec=E2 clordid=a order=1 qty=5 px=1 count=1\n"
        "EXECUTED time=20261121-00:00:01.000 n=3 exec=E3 clordid=a order=1 qty=5 px=1 count=2\n"
        "EXECUTED time=20261121-00:00:01.000 n=4 exec=E4 clordid=a or";
    (void)state;
    struct book book;
    struct book_totals totals;
    char error[256] = "";
    long good = 0;
    FILE *file = fopen("book.log", "w");
    assert_non_null(file);
    fputs(journal, file);
    fclose(file);
    book_init(&book);
    assert_true(book_load(&book, "book.log", &good, error, sizeof error));
    book_count(&book, &totals);
    assert_int_equal(totals.doubled, 1);
    assert_int_equal(totals.executions, 2); /* The cut-off line was told to nobody. */
    assert_int_equal(good, (long)(strrchr(journal, '\n') - journal) + 1);
    book_free(&book);
}

static void broken_book_is_refused_with_the_line(void **state)
{
    const char *const options[] = {"--name", "ALPHA", "--store", "alpha", NULL};
    const char *const audit[] = {"--audit", "alpha", NULL};
    struct world *world = *state;
    world_broker_start(world, no_options);
    world_broker_kill(world);
    FILE *file = fopen("alpha/book.log", "a");
    assert_non_null(file);
    fputs("EXECUTED n=77 order=1\n", file);
    fclose(file);
    assert_int_equal(world_broker_run(options), 1);
    assert_int_equal(world_broker_run(audit), 1);
}

static void wrong_options_and_a_second_broker_are_refused(void **state)
{
    static const char *const wrong[][5] = {
        {NULL},
        {"--name", "ALPHA", NULL},
        {"--name", "ALPHA", "--sotre", "alpha", NULL},
        {"--port", "99999", NULL},
        {"--reject-rate", "101", NULL},
        {"--price", "VOD", NULL},
        {"alpha", NULL},
        {"--audit", NULL},
        {"--control", "alpha", NULL},
    };
    const char *const second[] = {"--name", "ALPHA", "--store", "alpha", NULL};
    const char *const other[] = {"--name", "BETA", "--store", "alpha", NULL};
    const char *const help[] = {"--help", NULL};
    struct world *world = *state;
    for (size_t index = 0; index < sizeof wrong / sizeof wrong[0]; index++) {
        assert_int_equal(world_broker_run(wrong[index]), 2);
    }
    assert_int_equal(world_broker_run(help), 0);
    world_broker_start(world, no_options);
    assert_int_equal(world_broker_run(second), 1);
    world_broker_kill(world);
    assert_int_equal(world_broker_run(other), 1);
}

static void wrong_commands_are_answered_with_the_reason(void **state)
{
    static const char *const wrong[] = {
        "fly",         "",         "set",           "set speed 9",   "set reject-rate 101",
        "set price V", "mute",     "drop everyone", "forget 0",      "forget 99",
        "sequence",    "bust E-1", "fill nobody",   "cancel nobody", "duplicate",
    };
    struct world *world = *state;
    char reply[2048];
    world_broker_start(world, no_options);
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
        TEST(order_that_comes_again_is_never_executed_twice),
        TEST(forgotten_range_is_asked_for_again_and_executed_once),
        TEST(status_of_known_unknown_and_all_orders_is_told),
        TEST(held_orders_are_answered_after_resume),
        TEST(dropped_line_comes_back_and_nothing_is_missing),
        TEST(logon_is_refused_until_it_is_allowed),
        TEST(report_is_repeated_under_the_same_exec_id),
        TEST(busted_execution_is_taken_back_on_both_sessions),
        TEST(slow_reader_stops_reading_and_catches_up),
        TEST(killed_broker_repeats_unsent_reports_as_possible_resends),
        TEST(killed_broker_answers_what_it_had_taken_in),
        TEST(order_whose_number_was_not_kept_waits_until_it_comes_again),
        TEST(order_whose_number_is_gap_filled_is_never_executed),
        TEST(broker_killed_under_load_loses_and_doubles_nothing),
        TEST(audit_sees_a_doubled_order_in_the_book),
        TEST(broken_book_is_refused_with_the_line),
        TEST(wrong_options_and_a_second_broker_are_refused),
        TEST(wrong_commands_are_answered_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
