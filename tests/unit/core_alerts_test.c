/* What services find and the bus tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/core_rig.h"

#define FOUND "ALPHA: rejected the last 5 orders of VOD"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    *state = rig;
    return 0;
}

static enum command_result post(struct rig *rig, const char *key, const char *severity,
                                const char *broker, unsigned may)
{
    const struct command_argument arguments[] = {
        {.name = span_text("severity"), .value = span_text(severity)},
        {.name = span_text("reason"), .value = span_text(FOUND)},
        {.name = span_text("broker"), .value = span_text(broker)},
    };
    const struct command command = {.name = span_text("alert.post"),
                                    .operator_name = span_text("router"),
                                    .may = may,
                                    .key = span_text(key),
                                    .arguments = arguments,
                                    .arguments_count = broker[0] == '\0' ? 2 : 3};
    return rig_carry_out(rig, &command)->result;
}

static void what_a_service_found_is_told_once_on_the_bus(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(COMMAND_DONE, post(rig, "k1", "warning", "ALPHA", MAY_SERVE));
    assert_non_null(rig_event(rig, "AL.warning.ALPHA", "|58=" FOUND "|"));
    assert_int_equal(COMMAND_DONE, post(rig, "k1", "warning", "ALPHA", MAY_SERVE));
    rig_crash(rig);
    rig_start(rig);
    assert_int_equal(COMMAND_DONE, post(rig, "k1", "warning", "ALPHA", MAY_SERVE));
    assert_int_equal(1, rig_event_count(rig, "AL.warning.ALPHA"));
    assert_int_equal(COMMAND_DONE, post(rig, "k2", "critical", "", MAY_SERVE));
    assert_non_null(rig_event(rig, "AL.critical", "|58=" FOUND "|"));
}

static void only_services_post_and_only_of_what_there_is(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(COMMAND_REFUSED, post(rig, "k1", "warning", "ALPHA", MAY_VIEW | MAY_OPERATE));
    assert_int_equal(COMMAND_REFUSED, post(rig, "k2", "loud", "ALPHA", MAY_SERVE));
    assert_int_equal(COMMAND_REFUSED, post(rig, "k3", "warning", "OMEGA", MAY_SERVE));
    assert_int_equal(0, rig_event_count(rig, "AL."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_service_found_is_told_once_on_the_bus, with_rig,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(only_services_post_and_only_of_what_there_is, with_rig,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
