/* How bytes stand in the store: numbers, checksummed values, the meta record.
 *
 * Pure, any thread.
 *
 *   value   [CRC-32C of key and value, 4 bytes little-endian][value]
 *   meta    [schema 4][instance id 8][batch number 8][clean 1], itself a value
 *
 * The schema comes first in every version of the meta record, so that any
 * version can tell that another one is newer. */
#ifndef SESSION_STORE_RECORD_H
#define SESSION_STORE_RECORD_H

#include "session-store/bytes.h"
#include "session-store/checksum.h"

enum {
    RECORD_CHECKSUM_BYTES = 4,
    META_BYTES = 21,
};

struct meta {
    uint32_t schema;
    uint64_t instance_id;
    uint64_t batch_number;
    bool clean; /* The last owner closed the store. */
};

/* Fills `out`, which has room for the value and its checksum. */
void record_seal(const struct checksum *checksum, struct span key, struct span value, uint8_t *out);

/* Takes the value out of what was stored; false if the checksum is wrong. */
bool record_open(const struct checksum *checksum, struct span key, struct span stored,
                 struct span *value);

void meta_write(const struct meta *meta, uint8_t out[META_BYTES]);

/* False if it is too short. A newer schema is read as far as its number. */
bool meta_read(struct span value, struct meta *meta);

#endif
