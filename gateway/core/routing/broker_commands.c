/* What people want of brokers, and what the router posts of them. */
#include "gateway/core/routing/broker_parts.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/routing/routing_post.h"

/* --- What people want ---------------------------------------------------------------- */

static bool become_admin(struct command_call *call, enum broker_admin admin)
{
    struct engine *engine = call->engine;
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    struct routing_broker *row = &engine->routing.brokers[broker];
    row->admin = admin;
    row->admin_ns = engine->now_ns;
    span_to_text(call->command->operator_name, row->admin_by, sizeof(row->admin_by));
    routing_table_save_broker(engine, broker);
    routing_event(engine, broker, row->breaker, call->command->operator_name,
                  command_value(call, "reason"));
    failover_admin_changed(engine, broker);

    struct text *answer = &call->out->answer;
    enum decision_cause cause = routing_cause(engine, broker);
    text_add(answer, engine->config->brokers[broker].name);
    text_add(text_add(answer, " is "), broker_admin_name(admin));
    text_add(answer,
             cause == CAUSE_NONE ? ": new orders go there" : ": new orders do not go there, ");
    text_add(answer, cause == CAUSE_NONE ? "" : decision_cause_words(cause));
    uint64_t open = routing_open(engine, broker);
    if (cause != CAUSE_NONE && open > 0) {
        text_add_uint(text_add(answer, "; orders still open there: "), open);
    }
    return true;
}

static bool broker_auto(struct command_call *call)
{
    return become_admin(call, BROKER_AUTO);
}

static bool broker_drain(struct command_call *call)
{
    return become_admin(call, BROKER_DRAIN);
}

static bool broker_maintenance(struct command_call *call)
{
    return become_admin(call, BROKER_MAINTENANCE);
}

static bool broker_open(struct command_call *call)
{
    return become_admin(call, BROKER_FORCED_OPEN);
}

static bool broker_close(struct command_call *call)
{
    return become_admin(call, BROKER_FORCED_CLOSED);
}

static bool thaw_plan(struct command_call *call)
{
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    const struct routing_broker *row = &call->engine->routing.brokers[broker];
    if (!row->frozen) {
        return command_refused(call, "it is not frozen");
    }
    text_add_uint(text_add(&call->out->answer, "orders without a word of it: "),
                  routing_unacked(call->engine, broker));
    text_add(&call->out->answer, "; it is frozen because ");
    return command_done(call, row->frozen_reason);
}

static bool broker_thaw(struct command_call *call)
{
    struct engine *engine = call->engine;
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    struct routing_broker *row = &engine->routing.brokers[broker];
    if (!row->frozen) {
        return command_refused(call, "it is not frozen");
    }
    row->frozen = false;
    row->frozen_ns = 0;
    row->frozen_reason[0] = '\0';
    routing_table_save_broker(engine, broker);
    routing_event(engine, broker, row->breaker, call->command->operator_name,
                  command_value(call, "reason"));
    return command_done(call, "new orders may go there again; those in doubt stay held");
}

/* --- Weight and capacity --------------------------------------------------------------- */

/* A number that was not given goes back to the configuration's. */
static bool set_number(struct command_call *call, const char *name, uint64_t most,
                       uint32_t fallback, uint32_t *value, bool *is_set)
{
    uint64_t number = fallback;
    if (!command_number(call, name, 0, most, &number)) {
        return false;
    }
    *is_set = command_value(call, name).size > 0;
    *value = (uint32_t)number;
    return true;
}

/* `words` as in "its weight is ". */
static bool number_done(struct command_call *call, const char *words, uint32_t value, bool is_set)
{
    text_add_uint(text_add(&call->out->answer, words), value);
    return command_done(call, is_set ? "" : ", as in the configuration");
}

static bool broker_weight(struct command_call *call)
{
    struct engine *engine = call->engine;
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    struct routing_broker *row = &engine->routing.brokers[broker];
    if (!set_number(call, "weight", ROUTING_WEIGHT_MAX, engine->config->brokers[broker].weight,
                    &row->weight, &row->weight_set)) {
        return false;
    }
    routing_table_save_broker(engine, broker);
    return number_done(call, "its weight is ", row->weight, row->weight_set);
}

static bool broker_capacity(struct command_call *call)
{
    struct engine *engine = call->engine;
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    struct routing_broker *row = &engine->routing.brokers[broker];
    if (!set_number(call, "capacity", ROUTING_CAPACITY_MAX,
                    engine->config->brokers[broker].capacity, &row->capacity, &row->capacity_set)) {
        return false;
    }
    routing_table_save_broker(engine, broker);
    return number_done(call, "its capacity is ", row->capacity, row->capacity_set);
}

/* --- What the router posts ---------------------------------------------------------------- */

static bool read_breaker(struct command_call *call, enum breaker_state *out)
{
    struct span value = command_value(call, "breaker");
    for (uint32_t state = 0; state <= BREAKER_HALF_OPEN; state++) {
        if (span_is(value, breaker_state_name((enum breaker_state)state))) {
            *out = (enum breaker_state)state;
            return true;
        }
    }
    return command_refused(call, "'breaker' must be CLOSED, OPEN or HALF_OPEN");
}

static bool read_figures(struct command_call *call, struct decision_figures *out)
{
    uint64_t latency_us = 0;
    uint64_t pending = 0;
    uint64_t orders = 0;
    uint64_t failed = 0;
    if (!command_number(call, "latency-us", 0, UINT32_MAX, &latency_us) ||
        !command_number(call, "pending", 0, UINT32_MAX, &pending) ||
        !command_number(call, "orders", 0, UINT32_MAX, &orders) ||
        !command_number(call, "failed", 0, UINT32_MAX, &failed)) {
        return false;
    }
    *out = (struct decision_figures){.latency_us = (uint32_t)latency_us,
                                     .pending = (uint32_t)pending,
                                     .orders = (uint32_t)orders,
                                     .failed = (uint32_t)failed};
    return true;
}

static bool broker_measure(struct command_call *call)
{
    uint32_t broker;
    uint64_t score = 0;
    uint64_t ramp = 0;
    uint64_t probes = 0;
    struct routing_post post = {.reason = command_value(call, "reason")};
    struct span router = command_value(call, "router");
    if (!command_broker(call, "broker", &broker) || !read_breaker(call, &post.breaker) ||
        !command_number(call, "score", 0, ROUTING_SCORE_MAX, &score) ||
        !command_number(call, "ramp", 0, ROUTING_PERMILLE, &ramp) ||
        !command_number(call, "probes", 0, ROUTING_PROBES_MAX, &probes) ||
        !read_figures(call, &post.figures)) {
        return false;
    }
    if (router.size > ENGINE_NAME_BYTES_MAX) {
        return command_refused(call, "'router' has at most 63 bytes");
    }
    if (!routing_router_may_post(call->engine, router)) {
        text_add(text_add(&call->out->answer, ROUTING_OTHER_POSTS ": "),
                 call->engine->routing.router);
        return command_refused(call, "; it takes another one when it was silent for 5 s");
    }
    post.score = (uint32_t)score;
    post.ramp = (uint32_t)ramp;
    post.probes = (uint32_t)probes;
    routing_post(call->engine, broker, &post);
    return command_done(call, "");
}

const struct command_spec broker_commands[] = {
    {.name = "broker.list",
     .may = MAY_VIEW,
     .arguments = "",
     .help = "all brokers: what people want beside what is measured, what is open and in doubt",
     .run = broker_list},
    {.name = "broker.show",
     .may = MAY_VIEW,
     .arguments = "broker",
     .help = "one broker: each state, since when, and why",
     .run = broker_show},
    {.name = "broker.auto",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "broker reason?",
     .help = "new orders go there as measured",
     .run = broker_auto},
    {.name = "broker.drain",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "broker reason?",
     .help = "no new orders; what is there goes on. broker.list says when it is drained",
     .run = broker_drain},
    {.name = "broker.maintenance",
     .may = MAY_OPERATE,
     .changes = true,
     .arguments = "broker reason?",
     .help = "no new orders, and its sessions may be down",
     .run = broker_maintenance},
    {.name = "broker.open",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker reason",
     .help = "forces its breaker open: no new orders, whatever is measured",
     .run = broker_open},
    {.name = "broker.close",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker reason",
     .help = "forces its breaker closed: new orders, whatever is measured",
     .run = broker_close},
    {.name = "broker.thaw",
     .may = MAY_OPERATE,
     .changes = true,
     .two_persons = true,
     .arguments = "broker reason",
     .help = "new orders may go to a frozen broker again",
     .run = broker_thaw,
     .plan = thaw_plan},
    {.name = "broker.weight",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker weight?",
     .help = "its share of new orders; without a number that of the configuration",
     .run = broker_weight},
    {.name = "broker.capacity",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker capacity?",
     .help = "unacknowledged orders at most, 0 for any number; without one as configured",
     .run = broker_capacity},
    /* Each post comes every second: what it changes is an event of its own (RT.<broker>). */
    {.name = "broker.measure",
     .may = MAY_SERVE,
     .arguments = "broker breaker score ramp probes? reason? router? latency-us? pending? orders? "
                  "failed?",
     .help = "what the router posts: breaker, score and ramp in thousandths, probes that may go",
     .run = broker_measure},
    {.name = NULL},
};
