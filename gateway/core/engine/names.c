#include "gateway/core/engine/names.h"

enum { INSTANCE_CHARACTERS = 7 }; /* 35 bits. */

struct name name_make(uint64_t instance_id, enum name_kind kind, uint64_t number)
{
    /* Crockford's alphabet: nothing that is misread over a telephone. */
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct name name;
    size_t size = 0;
    for (unsigned index = 0; index < INSTANCE_CHARACTERS; index++) {
        name.text[size++] = alphabet[instance_id >> (5 * index) & 31];
    }
    name.text[size++] = (char)kind;

    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        name.text[size++] = digits[--count];
    }
    ASSERT(size <= NAME_BYTES_MAX);
    name.text[size] = '\0';
    return name;
}

bool name_number(struct span name, enum name_kind kind, uint64_t *number)
{
    *number = 0;
    if (name.size < INSTANCE_CHARACTERS + 2 || name.size > NAME_BYTES_MAX ||
        name.data[INSTANCE_CHARACTERS] != (uint8_t)kind) {
        return false;
    }
    for (size_t index = INSTANCE_CHARACTERS + 1; index < name.size; index++) {
        uint8_t digit = name.data[index];
        if (digit < '0' || digit > '9') {
            return false;
        }
        *number = 10 * *number + (uint64_t)(digit - '0');
    }
    return true;
}
