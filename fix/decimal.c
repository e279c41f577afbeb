#include "fix/decimal.h"

/* Room for a product of two values, and for the sum of two such products. */
struct wide {
    __extension__ __int128 value;
};

static enum decimal_result decimal_from_wide(struct wide from, struct decimal *out)
{
    /* The range is symmetric, so that a value can always change its sign. */
    if (from.value > INT64_MAX || from.value < -INT64_MAX) {
        return DECIMAL_OUT_OF_RANGE;
    }
    out->units = (int64_t)from.value;
    return DECIMAL_OK;
}

/* dividend ÷ divisor, rounded half away from zero; divisor > 0. */
static struct wide wide_divide(struct wide dividend, struct wide divisor)
{
    ASSERT(divisor.value > 0);
    struct wide quotient = {.value = dividend.value / divisor.value};
    struct wide rest = {.value = dividend.value % divisor.value};
    bool negative = dividend.value < 0;
    if (negative) {
        rest.value = -rest.value;
    }
    if (rest.value >= divisor.value - rest.value) {
        quotient.value += negative ? -1 : 1;
    }
    return quotient;
}

static struct wide wide_product(struct decimal a, struct decimal b)
{
    struct wide product = {.value = a.units};
    product.value *= b.units;
    return product;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Appends one digit to an amount of units; false when it does not fit. */
static bool units_append(uint64_t *units, uint8_t digit)
{
    uint64_t value = 0;
    if (__builtin_mul_overflow(*units, UINT64_C(10), &value) ||
        __builtin_add_overflow(value, (uint64_t)(digit - '0'), &value)) {
        return false;
    }
    *units = value;
    return true;
}

enum decimal_result decimal_parse(struct span text, struct decimal *out)
{
    size_t at = 0;
    bool negative = text.size > 0 && text.data[0] == '-';
    if (negative) {
        at = 1;
    }
    size_t digits = 0;
    size_t places = 0;
    bool point = false;
    bool fits = true;
    bool exact = true;
    uint64_t units = 0;
    for (; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(byte)) {
            return DECIMAL_NOT_A_NUMBER;
        }
        digits += 1;
        if (point && places == DECIMAL_PLACES) {
            exact = exact && byte == '0';
            continue;
        }
        places += point ? 1 : 0;
        fits = fits && units_append(&units, byte);
    }
    if (digits == 0) {
        return DECIMAL_NOT_A_NUMBER;
    }
    for (; places < DECIMAL_PLACES; places++) {
        fits = fits && units_append(&units, '0');
    }
    if (!fits || units > INT64_MAX) {
        return DECIMAL_OUT_OF_RANGE;
    }
    if (!exact) {
        return DECIMAL_TOO_PRECISE;
    }
    out->units = negative ? -(int64_t)units : (int64_t)units;
    return DECIMAL_OK;
}

size_t decimal_format(struct decimal value, char text[DECIMAL_TEXT_BYTES_MAX])
{
    uint64_t units = value.units < 0 ? UINT64_C(0) - (uint64_t)value.units : (uint64_t)value.units;
    uint64_t whole = units / (uint64_t)DECIMAL_ONE;
    uint64_t fraction = units % (uint64_t)DECIMAL_ONE;
    char reversed[DECIMAL_TEXT_BYTES_MAX];
    size_t size = 0;
    if (fraction > 0) {
        unsigned places = DECIMAL_PLACES;
        while (fraction % 10 == 0) {
            fraction /= 10;
            places -= 1;
        }
        for (; places > 0; places--) {
            reversed[size++] = (char)('0' + fraction % 10);
            fraction /= 10;
        }
        reversed[size++] = '.';
    }
    do {
        reversed[size++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    if (value.units < 0) {
        reversed[size++] = '-';
    }
    ASSERT(size < DECIMAL_TEXT_BYTES_MAX);
    for (size_t i = 0; i < size; i++) {
        text[i] = reversed[size - 1 - i];
    }
    return size;
}

enum decimal_result decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
    struct wide sum = {.value = a.units};
    sum.value += b.units;
    return decimal_from_wide(sum, out);
}

enum decimal_result decimal_sub(struct decimal a, struct decimal b, struct decimal *out)
{
    struct wide difference = {.value = a.units};
    difference.value -= b.units;
    return decimal_from_wide(difference, out);
}

enum decimal_result decimal_mul(struct decimal a, struct decimal b, struct decimal *out)
{
    struct wide one = {.value = DECIMAL_ONE};
    return decimal_from_wide(wide_divide(wide_product(a, b), one), out);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    return (a.units > b.units) - (a.units < b.units);
}

enum decimal_result decimal_average(struct decimal average_before, struct decimal quantity_before,
                                    struct decimal price, struct decimal quantity,
                                    struct decimal *out)
{
    if (quantity_before.units < 0 || quantity.units < 0) {
        return DECIMAL_OUT_OF_RANGE;
    }
    struct wide total = {.value = quantity_before.units};
    total.value += quantity.units;
    if (total.value == 0) {
        *out = decimal_zero();
        return DECIMAL_OK;
    }
    /* Each product stays below 2^126, so their sum does not wrap. */
    struct wide notional = wide_product(average_before, quantity_before);
    notional.value += wide_product(price, quantity).value;
    return decimal_from_wide(wide_divide(notional, total), out);
}

static struct wide wide_from_sum(struct decimal_sum sum)
{
    struct wide wide = {.value = sum.high};
    wide.value *= INT64_C(1) << 32;
    wide.value *= INT64_C(1) << 32;
    wide.value += sum.low;
    return wide;
}

enum decimal_result decimal_sum_add(struct decimal_sum *sum, struct decimal price,
                                    struct decimal quantity, int sign)
{
    ASSERT(sign == 1 || sign == -1);
    struct wide total = wide_from_sum(*sum);
    struct wide product = wide_product(price, quantity);
    product.value *= sign;
    if (__builtin_add_overflow(total.value, product.value, &total.value)) {
        return DECIMAL_OUT_OF_RANGE;
    }
    sum->low = (uint64_t)total.value;
    sum->high = (int64_t)(total.value >> 64);
    return DECIMAL_OK;
}

enum decimal_result decimal_sum_average(struct decimal_sum sum, struct decimal quantity,
                                        struct decimal *out)
{
    if (quantity.units < 0) {
        return DECIMAL_OUT_OF_RANGE;
    }
    if (quantity.units == 0) {
        *out = decimal_zero();
        return DECIMAL_OK;
    }
    struct wide divisor = {.value = quantity.units};
    return decimal_from_wide(wide_divide(wide_from_sum(sum), divisor), out);
}
