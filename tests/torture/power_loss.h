/* A loss of power: the disk as it may be found afterwards.
 *
 * From a copy of a store and the journal of all that was written since (bad_disk.h) it makes
 * the directory that a machine might find when the power is back: all that was synced, and of
 * the rest what chance decides for each sector of 512 bytes by itself, so that writes are lost,
 * reordered and torn. The same seed gives the same disk. Files only; one thread.
 *
 *   power_loss_begin()        before the first process: copies the store, begins a journal
 *   …                         processes run under the bad disk, are killed, start again
 *   power_loss_open()         after they ended
 *   power_loss_restore()      as often as wanted, for any moment of the journal
 *   power_loss_close() */
#ifndef TESTS_TORTURE_POWER_LOSS_H
#define TESTS_TORTURE_POWER_LOSS_H

#include "tests/torture/bad_disk.h"

enum {
    POWER_LOSS_SECTOR_BYTES = 512,
    POWER_LOSS_FILES_MAX = 16,
};

struct power_loss;

/* What became of what was not synced, for the report. */
struct power_loss_report {
    uint64_t sectors_unsynced;
    uint64_t sectors_landed; /* Of these, with any of their versions. */
    uint32_t files_unnamed;  /* Files whose name was lost. */
};

/* Makes `base` a copy of the store's files (of none, if the store is not there) and removes
 * the journal. No process may have the store open. ASSERTs that the system lets it. */
void power_loss_begin(const char *store, const char *base, const char *journal);

/* Reads the journal's records. NULL with a line on stderr if it makes no sense. `base` is
 * borrowed until close; no process may be writing the journal. */
struct power_loss *power_loss_open(const char *base, const char *journal);
void power_loss_close(struct power_loss *loss);

/* How many records are done: the last moment. */
uint64_t power_loss_moments(const struct power_loss *loss);

/* What was done at `moment`, which must be less than power_loss_moments(). */
enum bad_disk_kind power_loss_kind(const struct power_loss *loss, uint64_t moment);

/* Makes the directory `to` (what it held is removed) the disk for a loss of power at `moment`:
 * the first `moment` records were done, and a write that came next was under way. What a
 * process had been told is synced when the journal had N records (bad_disk_journal.records) is
 * there for each moment >= N. ASSERTs that the system lets it. */
void power_loss_restore(const struct power_loss *loss, uint64_t moment, uint64_t seed,
                        const char *to, struct power_loss_report *report);

#endif
