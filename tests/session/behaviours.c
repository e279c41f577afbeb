#include "tests/session/behaviours.h"

#include "tests/session/behaviours_list.h"

struct behaviour {
    const char *number;
    bool binds[2]; /* Initiator, acceptor. */
    const char *title;
    const char *elsewhere;
};

static const struct behaviour list[] = {
#define BEHAVIOUR(number, initiator, acceptor, title, elsewhere)                                   \
    {number, {(initiator) != 0, (acceptor) != 0}, title, elsewhere},
    BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
};

static const char *const roles[2] = {"initiator", "acceptor"};

static bool is_about(const char *script_name, const struct behaviour *behaviour)
{
    size_t size = strlen(behaviour->number);
    return strncmp(script_name, behaviour->number, size) == 0 && script_name[size] == '-';
}

bool behaviours_known(const char *script_name)
{
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        if (is_about(script_name, &list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_shown(const struct suite *suite, const struct behaviour *behaviour, bool acceptor)
{
    for (size_t i = 0; i < suite->count; i++) {
        if (suite->cases[i].acceptor == acceptor && is_about(suite->cases[i].name, behaviour)) {
            return true;
        }
    }
    return false;
}

bool behaviours_all_shown(const struct suite *suite, char *missing, size_t size)
{
    size_t used = 0;
    missing[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        for (size_t role = 0; role < 2; role++) {
            bool needed = list[i].binds[role] && list[i].elsewhere == NULL;
            if (needed && !is_shown(suite, &list[i], role == 1) && used + 1 < size) {
                used += (size_t)snprintf(missing + used, size - used, "%s has no script as %s\n",
                                         list[i].number, roles[role]);
            }
        }
    }
    return used == 0;
}

/* The name without number and ending, with spaces. */
static void print_name(const char *name, FILE *out)
{
    const char *at = strchr(name, '-');
    ASSERT(at != NULL);
    size_t size = strlen(at + 1) - strlen(".txt");
    for (size_t i = 0; i < size; i++) {
        (void)fputc(at[1 + i] == '-' ? ' ' : at[1 + i], out);
    }
}

/* One script once, with the roles it ran for. True if all of it passed. */
static bool print_scripts(const struct suite *suite, const bool *passed,
                          const struct behaviour *behaviour, FILE *out)
{
    bool all = true;
    const char *separator = "";
    for (size_t i = 0; i < suite->count; i++) {
        const struct suite_case *one = &suite->cases[i];
        if (!is_about(one->name, behaviour)) {
            continue;
        }
        all = all && passed[i];
        bool again = i > 0 && strcmp(suite->cases[i - 1].name, one->name) == 0;
        if (again) {
            continue;
        }
        bool both = i + 1 < suite->count && strcmp(suite->cases[i + 1].name, one->name) == 0;
        (void)fprintf(out, "%s", separator);
        print_name(one->name, out);
        (void)fprintf(out, " (%s)", both ? "both" : roles[one->acceptor]);
        separator = "; ";
    }
    return all;
}

void behaviours_print(const struct suite *suite, const bool *passed, FILE *out)
{
    (void)fprintf(out, "| | behaviour | binds | scripts | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        const struct behaviour *behaviour = &list[i];
        const char *binds = "both";
        if (!behaviour->binds[0] || !behaviour->binds[1]) {
            binds = roles[behaviour->binds[1]];
        }
        (void)fprintf(out, "| %s | %s | %s | ", behaviour->number, behaviour->title, binds);
        bool all = print_scripts(suite, passed, behaviour, out);
        if (behaviour->elsewhere != NULL) {
            (void)fprintf(out, "%s | |\n", behaviour->elsewhere);
        } else {
            (void)fprintf(out, " | %s |\n", all ? "pass" : "**fail**");
        }
    }
}
