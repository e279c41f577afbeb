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
    if (world->oms != NULL) {
        oms_poll(world->oms, 0); /* Commands take their time: what came meanwhile is read. */
    }
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

int operators_do(struct world *world, const char *words, const char **output)
{
    char number[32];
    char approve[64];
    const char *next;
    int code = operators_ask(world, "jane", words, output);
    if (code != CTL_PROPOSED || !operators_value(*output, "number", number, sizeof number, &next)) {
        return code;
    }
    (void)snprintf(approve, sizeof approve, "approvals approve %s", number);
    return operators_ask(world, "omar", approve, output);
}

/* --- After a loss of state ------------------------------------------------------------------ */

enum { LINE_BYTES_MAX = 4096, HELD_MAX = 200 };

/* By the newest line of the book that names the attempt as a request. */
static bool book_has(const struct world *world, const char *broker, const char *attempt)
{
    char path[PROCESS_PATH_BYTES_MAX + 16];
    char wanted[128];
    char line[LINE_BYTES_MAX];
    bool has = false;
    (void)snprintf(wanted, sizeof wanted, " clordid=%s ", attempt);
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        if (strcmp(world->brokers[index].name, broker) != 0) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/book.log", world->brokers[index].directory);
        FILE *file = fopen(path, "re");
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            if (strstr(line, wanted) != NULL) {
                has = strncmp(line, "ORDER ", 6) == 0 || strncmp(line, "TAKEN ", 6) == 0 ||
                      (has && strncmp(line, "ASIDE ", 6) != 0);
            }
        }
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    return has;
}

struct held {
    char order[128];
    char broker[64];
    char attempt[64];
};

/* The rows of a list; `printed` is overwritten by the next question. */
static uint32_t read_held(const char *output, struct held *held)
{
    uint32_t count = 0;
    while (count < HELD_MAX) {
        const char *next = output;
        struct held *row = &held[count];
        if (!operators_value(output, "order", row->order, sizeof row->order, &next) ||
            !operators_value(output, "broker", row->broker, sizeof row->broker, &next) ||
            !operators_value(output, "attempt", row->attempt, sizeof row->attempt, &next)) {
            break;
        }
        output = next;
        count++;
    }
    return count;
}

static bool settle_list(struct world *world, const char *list, bool letters)
{
    static struct held held[HELD_MAX];
    char words[WORDS_BYTES_MAX];
    const char *output;
    if (!went(operators_ask(world, "jane", list, &output), CTL_DONE, list)) {
        return false;
    }
    uint32_t count = read_held(output, held);
    for (uint32_t index = 0; index < count; index++) {
        const struct held *row = &held[index];
        const char *outcome =
            book_has(world, row->broker, row->attempt) ? "received" : "not-received";
        if (letters) {
            (void)snprintf(words, sizeof words, "deadletter redrive %s --reason looked~at",
                           row->order);
        } else {
            (void)snprintf(words, sizeof words, "doubt settle %s %s --reason telephoned",
                           row->order, outcome);
        }
        (void)operators_do(world, words, &output); /* It may have become needless. */
    }
    return true;
}

bool operators_settle(struct world *world)
{
    char words[WORDS_BYTES_MAX];
    const char *output;
    if (!settle_list(world, "doubt list", false) || !settle_list(world, "deadletter list", true)) {
        return false;
    }
    for (uint32_t index = 0; index < world->options.brokers_count; index++) {
        (void)snprintf(words, sizeof words, "broker show %s", world->brokers[index].name);
        if (!went(operators_ask(world, "jane", words, &output), CTL_DONE, words)) {
            return false;
        }
        if (strstr(output, "\"what\":\"frozen\",\"is\":\"yes\"") != NULL) {
            (void)snprintf(words, sizeof words, "broker thaw %s --reason books~compared",
                           world->brokers[index].name);
            (void)operators_do(world, words, &output); /* It may have become needless. */
        }
    }
    return true;
}
