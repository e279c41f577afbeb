#include "session-store/guard.h"

#include "session-store/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static const char guard_name[] = "guard";

enum {
    GUARD_SLOTS = 2,
    GUARD_SLOT_STRIDE = 512, /* A sector each: a torn write spoils one only. */
    GUARD_SLOT_BYTES = 28,   /* Magic, instance, batch number, checksum. */
};

static const uint8_t guard_magic[8] = "FGGUARD1";

static bool guard_slot_parse(const struct checksum *checksum, const uint8_t *slot,
                             struct guard *guard)
{
    uint32_t expected = checksum_of(checksum, span_of(slot, 24), span_of(NULL, 0));
    if (memcmp(slot, guard_magic, sizeof(guard_magic)) != 0 || read_u32_le(slot + 24) != expected) {
        return false;
    }
    guard->present = true;
    guard->instance_id = read_u64_le(slot + 8);
    guard->batch_number = read_u64_le(slot + 16);
    return true;
}

enum status guard_read(struct files *files, const struct checksum *checksum, struct guard *guard,
                       char error[STORE_ERROR_BYTES_MAX])
{
    *guard = (struct guard){0};
    files->guard_fd = openat(files->directory_fd, guard_name, O_RDWR | O_CLOEXEC);
    if (files->guard_fd < 0) {
        return errno == ENOENT ? STATUS_OK : files_fail(files, "open its file 'guard'", error);
    }
    struct stat facts;
    if (fstat(files->guard_fd, &facts) != 0) {
        return files_fail(files, "look at its file 'guard'", error);
    }
    guard->empty = facts.st_size == 0;
    for (uint32_t index = 0; index < GUARD_SLOTS; index++) {
        uint8_t slot[GUARD_SLOT_BYTES];
        struct guard found = {0};
        ssize_t size = pread(files->guard_fd, slot, sizeof(slot), (off_t)index * GUARD_SLOT_STRIDE);
        if (size < 0) {
            return files_fail(files, "read its file 'guard'", error);
        }
        if (size != (ssize_t)sizeof(slot) || !guard_slot_parse(checksum, slot, &found)) {
            continue;
        }
        if (!guard->present || found.batch_number > guard->batch_number) {
            *guard = found;
            files->guard_slot_next = (index + 1) % GUARD_SLOTS;
        }
    }
    return STATUS_OK;
}

enum status guard_check(const struct guard *guard, const struct meta *meta, const char *path,
                        char error[STORE_ERROR_BYTES_MAX])
{
    static const char intended[] =
        "if this is intended, compare all sequence numbers with the brokers, then remove the file "
        "'guard' in that directory and start again; nothing was changed";
    if (!guard->present) {
        return STATUS_OK;
    }
    if (meta == NULL) {
        error_set(error,
                  "store %s: data.mdb is missing, though batch %" PRIu64
                  " was committed here; restore it, or %s",
                  path, guard->batch_number, intended);
        return STATUS_BACKWARD;
    }
    if (guard->instance_id != meta->instance_id) {
        error_set(error,
                  "store %s: data.mdb is of another store (instance %016" PRIx64
                  ", here was %016" PRIx64 "); restore the right one, or %s",
                  path, meta->instance_id, guard->instance_id, intended);
        return STATUS_BACKWARD;
    }
    if (guard->batch_number > meta->batch_number) {
        error_set(error,
                  "store %s: data.mdb is an older copy: it ends at batch %" PRIu64 ", but %" PRIu64
                  " was committed here; restore the newest, or %s",
                  path, meta->batch_number, guard->batch_number, intended);
        return STATUS_BACKWARD;
    }
    return STATUS_OK;
}

enum status guard_make(struct files *files, char error[STORE_ERROR_BYTES_MAX])
{
    if (files->guard_fd >= 0) {
        return STATUS_OK;
    }
    files->guard_fd = openat(files->directory_fd, guard_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return files->guard_fd >= 0 ? STATUS_OK : files_fail(files, "make its file 'guard'", error);
}

void guard_write(struct files *files, const struct checksum *checksum, const struct meta *meta,
                 bool sync)
{
    uint8_t slot[GUARD_SLOT_BYTES];
    memcpy(slot, guard_magic, sizeof(guard_magic));
    write_u64_le(slot + 8, meta->instance_id);
    write_u64_le(slot + 16, meta->batch_number);
    write_u32_le(slot + 24, checksum_of(checksum, span_of(slot, 24), span_of(NULL, 0)));
    ssize_t written = pwrite(files->guard_fd, slot, sizeof(slot),
                             (off_t)files->guard_slot_next * GUARD_SLOT_STRIDE);
    if (written == (ssize_t)sizeof(slot)) {
        files->guard_slot_next = (files->guard_slot_next + 1) % GUARD_SLOTS;
    }
    if (sync) {
        (void)fdatasync(files->guard_fd);
    }
}
