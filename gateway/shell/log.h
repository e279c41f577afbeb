/* The log: one line per event, for people or as JSON.
 *
 *   2026-11-21T01:02:03.123456Z INFO  session=FIX.4.4:A->B logged on
 *
 * Time comes in as an argument. One log belongs to one thread. Control
 * characters are escaped, so an event is one line whatever a peer sends. A line
 * that comes again within LOG_REPEAT_WINDOW_NS is held back and told once, with
 * its count. Writing never fails the caller: what the disk refuses is counted and
 * told when it takes lines again. */
#ifndef GATEWAY_SHELL_LOG_H
#define GATEWAY_SHELL_LOG_H

#include "fix/effects.h"

enum {
    LOG_LINE_BYTES_MAX = 4096, /* A longer line is cut and says so with "…". */
    LOG_BUFFER_BYTES = 64 * 1024,
    LOG_REPEATS_MAX = 16, /* Different lines watched for repetition. */
    LOG_REPEAT_BYTES_MAX = 512,
};
#define LOG_REPEAT_WINDOW_NS UINT64_C(10000000000)

struct log_config {
    const char *path; /* Appended to, mode 0600; NULL = standard error. */
    enum effect_severity level;
    bool json;
};

/* A line seen lately. */
struct log_repeat {
    uint64_t first_ns;
    uint64_t suppressed;
    enum effect_severity severity;
    size_t size; /* 0: free. */
    char text[LOG_REPEAT_BYTES_MAX];
};

struct log {
    int fd; /* -1: lines are thrown away. */
    bool owned;
    bool json;
    bool colour;
    enum effect_severity level;
    uint64_t lost; /* Lines the disk refused. */
    size_t used;
    struct log_repeat repeats[LOG_REPEATS_MAX];
    char buffer[LOG_BUFFER_BYTES];
};

/* One key=value of a line; `value` is quoted where it must be. */
struct log_pair {
    const char *key;
    struct span value;
};

/* STATUS_IO when the file cannot be opened: `errno` says why. Colour only on a
 * terminal, and not if the environment has NO_COLOR. */
MUST_USE enum status log_open(struct log *log, const struct log_config *config);

/* Tells held-back repetitions, writes all that is buffered, closes. */
void log_close(struct log *log, uint64_t now_ns);

bool log_wants(const struct log *log, enum effect_severity severity);

/* One event. Lines at WARNING and above are written at once, others with log_flush(). */
void log_event(struct log *log, uint64_t now_ns, enum effect_severity severity, struct span text,
               const struct log_pair *pairs, size_t count);

/* The same without pairs. */
void log_text(struct log *log, uint64_t now_ns, enum effect_severity severity, const char *text);

/* A FIX message at DEBUG, '|' for SOH, secrets masked. `direction`: "in" or "out". Of bytes
 * that do not begin with "8=" what stands before the first SOH is left away: it may be the
 * rest of a secret. */
void log_fix(struct log *log, uint64_t now_ns, struct span session, const char *direction,
             struct span message);

/* Writes what is buffered and tells repetitions whose window is over. Call once per
 * turn or so. */
void log_flush(struct log *log, uint64_t now_ns);

/* Copies a FIX message for reading: secrets are masked (fix/mask.h), SOH becomes '|', other
 * control characters '?'. Returns the count of bytes; cuts at `capacity`. */
size_t log_mask_fix(struct span message, char *out, size_t capacity);

#endif
