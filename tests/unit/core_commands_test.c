/* What operators may ask of a session, and what is left of it: bus, audit, restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/commands/audit.h"
#include "gateway/core/engine/tables.h"
#include "tests/unit/core_rig.h"

#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker_configs[1].weight = 0;
    rig->broker[1].listening = false;
    rig->broker[0].manner = RIG_ACK;
    *state = rig;
    return 0;
}

static const struct link *link_of(const struct rig *rig)
{
    return &rig->engine->links[0];
}

/* The newest audit entry, as text; counts them. */
static unsigned audit_last(struct rig *rig, char *text, size_t capacity)
{
    struct span key;
    struct span value;
    unsigned count = 0;
    enum status status = store_read_begin(rig->store_reader);
    assert_int_equal(STATUS_OK, status);
    status = store_seek(rig->store_reader, TABLE_AUDIT, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        struct audit audit;
        assert_true(audit_decode(key, value, &audit));
        assert_true(audit_is_whole(&audit));
        assert_int_equal(count + 1, audit.number);
        assert_true(audit.instant_ns <= rig->now_ns);
        (void)snprintf(text, capacity, "%.*s %.*s %.*s %s: %.*s", (int)audit.operator_name.size,
                       (const char *)audit.operator_name.data, (int)audit.command.size,
                       (const char *)audit.command.data, (int)audit.object.size,
                       (const char *)audit.object.data, audit.carried_out ? "done" : "refused",
                       (int)audit.outcome.size, (const char *)audit.outcome.data);
        count += 1;
        status = store_after(rig->store_reader, TABLE_AUDIT, key, &key, &value);
    }
    store_read_end(rig->store_reader);
    return count;
}

static void logoff_keeps_a_session_down_until_logon_over_a_restart_too(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    assert_false(link_of(rig)->connected);
    rig_pass(rig, 10000);
    assert_int_equal(1, rig->broker[0].connects);
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 10000);
    assert_int_equal(1, rig->broker[0].connects);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGON, false);
    rig_pass(rig, 100);
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
}

static void logon_during_a_logoff_lets_the_session_come_back(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[0].deaf = true;
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    assert_true(rig->engine->links[0].connected);
    assert_non_null(strstr(rig_command(rig, 0, SESSION_COMMAND_LOGON, false), "still logging off"));
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    rig_wait(rig, 30);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void an_order_waits_while_its_session_is_logged_off(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    (void)rig_request(rig, ORDER("C1"));
    assert_non_null(rig_event(rig, "OR.QUEUED.VOD", "|11=C1|"));
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGON, false);
    rig_pass(rig, 1000);
    assert_int_equal(1, rig->broker[0].orders);
}

static void every_command_is_on_the_bus_and_in_the_audit_with_its_operator(void **state)
{
    struct rig *rig = *state;
    char last[512];
    rig_start(rig);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    assert_int_equal(1, audit_last(rig, last, sizeof(last)));
    assert_string_equal("alice session.logoff session=FIX.4.4:FIXGATE->ALPHA done: it logs out, "
                        "and stays logged off until LOGON",
                        last);
    assert_non_null(rig_event(rig, "CO.session.logoff",
                              "|10032=session.logoff|10033=session=FIX.4.4:FIXGATE->ALPHA|"
                              "10034=DONE|10030=alice|58=it logs out, and stays"));
    assert_non_null(rig_event(rig, "CO.session.logoff", "|10035=1|10036="));
    assert_non_null(rig_said(rig, "session.logoff by alice: it logs out"));
    (void)rig_command(rig, 0, SESSION_COMMAND_DISCONNECT, false);
    assert_int_equal(2, audit_last(rig, last, sizeof(last)));
    assert_string_equal("alice session.disconnect session=FIX.4.4:FIXGATE->ALPHA refused: it is "
                        "not connected",
                        last);
    assert_non_null(rig_event(rig, "CO.session.disconnect", "|10034=REFUSED|"));
    assert_non_null(rig_said(rig, "session.disconnect by alice refused: it is not connected"));
    (void)rig_check_events(rig);
}

static void a_reset_with_open_orders_wants_a_confirmation(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    (void)rig_request(rig, ORDER("C2"));
    const char *answer = rig_command(rig, 0, SESSION_COMMAND_RESET, false);
    assert_non_null(strstr(answer, "2 orders are open"));
    assert_non_null(strstr(answer, "repeat the command with its confirmation"));
    assert_int_equal(0, link_of(rig)->session.resets);
    (void)rig_command(rig, 0, SESSION_COMMAND_RESET, true);
    rig_pass(rig, 1000);
    assert_int_equal(1, link_of(rig)->session.resets);
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
    assert_int_equal(1, rig->broker[0].connects);
    assert_int_equal(rig->broker[0].session.seq_in_next, link_of(rig)->session.seq_out_next);
}

static void a_disconnected_session_is_reset_at_once(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    assert_true(link_of(rig)->session.seq_out_next > 1);
    (void)rig_command(rig, 0, SESSION_COMMAND_RESET, false);
    assert_int_equal(1, link_of(rig)->session.seq_out_next);
    assert_int_equal(1, link_of(rig)->session.seq_in_next);
    assert_int_equal(1, link_of(rig)->session.resets);
}

static void disconnect_closes_and_the_session_comes_back(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    (void)rig_command(rig, 0, SESSION_COMMAND_DISCONNECT, false);
    assert_false(link_of(rig)->connected);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, link_of(rig)->session.state);
    assert_int_equal(2, rig->broker[0].connects);
}

static void a_test_request_goes_out_only_while_logged_on(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    uint64_t before = link_of(rig)->session.seq_out_next;
    assert_string_equal("a TestRequest is sent",
                        rig_command(rig, 0, SESSION_COMMAND_TEST_REQUEST, false));
    assert_int_equal(before + 1, link_of(rig)->session.seq_out_next);
    assert_string_equal("it is not logged on",
                        rig_command(rig, 1, SESSION_COMMAND_TEST_REQUEST, false));
}

static void any_command_in_any_state_is_answered_and_the_engine_comes_to_rest(void **state)
{
    struct rig *rig = *state;
    uint64_t random = 1;
    rig->broker[0].config.reset_on_logout = true;
    rig_start(rig);
    for (unsigned round = 0; round < 300; round++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        const char *answer = rig_command(rig, round % 2, (enum session_command)((random >> 33) % 5),
                                         (random >> 40) % 2 == 0);
        assert_true(strlen(answer) > 0);
        rig_pass(rig, (unsigned)(random >> 45) % 15 * 100);
    }
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGON, false);
    rig_pass(rig, 60000);
    char last[512];
    assert_int_equal(301, audit_last(rig, last, sizeof(last)));
    (void)rig_check_events(rig);
}

static void a_step_of_our_clock_is_told_on_log_and_bus(void **state)
{
    struct rig *rig = *state;
    static const struct {
        int64_t step_ns;
        const char *words;
    } cases[] = {
        {5249999999, "our clock stepped forward by 5.2 s"},
        {-120000000000, "our clock stepped back by 120.0 s"},
        {INT64_MIN, "our clock stepped back by 9223372036.9 s"},
    };
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum status status = store_read_begin(rig->store_reader);
        assert_int_equal(STATUS_OK, status);
        engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
        engine_clock_step(rig->engine, cases[i].step_ns);
        (void)engine_turn_end(rig->engine);
        store_read_end(rig->store_reader);
        assert_int_equal(STATUS_OK, apply_turn(rig->store, &rig->reader, rig->turn, &rig->ports));
        assert_int_equal(1, rig_event_count(rig, cases[i].words));
        assert_non_null(rig_event(rig, "AL.warning", "MaxLatency"));
        assert_non_null(rig_said(rig, cases[i].words));
    }
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(logoff_keeps_a_session_down_until_logon_over_a_restart_too),
        RIG_TEST(logon_during_a_logoff_lets_the_session_come_back),
        RIG_TEST(an_order_waits_while_its_session_is_logged_off),
        RIG_TEST(every_command_is_on_the_bus_and_in_the_audit_with_its_operator),
        RIG_TEST(a_reset_with_open_orders_wants_a_confirmation),
        RIG_TEST(a_disconnected_session_is_reset_at_once),
        RIG_TEST(disconnect_closes_and_the_session_comes_back),
        RIG_TEST(a_test_request_goes_out_only_while_logged_on),
        RIG_TEST(any_command_in_any_state_is_answered_and_the_engine_comes_to_rest),
        RIG_TEST(a_step_of_our_clock_is_told_on_log_and_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
