/* The disk under the gateway's store: small enough to run full, failing when told to, and
 * without power when told to. Not one of them may be had everywhere: see the fields.
 *
 * It lies in a directory of a world; who starts the gateway asks disk_prepare() first. */
#ifndef TESTS_TORTURE_DISK_H
#define TESTS_TORTURE_DISK_H

#include "tests/tools/process.h"
#include "tests/torture/bad_disk.h"
#include "tests/torture/power_loss.h"

struct disk {
    bool small;                         /* A file system of its own that can be filled up. */
    bool power;                         /* What is not synced can be lost. */
    char place[PROCESS_PATH_BYTES_MAX]; /* For world_options.store_directory. */
    char store[PROCESS_PATH_BYTES_MAX];
    char base[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
    char control[PROCESS_PATH_BYTES_MAX];
    char ballast[PROCESS_PATH_BYTES_MAX];
    struct bad_disk_environment environment;
};

/* In `directory`, which is there. `mounts`: file systems can be mounted. `power`: the store
 * is kept with Durability=commit. */
void disk_open(struct disk *disk, const char *directory, bool mounts, bool power, uint64_t seed);
/* No process uses it any more. `rescue`: the store is to be found in `directory` after this
 * program has ended. */
void disk_close(struct disk *disk, bool rescue);

/* Before each start of the gateway. */
void disk_prepare(struct disk *disk);

/* Fills it up but for `left_bytes`, or empties it again. */
void disk_fill(const struct disk *disk, uint64_t left_bytes);
void disk_clear(const struct disk *disk);

/* Rules as bad_disk.h has them; NULL: it is good again. */
void disk_rules(const struct disk *disk, const char *rules);

/* The gateway was killed, and the power is off: the store becomes what a disk may hold of it. */
void disk_lose_power(struct disk *disk, uint64_t seed, struct power_loss_report *report);

#endif
