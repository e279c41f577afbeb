#include "fix/dictionary.h"
#include "fix/message.h"

static uint32_t group_skip(const struct dictionary *dictionary, const struct message *message,
                           const struct dictionary_group *definition, uint32_t at, uint32_t end,
                           unsigned depth);

/* Tag of the field that begins each entry of a group whose first one would begin at `at`. */
static uint32_t group_first_tag(const struct dictionary *dictionary, const struct message *message,
                                const struct dictionary_group *definition, uint32_t at,
                                uint32_t end)
{
    if (at < end &&
        dictionary_group_member(dictionary, definition, message->fields[at].tag) != NULL) {
        return message->fields[at].tag;
    }
    return definition->first_tag;
}

/* Index behind the entry that begins at `at`: of the next entry, or of the first
 * field that is not of the group. Nested groups are stepped over whole. */
static uint32_t entry_skip(const struct dictionary *dictionary, const struct message *message,
                           const struct dictionary_group *definition, uint32_t at, uint32_t end,
                           unsigned depth)
{
    const uint32_t first_tag = message->fields[at].tag;
    at += 1;
    while (at < end && message->fields[at].tag != first_tag) {
        const struct dictionary_member *member =
            dictionary_group_member(dictionary, definition, message->fields[at].tag);
        if (member == NULL) {
            return at;
        }
        at += 1;
        if (member->group != 0 && depth < FIX_GROUP_DEPTH_MAX) {
            at = group_skip(dictionary, message, dictionary_group_of(dictionary, member), at, end,
                            depth + 1);
        }
    }
    return at;
}

/* Index behind all entries of a group whose first one would begin at `at`. */
static uint32_t group_skip(const struct dictionary *dictionary, const struct message *message,
                           const struct dictionary_group *definition, uint32_t at, uint32_t end,
                           unsigned depth)
{
    const uint32_t first_tag = group_first_tag(dictionary, message, definition, at, end);
    while (at < end && message->fields[at].tag == first_tag) {
        at = entry_skip(dictionary, message, definition, at, end, depth);
    }
    return at;
}

/* Binds `group` to the fields behind its count field, fields[at]. */
static enum group_result group_bind(struct group *group, const struct message *message,
                                    const struct dictionary *dictionary,
                                    const struct dictionary_group *definition, uint32_t at,
                                    uint32_t end)
{
    *group = (struct group){.message = message,
                            .dictionary = dictionary,
                            .definition = definition,
                            .first_tag = definition->first_tag,
                            .next = at + 1,
                            .end = end};
    uint64_t count = 0;
    if (value_uint(field_value(message, &message->fields[at]), &count) != VALUE_OK ||
        count > UINT32_MAX) {
        group->next = end;
        return GROUP_BAD_COUNT;
    }
    group->count = (uint32_t)count;
    if (count > 0) {
        group->first_tag = group_first_tag(dictionary, message, definition, at + 1, end);
    }
    return GROUP_OK;
}

/* A field of the header, of the body or of the trailer. */
static const struct dictionary_member *member_anywhere(const struct dictionary *dictionary,
                                                       const struct dictionary_message *body,
                                                       uint32_t tag)
{
    const struct dictionary_member *member = NULL;
    if (body != NULL) {
        member = dictionary_member(dictionary, body, tag);
    }
    return member != NULL ? member : dictionary_member(dictionary, &dictionary->header, tag);
}

enum group_result group_open(struct group *group, const struct message *message,
                             const struct dictionary *dictionary, uint32_t count_tag)
{
    *group = (struct group){.message = message, .dictionary = dictionary};
    const struct dictionary_message *body = dictionary_message(dictionary, message_type(message));
    const struct dictionary_member *counted = member_anywhere(dictionary, body, count_tag);
    if (counted == NULL || counted->group == 0) {
        return GROUP_ABSENT;
    }
    uint32_t at = 0;
    while (at < message->count) {
        uint32_t tag = message->fields[at].tag;
        if (tag == count_tag) {
            return group_bind(group, message, dictionary, dictionary_group_of(dictionary, counted),
                              at, message->count);
        }
        at += 1;
        /* Groups on the way are stepped over: their entries may count with the same tag. */
        const struct dictionary_member *member = member_anywhere(dictionary, body, tag);
        if (member != NULL && member->group != 0) {
            at = group_skip(dictionary, message, dictionary_group_of(dictionary, member), at,
                            message->count, 1);
        }
    }
    return GROUP_ABSENT;
}

enum group_result group_open_nested(struct group *group, const struct group *outer,
                                    uint32_t count_tag)
{
    *group = (struct group){.message = outer->message, .dictionary = outer->dictionary};
    if (outer->entry == 0) {
        return GROUP_ABSENT;
    }
    const struct dictionary_member *member =
        dictionary_group_member(outer->dictionary, outer->definition, count_tag);
    const struct field *field = group_find(outer, count_tag);
    if (member == NULL || member->group == 0 || field == NULL) {
        return GROUP_ABSENT;
    }
    return group_bind(group, outer->message, outer->dictionary,
                      dictionary_group_of(outer->dictionary, member),
                      (uint32_t)(field - outer->message->fields), outer->entry_end);
}

bool group_next(struct group *group)
{
    if (group->definition == NULL || group->next >= group->end ||
        group->message->fields[group->next].tag != group->first_tag) {
        group->entry_begin = group->next;
        group->entry_end = group->next;
        return false;
    }
    group->entry += 1;
    group->entry_begin = group->next;
    group->entry_end = entry_skip(group->dictionary, group->message, group->definition, group->next,
                                  group->end, 1);
    group->next = group->entry_end;
    return true;
}

const struct field *group_find(const struct group *group, uint32_t tag)
{
    uint32_t at = group->entry_begin;
    while (at < group->entry_end) {
        const struct field *field = &group->message->fields[at];
        if (field->tag == tag) {
            return field;
        }
        at += 1;
        const struct dictionary_member *member =
            dictionary_group_member(group->dictionary, group->definition, field->tag);
        if (member != NULL && member->group != 0) {
            at =
                group_skip(group->dictionary, group->message,
                           dictionary_group_of(group->dictionary, member), at, group->entry_end, 1);
        }
    }
    return NULL;
}
