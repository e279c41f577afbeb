/* Operators steer the sessions of a running gateway with `fixgate session`; brokers are
 * QuickFIX. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <signal.h>

#include <cmocka.h>

#include "gateway/core/engine/tables.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/json_flat.h"
#include "session-store/store.h"
#include "tests/tools/world.h"

enum {
    OUTPUT_BYTES_MAX = 64 * 1024,
    SETTLE_MS = 30000,
    ORDERS = 12,
    /* Of a time of day that is to come: long enough for a start under sanitizers. */
    SOON_S = 10,
};

struct desk {
    struct world world;
    unsigned orders; /* Submitted so far. */
    struct json_flat row;
    char output[OUTPUT_BYTES_MAX];
};

static struct desk *desk_new(const struct world_options *options)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    world_open(&desk->world, options);
    return desk;
}

static void desk_end(struct desk *desk)
{
    assert_true(world_close(&desk->world));
    free(desk);
}

/* --- The command ----------------------------------------------------------------- */

/* `fixgate session` with the words of `line`, '@' for the configuration; its exit code. */
static int session(struct desk *desk, const char *line)
{
    char copy[512];
    const char *arguments[PROCESS_ARGUMENTS_MAX] = {"session"};
    size_t count = 1;
    char *rest = NULL;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < ARRAY_LEN(arguments) - 1);
        arguments[count++] = strcmp(word, "@") == 0 ? desk->world.config_path : word;
    }
    return world_fixgate(&desk->world, arguments, NULL, desk->output, sizeof desk->output);
}

static void assert_says(const struct desk *desk, const char *text)
{
    if (strstr(desk->output, text) == NULL) {
        fail_msg("no \"%s\" in:\n%s", text, desk->output);
    }
}

static void assert_session(struct desk *desk, const char *line, int exit_code, const char *words)
{
    int code = session(desk, line);
    if (code != exit_code) {
        fail_msg("session %s: exit code %d, not %d\n%s", line, code, exit_code, desk->output);
    }
    assert_says(desk, words);
}

/* A member of what `show` tells of the session now; empty while there is no answer. */
static const char *shown(struct desk *desk, const char *name, const char *member)
{
    char line[128];
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    (void)snprintf(line, sizeof line, "show %s -c @ --json", name);
    if (session(desk, line) != 0 || !json_flat_read(span_text(desk->output), &desk->row, error)) {
        return "";
    }
    const char *value = json_flat_find(&desk->row, member);
    return value != NULL ? value : "";
}

static unsigned long number(struct desk *desk, const char *name, const char *member)
{
    return strtoul(shown(desk, name, member), NULL, 10);
}

struct wish {
    struct desk *desk;
    const char *name;
    const char *member;
    const char *value;
};

static bool granted(struct world *world, void *context)
{
    const struct wish *wish = context;
    (void)world;
    return strcmp(shown(wish->desk, wish->name, wish->member), wish->value) == 0;
}

static bool changed(struct world *world, void *context)
{
    const struct wish *wish = context;
    (void)world;
    return strcmp(shown(wish->desk, wish->name, wish->member), wish->value) != 0;
}

static void await_member(struct desk *desk, const char *name, const char *member, const char *value)
{
    struct wish wish = {desk, name, member, value};
    char what[256];
    (void)snprintf(what, sizeof what, "%s has %s %s", name, member, value);
    if (!world_await(&desk->world, granted, &wish, SETTLE_MS, what)) {
        fail_msg("it is %s\n%s", shown(desk, name, member), desk->output);
    }
}

/* --- Orders ------------------------------------------------------------------------ */

/* How many orders the brokers took; both books have to be asked, for the gateway says it. */
static unsigned taken_by(const struct desk *desk, const char *broker)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < oms_requests_count(desk->world.oms); i++) {
        count += strcmp(oms_request(desk->world.oms, i)->broker, broker) == 0 ? 1 : 0;
    }
    return count;
}

static void submit(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char order[128];
        desk->orders += 1;
        (void)snprintf(order, sizeof order,
                       "35=D|11=S%u|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|59=1|", desk->orders);
        (void)oms_submit(desk->world.oms, order);
    }
}

static void trade(struct desk *desk, unsigned count)
{
    submit(desk, count);
    assert_true(world_await(&desk->world, world_all_ended, NULL, SETTLE_MS, "every order ended"));
}

struct open_wish {
    struct desk *desk;
    const char *name;
    unsigned at_least;
};

static bool rests(struct world *world, void *context)
{
    const struct open_wish *wish = context;
    (void)world;
    return number(wish->desk, wish->name, "open_orders") >= wish->at_least &&
           strcmp(json_flat_find(&wish->desk->row, "unacknowledged"), "0") == 0;
}

/* Orders that the brokers accept and do not execute, until so many are at `name`. */
static void rest_orders(struct desk *desk, unsigned count, const char *name, unsigned at_least)
{
    struct open_wish wish = {desk, name, at_least};
    submit(desk, count);
    assert_true(world_await(&desk->world, rests, &wish, SETTLE_MS, "orders rest there"));
}

/* --- What is left of a command ------------------------------------------------------- */

static void assert_event(struct desk *desk, const char *topic, const char *text)
{
    const char *const arguments[] = {
        "tail", "-c", desk->world.config_path, "--raw", "--from", "1", "--idle", "1", topic, NULL};
    assert_int_equal(
        0, world_fixgate(&desk->world, arguments, NULL, desk->output, sizeof desk->output));
    assert_says(desk, text);
}

static bool holds(struct span bytes, const char *text)
{
    struct span wanted = span_text(text);
    for (size_t i = 0; i + wanted.size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, wanted.data, wanted.size) == 0) {
            return true;
        }
    }
    return false;
}

/* An entry of the audit holds all three; read beside the running gateway. */
static void assert_audit(struct desk *desk, const char *command, const char *id,
                         const char *outcome)
{
    const char *tables[TABLE_OUT];
    char error[STORE_ERROR_BYTES_MAX];
    struct store *store = NULL;
    struct store_reader *reader = NULL;
    struct span key;
    struct span value;
    bool found = false;
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    struct store_config config = {.path = desk->world.store_directory,
                                  .tables = tables,
                                  .tables_count = ARRAY_LEN(tables),
                                  .read_only = true};
    assert_int_equal(STATUS_OK, store_open(&config, &store, error));
    assert_int_equal(STATUS_OK, store_reader_open(store, &reader));
    assert_int_equal(STATUS_OK, store_read_begin(reader));
    enum status status = store_seek(reader, TABLE_AUDIT, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        found = found || (holds(value, "jane") && holds(value, command) && holds(value, id) &&
                          holds(value, outcome));
        status = store_after(reader, TABLE_AUDIT, key, &key, &value);
    }
    store_read_end(reader);
    store_reader_close(reader);
    store_close(store);
    assert_true(found);
}

/* --- Tests --------------------------------------------------------------------------- */

static const char *const filling[] = {"--fill-latency", "5", NULL};
static const char *const resting[] = {"--fill-rate", "0", NULL};

static void list_show_and_test_tell_of_running_sessions(void **state)
{
    (void)state;
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = filling, .router_off = true};
    struct desk *desk = desk_new(&options);
    char address[64];
    assert_true(world_start(&desk->world));
    await_member(desk, "ALPHA", "state", "READY");
    await_member(desk, "BETA-DC", "state", "READY");
    assert_session(desk, "list -c @", 0, "NEXT OUT");
    assert_says(desk, "FIX.4.4:FIXGATE->ALPHA    ALPHA      orders     READY");
    assert_says(desk, "FIX.4.4:FIXGATE->BETA-DC  BETA       dropcopy   READY");
    assert_session(desk, "list -c @ --json", 0, "[{\"session\":\"FIX.4.4:FIXGATE->ALPHA\"");
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)desk->world.brokers[1].port);
    assert_session(desk, "show FIX.4.4:FIXGATE->BETA -c @", 0, address);
    assert_string_equal("1", shown(desk, "BETA", "endpoint"));

    /* A sign of life: its answer takes a number of theirs. */
    struct wish wish = {desk, "ALPHA", "seq_in_next", shown(desk, "ALPHA", "seq_in_next")};
    char before[32];
    (void)snprintf(before, sizeof before, "%s", wish.value);
    wish.value = before;
    assert_session(desk, "test ALPHA -c @ --operator jane", 0, "a TestRequest is sent");
    assert_event(desk, "CO.session.test", "10034=DONE|10030=jane|58=a TestRequest is sent");
    assert_true(world_await(&desk->world, changed, &wish, SETTLE_MS, "the answer"));

    assert_session(desk, "disconnect ALPHA -c @ --operator jane", 0, "its connection is closed");
    assert_true(process_logged(&desk->world.gateway, "closing: closed by an operator", NULL, 0));
    await_member(desk, "ALPHA", "state", "READY");
    trade(desk, ORDERS);
    assert_true(world_judge(&desk->world));
    desk_end(desk);
}

static void what_cannot_be_done_is_said_by_words_and_exit_code(void **state)
{
    (void)state;
    const struct world_options options = {.brokers_count = 2, .router_off = true};
    struct desk *desk = desk_new(&options);
    char line[PROCESS_PATH_BYTES_MAX + 64];
    assert_session(desk, "--help", 0, "fixgate session list");
    assert_session(desk, "list -c @", 3, "is the gateway running?");
    assert_true(world_start(&desk->world));
    await_member(desk, "ALPHA", "state", "READY");
    static const struct {
        const char *line;
        int exit_code;
        const char *words;
    } cases[] = {
        {"-c @", 2, "what is to be done?"},
        {"lisst -c @", 2, "what is to be done?"},
        {"list BETA -c @", 2, "list names all sessions"},
        {"list", 2, "-c FILE or --control"},
        {"list -c /none.cfg", 2, "/none.cfg"},
        {"list -c @ --colour", 2, "--colour"},
        {"logoff -c @", 2, "which session?"},
        {"logoff GAMMA -c @", 2, "FIX.4.4:FIXGATE->BETA-DC"},
        {"show PHA-D -c @", 0, "FIX.4.4:FIXGATE->ALPHA-DC"},
        {"logoff DC -c @", 2, "more than one session has 'DC' in its id"},
        {"logoff BETA -c @ --confirm", 2, "--confirm is for reset alone"},
        {"logoff BETA -c @ --operator=", 2, "--operator is empty"},
        {"logoff BETA -c @ --operator j\001ane", 1, "'operator' must be"},
        {"logoff BETA -c @ --operator jane --json", 0, "{\"ok\":true,\"answer\":\"it logs out"},
        {"logon BETA -c @ --operator jane", 0, "it "},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_session(desk, cases[i].line, cases[i].exit_code, cases[i].words);
    }
    await_member(desk, "BETA", "state", "READY");
    (void)snprintf(line, sizeof line, "list --control ipc://%s/control.ipc",
                   desk->world.store_directory);
    assert_session(desk, line, 0, "READY");
    /* A broker that is not there cannot be asked for a sign of life. */
    world_broker_kill(&desk->world, 1);
    await_member(desk, "BETA", "connected", "false");
    assert_session(desk, "test BETA -c @", 1, "it is not logged on");
    desk_end(desk);
}

static void a_session_that_is_logged_off_stays_so_and_gets_no_orders(void **state)
{
    (void)state;
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = filling, .router_off = true};
    struct desk *desk = desk_new(&options);
    assert_true(world_start(&desk->world));
    await_member(desk, "ALPHA", "state", "READY");
    await_member(desk, "BETA", "state", "READY");
    trade(desk, ORDERS);
    assert_true(taken_by(desk, "BETA") > 0);
    unsigned before = taken_by(desk, "BETA");

    assert_session(desk, "logoff BETA -c @ --operator jane", 0, "it logs out");
    await_member(desk, "BETA", "state", "LOGGED_OFF");
    trade(desk, ORDERS);
    assert_int_equal(before, taken_by(desk, "BETA"));
    world_gateway_kill(&desk->world);
    assert_true(world_gateway_start(&desk->world));
    await_member(desk, "ALPHA", "state", "READY");
    await_member(desk, "BETA-DC", "state", "READY");
    assert_string_equal("LOGGED_OFF", shown(desk, "BETA", "state"));
    trade(desk, ORDERS);
    assert_int_equal(before, taken_by(desk, "BETA"));

    assert_session(desk, "logon BETA -c @ --operator jane", 0, "it connects now");
    await_member(desk, "BETA", "state", "READY");
    trade(desk, ORDERS);
    assert_true(taken_by(desk, "BETA") > before);
    assert_event(desk, "CO.session.", "10034=DONE|10030=jane|58=it logs out");
    assert_says(desk, "10034=DONE|10030=jane|58=it connects now");
    assert_audit(desk, "session.logoff", "FIX.4.4:FIXGATE->BETA", "it logs out");
    assert_audit(desk, "session.logon", "FIX.4.4:FIXGATE->BETA", "it connects now");
    assert_true(world_judge(&desk->world));
    desk_end(desk);
}

static void end_resting_orders(struct desk *desk)
{
    for (uint32_t broker = 0; broker < desk->world.options.brokers_count; broker++) {
        assert_int_equal(0, world_broker_control(&desk->world, broker, "fill all"));
    }
    assert_true(world_await(&desk->world, world_all_ended, NULL, SETTLE_MS, "every order ended"));
}

static void a_reset_while_orders_are_open_wants_a_confirmation(void **state)
{
    (void)state;
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = resting, .drop_copy_off = true, .router_off = true};
    struct desk *desk = desk_new(&options);
    assert_true(world_start(&desk->world));
    await_member(desk, "BETA", "state", "READY");
    rest_orders(desk, ORDERS, "BETA", ORDERS / 2);
    unsigned long before = number(desk, "BETA", "seq_out_next");
    assert_true(before > ORDERS / 2);
    assert_session(desk, "reset BETA -c @ --operator jane", 1, "orders are open there");
    assert_says(desk, "add --confirm once you have agreed with the broker on it");
    assert_true(number(desk, "BETA", "seq_out_next") >= before);
    assert_session(desk, "reset BETA -c @ --operator jane --confirm", 0, "ResetSeqNumFlag=Y");
    await_member(desk, "BETA", "state", "READY");
    /* Not by what is next: the broker is asked for the status of what is open there. */
    assert_true(process_logged(&desk->world.gateway,
                               "session=FIX.4.4:FIXGATE->BETA sequence numbers are reset to 1",
                               NULL, 0));
    assert_true(process_logged(&desk->world.gateway,
                               "session=FIX.4.4:FIXGATE->BETA the peer confirms the reset", NULL,
                               0));
    assert_event(desk, "CO.session.reset", "10034=REFUSED|10030=jane|58=");
    assert_says(desk, "10034=DONE|10030=jane|58=a Logon with ResetSeqNumFlag=Y");
    assert_audit(desk, "session.reset", "FIX.4.4:FIXGATE->BETA", "orders are open there");
    assert_audit(desk, "session.reset", "FIX.4.4:FIXGATE->BETA", "a Logon with ResetSeqNumFlag=Y");
    end_resting_orders(desk);
    desk_end(desk);
}

/* --- Times of day ------------------------------------------------------------------------ */

static void config_add(const struct desk *desk, const char *key, uint64_t second)
{
    FILE *file = fopen(desk->world.config_path, "ae");
    assert_non_null(file);
    (void)fprintf(file, "%s=%02u:%02u:%02u\n", key, (unsigned)(second / 3600 % 24),
                  (unsigned)(second / 60 % 60), (unsigned)(second % 60));
    (void)fclose(file);
}

/* The present second of the day, in UTC. */
static uint64_t second_now(void)
{
    struct clock clock = {.engine_ns = 0};
    return clock_read(&clock).engine_ns / UINT64_C(1000000000) % 86400;
}

static void a_session_is_off_schedule_until_its_time_begins_and_after_it(void **state)
{
    (void)state;
    const struct world_options options = {
        .brokers_count = 2, .broker_arguments = filling, .drop_copy_off = true, .router_off = true};
    struct desk *desk = desk_new(&options);
    assert_true(world_broker_start(&desk->world, 0));
    assert_true(world_broker_start(&desk->world, 1));
    assert_true(world_oms_open(&desk->world));
    /* The last section of the configuration is BETA's. */
    uint64_t second = second_now();
    config_add(desk, "StartTime", second + SOON_S);
    config_add(desk, "EndTime", second + SOON_S + SOON_S);
    assert_true(world_gateway_start(&desk->world));
    char from[32];
    char until[32];
    (void)snprintf(from, sizeof from, "%s", shown(desk, "BETA", "next_change"));
    assert_string_equal("OFF_SCHEDULE", json_flat_find(&desk->row, "state"));
    (void)snprintf(until, sizeof until, "%s", json_flat_find(&desk->row, "logout_at"));
    char words[64];
    (void)snprintf(words, sizeof words, "  from %sZ", from + strlen("YYYYMMDD-"));
    assert_session(desk, "list -c @", 0, words);
    await_member(desk, "ALPHA", "state", "READY");
    trade(desk, ORDERS);
    assert_int_equal(0, taken_by(desk, "BETA"));

    await_member(desk, "BETA", "state", "READY");
    (void)snprintf(words, sizeof words, "  until %sZ", until + strlen("YYYYMMDD-"));
    assert_session(desk, "list -c @", 0, words);
    await_member(desk, "BETA", "state", "OFF_SCHEDULE");
    assert_session(desk, "logon BETA -c @", 0, "it logs on when it may: it is not the session's");
    assert_string_equal("OFF_SCHEDULE", shown(desk, "BETA", "state"));
    assert_true(world_judge(&desk->world));
    desk_end(desk);
}

static void a_reset_that_open_orders_postpone_is_done_once_it_is_confirmed(void **state)
{
    (void)state;
    const struct world_options options = {
        .brokers_count = 1, .broker_arguments = resting, .drop_copy_off = true};
    struct desk *desk = desk_new(&options);
    char before[32];
    assert_true(world_broker_start(&desk->world, 0));
    assert_true(world_oms_open(&desk->world));
    config_add(desk, "ResetSeqTime", second_now() + SOON_S);
    assert_true(world_gateway_start(&desk->world));
    await_member(desk, "ALPHA", "state", "READY");
    rest_orders(desk, 1, "ALPHA", 1);
    assert_string_equal("false", shown(desk, "ALPHA", "reset_postponed"));
    (void)snprintf(before, sizeof before, "%s", json_flat_find(&desk->row, "numbers_since"));
    await_member(desk, "ALPHA", "reset_postponed", "true");
    assert_event(desk, "AL.", "ResetSeqTime has come, but 1 orders are open");
    assert_string_equal(before, shown(desk, "ALPHA", "numbers_since"));
    assert_session(desk, "reset ALPHA -c @ --operator jane", 1, "1 orders are open there");
    assert_session(desk, "reset ALPHA -c @ --operator jane --confirm", 0, "ResetSeqNumFlag=Y");
    await_member(desk, "ALPHA", "reset_postponed", "false");
    await_member(desk, "ALPHA", "state", "READY");
    char after[32];
    (void)snprintf(after, sizeof after, "%s", shown(desk, "ALPHA", "numbers_since"));
    assert_true(strcmp(before, after) < 0);
    end_resting_orders(desk);
    /* It was the one of today: the last order's end brings no second one. */
    assert_string_equal(after, shown(desk, "ALPHA", "numbers_since"));
    assert_int_equal(1, process_log_count(&desk->world.gateway, "sequence numbers are reset"));
    desk_end(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_show_and_test_tell_of_running_sessions),
        cmocka_unit_test(what_cannot_be_done_is_said_by_words_and_exit_code),
        cmocka_unit_test(a_session_that_is_logged_off_stays_so_and_gets_no_orders),
        cmocka_unit_test(a_reset_while_orders_are_open_wants_a_confirmation),
        cmocka_unit_test(a_session_is_off_schedule_until_its_time_begins_and_after_it),
        cmocka_unit_test(a_reset_that_open_orders_postpone_is_done_once_it_is_confirmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
