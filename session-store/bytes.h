/* Numbers as bytes, little-endian: the same file on every machine. Pure. */
#ifndef SESSION_STORE_BYTES_H
#define SESSION_STORE_BYTES_H

#include "fix/base.h"

static inline uint32_t read_u32_le(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

static inline uint64_t read_u64_le(const uint8_t *data)
{
    return (uint64_t)read_u32_le(data) | (uint64_t)read_u32_le(data + 4) << 32;
}

static inline void write_u32_le(uint8_t *data, uint32_t number)
{
    for (int index = 0; index < 4; index++) {
        data[index] = (uint8_t)(number >> (8 * index));
    }
}

static inline void write_u64_le(uint8_t *data, uint64_t number)
{
    write_u32_le(data, (uint32_t)number);
    write_u32_le(data + 4, (uint32_t)(number >> 32));
}

#endif
