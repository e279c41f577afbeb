/* fix/schedule.h with the zones of the system, against an oracle that knows nothing of
 * it: the local time that the C library tells for each minute of some weeks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fix/schedule.h"
#include "gateway/shell/zone.h"

#define MINUTE_NS (UINT64_C(60) * 1000000000u)

enum {
    DAY_MINUTES = 24 * 60,
    WEEK_MINUTES = 7 * DAY_MINUTES,
    ERA_DAYS = 41,
    ERA_MINUTES = ERA_DAYS * DAY_MINUTES,
    SCHEDULES_PER_ERA = 800,
    APIA = 4, /* Index into names. */
};

static const char *const names[] = {
    "Europe/London", "America/New_York", "Australia/Lord_Howe",
    "Asia/Kolkata",  "Pacific/Apia",     "Pacific/Chatham",
    "UTC",
};
static struct zone_table zones[ARRAY_LEN(names)];

/* Begins of times in which much happens to clocks. Unix seconds, midnight UTC. */
static const int64_t eras_s[] = {
    1709596800, /* 2024-03-05: forward in New York and London, back in Lord Howe. */
    1727222400, /* 2024-09-25: the reverse, and Chatham. */
    1323820800, /* 2011-12-14: Apia goes over the date line. */
    3980707200, /* 2096-02-22: a leap day, beyond the tables of the database. */
};

/* The most minutes of local time since 1970 that a clock has shown by each of the era. */
static int32_t reached[ARRAY_LEN(names)][ERA_MINUTES];
static int64_t era_s;

/* --- Local times of an era. */

static int32_t days_from_1970(const struct tm *date)
{
    int32_t days = date->tm_yday;
    for (int year = 1970; year < date->tm_year + 1900; year++) {
        days += 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    }
    return days;
}

static void read_era(int64_t begin_s)
{
    era_s = begin_s;
    for (size_t zone = 0; zone < ARRAY_LEN(names); zone++) {
        (void)setenv("TZ", names[zone], 1);
        tzset();
        int32_t days = 0;
        struct tm before = {0};
        for (int32_t minute = 0; minute < ERA_MINUTES; minute++) {
            time_t at = (time_t)(era_s + minute * INT64_C(60));
            struct tm now;
            assert_non_null(localtime_r(&at, &now));
            assert_int_equal(now.tm_sec, 0);
            if (minute == 0 || now.tm_yday != before.tm_yday) {
                days = days_from_1970(&now);
            }
            before = now;
            int32_t shown = days * DAY_MINUTES + now.tm_hour * 60 + now.tm_min;
            int32_t highest = minute == 0 ? shown : reached[zone][minute - 1];
            reached[zone][minute] = shown > highest ? shown : highest;
        }
    }
    (void)unsetenv("TZ");
    tzset();
}

/* --- The oracle. */

static size_t zone_index(const struct zone *zone)
{
    size_t index = 0;
    while (zone != &zones[index].zone) {
        index++;
    }
    return index;
}

struct expected {
    int32_t begin; /* Minutes of the era. */
    int32_t end;
    int32_t logon;
    int32_t logout;
};

struct expected_days {
    uint32_t count;
    struct expected days[ERA_DAYS + 2];
};

/* Of a local minute, within its day or its week from Sunday. */
static int32_t within(const struct schedule *schedule, int32_t wall)
{
    return schedule->kind == SCHEDULE_WEEKLY ? (wall + 4 * DAY_MINUTES) % WEEK_MINUTES
                                             : wall % DAY_MINUTES;
}

static int32_t wanted(const struct schedule *schedule, const struct schedule_moment *moment)
{
    int32_t second = (int32_t)moment->second;
    return second / 60 + (schedule->kind == SCHEDULE_WEEKLY ? moment->day * DAY_MINUTES : 0);
}

/* The first local minute from `wall` on that is the moment. */
static int32_t wall_of(const struct schedule *schedule, const struct schedule_moment *moment,
                       int32_t wall)
{
    int32_t period = schedule->kind == SCHEDULE_WEEKLY ? WEEK_MINUTES : DAY_MINUTES;
    return wall + (wanted(schedule, moment) - within(schedule, wall) + period) % period;
}

/* The first minute of the era by which the clock has shown `wall`; ERA_MINUTES: none. */
static int32_t minute_of(size_t zone, int32_t wall)
{
    int32_t low = 0;
    int32_t high = ERA_MINUTES;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (reached[zone][middle] < wall) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The minute at which the moment comes next after the start, which the start's clock
 * shows as `wall` at `minute`. */
static int32_t find_next(const struct schedule *schedule, const struct schedule_moment *moment,
                         int32_t minute, int32_t wall, bool or_at)
{
    size_t zone = zone_index(moment->zone);
    if (moment->zone != schedule->start.zone) {
        wall = reached[zone][minute];
        or_at = or_at && reached[zone][minute - 1] < wall;
    }
    int32_t next = minute_of(zone, wall_of(schedule, moment, wall + (or_at ? 0 : 1)));
    return next > minute ? next : minute;
}

static bool starts_on(const struct schedule *schedule, int32_t wall)
{
    int32_t weekday = (wall / DAY_MINUTES + 4) % 7;
    return schedule->kind == SCHEDULE_WEEKLY || (schedule->weekdays >> weekday & 1) != 0;
}

/* False: the day does not end within the era. */
static bool expect_day(const struct schedule *schedule, int32_t minute, int32_t wall,
                       struct expected *day)
{
    day->begin = minute;
    day->end = find_next(schedule, &schedule->end, minute, wall, false);
    day->logon = day->begin;
    day->logout = day->end;
    if (schedule->has_logon_window) {
        day->logon = find_next(schedule, &schedule->logon, minute, wall, true);
        day->logout = find_next(schedule, &schedule->logout, minute, wall, false);
    }
    if (day->end == ERA_MINUTES || day->logon == ERA_MINUTES || day->logout == ERA_MINUTES) {
        return false;
    }
    /* On days on which the clocks of one zone change and those of another do not. */
    day->logon = day->logon < day->end ? day->logon : day->end;
    day->logout = day->logout < day->end ? day->logout : day->end;
    day->logout = day->logout > day->logon ? day->logout : day->logon;
    return true;
}

static void expect_days(const struct schedule *schedule, struct expected_days *out)
{
    out->count = 0;
    size_t zone = zone_index(schedule->start.zone);
    int32_t wall = reached[zone][0];
    for (;;) {
        wall = wall_of(schedule, &schedule->start, wall + 1);
        int32_t minute = minute_of(zone, wall);
        struct expected day;
        if (minute == ERA_MINUTES) {
            return;
        }
        if (!starts_on(schedule, wall)) {
            continue;
        }
        if (!expect_day(schedule, minute, wall, &day)) {
            return;
        }
        if (day.end > day.begin) {
            assert_true(out->count < ARRAY_LEN(out->days));
            out->days[out->count++] = day;
        }
    }
}

/* --- Chance, the same in each run. */

static uint64_t chance;

static uint32_t draw(uint32_t below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (uint32_t)(chance >> 32) % below;
}

/* Often within the hours in which clocks change. */
static struct schedule_moment draw_moment(const struct zone *zone)
{
    uint32_t minutes = draw(3) == 0 ? draw(DAY_MINUTES) : draw(18) * 15;
    return (struct schedule_moment){.second = minutes * 60, .day = (uint8_t)draw(7), .zone = zone};
}

/* Apia by itself: on the date that it lost, no clock of another zone says what belongs
 * to a start there. */
static const struct zone *draw_zone(const struct zone *likely)
{
    const struct zone *other = &zones[draw(ARRAY_LEN(names))].zone;
    return likely != NULL && (draw(3) > 0 || likely == &zones[APIA].zone) ? likely : other;
}

static struct schedule draw_schedule(void)
{
    const struct zone *zone = draw_zone(NULL);
    struct schedule schedule;
    do {
        schedule = (struct schedule){
            .kind = draw(2) == 0 ? SCHEDULE_DAILY : SCHEDULE_WEEKLY,
            .weekdays = draw(2) == 0 ? SCHEDULE_EVERY_DAY : (uint8_t)(1 + draw(127)),
            .start = draw_moment(zone),
            .end = draw_moment(draw_zone(zone)),
            .has_logon_window = draw(2) == 0,
            .logon = draw_moment(draw_zone(zone)),
            .logout = draw_moment(draw_zone(zone)),
        };
        if (draw(6) == 0) {
            schedule.end = schedule.start;
        }
    } while (schedule_fault(&schedule) != NULL);
    return schedule;
}

/* --- Comparing. */

static uint64_t minute_ns(int32_t minute)
{
    return (uint64_t)era_s * 1000000000u + (uint64_t)minute * MINUTE_NS;
}

static void tell(const struct schedule *schedule, uint64_t now_ns)
{
    const struct schedule_moment *const moments[] = {&schedule->start, &schedule->end,
                                                     &schedule->logon, &schedule->logout};
    print_error("kind %d, weekdays %#x, logon window %d, now %llu\n", (int)schedule->kind,
                schedule->weekdays, schedule->has_logon_window, (unsigned long long)now_ns);
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        print_error("  day %u, %02u:%02u, %s\n", moments[i]->day, moments[i]->second / 3600,
                    moments[i]->second / 60 % 60, moments[i]->zone->name);
    }
}

static void compare(const struct schedule *schedule, const struct expected_days *expected,
                    uint64_t now_ns)
{
    uint32_t index = 0;
    while (index < expected->count && now_ns >= minute_ns(expected->days[index].end)) {
        index++;
    }
    if (index == expected->count) {
        return; /* Beyond what the era can tell. */
    }
    const struct expected *want = &expected->days[index];
    struct session_day day;
    bool inside = schedule_day(schedule, now_ns, &day);
    if (inside != (now_ns >= minute_ns(want->begin)) || day.begin_ns != minute_ns(want->begin) ||
        day.end_ns != minute_ns(want->end) || day.logon_ns != minute_ns(want->logon) ||
        day.logout_ns != minute_ns(want->logout)) {
        tell(schedule, now_ns);
        fail_msg("inside %d, from %.1f to %.1f, logon %.1f to %.1f; not from %d to %d, %d to %d",
                 inside, ((double)day.begin_ns / 1e9 - (double)era_s) / 60,
                 ((double)day.end_ns / 1e9 - (double)era_s) / 60,
                 ((double)day.logon_ns / 1e9 - (double)era_s) / 60,
                 ((double)day.logout_ns / 1e9 - (double)era_s) / 60, want->begin, want->end,
                 want->logon, want->logout);
    }
}

static void compare_era(void)
{
    for (uint32_t round = 0; round < SCHEDULES_PER_ERA; round++) {
        struct schedule schedule = draw_schedule();
        struct expected_days expected;
        expect_days(&schedule, &expected);
        if (expected.count == 0) {
            continue;
        }
        uint64_t first_ns = minute_ns(expected.days[0].begin);
        for (uint32_t i = 0; i < expected.count; i++) {
            const uint64_t borders[] = {minute_ns(expected.days[i].begin),
                                        minute_ns(expected.days[i].end)};
            for (size_t k = 0; k < ARRAY_LEN(borders); k++) {
                compare(&schedule, &expected, borders[k]);
                compare(&schedule, &expected, borders[k] - (borders[k] > first_ns ? 1 : 0));
            }
        }
        for (uint32_t i = 0; i < 30; i++) {
            uint64_t now_ns =
                minute_ns((int32_t)draw(ERA_MINUTES)) + (uint64_t)draw(60) * 999999999u;
            compare(&schedule, &expected, now_ns > first_ns ? now_ns : first_ns);
        }
    }
}

static void compare_next_time(void)
{
    for (uint32_t round = 0; round < SCHEDULES_PER_ERA; round++) {
        struct schedule_moment moment = draw_moment(draw_zone(NULL));
        int32_t now = 1 + (int32_t)draw(ERA_MINUTES - 4 * DAY_MINUTES);
        size_t zone = zone_index(moment.zone);
        int32_t wall = reached[zone][now] + 1;
        while (wall % DAY_MINUTES != (int32_t)moment.second / 60) {
            wall++;
        }
        int32_t next = minute_of(zone, wall);
        assert_true(schedule_next_time_ns(moment.zone, moment.second, minute_ns(now)) ==
                    minute_ns(next));
    }
}

static int load_zones(void **state)
{
    (void)state;
    (void)unsetenv("TZDIR");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (zone_load(names[i], &zones[i]) != STATUS_OK) {
            return -1;
        }
    }
    return 0;
}

static void random_schedules_have_the_days_that_the_clock_on_the_wall_tells(void **state)
{
    (void)state;
    for (size_t era = 0; era < ARRAY_LEN(eras_s); era++) {
        chance = 0x9e3779b97f4a7c15 + era;
        read_era(eras_s[era]);
        compare_era();
        compare_next_time();
    }
}

static void days_of_a_century_are_in_order_and_hold_their_own_instants(void **state)
{
    (void)state;
    chance = 20260101;
    for (uint32_t round = 0; round < 1000; round++) {
        struct schedule schedule = draw_schedule();
        uint64_t now_ns = (UINT64_C(946684800) + draw(3155760000u)) * 1000000000u;
        struct session_day day;
        (void)schedule_day(&schedule, now_ns, &day);
        for (uint32_t i = 0; i < 10; i++) {
            assert_true(day.begin_ns <= day.logon_ns && day.logon_ns <= day.logout_ns);
            assert_true(day.logout_ns <= day.end_ns && day.begin_ns < day.end_ns);
            const uint64_t within_ns[] = {day.begin_ns, day.end_ns - 1,
                                          day.begin_ns + (day.end_ns - day.begin_ns) / 2};
            for (size_t k = 0; k < ARRAY_LEN(within_ns); k++) {
                struct session_day same;
                assert_true(schedule_day(&schedule, within_ns[k], &same));
                assert_memory_equal(&same, &day, sizeof(day));
            }
            struct session_day next;
            bool inside = schedule_day(&schedule, day.end_ns, &next);
            assert_true(next.begin_ns >= day.end_ns);
            assert_int_equal(inside, next.begin_ns == day.end_ns);
            /* Between the two there is none, and the next one is known. */
            struct session_day again;
            (void)schedule_day(&schedule, next.begin_ns - 1, &again);
            assert_memory_equal(&again, inside ? &day : &next, sizeof(day));
            day = next;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_schedules_have_the_days_that_the_clock_on_the_wall_tells),
        cmocka_unit_test(days_of_a_century_are_in_order_and_hold_their_own_instants),
    };
    return cmocka_run_group_tests(tests, load_zones, NULL);
}
