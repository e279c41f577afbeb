#include "fix/validate.h"

#include "fix/tags.h"
#include "fix/validate_check.h"
#include "fix/validate_plain.h"

enum { USER_DEFINED_TAG_MIN = 5000 };

struct validate_options validate_options_default(void)
{
    return (struct validate_options){
        .fields_out_of_order = true,
        .fields_have_values = true,
        .user_defined_fields = true,
        .unknown_fields_allowed = false,
        .unknown_enums_allowed = false,
        .groups_unordered_allowed = false,
        .first_in_group_delimits = false,
    };
}

const char *session_reject_reason_text(enum session_reject_reason reason)
{
    switch (reason) {
    case REJECT_INVALID_TAG:
        return "Invalid tag number";
    case REJECT_REQUIRED_TAG_MISSING:
        return "Required tag missing";
    case REJECT_TAG_NOT_OF_MESSAGE:
        return "Tag not defined for this message type";
    case REJECT_UNDEFINED_TAG:
        return "Undefined tag";
    case REJECT_NO_VALUE:
        return "Tag specified without a value";
    case REJECT_VALUE_OUT_OF_RANGE:
        return "Value is incorrect (out of range) for this tag";
    case REJECT_BAD_FORMAT:
        return "Incorrect data format for value";
    case REJECT_DECRYPTION:
        return "Decryption problem";
    case REJECT_SIGNATURE:
        return "Signature problem";
    case REJECT_COMP_ID:
        return "CompID problem";
    case REJECT_SENDING_TIME:
        return "SendingTime accuracy problem";
    case REJECT_MSG_TYPE:
        return "Invalid MsgType";
    case REJECT_REPEATED_TAG:
        return "Tag appears more than once";
    case REJECT_OUT_OF_ORDER:
        return "Tag specified out of required order";
    case REJECT_GROUP_ORDER:
        return "Repeating group fields out of order";
    case REJECT_GROUP_COUNT:
        return "Incorrect NumInGroup count for repeating group";
    case REJECT_SOH_IN_VALUE:
        return "Non-data value includes field delimiter (SOH character)";
    case REJECT_NONE:
        break;
    }
    return "Other";
}

static enum rank rank_of(enum session_reject_reason reason)
{
    switch (reason) {
    case REJECT_OUT_OF_ORDER:
        return RANK_ORDER;
    case REJECT_NO_VALUE:
        return RANK_EMPTY;
    case REJECT_INVALID_TAG:
    case REJECT_TAG_NOT_OF_MESSAGE:
    case REJECT_UNDEFINED_TAG:
        return RANK_TAG;
    case REJECT_REPEATED_TAG:
        return RANK_REPEATED;
    case REJECT_BAD_FORMAT:
    case REJECT_SOH_IN_VALUE:
        return RANK_TYPE;
    case REJECT_VALUE_OUT_OF_RANGE:
        return RANK_ENUMERATION;
    case REJECT_REQUIRED_TAG_MISSING:
        return RANK_REQUIRED;
    case REJECT_GROUP_ORDER:
    case REJECT_GROUP_COUNT:
        return RANK_GROUP;
    case REJECT_DECRYPTION:
    case REJECT_SIGNATURE:
    case REJECT_COMP_ID:
    case REJECT_SENDING_TIME:
    case REJECT_MSG_TYPE:
    case REJECT_NONE:
        break;
    }
    return RANK_NONE;
}

/* Kept out of line: next to no field of a day's traffic is wrong. */
__attribute__((cold, noinline)) void check_note(struct check *check,
                                                enum session_reject_reason reason, uint32_t tag)
{
    enum rank rank = rank_of(reason);
    if (rank < check->rank) {
        check->rank = rank;
        check->fault = (struct validate_fault){.reason = reason, .tag = tag};
    }
}

/* Marks a field of the top level; true when it was marked before. */
static inline bool seen_before(struct check *check, uint32_t index)
{
    uint64_t bit = UINT64_C(1) << (index % SEEN_WORD_BITS);
    uint64_t *word = &check->seen[index / SEEN_WORD_BITS];
    bool before = (*word & bit) != 0;
    *word |= bit;
    return before;
}

bool check_tolerates(const struct check *check, uint32_t tag)
{
    if (tag == 0) {
        return false;
    }
    return tag >= USER_DEFINED_TAG_MIN && !check->options->user_defined_fields
               ? true
               : check->options->unknown_fields_allowed && tag < USER_DEFINED_TAG_MIN;
}

/* The data field stands right behind the length field that counts it (FIX 4.4
 * Vol. 1, data type data). */
static void check_data(struct check *check, const struct dictionary_field *definition, uint32_t at)
{
    const struct message *message = check->message;
    if (definition->type == DICTIONARY_TYPE_DATA) {
        uint32_t before = at == 0 ? 0 : field_index(check->dictionary, message->fields[at - 1].tag);
        if (before == 0 || check->dictionary->fields[before - 1].data_tag != definition->tag) {
            check_note(check, REJECT_OUT_OF_ORDER, definition->tag);
        }
        return;
    }
    const struct field *length = &message->fields[at];
    const struct field *data = at + 1 < message->count ? length + 1 : NULL;
    uint64_t size = 0;
    if (data == NULL || data->tag != definition->data_tag) {
        check_note(check, REJECT_REQUIRED_TAG_MISSING, definition->data_tag);
    } else if (value_uint(field_value(message, length), &size) == VALUE_OK && size != data->size) {
        check_note(check, REJECT_VALUE_OUT_OF_RANGE, definition->tag);
    }
}

/* In line at the top level, where next to all fields are. */
static inline __attribute__((always_inline)) void
check_value_inline(struct check *check, const struct dictionary_field *definition, uint32_t at)
{
    const struct field *field = &check->message->fields[at];
    struct span value = field_value(check->message, field);
    if (value.size == 0) {
        if (check->options->fields_have_values) {
            check_note(check, REJECT_NO_VALUE, field->tag);
        }
        return;
    }
    if (!is_plain_value(definition, value)) {
        enum session_reject_reason reason =
            validate_value(check->dictionary, definition, check->options, value);
        if (reason != REJECT_NONE) {
            check_note(check, reason, field->tag);
        }
    }
    if (definition->paired) {
        check_data(check, definition, at);
    }
}

void check_value(struct check *check, const struct dictionary_field *definition, uint32_t at)
{
    check_value_inline(check, definition, at);
}

/* A field of a group that is there, but behind a field that ended the group. */
static bool left_behind(const struct check *check, const struct dictionary_message *definition,
                        uint32_t tag)
{
    const struct dictionary *dictionary = check->dictionary;
    for (uint32_t i = 0; i < definition->members_count; i++) {
        const struct dictionary_member *member =
            &dictionary->members[definition->members_begin + i];
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        uint32_t index = field_index(dictionary, member->tag) - 1;
        bool there = (check->seen[index / SEEN_WORD_BITS] >> (index % SEEN_WORD_BITS) & 1U) != 0;
        if (group != NULL && there && check_group_has(dictionary, group, tag)) {
            return true;
        }
    }
    return false;
}

/* BodyLength, CheckSum and BeginString of an unframed message mean nothing. */
static bool means_nothing(const struct check *check, uint32_t tag)
{
    return !check->framed &&
           (tag == TAG_BeginString || tag == TAG_BodyLength || tag == TAG_CheckSum);
}

/* A tag that the dictionary does not have. */
static __attribute__((cold, noinline)) void check_unknown(struct check *check, uint32_t tag)
{
    if (!check_tolerates(check, tag)) {
        check_note(check, REJECT_INVALID_TAG, tag);
    }
}

/* A tag that the dictionary has, but not in this part of the message. */
static __attribute__((cold, noinline)) void
check_foreign(struct check *check, const struct dictionary_message *part, uint32_t tag)
{
    if (left_behind(check, part, tag)) {
        check_note(check, REJECT_GROUP_ORDER, tag);
    } else if (!check_tolerates(check, tag)) {
        check_note(check, REJECT_TAG_NOT_OF_MESSAGE, tag);
    }
}

/* One field of the top level; the index behind it, or behind its group. */
static inline uint32_t check_field(struct check *check, uint32_t at)
{
    const struct dictionary *dictionary = check->dictionary;
    uint32_t tag = check->message->fields[at].tag;
    uint32_t index = field_index(dictionary, tag);
    if (index == 0) {
        check_unknown(check, tag);
        return at + 1;
    }
    if (means_nothing(check, tag)) {
        return at + 1;
    }
    const struct dictionary_field *field = &dictionary->fields[index - 1];
    enum dictionary_section section = field->section;
    if (section < check->section) { /* A part that comes after its turn. */
        if (check->framed && check->options->fields_out_of_order) {
            check_note(check, REJECT_OUT_OF_ORDER, tag);
        }
    } else {
        check->section = section;
    }
    const struct dictionary_message *part = check->parts[section];
    uint32_t offset = part->member_by_field[index - 1];
    if (offset == 0) {
        check_foreign(check, part, tag);
        return at + 1;
    }
    const struct dictionary_member *member = &dictionary->members[part->members_begin + offset - 1];
    if (seen_before(check, index - 1)) {
        check_note(check, REJECT_REPEATED_TAG, tag);
    } else {
        check->required_left[section] -= member->required ? 1 : 0;
    }
    if (member->forbidden) {
        check_note(check, REJECT_TAG_NOT_OF_MESSAGE, tag);
    }
    check_value_inline(check, field, at);
    return member->group == 0 ? at + 1
                              : check_group(check, &dictionary->groups[member->group - 1], at);
}

/* Which required fields of the part are not there, if any is not. */
static void check_required(struct check *check, enum dictionary_section section)
{
    if (check->required_left[section] == 0) {
        return;
    }
    const struct dictionary_message *part = check->parts[section];
    const uint32_t *tags = &check->dictionary->required_tags[part->required_begin];
    for (uint32_t i = 0; i < part->required_count; i++) {
        uint32_t index = field_index(check->dictionary, tags[i]) - 1;
        if ((check->seen[index / SEEN_WORD_BITS] >> (index % SEEN_WORD_BITS) & 1U) == 0) {
            check_note(check, REJECT_REQUIRED_TAG_MISSING, tags[i]);
        }
    }
}

static struct validate_fault fault_of_msg_type(enum session_reject_reason reason)
{
    return (struct validate_fault){.reason = reason, .tag = TAG_MsgType};
}

static struct validate_fault run(const struct dictionary *dictionary,
                                 const struct validate_options *options,
                                 const struct message *message, bool framed)
{
    if (message->msg_type >= message->count) {
        return fault_of_msg_type(REJECT_REQUIRED_TAG_MISSING);
    }
    struct span msg_type = message_type(message);
    const struct dictionary_message *definition = dictionary_message(dictionary, msg_type);
    if (definition == NULL) {
        return fault_of_msg_type(msg_type.size == 0 ? REJECT_NO_VALUE : REJECT_MSG_TYPE);
    }
    struct check check;
    check.dictionary = dictionary;
    check.options = options;
    check.message = message;
    check.definition = definition;
    check.parts[DICTIONARY_SECTION_HEADER] = &dictionary->header;
    check.parts[DICTIONARY_SECTION_BODY] = definition;
    check.parts[DICTIONARY_SECTION_TRAILER] = &dictionary->trailer;
    for (uint32_t i = 0; i < DICTIONARY_SECTION_COUNT; i++) {
        check.required_left[i] = check.parts[i]->required_count;
    }
    check.framed = framed;
    check.section = DICTIONARY_SECTION_HEADER;
    check.rank = RANK_NONE;
    check.fault = (struct validate_fault){.reason = REJECT_NONE, .tag = 0};
    size_t words = (dictionary->fields_count + SEEN_WORD_BITS - 1) / SEEN_WORD_BITS;
    memset(check.seen, 0, words * sizeof(check.seen[0]));
    uint32_t at = 0;
    while (at < message->count) {
        at = check_field(&check, at);
    }
    if (framed) {
        check_required(&check, DICTIONARY_SECTION_HEADER);
        check_required(&check, DICTIONARY_SECTION_TRAILER);
    }
    check_required(&check, DICTIONARY_SECTION_BODY);
    return check.fault;
}

struct validate_fault validate_message(const struct dictionary *dictionary,
                                       const struct validate_options *options,
                                       const struct message *message)
{
    return run(dictionary, options, message, true);
}

struct validate_fault validate_body(const struct dictionary *dictionary,
                                    const struct validate_options *options,
                                    const struct message *message)
{
    return run(dictionary, options, message, false);
}
