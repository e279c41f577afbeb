/* Dictionaries from files: reads them into memory and calls the loader.
 *
 * Shell: called at start, and by `fixgate dict`. Main thread. */
#ifndef GATEWAY_SHELL_DICTIONARY_FILE_H
#define GATEWAY_SHELL_DICTIONARY_FILE_H

#include "fix/dictionary_loader.h"

enum {
    DICTIONARY_FILE_BYTES_MAX = 8 * 1024 * 1024,
    DICTIONARY_FILE_PATH_BYTES_MAX = 1024,
};

/* The base first, then overlays; 1 to DICTIONARY_SOURCES_MAX paths. The
 * dictionary, or NULL and in `error` one line "file:line: reason", or "file:
 * reason" when the file cannot be read. The caller frees it with
 * dictionary_free(). */
MUST_USE struct dictionary *dictionary_file_load(const char *const *paths, size_t count,
                                                 char error[DICTIONARY_ERROR_BYTES_MAX]);

/* Where "FIX44.xml" or another file of ours is: in $FIXGATE_DICTIONARIES, in
 * ./dictionaries, or where it was installed. False if nowhere; `out` then holds
 * the path under ./dictionaries, for the message. */
MUST_USE bool dictionary_file_find(const char *name, char out[DICTIONARY_FILE_PATH_BYTES_MAX]);

#endif
