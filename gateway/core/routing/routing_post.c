#include "gateway/core/routing/routing_post.h"

#include "fix/tags.h"
#include "gateway/core/engine/bus.h"

enum { POST_TIMESTAMP_DIGITS = 6 };

#define ROUTER_KEPT_NS (ROUTING_ROUTER_KEPT_MS * UINT64_C(1000000))

/* --- Which router -------------------------------------------------------------- */

static bool is_since(const struct engine *engine, uint64_t instant_ns)
{
    return instant_ns != 0 && engine->now_ns < instant_ns + ROUTER_KEPT_NS;
}

bool routing_add_rival(const struct engine *engine, struct text *text)
{
    const struct routing_table *table = &engine->routing;
    if (!is_since(engine, table->refused_ns)) {
        return false;
    }
    text_add(text_add(text, "two routers: "),
             table->router[0] != '\0' ? table->router : "one without a name");
    text_add(text_add(text, " posts, and "), table->refused);
    text_add(text, " is refused; run one: as a thread ([ROUTER] Run=Y), or as `fixgate service "
                   "router`");
    return true;
}

bool routing_router_may_post(struct engine *engine, struct span router)
{
    struct routing_table *table = &engine->routing;
    ASSERT(router.size <= ENGINE_NAME_BYTES_MAX);
    if (!is_since(engine, table->heard_ns) || span_is(router, table->router)) {
        span_to_text(router, table->router, sizeof(table->router));
        table->heard_ns = engine->now_ns;
        return true;
    }
    struct span name = router.size > 0 ? router : span_text("one without a name");
    bool told = is_since(engine, table->refused_ns) && span_is(name, table->refused);
    span_to_text(name, table->refused, sizeof(table->refused));
    table->refused_ns = engine->now_ns;
    if (!told) {
        struct text text = {.size = 0};
        (void)routing_add_rival(engine, &text);
        bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&text));
    }
    return false;
}

/* --- Posts -------------------------------------------------------------------- */

void routing_event(struct engine *engine, uint32_t broker, enum breaker_state before,
                   struct span operator_name, struct span reason)
{
    const struct routing_broker *row = &engine->routing.brokers[broker];
    struct span name = span_text(engine->config->brokers[broker].name);
    struct builder builder;
    bus_begin(engine, &builder, MSG_RoutingEvent, span_of(NULL, 0));
    builder_span(&builder, TAG_Broker, name);
    builder_text(&builder, TAG_BreakerState, breaker_state_name(row->breaker));
    builder_text(&builder, TAG_BreakerStateBefore, breaker_state_name(before));
    builder_text(&builder, TAG_BrokerAdmin, broker_admin_name(row->admin));
    builder_bool(&builder, TAG_BrokerFrozen, row->frozen);
    if (operator_name.size > 0) {
        builder_span(&builder, TAG_Operator, operator_name);
    }
    if (reason.size > 0) {
        builder_span(&builder, TAG_Reason, reason);
    }
    builder_timestamp(&builder, TAG_TransactTime, engine->now_ns, POST_TIMESTAMP_DIGITS);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("RT", name, span_of(NULL, 0));
    bus_end(engine, &builder, text_span(&topic));
}

static void log_breaker(struct engine *engine, uint32_t broker, enum breaker_state before)
{
    const struct routing_broker *row = &engine->routing.brokers[broker];
    struct text line = {.size = 0};
    text_add(text_add(&line, "breaker of "), engine->config->brokers[broker].name);
    text_add(text_add(&line, ": "), breaker_state_name(before));
    text_add(text_add(&line, " -> "), breaker_state_name(row->breaker));
    text_add(text_add(&line, row->reason[0] != '\0' ? ": " : ""), row->reason);
    engine_log(engine, SEVERITY_WARNING, &line);
}

/* A post may have been made before the latest probe went out, so that within one HALF_OPEN their
 * number never grows. */
static uint32_t probes_of(const struct routing_broker *row, const struct routing_post *post)
{
    if (post->breaker != BREAKER_HALF_OPEN) {
        return 0;
    }
    bool again = row->breaker == BREAKER_HALF_OPEN;
    return again && row->probes < post->probes ? row->probes : post->probes;
}

static void heard(struct engine *engine)
{
    struct routing_table *table = &engine->routing;
    table->posted_ns = engine->now_ns;
    if (table->silent) {
        table->silent = false;
        bus_alert(engine, "info", span_of(NULL, 0), span_of(NULL, 0),
                  span_text("the router posts again: breakers and scores follow it"));
    }
}

void routing_post(struct engine *engine, uint32_t broker, const struct routing_post *post)
{
    struct routing_broker *row = &engine->routing.brokers[broker];
    enum breaker_state before = row->breaker;
    uint32_t probes = probes_of(row, post);
    ASSERT(broker < engine->config->brokers_count);
    ASSERT(post->score <= ROUTING_SCORE_MAX);
    ASSERT(post->ramp <= ROUTING_PERMILLE);
    heard(engine);
    bool first = row->posted_ns == 0;
    row->posted_ns = engine->now_ns;
    row->figures = post->figures;
    span_to_text(post->reason, row->reason, sizeof(row->reason));
    /* Words that tell of new figures alone are not worth a write. */
    if (!first && row->breaker == post->breaker && row->score == post->score &&
        row->ramp == post->ramp && row->probes == probes) {
        return;
    }
    row->breaker = post->breaker;
    row->score = post->score;
    row->ramp = post->ramp;
    row->probes = probes;
    row->breaker_ns = before != row->breaker ? engine->now_ns : row->breaker_ns;
    routing_table_save_broker(engine, broker);
    if (before != row->breaker) {
        log_breaker(engine, broker, before);
        routing_event(engine, broker, before, span_of(NULL, 0), span_text(row->reason));
    }
}

/* --- A router that is silent ----------------------------------------------------- */

static uint64_t silent_at_ns(const struct engine *engine)
{
    const struct routing_table *table = &engine->routing;
    if (table->posted_ns == 0 || engine->config->router_post_max_age_ns == 0) {
        return UINT64_MAX;
    }
    return table->posted_ns + engine->config->router_post_max_age_ns;
}

bool routing_is_stale(const struct engine *engine, uint32_t broker)
{
    const struct routing_table *table = &engine->routing;
    uint64_t posted_ns = table->brokers[broker].posted_ns;
    uint64_t age_ns = engine->config->router_post_max_age_ns;
    /* It may post for others and not for this one. */
    return posted_ns > 0 &&
           (table->silent || (age_ns > 0 && table->posted_ns > posted_ns + age_ns));
}

/* "ALPHA is OPEN, BETA is HALF_OPEN": what stays as it is until a person or the router moves it. */
static void add_stuck(const struct engine *engine, struct text *text)
{
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        const struct routing_broker *row = &engine->routing.brokers[broker];
        if (row->posted_ns > 0 && row->breaker != BREAKER_CLOSED) {
            text_add(text_add(text, "; "), engine->config->brokers[broker].name);
            text_add(text_add(text, " stays "), breaker_state_name(row->breaker));
        }
    }
}

static void tell_ignored(struct engine *engine)
{
    struct text *names = &engine->routing.start_ignored;
    struct text text = {.size = 0};
    text_add(&text, "the routing table in the store names what the configuration has no more, and "
                    "it is ignored: ");
    text_add_span(&text, text_span(names));
    bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&text));
    names->size = 0;
}

void routing_tick(struct engine *engine)
{
    struct routing_table *table = &engine->routing;
    if (table->start_ignored.size > 0) {
        tell_ignored(engine);
    }
    if (table->silent || engine->now_ns < silent_at_ns(engine)) {
        return;
    }
    table->silent = true;
    struct text text = {.size = 0};
    text_add(&text, "the router posts no more: its last table stays in force, and brokers that "
                    "cannot take orders are left out all the same");
    add_stuck(engine, &text);
    bus_alert(engine, "critical", span_of(NULL, 0), span_of(NULL, 0), text_span(&text));
}

uint64_t routing_deadline_ns(const struct engine *engine)
{
    const struct routing_table *table = &engine->routing;
    if (table->start_ignored.size > 0) {
        return engine->now_ns;
    }
    return table->silent ? UINT64_MAX : silent_at_ns(engine);
}
