/* Times of the configuration: durations, times of the day, days of the week, zones. */
#include "fix/timestamp.h"
#include "gateway/shell/config_values.h"
#include "gateway/shell/zone.h"

#include <stdio.h>
#include <strings.h>

enum { SECONDS_MAX = 1000000000 }; /* Beyond all maxima; keeps the sums in range. */

int64_t config_duration_seconds(const char *value)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'h', 3600}, {'m', 60}, {'s', 1}};
    int64_t total = 0;
    size_t next = 0; /* Units come from big to small, each at most once. */
    bool plain = value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
    const char *at = value;
    do {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 9) {
            return -1;
        }
        int64_t number = 0;
        for (size_t i = 0; i < digits; i++) {
            number = number * 10 + (at[i] - '0');
        }
        at += digits;
        while (!plain && next < ARRAY_LEN(units) && units[next].unit != *at) {
            next++;
        }
        if (!plain && next == ARRAY_LEN(units)) {
            return -1;
        }
        total += number * (plain ? 1 : units[next].seconds);
        next++;
        at += plain ? 0 : 1;
    } while (*at != '\0' && total <= SECONDS_MAX);
    return total <= SECONDS_MAX ? total : -1;
}

int64_t config_decimal_permille(const char *value)
{
    size_t whole = strspn(value, "0123456789");
    bool point = value[whole] == '.';
    size_t fraction = point ? strspn(value + whole + 1, "0123456789") : 0;
    bool right = whole > 0 && whole <= 6 && (!point || (fraction > 0 && fraction <= 3)) &&
                 value[whole + (point ? 1 : 0) + fraction] == '\0';
    if (!right) {
        return -1;
    }
    int64_t permille = 0;
    for (size_t i = 0; i < whole; i++) {
        permille = permille * 10 + (value[i] - '0');
    }
    for (size_t i = 0; i < 3; i++) {
        permille = permille * 10 + (i < fraction ? value[whole + 1 + i] - '0' : 0);
    }
    return permille;
}

const char *config_check_duration(const struct config_key_definition *definition, const char *value,
                                  char reason[CONFIG_REASON_BYTES_MAX])
{
    int64_t seconds = config_duration_seconds(value);
    if (seconds >= definition->minimum && seconds <= definition->maximum) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "'%.60s' is not a whole number from %lld to %lld (seconds; 90s and 1m30s are "
                   "understood too)",
                   value, (long long)definition->minimum, (long long)definition->maximum);
    return reason;
}

const char *config_check_decimal(const struct config_key_definition *definition, const char *value,
                                 char reason[CONFIG_REASON_BYTES_MAX])
{
    int64_t permille = config_decimal_permille(value);
    if (permille >= definition->minimum && permille <= definition->maximum) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "'%.60s' is not a number from %lld to %lld with at most three decimals (%s)",
                   value, (long long)definition->minimum / 1000,
                   (long long)definition->maximum / 1000, definition->form);
    return reason;
}

/* HH:MM:SS and nothing else: a session begins on a whole second. */
static bool clock_read(const char *value, struct config_clock *out)
{
    enum { CLOCK_BYTES = 8 };
    uint64_t time_ns = 0;
    size_t size = strcspn(value, " \t");
    bool right = size == CLOCK_BYTES && time_only_parse(span_of(value, size), &time_ns) &&
                 time_ns < TIMESTAMP_DAY_NS;
    if (!right) {
        return false;
    }
    size += strspn(value + size, " \t");
    *out = (struct config_clock){.second = (uint32_t)(time_ns / UINT64_C(1000000000)),
                                 .zone = span_text(value + size)};
    return true;
}

const char *config_check_zone(struct span zone, char reason[CONFIG_REASON_BYTES_MAX])
{
    bool right = zone.size > 0 && zone.size <= ZONE_NAME_BYTES_MAX && zone.data[0] != '/';
    for (size_t i = 0; right && i < zone.size; i++) {
        uint8_t byte = zone.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool other = (byte >= '0' && byte <= '9') || strchr("_+-/", byte) != NULL;
        right = byte != '\0' && (letter || other);
    }
    if (right) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "'%.*s' is not the name of a time zone (Europe/London, US/Central, UTC)",
                   (int)(zone.size < 60 ? zone.size : 60), (const char *)zone.data);
    return reason;
}

const char *config_check_clock(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    struct config_clock clock;
    if (!clock_read(value, &clock)) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                       "'%.60s' is not a time of day (HH:MM:SS, or HH:MM:SS Europe/London)", value);
        return reason;
    }
    return clock.zone.size > 0 ? config_check_zone(clock.zone, reason) : NULL;
}

struct config_clock config_value_clock(const char *value)
{
    struct config_clock clock = {0};
    bool right = clock_read(value, &clock);
    ASSERT(right);
    return clock;
}

/* "su", "sun", "Sunday" → 0; -1 if it begins no day's name. */
static int day_read(struct span text)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    for (size_t day = 0; day < ARRAY_LEN(days); day++) {
        if (text.size >= 2 && text.size <= strlen(days[day]) &&
            strncasecmp(days[day], (const char *)text.data, text.size) == 0) {
            return (int)day;
        }
    }
    return -1;
}

/* Bits of the days of a list, or 0 if one is none. */
static uint8_t days_read(const char *value)
{
    struct config_items items;
    uint8_t days = 0;
    if (!config_items_read(value, &items)) {
        return 0;
    }
    for (uint32_t i = 0; i < items.count; i++) {
        int day = day_read(items.list[i]);
        if (day < 0) {
            return 0;
        }
        days = (uint8_t)(days | (1 << day));
    }
    return days;
}

const char *config_check_days(const char *value, bool list, char reason[CONFIG_REASON_BYTES_MAX])
{
    if (list ? days_read(value) != 0 : day_read(span_text(value)) >= 0) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "'%.60s' is not %s", value,
                   list ? "a list of days of the week (Mon,Tue,Wed)"
                        : "a day of the week (Sunday, Sun)");
    return reason;
}

uint8_t config_value_day(const char *value)
{
    int day = day_read(span_text(value));
    ASSERT(day >= 0);
    return (uint8_t)day;
}

uint8_t config_value_days(const char *value)
{
    uint8_t days = days_read(value);
    ASSERT(days != 0);
    return days;
}
