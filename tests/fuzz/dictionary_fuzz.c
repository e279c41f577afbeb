/* Any bytes as a dictionary, alone or as an overlay.
 *
 * What must hold: a refusal has one line with a reason, and what is accepted has
 * tables in order in which everything that is listed is found. The first byte
 * decides: odd = the rest is an overlay on a small base; even = the rest is the
 * base, and what follows a NUL, if there is one, its overlay. */
#include "fix/dictionary_loader.h"
#include "tests/fuzz/fuzz.h"

static const char BASE[] =
    "<fix type='FIX' major='4' minor='4'><header><field name='MsgType' required='Y'/></header>"
    "<trailer><field name='CheckSum' required='Y'/></trailer><messages>"
    "<message name='Order' msgtype='D' msgcat='app'><field name='Text' required='Y'/>"
    "<component name='Parties' required='Y'/></message></messages><components>"
    "<component name='Parties'><group name='NoPartyIDs' required='N'><field name='PartyID'/>"
    "<field name='Side'/></group></component></components><fields>"
    "<field number='10' name='CheckSum' type='STRING'/>"
    "<field number='35' name='MsgType' type='STRING'/>"
    "<field number='54' name='Side' type='CHAR'><value enum='1' description='BUY'/></field>"
    "<field number='58' name='Text' type='STRING'/>"
    "<field number='448' name='PartyID' type='STRING'/>"
    "<field number='453' name='NoPartyIDs' type='NUMINGROUP'/></fields></fix>";

static void check_level(const struct dictionary *dictionary, uint32_t begin, uint32_t count,
                        unsigned depth)
{
    ASSERT(depth <= FIX_GROUP_DEPTH_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct dictionary_member *member = &dictionary->members[begin + i];
        ASSERT(i == 0 || member->tag > dictionary->members[begin + i - 1].tag);
        ASSERT(member->position < count);
        ASSERT(dictionary_field(dictionary, member->tag) != NULL);
        ASSERT(!member->required || !member->forbidden);
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        if (group != NULL) {
            ASSERT(group->members_count > 0);
            ASSERT(group->count_tag == member->tag);
            ASSERT(dictionary_group_member(dictionary, group, group->first_tag)->position == 0);
            check_level(dictionary, group->members_begin, group->members_count, depth + 1);
        }
    }
}

static void check_dictionary(const struct dictionary *dictionary)
{
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        const struct dictionary_field *field = &dictionary->fields[i];
        ASSERT(dictionary_field(dictionary, field->tag) == field);
        ASSERT(dictionary_field_named(dictionary, span_text(field->name)) == field);
        for (uint32_t v = 0; v < field->values_count; v++) {
            const struct dictionary_value *value = &dictionary->values[field->values_begin + v];
            ASSERT(dictionary_value_name(dictionary, field, span_text(value->value)) ==
                   value->description);
        }
    }
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        const struct dictionary_message *message = &dictionary->messages[i];
        ASSERT(dictionary_message(dictionary, span_text(message->msg_type)) == message);
        ASSERT(message->required_count <= message->members_count);
        check_level(dictionary, message->members_begin, message->members_count, 0);
    }
    check_level(dictionary, dictionary->header.members_begin, dictionary->header.members_count, 0);
    check_level(dictionary, dictionary->trailer.members_begin, dictionary->trailer.members_count,
                0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct dictionary_source sources[2] = {
        {.name = "base.xml", .xml = span_of(data + 1, size - 1)},
        {.name = "over.xml", .xml = span_of(NULL, 0)},
    };
    size_t count = 1;
    const uint8_t *end = memchr(data + 1, '\0', size - 1);
    if (data[0] % 2 != 0) {
        sources[1].xml = sources[0].xml;
        sources[0].xml = span_text(BASE);
        count = 2;
    } else if (end != NULL) {
        sources[0].xml = span_of(data + 1, (size_t)(end - data) - 1);
        sources[1].xml = span_of(end + 1, size - (size_t)(end - data) - 1);
        count = 2;
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, count, error);
    if (dictionary == NULL) {
        ASSERT(strchr(error, ':') != NULL);
        ASSERT(strchr(error, '\n') == NULL);
        return 0;
    }
    ASSERT(error[0] == '\0');
    check_dictionary(dictionary);
    dictionary_free(dictionary);
    return 0;
}
