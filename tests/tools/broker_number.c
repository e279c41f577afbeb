#include "tests/tools/broker_number.h"

#include <inttypes.h>
#include <stdio.h>

bool broker_number_parse(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    const char *at = negative ? text + 1 : text;
    int64_t value = 0;
    int places = -1; /* -1 before the point. */
    int digits = 0;
    for (; *at != '\0'; at++) {
        if (*at == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*at < '0' || *at > '9' || places >= 8 || value > (INT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (*at - '0');
        digits++;
        places += places >= 0 ? 1 : 0;
    }
    for (int place = places < 0 ? 0 : places; place < 8; place++) {
        if (value > INT64_MAX / 10) {
            return false;
        }
        value *= 10;
    }
    *out = negative ? -value : value;
    return digits > 0;
}

void broker_number_format(int64_t value, char text[BROKER_NUMBER_BYTES_MAX])
{
    uint64_t size = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    uint64_t fraction = size % (uint64_t)BROKER_ONE;
    int count = snprintf(text, BROKER_NUMBER_BYTES_MAX, "%s%" PRIu64, value < 0 ? "-" : "",
                         size / (uint64_t)BROKER_ONE);
    if (fraction == 0) {
        return;
    }
    count +=
        snprintf(text + count, (size_t)(BROKER_NUMBER_BYTES_MAX - count), ".%08" PRIu64, fraction);
    while (text[count - 1] == '0') {
        text[--count] = '\0';
    }
}

int64_t broker_number_average(broker_wide total, int64_t quantity)
{
    return quantity > 0 ? (int64_t)((total + quantity / 2) / quantity) : 0;
}
