#include "gateway/core/commands/command.h"

#include "fix/tags.h"
#include "gateway/core/commands/approvals.h"
#include "gateway/core/commands/audit.h"
#include "gateway/core/commands/command_parts.h"
#include "gateway/core/engine/bus.h"

enum { EVENT_TIMESTAMP_DIGITS = 6 };

/* --- The record of it ---------------------------------------------------------------- */

static const char *result_name(enum command_result result)
{
    switch (result) {
    case COMMAND_DONE:
        return "DONE";
    case COMMAND_REFUSED:
        return "REFUSED";
    case COMMAND_PROPOSED:
        return "PROPOSED";
    }
    return "";
}

/* "broker=ALPHA reason=slow" */
void command_arguments_text(const struct command *command, struct text *text)
{
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        text_add(text, i > 0 ? " " : "");
        text_add_span(text, command->arguments[i].name);
        text_add_span(text_add(text, "="), command->arguments[i].value);
    }
}

static void publish(const struct command_call *call, struct span object, enum command_result result)
{
    struct engine *engine = call->engine;
    struct builder builder;
    bus_begin(engine, &builder, MSG_ControlEvent, span_of(NULL, 0));
    builder_span(&builder, TAG_Command, call->command->name);
    if (object.size > 0) {
        builder_span(&builder, TAG_CommandArguments, object);
    }
    builder_text(&builder, TAG_CommandResult, result_name(result));
    builder_span(&builder, TAG_Operator, call->command->operator_name);
    if (call->proposer.size > 0) {
        builder_span(&builder, TAG_Proposer, call->proposer);
    }
    if (call->out->answer.size > 0) {
        builder_span(&builder, TAG_Text, text_span(&call->out->answer));
    }
    struct text hash = audit_hash_words(engine->audit.hash);
    builder_uint(&builder, TAG_AuditNumber, engine->audit.count);
    builder_span(&builder, TAG_AuditHash, text_span(&hash));
    builder_timestamp(&builder, TAG_TransactTime, engine->now_ns, EVENT_TIMESTAMP_DIGITS);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("CO", call->command->name, span_of(NULL, 0));
    bus_end(engine, &builder, text_span(&topic));
}

/* "broker.drain by alice refused: …" */
static void log_command(const struct command_call *call, enum command_result result)
{
    struct text line = {.size = 0};
    text_add_span(&line, call->command->name);
    text_add_span(text_add(&line, " by "), call->command->operator_name);
    if (call->proposer.size > 0) {
        text_add_span(text_add(&line, ", proposed by "), call->proposer);
    }
    text_add(&line, result == COMMAND_REFUSED    ? " refused: "
                    : result == COMMAND_PROPOSED ? " proposed: "
                                                 : ": ");
    text_add_span(&line, text_span(&call->out->answer));
    engine_log(call->engine, SEVERITY_WARNING, &line);
}

void command_record(const struct command_call *call, enum command_result result)
{
    struct text object = {.size = 0};
    command_arguments_text(call->command, &object);
    struct audit audit = {
        .instant_ns = call->engine->now_ns,
        .operator_name = call->command->operator_name,
        .proposer = call->proposer,
        .command = call->command->name,
        .object = text_span(&object),
        .carried_out = result != COMMAND_REFUSED,
        .outcome = text_span(&call->out->answer),
    };
    audit_add(call->engine, &audit);
    publish(call, text_span(&object), result);
    log_command(call, result);
}

/* --- Whether it is right --------------------------------------------------------------- */

static bool unknown(struct command_call *call)
{
    text_add_span(text_add(&call->out->answer, "there is no command '"), call->command->name);
    return command_refused(call, "'; `fixgate ctl --help` names them all");
}

static void add_roles(struct text *text, unsigned may)
{
    bool first = true;
    for (unsigned role = MAY_VIEW; role <= MAY_SERVE; role <<= 1) {
        if ((may & role) != 0) {
            text_add(text_add(text, first ? "" : " or "),
                     command_role_name((enum command_role)role));
            first = false;
        }
    }
}

static bool role_right(struct command_call *call, const struct command_spec *spec)
{
    if ((spec->may & call->command->may) != 0) {
        return true;
    }
    text_add_span(&call->out->answer, call->command->operator_name);
    text_add(&call->out->answer, call->command->operator_name.size > 0
                                     ? " may not do that: it needs the role "
                                     : "'operator' is missing: it needs the role ");
    add_roles(&call->out->answer, spec->may);
    return false;
}

static bool given(const struct command *command, struct span name)
{
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        if (span_equal(command->arguments[i].name, name)) {
            return command->arguments[i].value.size > 0;
        }
    }
    return false;
}

static bool known(const struct command_spec *spec, struct span name)
{
    const char *rest = spec->arguments;
    struct span argument;
    bool optional;
    while (command_argument_next(&rest, &argument, &optional)) {
        if (span_equal(argument, name)) {
            return true;
        }
    }
    return false;
}

/* Values go into FIX fields, records and lines: none may end one. */
static bool without_control(struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

bool command_arguments_right(struct command_call *call, const struct command_spec *spec)
{
    const struct command *command = call->command;
    struct text *answer = &call->out->answer;
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        if (!known(spec, command->arguments[i].name)) {
            text_add_span(answer, command->name);
            text_add_span(text_add(answer, " knows no '"), command->arguments[i].name);
            text_add(answer, spec->arguments[0] != '\0' ? "'; it takes " : "'; it takes nothing");
            text_add(answer, spec->arguments);
            return false;
        }
        if (!without_control(command->arguments[i].value)) {
            text_add_span(text_add(answer, "'"), command->arguments[i].name);
            text_add(answer, "' holds a control character");
            return false;
        }
    }
    const char *rest = spec->arguments;
    struct span name;
    bool optional;
    while (command_argument_next(&rest, &name, &optional)) {
        if (!optional && !given(command, name)) {
            text_add_span(text_add(answer, "'"), name);
            text_add_span(text_add(answer, "' is missing; "), command->name);
            text_add(text_add(answer, " takes "), spec->arguments);
            return false;
        }
    }
    return true;
}

/* --- The door ---------------------------------------------------------------------------- */

static void check_limits(const struct command *command)
{
    size_t bytes = command->name.size;
    ASSERT(command->name.size <= COMMAND_NAME_BYTES_MAX);
    ASSERT(command->operator_name.size <= ENGINE_NAME_BYTES_MAX);
    ASSERT(command->key.size <= COMMAND_KEY_BYTES_MAX);
    ASSERT(command->arguments_count <= COMMAND_ARGUMENTS_MAX);
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        bytes += command->arguments[i].name.size + command->arguments[i].value.size;
    }
    ASSERT(bytes <= COMMAND_BYTES_MAX);
}

static enum command_result carry_out(struct command_call *call, const struct command_spec *spec)
{
    if (spec->two_persons && (spec->alone == NULL || !spec->alone(call))) {
        return approvals_propose(call, spec) ? COMMAND_PROPOSED : COMMAND_REFUSED;
    }
    return spec->run(call) ? COMMAND_DONE : COMMAND_REFUSED;
}

/* `*again`: it was answered before, under the same key; there is nothing to record. */
static enum command_result carry_out_once(struct command_call *call,
                                          const struct command_spec *spec, bool *again)
{
    enum command_result result = COMMAND_REFUSED;
    if (!spec->changes || call->command->key.size == 0) {
        return carry_out(call, spec);
    }
    switch (command_key_find(call, spec, &result)) {
    case COMMAND_KEY_OTHER:
        return COMMAND_REFUSED;
    case COMMAND_KEY_ANSWERED:
        *again = true;
        return result;
    case COMMAND_KEY_NEW:
        break;
    }
    result = carry_out(call, spec);
    command_key_keep(call, spec, result);
    return result;
}

enum command_result engine_command(struct engine *engine, const struct command *command,
                                   struct command_out *out)
{
    check_limits(command);
    out->answer = (struct text){.size = 0};
    out->more = (struct text){.size = 0};
    struct command_call call = {.engine = engine, .command = command, .out = out};
    const struct command_spec *spec = command_find(command->name);
    if (spec == NULL) {
        (void)unknown(&call);
        return COMMAND_REFUSED;
    }
    if (spec->changes && command->operator_name.size == 0) {
        (void)command_refused(&call, "'operator' is missing: who asks stands in the audit");
        return COMMAND_REFUSED;
    }
    if (!role_right(&call, spec)) {
        if (command->operator_name.size > 0) {
            command_record(&call, COMMAND_REFUSED);
        }
        return COMMAND_REFUSED;
    }
    if (!command_arguments_right(&call, spec)) {
        return COMMAND_REFUSED;
    }
    bool again = false;
    enum command_result result = carry_out_once(&call, spec, &again);
    if (out->answer.size == 0) {
        text_add(&out->answer, result == COMMAND_REFUSED ? "refused" : "done");
    }
    if (spec->changes && !again) {
        command_record(&call, result);
    }
    return result;
}
