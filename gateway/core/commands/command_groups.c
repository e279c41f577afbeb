/* All commands. By itself, so that a test may have commands of its own instead. */
#include "gateway/core/commands/command.h"

const struct command_group command_groups[] = {
#define X(specs, title) {title, specs},
    COMMAND_GROUPS(X)
#undef X
        {NULL, NULL},
};
