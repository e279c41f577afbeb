/* Our codec beside QuickFIX's, in one run: parse, parse and validate, encode.
 *
 * The message is one ExecutionReport of a broker. Both sides check BodyLength and
 * CheckSum; both validate against dictionaries/FIX44.xml. The two take turns round
 * by round, so that a change of the machine's pace hits both; the median round
 * counts. The program refuses to measure unless each side accepts what the other
 * one wrote. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/builder.h"
#include "fix/dictionary_loader.h"
#include "fix/message.h"
#include "fix/validate.h"
#include "gateway/shell/clock.h"
#include "tests/tools/quickfix_codec.h"

enum {
    ROUNDS = 301, /* Many and short: most then run without being interrupted. */
    OURS_PER_ROUND = 2000,
    QUICKFIX_PER_ROUND = 150,
    XML_BYTES_MAX = 8 * 1024 * 1024,
};

#define DICTIONARY_PATH FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml"

struct bench {
    struct dictionary *dictionary;
    struct validate_options options;
    struct quickfix_codec *quickfix;
    struct field fields[FIX_FIELDS_MAX];
    uint8_t data[4096];
    struct span wire; /* The message that is parsed. */
    uint64_t seq;     /* Changes what is encoded, so that nothing can be reused. */
};

/* One message; false when it was not taken. */
struct subject {
    const char *name;
    bool (*ours)(struct bench *bench);
    bool (*quickfix)(struct bench *bench);
};

static struct span report_encode(struct bench *bench, void *data, size_t capacity)
{
    uint64_t time_ns = UINT64_C(1704103200123000000);
    bench->seq = bench->seq % 899 + 100;
    struct builder builder;
    builder_begin(&builder, data, capacity, span_text("FIX.4.4"), span_text("8"));
    builder_uint(&builder, 34, bench->seq);
    builder_text(&builder, 49, "BROKER1");
    builder_timestamp(&builder, 52, time_ns, 3);
    builder_text(&builder, 56, "FIXGATE");
    builder_text(&builder, 1, "ISA-0012345");
    builder_decimal(&builder, 6, (struct decimal){.units = 7248500000});
    builder_text(&builder, 11, "FG-01-000000123456");
    builder_decimal(&builder, 14, decimal_whole(400));
    builder_text(&builder, 15, "GBP");
    builder_text(&builder, 17, "EXE-20240101-000456");
    builder_text(&builder, 22, "4");
    builder_text(&builder, 30, "XLON");
    builder_decimal(&builder, 31, (struct decimal){.units = 7248500000});
    builder_decimal(&builder, 32, decimal_whole(400));
    builder_text(&builder, 37, "BRK-20240101-000123");
    builder_decimal(&builder, 38, decimal_whole(1000));
    builder_char(&builder, 39, '1');
    builder_char(&builder, 40, '2');
    builder_decimal(&builder, 44, (struct decimal){.units = 7250000000});
    builder_text(&builder, 48, "GB00BH4HKS39");
    builder_char(&builder, 54, '1');
    builder_text(&builder, 55, "VOD.L");
    builder_char(&builder, 59, '0');
    builder_timestamp(&builder, 60, time_ns, 3);
    builder_text(&builder, 64, "20240103");
    builder_char(&builder, 150, 'F');
    builder_decimal(&builder, 151, decimal_whole(600));
    builder_text(&builder, 207, "XLON");
    return builder_finish(&builder);
}

static bool ours_encode(struct bench *bench)
{
    uint8_t data[1024];
    return report_encode(bench, data, sizeof(data)).size > 0;
}

static bool quickfix_encode(struct bench *bench)
{
    bench->seq = bench->seq % 899 + 100;
    struct quickfix_report report = {
        .msg_seq_num = (int)bench->seq,
        .order_qty = 1000,
        .price = 72.5,
        .last_qty = 400,
        .last_px = 72.485,
        .leaves_qty = 600,
        .cum_qty = 400,
        .avg_px = 72.485,
        .time_s = 1704103200,
        .time_ms = 123,
    };
    const char *text = NULL;
    return quickfix_codec_encode(bench->quickfix, &report, &text) > 0;
}

static bool message_read(struct bench *bench, struct span wire, struct message *message,
                         const struct dictionary *dictionary)
{
    struct frame frame;
    message_init(message, bench->fields, FIX_FIELDS_MAX);
    return frame_find(wire, &frame) == FRAME_FOUND &&
           message_index(message, frame.bytes, dictionary) == FRAME_FAULT_NONE;
}

static bool ours_parse(struct bench *bench)
{
    struct message message;
    return message_read(bench, bench->wire, &message, NULL);
}

static bool ours_validate(struct bench *bench)
{
    struct message message;
    return message_read(bench, bench->wire, &message, bench->dictionary) &&
           validate_message(bench->dictionary, &bench->options, &message).reason == REJECT_NONE;
}

static bool quickfix_parse(struct bench *bench)
{
    return quickfix_codec_parse(bench->quickfix);
}

static bool quickfix_validate(struct bench *bench)
{
    return quickfix_codec_validate(bench->quickfix);
}

static struct dictionary *dictionary_read(void)
{
    FILE *file = fopen(DICTIONARY_PATH, "rb");
    ASSERT(file != NULL);
    uint8_t *xml = malloc(XML_BYTES_MAX);
    ASSERT(xml != NULL);
    size_t size = fread(xml, 1, XML_BYTES_MAX, file);
    ASSERT(fclose(file) == 0);
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary_source source = {.name = "FIX44.xml", .xml = span_of(xml, size)};
    struct dictionary *dictionary = dictionary_load(&source, 1, error);
    free(xml);
    if (dictionary == NULL) {
        (void)fprintf(stderr, "codec_bench: %s\n", error);
        exit(EXIT_FAILURE);
    }
    return dictionary;
}

/* Both sides must do the same work: what QuickFIX writes, we accept, and it has
 * as many fields. (That it accepts ours is what quickfix_validate() measures.) */
static bool sides_agree(struct bench *bench)
{
    struct quickfix_report report = {.msg_seq_num = 1,
                                     .order_qty = 1000,
                                     .price = 72.5,
                                     .last_qty = 400,
                                     .last_px = 72.485,
                                     .leaves_qty = 600,
                                     .cum_qty = 400,
                                     .avg_px = 72.485,
                                     .time_s = 1704103200,
                                     .time_ms = 123};
    const char *text = NULL;
    size_t size = quickfix_codec_encode(bench->quickfix, &report, &text);
    struct message message;
    if (!message_read(bench, span_of(text, size), &message, bench->dictionary) ||
        validate_message(bench->dictionary, &bench->options, &message).reason != REJECT_NONE) {
        return false;
    }
    uint32_t theirs = message.count;
    return message_read(bench, bench->wire, &message, bench->dictionary) &&
           message.count == theirs && ours_validate(bench) && quickfix_validate(bench);
}

/* Picoseconds per message: whole numbers, fine enough for a ratio. */
static uint64_t round_measure(struct bench *bench, bool (*work)(struct bench *), unsigned count)
{
    uint64_t begin_ns = clock_monotonic_ns();
    for (unsigned i = 0; i < count; i++) {
        bool taken = work(bench);
        ASSERT(taken);
    }
    return (clock_monotonic_ns() - begin_ns) * 1000 / count;
}

static int number_compare(const void *a, const void *b)
{
    uint64_t left = 0;
    uint64_t right = 0;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static void subject_measure(struct bench *bench, const struct subject *subject)
{
    uint64_t ours[ROUNDS];
    uint64_t quickfix[ROUNDS];
    (void)round_measure(bench, subject->ours, OURS_PER_ROUND); /* Warm both. */
    (void)round_measure(bench, subject->quickfix, QUICKFIX_PER_ROUND);
    for (unsigned i = 0; i < ROUNDS; i++) {
        ours[i] = round_measure(bench, subject->ours, OURS_PER_ROUND);
        quickfix[i] = round_measure(bench, subject->quickfix, QUICKFIX_PER_ROUND);
    }
    qsort(ours, ROUNDS, sizeof(ours[0]), number_compare);
    qsort(quickfix, ROUNDS, sizeof(quickfix[0]), number_compare);
    uint64_t mine = ours[ROUNDS / 2];
    uint64_t theirs = quickfix[ROUNDS / 2];
    uint64_t tenths = mine > 0 ? theirs * 10 / mine : 0;
    (void)printf("%-18s %10llu ns %10llu ns %8llu.%llu x\n", subject->name,
                 (unsigned long long)((mine + 500) / 1000),
                 (unsigned long long)((theirs + 500) / 1000), (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10));
}

int main(void)
{
    static struct bench bench;
    static const struct subject subjects[] = {
        {"parse", ours_parse, quickfix_parse},
        {"parse + validate", ours_validate, quickfix_validate},
        {"encode", ours_encode, quickfix_encode},
    };
    bench.dictionary = dictionary_read();
    bench.options = validate_options_default();
    bench.wire = report_encode(&bench, bench.data, sizeof(bench.data));
    char error[512] = "";
    bench.quickfix = quickfix_codec_new(DICTIONARY_PATH, (const char *)bench.wire.data,
                                        bench.wire.size, error, sizeof(error));
    if (bench.quickfix == NULL) {
        (void)fprintf(stderr, "codec_bench: QuickFIX: %s\n", error);
        return EXIT_FAILURE;
    }
    if (!sides_agree(&bench)) {
        (void)fprintf(stderr, "codec_bench: the two sides do not accept each other's message\n");
        return EXIT_FAILURE;
    }
    struct message message;
    (void)message_read(&bench, bench.wire, &message, NULL);
    (void)printf("ExecutionReport, %u fields, %zu bytes; median of %d rounds\n\n", message.count,
                 bench.wire.size, ROUNDS);
    (void)printf("%-18s %13s %13s %10s\n", "per message", "fixgate", "QuickFIX", "faster");
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        subject_measure(&bench, &subjects[i]);
    }
    quickfix_codec_free(bench.quickfix);
    dictionary_free(bench.dictionary);
    return EXIT_SUCCESS;
}
