#include "tests/unit/codec_help.h"

#include "fix/dictionary_loader.h"

enum { FIELDS_MAX = 64 };

/* An order with allocations, each with parties, each with sub-parties; and in the
 * header, hops. 453 counts parties of the message too, behind the allocations. */
static const char dictionary_xml[] =
    "<fix type='FIX' major='4' minor='4'>"
    " <header>"
    "  <field name='BeginString' required='Y'/><field name='BodyLength' required='Y'/>"
    "  <field name='MsgType' required='Y'/>"
    "  <group name='NoHops' required='N'><field name='HopCompID' required='N'/>"
    "   <field name='HopRefID' required='N'/></group>"
    " </header>"
    " <trailer><field name='CheckSum' required='Y'/></trailer>"
    " <messages><message name='NewOrderSingle' msgtype='D' msgcat='app'>"
    "  <field name='ClOrdID' required='Y'/>"
    "  <group name='NoAllocs' required='N'>"
    "   <field name='AllocAccount' required='Y'/><field name='AllocQty' required='N'/>"
    "   <component name='Parties' required='N'/>"
    "  </group>"
    "  <component name='Parties' required='N'/>"
    "  <field name='Symbol' required='Y'/>"
    " </message></messages>"
    " <components><component name='Parties'>"
    "  <group name='NoPartyIDs' required='N'>"
    "   <field name='PartyID' required='N'/><field name='PartyRole' required='N'/>"
    "   <group name='NoPartySubIDs' required='N'><field name='PartySubID' required='N'/>"
    "    <field name='PartySubIDType' required='N'/></group>"
    "  </group>"
    " </component></components>"
    " <fields>"
    "  <field number='8' name='BeginString' type='STRING'/>"
    "  <field number='9' name='BodyLength' type='LENGTH'/>"
    "  <field number='10' name='CheckSum' type='STRING'/>"
    "  <field number='11' name='ClOrdID' type='STRING'/>"
    "  <field number='35' name='MsgType' type='STRING'/>"
    "  <field number='55' name='Symbol' type='STRING'/>"
    "  <field number='78' name='NoAllocs' type='NUMINGROUP'/>"
    "  <field number='79' name='AllocAccount' type='STRING'/>"
    "  <field number='80' name='AllocQty' type='QTY'/>"
    "  <field number='448' name='PartyID' type='STRING'/>"
    "  <field number='452' name='PartyRole' type='INT'/>"
    "  <field number='453' name='NoPartyIDs' type='NUMINGROUP'/>"
    "  <field number='523' name='PartySubID' type='STRING'/>"
    "  <field number='627' name='NoHops' type='NUMINGROUP'/>"
    "  <field number='628' name='HopCompID' type='STRING'/>"
    "  <field number='630' name='HopRefID' type='SEQNUM'/>"
    "  <field number='802' name='NoPartySubIDs' type='NUMINGROUP'/>"
    "  <field number='803' name='PartySubIDType' type='INT'/>"
    " </fields>"
    "</fix>";

struct order {
    struct dictionary *dictionary;
    struct field fields[FIELDS_MAX];
    struct message message;
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
};

static int order_new(void **state)
{
    struct order *order = calloc(1, sizeof(*order));
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary_source source = {.name = "group_test.xml", .xml = span_text(dictionary_xml)};
    order->dictionary = dictionary_load(&source, 1, error);
    if (order->dictionary == NULL) {
        fail_msg("%s", error);
    }
    *state = order;
    return 0;
}

static int order_free(void **state)
{
    struct order *order = *state;
    dictionary_free(order->dictionary);
    free(order);
    return 0;
}

static void order_read(struct order *order, const char *body)
{
    char text[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(body, text, &size);
    message_init(&order->message, order->fields, FIELDS_MAX);
    assert_int_equal(
        message_index(&order->message, codec_wire(text, order->wire), order->dictionary),
        FRAME_FAULT_NONE);
}

static void assert_entry(const struct group *group, uint32_t tag, const char *expected)
{
    const struct field *field = group_find(group, tag);
    if (expected == NULL) {
        assert_null(field);
        return;
    }
    assert_non_null(field);
    assert_true(span_is(field_value(group->message, field), expected));
}

static void entries_are_visited_in_order(void **state)
{
    struct order *order = *state;
    order_read(order, "35=D|11=A|453=2|448=P1|452=1|448=P2|452=3|55=VOD|");
    struct group parties;
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_int_equal(parties.count, 2);
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P1");
    assert_entry(&parties, 452, "1");
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P2");
    assert_entry(&parties, 452, "3");
    assert_entry(&parties, 55, NULL);
    assert_false(group_next(&parties));
    assert_int_equal(parties.entry, 2);
    assert_entry(&parties, 448, NULL);
    /* What follows the group is where the walk stopped. */
    assert_int_equal(order->fields[parties.next].tag, 55);
}

static void groups_nest_two_deep_and_keep_their_fields_apart(void **state)
{
    struct order *order = *state;
    order_read(order, "35=D|11=A|78=2|"
                      "79=X|80=10|453=2|448=P1|452=1|802=2|523=S1|803=1|523=S2|803=2|448=P2|452=3|"
                      "79=Y|453=1|448=P3|802=1|523=S3|"
                      "55=VOD|453=1|448=TOP|452=9|");
    struct group allocs;
    assert_int_equal(group_open(&allocs, &order->message, order->dictionary, 78), GROUP_OK);
    assert_true(group_next(&allocs));
    assert_entry(&allocs, 79, "X");
    assert_entry(&allocs, 80, "10");
    assert_entry(&allocs, 453, "2");
    assert_entry(&allocs, 448, NULL);
    assert_entry(&allocs, 523, NULL);

    struct group parties;
    assert_int_equal(group_open_nested(&parties, &allocs, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P1");
    struct group subs;
    assert_int_equal(group_open_nested(&subs, &parties, 802), GROUP_OK);
    assert_true(group_next(&subs));
    assert_entry(&subs, 523, "S1");
    assert_entry(&subs, 803, "1");
    assert_true(group_next(&subs));
    assert_entry(&subs, 523, "S2");
    assert_false(group_next(&subs));
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P2");
    assert_int_equal(group_open_nested(&subs, &parties, 802), GROUP_ABSENT);
    assert_false(group_next(&parties));

    assert_true(group_next(&allocs));
    assert_entry(&allocs, 79, "Y");
    assert_entry(&allocs, 80, NULL);
    assert_int_equal(group_open_nested(&parties, &allocs, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P3");
    assert_false(group_next(&parties));

    /* The message's own parties are not those of an allocation. */
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_int_equal(parties.count, 1);
}

static void message_group_is_found_behind_a_group_that_nests_the_same(void **state)
{
    struct order *order = *state;
    order_read(order, "35=D|11=A|78=1|79=X|453=1|448=P1|55=VOD|453=1|448=TOP|452=9|");
    struct group parties;
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "TOP");
    assert_false(group_next(&parties));
}

static void missing_and_extra_entries_leave_the_count_to_the_caller(void **state)
{
    struct order *order = *state;
    struct group parties;
    order_read(order, "35=D|11=A|453=3|448=P1|448=P2|55=VOD|");
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    while (group_next(&parties)) {
    }
    assert_int_equal(parties.count, 3);
    assert_int_equal(parties.entry, 2);
    order_read(order, "35=D|11=A|453=1|448=P1|448=P2|448=P3|55=VOD|");
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    while (group_next(&parties)) {
    }
    assert_int_equal(parties.count, 1);
    assert_int_equal(parties.entry, 3);
}

static void missing_nested_entries_end_with_the_outer_entry(void **state)
{
    struct order *order = *state;
    order_read(order, "35=D|11=A|78=2|79=X|453=2|79=Y|453=1|448=P|55=VOD|");
    struct group allocs;
    struct group parties;
    assert_int_equal(group_open(&allocs, &order->message, order->dictionary, 78), GROUP_OK);
    assert_true(group_next(&allocs));
    assert_int_equal(group_open_nested(&parties, &allocs, 453), GROUP_OK);
    assert_false(group_next(&parties));
    assert_true(group_next(&allocs));
    assert_int_equal(group_open_nested(&parties, &allocs, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_false(group_next(&parties));
    assert_false(group_next(&allocs));
}

static void entries_begin_with_whichever_field_of_the_group_comes_first(void **state)
{
    struct order *order = *state;
    struct group parties;
    order_read(order, "35=D|11=A|453=2|452=3|448=P1|452=4|448=P2|55=VOD|");
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_entry(&parties, 448, "P1");
    assert_true(group_next(&parties));
    assert_entry(&parties, 452, "4");
    assert_false(group_next(&parties));
    assert_int_equal(parties.entry, 2);
}

static void nested_entries_begin_with_whichever_field_comes_first_too(void **state)
{
    struct order *order = *state;
    struct group allocs;
    struct group parties;
    order_read(order, "35=D|11=A|78=2|80=5|79=X|453=2|452=1|448=P|452=2|80=6|79=Y|55=VOD|");
    assert_int_equal(group_open(&allocs, &order->message, order->dictionary, 78), GROUP_OK);
    assert_true(group_next(&allocs));
    assert_entry(&allocs, 79, "X");
    assert_int_equal(group_open_nested(&parties, &allocs, 453), GROUP_OK);
    assert_true(group_next(&parties));
    assert_true(group_next(&parties));
    assert_entry(&parties, 452, "2");
    assert_false(group_next(&parties));
    assert_true(group_next(&allocs));
    assert_entry(&allocs, 79, "Y");
    assert_false(group_next(&allocs));
}

static void field_of_no_group_begins_no_entry(void **state)
{
    struct order *order = *state;
    struct group parties;
    order_read(order, "35=D|11=A|453=1|55=VOD|448=P1|");
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_false(group_next(&parties));
    assert_int_equal(parties.entry, 0);
    struct group subs;
    assert_int_equal(group_open_nested(&subs, &parties, 802), GROUP_ABSENT);
}

static void count_of_zero_has_no_entries(void **state)
{
    struct order *order = *state;
    struct group parties;
    order_read(order, "35=D|11=A|453=0|55=VOD|");
    assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453), GROUP_OK);
    assert_int_equal(parties.count, 0);
    assert_false(group_next(&parties));
}

static void count_that_is_no_count_is_told(void **state)
{
    struct order *order = *state;
    static const char *const counts[] = {"",    "x",          "-1",
                                         "1.0", "4294967296", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        char body[128];
        (void)snprintf(body, sizeof(body), "35=D|11=A|453=%s|448=P1|55=VOD|", counts[i]);
        order_read(order, body);
        struct group parties;
        assert_int_equal(group_open(&parties, &order->message, order->dictionary, 453),
                         GROUP_BAD_COUNT);
        assert_false(group_next(&parties));
    }
}

static void group_that_is_not_there_or_not_known_is_absent(void **state)
{
    struct order *order = *state;
    struct group group;
    order_read(order, "35=D|11=A|802=1|523=S|55=VOD|");
    assert_int_equal(group_open(&group, &order->message, order->dictionary, 453), GROUP_ABSENT);
    assert_int_equal(group_open(&group, &order->message, order->dictionary, 802), GROUP_ABSENT);
    assert_int_equal(group_open(&group, &order->message, order->dictionary, 11), GROUP_ABSENT);
    assert_int_equal(group_open(&group, &order->message, order->dictionary, 555), GROUP_ABSENT);
    assert_false(group_next(&group));
    order_read(order, "35=ZZ|453=1|448=P1|");
    assert_int_equal(group_open(&group, &order->message, order->dictionary, 453), GROUP_ABSENT);
}

static void group_of_the_header_is_opened_whatever_the_message(void **state)
{
    struct order *order = *state;
    struct group hops;
    order_read(order, "35=ZZ|627=2|628=H1|630=7|628=H2|11=A|");
    assert_int_equal(group_open(&hops, &order->message, order->dictionary, 627), GROUP_OK);
    assert_true(group_next(&hops));
    assert_entry(&hops, 630, "7");
    assert_true(group_next(&hops));
    assert_entry(&hops, 628, "H2");
    assert_false(group_next(&hops));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, order_new, order_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_are_visited_in_order),
        TEST(groups_nest_two_deep_and_keep_their_fields_apart),
        TEST(message_group_is_found_behind_a_group_that_nests_the_same),
        TEST(missing_and_extra_entries_leave_the_count_to_the_caller),
        TEST(missing_nested_entries_end_with_the_outer_entry),
        TEST(entries_begin_with_whichever_field_of_the_group_comes_first),
        TEST(nested_entries_begin_with_whichever_field_comes_first_too),
        TEST(field_of_no_group_begins_no_entry),
        TEST(count_of_zero_has_no_entries),
        TEST(count_that_is_no_count_is_told),
        TEST(group_that_is_not_there_or_not_known_is_absent),
        TEST(group_of_the_header_is_opened_whatever_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
