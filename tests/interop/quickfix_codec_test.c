/* QuickFIX's codec behind its C face: that the benchmarks measure real work, and
 * that QuickFIX takes our dictionary. ctest runs it from the root of the sources. */
#include "tests/tools/quickfix_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const char dictionary[] = "dictionaries/FIX44.xml";

static const struct quickfix_execution_report report = {
    .sender_comp_id = "ALPHA",
    .target_comp_id = "FIXGATE",
    .msg_seq_num = 7,
    .sending_time = "20261121-00:00:00.000",
    .order_id = "O1",
    .exec_id = "E1",
    .cl_ord_id = "C1",
    .account = "ACC",
    .symbol = "VOD",
    .order_qty = "100",
    .price = "1.25",
    .last_qty = "40",
    .last_px = "1.25",
    .leaves_qty = "60",
    .cum_qty = "40",
    .avg_px = "1.25",
    .transact_time = "20261121-00:00:00.000",
    .exec_type = 'F',
    .ord_status = '1',
    .side = '1',
    .ord_type = '2',
};

static struct quickfix_codec *codec_open(const char *path)
{
    char error[256] = "";
    struct quickfix_codec *codec = quickfix_codec_open(path, error, sizeof error);
    if (codec == NULL) {
        fail_msg("%s", error);
    }
    return codec;
}

static void encoded_report_parses_and_validates(void **state)
{
    (void)state;
    struct quickfix_codec *codec = codec_open(dictionary);
    char message[512];
    char value[64];
    size_t size = quickfix_codec_encode(codec, &report, message, sizeof message);
    assert_true(size > 0);
    assert_memory_equal(message, "8=FIX.4.4\0019=", 12);
    quickfix_codec_load(codec, message, size);
    assert_true(quickfix_codec_parse(codec));
    assert_true(quickfix_codec_value(codec, 11, value, sizeof value));
    assert_string_equal(value, "C1");
    assert_true(quickfix_codec_value(codec, 34, value, sizeof value));
    assert_string_equal(value, "7");
    assert_false(quickfix_codec_value(codec, 103, value, sizeof value));
    if (!quickfix_codec_parse_validate(codec)) {
        fail_msg("%s", quickfix_codec_reason(codec));
    }
    assert_true(quickfix_codec_value(codec, 31, value, sizeof value));
    assert_string_equal(value, "1.25");
    quickfix_codec_close(codec);
}

static void report_that_is_no_longer_right_is_refused(void **state)
{
    (void)state;
    struct quickfix_codec *codec = codec_open(dictionary);
    struct quickfix_execution_report wrong = report;
    char message[512];
    size_t size = quickfix_codec_encode(codec, &report, message, sizeof message);
    message[size - 3] = message[size - 3] == '0' ? '1' : '0'; /* In the CheckSum. */
    quickfix_codec_load(codec, message, size);
    assert_false(quickfix_codec_parse(codec));
    assert_true(quickfix_codec_reason(codec)[0] != '\0');
    wrong.side = 'Z';
    size = quickfix_codec_encode(codec, &wrong, message, sizeof message);
    quickfix_codec_load(codec, message, size);
    assert_true(quickfix_codec_parse(codec));
    assert_false(quickfix_codec_parse_validate(codec));
    assert_int_equal(quickfix_codec_encode(codec, &report, message, 16), 0);
    quickfix_codec_close(codec);
}

static void missing_dictionary_is_an_error_with_a_reason(void **state)
{
    (void)state;
    char error[256] = "";
    assert_null(quickfix_codec_open("dictionaries/none.xml", error, sizeof error));
    assert_true(error[0] != '\0');
    struct quickfix_codec *codec = codec_open(NULL);
    quickfix_codec_load(codec, "8=FIX.4.4", 9);
    assert_false(quickfix_codec_parse(codec));
    quickfix_codec_close(codec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_report_parses_and_validates),
        cmocka_unit_test(report_that_is_no_longer_right_is_refused),
        cmocka_unit_test(missing_dictionary_is_an_error_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
