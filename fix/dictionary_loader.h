/* Turns QuickFIX data-dictionary XML into the flat tables of dictionary.h.
 *
 * The one part of fix/ outside the pure library: it uses expat and takes memory.
 * It parses memory; reading files is the shell's. Called at start, and by the
 * build to make the header of tag constants. */
#ifndef FIX_DICTIONARY_LOADER_H
#define FIX_DICTIONARY_LOADER_H

#include "fix/dictionary.h"

enum { DICTIONARY_ERROR_BYTES_MAX = 512, DICTIONARY_SOURCES_MAX = 8 };

/* One file: the base first, then overlays, in order. An overlay is the same XML
 * with root <fix> and, in its messages, components or fields, what it adds;
 * required='Y' on a field that is there makes it required, and <field
 * name='…' forbidden='Y'/> takes it out; internal='Y' on a field definition
 * marks it as in-house; allowOtherValues='Y' there says that the enumeration is
 * not closed. Values that an overlay lists for a field that is there are added.
 *
 * Refused, among much else: a document type (so no entities), elements,
 * attributes and types that are not known, a number or a name twice, what refers
 * to nothing, components that contain themselves, groups without fields. */
struct dictionary_source {
    const char *name; /* For errors: the file's name. */
    struct span xml;
};

/* The tables, or NULL and in `error` one line "file:line: reason". The caller
 * frees them with dictionary_free(). */
MUST_USE struct dictionary *dictionary_load(const struct dictionary_source *sources, size_t count,
                                            char error[DICTIONARY_ERROR_BYTES_MAX]);
void dictionary_free(struct dictionary *dictionary);

#endif
