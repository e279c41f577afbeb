/* FNV-1a, 64 bits: for hash tables, checksums of batches and content keys.
 *
 * Pure. Not for secrets. */
#ifndef GATEWAY_CORE_ENGINE_HASH_H
#define GATEWAY_CORE_ENGINE_HASH_H

#include "fix/base.h"

#define HASH_SEED UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t seed, struct span bytes)
{
    uint64_t hash = seed;
    for (size_t index = 0; index < bytes.size; index++) {
        hash = (hash ^ bytes.data[index]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
