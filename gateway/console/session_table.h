/* What session.list answers, as a table for people.
 *
 * Main thread; prints on standard output. */
#ifndef GATEWAY_CONSOLE_SESSION_TABLE_H
#define GATEWAY_CONSOLE_SESSION_TABLE_H

#include "gateway/shell/json_flat.h"
#include "gateway/shell/zeromq.h"

/* `row` is where each frame is read into. False, with nothing printed and the reason in
 * `error`: a frame cannot be read. */
MUST_USE bool session_table_print(const struct zeromq_frames *answer, struct json_flat *row,
                                  char error[JSON_FLAT_ERROR_BYTES_MAX]);

#endif
