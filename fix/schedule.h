/* When a session may be logged on, and to which session day an instant belongs.
 *
 * Pure. Any thread. QuickFIX's words: StartTime, EndTime, StartDay, EndDay, Weekdays,
 * NonStopSession, LogonTime, LogoutTime; times of day are those of a named zone, and
 * start and end may have different ones. Daylight saving comes in as data (struct
 * zone), since the rules of the world's zones are the system's to know.
 *
 * A moment by the clock on the wall is the first instant at which that clock shows it
 * or more. So a local time that does not exist (clocks go forward over it) is the
 * instant at which the gap ends, and one that exists twice is the first of the two. A
 * window that thereby begins and ends at the same instant is left out. */
#ifndef FIX_SCHEDULE_H
#define FIX_SCHEDULE_H

#include "fix/base.h"

/* From `from_s` (Unix, UTC) on, until the next one's, local time is UTC + offset_s. */
struct zone_change {
    int64_t from_s;
    int32_t offset_s; /* Less than ZONE_OFFSET_S_MAX either way. */
};

enum { ZONE_OFFSET_S_MAX = 26 * 3600 };

/* Sorted; the first holds for all times before it too. count 0: UTC. Owned by whoever
 * made it (gateway/shell/zone.h); outlives the schedules. */
struct zone {
    const char *name; /* "Europe/London" */
    uint32_t count;
    const struct zone_change *changes;
};

enum schedule_kind {
    SCHEDULE_NON_STOP, /* Never ends or resets by time. */
    SCHEDULE_DAILY,    /* Each of `weekdays`, from start to end; equal times: 24 hours. */
    SCHEDULE_WEEKLY,   /* Once a week, from start to end; equal moments: the whole week. */
};

/* A day and time by the clock on the wall. */
struct schedule_moment {
    uint32_t second;         /* Of the day, 0 to 86399. */
    uint8_t day;             /* WEEKLY: 0 = Sunday … 6 = Saturday. */
    const struct zone *zone; /* NULL: UTC. */
};

enum { SCHEDULE_EVERY_DAY = 0x7f };

/* Zeroed memory is a non-stop schedule. */
struct schedule {
    enum schedule_kind kind;
    /* DAILY: bit 0 = Sunday … 6 = Saturday; the day, in start's zone, on which it
     * starts. At least one. */
    uint8_t weekdays;
    struct schedule_moment start;
    struct schedule_moment end; /* The first such moment after start. */
    /* The narrower window in which to be logged on; must lie within. */
    bool has_logon_window;
    struct schedule_moment logon;  /* The first such moment at start or after it. */
    struct schedule_moment logout; /* The first such moment after start. */
};

/* One session day: [begin, end), and in it the window to be logged on, [logon, logout):
 * begin < end, begin <= logon <= logout <= end. Unix ns, UTC. */
struct session_day {
    uint64_t begin_ns;
    uint64_t end_ns; /* UINT64_MAX: never. */
    uint64_t logon_ns;
    uint64_t logout_ns; /* UINT64_MAX: never. */
};

/* NULL, or what does not go together ("LogonTime lies outside …") in words that name
 * the keys and the remedy; static text. A day or second out of its range is the
 * caller's own error.
 *
 * With different zones it looks at all their changes: a window which daylight saving
 * turns from a few minutes into almost a day, or back, is refused. */
MUST_USE const char *schedule_fault(const struct schedule *schedule);

/* The session day that holds `now_ns` (true), or the next one after it (false), of a
 * schedule without a fault. A non-stop schedule has one day that holds all times. Days neither
 * overlap nor change with `now_ns`, so an answer may be kept until its end_ns, or while false,
 * until its begin_ns.
 *
 * When clocks skip every window of the next two weeks, or the time of Unix ns ends
 * (year 2554), there is no day: false, and all four are UINT64_MAX. */
bool schedule_day(const struct schedule *schedule, uint64_t now_ns, struct session_day *day);

/* The next instant > `now_ns` at which it is `second` of the day in `zone` (NULL: UTC):
 * ResetSeqTime. UINT64_MAX when there is none. */
uint64_t schedule_next_time_ns(const struct zone *zone, uint32_t second, uint64_t now_ns);

#endif
