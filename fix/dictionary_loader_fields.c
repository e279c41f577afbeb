/* From <fields> to the list of fields, with their enumerations. */
#include <stdlib.h>

#include "fix/dictionary_loader_parts.h"

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool loader_check_name(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    bool right = is_letter(name[0]);
    for (const char *c = name; *c != '\0'; c++) {
        right = right && (is_letter(*c) || (*c >= '0' && *c <= '9') || *c == '_');
    }
    return right ||
           loader_fail_at(loader, element,
                          "'%s' is not a name: a letter, then letters, digits or '_'", name);
}

bool loader_yes_no(struct loader *loader, const struct loader_element *element,
                   enum loader_attribute attribute, bool *out)
{
    const char *text = element->attributes[attribute];
    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "Y") != 0 && strcmp(text, "N") != 0) {
        return loader_fail_at(loader, element, "'%s' is neither Y nor N", text);
    }
    *out = text[0] == 'Y';
    return true;
}

static bool field_number(struct loader *loader, const struct loader_element *element, uint32_t *out)
{
    const char *text = element->attributes[LOADER_ATTRIBUTE_number];
    uint32_t number = 0;
    bool right = text[0] != '0';
    for (const char *c = text; *c != '\0' && right; c++) {
        right = *c >= '0' && *c <= '9' && number <= FIX_TAG_MAX;
        number = number * 10 + (uint32_t)(*c - '0');
    }
    if (!right || number > FIX_TAG_MAX) {
        return loader_fail_at(loader, element, "'%s' is not a field number: 1 to %d", text,
                              FIX_TAG_MAX);
    }
    *out = number;
    return true;
}

static bool field_type(struct loader *loader, const struct loader_element *element,
                       enum dictionary_type *out)
{
    const char *text = element->attributes[LOADER_ATTRIBUTE_type];
    for (uint32_t type = 0; type < DICTIONARY_TYPE_COUNT; type++) {
        if (strcmp(text, dictionary_type_name((enum dictionary_type)type)) == 0) {
            *out = (enum dictionary_type)type;
            return true;
        }
    }
    return loader_fail_at(loader, element, "unknown type '%s' of field %s", text,
                          element->attributes[LOADER_ATTRIBUTE_name]);
}

static bool field_marks(struct loader *loader, struct dictionary_field *field,
                        const struct loader_element *element)
{
    return loader_yes_no(loader, element, LOADER_ATTRIBUTE_internal, &field->internal) &&
           loader_yes_no(loader, element, LOADER_ATTRIBUTE_allowOtherValues, &field->values_open);
}

static bool is_number(const char *text)
{
    const char *c = text[0] == '-' ? text + 1 : text;
    bool right = *c != '\0';
    for (; *c != '\0'; c++) {
        right = right && *c >= '0' && *c <= '9';
    }
    return right;
}

static bool is_number_type(enum dictionary_type type)
{
    return type == DICTIONARY_TYPE_INT || type == DICTIONARY_TYPE_LENGTH ||
           type == DICTIONARY_TYPE_SEQNUM || type == DICTIONARY_TYPE_NUMINGROUP;
}

/* A value that its own type refuses could never be sent. */
static bool check_value(struct loader *loader, const struct loader_element *element,
                        const struct dictionary_field *field)
{
    const char *text = element->attributes[LOADER_ATTRIBUTE_enum];
    enum dictionary_type type = field->type;
    for (const char *c = text; *c != '\0'; c++) {
        bool space = *c == ' ' && type == DICTIONARY_TYPE_MULTIPLEVALUESTRING;
        if (*c < ' ' || *c == 127 || space) {
            return loader_fail_at(loader, element, "value '%s' of %s holds a byte that it cannot",
                                  text, field->name);
        }
    }
    bool one_byte = type == DICTIONARY_TYPE_CHAR || type == DICTIONARY_TYPE_BOOLEAN;
    if ((one_byte && strlen(text) != 1) || (is_number_type(type) && !is_number(text))) {
        return loader_fail_at(loader, element, "value '%s' of %s is not of type %s", text,
                              field->name, dictionary_type_name(type));
    }
    return true;
}

static bool add_value(struct loader *loader, struct loader_field *field,
                      const struct loader_element *element)
{
    const char *text = element->attributes[LOADER_ATTRIBUTE_enum];
    if (!check_value(loader, element, &field->field)) {
        return false;
    }
    struct loader_value **place = &field->values;
    while (*place != NULL && strcmp((*place)->value.value, text) < 0) {
        place = &(*place)->next;
    }
    if (*place != NULL && strcmp((*place)->value.value, text) == 0) {
        return loader_fail_at(loader, element, "value '%s' of %s twice: first in %s:%u", text,
                              field->field.name, loader->sources[(*place)->element->source].name,
                              (unsigned)(*place)->element->line);
    }
    if (field->field.values_count == LOADER_VALUES_MAX) {
        return loader_fail_at(loader, element, "more than %d values of %s", LOADER_VALUES_MAX,
                              field->field.name);
    }
    struct loader_value *value = arena_take(&loader->scratch, sizeof(*value));
    if (value == NULL) {
        return loader_fail_memory(loader, element);
    }
    value->value.value = text;
    value->value.description = element->attributes[LOADER_ATTRIBUTE_description];
    value->element = element;
    value->next = *place;
    *place = value;
    field->field.values_count++;
    loader->values_count++;
    return true;
}

static bool add_values(struct loader *loader, struct loader_field *field,
                       const struct loader_element *element)
{
    for (const struct loader_element *value = element->first; value != NULL; value = value->next) {
        if (!add_value(loader, field, value)) {
            return false;
        }
    }
    return true;
}

/* An overlay meets a field that is there: the same number and type, if it names
 * them, and more values. */
static bool extend_field(struct loader *loader, struct loader_field *field,
                         const struct loader_element *element)
{
    uint32_t number = field->field.tag;
    enum dictionary_type type = field->field.type;
    if (element->source == field->element->source) {
        return loader_fail_at(loader, element, "field %s twice: first in line %u",
                              field->field.name, (unsigned)field->element->line);
    }
    if (element->attributes[LOADER_ATTRIBUTE_number] != NULL &&
        !field_number(loader, element, &number)) {
        return false;
    }
    if (element->attributes[LOADER_ATTRIBUTE_type] != NULL && !field_type(loader, element, &type)) {
        return false;
    }
    if (number != field->field.tag || type != field->field.type) {
        return loader_fail_at(
            loader, element, "field %s is %u of type %s in %s:%u", field->field.name,
            (unsigned)field->field.tag, dictionary_type_name(field->field.type),
            loader->sources[field->element->source].name, (unsigned)field->element->line);
    }
    return field_marks(loader, &field->field, element) && add_values(loader, field, element);
}

static bool new_field(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    if (!loader_check_name(loader, element)) {
        return false;
    }
    if (element->attributes[LOADER_ATTRIBUTE_number] == NULL ||
        element->attributes[LOADER_ATTRIBUTE_type] == NULL) {
        return loader_fail_at(loader, element, "field %s without number or type", name);
    }
    if (loader->fields_count == DICTIONARY_FIELDS_MAX) {
        return loader_fail_at(loader, element, "more than %d fields", DICTIONARY_FIELDS_MAX);
    }
    struct loader_field *field = &loader->fields[loader->fields_count];
    field->field.name = name;
    field->element = element;
    if (!field_number(loader, element, &field->field.tag) ||
        !field_type(loader, element, &field->field.type) ||
        !field_marks(loader, &field->field, element)) {
        return false;
    }
    for (uint32_t i = 0; i < loader->fields_count; i++) {
        if (loader->fields[i].field.tag == field->field.tag) {
            return loader_fail_at(loader, element, "number %u twice: field %s has it in %s:%u",
                                  (unsigned)field->field.tag, loader->fields[i].field.name,
                                  loader->sources[loader->fields[i].element->source].name,
                                  (unsigned)loader->fields[i].element->line);
        }
    }
    loader->fields_count++;
    return add_values(loader, field, element);
}

static bool take_field(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    for (uint32_t i = 0; i < loader->fields_count; i++) {
        if (strcmp(loader->fields[i].field.name, name) == 0) {
            return extend_field(loader, &loader->fields[i], element);
        }
    }
    return new_field(loader, element);
}

static int by_tag(const void *a, const void *b)
{
    uint32_t left = ((const struct loader_field *)a)->field.tag;
    uint32_t right = ((const struct loader_field *)b)->field.tag;
    return (left > right) - (left < right);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct loader_field *const *)a)->field.name,
                  (*(struct loader_field *const *)b)->field.name);
}

struct loader_field *loader_field_named(const struct loader *loader, const char *name)
{
    uint32_t low = 0;
    uint32_t high = loader->fields_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(loader->fields_by_name[middle]->field.name, name);
        if (order == 0) {
            return loader->fields_by_name[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* A data field is read by the length field of its name: RawData by
 * RawDataLength, EncodedText by EncodedTextLen (FIX 4.4 Vol. 1, data type data). */
static bool pair_data_fields(struct loader *loader)
{
    static const char *const ENDINGS[] = {"Len", "Length"};
    for (uint32_t i = 0; i < loader->fields_count; i++) {
        struct loader_field *data = &loader->fields[i];
        struct loader_field *length = NULL;
        for (size_t e = 0; e < ARRAY_LEN(ENDINGS) && length == NULL; e++) {
            char name[LOADER_ATTRIBUTE_BYTES_MAX + 8];
            size_t size = strlen(data->field.name);
            memcpy(name, data->field.name, size);
            memcpy(name + size, ENDINGS[e], strlen(ENDINGS[e]) + 1);
            length = loader_field_named(loader, name);
        }
        if (data->field.type != DICTIONARY_TYPE_DATA) {
            continue;
        }
        if (length == NULL || length->field.type != DICTIONARY_TYPE_LENGTH) {
            return loader_fail_at(loader, data->element,
                                  "field %s of type DATA has no field %sLen or %sLength of type "
                                  "LENGTH to count it",
                                  data->field.name, data->field.name, data->field.name);
        }
        length->field.data_tag = data->field.tag;
    }
    return true;
}

bool loader_fields(struct loader *loader)
{
    size_t capacity = loader->counts[LOADER_FIELD_DEFINITION];
    loader->fields = arena_take(&loader->scratch, capacity * sizeof(*loader->fields));
    loader->fields_by_name = arena_take(&loader->scratch, capacity * sizeof(struct loader_field *));
    if (loader->fields == NULL || loader->fields_by_name == NULL) {
        return loader_fail_memory(loader, loader->roots[0]);
    }
    for (size_t source = 0; source < loader->sources_count; source++) {
        const struct loader_element *section = loader->roots[source]->first;
        for (; section != NULL; section = section->next) {
            if (section->kind != LOADER_FIELDS) {
                continue;
            }
            for (struct loader_element *e = section->first; e != NULL; e = e->next) {
                if (!take_field(loader, e)) {
                    return false;
                }
            }
        }
    }
    if (loader->fields_count == 0) {
        return loader_fail_at(loader, loader->roots[0], "no <fields>");
    }
    qsort(loader->fields, loader->fields_count, sizeof(*loader->fields), by_tag);
    for (uint32_t i = 0; i < loader->fields_count; i++) {
        loader->fields_by_name[i] = &loader->fields[i];
    }
    qsort(loader->fields_by_name, loader->fields_count, sizeof(const struct dictionary_field *),
          by_name);
    return pair_data_fields(loader);
}
