#include "gateway/shell/zone.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    DAY_S = 24 * 60 * 60,
    /* No zone has gone there and back within it: the shortest stay since 2000 is six days. */
    STEP_S = DAY_S,
    PATH_BYTES_MAX = 512,
    TZ_BYTES_MAX = 1024,
};

/* --- The database's files. */

/* Where the C library looks too. */
static const char *database(void)
{
    const char *folder = getenv("TZDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/usr/share/zoneinfo";
}

/* The folder has tables and lists too; a file of a zone begins with its mark. */
static bool is_zone_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    char mark[4];
    ssize_t size = read(fd, mark, sizeof(mark));
    (void)close(fd);
    return size == (ssize_t)sizeof(mark) && memcmp(mark, "TZif", sizeof(mark)) == 0;
}

/* A name of the database that cannot lead out of its folder. Those under "right/" count
 * leap seconds, which neither Unix time nor FIX does. */
static bool is_name(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size > ZONE_NAME_BYTES_MAX || name[0] == '/' || strstr(name, "..") != NULL ||
        strncmp(name, "right/", strlen("right/")) == 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (isalnum((unsigned char)name[i]) == 0 && strchr("/_+-", name[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* The path of the zone's file; false: there is none. */
static bool find_file(const char *name, char path[PATH_BYTES_MAX])
{
    int size = snprintf(path, PATH_BYTES_MAX, "%s/%s", database(), name);
    return size > 0 && size < PATH_BYTES_MAX && is_zone_file(path);
}

/* TZ of the machine: a file's path, a name, or a rule by itself ("CET-1CEST,M3.5.0,M10.5.0",
 * "<+03>-3"). The C library takes UTC, silently, for what is none of them. */
static bool is_own_zone(const char *value)
{
    char path[PATH_BYTES_MAX];
    if (value[0] == ':') {
        value++;
    }
    if (value[0] == '\0' || (value[0] == '/' && is_zone_file(value)) ||
        (value[0] != '/' && find_file(value, path))) {
        return true;
    }
    size_t head = strcspn(value, ",");
    size_t digits = strcspn(value, "0123456789");
    return digits < head && memchr(value, '/', head) == NULL;
}

/* --- The C library's zone. */

static void set_own_zone(const char *value)
{
    int result = value != NULL ? setenv("TZ", value, 1) : unsetenv("TZ");
    ASSERT(result == 0); /* It was there before, so there is memory for it. */
    tzset();
}

/* Days from 1970-01-01 to the first of January, from 1970 on. */
static int64_t days_before_year(int64_t year)
{
    int64_t past = year - 1;
    return (year - 1970) * 365 + (past / 4 - past / 100 + past / 400) -
           (1969 / 4 - 1969 / 100 + 1969 / 400);
}

/* What the clock on the wall shows is the only thing that C tells of a zone. */
static int64_t offset_at(int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm local;
    const struct tm *result = localtime_r(&at, &local);
    ASSERT(result != NULL);
    int64_t days = days_before_year(1900 + (int64_t)local.tm_year) + local.tm_yday;
    int64_t minutes = (days * 24 + local.tm_hour) * 60 + local.tm_min;
    return minutes * 60 + local.tm_sec - at_s;
}

/* The first instant after `low` at which the offset is another; at `high` it is. */
static int64_t bisect(int64_t low, int64_t high)
{
    int64_t offset_s = offset_at(low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(middle) == offset_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* Adds that the offset is another from that instant on. */
static enum status add_change(struct zone_table *out, int64_t from_s)
{
    int64_t offset_s = offset_at(from_s);
    if (offset_s <= -ZONE_OFFSET_S_MAX || offset_s >= ZONE_OFFSET_S_MAX) {
        return STATUS_CORRUPT;
    }
    if (out->zone.count == ZONE_CHANGES_MAX) {
        return STATUS_FULL;
    }
    out->changes[out->zone.count++] =
        (struct zone_change){.from_s = from_s, .offset_s = (int32_t)offset_s};
    return STATUS_OK;
}

/* All changes of the zone that the C library has now. */
static enum status scan(struct zone_table *out)
{
    out->zone = (struct zone){.name = out->name, .changes = out->changes};
    int64_t at_s = days_before_year(ZONE_YEAR_FIRST) * DAY_S;
    int64_t end_s = days_before_year(ZONE_YEAR_END) * DAY_S;
    TRY(add_change(out, at_s));
    while (at_s < end_s) {
        int64_t next_s = at_s + STEP_S;
        if (offset_at(next_s) != out->changes[out->zone.count - 1].offset_s) {
            next_s = bisect(at_s, next_s);
            TRY(add_change(out, next_s));
        }
        at_s = next_s;
    }
    return STATUS_OK;
}

static enum status load_own(const char *value, struct zone_table *out)
{
    if (value != NULL && !is_own_zone(value)) {
        return STATUS_NOT_FOUND;
    }
    span_to_text(span_text("local time"), out->name, sizeof(out->name));
    tzset();
    return scan(out);
}

static enum status load_named(const char *name, struct zone_table *out)
{
    char path[PATH_BYTES_MAX];
    if (!is_name(name) || !find_file(name, path)) {
        return STATUS_NOT_FOUND;
    }
    span_to_text(span_text(name), out->name, sizeof(out->name));
    /* By its path, so that it is the very file that was looked at. */
    if (setenv("TZ", path, 1) != 0) {
        return STATUS_FULL;
    }
    tzset();
    /* glibc leaves the names empty when it falls back to UTC. */
    return tzname[0][0] != '\0' ? scan(out) : STATUS_CORRUPT;
}

enum status zone_load(const char *name, struct zone_table *out)
{
    memset(out, 0, sizeof(*out));
    const char *own = getenv("TZ");
    if (name == NULL) {
        return load_own(own, out);
    }
    char kept[TZ_BYTES_MAX];
    if (own != NULL && strlen(own) >= sizeof(kept)) {
        return STATUS_FULL;
    }
    if (own != NULL) {
        span_to_text(span_text(own), kept, sizeof(kept));
    }
    enum status status = load_named(name, out);
    set_own_zone(own != NULL ? kept : NULL);
    return status;
}
