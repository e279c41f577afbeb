/* What the loader refuses, each with file, line and reason. */
#include "dictionary_fixture.h"

#define ENVELOPE                                                                                   \
    "<header><field name='MsgType' required='Y'/></header>"                                        \
    "<trailer><field name='CheckSum' required='Y'/></trailer>"
#define MESSAGES     "<messages><message name='Test' msgtype='T' msgcat='app'>"
#define END_MESSAGES "</message></messages>"
#define FIELDS                                                                                     \
    "<fields><field number='35' name='MsgType' type='STRING'/>"                                    \
    "<field number='10' name='CheckSum' type='STRING'/>"                                           \
    "<field number='1' name='Account' type='STRING'/>"                                             \
    "<field number='58' name='Text' type='STRING'/>"                                               \
    "<field number='453' name='NoPartyIDs' type='NUMINGROUP'/>"                                    \
    "<field number='448' name='PartyID' type='STRING'/>"                                           \
    "<field number='54' name='Side' type='CHAR'><value enum='1' description='BUY'/></field>"
#define END_FIELDS "</fields>"
#define ROOT       "<fix type='FIX' major='4' minor='4'>"

/* A small dictionary that is right; the tests put something wrong into it. */
#define SMALL(members, components, fields)                                                         \
    ROOT "\n" ENVELOPE "\n" MESSAGES "<field name='Text' required='Y'/>\n" members                 \
         "\n" END_MESSAGES "\n<components>\n" components "\n</components>\n" FIELDS "\n" fields    \
         "\n" END_FIELDS "</fix>"
/* Lines of SMALL: where what was put in stands. */
enum { LINE_MEMBERS = 4, LINE_COMPONENTS = 7, LINE_FIELDS = 10 };

static struct dictionary *load(const char *base, const char *overlay,
                               char error[DICTIONARY_ERROR_BYTES_MAX])
{
    struct dictionary_source sources[] = {
        {.name = "base.xml", .xml = span_text(base)},
        {.name = "over.xml", .xml = span_text(overlay == NULL ? "" : overlay)},
    };
    return dictionary_load(sources, overlay == NULL ? 1 : 2, error);
}

static void refused(const char *base, const char *overlay, const char *file, unsigned line,
                    const char *reason)
{
    char error[DICTIONARY_ERROR_BYTES_MAX];
    char expected[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = load(base, overlay, error);
    assert_null(dictionary);
    (void)snprintf(expected, sizeof(expected), "%s:%u: %s", file, line, reason);
    assert_string_equal(error, expected);
}

static void base_refused(const char *base, unsigned line, const char *reason)
{
    refused(base, NULL, "base.xml", line, reason);
}

static void overlay_refused(const char *overlay, unsigned line, const char *reason)
{
    refused(SMALL("", "", ""), overlay, "over.xml", line, reason);
}

static void a_small_dictionary_is_right(void **state)
{
    (void)state;
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = load(SMALL("", "", ""), NULL, error);
    assert_non_null(dictionary);
    assert_string_equal(dictionary->begin_string, "FIX.4.4");
    assert_int_equal(dictionary->fields_count, 7);
    assert_int_equal(dictionary->messages_count, 1);
    assert_string_equal(error, "");
    dictionary_free(dictionary);
    dictionary_free(NULL);
}

static void what_is_not_xml_is_refused(void **state)
{
    (void)state;
    base_refused("", 1, "not well-formed XML: no element found");
    base_refused("garbage", 1, "not well-formed XML: syntax error");
    base_refused(ROOT "\n<header>\n</fix>", 3, "not well-formed XML: mismatched tag");
    base_refused(ROOT "\n", 2, "not well-formed XML: no element found");
    base_refused(ROOT "\n<header", 2, "not well-formed XML: unclosed token");
    base_refused(ROOT "<header\x01/></fix>", 1,
                 "not well-formed XML: not well-formed (invalid token)");
}

static void entities_and_document_types_are_refused(void **state)
{
    (void)state;
    base_refused("<!DOCTYPE fix [<!ENTITY a 'x'>]>" ROOT "&a;</fix>", 1,
                 "a document type is not allowed: fix");
    base_refused("<!DOCTYPE fix SYSTEM 'file:///etc/hostname'>" ROOT "</fix>", 1,
                 "a document type is not allowed: fix");
    base_refused(ROOT "&a;</fix>", 1, "not well-formed XML: undefined entity");
}

static void the_wrong_root_is_refused(void **state)
{
    (void)state;
    base_refused("\n<html></html>", 2, "the root is not <fix> but html");
    base_refused("<fix>" ENVELOPE MESSAGES "<field name='Text'/>" END_MESSAGES FIELDS END_FIELDS
                 "</fix>",
                 1, "the root needs type=\"FIX\" and numbers as major and minor");
    base_refused("<fix type='FIX' major='x' minor='4'>" ENVELOPE MESSAGES
                 "<field name='Text'/>" END_MESSAGES FIELDS END_FIELDS "</fix>",
                 1, "the root needs type=\"FIX\" and numbers as major and minor");
}

static void misplaced_elements_and_text_are_refused(void **state)
{
    (void)state;
    base_refused(ROOT "\n<message name='X'/></fix>", 2, "misplaced element message");
    base_refused(ROOT "\n<fields><value enum='1' description='A'/></fields></fix>", 2,
                 "misplaced element value");
    base_refused(ROOT "\nhello</fix>", 2, "text between the elements");
    base_refused(SMALL("<fieldd name='Account'/>", "", ""), LINE_MEMBERS,
                 "misplaced element fieldd");
}

static void attributes_unknown_empty_missing_or_too_long_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("<field name='Account' requierd='Y'/>", "", ""), LINE_MEMBERS,
                 "<field> has no attribute 'requierd'");
    base_refused(SMALL("<field name='' required='Y'/>", "", ""), LINE_MEMBERS, "name is empty");
    base_refused(SMALL("<field required='Y'/>", "", ""), LINE_MEMBERS, "<field> without name");
    base_refused(SMALL("<field name='Account' required='yes'/>", "", ""), LINE_MEMBERS,
                 "'yes' is neither Y nor N");
    char text[2048];
    char name[400];
    memset(name, 'A', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    (void)snprintf(text, sizeof(text), ROOT "\n<header>\n<field name='%s'/></header></fix>", name);
    base_refused(text, 3, "name is longer than 255 bytes");
}

static void elements_nested_too_deeply_are_refused(void **state)
{
    (void)state;
    char text[4096] = ROOT "<header>";
    for (int i = 0; i < 20; i++) {
        strcat(text, "<group name='NoPartyIDs'>");
    }
    base_refused(text, 1, "elements are nested too deeply at group");
    base_refused(SMALL("<group name='NoA'><field name='Account'/><group name='NoB'>"
                       "<field name='Account'/><group name='NoC'><field name='Account'/>"
                       "<group name='NoD'><field name='Account'/><group name='NoE'>"
                       "<field name='Account'/></group></group></group></group></group>",
                       "",
                       "<field number='901' name='NoA' type='NUMINGROUP'/>"
                       "<field number='902' name='NoB' type='NUMINGROUP'/>"
                       "<field number='903' name='NoC' type='NUMINGROUP'/>"
                       "<field number='904' name='NoD' type='NUMINGROUP'/>"
                       "<field number='905' name='NoE' type='NUMINGROUP'/>"),
                 LINE_MEMBERS, "group NoE is nested deeper than 4");
}

static void fields_that_are_wrong_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("", "", "<field number='1' name='Other' type='STRING'/>"), LINE_FIELDS,
                 "number 1 twice: field Account has it in base.xml:9");
    base_refused(SMALL("", "", "<field number='2' name='Account' type='STRING'/>"), LINE_FIELDS,
                 "field Account twice: first in line 9");
    base_refused(SMALL("", "", "<field number='2' name='Other' type='STRINGS'/>"), LINE_FIELDS,
                 "unknown type 'STRINGS' of field Other");
    base_refused(SMALL("", "", "<field number='0' name='Other' type='INT'/>"), LINE_FIELDS,
                 "'0' is not a field number: 1 to 99999");
    base_refused(SMALL("", "", "<field number='100000' name='Other' type='INT'/>"), LINE_FIELDS,
                 "'100000' is not a field number: 1 to 99999");
    base_refused(SMALL("", "", "<field number='99999999999999999999' name='Other' type='INT'/>"),
                 LINE_FIELDS, "'99999999999999999999' is not a field number: 1 to 99999");
    base_refused(SMALL("", "", "<field number='-2' name='Other' type='INT'/>"), LINE_FIELDS,
                 "'-2' is not a field number: 1 to 99999");
    base_refused(SMALL("", "", "<field number='2' name='Oth er' type='INT'/>"), LINE_FIELDS,
                 "'Oth er' is not a name: a letter, then letters, digits or '_'");
    base_refused(SMALL("", "", "<field name='Other' type='INT'/>"), LINE_FIELDS,
                 "field Other without number or type");
    base_refused(SMALL("", "", "<field number='2' name='Blob' type='DATA'/>"), LINE_FIELDS,
                 "field Blob of type DATA has no field BlobLen or BlobLength of type LENGTH to "
                 "count it");
}

static void enumerations_that_are_wrong_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("", "",
                       "<field number='2' name='Other' type='CHAR'>"
                       "<value enum='1' description='A'/>\n<value enum='1' description='B'/>"
                       "</field>"),
                 LINE_FIELDS + 1, "value '1' of Other twice: first in base.xml:10");
    base_refused(SMALL("", "",
                       "<field number='2' name='Other' type='CHAR'>"
                       "<value enum='12' description='A'/></field>"),
                 LINE_FIELDS, "value '12' of Other is not of type CHAR");
    base_refused(SMALL("", "",
                       "<field number='2' name='Other' type='INT'>"
                       "<value enum='1a' description='A'/></field>"),
                 LINE_FIELDS, "value '1a' of Other is not of type INT");
    base_refused(SMALL("", "",
                       "<field number='2' name='Other' type='MULTIPLEVALUESTRING'>"
                       "<value enum='1 2' description='A'/></field>"),
                 LINE_FIELDS, "value '1 2' of Other holds a byte that it cannot");
}

static void references_to_nothing_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("<field name='Nowhere'/>", "", ""), LINE_MEMBERS,
                 "no field Nowhere is defined");
    base_refused(SMALL("<component name='Nowhere'/>", "", ""), LINE_MEMBERS,
                 "no component Nowhere is defined");
    base_refused(SMALL("<group name='NoThings'><field name='Account'/></group>", "", ""),
                 LINE_MEMBERS, "no field NoThings is defined");
    base_refused(SMALL("", "<component name='Unused'><field name='Nowhere'/></component>", ""),
                 LINE_COMPONENTS, "no field Nowhere is defined");
}

static void groups_that_are_wrong_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("<group name='NoPartyIDs'></group>", "", ""), LINE_MEMBERS,
                 "group NoPartyIDs has no fields");
    base_refused(SMALL("<group name='Account'><field name='PartyID'/></group>", "", ""),
                 LINE_MEMBERS, "group Account is counted by a field of type STRING");
    base_refused(SMALL("<group name='NoPartyIDs'><field name='PartyID'/>\n"
                       "<field name='PartyID'/></group>",
                       "", ""),
                 LINE_MEMBERS + 1, "PartyID twice: first in base.xml:4");
    base_refused(SMALL("<group name='NoPartyIDs'><group name='NoA'><field name='Account'/>"
                       "</group></group>",
                       "", "<field number='901' name='NoA' type='NUMINGROUP'/>"),
                 LINE_MEMBERS, "group NoPartyIDs begins with a group, not a field");
}

static void components_in_a_circle_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("",
                       "<component name='A'><component name='B'/></component>\n"
                       "<component name='B'><component name='A'/></component>",
                       ""),
                 LINE_COMPONENTS + 1, "component A contains itself");
    base_refused(SMALL("<component name='A'/>",
                       "<component name='A'><component name='A'/>"
                       "</component>",
                       ""),
                 LINE_COMPONENTS, "component A contains itself");
    base_refused(SMALL("", "<component name='A'></component>", ""), LINE_COMPONENTS,
                 "component A has no fields");
    base_refused(SMALL("",
                       "<component name='A'><field name='Account'/></component>\n"
                       "<component name='A'><field name='Side'/></component>",
                       ""),
                 LINE_COMPONENTS + 1, "component A twice: first in line 7");
}

static void messages_that_are_wrong_are_refused(void **state)
{
    (void)state;
    base_refused(SMALL("</message>\n<message name='Test' msgtype='U' msgcat='app'>", "", ""),
                 LINE_MEMBERS + 1, "message Test twice: first in line 3");
    base_refused(SMALL("</message>\n<message name='Two' msgtype='T' msgcat='app'>", "", ""),
                 LINE_MEMBERS + 1, "msgtype T twice: message Test has it in base.xml:3");
    base_refused(SMALL("</message>\n<message name='Two' msgcat='app'>", "", ""), LINE_MEMBERS + 1,
                 "message Two without msgtype");
    base_refused(SMALL("</message>\n<message name='Two' msgtype='U' msgcat='other'>", "", ""),
                 LINE_MEMBERS + 1, "msgcat 'other' is neither app nor admin");
    base_refused(SMALL("</message>\n<message name='Two' msgtype='U U'>", "", ""), LINE_MEMBERS + 1,
                 "'U U' is not a msgtype: 1 to 8 printable bytes");
    base_refused(SMALL("<field name='Text'/>", "", ""), LINE_MEMBERS,
                 "Text twice: first in base.xml:3");
    base_refused(SMALL("<field name='MsgType'/>", "", ""), LINE_MEMBERS,
                 "MsgType belongs to the header or trailer");
    base_refused(ROOT "\n" FIELDS END_FIELDS "</fix>", 1,
                 "no <header>, no <trailer> or no <messages>");
    base_refused(ROOT "\n</fix>", 1, "no <fields>");
    base_refused(ROOT "<header><field name='MsgType'/></header>\n"
                      "<header><field name='MsgType'/></header>" FIELDS END_FIELDS "</fix>",
                 2, "a second header: first in line 1");
}

#define OVER(body) "<fix>\n<messages>\n<message name='Test'>" body "</message></messages></fix>"

static void overlays_that_are_wrong_are_refused(void **state)
{
    (void)state;
    overlay_refused(OVER("<field name='Account' forbidden='Y'/>"), 3,
                    "Account is forbidden, but it is not there anyway");
    overlay_refused(OVER("<field name='Text' forbidden='Y' required='Y'/>"), 3,
                    "Text is required and forbidden");
    overlay_refused(OVER("<field name='Side'/>\n<field name='Side'/>"), 4,
                    "Side twice: first in over.xml:3");
    overlay_refused(OVER("<group name='Text'><field name='Side'/></group>"), 3,
                    "Text is a plain field in base.xml:3");
    overlay_refused("<fix>\n<messages><message name='Test' msgtype='X'/></messages></fix>", 2,
                    "message Test has msgtype T in base.xml:3");
    overlay_refused("<fix>\n<messages><message name='New'/></messages></fix>", 2,
                    "message New without msgtype");
    overlay_refused("<fix type='FIX' major='4' minor='2'></fix>", 1,
                    "overlay is for another version than base.xml");
    overlay_refused("<fix>\n<fields><field name='Text' type='INT'/></fields></fix>", 2,
                    "field Text is 58 of type STRING in base.xml:9");
    overlay_refused("<fix>\n<fields><field name='Text' number='59'/></fields></fix>", 2,
                    "field Text is 58 of type STRING in base.xml:9");
    overlay_refused("<fix>\n<fields><field name='Side'><value enum='1' description='B'/></field>"
                    "</fields></fix>",
                    2, "value '1' of Side twice: first in base.xml:9");
    overlay_refused("<fix>\n<oops/></fix>", 2, "misplaced element oops");
    refused(SMALL("<group name='NoPartyIDs'><field name='PartyID'/></group>", "", ""),
            OVER("<group name='NoPartyIDs'><field name='PartyID' forbidden='Y'/></group>"),
            "over.xml", 3, "PartyID begins each entry of NoPartyIDs: it cannot be forbidden");
}

/* `count` times `piece`, which is given its number, between the two ends. */
static void repeated_refused(const char *begin, const char *piece, const char *end, int count,
                             const char *reason)
{
    enum { TEXT_BYTES_MAX = 512 * 1024 };
    char *text = malloc(TEXT_BYTES_MAX);
    assert_non_null(text);
    size_t size = (size_t)snprintf(text, TEXT_BYTES_MAX, "%s", begin);
    for (int i = 0; i < count; i++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%d", i + 1);
        for (const char *c = piece; *c != '\0' && size + sizeof(number) < TEXT_BYTES_MAX; c++) {
            const char *from = *c == '#' ? number : c;
            size_t bytes = *c == '#' ? strlen(number) : 1;
            memcpy(text + size, from, bytes);
            size += bytes;
        }
    }
    (void)snprintf(text + size, TEXT_BYTES_MAX - size, "%s", end);
    base_refused(text, 1, reason);
    free(text);
}

static void more_than_the_limits_is_refused(void **state)
{
    (void)state;
    repeated_refused(ROOT "<fields>", "<field number='#' name='F#' type='INT'/>", "</fields></fix>",
                     4097, "more than 4096 fields");
    repeated_refused(ROOT "<fields><field number='1' name='F' type='INT'>",
                     "<value enum='#' description='D'/>", "</field></fields></fix>", 1025,
                     "more than 1024 values of F");
    repeated_refused(ROOT FIELDS "</fields><components>",
                     "<component name='C#'><field name='Text'/></component>", "</components></fix>",
                     1025, "more than 1024 components");
    repeated_refused(ROOT FIELDS "</fields>" ENVELOPE "<messages>",
                     "<message name='M#' msgtype='#'><field name='Text'/></message>",
                     "</messages></fix>", 1025, "more than 1024 messages");
}

static void an_error_is_one_line_whatever_the_file_says(void **state)
{
    (void)state;
    base_refused(SMALL("<field name='A&#10;B'/>", "", ""), LINE_MEMBERS, "no field A?B is defined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_dictionary_is_right),
        cmocka_unit_test(what_is_not_xml_is_refused),
        cmocka_unit_test(entities_and_document_types_are_refused),
        cmocka_unit_test(the_wrong_root_is_refused),
        cmocka_unit_test(misplaced_elements_and_text_are_refused),
        cmocka_unit_test(attributes_unknown_empty_missing_or_too_long_are_refused),
        cmocka_unit_test(elements_nested_too_deeply_are_refused),
        cmocka_unit_test(fields_that_are_wrong_are_refused),
        cmocka_unit_test(enumerations_that_are_wrong_are_refused),
        cmocka_unit_test(references_to_nothing_are_refused),
        cmocka_unit_test(groups_that_are_wrong_are_refused),
        cmocka_unit_test(components_in_a_circle_are_refused),
        cmocka_unit_test(messages_that_are_wrong_are_refused),
        cmocka_unit_test(overlays_that_are_wrong_are_refused),
        cmocka_unit_test(more_than_the_limits_is_refused),
        cmocka_unit_test(an_error_is_one_line_whatever_the_file_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
