/* A bad disk for a real process: what stands between it and the files of one directory.
 *
 * libbad_disk.so is preloaded (LD_PRELOAD) into a process. It records each write and each sync
 * of the files below BAD_DISK_PATH in a journal, which outlives a kill -9 of the process, and
 * makes writes and syncs fail as its rules say. power_loss.h makes of the journal the disk as a
 * loss of power would have left it. This header is for both sides: the contract of the library
 * (environment, rules, journal), and the helpers for the test that starts the process.
 *
 * Seen are write, writev, pwrite, pwritev, ftruncate, fsync and fdatasync, and files made by
 * open and openat. A write through a descriptor of O_DSYNC or O_SYNC is synced by itself, and it
 * alone. The library ends the process, with a word on stderr, where it would see nothing: when a
 * file other than lock.mdb (which means nothing after a loss of power) is mapped for shared
 * writing. Names of files are durable once the directory is synced. sync_file_range() promises
 * nothing and counts as nothing; nor are rename and unlink seen.
 *
 * One process at a time writes a journal; another may go on with it after the first ended. */
#ifndef TESTS_TORTURE_BAD_DISK_H
#define TESTS_TORTURE_BAD_DISK_H

#include "fix/base.h"

enum {
    BAD_DISK_PATH_BYTES_MAX = 512,
    BAD_DISK_NAME_BYTES_MAX = 39,
    BAD_DISK_RULES_MAX = 8,
    BAD_DISK_RULES_BYTES_MAX = 512,
    BAD_DISK_ENVIRONMENT_MAX = 8,
    BAD_DISK_HEADER_BYTES = 4096, /* Of the journal; records follow. */
    BAD_DISK_ALIGN_BYTES = 8,
    BAD_DISK_EXIT = 125, /* The library cannot do its work; stderr says why. */
};

/* --- The environment of the process ------------------------------------------------ */

#define BAD_DISK_PATH    "BAD_DISK_PATH"    /* The directory; its parent must be there. */
#define BAD_DISK_JOURNAL "BAD_DISK_JOURNAL" /* File, outside of it. Unset: no journal. */
#define BAD_DISK_RULES   "BAD_DISK_RULES"   /* Rules that hold from the start on. */
#define BAD_DISK_CONTROL "BAD_DISK_CONTROL" /* File with rules that hold while it is there. */
#define BAD_DISK_SEED    "BAD_DISK_SEED"    /* Of the chances; 1 if unset. */

/* --- Rules -------------------------------------------------------------------------
 *
 * One per line, or parted by ';':  WHAT HOW [WHEN]
 *
 *   WHAT  sync        fsync, fdatasync (of directories too)
 *         write       any write
 *         plain       a write that is not synced by itself
 *         meta        a write that is synced by itself: in LMDB that of the page that makes a
 *                     transaction valid
 *         truncate    ftruncate
 *   HOW   EIO ENOSPC  fails so, with nothing done. As in Linux, what was written before a sync
 *                     that failed may be lost even if a later sync succeeds.
 *         short       a write of half the bytes, which says so (of one byte: EIO)
 *         unsure      EIO, though all was written (but, through O_DSYNC, not surely synced);
 *                     for writes alone
 *   WHEN  (nothing)   always
 *         at N        the N-th such call only, counted from 1 since these rules hold
 *         from N      the N-th and all after it
 *         chance N    N of 1000
 *
 * The first rule that fits decides; those of the control file come first. Nothing happens to
 * "lock.mdb" and "owner". Rules that cannot be read end the process (BAD_DISK_EXIT). */

/* --- The journal -------------------------------------------------------------------- */

/* Its first BAD_DISK_HEADER_BYTES. Written by the library through a shared map, so that others
 * can read it at any time; each field is written whole. */
struct bad_disk_journal {
    char magic[8];           /* "BADDISK1" */
    uint64_t records;        /* Done; "the moment" of power_loss.h. */
    uint64_t end_bytes;      /* Where the done records end. */
    uint64_t begun_bytes;    /* End of the one that is being done; or 0. */
    uint64_t begun_records;  /* What `records` will be when it is done. */
    uint64_t syncs;          /* Done well, since the journal began. */
    uint64_t failures;       /* Calls that failed by a rule. */
    uint64_t failed_records; /* `records` at the first of them. */
};

enum bad_disk_kind {
    BAD_DISK_WRITE = 1,    /* `size` bytes at `offset`, which follow. */
    BAD_DISK_WRITE_SYNCED, /* As WRITE, synced by itself. */
    BAD_DISK_TRUNCATE,     /* The size is now `offset`. */
    BAD_DISK_SYNC,         /* All writes of the file before it; "" = names in the directory. */
    BAD_DISK_SYNC_FAILED,  /* Writes before it may be lost whatever comes after. */
    BAD_DISK_CREATE,       /* The file is there, empty; unless it was there before. */
};

/* Every record begins at a multiple of BAD_DISK_ALIGN_BYTES. */
struct bad_disk_record {
    uint32_t kind; /* enum bad_disk_kind */
    uint32_t reserved;
    uint64_t offset;
    uint64_t size;
    char name[BAD_DISK_NAME_BYTES_MAX + 1]; /* From BAD_DISK_PATH. */
};

_Static_assert(sizeof(struct bad_disk_record) == 64, "a journal is read by another program");

/* --- For the test that starts the process --------------------------------------------- */

struct bad_disk_settings {
    const char *path;    /* As the environment above; NULL where not wanted. */
    const char *journal; /* */
    const char *rules;
    const char *control;
    uint64_t seed;
};

/* "NAME=value" each, NULL at the end: what process_start_with() takes. */
struct bad_disk_environment {
    const char *list[BAD_DISK_ENVIRONMENT_MAX + 1];
    char text[BAD_DISK_ENVIRONMENT_MAX][BAD_DISK_PATH_BYTES_MAX + 32];
};

/* Sanitizers are told to bear a library that is loaded before theirs. */
void bad_disk_environment_init(struct bad_disk_environment *environment,
                               const struct bad_disk_settings *settings);

/* Puts the control file in place, whole at once; `rules` NULL takes it away. */
void bad_disk_control(const char *control_path, const char *rules);

/* The header of the journal as it is now; false if there is none yet. May be called at any
 * time, also in the process itself. Takes system calls: not for a hot path. */
MUST_USE bool bad_disk_journal_read(const char *journal_path, struct bad_disk_journal *out);

#endif
