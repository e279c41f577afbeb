/* Makes numbers in JSON text keep their exact digits: 10.50 becomes "10.50".
 *
 * No state, no I/O, no allocation. Any thread. A JSON library reads 10.50 as a
 * binary fraction, which is not the price that somebody wrote. This pass stands
 * before it, and bounds the depth of the text at the same time. */
#ifndef GATEWAY_SHELL_JSON_NUMBERS_H
#define GATEWAY_SHELL_JSON_NUMBERS_H

#include "fix/base.h"

enum json_numbers_result {
    JSON_NUMBERS_OK,
    JSON_NUMBERS_DEEP, /* Objects and arrays within each other beyond `depth_max`. */
    JSON_NUMBERS_FULL, /* `capacity` is too small; 2 × the text always suffices. */
};

/* Numbers without exponent get quotes; all else is copied, right or wrong. */
enum json_numbers_result json_numbers_quote(struct span json, uint32_t depth_max, char *out,
                                            size_t capacity, size_t *size);

#endif
