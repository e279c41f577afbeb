#include "gateway/shell/json_flat.h"

#include "gateway/shell/json_door.h"

#include <inttypes.h>
#include <stdio.h>

static bool fail(char *error, const char *what, const char *name)
{
    (void)snprintf(error, JSON_FLAT_ERROR_BYTES_MAX, "%s%s%.60s%s", what, name != NULL ? " '" : "",
                   name != NULL ? name : "", name != NULL ? "'" : "");
    return false;
}

static const char *keep(struct json_flat *flat, const char *text)
{
    size_t size = strlen(text) + 1;
    if (size > sizeof(flat->text) - flat->used) {
        return NULL;
    }
    char *kept = flat->text + flat->used;
    memcpy(kept, text, size);
    flat->used += size;
    return kept;
}

static bool take_member(struct json_flat *flat, const char *name, json_t *value, char *error)
{
    char number[24];
    const char *text = number;
    if (flat->count == JSON_FLAT_MEMBERS_MAX) {
        return fail(error, "too many members; the first that is too many:", name);
    }
    if (json_is_string(value)) {
        text = json_string_value(value);
    } else if (json_is_integer(value)) {
        (void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        text = json_is_true(value) ? "true" : "false";
    } else if (json_is_null(value)) {
        text = "null";
    } else {
        return fail(error, "neither text, whole number, true, false nor null:", name);
    }
    struct json_member *member = &flat->list[flat->count];
    *member = (struct json_member){
        .name = keep(flat, name), .value = keep(flat, text), .quoted = json_is_string(value)};
    if (member->name == NULL || member->value == NULL) {
        return fail(error, "the object is too long", NULL);
    }
    flat->count += 1;
    return true;
}

bool json_flat_read(struct span text, struct json_flat *out, char error[JSON_FLAT_ERROR_BYTES_MAX])
{
    json_error_t where;
    out->count = 0;
    out->used = 0;
    if (text.size == 0) {
        return fail(error, "it is empty", NULL);
    }
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        return fail(error, where.text, NULL);
    }
    bool right = json_is_object(root) || fail(error, "not a JSON object", NULL);
    if (right) {
        const char *name;
        json_t *value;
        json_object_foreach(root, name, value)
        {
            right = right && take_member(out, name, value, error);
        }
    }
    json_decref(root);
    return right;
}

const struct json_member *json_flat_member(const struct json_flat *flat, const char *name)
{
    for (uint32_t i = 0; i < flat->count; i++) {
        if (strcmp(flat->list[i].name, name) == 0) {
            return &flat->list[i];
        }
    }
    return NULL;
}

const char *json_flat_find(const struct json_flat *flat, const char *name)
{
    const struct json_member *member = json_flat_member(flat, name);
    return member != NULL ? member->value : NULL;
}

bool json_flat_true(const struct json_flat *flat, const char *name)
{
    const struct json_member *member = json_flat_member(flat, name);
    return member != NULL && !member->quoted && strcmp(member->value, "true") == 0;
}
