/* `fixgate check` on a configuration of QuickFIX: says what fixgate makes of it. */
#ifndef GATEWAY_CONSOLE_CHECK_EXPLAIN_H
#define GATEWAY_CONSOLE_CHECK_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* True: `path` is such a configuration, and was explained on `out`; *taken says whether,
 * with what is to be added, fixgate takes all of it. False: it is not (or cannot be read);
 * nothing was written. */
bool check_explain(const char *path, bool json, FILE *out, bool *taken);

#endif
