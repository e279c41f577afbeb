/* What people and services ask of the engine in engine_fuzz: commands (command.h) out of a line
 * of the input. Whatever they are, they are answered as their specs say. */
#ifndef TESTS_FUZZ_ENGINE_COMMANDS_H
#define TESTS_FUZZ_ENGINE_COMMANDS_H

#include "tests/unit/core_rig.h"

/* "N[#KEY] NAME ARGUMENT=VALUE|…": person N asks. Persons 0 to 2 have all roles, 3 to 7 one each,
 * 8 none, 9 has no name. No effect if the line does not begin so. */
void fuzz_command(struct rig *rig, const char *line);

/* Writes a line (with 'a' before it and a line end behind it) that asks for some command with
 * arguments that suit it, as `random` has it. Returns its size; 0 if there is no room. */
size_t fuzz_command_write(uint32_t random, char *line, size_t capacity);

/* The value of 'after' that gives the rest of what was last told; "" if all was. */
const char *fuzz_command_more(void);

/* The gateway dies and starts again at the same instant: what people have decided stands as it
 * stood, and the chain of the audit is whole. */
void fuzz_check_rebuilt(struct rig *rig);

#endif
