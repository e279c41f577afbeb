/* Checks one value against its field's type and enumeration.
 *
 * Pure. Any thread. Part of validate.h; FIX 4.4 Vol. 1, "FIX data types". */
#ifndef FIX_VALIDATE_VALUE_H
#define FIX_VALIDATE_VALUE_H

#include "fix/validate.h"

/* REJECT_NONE, _BAD_FORMAT (not of the type), _VALUE_OUT_OF_RANGE (of the type,
 * but not in its range or enumeration) or _SOH_IN_VALUE. `value` is not empty. */
enum session_reject_reason validate_value(const struct dictionary *dictionary,
                                          const struct dictionary_field *field,
                                          const struct validate_options *options,
                                          struct span value);

#endif
