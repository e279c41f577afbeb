/* Content checks: session-behaviours 11 a to k and the order of 12. */
#include "dictionary_fixture.h"

#include "fix/timestamp.h"
#include "fix/validate.h"

#define HEADER "49=US|56=THEM|34=2|52=20261121-10:00:00.123|"
/* A NewOrderSingle: the header goes before it, then the fields of a test. */
#define ORDER   "11=A1|55=VOD.L|54=1|60=20261121-10:00:00|40=2|44=101.5|38=100|"
#define GROUPED "453=2|448=X|447=D|452=1|802=1|523=s|803=2|448=Y|447=D|452=3|"

static struct dictionary *dictionary;
static struct fixture_message fixture;

static int load(void **state)
{
    (void)state;
    const char *paths[] = {"dictionaries/FIX44.xml", "dictionaries/FIX44-internal.xml", NULL};
    dictionary = fixture_load(paths);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    dictionary_free(dictionary);
    return 0;
}

static struct validate_fault fault_with(const struct validate_options *options, const char *fields)
{
    fixture_framed(&fixture, dictionary, fields);
    return validate_message(dictionary, options, &fixture.message);
}

static void expect(const char *fields, enum session_reject_reason reason, uint32_t tag)
{
    struct validate_options options = validate_options_default();
    struct validate_fault fault = fault_with(&options, fields);
    if (fault.reason != reason || fault.tag != tag) {
        fail_msg("%s: reason %d tag %u, expected %d %u", fields, (int)fault.reason,
                 (unsigned)fault.tag, (int)reason, (unsigned)tag);
    }
}

static void expect_body(const char *fields, enum session_reject_reason reason, uint32_t tag)
{
    struct validate_options options = validate_options_default();
    fixture_unframed(&fixture, dictionary, fields);
    struct validate_fault fault = validate_body(dictionary, &options, &fixture.message);
    if (fault.reason != reason || fault.tag != tag) {
        fail_msg("%s: reason %d tag %u, expected %d %u", fields, (int)fault.reason,
                 (unsigned)fault.tag, (int)reason, (unsigned)tag);
    }
}

static void order(const char *more, enum session_reject_reason reason, uint32_t tag)
{
    char text[4096];
    (void)snprintf(text, sizeof(text), "35=D|%s%s%s", HEADER, ORDER, more);
    expect(text, reason, tag);
}

static void messages_of_each_level_are_right(void **state)
{
    (void)state;
    order("", REJECT_NONE, 0);
    order("1=ACC|18=1 6|59=0|58=text|", REJECT_NONE, 0);
    order(GROUPED, REJECT_NONE, 0);
    expect("35=6|" HEADER "23=I|28=N|55=X|54=1|27=5000|", REJECT_NONE, 0);
    expect("35=6|" HEADER "23=I|28=N|55=X|54=1|27=S|", REJECT_NONE, 0);
    expect("35=0|" HEADER, REJECT_NONE, 0);
    expect("35=A|" HEADER "98=0|108=30|95=4|96=a|=b|", REJECT_NONE, 0);
    expect("35=8|" HEADER "37=O|17=E|150=F|39=1|55=VOD.L|54=1|38=100|32=50|31=101.25|151=50|14=50|"
           "6=101.25|60=20261121-10:00:00.123456789|11=A1|10005=PARTIAL|10006=7|",
           REJECT_NONE, 0);
    expect("35=U1|" HEADER "11=A1|10005=QUEUED|", REJECT_NONE, 0);
}

static void header_and_body_fields_may_come_in_any_order(void **state)
{
    (void)state;
    expect("35=D|56=THEM|52=20261121-10:00:00|34=2|49=US|38=100|44=1|40=2|60=20261121-10:00:00|"
           "54=1|55=X|11=A|",
           REJECT_NONE, 0);
}

static void a_tag_that_nobody_knows_is_invalid(void **state)
{
    (void)state;
    order("999=x|", REJECT_INVALID_TAG, 999);
    order("7777=x|", REJECT_INVALID_TAG, 7777);
    order("99999=x|", REJECT_INVALID_TAG, 99999);
    order("0=x|", REJECT_INVALID_TAG, 0);
}

static void unknown_tags_pass_where_the_settings_allow_them(void **state)
{
    (void)state;
    struct validate_options options = validate_options_default();
    options.user_defined_fields = false;
    const char *own = "35=D|" HEADER ORDER "7777=x|";
    const char *standard = "35=D|" HEADER ORDER "999=x|";
    const char *foreign = "35=D|" HEADER ORDER "150=0|";
    const char *inside = "35=D|" HEADER ORDER "453=1|448=X|7777=x|447=D|452=1|";
    assert_int_equal(fault_with(&options, own).reason, REJECT_NONE);
    assert_int_equal(fault_with(&options, inside).reason, REJECT_NONE);
    assert_int_equal(fault_with(&options, standard).reason, REJECT_INVALID_TAG);
    options.user_defined_fields = true;
    options.unknown_fields_allowed = true;
    assert_int_equal(fault_with(&options, own).reason, REJECT_INVALID_TAG);
    assert_int_equal(fault_with(&options, standard).reason, REJECT_NONE);
    assert_int_equal(fault_with(&options, foreign).reason, REJECT_NONE);
}

static void a_foreign_tag_inside_a_nested_group_ends_only_where_it_must(void **state)
{
    (void)state;
    struct validate_options options = validate_options_default();
    options.unknown_fields_allowed = true;
    const char *fields = "35=D|" HEADER ORDER "453=2|448=X|447=D|452=1|802=1|523=s|150=0|803=2|"
                         "448=Y|447=D|452=3|";
    assert_int_equal(fault_with(&options, fields).reason, REJECT_NONE);
}

static void a_required_field_is_missed(void **state)
{
    (void)state;
    expect("35=D|" HEADER "55=X|54=1|60=20261121-10:00:00|40=1|38=1|", REJECT_REQUIRED_TAG_MISSING,
           11);
    expect("35=D|49=US|34=2|52=20261121-10:00:00|" ORDER, REJECT_REQUIRED_TAG_MISSING, 56);
    expect("35=1|" HEADER, REJECT_REQUIRED_TAG_MISSING, 112);
}

static void a_required_field_of_a_group_entry_is_missed(void **state)
{
    (void)state;
    /* NoHops has none; News needs Text in each of its lines of text. */
    expect("35=B|" HEADER "148=h|33=2|58=a|58=b|", REJECT_NONE, 0);
    expect("35=E|" HEADER "66=L|394=1|68=1|73=1|11=A|67=1|55=X|54=1|38=1|", REJECT_NONE, 0);
    expect("35=E|" HEADER "66=L|394=1|68=1|73=1|11=A|67=1|55=X|38=1|", REJECT_REQUIRED_TAG_MISSING,
           54);
    expect("35=E|" HEADER "66=L|394=1|68=2|73=2|11=A|67=1|55=X|54=1|38=1|11=B|55=X|54=1|38=1|",
           REJECT_REQUIRED_TAG_MISSING, 67);
}

static void an_order_needs_neither_quantity_nor_handling(void **state)
{
    (void)state;
    expect("35=D|" HEADER "11=A|55=X|54=1|60=20261121-10:00:00|40=1|", REJECT_NONE, 0);
}

static void a_tag_of_another_message_is_not_of_this_one(void **state)
{
    (void)state;
    order("150=0|", REJECT_TAG_NOT_OF_MESSAGE, 150);
    expect("35=0|" HEADER "55=X|", REJECT_TAG_NOT_OF_MESSAGE, 55);
    /* A field of a group whose count is not there. */
    order("448=X|", REJECT_TAG_NOT_OF_MESSAGE, 448);
}

static void an_empty_value_is_refused(void **state)
{
    (void)state;
    order("58=|", REJECT_NO_VALUE, 58);
    expect("35=D|49=US|56=|34=2|52=20261121-10:00:00|" ORDER, REJECT_NO_VALUE, 56);
    struct validate_options options = validate_options_default();
    options.fields_have_values = false;
    assert_int_equal(fault_with(&options, "35=D|" HEADER ORDER "58=|").reason, REJECT_NONE);
}

static void a_value_outside_its_enumeration_or_range_is_refused(void **state)
{
    (void)state;
    order("59=Z|", REJECT_VALUE_OUT_OF_RANGE, 59);
    order("18=1 !|", REJECT_VALUE_OUT_OF_RANGE, 18);
    order("460=99|", REJECT_VALUE_OUT_OF_RANGE, 460);
    order("423=1|", REJECT_NONE, 0);
    order("423=001|", REJECT_NONE, 0);
    order("423=000|", REJECT_VALUE_OUT_OF_RANGE, 423);
    order("110=99999999999999999999|", REJECT_VALUE_OUT_OF_RANGE, 110);
    order("110=0.123456789|", REJECT_VALUE_OUT_OF_RANGE, 110);
    struct validate_options options = validate_options_default();
    options.unknown_enums_allowed = true;
    assert_int_equal(fault_with(&options, "35=D|" HEADER ORDER "59=Z|").reason, REJECT_NONE);
    assert_int_equal(fault_with(&options, "35=D|" HEADER ORDER "18=1 !|").reason, REJECT_NONE);
}

static void a_value_not_of_its_type_is_refused(void **state)
{
    (void)state;
    order("110=+200.00|", REJECT_BAD_FORMAT, 110);
    order("110=1e3|", REJECT_BAD_FORMAT, 110);
    order("110=00200.00|", REJECT_NONE, 0);
    order("126=20040415|", REJECT_BAD_FORMAT, 126);
    order("126=20040415-10:00:00.1|", REJECT_NONE, 0);
    order("126=20040415-24:00:00|", REJECT_BAD_FORMAT, 126);
    order("423=x|", REJECT_BAD_FORMAT, 423);
    order("423=+1|", REJECT_BAD_FORMAT, 423);
    order("21=12|", REJECT_BAD_FORMAT, 21);
    order("114=X|", REJECT_BAD_FORMAT, 114);
    order("18=1  6|", REJECT_BAD_FORMAT, 18);
    order("18= 1|", REJECT_BAD_FORMAT, 18);
    order("18=1 |", REJECT_BAD_FORMAT, 18);
}

static void dates_are_judged_beyond_what_an_instant_can_hold(void **state)
{
    (void)state;
    order("541=19500228|", REJECT_NONE, 0);
    order("541=22990101|", REJECT_NONE, 0);
    order("541=20000229|", REJECT_NONE, 0);
    order("541=19000229|", REJECT_BAD_FORMAT, 541);
    order("541=20261301|", REJECT_BAD_FORMAT, 541);
    order("541=2026110|", REJECT_BAD_FORMAT, 541);
    order("200=202611|", REJECT_NONE, 0);
    order("200=202611w5|", REJECT_NONE, 0);
    order("200=20261130|", REJECT_NONE, 0);
    order("200=202611w6|", REJECT_BAD_FORMAT, 200);
    order("200=20261131|", REJECT_BAD_FORMAT, 200);
    order("200=202600|", REJECT_BAD_FORMAT, 200);
}

/* A text like a timestamp, most of them wrong in one place or at an edge. */
static void timestamp_like(uint64_t *random, char *text, size_t capacity)
{
    uint32_t part[8];
    for (size_t i = 0; i < ARRAY_LEN(part); i++) {
        *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        part[i] = (uint32_t)(*random >> 33);
    }
    int size = snprintf(text, capacity, "%04u%02u%02u-%02u:%02u:%02u", 1965 + part[0] % 300,
                        part[1] % 14, 1 + part[2] % 31, part[3] % 25, part[4] % 61, part[5] % 62);
    if (part[6] % 2 == 0) {
        size += snprintf(text + size, capacity - (size_t)size, ".%0*u", (int)(part[6] % 11),
                         part[6] % 10);
    }
    if (part[7] % 4 == 0) { /* One byte that does not belong there, or does by chance. */
        text[part[7] / 4 % (uint32_t)size] = "0129:;/-. a\xb0\xba"[part[7] / 256 % 13];
    }
}

static void a_timestamp_is_right_exactly_when_it_can_be_read(void **state)
{
    (void)state;
    static const char *const EDGES[] = {
        "19691231-23:59:60", "19700101-00:00:00",           "19991231-23:59:59",
        "20000229-00:00:00", "20991231-23:59:60.999999999", "21000229-00:00:00",
        "22611231-23:59:59", "22620411-23:47:16.854775807", "22620411-23:47:16.854775808",
    };
    struct validate_options options = validate_options_default();
    uint64_t random = 42;
    unsigned right = 0;
    for (unsigned i = 0; i < 20000; i++) {
        char text[64];
        if (i < ARRAY_LEN(EDGES)) {
            (void)snprintf(text, sizeof(text), "%s", EDGES[i]);
        } else {
            timestamp_like(&random, text, sizeof(text));
        }
        uint64_t instant_ns = 0;
        bool readable = timestamp_parse(span_text(text), &instant_ns);
        char fields[256];
        (void)snprintf(fields, sizeof(fields), "35=D|%s%s432=20240101|126=%s|", HEADER, ORDER,
                       text);
        struct validate_fault fault = fault_with(&options, fields);
        assert_int_equal(fault.reason, readable ? REJECT_NONE : REJECT_BAD_FORMAT);
        right += readable ? 1 : 0;
    }
    assert_in_range(right, 2000, 18000); /* Both kinds were tried. */
}

static void a_value_of_one_byte_is_of_its_type(void **state)
{
    (void)state;
    order("38=1|", REJECT_REPEATED_TAG, 38);
    order("110=7|", REJECT_NONE, 0);
    order("110=.|", REJECT_BAD_FORMAT, 110);
    order("110=-|", REJECT_BAD_FORMAT, 110);
    order("126=1|", REJECT_BAD_FORMAT, 126);
    order("432=1|", REJECT_BAD_FORMAT, 432);
    order("18=1|", REJECT_NONE, 0);
    order("18= |", REJECT_BAD_FORMAT, 18);
    order("58= |", REJECT_NONE, 0);
    order("58=\xff|", REJECT_NONE, 0);
    order("59=\xff|", REJECT_VALUE_OUT_OF_RANGE, 59);
    order("377=Y|", REJECT_NONE, 0);
    order("377=1|", REJECT_BAD_FORMAT, 377);
    expect("35=A|" HEADER "98=0|108=3|", REJECT_NONE, 0);
    expect("35=A|" HEADER "98=A|108=3|", REJECT_BAD_FORMAT, 98);
    expect("35=A|" HEADER "98=9|108=3|", REJECT_VALUE_OUT_OF_RANGE, 98);
    expect("35=A|" HEADER "98=0|108=-|", REJECT_BAD_FORMAT, 108);
}

static void a_header_field_after_the_body_is_out_of_order(void **state)
{
    (void)state;
    order("50=desk|", REJECT_OUT_OF_ORDER, 50);
    order("93=3|89=abc|", REJECT_NONE, 0);
    order("93=3|89=abc|58=late|", REJECT_OUT_OF_ORDER, 58);
    struct validate_options options = validate_options_default();
    options.fields_out_of_order = false;
    assert_int_equal(fault_with(&options, "35=D|" HEADER ORDER "50=desk|").reason, REJECT_NONE);
    /* The number is found although it comes late. */
    expect("35=D|49=US|56=THEM|52=20261121-10:00:00|" ORDER "34=2|", REJECT_OUT_OF_ORDER, 34);
}

static void a_tag_twice_is_refused(void **state)
{
    (void)state;
    order("38=200|", REJECT_REPEATED_TAG, 38);
    expect("35=D|" HEADER "49=US|" ORDER, REJECT_REPEATED_TAG, 49);
}

static void a_group_count_that_differs_from_the_entries_is_refused(void **state)
{
    (void)state;
    order("453=1|448=X|447=D|452=1|448=Y|447=D|452=3|", REJECT_GROUP_COUNT, 453);
    order("453=3|448=X|447=D|452=1|448=Y|447=D|452=3|", REJECT_GROUP_COUNT, 453);
    order("453=1|", REJECT_GROUP_COUNT, 453);
    order("453=0|448=X|447=D|452=1|", REJECT_GROUP_COUNT, 453);
    order("453=1|448=X|447=D|452=1|802=2|523=s|803=2|", REJECT_GROUP_COUNT, 802);
    order("453=0|", REJECT_NONE, 0);
    order("453=x|", REJECT_BAD_FORMAT, 453);
    order("453=-1|", REJECT_VALUE_OUT_OF_RANGE, 453);
}

static void group_fields_out_of_order_are_refused(void **state)
{
    (void)state;
    order("453=1|448=X|452=1|447=D|", REJECT_GROUP_ORDER, 447);
    order("453=1|447=D|448=X|452=1|", REJECT_GROUP_ORDER, 447);
    order("453=1|448=X|447=D|447=D|", REJECT_GROUP_ORDER, 447);
    order("453=1|448=X|447=D|58=t|452=1|", REJECT_GROUP_ORDER, 452);
    struct validate_options options = validate_options_default();
    options.groups_unordered_allowed = true;
    const char *fields = "35=D|" HEADER ORDER "453=1|448=X|452=1|447=D|";
    assert_int_equal(fault_with(&options, fields).reason, REJECT_NONE);
    fields = "35=D|" HEADER ORDER "453=1|448=X|452=1|447=D|452=1|";
    assert_int_equal(fault_with(&options, fields).reason, REJECT_GROUP_ORDER);
    fields = "35=D|" HEADER ORDER "453=1|452=1|448=X|447=D|";
    assert_int_equal(fault_with(&options, fields).reason, REJECT_GROUP_ORDER);
}

static void any_first_field_of_a_group_delimits_when_so_configured(void **state)
{
    (void)state;
    struct validate_options options = validate_options_default();
    options.first_in_group_delimits = true;
    static const struct {
        const char *group;
        enum session_reject_reason reason;
    } cases[] = {
        {"453=2|447=D|448=X|452=1|447=D|448=Y|452=3|", REJECT_NONE},
        {"453=2|448=X|447=D|452=1|448=Y|447=D|452=3|", REJECT_NONE},
        {"453=1|452=1|448=X|447=D|", REJECT_NONE},
        /* The others keep their order, and the count its meaning. */
        {"453=1|452=1|447=D|448=X|", REJECT_GROUP_ORDER},
        {"453=1|447=D|448=X|452=1|447=D|448=Y|452=3|", REJECT_GROUP_COUNT},
        {"453=2|447=D|448=X|452=1|448=Y|447=D|452=3|", REJECT_GROUP_ORDER},
        {"453=0|", REJECT_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char fields[512];
        (void)snprintf(fields, sizeof(fields), "35=D|" HEADER ORDER "%s", cases[i].group);
        assert_int_equal(fault_with(&options, fields).reason, cases[i].reason);
    }
}

static void soh_in_a_value_that_is_not_data_is_refused(void **state)
{
    (void)state;
    /* The index splits at SOH, so such a value can only come from an index that
     * took the field for data. */
    fixture_framed(&fixture, dictionary, "35=D|" HEADER ORDER "58=a_b|");
    struct validate_options options = validate_options_default();
    assert_int_equal(validate_message(dictionary, &options, &fixture.message).reason, REJECT_NONE);
    const struct field *text = message_find(&fixture.message, 58);
    fixture.bytes[text->value + 1] = FIX_SOH;
    struct validate_fault fault = validate_message(dictionary, &options, &fixture.message);
    assert_int_equal(fault.reason, REJECT_SOH_IN_VALUE);
    assert_int_equal(fault.tag, 58);
}

static void soh_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const char TEXT[] = "abcdefghijklmnopqrstuvwxyz";
    struct validate_options options = validate_options_default();
    for (int size = 1; size < (int)sizeof(TEXT); size++) {
        for (uint32_t at = 0; at < (uint32_t)size; at++) {
            char fields[256];
            (void)snprintf(fields, sizeof(fields), "35=D|%s%s58=%.*s|", HEADER, ORDER, size, TEXT);
            assert_int_equal(fault_with(&options, fields).reason, REJECT_NONE);
            fixture.bytes[message_find(&fixture.message, 58)->value + at] = FIX_SOH;
            struct validate_fault fault = validate_message(dictionary, &options, &fixture.message);
            assert_int_equal(fault.reason, REJECT_SOH_IN_VALUE);
        }
    }
}

static void a_data_field_stands_behind_its_length(void **state)
{
    (void)state;
    order("354=5|355=a|b=c|", REJECT_NONE, 0);
    order("354=5|58=t|", REJECT_REQUIRED_TAG_MISSING, 355);
    order("58=t|355=abc|", REJECT_OUT_OF_ORDER, 355);
}

static void an_earlier_check_wins_over_an_earlier_field(void **state)
{
    (void)state;
    /* An empty routing field before a bad enumeration, wherever they stand. */
    expect("35=D|" HEADER "115=|" ORDER "59=Z|", REJECT_NO_VALUE, 115);
    order("59=Z|58=|", REJECT_NO_VALUE, 58);
    order("59=Z|110=x|999=1|58=|", REJECT_NO_VALUE, 58);
    order("59=Z|110=x|999=1|", REJECT_INVALID_TAG, 999);
    order("59=Z|110=x|", REJECT_BAD_FORMAT, 110);
    order("453=1|59=Z|", REJECT_VALUE_OUT_OF_RANGE, 59);
    order("59=Z|18=!|", REJECT_VALUE_OUT_OF_RANGE, 59);
}

static void a_type_that_the_dictionary_does_not_have_is_refused(void **state)
{
    (void)state;
    expect("35=ZZ|" HEADER, REJECT_MSG_TYPE, 35);
    expect("35=!|" HEADER, REJECT_MSG_TYPE, 35);
}

static void an_unframed_order_needs_no_header(void **state)
{
    (void)state;
    expect_body("35=D|" ORDER, REJECT_NONE, 0);
    expect_body("35=D|" ORDER "10001=101.4|10002=20261121-10:00:00|", REJECT_NONE, 0);
    expect_body("8=FIX.4.4|9=0|35=D|49=OMS|" ORDER "10=x|", REJECT_NONE, 0);
    expect_body(ORDER "35=D|49=OMS|", REJECT_NONE, 0);
}

static void an_unframed_order_is_checked_all_the_same(void **state)
{
    (void)state;
    expect_body("35=D|" ORDER "10001=x|", REJECT_BAD_FORMAT, 10001);
    expect_body("35=D|11=|55=X|54=1|60=20261121-10:00:00|40=1|", REJECT_NO_VALUE, 11);
    expect_body("35=D|55=X|54=1|60=20261121-10:00:00|40=1|", REJECT_REQUIRED_TAG_MISSING, 11);
    expect_body("35=D|35=F|" ORDER, REJECT_REPEATED_TAG, 35);
    expect_body("11=A|55=X|", REJECT_REQUIRED_TAG_MISSING, 35);
    expect_body("35=|11=A|", REJECT_NO_VALUE, 35);
    expect_body("35=ZZ|11=A|", REJECT_MSG_TYPE, 35);
}

static void a_right_message_becomes_wrong_by_each_field_left_empty(void **state)
{
    (void)state;
    struct validate_options options = validate_options_default();
    fixture_framed(&fixture, dictionary, "35=D|" HEADER ORDER GROUPED "58=t|");
    assert_int_equal(validate_message(dictionary, &options, &fixture.message).reason, REJECT_NONE);
    for (uint32_t i = 3; i < fixture.message.count; i++) {
        uint32_t size = fixture.fields[i].size;
        fixture.fields[i].size = 0;
        struct validate_fault fault = validate_message(dictionary, &options, &fixture.message);
        assert_int_equal(fault.reason, REJECT_NO_VALUE);
        assert_int_equal(fault.tag, fixture.fields[i].tag);
        fixture.fields[i].size = size;
    }
}

static void every_reason_has_words(void **state)
{
    (void)state;
    assert_string_equal(session_reject_reason_text(REJECT_REQUIRED_TAG_MISSING),
                        "Required tag missing");
    assert_string_equal(session_reject_reason_text(REJECT_GROUP_COUNT),
                        "Incorrect NumInGroup count for repeating group");
    assert_string_equal(session_reject_reason_text(REJECT_NONE), "Other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_each_level_are_right),
        cmocka_unit_test(header_and_body_fields_may_come_in_any_order),
        cmocka_unit_test(a_tag_that_nobody_knows_is_invalid),
        cmocka_unit_test(unknown_tags_pass_where_the_settings_allow_them),
        cmocka_unit_test(a_foreign_tag_inside_a_nested_group_ends_only_where_it_must),
        cmocka_unit_test(a_required_field_is_missed),
        cmocka_unit_test(a_required_field_of_a_group_entry_is_missed),
        cmocka_unit_test(an_order_needs_neither_quantity_nor_handling),
        cmocka_unit_test(a_tag_of_another_message_is_not_of_this_one),
        cmocka_unit_test(an_empty_value_is_refused),
        cmocka_unit_test(a_value_outside_its_enumeration_or_range_is_refused),
        cmocka_unit_test(a_value_not_of_its_type_is_refused),
        cmocka_unit_test(dates_are_judged_beyond_what_an_instant_can_hold),
        cmocka_unit_test(a_timestamp_is_right_exactly_when_it_can_be_read),
        cmocka_unit_test(a_value_of_one_byte_is_of_its_type),
        cmocka_unit_test(a_header_field_after_the_body_is_out_of_order),
        cmocka_unit_test(a_tag_twice_is_refused),
        cmocka_unit_test(a_group_count_that_differs_from_the_entries_is_refused),
        cmocka_unit_test(group_fields_out_of_order_are_refused),
        cmocka_unit_test(any_first_field_of_a_group_delimits_when_so_configured),
        cmocka_unit_test(soh_in_a_value_that_is_not_data_is_refused),
        cmocka_unit_test(soh_is_found_wherever_it_stands),
        cmocka_unit_test(a_data_field_stands_behind_its_length),
        cmocka_unit_test(an_earlier_check_wins_over_an_earlier_field),
        cmocka_unit_test(a_type_that_the_dictionary_does_not_have_is_refused),
        cmocka_unit_test(an_unframed_order_needs_no_header),
        cmocka_unit_test(an_unframed_order_is_checked_all_the_same),
        cmocka_unit_test(a_right_message_becomes_wrong_by_each_field_left_empty),
        cmocka_unit_test(every_reason_has_words),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
