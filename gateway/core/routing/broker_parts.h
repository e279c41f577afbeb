/* What the parts of the broker commands share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ROUTING_BROKER_PARTS_H
#define GATEWAY_CORE_ROUTING_BROKER_PARTS_H

#include "gateway/core/commands/command.h"

/* --- broker_list.c --- */

bool broker_list(struct command_call *call);
bool broker_show(struct command_call *call);

#endif
