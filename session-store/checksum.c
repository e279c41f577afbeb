#include "session-store/checksum.h"

#include "session-store/bytes.h"

static const uint32_t polynomial_reflected = 0x82F63B78u;

void checksum_init(struct checksum *checksum)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ polynomial_reflected : crc >> 1;
        }
        checksum->tables[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (int zeros = 1; zeros < 8; zeros++) {
            uint32_t before = checksum->tables[zeros - 1][byte];
            checksum->tables[zeros][byte] = (before >> 8) ^ checksum->tables[0][before & 0xFF];
        }
    }
}

static uint32_t checksum_add(const struct checksum *checksum, uint32_t crc, struct span bytes)
{
    const uint8_t *data = bytes.data;
    size_t left = bytes.size;
    for (; left >= 8; left -= 8, data += 8) {
        uint32_t low = crc ^ read_u32_le(data);
        uint32_t high = read_u32_le(data + 4);
        crc = checksum->tables[7][low & 0xFF] ^ checksum->tables[6][(low >> 8) & 0xFF] ^
              checksum->tables[5][(low >> 16) & 0xFF] ^ checksum->tables[4][low >> 24] ^
              checksum->tables[3][high & 0xFF] ^ checksum->tables[2][(high >> 8) & 0xFF] ^
              checksum->tables[1][(high >> 16) & 0xFF] ^ checksum->tables[0][high >> 24];
    }
    for (; left > 0; left--, data++) {
        crc = (crc >> 8) ^ checksum->tables[0][(crc ^ *data) & 0xFF];
    }
    return crc;
}

uint32_t checksum_of(const struct checksum *checksum, struct span first, struct span second)
{
    uint32_t crc = checksum_add(checksum, UINT32_MAX, first);
    return checksum_add(checksum, crc, second) ^ UINT32_MAX;
}
