/* What every module stands on: spans of bytes, assertions, and three macros.
 *
 * Pure: no state, no I/O. Any thread. */
#ifndef FIX_BASE_H
#define FIX_BASE_H

#undef NDEBUG /* Assertions are part of the product, in every build. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Our own mistake: stop the process. Never for a fault of a peer, a client or
 * the environment. One condition each; no side effects inside. */
#define ASSERT(condition) assert(condition)

/* The caller must look at the result. */
#define MUST_USE __attribute__((warn_unused_result))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Hands a failure of the environment (enum status, 0 = OK) up to the caller. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum status try_status = (expression);                                                     \
        if (try_status != STATUS_OK) {                                                             \
            return try_status;                                                                     \
        }                                                                                          \
    } while (0)

/* Failures of the environment. Only the store and the shell return them; pure
 * code has none. */
enum status {
    STATUS_OK = 0,
    STATUS_NOT_FOUND, /* The key, file or peer is not there. */
    STATUS_FULL,      /* Disk, map or buffer has no room left. */
    STATUS_CORRUPT,   /* What is stored fails its checksum or its rules. */
    STATUS_NEWER,     /* Written by a version of fixgate with another schema. */
    STATUS_BACKWARD,  /* A number that only grows went backwards. */
    STATUS_BUSY,      /* Another process owns it. */
    STATUS_INVALID,   /* Text or settings that make no sense; a reason is given. */
    STATUS_IO,        /* The operating system refused; a reason is given. */
};

/* Bytes that somebody else owns. `data` may be NULL when `size` is 0. */
struct span {
    const uint8_t *data;
    size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
    return (struct span){.data = data, .size = size};
}

/* The bytes of a C string, without its NUL. */
static inline struct span span_text(const char *text)
{
    return span_of(text, strlen(text));
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_text(text));
}

/* Copies at most capacity - 1 bytes and ends them with NUL. */
static inline void span_to_text(struct span from, char *text, size_t capacity)
{
    ASSERT(capacity > 0);
    size_t size = from.size < capacity - 1 ? from.size : capacity - 1;
    if (size > 0) {
        memcpy(text, from.data, size);
    }
    text[size] = '\0';
}

#endif
