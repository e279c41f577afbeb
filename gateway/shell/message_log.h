/* The message log: what each session said and heard, byte by byte, for people and audits.
 *
 * Engine's thread. One file per session in one directory: "<session id>.log", with what
 * is not good in a file name as '_'; full ones become "….log.1" (the newest), "….log.2", …
 * A record is one message, or a piece of what was no message:
 *
 *   2026-11-21T08:00:00.123456789Z out 187 8=FIX.4.4<SOH>9=…<SOH>10=012<SOH><LF>
 *
 * time, direction (in, out), count of bytes, the bytes. Secrets are masked before they are
 * written (fix/mask.h), and the count is that of the masked bytes. Lines that begin with '#'
 * are notes: each file begins with one that names the session,
 *
 *   # fixgate message log 1 FIX.4.4:FIXGATE->ALPHA
 *
 * and dropped records leave one behind. Files have mode 0600, the directory 0700. Writing
 * is buffered within a turn, one system call per session and flush, and never synced: the
 * store is what must survive, this is what people read. After a crash the last record may
 * be torn; the next one begins on a line of its own.
 *
 * It never stops an order. A log that cannot be written (disk full, no rights) warns once,
 * drops records and counts them, and tries again each second. A file that was moved away or
 * deleted is made anew within a second. Keep the directory on a local disk: a file system
 * that hangs in write() holds up whoever writes. */
#ifndef GATEWAY_SHELL_MESSAGE_LOG_H
#define GATEWAY_SHELL_MESSAGE_LOG_H

#include "gateway/core/engine/limits.h"
#include "gateway/shell/log.h"

enum {
    MESSAGE_LOG_BUFFER_BYTES = 512 * 1024, /* Per session; a fuller turn writes more than once. */
    MESSAGE_LOG_KEEP_MAX = 1000,
    MESSAGE_LOG_NAME_BYTES_MAX = 200, /* A longer session id is cut in the file's name. */
    MESSAGE_LOG_PATH_BYTES_MAX = 1024,
    MESSAGE_LOG_ERROR_BYTES_MAX = 320,
};

/* What begins a file, in front of the session id. */
#define MESSAGE_LOG_TITLE "# fixgate message log 1 "

struct message_log_config {
    const char *directory; /* MessageLogPath (FileLogPath); NULL: no message log. */
    uint64_t rotate_bytes; /* MessageLogRotate: size at which a new file begins; 0: never. */
    uint32_t keep;         /* MessageLogKeep: old files kept per session, MESSAGE_LOG_KEEP_MAX
                              at most; 0: none. */
    bool heartbeats;       /* FileLogHeartbeats: Heartbeats and TestRequests too. */
};

struct message_log;

/* Opens the files of all sessions and makes the directory if it is missing; the one above it
 * must exist. `log` and the ids are borrowed until message_log_close(), the configuration is
 * not. Without a directory OK and `*out` NULL, which all other functions take.
 * IO: `error` names the file; FULL: no memory. */
MUST_USE enum status message_log_open(const struct message_log_config *config,
                                      const char *const *session_ids, uint32_t sessions_count,
                                      struct log *log, struct message_log **out,
                                      char error[MESSAGE_LOG_ERROR_BYTES_MAX]);

/* Writes what is buffered, closes. Before log_close(). */
void message_log_close(struct message_log *log);

/* Bytes of one session in one direction, in the order of the wire: whole messages (inbound
 * ones may have rubbish between them, which is logged as it came). `now_ns`: time of day. */
void message_log_write(struct message_log *log, uint64_t now_ns, uint32_t session, bool out,
                       struct span bytes);

/* Once per turn, after the releases. */
void message_log_flush(struct message_log *log, uint64_t now_ns);

/* Records that could not be written since the start, of all sessions. */
uint64_t message_log_dropped(const struct message_log *log);

#endif
