/* Any bytes, as a stream from a peer and as a request of a client.
 *
 * What must hold: nothing is read outside the input (the sanitizers watch), a
 * stream gives the same messages whole and byte by byte, every span of an index
 * lies inside its message, and what the builder writes is found again. */
#include "fix/builder.h"
#include "fix/message.h"
#include "fix/timestamp.h"
#include "fix/validate.h"
#include "tests/fuzz/dictionary.h"
#include "tests/fuzz/fuzz.h"

enum { STREAM_BYTES_MAX = 4096 };

/* What a stream came to. */
struct outcome {
    uint8_t messages[STREAM_BYTES_MAX];
    size_t bytes;
    size_t count;
    size_t garbled;
    size_t left;
};

static struct dictionary *dictionary; /* Loaded once; read only. */
static struct field fields[FIX_FIELDS_MAX];

static void entries_visit(struct group *group, unsigned depth)
{
    while (group_next(group)) {
        ASSERT(group->entry_begin < group->entry_end);
        ASSERT(group->entry_end <= group->end);
        ASSERT(group_find(group, group->first_tag) == &group->message->fields[group->entry_begin]);
        for (uint32_t i = group->entry_begin; i < group->entry_end && depth < 3; i++) {
            struct group nested;
            if (group_open_nested(&nested, group, group->message->fields[i].tag) == GROUP_OK) {
                entries_visit(&nested, depth + 1);
            }
        }
    }
}

static void fields_visit(const struct message *message)
{
    for (uint32_t i = 0; i < message->count; i++) {
        const struct field *field = &message->fields[i];
        ASSERT(field->start < field->value);
        ASSERT((size_t)field->value + field->size <= message->bytes.size);
        ASSERT(field->tag <= FIX_TAG_MAX);
        int64_t number = 0;
        uint64_t count = 0;
        struct decimal decimal;
        bool flag = false;
        char letter = 0;
        (void)!message_int(message, field->tag, &number);
        (void)!message_uint(message, field->tag, &count);
        (void)!message_timestamp(message, field->tag, &count);
        (void)!message_bool(message, field->tag, &flag);
        (void)!message_char(message, field->tag, &letter);
        if (message_decimal(message, field->tag, &decimal) == VALUE_OK) {
            char text[DECIMAL_TEXT_BYTES_MAX];
            size_t size = decimal_format(decimal, text);
            struct decimal again;
            ASSERT(decimal_parse(span_of(text, size), &again) == DECIMAL_OK);
            ASSERT(again.units == decimal.units);
        }
        struct group group;
        if (group_open(&group, message, dictionary, field->tag) == GROUP_OK) {
            entries_visit(&group, 0);
        }
    }
}

static void message_visit(struct span bytes)
{
    struct validate_options options = validate_options_default();
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    if (message_index(&message, bytes, NULL) == FRAME_FAULT_NONE) {
        fields_visit(&message);
    }
    if (message_index(&message, bytes, dictionary) == FRAME_FAULT_NONE) {
        fields_visit(&message);
        (void)validate_message(dictionary, &options, &message);
    }
}

static size_t stream_drain(struct outcome *outcome, struct span input)
{
    for (;;) {
        struct frame frame;
        enum frame_result result = frame_find(input, &frame);
        if (result == FRAME_PARTIAL) {
            ASSERT(frame.consumed == 0);
            return input.size;
        }
        ASSERT(frame.consumed > 0);
        ASSERT(frame.consumed <= input.size);
        if (result == FRAME_FOUND) {
            ASSERT(frame.bytes.size == frame.consumed);
            memcpy(outcome->messages + outcome->bytes, frame.bytes.data, frame.bytes.size);
            outcome->bytes += frame.bytes.size;
            outcome->count += 1;
            message_visit(frame.bytes);
        } else {
            outcome->garbled += frame.consumed;
        }
        input = span_of(input.data + frame.consumed, input.size - frame.consumed);
    }
}

static void stream_visit(struct span stream)
{
    static struct outcome whole;
    static struct outcome single;
    whole.bytes = whole.count = whole.garbled = 0;
    single.bytes = single.count = single.garbled = single.left = 0;
    whole.left = stream_drain(&whole, stream);
    for (size_t end = 1; end <= stream.size; end++) {
        size_t begin = end - single.left - 1;
        single.left = stream_drain(&single, span_of(stream.data + begin, end - begin));
    }
    ASSERT(whole.count == single.count);
    ASSERT(whole.bytes == single.bytes);
    ASSERT(memcmp(whole.messages, single.messages, whole.bytes) == 0);
    ASSERT(whole.garbled == single.garbled);
    ASSERT(whole.left == single.left);
}

/* The input as the fields of a message, so that valid frames come up at once. */
static void body_visit(struct span body)
{
    static uint8_t data[STREAM_BYTES_MAX + 64];
    struct builder builder;
    builder_begin(&builder, data, sizeof(data), span_text("FIX.4.4"), span_text("8"));
    builder_raw(&builder, body);
    if (body.size > 0 && body.data[body.size - 1] != FIX_SOH) {
        builder_raw(&builder, span_of("\001", 1));
    }
    struct span message = builder_finish(&builder);
    ASSERT(message.size > 0);
    struct frame frame;
    ASSERT(frame_find(message, &frame) == FRAME_FOUND);
    ASSERT(frame.consumed == message.size);
    message_visit(message);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    dictionary = fuzz_dictionary();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > STREAM_BYTES_MAX) {
        return 0;
    }
    struct span input = span_of(data, size);
    stream_visit(input);
    body_visit(input);
    struct validate_options options = validate_options_default();
    struct message message;
    message_init(&message, fields, FIX_FIELDS_MAX);
    if (message_index_unframed(&message, input, dictionary) == FRAME_FAULT_NONE) {
        fields_visit(&message);
        (void)validate_body(dictionary, &options, &message);
    }
    return 0;
}
