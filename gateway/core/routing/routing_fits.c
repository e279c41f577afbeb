/* Which dictionaries take an order. Sessions share them, and order entry has asked one of them
 * already when the order is routed: each is asked once. */
#include "gateway/core/orders/attempts.h"
#include "gateway/core/routing/routing.h"

static void begin(struct routing_fits *fits, const struct engine *engine, const struct order *order)
{
    *fits = (struct routing_fits){.at_ns = engine->now_ns,
                                  .order_number = order->number,
                                  .content = order->content,
                                  .body = order->body};
}

/* It is of this very body: no other has the same place at the same instant, but for one that order
 * entry reads, and for that it begins anew. */
static bool is_of(const struct routing_fits *fits, const struct engine *engine,
                  const struct order *order)
{
    return fits->at_ns == engine->now_ns && fits->order_number == order->number &&
           fits->content == order->content && fits->body.data == order->body.data &&
           fits->body.size == order->body.size;
}

static const struct routing_fit *known(const struct routing_fits *fits,
                                       const struct session_config *fix)
{
    for (uint32_t index = 0; index < fits->count; index++) {
        const struct routing_fit *fit = &fits->list[index];
        if (fit->dictionary == fix->dictionary &&
            memcmp(&fit->validate, &fix->validate, sizeof(fit->validate)) == 0) {
            return fit;
        }
    }
    return NULL;
}

static bool ask(struct engine *engine, const struct order *order, const struct link *link,
                struct text *fault)
{
    struct routing_fits *fits = &engine->routing.fits;
    bool result = attempt_fits(engine, order, link, fault);
    if (fits->count < ROUTING_FITS_MAX) {
        fits->list[fits->count] = (struct routing_fit){.dictionary = link->config->fix.dictionary,
                                                       .validate = link->config->fix.validate,
                                                       .fits = result};
        fits->count += 1;
    }
    return result;
}

bool routing_fits(struct engine *engine, const struct order *order, const struct link *link)
{
    struct routing_fits *fits = &engine->routing.fits;
    if (order->body.size == 0) {
        return true;
    }
    if (!is_of(fits, engine, order)) {
        begin(fits, engine, order);
    }
    const struct routing_fit *fit = known(fits, &link->config->fix);
    if (fit != NULL) {
        return fit->fits;
    }
    struct text fault = {.size = 0};
    return ask(engine, order, link, &fault);
}

bool routing_fits_any(struct engine *engine, const struct order *order, struct text *fault)
{
    text_add(fault, "no broker with a weight and an orders session is configured");
    begin(&engine->routing.fits, engine, order);
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        uint32_t broker = link->config->broker;
        /* A weight that a person has set to 0 comes back; the order waits. */
        bool has_weight = engine->config->brokers[broker].weight > 0 ||
                          engine->routing.brokers[broker].weight > 0;
        if (link->config->role == ROLE_ORDERS && has_weight &&
            known(&engine->routing.fits, &link->config->fix) == NULL &&
            ask(engine, order, link, fault)) {
            return true;
        }
    }
    return false;
}
