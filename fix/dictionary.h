/* A FIX dictionary as flat, read-only tables.
 *
 * Pure: this file only looks things up. The tables are made by
 * dictionary_loader.h (with expat, outside the pure library) and never change
 * afterwards, so any thread may read them. */
#ifndef FIX_DICTIONARY_H
#define FIX_DICTIONARY_H

#include "fix/base.h"
#include "fix/limits.h"

/* The data types of FIX 4.4 Vol. 1 as the QuickFIX XML spells them. */
/* clang-format off */
#define DICTIONARY_TYPES(X)                                                                        \
    X(STRING) X(CHAR) X(INT) X(LENGTH) X(SEQNUM) X(NUMINGROUP) X(FLOAT) X(PRICE) X(PRICEOFFSET)    \
    X(AMT) X(QTY) X(PERCENTAGE) X(BOOLEAN) X(CURRENCY) X(EXCHANGE) X(COUNTRY) X(UTCTIMESTAMP)      \
    X(UTCTIMEONLY) X(UTCDATEONLY) X(LOCALMKTDATE) X(MONTHYEAR) X(DAYOFMONTH)                       \
    X(MULTIPLEVALUESTRING) X(DATA)
/* clang-format on */

enum dictionary_type {
#define X(name) DICTIONARY_TYPE_##name,
    DICTIONARY_TYPES(X)
#undef X
};

enum {
    DICTIONARY_FIELDS_MAX = 4096, /* Fields of one dictionary: a set of them fits on the stack. */
    DICTIONARY_TYPE_COUNT = DICTIONARY_TYPE_DATA + 1,
};

/* The parts of a message, in their order. */
enum dictionary_section {
    DICTIONARY_SECTION_HEADER,
    DICTIONARY_SECTION_BODY,
    DICTIONARY_SECTION_TRAILER,
    DICTIONARY_SECTION_COUNT,
};

struct dictionary_value {
    const char *value;       /* "1" */
    const char *description; /* "BUY" */
};

struct dictionary_field {
    uint32_t tag;
    enum dictionary_type type;
    const char *name;
    uint32_t values_begin; /* Enumeration: values[values_begin .. values_begin + values_count). */
    uint32_t values_count; /* 0: not an enumeration. */
    bool values_open;  /* Other values than those are right too (IOIQty: S, M, L or a number). */
    uint32_t data_tag; /* Of a length field: the data field it counts; else 0. */
    bool in_header;    /* Of the standard header or trailer (also in groups of it). */
    bool in_trailer;
    bool internal;                   /* In-house: must never leave to a broker. */
    bool paired;                     /* A length field with its data field, or a data field. */
    enum dictionary_section section; /* What in_header and in_trailer come to. */
    /* Bit c % 64 of word c / 64 is set when the one-byte text c is a right value: of
     * the type and, unless other values are right too, of the enumeration. */
    uint64_t one_byte_values[2];
};

/* One field, or one group by its count field, of a message or of a group. */
struct dictionary_member {
    uint32_t tag;
    uint32_t group;    /* 1 + index into groups; 0: a plain field. */
    uint32_t position; /* Order in the definition, from 0. */
    bool required;     /* In a group: of each entry that is there. */
    bool forbidden;    /* By a broker's overlay. */
};

/* Members are sorted by tag. */
struct dictionary_group {
    uint32_t count_tag;
    uint32_t first_tag; /* The field that begins each entry. */
    uint32_t members_begin;
    uint32_t members_count;
    uint32_t required_count; /* Members that each entry must have. */
};

struct dictionary_message {
    const char *msg_type;   /* "D" */
    const char *name;       /* "NewOrderSingle" */
    bool admin;             /* Session level. */
    uint32_t members_begin; /* Body only; header and trailer stand once, in `header`, `trailer`. */
    uint32_t members_count;
    uint32_t required_begin; /* required_tags[required_begin ..): top level, body. */
    uint32_t required_count;
    const uint16_t *member_by_field; /* [index into fields]: 1 + offset from members_begin, 0 = not
                                        of this message. */
};

struct dictionary {
    const char *begin_string;              /* "FIX.4.4" */
    const struct dictionary_field *fields; /* Sorted by tag. */
    uint32_t fields_count;
    const uint16_t *field_by_tag; /* [tag]: 1 + index into fields, 0 = unknown. */
    uint32_t field_by_tag_size;
    const uint32_t *data_by_length_tag;    /* [tag of a length field]: its data_tag, else 0. */
    uint32_t data_by_length_tag_size;      /* Up to the last such tag. */
    const uint16_t *field_by_name;         /* Indexes into fields, sorted by name. */
    const struct dictionary_value *values; /* Each field's are sorted by value. */
    const struct dictionary_member *members;
    const struct dictionary_group *groups;
    uint32_t groups_count;
    const struct dictionary_message *messages; /* Sorted by msg_type. */
    uint32_t messages_count;
    uint16_t
        message_by_byte[128]; /* [MsgType of one byte]: 1 + index into messages, 0 = unknown. */
    const uint32_t *required_tags;
    struct dictionary_message header;  /* msg_type "" */
    struct dictionary_message trailer; /* msg_type "" */
};

/* NULL if the dictionary does not have it. */
const struct dictionary_field *dictionary_field(const struct dictionary *dictionary, uint32_t tag);
const struct dictionary_field *dictionary_field_named(const struct dictionary *dictionary,
                                                      struct span name);
const struct dictionary_message *dictionary_message(const struct dictionary *dictionary,
                                                    struct span msg_type);
const struct dictionary_member *dictionary_member(const struct dictionary *dictionary,
                                                  const struct dictionary_message *message,
                                                  uint32_t tag);
const struct dictionary_member *dictionary_group_member(const struct dictionary *dictionary,
                                                        const struct dictionary_group *group,
                                                        uint32_t tag);
const struct dictionary_group *dictionary_group_of(const struct dictionary *dictionary,
                                                   const struct dictionary_member *member);
/* The description of an enumerated value ("BUY"), or NULL. */
const char *dictionary_value_name(const struct dictionary *dictionary,
                                  const struct dictionary_field *field, struct span value);
/* "PRICE" */
const char *dictionary_type_name(enum dictionary_type type);

#endif
