/* CURVE keys in files: a secret key in Z85 (40 characters), alone in the first line.
 *
 * Any thread; at start, or in a client. */
#ifndef GATEWAY_SHELL_KEY_FILE_H
#define GATEWAY_SHELL_KEY_FILE_H

#include "gateway/shell/zeromq.h"

enum { KEY_FILE_ERROR_BYTES_MAX = 400 };

/* INVALID with one line in `error`: not there, readable by others, no key. */
MUST_USE enum status key_file_read(const char *path, char secret[ZEROMQ_KEY_TEXT_BYTES + 1],
                                   char error[KEY_FILE_ERROR_BYTES_MAX]);

/* Makes the file, for its owner alone; one that is there is left as it is. */
MUST_USE enum status key_file_write(const char *path, const char secret[ZEROMQ_KEY_TEXT_BYTES + 1],
                                    char error[KEY_FILE_ERROR_BYTES_MAX]);

#endif
