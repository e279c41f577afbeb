#include "tests/tools/operators.h"

#include <string.h>

enum { WORDS_MAX = 24, WORDS_BYTES_MAX = 512 };

static char printed[OPERATORS_OUTPUT_BYTES];

int operators_ask(struct world *world, const char *operator_name, const char *words,
                  const char **output)
{
    char copy[WORDS_BYTES_MAX];
    const char *arguments[WORDS_MAX + 8] = {"ctl"};
    size_t count = 1;
    char *rest = copy;
    ASSERT(strlen(words) < sizeof copy);
    (void)snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        ASSERT(count < WORDS_MAX);
        for (char *at = strchr(word, '~'); at != NULL; at = strchr(at, '~')) {
            *at = ' ';
        }
        arguments[count++] = word;
    }
    arguments[count++] = "-c";
    arguments[count++] = world->config_path;
    arguments[count++] = "--operator";
    arguments[count++] = operator_name;
    arguments[count++] = "--json";
    *output = printed;
    return world_fixgate(world, arguments, NULL, printed, sizeof printed);
}

bool operators_value(const char *output, const char *name, char *value, size_t capacity,
                     const char **next)
{
    char key[64];
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(output, key);
    if (at == NULL) {
        return false;
    }
    at += strlen(key);
    bool quoted = *at == '"';
    at += quoted ? 1 : 0;
    (void)snprintf(value, capacity, "%.*s", (int)strcspn(at, quoted ? "\"" : ",}"), at);
    *next = at + strcspn(at, "\n");
    return true;
}

static bool went(int code, int wanted, const char *words)
{
    if (code != wanted) {
        (void)fprintf(stderr, "ctl %s: exit code %d instead of %d: %s\n", words, code, wanted,
                      printed);
    }
    return code == wanted;
}

bool operators_agree(struct world *world, const char *words)
{
    char number[32];
    char approve[64];
    const char *output;
    const char *next;
    if (!went(operators_ask(world, "jane", words, &output), CTL_PROPOSED, words) ||
        !went(operators_ask(world, "omar", "approvals list", &output), CTL_DONE,
              "approvals list") ||
        !operators_value(output, "number", number, sizeof number, &next)) {
        return false;
    }
    (void)snprintf(approve, sizeof approve, "approvals approve %s", number);
    return went(operators_ask(world, "jane", approve, &output), CTL_REFUSED, approve) &&
           went(operators_ask(world, "omar", approve, &output), CTL_DONE, words);
}
