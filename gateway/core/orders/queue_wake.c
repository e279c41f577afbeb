/* Who can take what waits: what sets the queue moving, and what holds it. */
#include "gateway/core/orders/queue_parts.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/sessions/links.h"

static const uint32_t all_brokers = UINT32_MAX;

/* The walk begins anew for these brokers. */
static void wake(struct engine *engine, uint32_t brokers)
{
    engine->queue_walk = engine->queued_count > 0;
    engine->queue_next = 0;
    engine->queue_for = engine->queue_walk ? engine->queue_for | brokers : 0;
}

static void notice_link(struct engine *engine, struct link *link)
{
    bool can_send_new = link_can_send(engine, link, LINK_NEW);
    bool can_send_change = link_can_send(engine, link, LINK_CHANGE);
    if ((can_send_new && !link->could_send_new) || (can_send_change && !link->could_send_change)) {
        wake(engine, UINT32_C(1) << link->config->broker);
    }
    link->could_send_new = can_send_new;
    link->could_send_change = can_send_change;
}

void queue_notice(struct engine *engine)
{
    struct routing_table *table = &engine->routing;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        notice_link(engine, &engine->links[number]);
    }
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        bool takes = routing_takes(engine, broker);
        if (takes && !table->brokers[broker].could_take) {
            wake(engine, UINT32_C(1) << broker);
        }
        table->brokers[broker].could_take = takes;
    }
    if (table->changed) {
        table->changed = false;
        wake(engine, all_brokers);
    }
}

/* The broker could take one of the entries. */
static bool broker_moves(const struct engine *engine, uint32_t broker)
{
    if (routing_takes(engine, broker)) {
        return true;
    }
    bool moves = false;
    for (uint32_t number = 0;
         !moves && engine->queued_changes > 0 && number < engine->config->sessions_count;
         number++) {
        const struct link *link = &engine->links[number];
        moves = link->config->broker == broker && link_can_send(engine, link, LINK_CHANGE);
    }
    return moves;
}

bool queue_some_move(const struct engine *engine, uint32_t brokers)
{
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        if ((brokers >> broker & 1) != 0 && broker_moves(engine, broker)) {
            return true;
        }
    }
    return false;
}

bool queue_rates_hold(const struct engine *engine)
{
    bool held = false;
    if (queue_some_move(engine, all_brokers)) {
        return false;
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        held = held || link_held_by_rate(engine, &engine->links[number]);
    }
    return held;
}

void queue_forget(struct engine *engine)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        struct link *link = &engine->links[number];
        link->could_send_new = link->could_send_new && link_can_send(engine, link, LINK_NEW);
        link->could_send_change =
            link->could_send_change && link_can_send(engine, link, LINK_CHANGE);
    }
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        struct routing_broker *row = &engine->routing.brokers[broker];
        row->could_take = row->could_take && routing_takes(engine, broker);
    }
}
