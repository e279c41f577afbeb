/* Failures at the door of the store: what a disk can do to a commit or a read.
 *
 * The calls of apply.c to the store come through here (linked with --wrap); the store behind is
 * the real one. One thread. */
#ifndef TESTS_SIM_STORE_FAULTS_H
#define TESTS_SIM_STORE_FAULTS_H

#include "session-store/store.h"

enum store_fault {
    STORE_FAULT_NONE,
    STORE_FAULT_BEGIN,        /* The next batch cannot begin. */
    STORE_FAULT_COMMIT,       /* The next commit fails, and nothing of it is there. */
    STORE_FAULT_COMMIT_LASTS, /* It fails, and is there all the same. */
    STORE_FAULT_READ,         /* The next read fails. */
};

/* For the next call of its kind; then it is NONE again. */
void store_faults_plan(enum store_fault fault);

/* Reads through this reader never fail: it is the judge's. */
void store_faults_spare(const struct store_reader *reader);

/* The store as it is when its process dies: nothing more is written, and it is not marked as
 * closed. Gives its handles back. */
void store_faults_die(struct store *store);

#endif
