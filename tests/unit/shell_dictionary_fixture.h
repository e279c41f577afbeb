/* The dictionary of orders with our own tags, for a whole group of tests. */
#ifndef TESTS_UNIT_SHELL_DICTIONARY_FIXTURE_H
#define TESTS_UNIT_SHELL_DICTIONARY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/shell/dictionary_file.h"

static struct dictionary *dictionary; /* From load() to unload(). */

static inline int load(void **state)
{
    (void)state;
    static const char *const paths[] = {"dictionaries/FIX44.xml",
                                        "dictionaries/FIX44-internal.xml"};
    char reason[DICTIONARY_ERROR_BYTES_MAX];
    dictionary = dictionary_file_load(paths, 2, reason);
    return dictionary != NULL ? 0 : -1;
}

static inline int unload(void **state)
{
    (void)state;
    dictionary_free(dictionary);
    return 0;
}

#endif
