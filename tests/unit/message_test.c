#include "tests/unit/codec_help.h"

enum { FIELDS_MAX = 64 };

struct indexed {
    struct field fields[FIELDS_MAX];
    struct message message;
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct guarded guarded;
};

static enum frame_fault index_framed(struct indexed *indexed, const char *body)
{
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(body, text, &size);
    message_init(&indexed->message, indexed->fields, FIELDS_MAX);
    return message_index(&indexed->message,
                         guarded_copy(&indexed->guarded, codec_wire(text, indexed->wire)), NULL);
}

static enum frame_fault index_unframed(struct indexed *indexed, const char *text)
{
    message_init(&indexed->message, indexed->fields, FIELDS_MAX);
    return message_index_unframed(
        &indexed->message, guarded_copy(&indexed->guarded, codec_wire(text, indexed->wire)), NULL);
}

static void assert_value(const struct indexed *indexed, uint32_t tag, const char *expected)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span value = message_value(&indexed->message, tag);
    assert_non_null(value.data);
    assert_true(span_equal(value, codec_wire(expected, wire)));
}

static int indexed_new(void **state)
{
    struct indexed *indexed = calloc(1, sizeof(*indexed));
    indexed->guarded = guarded_new(CODEC_TEXT_BYTES_MAX);
    *state = indexed;
    return 0;
}

static int indexed_free(void **state)
{
    struct indexed *indexed = *state;
    guarded_free(&indexed->guarded);
    free(indexed);
    return 0;
}

static void fields_are_indexed_in_the_order_of_the_wire(void **state)
{
    struct indexed *indexed = *state;
    assert_int_equal(index_framed(indexed, "35=D|34=2|49=A|56=B|58=|55=VOD.L|"), FRAME_FAULT_NONE);
    static const uint32_t tags[] = {8, 9, 35, 34, 49, 56, 58, 55, 10};
    assert_int_equal(indexed->message.count, ARRAY_LEN(tags));
    for (uint32_t i = 0; i < ARRAY_LEN(tags); i++) {
        assert_int_equal(indexed->fields[i].tag, tags[i]);
    }
    assert_int_equal(indexed->message.msg_type, 2);
    assert_true(span_is(message_type(&indexed->message), "D"));
    assert_value(indexed, 55, "VOD.L");
    assert_value(indexed, 58, "");
    assert_null(message_value(&indexed->message, 59).data);
    assert_null(message_find(&indexed->message, 59));
    assert_int_equal(indexed->fields[7].value - indexed->fields[7].start, 3);
}

static void values_of_every_size_end_at_their_own_soh(void **state)
{
    struct indexed *indexed = *state;
    for (int size = 0; size < 40; size++) {
        char body[256];
        (void)snprintf(body, sizeof(body), "35=D|58=%.*s|1=a|", size,
                       "........................................");
        assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
        assert_int_equal(message_value(&indexed->message, 58).size, size);
        assert_value(indexed, 1, "a");
    }
    /* Bytes that differ from SOH in one bit only. */
    assert_int_equal(index_framed(indexed, "35=D|58=\x02\x03\x81\x80\x11\xff|1=a|"),
                     FRAME_FAULT_NONE);
    assert_value(indexed, 58, "\x02\x03\x81\x80\x11\xff");
}

static void piece_without_a_readable_tag_is_garbled(void **state)
{
    struct indexed *indexed = *state;
    static const char *const bodies[] = {"35=D|55|1=a|",      "35=D||1=a|",      "35=D|=x|",
                                         "35=D|hello|",       "35=D|123456789|", "35=D|abc=x|",
                                         "35=D|5 =x|",        "35=D|+5=x|",      "35=D|-=x|",
                                         "35=D|4garbled9=x|", "35=D|1234567x=y|"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_int_equal(index_framed(indexed, bodies[i]), FRAME_FAULT_FIELD);
    }
}

static void tag_that_is_no_tag_number_is_indexed_as_zero(void **state)
{
    struct indexed *indexed = *state;
    static const char *const pieces[] = {"0=x",      "-1=x",          "055=x",
                                         "100000=x", "99999999999=x", "00=x"};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "35=D|%s|1=a|", pieces[i]);
        assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
        assert_int_equal(indexed->fields[3].tag, 0);
        assert_true(span_is(field_value(&indexed->message, &indexed->fields[3]), "x"));
        assert_value(indexed, 1, "a");
    }
    assert_int_equal(index_framed(indexed, "35=D|99999=x|"), FRAME_FAULT_NONE);
    assert_value(indexed, 99999, "x");
}

static void data_field_may_hold_soh_and_equals(void **state)
{
    struct indexed *indexed = *state;
    assert_int_equal(index_framed(indexed, "35=A|95=9|96=a|1=b|c==|108=30|"), FRAME_FAULT_NONE);
    assert_value(indexed, 96, "a|1=b|c==");
    assert_null(message_find(&indexed->message, 1));
    assert_value(indexed, 108, "30");
    assert_int_equal(index_framed(indexed, "35=A|95=0|96=|108=30|"), FRAME_FAULT_NONE);
    assert_value(indexed, 96, "");
    assert_value(indexed, 108, "30");
}

static void every_length_field_of_the_standard_is_known(void **state)
{
    struct indexed *indexed = *state;
    static const unsigned pairs[][2] = {{90, 91},   {93, 89},   {95, 96},   {212, 213},
                                        {348, 349}, {350, 351}, {352, 353}, {354, 355},
                                        {356, 357}, {358, 359}, {360, 361}, {362, 363},
                                        {364, 365}, {445, 446}, {618, 619}, {621, 622}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "35=B|%u=3|%u=a|b|58=x|", pairs[i][0], pairs[i][1]);
        assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
        assert_value(indexed, pairs[i][1], "a|b");
    }
}

static void data_length_that_leads_nowhere_is_ordinary_text(void **state)
{
    struct indexed *indexed = *state;
    static const char *const lengths[] = {"2",    "4",         "5",          "13", "20", "21",
                                          "9999", "999999999", "4294967299", "-3", "x",  ""};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "35=A|95=%s|96=abc|108=30|", lengths[i]);
        assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
        assert_value(indexed, 96, "abc");
        assert_value(indexed, 108, "30");
    }
}

static void data_field_never_swallows_the_trailer(void **state)
{
    struct indexed *indexed = *state;
    /* 96's value up to the SOH of 10= would be 3 + 1 + 6 = 10 bytes, 11 with it. */
    for (unsigned length = 4; length < 13; length++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "35=A|95=%u|96=abc|", length);
        assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
        assert_value(indexed, 96, "abc");
        assert_int_equal(indexed->fields[indexed->message.count - 1].tag, 10);
    }
}

static void data_field_away_from_its_length_is_ordinary_text(void **state)
{
    struct indexed *indexed = *state;
    assert_int_equal(index_framed(indexed, "35=A|95=9|58=x|96=a|1=b|108=30|"), FRAME_FAULT_NONE);
    assert_value(indexed, 96, "a");
    assert_value(indexed, 1, "b");
}

static void more_fields_than_the_array_holds_is_an_outcome(void **state)
{
    struct indexed *indexed = *state;
    char body[1024] = "35=D|";
    for (unsigned i = 0; i < FIELDS_MAX - 4; i++) {
        strcat(body, "58=x|");
    }
    assert_int_equal(index_framed(indexed, body), FRAME_FAULT_NONE);
    assert_int_equal(indexed->message.count, FIELDS_MAX);
    strcat(body, "58=x|");
    assert_int_equal(index_framed(indexed, body), FRAME_FAULT_FIELDS_MAX);
}

static void request_without_frame_is_indexed(void **state)
{
    struct indexed *indexed = *state;
    assert_int_equal(index_unframed(indexed, "35=D|11=A1|55=VOD.L"), FRAME_FAULT_NONE);
    assert_int_equal(indexed->message.count, 3);
    assert_true(span_is(message_type(&indexed->message), "D"));
    assert_value(indexed, 55, "VOD.L");
    assert_int_equal(index_unframed(indexed, "8=FIX.4.4|9=999|11=A1|35=F|10=abc|"),
                     FRAME_FAULT_NONE);
    assert_int_equal(indexed->message.msg_type, 3);
    assert_true(span_is(message_type(&indexed->message), "F"));
    assert_int_equal(index_unframed(indexed, "11=A1|"), FRAME_FAULT_NONE);
    assert_int_equal(indexed->message.msg_type, indexed->message.count);
    assert_null(message_type(&indexed->message).data);
    assert_int_equal(index_unframed(indexed, ""), FRAME_FAULT_NONE);
    assert_int_equal(indexed->message.count, 0);
    assert_null(message_type(&indexed->message).data);
    assert_int_equal(index_unframed(indexed, "11"), FRAME_FAULT_FIELD);
    assert_int_equal(index_unframed(indexed, "35=D|garbage"), FRAME_FAULT_FIELD);
    assert_int_equal(index_unframed(indexed, "95=3|96=a|b"), FRAME_FAULT_NONE);
    assert_value(indexed, 96, "a|b");
    assert_int_equal(index_unframed(indexed, "95=3|96=a|b|1=x"), FRAME_FAULT_NONE);
    assert_value(indexed, 96, "a|b");
    assert_value(indexed, 1, "x");
}

static void every_prefix_is_indexed_or_refused_within_its_bytes(void **state)
{
    struct indexed *indexed = *state;
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span whole =
        codec_wire("35=A|95=5|96=a|b=c|108=30|-1=x|abc=y|58=123456789012345|", wire);
    for (size_t size = 0; size <= whole.size; size++) {
        struct span prefix = guarded_copy(&indexed->guarded, span_of(whole.data, size));
        message_init(&indexed->message, indexed->fields, FIELDS_MAX);
        (void)message_index_unframed(&indexed->message, prefix, NULL);
        for (uint32_t i = 0; i < indexed->message.count; i++) {
            assert_true(indexed->fields[i].value + indexed->fields[i].size <= size);
        }
        (void)message_index(&indexed->message, prefix, NULL);
    }
}

static void whole_numbers_are_read_to_their_limits(void **state)
{
    (void)state;
    int64_t number = 0;
    assert_int_equal(value_int(span_text("9223372036854775807"), &number), VALUE_OK);
    assert_true(number == INT64_MAX);
    assert_int_equal(value_int(span_text("-9223372036854775808"), &number), VALUE_OK);
    assert_true(number == INT64_MIN);
    assert_int_equal(value_int(span_text("-0"), &number), VALUE_OK);
    assert_true(number == 0);
    assert_int_equal(value_int(span_text("00000000000000000000000000023"), &number), VALUE_OK);
    assert_true(number == 23);
    assert_int_equal(value_int(span_text("9223372036854775808"), &number), VALUE_OUT_OF_RANGE);
    assert_int_equal(value_int(span_text("-9223372036854775809"), &number), VALUE_OUT_OF_RANGE);
    assert_int_equal(value_int(span_text("99999999999999999999999"), &number), VALUE_OUT_OF_RANGE);
    static const char *const wrong[] = {"+1", "-",  "1.0", "1e3",
                                        " 1", "1 ", "--1", "99999999999999999999x"};
    uint64_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(value_int(span_text(wrong[i]), &number), VALUE_BAD_FORMAT);
        assert_int_equal(value_uint(span_text(wrong[i]), &count), VALUE_BAD_FORMAT);
    }
    assert_int_equal(value_int(span_text(""), &number), VALUE_EMPTY);
    assert_int_equal(value_uint(span_text("18446744073709551615"), &count), VALUE_OK);
    assert_true(count == UINT64_MAX);
    assert_int_equal(value_uint(span_text("18446744073709551616"), &count), VALUE_OUT_OF_RANGE);
    assert_int_equal(value_uint(span_text("-1"), &count), VALUE_OUT_OF_RANGE);
}

static void getters_tell_absent_empty_wrong_and_out_of_range_apart(void **state)
{
    struct indexed *indexed = *state;
    assert_int_equal(index_framed(indexed,
                                  "35=8|34=7|38=100.5|44=1e5|31=0.123456789|54=1|43=Y|97=N|"
                                  "52=20240101-00:00:00.123|60=20240230-00:00:00|58=|"
                                  "14=99999999999999999999|141=y|40=12|"),
                     FRAME_FAULT_NONE);
    const struct message *message = &indexed->message;
    int64_t number = 0;
    uint64_t count = 0;
    struct decimal decimal;
    bool flag = false;
    char letter = 0;
    assert_int_equal(message_uint(message, 34, &count), VALUE_OK);
    assert_true(count == 7);
    assert_int_equal(message_int(message, 34, &number), VALUE_OK);
    assert_int_equal(message_int(message, 999, &number), VALUE_ABSENT);
    assert_int_equal(message_int(message, 58, &number), VALUE_EMPTY);
    assert_int_equal(message_int(message, 38, &number), VALUE_BAD_FORMAT);
    assert_int_equal(message_int(message, 14, &number), VALUE_OUT_OF_RANGE);
    assert_int_equal(message_decimal(message, 38, &decimal), VALUE_OK);
    assert_true(decimal.units == INT64_C(10050000000));
    assert_int_equal(message_decimal(message, 44, &decimal), VALUE_BAD_FORMAT);
    assert_int_equal(message_decimal(message, 31, &decimal), VALUE_OUT_OF_RANGE);
    assert_int_equal(message_decimal(message, 14, &decimal), VALUE_OUT_OF_RANGE);
    assert_int_equal(message_timestamp(message, 52, &count), VALUE_OK);
    assert_true(count == UINT64_C(1704067200123000000));
    assert_int_equal(message_timestamp(message, 60, &count), VALUE_BAD_FORMAT);
    assert_int_equal(message_bool(message, 43, &flag), VALUE_OK);
    assert_true(flag);
    assert_int_equal(message_bool(message, 97, &flag), VALUE_OK);
    assert_false(flag);
    assert_int_equal(message_bool(message, 141, &flag), VALUE_BAD_FORMAT);
    assert_int_equal(message_char(message, 54, &letter), VALUE_OK);
    assert_int_equal(letter, '1');
    assert_int_equal(message_char(message, 40, &letter), VALUE_BAD_FORMAT);
    assert_int_equal(message_char(message, 58, &letter), VALUE_EMPTY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, indexed_new, indexed_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fields_are_indexed_in_the_order_of_the_wire),
        TEST(values_of_every_size_end_at_their_own_soh),
        TEST(piece_without_a_readable_tag_is_garbled),
        TEST(tag_that_is_no_tag_number_is_indexed_as_zero),
        TEST(data_field_may_hold_soh_and_equals),
        TEST(every_length_field_of_the_standard_is_known),
        TEST(data_length_that_leads_nowhere_is_ordinary_text),
        TEST(data_field_never_swallows_the_trailer),
        TEST(data_field_away_from_its_length_is_ordinary_text),
        TEST(more_fields_than_the_array_holds_is_an_outcome),
        TEST(request_without_frame_is_indexed),
        TEST(every_prefix_is_indexed_or_refused_within_its_bytes),
        TEST(whole_numbers_are_read_to_their_limits),
        TEST(getters_tell_absent_empty_wrong_and_out_of_range_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
