/* Exact numbers of the broker: whole counts of 1e-8, in an int64.
 *
 * The broker has its own on purpose, and does not use fix/decimal.h: the other
 * side must not share a mistake with the gateway. Pure. Any thread. */
#ifndef TESTS_TOOLS_BROKER_NUMBER_H
#define TESTS_TOOLS_BROKER_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define BROKER_ONE INT64_C(100000000)

__extension__ typedef __int128 broker_wide; /* Σ price × quantity, in 1e-16. */

enum { BROKER_NUMBER_BYTES_MAX = 24 };

/* [-]digits[.digits], at most 8 places; false if it is not that or does not fit. */
bool broker_number_parse(const char *text, int64_t *out);

/* Shortest text ("10.5"), with NUL. */
void broker_number_format(int64_t value, char text[BROKER_NUMBER_BYTES_MAX]);

/* total ÷ quantity, rounded half up; 0 when quantity is 0. Both not negative. */
int64_t broker_number_average(broker_wide total, int64_t quantity);

#endif
