/* Repeating groups: FIX 4.4 Vol. 1, "Repeating groups"; session-behaviours 11 i, j. */
#include "fix/validate_check.h"

bool check_group_has(const struct dictionary *dictionary, const struct dictionary_group *group,
                     uint32_t tag)
{
    for (uint32_t i = 0; i < group->members_count; i++) {
        const struct dictionary_member *member = &dictionary->members[group->members_begin + i];
        const struct dictionary_group *nested = dictionary_group_of(dictionary, member);
        if (member->tag == tag || (nested != NULL && check_group_has(dictionary, nested, tag))) {
            return true;
        }
    }
    return false;
}

static void check_entry_required(struct check *check, const struct dictionary_group *group,
                                 uint32_t begin, uint32_t end)
{
    for (uint32_t m = 0; m < group->members_count; m++) {
        const struct dictionary_member *member =
            &check->dictionary->members[group->members_begin + m];
        bool found = !member->required;
        for (uint32_t i = begin; i < end && !found; i++) {
            found = check->message->fields[i].tag == member->tag;
        }
        if (!found) {
            check_note(check, REJECT_REQUIRED_TAG_MISSING, member->tag);
            return;
        }
    }
}

static bool in_entry(const struct check *check, uint32_t begin, uint32_t at)
{
    uint32_t tag = check->message->fields[at].tag;
    for (uint32_t i = begin; i < at; i++) {
        if (check->message->fields[i].tag == tag) {
            return true;
        }
    }
    return false;
}

/* One member of an entry; the index behind it and what is nested in it. */
static uint32_t check_member(struct check *check, const struct dictionary_member *member,
                             uint32_t at)
{
    const struct dictionary *dictionary = check->dictionary;
    if (member->forbidden) {
        check_note(check, REJECT_TAG_NOT_OF_MESSAGE, member->tag);
    }
    check_value(check, &dictionary->fields[field_index(dictionary, member->tag) - 1], at);
    const struct dictionary_group *nested = dictionary_group_of(dictionary, member);
    return nested == NULL ? at + 1 : check_group(check, nested, at);
}

/* Does a tag that is no member end the entry? One that nothing in this message
 * knows does not, where such tags are allowed at all. */
static bool ends_entry(const struct check *check, uint32_t tag)
{
    const struct dictionary *dictionary = check->dictionary;
    const struct dictionary_field *field = dictionary_field(dictionary, tag);
    if (!check_tolerates(check, tag)) {
        return true;
    }
    if (field == NULL) {
        return false;
    }
    if (field->in_header || field->in_trailer) {
        return true;
    }
    for (uint32_t i = 0; i < check->definition->members_count; i++) {
        const struct dictionary_member *member =
            &dictionary->members[check->definition->members_begin + i];
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        if (member->tag == tag || (group != NULL && check_group_has(dictionary, group, tag))) {
            return true;
        }
    }
    return false;
}

/* An entry begins at `at`, with the field that delimits them, `first_tag`, or with any
 * other member, which is a fault. The index behind the entry. */
static uint32_t check_entry(struct check *check, const struct dictionary_group *group,
                            uint32_t first_tag, uint32_t at)
{
    const uint32_t begin = at;
    uint32_t required = 0;
    uint32_t position_next = 0;
    bool in_order = true;
    while (at < check->message->count) {
        uint32_t tag = check->message->fields[at].tag;
        const struct dictionary_member *member =
            dictionary_group_member(check->dictionary, group, tag);
        if (member == NULL) {
            if (ends_entry(check, tag)) {
                break;
            }
            at++;
            continue;
        }
        if (at > begin && tag == first_tag) {
            break;
        }
        bool first_right = at > begin || tag == first_tag;
        bool in_place = check->options->groups_unordered_allowed
                            ? !in_order || !in_entry(check, begin, at)
                            : member->position >= position_next;
        if (in_order && (!first_right || !in_place)) {
            check_note(check, REJECT_GROUP_ORDER, tag);
            in_order = false;
        }
        /* A delimiter out of its place says nothing about what may follow. */
        position_next = tag == first_tag && tag != group->first_tag ? 0 : member->position + 1;
        required += member->required ? 1 : 0;
        at = check_member(check, member, at);
    }
    if (required != group->required_count || !in_order) {
        check_entry_required(check, group, begin, at);
    }
    return at;
}

/* `at` is the count field. The index behind the last entry. */
uint32_t check_group(struct check *check, const struct dictionary_group *group, uint32_t at)
{
    const struct message *message = check->message;
    uint64_t count = 0;
    bool counted = value_uint(field_value(message, &message->fields[at]), &count) == VALUE_OK;
    uint64_t entries = 0;
    at++;
    uint32_t first_tag = check->options->first_in_group_delimits && at < message->count
                             ? message->fields[at].tag
                             : group->first_tag;
    while (at < message->count &&
           dictionary_group_member(check->dictionary, group, message->fields[at].tag) != NULL) {
        at = check_entry(check, group, first_tag, at);
        entries++;
    }
    if (counted && entries != count) {
        check_note(check, REJECT_GROUP_COUNT, group->count_tag);
    }
    return at;
}
