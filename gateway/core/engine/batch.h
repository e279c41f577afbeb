/* The durable writes of one turn: self-contained, serialisable, numbered.
 *
 * Pure. What the store commits here could be committed elsewhere in the same
 * step (design §15), so the list is plain bytes: a header with number, count and
 * checksum, then per write: table, kind, sizes, key, value. */
#ifndef GATEWAY_CORE_ENGINE_BATCH_H
#define GATEWAY_CORE_ENGINE_BATCH_H

#include "gateway/core/engine/tables.h"

enum batch_kind {
    BATCH_PUT,     /* Writes over what is there. */
    BATCH_PUT_NEW, /* The key must not exist: a promise, checked by the store. */
    BATCH_APPEND,  /* As PUT_NEW, and the highest key of its table. */
    BATCH_DELETE,
    BATCH_CLEAR, /* Empties the table; key and value are empty. */
};

struct batch_op {
    uint32_t table;
    enum batch_kind kind;
    struct span key;
    struct span value;
};

enum {
    BATCH_VERSION = 1,
    BATCH_HEADER_BYTES = 28, /* Magic, version, number, count, checksum. */
    BATCH_INDEX_SIZE = 2 * TURN_BATCH_OPS_MAX,
};

struct batch {
    uint64_t number; /* One more than the batch before. */
    uint32_t count;
    size_t used;                     /* Bytes of `bytes`, with the header. */
    bool cleared[ENGINE_TABLES_MAX]; /* BATCH_CLEAR in this turn. */
    /* Finds the latest write of a key within the turn: open addressing, offsets
     * into `bytes`, 0 = free. */
    uint32_t index[BATCH_INDEX_SIZE];
    uint32_t index_used[TURN_BATCH_OPS_MAX]; /* Slots to clean on reset. */
    uint32_t index_count;
    uint8_t bytes[TURN_BATCH_BYTES];
};

/* An empty batch with that number. Before the first call the memory is zeroed. */
void batch_reset(struct batch *batch, uint64_t number);

/* Copies key and value. ASSERTs that there is room: see TURN_STEP_BYTES_MAX. */
void batch_add(struct batch *batch, uint32_t table, enum batch_kind kind, struct span key,
               struct span value);

/* What this turn has done to a key so far. */
enum batch_found {
    BATCH_UNTOUCHED, /* Ask the committed state. */
    BATCH_WRITTEN,   /* *value is what the turn wrote; valid until batch_reset(). */
    BATCH_DELETED,
};
enum batch_found batch_find(const struct batch *batch, uint32_t table, struct span key,
                            struct span *value);

/* Fills in the header. The bytes of the whole batch. */
struct span batch_seal(struct batch *batch);

/* False if magic, version, size or checksum are wrong. */
bool batch_verify(struct span sealed, uint64_t *number, uint32_t *count);

/* Walks a verified batch: `cursor` starts at 0. False at the end. */
bool batch_next(struct span sealed, size_t *cursor, struct batch_op *op);

#endif
