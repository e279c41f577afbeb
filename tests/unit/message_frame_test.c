#include "tests/unit/codec_help.h"

#include "fix/builder.h"

enum { FOUND_MAX = 16 };

static const char heartbeat[] = "35=0|34=2|49=A|56=B|52=20240101-00:00:00|";
static const char test_request[] = "35=1|34=3|49=A|56=B|52=20240101-00:00:00|112=T|";

/* What a stream came to. */
struct outcome {
    uint8_t messages[CODEC_TEXT_BYTES_MAX]; /* All messages found, one behind the other. */
    size_t bytes;
    size_t sizes[FOUND_MAX];
    size_t count;
    size_t garbled; /* Bytes thrown away. */
    size_t left;    /* Bytes that wait for more. */
};

/* Takes all frames there are; the count of bytes that remain. */
static size_t stream_drain(struct outcome *outcome, struct span input)
{
    for (;;) {
        struct frame frame;
        enum frame_result result = frame_find(input, &frame);
        if (result == FRAME_PARTIAL) {
            assert_int_equal(frame.consumed, 0);
            assert_true(input.size < FIX_MESSAGE_BYTES_MAX);
            return input.size;
        }
        assert_true(frame.consumed > 0);
        assert_true(frame.consumed <= input.size);
        if (result == FRAME_FOUND) {
            assert_int_equal(frame.fault, FRAME_FAULT_NONE);
            assert_ptr_equal(frame.bytes.data, input.data);
            assert_int_equal(frame.bytes.size, frame.consumed);
            assert_true(outcome->count < FOUND_MAX);
            memcpy(outcome->messages + outcome->bytes, frame.bytes.data, frame.bytes.size);
            outcome->bytes += frame.bytes.size;
            outcome->sizes[outcome->count++] = frame.bytes.size;
        } else {
            assert_int_not_equal(frame.fault, FRAME_FAULT_NONE);
            outcome->garbled += frame.consumed;
        }
        input = span_of(input.data + frame.consumed, input.size - frame.consumed);
    }
}

/* Feeds the stream in pieces of which `sizes` has the sizes; the last takes the rest. */
static struct outcome stream_feed(const struct guarded *guarded, struct span stream,
                                  const size_t *sizes, size_t count)
{
    struct outcome outcome = {0};
    uint8_t waiting[CODEC_TEXT_BYTES_MAX];
    size_t at = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t size = i < count && sizes[i] < stream.size - at ? sizes[i] : stream.size - at;
        if (i == count) {
            size = stream.size - at;
        }
        memcpy(waiting + outcome.left, stream.data + at, size);
        at += size;
        struct span input = guarded_copy(guarded, span_of(waiting, outcome.left + size));
        outcome.left = stream_drain(&outcome, input);
        memcpy(waiting, guarded->end - outcome.left, outcome.left);
    }
    return outcome;
}

static struct outcome stream_whole(const char *text)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct guarded guarded = guarded_new(CODEC_TEXT_BYTES_MAX);
    struct outcome outcome = stream_feed(&guarded, codec_wire(text, wire), NULL, 0);
    guarded_free(&guarded);
    return outcome;
}

static enum frame_fault first_fault(const char *text)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct frame frame;
    (void)frame_find(codec_wire(text, wire), &frame);
    return frame.fault;
}

/* `bad` between two good messages: how many of the two are found. */
static size_t found_around(const char *bad)
{
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(heartbeat, text, &size);
    size_t bad_size = strlen(bad);
    memcpy(text + size, bad, bad_size);
    size += bad_size;
    codec_append(test_request, text, &size);
    return stream_whole(text).count;
}

static void whole_message_is_found(void **state)
{
    (void)state;
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(heartbeat, text, &size);
    struct outcome outcome = stream_whole(text);
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.bytes, size);
    assert_int_equal(outcome.garbled, 0);
    assert_int_equal(outcome.left, 0);
}

static void every_prefix_of_a_message_is_partial(void **state)
{
    (void)state;
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(heartbeat, text, &size);
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span whole = codec_wire(text, wire);
    struct guarded guarded = guarded_new(CODEC_TEXT_BYTES_MAX);
    for (size_t i = 0; i < whole.size; i++) {
        struct frame frame;
        struct span input = guarded_copy(&guarded, span_of(whole.data, i));
        assert_int_equal(frame_find(input, &frame), FRAME_PARTIAL);
        assert_int_equal(frame.consumed, 0);
    }
    guarded_free(&guarded);
}

static void begin_string_of_other_versions_is_framed_too(void **state)
{
    (void)state;
    assert_int_equal(stream_whole("8=FIX.4.2|9=5|35=0|10=161|").count, 1);
    assert_int_equal(stream_whole("8=FIXT.1.1|9=5|35=0|10=241|").count, 1);
}

static void wrong_begin_string_loses_only_its_message(void **state)
{
    (void)state;
    assert_int_equal(first_fault("8=FIX.4|9=5|35=0|10=000|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(first_fault("8=FIX.4.|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(first_fault("8=FIX4.4|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(first_fault("8=FIX.123.4|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(first_fault("8=ABC|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(first_fault("8=|"), FRAME_FAULT_BEGIN_STRING);
    assert_int_equal(found_around("8=FIX.4.4x|9=5|35=0|10=163|"), 2);
    assert_int_equal(found_around("8=FOO.4.4|9=5|35=0|10=163|"), 2);
}

static void body_length_that_is_no_number_never_waits(void **state)
{
    (void)state;
    static const char *const lengths[] = {"9=|",
                                          "9=abc|",
                                          "9=-5|",
                                          "9=+5|",
                                          "9=5.0|",
                                          "9=99999999999999999999|",
                                          "9=00000000000005|",
                                          "9=104857600|",
                                          "9=65536|",
                                          "9= 5|"};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char bad[CODEC_TEXT_BYTES_MAX];
        (void)snprintf(bad, sizeof(bad), "8=FIX.4.4|%s35=0|10=163|", lengths[i]);
        assert_int_equal(first_fault(bad), FRAME_FAULT_BODY_LENGTH);
        assert_int_equal(found_around(bad), 2);
    }
    assert_int_equal(first_fault("8=FIX.4.4|35=0|9=5|10=163|"), FRAME_FAULT_BODY_LENGTH);
    assert_int_equal(found_around("8=FIX.4.4|35=0|9=5|10=163|"), 2);
}

static void body_length_too_small_loses_exactly_this_message(void **state)
{
    (void)state;
    /* Right would be 16. */
    for (unsigned length = 0; length < 16; length++) {
        char bad[CODEC_TEXT_BYTES_MAX];
        (void)snprintf(bad, sizeof(bad), "8=FIX.4.4|9=%u|35=0|34=7|58=abc|10=100|", length);
        assert_int_equal(first_fault(bad), FRAME_FAULT_BODY_LENGTH);
        assert_int_equal(found_around(bad), 2);
    }
}

static void body_length_too_big_swallows_up_to_the_next_check_sum(void **state)
{
    (void)state;
    char text[CODEC_TEXT_BYTES_MAX] = "8=FIX.4.4|9=40|35=0|34=7|58=abc|10=100|";
    size_t size = strlen(text);
    codec_append(test_request, text, &size);
    size_t swallowed = size;
    codec_append(heartbeat, text, &size);
    struct outcome outcome = stream_whole(text);
    assert_int_equal(outcome.count, 1);
    assert_int_equal(outcome.garbled, swallowed);
    assert_int_equal(outcome.bytes, size - swallowed);
}

static void wrong_check_sum_loses_exactly_this_message(void **state)
{
    (void)state;
    assert_int_equal(first_fault("8=FIX.4.4|9=5|35=0|10=162|"), FRAME_FAULT_CHECK_SUM);
    static const char *const trailers[] = {"10=162|", "10=3|",   "10=63|", "10=0163|",
                                           "10=|",    "10=abc|", "10=-63|"};
    for (size_t i = 0; i < ARRAY_LEN(trailers); i++) {
        char bad[CODEC_TEXT_BYTES_MAX];
        (void)snprintf(bad, sizeof(bad), "8=FIX.4.4|9=5|35=0|%s", trailers[i]);
        assert_int_equal(found_around(bad), 2);
    }
}

static void check_sum_is_right_for_every_remainder(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        char body[512];
        (void)snprintf(body, sizeof(body), "35=0|58=%.*s%c|", (int)i,
                       "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
                       "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
                       "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
                       "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
                       "~~~~~~~~",
                       (char)('!' + i % 90));
        char text[CODEC_TEXT_BYTES_MAX];
        size_t size = 0;
        codec_append(body, text, &size);
        assert_int_equal(stream_whole(text).count, 1);
    }
}

static void third_field_other_than_msg_type_is_garbled(void **state)
{
    (void)state;
    char bad[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append("34=2|35=0|49=A|", bad, &size);
    assert_int_equal(first_fault(bad), FRAME_FAULT_MSG_TYPE);
    assert_int_equal(found_around(bad), 2);
    size = 0;
    codec_append("", bad, &size);
    assert_int_equal(first_fault(bad), FRAME_FAULT_MSG_TYPE);
    assert_int_equal(found_around(bad), 2);
}

static void noise_before_a_message_is_skipped(void **state)
{
    (void)state;
    static const char *const noises[] = {
        "35=0|",   "|",        "x",   "8", "88", "8=8=", "GET / HTTP/1.1\r\n\r\n",
        "10=163|", "=8|8|8=F", "8=FI"};
    for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
        assert_int_equal(found_around(noises[i]), 2);
    }
    assert_int_equal(first_fault("noise"), FRAME_FAULT_NOISE);
    assert_int_equal(stream_whole("endless noise without a start").left, 0);
    assert_int_equal(stream_whole("noise then 8").left, 1);
    assert_int_equal(stream_whole("noise then 8=FI").left, 4);
}

static void split_of_the_stream_changes_nothing(void **state)
{
    (void)state;
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(heartbeat, text, &size);
    static const char *const between[] = {
        "noise|8=FI",
        "8=FIX.4.4|9=3|35=0|34=7|10=100|",
        "8=FIX.4.4|9=5|35=0|10=7|",
        "8=FIX.4.4|9=x|35=0|10=100|8=ABC|",
        "8=FIX.4.4|9=50|35=0|10=100|8=FIX.4.4|9=5|35=0|10=163|8=FIX.4.4|9=5|35=0|10=163|",
    };
    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        memcpy(text + size, between[i], strlen(between[i]));
        size += strlen(between[i]);
        codec_append(i % 2 == 0 ? test_request : heartbeat, text, &size);
    }
    text[size] = '\0';
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span stream = codec_wire(text, wire);
    struct guarded guarded = guarded_new(CODEC_TEXT_BYTES_MAX);
    struct outcome whole = stream_feed(&guarded, stream, NULL, 0);
    assert_int_equal(whole.count, 6);
    for (size_t at = 0; at <= stream.size; at++) {
        /* Two pieces, then three, then bytes one by one from there on. */
        size_t sizes[CODEC_TEXT_BYTES_MAX] = {at, 1, 7};
        size_t singles = 3;
        for (; at % 8 == 0 && singles < stream.size; singles++) {
            sizes[singles] = 1;
        }
        struct outcome split = stream_feed(&guarded, stream, sizes, singles);
        assert_int_equal(split.count, whole.count);
        assert_int_equal(split.bytes, whole.bytes);
        assert_memory_equal(split.messages, whole.messages, whole.bytes);
        assert_int_equal(split.garbled, whole.garbled);
        assert_int_equal(split.left, whole.left);
    }
    guarded_free(&guarded);
}

static void largest_message_is_found_and_one_more_byte_is_garbled(void **state)
{
    (void)state;
    static uint8_t data[FIX_MESSAGE_BYTES_MAX + 64];
    static uint8_t value[FIX_MESSAGE_BYTES_MAX];
    memset(value, 'x', sizeof(value));
    /* 8=FIX.4.4|9=NNNNN|35=B|58=…|10=ccc| */
    size_t around = 10 + 8 + 5 + 3 + 1 + 7;
    for (unsigned more = 0; more < 2; more++) {
        struct builder builder;
        builder_begin(&builder, data, sizeof(data), span_text("FIX.4.4"), span_text("B"));
        builder_span(&builder, 58, span_of(value, FIX_MESSAGE_BYTES_MAX - around + more));
        struct span message = builder_finish(&builder);
        assert_int_equal(message.size, FIX_MESSAGE_BYTES_MAX + more);
        struct frame frame;
        if (more == 0) {
            assert_int_equal(frame_find(message, &frame), FRAME_FOUND);
        } else {
            assert_int_equal(frame_find(span_of(message.data, 20), &frame), FRAME_GARBLED);
            assert_int_equal(frame.fault, FRAME_FAULT_BODY_LENGTH);
        }
    }
}

static void wrong_length_without_any_check_sum_is_given_up_at_the_limit(void **state)
{
    (void)state;
    static uint8_t input[FIX_MESSAGE_BYTES_MAX];
    memset(input, 'x', sizeof(input));
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    struct span head = codec_wire("8=FIX.4.4|9=5|35=0", wire);
    memcpy(input, head.data, head.size);
    struct frame frame;
    assert_int_equal(frame_find(span_of(input, sizeof(input) - 1), &frame), FRAME_PARTIAL);
    assert_int_equal(frame_find(span_of(input, sizeof(input)), &frame), FRAME_GARBLED);
    assert_int_equal(frame.fault, FRAME_FAULT_BODY_LENGTH);
    assert_int_equal(frame.consumed, sizeof(input));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_message_is_found),
        cmocka_unit_test(every_prefix_of_a_message_is_partial),
        cmocka_unit_test(begin_string_of_other_versions_is_framed_too),
        cmocka_unit_test(wrong_begin_string_loses_only_its_message),
        cmocka_unit_test(body_length_that_is_no_number_never_waits),
        cmocka_unit_test(body_length_too_small_loses_exactly_this_message),
        cmocka_unit_test(body_length_too_big_swallows_up_to_the_next_check_sum),
        cmocka_unit_test(wrong_check_sum_loses_exactly_this_message),
        cmocka_unit_test(check_sum_is_right_for_every_remainder),
        cmocka_unit_test(third_field_other_than_msg_type_is_garbled),
        cmocka_unit_test(noise_before_a_message_is_skipped),
        cmocka_unit_test(split_of_the_stream_changes_nothing),
        cmocka_unit_test(largest_message_is_found_and_one_more_byte_is_garbled),
        cmocka_unit_test(wrong_length_without_any_check_sum_is_given_up_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
