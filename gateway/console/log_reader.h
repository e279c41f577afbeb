/* Reads the records out of message logs: fixgate's own (gateway/shell/message_log.h), and
 * those of QuickFIX and its kin, one message per line with or without a time before it.
 *
 * Main thread. One reader follows the files of one session from the oldest to the newest.
 * Whatever the bytes are, reading goes on: what is no record is given as damaged. */
#ifndef GATEWAY_CONSOLE_LOG_READER_H
#define GATEWAY_CONSOLE_LOG_READER_H

#include "fix/limits.h"
#include "gateway/shell/message_log.h"

enum {
    LOG_READER_BYTES = 512 * 1024, /* Of its buffer: a longer piece is damaged. */
    LOG_SESSION_BYTES_MAX = 512,
};

enum log_record_kind {
    LOG_RECORD_BYTES,   /* A message, or the rubbish that a peer sent instead. */
    LOG_RECORD_NOTE,    /* A line of '#'. */
    LOG_RECORD_DAMAGED, /* Torn, or written by something else. */
};

enum log_direction {
    LOG_DIRECTION_UNKNOWN,
    LOG_DIRECTION_IN,
    LOG_DIRECTION_OUT,
};

struct log_record {
    enum log_record_kind kind;
    enum log_direction direction;
    uint64_t time_ns;    /* If it has none of its own: of the one before; 0 if of none. */
    const char *session; /* Its id; of foreign logs what the file's name tells. */
    struct span bytes;   /* Valid until the next call. */
};

enum log_read {
    LOG_READ_RECORD,
    LOG_READ_END,    /* Nothing more, or not yet. */
    LOG_READ_FAILED, /* A file could not be read: log_reader_file() and errno tell. Further
                        calls go on with the next file. */
};

struct log_reader {
    const char *const *paths; /* Borrowed. "-" is standard input. */
    uint32_t count;
    uint32_t next; /* The file to be opened next. */
    bool follow;   /* The last file may grow, and be replaced by a new one. */
    int fd;        /* -1: none. */
    bool ended;    /* No byte came last time. */
    uint64_t last_ns;
    char session[LOG_SESSION_BYTES_MAX];
    size_t begin; /* buffer[begin .. end) is not read yet. */
    size_t end;
    uint8_t *buffer;
};

/* FULL: no memory. */
MUST_USE enum status log_reader_open(struct log_reader *reader, const char *const *paths,
                                     uint32_t count, bool follow);
void log_reader_close(struct log_reader *reader);

/* With `follow` END may be followed by records later; a record that is not whole yet is
 * waited for. */
enum log_read log_reader_next(struct log_reader *reader, struct log_record *record);

/* The path that is read, or failed. */
const char *log_reader_file(const struct log_reader *reader);

/* Does this look like a message log? Bytes of a file's beginning; none may become one. */
bool log_reader_knows(struct span beginning);

#endif
