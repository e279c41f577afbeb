/* What the parts of the commands share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_COMMAND_PARTS_H
#define GATEWAY_CORE_COMMAND_PARTS_H

#include "gateway/core/command.h"

/* --- command.c --- */

/* What became of it, into audit, bus and log. */
void command_record(const struct command_call *call, enum command_result result);

/* --- session_list.c --- */

/* session.list: all that the engine knows of each session, a row for each. */
bool session_list(struct command_call *call);

#endif
