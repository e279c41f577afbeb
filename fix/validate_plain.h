/* The look that nearly every value of a day's traffic needs, and no more.
 *
 * Pure. What is_plain_value() takes is right; what it does not take is for
 * validate_value() to judge, which is slower and knows all there is to know. */
#ifndef FIX_VALIDATE_PLAIN_H
#define FIX_VALIDATE_PLAIN_H

#include "fix/decimal.h"
#include "fix/dictionary.h"
#include "fix/message.h"

enum {
    MONTHS = 12,
    DAYS_OF_ANY_MONTH = 28,
    DATE_BYTES = 8,
    TIMESTAMP_BYTES = 17, /* Without fraction of a second. */
    FRACTION_DIGITS_MAX = 9,
    INT_DIGITS_SAFE = 18, /* Of which any number fits 64 bits. */
};

static const uint64_t EACH_BYTE = UINT64_C(0x0101010101010101);
static const uint64_t COLONS = UINT64_C(0x0000010000010000); /* Of HH:MM:SS. */

/* Four bytes, the first one lowest, whatever the machine's own order is. Written
 * out, for so it becomes one load. */
static inline uint32_t four_bytes(const uint8_t *text)
{
    return (uint32_t)text[0] | (uint32_t)text[1] << 8 | (uint32_t)text[2] << 16 |
           (uint32_t)text[3] << 24;
}

static inline uint64_t eight_bytes(const uint8_t *text)
{
    return (uint64_t)four_bytes(text) | (uint64_t)four_bytes(text + 4) << 32;
}

/* A bit for each SOH among eight bytes; 0 when there is none. */
static inline uint64_t soh_among(uint64_t bytes)
{
    bytes ^= EACH_BYTE * FIX_SOH;
    return (bytes - EACH_BYTE) & ~bytes & (EACH_BYTE * 0x80);
}

/* Eight bytes at a time, the last of them once more where the size is no multiple;
 * in the same way four, of a shorter value. A loop over the bytes, or a call of
 * memchr(), was a tenth of the whole check. */
static inline __attribute__((always_inline)) bool has_soh(struct span value)
{
    enum { STEP = sizeof(uint64_t), HALF = STEP / 2 };
    if (value.size >= STEP) {
        uint64_t found = soh_among(eight_bytes(value.data + value.size - STEP));
        for (size_t at = 0; at + STEP < value.size; at += STEP) {
            found |= soh_among(eight_bytes(value.data + at));
        }
        return found != 0;
    }
    if (value.size >= HALF) {
        uint64_t first = four_bytes(value.data);
        uint64_t last = four_bytes(value.data + value.size - HALF);
        return soh_among(first | last << 32) != 0;
    }
    for (size_t at = 0; at < value.size; at++) {
        if (value.data[at] == FIX_SOH) {
            return true;
        }
    }
    return false;
}

static inline uint32_t days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t DAYS[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* Eight characters whose digits were checked, each as its number: the pair of two
 * digits that begins at `at`. */
static inline uint32_t pair_of(uint64_t numbers, unsigned at)
{
    return (uint32_t)(numbers >> (8 * at) & 0xff) * 10 + (uint32_t)(numbers >> (8 * at + 8) & 0xff);
}

/* YYYYMMDD. Dates of birth, issue and maturity lie outside what an instant in
 * nanoseconds can hold, so this does not go through timestamp.h. */
static inline bool is_date_text(const uint8_t *text)
{
    uint64_t numbers = eight_bytes(text) ^ EACH_BYTE * '0';
    if (((numbers + EACH_BYTE * (0x80 - 10)) | numbers) & EACH_BYTE * 0x80) {
        return false;
    }
    uint32_t month = pair_of(numbers, 4);
    uint32_t day = pair_of(numbers, 6);
    if (month < 1 || month > MONTHS || day < 1) {
        return false;
    }
    return day <= DAYS_OF_ANY_MONTH ||
           day <= days_of_month(pair_of(numbers, 0) * 100 + pair_of(numbers, 2), month);
}

static inline bool is_date(struct span text)
{
    return text.size == DATE_BYTES && is_date_text(text.data);
}

/* HH:MM:SS, where a second may be 60. */
static inline bool is_time_text(const uint8_t *text)
{
    /* A digit becomes its number, and a colon 0: what may be added to each byte
     * before its highest bit tells that it was something else. */
    const uint64_t zeros = EACH_BYTE * '0' ^ COLONS * ('0' ^ ':');
    const uint64_t room = EACH_BYTE * (0x80 - 10) + COLONS * 9;
    uint64_t numbers = eight_bytes(text) ^ zeros;
    if (((numbers + room) | numbers) & EACH_BYTE * 0x80) {
        return false;
    }
    return pair_of(numbers, 0) <= 23 && pair_of(numbers, 3) <= 59 && pair_of(numbers, 6) <= 60;
}

/* How many digits the text begins with. */
static inline size_t digits_count(const uint8_t *text, size_t size)
{
    size_t count = 0;
    while (count < size && (uint32_t)text[count] - '0' <= 9) {
        count++;
    }
    return count;
}

/* Most prices and quantities need no more than a look: at most DECIMAL_PLACES + 2
 * bytes, digits with at most one point behind the first of them, fit a decimal
 * whatever they are. All else, signs included, is decimal_parse()'s to judge. */
static inline bool is_short_decimal(struct span value)
{
    enum { BYTES_MAX = DECIMAL_PLACES + 2 };
    if (value.size > BYTES_MAX) {
        return false;
    }
    size_t whole = digits_count(value.data, value.size);
    if (whole == value.size) {
        return true;
    }
    size_t behind = value.size - whole - 1;
    return whole > 0 && value.data[whole] == '.' &&
           digits_count(value.data + whole + 1, behind) == behind;
}

/* Of a year whose every instant timestamp_parse() can hold: it need not be
 * computed to know that it is one. */
static inline bool is_usual_timestamp(struct span value)
{
    if (value.size < TIMESTAMP_BYTES || value.data[DATE_BYTES] != '-') {
        return false;
    }
    if (memcmp(value.data, "20", 2) != 0 || !is_date_text(value.data) ||
        !is_time_text(value.data + DATE_BYTES + 1)) {
        return false;
    }
    if (value.size == TIMESTAMP_BYTES) {
        return true;
    }
    size_t digits_size = value.size - TIMESTAMP_BYTES - 1;
    return value.data[TIMESTAMP_BYTES] == '.' && digits_size >= 1 &&
           digits_size <= FRACTION_DIGITS_MAX &&
           digits_count(value.data + TIMESTAMP_BYTES + 1, digits_size) == digits_size;
}

/* Is a look enough to know that the value is of its type? */
static inline __attribute__((always_inline)) bool is_plain_of_type(enum dictionary_type type,
                                                                   struct span value)
{
    switch (type) {
    case DICTIONARY_TYPE_STRING:
    case DICTIONARY_TYPE_CURRENCY:
    case DICTIONARY_TYPE_EXCHANGE:
    case DICTIONARY_TYPE_COUNTRY:
        return !has_soh(value);
    case DICTIONARY_TYPE_INT:
    case DICTIONARY_TYPE_LENGTH:
    case DICTIONARY_TYPE_SEQNUM:
    case DICTIONARY_TYPE_NUMINGROUP:
        return value.size <= INT_DIGITS_SAFE && digits_count(value.data, value.size) == value.size;
    case DICTIONARY_TYPE_FLOAT:
    case DICTIONARY_TYPE_PRICE:
    case DICTIONARY_TYPE_PRICEOFFSET:
    case DICTIONARY_TYPE_AMT:
    case DICTIONARY_TYPE_QTY:
    case DICTIONARY_TYPE_PERCENTAGE:
        return is_short_decimal(value);
    case DICTIONARY_TYPE_UTCTIMESTAMP:
        return is_usual_timestamp(value);
    case DICTIONARY_TYPE_UTCDATEONLY:
    case DICTIONARY_TYPE_LOCALMKTDATE:
        return is_date(value);
    case DICTIONARY_TYPE_CHAR:
    case DICTIONARY_TYPE_BOOLEAN:
    case DICTIONARY_TYPE_UTCTIMEONLY:
    case DICTIONARY_TYPE_MONTHYEAR:
    case DICTIONARY_TYPE_DAYOFMONTH:
    case DICTIONARY_TYPE_MULTIPLEVALUESTRING:
    case DICTIONARY_TYPE_DATA:
        break;
    }
    return false;
}

/* Right for sure: of its type and of its enumeration. False says nothing. */
static inline __attribute__((always_inline)) bool
is_plain_value(const struct dictionary_field *field, struct span value)
{
    if (value.size == 1 && value.data[0] < 128) {
        uint8_t byte = value.data[0];
        return (field->one_byte_values[byte / 64] >> (byte % 64) & 1U) != 0;
    }
    return field->values_count == 0 && is_plain_of_type(field->type, value);
}

#endif
