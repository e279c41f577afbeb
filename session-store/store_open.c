#include "session-store/store_internal.h"

#include "session-store/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char meta_table[] = "meta";
static const char meta_key[] = "store";
static const uint64_t map_default_bytes = UINT64_C(64) << 20;

_Static_assert(STORE_KEY_BYTES_MAX < 511, "LMDB's keys have at most 511 bytes");

/* LMDB found its own pages to make no sense, and stops the process after this. */
static void lmdb_assertion_failed(MDB_env *env, const char *message)
{
    const struct store *store = mdb_env_get_userctx(env);
    (void)fprintf(stderr, "store %s: data.mdb is damaged (%s); %s\n", store->files.path, message,
                  store_remedy);
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
              store->files.path, size_bytes, used_bytes, store_remedy);
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
              store_remedy);
    return STATUS_CORRUPT;
}

static enum status meta_load(struct store *store, char error[STORE_ERROR_BYTES_MAX])
{
    MDB_txn *txn = NULL;
    int result = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (result != MDB_SUCCESS) {
        return lmdb_error(store, result, "begin to read", error);
    }
    MDB_val stored = {0};
    enum status status = meta_find(store, txn, &stored, error);
    struct span value;
    if (status == STATUS_OK &&
        (!record_open(&store->checksum, span_text(meta_key), span_of_val(stored), &value) ||
         !meta_read(value, &store->meta))) {
        error_set(error, "store %s: its meta record fails its checksum; %s", store->files.path,
                  store_remedy);
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
    if (status == STATUS_OK && store->meta.schema < STORE_SCHEMA_VERSION) {
        error_set(error,
                  "store %s: it has schema %" PRIu32 ", this fixgate needs schema %d; let the "
                  "fixgate that wrote it end its orders and log out, then begin with a new store "
                  "and agree with the brokers on numbers from 1; nothing was changed",
                  store->files.path, store->meta.schema, STORE_SCHEMA_VERSION);
        status = STATUS_NEWER;
    }
    return status;
}

int meta_put(const struct store *store, MDB_txn *txn, const struct meta *meta)
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

/* A store whose making was cut short by a loss of power is as good as none: LMDB's
 * first two pages are synced before anything else is written, but may be torn until
 * then. For a new one, says first that it is being made. */
static enum status making_begin(struct store *store, const struct guard *guard, bool *exists,
                                char error[STORE_ERROR_BYTES_MAX])
{
    if (*exists && guard->empty) {
        bool emptied = false;
        TRY(files_data_empty_unmade(&store->files, &emptied, error));
        *exists = !emptied;
    }
    if (*exists) {
        return STATUS_OK;
    }
    TRY(guard_check(guard, NULL, store->files.path, error));
    TRY(guard_make(&store->files, error));
    return files_sync_names(&store->files, error);
}

/* What we read need not be what the disk has: when a write of LMDB's meta page fails,
 * LMDB puts the old one back, unsynced, while the disk may have the new one. They must
 * agree before any page that the new one counts upon is written over. */
static enum status settle_last_owner(struct store *store, char error[STORE_ERROR_BYTES_MAX])
{
    int result = mdb_env_sync(store->env, 1);
    return result == MDB_SUCCESS ? STATUS_OK : lmdb_error(store, result, "sync", error);
}

static enum status store_open_to_write(struct store *store, const struct store_config *config,
                                       uint64_t size_bytes, char error[STORE_ERROR_BYTES_MAX])
{
    struct guard guard;
    bool exists = size_bytes > 0;
    TRY(guard_read(&store->files, &store->checksum, &guard, error));
    TRY(making_begin(store, &guard, &exists, error));
    TRY(env_open(store, config, exists, error));
    enum status status = STATUS_NOT_FOUND;
    if (exists) {
        TRY(data_check_size(store, size_bytes, error));
        status = meta_load(store, error);
    }
    store->is_new = status == STATUS_NOT_FOUND;
    if (store->is_new) {
        store->meta = (struct meta){
            .schema = STORE_SCHEMA_VERSION, .instance_id = config->instance_id, .clean = true};
        status = guard_check(&guard, NULL, store->files.path, error);
    } else if (status == STATUS_OK) {
        status = guard_check(&guard, &store->meta, store->files.path, error);
    }
    TRY(status);
    store->was_clean = store->meta.clean;
    TRY(map_ensure_room(store, error));
    TRY(settle_last_owner(store, error));
    TRY(tables_begin(store, config, error));
    TRY(guard_make(&store->files, error));
    /* First the names: a guard must not outlive the store that it speaks of. */
    TRY(files_sync_names(&store->files, error));
    guard_write(&store->files, &store->checksum, &store->meta, true);
    return STATUS_OK;
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
    guard_write(&store->files, &store->checksum, &meta, true);
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

const char *store_error(const struct store *store)
{
    return store->write_status != STATUS_OK ? store->write_error : store->read_error;
}

uint64_t store_instance_id(const struct store *store)
{
    return store->meta.instance_id;
}

uint64_t store_batch_number(const struct store *store)
{
    return store->meta.batch_number;
}

bool store_is_new(const struct store *store)
{
    return store->is_new;
}

bool store_was_clean(const struct store *store)
{
    return store->was_clean;
}
