/* What the parts of the store share: LMDB's handles, its errors, the map.
 *
 * Flags: no MDB_WRITEMAP (a full disk would be a SIGBUS), MDB_NOTLS (a reader
 * belongs to its struct, not to its thread, and the writing thread may have one).
 * STORE_PROCESS is MDB_NOSYNC: pages and the page that makes them valid may then
 * reach the disk in any order, so that a loss of power can leave a damaged file,
 * not only an older one. The checksums tell of values, not of LMDB's own pages: a
 * page of an earlier batch in the place of a later one has right ones too. The remedy
 * is a backup.
 *
 * The data file is kept as long as the map (sparse, it costs nothing). LMDB does
 * not always write the last pages it counts, so only thus is a file that is
 * shorter than its count of pages certainly a truncated one. */
#ifndef SESSION_STORE_STORE_INTERNAL_H
#define SESSION_STORE_STORE_INTERNAL_H

#include "session-store/files.h"
#include "session-store/gate.h"
#include "session-store/record.h"
#include "session-store/store.h"

#include <lmdb.h>
#include <pthread.h>

/* LMDB's own free list has this number, so no table has it. */
enum { TABLE_ABSENT = 0 };

/* What every refusal for damage tells to do. */
extern const char store_remedy[];

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
    uint64_t file_bytes; /* What data.mdb was extended to. */
    uint64_t reserve_bytes;
    struct meta meta; /* As committed. */
    enum store_durability durability;
    bool read_only;
    bool is_new;
    bool was_clean;
    bool map_lost;            /* The map could not be made again: nothing can be read. */
    enum status write_status; /* Not OK: no further writes. */
    char write_error[STORE_ERROR_BYTES_MAX];
    pthread_mutex_t read_error_mutex;
    bool read_failed;
    char read_error[STORE_ERROR_BYTES_MAX]; /* Of the first failure of any reader. */
};

/* LMDB's results are its own numbers, or errno's. */
MUST_USE enum status status_of_lmdb(int result);

/* Says in `error` what could not be done, why, and what helps. */
enum status lmdb_error(const struct store *store, int result, const char *doing,
                       char error[STORE_ERROR_BYTES_MAX]);

static inline MDB_val val_of(struct span bytes)
{
    /* LMDB's values are not const, but a key or a value to put is only read. */
    union {
        const uint8_t *ours;
        void *theirs;
    } data = {.ours = bytes.data};
    return (MDB_val){.mv_size = bytes.size, .mv_data = data.theirs};
}

static inline struct span span_of_val(MDB_val val)
{
    return span_of(val.mv_data, val.mv_size);
}

/* Bytes of the pages that LMDB counts as in use, those it may use again included. */
uint64_t map_used_bytes(const struct store *store, const MDB_envinfo *info);

/* Moves the map with no reader inside; LMDB's result. 0 adopts the size that
 * another process gave. */
MUST_USE int map_resize(struct store *store, uint64_t map_bytes);

/* Grows map and file, so that any batch fits. No transaction may be open in the
 * calling thread. */
MUST_USE enum status map_ensure_room(struct store *store, char error[STORE_ERROR_BYTES_MAX]);

/* Puts the meta record into an open transaction; LMDB's result. */
MUST_USE int meta_put(const struct store *store, MDB_txn *txn, const struct meta *meta);

/* Remembers the first failure of any reader, and gives back `status`. */
enum status read_fail(struct store *store, enum status status, const char *what);

#endif
