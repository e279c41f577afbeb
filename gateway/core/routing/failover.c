#include "gateway/core/routing/failover.h"

#include "gateway/core/commands/audit.h"
#include "gateway/core/orders/order.h"
#include "gateway/core/routing/failover_parts.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/routing/routing_post.h"

#define SECOND_NS        UINT64_C(1000000000)
#define LOOK_INTERVAL_NS (SECOND_NS / 10)

/* --- Telling --------------------------------------------------------------------------------- */

static void tell(struct engine *engine, struct span operator_name, const char *severity)
{
    const struct failover *failover = &engine->failover;
    struct text text = {.size = 0};
    text_add(&text, failover->drill ? "failover drill " : "failover ");
    text_add(text_add_uint(&text, failover->number), ", ");
    text_add(text_add(&text, failover_broker(engine, failover->from)), " to ");
    text_add(text_add(&text, failover_broker(engine, failover->to)), ": ");
    text_add(&text, failover_step_name(failover->step));
    text_add(text_add(&text, failover->stopped ? ", stopped: " : ": "), failover->state);
    audit_add(engine, &(struct audit){.instant_ns = engine->now_ns,
                                      .operator_name = operator_name,
                                      .command = span_text("failover.step"),
                                      .object = span_text(failover_step_name(failover->step)),
                                      .carried_out = true,
                                      .outcome = text_span(&text)});
    bus_alert(engine, severity, span_text(failover_broker(engine, failover->from)),
              span_of(NULL, 0), text_span(&text));
}

static void say(struct engine *engine, const struct text *words)
{
    span_to_text(text_span(words), engine->failover.state, sizeof(engine->failover.state));
}

static void enter(struct engine *engine, enum failover_step step, const struct text *words,
                  struct span operator_name)
{
    engine->failover.step = step;
    engine->failover.step_ns = engine->now_ns;
    engine->failover.stopped = false;
    say(engine, words);
    failover_store(engine);
    tell(engine, operator_name, "warning");
}

/* A person has to decide. */
static void stop(struct engine *engine, const char *words)
{
    struct text text = {.size = 0};
    text_add(text_add(&text, words), "; say failover.continue or failover.abort");
    engine->failover.stopped = true;
    say(engine, &text);
    failover_store(engine);
    tell(engine, span_text("engine"), "critical");
}

/* --- Moving the table ------------------------------------------------------------------------- */

static void set_admin(struct engine *engine, uint32_t broker, enum broker_admin admin)
{
    struct routing_broker *row = &engine->routing.brokers[broker];
    row->admin = admin;
    row->admin_ns = engine->now_ns;
    span_to_text(span_text(engine->failover.approver), row->admin_by, sizeof(row->admin_by));
    routing_table_save_broker(engine, broker);
    routing_event(engine, broker, row->breaker, span_text(engine->failover.approver),
                  span_text(engine->failover.reason));
}

static void set_ramp(struct engine *engine, uint32_t permille)
{
    struct routing_broker *row = &engine->routing.brokers[engine->failover.to];
    row->switch_ramp = permille;
    routing_table_save_broker(engine, engine->failover.to);
}

/* --- The steps ---------------------------------------------------------------------------------
 */

static void note_mode(struct engine *engine)
{
    struct failover *failover = &engine->failover;
    /* A primary that the configuration has no more cannot be gone back to. */
    bool has_primary = engine->routing.primary < engine->config->brokers_count;
    failover->mode = engine->routing.mode;
    failover->primary = has_primary ? engine->routing.primary : failover->from;
}

void failover_begin(struct engine *engine)
{
    struct failover *failover = &engine->failover;
    struct failover_picture picture = failover_look(engine, failover->from);
    struct text words = {.size = 0};
    note_mode(engine);
    failover->from_admin = engine->routing.brokers[failover->from].admin;
    failover->to_admin = engine->routing.brokers[failover->to].admin;
    failover->began_ns = engine->now_ns;
    set_admin(engine, failover->from, BROKER_DRAIN);
    text_add(text_add(&words, "no new orders go to "), failover_broker(engine, failover->from));
    text_add(&words, " any more; ");
    failover_picture_text(&picture, &words);
    enter(engine, FAILOVER_QUIESCE, &words, span_text(failover->approver));
}

static void resolve(struct engine *engine, struct span operator_name)
{
    struct failover_picture picture = failover_look(engine, engine->failover.from);
    struct text words = {.size = 0};
    failover_picture_text(&picture, &words);
    engine->failover.look_ns = engine->now_ns;
    enter(engine, FAILOVER_RESOLVE, &words, operator_name);
}

static void ramp(struct engine *engine, struct span operator_name)
{
    struct failover *failover = &engine->failover;
    struct text words = {.size = 0};
    set_admin(engine, failover->to, BROKER_AUTO);
    if (failover->ramp_seconds == 0) {
        text_add(text_add(&words, "new orders go to "), failover_broker(engine, failover->to));
        enter(engine, FAILOVER_DONE, &words, operator_name);
        return;
    }
    set_ramp(engine, FAILOVER_RAMP_LEAST);
    text_add(text_add(&words, "the share of "), failover_broker(engine, failover->to));
    text_add(text_add_uint(text_add(&words, " grows to all within "), failover->ramp_seconds),
             " s");
    enter(engine, FAILOVER_RAMP, &words, operator_name);
}

/* `to` takes over; durable with the canaries that it may get. */
static void take_over(struct engine *engine, struct span operator_name)
{
    struct failover *failover = &engine->failover;
    struct text words = {.size = 0};
    if (engine->routing.mode == ROUTING_PRIMARY_BACKUP) {
        engine->routing.primary = failover->to;
        routing_table_save(engine);
    }
    text_add(text_add(&words, failover_broker(engine, failover->to)), " takes over");
    enter(engine, FAILOVER_SWITCH, &words, operator_name);
    if (failover->canaries == 0) {
        ramp(engine, operator_name);
        return;
    }
    engine->routing.brokers[failover->to].canaries = (uint32_t)failover->canaries;
    failover->canary_first = engine->counters.attempt;
    set_admin(engine, failover->to, BROKER_CANARY);
    words.size = 0;
    text_add_uint(text_add(&words, "the first "), failover->canaries);
    text_add(text_add(&words, " orders go to "), failover_broker(engine, failover->to));
    text_add(&words, ", the others wait for its word on them");
    enter(engine, FAILOVER_CANARY, &words, operator_name);
}

static uint64_t step_age_ns(const struct engine *engine)
{
    uint64_t began_ns = engine->failover.step_ns;
    return engine->now_ns > began_ns ? engine->now_ns - began_ns : 0;
}

/* Its word is waited for only as long as it can come. */
static void quiesce_tick(struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    if (routing_unacked(engine, failover->from) == 0 ||
        !failover_broker_is_there(engine, failover->from) ||
        step_age_ns(engine) >= failover->quiesce_seconds * SECOND_NS) {
        resolve(engine, span_text("engine"));
    }
}

static void resolve_tick(struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    bool late = step_age_ns(engine) >= failover->quiesce_seconds * SECOND_NS;
    if (!late && engine->now_ns < failover->look_ns) {
        return; /* There may be thousands of them: not in every turn. */
    }
    engine->failover.look_ns = engine->now_ns + LOOK_INTERVAL_NS;
    struct failover_picture picture = failover_look(engine, failover->from);
    if (!failover_broker_is_there(engine, failover->to)) {
        if (late) {
            stop(engine, "the broker that is to take over is not there");
        }
        return;
    }
    if ((picture.undecided == 0 && picture.dead == 0) || late) {
        take_over(engine, span_text("engine"));
    }
}

static void canary_tick(struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    uint32_t left = engine->routing.brokers[failover->to].canaries;
    if (left == 0 && routing_unacked(engine, failover->to) == 0) {
        ramp(engine, span_text("engine"));
    } else if (step_age_ns(engine) >= failover->canary_seconds * SECOND_NS) {
        stop(engine, left > 0 ? "not all canary orders have gone out"
                              : "not all canary orders have the broker's word");
    }
}

/* Ten ticks of the ramp, each durable, so that the share never falls behind a crash. */
static uint32_t ramp_due(const struct engine *engine)
{
    uint64_t whole_ns = engine->failover.ramp_seconds * SECOND_NS;
    ASSERT(whole_ns > 0);
    uint64_t age_ns = step_age_ns(engine) < whole_ns ? step_age_ns(engine) : whole_ns;
    uint64_t ticks = age_ns * FAILOVER_RAMP_TICKS / whole_ns;
    uint64_t above = (ROUTING_PERMILLE - FAILOVER_RAMP_LEAST) * ticks / FAILOVER_RAMP_TICKS;
    return FAILOVER_RAMP_LEAST + (uint32_t)above;
}

static void ramp_tick(struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    uint32_t due = ramp_due(engine);
    if (due == engine->routing.brokers[failover->to].switch_ramp) {
        return;
    }
    if (due < ROUTING_PERMILLE) {
        set_ramp(engine, due);
        return;
    }
    struct text words = {.size = 0};
    set_ramp(engine, 0);
    text_add(text_add(&words, "new orders go to "), failover_broker(engine, failover->to));
    enter(engine, FAILOVER_DONE, &words, span_text("engine"));
}

void failover_tick(struct engine *engine)
{
    if (engine->failover.stopped || engine_turn_full(engine)) {
        return;
    }
    switch (engine->failover.step) {
    case FAILOVER_QUIESCE:
        quiesce_tick(engine);
        return;
    case FAILOVER_RESOLVE:
        resolve_tick(engine);
        return;
    case FAILOVER_SWITCH: /* Left in the step that entered it. */
    case FAILOVER_CANARY:
        canary_tick(engine);
        return;
    case FAILOVER_RAMP:
        ramp_tick(engine);
        return;
    case FAILOVER_NONE:
    case FAILOVER_DONE:
    case FAILOVER_ABORTED:
        return;
    }
}

uint64_t failover_deadline_ns(const struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    if (failover->stopped) {
        return UINT64_MAX;
    }
    switch (failover->step) {
    case FAILOVER_QUIESCE:
        return failover->step_ns + failover->quiesce_seconds * SECOND_NS;
    case FAILOVER_RESOLVE: {
        uint64_t end_ns = failover->step_ns + failover->quiesce_seconds * SECOND_NS;
        return failover->look_ns < end_ns ? failover->look_ns : end_ns;
    }
    case FAILOVER_SWITCH:
    case FAILOVER_CANARY:
        return failover->step_ns + failover->canary_seconds * SECOND_NS;
    case FAILOVER_RAMP: {
        uint64_t tick_ns = failover->ramp_seconds * SECOND_NS / FAILOVER_RAMP_TICKS;
        return failover->step_ns + (step_age_ns(engine) / tick_ns + 1) * tick_ns;
    }
    case FAILOVER_NONE:
    case FAILOVER_DONE:
    case FAILOVER_ABORTED:
        return UINT64_MAX;
    }
    return UINT64_MAX;
}

/* --- What people say ----------------------------------------------------------------------------
 */

void failover_go_on(struct engine *engine, struct span operator_name)
{
    switch (engine->failover.step) {
    case FAILOVER_QUIESCE:
        resolve(engine, operator_name);
        return;
    case FAILOVER_RESOLVE:
        take_over(engine, operator_name);
        return;
    case FAILOVER_SWITCH:
    case FAILOVER_CANARY:
        ramp(engine, operator_name);
        return;
    case FAILOVER_RAMP: {
        struct text words = {.size = 0};
        set_ramp(engine, 0);
        text_add(&words, "the ramp was cut short");
        enter(engine, FAILOVER_DONE, &words, operator_name);
        return;
    }
    case FAILOVER_NONE:
    case FAILOVER_DONE:
    case FAILOVER_ABORTED:
        ASSERT(false);
    }
}

void failover_abort(struct engine *engine, struct span operator_name, struct span reason)
{
    struct failover *failover = &engine->failover;
    struct text words = {.size = 0};
    /* In a mode that people chose meanwhile it has made nobody the primary. */
    if (engine->routing.mode == ROUTING_PRIMARY_BACKUP &&
        failover->mode == ROUTING_PRIMARY_BACKUP && engine->routing.primary == failover->to) {
        engine->routing.primary = failover->primary;
        routing_table_save(engine);
    }
    engine->routing.brokers[failover->to].canaries = 0;
    set_ramp(engine, 0);
    set_admin(engine, failover->to, failover->to_admin);
    set_admin(engine, failover->from, failover->from_admin);
    text_add_span(text_add(&words, "all is as before; what went out meanwhile stays where it is: "),
                  reason);
    enter(engine, FAILOVER_ABORTED, &words, operator_name);
}

void failover_admin_changed(struct engine *engine, uint32_t broker)
{
    struct failover *failover = &engine->failover;
    enum broker_admin admin = engine->routing.brokers[broker].admin;
    bool is_to = broker == failover->to;
    if (!failover_runs(failover) || (!is_to && broker != failover->from)) {
        return;
    }
    *(is_to ? &failover->to_admin : &failover->from_admin) = admin;
    bool unwanted =
        admin == BROKER_DRAIN || admin == BROKER_MAINTENANCE || admin == BROKER_FORCED_OPEN;
    if (is_to && unwanted && !failover->stopped) {
        stop(engine, "people let no order go to the broker that is to take over");
        return;
    }
    failover_store(engine);
}

void failover_mode_changed(struct engine *engine)
{
    if (failover_runs(&engine->failover)) {
        note_mode(engine);
        failover_store(engine);
    }
}

void failover_canary_died(struct engine *engine, const struct order *order)
{
    const struct failover *failover = &engine->failover;
    struct routing_broker *row = &engine->routing.brokers[failover->to];
    bool canary = failover->step == FAILOVER_CANARY && row->admin == BROKER_CANARY &&
                  order->unacked && order->attempt_number >= failover->canary_first &&
                  span_is(order->broker, failover_broker(engine, failover->to));
    if (canary && row->canaries < failover->canaries) {
        row->canaries += 1;
        routing_table_save_broker(engine, failover->to);
    }
}

const char *failover_step_name(enum failover_step step)
{
    static const char *const names[] = {
#define X(name) #name,
        FAILOVER_STEPS(X)
#undef X
    };
    ASSERT(step < ARRAY_LEN(names));
    return names[step];
}
