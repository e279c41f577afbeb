#include "fix/check_sum.h"

enum { LANES = 16 };

uint8_t check_sum(struct span bytes)
{
    /* Each lane wraps at 256, which is the very modulus of the sum: one vector
     * addition takes 16 bytes, on any machine the compiler knows. */
    uint8_t lanes __attribute__((vector_size(LANES))) = {0};
    uint8_t more __attribute__((vector_size(LANES))) = {0};
    size_t at = 0;
    for (; bytes.size - at >= (size_t)2 * LANES; at += (size_t)2 * LANES) {
        uint8_t first __attribute__((vector_size(LANES)));
        uint8_t second __attribute__((vector_size(LANES)));
        memcpy(&first, bytes.data + at, LANES);
        memcpy(&second, bytes.data + at + LANES, LANES);
        lanes += first;
        more += second;
    }
    lanes += more;
    unsigned sum = 0;
    for (size_t i = 0; i < LANES; i++) {
        sum += lanes[i];
    }
    for (; at < bytes.size; at++) {
        sum += bytes.data[at];
    }
    return (uint8_t)sum;
}
