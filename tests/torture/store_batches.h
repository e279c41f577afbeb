/* Batches for a store that can be told to be whole: what batch N puts, overwrites and deletes
 * follows from N, so that a store says by itself whether it is what N batches make. One thread. */
#ifndef TESTS_TORTURE_STORE_BATCHES_H
#define TESTS_TORTURE_STORE_BATCHES_H

#include "session-store/store.h"

/* The store's configuration, for path and durability. */
void store_batches_config(struct store_config *config, const char *path,
                          enum store_durability durability);

/* Writes and commits the batch `number`, which must be the next. */
MUST_USE enum status store_batches_write(struct store *store, uint64_t number);

/* Is the store what store_batch_number() batches make, no more and no less? CORRUPT: the store
 * itself noticed damage. INVALID: it did not, and yet something is missing or too much; `text`
 * says what. */
MUST_USE enum status store_batches_check(struct store *store, char text[STORE_ERROR_BYTES_MAX]);

#endif
