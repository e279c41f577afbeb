/* A person with an order in doubt, and with dead letters: the commands of the runbooks
 * (docs/runbooks/in-doubt-order.md, dead-letters.md), in their order, at a running gateway whose
 * broker BETA was killed with -9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/tools/operators.h"

enum { ALPHA, BETA };
enum { WAIT_MS = 60000 };

#define ORDER "35=D|11=C1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|"

/* BETA acknowledges at once, and fills after a minute. */
static const char *const broker_arguments[] = {"--ack-latency", "5", "--fill-latency", "60000",
                                               NULL};

struct desk {
    struct world world;
    const char *output; /* Of the last command. */
};

/* Ends the test unless the command ends with `code`. */
static const char *type(struct desk *desk, int code, const char *words)
{
    int got = operators_ask(&desk->world, "jane", words, &desk->output);
    if (got != code) {
        (void)world_fail(&desk->world, desk->output);
        fail_msg("ctl %s: exit code %d instead of %d", words, got, code);
    }
    return desk->output;
}

static void type_and_read(struct desk *desk, const char *words, const char *wanted)
{
    if (strstr(type(desk, CTL_DONE, words), wanted) == NULL) {
        (void)world_fail(&desk->world, desk->output);
        fail_msg("ctl %s does not say %s", words, wanted);
    }
}

static bool is_in_state(struct world *world, void *context)
{
    const struct oms_request *order = oms_request_find(world->oms, "C1");
    return order != NULL && strcmp(order->state, context) == 0;
}

static void await_state(struct desk *desk, const char *state)
{
    char wanted[32];
    (void)snprintf(wanted, sizeof wanted, "%s", state);
    assert_true(world_await(&desk->world, is_in_state, wanted, WAIT_MS, state));
}

/* What the desk prints holds `wanted`, after a while. */
static void await_words(struct desk *desk, const char *words, const char *wanted)
{
    for (unsigned tries = 0; tries < WAIT_MS / 100; tries++) {
        if (strstr(type(desk, CTL_DONE, words), wanted) != NULL) {
            return;
        }
        oms_poll(desk->world.oms, 100);
    }
    (void)world_fail(&desk->world, desk->output);
    fail_msg("ctl %s never says %s", words, wanted);
}

/* Each broker's order session and its drop copies. */
static void await_sessions(struct desk *desk)
{
    for (unsigned tries = 0; tries < WAIT_MS / 100; tries++) {
        unsigned ready = 0;
        const char *at = type(desk, CTL_DONE, "session list");
        while ((at = strstr(at, "\"state\":\"READY\"")) != NULL) {
            ready++;
            at++;
        }
        if (ready == 4) {
            return;
        }
        oms_poll(desk->world.oms, 100);
    }
    (void)world_fail(&desk->world, desk->output);
    fail_msg("not all sessions are READY");
}

/* BETA's book has C1. */
static bool book_has(struct world *world, void *context)
{
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char line[4096];
    bool has = false;
    (void)context;
    (void)snprintf(path, sizeof path, "%s/book.log", world->brokers[BETA].directory);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        has = has || strstr(line, " secondary=C1 ") != NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return has;
}

/* C1 goes to BETA, for ALPHA is drained. `more` are lines of [DEFAULT]. */
static struct desk *desk_new(const char *more)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    const struct world_options options = {.brokers_count = 2,
                                          .broker_arguments = broker_arguments,
                                          .default_more = more,
                                          /* Lines of the last [BROKER], which is BETA. */
                                          .config_more = "InDoubtPolicy=operator\n"};
    world_open(&desk->world, &options);
    assert_true(world_start(&desk->world));
    await_sessions(desk);
    (void)type(desk, CTL_DONE, "broker drain ALPHA --reason test");
    return desk;
}

static void desk_end(struct desk *desk)
{
    (void)type(desk, CTL_DONE, "audit verify");
    assert_true(world_close(&desk->world));
    free(desk);
}

/* BETA has taken C1 in, or never read it, and is killed before it says a word. */
static void put_in_doubt(struct desk *desk, bool has_read)
{
    if (has_read) {
        assert_int_equal(world_broker_control(&desk->world, BETA, "hold"), 0);
    } else {
        assert_int_equal(kill(desk->world.brokers[BETA].process.pid, SIGSTOP), 0);
    }
    (void)oms_submit(desk->world.oms, ORDER);
    await_state(desk, "SENT");
    if (has_read) {
        assert_true(world_await(&desk->world, book_has, NULL, WAIT_MS, "BETA has C1"));
    }
    world_broker_kill(&desk->world, BETA);
    await_state(desk, "IN_DOUBT");
}

static void an_order_in_doubt_is_forced_on_by_two_persons_and_its_attempt_hunted(void **state)
{
    (void)state;
    struct desk *desk = desk_new(NULL);
    put_in_doubt(desk, true);
    type_and_read(desk, "doubt list", "OMS/C1");
    type_and_read(desk, "doubt list --broker BETA", "\"evidence\":\"NONE\"");
    type_and_read(desk, "doubt show OMS/C1", "settled_by");
    type_and_read(desk, "session list", "BETA");
    (void)type(desk, CTL_REFUSED, "doubt ask OMS/C1");
    (void)type(desk, CTL_DONE, "broker auto ALPHA");
    await_state(desk, "IN_DOUBT");
    assert_true(operators_agree(&desk->world, "doubt reroute OMS/C1 --reason client~waits"));
    await_state(desk, "ACKED");
    assert_string_equal("ALPHA", oms_request_find(desk->world.oms, "C1")->broker);
    type_and_read(desk, "doubt hunts", "\"hunt\":\"WAITING\"");
    type_and_read(desk, "orders show OMS/C1", "\"possible_duplicate\":true");
    /* A gateway that is killed meanwhile hunts on. */
    world_gateway_kill(&desk->world);
    assert_true(world_gateway_start(&desk->world));
    assert_true(world_broker_start(&desk->world, BETA));
    await_words(desk, "doubt hunts", "0 attempts are hunted");
    type_and_read(desk, "doubt list", "0 orders are held");
    await_state(desk, "ACKED");
    assert_int_equal(0, oms_request_find(desk->world.oms, "C1")->cum_qty);
    (void)type(desk, CTL_DONE, "orders status OMS/C1");
    (void)type(desk, CTL_DONE, "orders cancel OMS/C1 --reason over");
    await_words(desk, "orders show OMS/C1", "\"state\":\"CANCELLED\"");
    desk_end(desk);
}

static void the_word_of_a_broker_by_telephone_settles_an_order(void **state)
{
    (void)state;
    struct desk *desk = desk_new(NULL);
    put_in_doubt(desk, true);
    (void)type(desk, CTL_DONE, "broker auto ALPHA");
    (void)type(desk, CTL_DONE, "doubt settle OMS/C1 received --reason desk");
    assert_true(world_broker_start(&desk->world, BETA));
    await_state(desk, "ACKED");
    assert_string_equal("BETA", oms_request_find(desk->world.oms, "C1")->broker);
    desk_end(desk);
}

static void a_broker_that_never_got_an_order_is_taken_at_its_word_by_two_persons(void **state)
{
    (void)state;
    struct desk *desk = desk_new(NULL);
    put_in_doubt(desk, false);
    (void)type(desk, CTL_DONE, "broker auto ALPHA");
    assert_true(operators_agree(&desk->world, "doubt settle OMS/C1 not-received --reason desk"));
    await_state(desk, "ACKED");
    assert_string_equal("ALPHA", oms_request_find(desk->world.oms, "C1")->broker);
    assert_true(world_broker_start(&desk->world, BETA));
    await_words(desk, "doubt hunts", "0 attempts are hunted");
    desk_end(desk);
}

static void a_dead_letter_is_looked_at_and_sent_on(void **state)
{
    (void)state;
    struct desk *desk = desk_new("StaleOrderAge=1\n");
    put_in_doubt(desk, false);
    await_words(desk, "doubt list --older-than 2", "OMS/C1"); /* It is stale. */
    assert_true(world_broker_start(&desk->world, BETA));
    await_state(desk, "DEAD_LETTER");
    type_and_read(desk, "deadletter list", "StaleOrderAge");
    type_and_read(desk, "deadletter show OMS/C1", "NOT_RECEIVED");
    (void)type(desk, CTL_DONE, "broker auto ALPHA");
    (void)type(desk, CTL_DONE, "deadletter redrive OMS/C1 --reason client~confirmed");
    await_state(desk, "ACKED");
    type_and_read(desk, "deadletter list", "0 orders");
    desk_end(desk);
}

static void a_dead_letter_is_ended_towards_the_oms(void **state)
{
    (void)state;
    struct desk *desk = desk_new("StaleOrderAge=1\n");
    put_in_doubt(desk, false);
    await_words(desk, "doubt list --older-than 2", "OMS/C1"); /* It is stale. */
    assert_true(world_broker_start(&desk->world, BETA));
    await_state(desk, "DEAD_LETTER");
    (void)type(desk, CTL_DONE, "deadletter cancel OMS/C1 --reason client~went~elsewhere");
    await_state(desk, "CANCELLED");
    desk_end(desk);
}

static void a_partly_filled_order_is_moved_with_what_is_left_and_is_executed_once(void **state)
{
    (void)state;
    struct desk *desk = desk_new(NULL);
    assert_int_equal(world_broker_control(&desk->world, BETA, "set fill-latency 3000"), 0);
    assert_int_equal(world_broker_control(&desk->world, BETA, "set partial-fills 3"), 0);
    assert_int_equal(world_broker_control(&desk->world, ALPHA, "set fill-latency 30"), 0);
    (void)oms_submit(desk->world.oms, ORDER);
    await_state(desk, "PARTIAL");
    type_and_read(desk, "orders list", "OMS/C1");
    (void)type(desk, CTL_DONE, "broker auto ALPHA");
    (void)type(desk, CTL_DONE, "orders move OMS/C1 --to ALPHA --reason asked~to");
    await_state(desk, "FILLED");
    const struct oms_request *order = oms_request_find(desk->world.oms, "C1");
    assert_string_equal("ALPHA", order->broker);
    assert_int_equal(INT64_C(10000000000), order->cum_qty);
    assert_int_equal(0, order->leaves_qty);
    type_and_read(desk, "orders show OMS/C1", "\"attempts\":2");
    struct audit *audit = calloc(1, sizeof *audit);
    assert_non_null(audit);
    world_audit(&desk->world, audit);
    assert_int_equal(0, audit->counts.doubled);
    assert_int_equal(0, audit->counts.lost);
    assert_int_equal(1, audit->counts.executed);
    audit_free(audit);
    free(audit);
    desk_end(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_in_doubt_is_forced_on_by_two_persons_and_its_attempt_hunted),
        cmocka_unit_test(the_word_of_a_broker_by_telephone_settles_an_order),
        cmocka_unit_test(a_broker_that_never_got_an_order_is_taken_at_its_word_by_two_persons),
        cmocka_unit_test(a_dead_letter_is_looked_at_and_sent_on),
        cmocka_unit_test(a_dead_letter_is_ended_towards_the_oms),
        cmocka_unit_test(a_partly_filled_order_is_moved_with_what_is_left_and_is_executed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
