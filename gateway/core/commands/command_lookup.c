/* Commands by their names, and what they take. */
#include "gateway/core/commands/command.h"

const char *command_role_name(enum command_role role)
{
    switch (role) {
    case MAY_VIEW:
        return "view";
    case MAY_OPERATE:
        return "operate";
    case MAY_ADMIN:
        return "admin";
    case MAY_APPROVE:
        return "approve";
    case MAY_SERVE:
        return "serve";
    }
    return "";
}

const struct command_spec *command_find(struct span name)
{
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            if (span_is(name, spec->name)) {
                return spec;
            }
        }
    }
    return NULL;
}

bool command_argument_next(const char **rest, struct span *name, bool *optional)
{
    const char *begin = *rest;
    while (*begin == ' ') {
        begin++;
    }
    const char *end = begin;
    while (*end != '\0' && *end != ' ') {
        end++;
    }
    *rest = end;
    *optional = end > begin && end[-1] == '?';
    *name = span_of(begin, (size_t)(end - begin) - (*optional ? 1 : 0));
    return end > begin;
}
