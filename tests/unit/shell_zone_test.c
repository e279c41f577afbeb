/* Zones out of the system's database, through the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fix/timestamp.h"
#include "gateway/shell/zone.h"

static struct zone_table table;

static int forget_settings(void **state)
{
    (void)state;
    (void)unsetenv("TZDIR");
    (void)unsetenv("TZ");
    tzset();
    return 0;
}

static int64_t utc_s(const char *text)
{
    uint64_t ns = 0;
    assert_true(timestamp_parse(span_text(text), &ns));
    return (int64_t)(ns / 1000000000u);
}

/* The zone has a change to offset_s at that very second. */
static void assert_change(const char *from, int32_t offset_s)
{
    for (uint32_t i = 0; i < table.zone.count; i++) {
        if (table.changes[i].from_s == utc_s(from)) {
            assert_int_equal(table.changes[i].offset_s, offset_s);
            return;
        }
    }
    fail_msg("no change at %s", from);
}

static void assert_table(void)
{
    assert_ptr_equal(table.zone.name, table.name);
    assert_ptr_equal(table.zone.changes, table.changes);
    assert_in_range(table.zone.count, 1, ZONE_CHANGES_MAX);
    assert_true(table.changes[0].from_s == utc_s("20000101-00:00:00"));
    for (uint32_t i = 1; i < table.zone.count; i++) {
        assert_true(table.changes[i - 1].from_s < table.changes[i].from_s);
        assert_int_not_equal(table.changes[i - 1].offset_s, table.changes[i].offset_s);
    }
}

static void load(const char *name)
{
    assert_int_equal(zone_load(name, &table), STATUS_OK);
    assert_table();
}

static void summer_and_winter_of_a_century_are_found_to_the_second(void **state)
{
    (void)state;
    load("Europe/London");
    assert_string_equal(table.zone.name, "Europe/London");
    assert_int_equal(table.zone.count, 201);
    assert_change("20000101-00:00:00", 0);
    assert_change("20000326-01:00:00", 3600);
    assert_change("20241027-01:00:00", 0);
    assert_change("20990329-01:00:00", 3600);
    load("America/New_York");
    assert_change("20060402-07:00:00", -14400);
    assert_change("20070311-07:00:00", -14400);
    assert_change("20991101-06:00:00", -18000);
}

static void zones_without_summer_have_one_offset(void **state)
{
    (void)state;
    load("UTC");
    assert_int_equal(table.zone.count, 1);
    assert_int_equal(table.changes[0].offset_s, 0);
    load("Asia/Kolkata");
    assert_int_equal(table.zone.count, 1);
    assert_int_equal(table.changes[0].offset_s, 19800);
    load("Etc/GMT+5");
    assert_int_equal(table.changes[0].offset_s, -18000);
}

static void unusual_zones_are_read_too(void **state)
{
    (void)state;
    load("Australia/Lord_Howe");
    assert_change("20240406-15:00:00", 37800);
    assert_change("20241005-15:30:00", 39600);
    load("Pacific/Apia");
    assert_change("20111230-10:00:00", 50400);
    load("America/St_Johns");
    assert_change("20101107-02:31:00", -12600);
    /* Has the most changes of all, with Ramadan besides the summer. */
    load("Asia/Gaza");
    load("America/Argentina/San_Luis");
}

static void name_that_is_no_zone_is_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Europe",        /* A folder. */
        "Europe/",       /* The same. */
        "Europe/Londn",  /* The C library would take UTC. */
        "europe/london", /* Names are written in one way only. */
        "Europe/London ",
        "EST5EDT,M3.2.0,M11.1.0", /* A rule is no name. */
        "UTC0",
        "UTC+3",
        "<+03>-3",
        "zone.tab",    /* A table. */
        "tzdata.zi",   /* The source. */
        "leapseconds", /* A list. */
        "../zoneinfo/Europe/London",
        "Europe/../Europe/London",
        "/usr/share/zoneinfo/Europe/London",
        ":Europe/London",
        "right/Europe/London", /* Counts leap seconds. */
        "Europe/London\n",
        "Europe/Londonnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (zone_load(names[i], &table) != STATUS_NOT_FOUND) {
            fail_msg("\"%s\" was taken", names[i]);
        }
    }
}

/* The hour on the machine's wall at noon UTC in June 2024. */
static int hour_at_noon(void)
{
    time_t noon = (time_t)utc_s("20240610-12:00:00");
    struct tm local;
    tzset();
    assert_non_null(localtime_r(&noon, &local));
    return local.tm_hour;
}

static void zone_of_the_process_is_left_as_it_was(void **state)
{
    (void)state;
    int unset = hour_at_noon();
    load("Asia/Tokyo");
    assert_null(getenv("TZ"));
    assert_int_equal(hour_at_noon(), unset);
    (void)setenv("TZ", "America/New_York", 1);
    load("Asia/Tokyo");
    assert_string_equal(getenv("TZ"), "America/New_York");
    assert_int_equal(hour_at_noon(), 8);
    assert_int_equal(zone_load("Asia/Tokio", &table), STATUS_NOT_FOUND);
    assert_string_equal(getenv("TZ"), "America/New_York");
    assert_int_equal(hour_at_noon(), 8);
}

static void own_zone_is_that_of_TZ(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int32_t offset_s; /* In June 2024. */
    } own[] = {
        {"Europe/London", 3600},
        {":Europe/London", 3600},
        {"/usr/share/zoneinfo/Europe/London", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 7200},
        {"<+0330>-3:30", 12600},
        {"EST5", -18000},
        {"", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        (void)setenv("TZ", own[i].value, 1);
        load(NULL);
        assert_string_equal(table.zone.name, "local time");
        assert_string_equal(getenv("TZ"), own[i].value);
        int32_t offset_s = 0;
        for (uint32_t k = 0; k < table.zone.count; k++) {
            if (table.changes[k].from_s <= utc_s("20240610-12:00:00")) {
                offset_s = table.changes[k].offset_s;
            }
        }
        assert_int_equal(offset_s, own[i].offset_s);
    }
    (void)unsetenv("TZ");
    load(NULL);
}

static void own_zone_that_the_library_would_take_for_utc_is_not_found(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Europe/Londn", ":Europe/Londn",  "Mars",
                                        "/etc/passwd",  "/nowhere/zone9", "Etc/GMT+99"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        (void)setenv("TZ", wrong[i], 1);
        if (zone_load(NULL, &table) != STATUS_NOT_FOUND) {
            fail_msg("TZ=\"%s\" was taken", wrong[i]);
        }
    }
}

/* What zone_load() says of `name` when the database is a folder with this one file. */
static enum status load_from(const char *name, const uint8_t *content, size_t size)
{
    char folder[] = "/tmp/fixgate-zones-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/Made", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, size, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    (void)setenv("TZDIR", folder, 1);
    enum status status = zone_load(name, &table);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_null(getenv("TZ"));
    return status;
}

/* A zone that changes between 0 and offset_s every ten days from 2000 on (RFC 8536,
 * version 1: header, times, which type begins at each, the types, abbreviations). */
static size_t make_zone(uint8_t *out, uint32_t count, uint32_t offset_s)
{
    const uint8_t head[44] = {[0] = 'T',
                              [1] = 'Z',
                              [2] = 'i',
                              [3] = 'f',
                              [34] = (uint8_t)(count >> 8),
                              [35] = (uint8_t)count,
                              [39] = 2,
                              [43] = 8};
    memcpy(out, head, sizeof(head));
    uint8_t *at = out + sizeof(head);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at_s = 946684800u + 86400u * 10 * (i + 1);
        for (int shift = 24; shift >= 0; shift -= 8) {
            *at++ = (uint8_t)(at_s >> shift);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        *at++ = (i + 1) % 2;
    }
    const uint8_t tail[] = {0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            (uint8_t)(offset_s >> 24),
                            (uint8_t)(offset_s >> 16),
                            (uint8_t)(offset_s >> 8),
                            (uint8_t)offset_s,
                            0,
                            4,
                            'N',
                            'I',
                            'L',
                            0,
                            'O',
                            'N',
                            'E',
                            0};
    memcpy(at, tail, sizeof(tail));
    return (size_t)(at - out) + sizeof(tail);
}

static void file_that_is_cut_off_is_corrupt_and_a_missing_one_not_found(void **state)
{
    (void)state;
    static const uint8_t cut_off[] = "TZif2 and then nothing";
    assert_int_equal(load_from("Made", cut_off, sizeof(cut_off)), STATUS_CORRUPT);
    assert_int_equal(load_from("Europe/London", cut_off, sizeof(cut_off)), STATUS_NOT_FOUND);
    assert_int_equal(load_from("Made", cut_off, 3), STATUS_NOT_FOUND);
    (void)setenv("TZDIR", "/nowhere", 1);
    assert_int_equal(zone_load("Europe/London", &table), STATUS_NOT_FOUND);
}

static void zone_with_too_many_changes_or_days_of_offset_is_refused(void **state)
{
    (void)state;
    static uint8_t content[8192];
    assert_int_equal(load_from("Made", content, make_zone(content, 100, 3600)), STATUS_OK);
    assert_int_equal(table.zone.count, 101);
    assert_change("20000111-00:00:00", 3600);
    assert_int_equal(load_from("Made", content, make_zone(content, ZONE_CHANGES_MAX - 1, 3600)),
                     STATUS_OK);
    assert_int_equal(load_from("Made", content, make_zone(content, ZONE_CHANGES_MAX, 3600)),
                     STATUS_FULL);
    assert_int_equal(load_from("Made", content, make_zone(content, 100, 200000)), STATUS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(summer_and_winter_of_a_century_are_found_to_the_second,
                               forget_settings),
        cmocka_unit_test_setup(zones_without_summer_have_one_offset, forget_settings),
        cmocka_unit_test_setup(unusual_zones_are_read_too, forget_settings),
        cmocka_unit_test_setup(name_that_is_no_zone_is_not_found, forget_settings),
        cmocka_unit_test_setup(zone_of_the_process_is_left_as_it_was, forget_settings),
        cmocka_unit_test_setup(own_zone_is_that_of_TZ, forget_settings),
        cmocka_unit_test_setup(own_zone_that_the_library_would_take_for_utc_is_not_found,
                               forget_settings),
        cmocka_unit_test_setup(file_that_is_cut_off_is_corrupt_and_a_missing_one_not_found,
                               forget_settings),
        cmocka_unit_test_setup(zone_with_too_many_changes_or_days_of_offset_is_refused,
                               forget_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
