/* The journal of a bad disk, as the library in the process writes it (bad_disk.h says what is
 * in it). A record is begun before the call that it is about, and ended after it, so that a
 * process killed in between leaves word of it. One thread at a time: the caller sees to it.
 * What the system refuses here ends the process. */
#ifndef TESTS_TORTURE_BAD_DISK_JOURNAL_H
#define TESTS_TORTURE_BAD_DISK_JOURNAL_H

#include <sys/uio.h>

#include "tests/torture/bad_disk.h"

struct journal {
    struct bad_disk_journal *header; /* Shared with whoever reads it; NULL: there is no journal. */
    int file;
    uint64_t begun_at; /* Where the begun record is. */
    struct bad_disk_record record;
};

/* Ends the process: `what` and the reason of errno on stderr. */
_Noreturn void bad_disk_give_up(const char *what);

/* Opens or makes the journal, and settles what a killed process left undone, by the files of
 * the directory `root`. */
void journal_open(struct journal *journal, const char *path, const char *root);

/* Begins a record. `parts` hold the bytes of a write; else `parts_count` is 0. */
void journal_begin(struct journal *journal, enum bad_disk_kind kind, const char *name,
                   uint64_t offset, const struct iovec *parts, int parts_count);

/* Ends it as `kind`, with the first `size` bytes. */
void journal_end(struct journal *journal, enum bad_disk_kind kind, uint64_t size);

/* It did not happen. */
void journal_drop(struct journal *journal);

/* Counts a call that failed by a rule. */
void journal_count_failure(struct journal *journal);

#endif
