/* A JSON object without objects or arrays in it: what the control socket speaks.
 *
 * No state; takes memory only while it reads. Any thread. */
#ifndef GATEWAY_SHELL_JSON_FLAT_H
#define GATEWAY_SHELL_JSON_FLAT_H

#include "fix/base.h"

enum {
    JSON_FLAT_MEMBERS_MAX = 48,
    JSON_FLAT_BYTES_MAX = 8 * 1024, /* Of all names and values. */
    JSON_FLAT_ERROR_BYTES_MAX = 200,
};

struct json_member {
    const char *name;
    const char *value; /* Text; a whole number in digits; "true", "false" or "null". */
    bool quoted;       /* It was a JSON string. */
};

struct json_flat {
    uint32_t count;
    struct json_member list[JSON_FLAT_MEMBERS_MAX]; /* In the order of the text. */
    size_t used;
    char text[JSON_FLAT_BYTES_MAX];
};

/* False with the reason in `error`: no JSON, no object, a member twice, nested, a number that
 * is not whole, too much. What the reason quotes of the text is raw: it may hold anything. */
MUST_USE bool json_flat_read(struct span text, struct json_flat *out,
                             char error[JSON_FLAT_ERROR_BYTES_MAX]);

/* NULL if the object does not have it. */
const struct json_member *json_flat_member(const struct json_flat *flat, const char *name);

/* Its value; NULL if the object does not have it. */
const char *json_flat_find(const struct json_flat *flat, const char *name);

/* It is there, and true (the text "true" is not). */
bool json_flat_true(const struct json_flat *flat, const char *name);

#endif
