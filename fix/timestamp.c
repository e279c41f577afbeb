#include "fix/timestamp.h"

enum {
    DATE_BYTES = 8, /* YYYYMMDD */
    TIME_BYTES = 8, /* HH:MM:SS */
    FRACTION_DIGITS_MAX = 9,
    YEAR_MIN = 1970,
    YEAR_MAX = 2262,
};

static const uint32_t power_of_ten[FRACTION_DIGITS_MAX + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

/* Reads exactly `count` digits; false if one of them is none. */
static bool digits_read(const uint8_t *text, size_t count, uint32_t *out)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t digit = (uint32_t)text[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static bool is_leap_year(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1U : 0U);
}

/* Days from 1970-01-01. Counting years from March puts the leap day last, so the
 * lengths of the months before any given one never depend on the year. */
static uint32_t days_from_date(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t shifted_year = month > 2 ? year : year - 1;
    uint32_t shifted_month = month > 2 ? month - 3 : month + 9;
    uint32_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    uint32_t days = shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    return days + day_of_year - 719468;
}

static void date_from_days(uint32_t days, uint32_t *year, uint32_t *month, uint32_t *day)
{
    uint32_t shifted = days + 719468;
    uint32_t era = shifted / 146097;
    uint32_t day_of_era = shifted % 146097;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

bool date_only_parse(struct span text, uint64_t *out_ns)
{
    uint32_t year = 0;
    uint32_t month = 0;
    uint32_t day = 0;
    if (text.size != DATE_BYTES || !digits_read(text.data, 4, &year) ||
        !digits_read(text.data + 4, 2, &month) || !digits_read(text.data + 6, 2, &day)) {
        return false;
    }
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > days_of_month(year, month)) {
        return false;
    }
    uint64_t instant = days_from_date(year, month, day) * TIMESTAMP_DAY_NS;
    if (instant > INT64_MAX) {
        return false;
    }
    *out_ns = instant;
    return true;
}

/* ".f", 1 to 9 digits, as nanoseconds. */
static bool fraction_parse(struct span text, uint64_t *out_ns)
{
    uint32_t value = 0;
    if (text.size < 2 || text.size > 1 + FRACTION_DIGITS_MAX || text.data[0] != '.' ||
        !digits_read(text.data + 1, text.size - 1, &value)) {
        return false;
    }
    *out_ns = (uint64_t)value * power_of_ten[FRACTION_DIGITS_MAX - (text.size - 1)];
    return true;
}

bool time_only_parse(struct span text, uint64_t *out_ns)
{
    uint32_t hour = 0;
    uint32_t minute = 0;
    uint32_t second = 0;
    if (text.size < TIME_BYTES || text.data[2] != ':' || text.data[5] != ':' ||
        !digits_read(text.data, 2, &hour) || !digits_read(text.data + 3, 2, &minute) ||
        !digits_read(text.data + 6, 2, &second)) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    uint64_t fraction = 0;
    if (text.size > TIME_BYTES &&
        !fraction_parse(span_of(text.data + TIME_BYTES, text.size - TIME_BYTES), &fraction)) {
        return false;
    }
    if (second == 60) {
        fraction = 0;
    }
    *out_ns =
        (hour * UINT64_C(3600) + minute * UINT64_C(60) + second) * TIMESTAMP_SECOND_NS + fraction;
    return true;
}

bool timestamp_parse(struct span text, uint64_t *out_ns)
{
    uint64_t date = 0;
    uint64_t time = 0;
    if (text.size < DATE_BYTES + 1 + TIME_BYTES || text.data[DATE_BYTES] != '-' ||
        !date_only_parse(span_of(text.data, DATE_BYTES), &date) ||
        !time_only_parse(span_of(text.data + DATE_BYTES + 1, text.size - DATE_BYTES - 1), &time)) {
        return false;
    }
    if (date + time > INT64_MAX) {
        return false;
    }
    *out_ns = date + time;
    return true;
}

static char *digits_write(char *text, uint32_t value, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return text + count;
}

size_t timestamp_format(uint64_t instant_ns, unsigned digits, char text[TIMESTAMP_TEXT_BYTES_MAX])
{
    ASSERT(digits <= FRACTION_DIGITS_MAX);
    uint32_t year = 0;
    uint32_t month = 0;
    uint32_t day = 0;
    date_from_days((uint32_t)(instant_ns / TIMESTAMP_DAY_NS), &year, &month, &day);
    uint64_t of_day = instant_ns % TIMESTAMP_DAY_NS;
    uint32_t seconds = (uint32_t)(of_day / TIMESTAMP_SECOND_NS);
    uint32_t fraction = (uint32_t)(of_day % TIMESTAMP_SECOND_NS);
    char *end = text;
    end = digits_write(end, year, 4);
    end = digits_write(end, month, 2);
    end = digits_write(end, day, 2);
    *end++ = '-';
    end = digits_write(end, seconds / 3600, 2);
    *end++ = ':';
    end = digits_write(end, seconds / 60 % 60, 2);
    *end++ = ':';
    end = digits_write(end, seconds % 60, 2);
    if (digits > 0) {
        *end++ = '.';
        end = digits_write(end, fraction / power_of_ten[FRACTION_DIGITS_MAX - digits], digits);
    }
    return (size_t)(end - text);
}
