/* Schedules out of a configuration: days, times and zones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define DAY "StartTime=08:00:00\nEndTime=17:00:00\n"

/* With zones: another file is read than the configuration. */
static struct gateway_config *load(const char *lines)
{
    char text[1024];
    (void)snprintf(text, sizeof(text), "%s%s%s%s", GATEWAY, BROKER, SESSION, lines);
    return gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors);
}

static struct gateway_config *load_right(const char *lines)
{
    struct gateway_config *config = load(lines);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
    }
    assert_non_null(config);
    return config;
}

static void assert_refused(const char *lines, const char *words)
{
    assert_null(load(lines));
    assert_said(&errors, words);
}

static void without_times_a_session_never_ends(void **state)
{
    (void)state;
    struct gateway_config *config = load_right("TimeZone=Europe/London\n");
    assert_int_equal(config->engine.sessions[0].schedule.kind, SCHEDULE_NON_STOP);
    assert_int_equal(config->zones_count, 0);
    gateway_config_free(config);
    config = load_right("NonStopSession=Y\n");
    assert_int_equal(config->engine.sessions[0].schedule.kind, SCHEDULE_NON_STOP);
    gateway_config_free(config);
}

static void day_has_start_and_end_in_utc(void **state)
{
    (void)state;
    struct gateway_config *config = load_right(DAY);
    const struct schedule *schedule = &config->engine.sessions[0].schedule;
    assert_int_equal(schedule->kind, SCHEDULE_DAILY);
    assert_int_equal(schedule->weekdays, SCHEDULE_EVERY_DAY);
    assert_int_equal(schedule->start.second, 8 * 3600);
    assert_int_equal(schedule->end.second, 17 * 3600);
    assert_null(schedule->start.zone);
    assert_false(schedule->has_logon_window);
    gateway_config_free(config);
}

static void zones_are_named_for_all_times_or_for_one(void **state)
{
    (void)state;
    struct gateway_config *config =
        load_right("StartTime=08:00:00\nEndTime=15:00:00 US/Central\nTimeZone=Europe/London\n"
                   "ResetSeqTime=21:00:00\n");
    const struct engine_session_config *session = &config->engine.sessions[0];
    assert_string_equal(session->schedule.start.zone->name, "Europe/London");
    assert_string_equal(session->schedule.end.zone->name, "US/Central");
    assert_true(session->has_reset_time);
    assert_int_equal(session->reset_second, 21 * 3600);
    assert_ptr_equal(session->reset_zone, session->schedule.start.zone); /* Loaded once. */
    assert_int_equal(config->zones_count, 2);
    gateway_config_free(config);
}

static void local_time_is_the_zone_of_the_machine(void **state)
{
    (void)state;
    struct gateway_config *config = load_right(DAY "UseLocalTime=Y\n");
    assert_non_null(config->engine.sessions[0].schedule.start.zone);
    gateway_config_free(config);
    assert_refused(DAY "UseLocalTime=Y\nTimeZone=UTC\n", "contradict each other");
}

static void week_has_days_in_any_spelling(void **state)
{
    (void)state;
    struct gateway_config *config = load_right(DAY "StartDay=SUN\nEndDay=friday\n");
    const struct schedule *schedule = &config->engine.sessions[0].schedule;
    assert_int_equal(schedule->kind, SCHEDULE_WEEKLY);
    assert_int_equal(schedule->start.day, 0);
    assert_int_equal(schedule->end.day, 5);
    gateway_config_free(config);
    config = load_right(DAY "Weekdays=Mo, tue,Friday\n");
    assert_int_equal(config->engine.sessions[0].schedule.weekdays, 1 << 1 | 1 << 2 | 1 << 5);
    gateway_config_free(config);
}

static void logon_window_begins_and_ends_with_the_session_where_it_says_nothing(void **state)
{
    (void)state;
    struct gateway_config *config = load_right(DAY "LogonTime=08:30:00\n");
    const struct schedule *schedule = &config->engine.sessions[0].schedule;
    assert_true(schedule->has_logon_window);
    assert_int_equal(schedule->logon.second, 8 * 3600 + 1800);
    assert_int_equal(schedule->logout.second, 17 * 3600);
    gateway_config_free(config);
}

static void own_non_stop_overrules_inherited_times(void **state)
{
    (void)state;
    const char *text = GATEWAY BROKER "[DEFAULT]\n" DAY SESSION "NonStopSession=Y\n";
    struct gateway_config *config = parse_right(text);
    assert_int_equal(config->engine.sessions[0].schedule.kind, SCHEDULE_NON_STOP);
    gateway_config_free(config);
    assert_refused(DAY "NonStopSession=Y\n", "NonStopSession=Y in line 13 excludes StartTime");
}

static void reset_time_can_be_switched_off(void **state)
{
    (void)state;
    struct gateway_config *config = load_right("ResetSeqTime=21:00:00\nEnableResetSeqTime=N\n");
    assert_false(config->engine.sessions[0].has_reset_time);
    gateway_config_free(config);
}

static void what_is_no_schedule_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"StartTime=08:00:00\n", "StartTime needs EndTime"},
        {"EndTime=08:00:00\n", "EndTime needs StartTime"},
        {"Weekdays=Mon\n", "Weekdays needs StartTime"},
        {DAY "StartDay=Mon\n", "StartDay needs EndDay"},
        {DAY "EndDay=Mon\n", "EndDay needs StartDay"},
        {DAY "LogonDay=Mon\n", "LogonDay needs StartDay"},
        {DAY "StartDay=Mon\nEndDay=Fri\nWeekdays=Mon\n", "remove one of the two"},
        {DAY "LogonTime=07:00:00\n", "LogonTime"},
        {DAY "TimeZone=Europe/Lundon\n", "the system knows no time zone Europe/Lundon"},
        {DAY "TimeZone=../../etc/passwd\n", "is not the name of a time zone"},
        {"StartTime=8:00\nEndTime=17:00:00\n", "StartTime '8:00' is not a time of day"},
        {"StartTime=08:00:00.5\nEndTime=17:00:00\n", "is not a time of day"},
        {"StartTime=24:00:00\nEndTime=17:00:00\n", "is not a time of day"},
        {DAY "StartDay=Su n\nEndDay=F\n", "is not a day of the week"},
        {DAY "Weekdays=Mon;Tue\n", "is not a list of days of the week"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_refused(cases[i][0], cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_times_a_session_never_ends),
        cmocka_unit_test(day_has_start_and_end_in_utc),
        cmocka_unit_test(zones_are_named_for_all_times_or_for_one),
        cmocka_unit_test(local_time_is_the_zone_of_the_machine),
        cmocka_unit_test(week_has_days_in_any_spelling),
        cmocka_unit_test(logon_window_begins_and_ends_with_the_session_where_it_says_nothing),
        cmocka_unit_test(own_non_stop_overrules_inherited_times),
        cmocka_unit_test(reset_time_can_be_switched_off),
        cmocka_unit_test(what_is_no_schedule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
