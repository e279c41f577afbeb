#include "session-store/store_internal.h"

#include <unistd.h>

/* LMDB reads all pages of one snapshot, and leaves the free ones out. */
static enum status backup_copy(struct store *store, int descriptor,
                               char error[STORE_ERROR_BYTES_MAX])
{
    int result = mdb_env_copyfd2(store->env, descriptor, MDB_CP_COMPACT);
    if (result == MDB_MAP_RESIZED) { /* The owner has grown the file since we opened it. */
        result = map_resize(store, 0);
        if (result == MDB_SUCCESS) {
            result = mdb_env_copyfd2(store->env, descriptor, MDB_CP_COMPACT);
        }
    }
    return result == MDB_SUCCESS ? STATUS_OK : lmdb_error(store, result, "copy its pages", error);
}

enum status store_backup(struct store *store, const char *path, char error[STORE_ERROR_BYTES_MAX])
{
    ASSERT(store->read_only);
    struct files files;
    int descriptor = -1;
    TRY(files_open(&files, path, true, error));
    enum status status = files_backup_begin(&files, &descriptor, error);
    if (status == STATUS_OK) {
        status = backup_copy(store, descriptor, error);
        if (status == STATUS_OK) {
            status = files_backup_finish(&files, descriptor, error);
        }
        (void)close(descriptor);
        if (status != STATUS_OK) {
            files_backup_abandon(&files);
        }
    }
    files_close(&files);
    return status;
}
