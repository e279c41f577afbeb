/* Looking things up, overlays, and the dictionaries that are shipped. */
#include "dictionary_fixture.h"

#include "fix/tags.h"
#include "fix/validate.h"

#define BASE     "dictionaries/FIX44.xml"
#define INTERNAL "dictionaries/FIX44-internal.xml"
#define ALPHA    "dictionaries/overlays/ALPHA.xml"
#define BETA     "dictionaries/overlays/BETA.xml"

static struct dictionary *standard;
static struct dictionary *in_house;
static struct fixture_message fixture;

static int load(void **state)
{
    (void)state;
    const char *base[] = {BASE, NULL};
    const char *both[] = {BASE, INTERNAL, NULL};
    standard = fixture_load(base);
    in_house = fixture_load(both);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    dictionary_free(standard);
    dictionary_free(in_house);
    return 0;
}

static void everything_that_is_there_is_found(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < in_house->fields_count; i++) {
        const struct dictionary_field *field = &in_house->fields[i];
        assert_ptr_equal(dictionary_field(in_house, field->tag), field);
        assert_ptr_equal(dictionary_field_named(in_house, span_text(field->name)), field);
        for (uint32_t v = 0; v < field->values_count; v++) {
            const struct dictionary_value *value = &in_house->values[field->values_begin + v];
            assert_ptr_equal(dictionary_value_name(in_house, field, span_text(value->value)),
                             value->description);
        }
    }
    for (uint32_t i = 0; i < in_house->messages_count; i++) {
        const struct dictionary_message *message = &in_house->messages[i];
        assert_ptr_equal(dictionary_message(in_house, span_text(message->msg_type)), message);
        for (uint32_t m = 0; m < message->members_count; m++) {
            const struct dictionary_member *member = &in_house->members[message->members_begin + m];
            assert_ptr_equal(dictionary_member(in_house, message, member->tag), member);
            const struct dictionary_group *group = dictionary_group_of(in_house, member);
            if (group != NULL) {
                assert_non_null(dictionary_group_member(in_house, group, group->first_tag));
            }
        }
    }
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    const struct dictionary_message *order = dictionary_message(in_house, span_text("D"));
    assert_null(dictionary_field(in_house, 0));
    assert_null(dictionary_field(in_house, 999));
    assert_null(dictionary_field(in_house, UINT32_MAX));
    assert_null(dictionary_field_named(in_house, span_text("Nope")));
    assert_null(dictionary_field_named(in_house, span_text("Sid")));
    assert_null(dictionary_field_named(in_house, span_text("Sidee")));
    assert_null(dictionary_field_named(in_house, span_text("")));
    assert_null(dictionary_message(in_house, span_text("")));
    assert_null(dictionary_message(in_house, span_text("\xc3")));
    assert_null(dictionary_message(in_house, span_text("A!")));
    assert_null(dictionary_message(in_house, span_text("AAA")));
    assert_null(dictionary_member(in_house, order, 150));
    assert_null(dictionary_member(in_house, order, 99999));
    assert_null(dictionary_value_name(in_house, dictionary_field(in_house, 54), span_text("Z")));
    assert_null(dictionary_value_name(in_house, dictionary_field(in_house, 54), span_text("")));
}

static void generated_constants_say_what_the_dictionary_says(void **state)
{
    (void)state;
    assert_int_equal(TAG_ClOrdID, dictionary_field_named(in_house, span_text("ClOrdID"))->tag);
    assert_int_equal(TAG_BusSeq, dictionary_field_named(in_house, span_text("BusSeq"))->tag);
    assert_string_equal(dictionary_message(in_house, span_text(MSG_ExecutionReport))->name,
                        "ExecutionReport");
    char trade = ExecType_TRADE;
    assert_string_equal(dictionary_value_name(in_house, dictionary_field(in_house, TAG_ExecType),
                                              span_of(&trade, 1)),
                        "TRADE");
    assert_int_equal(CxlRejReason_UNKNOWN_ORDER, 1);
}

static void in_house_tags_are_marked_and_no_others(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (uint32_t i = 0; i < in_house->fields_count; i++) {
        const struct dictionary_field *field = &in_house->fields[i];
        assert_int_equal(field->internal, field->tag >= 10000 && field->tag <= 19999);
        count += field->internal ? 1 : 0;
    }
    assert_int_equal(count, 25);
    assert_null(dictionary_field(standard, TAG_BusSeq));
    assert_string_equal(dictionary_message(in_house, span_text("U1"))->name, "OrderEvent");
    assert_null(dictionary_message(standard, span_text("U1")));
}

static void length_fields_know_their_data(void **state)
{
    (void)state;
    assert_int_equal(dictionary_field(standard, TAG_RawDataLength)->data_tag, TAG_RawData);
    assert_int_equal(dictionary_field(standard, TAG_EncodedTextLen)->data_tag, TAG_EncodedText);
    assert_int_equal(dictionary_field(standard, TAG_SignatureLength)->data_tag, TAG_Signature);
    assert_int_equal(dictionary_field(standard, TAG_BodyLength)->data_tag, 0);
    for (uint32_t i = 0; i < standard->fields_count; i++) {
        const struct dictionary_field *field = &standard->fields[i];
        uint32_t data_tag = field->tag < standard->data_by_length_tag_size
                                ? standard->data_by_length_tag[field->tag]
                                : 0;
        assert_int_equal(data_tag, field->data_tag);
    }
}

static void broker_alpha_requires_and_adds(void **state)
{
    (void)state;
    const char *paths[] = {BASE, ALPHA, NULL};
    struct dictionary *alpha = fixture_load(paths);
    const struct dictionary_message *order = dictionary_message(alpha, span_text("D"));
    assert_true(dictionary_member(alpha, order, TAG_Account)->required);
    assert_true(dictionary_member(alpha, order, TAG_HandlInst)->required);
    assert_int_equal(order->required_count, 6);
    const struct dictionary_field *desk = dictionary_field_named(alpha, span_text("AlphaDesk"));
    assert_int_equal(desk->tag, 6001);
    assert_non_null(dictionary_member(alpha, order, desk->tag));
    const struct dictionary_field *reason = dictionary_field(alpha, TAG_OrdRejReason);
    assert_string_equal(dictionary_value_name(alpha, reason, span_text("100")),
                        "ALPHA_CREDIT_LIMIT");
    assert_string_equal(dictionary_value_name(alpha, reason, span_text("12")),
                        "SURVEILLANCE_OPTION");
    dictionary_free(alpha);
}

static struct validate_fault fault_of(const struct dictionary *dictionary, const char *fields)
{
    struct validate_options options = validate_options_default();
    fixture_unframed(&fixture, dictionary, fields);
    return validate_body(dictionary, &options, &fixture.message);
}

#define ORDER "35=D|11=A|55=X|54=1|60=20261121-10:00:00|40=1|38=5|"

static void broker_alpha_refuses_what_the_standard_takes(void **state)
{
    (void)state;
    const char *paths[] = {BASE, ALPHA, NULL};
    struct dictionary *alpha = fixture_load(paths);
    assert_int_equal(fault_of(standard, ORDER).reason, REJECT_NONE);
    struct validate_fault fault = fault_of(alpha, ORDER);
    assert_int_equal(fault.reason, REJECT_REQUIRED_TAG_MISSING);
    assert_int_equal(fault.tag, TAG_Account);
    assert_int_equal(fault_of(alpha, ORDER "1=ACC|21=1|6001=RETAIL|").reason, REJECT_NONE);
    assert_int_equal(fault_of(standard, ORDER "6001=RETAIL|").reason, REJECT_INVALID_TAG);
    assert_int_equal(fault_of(alpha, ORDER "1=ACC|21=1|6001=OTHER|").reason,
                     REJECT_VALUE_OUT_OF_RANGE);
    dictionary_free(alpha);
}

static void broker_beta_forbids(void **state)
{
    (void)state;
    const char *paths[] = {BASE, BETA, NULL};
    struct dictionary *beta = fixture_load(paths);
    assert_int_equal(fault_of(standard, ORDER "111=10|").reason, REJECT_NONE);
    struct validate_fault fault = fault_of(beta, ORDER "111=10|");
    assert_int_equal(fault.reason, REJECT_TAG_NOT_OF_MESSAGE);
    assert_int_equal(fault.tag, TAG_MaxFloor);
    assert_int_equal(fault_of(standard, ORDER "78=1|79=A|").reason, REJECT_NONE);
    assert_int_equal(fault_of(beta, ORDER "78=1|79=A|").tag, TAG_NoAllocs);
    assert_int_equal(fault_of(standard, ORDER "453=1|448=X|").reason, REJECT_NONE);
    fault = fault_of(beta, ORDER "453=1|448=X|447=D|");
    assert_int_equal(fault.reason, REJECT_REQUIRED_TAG_MISSING);
    assert_int_equal(fault.tag, TAG_PartyRole);
    dictionary_free(beta);
}

#define OVERLAY(text)                                                                              \
    {                                                                                              \
        .name = "overlay.xml", .xml = span_text(text)                                              \
    }

static struct dictionary *with_overlay(const char *overlay)
{
    struct span xml = fixture_read(BASE);
    struct dictionary_source sources[] = {{.name = BASE, .xml = xml}, OVERLAY(overlay)};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, 2, error);
    if (dictionary == NULL) {
        fail_msg("%s", error);
    }
    fixture_free(xml);
    return dictionary;
}

static void required_counts_only_where_the_component_is_required(void **state)
{
    (void)state;
    struct dictionary *changed =
        with_overlay("<fix><messages><message name='Custom' msgtype='UX' msgcat='app'>"
                     "<component name='LinesOfTextGrp' required='N'/></message></messages></fix>");
    const struct dictionary_message *news = dictionary_message(changed, span_text("B"));
    const struct dictionary_message *custom = dictionary_message(changed, span_text("UX"));
    assert_true(dictionary_member(changed, news, TAG_NoLinesOfText)->required);
    assert_false(dictionary_member(changed, custom, TAG_NoLinesOfText)->required);
    dictionary_free(changed);
}

static void an_order_requires_four_fields_of_its_body(void **state)
{
    (void)state;
    const struct dictionary_message *order = dictionary_message(standard, span_text("D"));
    static const uint32_t TAGS[] = {TAG_ClOrdID, TAG_Side, TAG_TransactTime, TAG_OrdType};
    assert_int_equal(order->required_count, ARRAY_LEN(TAGS));
    for (size_t i = 0; i < ARRAY_LEN(TAGS); i++) {
        assert_int_equal(standard->required_tags[order->required_begin + i], TAGS[i]);
    }
}

static void an_overlay_may_relax_what_is_required(void **state)
{
    (void)state;
    struct dictionary *relaxed =
        with_overlay("<fix><messages><message name='NewOrderSingle'>"
                     "<field name='TransactTime' required='N'/></message></messages></fix>");
    assert_int_equal(fault_of(standard, "35=D|11=A|55=X|54=1|40=1|").tag, TAG_TransactTime);
    assert_int_equal(fault_of(relaxed, "35=D|11=A|55=X|54=1|40=1|").reason, REJECT_NONE);
    dictionary_free(relaxed);
}

static void an_overlay_of_a_component_reaches_every_message_that_has_it(void **state)
{
    (void)state;
    struct dictionary *changed =
        with_overlay("<fix><components><component name='Instrument'>"
                     "<field name='SecurityID' required='Y'/><field name='Tier'/></component>"
                     "</components><fields><field number='6010' name='Tier' type='INT'/></fields>"
                     "</fix>");
    assert_int_equal(fault_of(changed, ORDER).tag, TAG_SecurityID);
    assert_int_equal(fault_of(changed, ORDER "48=GB00|6010=2|").reason, REJECT_NONE);
    const struct dictionary_message *cancel = dictionary_message(changed, span_text("F"));
    assert_true(dictionary_member(changed, cancel, TAG_SecurityID)->required);
    dictionary_free(changed);
}

static void an_overlay_of_header_and_group_adds_members(void **state)
{
    (void)state;
    struct dictionary *changed = with_overlay(
        "<fix><header><field name='Desk'/></header><messages><message name='NewOrderSingle'>"
        "<group name='NoAllocs'><field name='Wrapper' required='Y'/></group></message></messages>"
        "<fields><field number='6011' name='Desk' type='STRING'/>"
        "<field number='6012' name='Wrapper' type='STRING'/></fields></fix>");
    assert_true(dictionary_field(changed, 6011)->in_header);
    assert_int_equal(fault_of(changed, ORDER "78=1|79=A|").tag, 6012);
    assert_int_equal(fault_of(changed, ORDER "78=1|79=A|6012=ISA|").reason, REJECT_NONE);
    dictionary_free(changed);
}

static void a_message_of_an_overlay_is_known(void **state)
{
    (void)state;
    struct dictionary *changed =
        with_overlay("<fix><messages><message name='Custom' msgtype='UX' msgcat='app'>"
                     "<component name='Parties' required='N'/><field name='Text' required='Y'/>"
                     "</message></messages></fix>");
    assert_int_equal(fault_of(changed, "35=UX|58=t|").reason, REJECT_NONE);
    assert_int_equal(fault_of(changed, "35=UX|").tag, TAG_Text);
    assert_int_equal(fault_of(changed, "35=UX|453=1|448=A|58=t|").reason, REJECT_NONE);
    assert_int_equal(fault_of(standard, "35=UX|58=t|").reason, REJECT_MSG_TYPE);
    dictionary_free(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_is_there_is_found),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(generated_constants_say_what_the_dictionary_says),
        cmocka_unit_test(in_house_tags_are_marked_and_no_others),
        cmocka_unit_test(length_fields_know_their_data),
        cmocka_unit_test(required_counts_only_where_the_component_is_required),
        cmocka_unit_test(an_order_requires_four_fields_of_its_body),
        cmocka_unit_test(broker_alpha_requires_and_adds),
        cmocka_unit_test(broker_alpha_refuses_what_the_standard_takes),
        cmocka_unit_test(broker_beta_forbids),
        cmocka_unit_test(an_overlay_may_relax_what_is_required),
        cmocka_unit_test(an_overlay_of_a_component_reaches_every_message_that_has_it),
        cmocka_unit_test(an_overlay_of_header_and_group_adds_members),
        cmocka_unit_test(a_message_of_an_overlay_is_known),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
