/* SHA-256 (FIPS 180-4), for what must be provably unchanged.
 *
 * Pure. Any thread. Not for secrets: it is not hardened against timing, and what it reads
 * is no secret here. The engine may not call OpenSSL (design §2). */
#ifndef GATEWAY_CORE_COMMANDS_SHA256_H
#define GATEWAY_CORE_COMMANDS_SHA256_H

#include "fix/base.h"

enum { SHA256_BYTES = 32, SHA256_BLOCK_BYTES = 64 };

struct sha256 {
    uint32_t state[8];
    uint64_t size; /* Bytes so far. */
    uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, struct span bytes);
void sha256_end(struct sha256 *hash, uint8_t out[SHA256_BYTES]);

#endif
