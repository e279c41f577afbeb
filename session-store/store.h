/* Everything durable: tables of records in one LMDB environment.
 *
 * The only door to <lmdb.h> is store_internal.h. The store knows tables, keys and
 * bytes; what a record means is the engine's (gateway/core/engine/record.h). Each value is
 * kept with a checksum, verified on each read. One writer thread (the engine's);
 * read transactions from any thread, each short (docs: LMDB pins pages for them).
 *
 * Guards at open: a store that cannot be read, is of another schema, or is an
 * older copy than the file `guard` beside it knows, is refused with the reason and
 * the remedy; nothing silently restarts. */
#ifndef SESSION_STORE_STORE_H
#define SESSION_STORE_STORE_H

#include "fix/base.h"

enum {
    STORE_SCHEMA_VERSION = 3, /* 2: outbound queues by session day. 3: evidence with orders. */
    STORE_TABLES_MAX = 128,
    STORE_KEY_BYTES_MAX = 500,
    STORE_NAME_BYTES_MAX = 200,
    STORE_PATH_BYTES_MAX = 256,
    STORE_READERS_MAX = 254, /* Of all processes together. */
    STORE_ERROR_BYTES_MAX = 512,
};

enum store_durability {
    STORE_COMMIT,  /* Synced before store_commit() returns: survives power loss. */
    STORE_PROCESS, /* Not synced: survives kill -9 of the process, not of the machine: a loss of
                    * power may take the newest batches, or leave a file for which a backup is
                    * needed, even if it opens: not every damage is noticed. */
};

struct store_config {
    const char *path; /* Directory; made if missing, mode 0700. */
    enum store_durability durability;
    uint64_t map_bytes_initial; /* Grows by itself from here; 0 = 64 MiB. */
    uint64_t reserve_bytes;     /* Disk that must stay free for intake; see store_space(). */
    const char *const *tables;  /* Names by table number, as "order", "out/FIX.4.4:A->B". */
    uint32_t tables_count;
    uint64_t instance_id; /* Random; used only when the store is made. */
    bool read_only;       /* For tools beside a running gateway. */
};

struct store; /* Opaque: LMDB's handles. */

/* Opens or makes the store. On failure *out is NULL and `error` holds one line:
 * what is wrong, where, and what to do. BUSY: another process writes it, or this
 * one has it open already. CORRUPT, NEWER and BACKWARD leave it as it was.
 * NOT_FOUND: there is none (read_only). */
MUST_USE enum status store_open(const struct store_config *config, struct store **out,
                                char error[STORE_ERROR_BYTES_MAX]);

/* Sets the clean-shutdown mark and closes. */
void store_close(struct store *store);

/* Random number given when the store was made: part of every ClOrdID we give. */
uint64_t store_instance_id(const struct store *store);

/* Number of the last committed batch; 0 for a new store. Grows by one per commit. */
uint64_t store_batch_number(const struct store *store);

/* True if this very opening made it. */
bool store_is_new(const struct store *store);

/* True if the last owner closed it. */
bool store_was_clean(const struct store *store);

/* --- Writing: engine's thread. One transaction per turn. ------------------- */

/* Begins a batch; grows the map before it is full. For that all reads must end,
 * so the calling thread must not be between store_read_begin() and _end(). It may
 * read while the batch is open, and then does not see the batch's own records. */
MUST_USE enum status store_begin(struct store *store);
MUST_USE enum status store_put(struct store *store, uint32_t table, struct span key,
                               struct span value);
/* As put, for a key that must not exist yet: STATUS_CORRUPT if it does. */
MUST_USE enum status store_put_new(struct store *store, uint32_t table, struct span key,
                                   struct span value);
/* As put_new, and greater than all keys of the table (MDB_APPEND). */
MUST_USE enum status store_append(struct store *store, uint32_t table, struct span key,
                                  struct span value);
/* Deleting what is not there is right. */
MUST_USE enum status store_delete(struct store *store, uint32_t table, struct span key);
/* Deletes all records of the table. */
MUST_USE enum status store_clear(struct store *store, uint32_t table);
/* Commits, synced as configured. `batch_number` must be the last one + 1.
 * After a failure, here or in any call above, nothing of the batch is there and
 * the store takes no further writes: the process is to stop. */
MUST_USE enum status store_commit(struct store *store, uint64_t batch_number);

/* The reason of the last failure, in words. */
const char *store_error(const struct store *store);

/* --- Reading: any thread, each thread with a reader of its own. ------------ */

/* A read transaction that is renewed on demand. Spans read are valid until
 * store_read_end(). Sees all batches committed before store_read_begin(). */
struct store_reader;

MUST_USE enum status store_reader_open(struct store *store, struct store_reader **out);
void store_reader_close(struct store_reader *reader);
MUST_USE enum status store_read_begin(struct store_reader *reader);
void store_read_end(struct store_reader *reader);

/* STATUS_OK, STATUS_NOT_FOUND, or STATUS_CORRUPT (checksum). */
MUST_USE enum status store_get(struct store_reader *reader, uint32_t table, struct span key,
                               struct span *value);
/* First record with key >= `from` (empty = the first of all). */
MUST_USE enum status store_seek(struct store_reader *reader, uint32_t table, struct span from,
                                struct span *key, struct span *value);
/* The record after `key` (which need not exist any more). */
MUST_USE enum status store_after(struct store_reader *reader, uint32_t table, struct span key,
                                 struct span *key_out, struct span *value);
/* The last record of the table. */
MUST_USE enum status store_last(struct store_reader *reader, uint32_t table, struct span *key,
                                struct span *value);

/* --- Room ------------------------------------------------------------------ */

struct store_space {
    uint64_t map_bytes;
    uint64_t map_used_bytes;
    uint64_t disk_free_bytes;
    bool low; /* Less than the reserve is left: stop taking orders. */
};

MUST_USE enum status store_space(struct store *store, struct store_space *out);

/* --- Backup ---------------------------------------------------------------- */

/* Writes a compact copy of the store, as it is at one moment, as data.mdb into the
 * directory `path`; that is made if missing, and must not hold a store. For a
 * store opened read_only, beside its owner: it takes long, and within the owner's
 * process the map could not grow meanwhile. On failure `error` holds one line, and
 * no data.mdb is left. */
MUST_USE enum status store_backup(struct store *store, const char *path,
                                  char error[STORE_ERROR_BYTES_MAX]);

#endif
