/* Reading and writing FIX fields and journal lines, the broker's own way.
 *
 * Pure. Any thread. Like broker_number.h this shares no code with fix/, so that
 * a mistake there cannot hide here. */
#ifndef TESTS_TOOLS_BROKER_FIELDS_H
#define TESTS_TOOLS_BROKER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies the value of the first `tag` of a message into `out`, with NUL. False,
 * and an empty `out`, if it is absent or too long. */
bool fields_get(const char *message, size_t size, int tag, char *out, size_t out_size);

/* Bytes of the value of `tag`; 0 if it is absent. */
size_t fields_size(const char *message, size_t size, int tag);

/* The first byte of the value of `tag`, or `otherwise`. */
char fields_char(const char *message, size_t size, int tag, char otherwise);

enum { FIELDS_BYTES_MAX = 2048 };

/* Text under construction; what does not fit sets `overflow`. */
struct fields {
    char data[FIELDS_BYTES_MAX];
    size_t size;
    bool overflow;
};

void fields_clear(struct fields *fields);
void fields_text(struct fields *fields, int tag, const char *value);
/* The same, but nothing at all for an empty value. */
void fields_text_if(struct fields *fields, int tag, const char *value);
void fields_char_add(struct fields *fields, int tag, char value);
void fields_int(struct fields *fields, int tag, int64_t value);
void fields_number(struct fields *fields, int tag, int64_t value);

/* A journal line: KIND, then key=value pairs, parted by blanks. Blank, '%', '='
 * and bytes outside printable ASCII are written as %XX. */
void line_begin(struct fields *line, const char *kind);
void line_text(struct fields *line, const char *key, const char *value);
void line_char(struct fields *line, const char *key, char value);
void line_uint(struct fields *line, const char *key, uint64_t value);
void line_number(struct fields *line, const char *key, int64_t value);
void line_end(struct fields *line); /* The newline. */

/* Value of `key` in a line (`size` without its newline), decoded, with NUL. False
 * and an empty `out` if absent or too long. */
bool line_get(const char *line, size_t size, const char *key, char *out, size_t out_size);
uint64_t line_get_uint(const char *line, size_t size, const char *key);
int64_t line_get_number(const char *line, size_t size, const char *key);
char line_get_char(const char *line, size_t size, const char *key);

#endif
