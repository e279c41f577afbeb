/* Secrets in FIX bytes: masked however the bytes are split, cut or malformed. */
#include "tests/unit/codec_help.h"

#include "fix/mask.h"

enum { OUT_BYTES_MAX = MASK_BYTES_MAX(CODEC_TEXT_BYTES_MAX) };

static const char secret[] = "sesame";

static char text[OUT_BYTES_MAX + 1];

/* Masks `wire`, given in pieces that end at the offsets of `ends`; '|' for SOH. */
static const char *masked_in_pieces(struct span wire, const size_t *ends, size_t count)
{
    static struct guarded guarded;
    if (guarded.map == NULL) {
        guarded = guarded_new(CODEC_TEXT_BYTES_MAX);
    }
    struct mask mask;
    mask_begin(&mask);
    size_t size = 0;
    size_t at = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t end = i < count ? ends[i] : wire.size;
        struct span piece = guarded_copy(&guarded, span_of(wire.data + at, end - at));
        uint8_t *out = malloc(MASK_BYTES_MAX(piece.size));
        assert_non_null(out);
        size_t written = mask_bytes(&mask, piece, out, MASK_BYTES_MAX(piece.size));
        assert_true(written <= MASK_BYTES_MAX(piece.size));
        memcpy(text + size, out, written);
        free(out);
        size += written;
        at = end;
    }
    for (size_t i = 0; i < size; i++) {
        text[i] = text[i] == FIX_SOH ? '|' : text[i];
    }
    text[size] = '\0';
    return text;
}

static const char *masked(const char *message)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    return masked_in_pieces(codec_wire(message, wire), NULL, 0);
}

static void a_message_without_secrets_stays_as_it_is(void **state)
{
    static const char *const messages[] = {
        "8=FIX.4.4|9=12|35=D|49=A|11=1|10=123|",
        "8=FIX.4.4|9=12|35=B|95=6|96=a|b=c|10=123|",
        "5540=x|54=1|=3|9250=y|14020=z|96",
        "no FIX at all",
        "",
        "=",
        "|||",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        assert_string_equal(masked(messages[i]), messages[i]);
    }
}

static void passwords_and_what_tells_their_length_are_masked(void **state)
{
    (void)state;
    assert_string_equal(masked("8=FIX.4.4|9=65|35=A|553=joe|554=sesame|925=new|108=30|10=123|"),
                        "8=FIX.4.4|9=***|35=A|553=joe|554=***|925=***|108=30|10=***|");
    assert_string_equal(masked("8=FIX.4.4|9=65|35=BE|554=sesame|10=123|"),
                        "8=FIX.4.4|9=***|35=BE|554=***|10=***|");
}

static void raw_data_of_a_logon_is_masked_with_the_soh_in_it(void **state)
{
    (void)state;
    assert_string_equal(masked("8=FIX.4.4|9=65|35=A|95=10|96=ab|10=123||108=30|10=123|"),
                        "8=FIX.4.4|9=***|35=A|95=***|96=***|108=30|10=***|");
    assert_string_equal(masked("35=A|96=no length|108=30|"), "35=A|96=***|108=30|");
}

static void encrypted_passwords_are_masked_in_any_message(void **state)
{
    (void)state;
    assert_string_equal(masked("35=BE|1401=3|1402=a|b|1403=1|1404=c|58=x|"),
                        "35=BE|1401=***|1402=***|1403=***|1404=***|58=x|");
}

static void an_empty_secret_stays_empty(void **state)
{
    (void)state;
    assert_string_equal(masked("8=FIX.4.4|9=9|35=A|554=|10=123|"),
                        "8=FIX.4.4|9=9|35=A|554=|10=123|");
}

static void masking_what_is_masked_changes_nothing(void **state)
{
    char once[256];
    (void)state;
    (void)snprintf(once, sizeof(once), "%s",
                   masked("8=FIX.4.4|9=65|35=A|95=3|96=a|b|554=sesame|10=123|"));
    assert_string_equal(masked(once), once);
}

static void a_secret_at_the_end_without_soh_is_masked(void **state)
{
    (void)state;
    assert_string_equal(masked("35=A|554=sesame"), "35=A|554=***");
    assert_string_equal(masked("35=A|95=6|96=sesame"), "35=A|95=***|96=***");
    assert_string_equal(masked("554="), "554=***");
}

static void a_secret_in_the_midst_of_rubbish_is_masked(void **state)
{
    (void)state;
    assert_string_equal(masked("35=A\002554=sesame|x|"), "35=A\002554=***|x|");
    assert_string_equal(masked("35=A|00554=sesame|x|"), "35=A|00554=***|x|");
    assert_string_equal(masked("GET /?554=sesame|58=y|"), "GET /?554=***|58=y|");
    assert_string_equal(masked("9=554=sesame|10=1|"), "9=***|10=***|");
    /* Whether this is a Logon cannot be known. */
    assert_string_equal(masked("95=6|96=sesame|58=y|"), "95=***|96=***|58=y|");
}

static void a_length_that_cannot_be_right_masks_up_to_the_next_message(void **state)
{
    static const char *const lengths[] = {"5", "8", "500", "", "x", "99999999999999999999", "-1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char message[256];
        (void)snprintf(message, sizeof(message),
                       "8=FIX.4.4|9=65|35=A|95=%s|96=ses|ame|10=123|8=FIX.4.4|9=5|35=0|10=161|",
                       lengths[i]);
        const char *out = masked(message);
        assert_null(strstr(out, "ame"));
        assert_non_null(strstr(out, "|96=***|8=FIX.4.4|9=5|35=0|10=161|"));
    }
}

static void one_messages_secret_does_not_mask_the_next_ones_check_sum(void **state)
{
    (void)state;
    assert_string_equal(masked("8=FIX.4.4|9=9|35=A|554=sesame|10=123|8=FIX.4.4|9=5|35=0|10=161|"),
                        "8=FIX.4.4|9=***|35=A|554=***|10=***|8=FIX.4.4|9=5|35=0|10=161|");
}

static void what_does_not_fit_is_cut(void **state)
{
    static const char wire[] = "8=FIX.4.4\0019=9\00135=A\001554=sesame\00110=123\001";
    static const char expected[] = "8=FIX.4.4\0019=***\00135=A\001554=***\00110=***\001";
    (void)state;
    for (size_t room = 0; room < sizeof(expected) - 1; room++) {
        uint8_t *out = malloc(room + 1);
        assert_non_null(out);
        out[room] = 'Z';
        assert_int_equal(mask_message(span_text(wire), out, room), room);
        assert_memory_equal(out, expected, room);
        assert_int_equal(out[room], 'Z');
        free(out);
    }
}

static void rest_of_an_unseen_secret_is_passed_over(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mask mask;
    mask_begin_within(&mask);
    size_t size = mask_bytes(&mask, span_text("same\00110=1\001"), out, sizeof(out));
    assert_int_equal(size, 6);
    assert_memory_equal(out, "\00110=1\001", 6);
    mask_begin_within(&mask);
    size = mask_bytes(&mask, span_text("8=FIX.4.4\0019=5\001"), out, sizeof(out));
    assert_memory_equal(out, "8=FIX.4.4\0019=5\001", size);
}

/* Logons whose secrets all hold "sesame", or pieces of it after an SOH. */
static const char *const logons[] = {
    "8=FIX.4.4|9=65|35=A|49=US|553=joe|554=sesame|10=123|",
    "8=FIX.4.4|9=65|35=A|49=US|925=sesamesesame|554=sesame|141=Y|10=123|",
    "8=FIX.4.4|9=65|35=A|95=13|96=sesame|sesame|554=sesame|10=123|",
    "8=FIX.4.4|9=abc|35=A|1401=6|1402=sesame|1403=6|1404=sesame|10=123|",
    "rubbish 8=FIX.4.4|35=A|0554=sesame|x554=sesame",
};

static void assert_no_piece_of_the_secret(const char *out, struct span wire)
{
    for (size_t begin = 0; begin + 2 <= sizeof(secret) - 1; begin++) {
        const char piece[] = {secret[begin], secret[begin + 1], '\0'};
        if (strstr(out, piece) != NULL) {
            (void)fprintf(stderr, "\"%s\" in: %s\nof: %.*s\n", piece, out, (int)wire.size,
                          (const char *)wire.data);
        }
        assert_null(strstr(out, piece));
    }
}

static void no_split_lets_a_secret_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(logons); i++) {
        uint8_t bytes[CODEC_TEXT_BYTES_MAX];
        struct span wire = codec_wire(logons[i], bytes);
        for (size_t first = 0; first <= wire.size; first++) {
            for (size_t second = first; second <= wire.size; second++) {
                const size_t ends[] = {first, second};
                assert_no_piece_of_the_secret(masked_in_pieces(wire, ends, 2), wire);
            }
        }
    }
}

static void bytes_one_by_one_let_no_secret_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(logons); i++) {
        uint8_t bytes[CODEC_TEXT_BYTES_MAX];
        size_t ends[CODEC_TEXT_BYTES_MAX];
        struct span wire = codec_wire(logons[i], bytes);
        for (size_t at = 0; at < wire.size; at++) {
            ends[at] = at;
        }
        assert_no_piece_of_the_secret(masked_in_pieces(wire, ends, wire.size), wire);
    }
}

/* Marks the secrets with their tags, and the byte before: with a digit more in front the
 * tag is another one, which is no secret. */
static void spare_secrets(struct span wire, bool spared[CODEC_TEXT_BYTES_MAX])
{
    static const char *const kept[] = {"554=sesame", "925=sesamesesame"};
    memset(spared, 0, CODEC_TEXT_BYTES_MAX * sizeof(spared[0]));
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        size_t size = strlen(kept[i]);
        for (size_t at = 1; at + size <= wire.size; at++) {
            for (size_t k = 0; memcmp(wire.data + at, kept[i], size) == 0 && k <= size; k++) {
                spared[at - 1 + k] = true;
            }
        }
    }
}

static void mutate(uint8_t *bytes, size_t size, uint64_t *seed)
{
    static const uint8_t likely[] = {FIX_SOH, '=', '8', '9', '1', 0, 0xff, '\n'};
    bool spared[CODEC_TEXT_BYTES_MAX];
    spare_secrets(span_of(bytes, size), spared);
    for (unsigned change = 0; change < 4; change++) {
        size_t at = random_next(seed) % size;
        if (!spared[at]) {
            bytes[at] = likely[random_next(seed) % ARRAY_LEN(likely)];
        }
    }
}

static void no_mutation_around_it_lets_a_password_out(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (unsigned round = 0; round < 100000; round++) {
        uint8_t bytes[CODEC_TEXT_BYTES_MAX];
        struct span wire = codec_wire(logons[round % 2], bytes);
        mutate(bytes, wire.size, &seed);
        size_t split = random_next(&seed) % (wire.size + 1);
        assert_no_piece_of_the_secret(masked_in_pieces(wire, &split, 1), wire);
    }
}

static void any_bytes_are_taken(void **state)
{
    static const char parts[] = "8=FIX.4.4|9=12|35=A|95=3|96=554=925=1402=1401=9|10=|=0";
    (void)state;
    uint64_t seed = 7;
    for (unsigned round = 0; round < 50000; round++) {
        uint8_t bytes[256];
        size_t size = random_next(&seed) % sizeof(bytes);
        for (size_t i = 0; i < size; i++) {
            uint8_t byte = (uint8_t)parts[random_next(&seed) % (sizeof(parts) - 1)];
            bytes[i] = byte == '|' ? FIX_SOH : byte;
        }
        size_t split = random_next(&seed) % (size + 1);
        (void)masked_in_pieces(span_of(bytes, size), &split, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_without_secrets_stays_as_it_is),
        cmocka_unit_test(passwords_and_what_tells_their_length_are_masked),
        cmocka_unit_test(raw_data_of_a_logon_is_masked_with_the_soh_in_it),
        cmocka_unit_test(encrypted_passwords_are_masked_in_any_message),
        cmocka_unit_test(an_empty_secret_stays_empty),
        cmocka_unit_test(masking_what_is_masked_changes_nothing),
        cmocka_unit_test(a_secret_at_the_end_without_soh_is_masked),
        cmocka_unit_test(a_secret_in_the_midst_of_rubbish_is_masked),
        cmocka_unit_test(a_length_that_cannot_be_right_masks_up_to_the_next_message),
        cmocka_unit_test(one_messages_secret_does_not_mask_the_next_ones_check_sum),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(rest_of_an_unseen_secret_is_passed_over),
        cmocka_unit_test(no_split_lets_a_secret_out),
        cmocka_unit_test(bytes_one_by_one_let_no_secret_out),
        cmocka_unit_test(no_mutation_around_it_lets_a_password_out),
        cmocka_unit_test(any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
