/* Two operators of a world's gateway, jane and omar, at `fixgate ctl`. One thread. */
#ifndef TESTS_TOOLS_OPERATORS_H
#define TESTS_TOOLS_OPERATORS_H

#include "tests/tools/world.h"

enum { OPERATORS_OUTPUT_BYTES = 256 * 1024 };

/* Exit codes of `fixgate ctl`. */
enum { CTL_DONE = 0, CTL_REFUSED = 1, CTL_PROPOSED = 4 };

/* `fixgate ctl` with `words`, parted by blanks ('~' stands for one within a word), and --json.
 * Returns its exit code; `output` has what it printed, until the next call. */
int operators_ask(struct world *world, const char *operator_name, const char *words,
                  const char **output);

/* jane proposes, and cannot approve it herself; omar does. False, and said why: the proposal or
 * the approval was refused. */
MUST_USE bool operators_agree(struct world *world, const char *words);

/* jane alone where that is enough, else omar approves what she proposed. The exit code of the last
 * command. */
int operators_do(struct world *world, const char *words, const char **output);

/* What people do once a broker is back that has lost its state: whoever is frozen may have orders
 * again, what is held is settled as the broker's book says (they telephone), and dead letters go
 * on. One pass: what is listed now. False: the gateway does not answer as it should; a command
 * that comes too late is no failure. */
MUST_USE bool operators_settle(struct world *world);

/* The value of `name` in the first of the rows from `output` on, as text without its quotes;
 * false if there is none. `next` is where the row ends. */
bool operators_value(const char *output, const char *name, char *value, size_t capacity,
                     const char **next);

#endif
