/* The broker of the other side, killed with -9, started wrongly, and audited. */
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

static void killed_broker_repeats_unsent_reports_as_possible_resends(void **state)
{
    struct world *world = world_begin(*state, world_no_options);
    struct book book;
    char exec_id[64];
    char wanted[128];
    world_command("mute on");
    world_order(world, "k1", "");
    world_await_stat(world, "executions", 1);
    world_broker_kill(world);
    world_book(&book);
    book_exec_id(&book, 2, exec_id);
    book_free(&book);
    world_broker_start(world, world_no_options);
    snprintf(wanted, sizeof wanted, "150=F|11=k1|97=Y|17=%s|14=100", exec_id);
    world_await(world, WORLD_ORDERS, wanted);
    world_await(world, WORLD_DROP_COPY, wanted);
    assert_int_equal(world_stat("executions"), 1);
}

static void killed_broker_answers_what_it_had_taken_in(void **state)
{
    const char *const options[] = {"--hold", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "t1", "");
    world_await_stat(world, "pending", 1);
    world_broker_kill(world);
    world_broker_start(world, world_no_options);
    world_await(world, WORLD_ORDERS, "150=0|11=t1");
    world_await(world, WORLD_ORDERS, "150=F|11=t1");
    assert_int_equal(world_stat("orders"), 1);
}

/* Turns QuickFIX's number back by one, as a crash between our journal and its
 * store leaves it. */
static void number_unpersist(void)
{
    char numbers[64] = "";
    char *rest = NULL;
    FILE *file = fopen("alpha/fix/FIX.4.4-ALPHA-FIXGATE.seqnums", "r+");
    assert_non_null(file);
    assert_true(fread(numbers, 1, sizeof numbers - 1, file) > 0);
    long out = strtol(numbers, &rest, 10);
    assert_memory_equal(rest, " : ", 3);
    long in = strtol(rest + 3, NULL, 10);
    rewind(file);
    fprintf(file, "%10.10ld : %10.10ld", out, in - 1);
    fclose(file);
}

static struct world *crash_before_the_number_is_kept(void **state)
{
    const char *const options[] = {"--hold", NULL};
    struct world *world = world_begin(*state, options);
    world_order(world, "u1", "");
    world_await_stat(world, "pending", 1);
    world_broker_kill(world);
    number_unpersist();
    return world;
}

static void order_whose_number_was_not_kept_waits_until_it_comes_again(void **state)
{
    struct world *world = crash_before_the_number_is_kept(state);
    world_broker_start(world, world_no_options);
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
    world_broker_start(world, world_no_options);
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
    enum { ROUNDS = 6, ORDERS = 40, ALL = ROUNDS * ORDERS };
    const char *const options[] = {"--partial-fills", "2", NULL};
    struct world *world = world_begin(*state, options);
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
    world_await_stat(world, "filled", ALL);
    world_book(&book);
    book_count(&book, &totals);
    assert_int_equal(totals.orders, ALL);
    assert_int_equal(totals.executions, ALL * 2);
    assert_int_equal(totals.doubled, 0);
    assert_int_equal(book.anomalies, 0);
    assert_true(totals.quantity_executed == BROKER_ONE * 100 * ALL);
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
    world_broker_start(world, world_no_options);
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
    world_broker_start(world, world_no_options);
    assert_int_equal(world_broker_run(second), 1);
    world_broker_kill(world);
    assert_int_equal(world_broker_run(other), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_broker_repeats_unsent_reports_as_possible_resends),
        TEST(killed_broker_answers_what_it_had_taken_in),
        TEST(order_whose_number_was_not_kept_waits_until_it_comes_again),
        TEST(order_whose_number_is_gap_filled_is_never_executed),
        TEST(broker_killed_under_load_loses_and_doubles_nothing),
        TEST(audit_sees_a_doubled_order_in_the_book),
        TEST(broken_book_is_refused_with_the_line),
        TEST(wrong_options_and_a_second_broker_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
