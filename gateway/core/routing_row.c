/* One broker's row of the routing table: its words, its freeze, whether it allows new orders. */
#include "gateway/core/bus.h"

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

    struct text text = {.size = 0};
    const char *name = engine->config->brokers[broker].name;
    text_add(text_add(&text, name), " is frozen, it gets no new order until a person thaws it: ");
    bus_alert(engine, "critical", span_text(name), span_of(NULL, 0),
              text_span(text_add(&text, reason)));
}

static const char *not_wanted(const struct routing_broker *row)
{
    switch (row->admin) {
    case BROKER_DRAIN:
        return "it is drained by an operator";
    case BROKER_MAINTENANCE:
        return "it is under maintenance";
    case BROKER_FORCED_OPEN:
        return "its breaker is forced open by an operator";
    case BROKER_CANARY:
        return row->canaries > 0 ? NULL : "its canary orders are out";
    case BROKER_AUTO:
    case BROKER_FORCED_CLOSED:
        break;
    }
    return NULL;
}

static const char *not_healthy(const struct routing_broker *row)
{
    switch (row->breaker) {
    case BREAKER_OPEN:
        return "its breaker is open";
    case BREAKER_HALF_OPEN:
        return row->probes > 0 ? NULL : "its breaker is half open and its probe orders are out";
    case BREAKER_CLOSED:
        break;
    }
    return NULL;
}

bool routing_allows(const struct engine *engine, uint32_t broker, struct text *why)
{
    const struct routing_broker *row = &engine->routing.brokers[broker];
    ASSERT(broker < engine->config->brokers_count);
    const char *reason = not_wanted(row);
    const char *more = "";
    if (reason == NULL && row->frozen) {
        reason = "it is frozen: ";
        more = row->frozen_reason;
    }
    if (reason == NULL && row->admin != BROKER_FORCED_CLOSED) {
        reason = not_healthy(row);
    }
    if (reason != NULL && why != NULL) {
        text_add(text_add(why, reason), more);
    }
    return reason == NULL;
}
