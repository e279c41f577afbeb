/* What the tests of the codec share: messages written with '|' for SOH, and
 * bytes that end exactly where a page begins that must not be touched. */
#ifndef TESTS_UNIT_CODEC_HELP_H
#define TESTS_UNIT_CODEC_HELP_H

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fix/message.h"

enum { CODEC_TEXT_BYTES_MAX = 4096 };

/* `text` with SOH for each '|', in `out`. */
static inline struct span codec_wire(const char *text, uint8_t out[CODEC_TEXT_BYTES_MAX])
{
    size_t size = strlen(text);
    assert_true(size <= CODEC_TEXT_BYTES_MAX);
    for (size_t i = 0; i < size; i++) {
        out[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return span_of(out, size);
}

/* A message around `body` ("35=0|…|"), with the right BodyLength and CheckSum,
 * by plain arithmetic and not by the code under test. Appends to `out` at *size. */
static inline void codec_append(const char *body, char *out, size_t *size)
{
    char *begin = out + *size;
    int head =
        snprintf(begin, CODEC_TEXT_BYTES_MAX - *size, "8=FIX.4.4|9=%zu|%s", strlen(body), body);
    assert_true(head > 0 && (size_t)head + 8 < CODEC_TEXT_BYTES_MAX - *size);
    unsigned sum = 0;
    for (int i = 0; i < head; i++) {
        sum += begin[i] == '|' ? 1U : (unsigned char)begin[i];
    }
    int tail = snprintf(begin + head, 9, "10=%03u|", sum % 256);
    *size += (size_t)head + (size_t)tail;
}

/* Bytes whose end is the end of readable memory. */
struct guarded {
    uint8_t *map;
    size_t map_size;
    uint8_t *end;
};

static inline struct guarded guarded_new(size_t bytes_max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t usable = (bytes_max + page - 1) / page * page;
    uint8_t *map =
        mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + usable, page, PROT_NONE), 0);
    return (struct guarded){.map = map, .map_size = usable + page, .end = map + usable};
}

static inline struct span guarded_copy(const struct guarded *guarded, struct span bytes)
{
    uint8_t *begin = guarded->end - bytes.size;
    if (bytes.size > 0) {
        memcpy(begin, bytes.data, bytes.size);
    }
    return span_of(begin, bytes.size);
}

static inline void guarded_free(const struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_size);
}

/* Repeatable numbers for loops over made-up values. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
