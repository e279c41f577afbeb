/* Inside of log_reader.c: what the next bytes of a message log are.
 *
 * No state, no I/O. */
#ifndef GATEWAY_CONSOLE_LOG_PIECE_H
#define GATEWAY_CONSOLE_LOG_PIECE_H

#include "gateway/console/log_reader.h"

enum log_piece {
    LOG_PIECE_WHOLE,   /* `record`, out of the first `size` bytes. */
    LOG_PIECE_PARTIAL, /* More bytes are needed to tell. */
    LOG_PIECE_OTHER,   /* Nothing to show in the first `size` bytes. */
};

/* Looks at the beginning of `bytes`, which are not empty. `session` is that of the file; a
 * title of fixgate's sets it, and the record borrows it. `more`: others may come behind
 * these bytes; without it the answer is never PARTIAL. */
enum log_piece log_piece_read(char session[LOG_SESSION_BYTES_MAX], struct span bytes, bool more,
                              struct log_record *record, size_t *size);

#endif
