#include "tests/unit/codec_help.h"

#include "fix/builder.h"

static void assert_bytes(struct span actual, const char *expected)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span wanted = codec_wire(expected, wire);
    assert_int_equal(actual.size, wanted.size);
    assert_memory_equal(actual.data, wanted.data, wanted.size);
}

static void message_has_right_body_length_and_check_sum(void **state)
{
    (void)state;
    uint8_t data[512];
    for (unsigned i = 0; i < 300; i++) {
        char value[301];
        memset(value, 'a' + (int)(i % 26), i);
        value[i] = '\0';
        struct builder builder;
        builder_begin(&builder, data, sizeof(data), span_text("FIX.4.4"), span_text("AE"));
        builder_text(&builder, 58, value);
        char body[512];
        (void)snprintf(body, sizeof(body), "35=AE|58=%s|", value);
        char expected[CODEC_TEXT_BYTES_MAX];
        size_t size = 0;
        codec_append(body, expected, &size);
        struct span message = builder_finish(&builder);
        assert_bytes(message, expected);
        struct frame frame;
        assert_int_equal(frame_find(message, &frame), FRAME_FOUND);
    }
}

static void every_kind_of_value_is_written_as_fix_wants_it(void **state)
{
    (void)state;
    uint8_t data[512];
    struct builder builder;
    builder_init(&builder, data, sizeof(data));
    builder_text(&builder, 55, "VOD.L");
    builder_span(&builder, 58, span_of(NULL, 0));
    builder_int(&builder, 1, 0);
    builder_int(&builder, 2, -15);
    builder_int(&builder, 3, INT64_MIN);
    builder_uint(&builder, 4, UINT64_MAX);
    builder_decimal(&builder, 44, (struct decimal){.units = -1050000000});
    builder_char(&builder, 54, '1');
    builder_bool(&builder, 43, true);
    builder_bool(&builder, 97, false);
    builder_timestamp(&builder, 52, UINT64_C(1704067200123456789), 3);
    builder_timestamp(&builder, 60, UINT64_C(1704067200123456789), 0);
    builder_data(&builder, 95, 96, span_of("a\001b", 3));
    builder_raw(&builder, span_of("99999=z\001", 8));
    assert_bytes(
        builder_fields(&builder),
        "55=VOD.L|58=|1=0|2=-15|3=-9223372036854775808|4=18446744073709551615|44=-10.5|"
        "54=1|43=Y|97=N|52=20240101-00:00:00.123|60=20240101-00:00:00|95=3|96=a|b|99999=z|");
}

static void message_without_body_fields_is_whole(void **state)
{
    (void)state;
    uint8_t data[64];
    struct builder builder;
    builder_begin(&builder, data, sizeof(data), span_text("FIX.4.4"), span_text("0"));
    assert_bytes(builder_finish(&builder), "8=FIX.4.4|9=5|35=0|10=163|");
}

/* 0 when the message does not fit, else its size. */
static size_t build_within(const struct guarded *guarded, size_t capacity)
{
    struct builder builder;
    uint8_t *data = guarded->end - capacity;
    builder_begin(&builder, data, capacity, span_text("FIX.4.4"), span_text("D"));
    builder_text(&builder, 11, "order-1");
    builder_uint(&builder, 38, 12345);
    builder_decimal(&builder, 44, decimal_whole(-7));
    builder_timestamp(&builder, 60, 0, 3);
    builder_data(&builder, 95, 96, span_text("abc"));
    builder_raw(&builder, span_of("58=x\001", 5));
    struct span message = builder_finish(&builder);
    assert_int_equal(message.data == NULL, message.size == 0);
    assert_int_equal(message.size == 0, builder.overflow);
    return message.size;
}

static void message_that_does_not_fit_is_empty_and_stays_inside(void **state)
{
    (void)state;
    struct guarded guarded = guarded_new(512);
    size_t full = build_within(&guarded, 512);
    assert_true(full > 0);
    size_t fitting = 0;
    for (size_t capacity = 0; capacity < 512; capacity++) {
        size_t size = build_within(&guarded, capacity);
        assert_true(size == 0 || size == full);
        if (size > 0) {
            fitting += 1;
        } else {
            assert_int_equal(fitting, 0);
        }
    }
    assert_true(fitting > 0);
    /* At most one byte of the room kept for BodyLength stays unused. */
    assert_true(512 - fitting <= full + 1);
    guarded_free(&guarded);
}

static void fields_that_just_fit_are_kept_and_one_more_overflows(void **state)
{
    (void)state;
    uint8_t data[8];
    struct builder builder;
    builder_init(&builder, data, sizeof(data));
    builder_text(&builder, 58, "abcd");
    assert_bytes(builder_fields(&builder), "58=abcd|");
    builder_init(&builder, data, sizeof(data));
    builder_text(&builder, 58, "abcde");
    assert_null(builder_fields(&builder).data);
    /* What would fit by itself is not written behind a hole. */
    builder_text(&builder, 1, "a");
    assert_null(builder_fields(&builder).data);
    assert_int_equal(builder.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_has_right_body_length_and_check_sum),
        cmocka_unit_test(every_kind_of_value_is_written_as_fix_wants_it),
        cmocka_unit_test(message_without_body_fields_is_whole),
        cmocka_unit_test(message_that_does_not_fit_is_empty_and_stays_inside),
        cmocka_unit_test(fields_that_just_fit_are_kept_and_one_more_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
