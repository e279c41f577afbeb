/* A disk that has not yet taken all that was written to it: power_loss.h, sector by sector.
 *
 * The files of a directory are what the disk has for certain. Of each sector that was written
 * and not synced it knows, besides, what a reader would see and what the disk may have taken.
 * What the system refuses is an ASSERT. One thread. */
#ifndef TESTS_TORTURE_PLATTER_H
#define TESTS_TORTURE_PLATTER_H

#include "tests/torture/power_loss.h"

enum platter_manner {
    PLATTER_PLAIN,    /* A later sync is known of: straight into the file. */
    PLATTER_UNSYNCED, /* Each sector may be taken, or not. */
    PLATTER_SYNCED,   /* It is taken; what was written beside it is not. */
};

struct platter;

/* The disk whose files are in `directory`, which is borrowed. */
struct platter *platter_new(const char *directory, uint64_t seed);

/* Files are known by the order in which they are added, from 0. */
void platter_add_file(struct platter *platter, const char *name);

/* The file is there from now on, if it was not. */
void platter_create(struct platter *platter, uint32_t file);

/* A file is written plainly first, and then no more. */
void platter_write(struct platter *platter, uint32_t file, uint64_t offset, struct span bytes,
                   enum platter_manner manner);

/* A shorter size is taken at once. */
void platter_truncate(struct platter *platter, uint32_t file, uint64_t size, bool plain);

void platter_sync(struct platter *platter, uint32_t file);
void platter_sync_failed(struct platter *platter, uint32_t file);

/* Files that were written to keep their names. */
void platter_sync_names(struct platter *platter);

/* Power is lost: leaves the files as they are found afterwards, and frees the disk. `report`
 * may be NULL. */
void platter_end(struct platter *platter, struct power_loss_report *report);

#endif
