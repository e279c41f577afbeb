/* Messages for people, and words that are nearly right. */
#include "gateway/shell/nearest.h"
#include "gateway/shell/readable.h"
#include "tests/unit/shell_dictionary_fixture.h"

static char text[8192];

static const char *readable(const char *message, enum readable_form form)
{
    char fix[4096];
    strcpy(fix, message);
    for (char *at = fix; *at != '\0'; at++) {
        *at = *at == '|' ? FIX_SOH : *at;
    }
    size_t size = readable_format(dictionary, span_text(fix), form, text, sizeof(text) - 1);
    text[size] = '\0';
    return text;
}

static void one_line_has_names_and_words(void **state)
{
    (void)state;
    assert_string_equal(
        readable("8=FIX.4.4|9=5|35=8|49=A|11=1|54=1|9999=x|58=two words|453=2|448=X|452=3|802=1|"
                 "523=s|448=Y|38=100|10=000|",
                 READABLE_LINE),
        "ExecutionReport ClOrdID=1 Side=BUY(1) 9999=x Text=\"two words\" NoPartyIDs=[{PartyID=X "
        "PartyRole=CLIENT_ID(3) NoPartySubIDs=[{PartySubID=s}]} {PartyID=Y}] OrderQty=100");
}

static void many_lines_have_everything(void **state)
{
    (void)state;
    assert_string_equal(
        readable("8=FIX.4.4|9=5|35=D|11=1|54=1|453=1|448=X|10=000|", READABLE_LINES),
        "NewOrderSingle\n"
        "  Header\n"
        "    BeginString(8) = FIX.4.4\n"
        "    BodyLength(9) = 5\n"
        "    MsgType(35) = D NEW_ORDER_SINGLE\n"
        "  Body\n"
        "    ClOrdID(11) = 1\n"
        "    Side(54) = 1 BUY\n"
        "    NoPartyIDs(453) = 1\n"
        "      1.\n"
        "        PartyID(448) = X\n"
        "  Trailer\n"
        "    CheckSum(10) = 000\n");
}

static void fields_alone_have_the_header_first(void **state)
{
    (void)state;
    assert_string_equal(
        readable("8=FIX.4.4|9=5|35=D|453=1|448=X|49=A|9999=y|10=000|", READABLE_FIELDS),
        "  BeginString(8) = FIX.4.4\n"
        "  BodyLength(9) = 5\n"
        "  MsgType(35) = D NEW_ORDER_SINGLE\n"
        "  SenderCompID(49) = A\n"
        "  NoPartyIDs(453) = 1\n"
        "    1.\n"
        "      PartyID(448) = X\n"
        "  9999 = y\n"
        "  CheckSum(10) = 000\n");
}

static void secrets_and_control_characters_are_not_shown(void **state)
{
    (void)state;
    assert_string_equal(readable("35=A|553=me|554=geheim|925=neu|58=a\x1b[1m\n|", READABLE_LINE),
                        "Logon Username=me Password=*** NewPassword=*** Text=a\\x1b[1m\\x0a");
    assert_string_equal(readable("35=A|96=geheim|1402=geheim|", READABLE_LINE),
                        "Logon RawData=*** 1402=***");
}

static void unknown_message_is_shown_all_the_same(void **state)
{
    (void)state;
    assert_string_equal(readable("35=ZZ|11=1|", READABLE_LINE), "MsgType=ZZ ClOrdID=1");
}

static void what_is_no_message_is_shown_raw(void **state)
{
    (void)state;
    assert_string_equal(readable("garbage|554=x|", READABLE_LINE), "garbage|554=***|");
}

static void text_is_cut_at_the_end_of_the_room(void **state)
{
    (void)state;
    const char *message = "35=D\00111=1\001453=1\001448=X\001";
    size_t whole =
        readable_format(dictionary, span_text(message), READABLE_LINES, text, sizeof(text));
    for (size_t room = 0; room < whole; room++) {
        text[room] = 'Z';
        assert_int_equal(
            readable_format(dictionary, span_text(message), READABLE_LINES, text, room), room);
        assert_int_equal(text[room], 'Z');
    }
}

static void broken_group_does_not_hide_fields(void **state)
{
    (void)state;
    assert_string_equal(readable("35=D|453=x|448=X|453=1|448=Y|11=1|", READABLE_LINE),
                        "NewOrderSingle NoPartyIDs=x PartyID=X NoPartyIDs=1 PartyID=Y ClOrdID=1");
}

static void distance_counts_swaps_and_ignores_case(void **state)
{
    (void)state;
    assert_int_equal(edit_distance(span_text(""), span_text("")), 0);
    assert_int_equal(edit_distance(span_text("abc"), span_text("")), 3);
    assert_int_equal(edit_distance(span_text("kitten"), span_text("sitting")), 3);
    assert_int_equal(edit_distance(span_text("ClOrdId"), span_text("CLORDID")), 0);
    assert_int_equal(edit_distance(span_text("ab"), span_text("ba")), 1);
    assert_int_equal(edit_distance(span_text("tial"), span_text("tail")), 1);
}

static void nothing_near_is_no_guess(void **state)
{
    (void)state;
    struct nearest nearest;
    nearest_init(&nearest, span_text("qqqqqq"));
    nearest_offer(&nearest, "run");
    assert_null(nearest.best);
    nearest_init(&nearest, span_text("chek"));
    nearest_offer(&nearest, "help");
    nearest_offer(&nearest, "check");
    assert_string_equal(nearest.best, "check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_has_names_and_words),
        cmocka_unit_test(many_lines_have_everything),
        cmocka_unit_test(fields_alone_have_the_header_first),
        cmocka_unit_test(secrets_and_control_characters_are_not_shown),
        cmocka_unit_test(unknown_message_is_shown_all_the_same),
        cmocka_unit_test(what_is_no_message_is_shown_raw),
        cmocka_unit_test(text_is_cut_at_the_end_of_the_room),
        cmocka_unit_test(broken_group_does_not_hide_fields),
        cmocka_unit_test(distance_counts_swaps_and_ignores_case),
        cmocka_unit_test(nothing_near_is_no_guess),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
