/* FIX JSON: both ways, and everything that it must refuse. */
#include "fix/message.h"
#include "gateway/shell/fix_json.h"
#include "gateway/shell/json_numbers.h"
#include "gateway/shell/json_text.h"
#include "tests/unit/shell_dictionary_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t out[FIX_MESSAGE_BYTES_MAX];
static char text[FIX_MESSAGE_BYTES_MAX + 1];
static char error[FIX_JSON_ERROR_BYTES_MAX];

/* Decodes out of memory that ends where the text ends; '|' for SOH in the result. */
static const char *decode_bytes(const void *json, size_t size)
{
    struct span fields;
    uint8_t *tight = malloc(size + 1);
    assert_non_null(tight);
    memcpy(tight, json, size);
    bool right =
        fix_json_decode(dictionary, span_of(tight, size), out, sizeof(out), &fields, error);
    free(tight);
    if (!right) {
        return NULL;
    }
    span_to_text(fields, text, sizeof(text));
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == FIX_SOH ? '|' : *at;
    }
    return text;
}

static const char *decode(const char *json)
{
    return decode_bytes(json, strlen(json));
}

/* Decodes a Body; what comes behind MsgType. */
static const char *decode_body(const char *body)
{
    static char json[4096];
    (void)snprintf(json, sizeof(json), "{\"Header\":{\"MsgType\":\"D\"},\"Body\":%s}", body);
    const char *fields = decode(json);
    return fields == NULL ? NULL : fields + strlen("35=D|");
}

static void assert_refused(const char *body, const char *why)
{
    if (decode_body(body) != NULL) {
        fail_msg("taken: %s", body);
    }
    assert_string_equal(error, why);
}

static void order_is_decoded_in_order(void **state)
{
    (void)state;
    assert_string_equal(
        decode(
            "{\"Trailer\":{},\"Body\":{\"ClOrdID\":\"1\",\"Side\":\"1\",\"Price\":\"10.5\"},"
            "\"Header\":{\"SenderCompID\":\"OMS\",\"MsgType\":\"D\",\"BeginString\":\"FIX.4.4\"}}"),
        "8=FIX.4.4|35=D|49=OMS|11=1|54=1|44=10.5|");
}

static void tag_numbers_are_names_too(void **state)
{
    (void)state;
    assert_string_equal(
        decode("{\"Header\":{\"35\":\"D\"},\"Body\":{\"11\":\"1\",\"9999\":\"x\"}}"),
        "35=D|11=1|9999=x|");
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    assert_string_equal(decode_body("{\"OrderQty\":100,\"Price\":10.50,\"StopPx\":-0.10,"
                                    "\"Text\":123456789012345678901234567890}"),
                        "38=100|44=10.50|99=-0.10|58=123456789012345678901234567890|");
    assert_refused("{\"Price\":1e3}", "Body.Price: write decimals as strings, without exponent");
    assert_null(decode_body("{\"Price\":01}"));
    assert_null(decode_body("{\"Price\":1.}"));
    assert_null(decode_body("{\"Price\":.5}"));
    assert_null(decode_body("{\"Price\":+1}"));
    assert_null(decode_body("{\"Price\":1x}"));
    assert_null(decode_body("{\"Price\":x1}"));
    assert_null(decode_body("{\"Price\":NaN}"));
    assert_null(decode_body("{11:\"1\"}"));
    assert_null(decode_body("{11 :\"1\"}"));
    assert_null(decode_body("{\"Price\":1 2}"));
    assert_string_equal(decode_body("{\"Price\" : 1.0 \n}"), "44=1.0|");
}

static void number_in_a_string_stays_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(decode_body("{\"Text\":\"a 1, \\\" 2] \\\\\",\"Side\":1}"),
                        "58=a 1, \" 2] \\|54=1|");
}

static void booleans_are_taken_where_the_field_is_boolean(void **state)
{
    (void)state;
    assert_string_equal(decode_body("{\"LocateReqd\":true,\"SolicitedFlag\":false}"),
                        "114=Y|377=N|");
    assert_refused("{\"Text\":true}", "Body.Text: is true or false; a string is expected");
}

static void groups_are_written_with_count_and_first_field_first(void **state)
{
    (void)state;
    assert_string_equal(
        decode_body("{\"NoPartyIDs\":[{\"PartyRole\":\"3\",\"PartyID\":\"X\","
                    "\"NoPartySubIDs\":[{\"PartySubIDType\":\"1\",\"PartySubID\":\"s\"}]},"
                    "{\"PartyID\":\"Y\"}],\"Side\":\"1\"}"),
        "453=2|448=X|452=3|802=1|523=s|803=1|448=Y|54=1|");
    assert_string_equal(decode_body("{\"NoPartyIDs\":[]}"), "");
}

static void wrong_shapes_are_named_with_their_path(void **state)
{
    (void)state;
    assert_refused("{\"ClOrdID\":null}", "Body.ClOrdID: is null; leave the field out instead");
    assert_refused("{\"ClOrdID\":{}}", "Body.ClOrdID: is an object; a string is expected");
    assert_refused("{\"ClOrdID\":[\"1\"]}",
                   "Body.ClOrdID: is no repeating group here, so it cannot be an array");
    assert_refused("{\"NoPartyIDs\":\"2\"}",
                   "Body.NoPartyIDs: is a string; a repeating group is an array of objects");
    assert_refused("{\"NoPartyIDs\":[\"X\"]}",
                   "Body.NoPartyIDs[0]: is a string; an entry of a group is an object");
    assert_refused("{\"NoPartyIDs\":[{\"PartyID\":\"X\"},{\"PartyRole\":\"1\"}]}",
                   "Body.NoPartyIDs[1]: each entry of this group needs PartyID");
    assert_refused("{\"NoPartyIDs\":[{}]}", "Body.NoPartyIDs[0]: each entry of this group needs "
                                            "PartyID");
    assert_refused("{\"NoPartyIDs\":[{\"PartyID\":\"X\",\"Side\":\"1\"}]}",
                   "Body.NoPartyIDs[0]: field 'Side' is not of this group");
    assert_refused("{\"NoPartyIDs\":[{\"PartyID\":\"X\",\"NoPartySubIDs\":[{\"PartySubID\":{}}]}]}",
                   "Body.NoPartyIDs[0].NoPartySubIDs[0].PartySubID: is an object; a string is "
                   "expected");
    assert_refused("[]", "Body: is an array; an object is expected");
}

static void unknown_field_is_named_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("{\"ClOrdId\":\"1\"}", "Body: unknown field 'ClOrdId'; did you mean 'ClOrdID'?");
    assert_refused("{\"Zzzzzzzzzzzzzzzzzzzz\":\"1\"}",
                   "Body: unknown field 'Zzzzzzzzzzzzzzzzzzzz'");
    assert_refused("{\"011\":\"1\"}", "Body: unknown field '011'");
    assert_null(decode_body("{\"\":\"1\"}"));
    assert_null(decode_body("{\"100000\":\"1\"}"));
    assert_null(decode_body("{\"0\":\"1\"}"));
}

static void field_in_the_wrong_part_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"SenderCompID\":\"1\"}", "Body: field 'SenderCompID' belongs in Header");
    assert_null(decode("{\"Header\":{\"MsgType\":\"D\",\"ClOrdID\":\"1\"}}"));
    assert_string_equal(error, "Header: field 'ClOrdID' belongs in Body");
    assert_refused("{\"Signature\":\"QQ==\"}", "Body: field 'Signature' belongs in Trailer");
}

static void doubled_fields_are_refused(void **state)
{
    (void)state;
    assert_null(decode_body("{\"ClOrdID\":\"1\",\"ClOrdID\":\"1\"}"));
    assert_non_null(strstr(error, "not JSON: duplicate object key"));
    assert_refused("{\"ClOrdID\":\"1\",\"11\":\"1\"}",
                   "Body: field '11' is there twice, by name and by number");
    assert_refused("{\"NoPartyIDs\":[{\"PartyID\":\"X\",\"448\":\"Y\"}]}",
                   "Body.NoPartyIDs[0]: field '448' is there twice, by name and by number");
}

static void header_and_message_type_are_needed(void **state)
{
    (void)state;
    assert_null(decode("{\"Body\":{}}"));
    assert_string_equal(error, "the object 'Header' is missing");
    assert_null(decode("{\"Header\":{}}"));
    assert_string_equal(error, "Header: MsgType is missing");
    assert_null(decode("{\"Header\":{\"MsgType\":\"\"}}"));
    assert_null(decode("{\"Header\":{\"MsgType\":[]}}"));
    assert_null(decode("{\"Header\":{\"MsgType\":\"D\"},\"Bdy\":{}}"));
    assert_string_equal(error, "unknown member 'Bdy'; Header, Body and Trailer are known");
    assert_null(decode("[1]"));
    assert_null(decode("\"x\""));
}

static void soh_and_nul_cannot_be_smuggled_in(void **state)
{
    (void)state;
    assert_refused("{\"Text\":\"a\\u000138=1\"}",
                   "Body.Text: holds SOH (\\u0001), which ends a field");
    assert_null(decode_body("{\"Text\":\"a\\u0000\"}"));
    assert_null(decode_body("{\"Text\":\"a\x01\"}"));
    assert_null(decode_body("{\"Text\":\"\xFF\"}"));
}

static void data_is_base64_with_its_length_counted(void **state)
{
    (void)state;
    /* "a", SOH, "=" */
    assert_string_equal(decode_body("{\"EncodedTextLen\":\"99\",\"EncodedText\":\"YQE9\"}"),
                        "354=3|355=a|=|");
    assert_refused("{\"EncodedText\":\"a\"}", "Body.EncodedText: a field of type data must be "
                                              "Base64");
    assert_refused("{\"EncodedText\":\"A===\"}", "Body.EncodedText: a field of type data must be "
                                                 "Base64");
}

static void limits_are_outcomes(void **state)
{
    (void)state;
    static char big[FIX_JSON_BYTES_MAX + 2];
    memset(big, '[', sizeof(big));
    assert_null(decode_bytes(big, FIX_JSON_BYTES_MAX));
    assert_string_equal(error, "JSON is nested more than 10 deep");
    assert_null(decode_bytes(big, FIX_JSON_BYTES_MAX + 1));
    assert_string_equal(error, "JSON is longer than 65536 bytes");
    struct span fields;
    const char *json = "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":\"12345678\"}}";
    assert_false(fix_json_decode(dictionary, span_text(json), out, 12, &fields, error));
    assert_string_equal(error, "the message is too long");
    assert_int_equal(fields.size, 0);
}

static void error_repeats_no_control_characters_of_the_client(void **state)
{
    (void)state;
    assert_refused("{\"a\\u0001b\\n\":\"1\"}", "Body: unknown field 'a?b?'");
    assert_null(decode("{\x01}"));
    assert_null(strchr(error, FIX_SOH));
}

static void long_path_and_long_names_fit_the_error(void **state)
{
    (void)state;
    char body[1024];
    char name[301];
    memset(name, 'n', 300);
    name[300] = '\0';
    (void)snprintf(body, sizeof(body), "{\"NoPartyIDs\":[{\"PartyID\":\"X\",\"%s\":1}]}", name);
    assert_null(decode_body(body));
    assert_true(strlen(error) < sizeof(error));
    assert_non_null(strstr(error, "unknown field"));
}

static void every_cut_of_a_message_is_refused(void **state)
{
    (void)state;
    const char *json = "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"Price\":-1.5,\"NoPartyIDs\":["
                       "{\"PartyID\":\"\\u00e4\"}],\"EncodedText\":\"YQE9\"}}";
    for (size_t size = 0; size < strlen(json); size++) {
        assert_null(decode_bytes(json, size));
    }
    assert_non_null(decode(json));
}

static const char *encode(const char *message)
{
    static uint8_t json[4096];
    static char fix[4096];
    struct span result;
    strcpy(fix, message);
    for (char *at = fix; *at != '\0'; at++) {
        *at = *at == '|' ? FIX_SOH : *at;
    }
    if (!fix_json_encode(dictionary, span_text(fix), json, sizeof(json), &result)) {
        return NULL;
    }
    span_to_text(result, text, sizeof(text));
    return text;
}

static void message_is_encoded_by_name(void **state)
{
    (void)state;
    assert_string_equal(
        encode("8=FIX.4.4|9=5|35=8|49=A|11=1|9999=x|58=a\"\\|453=2|448=X|452=3|802=1|523=s|803=1|"
               "448=Y|54=1|93=1|89=q|10=000|"),
        "{\"Header\":{\"BeginString\":\"FIX.4.4\",\"MsgType\":\"8\",\"SenderCompID\":\"A\"},"
        "\"Body\":{\"ClOrdID\":\"1\",\"9999\":\"x\",\"Text\":\"a\\\"\\\\\",\"NoPartyIDs\":["
        "{\"PartyID\":\"X\",\"PartyRole\":\"3\",\"NoPartySubIDs\":[{\"PartySubID\":\"s\","
        "\"PartySubIDType\":\"1\"}]},{\"PartyID\":\"Y\"}],\"Side\":\"1\"},"
        "\"Trailer\":{\"Signature\":\"cQ==\"}}");
}

static void what_is_not_a_message_is_not_encoded(void **state)
{
    (void)state;
    uint8_t small[16];
    struct span json;
    assert_null(encode("garbage"));
    assert_false(
        fix_json_encode(dictionary, span_text("35=D\00111=1\001"), small, sizeof(small), &json));
    assert_int_equal(json.size, 0);
}

static void decoding_an_encoded_message_gives_the_same(void **state)
{
    (void)state;
    const char *message =
        "8=FIX.4.4|35=8|49=A|56=B|11=1|453=1|448=X|447=D|452=3|54=1|354=3|355=a=b|";
    char json[4096];
    strcpy(json, encode(message));
    assert_string_equal(decode(json), message);
}

static void bytes_that_are_not_utf8_become_the_replacement(void **state)
{
    (void)state;
    assert_non_null(strstr(encode("35=8|58=\xC3\xA4\xE4|"), "\"Text\":\"\xC3\xA4\xEF\xBF\xBD\""));
    assert_int_equal(utf8_size(span_of("\xC0\x80", 2)), 0);         /* Overlong. */
    assert_int_equal(utf8_size(span_of("\xED\xA0\x80", 3)), 0);     /* Surrogate. */
    assert_int_equal(utf8_size(span_of("\xF4\x90\x80\x80", 4)), 0); /* Beyond Unicode. */
    assert_int_equal(utf8_size(span_of("\xE2\x82", 2)), 0);         /* Cut. */
    assert_int_equal(utf8_size(span_of("\xE2\x82\xAC", 3)), 3);
}

static void base64_goes_both_ways_at_every_length(void **state)
{
    (void)state;
    uint8_t bytes[64];
    for (size_t size = 0; size < sizeof(bytes); size++) {
        char encoded[128];
        uint8_t decoded[64];
        size_t decoded_size = 0;
        bytes[size] = (uint8_t)(size * 37);
        struct json_text json;
        json_text_init(&json, encoded, sizeof(encoded));
        json_text_base64(&json, span_of(bytes, size));
        struct span inner = span_of(encoded + 1, json.size - 2);
        assert_true(base64_decode(inner, decoded, &decoded_size));
        assert_int_equal(decoded_size, size);
        assert_memory_equal(decoded, bytes, size);
    }
}

static void quoting_of_numbers_never_outgrows_twice_the_text(void **state)
{
    (void)state;
    char quoted[64];
    size_t size = 0;
    assert_int_equal(json_numbers_quote(span_text("[1,2]"), 1, quoted, 10, &size), JSON_NUMBERS_OK);
    assert_int_equal(size, 9);
    assert_memory_equal(quoted, "[\"1\",\"2\"]", 9);
    assert_int_equal(json_numbers_quote(span_text("7"), 1, quoted, 2, &size), JSON_NUMBERS_FULL);
    assert_int_equal(json_numbers_quote(span_text("[[1]]"), 1, quoted, 64, &size),
                     JSON_NUMBERS_DEEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_decoded_in_order),
        cmocka_unit_test(tag_numbers_are_names_too),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(number_in_a_string_stays_as_it_is),
        cmocka_unit_test(booleans_are_taken_where_the_field_is_boolean),
        cmocka_unit_test(groups_are_written_with_count_and_first_field_first),
        cmocka_unit_test(wrong_shapes_are_named_with_their_path),
        cmocka_unit_test(unknown_field_is_named_with_the_nearest),
        cmocka_unit_test(field_in_the_wrong_part_is_refused),
        cmocka_unit_test(doubled_fields_are_refused),
        cmocka_unit_test(header_and_message_type_are_needed),
        cmocka_unit_test(soh_and_nul_cannot_be_smuggled_in),
        cmocka_unit_test(data_is_base64_with_its_length_counted),
        cmocka_unit_test(limits_are_outcomes),
        cmocka_unit_test(error_repeats_no_control_characters_of_the_client),
        cmocka_unit_test(long_path_and_long_names_fit_the_error),
        cmocka_unit_test(every_cut_of_a_message_is_refused),
        cmocka_unit_test(message_is_encoded_by_name),
        cmocka_unit_test(what_is_not_a_message_is_not_encoded),
        cmocka_unit_test(decoding_an_encoded_message_gives_the_same),
        cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement),
        cmocka_unit_test(base64_goes_both_ways_at_every_length),
        cmocka_unit_test(quoting_of_numbers_never_outgrows_twice_the_text),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
