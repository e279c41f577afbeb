#include "fix/validate_value.h"

#include "fix/decimal.h"
#include "fix/timestamp.h"
#include "fix/validate_plain.h"

enum { WEEKS_OF_MONTH = 5, DAYS_OF_MONTH_MAX = 31 };

/* `size` digits as a number; UINT32_MAX when there is something else. */
static uint32_t digits(const uint8_t *text, size_t size)
{
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t digit = (uint32_t)text[i] - '0';
        if (digit > 9) {
            return UINT32_MAX;
        }
        number = number * 10 + digit;
    }
    return number;
}

static bool is_month(struct span text)
{
    uint32_t month = digits(text.data + 4, 2);
    return digits(text.data, 4) != UINT32_MAX && month >= 1 && month <= MONTHS;
}

/* YYYYMM, YYYYMMDD or YYYYMMWW with WW = w1 to w5. */
static bool is_month_year(struct span text)
{
    if (text.size == 6) {
        return is_month(text);
    }
    bool week = text.size == 8 && text.data[6] == 'w' && text.data[7] >= '1' &&
                text.data[7] < '1' + WEEKS_OF_MONTH;
    return week ? is_month(text) : is_date(text);
}

static enum session_reject_reason check_int(struct span value, int64_t low, int64_t high)
{
    int64_t number = 0;
    switch (value_int(value, &number)) {
    case VALUE_OK:
        return number >= low && number <= high ? REJECT_NONE : REJECT_VALUE_OUT_OF_RANGE;
    case VALUE_OUT_OF_RANGE:
        return REJECT_VALUE_OUT_OF_RANGE;
    case VALUE_ABSENT:
    case VALUE_EMPTY:
    case VALUE_BAD_FORMAT:
        break;
    }
    return REJECT_BAD_FORMAT;
}

static enum session_reject_reason check_decimal(struct span value)
{
    struct decimal number;
    if (is_short_decimal(value)) {
        return REJECT_NONE;
    }
    switch (decimal_parse(value, &number)) {
    case DECIMAL_OK:
        return REJECT_NONE;
    case DECIMAL_TOO_PRECISE:
    case DECIMAL_OUT_OF_RANGE:
        return REJECT_VALUE_OUT_OF_RANGE;
    case DECIMAL_NOT_A_NUMBER:
        break;
    }
    return REJECT_BAD_FORMAT;
}

static enum session_reject_reason of_type(bool right)
{
    return right ? REJECT_NONE : REJECT_BAD_FORMAT;
}

static enum session_reject_reason check_type(enum dictionary_type type, struct span value)
{
    uint64_t instant_ns = 0;
    switch (type) {
    case DICTIONARY_TYPE_STRING:
    case DICTIONARY_TYPE_MULTIPLEVALUESTRING:
    case DICTIONARY_TYPE_CURRENCY:
    case DICTIONARY_TYPE_EXCHANGE:
    case DICTIONARY_TYPE_COUNTRY:
        return has_soh(value) ? REJECT_SOH_IN_VALUE : REJECT_NONE;
    case DICTIONARY_TYPE_CHAR:
        return of_type(value.size == 1 && value.data[0] != FIX_SOH);
    case DICTIONARY_TYPE_BOOLEAN:
        return of_type(value.size == 1 && (value.data[0] == 'Y' || value.data[0] == 'N'));
    case DICTIONARY_TYPE_INT:
        return check_int(value, INT64_MIN, INT64_MAX);
    case DICTIONARY_TYPE_LENGTH:
    case DICTIONARY_TYPE_SEQNUM:
    case DICTIONARY_TYPE_NUMINGROUP:
        return check_int(value, 0, INT64_MAX);
    case DICTIONARY_TYPE_DAYOFMONTH:
        return check_int(value, 1, DAYS_OF_MONTH_MAX);
    case DICTIONARY_TYPE_FLOAT:
    case DICTIONARY_TYPE_PRICE:
    case DICTIONARY_TYPE_PRICEOFFSET:
    case DICTIONARY_TYPE_AMT:
    case DICTIONARY_TYPE_QTY:
    case DICTIONARY_TYPE_PERCENTAGE:
        return check_decimal(value);
    case DICTIONARY_TYPE_UTCTIMESTAMP:
        return of_type(timestamp_parse(value, &instant_ns));
    case DICTIONARY_TYPE_UTCTIMEONLY:
        return of_type(time_only_parse(value, &instant_ns));
    case DICTIONARY_TYPE_UTCDATEONLY:
    case DICTIONARY_TYPE_LOCALMKTDATE:
        return of_type(is_date(value));
    case DICTIONARY_TYPE_MONTHYEAR:
        return of_type(is_month_year(value));
    case DICTIONARY_TYPE_DATA:
        break;
    }
    return REJECT_NONE;
}

static bool is_listed(const struct dictionary *dictionary, const struct dictionary_field *field,
                      struct span value)
{
    if (value.size == 1) {
        uint8_t byte = value.data[0];
        return byte < 128 && (field->one_byte_values[byte / 64] >> (byte % 64) & 1U) != 0;
    }
    return dictionary_value_name(dictionary, field, value) != NULL;
}

/* Leading zeros are right in a number (session-behaviours 11 f), so "004" is "4". */
static bool is_listed_number(const struct dictionary *dictionary,
                             const struct dictionary_field *field, struct span value)
{
    if (is_listed(dictionary, field, value)) {
        return true;
    }
    if (field->type != DICTIONARY_TYPE_INT) {
        return false;
    }
    size_t zeros = 0;
    while (zeros + 1 < value.size && value.data[zeros] == '0') {
        zeros++;
    }
    return zeros > 0 &&
           is_listed(dictionary, field, span_of(value.data + zeros, value.size - zeros));
}

/* Values with one space between each. */
static enum session_reject_reason check_multiple(const struct dictionary *dictionary,
                                                 const struct dictionary_field *field,
                                                 bool any_value, struct span value)
{
    size_t begin = 0;
    while (begin <= value.size) {
        size_t end = begin;
        while (end < value.size && value.data[end] != ' ') {
            end++;
        }
        if (end == begin) {
            return REJECT_BAD_FORMAT;
        }
        if (!any_value && !is_listed(dictionary, field, span_of(value.data + begin, end - begin))) {
            return REJECT_VALUE_OUT_OF_RANGE;
        }
        begin = end + 1;
    }
    return REJECT_NONE;
}

enum session_reject_reason validate_value(const struct dictionary *dictionary,
                                          const struct dictionary_field *field,
                                          const struct validate_options *options, struct span value)
{
    ASSERT(value.size > 0);
    enum session_reject_reason reason = check_type(field->type, value);
    if (reason != REJECT_NONE) {
        return reason;
    }
    bool any_value =
        field->values_count == 0 || field->values_open || options->unknown_enums_allowed;
    if (field->type == DICTIONARY_TYPE_MULTIPLEVALUESTRING) {
        return check_multiple(dictionary, field, any_value, value);
    }
    bool right = any_value || is_listed_number(dictionary, field, value);
    return right ? REJECT_NONE : REJECT_VALUE_OUT_OF_RANGE;
}
