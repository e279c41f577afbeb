#include "gateway/core/commands/approvals.h"

#include "fix/timestamp.h"
#include "gateway/core/commands/approvals_parts.h"

#define WAIT_NS (UINT64_C(900) * TIMESTAMP_SECOND_NS)

/* --- Those that wait ------------------------------------------------------------------ */

static void wait_add(struct approvals *approvals, const struct proposal *proposal)
{
    ASSERT(approvals->waiting_count < APPROVALS_WAITING_MAX);
    approvals->waiting[approvals->waiting_count].number = proposal->number;
    approvals->waiting[approvals->waiting_count].expires_ns = proposal->expires_ns;
    approvals->waiting_count += 1;
}

static void wait_end(struct approvals *approvals, uint64_t number)
{
    for (uint32_t i = 0; i < approvals->waiting_count; i++) {
        if (approvals->waiting[i].number == number) {
            approvals->waiting_count -= 1;
            approvals->waiting[i] = approvals->waiting[approvals->waiting_count];
            return;
        }
    }
    ASSERT(false);
}

void approvals_start(struct engine *engine)
{
    struct approvals *approvals = &engine->approvals;
    struct proposal proposal;
    *approvals = (struct approvals){.count = 0};
    while (proposal_next(engine, approvals->count, &proposal)) {
        approvals->count = proposal.number;
        if (proposal.state == PROPOSAL_WAITING) {
            wait_add(approvals, &proposal);
        }
    }
}

void proposal_decide(struct engine *engine, struct proposal *proposal, enum proposal_state state,
                     struct span decider, struct span outcome)
{
    ASSERT(proposal->state == PROPOSAL_WAITING);
    proposal->state = state;
    proposal->decided_ns = engine->now_ns;
    proposal->decider = decider;
    proposal->outcome = outcome;
    if (outcome.size > ENGINE_TEXT_BYTES_MAX) {
        proposal->outcome.size = ENGINE_TEXT_BYTES_MAX;
    }
    proposal_store(engine, proposal);
    wait_end(&engine->approvals, proposal->number);
}

/* --- Expiry ------------------------------------------------------------------------------ */

static void expire(struct engine *engine, uint64_t number)
{
    struct proposal proposal;
    if (!proposal_load(engine, number, &proposal)) {
        return; /* The turn is void. */
    }
    struct text digits = {.size = 0};
    text_add_uint(&digits, number);
    const struct command_argument arguments[] = {{span_text("number"), text_span(&digits)}};
    const struct command command = {.name = span_text("approvals.expire"),
                                    .operator_name = span_text("engine"),
                                    .arguments = arguments,
                                    .arguments_count = ARRAY_LEN(arguments)};
    struct command_out out = {.answer = {.size = 0}};
    const struct command_call call = {
        .engine = engine, .command = &command, .out = &out, .proposer = proposal.proposer};
    text_add(&out.answer, "nobody approved ");
    text_add_span(&out.answer, proposal.command);
    text_add(&out.answer, " in time: it was not done");
    proposal_decide(engine, &proposal, PROPOSAL_EXPIRED, command.operator_name,
                    text_span(&out.answer));
    command_record(&call, COMMAND_DONE);
}

void approvals_tick(struct engine *engine)
{
    struct approvals *approvals = &engine->approvals;
    for (uint32_t left = approvals->waiting_count; left > 0; left--) {
        /* From the end: an expired one gives its place to the last. */
        if (engine->now_ns >= approvals->waiting[left - 1].expires_ns) {
            expire(engine, approvals->waiting[left - 1].number);
        }
    }
}

uint64_t approvals_deadline_ns(const struct engine *engine)
{
    uint64_t deadline = UINT64_MAX;
    for (uint32_t i = 0; i < engine->approvals.waiting_count; i++) {
        uint64_t expires_ns = engine->approvals.waiting[i].expires_ns;
        deadline = expires_ns < deadline ? expires_ns : deadline;
    }
    return deadline;
}

/* --- Proposing ---------------------------------------------------------------------------- */

bool proposal_row(struct command_call *call, const struct proposal *proposal)
{
    const struct command command = {.arguments = proposal->arguments,
                                    .arguments_count = proposal->arguments_count};
    struct text arguments = {.size = 0};
    struct command_row row = {.count = 0};
    command_arguments_text(&command, &arguments);
    row_number(&row, "number", proposal->number);
    row_text(&row, "state", proposal_state_name(proposal->state));
    row_words(&row, "command", proposal->command);
    row_words(&row, "arguments", text_span(&arguments));
    row_words(&row, "proposer", proposal->proposer);
    row_time(&row, "created", proposal->created_ns);
    row_time(&row, "expires", proposal->expires_ns);
    row_words(&row, "plan", proposal->plan);
    row_words(&row, "decided_by", proposal->decider);
    row_time(&row, "decided", proposal->decided_ns);
    row_words(&row, "outcome", proposal->outcome);
    return command_row(call, &row);
}

/* "proposal 12 waits until 20261121-11:45:00 UTC for another operator to approve it. will move
 * 3" */
static void say_waiting(struct text *answer, const struct proposal *proposal)
{
    char until[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(proposal->expires_ns, 0, until);
    text_add_uint(text_add(answer, "proposal "), proposal->number);
    text_add_span(text_add(answer, " waits until "), span_of(until, size));
    text_add(answer, " UTC for another operator to approve it");
    if (proposal->plan.size > 0) {
        text_add_span(text_add(answer, ". "), proposal->plan);
    }
}

bool approvals_propose(struct command_call *call, const struct command_spec *spec)
{
    struct engine *engine = call->engine;
    const struct command *command = call->command;
    uint64_t wait_ns = engine->config->proposal_ns;
    if (engine->approvals.waiting_count == APPROVALS_WAITING_MAX) {
        return command_refused(call, "too many proposals wait: approve, reject or withdraw some "
                                     "(fixgate ctl approvals list)");
    }
    call->proposal = engine->approvals.count + 1;
    if (spec->plan != NULL && !spec->plan(call)) {
        return false;
    }
    struct text plan = call->out->answer;
    struct proposal proposal = {
        .number = call->proposal,
        .state = PROPOSAL_WAITING,
        .created_ns = engine->now_ns,
        .expires_ns = engine->now_ns + (wait_ns > 0 ? wait_ns : WAIT_NS),
        .proposer = command->operator_name,
        .plan = text_span(&plan),
        .command = command->name,
        .arguments_count = command->arguments_count,
    };
    for (uint32_t i = 0; i < command->arguments_count; i++) {
        proposal.arguments[i] = command->arguments[i];
    }
    proposal_store(engine, &proposal);
    engine->approvals.count = proposal.number;
    wait_add(&engine->approvals, &proposal);
    call->out->answer = (struct text){.size = 0};
    say_waiting(&call->out->answer, &proposal);
    (void)proposal_row(call, &proposal);
    return true;
}
