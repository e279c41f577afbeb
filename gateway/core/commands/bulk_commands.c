/* What people ask of bulks. */
#include "gateway/core/commands/bulk_parts.h"

/* --- Looking --------------------------------------------------------------------------------- */

/* One bulk, with what its proposal says of it. */
static bool bulk_row(struct command_call *call, const struct bulk *bulk)
{
    struct proposal proposal;
    struct text arguments = {.size = 0};
    struct command_row row = {.count = 0};
    if (!proposal_load(call->engine, bulk->number, &proposal)) {
        proposal = (struct proposal){.number = bulk->number};
    }
    const struct command command = {.arguments = proposal.arguments,
                                    .arguments_count = proposal.arguments_count};
    command_arguments_text(&command, &arguments);
    row_number(&row, "number", bulk->number);
    row_text(&row, "state", bulk_state_name(bulk->state));
    row_time(&row, "since", bulk->since_ns);
    row_words(&row, "command", proposal.command);
    row_words(&row, "arguments", text_span(&arguments));
    row_number(&row, "orders", bulk->orders);
    row_number(&row, "done", bulk->done);
    row_number(&row, "left", bulk->refused);
    row_number(&row, "to_do",
               bulk->state == BULK_WAITING || bulk->state == BULK_RUNNING
                   ? bulk->orders - bulk->done - bulk->refused
                   : 0);
    row_number(&row, "held", bulk_whys_count(&bulk->held));
    row_truth(&row, "more", bulk->more);
    row_number(&row, "may_live", bulk->sums.may_live);
    row_decimal(&row, "quantity", bulk->sums.quantity);
    if (!bulk->sums.uncountable) {
        row_decimal(&row, "worth", bulk->sums.worth);
        row_text(&row, "currency", bulk->sums.currency);
        row_number(&row, "unpriced", bulk->sums.unpriced);
    }
    row_words(&row, "proposer", proposal.proposer);
    row_words(&row, "decided_by", proposal.decider);
    return command_row(call, &row);
}

static bool list(struct command_call *call)
{
    const struct bulks *bulks = &call->engine->bulks;
    uint32_t under_way = 0;
    for (uint32_t i = bulks->count; i > 0; i--) {
        under_way += bulks->list[i - 1].state == BULK_RUNNING ? 1 : 0;
        if (!bulk_row(call, &bulks->list[i - 1])) {
            return command_done(call, "the newest; there is no room for more");
        }
    }
    text_add_uint(&call->out->answer, under_way);
    return command_done(call, " under way; the newest are shown");
}

static struct bulk *read_number(struct command_call *call)
{
    uint64_t number = 0;
    if (!command_number(call, "number", 1, UINT64_MAX, &number)) {
        return NULL;
    }
    struct bulk *bulk = bulk_find(call->engine, number);
    if (bulk == NULL) {
        (void)command_refused(call, "no such bulk is known: see bulk.list");
    }
    return bulk;
}

/* What became, or would become, of so many orders, and why. */
static bool part_row(struct command_call *call, const char *what, uint32_t orders, const char *why)
{
    struct command_row row = {.count = 0};
    row_text(&row, "what", what);
    row_number(&row, "orders", orders);
    row_text(&row, "why", why);
    return orders == 0 || command_row(call, &row);
}

static bool whys_rows(struct command_call *call, const char *what, const struct bulk_whys *whys)
{
    for (uint32_t i = 0; i < whys->count; i++) {
        if (!part_row(call, what, whys->list[i].orders, whys->list[i].words)) {
            return false;
        }
    }
    return true;
}

static bool evidence_rows(struct command_call *call, const struct bulk *bulk)
{
    for (uint32_t i = 0; i < ORDER_EVIDENCES_COUNT; i++) {
        if (!part_row(call, order_evidence_name((enum order_evidence)i), bulk->sums.evidence[i],
                      "the evidence of so many, when it was proposed")) {
            return false;
        }
    }
    return true;
}

static bool show(struct command_call *call)
{
    const struct bulk *bulk = read_number(call);
    if (bulk == NULL) {
        return false;
    }
    uint32_t left = bulk->orders - bulk->done - bulk->refused;
    bool runs = bulk->state == BULK_WAITING || bulk->state == BULK_RUNNING;
    bool all = evidence_rows(call, bulk) && part_row(call, "done", bulk->done, "") &&
               part_row(call, runs ? "to do" : "not done", left, "") &&
               whys_rows(call, "left", &bulk->left) && whys_rows(call, "held", &bulk->held);
    text_add(&call->out->answer, bulk_state_name(bulk->state));
    text_add_uint(text_add(&call->out->answer, ": "), bulk->done);
    text_add_uint(text_add(&call->out->answer, " of "), bulk->orders);
    return command_done(call, all ? " orders are done"
                                  : " orders are done; there is no room for "
                                    "all");
}

/* --- Deciding -------------------------------------------------------------------------------- */

static bool abort_it(struct command_call *call)
{
    struct bulk *bulk = read_number(call);
    if (bulk == NULL) {
        return false;
    }
    if (bulk->state != BULK_RUNNING) {
        return command_refused(call, bulk->state == BULK_WAITING
                                         ? "it waits for a second person: approvals.reject, or "
                                           "approvals.withdraw"
                                         : "it has ended: see bulk.show");
    }
    bulk_become(call->engine, bulk, BULK_ABORTED);
    text_add_uint(&call->out->answer, bulk->done);
    text_add_uint(text_add(&call->out->answer, " of "), bulk->orders);
    return command_done(call, " orders were done and stay so; the others are as they were");
}

const struct command_spec bulk_commands[] = {
    {.name = "bulk.list",
     .may = MAY_VIEW | MAY_OPERATE | MAY_APPROVE,
     .arguments = "",
     .help = "commands for many orders: what waits for a second person, what is under way, how far",
     .run = list},
    {.name = "bulk.show",
     .may = MAY_VIEW | MAY_OPERATE | MAY_APPROVE,
     .arguments = "number",
     .help = "one of them: of which evidence its orders are, which it left, and why",
     .run = show},
    {.name = "bulk.abort",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "number reason",
     .help = "stop one that is under way: what is done stays done",
     .run = abort_it},
    {.name = NULL},
};
