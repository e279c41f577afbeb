/* Short lines of text for logs and Text(58), put together without printf.
 *
 * Pure. Cut at the end when they grow too long: they are for people. */
#ifndef FIX_TEXT_H
#define FIX_TEXT_H

#include "fix/limits.h"

struct text {
    char data[FIX_TEXT_BYTES_MAX + 1]; /* NUL-ended once something was added. */
    size_t size;
};

static inline struct span text_span(const struct text *text)
{
    return span_of(text->data, text->size);
}

/* Begins empty: struct text text = {.size = 0}. Each appends and returns `text`.
 * Bytes that are no printable ASCII become '?', so that a peer's bytes cannot end
 * a field or a line of the log. */
struct text *text_add(struct text *text, const char *part);
struct text *text_add_span(struct text *text, struct span part);
struct text *text_add_uint(struct text *text, uint64_t number);

#endif
