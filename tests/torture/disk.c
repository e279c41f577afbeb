#define _GNU_SOURCE /* umount2() */
#include "tests/torture/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    JOURNAL_BYTES_MAX = 192 << 20, /* Then it begins anew, at the next start. */
    COPY_MS = 60000,
};

static const char file_system_options[] = "size=640m";

static void path_make(char out[PROCESS_PATH_BYTES_MAX], const char *directory, const char *name)
{
    int size = snprintf(out, PROCESS_PATH_BYTES_MAX, "%s/%s", directory, name);
    ASSERT(size > 0);
    ASSERT(size < PROCESS_PATH_BYTES_MAX);
}

void disk_open(struct disk *disk, const char *directory, bool mounts, bool power, uint64_t seed)
{
    *disk = (struct disk){.power = power};
    path_make(disk->place, directory, "disk");
    path_make(disk->store, disk->place, "store");
    path_make(disk->base, directory, "base");
    path_make(disk->journal, directory, "journal");
    path_make(disk->control, directory, "disk-rules");
    path_make(disk->ballast, disk->place, "ballast");
    int made = mkdir(disk->place, 0755);
    ASSERT(made == 0);
    disk->small = mounts && mount("torture", disk->place, "tmpfs", 0, file_system_options) == 0;
    const struct bad_disk_settings settings = {
        .path = disk->store,
        .journal = power ? disk->journal : NULL,
        .control = disk->control,
        .seed = seed,
    };
    bad_disk_environment_init(&disk->environment, &settings);
    if (power) {
        power_loss_begin(disk->store, disk->base, disk->journal);
    }
}

void disk_close(struct disk *disk, bool rescue)
{
    if (!disk->small) {
        return;
    }
    char output[256];
    char to[PROCESS_PATH_BYTES_MAX + 16];
    (void)snprintf(to, sizeof to, "%s.kept", disk->place);
    const char *const copy[] = {"/bin/cp", "-a", disk->place, to, NULL};
    if (rescue && process_run(copy, NULL, output, sizeof output, COPY_MS) != 0) {
        (void)fprintf(stderr, "torture: the store could not be copied: %s\n", output);
    }
    (void)umount2(disk->place, MNT_DETACH);
}

void disk_prepare(struct disk *disk)
{
    struct bad_disk_journal journal;
    if (disk->power && bad_disk_journal_read(disk->journal, &journal) &&
        journal.end_bytes > JOURNAL_BYTES_MAX) {
        power_loss_begin(disk->store, disk->base, disk->journal);
    }
}

void disk_fill(const struct disk *disk, uint64_t left_bytes)
{
    static const char block[65536] = {1};
    struct statvfs facts;
    int file = open(disk->ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT(file >= 0);
    while (statvfs(disk->place, &facts) == 0 && facts.f_bavail * facts.f_bsize > left_bytes) {
        uint64_t most = facts.f_bavail * facts.f_bsize - left_bytes;
        size_t size = most < sizeof block ? (size_t)most : sizeof block;
        if (write(file, block, size) <= 0) {
            break;
        }
    }
    (void)close(file);
}

void disk_clear(const struct disk *disk)
{
    int gone = unlink(disk->ballast);
    ASSERT(gone == 0 || errno == ENOENT);
}

void disk_rules(const struct disk *disk, const char *rules)
{
    bad_disk_control(disk->control, rules);
}

void disk_lose_power(struct disk *disk, uint64_t seed, struct power_loss_report *report)
{
    ASSERT(disk->power);
    struct bad_disk_journal journal;
    if (!bad_disk_journal_read(disk->journal, &journal)) {
        return; /* Nothing was written since the last time. */
    }
    struct power_loss *loss = power_loss_open(disk->base, disk->journal);
    ASSERT(loss != NULL);
    power_loss_restore(loss, power_loss_moments(loss), seed, disk->store, report);
    power_loss_close(loss);
    power_loss_begin(disk->store, disk->base, disk->journal);
}
