/* The message log: what each session said and heard, byte by byte, for people and audits.
 *
 * Engine's thread. One file per session in one directory: "<session id>.log", with what
 * is not good in a file name as '_'; full ones become "….log.1", "….log.2", … A record is
 *
 *   2026-11-21T08:00:00.123456789Z out 187 8=FIX.4.4<SOH>9=…<SOH>10=012<SOH><LF>
 *
 * time, direction (in, out), count of bytes, the bytes. Secrets are masked before they are
 * written (fix/mask.h). Writing is buffered within a turn and never synced: the store is
 * what must survive, this is what people read. A log that cannot be written (disk full)
 * warns once, drops records and counts them, and never stops an order. */
#ifndef GATEWAY_SHELL_MESSAGE_LOG_H
#define GATEWAY_SHELL_MESSAGE_LOG_H

#include "gateway/core/limits.h"
#include "gateway/shell/log.h"

struct message_log_config {
    const char *directory; /* MessageLogPath (FileLogPath); NULL: no message log. */
    uint64_t rotate_bytes; /* MessageLogRotate: size at which a new file begins. */
    uint32_t keep;         /* MessageLogKeep: old files kept per session. */
    bool heartbeats;       /* FileLogHeartbeats: Heartbeats and TestRequests too. */
};

struct message_log;

/* Opens the files of all sessions. IO or INVALID: `error` names the file. */
enum { MESSAGE_LOG_ERROR_BYTES_MAX = 320 };
MUST_USE enum status message_log_open(const struct message_log_config *config,
                                      const char *const *session_ids, uint32_t sessions_count,
                                      struct log *log, struct message_log **out,
                                      char error[MESSAGE_LOG_ERROR_BYTES_MAX]);
void message_log_close(struct message_log *log);

/* One or more whole messages (inbound bytes may hold rubbish between them, which is logged
 * as it came). NULL log: does nothing. */
void message_log_write(struct message_log *log, uint64_t now_ns, uint32_t session, bool out,
                       struct span bytes);

/* Once per turn, after the releases. */
void message_log_flush(struct message_log *log, uint64_t now_ns);

#endif
