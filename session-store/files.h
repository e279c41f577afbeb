/* The files of a store beside LMDB's own two (data.mdb, lock.mdb).
 *
 *   owner   locked (flock) by the one process that writes the store; holds its pid
 *   guard   see guard.h
 *
 * Called from the thread that opens, writes and closes the store. */
#ifndef SESSION_STORE_FILES_H
#define SESSION_STORE_FILES_H

#include "session-store/store.h"

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

/* Puts errno and what was tried into `error`; FULL or IO. */
MUST_USE enum status files_fail(const struct files *files, const char *doing,
                                char error[STORE_ERROR_BYTES_MAX]);

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

/* Empties LMDB's data file if it holds no more than what LMDB begins a new one with:
 * two pages, whole or torn, and zeros. */
MUST_USE enum status files_data_empty_unmade(const struct files *files, bool *emptied,
                                             char error[STORE_ERROR_BYTES_MAX]);

/* Makes the names of new files durable: the directory's, and its own above it. */
MUST_USE enum status files_sync_names(const struct files *files, char error[STORE_ERROR_BYTES_MAX]);

/* Makes the file that a backup is written to; its name becomes data.mdb only by
 * files_backup_finish(), which makes it durable. INVALID if there is a data.mdb. */
MUST_USE enum status files_backup_begin(const struct files *files, int *descriptor,
                                        char error[STORE_ERROR_BYTES_MAX]);
MUST_USE enum status files_backup_finish(const struct files *files, int descriptor,
                                         char error[STORE_ERROR_BYTES_MAX]);
void files_backup_abandon(const struct files *files);

/* Bytes that an unprivileged process can still take on the store's disk. */
MUST_USE enum status files_disk_free(const struct files *files, uint64_t *free_bytes,
                                     char error[STORE_ERROR_BYTES_MAX]);

#endif
