#include "gateway/core/commands/sha256.h"

enum { ROUNDS = 64, LENGTH_BYTES = 8 };

/* §4.2.2: from the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* §6.2.2 */
static void take_block(uint32_t state[8], const uint8_t block[SHA256_BLOCK_BYTES])
{
    uint32_t words[ROUNDS];
    uint32_t v[8];
    for (size_t i = 0; i < 16; i++) {
        words[i] = load(block + 4 * i);
    }
    for (size_t i = 16; i < ROUNDS; i++) {
        uint32_t a = words[i - 15];
        uint32_t b = words[i - 2];
        uint32_t first = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
        uint32_t second = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;
        words[i] = words[i - 16] + first + words[i - 7] + second;
    }
    memcpy(v, state, sizeof(v));
    for (size_t i = 0; i < ROUNDS; i++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t high = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t low = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t first = v[7] + high + choice + constants[i] + words[i];
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += first;
        v[0] = first + low + majority;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

void sha256_begin(struct sha256 *hash)
{
    /* §5.3.3 */
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, first, sizeof(first));
    hash->size = 0;
}

void sha256_add(struct sha256 *hash, struct span bytes)
{
    size_t used = hash->size % SHA256_BLOCK_BYTES;
    hash->size += bytes.size;
    while (bytes.size > 0) {
        size_t room = SHA256_BLOCK_BYTES - used;
        size_t take = bytes.size < room ? bytes.size : room;
        memcpy(hash->block + used, bytes.data, take);
        bytes = span_of(bytes.data + take, bytes.size - take);
        used += take;
        if (used == SHA256_BLOCK_BYTES) {
            take_block(hash->state, hash->block);
            used = 0;
        }
    }
}

void sha256_end(struct sha256 *hash, uint8_t out[SHA256_BYTES])
{
    /* §5.1.1: a one, zeros, and the length in bits in the last 8 bytes of a block. */
    static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
    uint64_t bits = 8 * hash->size;
    uint8_t length[LENGTH_BYTES];
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        length[i] = (uint8_t)(bits >> (8 * (LENGTH_BYTES - 1 - i)));
    }
    size_t used = hash->size % SHA256_BLOCK_BYTES;
    size_t end = SHA256_BLOCK_BYTES - LENGTH_BYTES;
    size_t size = used < end ? end - used : SHA256_BLOCK_BYTES + end - used;
    sha256_add(hash, span_of(padding, size));
    sha256_add(hash, span_of(length, sizeof(length)));
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
