#include "tests/unit/codec_help.h"

#include "fix/decimal.h"

static enum decimal_result parse(const char *text, int64_t *units)
{
    struct decimal value = {.units = 4711};
    enum decimal_result result = decimal_parse(span_text(text), &value);
    *units = value.units;
    return result;
}

static void assert_reads(const char *text, int64_t expected)
{
    int64_t units = 0;
    assert_int_equal(parse(text, &units), DECIMAL_OK);
    assert_true(units == expected);
}

static void assert_refused(const char *text, enum decimal_result expected)
{
    int64_t units = 0;
    assert_int_equal(parse(text, &units), expected);
    assert_true(units == 4711);
}

static void assert_writes(int64_t units, const char *expected)
{
    char text[DECIMAL_TEXT_BYTES_MAX];
    size_t size = decimal_format((struct decimal){.units = units}, text);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
}

static void every_form_of_fix_float_is_read(void **state)
{
    (void)state;
    assert_reads("0", 0);
    assert_reads("-0", 0);
    assert_reads("7", 700000000);
    assert_reads("00023.23", 2323000000);
    assert_reads("23.0000", 2300000000);
    assert_reads("-0.01", -1000000);
    assert_reads("0.00000001", 1);
    assert_reads(".5", 50000000);
    assert_reads("5.", 500000000);
    assert_reads("1.000000000000000000000000", 100000000);
    assert_reads("0000000000000000000000000000000001", 100000000);
    assert_reads("92233720368.54775807", INT64_MAX);
    assert_reads("-92233720368.54775807", -INT64_MAX);
}

static void text_that_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ".",
                                        "-",
                                        "-.",
                                        "+1",
                                        "1e3",
                                        "1,000",
                                        " 1",
                                        "1 ",
                                        "1.2.3",
                                        "--1",
                                        "0x10",
                                        "abc",
                                        "1-",
                                        "NaN",
                                        "inf",
                                        "1.0000000000x",
                                        "99999999999999999999x"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_refused(wrong[i], DECIMAL_NOT_A_NUMBER);
    }
}

static void numbers_that_do_not_fit_are_refused_and_never_wrap(void **state)
{
    (void)state;
    assert_refused("92233720368.54775808", DECIMAL_OUT_OF_RANGE);
    assert_refused("-92233720368.54775808", DECIMAL_OUT_OF_RANGE);
    assert_refused("92233720369", DECIMAL_OUT_OF_RANGE);
    assert_refused("18446744073709551616", DECIMAL_OUT_OF_RANGE);
    assert_refused("184467440737.09551617", DECIMAL_OUT_OF_RANGE);
    assert_refused("999999999999999999999999999999999999", DECIMAL_OUT_OF_RANGE);
    assert_refused("0.000000001", DECIMAL_TOO_PRECISE);
    assert_refused("1.123456780000001", DECIMAL_TOO_PRECISE);
}

static void text_is_the_shortest_that_reads_back(void **state)
{
    (void)state;
    assert_writes(0, "0");
    assert_writes(1050000000, "10.5");
    assert_writes(-1000000, "-0.01");
    assert_writes(700000000, "7");
    assert_writes(1, "0.00000001");
    assert_writes(INT64_MAX, "92233720368.54775807");
    assert_writes(-INT64_MAX, "-92233720368.54775807");
    assert_writes(INT64_MIN, "-92233720368.54775808");
}

static void every_value_survives_text_and_back(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (unsigned i = 0; i < 100000; i++) {
        /* Shifted, so that small values and many trailing zeros come up too. */
        int64_t units = (int64_t)(random_next(&seed) >> (1 + random_next(&seed) % 63));
        struct decimal value = {.units = i % 2 == 0 ? units : -units};
        char text[DECIMAL_TEXT_BYTES_MAX];
        size_t size = decimal_format(value, text);
        struct decimal again;
        assert_int_equal(decimal_parse(span_of(text, size), &again), DECIMAL_OK);
        assert_true(again.units == value.units);
    }
}

static void sums_and_differences_say_when_they_do_not_fit(void **state)
{
    (void)state;
    struct decimal out;
    struct decimal most = {.units = INT64_MAX};
    struct decimal least = {.units = -INT64_MAX};
    struct decimal unit = {.units = 1};
    assert_int_equal(decimal_add(decimal_whole(2), decimal_whole(-5), &out), DECIMAL_OK);
    assert_true(out.units == -3 * DECIMAL_ONE);
    assert_int_equal(decimal_add(most, unit, &out), DECIMAL_OUT_OF_RANGE);
    assert_int_equal(decimal_sub(least, unit, &out), DECIMAL_OUT_OF_RANGE);
    assert_int_equal(decimal_sub(most, least, &out), DECIMAL_OUT_OF_RANGE);
    assert_int_equal(decimal_sub(most, most, &out), DECIMAL_OK);
    assert_true(out.units == 0);
}

static void products_round_half_away_from_zero(void **state)
{
    (void)state;
    struct decimal out;
    struct decimal half = {.units = DECIMAL_ONE / 2};
    struct decimal unit = {.units = 1};
    struct decimal minus_unit = {.units = -1};
    assert_int_equal(decimal_mul(half, unit, &out), DECIMAL_OK);
    assert_true(out.units == 1);
    assert_int_equal(decimal_mul(half, minus_unit, &out), DECIMAL_OK);
    assert_true(out.units == -1);
    struct decimal less = {.units = DECIMAL_ONE / 2 - 1};
    assert_int_equal(decimal_mul(less, unit, &out), DECIMAL_OK);
    assert_true(out.units == 0);
    assert_int_equal(decimal_mul(decimal_whole(300), (struct decimal){.units = 1234567890}, &out),
                     DECIMAL_OK);
    assert_true(out.units == INT64_C(370370367000));
    assert_int_equal(decimal_mul(decimal_whole(400000), decimal_whole(400000), &out),
                     DECIMAL_OUT_OF_RANGE);
}

static void comparison_orders_negative_zero_and_positive(void **state)
{
    (void)state;
    assert_int_equal(decimal_compare(decimal_whole(-1), decimal_zero()), -1);
    assert_int_equal(decimal_compare(decimal_whole(2), decimal_whole(2)), 0);
    assert_int_equal(decimal_compare((struct decimal){.units = INT64_MAX},
                                     (struct decimal){.units = -INT64_MAX}),
                     1);
}

static void average_price_weighs_both_parts(void **state)
{
    (void)state;
    struct decimal out;
    assert_int_equal(decimal_average(decimal_whole(10), decimal_whole(100), decimal_whole(11),
                                     decimal_whole(300), &out),
                     DECIMAL_OK);
    assert_true(out.units == 1075000000);
    assert_int_equal(
        decimal_average(decimal_whole(1), decimal_zero(), decimal_whole(2), decimal_zero(), &out),
        DECIMAL_OK);
    assert_true(out.units == 0);
    /* 1/3 at 0 and 2/3 at 1 unit is 2/3 of a unit: rounded to one. */
    assert_int_equal(decimal_average(decimal_zero(), decimal_whole(1), (struct decimal){.units = 1},
                                     decimal_whole(2), &out),
                     DECIMAL_OK);
    assert_true(out.units == 1);
    struct decimal most = {.units = INT64_MAX};
    assert_int_equal(decimal_average(most, most, most, most, &out), DECIMAL_OK);
    assert_true(out.units == INT64_MAX);
    assert_int_equal(decimal_average(most, decimal_whole(-1), most, most, &out),
                     DECIMAL_OUT_OF_RANGE);
}

static void running_sum_takes_fills_and_busts_without_drift(void **state)
{
    (void)state;
    struct decimal_sum sum = {0};
    struct decimal third = {.units = 33333333};
    struct decimal out;
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(decimal_sum_add(&sum, third, decimal_whole(1), 1), DECIMAL_OK);
    }
    assert_int_equal(decimal_sum_average(sum, decimal_whole(1000), &out), DECIMAL_OK);
    assert_true(out.units == third.units);
    for (unsigned i = 0; i < 1001; i++) {
        assert_int_equal(decimal_sum_add(&sum, third, decimal_whole(1), -1), DECIMAL_OK);
    }
    assert_true(sum.high == -1);
    assert_int_equal(decimal_sum_average(sum, decimal_whole(1), &out), DECIMAL_OK);
    assert_true(out.units == -third.units);
    assert_int_equal(decimal_sum_average(sum, decimal_zero(), &out), DECIMAL_OK);
    assert_true(out.units == 0);
    assert_int_equal(decimal_sum_average(sum, decimal_whole(-1), &out), DECIMAL_OUT_OF_RANGE);
}

static void running_sum_refuses_what_128_bits_cannot_hold(void **state)
{
    (void)state;
    struct decimal_sum sum = {0};
    struct decimal most = {.units = INT64_MAX};
    assert_int_equal(decimal_sum_add(&sum, most, most, 1), DECIMAL_OK);
    struct decimal out;
    assert_int_equal(decimal_sum_average(sum, most, &out), DECIMAL_OK);
    assert_true(out.units == INT64_MAX);
    assert_int_equal(decimal_sum_average(sum, (struct decimal){.units = 1}, &out),
                     DECIMAL_OUT_OF_RANGE);
    assert_int_equal(decimal_sum_add(&sum, most, most, 1), DECIMAL_OK);
    struct decimal_sum before = sum;
    assert_int_equal(decimal_sum_add(&sum, most, most, 1), DECIMAL_OUT_OF_RANGE);
    assert_true(sum.high == before.high && sum.low == before.low);
}

static void nothing_behind_the_text_is_read(void **state)
{
    (void)state;
    struct guarded guarded = guarded_new(64);
    static const char *const texts[] = {"", "-", "12.5", "0.123456789", "99999999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct decimal out;
        enum decimal_result plain = decimal_parse(span_text(texts[i]), &out);
        assert_int_equal(decimal_parse(guarded_copy(&guarded, span_text(texts[i])), &out), plain);
    }
    guarded_free(&guarded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_fix_float_is_read),
        cmocka_unit_test(text_that_is_no_number_is_refused),
        cmocka_unit_test(numbers_that_do_not_fit_are_refused_and_never_wrap),
        cmocka_unit_test(text_is_the_shortest_that_reads_back),
        cmocka_unit_test(every_value_survives_text_and_back),
        cmocka_unit_test(sums_and_differences_say_when_they_do_not_fit),
        cmocka_unit_test(products_round_half_away_from_zero),
        cmocka_unit_test(comparison_orders_negative_zero_and_positive),
        cmocka_unit_test(average_price_weighs_both_parts),
        cmocka_unit_test(running_sum_takes_fills_and_busts_without_drift),
        cmocka_unit_test(running_sum_refuses_what_128_bits_cannot_hold),
        cmocka_unit_test(nothing_behind_the_text_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
