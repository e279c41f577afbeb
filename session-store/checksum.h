/* CRC-32C (Castagnoli), eight bytes a step.
 *
 * Pure, any thread. The tables are computed by checksum_init() into memory of
 * the caller, so that nothing here is global. */
#ifndef SESSION_STORE_CHECKSUM_H
#define SESSION_STORE_CHECKSUM_H

#include "fix/base.h"

struct checksum {
    uint32_t tables[8][256]; /* tables[n][b]: byte b, followed by n zero bytes. */
};

void checksum_init(struct checksum *checksum);

/* The checksum of the bytes of `first`, then those of `second`. */
uint32_t checksum_of(const struct checksum *checksum, struct span first, struct span second);

#endif
