/* Messages and fields of a dictionary, written for people and as JSON.
 *
 * Shell, for `fixgate dict`. Writes to `out`, keeps nothing. */
#ifndef GATEWAY_CONSOLE_DICTIONARY_PRINT_H
#define GATEWAY_CONSOLE_DICTIONARY_PRINT_H

#include <stdio.h>

#include "fix/dictionary.h"

/* The members in the order of the definition, those of groups indented below. */
void dictionary_print_message(FILE *out, const struct dictionary *dictionary,
                              const struct dictionary_message *message);

/* Type, enumeration, and the messages that have it, in groups or not. */
void dictionary_print_field(FILE *out, const struct dictionary *dictionary,
                            const struct dictionary_field *field);

/* The same as one JSON object each, without a line's end. */
void dictionary_json_message(FILE *out, const struct dictionary *dictionary,
                             const struct dictionary_message *message);
void dictionary_json_field(FILE *out, const struct dictionary *dictionary,
                           const struct dictionary_field *field);

#endif
