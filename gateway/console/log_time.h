/* Times as people and logs write them.
 *
 * No state, no I/O. Any thread. All of them are UTC. */
#ifndef GATEWAY_CONSOLE_LOG_TIME_H
#define GATEWAY_CONSOLE_LOG_TIME_H

#include "fix/base.h"

/* Reads 2026-11-21, 2026-11-21T08:00, 2026-11-21 08:00:05.25, 20261121-08:00:05 (FIX) and
 * 2026/11/21 08:00:05, or 08:00 and 08:00:05 of the day in which `now_ns` lies; a Z may
 * follow. `*span_ns`, unless NULL: a day where only a day is said, else 0. False: it is
 * none of these, or no such time exists. */
MUST_USE bool log_time_parse(struct span text, uint64_t now_ns, uint64_t *out_ns,
                             uint64_t *span_ns);

#endif
