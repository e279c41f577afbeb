/* What the tests of the dictionary and of validation share: files in memory,
 * dictionaries, and messages written with '|' for SOH. */
#ifndef TESTS_UNIT_DICTIONARY_FIXTURE_H
#define TESTS_UNIT_DICTIONARY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/dictionary_loader.h"
#include "fix/message.h"

/* The whole file; an empty span when it is not there. The caller frees the data. */
static inline struct span fixture_read(const char *path)
{
    enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return span_of(NULL, 0);
    }
    uint8_t *data = malloc(FILE_BYTES_MAX);
    assert_non_null(data);
    size_t size = fread(data, 1, FILE_BYTES_MAX, file);
    assert_true(feof(file) != 0);
    (void)fclose(file);
    return span_of(data, size);
}

static inline void fixture_free(struct span text)
{
    free((void *)(uintptr_t)text.data);
}

/* The dictionary of files, base first; NULL ends the list. */
static inline struct dictionary *fixture_load(const char *const *paths)
{
    struct dictionary_source sources[DICTIONARY_SOURCES_MAX] = {{.name = NULL}};
    size_t count = 0;
    for (; paths[count] != NULL; count++) {
        sources[count] = (struct dictionary_source){paths[count], fixture_read(paths[count])};
        assert_non_null(sources[count].xml.data);
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_load(sources, count, error);
    if (dictionary == NULL) {
        fail_msg("%s", error);
    }
    for (size_t i = 0; i < count; i++) {
        fixture_free(sources[i].xml);
    }
    return dictionary;
}

/* A message with its bytes and its index. */
struct fixture_message {
    uint8_t bytes[FIX_MESSAGE_BYTES_MAX];
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
};

static inline size_t fixture_soh(uint8_t *to, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        to[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return size;
}

/* Frames "35=…|…|" with 8, 9 and 10, and indexes it. */
static inline void fixture_framed(struct fixture_message *out, const struct dictionary *dictionary,
                                  const char *fields)
{
    int head = snprintf((char *)out->bytes, sizeof(out->bytes), "8=FIX.4.4%c9=%zu%c", FIX_SOH,
                        strlen(fields), FIX_SOH);
    size_t size = (size_t)head + fixture_soh(out->bytes + head, fields);
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += out->bytes[i];
    }
    size += (size_t)snprintf((char *)out->bytes + size, sizeof(out->bytes) - size, "10=%03u%c",
                             sum % 256, FIX_SOH);
    message_init(&out->message, out->fields, FIX_FIELDS_MAX);
    assert_int_equal(message_index(&out->message, span_of(out->bytes, size), dictionary),
                     FRAME_FAULT_NONE);
}

static inline void fixture_unframed(struct fixture_message *out,
                                    const struct dictionary *dictionary, const char *fields)
{
    size_t size = fixture_soh(out->bytes, fields);
    message_init(&out->message, out->fields, FIX_FIELDS_MAX);
    assert_int_equal(message_index_unframed(&out->message, span_of(out->bytes, size), dictionary),
                     FRAME_FAULT_NONE);
}

#endif
