/* The identifiers we give: unique for ever, since the instance is random and the
 * numbers only grow.
 *
 * Pure. "7K2M9QA" + letter + number: A = attempt (broker-facing ClOrdID),
 * O = our OrderID(37), E = our ExecID(17), whose number is the BusSeq. */
#ifndef GATEWAY_CORE_ENGINE_NAMES_H
#define GATEWAY_CORE_ENGINE_NAMES_H

#include "fix/base.h"

enum { NAME_BYTES_MAX = 28 };

struct name {
    char text[NAME_BYTES_MAX + 1]; /* NUL-ended. */
};

enum name_kind {
    NAME_ATTEMPT = 'A',
    NAME_ORDER = 'O',
    NAME_EXECUTION = 'E',
    NAME_CANCEL = 'C', /* A cancel that we ask for ourselves: ClOrdID among the client's. */
};

struct name name_make(uint64_t instance_id, enum name_kind kind, uint64_t number);

/* Whether name `a` was given after `b`; both of one kind and store. */
static inline bool name_is_later(struct span a, struct span b)
{
    return a.size != b.size ? a.size > b.size : memcmp(a.data, b.data, a.size) > 0;
}

/* The number of a name of that kind, "7K2M9QAA12"; false: it is none. */
bool name_number(struct span name, enum name_kind kind, uint64_t *number);

static inline struct span name_span(const struct name *name)
{
    return span_text(name->text);
}

#endif
