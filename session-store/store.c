/* LMDB behind the contract of store.h.
 *
 * Flags: no MDB_WRITEMAP (a full disk would be a SIGBUS), MDB_NOTLS (a reader
 * belongs to its struct, not to its thread, and the writing thread may have one).
 * STORE_PROCESS is MDB_NOSYNC: pages and the page that makes them valid may then
 * reach the disk in any order, so that a loss of power can leave a damaged file,
 * not only an older one. The checksums tell; the remedy is a backup.
 *
 * The data file is kept as long as the map (sparse, it costs nothing). LMDB does
 * not always write the last pages it counts, so only thus is a file that is
 * shorter than its count of pages certainly a truncated one. */
#include "session-store/store.h"

#include "session-store/files.h"
#include "session-store/gate.h"
#include "session-store/record.h"

#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char meta_table[] = "meta";
static const char meta_key[] = "store";
static const char remedy[] = "restore a backup of the whole directory; nothing was changed";

/* Copy on write can at most rewrite every page once in a batch. So a map of twice
 * the used pages, and the batch itself with its splits, is never too small: the
 * map need not grow within a transaction. */
static const uint64_t map_spare_bytes = UINT64_C(32) << 20;
static const uint64_t map_default_bytes = UINT64_C(64) << 20;

enum {
    TABLE_ABSENT = 0, /* LMDB's own free list has this number, so no table has it. */
    GUARD_EVERY_BATCHES = 64,
    READER_CHECK_EVERY_BATCHES = 1024,
};

_Static_assert(STORE_KEY_BYTES_MAX < 511, "LMDB's keys have at most 511 bytes");

struct store {
    struct files files;
    struct checksum checksum;
    struct gate gate;
    MDB_env *env;
    MDB_txn *txn; /* The open batch. */
    MDB_dbi meta_dbi;
    MDB_dbi tables[STORE_TABLES_MAX];
    uint32_t tables_count;
    uint64_t page_bytes;
    uint64_t reserve_bytes;
    struct meta meta; /* As committed. */
    enum store_durability durability;
    bool read_only;
    bool was_clean;
    bool map_lost;            /* The map could not be made again: nothing can be read. */
    enum status write_status; /* Not OK: no further writes. */
    char write_error[STORE_ERROR_BYTES_MAX];
    pthread_mutex_t read_error_mutex;
    bool read_failed;
    char read_error[STORE_ERROR_BYTES_MAX]; /* Of the first failure of any reader. */
};

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

static enum status status_of(int result)
{
    switch (result) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
        return STATUS_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return STATUS_CORRUPT;
    default:
        return STATUS_IO;
    }
}

static enum status lmdb_error(const struct store *store, int result, const char *doing,
                              char error[STORE_ERROR_BYTES_MAX])
{
    enum status status = status_of(result);
    error_set(error, "store %s: cannot %s: %s%s%s", store->files.path, doing, mdb_strerror(result),
              status == STATUS_CORRUPT ? "; " : "", status == STATUS_CORRUPT ? remedy : "");
    return status;
}

static MDB_val val_of(struct span bytes)
{
    /* LMDB's values are not const, but a key or a value to put is only read. */
    return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)(uintptr_t)bytes.data};
}

static struct span span_of_val(MDB_val val)
{
    return span_of(val.mv_data, val.mv_size);
}

/* --- Map ------------------------------------------------------------------- */

static uint64_t map_used_bytes(const struct store *store, const MDB_envinfo *info)
{
    return ((uint64_t)info->me_last_pgno + 1) * store->page_bytes;
}

/* Moves the map with no reader inside. 0 adopts the size another process gave. */
static int map_resize(struct store *store, uint64_t map_bytes)
{
    gate_close(&store->gate);
    int result = mdb_env_set_mapsize(store->env, map_bytes);
    store->map_lost = result != MDB_SUCCESS;
    gate_open(&store->gate);
    return result;
}

/* Makes the file as long as the map, before pages are counted in it. */
static int map_extend_file(const struct store *store, uint64_t map_bytes)
{
    mdb_filehandle_t descriptor;
    int result = mdb_env_get_fd(store->env, &descriptor);
    if (result != MDB_SUCCESS) {
        return result;
    }
    struct stat data;
    if (fstat(descriptor, &data) != 0) {
        return errno;
    }
    if ((uint64_t)data.st_size >= map_bytes) {
        return MDB_SUCCESS;
    }
    return ftruncate(descriptor, (off_t)map_bytes) == 0 && fsync(descriptor) == 0 ? MDB_SUCCESS
                                                                                  : errno;
}

static enum status map_ensure_room(struct store *store, char error[STORE_ERROR_BYTES_MAX])
{
    MDB_envinfo info;
    int result = mdb_env_info(store->env, &info);
    ASSERT(result == MDB_SUCCESS);
    uint64_t wanted_bytes = 2 * map_used_bytes(store, &info) + map_spare_bytes;
    uint64_t map_bytes = info.me_mapsize;
    if (map_bytes >= wanted_bytes) {
        return STATUS_OK;
    }
    while (map_bytes < wanted_bytes) {
        map_bytes *= 2;
    }
    result = map_extend_file(store, map_bytes);
    if (result == MDB_SUCCESS) {
        result = map_resize(store, map_bytes);
    }
    return result == MDB_SUCCESS ? STATUS_OK : lmdb_error(store, result, "grow its map", error);
}

/* --- Open ------------------------------------------------------------------ */

/* LMDB found its own pages to make no sense, and stops the process after this. */
static void lmdb_assertion_failed(MDB_env *env, const char *message)
{
    const struct store *store = mdb_env_get_userctx(env);
    (void)fprintf(stderr, "store %s: data.mdb is damaged (%s); %s\n", store->files.path, message,
                  remedy);
}

static enum status env_open(struct store *store, const struct store_config *config, bool exists,
                            char error[STORE_ERROR_BYTES_MAX])
{
    int result = mdb_env_create(&store->env);
    if (result != MDB_SUCCESS) {
        return lmdb_error(store, result, "start LMDB", error);
    }
    (void)mdb_env_set_userctx(store->env, store);
    (void)mdb_env_set_assert(store->env, lmdb_assertion_failed);
    result = mdb_env_set_maxdbs(store->env, config->tables_count + 1);
    ASSERT(result == MDB_SUCCESS);
    result = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX);
    ASSERT(result == MDB_SUCCESS);
    if (!exists) { /* An existing store remembers the size it has grown to. */
        uint64_t map_bytes =
            config->map_bytes_initial != 0 ? config->map_bytes_initial : map_default_bytes;
        result = mdb_env_set_mapsize(store->env, map_bytes);
        ASSERT(result == MDB_SUCCESS);
    }
    unsigned int flags = MDB_NOTLS;
    flags |= config->read_only ? MDB_RDONLY : 0u;
    flags |= config->durability == STORE_PROCESS ? MDB_NOSYNC : 0u;
    result = mdb_env_open(store->env, config->path, flags, 0600);
    if (result != MDB_SUCCESS) {
        return lmdb_error(store, result, "open data.mdb", error);
    }
    int dead_count = 0;
    (void)mdb_reader_check(store->env, &dead_count);
    MDB_stat stat;
    result = mdb_env_stat(store->env, &stat);
    ASSERT(result == MDB_SUCCESS);
    store->page_bytes = stat.ms_psize;
    return STATUS_OK;
}

/* Refuses a file shorter than the pages it counts: reading them would be a SIGBUS. */
static enum status data_check_size(const struct store *store, uint64_t size_bytes,
                                   char error[STORE_ERROR_BYTES_MAX])
{
    MDB_envinfo info;
    int result = mdb_env_info(store->env, &info);
    ASSERT(result == MDB_SUCCESS);
    uint64_t used_bytes = map_used_bytes(store, &info);
    if (size_bytes >= used_bytes) {
        return STATUS_OK;
    }
    error_set(error,
              "store %s: data.mdb is truncated: it has %" PRIu64 " bytes, its pages need %" PRIu64
              "; %s",
              store->files.path, size_bytes, used_bytes, remedy);
    return STATUS_CORRUPT;
}

/* NOT_FOUND: nothing was ever committed. That is a store whose first owner died
 * before its first commit, and is as good as none. */
static enum status meta_find(struct store *store, MDB_txn *txn, MDB_val *stored,
                             char error[STORE_ERROR_BYTES_MAX])
{
    MDB_dbi meta_dbi;
    int result = mdb_dbi_open(txn, meta_table, 0, &meta_dbi);
    if (result == MDB_SUCCESS) {
        MDB_val key = val_of(span_text(meta_key));
        result = mdb_get(txn, meta_dbi, &key, stored);
    }
    if (result != MDB_NOTFOUND) {
        return result == MDB_SUCCESS ? STATUS_OK
                                     : lmdb_error(store, result, "read its meta record", error);
    }
    MDB_envinfo info;
    result = mdb_env_info(store->env, &info);
    ASSERT(result == MDB_SUCCESS);
    if (info.me_last_txnid == 0) {
        return STATUS_NOT_FOUND;
    }
    error_set(error, "store %s: data.mdb is of LMDB, but not of fixgate; %s", store->files.path,
              remedy);
    return STATUS_CORRUPT;
}

static enum status meta_load(struct store *store, char error[STORE_ERROR_BYTES_MAX])
{
    MDB_txn *txn = NULL;
    int result = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (result != MDB_SUCCESS) {
        return lmdb_error(store, result, "begin to read", error);
    }
    MDB_val stored;
    enum status status = meta_find(store, txn, &stored, error);
    struct span value;
    if (status == STATUS_OK &&
        (!record_open(&store->checksum, span_text(meta_key), span_of_val(stored), &value) ||
         !meta_read(value, &store->meta))) {
        error_set(error, "store %s: its meta record fails its checksum; %s", store->files.path,
                  remedy);
        status = STATUS_CORRUPT;
    }
    mdb_txn_abort(txn);
    if (status == STATUS_OK && store->meta.schema > STORE_SCHEMA_VERSION) {
        error_set(error,
                  "store %s: it has schema %" PRIu32 ", this fixgate knows schemas up to %d; start "
                  "the fixgate that wrote it, or a newer one; nothing was changed",
                  store->files.path, store->meta.schema, STORE_SCHEMA_VERSION);
        status = STATUS_NEWER;
    }
    return status;
}

static enum status guard_check(const struct store *store, const struct guard *guard, bool exists,
                               char error[STORE_ERROR_BYTES_MAX])
{
    static const char intended[] =
        "if this is intended, compare all sequence numbers with the brokers, then remove the file "
        "'guard' in that directory and start again; nothing was changed";
    if (!guard->present) {
        return STATUS_OK;
    }
    if (!exists) {
        error_set(error,
                  "store %s: data.mdb is missing, though batch %" PRIu64
                  " was committed here; restore it, or %s",
                  store->files.path, guard->batch_number, intended);
        return STATUS_BACKWARD;
    }
    if (guard->instance_id != store->meta.instance_id) {
        error_set(error,
                  "store %s: data.mdb is of another store (instance %016" PRIx64
                  ", here was %016" PRIx64 "); restore the right one, or %s",
                  store->files.path, store->meta.instance_id, guard->instance_id, intended);
        return STATUS_BACKWARD;
    }
    if (guard->batch_number > store->meta.batch_number) {
        error_set(error,
                  "store %s: data.mdb is an older copy: it ends at batch %" PRIu64 ", but %" PRIu64
                  " was committed here; restore the newest, or %s",
                  store->files.path, store->meta.batch_number, guard->batch_number, intended);
        return STATUS_BACKWARD;
    }
    return STATUS_OK;
}

static int meta_put(const struct store *store, MDB_txn *txn, const struct meta *meta)
{
    uint8_t value[META_BYTES];
    uint8_t stored[RECORD_CHECKSUM_BYTES + META_BYTES];
    meta_write(meta, value);
    record_seal(&store->checksum, span_text(meta_key), span_of(value, sizeof(value)), stored);
    MDB_val key = val_of(span_text(meta_key));
    MDB_val data = val_of(span_of(stored, sizeof(stored)));
    return mdb_put(txn, store->meta_dbi, &key, &data, 0);
}

/* Opens the handles of all tables. A reader does without those not made yet. */
static int tables_open(struct store *store, const struct store_config *config, MDB_txn *txn)
{
    unsigned int flags = config->read_only ? 0u : MDB_CREATE;
    int result = mdb_dbi_open(txn, meta_table, flags, &store->meta_dbi);
    for (uint32_t index = 0; result == MDB_SUCCESS && index < config->tables_count; index++) {
        ASSERT(strlen(config->tables[index]) <= STORE_NAME_BYTES_MAX);
        ASSERT(strcmp(config->tables[index], meta_table) != 0);
        result = mdb_dbi_open(txn, config->tables[index], flags, &store->tables[index]);
        if (result == MDB_NOTFOUND && config->read_only) {
            store->tables[index] = TABLE_ABSENT;
            result = MDB_SUCCESS;
        }
    }
    return result;
}

/* Opens the tables and, as owner, takes the clean-shutdown mark away. */
static enum status tables_begin(struct store *store, const struct store_config *config,
                                char error[STORE_ERROR_BYTES_MAX])
{
    MDB_txn *txn = NULL;
    int result = mdb_txn_begin(store->env, NULL, config->read_only ? MDB_RDONLY : 0u, &txn);
    if (result != MDB_SUCCESS) {
        return lmdb_error(store, result, "begin", error);
    }
    result = tables_open(store, config, txn);
    struct meta meta = store->meta;
    meta.clean = false;
    if (result == MDB_SUCCESS && !config->read_only) {
        result = meta_put(store, txn, &meta);
    }
    if (result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return lmdb_error(store, result, "open its tables", error);
    }
    result = mdb_txn_commit(txn);
    if (result == MDB_SUCCESS && !config->read_only) {
        store->meta = meta;
        /* Also without durability: the guard must not be ahead of the disk. */
        result = store->durability == STORE_PROCESS ? mdb_env_sync(store->env, 1) : MDB_SUCCESS;
    }
    return result == MDB_SUCCESS ? STATUS_OK : lmdb_error(store, result, "commit", error);
}

static enum status store_open_to_read(struct store *store, const struct store_config *config,
                                      uint64_t size_bytes, char error[STORE_ERROR_BYTES_MAX])
{
    if (size_bytes == 0) {
        error_set(error, "store %s: there is no data.mdb", store->files.path);
        return STATUS_NOT_FOUND;
    }
    TRY(env_open(store, config, true, error));
    TRY(data_check_size(store, size_bytes, error));
    enum status status = meta_load(store, error);
    if (status == STATUS_NOT_FOUND) {
        error_set(error, "store %s: nothing was committed yet", store->files.path);
    }
    TRY(status);
    store->was_clean = store->meta.clean;
    return tables_begin(store, config, error);
}

static enum status store_open_to_write(struct store *store, const struct store_config *config,
                                       uint64_t size_bytes, char error[STORE_ERROR_BYTES_MAX])
{
    struct guard guard;
    bool exists = size_bytes > 0;
    TRY(files_guard_read(&store->files, &store->checksum, &guard, error));
    if (!exists) {
        TRY(guard_check(store, &guard, false, error));
    }
    TRY(env_open(store, config, exists, error));
    enum status status = STATUS_NOT_FOUND;
    if (exists) {
        TRY(data_check_size(store, size_bytes, error));
        status = meta_load(store, error);
    }
    if (status == STATUS_NOT_FOUND) {
        store->meta = (struct meta){
            .schema = STORE_SCHEMA_VERSION, .instance_id = config->instance_id, .clean = true};
        status = guard_check(store, &guard, false, error);
    } else if (status == STATUS_OK) {
        status = guard_check(store, &guard, true, error);
    }
    TRY(status);
    store->was_clean = store->meta.clean;
    TRY(map_ensure_room(store, error));
    TRY(tables_begin(store, config, error));
    TRY(files_guard_make(&store->files, error));
    files_guard_write(&store->files, &store->checksum, store->meta.instance_id,
                      store->meta.batch_number, true);
    return files_sync_names(&store->files, error);
}

static void store_free(struct store *store)
{
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    files_close(&store->files);
    gate_destroy(&store->gate);
    pthread_mutex_destroy(&store->read_error_mutex);
    free(store);
}

enum status store_open(const struct store_config *config, struct store **out,
                       char error[STORE_ERROR_BYTES_MAX])
{
    ASSERT(config->tables_count <= STORE_TABLES_MAX);
    *out = NULL;
    error[0] = '\0';
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        error_set(error, "store %s: no memory", config->path);
        return STATUS_FULL;
    }
    gate_init(&store->gate);
    int result = pthread_mutex_init(&store->read_error_mutex, NULL);
    ASSERT(result == 0);
    checksum_init(&store->checksum);
    store->tables_count = config->tables_count;
    store->reserve_bytes = config->reserve_bytes;
    store->durability = config->durability;
    store->read_only = config->read_only;

    uint64_t size_bytes = 0;
    enum status status = files_open(&store->files, config->path, !config->read_only, error);
    if (status == STATUS_OK && !config->read_only) {
        status = files_own(&store->files, error);
    }
    if (status == STATUS_OK) {
        status = files_data_size(&store->files, &size_bytes, error);
    }
    if (status == STATUS_OK) {
        status = config->read_only ? store_open_to_read(store, config, size_bytes, error)
                                   : store_open_to_write(store, config, size_bytes, error);
    }
    if (status != STATUS_OK) {
        store_free(store);
        return status;
    }
    *out = store;
    return STATUS_OK;
}

/* If it fails, the next start finds an owner that did not close: which is true. */
static void store_mark_clean(struct store *store)
{
    MDB_txn *txn = NULL;
    if (mdb_txn_begin(store->env, NULL, 0, &txn) != MDB_SUCCESS) {
        return;
    }
    struct meta meta = store->meta;
    meta.clean = true;
    if (meta_put(store, txn, &meta) != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return;
    }
    if (mdb_txn_commit(txn) != MDB_SUCCESS || mdb_env_sync(store->env, 1) != MDB_SUCCESS) {
        return;
    }
    files_guard_write(&store->files, &store->checksum, meta.instance_id, meta.batch_number, true);
}

void store_close(struct store *store)
{
    if (store->txn != NULL) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }
    if (!store->read_only && store->write_status == STATUS_OK) {
        store_mark_clean(store);
    }
    store_free(store);
}

uint64_t store_instance_id(const struct store *store)
{
    return store->meta.instance_id;
}

uint64_t store_batch_number(const struct store *store)
{
    return store->meta.batch_number;
}

bool store_was_clean(const struct store *store)
{
    return store->was_clean;
}

/* --- Writing --------------------------------------------------------------- */

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
    enum status status = status_of(result);
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
        files_guard_write(&store->files, &store->checksum, meta.instance_id, batch_number, false);
    }
    if (batch_number % READER_CHECK_EVERY_BATCHES == 0) {
        int dead_count = 0; /* Tools that were killed while reading would pin pages. */
        (void)mdb_reader_check(store->env, &dead_count);
    }
    return STATUS_OK;
}

const char *store_error(const struct store *store)
{
    return store->write_status != STATUS_OK ? store->write_error : store->read_error;
}

/* --- Reading --------------------------------------------------------------- */

static enum status read_fail(struct store *store, enum status status, const char *what)
{
    int result = pthread_mutex_lock(&store->read_error_mutex);
    ASSERT(result == 0);
    if (!store->read_failed) {
        store->read_failed = true;
        error_set(store->read_error, "store %s: %s%s%s", store->files.path, what,
                  status == STATUS_CORRUPT ? "; stop, and " : "",
                  status == STATUS_CORRUPT ? remedy : "");
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
        return read_fail(store, status_of(result), mdb_strerror(result));
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
               : read_fail(reader->store, status_of(result), mdb_strerror(result));
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

/* --- Room ------------------------------------------------------------------ */

enum status store_space(struct store *store, struct store_space *out)
{
    *out = (struct store_space){0};
    struct gate_pass pass; /* The size of the map must not change meanwhile. */
    gate_pass_issue(&store->gate, &pass);
    gate_enter(&store->gate, &pass);
    MDB_envinfo info;
    int result = mdb_env_info(store->env, &info);
    gate_leave(&store->gate, &pass);
    gate_pass_return(&store->gate, &pass);
    ASSERT(result == MDB_SUCCESS);
    out->map_bytes = info.me_mapsize;
    out->map_used_bytes = map_used_bytes(store, &info);
    char error[STORE_ERROR_BYTES_MAX];
    enum status status = files_disk_free(&store->files, &out->disk_free_bytes, error);
    if (status != STATUS_OK) {
        return read_fail(store, status, error);
    }
    out->low = out->disk_free_bytes < store->reserve_bytes;
    return STATUS_OK;
}
