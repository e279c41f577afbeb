/* Which call fails, and how: the rules of bad_disk.h, read and applied. Pure. */
#ifndef TESTS_TORTURE_BAD_DISK_RULES_H
#define TESTS_TORTURE_BAD_DISK_RULES_H

#include "tests/torture/bad_disk.h"

/* What a call is. */
enum bad_disk_call {
    BAD_DISK_CALL_SYNC,
    BAD_DISK_CALL_PLAIN, /* A write that is not synced by itself. */
    BAD_DISK_CALL_META,  /* One that is. */
    BAD_DISK_CALL_TRUNCATE,
};

enum bad_disk_outcome {
    BAD_DISK_WELL,
    BAD_DISK_EIO,
    BAD_DISK_ENOSPC,
    BAD_DISK_SHORT,
    BAD_DISK_UNSURE,
};

enum bad_disk_when {
    BAD_DISK_ALWAYS,
    BAD_DISK_AT,
    BAD_DISK_FROM,
    BAD_DISK_CHANCE,
};

struct bad_disk_rule {
    uint32_t calls; /* Bits, by enum bad_disk_call. */
    enum bad_disk_outcome outcome;
    enum bad_disk_when when;
    uint64_t number; /* Of the call; or of 1000. */
    uint64_t count;  /* Calls of these kinds until now. */
};

struct bad_disk_rules {
    struct bad_disk_rule rules[BAD_DISK_RULES_MAX];
    uint32_t count;
    char text[BAD_DISK_RULES_BYTES_MAX]; /* As they were read. */
};

/* Reads rules and begins to count anew; those that are held already change nothing. False:
 * they are not as bad_disk.h says. */
MUST_USE bool bad_disk_rules_read(struct bad_disk_rules *rules, const char *text);

/* What is to become of this call; counts it. `random` is the state of the chances. */
enum bad_disk_outcome bad_disk_rules_apply(struct bad_disk_rules *rules, enum bad_disk_call call,
                                           uint64_t *random);

#endif
