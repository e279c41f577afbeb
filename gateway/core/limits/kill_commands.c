/* What people ask of the kill switch. */
#include "gateway/core/commands/command.h"
#include "gateway/core/limits/kill.h"

static bool read_scope(struct command_call *call, struct limit_scope *out)
{
    if (!limit_scope_parse(command_value(call, "scope"), out)) {
        return command_refused(call, "'scope' must be all, or broker, account, symbol or client "
                                     "with a name behind it, such as 'broker ALPHA'");
    }
    if (out->kind != SCOPE_BROKER) {
        return true;
    }
    for (uint32_t i = 0; i < call->engine->config->brokers_count; i++) {
        if (strcmp(out->name, call->engine->config->brokers[i].name) == 0) {
            return true;
        }
    }
    return command_refused(call, "there is no broker of that name (broker.list)");
}

static bool put_on(struct command_call *call)
{
    struct limit_scope scope;
    if (!read_scope(call, &scope)) {
        return false;
    }
    const char *fault =
        kill_on(call->engine, &scope, call->command->operator_name, command_value(call, "reason"));
    return fault != NULL
               ? command_refused(call, fault)
               : command_done(call, "no new orders are taken, and what is there is being "
                                    "cancelled: watch kill.list until nothing is working");
}

static bool put_off(struct command_call *call)
{
    struct limit_scope scope;
    if (!read_scope(call, &scope)) {
        return false;
    }
    const char *fault = kill_off(call->engine, &scope);
    return fault != NULL ? command_refused(call, fault)
                         : command_done(call, "its orders are taken again");
}

static bool off_plan(struct command_call *call)
{
    struct limit_scope scope;
    if (!read_scope(call, &scope)) {
        return false;
    }
    const struct kill *kill = kill_find(call->engine, &scope);
    if (kill == NULL) {
        return command_refused(call, "it is not on (kill.list)");
    }
    return command_done(call, kill->proven_ns != 0
                                  ? "nothing is working; its orders will be taken again"
                                  : "not all is cancelled yet; its orders will be taken again");
}

/* --- Looking ---------------------------------------------------------------------------------- */

static const char *state_of(const struct kill *kill)
{
    return kill->proven_ns != 0 ? "proven: nothing is working"
           : kill->pass == 0    ? "the first pass is under way"
                                : "not all is cancelled yet";
}

static bool kill_row(struct command_call *call, const struct kill *kill)
{
    struct command_row row = {.count = 0};
    struct text scope = {.size = 0};
    row_words(&row, "scope", text_span(limit_scope_add(&scope, &kill->scope)));
    row_time(&row, "since", kill->since_ns);
    row_text(&row, "by", kill->by);
    row_text(&row, "reason", kill->reason);
    row_text(&row, "state", state_of(kill));
    row_time(&row, "proven", kill->proven_ns);
    row_number(&row, "left", kill_left_count(&kill->last));
    row_number(&row, "passes", kill->pass);
    row_time(&row, "next_pass", kill->next_ns);
    row_number(&row, "cancelled_waiting", kill->cancelled);
    row_number(&row, "cancels_sent", kill->asked);
    return command_row(call, &row);
}

/* Where the rest is, and how it stands, as the last pass found it. */
static bool left_rows(struct command_call *call, const struct kill *kill)
{
    for (uint32_t broker = 0; broker <= ENGINE_BROKERS_MAX; broker++) {
        for (uint32_t left = 0; left < KILL_LEFTS_COUNT; left++) {
            uint64_t count = kill->last.left[broker][left];
            struct command_row row = {.count = 0};
            struct text scope = {.size = 0};
            if (count == 0) {
                continue;
            }
            row_words(&row, "scope", text_span(limit_scope_add(&scope, &kill->scope)));
            row_text(&row, "broker",
                     broker < call->engine->config->brokers_count
                         ? call->engine->config->brokers[broker].name
                         : "");
            row_text(&row, "orders", kill_left_words((enum kill_left)left));
            row_number(&row, "left", count);
            if (!command_row(call, &row)) {
                return false;
            }
        }
    }
    return true;
}

static bool list(struct command_call *call)
{
    const struct kills *kills = &call->engine->kills;
    uint64_t after = 0;
    if (!command_number(call, "after", 0, KILLS_MAX, &after)) {
        return false;
    }
    for (uint32_t i = (uint32_t)after; i < kills->count; i++) {
        if (!kill_row(call, &kills->list[i]) || !left_rows(call, &kills->list[i])) {
            return command_more_number(call, i);
        }
    }
    text_add_uint(&call->out->answer, kills->count);
    return command_done(call, kills->count == 1 ? " kill switch is on" : " kill switches are on");
}

const struct command_spec kill_commands[] = {
    {.name = "kill.on",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "scope reason",
     .help = "at once: no new orders in the scope, and cancel all that are there",
     .run = put_on},
    {.name = "kill.off",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .arguments = "scope reason",
     .help = "take orders of the scope again",
     .run = put_off,
     .plan = off_plan},
    {.name = "kill.list",
     .may = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE,
     .arguments = "after?",
     .help = "what is killed, what is left of it and where, and whether nothing is working",
     .run = list},
    {.name = NULL},
};
