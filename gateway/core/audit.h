/* What people did, for ever: one entry per command, in order of time.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_AUDIT_H
#define GATEWAY_CORE_AUDIT_H

#include "gateway/core/engine.h"

/* `audit` table: instant, BusSeq of the event that tells of it → this. */
struct audit {
    uint64_t instant_ns;
    struct span operator_name; /* Who. */
    struct span command;       /* "RESET" */
    struct span object;        /* On what: a session's id. */
    bool carried_out;
    struct span outcome; /* In words. */
};

/* Adds an entry. The event that tells of it is the next one on the bus. */
void audit_add(struct engine *engine, const struct audit *audit);

/* Spans point into the value. False: not a record of this version. */
MUST_USE bool audit_decode(struct span value, struct audit *out);

#endif
