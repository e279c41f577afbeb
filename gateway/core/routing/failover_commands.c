/* What people say to the failover procedure. */
#include "gateway/core/commands/command.h"
#include "gateway/core/routing/failover_parts.h"

static bool running(struct command_call *call)
{
    if (failover_runs(&call->engine->failover)) {
        return true;
    }
    return command_refused(call, "no failover is under way; failover.begin proposes one");
}

/* Both brokers, and whether it may begin at all. */
static bool read_brokers(struct command_call *call, uint32_t *from, uint32_t *to)
{
    if (!command_broker(call, "from", from) || !command_broker(call, "to", to)) {
        return false;
    }
    if (*from == *to) {
        return command_refused(call, "from and to are the same broker");
    }
    return true;
}

static bool may_begin(struct command_call *call, uint32_t to)
{
    const struct routing_broker *row = &call->engine->routing.brokers[to];
    if (failover_runs(&call->engine->failover)) {
        return command_refused(call, "a failover is under way: let it end, or failover.abort");
    }
    if (call->engine->config->brokers[to].weight == 0) {
        return command_refused(call, "the broker that is to take over has Weight=0: it gets no "
                                     "orders; broker.weight gives it some");
    }
    if (row->frozen) {
        return command_refused(call, "the broker that is to take over is frozen: what it has is "
                                     "not proven; see broker.show, then broker.thaw");
    }
    if (!failover_broker_is_there(call->engine, to)) {
        return command_refused(call, "the broker that is to take over has no session that can "
                                     "take an order now; see broker.show");
    }
    return true;
}

static void plan_text(struct command_call *call, uint32_t from, struct text *out)
{
    struct failover_picture picture = failover_look(call->engine, from);
    text_add(text_add(out, failover_broker(call->engine, from)), ": ");
    failover_picture_text(&picture, out);
}

/* What failover.begin was given; the same when it is proposed and when it is approved. */
static bool read_begin(struct command_call *call, struct failover *next)
{
    uint64_t most = FAILOVER_SECONDS_MAX;
    *next = (struct failover){.quiesce_seconds = 30,
                              .canaries = 3,
                              .canary_seconds = 30,
                              .ramp_seconds = 60,
                              .number = call->engine->failover.number + 1,
                              .drill = command_true(call, "drill")};
    return read_brokers(call, &next->from, &next->to) && may_begin(call, next->to) &&
           command_number(call, "quiesce", 1, most, &next->quiesce_seconds) &&
           command_number(call, "canaries", 0, FAILOVER_CANARIES_MAX, &next->canaries) &&
           command_number(call, "canary-timeout", 1, most, &next->canary_seconds) &&
           command_number(call, "ramp", 0, most, &next->ramp_seconds);
}

static bool plan(struct command_call *call)
{
    struct failover next;
    struct text words = {.size = 0};
    if (!read_begin(call, &next)) {
        return false;
    }
    plan_text(call, next.from, &words);
    return command_done(call, words.data);
}

static bool begin(struct command_call *call)
{
    struct failover next;
    if (!read_begin(call, &next)) {
        return false;
    }
    span_to_text(call->proposer, next.by, sizeof(next.by));
    span_to_text(call->command->operator_name, next.approver, sizeof(next.approver));
    span_to_text(command_value(call, "reason"), next.reason, sizeof(next.reason));
    call->engine->failover = next;
    failover_begin(call->engine);
    return command_done(call, call->engine->failover.state);
}

/* The last one, with its brokers changed round. */
static bool back_brokers(struct command_call *call, uint32_t *from, uint32_t *to)
{
    const struct failover *failover = &call->engine->failover;
    if (failover->step != FAILOVER_DONE) {
        return command_refused(call, "the last failover has not been done, so there is none to "
                                     "go back from; see failover.status");
    }
    *from = failover->to;
    *to = failover->from;
    return may_begin(call, *to);
}

static bool plan_back(struct command_call *call)
{
    uint32_t from = 0;
    uint32_t to = 0;
    struct text words = {.size = 0};
    if (!back_brokers(call, &from, &to)) {
        return false;
    }
    plan_text(call, from, &words);
    return command_done(call, words.data);
}

static bool back(struct command_call *call)
{
    struct failover next = call->engine->failover;
    if (!back_brokers(call, &next.from, &next.to)) {
        return false;
    }
    next.number += 1;
    span_to_text(call->proposer, next.by, sizeof(next.by));
    span_to_text(call->command->operator_name, next.approver, sizeof(next.approver));
    span_to_text(command_value(call, "reason"), next.reason, sizeof(next.reason));
    call->engine->failover = next;
    failover_begin(call->engine);
    return command_done(call, call->engine->failover.state);
}

static bool status(struct command_call *call)
{
    const struct engine *engine = call->engine;
    const struct failover *failover = &engine->failover;
    if (failover->step == FAILOVER_NONE) {
        return command_done(call,
                            "there was no failover yet; failover.plan shows what one would do");
    }
    struct failover_picture picture = failover_look(engine, failover->from);
    const struct routing_broker *to = &engine->routing.brokers[failover->to];
    uint32_t ramp = to->switch_ramp == 0 ? ROUTING_PERMILLE : to->switch_ramp;
    struct command_row row = {.count = 0};
    row_number(&row, "number", failover->number);
    row_text(&row, "step", failover_step_name(failover->step));
    row_truth(&row, "stopped", failover->stopped);
    row_text(&row, "state", failover->state);
    row_text(&row, "from", failover_broker(engine, failover->from));
    row_text(&row, "to", failover_broker(engine, failover->to));
    row_time(&row, "began", failover->began_ns);
    row_time(&row, "since", failover->step_ns);
    row_number(&row, "will_move", picture.queued + picture.dead);
    row_number(&row, "held", picture.held);
    row_number(&row, "undecided", picture.undecided);
    row_number(&row, "canaries_left", to->canaries);
    row_number(&row, "ramp_permille", ramp);
    row_truth(&row, "drill", failover->drill);
    row_text(&row, "proposed_by", failover->by);
    row_text(&row, "approved_by", failover->approver);
    row_text(&row, "reason", failover->reason);
    (void)command_row(call, &row);
    return command_done(call, failover->state);
}

static bool go_on(struct command_call *call)
{
    if (!running(call)) {
        return false;
    }
    failover_go_on(call->engine, call->command->operator_name);
    return command_done(call, call->engine->failover.state);
}

static bool abort_it(struct command_call *call)
{
    if (!running(call)) {
        return false;
    }
    failover_abort(call->engine, call->command->operator_name, command_value(call, "reason"));
    return command_done(call, call->engine->failover.state);
}

const struct command_spec failover_commands[] = {
    {.name = "failover.status",
     .may = MAY_VIEW,
     .arguments = "",
     .help = "where the procedure is, what it waits for, and who wanted it",
     .run = status},
    {.name = "failover.plan",
     .may = MAY_VIEW,
     .arguments = "from to",
     .help = "what a failover would move, hold, and could not decide",
     .run = plan},
    {.name = "failover.begin",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "from to reason quiesce? canaries? canary-timeout? ramp? drill?",
     .help = "new orders move from one broker to another, step by step",
     .run = begin,
     .plan = plan},
    {.name = "failover.back",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "reason",
     .help = "the last failover the other way round, with the same limits",
     .run = back,
     .plan = plan_back},
    {.name = "failover.continue",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .arguments = "",
     .help = "goes on to the next step, though this one is not satisfied",
     .run = go_on},
    {.name = "failover.abort",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .arguments = "reason",
     .help = "puts everything back as it was before, and ends the procedure",
     .run = abort_it},
    {.name = NULL},
};
