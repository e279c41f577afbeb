/* Prints a FIX message for people: names for tags, words for enumerated values.
 *
 * No state, no I/O. Any thread. Secrets (fix/mask.h) read "***"; control characters are
 * escaped.
 *
 *   line:  ExecutionReport ClOrdID=1 ExecType=NEW(0) NoPartyIDs=[{PartyID=X}] …
 *   lines: ExecutionReport
 *            Header
 *              SenderCompID(49) = FIXGATE
 *            Body
 *              Side(54) = 1 BUY
 *            …
 *   fields: the same without the words in between, header first:
 *             SenderCompID(49) = FIXGATE
 *             Side(54) = 1 BUY                                                   */
#ifndef GATEWAY_SHELL_READABLE_H
#define GATEWAY_SHELL_READABLE_H

#include "fix/dictionary.h"
#include "fix/message.h"

enum readable_form {
    READABLE_LINE,  /* Body only, on one line, without a line feed. */
    READABLE_LINES, /* Everything, one field per line. */
    READABLE_FIELDS,
};

/* Writes text without NUL into `out`; returns the count of bytes. A message that
 * cannot be read as FIX is shown raw, with '|' for SOH. What does not fit is cut. */
size_t readable_format(const struct dictionary *dictionary, struct span message,
                       enum readable_form form, char *out, size_t capacity);

#endif
