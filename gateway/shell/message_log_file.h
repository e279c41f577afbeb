/* Inside of message_log.c: one session's file, and the ones before it.
 *
 * Engine's thread. Takes whole records and sees to it that they stand in files, or that
 * someone is told. */
#ifndef GATEWAY_SHELL_MESSAGE_LOG_FILE_H
#define GATEWAY_SHELL_MESSAGE_LOG_FILE_H

#include "gateway/shell/message_log.h"

#define MESSAGE_LOG_RETRY_NS UINT64_C(1000000000)

/* "2026-11-21T08:00:00.123456789Z" */
enum { MESSAGE_LOG_TIME_BYTES = 30 };

struct message_log_file {
    const char *id;  /* Of the session; borrowed. */
    struct log *log; /* Borrowed. */
    uint64_t rotate_bytes;
    uint32_t keep;
    char path[MESSAGE_LOG_PATH_BYTES_MAX];
    int fd;              /* -1: could not be opened; tried again. */
    uint64_t size;       /* Of the file. */
    bool torn;           /* The file does not end with a line's end. */
    uint64_t checked_ns; /* When it was last made sure that the file is still at its path. */
    bool failing;        /* What was tried last did not work… */
    uint64_t failed_ns;  /* …then. */
    int failed_errno;
    uint64_t dropped_now; /* Records dropped since it fails. */
    uint64_t dropped;     /* Since the start. */
    uint64_t rotate_failed_ns;
    bool rotate_failed;
    size_t used; /* Of the buffer: whole records. */
    char buffer[MESSAGE_LOG_BUFFER_BYTES];
};

/* path, id, log, rotate_bytes and keep are set; all else is zero. IO: errno says why. */
MUST_USE enum status message_log_file_open(struct message_log_file *file, uint64_t now_ns);

/* It failed less than MESSAGE_LOG_RETRY_NS ago: what comes now is dropped. */
bool message_log_file_pauses(const struct message_log_file *file, uint64_t now_ns);

void message_log_file_drop(struct message_log_file *file, uint64_t records);

/* Writes the buffer and empties it, whatever happens. */
void message_log_file_drain(struct message_log_file *file, uint64_t now_ns);

void message_log_file_close(struct message_log_file *file, uint64_t now_ns);

void message_log_time_format(uint64_t now_ns, char text[MESSAGE_LOG_TIME_BYTES]);

#endif
