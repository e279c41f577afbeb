/* What handlers of commands read their arguments with, and answer by. */
#include "gateway/core/commands/command.h"

bool command_done(struct command_call *call, const char *words)
{
    text_add(&call->out->answer, words);
    return true;
}

bool command_refused(struct command_call *call, const char *words)
{
    text_add(&call->out->answer, words);
    return false;
}

bool command_more(struct command_call *call, struct span after)
{
    call->out->more = (struct text){.size = 0};
    text_add_span(&call->out->more, after);
    text_add(&call->out->answer, call->out->answer.size > 0 ? "; " : "");
    text_add_span(text_add(&call->out->answer, "there is more: after="), after);
    return true;
}

bool command_more_number(struct command_call *call, uint64_t after)
{
    struct text digits = {.size = 0};
    text_add_uint(&digits, after);
    return command_more(call, text_span(&digits));
}

static const struct command_argument *find(const struct command *command, const char *name)
{
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        if (span_is(command->arguments[i].name, name)) {
            return &command->arguments[i];
        }
    }
    return NULL;
}

struct span command_value(const struct command_call *call, const char *name)
{
    const struct command_argument *argument = find(call->command, name);
    return argument != NULL ? argument->value : span_of(NULL, 0);
}

bool command_true(const struct command_call *call, const char *name)
{
    return span_is(command_value(call, name), "true");
}

/* "'number' must be" */
static struct text *must_be(struct command_call *call, const char *name)
{
    text_add(text_add(&call->out->answer, "'"), name);
    return text_add(&call->out->answer, "' must be ");
}

static bool whole_number(struct span text, uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)text.data[i] - '0';
        if (text.data[i] < '0' || text.data[i] > '9' || number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = 10 * number + digit;
    }
    *out = number;
    return text.size > 0;
}

bool command_number(struct command_call *call, const char *name, uint64_t least, uint64_t most,
                    uint64_t *out)
{
    const struct command_argument *argument = find(call->command, name);
    uint64_t number;
    if (argument == NULL) {
        return true;
    }
    if (whole_number(argument->value, &number) && number >= least && number <= most) {
        *out = number;
        return true;
    }
    text_add(must_be(call, name), "a whole number");
    if (least > 0 || most < UINT64_MAX) {
        text_add_uint(text_add(&call->out->answer, " from "), least);
        text_add_uint(text_add(&call->out->answer, " to "), most);
    }
    return false;
}

bool command_decimal(struct command_call *call, const char *name, struct decimal *out)
{
    const struct command_argument *argument = find(call->command, name);
    if (argument == NULL || decimal_parse(argument->value, out) == DECIMAL_OK) {
        return true;
    }
    text_add(must_be(call, name),
             "a number such as 10.5, with at most 8 decimal places and no exponent");
    return false;
}

bool command_broker(struct command_call *call, const char *name, uint32_t *out)
{
    const struct engine_config *config = call->engine->config;
    struct span value = command_value(call, name);
    for (uint32_t i = 0; i < config->brokers_count; i++) {
        if (span_is(value, config->brokers[i].name)) {
            *out = i;
            return true;
        }
    }
    must_be(call, name);
    for (uint32_t i = 0; i < config->brokers_count; i++) {
        bool last = i + 1 == config->brokers_count;
        text_add(&call->out->answer, i == 0 ? "" : last ? " or " : ", ");
        text_add(&call->out->answer, config->brokers[i].name);
    }
    return false;
}

/* --- Rows ------------------------------------------------------------------------------ */

static struct command_field *field_new(struct command_row *row, const char *name,
                                       enum command_field_kind kind)
{
    ASSERT(row->count < COMMAND_FIELDS_MAX);
    struct command_field *field = &row->fields[row->count];
    row->count += 1;
    *field = (struct command_field){.name = name, .kind = kind};
    return field;
}

void row_words(struct command_row *row, const char *name, struct span words)
{
    field_new(row, name, FIELD_WORDS)->words = words;
}

void row_text(struct command_row *row, const char *name, const char *words)
{
    row_words(row, name, span_text(words));
}

void row_number(struct command_row *row, const char *name, uint64_t number)
{
    field_new(row, name, FIELD_NUMBER)->number = number;
}

void row_decimal(struct command_row *row, const char *name, struct decimal decimal)
{
    field_new(row, name, FIELD_DECIMAL)->decimal = decimal;
}

void row_truth(struct command_row *row, const char *name, bool truth)
{
    field_new(row, name, FIELD_TRUTH)->number = truth ? 1 : 0;
}

void row_time(struct command_row *row, const char *name, uint64_t instant_ns)
{
    field_new(row, name, FIELD_TIME)->number = instant_ns;
}

bool command_row(struct command_call *call, const struct command_row *row)
{
    return call->out->row(call->out->context, row->fields, row->count);
}
