/* The dictionary of FIX 4.4, for the targets that read messages with it. */
#ifndef TESTS_FUZZ_DICTIONARY_H
#define TESTS_FUZZ_DICTIONARY_H

#include <stdio.h>
#include <stdlib.h>

#include "fix/dictionary_loader.h"

/* Aborts without one; the caller frees it, or never does. */
static inline struct dictionary *fuzz_dictionary(void)
{
    enum { XML_BYTES_MAX = 8 * 1024 * 1024 };
    FILE *file = fopen(FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml", "rb");
    ASSERT(file != NULL);
    uint8_t *xml = malloc(XML_BYTES_MAX);
    ASSERT(xml != NULL);
    size_t size = fread(xml, 1, XML_BYTES_MAX, file);
    ASSERT(size > 0);
    (void)fclose(file);
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary_source source = {.name = "FIX44.xml", .xml = span_of(xml, size)};
    struct dictionary *dictionary = dictionary_load(&source, 1, error);
    ASSERT(dictionary != NULL);
    free(xml);
    return dictionary;
}

#endif
