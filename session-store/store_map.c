#include "session-store/store_internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

const char store_remedy[] = "restore a backup of the whole directory; nothing was changed";

/* Copy on write can at most rewrite every page once in a batch. So a map of twice
 * the used pages, and the batch itself with its splits, is never too small: the
 * map need not grow within a transaction. */
static const uint64_t map_spare_bytes = UINT64_C(32) << 20;

enum status status_of_lmdb(int result)
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

enum status lmdb_error(const struct store *store, int result, const char *doing,
                       char error[STORE_ERROR_BYTES_MAX])
{
    enum status status = status_of_lmdb(result);
    error_set(error, "store %s: cannot %s: %s%s%s", store->files.path, doing, mdb_strerror(result),
              status == STATUS_CORRUPT ? "; " : "", status == STATUS_CORRUPT ? store_remedy : "");
    return status;
}

uint64_t map_used_bytes(const struct store *store, const MDB_envinfo *info)
{
    return ((uint64_t)info->me_last_pgno + 1) * store->page_bytes;
}

int map_resize(struct store *store, uint64_t map_bytes)
{
    gate_close(&store->gate);
    int result = mdb_env_set_mapsize(store->env, map_bytes);
    store->map_lost = result != MDB_SUCCESS;
    gate_open(&store->gate);
    return result;
}

/* Makes the file as long as the map, before pages are counted in it. */
static int map_extend_file(struct store *store, uint64_t map_bytes)
{
    mdb_filehandle_t descriptor;
    int result = mdb_env_get_fd(store->env, &descriptor);
    ASSERT(result == MDB_SUCCESS);
    struct stat data;
    if (fstat(descriptor, &data) != 0) {
        return errno;
    }
    if ((uint64_t)data.st_size < map_bytes &&
        (ftruncate(descriptor, (off_t)map_bytes) != 0 || fsync(descriptor) != 0)) {
        return errno;
    }
    store->file_bytes = map_bytes;
    return MDB_SUCCESS;
}

enum status map_ensure_room(struct store *store, char error[STORE_ERROR_BYTES_MAX])
{
    MDB_envinfo info;
    int result = mdb_env_info(store->env, &info);
    ASSERT(result == MDB_SUCCESS);
    uint64_t wanted_bytes = 2 * map_used_bytes(store, &info) + map_spare_bytes;
    uint64_t map_bytes = info.me_mapsize;
    while (map_bytes < wanted_bytes) {
        map_bytes *= 2;
    }
    if (store->file_bytes < map_bytes) {
        result = map_extend_file(store, map_bytes);
    }
    if (result == MDB_SUCCESS && map_bytes != info.me_mapsize) {
        result = map_resize(store, map_bytes);
    }
    return result == MDB_SUCCESS ? STATUS_OK : lmdb_error(store, result, "grow its map", error);
}

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
