#include "tests/unit/codec_help.h"

#include "fix/timestamp.h"

static void assert_instant(const char *text, uint64_t expected_ns)
{
    uint64_t ns = 0;
    assert_true(timestamp_parse(span_text(text), &ns));
    assert_true(ns == expected_ns);
}

static void known_instants_are_read(void **state)
{
    (void)state;
    assert_instant("19700101-00:00:00", 0);
    assert_instant("19700101-00:00:01.5", UINT64_C(1500000000));
    assert_instant("20000229-12:34:56.789", UINT64_C(951827696789000000));
    assert_instant("20240229-23:59:59.999999999", UINT64_C(1709251199999999999));
    assert_instant("20261121-01:54:53.000000001", UINT64_C(1795226093000000001));
    assert_instant("22620411-23:47:16.854775807", INT64_MAX);
}

static void leap_second_is_the_first_instant_of_the_next_minute(void **state)
{
    (void)state;
    assert_instant("20161231-23:59:60", UINT64_C(1483228800000000000));
    assert_instant("20161231-23:59:60.999", UINT64_C(1483228800000000000));
    assert_instant("20161231-23:59:59.999", UINT64_C(1483228799999000000));
}

static void text_that_is_no_timestamp_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "20040415",
        "20040415-",
        "20040415-10:00",
        "20040415 10:00:00",
        "20040415-10:00:00.",
        "20040415-10:00:00.1234567890",
        "20040415-10:00:00.12x",
        "20040415-10:00:00Z",
        "20040415-10.00.00",
        "2004-04-15-10:00:00",
        "20041315-10:00:00",
        "20040015-10:00:00",
        "20040400-10:00:00",
        "20040431-10:00:00",
        "20040230-10:00:00",
        "20230229-10:00:00",
        "21000229-10:00:00",
        "20040415-24:00:00",
        "20040415-10:60:00",
        "20040415-10:00:61",
        "19691231-23:59:59",
        "22620411-23:47:16.854775808",
        "99991231-23:59:59",
        "-0040415-10:00:00",
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        uint64_t ns = 0;
        if (timestamp_parse(span_text(wrong[i]), &ns)) {
            fail_msg("\"%s\" was read", wrong[i]);
        }
    }
}

static void every_count_of_digits_goes_both_ways(void **state)
{
    (void)state;
    static const char full[] = "20240229-23:59:59.123456789";
    for (unsigned digits = 0; digits <= 9; digits++) {
        size_t size = digits == 0 ? 17 : 18 + digits;
        uint64_t ns = 0;
        assert_true(timestamp_parse(span_of(full, size), &ns));
        char text[TIMESTAMP_TEXT_BYTES_MAX];
        assert_int_equal(timestamp_format(ns, digits, text), size);
        assert_memory_equal(text, full, size);
    }
}

static void fraction_is_cut_and_not_rounded(void **state)
{
    (void)state;
    char text[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(UINT64_C(1709251199999999999), 3, text);
    assert_int_equal(size, 21);
    assert_memory_equal(text, "20240229-23:59:59.999", size);
}

static void every_instant_survives_text_and_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t ns = random_next(&seed) >> 1;
        char text[TIMESTAMP_TEXT_BYTES_MAX];
        size_t size = timestamp_format(ns, 9, text);
        uint64_t again = 0;
        assert_true(timestamp_parse(span_of(text, size), &again));
        assert_true(again == ns);
    }
}

static void every_day_follows_the_one_before(void **state)
{
    (void)state;
    uint64_t days = INT64_MAX / TIMESTAMP_DAY_NS;
    char before[TIMESTAMP_TEXT_BYTES_MAX] = "";
    for (uint64_t day = 0; day < days; day++) {
        char text[TIMESTAMP_TEXT_BYTES_MAX];
        (void)timestamp_format(day * TIMESTAMP_DAY_NS, 0, text);
        assert_true(memcmp(before, text, 8) < 0);
        uint64_t ns = 0;
        assert_true(date_only_parse(span_of(text, 8), &ns));
        assert_true(ns == day * TIMESTAMP_DAY_NS);
        memcpy(before, text, sizeof(before));
    }
}

static void times_and_dates_alone_are_read(void **state)
{
    (void)state;
    uint64_t ns = 0;
    assert_true(time_only_parse(span_text("00:00:00"), &ns));
    assert_true(ns == 0);
    assert_true(time_only_parse(span_text("23:59:59.000000001"), &ns));
    assert_true(ns == TIMESTAMP_DAY_NS - TIMESTAMP_SECOND_NS + 1);
    assert_true(time_only_parse(span_text("23:59:60"), &ns));
    assert_true(ns == TIMESTAMP_DAY_NS);
    assert_false(time_only_parse(span_text("24:00:00"), &ns));
    assert_false(time_only_parse(span_text("1:00:00"), &ns));
    assert_true(date_only_parse(span_text("19700102"), &ns));
    assert_true(ns == TIMESTAMP_DAY_NS);
    assert_false(date_only_parse(span_text("197001"), &ns));
    assert_false(date_only_parse(span_text("197001020"), &ns));
    assert_false(date_only_parse(span_text("22620412"), &ns));
}

static void nothing_behind_the_text_is_read(void **state)
{
    (void)state;
    static const char full[] = "20240229-23:59:59.123456789";
    struct guarded guarded = guarded_new(64);
    for (size_t size = 0; size < sizeof(full); size++) {
        struct span text = guarded_copy(&guarded, span_of(full, size));
        uint64_t ns = 0;
        assert_int_equal(timestamp_parse(text, &ns), size == 17 || size > 18);
        assert_int_equal(date_only_parse(text, &ns), size == 8);
        assert_false(time_only_parse(text, &ns));
    }
    guarded_free(&guarded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_are_read),
        cmocka_unit_test(leap_second_is_the_first_instant_of_the_next_minute),
        cmocka_unit_test(text_that_is_no_timestamp_is_refused),
        cmocka_unit_test(every_count_of_digits_goes_both_ways),
        cmocka_unit_test(fraction_is_cut_and_not_rounded),
        cmocka_unit_test(every_instant_survives_text_and_back),
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(times_and_dates_alone_are_read),
        cmocka_unit_test(nothing_behind_the_text_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
