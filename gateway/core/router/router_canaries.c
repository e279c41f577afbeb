/* Canary orders: a broker that is quiet is asked by a small order whether it answers orders. */
#include "gateway/core/router/router_parts.h"

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Whether a broker that owes an answer is dead is to be known soon: the next one does not wait for
 * the interval. */
static uint64_t pause_ns(const struct router *router, const struct breaker *breaker)
{
    bool soon = breaker->state == BREAKER_HALF_OPEN || breaker->in_row > 0;
    return soon ? router->settings->probe_pause_ns : router->settings->canary.interval_ns;
}

/* An order on its way tells as much, until it is overdue. */
static bool is_wanted(const struct router *router, uint32_t number)
{
    const struct router_broker *broker = &router->brokers[number];
    const struct breaker *breaker = &broker->breaker;
    uint64_t quiet_ns = latest(broker->heard_ns, broker->canary_ns);
    if (!breaker->ready || pending_due_sent_ns(&router->pending, number) != UINT64_MAX) {
        return false;
    }
    switch (breaker->state) {
    case BREAKER_OPEN:
        return false;
    case BREAKER_HALF_OPEN:
        quiet_ns = latest(quiet_ns, breaker->since_ns);
        if (breaker->probes_sent >= breaker_probes(breaker)) {
            return false;
        }
        break;
    case BREAKER_CLOSED:
        break;
    }
    return router->now_ns - quiet_ns >= pause_ns(router, breaker);
}

bool router_canary_next(struct router *router, uint32_t *number)
{
    const struct router_settings *settings = router->settings;
    if (settings->canary.symbol == NULL || settings->shadow || !router->live) {
        return false;
    }
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        if (is_wanted(router, i)) {
            *number = i;
            return true;
        }
    }
    return false;
}

void router_canary_sent(struct router *router, uint32_t number)
{
    ASSERT(number < router->brokers_count);
    router->brokers[number].canary_ns = router->now_ns;
}
