/* One broker's row of the routing table: its words, its freeze, whether it allows new orders. */
#include "gateway/core/engine/bus.h"
#include "gateway/core/routing/routing_post.h"

/* --- Names ------------------------------------------------------------------- */

const char *broker_admin_name(enum broker_admin admin)
{
    static const char *const names[] = {
#define X(name) #name,
        BROKER_ADMINS(X)
#undef X
    };
    ASSERT((size_t)admin < ARRAY_LEN(names));
    return names[admin];
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {
#define X(name) #name,
        BREAKER_STATES(X)
#undef X
    };
    ASSERT((size_t)state < ARRAY_LEN(names));
    return names[state];
}

const char *routing_mode_name(enum routing_mode mode)
{
    static const char *const names[] = {
#define X(name) #name,
        ROUTING_MODES(X)
#undef X
    };
    ASSERT((size_t)mode < ARRAY_LEN(names));
    return names[mode];
}

/* --- What a row says ---------------------------------------------------------- */

void routing_freeze(struct engine *engine, uint32_t broker, const char *reason)
{
    struct routing_broker *row = &engine->routing.brokers[broker];
    ASSERT(broker < engine->config->brokers_count);
    if (row->frozen) {
        return;
    }
    row->frozen = true;
    row->frozen_ns = engine->now_ns;
    span_to_text(span_text(reason), row->frozen_reason, sizeof(row->frozen_reason));
    routing_table_save_broker(engine, broker);
    routing_event(engine, broker, row->breaker, span_of(NULL, 0), span_text(reason));

    struct text text = {.size = 0};
    const char *name = engine->config->brokers[broker].name;
    text_add(text_add(&text, name), " is frozen, it gets no new order until a person thaws it: ");
    bus_alert(engine, "critical", span_text(name), span_of(NULL, 0),
              text_span(text_add(&text, reason)));
}

static enum decision_cause wish_cause(const struct routing_broker *row)
{
    switch (row->admin) {
    case BROKER_DRAIN:
        return CAUSE_DRAIN;
    case BROKER_MAINTENANCE:
        return CAUSE_MAINTENANCE;
    case BROKER_FORCED_OPEN:
        return CAUSE_FORCED_OPEN;
    case BROKER_CANARY:
        return row->canaries > 0 ? CAUSE_NONE : CAUSE_CANARIES_OUT;
    case BROKER_AUTO:
    case BROKER_FORCED_CLOSED:
        break;
    }
    return CAUSE_NONE;
}

static enum decision_cause breaker_cause(const struct routing_broker *row)
{
    switch (row->breaker) {
    case BREAKER_OPEN:
        return CAUSE_OPEN;
    case BREAKER_HALF_OPEN:
        return row->probes > 0 ? CAUSE_NONE : CAUSE_PROBES_OUT;
    case BREAKER_CLOSED:
        break;
    }
    return CAUSE_NONE;
}

enum decision_cause routing_row_cause(const struct routing_broker *row)
{
    enum decision_cause cause = wish_cause(row);
    if (cause == CAUSE_NONE && row->frozen) {
        cause = CAUSE_FROZEN;
    }
    if (cause == CAUSE_NONE && routing_row_measured(row)) {
        cause = breaker_cause(row);
    }
    if (cause == CAUSE_NONE && row->weight == 0) {
        cause = CAUSE_NO_WEIGHT;
    }
    return cause;
}

bool routing_allows(const struct engine *engine, uint32_t broker, struct text *why)
{
    ASSERT(broker < engine->config->brokers_count);
    enum decision_cause cause = routing_row_cause(&engine->routing.brokers[broker]);
    if (cause != CAUSE_NONE && why != NULL) {
        text_add(why, decision_cause_words(cause));
    }
    return cause == CAUSE_NONE;
}
