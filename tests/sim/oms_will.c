/* What a client does by itself: orders now and then, and more on each of them later. */
#include "tests/sim/oms_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum deed {
    DEED_CANCEL,
    DEED_REPLACE,
    DEED_STATUS,
    DEED_AGAIN,
    DEED_CHANGED,
};

enum {
    BLIND_PERMILLE = 150,     /* Of cancels and replaces: whatever it knows of the order. */
    WRONG_ORIG_PERMILLE = 80, /* Name another ClOrdID than the latest. */
    TWICE_PERMILLE = 150,     /* Two at once: the second comes too early. */
    UNKNOWN_PERMILLE = 200,   /* Status requests on what nobody ever gave. */
    CHANGED_EARLY_PERMILLE = 200,
};

/* At once, soon, in a while, much later: an order is met in every state it can have. */
static uint64_t draw_delay_ns(struct random *random)
{
    static const uint64_t most_ms[] = {0, 5, 500, 20000};
    uint64_t most_us = most_ms[random_below(random, ARRAY_LEN(most_ms))] * 1000;
    return random_below(random, most_us + 1) * 1000;
}

static const char *draw_orig(struct sim_oms *oms, const struct oms_order *order)
{
    struct random *random = &oms->sim->random;
    if (!random_chance(random, WRONG_ORIG_PERMILLE)) {
        return NULL;
    }
    return random_chance(random, 500) ? order->id : "nobody";
}

static void cancel(struct sim_oms *oms, uint32_t order)
{
    const char *orig = draw_orig(oms, &oms->orders[order]);
    oms_cancel(oms, order, orig);
}

static void replace(struct sim_oms *oms, uint32_t order)
{
    struct oms_terms terms = oms->orders[order].terms;
    struct oms_terms drawn;
    oms_draw_terms(oms, &drawn);
    if (random_chance(&oms->sim->random, 600)) {
        memcpy(terms.quantity, drawn.quantity, sizeof(terms.quantity));
    }
    if (terms.price[0] != '\0' && drawn.price[0] != '\0') {
        memcpy(terms.price, drawn.price, sizeof(terms.price));
    }
    if (random_chance(&oms->sim->random, 300)) {
        memcpy(terms.tif, drawn.tif, sizeof(terms.tif));
    }
    oms_replace(oms, order, draw_orig(oms, &oms->orders[order]), &terms);
}

static void change_order(struct sim_oms *oms, uint32_t order,
                         void (*how)(struct sim_oms *, uint32_t))
{
    struct random *random = &oms->sim->random;
    if (oms_order_ended(&oms->orders[order]) && !random_chance(random, BLIND_PERMILLE)) {
        return;
    }
    how(oms, order);
    if (random_chance(random, TWICE_PERMILLE)) {
        (random_chance(random, 500) ? cancel : replace)(oms, order);
    }
}

static void ask_status(struct sim_oms *oms, uint32_t order)
{
    struct random *random = &oms->sim->random;
    char id[OMS_ID_BYTES_MAX + 1];
    if (random_chance(random, UNKNOWN_PERMILLE)) {
        (void)snprintf(id, sizeof(id), "%s-unknown", oms->name);
    } else {
        const struct oms_order *of = &oms->orders[order];
        bool by_latest = random_chance(random, 500);
        memcpy(id, by_latest ? of->latest : of->id, sizeof(id));
    }
    oms_status(oms, id);
}

/* Some request of the journal, garbage too. */
static void send_again(struct sim_oms *oms)
{
    oms_send(oms, (uint32_t)random_below(&oms->sim->random, oms->requests_count));
}

/* A request that has been taken, mostly: one under way may still be overtaken by its change. */
static void send_changed(struct sim_oms *oms)
{
    uint32_t index = (uint32_t)random_below(&oms->sim->random, oms->requests_count);
    const struct oms_request *request = &oms->requests[index];
    bool early = random_chance(&oms->sim->random, CHANGED_EARLY_PERMILLE);
    if (strchr("DFG", request->kind) != NULL &&
        ((request->answered && !request->refused) || early)) {
        oms_changed(oms, index);
    }
}

static void do_deed(void *actor, uint64_t number)
{
    struct sim_oms *oms = actor;
    uint32_t order = (uint32_t)number;
    if (oms->dead || oms->mended) {
        return;
    }
    switch ((enum deed)(number >> 32)) {
    case DEED_CANCEL:
        change_order(oms, order, cancel);
        return;
    case DEED_REPLACE:
        change_order(oms, order, replace);
        return;
    case DEED_STATUS:
        ask_status(oms, order);
        return;
    case DEED_AGAIN:
        send_again(oms);
        return;
    case DEED_CHANGED:
        send_changed(oms);
        return;
    }
}

static void maybe_later(struct sim_oms *oms, unsigned permille, enum deed deed, uint32_t order)
{
    struct random *random = &oms->sim->random;
    if (random_chance(random, permille)) {
        sim_later(oms->sim, draw_delay_ns(random), do_deed, oms, (uint64_t)deed << 32 | order);
    }
}

static void place(struct sim_oms *oms)
{
    const struct sim_oms_settings *settings = &oms->settings;
    char id[OMS_ID_BYTES_MAX + 1];
    (void)snprintf(id, sizeof(id), "%s-%" PRIu32, oms->name, ++oms->orders_willed);
    uint32_t order = oms_order_add(oms, id);
    oms_draw_instrument(oms, &oms->orders[order]);
    oms_draw_terms(oms, &oms->orders[order].terms);
    oms_new(oms, order);
    maybe_later(oms, settings->replace_permille, DEED_REPLACE, order);
    maybe_later(oms, settings->cancel_permille, DEED_CANCEL, order);
    maybe_later(oms, settings->status_permille, DEED_STATUS, order);
    maybe_later(oms, settings->again_permille, DEED_AGAIN, order);
    maybe_later(oms, settings->changed_permille, DEED_CHANGED, order);
    if (random_chance(&oms->sim->random, settings->garbage_permille)) {
        oms_garbage(oms);
    }
}

static void plan_next(struct sim_oms *oms);

static void wake(void *actor, uint64_t unused)
{
    struct sim_oms *oms = actor;
    (void)unused;
    if (oms->mended) {
        return;
    }
    if (!oms->dead) {
        place(oms);
    }
    plan_next(oms);
}

static void plan_next(struct sim_oms *oms)
{
    const struct sim_oms_settings *settings = &oms->settings;
    if (oms->orders_willed < settings->orders_most) {
        uint64_t pause_ns =
            random_between(&oms->sim->random, settings->pause_least_ns, settings->pause_most_ns);
        sim_later(oms->sim, pause_ns, wake, oms, 0);
    }
}

void oms_will_begin(struct sim_oms *oms)
{
    plan_next(oms);
}
