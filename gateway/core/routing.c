#include "gateway/core/routing.h"

#include "gateway/core/attempts.h"

static uint32_t weight_of(const struct engine *engine, const struct link *link)
{
    return engine->config->brokers[link->config->broker].weight;
}

static bool takes_orders(const struct engine *engine, const struct link *link)
{
    return link->config->role == ROLE_ORDERS && link_can_send(engine, link, LINK_NEW);
}

struct link *routing_choose(struct engine *engine, const struct order *order)
{
    struct link *chosen = NULL;
    int64_t total = 0;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        struct link *link = &engine->links[number];
        struct text fault = {.size = 0};
        uint32_t weight = weight_of(engine, link);
        if (weight == 0 || !takes_orders(engine, link) ||
            !attempt_fits(engine, order, link, &fault)) {
            continue;
        }
        link->current_weight += weight;
        total += weight;
        if (chosen == NULL || link->current_weight > chosen->current_weight) {
            chosen = link;
        }
    }
    if (chosen != NULL) {
        chosen->current_weight -= total;
    }
    return chosen;
}

bool routing_possible(const struct engine *engine)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (takes_orders(engine, &engine->links[number])) {
            return true;
        }
    }
    return false;
}

bool routing_fits_any(struct engine *engine, const struct order *order, struct text *fault)
{
    text_add(fault, "no broker with a weight and an orders session is configured");
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        struct link *link = &engine->links[number];
        if (link->config->role == ROLE_ORDERS && weight_of(engine, link) > 0 &&
            attempt_fits(engine, order, link, fault)) {
            return true;
        }
    }
    return false;
}
