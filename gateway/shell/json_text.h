/* Writes text, and JSON above all, into a caller's buffer.
 *
 * No state, no I/O, no allocation. Any thread. What does not fit marks the text
 * as overflowed and nothing more is written; ask once, at the end. */
#ifndef GATEWAY_SHELL_JSON_TEXT_H
#define GATEWAY_SHELL_JSON_TEXT_H

#include "fix/base.h"

struct json_text {
    char *data; /* Owned by the caller; no NUL is written. */
    size_t capacity;
    size_t size;
    bool overflow;
};

void json_text_init(struct json_text *text, char *data, size_t capacity);

/* Bytes as they are: punctuation, numbers, other JSON. */
void json_text_raw(struct json_text *text, struct span bytes);
void json_text_words(struct json_text *text, const char *words);
void json_text_uint(struct json_text *text, uint64_t value);

/* A JSON string with its quotes. JSON is UTF-8: a byte that is not becomes U+FFFD. */
void json_text_string(struct json_text *text, struct span value);

/* "name":"value", with a comma before it unless `first`. */
void json_text_pair(struct json_text *text, bool first, const char *name, struct span value);

/* Base64 with its quotes, for fields of type data. */
void json_text_base64(struct json_text *text, struct span value);

/* RFC 4648 §4, with padding. Writes at most 3/4 of the text's size. False: it is not that. */
MUST_USE bool base64_decode(struct span text, uint8_t *out, size_t *size);

static inline struct span json_text_span(const struct json_text *text)
{
    return span_of(text->data, text->overflow ? 0 : text->size);
}

/* Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none. */
size_t utf8_size(struct span text);

#endif
