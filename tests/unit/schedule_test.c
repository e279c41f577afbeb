/* Session days by hand-made zones, whose changes stand here to be read. The same code
 * against the system's zones and a slow oracle: shell_schedule_test.c. */
#include "tests/unit/codec_help.h"

#include "fix/schedule.h"
#include "fix/timestamp.h"

enum { SUN, MON, TUE, WED, THU, FRI, SAT };
enum { MON_TO_FRI = 1 << MON | 1 << TUE | 1 << WED | 1 << THU | 1 << FRI };

struct written_zone {
    struct {
        const char *from; /* UTC. NULL: the zone has no more. */
        int32_t offset_s;
    } written[8];
    struct zone_change changes[8];
    struct zone zone;
};

static struct written_zone written_london = {.written = {{"20231029-01:00:00", 0},
                                                         {"20240331-01:00:00", 3600},
                                                         {"20241027-01:00:00", 0},
                                                         {"20250330-01:00:00", 3600},
                                                         {"20251026-01:00:00", 0}}};
static struct written_zone written_new_york = {.written = {{"20231105-06:00:00", -18000},
                                                           {"20240310-07:00:00", -14400},
                                                           {"20241103-06:00:00", -18000},
                                                           {"20250309-07:00:00", -14400},
                                                           {"20251102-06:00:00", -18000}}};
/* By half an hour. */
static struct written_zone written_lord_howe = {.written = {{"20230930-15:30:00", 39600},
                                                            {"20240406-15:00:00", 37800},
                                                            {"20241005-15:30:00", 39600}}};
static struct written_zone written_kolkata = {.written = {{"20000101-00:00:00", 19800}}};
/* Went over the date line: there was no 30 December 2011. */
static struct written_zone written_apia = {
    .written = {{"20110924-14:00:00", -36000}, {"20111230-10:00:00", 50400}}};
/* At one minute past midnight back to the day before. */
static struct written_zone written_st_johns = {
    .written = {{"20100314-03:31:00", -9000}, {"20101107-02:31:00", -12600}}};

static const struct zone *const london = &written_london.zone;
static const struct zone *const new_york = &written_new_york.zone;
static const struct zone *const lord_howe = &written_lord_howe.zone;
static const struct zone *const kolkata = &written_kolkata.zone;
static const struct zone *const apia = &written_apia.zone;
static const struct zone *const st_johns = &written_st_johns.zone;

static uint64_t utc(const char *text)
{
    uint64_t ns = 0;
    assert_true(timestamp_parse(span_text(text), &ns));
    return ns;
}

static int read_zones(void **state)
{
    (void)state;
    struct written_zone *const zones[] = {&written_london,  &written_new_york, &written_lord_howe,
                                          &written_kolkata, &written_apia,     &written_st_johns};
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        struct zone *zone = &zones[i]->zone;
        zone->changes = zones[i]->changes;
        for (; zones[i]->written[zone->count].from != NULL; zone->count++) {
            zones[i]->changes[zone->count] = (struct zone_change){
                .from_s = (int64_t)(utc(zones[i]->written[zone->count].from) / 1000000000u),
                .offset_s = zones[i]->written[zone->count].offset_s};
        }
    }
    return 0;
}

/* 1730: half past five in the afternoon. */
static struct schedule_moment at(uint8_t day, uint32_t hhmm, const struct zone *zone)
{
    return (struct schedule_moment){
        .day = day, .second = hhmm / 100 * 3600 + hhmm % 100 * 60, .zone = zone};
}

static struct schedule daily(uint8_t weekdays, uint32_t start, uint32_t end,
                             const struct zone *zone)
{
    return (struct schedule){.kind = SCHEDULE_DAILY,
                             .weekdays = weekdays,
                             .start = at(0, start, zone),
                             .end = at(0, end, zone)};
}

static struct schedule every_day(uint32_t start, uint32_t end, const struct zone *zone)
{
    return daily(SCHEDULE_EVERY_DAY, start, end, zone);
}

static struct schedule weekly(struct schedule_moment start, struct schedule_moment end)
{
    return (struct schedule){.kind = SCHEDULE_WEEKLY, .start = start, .end = end};
}

static void assert_found(const struct schedule *schedule, uint64_t now_ns, bool inside,
                         const char *begin, const char *end)
{
    struct session_day day;
    assert_int_equal(schedule_day(schedule, now_ns, &day), inside);
    assert_true(day.begin_ns == utc(begin));
    assert_true(day.end_ns == utc(end));
    assert_true(day.begin_ns <= day.logon_ns && day.logon_ns <= day.logout_ns);
    assert_true(day.logout_ns <= day.end_ns);
}

/* At `now`, the session day from begin to end runs. */
static void assert_in(struct schedule schedule, const char *now, const char *begin, const char *end)
{
    assert_null(schedule_fault(&schedule));
    assert_found(&schedule, utc(now), true, begin, end);
    assert_found(&schedule, utc(begin), true, begin, end);
    assert_found(&schedule, utc(end) - 1, true, begin, end);
}

/* At `now`, none runs, and the next one is from begin to end. */
static void assert_before(struct schedule schedule, const char *now, const char *begin,
                          const char *end)
{
    assert_null(schedule_fault(&schedule));
    assert_found(&schedule, utc(now), false, begin, end);
    assert_found(&schedule, utc(begin) - 1, false, begin, end);
    assert_found(&schedule, utc(begin), true, begin, end);
}

static void zeroed_schedule_has_one_day_that_holds_all_times(void **state)
{
    (void)state;
    struct schedule schedule;
    memset(&schedule, 0, sizeof(schedule));
    assert_null(schedule_fault(&schedule));
    const uint64_t instants[] = {0, utc("20240229-12:00:00"), UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
        struct session_day day;
        assert_true(schedule_day(&schedule, instants[i], &day));
        assert_true(day.begin_ns == 0 && day.logon_ns == 0);
        assert_true(day.end_ns == UINT64_MAX && day.logout_ns == UINT64_MAX);
    }
}

static void daily_window_holds_its_begin_and_not_its_end(void **state)
{
    (void)state;
    struct schedule schedule = every_day(800, 1730, NULL);
    assert_in(schedule, "20240610-12:00:00", "20240610-08:00:00", "20240610-17:30:00");
    assert_before(schedule, "20240610-17:30:00", "20240611-08:00:00", "20240611-17:30:00");
    assert_before(schedule, "20240610-07:59:59.999999999", "20240610-08:00:00",
                  "20240610-17:30:00");
}

static void seconds_count_in_start_and_end(void **state)
{
    (void)state;
    struct schedule schedule = every_day(0, 0, NULL);
    schedule.start.second = 1;
    schedule.end.second = 86399;
    assert_in(schedule, "20240610-12:00:00", "20240610-00:00:01", "20240610-23:59:59");
    assert_before(schedule, "20240610-23:59:59", "20240611-00:00:01", "20240611-23:59:59");
}

static void daily_window_over_midnight_ends_on_the_next_date(void **state)
{
    (void)state;
    struct schedule schedule = every_day(2200, 2100, NULL);
    assert_in(schedule, "20240610-23:00:00", "20240610-22:00:00", "20240611-21:00:00");
    assert_in(schedule, "20240611-00:00:00", "20240610-22:00:00", "20240611-21:00:00");
    assert_before(schedule, "20240611-21:30:00", "20240611-22:00:00", "20240612-21:00:00");
}

static void equal_times_are_24_hours_and_the_next_day_follows_at_once(void **state)
{
    (void)state;
    struct schedule schedule = every_day(1700, 1700, NULL);
    assert_in(schedule, "20240610-16:59:59.999999999", "20240609-17:00:00", "20240610-17:00:00");
    assert_in(schedule, "20240610-17:00:00", "20240610-17:00:00", "20240611-17:00:00");
}

static void leap_day_is_a_day_like_others(void **state)
{
    (void)state;
    struct schedule schedule = every_day(2200, 600, NULL);
    assert_in(schedule, "20240228-23:00:00", "20240228-22:00:00", "20240229-06:00:00");
    assert_in(schedule, "20240229-23:00:00", "20240229-22:00:00", "20240301-06:00:00");
    assert_in(schedule, "21000228-23:00:00", "21000228-22:00:00", "21000301-06:00:00");
    assert_in(schedule, "20000229-23:00:00", "20000229-22:00:00", "20000301-06:00:00");
}

static void days_of_a_century_follow_each_other(void **state)
{
    (void)state;
    struct schedule schedule = every_day(1700, 1700, london);
    struct session_day day;
    assert_true(schedule_day(&schedule, utc("20000101-17:00:00"), &day));
    uint32_t count = 1;
    while (day.end_ns < utc("21010101-00:00:00")) {
        uint64_t end_ns = day.end_ns;
        assert_true(schedule_day(&schedule, end_ns, &day));
        assert_true(day.begin_ns == end_ns);
        count++;
    }
    assert_int_equal(count, 101 * 365 + 25);
}

/* 2024-06-07 is a Friday. */
static void weekday_window_over_midnight_belongs_to_the_day_it_starts(void **state)
{
    (void)state;
    struct schedule schedule = daily(MON_TO_FRI, 2200, 600, NULL);
    assert_in(schedule, "20240608-05:59:59", "20240607-22:00:00", "20240608-06:00:00");
    assert_before(schedule, "20240608-06:00:00", "20240610-22:00:00", "20240611-06:00:00");
    assert_before(schedule, "20240609-23:00:00", "20240610-22:00:00", "20240611-06:00:00");
    assert_before(schedule, "20240610-05:00:00", "20240610-22:00:00", "20240611-06:00:00");
}

static void weekday_is_that_of_the_zone_and_not_of_utc(void **state)
{
    (void)state;
    /* Monday 02:00 in Kolkata is Sunday 20:30 UTC. */
    struct schedule schedule = daily(1 << MON, 200, 400, kolkata);
    assert_in(schedule, "20240609-21:00:00", "20240609-20:30:00", "20240609-22:30:00");
    assert_before(schedule, "20240609-23:00:00", "20240616-20:30:00", "20240616-22:30:00");
}

static void weekdays_with_24_hours_follow_at_once_but_for_the_weekend(void **state)
{
    (void)state;
    struct schedule schedule = daily(MON_TO_FRI, 0, 0, NULL);
    assert_in(schedule, "20240607-00:00:00", "20240607-00:00:00", "20240608-00:00:00");
    assert_before(schedule, "20240608-00:00:00", "20240610-00:00:00", "20240611-00:00:00");
    assert_in(schedule, "20240611-00:00:00", "20240611-00:00:00", "20240612-00:00:00");
}

static void window_over_a_change_is_an_hour_shorter_or_longer(void **state)
{
    (void)state;
    struct schedule schedule = every_day(2200, 2200, london);
    assert_in(schedule, "20240331-01:00:00", "20240330-22:00:00", "20240331-21:00:00");
    assert_in(schedule, "20240331-21:00:00", "20240331-21:00:00", "20240401-21:00:00");
    assert_in(schedule, "20241027-01:00:00", "20241026-21:00:00", "20241027-22:00:00");
    schedule = every_day(30, 330, london);
    assert_in(schedule, "20240331-00:30:00", "20240331-00:30:00", "20240331-02:30:00");
    assert_in(schedule, "20241027-00:30:00", "20241026-23:30:00", "20241027-03:30:00");
}

static void time_that_does_not_exist_is_the_end_of_the_gap(void **state)
{
    (void)state;
    /* In London, 01:00 to 02:00 of 31 March is skipped at 01:00 UTC. */
    assert_in(every_day(130, 400, london), "20240331-01:30:00", "20240331-01:00:00",
              "20240331-03:00:00");
    assert_in(every_day(0, 130, london), "20240331-00:30:00", "20240331-00:00:00",
              "20240331-01:00:00");
    assert_in(every_day(130, 130, london), "20240330-12:00:00", "20240330-01:30:00",
              "20240331-01:00:00");
    assert_in(every_day(130, 130, london), "20240331-12:00:00", "20240331-01:00:00",
              "20240401-00:30:00");
}

static void window_within_a_gap_is_left_out(void **state)
{
    (void)state;
    assert_before(every_day(115, 145, london), "20240330-02:00:00", "20240401-00:15:00",
                  "20240401-00:45:00");
    /* 31 March is the Sunday: the next one is two weeks away. */
    assert_before(daily(1 << SUN, 115, 145, london), "20240324-02:00:00", "20240407-00:15:00",
                  "20240407-00:45:00");
    assert_before(weekly(at(SUN, 115, london), at(SUN, 145, london)), "20240324-02:00:00",
                  "20240407-00:15:00", "20240407-00:45:00");
}

static void time_that_exists_twice_is_the_first_of_the_two(void **state)
{
    (void)state;
    /* In London, 01:00 to 02:00 of 27 October comes from 00:00 and from 01:00 UTC. */
    assert_in(every_day(130, 400, london), "20241027-01:00:00", "20241027-00:30:00",
              "20241027-04:00:00");
    assert_in(every_day(0, 130, london), "20241027-00:15:00", "20241026-23:00:00",
              "20241027-00:30:00");
    assert_before(every_day(0, 130, london), "20241027-01:15:00", "20241028-00:00:00",
                  "20241028-01:30:00");
    assert_in(every_day(115, 145, london), "20241027-00:20:00", "20241027-00:15:00",
              "20241027-00:45:00");
    assert_before(every_day(115, 145, london), "20241027-01:20:00", "20241028-01:15:00",
                  "20241028-01:45:00");
}

static void zones_of_half_hours_are_kept_to(void **state)
{
    (void)state;
    assert_in(every_day(915, 1530, kolkata), "20240610-04:00:00", "20240610-03:45:00",
              "20240610-10:00:00");
    /* Forward at 02:00 by half an hour; back at 02:00 by half an hour. */
    assert_in(every_day(215, 600, lord_howe), "20241005-16:00:00", "20241005-15:30:00",
              "20241005-19:00:00");
    assert_in(every_day(145, 600, lord_howe), "20240406-15:20:00", "20240406-14:45:00",
              "20240406-19:30:00");
    assert_in(every_day(145, 145, lord_howe), "20240406-15:20:00", "20240406-14:45:00",
              "20240407-15:15:00");
}

static void date_that_a_zone_skipped_has_no_session_day(void **state)
{
    (void)state;
    /* 29 December 09:00 to 17:00 there, and then the 31st. */
    struct schedule schedule = every_day(900, 1700, apia);
    assert_in(schedule, "20111229-20:00:00", "20111229-19:00:00", "20111230-03:00:00");
    assert_before(schedule, "20111230-03:00:00", "20111230-19:00:00", "20111231-03:00:00");
    /* Over midnight into the lost date: until the clocks went over it. */
    assert_in(every_day(2200, 600, apia), "20111230-09:00:00", "20111230-08:00:00",
              "20111230-10:00:00");
}

static void midnight_that_comes_twice_begins_the_day_once(void **state)
{
    (void)state;
    struct schedule schedule = every_day(0, 0, st_johns);
    assert_in(schedule, "20101107-02:29:59", "20101106-02:30:00", "20101107-02:30:00");
    /* Half an hour after the first midnight the clock shows the day before. */
    assert_in(schedule, "20101107-03:00:00", "20101107-02:30:00", "20101108-03:30:00");
}

/* 2024-06-09 is a Sunday. */
static void weekly_window_lies_within_the_week_or_over_its_end(void **state)
{
    (void)state;
    struct schedule schedule = weekly(at(SUN, 1700, NULL), at(FRI, 2200, NULL));
    assert_in(schedule, "20240612-12:00:00", "20240609-17:00:00", "20240614-22:00:00");
    assert_before(schedule, "20240614-22:00:00", "20240616-17:00:00", "20240621-22:00:00");
    schedule = weekly(at(FRI, 1700, NULL), at(WED, 900, NULL));
    assert_in(schedule, "20240609-00:00:00", "20240607-17:00:00", "20240612-09:00:00");
    assert_before(schedule, "20240612-09:00:00", "20240614-17:00:00", "20240619-09:00:00");
}

static void weekly_window_of_one_weekday_is_hours_or_almost_a_week(void **state)
{
    (void)state;
    struct schedule schedule = weekly(at(MON, 900, NULL), at(MON, 1700, NULL));
    assert_in(schedule, "20240610-12:00:00", "20240610-09:00:00", "20240610-17:00:00");
    assert_before(schedule, "20240610-17:00:00", "20240617-09:00:00", "20240617-17:00:00");
    schedule = weekly(at(MON, 1700, NULL), at(MON, 900, NULL));
    assert_in(schedule, "20240610-08:59:59", "20240603-17:00:00", "20240610-09:00:00");
    assert_before(schedule, "20240610-12:00:00", "20240610-17:00:00", "20240617-09:00:00");
}

static void weekly_window_of_equal_moments_is_a_full_week(void **state)
{
    (void)state;
    struct schedule schedule = weekly(at(SAT, 2330, london), at(SAT, 2330, london));
    assert_in(schedule, "20240330-23:29:59", "20240323-23:30:00", "20240330-23:30:00");
    assert_in(schedule, "20240330-23:30:00", "20240330-23:30:00", "20240406-22:30:00");
    assert_in(schedule, "20241027-12:00:00", "20241026-22:30:00", "20241102-23:30:00");
}

static void weekly_start_and_end_have_their_own_zones(void **state)
{
    (void)state;
    struct schedule schedule = weekly(at(SUN, 1700, new_york), at(FRI, 2200, london));
    assert_in(schedule, "20240306-12:00:00", "20240303-22:00:00", "20240308-22:00:00");
    /* New York is in summer from 10 March, London from 31 March. */
    assert_in(schedule, "20240310-21:00:00", "20240310-21:00:00", "20240315-22:00:00");
    assert_before(schedule, "20240331-20:59:59", "20240331-21:00:00", "20240405-21:00:00");
    assert_before(schedule, "20240405-21:00:00", "20240407-21:00:00", "20240412-21:00:00");
    /* London is in winter from 27 October, New York from 3 November. */
    assert_in(schedule, "20241030-12:00:00", "20241027-21:00:00", "20241101-22:00:00");
    assert_in(schedule, "20241104-12:00:00", "20241103-22:00:00", "20241108-22:00:00");
}

static void daily_start_and_end_have_their_own_zones(void **state)
{
    (void)state;
    struct schedule schedule = every_day(900, 0, kolkata);
    schedule.end = at(0, 1600, new_york);
    assert_in(schedule, "20240115-12:00:00", "20240115-03:30:00", "20240115-21:00:00");
    assert_in(schedule, "20240615-12:00:00", "20240615-03:30:00", "20240615-20:00:00");
    /* The end is on the next date of its own zone, and on the one before. */
    schedule = every_day(2000, 0, new_york);
    schedule.end = at(0, 1700, kolkata);
    assert_in(schedule, "20240615-05:00:00", "20240615-00:00:00", "20240615-11:30:00");
    schedule = every_day(500, 0, kolkata);
    schedule.end = at(0, 2200, new_york);
    assert_in(schedule, "20240615-01:00:00", "20240614-23:30:00", "20240615-02:00:00");
}

static void days_of_a_refused_schedule_do_not_overlap_either(void **state)
{
    (void)state;
    struct schedule schedule = every_day(1700, 0, new_york);
    schedule.end = at(0, 2200, london);
    assert_non_null(schedule_fault(&schedule));
    struct session_day day;
    uint64_t now_ns = utc("20240101-00:00:00");
    uint64_t end_ns = 0;
    while (now_ns < utc("20250101-00:00:00")) {
        (void)schedule_day(&schedule, now_ns, &day);
        assert_true(day.begin_ns >= end_ns && day.end_ns > day.begin_ns);
        end_ns = day.end_ns;
        now_ns = day.end_ns;
    }
}

static void assert_logon(const struct schedule *schedule, const char *now, const char *logon,
                         const char *logout)
{
    struct session_day day;
    assert_null(schedule_fault(schedule));
    assert_true(schedule_day(schedule, utc(now), &day));
    assert_true(day.logon_ns == utc(logon));
    assert_true(day.logout_ns == utc(logout));
}

static struct schedule with_logon(struct schedule schedule, struct schedule_moment logon,
                                  struct schedule_moment logout)
{
    schedule.has_logon_window = true;
    schedule.logon = logon;
    schedule.logout = logout;
    return schedule;
}

static void logon_window_is_the_whole_day_unless_it_is_narrower(void **state)
{
    (void)state;
    struct schedule schedule = every_day(800, 1700, NULL);
    assert_logon(&schedule, "20240610-12:00:00", "20240610-08:00:00", "20240610-17:00:00");
    schedule = with_logon(schedule, at(0, 800, NULL), at(0, 1700, NULL));
    assert_logon(&schedule, "20240610-12:00:00", "20240610-08:00:00", "20240610-17:00:00");
    schedule = with_logon(schedule, at(0, 830, NULL), at(0, 1645, NULL));
    assert_logon(&schedule, "20240610-08:00:00", "20240610-08:30:00", "20240610-16:45:00");
    schedule = with_logon(every_day(0, 0, NULL), at(0, 0, NULL), at(0, 0, NULL));
    assert_logon(&schedule, "20240610-08:00:00", "20240610-00:00:00", "20240611-00:00:00");
    schedule = with_logon(every_day(2200, 2100, NULL), at(0, 2330, NULL), at(0, 2030, NULL));
    assert_logon(&schedule, "20240610-22:00:00", "20240610-23:30:00", "20240611-20:30:00");
    schedule = with_logon(every_day(2200, 2100, NULL), at(0, 100, NULL), at(0, 200, NULL));
    assert_logon(&schedule, "20240610-22:00:00", "20240611-01:00:00", "20240611-02:00:00");
}

static void logon_window_of_a_week_has_its_own_days_and_zones(void **state)
{
    (void)state;
    struct schedule schedule = with_logon(weekly(at(SUN, 1700, new_york), at(FRI, 2200, london)),
                                          at(MON, 900, kolkata), at(FRI, 1600, new_york));
    assert_logon(&schedule, "20240612-12:00:00", "20240610-03:30:00", "20240614-20:00:00");
    assert_logon(&schedule, "20240310-21:00:00", "20240311-03:30:00", "20240315-20:00:00");
}

static void logon_window_that_clocks_skip_is_empty_and_stays_within(void **state)
{
    (void)state;
    struct schedule schedule =
        with_logon(every_day(0, 1700, london), at(0, 115, london), at(0, 145, london));
    assert_logon(&schedule, "20240331-12:00:00", "20240331-01:00:00", "20240331-01:00:00");
    assert_logon(&schedule, "20240401-12:00:00", "20240401-00:15:00", "20240401-00:45:00");
    /* London's day is an hour shorter; New York's clocks have changed before. */
    schedule = with_logon(every_day(345, 345, london), at(0, 2330, new_york), at(0, 345, london));
    assert_logon(&schedule, "20240329-12:00:00", "20240330-03:30:00", "20240330-03:45:00");
    assert_logon(&schedule, "20240330-12:00:00", "20240331-02:45:00", "20240331-02:45:00");
    assert_logon(&schedule, "20240331-12:00:00", "20240331-03:30:00", "20240401-02:45:00");
}

static void what_does_not_go_together_is_named_with_its_remedy(void **state)
{
    (void)state;
    struct schedule_moment eight = at(0, 800, NULL);
    struct schedule_moment nine = at(0, 900, NULL);
    struct schedule_moment evening = at(0, 1800, NULL);
    struct schedule crossing = every_day(1700, 2200, new_york);
    crossing.end.zone = london;
    struct schedule late_crossing = every_day(1700, 2000, NULL);
    late_crossing.start.zone = st_johns; /* 19:30 UTC in summer, 20:30 in winter. */
    const struct {
        struct schedule schedule;
        const char *begin; /* Of the fault. */
    } faults[] = {
        {late_crossing, "StartTime and EndTime change their order"},
        {with_logon(every_day(900, 1700, NULL), at(0, 930, london), at(0, 1600, NULL)),
         "LogonTime (LogonDay) lies outside"},
        {daily(0, 800, 1700, NULL), "Weekdays names no day"},
        {crossing, "StartTime and EndTime change their order"},
        {with_logon((struct schedule){0}, eight, nine), "LogonTime and LogoutTime have no"},
        {with_logon(every_day(830, 1700, NULL), eight, nine), "LogonTime (LogonDay) lies outside"},
        {with_logon(every_day(830, 1700, NULL), at(0, 1700, NULL), evening),
         "LogonTime (LogonDay) lies outside"},
        {with_logon(every_day(830, 1700, NULL), nine, evening),
         "LogoutTime (LogoutDay) lies outside"},
        {with_logon(every_day(830, 1700, NULL), nine, at(0, 830, NULL)),
         "LogoutTime (LogoutDay) lies outside"},
        {with_logon(every_day(0, 0, NULL), nine, eight), "LogoutTime (LogoutDay) is not after"},
        {with_logon(every_day(0, 0, NULL), nine, nine), "LogoutTime (LogoutDay) is not after"},
        {with_logon(weekly(at(SUN, 1700, NULL), at(FRI, 2200, NULL)), at(SAT, 900, NULL),
                    at(FRI, 2200, NULL)),
         "LogonTime (LogonDay) lies outside"},
        /* 09:00 UTC is before 09:30 in London in winter only. */
        {with_logon(every_day(930, 1700, london), nine, at(0, 1600, london)),
         "LogonTime (LogonDay) lies outside"},
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        const char *fault = schedule_fault(&faults[i].schedule);
        assert_non_null(fault);
        assert_int_equal(strncmp(fault, faults[i].begin, strlen(faults[i].begin)), 0);
        assert_non_null(strstr(fault, "; "));
    }
}

static void ends_of_time_are_no_trouble(void **state)
{
    (void)state;
    const struct schedule schedules[] = {every_day(1700, 1700, london), every_day(100, 200, apia),
                                         weekly(at(SUN, 0, new_york), at(SAT, 0, kolkata))};
    for (size_t i = 0; i < ARRAY_LEN(schedules); i++) {
        struct session_day day;
        (void)schedule_day(&schedules[i], 0, &day);
        assert_true(day.end_ns > 0);
        assert_true(day.end_ns <= utc("19700116-00:00:00"));
        assert_false(schedule_day(&schedules[i], UINT64_MAX, &day));
        assert_true(day.begin_ns == UINT64_MAX && day.end_ns == UINT64_MAX);
        assert_true(day.logon_ns == UINT64_MAX && day.logout_ns == UINT64_MAX);
        assert_true(schedule_next_time_ns(schedules[i].start.zone, 0, UINT64_MAX) == UINT64_MAX);
    }
}

static void assert_next(const struct zone *zone, uint32_t hhmm, const char *now, const char *next)
{
    assert_true(schedule_next_time_ns(zone, at(0, hhmm, zone).second, utc(now)) == utc(next));
}

static void next_time_is_later_than_now(void **state)
{
    (void)state;
    assert_next(NULL, 1700, "20240610-16:59:59.999999999", "20240610-17:00:00");
    assert_next(NULL, 1700, "20240610-17:00:00", "20240611-17:00:00");
    assert_next(NULL, 0, "20240228-12:00:00", "20240229-00:00:00");
    assert_next(kolkata, 300, "20240610-20:00:00", "20240610-21:30:00");
    assert_next(kolkata, 300, "20240610-21:30:00", "20240611-21:30:00");
    assert_next(new_york, 1700, "20240309-22:00:00", "20240310-21:00:00");
}

static void next_time_over_a_change_comes_once_a_day(void **state)
{
    (void)state;
    assert_next(london, 130, "20240330-12:00:00", "20240331-01:00:00");
    assert_next(london, 130, "20240331-01:00:00", "20240401-00:30:00");
    assert_next(london, 130, "20241026-12:00:00", "20241027-00:30:00");
    assert_next(london, 130, "20241027-00:30:00", "20241028-01:30:00");
    assert_next(apia, 1200, "20111229-22:00:00", "20111230-10:00:00");
    assert_next(apia, 1200, "20111230-10:00:00", "20111230-22:00:00");
    assert_next(st_johns, 0, "20101107-02:30:30", "20101108-03:30:00");
    assert_next(st_johns, 0, "20101107-03:00:00", "20101108-03:30:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_schedule_has_one_day_that_holds_all_times),
        cmocka_unit_test(daily_window_holds_its_begin_and_not_its_end),
        cmocka_unit_test(seconds_count_in_start_and_end),
        cmocka_unit_test(daily_window_over_midnight_ends_on_the_next_date),
        cmocka_unit_test(equal_times_are_24_hours_and_the_next_day_follows_at_once),
        cmocka_unit_test(leap_day_is_a_day_like_others),
        cmocka_unit_test(days_of_a_century_follow_each_other),
        cmocka_unit_test(weekday_window_over_midnight_belongs_to_the_day_it_starts),
        cmocka_unit_test(weekday_is_that_of_the_zone_and_not_of_utc),
        cmocka_unit_test(weekdays_with_24_hours_follow_at_once_but_for_the_weekend),
        cmocka_unit_test(window_over_a_change_is_an_hour_shorter_or_longer),
        cmocka_unit_test(time_that_does_not_exist_is_the_end_of_the_gap),
        cmocka_unit_test(window_within_a_gap_is_left_out),
        cmocka_unit_test(time_that_exists_twice_is_the_first_of_the_two),
        cmocka_unit_test(zones_of_half_hours_are_kept_to),
        cmocka_unit_test(date_that_a_zone_skipped_has_no_session_day),
        cmocka_unit_test(midnight_that_comes_twice_begins_the_day_once),
        cmocka_unit_test(weekly_window_lies_within_the_week_or_over_its_end),
        cmocka_unit_test(weekly_window_of_one_weekday_is_hours_or_almost_a_week),
        cmocka_unit_test(weekly_window_of_equal_moments_is_a_full_week),
        cmocka_unit_test(weekly_start_and_end_have_their_own_zones),
        cmocka_unit_test(daily_start_and_end_have_their_own_zones),
        cmocka_unit_test(days_of_a_refused_schedule_do_not_overlap_either),
        cmocka_unit_test(logon_window_is_the_whole_day_unless_it_is_narrower),
        cmocka_unit_test(logon_window_of_a_week_has_its_own_days_and_zones),
        cmocka_unit_test(logon_window_that_clocks_skip_is_empty_and_stays_within),
        cmocka_unit_test(what_does_not_go_together_is_named_with_its_remedy),
        cmocka_unit_test(ends_of_time_are_no_trouble),
        cmocka_unit_test(next_time_is_later_than_now),
        cmocka_unit_test(next_time_over_a_change_comes_once_a_day),
    };
    return cmocka_run_group_tests(tests, read_zones, NULL);
}
