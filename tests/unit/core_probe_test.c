/* What the engine tells the router of a session: round trips, and why it is down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/core/commands/command.h"
#include "tests/unit/core_rig.h"

static const char session[] = "session=FIX.4.4:FIXGATE->ALPHA";

static int setup(void **state)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_settle(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    rig_free(*state);
    return 0;
}

/* What session.list tells of ALPHA's order session under that name. */
static unsigned long told(struct rig *rig, const char *name)
{
    const struct rig_answer *answer = rig_ask(rig, "router", "session.list", "");
    assert_true(answer->rows_count > 0);
    const char *found = strstr(answer->rows[0], name);
    assert_non_null(found);
    return strtoul(found + strlen(name), NULL, 10);
}

static void probe_is_echoed_and_leaves_no_record(void **state)
{
    struct rig *rig = *state;
    unsigned long before = told(rig, "|echoes=");
    const struct rig_answer *answer = rig_ask(rig, "router", "session.probe", session);
    assert_int_equal(answer->result, COMMAND_DONE);
    rig_settle(rig);
    assert_int_equal(told(rig, "|echoes="), before + 1);
    (void)told(rig, "|round_trip_ns=");
    answer = rig_ask(rig, "router", "audit.list", "");
    assert_int_equal(answer->rows_count, 0);
}

static void probe_without_a_session_that_is_logged_on_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_drop(rig, 0);
    const struct rig_answer *answer = rig_ask(rig, "router", "session.probe", session);
    assert_int_equal(answer->result, COMMAND_REFUSED);
    assert_string_equal(answer->words, "it is not logged on");
}

/* A service may probe, and may not steer a session. */
static void probing_is_for_services(void **state)
{
    struct rig *rig = *state;
    const struct command_argument argument = {.name = span_text("session"),
                                              .value = span_text("FIX.4.4:FIXGATE->ALPHA")};
    struct command command = {.name = span_text("session.probe"),
                              .operator_name = span_text("router"),
                              .may = MAY_SERVE,
                              .arguments = &argument,
                              .arguments_count = 1};
    assert_int_equal(rig_carry_out(rig, &command)->result, COMMAND_DONE);
    command.name = span_text("session.logoff");
    assert_int_equal(rig_carry_out(rig, &command)->result, COMMAND_REFUSED);
    command.name = span_text("session.probe");
    command.may = MAY_VIEW;
    assert_int_equal(rig_carry_out(rig, &command)->result, COMMAND_REFUSED);
}

/* The router opens a breaker with these words. */
static void event_of_a_session_that_goes_down_says_why(void **state)
{
    struct rig *rig = *state;
    rig_drop(rig, 0);
    const char *event = rig_event(rig, "SE.FIX.4.4:FIXGATE->ALPHA", "|10012=DISCONNECTED|");
    assert_non_null(event);
    assert_non_null(strstr(event, "|58="));
    (void)rig_ask(rig, "jane", "session.logoff", "session=FIX.4.4:FIXGATE->BETA");
    rig_settle(rig);
    event = rig_event(rig, "SE.FIX.4.4:FIXGATE->BETA", "|10012=DISCONNECTED|");
    assert_non_null(event);
    assert_non_null(strstr(event, "|58=logged out|"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(probe_is_echoed_and_leaves_no_record),
        TEST(probe_without_a_session_that_is_logged_on_is_refused),
        TEST(probing_is_for_services),
        TEST(event_of_a_session_that_goes_down_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
