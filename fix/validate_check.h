/* One run of validate_message(): what its parts share.
 *
 * Pure. validate.c walks the top level, validate_group.c the repeating groups,
 * validate_value.c judges single values. */
#ifndef FIX_VALIDATE_CHECK_H
#define FIX_VALIDATE_CHECK_H

#include "fix/validate_value.h"

enum { SEEN_WORD_BITS = 64 };

/* Which of several faults counts: the earliest of these, as session-behaviours
 * 12 orders the checks; of the same rank, the first in the message. */
enum rank {
    RANK_ORDER,
    RANK_EMPTY,
    RANK_TAG,
    RANK_REPEATED,
    RANK_TYPE,
    RANK_ENUMERATION,
    RANK_REQUIRED,
    RANK_GROUP,
    RANK_NONE,
};

struct check {
    const struct dictionary *dictionary;
    const struct validate_options *options;
    const struct message *message;
    const struct dictionary_message *definition;
    /* By section: its definition (the body's is `definition`), and how many of its
     * required fields have not come yet. */
    const struct dictionary_message *parts[DICTIONARY_SECTION_COUNT];
    uint32_t required_left[DICTIONARY_SECTION_COUNT];
    bool framed;
    enum dictionary_section section; /* Of the field before. */
    enum rank rank;                  /* Of `fault`. */
    struct validate_fault fault;
    uint64_t seen[DICTIONARY_FIELDS_MAX / SEEN_WORD_BITS]; /* By index of the field; top level. */
};

/* Keeps the fault if it counts more than the one kept so far. */
void check_note(struct check *check, enum session_reject_reason reason, uint32_t tag);

/* May a tag that the dictionary does not have, or not here, stand there all the same? */
bool check_tolerates(const struct check *check, uint32_t tag);

/* Value of fields[at], with the pairing of length and data fields. */
void check_value(struct check *check, const struct dictionary_field *definition, uint32_t at);

/* The group whose count field is fields[at]. The index behind its last entry. */
uint32_t check_group(struct check *check, const struct dictionary_group *group, uint32_t at);

/* Is the tag of one of its entries, or of one nested in them? */
bool check_group_has(const struct dictionary *dictionary, const struct dictionary_group *group,
                     uint32_t tag);

/* 1 + index into fields; 0 when the dictionary does not have the tag. */
static inline uint32_t field_index(const struct dictionary *dictionary, uint32_t tag)
{
    return tag < dictionary->field_by_tag_size ? dictionary->field_by_tag[tag] : 0;
}

#endif
