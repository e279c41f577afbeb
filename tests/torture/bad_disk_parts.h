/* What the parts of libbad_disk.so share: its calls (bad_disk_calls.c) ask it (bad_disk.c) upon
 * which file they are, and what is to become of them. Any thread; between a decision and the
 * record of what was done the lock is held, so that the journal has the order of the doing. */
#ifndef TESTS_TORTURE_BAD_DISK_PARTS_H
#define TESTS_TORTURE_BAD_DISK_PARTS_H

#include "tests/torture/bad_disk_journal.h"
#include "tests/torture/bad_disk_rules.h"

struct target {
    char name[BAD_DISK_NAME_BYTES_MAX + 1]; /* "" is the directory itself. */
    bool spared;                            /* Nothing bad happens to it. */
    int flags;                              /* As opened. */
};

/* Is the descriptor a file of the disk? Keeps errno. */
bool disk_target_find(int file, struct target *target);

void disk_lock(void);
void disk_unlock(void);

/* What is to become of a call; counts it. Keeps errno. With the lock held. */
enum bad_disk_outcome disk_decide(enum bad_disk_call call, const struct target *target);

/* Used with the lock held. */
extern struct journal disk_journal;

#endif
