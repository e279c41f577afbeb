#include "session-store/store_internal.h"

#include <stdlib.h>

struct store_reader {
    struct store *store;
    struct gate_pass pass;
    MDB_txn *txn;
    MDB_cursor *cursors[STORE_TABLES_MAX];   /* NULL until the table is walked. */
    uint64_t cursors_turn[STORE_TABLES_MAX]; /* The turn each was renewed for. */
    uint64_t turn;                           /* Counts store_read_begin(). */
    const uint8_t *key_last;                 /* Where the cursor of table_last stands. */
    uint32_t table_last;
};

enum status read_fail(struct store *store, enum status status, const char *what)
{
    int result = pthread_mutex_lock(&store->read_error_mutex);
    ASSERT(result == 0);
    if (!store->read_failed) {
        store->read_failed = true;
        error_set(store->read_error, "store %s: %s%s%s", store->files.path, what,
                  status == STATUS_CORRUPT ? "; stop, and " : "",
                  status == STATUS_CORRUPT ? store_remedy : "");
    }
    (void)pthread_mutex_unlock(&store->read_error_mutex);
    return status;
}

/* Runs with the gate entered, and leaves it on failure. */
static int reader_renew(struct store_reader *reader)
{
    struct store *store = reader->store;
    gate_enter(&store->gate, &reader->pass);
    int result = MDB_PANIC;
    if (!store->map_lost) {
        result = reader->txn == NULL ? mdb_txn_begin(store->env, NULL, MDB_RDONLY, &reader->txn)
                                     : mdb_txn_renew(reader->txn);
    }
    if (result != MDB_SUCCESS) {
        gate_leave(&store->gate, &reader->pass);
    }
    return result;
}

enum status store_read_begin(struct store_reader *reader)
{
    struct store *store = reader->store;
    int result = reader_renew(reader);
    if (result == MDB_READERS_FULL) {
        int dead_count = 0;
        (void)mdb_reader_check(store->env, &dead_count);
        result = reader_renew(reader);
    }
    if (result == MDB_MAP_RESIZED) { /* The owner's process has grown the file. */
        result = map_resize(store, 0);
        if (result == MDB_SUCCESS) {
            result = reader_renew(reader);
        }
    }
    if (result != MDB_SUCCESS) {
        return read_fail(store, status_of_lmdb(result), mdb_strerror(result));
    }
    reader->turn++;
    reader->key_last = NULL;
    return STATUS_OK;
}

void store_read_end(struct store_reader *reader)
{
    ASSERT(reader->pass.inside);
    mdb_txn_reset(reader->txn);
    reader->key_last = NULL;
    gate_leave(&reader->store->gate, &reader->pass);
}

enum status store_reader_open(struct store *store, struct store_reader **out)
{
    *out = NULL;
    struct store_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return read_fail(store, STATUS_FULL, "no memory for a reader");
    }
    reader->store = store;
    gate_pass_issue(&store->gate, &reader->pass);
    enum status status = store_read_begin(reader);
    if (status != STATUS_OK) {
        gate_pass_return(&store->gate, &reader->pass);
        free(reader);
        return status;
    }
    store_read_end(reader);
    *out = reader;
    return STATUS_OK;
}

void store_reader_close(struct store_reader *reader)
{
    ASSERT(!reader->pass.inside);
    for (uint32_t table = 0; table < reader->store->tables_count; table++) {
        if (reader->cursors[table] != NULL) {
            mdb_cursor_close(reader->cursors[table]);
        }
    }
    mdb_txn_abort(reader->txn);
    gate_pass_return(&reader->store->gate, &reader->pass);
    free(reader);
}

/* Turns what LMDB gave into a checked value. */
static enum status read_result(struct store_reader *reader, int result, MDB_val key, MDB_val stored,
                               struct span *value)
{
    if (result == MDB_SUCCESS) {
        return record_open(&reader->store->checksum, span_of_val(key), span_of_val(stored), value)
                   ? STATUS_OK
                   : read_fail(reader->store, STATUS_CORRUPT, "a record fails its checksum");
    }
    return result == MDB_NOTFOUND
               ? STATUS_NOT_FOUND
               : read_fail(reader->store, status_of_lmdb(result), mdb_strerror(result));
}

enum status store_get(struct store_reader *reader, uint32_t table, struct span key,
                      struct span *value)
{
    ASSERT(reader->pass.inside);
    ASSERT(table < reader->store->tables_count);
    ASSERT(key.size > 0);
    *value = span_of(NULL, 0);
    MDB_dbi dbi = reader->store->tables[table];
    if (dbi == TABLE_ABSENT) {
        return STATUS_NOT_FOUND;
    }
    MDB_val key_val = val_of(key);
    MDB_val stored = {0};
    int result = mdb_get(reader->txn, dbi, &key_val, &stored);
    return read_result(reader, result, key_val, stored, value);
}

/* The table's cursor, made or renewed for this read transaction. */
static int reader_cursor(struct store_reader *reader, uint32_t table, MDB_cursor **out)
{
    MDB_dbi dbi = reader->store->tables[table];
    if (dbi == TABLE_ABSENT) {
        return MDB_NOTFOUND;
    }
    int result = MDB_SUCCESS;
    if (reader->cursors[table] == NULL) {
        result = mdb_cursor_open(reader->txn, dbi, &reader->cursors[table]);
    } else if (reader->cursors_turn[table] != reader->turn) {
        result = mdb_cursor_renew(reader->txn, reader->cursors[table]);
    }
    reader->cursors_turn[table] = reader->turn;
    *out = reader->cursors[table];
    return result;
}

/* Moves the table's cursor; `key` says where to, and gets where it is. */
static enum status reader_move(struct store_reader *reader, uint32_t table, MDB_cursor_op operation,
                               struct span *key, struct span *value)
{
    MDB_val key_val = val_of(*key);
    MDB_val stored = {0};
    MDB_cursor *cursor = NULL;
    int result = reader_cursor(reader, table, &cursor);
    if (result == MDB_SUCCESS) {
        result = mdb_cursor_get(cursor, &key_val, &stored, operation);
    }
    *key = span_of(NULL, 0);
    reader->key_last = NULL;
    enum status status = read_result(reader, result, key_val, stored, value);
    if (status == STATUS_OK) {
        *key = span_of_val(key_val);
        reader->key_last = key->data;
        reader->table_last = table;
    }
    return status;
}

static void reader_check(const struct store_reader *reader, uint32_t table)
{
    ASSERT(reader->pass.inside);
    ASSERT(table < reader->store->tables_count);
}

enum status store_seek(struct store_reader *reader, uint32_t table, struct span from,
                       struct span *key, struct span *value)
{
    reader_check(reader, table);
    *key = from;
    *value = span_of(NULL, 0);
    return reader_move(reader, table, from.size == 0 ? MDB_FIRST : MDB_SET_RANGE, key, value);
}

enum status store_after(struct store_reader *reader, uint32_t table, struct span key,
                        struct span *key_out, struct span *value)
{
    reader_check(reader, table);
    ASSERT(key.size > 0);
    *value = span_of(NULL, 0);
    /* Walking on from where the cursor stands needs no search. */
    if (reader->key_last == key.data && reader->table_last == table) {
        *key_out = key;
        return reader_move(reader, table, MDB_NEXT, key_out, value);
    }
    struct span found = key;
    enum status status = reader_move(reader, table, MDB_SET_RANGE, &found, value);
    if (status == STATUS_OK && span_equal(found, key)) {
        status = reader_move(reader, table, MDB_NEXT, &found, value);
    }
    *key_out = found;
    return status;
}

enum status store_last(struct store_reader *reader, uint32_t table, struct span *key,
                       struct span *value)
{
    reader_check(reader, table);
    *key = span_of(NULL, 0);
    *value = span_of(NULL, 0);
    return reader_move(reader, table, MDB_LAST, key, value);
}
