/* What operators ask of proposals. */
#include "gateway/core/commands/approvals_parts.h"
#include "gateway/core/orders/order_find.h"

/* --- Looking ------------------------------------------------------------------------------ */

static bool list(struct command_call *call)
{
    const struct approvals *approvals = &call->engine->approvals;
    uint64_t after = 0;
    uint32_t shown = 0;
    struct proposal proposal;
    bool all = command_true(call, "all");
    if (!command_number(call, "after", 0, UINT64_MAX, &after)) {
        return false;
    }
    while (proposal_next(call->engine, after, &proposal)) {
        if (all || proposal.state == PROPOSAL_WAITING) {
            if (!proposal_row(call, &proposal)) {
                return command_more_number(call, after);
            }
            shown += 1;
        }
        after = proposal.number;
    }
    text_add_uint(&call->out->answer, shown);
    text_add(&call->out->answer, all ? " proposals, " : " proposals wait, of ");
    text_add_uint(&call->out->answer, all ? approvals->waiting_count : approvals->count);
    return command_done(call, all ? " of them wait" : " so far");
}

static bool load(struct command_call *call, struct proposal *out)
{
    uint64_t number = 0;
    if (!command_number(call, "number", 1, UINT64_MAX, &number)) {
        return false;
    }
    if (proposal_load(call->engine, number, out)) {
        return true;
    }
    text_add_uint(text_add(&call->out->answer, "there is no proposal "), number);
    return command_refused(call, "; approvals.list names them");
}

static bool show(struct command_call *call)
{
    struct proposal proposal;
    if (!load(call, &proposal)) {
        return false;
    }
    (void)proposal_row(call, &proposal);
    return command_done(call, proposal_state_name(proposal.state));
}

/* --- Deciding ----------------------------------------------------------------------------- */

/* The proposal that the command names, if it can still be decided on. */
static bool load_waiting(struct command_call *call, struct proposal *out)
{
    if (!load(call, out)) {
        return false;
    }
    if (out->state == PROPOSAL_WAITING && call->engine->now_ns < out->expires_ns) {
        return true;
    }
    bool expired = out->state == PROPOSAL_WAITING;
    text_add(&call->out->answer, "it waits no longer: ");
    text_add(&call->out->answer, proposal_state_name(expired ? PROPOSAL_EXPIRED : out->state));
    if (!expired) {
        text_add_span(text_add(&call->out->answer, " by "), out->decider);
    }
    return false;
}

/* It is about an order whose state has changed since: another attempt may be in doubt by now, of
 * which the proposer knew nothing. */
static bool is_of_another_time(struct command_call *call, const struct proposal *proposal)
{
    struct text before = call->out->answer;
    struct order order;
    if (command_value(call, "order").size == 0) {
        return false;
    }
    bool found = order_find(call, &order);
    call->out->answer = before;
    return found && order.changed_ns > proposal->created_ns;
}

static bool approve(struct command_call *call)
{
    struct proposal proposal;
    if (!load_waiting(call, &proposal)) {
        return false;
    }
    if (span_equal(proposal.proposer, call->command->operator_name)) {
        return command_refused(call, "you proposed it: another operator must approve it");
    }
    const struct command_spec *spec = command_find(proposal.command);
    const struct command command = {.name = proposal.command,
                                    .operator_name = call->command->operator_name,
                                    .may = call->command->may,
                                    .arguments = proposal.arguments,
                                    .arguments_count = proposal.arguments_count};
    struct command_call approved = {.engine = call->engine,
                                    .command = &command,
                                    .out = call->out,
                                    .proposer = proposal.proposer,
                                    .proposal = proposal.number};
    /* Another version of fixgate may have proposed it. */
    if (spec == NULL || !command_arguments_right(&approved, spec)) {
        return command_refused(call, "this fixgate cannot carry it out: reject it, and propose "
                                     "it anew");
    }
    bool done = is_of_another_time(&approved, &proposal)
                    ? command_refused(&approved, "the order has changed since it was proposed: "
                                                 "look at it, and propose it anew")
                    : spec->run(&approved);
    proposal_decide(call->engine, &proposal, done ? PROPOSAL_DONE : PROPOSAL_FAILED,
                    command.operator_name, text_span(&call->out->answer));
    command_record(&approved, done ? COMMAND_DONE : COMMAND_REFUSED);
    return done;
}

static bool reject(struct command_call *call)
{
    struct proposal proposal;
    if (!load_waiting(call, &proposal)) {
        return false;
    }
    proposal_decide(call->engine, &proposal, PROPOSAL_REJECTED, call->command->operator_name,
                    command_value(call, "reason"));
    return command_done(call, "it is rejected, and will not be done");
}

static bool withdraw(struct command_call *call)
{
    struct proposal proposal;
    if (!load_waiting(call, &proposal)) {
        return false;
    }
    if (!span_equal(proposal.proposer, call->command->operator_name)) {
        text_add_span(text_add(&call->out->answer, "only "), proposal.proposer);
        return command_refused(call, ", who proposed it, may withdraw it; approvals.reject is "
                                     "for others");
    }
    proposal_decide(call->engine, &proposal, PROPOSAL_WITHDRAWN, call->command->operator_name,
                    span_of(NULL, 0));
    return command_done(call, "it is withdrawn, and will not be done");
}

const struct command_spec approvals_commands[] = {
    {.name = "approvals.list",
     .may = MAY_VIEW,
     .arguments = "after? all?",
     .help = "what waits for a second person; all=true: also what was decided",
     .run = list},
    {.name = "approvals.show",
     .may = MAY_VIEW,
     .arguments = "number",
     .help = "one of them: what, by whom, what it will do, until when",
     .run = show},
    {.name = "approvals.approve",
     .may = MAY_APPROVE,
     .changes = true,
     .arguments = "number",
     .help = "carries it out; never by who proposed it",
     .run = approve},
    {.name = "approvals.reject",
     .may = MAY_APPROVE,
     .changes = true,
     .arguments = "number reason",
     .help = "it will not be done",
     .run = reject},
    {.name = "approvals.withdraw",
     .may = MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .changes = true,
     .arguments = "number",
     .help = "takes back what you proposed",
     .run = withdraw},
    {.name = NULL},
};
