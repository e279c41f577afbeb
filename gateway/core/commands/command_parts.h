/* What the parts of the commands share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_COMMANDS_COMMAND_PARTS_H
#define GATEWAY_CORE_COMMANDS_COMMAND_PARTS_H

#include "gateway/core/commands/command.h"

/* --- command.c --- */

/* What became of it, into audit, bus and log. */
void command_record(const struct command_call *call, enum command_result result);

/* It has what the spec wants and nothing else; refused by the argument's name if not. */
MUST_USE bool command_arguments_right(struct command_call *call, const struct command_spec *spec);

/* "broker=ALPHA reason=slow" */
void command_arguments_text(const struct command *command, struct text *text);

/* --- command_keys.c --- */

enum command_key_found {
    COMMAND_KEY_NEW,
    COMMAND_KEY_ANSWERED, /* The answer is in `out` and its result in *result. */
    COMMAND_KEY_OTHER,    /* Refused: it was another request's. */
};
MUST_USE enum command_key_found command_key_find(struct command_call *call,
                                                 const struct command_spec *spec,
                                                 enum command_result *result);

/* Remembers the answer under the command's key; the oldest beyond COMMAND_KEYS_MAX goes. */
void command_key_keep(const struct command_call *call, const struct command_spec *spec,
                      enum command_result result);

/* --- session_list.c --- */

/* session.list: all that the engine knows of each session, a row for each. */
bool session_list(struct command_call *call);

#endif
