/* Which files hold the message logs that somebody named: each file belongs to a session's
 * chain of files, from the oldest to the newest.
 *
 * Main thread. */
#ifndef GATEWAY_CONSOLE_LOG_FILES_H
#define GATEWAY_CONSOLE_LOG_FILES_H

#include "fix/base.h"

enum {
    LOG_FILES_MAX = 32768,
    LOG_CHAINS_MAX = 256,
    LOG_FILES_ERROR_BYTES_MAX = 512,
};

/* The files of one session: paths[begin .. begin + count). */
struct log_chain {
    uint32_t begin;
    uint32_t count;
};

struct log_files {
    char **paths; /* Sorted: by chain, then by age. Owned, and so is each. */
    uint32_t count;
    uint32_t capacity;
    struct log_chain chains[LOG_CHAINS_MAX];
    uint32_t chains_count;
};

/* A file as it is named ("-": standard input); of a directory all message logs in it,
 * rotated ones too. NOT_FOUND or IO, FULL: `error` says what is wrong. */
MUST_USE enum status log_files_add(struct log_files *files, const char *path,
                                   char error[LOG_FILES_ERROR_BYTES_MAX]);

/* Sorts what was added into chains: "X.log.2", "X.log.1", "X.log"; with QuickFIX
 * "X.messages.backup.1.log", "X.messages.backup.2.log", "X.messages.current.log". FULL:
 * these are too many sessions. */
MUST_USE enum status log_files_sort(struct log_files *files, char error[LOG_FILES_ERROR_BYTES_MAX]);

void log_files_free(struct log_files *files);

#endif
