/* Conversations with a session, written as text: reading and matching.
 *
 * A script is a list of lines; `|` stands for SOH. What the lines mean is told in
 * scripts/README.md. This part knows nothing of how the session is reached: the
 * runner of session_script_test.c has a pure session at hand, and one over a
 * socket can use the same lines. */
#ifndef TESTS_SESSION_SCRIPT_H
#define TESTS_SESSION_SCRIPT_H

#include "fix/base.h"

enum {
    SCRIPT_LINE_BYTES_MAX = 8 * 1024,
    SCRIPT_FIELDS_MAX = 128,
};

/* One `tag=value` of a line. */
struct script_field {
    uint32_t tag;
    const char *value; /* Ends with NUL; in the line's own bytes. */
};

struct script_fields {
    char text[SCRIPT_LINE_BYTES_MAX];
    struct script_field list[SCRIPT_FIELDS_MAX];
    size_t count;
};

/* False if a piece between bars is no tag=value. */
MUST_USE bool script_fields_read(struct script_fields *fields, const char *text);
/* NULL if the line does not have it. */
const char *script_fields_find(const struct script_fields *fields, uint32_t tag);

/* A duration: "+30s", "500ms". False if it is none. */
MUST_USE bool script_duration_read(const char *text, uint64_t *out_ns);

/* "now", "now+5s", "now-130s" as a timestamp, other values as they are. */
void script_value(const char *value, uint64_t now_ns, char *out, size_t out_size);

/* The peer's message: 8, 9, 35, 49, 56, 34, 52 first, from the line where it has
 * them and filled in where it has not; then the line's other fields in its order;
 * then 10. A value of `-` leaves a field out. Returns the size. */
size_t script_message_write(const struct script_fields *fields, const char *sender,
                            const char *target, uint64_t seq, uint64_t now_ns, uint8_t *out,
                            size_t out_size);

/* Whether `message` has all fields of the line: `*` = any value, `-` = absent,
 * `~text` = holds that text. Else `error` says which differs. */
MUST_USE bool script_fields_match(const struct script_fields *fields, struct span message,
                                  uint64_t now_ns, char *error, size_t error_size);

/* The first value of `tag`; false if there is none. */
MUST_USE bool script_message_find(struct span message, uint32_t tag, char *out, size_t out_size);

/* With `|` for SOH and NUL at the end. */
void script_show(struct span message, char *out, size_t out_size);

#endif
