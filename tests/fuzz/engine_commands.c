#include "tests/fuzz/engine_commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALL = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE | MAY_SERVE,
    PICTURE_BYTES = 65536,
    SPECS_MAX = 256
};

static const struct {
    const char *name;
    unsigned may;
} persons[10] = {
    {"ann", ALL},
    {"bob", ALL},
    {"cid", ALL},
    {"vic", MAY_VIEW},
    {"olaf", MAY_OPERATE},
    {"ada", MAY_ADMIN},
    {"second", MAY_APPROVE},
    {"router", MAY_SERVE},
    {"nobody", 0},
    {"", ALL},
};

static char last_more[FIX_TEXT_BYTES_MAX + 1];

const char *fuzz_command_more(void)
{
    return last_more;
}

/* --- What may be asked ------------------------------------------------------------------- */

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static const struct command_spec *any_command(uint32_t number)
{
    static const struct command_spec *specs[SPECS_MAX];
    static uint32_t count;
    const struct command_group *group = count == 0 ? command_groups : NULL;
    for (; group != NULL && group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            ASSERT(count < SPECS_MAX);
            specs[count++] = spec;
        }
    }
    ASSERT(count > 0);
    return specs[number % count];
}

static struct span value_for(struct span argument, uint32_t number)
{
    static const char *const orders[] = {"C1", "F1", "F2", "OMS/F1", "OMS/H1", "H2"};
    struct span suiting = rig_suiting(argument, number);
    if (suiting.size > 0) {
        return suiting;
    }
    if (span_is(argument, "number")) {
        return span_text("^");
    }
    if (span_is(argument, "after")) {
        return span_text("$");
    }
    if (span_is(argument, "attempt")) {
        return span_text("@");
    }
    return span_is(argument, "order") ? span_text(orders[number % ARRAY_LEN(orders)])
                                      : rig_number(number);
}

size_t fuzz_command_write(uint32_t random, char *line, size_t capacity)
{
    const struct command_spec *spec = any_command(next_random(&random));
    const char *rest = spec->arguments;
    struct span name;
    bool optional;
    size_t size = (size_t)snprintf(line, capacity, "a%u%s %s ", next_random(&random) % 4,
                                   next_random(&random) % 8 == 0 ? "#k" : "", spec->name);
    while (size < capacity && command_argument_next(&rest, &name, &optional)) {
        struct span value = value_for(name, next_random(&random));
        if (!optional || next_random(&random) % 2 == 0) {
            size += (size_t)snprintf(line + size, capacity - size, "%.*s=%.*s|", (int)name.size,
                                     (const char *)name.data, (int)value.size,
                                     (const char *)value.data);
        }
    }
    if (size + 1 >= capacity) {
        return 0;
    }
    line[size] = '\n';
    return size + 1;
}

/* --- What is asked ---------------------------------------------------------------------- */

/* What stands before `end`, at most so many bytes of it; `*text` goes on behind it. */
static struct span word(const char **text, const char *ends, size_t most)
{
    size_t size = strcspn(*text, ends);
    struct span found = span_of(*text, size < most ? size : most);
    *text += size;
    return found;
}

/* As the control socket lets keys through. */
static bool printable(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

static uint32_t read_arguments(const char *text, struct command_argument *arguments)
{
    uint32_t count = 0;
    size_t left = COMMAND_BYTES_MAX - COMMAND_NAME_BYTES_MAX;
    while (*text != '\0' && count < COMMAND_ARGUMENTS_MAX) {
        struct span name = word(&text, "=|", left);
        left -= name.size;
        text += *text == '=' ? 1 : 0;
        struct span value = word(&text, "|", left);
        left -= value.size;
        text += *text == '|' ? 1 : 0;
        arguments[count++] = (struct command_argument){.name = name, .value = value};
    }
    return count;
}

/* --- What is answered --------------------------------------------------------------------- */

static void check_answer(const struct command *command, const struct rig_answer *answer)
{
    const struct command_spec *spec = command_find(command->name);
    ASSERT(answer->words[0] != '\0');
    ASSERT(answer->more[0] == '\0' || answer->result == COMMAND_DONE);
    if (spec == NULL || (spec->may & command->may) == 0) {
        ASSERT(answer->result == COMMAND_REFUSED);
        return;
    }
    if (spec->changes && command->operator_name.size == 0) {
        ASSERT(answer->result == COMMAND_REFUSED);
    }
    if (answer->result == COMMAND_PROPOSED) {
        ASSERT(spec->two_persons);
        ASSERT(answer->rows_count == 1 || command->key.size > 0);
    }
    /* One person alone never does what needs two. */
    if (spec->two_persons && spec->alone == NULL) {
        ASSERT(answer->result != COMMAND_DONE);
    }
}

/* What was done under a key is answered again, and not done again. */
static void check_again(struct rig *rig, const struct command *command, enum command_result result)
{
    const struct command_spec *spec = command_find(command->name);
    if (command->key.size == 0 || result == COMMAND_REFUSED || spec == NULL || !spec->changes ||
        rig->reads_left != UINT_MAX) {
        return;
    }
    uint64_t audits = rig->engine->audit.count;
    const struct rig_answer *again = rig_carry_out(rig, command);
    ASSERT(again->result == result);
    ASSERT(again->rows_count == 0);
    ASSERT(rig->engine->audit.count == audits);
}

void fuzz_command(struct rig *rig, const char *line)
{
    struct command_argument arguments[COMMAND_ARGUMENTS_MAX];
    struct command command = {.arguments = arguments};
    if (line[0] < '0' || line[0] > '9') {
        return;
    }
    size_t person = (size_t)(line[0] - '0');
    command.operator_name = span_text(persons[person].name);
    command.may = persons[person].may;
    line += 1;
    if (*line == '#') {
        line += 1;
        command.key = word(&line, " ", COMMAND_KEY_BYTES_MAX);
        command.key = printable(command.key) ? command.key : span_of(NULL, 0);
    }
    line += strspn(line, " ");
    command.name = word(&line, " ", COMMAND_NAME_BYTES_MAX);
    line += strspn(line, " ");
    command.arguments_count = read_arguments(line, arguments);
    const struct rig_answer *answer = rig_carry_out(rig, &command);
    enum command_result result = answer->result;
    if (getenv("FUZZ_TRACE") != NULL) {
        (void)fprintf(stderr, "%.*s: %d, %u rows: %s\n", (int)command.name.size,
                      (const char *)command.name.data, (int)result, answer->rows_count,
                      answer->words);
    }
    check_answer(&command, answer);
    (void)snprintf(last_more, sizeof(last_more), "%s", answer->more);
    check_again(rig, &command, result);
}

/* --- What outlives the gateway --------------------------------------------------------------- */

/* What people decided, by the columns that no passing state is in; NULL: the row. */
static const struct {
    const char *command;
    const char *arguments;
    const char *columns[7];
} decisions[] = {
    {"approvals.list", "all=true", {NULL}},
    {"route.rules", "", {NULL}},
    {"limits.latches", "", {NULL}},
    {"limits.diff", "", {"scope", "limit", "value", "from", "configured", "by", NULL}},
    {"kill.list", "", {"scope", "since", "by", "reason", NULL}},
};

static void picture_add(char picture[PICTURE_BYTES], const char *text)
{
    size_t size = strlen(picture);
    (void)snprintf(picture + size, PICTURE_BYTES - size, "%s\n", text);
}

/* The first page of each. */
static void take_picture(struct rig *rig, char picture[PICTURE_BYTES])
{
    picture[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
        const char *const *columns = decisions[i].columns;
        const struct rig_answer *answer =
            rig_ask(rig, "ann", decisions[i].command, decisions[i].arguments);
        ASSERT(answer->result == COMMAND_DONE);
        picture_add(picture, decisions[i].command);
        for (uint32_t row = 0; row < answer->rows_count; row++) {
            if (columns[0] == NULL) {
                picture_add(picture, answer->rows[row]);
            }
            for (size_t column = 0; columns[column] != NULL; column++) {
                picture_add(picture, rig_value(answer->rows[row], columns[column]));
            }
        }
    }
}

void fuzz_check_rebuilt(struct rig *rig)
{
    static char before[PICTURE_BYTES];
    static char after[PICTURE_BYTES];
    rig->reads_left = UINT_MAX;
    take_picture(rig, before);
    rig_crash(rig);
    rig_start(rig);
    take_picture(rig, after);
    if (strcmp(before, after) != 0) {
        (void)fprintf(stderr, "before:\n%s\nafter:\n%s\n", before, after);
    }
    ASSERT(strcmp(before, after) == 0);
    const char *fault = rig_audit_fault(rig);
    ASSERT(fault == NULL);
}
