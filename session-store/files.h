/* The files of a store beside LMDB's own two (data.mdb, lock.mdb).
 *
 *   owner   locked (flock) by the one process that writes the store; holds its pid
 *   guard   instance id and a batch number that the store had reached
 *
 * The guard is how an older copy of data.mdb is recognised: its batch number may
 * be ahead of the guard's, never behind. So the guard is written only after what
 * it says is on the disk: after a synced commit, or after a sync. It is rewritten
 * in place in two slots by turns, each with a checksum and in a sector of its
 * own: a torn or lost write leaves the other slot, which only lags.
 *
 * Called from the thread that opens, writes and closes the store. */
#ifndef SESSION_STORE_FILES_H
#define SESSION_STORE_FILES_H

#include "session-store/checksum.h"
#include "session-store/store.h"

struct guard {
    bool present; /* False: there is none, or none whose checksum is right. */
    uint64_t instance_id;
    uint64_t batch_number;
};

struct files {
    char path[STORE_PATH_BYTES_MAX];
    int directory_fd;
    int owner_fd; /* -1: we are not the owner. */
    int guard_fd; /* -1: none yet. */
    uint32_t guard_slot_next;
};

/* Writes one line for `error`. */
__attribute__((format(printf, 2, 3))) void error_set(char error[STORE_ERROR_BYTES_MAX],
                                                     const char *format, ...);

/* Opens the directory; makes it (mode 0700) when `make`. Refuses a store that
 * this process has open already: LMDB would lose its locks. */
MUST_USE enum status files_open(struct files *files, const char *path, bool make,
                                char error[STORE_ERROR_BYTES_MAX]);
void files_close(struct files *files);

/* Takes the ownership until files_close() or the end of the process. BUSY with
 * the owner's pid in `error`. */
MUST_USE enum status files_own(struct files *files, char error[STORE_ERROR_BYTES_MAX]);

/* Size of LMDB's data file; 0 if there is none. */
MUST_USE enum status files_data_size(const struct files *files, uint64_t *size_bytes,
                                     char error[STORE_ERROR_BYTES_MAX]);

/* Makes the names of new files durable: the directory's, and its own above it. */
MUST_USE enum status files_sync_names(const struct files *files, char error[STORE_ERROR_BYTES_MAX]);

MUST_USE enum status files_guard_read(struct files *files, const struct checksum *checksum,
                                      struct guard *guard, char error[STORE_ERROR_BYTES_MAX]);
MUST_USE enum status files_guard_make(struct files *files, char error[STORE_ERROR_BYTES_MAX]);
/* A failure is no failure of the store: the guard then lags, which is allowed. */
void files_guard_write(struct files *files, const struct checksum *checksum, uint64_t instance_id,
                       uint64_t batch_number, bool sync);

/* Bytes that an unprivileged process can still take on the store's disk. */
MUST_USE enum status files_disk_free(const struct files *files, uint64_t *free_bytes,
                                     char error[STORE_ERROR_BYTES_MAX]);

#endif
