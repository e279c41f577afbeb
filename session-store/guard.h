/* The guard: a small file by which an older copy of the store is recognised.
 *
 * It holds the instance id and a batch number that the store had reached. The
 * store's batch number may be ahead of the guard's, never behind. So the guard is
 * written only after what it says is on the disk: after a synced commit, or after
 * a sync. It is rewritten in place in two slots by turns, each with a checksum and
 * in a sector of its own: a torn or lost write leaves the other slot, which only
 * lags.
 *
 * It is made, empty, before anything else of a new store. So an empty one beside a
 * store with nothing in it says that power was lost while the store was made.
 *
 * Called from the thread that opens, writes and closes the store. */
#ifndef SESSION_STORE_GUARD_H
#define SESSION_STORE_GUARD_H

#include "session-store/checksum.h"
#include "session-store/files.h"
#include "session-store/record.h"

struct guard {
    bool present; /* False: there is none, or none whose checksum is right. */
    bool empty;   /* There is one with nothing in it. */
    uint64_t instance_id;
    uint64_t batch_number;
};

MUST_USE enum status guard_read(struct files *files, const struct checksum *checksum,
                                struct guard *guard, char error[STORE_ERROR_BYTES_MAX]);

/* BACKWARD if the store is not the one that the guard knows, or is older. `meta`
 * is NULL when there is no store. */
MUST_USE enum status guard_check(const struct guard *guard, const struct meta *meta,
                                 const char *path, char error[STORE_ERROR_BYTES_MAX]);

MUST_USE enum status guard_make(struct files *files, char error[STORE_ERROR_BYTES_MAX]);

/* A failure is no failure of the store: the guard then lags, which is allowed. */
void guard_write(struct files *files, const struct checksum *checksum, const struct meta *meta,
                 bool sync);

#endif
