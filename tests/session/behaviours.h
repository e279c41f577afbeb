/* What a session must do, by number; which roles a number binds; which scripts show it. */
#ifndef TESTS_SESSION_BEHAVIOURS_H
#define TESTS_SESSION_BEHAVIOURS_H

#include "tests/session/suite.h"

/* Whether the number that a script's name begins with is one of the list. */
MUST_USE bool behaviours_known(const char *script_name);

/* Whether each number has a script for each role it binds, or is shown by a test of
 * another part. False: `missing` says which have not, a line each. */
MUST_USE bool behaviours_all_shown(const struct suite *suite, char *missing, size_t size);

/* The table "behaviour, roles, scripts, result" in Markdown; `passed` by case of the suite. */
void behaviours_print(const struct suite *suite, const bool *passed, FILE *out);

#endif
