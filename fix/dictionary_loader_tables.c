/* From the drafts to the flat tables of fix/dictionary.h. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/dictionary_loader_parts.h"
#include "fix/message.h"

enum { TAG_MSG_TYPE = 35 };

/* The tables while they are filled; the counts are how far. */
struct tables {
    struct loader *loader;
    struct dictionary *dictionary;
    struct dictionary_field *fields;
    struct dictionary_value *values;
    struct dictionary_member *members;
    struct dictionary_group *groups;
    struct dictionary_message *messages;
    uint32_t *required_tags;
    uint16_t *field_by_tag;
    uint32_t *data_by_length_tag;
    uint16_t *field_by_name;
    uint16_t *member_by_field; /* One row of fields_count per message, header and trailer. */
    uint32_t data_by_length_tag_size;
    uint32_t members_count;
    uint32_t required_count;
    uint32_t rows_count;
};

_Static_assert(DICTIONARY_FIELDS_MAX < UINT16_MAX, "an index of a field is 16 bits");
_Static_assert(LOADER_MESSAGES_MAX < UINT16_MAX, "an index of a message is 16 bits");

static void count_level(const struct draft_level *level, uint32_t *members, uint32_t *groups)
{
    for (const struct draft_member *m = level->first; m != NULL; m = m->next) {
        (*members)++;
        if (m->is_group) {
            (*groups)++;
            count_level(&m->entry, members, groups);
        }
    }
}

static bool take_tables(struct tables *tables)
{
    struct loader *loader = tables->loader;
    uint32_t members = 0;
    uint32_t groups = 0;
    count_level(&loader->header.body, &members, &groups);
    count_level(&loader->trailer.body, &members, &groups);
    for (uint32_t i = 0; i < loader->messages_count; i++) {
        count_level(&loader->messages[i].body, &members, &groups);
    }
    size_t rows = (size_t)loader->messages_count + 2;
    size_t fields = loader->fields_count;
    size_t tags = (size_t)loader->fields[fields - 1].field.tag + 1;
    struct arena *kept = &loader->kept;
    tables->dictionary = arena_take(kept, sizeof(struct dictionary));
    tables->fields = arena_take(kept, fields * sizeof(*tables->fields));
    tables->values = arena_take(kept, loader->values_count * sizeof(*tables->values));
    tables->members = arena_take(kept, members * sizeof(*tables->members));
    tables->groups = arena_take(kept, groups * sizeof(*tables->groups));
    tables->messages = arena_take(kept, loader->messages_count * sizeof(*tables->messages));
    tables->required_tags = arena_take(kept, members * sizeof(*tables->required_tags));
    tables->field_by_tag = arena_take(kept, tags * sizeof(*tables->field_by_tag));
    tables->data_by_length_tag = arena_take(kept, tags * sizeof(*tables->data_by_length_tag));
    tables->field_by_name = arena_take(kept, fields * sizeof(*tables->field_by_name));
    tables->member_by_field = arena_take(kept, rows * fields * sizeof(*tables->member_by_field));
    bool taken = tables->dictionary != NULL && tables->fields != NULL && tables->values != NULL &&
                 tables->members != NULL && tables->groups != NULL && tables->messages != NULL &&
                 tables->required_tags != NULL && tables->field_by_tag != NULL &&
                 tables->data_by_length_tag != NULL && tables->field_by_name != NULL &&
                 tables->member_by_field != NULL;
    return taken || loader_fail_memory(loader, loader->roots[0]);
}

/* May a value of the type be this one byte? (FIX 4.4 Vol. 1, "FIX data types") */
static bool is_byte_of_type(enum dictionary_type type, uint8_t byte)
{
    bool digit = byte >= '0' && byte <= '9';
    switch (type) {
    case DICTIONARY_TYPE_STRING:
    case DICTIONARY_TYPE_CURRENCY:
    case DICTIONARY_TYPE_EXCHANGE:
    case DICTIONARY_TYPE_COUNTRY:
    case DICTIONARY_TYPE_CHAR:
        return byte != FIX_SOH;
    case DICTIONARY_TYPE_MULTIPLEVALUESTRING:
        return byte != FIX_SOH && byte != ' ';
    case DICTIONARY_TYPE_INT:
    case DICTIONARY_TYPE_LENGTH:
    case DICTIONARY_TYPE_SEQNUM:
    case DICTIONARY_TYPE_NUMINGROUP:
    case DICTIONARY_TYPE_FLOAT:
    case DICTIONARY_TYPE_PRICE:
    case DICTIONARY_TYPE_PRICEOFFSET:
    case DICTIONARY_TYPE_AMT:
    case DICTIONARY_TYPE_QTY:
    case DICTIONARY_TYPE_PERCENTAGE:
        return digit;
    case DICTIONARY_TYPE_DAYOFMONTH:
        return digit && byte != '0';
    case DICTIONARY_TYPE_BOOLEAN:
        return byte == 'Y' || byte == 'N';
    case DICTIONARY_TYPE_UTCTIMESTAMP:
    case DICTIONARY_TYPE_UTCTIMEONLY:
    case DICTIONARY_TYPE_UTCDATEONLY:
    case DICTIONARY_TYPE_LOCALMKTDATE:
    case DICTIONARY_TYPE_MONTHYEAR:
        return false;
    case DICTIONARY_TYPE_DATA:
        break;
    }
    return true;
}

static void fill_one_byte_values(struct tables *tables, struct dictionary_field *field)
{
    uint64_t listed[2] = {0, 0};
    for (uint32_t i = 0; i < field->values_count; i++) {
        const char *value = tables->values[field->values_begin + i].value;
        uint8_t byte = (uint8_t)value[0];
        if (byte < 128 && value[1] == '\0') {
            listed[byte / 64] |= UINT64_C(1) << (byte % 64);
        }
    }
    bool any_value = field->values_count == 0 || field->values_open;
    for (uint8_t byte = 0; byte < 128; byte++) {
        uint64_t bit = UINT64_C(1) << (byte % 64);
        bool of_enumeration = any_value || (listed[byte / 64] & bit) != 0;
        if (of_enumeration && is_byte_of_type(field->type, byte)) {
            field->one_byte_values[byte / 64] |= bit;
        }
    }
}

static void fill_fields(struct tables *tables)
{
    struct loader *loader = tables->loader;
    uint32_t values_count = 0;
    for (uint32_t i = 0; i < loader->fields_count; i++) {
        struct dictionary_field *field = &tables->fields[i];
        *field = loader->fields[i].field;
        /* Which types there are is what <messages> says, overlays included. */
        field->values_open = field->values_open || field->tag == TAG_MSG_TYPE;
        field->values_begin = values_count;
        const struct loader_value *value = loader->fields[i].values;
        for (; value != NULL; value = value->next) {
            tables->values[values_count++] = value->value;
        }
        ASSERT(values_count == field->values_begin + field->values_count);
        fill_one_byte_values(tables, field);
        field->paired = field->data_tag != 0 || field->type == DICTIONARY_TYPE_DATA;
        field->section = DICTIONARY_SECTION_BODY;
        if (field->data_tag != 0) {
            tables->data_by_length_tag[field->tag] = field->data_tag;
            tables->data_by_length_tag_size = field->tag + 1;
        }
        tables->field_by_tag[field->tag] = (uint16_t)(i + 1);
        tables->field_by_name[i] = (uint16_t)(loader->fields_by_name[i] - loader->fields);
    }
}

static int by_tag(const void *a, const void *b)
{
    uint32_t left = ((const struct dictionary_member *)a)->tag;
    uint32_t right = ((const struct dictionary_member *)b)->tag;
    return (left > right) - (left < right);
}

/* Members of one level stand together, sorted; those of its groups behind them. */
static void fill_level(struct tables *tables, const struct draft_level *level, uint32_t *begin)
{
    *begin = tables->members_count;
    tables->members_count += level->count;
    struct dictionary_member *members = &tables->members[*begin];
    uint32_t position = 0;
    for (const struct draft_member *m = level->first; m != NULL; m = m->next, position++) {
        struct dictionary_member *member = &members[position];
        member->tag = m->field->field.tag;
        member->position = position;
        member->required = m->required;
        member->forbidden = m->forbidden;
        if (m->is_group) {
            uint32_t index = tables->dictionary->groups_count++;
            struct dictionary_group *group = &tables->groups[index];
            group->count_tag = member->tag;
            group->first_tag = m->entry.first->field->field.tag;
            group->members_count = m->entry.count;
            for (const struct draft_member *e = m->entry.first; e != NULL; e = e->next) {
                group->required_count += e->required ? 1 : 0;
            }
            fill_level(tables, &m->entry, &group->members_begin);
            member->group = index + 1;
        }
    }
    ASSERT(position == level->count);
    qsort(members, level->count, sizeof(*members), by_tag);
}

static void fill_message(struct tables *tables, const struct draft_message *draft,
                         struct dictionary_message *message)
{
    message->msg_type = draft->msg_type;
    message->name = draft->name;
    message->admin = draft->admin;
    message->members_count = draft->body.count;
    fill_level(tables, &draft->body, &message->members_begin);
    size_t width = tables->loader->fields_count;
    uint16_t *row = tables->member_by_field + width * tables->rows_count++;
    message->member_by_field = row;
    for (uint32_t i = 0; i < message->members_count; i++) {
        uint32_t tag = tables->members[message->members_begin + i].tag;
        row[tables->field_by_tag[tag] - 1] = (uint16_t)(i + 1);
    }
    message->required_begin = tables->required_count;
    for (const struct draft_member *m = draft->body.first; m != NULL; m = m->next) {
        if (m->required) {
            tables->required_tags[tables->required_count++] = m->field->field.tag;
        }
    }
    message->required_count = tables->required_count - message->required_begin;
}

static int by_msg_type(const void *a, const void *b)
{
    return strcmp(((const struct dictionary_message *)a)->msg_type,
                  ((const struct dictionary_message *)b)->msg_type);
}

static void fill_messages(struct tables *tables)
{
    struct loader *loader = tables->loader;
    struct dictionary *dictionary = tables->dictionary;
    fill_message(tables, &loader->header, &dictionary->header);
    fill_message(tables, &loader->trailer, &dictionary->trailer);
    for (uint32_t i = 0; i < loader->messages_count; i++) {
        fill_message(tables, &loader->messages[i], &tables->messages[i]);
    }
    qsort(tables->messages, loader->messages_count, sizeof(*tables->messages), by_msg_type);
    for (uint32_t i = 0; i < loader->messages_count; i++) {
        const char *msg_type = tables->messages[i].msg_type;
        if (msg_type[1] == '\0') {
            ASSERT((unsigned char)msg_type[0] < ARRAY_LEN(dictionary->message_by_byte));
            dictionary->message_by_byte[(unsigned char)msg_type[0]] = (uint16_t)(i + 1);
        }
    }
}

static void mark_envelope(struct tables *tables, const struct draft_level *level, bool header)
{
    for (const struct draft_member *m = level->first; m != NULL; m = m->next) {
        struct dictionary_field *field =
            &tables->fields[tables->field_by_tag[m->field->field.tag] - 1];
        field->in_header = field->in_header || header;
        field->in_trailer = field->in_trailer || !header;
        field->section = field->in_header ? DICTIONARY_SECTION_HEADER : DICTIONARY_SECTION_TRAILER;
        mark_envelope(tables, &m->entry, header);
    }
}

/* A field that could be of the header or of the body could not be put in order. */
static bool check_bodies(struct tables *tables)
{
    struct loader *loader = tables->loader;
    for (uint32_t i = 0; i < loader->messages_count; i++) {
        const struct draft_member *m = loader->messages[i].body.first;
        for (; m != NULL; m = m->next) {
            uint16_t index = tables->field_by_tag[m->field->field.tag];
            const struct dictionary_field *field = &tables->fields[index - 1];
            if (field->in_header || field->in_trailer) {
                return loader_fail_at(loader, m->element, "%s belongs to the header or trailer",
                                      field->name);
            }
        }
    }
    return true;
}

static bool is_digits(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= 2 && strspn(text, "0123456789") == size;
}

/* "FIX.4.4" of the root's attributes; an overlay may leave them out or repeat them. */
static bool begin_string(struct loader *loader, const char **out)
{
    const char *const *base = loader->roots[0]->attributes;
    const char *major = base[LOADER_ATTRIBUTE_major];
    const char *minor = base[LOADER_ATTRIBUTE_minor];
    const char *type = base[LOADER_ATTRIBUTE_type] == NULL ? "FIX" : base[LOADER_ATTRIBUTE_type];
    bool right = major != NULL && minor != NULL && is_digits(major) && is_digits(minor) &&
                 (strcmp(type, "FIX") == 0 || strcmp(type, "FIXT") == 0);
    if (!right) {
        return loader_fail_at(loader, loader->roots[0],
                              "the root needs type=\"FIX\" and numbers as major and minor");
    }
    static const enum loader_attribute VERSION[] = {LOADER_ATTRIBUTE_type, LOADER_ATTRIBUTE_major,
                                                    LOADER_ATTRIBUTE_minor};
    for (size_t source = 1; source < loader->sources_count; source++) {
        for (size_t i = 0; i < ARRAY_LEN(VERSION); i++) {
            const char *other = loader->roots[source]->attributes[VERSION[i]];
            if (other != NULL && base[VERSION[i]] != NULL && strcmp(other, base[VERSION[i]]) != 0) {
                return loader_fail_at(loader, loader->roots[source],
                                      "overlay is for another version than %s",
                                      loader->sources[0].name);
            }
        }
    }
    char text[16];
    int size = snprintf(text, sizeof(text), "%s.%s.%s", type, major, minor);
    ASSERT(size > 0);
    *out = arena_text(&loader->kept, span_of(text, (size_t)size));
    return *out != NULL || loader_fail_memory(loader, loader->roots[0]);
}

struct dictionary *loader_tables(struct loader *loader)
{
    struct tables tables = {.loader = loader};
    if (!take_tables(&tables)) {
        return NULL;
    }
    struct dictionary *dictionary = tables.dictionary;
    if (!begin_string(loader, &dictionary->begin_string)) {
        return NULL;
    }
    fill_fields(&tables);
    mark_envelope(&tables, &loader->header.body, true);
    mark_envelope(&tables, &loader->trailer.body, false);
    if (!check_bodies(&tables)) {
        return NULL;
    }
    fill_messages(&tables);
    dictionary->fields = tables.fields;
    dictionary->fields_count = loader->fields_count;
    dictionary->field_by_tag = tables.field_by_tag;
    dictionary->field_by_tag_size = tables.fields[loader->fields_count - 1].tag + 1;
    dictionary->data_by_length_tag = tables.data_by_length_tag;
    dictionary->data_by_length_tag_size = tables.data_by_length_tag_size;
    dictionary->field_by_name = tables.field_by_name;
    dictionary->values = tables.values;
    dictionary->members = tables.members;
    dictionary->groups = tables.groups;
    dictionary->messages = tables.messages;
    dictionary->messages_count = loader->messages_count;
    dictionary->required_tags = tables.required_tags;
    return dictionary;
}
