/* QuickFIX's codec behind its C face: that QuickFIX takes our dictionary, and that
 * the benchmarks measure real work. ctest runs it from the root of the sources. */
#include "tests/tools/quickfix_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const char dictionary[] = "dictionaries/FIX44.xml";

/* An ExecutionReport with this Side(54), framed rightly. */
static size_t report_make(const char *side, char *out, size_t out_size)
{
    char body[512];
    snprintf(body, sizeof body,
             "35=8|34=7|49=ALPHA|52=20261121-00:00:00.000|56=FIXGATE|6=1.25|11=C1|14=40|17=E1|"
             "31=1.25|32=40|37=O1|38=100|39=1|40=2|44=1.25|54=%s|55=VOD|"
             "60=20261121-00:00:00.000|150=F|151=60|",
             side);
    int size = snprintf(out, out_size, "8=FIX.4.4|9=%zu|%s", strlen(body), body);
    unsigned sum = 0;
    for (int at = 0; at < size; at++) {
        if (out[at] == '|') {
            out[at] = '\001';
        }
        sum += (unsigned char)out[at];
    }
    size += snprintf(out + size, out_size - (size_t)size, "10=%03u\001", sum % 256);
    return (size_t)size;
}

static struct quickfix_codec *codec_with(const char *message, size_t size)
{
    char error[256] = "";
    struct quickfix_codec *codec =
        quickfix_codec_new(dictionary, message, size, error, sizeof error);
    if (codec == NULL) {
        fail_msg("%s", error);
    }
    return codec;
}

static void quickfix_takes_our_dictionary_and_a_right_report(void **state)
{
    (void)state;
    char message[512];
    size_t size = report_make("1", message, sizeof message);
    struct quickfix_codec *codec = codec_with(message, size);
    assert_true(quickfix_codec_parse(codec));
    assert_true(quickfix_codec_validate(codec));
    quickfix_codec_free(codec);
}

static void report_that_is_no_longer_right_is_refused(void **state)
{
    (void)state;
    char message[512];
    size_t size = report_make("1", message, sizeof message);
    message[size - 2] = message[size - 2] == '0' ? '1' : '0'; /* In the CheckSum. */
    struct quickfix_codec *codec = codec_with(message, size);
    assert_false(quickfix_codec_parse(codec));
    assert_false(quickfix_codec_validate(codec));
    quickfix_codec_free(codec);
}

static void value_outside_our_enumeration_is_refused_by_validation_alone(void **state)
{
    (void)state;
    char message[512];
    size_t size = report_make("Z", message, sizeof message);
    struct quickfix_codec *codec = codec_with(message, size);
    assert_true(quickfix_codec_parse(codec));
    assert_false(quickfix_codec_validate(codec));
    quickfix_codec_free(codec);
}

static void encoded_report_is_one_that_parses(void **state)
{
    (void)state;
    char message[512];
    size_t size = report_make("1", message, sizeof message);
    const struct quickfix_report report = {.msg_seq_num = 3, .order_qty = 5, .price = 1.5};
    const char *text = NULL;
    struct quickfix_codec *codec = codec_with(message, size);
    size = quickfix_codec_encode(codec, &report, &text);
    assert_true(size > 0);
    struct quickfix_codec *reader = codec_with(text, size);
    assert_true(quickfix_codec_parse(reader));
    assert_true(quickfix_codec_validate(reader));
    quickfix_codec_free(reader);
    quickfix_codec_free(codec);
}

static void missing_dictionary_is_an_error_with_a_reason(void **state)
{
    (void)state;
    char error[256] = "";
    assert_null(quickfix_codec_new("dictionaries/none.xml", "", 0, error, sizeof error));
    assert_true(error[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quickfix_takes_our_dictionary_and_a_right_report),
        cmocka_unit_test(report_that_is_no_longer_right_is_refused),
        cmocka_unit_test(value_outside_our_enumeration_is_refused_by_validation_alone),
        cmocka_unit_test(encoded_report_is_one_that_parses),
        cmocka_unit_test(missing_dictionary_is_an_error_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
