#include "fix/dictionary.h"

const struct dictionary_field *dictionary_field(const struct dictionary *dictionary, uint32_t tag)
{
    if (tag >= dictionary->field_by_tag_size) {
        return NULL;
    }
    uint16_t index = dictionary->field_by_tag[tag];
    return index == 0 ? NULL : &dictionary->fields[index - 1];
}

/* The order of strcmp(text, span): the span has no NUL at its end. */
static int text_compare(const char *text, struct span span)
{
    size_t size = strlen(text);
    int order = 0;
    if (size > 0 && span.size > 0) {
        order = memcmp(text, span.data, size < span.size ? size : span.size);
    }
    return order != 0 ? order : (size > span.size) - (size < span.size);
}

const struct dictionary_field *dictionary_field_named(const struct dictionary *dictionary,
                                                      struct span name)
{
    uint32_t low = 0;
    uint32_t high = dictionary->fields_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct dictionary_field *field =
            &dictionary->fields[dictionary->field_by_name[middle]];
        int order = text_compare(field->name, name);
        if (order == 0) {
            return field;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct dictionary_message *dictionary_message(const struct dictionary *dictionary,
                                                    struct span msg_type)
{
    if (msg_type.size == 1) {
        uint8_t byte = msg_type.data[0];
        uint16_t index =
            byte < ARRAY_LEN(dictionary->message_by_byte) ? dictionary->message_by_byte[byte] : 0;
        return index == 0 ? NULL : &dictionary->messages[index - 1];
    }
    uint32_t low = 0;
    uint32_t high = dictionary->messages_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(dictionary->messages[middle].msg_type, msg_type);
        if (order == 0) {
            return &dictionary->messages[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct dictionary_member *dictionary_member(const struct dictionary *dictionary,
                                                  const struct dictionary_message *message,
                                                  uint32_t tag)
{
    uint16_t field = tag < dictionary->field_by_tag_size ? dictionary->field_by_tag[tag] : 0;
    uint16_t offset = field == 0 ? 0 : message->member_by_field[field - 1];
    return offset == 0 ? NULL : &dictionary->members[message->members_begin + offset - 1];
}

const struct dictionary_member *dictionary_group_member(const struct dictionary *dictionary,
                                                        const struct dictionary_group *group,
                                                        uint32_t tag)
{
    const struct dictionary_member *members = &dictionary->members[group->members_begin];
    uint32_t low = 0;
    uint32_t high = group->members_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (members[middle].tag == tag) {
            return &members[middle];
        }
        if (members[middle].tag < tag) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct dictionary_group *dictionary_group_of(const struct dictionary *dictionary,
                                                   const struct dictionary_member *member)
{
    return member->group == 0 ? NULL : &dictionary->groups[member->group - 1];
}

const char *dictionary_value_name(const struct dictionary *dictionary,
                                  const struct dictionary_field *field, struct span value)
{
    const struct dictionary_value *values = &dictionary->values[field->values_begin];
    uint32_t low = 0;
    uint32_t high = field->values_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(values[middle].value, value);
        if (order == 0) {
            return values[middle].description;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *dictionary_type_name(enum dictionary_type type)
{
    static const char *const NAMES[] = {
#define X(name) #name,
        DICTIONARY_TYPES(X)
#undef X
    };
    ASSERT((size_t)type < ARRAY_LEN(NAMES));
    return NAMES[type];
}
