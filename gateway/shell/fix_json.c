#include "gateway/shell/fix_json.h"

#include "fix/builder.h"
#include "fix/message.h"
#include "gateway/shell/json_door.h"
#include "gateway/shell/json_numbers.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/nearest.h"

#include <stdarg.h>
#include <stdio.h>

struct decode {
    const struct dictionary *dictionary;
    const struct dictionary_message *message; /* NULL: an unknown MsgType. */
    struct builder builder;
    size_t path_size;
    char path[FIX_JSON_PATH_BYTES_MAX]; /* "Body.NoPartyIDs[1]" */
    char *error;
    uint8_t seen[FIX_TAG_MAX / 8 + 1];   /* Top-level tags, by name or by number. */
    uint8_t data[FIX_MESSAGE_BYTES_MAX]; /* Of one field of type data. */
};

/* One member of a JSON object, as FIX sees it. */
struct named {
    uint32_t tag;
    uint32_t position;                         /* In the definition of its group. */
    const struct dictionary_field *definition; /* NULL: a plain number that is not known. */
    const struct dictionary_member *member;
    const char *name;
    json_t *value;
};

static bool fail(struct decode *decode, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct decode *decode, const char *format, ...)
{
    int used = snprintf(decode->error, FIX_JSON_ERROR_BYTES_MAX, "%.*s%s", (int)decode->path_size,
                        decode->path, decode->path_size > 0 ? ": " : "");
    ASSERT(used >= 0 && used < FIX_JSON_ERROR_BYTES_MAX);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(decode->error + used, FIX_JSON_ERROR_BYTES_MAX - (size_t)used, format,
                    arguments);
    va_end(arguments);
    /* Names of the client stand in it, and it goes into Text(58): no SOH, no line feed. */
    for (char *at = decode->error; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    return false;
}

/* Goes one step down; the result is what path_pop() takes. */
static size_t path_push(struct decode *decode, const char *name)
{
    size_t before = decode->path_size;
    int used = snprintf(decode->path + before, sizeof(decode->path) - before, "%s%.64s",
                        before > 0 ? "." : "", name);
    size_t room = sizeof(decode->path) - before - 1;
    decode->path_size = before + ((size_t)used < room ? (size_t)used : room);
    return before;
}

static size_t path_push_index(struct decode *decode, size_t index)
{
    size_t before = decode->path_size;
    int used = snprintf(decode->path + before, sizeof(decode->path) - before, "[%zu]", index);
    size_t room = sizeof(decode->path) - before - 1;
    decode->path_size = before + ((size_t)used < room ? (size_t)used : room);
    return before;
}

static void path_pop(struct decode *decode, size_t before)
{
    decode->path_size = before;
}

static const char *type_words(const json_t *value)
{
    return json_is_object(value)    ? "an object"
           : json_is_array(value)   ? "an array"
           : json_is_string(value)  ? "a string"
           : json_is_number(value)  ? "a number"
           : json_is_boolean(value) ? "true or false"
                                    : "null";
}

/* Reads a plain tag number; 0 if `name` is none. */
static uint32_t tag_number(const char *name)
{
    uint32_t tag = 0;
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        if (name[i] < '0' || name[i] > '9' || (i == 0 && name[i] == '0') || i > 5) {
            return 0;
        }
        tag = tag * 10 + (uint32_t)(name[i] - '0');
    }
    return tag <= FIX_TAG_MAX ? tag : 0;
}

static bool resolve(struct decode *decode, const char *name, json_t *value, struct named *named)
{
    *named = (struct named){.name = name, .value = value};
    named->definition = dictionary_field_named(decode->dictionary, span_text(name));
    named->tag = named->definition != NULL ? named->definition->tag : tag_number(name);
    if (named->tag == 0) {
        struct nearest nearest;
        nearest_init(&nearest, span_text(name));
        for (uint32_t i = 0; i < decode->dictionary->fields_count; i++) {
            nearest_offer(&nearest, decode->dictionary->fields[i].name);
        }
        return fail(decode, "unknown field '%.64s'%s%s%s", name,
                    nearest.best != NULL ? "; did you mean '" : "",
                    nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "'?" : "");
    }
    if (named->definition == NULL) {
        named->definition = dictionary_field(decode->dictionary, named->tag);
    }
    return true;
}

static uint32_t length_tag_of(const struct dictionary *dictionary, uint32_t data_tag)
{
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        if (dictionary->fields[i].data_tag == data_tag) {
            return dictionary->fields[i].tag;
        }
    }
    return 0;
}

static bool put_data(struct decode *decode, const struct named *named, struct span text)
{
    size_t size = 0;
    if (text.size > sizeof(decode->data) || !base64_decode(text, decode->data, &size)) {
        return fail(decode, "a field of type data must be Base64");
    }
    uint32_t length_tag = length_tag_of(decode->dictionary, named->tag);
    if (length_tag == 0) {
        return fail(decode, "the dictionary has no length field for this data");
    }
    builder_data(&decode->builder, length_tag, named->tag, span_of(decode->data, size));
    return true;
}

static bool put_plain(struct decode *decode, const struct named *named)
{
    const json_t *value = named->value;
    const struct dictionary_field *definition = named->definition;
    if (definition != NULL && definition->data_tag != 0) {
        return true; /* Counted from the data itself. */
    }
    if (json_is_boolean(value) && definition != NULL &&
        definition->type == DICTIONARY_TYPE_BOOLEAN) {
        builder_bool(&decode->builder, named->tag, json_is_true(value));
        return true;
    }
    if (json_is_real(value) || json_is_integer(value)) {
        return fail(decode, "write decimals as strings, without exponent");
    }
    if (json_is_null(value)) {
        return fail(decode, "is null; leave the field out instead");
    }
    if (json_is_array(value)) {
        return fail(decode, "is no repeating group here, so it cannot be an array");
    }
    if (!json_is_string(value)) {
        return fail(decode, "is %s; a string is expected", type_words(value));
    }
    struct span text = span_of(json_string_value(value), json_string_length(value));
    if (definition != NULL && definition->type == DICTIONARY_TYPE_DATA) {
        return put_data(decode, named, text);
    }
    if (text.size > 0 && memchr(text.data, FIX_SOH, text.size) != NULL) {
        return fail(decode, "holds SOH (\\u0001), which ends a field");
    }
    builder_span(&decode->builder, named->tag, text);
    return true;
}

static bool put_group(struct decode *decode, const struct named *named,
                      const struct dictionary_group *group, unsigned depth);

/* A field, or a group if the definition says so. */
static bool put_member(struct decode *decode, const struct named *named, unsigned depth)
{
    size_t before = path_push(decode, named->name);
    bool right = true;
    if (named->member != NULL && named->member->group != 0) {
        right =
            put_group(decode, named, dictionary_group_of(decode->dictionary, named->member), depth);
    } else {
        right = put_plain(decode, named);
    }
    if (right) {
        path_pop(decode, before);
    }
    return right;
}

/* The members of one entry, in the order of the definition: FIX wants them so, and
 * an object has no order. */
static bool sort_entry(struct decode *decode, json_t *entry, const struct dictionary_group *group,
                       struct named *sorted, uint32_t *count)
{
    const char *name;
    json_t *value;
    *count = 0;
    json_object_foreach(entry, name, value)
    {
        struct named named;
        if (!resolve(decode, name, value, &named)) {
            return false;
        }
        named.member = dictionary_group_member(decode->dictionary, group, named.tag);
        if (named.member == NULL) {
            return fail(decode, "field '%.64s' is not of this group", name);
        }
        if (*count == FIX_JSON_MEMBERS_MAX) {
            return fail(decode, "has more than %d fields", FIX_JSON_MEMBERS_MAX);
        }
        named.position = named.tag == group->first_tag ? 0 : named.member->position + 1;
        uint32_t place = *count;
        while (place > 0 && sorted[place - 1].position > named.position) {
            sorted[place] = sorted[place - 1];
            place--;
        }
        if (place > 0 && sorted[place - 1].tag == named.tag) {
            return fail(decode, "field '%.64s' is there twice, by name and by number", name);
        }
        sorted[place] = named;
        *count += 1;
    }
    if (*count == 0 || sorted[0].tag != group->first_tag) {
        const struct dictionary_field *first =
            dictionary_field(decode->dictionary, group->first_tag);
        return fail(decode, "each entry of this group needs %s", first != NULL ? first->name : "?");
    }
    return true;
}

static bool put_entry(struct decode *decode, json_t *entry, const struct dictionary_group *group,
                      unsigned depth)
{
    struct named sorted[FIX_JSON_MEMBERS_MAX];
    uint32_t count = 0;
    if (!json_is_object(entry)) {
        return fail(decode, "is %s; an entry of a group is an object", type_words(entry));
    }
    if (!sort_entry(decode, entry, group, sorted, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!put_member(decode, &sorted[i], depth)) {
            return false;
        }
    }
    return true;
}

static bool put_group(struct decode *decode, const struct named *named,
                      const struct dictionary_group *group, unsigned depth)
{
    if (!json_is_array(named->value)) {
        return fail(decode, "is %s; a repeating group is an array of objects",
                    type_words(named->value));
    }
    if (depth == FIX_GROUP_DEPTH_MAX) {
        return fail(decode, "groups are nested more than %d deep", FIX_GROUP_DEPTH_MAX);
    }
    size_t count = json_array_size(named->value);
    if (count == 0) {
        return true; /* A group without entries is a group left out. */
    }
    builder_uint(&decode->builder, named->tag, count);
    for (size_t i = 0; i < count; i++) {
        size_t before = path_push_index(decode, i);
        if (!put_entry(decode, json_array_get(named->value, i), group, depth + 1)) {
            return false;
        }
        path_pop(decode, before);
    }
    return true;
}

static const char *home_of(const struct dictionary_field *definition)
{
    if (definition == NULL) {
        return "Body";
    }
    return definition->in_trailer ? "Trailer" : definition->in_header ? "Header" : "Body";
}

static const struct dictionary_member *top_member(const struct decode *decode,
                                                  const struct named *named, const char *part)
{
    const struct dictionary *dictionary = decode->dictionary;
    const struct dictionary_message *definition = part[0] == 'H'   ? &dictionary->header
                                                  : part[0] == 'T' ? &dictionary->trailer
                                                                   : decode->message;
    return definition != NULL ? dictionary_member(dictionary, definition, named->tag) : NULL;
}

static bool put_part(struct decode *decode, json_t *object, const char *part)
{
    const char *name;
    json_t *value;
    decode->path_size = 0;
    (void)path_push(decode, part);
    if (!json_is_object(object)) {
        return fail(decode, "is %s; an object is expected", type_words(object));
    }
    json_object_foreach(object, name, value)
    {
        struct named named;
        if (!resolve(decode, name, value, &named)) {
            return false;
        }
        if (strcmp(home_of(named.definition), part) != 0) {
            return fail(decode, "field '%.64s' belongs in %s", name, home_of(named.definition));
        }
        uint8_t bit = (uint8_t)(1U << (named.tag % 8));
        if ((decode->seen[named.tag / 8] & bit) != 0) {
            return fail(decode, "field '%.64s' is there twice, by name and by number", name);
        }
        decode->seen[named.tag / 8] |= bit;
        named.member = top_member(decode, &named, part);
        bool first = named.tag == 8 || named.tag == 35; /* Written before all others. */
        bool counted = named.tag == 9 || named.tag == 10;
        if (!first && !counted && !put_member(decode, &named, 0)) {
            return false;
        }
    }
    return true;
}

/* BeginString and MsgType stand first in FIX, wherever they stand in the object. */
static bool put_first(struct decode *decode, json_t *header)
{
    static const struct {
        const char *name;
        const char *number;
        uint32_t tag;
    } firsts[] = {{"BeginString", "8", 8}, {"MsgType", "35", 35}};
    decode->path_size = 0;
    if (!json_is_object(header)) {
        return fail(decode, "the object 'Header' is missing");
    }
    (void)path_push(decode, "Header");
    for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
        json_t *value = json_object_get(header, firsts[i].name);
        value = value != NULL ? value : json_object_get(header, firsts[i].number);
        struct named named = {.tag = firsts[i].tag, .name = firsts[i].name, .value = value};
        if (value != NULL && !put_member(decode, &named, 0)) {
            return false;
        }
        if (named.tag == 35 && (value == NULL || json_string_length(value) == 0)) {
            return fail(decode, "MsgType is missing");
        }
        if (named.tag == 35) {
            decode->message = dictionary_message(
                decode->dictionary, span_of(json_string_value(value), json_string_length(value)));
        }
    }
    return true;
}

static bool put_message(struct decode *decode, json_t *root)
{
    static const char *const parts[] = {"Header", "Body", "Trailer"};
    if (!json_is_object(root)) {
        return fail(decode, "is %s; a message is an object with Header and Body", type_words(root));
    }
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, parts[0]) != 0 && strcmp(name, parts[1]) != 0 &&
            strcmp(name, parts[2]) != 0) {
            return fail(decode, "unknown member '%.64s'; Header, Body and Trailer are known", name);
        }
    }
    if (!put_first(decode, json_object_get(root, "Header"))) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        json_t *part = json_object_get(root, parts[i]);
        if (part != NULL && !put_part(decode, part, parts[i])) {
            return false;
        }
    }
    return true;
}

bool fix_json_decode(const struct dictionary *dictionary, struct span json, uint8_t *out,
                     size_t capacity, struct span *fields, char error[FIX_JSON_ERROR_BYTES_MAX])
{
    struct decode decode = {.dictionary = dictionary, .error = error};
    char text[2 * FIX_JSON_BYTES_MAX];
    size_t size = 0;
    *fields = span_of(out, 0);
    if (json.size > FIX_JSON_BYTES_MAX) {
        return fail(&decode, "JSON is longer than %d bytes", FIX_JSON_BYTES_MAX);
    }
    if (json_numbers_quote(json, FIX_JSON_DEPTH_MAX, text, sizeof(text), &size) !=
        JSON_NUMBERS_OK) {
        return fail(&decode, "JSON is nested more than %d deep", FIX_JSON_DEPTH_MAX);
    }
    json_error_t where;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        return fail(&decode, "not JSON: %.150s (line %d, column %d)", where.text, where.line,
                    where.column);
    }
    builder_init(&decode.builder, out, capacity);
    bool right = put_message(&decode, root);
    json_decref(root);
    if (!right) {
        return false;
    }
    if (decode.builder.overflow) {
        decode.path_size = 0;
        return fail(&decode, "the message is too long");
    }
    *fields = builder_fields(&decode.builder);
    return true;
}
