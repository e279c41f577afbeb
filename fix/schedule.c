#include "fix/schedule.h"

enum {
    DAY_S = 24 * 60 * 60,
    WEEK_DAYS = 7,
    /* An empty window on the only day of the week leaves the one a week later. */
    AHEAD_DAYS_MAX = 2 * WEEK_DAYS + 1,
};

#define NS_PER_S INT64_C(1000000000)

static int64_t floor_div(int64_t value, int64_t by)
{
    ASSERT(by > 0);
    return value / by - (value % by < 0 ? 1 : 0);
}

static uint64_t to_ns(int64_t at_s)
{
    if (at_s < 0) {
        return 0;
    }
    return (uint64_t)at_s > UINT64_MAX / (uint64_t)NS_PER_S ? UINT64_MAX
                                                            : (uint64_t)at_s * (uint64_t)NS_PER_S;
}

static int64_t to_s(uint64_t at_ns)
{
    return (int64_t)(at_ns / (uint64_t)NS_PER_S);
}

/* --- Zones. */

static bool zone_is_utc(const struct zone *zone)
{
    return zone == NULL || zone->count == 0;
}

/* Index of the change in force at `at_s`. */
static uint32_t zone_change_at(const struct zone *zone, int64_t at_s)
{
    uint32_t low = 0;
    uint32_t high = zone->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->changes[middle].from_s <= at_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static int64_t zone_offset_s(const struct zone *zone, int64_t at_s)
{
    return zone_is_utc(zone) ? 0 : zone->changes[zone_change_at(zone, at_s)].offset_s;
}

/* The first instant at which the zone's clock shows `local_s` or more. Grows with
 * local_s, whatever the clocks do: all order of session days rests on that. */
static int64_t zone_instant_s(const struct zone *zone, int64_t local_s)
{
    if (zone_is_utc(zone)) {
        return local_s;
    }
    /* Before that, no offset could have brought the clock so far. */
    uint32_t index = zone_change_at(zone, local_s - ZONE_OFFSET_S_MAX);
    for (;; index++) {
        const struct zone_change *change = &zone->changes[index];
        ASSERT(change->offset_s < ZONE_OFFSET_S_MAX);
        int64_t at_s = local_s - change->offset_s;
        if (index > 0 && at_s < change->from_s) {
            at_s = change->from_s;
        }
        if (index + 1 == zone->count || at_s < zone->changes[index + 1].from_s) {
            return at_s;
        }
    }
}

/* --- Moments of one session day. */

static int64_t period_days(const struct schedule *schedule)
{
    return schedule->kind == SCHEDULE_WEEKLY ? WEEK_DAYS : 1;
}

/* Seconds by the wall from midnight of the day on which the session day starts. */
static int64_t moment_s(const struct schedule *schedule, const struct schedule_moment *moment)
{
    int64_t days = schedule->kind == SCHEDULE_WEEKLY ? moment->day - schedule->start.day : 0;
    return days * DAY_S + moment->second;
}

/* How long after the start the moment comes, with the clocks as they stand at `at_s`;
 * may be off by whole periods. */
static int64_t distance_s(const struct schedule *schedule, const struct schedule_moment *moment,
                          int64_t at_s)
{
    return moment_s(schedule, moment) - zone_offset_s(moment->zone, at_s) -
           (moment_s(schedule, &schedule->start) - zone_offset_s(schedule->start.zone, at_s));
}

/* The periods to add to the moment so that it comes after the start (`or_at`: or with
 * it). By the wall and not by instants: a window within the hour that clocks skip is to
 * be empty, not a day long. */
static int64_t periods_to_add(const struct schedule *schedule, const struct schedule_moment *moment,
                              int64_t at_s, bool or_at)
{
    int64_t distance = distance_s(schedule, moment, at_s) - (or_at ? 0 : 1);
    return -floor_div(distance, period_days(schedule) * DAY_S);
}

static int64_t begin_s(const struct schedule *schedule, int64_t date)
{
    return zone_instant_s(schedule->start.zone,
                          date * DAY_S + moment_s(schedule, &schedule->start));
}

/* The moment's instant in the session day that starts on `date`, at `start_s`. */
static int64_t moment_after_s(const struct schedule *schedule, const struct schedule_moment *moment,
                              int64_t date, int64_t start_s, bool or_at)
{
    int64_t periods = periods_to_add(schedule, moment, start_s, or_at);
    int64_t local_s = (date + periods * period_days(schedule)) * DAY_S + moment_s(schedule, moment);
    return zone_instant_s(moment->zone, local_s);
}

/* 1970-01-01 was a Thursday. */
static bool starts_on(const struct schedule *schedule, int64_t date)
{
    int64_t weekday = date + 4 - floor_div(date + 4, WEEK_DAYS) * WEEK_DAYS;
    return schedule->kind == SCHEDULE_WEEKLY ? weekday == schedule->start.day
                                             : (schedule->weekdays >> weekday & 1) != 0;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    if (value < low) {
        return low;
    }
    return value > high ? high : value;
}

/* False: the window that starts on `date` is empty. */
static bool day_of(const struct schedule *schedule, int64_t date, struct session_day *day)
{
    int64_t start_s = begin_s(schedule, date);
    int64_t end_s = moment_after_s(schedule, &schedule->end, date, start_s, false);
    if (end_s <= start_s) {
        return false;
    }
    int64_t logon_s = start_s;
    int64_t logout_s = end_s;
    if (schedule->has_logon_window) {
        logon_s = moment_after_s(schedule, &schedule->logon, date, start_s, true);
        logon_s = clamp(logon_s, start_s, end_s);
        logout_s = moment_after_s(schedule, &schedule->logout, date, start_s, false);
        logout_s = clamp(logout_s, logon_s, end_s);
    }
    *day = (struct session_day){.begin_ns = to_ns(start_s),
                                .end_ns = to_ns(end_s),
                                .logon_ns = to_ns(logon_s),
                                .logout_ns = to_ns(logout_s)};
    return true;
}

static int64_t date_at(const struct zone *zone, uint64_t at_ns)
{
    int64_t at_s = to_s(at_ns);
    return floor_div(at_s + zone_offset_s(zone, at_s), DAY_S);
}

bool schedule_day(const struct schedule *schedule, uint64_t now_ns, struct session_day *day)
{
    if (schedule->kind == SCHEDULE_NON_STOP) {
        *day = (struct session_day){.end_ns = UINT64_MAX, .logout_ns = UINT64_MAX};
        return true;
    }
    int64_t today = date_at(schedule->start.zone, now_ns);
    /* A day more than the period, should clocks be put forward by much meanwhile. */
    int64_t first = today - period_days(schedule) - 1;
    for (int64_t date = first; date <= today + AHEAD_DAYS_MAX; date++) {
        if (starts_on(schedule, date) && day_of(schedule, date, day) && now_ns < day->end_ns) {
            return day->begin_ns <= now_ns;
        }
    }
    *day = (struct session_day){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    return false;
}

uint64_t schedule_next_time_ns(const struct zone *zone, uint32_t second, uint64_t now_ns)
{
    ASSERT(second < DAY_S);
    int64_t today = date_at(zone, now_ns);
    /* When clocks go back over midnight, tomorrow's moment may have come already. */
    for (int64_t date = today; date <= today + 2; date++) {
        uint64_t at_ns = to_ns(zone_instant_s(zone, date * DAY_S + second));
        if (at_ns > now_ns) {
            return at_ns;
        }
    }
    return UINT64_MAX;
}

/* --- Faults. */

static const char *logon_window_fault_at(const struct schedule *schedule, int64_t at_s)
{
    int64_t period_s = period_days(schedule) * DAY_S;
    int64_t end_s = distance_s(schedule, &schedule->end, at_s) +
                    periods_to_add(schedule, &schedule->end, at_s, false) * period_s;
    int64_t logon_s = distance_s(schedule, &schedule->logon, at_s) +
                      periods_to_add(schedule, &schedule->logon, at_s, true) * period_s;
    int64_t logout_s = distance_s(schedule, &schedule->logout, at_s) +
                       periods_to_add(schedule, &schedule->logout, at_s, false) * period_s;
    if (logon_s >= end_s) {
        return "LogonTime (LogonDay) lies outside the session from StartTime to EndTime; "
               "choose one within it";
    }
    if (logout_s > end_s) {
        return "LogoutTime (LogoutDay) lies outside the session from StartTime to EndTime; "
               "choose one within it";
    }
    if (logout_s <= logon_s) {
        return "LogoutTime (LogoutDay) is not after LogonTime in the session that begins at "
               "StartTime; choose a later LogoutTime or an earlier LogonTime";
    }
    return NULL;
}

static const char *fault_at(const struct schedule *schedule, int64_t at_s)
{
    if (periods_to_add(schedule, &schedule->end, at_s, false) !=
        periods_to_add(schedule, &schedule->end, 0, false)) {
        return "StartTime and EndTime change their order when the clocks of one zone change "
               "and those of the other do not; give both in one TimeZone";
    }
    return schedule->has_logon_window ? logon_window_fault_at(schedule, at_s) : NULL;
}

static const char *zone_fault(const struct schedule *schedule, const struct zone *zone)
{
    const char *fault = NULL;
    for (uint32_t i = 0; !zone_is_utc(zone) && i < zone->count && fault == NULL; i++) {
        fault = fault_at(schedule, zone->changes[i].from_s);
    }
    return fault;
}

static void check_moment(const struct schedule_moment *moment)
{
    ASSERT(moment->second < DAY_S);
    ASSERT(moment->day < WEEK_DAYS);
}

const char *schedule_fault(const struct schedule *schedule)
{
    if (schedule->kind == SCHEDULE_NON_STOP) {
        return schedule->has_logon_window
                   ? "LogonTime and LogoutTime have no StartTime and EndTime to lie between; "
                     "leave them out or remove NonStopSession=Y"
                   : NULL;
    }
    if (schedule->kind == SCHEDULE_DAILY && (schedule->weekdays & SCHEDULE_EVERY_DAY) == 0) {
        return "Weekdays names no day; name one, or leave it out for every day";
    }
    const struct schedule_moment *const moments[] = {&schedule->start, &schedule->end,
                                                     &schedule->logon, &schedule->logout};
    const char *fault = fault_at(schedule, 0);
    for (size_t i = 0; i < (schedule->has_logon_window ? 4 : 2) && fault == NULL; i++) {
        check_moment(moments[i]);
        fault = zone_fault(schedule, moments[i]->zone);
    }
    return fault;
}
