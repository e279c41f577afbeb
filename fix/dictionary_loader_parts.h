/* What the parts of the loader share: the elements of the XML, and the drafts
 * that overlays change before the flat tables are made of them.
 *
 * The way: XML → elements (dictionary_loader.c) → fields (_fields.c) → drafts of
 * messages with their components written out (_drafts.c) → tables (_tables.c).
 * Each step returns false after loader_fail(), which keeps the first reason. */
#ifndef FIX_DICTIONARY_LOADER_PARTS_H
#define FIX_DICTIONARY_LOADER_PARTS_H

#include "fix/dictionary_loader.h"
#include "fix/dictionary_loader_arena.h"

enum {
    LOADER_SOURCE_BYTES_MAX = 8 * 1024 * 1024,
    LOADER_DEPTH_MAX = 16, /* Elements within elements. */
    LOADER_ATTRIBUTE_BYTES_MAX = 255,
    LOADER_MEMBERS_MAX = 256 * 1024, /* Of all messages, components written out. */
    LOADER_COMPONENT_DEPTH_MAX = 16, /* Components within components. */
    LOADER_MSG_TYPE_BYTES_MAX = 8,
    LOADER_MESSAGES_MAX = 1024,
    LOADER_COMPONENTS_MAX = 1024,
    LOADER_VALUES_MAX = 1024, /* Of one field. */
};

/* clang-format off */
#define LOADER_ATTRIBUTES(X)                                                                       \
    X(name) X(number) X(type) X(internal) X(allowOtherValues) X(required) X(forbidden)             \
    X(msgtype) X(msgcat) X(enum) X(description) X(major) X(minor) X(servicepack)
/* clang-format on */

enum loader_attribute {
#define X(name) LOADER_ATTRIBUTE_##name,
    LOADER_ATTRIBUTES(X)
#undef X
        LOADER_ATTRIBUTE_COUNT
};

enum loader_kind {
    LOADER_FIX,
    LOADER_HEADER,
    LOADER_TRAILER,
    LOADER_MESSAGES,
    LOADER_COMPONENTS,
    LOADER_FIELDS,
    LOADER_MESSAGE,
    LOADER_COMPONENT_DEFINITION,
    LOADER_FIELD_DEFINITION,
    LOADER_VALUE,
    LOADER_FIELD,     /* A reference to a field, by name. */
    LOADER_GROUP,     /* A reference to its count field, with members. */
    LOADER_COMPONENT, /* A reference to a component, by name. */
    LOADER_KIND_COUNT
};

struct loader_component;

struct loader_element {
    enum loader_kind kind;
    uint32_t source; /* Index into the sources. */
    uint32_t line;
    const char *attributes[LOADER_ATTRIBUTE_COUNT]; /* NULL: not there. */
    struct loader_element *parent;
    struct loader_element *first;
    struct loader_element *last;
    struct loader_element *next;
    struct loader_field *field;         /* FIELD, GROUP: what its name refers to. */
    struct loader_component *component; /* COMPONENT: the same. */
};

struct loader_field {
    struct dictionary_field field; /* values_begin is set when the tables are made. */
    struct loader_value *values;
    const struct loader_element *element;
};

struct loader_value {
    struct dictionary_value value;
    const struct loader_element *element;
    struct loader_value *next;
};

/* The bodies of one component, base first, then what overlays add. */
struct loader_body {
    const struct loader_element *element;
    struct loader_body *next;
};

struct loader_component {
    const char *name;
    struct loader_body *bodies;
    bool open; /* Being written out: meeting it again would never end. */
};

/* Members of one level in the order of the definition. */
struct draft_level {
    struct draft_member *first;
    struct draft_member *last;
    uint32_t count;
};

struct draft_member {
    struct loader_field *field;
    const struct loader_element *element;
    bool required;
    bool forbidden;
    bool is_group;
    struct draft_level entry; /* Of a group. */
    struct draft_member *next;
};

struct draft_message {
    const char *name;
    const char *msg_type;
    bool admin;
    const struct loader_element *element;
    struct draft_level body;
};

struct loader {
    const struct dictionary_source *sources;
    size_t sources_count;
    char *error;          /* DICTIONARY_ERROR_BYTES_MAX; empty while all is well. */
    struct arena scratch; /* Elements and drafts: freed at the end of the load. */
    struct arena kept;    /* The dictionary with its texts. */

    struct loader_element *roots[DICTIONARY_SOURCES_MAX];
    uint32_t counts[LOADER_KIND_COUNT]; /* Elements of each kind: what the arrays must hold. */

    struct loader_field *fields; /* In order of the files until loader_fields() sorted them. */
    uint32_t fields_count;
    struct loader_field **fields_by_name; /* Sorted. */
    uint32_t values_count;

    struct loader_component *components;
    uint32_t components_count;
    struct draft_message *messages;
    uint32_t messages_count;
    struct draft_message header;
    struct draft_message trailer;
    uint32_t members_count; /* Drafted so far, bounded by LOADER_MEMBERS_MAX. */
    uint32_t groups_count;
};

/* Writes "file:line: reason", unless there is a reason already. Always false. */
bool loader_fail(struct loader *loader, uint32_t source, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool loader_fail_at(struct loader *loader, const struct loader_element *element, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));
/* "out of memory", with the place. */
bool loader_fail_memory(struct loader *loader, const struct loader_element *element);

/* 'Y' or 'N' of an attribute; `*out` keeps its value when the attribute is absent. */
MUST_USE bool loader_yes_no(struct loader *loader, const struct loader_element *element,
                            enum loader_attribute attribute, bool *out);
/* A letter, then letters, digits and '_': names become C identifiers in fix/tags.h. */
MUST_USE bool loader_check_name(struct loader *loader, const struct loader_element *element);

MUST_USE bool loader_parse(struct loader *loader, uint32_t source);
MUST_USE bool loader_fields(struct loader *loader);
struct loader_field *loader_field_named(const struct loader *loader, const char *name);
MUST_USE bool loader_drafts(struct loader *loader);
/* The finished dictionary, in `kept`, or NULL. */
MUST_USE struct dictionary *loader_tables(struct loader *loader);

#endif
