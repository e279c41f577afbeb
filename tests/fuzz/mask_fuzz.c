/* Any bytes around a password, in two pieces.
 *
 * What must hold: nothing is read or written outside (the sanitizers watch), no part of the
 * password comes out whatever stands before and behind it and wherever it is cut, nothing
 * grows beyond its bound, and what is masked stays as it is when it is masked again. */
#include <stdlib.h>

#include "fix/mask.h"
#include "fix/message.h"
#include "tests/fuzz/fuzz.h"

enum { BYTES_MAX = 4096 };

/* Of bytes that no input has. */
static const uint8_t password[] = {0xfe, 0xfd, 0xfc, 0xfb};
static const char *const tags[] = {"554=", "925=", "0554="};

/* A copy with its end at the end of an allocation. */
static size_t mask_copy(struct mask *mask, struct span bytes, uint8_t *out)
{
    uint8_t *copy = malloc(bytes.size + 1);
    ASSERT(copy != NULL);
    memcpy(copy + 1, bytes.data, bytes.size);
    size_t size = mask_bytes(mask, span_of(copy + 1, bytes.size), out, MASK_BYTES_MAX(bytes.size));
    ASSERT(size <= MASK_BYTES_MAX(bytes.size));
    free(copy);
    return size;
}

static void check_clean(const uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ASSERT(out[i] < password[3] || out[i] > password[0]);
    }
}

static void check_again(struct span masked)
{
    static uint8_t once[2 * MASK_BYTES_MAX(BYTES_MAX)];
    static uint8_t twice[2 * MASK_BYTES_MAX(2 * MASK_BYTES_MAX(BYTES_MAX))];
    size_t size = mask_message(masked, once, sizeof(once));
    size_t again = mask_message(span_of(once, size), twice, sizeof(twice));
    ASSERT(span_equal(span_of(once, size), span_of(twice, again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[BYTES_MAX];
    static uint8_t out[2 * MASK_BYTES_MAX(BYTES_MAX)];
    if (size < 4 || size > BYTES_MAX - 16) {
        return 0;
    }
    for (size_t i = 4; i < size; i++) {
        if (data[i] >= password[3] && data[i] <= password[0]) {
            return 0;
        }
    }
    struct span body = span_of(data + 4, size - 4);
    size_t place = (data[0] + 256U * data[1]) % (body.size + 1);
    const char *tag = tags[data[2] % ARRAY_LEN(tags)];
    size_t used = place;
    memcpy(bytes, body.data, place);
    /* A digit before it would make it another tag. */
    bytes[used] = used > 0 && bytes[used - 1] >= '0' && bytes[used - 1] <= '9' ? FIX_SOH : ' ';
    used += 1;
    memcpy(bytes + used, tag, strlen(tag));
    used += strlen(tag);
    memcpy(bytes + used, password, sizeof(password));
    used += sizeof(password);
    memcpy(bytes + used, body.data + place, body.size - place);
    used += body.size - place;
    size_t split = data[3] * 16U % (used + 1);
    struct mask mask;
    mask_begin(&mask);
    size_t first = mask_copy(&mask, span_of(bytes, split), out);
    size_t second = mask_copy(&mask, span_of(bytes + split, used - split), out + first);
    check_clean(out, first + second);
    check_again(span_of(bytes, used));
    return 0;
}
