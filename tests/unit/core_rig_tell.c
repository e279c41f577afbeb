/* What the tests tell the engine: requests, commands, the shell's facts; one turn each. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/core_rig_parts.h"

const char *rig_command(struct rig *rig, uint32_t session, enum session_command command,
                        bool confirmed)
{
    static char answer[ENGINE_TEXT_BYTES_MAX + 1];
    do {
        rig_turn_begin(rig);
        (void)engine_session_command(rig->engine, session, command, confirmed, span_text("alice"),
                                     answer);
    } while (!rig_turn_end(rig));
    rig_settle(rig);
    return answer;
}

void rig_space(struct rig *rig, bool low)
{
    rig_turn_begin(rig);
    engine_space(rig->engine, low);
    (void)rig_turn_end(rig);
    rig_settle(rig);
}

void rig_clock_step(struct rig *rig, int64_t step_ns)
{
    rig_turn_begin(rig);
    engine_clock_step(rig->engine, step_ns);
    (void)rig_turn_end(rig);
    rig_settle(rig);
}

void rig_backlog(struct rig *rig, uint32_t session, uint64_t bytes)
{
    rig_turn_begin(rig);
    engine_backlog(rig->engine, session, bytes);
    (void)rig_turn_end(rig);
    rig_settle(rig);
}

const char *rig_request(struct rig *rig, const char *request)
{
    uint8_t bytes[64 * 1024];
    size_t size = rig_with_soh(request, bytes);
    size_t before = rig->replies.count;
    do {
        rig_turn_begin(rig);
        engine_request(rig->engine, span_text("OMS"), span_text("route"), span_of(bytes, size));
    } while (!rig_turn_end(rig));
    rig_settle(rig);
    ASSERT(rig->replies.count == before + 1);
    return rig->replies.line[before];
}

/* --- Commands -------------------------------------------------------------------- */

/* A program must be able to read a row as an object: each field has a name of its own. */
static void check_names(const struct command_field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        ASSERT(fields[i].name[0] != '\0');
        for (uint32_t before = 0; before < i; before++) {
            ASSERT(strcmp(fields[i].name, fields[before].name) != 0);
        }
    }
}

/* One row as "|name=value|…|". */
static bool take_row(void *context, const struct command_field *fields, uint32_t count)
{
    struct rig_answer *answer = context;
    if (answer->rows_count == RIG_ROWS_MAX) {
        return false;
    }
    check_names(fields, count);
    char *row = answer->rows[answer->rows_count];
    size_t used = (size_t)snprintf(row, RIG_ROW_BYTES, "|");
    for (uint32_t i = 0; i < count; i++) {
        const struct command_field *field = &fields[i];
        char number[DECIMAL_TEXT_BYTES_MAX] = "";
        struct span value = field->words;
        if (field->kind == FIELD_DECIMAL) {
            value = span_of(number, decimal_format(field->decimal, number));
        } else if (field->kind == FIELD_TRUTH) {
            value = span_text(field->number != 0 ? "true" : "false");
        } else if (field->kind != FIELD_WORDS) {
            (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)field->number);
            value = span_text(number);
        }
        used += (size_t)snprintf(row + used, RIG_ROW_BYTES - used, "%s=%.*s|", field->name,
                                 (int)value.size, (const char *)value.data);
        ASSERT(used < RIG_ROW_BYTES);
    }
    answer->rows_count += 1;
    return true;
}

/* "broker=ALPHA|reason=two words" */
static uint32_t read_arguments(const char *text, struct command_argument *arguments)
{
    uint32_t count = 0;
    while (*text != '\0') {
        size_t size = strcspn(text, "|");
        size_t name = strcspn(text, "=");
        ASSERT(name < size && count < COMMAND_ARGUMENTS_MAX);
        arguments[count].name = span_of(text, name);
        arguments[count].value = span_of(text + name + 1, size - name - 1);
        count += 1;
        text += size + (text[size] == '|' ? 1 : 0);
    }
    return count;
}

const struct rig_answer *rig_ask(struct rig *rig, const char *operator_name, const char *name,
                                 const char *arguments)
{
    struct command_argument list[COMMAND_ARGUMENTS_MAX];
    struct command command = {
        .name = span_text(name),
        .operator_name = span_text(operator_name),
        .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE | MAY_SERVE,
        .arguments = list,
        .arguments_count = read_arguments(arguments, list),
    };
    return rig_carry_out(rig, &command);
}

const struct rig_answer *rig_carry_out(struct rig *rig, const struct command *command)
{
    static struct rig_answer answer;
    do {
        answer.rows_count = 0;
        struct command_out out = {.context = &answer, .row = take_row};
        rig_turn_begin(rig);
        answer.result = engine_command(rig->engine, command, &out);
        span_to_text(text_span(&out.answer), answer.words, sizeof(answer.words));
        span_to_text(text_span(&out.more), answer.more, sizeof(answer.more));
    } while (!rig_turn_end(rig));
    rig_settle(rig);
    return &answer;
}

const char *rig_audit_fault(struct rig *rig)
{
    char arguments[FIX_TEXT_BYTES_MAX + 8] = "";
    for (;;) {
        const struct rig_answer *answer = rig_ask(rig, "ann", "audit.verify", arguments);
        if (answer->result != COMMAND_DONE) {
            return answer->words;
        }
        if (answer->more[0] == '\0') {
            return NULL;
        }
        (void)snprintf(arguments, sizeof(arguments), "after=%s", answer->more);
    }
}
