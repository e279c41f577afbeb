/* Short lines of text for logs and Text(58), put together without printf.
 *
 * Pure. Cut at the end when they grow too long: they are for people. */
#ifndef GATEWAY_CORE_TEXT_H
#define GATEWAY_CORE_TEXT_H

#include "gateway/core/limits.h"

struct text {
    char data[ENGINE_TEXT_BYTES_MAX + 1];
    size_t size;
};

static inline struct span text_span(const struct text *text)
{
    return span_of(text->data, text->size);
}

/* Each appends and returns `text`. Bytes below space become '.'. */
struct text *text_add(struct text *text, const char *part);
struct text *text_add_span(struct text *text, struct span part);
struct text *text_add_uint(struct text *text, uint64_t number);

#endif
