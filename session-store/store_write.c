#include "session-store/store_internal.h"

#include "session-store/guard.h"

#include <inttypes.h>

enum {
    GUARD_EVERY_BATCHES = 64,
    READER_CHECK_EVERY_BATCHES = 1024,
};

/* The first failure ends the batch, and all writing. */
static enum status write_fail(struct store *store, enum status status)
{
    ASSERT(status != STATUS_OK && status != STATUS_NOT_FOUND);
    if (store->txn != NULL) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }
    store->write_status = status;
    return status;
}

static enum status write_fail_lmdb(struct store *store, int result, const char *doing)
{
    (void)lmdb_error(store, result, doing, store->write_error);
    enum status status = status_of_lmdb(result);
    /* Nothing that a write looks for may be missing. */
    return write_fail(store, status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status);
}

enum status store_begin(struct store *store)
{
    ASSERT(!store->read_only);
    ASSERT(store->txn == NULL);
    TRY(store->write_status);
    enum status status = map_ensure_room(store, store->write_error);
    if (status != STATUS_OK) {
        return write_fail(store, status);
    }
    int result = mdb_txn_begin(store->env, NULL, 0, &store->txn);
    return result == MDB_SUCCESS ? STATUS_OK : write_fail_lmdb(store, result, "begin a batch");
}

/* Checks what every write must hold, and gives the table's handle. */
static MDB_dbi write_table(const struct store *store, uint32_t table)
{
    ASSERT(store->txn != NULL);
    ASSERT(table < store->tables_count);
    return store->tables[table];
}

static enum status write_record(struct store *store, uint32_t table, struct span key,
                                struct span value, unsigned int flags)
{
    TRY(store->write_status);
    MDB_dbi dbi = write_table(store, table);
    ASSERT(key.size > 0);
    ASSERT(key.size <= STORE_KEY_BYTES_MAX);
    MDB_val key_val = val_of(key);
    MDB_val data = {.mv_size = RECORD_CHECKSUM_BYTES + value.size};
    /* MDB_RESERVE gives the place in the page, so that nothing is copied twice. */
    int result = mdb_put(store->txn, dbi, &key_val, &data, flags | MDB_RESERVE);
    if (result == MDB_KEYEXIST) {
        error_set(store->write_error, "store %s: table %" PRIu32 ": a new record's key %s; %s",
                  store->files.path, table,
                  (flags & MDB_APPEND) != 0 ? "is not after all others" : "exists already",
                  "memory and store disagree: stop, and report this");
        return write_fail(store, STATUS_CORRUPT);
    }
    if (result != MDB_SUCCESS) {
        return write_fail_lmdb(store, result, "put a record");
    }
    record_seal(&store->checksum, key, value, data.mv_data);
    return STATUS_OK;
}

enum status store_put(struct store *store, uint32_t table, struct span key, struct span value)
{
    return write_record(store, table, key, value, 0);
}

enum status store_put_new(struct store *store, uint32_t table, struct span key, struct span value)
{
    return write_record(store, table, key, value, MDB_NOOVERWRITE);
}

enum status store_append(struct store *store, uint32_t table, struct span key, struct span value)
{
    return write_record(store, table, key, value, MDB_APPEND);
}

enum status store_delete(struct store *store, uint32_t table, struct span key)
{
    TRY(store->write_status);
    MDB_dbi dbi = write_table(store, table);
    MDB_val key_val = val_of(key);
    int result = mdb_del(store->txn, dbi, &key_val, NULL);
    return result == MDB_SUCCESS || result == MDB_NOTFOUND
               ? STATUS_OK
               : write_fail_lmdb(store, result, "delete a record");
}

enum status store_clear(struct store *store, uint32_t table)
{
    TRY(store->write_status);
    MDB_dbi dbi = write_table(store, table);
    int result = mdb_drop(store->txn, dbi, 0);
    return result == MDB_SUCCESS ? STATUS_OK : write_fail_lmdb(store, result, "clear a table");
}

enum status store_commit(struct store *store, uint64_t batch_number)
{
    TRY(store->write_status);
    ASSERT(store->txn != NULL);
    ASSERT(batch_number == store->meta.batch_number + 1);
    struct meta meta = store->meta;
    meta.batch_number = batch_number;
    int result = meta_put(store, store->txn, &meta);
    if (result == MDB_SUCCESS) {
        result = mdb_txn_commit(store->txn);
        store->txn = NULL; /* Freed by LMDB, whatever the result. */
    }
    if (result != MDB_SUCCESS) {
        return write_fail_lmdb(store, result, "commit a batch");
    }
    store->meta = meta;
    if (store->durability == STORE_COMMIT && batch_number % GUARD_EVERY_BATCHES == 0) {
        guard_write(&store->files, &store->checksum, &store->meta, false);
    }
    if (batch_number % READER_CHECK_EVERY_BATCHES == 0) {
        int dead_count = 0; /* Tools that were killed while reading would pin pages. */
        (void)mdb_reader_check(store->env, &dead_count);
    }
    return STATUS_OK;
}
