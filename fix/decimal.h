/* Exact decimals: prices, quantities, money. No floating point anywhere.
 *
 * Pure. Any thread. A value is a whole number of 1e-8 units in an int64, so it
 * reaches ±92,233,720,368.54775807. Every operation says when the result does
 * not fit or is not exact; none wraps, none rounds silently. */
#ifndef FIX_DECIMAL_H
#define FIX_DECIMAL_H

#include "fix/base.h"

enum {
    DECIMAL_PLACES = 8,
    DECIMAL_TEXT_BYTES_MAX = 24, /* Longest text, with sign, point and NUL. */
};
#define DECIMAL_ONE INT64_C(100000000)

struct decimal {
    int64_t units; /* Value × 1e8. */
};

enum decimal_result {
    DECIMAL_OK = 0,
    DECIMAL_NOT_A_NUMBER, /* Text is not FIX's float: [-]digits[.digits]; no '+', no exponent. */
    DECIMAL_TOO_PRECISE,  /* More than 8 places that are not zero. */
    DECIMAL_OUT_OF_RANGE, /* Does not fit. */
};

/* FIX 4.4 Vol. 1, data type float: optional '-', digits, optional point; leading
 * and trailing zeros are right, and so are ".5" and "5."; ".", "", "+1" and "1e3"
 * are not. `out` is written only when the answer is OK. */
MUST_USE enum decimal_result decimal_parse(struct span text, struct decimal *out);

/* Shortest text that reads back as the same value ("10.5", "-0.01", "7").
 * Writes no NUL; returns the count of bytes (at most DECIMAL_TEXT_BYTES_MAX - 1). */
size_t decimal_format(struct decimal value, char text[DECIMAL_TEXT_BYTES_MAX]);

MUST_USE enum decimal_result decimal_add(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE enum decimal_result decimal_sub(struct decimal a, struct decimal b, struct decimal *out);

/* a × b, rounded half away from zero to 8 places. */
MUST_USE enum decimal_result decimal_mul(struct decimal a, struct decimal b, struct decimal *out);

/* -1, 0, 1. */
int decimal_compare(struct decimal a, struct decimal b);

/* The average price after `quantity` more at `price` on top of `quantity_before`
 * at `average_before`, computed in 128 bits and rounded half away from zero. A
 * total quantity of 0 gives 0, a negative quantity OUT_OF_RANGE.
 * For an exact running average keep the notional instead: struct decimal_sum. */
MUST_USE enum decimal_result decimal_average(struct decimal average_before,
                                             struct decimal quantity_before, struct decimal price,
                                             struct decimal quantity, struct decimal *out);

/* Exact Σ price × quantity (units of 1e-16, 128 bits), from which an average
 * price is derived without drift: what AvgPx(6) of an order is computed from. */
struct decimal_sum {
    int64_t high; /* The value is high × 2^64 + low, in two's complement. */
    uint64_t low;
};

/* sum += sign × price × quantity; sign is 1, or -1 to take a busted fill back. */
MUST_USE enum decimal_result decimal_sum_add(struct decimal_sum *sum, struct decimal price,
                                             struct decimal quantity, int sign);

/* sum ÷ quantity, rounded half away from zero; 0 when quantity is 0, OUT_OF_RANGE
 * when it is negative. */
MUST_USE enum decimal_result decimal_sum_average(struct decimal_sum sum, struct decimal quantity,
                                                 struct decimal *out);

static inline struct decimal decimal_zero(void)
{
    return (struct decimal){.units = 0};
}

static inline struct decimal decimal_whole(int32_t value)
{
    return (struct decimal){.units = value * DECIMAL_ONE};
}

#endif
