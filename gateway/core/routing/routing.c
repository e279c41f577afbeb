#include "gateway/core/routing/routing.h"

#include "gateway/core/doubt/hunt.h"
#include "gateway/core/orders/moves.h"
#include "gateway/core/routing/routing_rules.h"

/* --- Brokers and their sessions ------------------------------------------------- */

/* An attempt of the order, which was forced away, may still live on that session. */
static bool is_hunted(const struct engine *engine, const struct order *order,
                      const struct link *link)
{
    struct span id = span_text(link->config->id);
    uint8_t order_key_bytes[ORDER_KEY_BYTES_MAX];
    struct span wanted = order_key(order_key_bytes, order->client, order->cl_ord_id);
    struct span key;
    struct span value;
    bool found = link->hunt_count > 0 && view_seek(&engine->view, TABLE_HUNT, id, &key, &value);
    while (found && key.size > id.size && memcmp(key.data, id.data, id.size) == 0 &&
           key.data[id.size] == 0) {
        if (span_equal(hunt_order_key(value), wanted)) {
            return true;
        }
        found = view_after(&engine->view, TABLE_HUNT, key, &key, &value);
    }
    return false;
}

/* On whichever of the broker's sessions. */
static bool is_hunted_there(const struct engine *engine, const struct order *order, uint32_t broker)
{
    bool hunted = false;
    for (uint32_t number = 0; !hunted && number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        hunted = link->config->broker == broker && is_hunted(engine, order, link);
    }
    return hunted;
}

/* The order was taken away from the broker, and must not come back to it. */
static bool has_left(const struct engine *engine, const struct order *order,
                     const struct link *link)
{
    const char *broker = engine->config->brokers[link->config->broker].name;
    return (order->moving && !move_may_go(engine, order, broker)) ||
           (order->forced && is_hunted_there(engine, order, link->config->broker));
}

/* Of the causes that its sessions give, the one that is nearest to being able. */
static enum decision_cause nearer(enum decision_cause a, enum decision_cause b)
{
    return a > b ? a : b;
}
_Static_assert((int)CAUSE_NO_SESSION < (int)CAUSE_AWAY && (int)CAUSE_AWAY < (int)CAUSE_BACKLOG &&
                   (int)CAUSE_BACKLOG < (int)CAUSE_RATE && (int)CAUSE_RATE < (int)CAUSE_UNFIT &&
                   (int)CAUSE_UNFIT < (int)CAUSE_LEFT,
               "causes of sessions stand in that order");

/* Without regard to the order. */
static enum decision_cause link_own_cause(const struct engine *engine, const struct link *link)
{
    if (link_can_send(engine, link, LINK_NEW)) {
        return CAUSE_NONE;
    }
    bool backed_up = link->logged_on && !link->closing &&
                     link->backlog_bytes >= link->config->backlog_bytes_high;
    return link_held_by_rate(engine, link) ? CAUSE_RATE : backed_up ? CAUSE_BACKLOG : CAUSE_AWAY;
}

static enum decision_cause link_cause(struct engine *engine, const struct order *order,
                                      const struct link *link)
{
    enum decision_cause cause = link_own_cause(engine, link);
    if (cause != CAUSE_NONE) {
        return cause;
    }
    if ((order->moving || order->forced) && has_left(engine, order, link)) {
        return CAUSE_LEFT;
    }
    return routing_fits(engine, order, link) ? CAUSE_NONE : CAUSE_UNFIT;
}

/* What the causes of a broker's sessions come to while they are gathered. */
struct gathered {
    enum decision_cause cause; /* The nearest, if none can. */
    bool sends;                /* A session was found that can. */
};

static void gather_link(struct engine *engine, const struct order *order, const struct link *link,
                        struct decision_term *term, struct gathered *gathered)
{
    uint32_t headroom = link_headroom(engine, link);
    term->unacked += link->unacked_count;
    term->backlog_bytes += link->backlog_bytes;
    term->headroom = headroom > term->headroom ? headroom : term->headroom;
    if (term->cause != CAUSE_NONE) {
        return;
    }
    enum decision_cause cause = link_cause(engine, order, link);
    if (cause != CAUSE_NONE) {
        gathered->cause = nearer(cause, gathered->cause);
        return;
    }
    if (!gathered->sends || link->current_weight > engine->links[term->link].current_weight) {
        term->link = link->number;
    }
    gathered->sends = true;
    term->able += 1;
}

static void gather_links(struct engine *engine, const struct order *order,
                         struct decision *decision)
{
    struct gathered gathered[ENGINE_BROKERS_MAX];
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        gathered[broker] = (struct gathered){.cause = CAUSE_NO_SESSION};
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        uint32_t broker = link->config->broker;
        if (link->config->role == ROLE_ORDERS) {
            gather_link(engine, order, link, &decision->terms[broker], &gathered[broker]);
        }
    }
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        struct decision_term *term = &decision->terms[broker];
        if (term->cause != CAUSE_NONE) {
            continue;
        }
        if (!gathered[broker].sends) {
            term->cause = gathered[broker].cause;
        } else if (term->capacity > 0 && term->unacked >= term->capacity) {
            term->cause = CAUSE_CAPACITY;
        }
    }
}

/* --- Shares -------------------------------------------------------------------- */

static uint32_t ramp_of(const struct routing_broker *row)
{
    uint32_t ramp = routing_row_measured(row) ? row->ramp : ROUTING_PERMILLE;
    return row->switch_ramp > 0 ? ramp * row->switch_ramp / ROUTING_PERMILLE : ramp;
}

static uint64_t weight_of(const struct decision_term *term)
{
    return (uint64_t)term->weight * term->score * term->ramp;
}

/* Each able broker's part of a million, with the warm share at least. Standings of brokers that
 * come and go stay comparable, for their sum is the same at any time. */
static void set_shares(const struct engine *engine, struct decision *decision)
{
    /* So that a part of a total below it can be multiplied by a million. */
    static const uint64_t total_max = UINT64_C(1) << 43;
    uint64_t total = 0;
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        const struct decision_term *term = &decision->terms[broker];
        total += term->cause == CAUSE_NONE ? weight_of(term) : 0;
    }
    unsigned shift = 0;
    while (total >> shift >= total_max) {
        shift++;
    }
    uint64_t warm = (uint64_t)engine->config->warm_share * (DECISION_MILLION / ROUTING_PERMILLE);
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        struct decision_term *term = &decision->terms[broker];
        if (term->cause != CAUSE_NONE) {
            continue;
        }
        uint64_t part = total >> shift > 0
                            ? (weight_of(term) >> shift) * DECISION_MILLION / (total >> shift)
                            : 0;
        part = part > warm ? part : warm;
        term->share = part > 0 ? (uint32_t)part : 1;
        term->standing += term->share;
    }
}

static uint32_t highest(const struct decision *decision)
{
    uint32_t chosen = DECISION_NONE;
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        const struct decision_term *term = &decision->terms[broker];
        if (term->cause == CAUSE_NONE &&
            (chosen == DECISION_NONE || term->standing > decision->terms[chosen].standing)) {
            chosen = broker;
        }
    }
    return chosen;
}

/* --- The choice ------------------------------------------------------------------ */

static uint32_t orders_left(const struct routing_broker *row)
{
    return row->admin == BROKER_CANARY ? row->canaries : row->probes;
}

void routing_weigh(struct engine *engine, const struct order *order, struct decision *decision)
{
    const struct routing_table *table = &engine->routing;
    struct routing_wish wish = routing_wish(engine, order);
    decision->at_ns = engine->now_ns;
    decision->order_number = order->number;
    decision->version = table->version;
    decision->mode = table->mode;
    decision->count = engine->config->brokers_count;
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        const struct routing_broker *row = &table->brokers[broker];
        enum decision_cause cause = routing_wish_cause(engine, wish, broker);
        if (cause == CAUSE_NONE && !order_limits_broker_allows(engine, order, broker, NULL)) {
            cause = CAUSE_LIMIT;
        }
        decision->terms[broker] = (struct decision_term){
            .cause = cause != CAUSE_NONE ? cause : routing_row_cause(row),
            .admin = row->admin,
            .breaker = row->breaker,
            .frozen = row->frozen,
            .weight = row->weight,
            .score = routing_row_measured(row) ? row->score : ROUTING_PERMILLE,
            .figures = row->figures,
            .ramp = ramp_of(row),
            .standing = row->standing,
            .capacity = row->capacity,
            .left = orders_left(row),
        };
    }
    gather_links(engine, order, decision);
    set_shares(engine, decision);
    decision->chosen = highest(decision);
}

/* One broker's sessions in turn. */
static void turn_links(struct engine *engine, const struct decision_term *term, uint32_t broker)
{
    if (term->able == 1) {
        return;
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        struct link *link = &engine->links[number];
        if (link->config->broker == broker && link->config->role == ROLE_ORDERS &&
            link_can_send(engine, link, LINK_NEW)) {
            link->current_weight += 1;
            engine->links[term->link].current_weight -= 1;
        }
    }
}

static void take(struct engine *engine, const struct decision *decision)
{
    struct routing_broker *row = &engine->routing.brokers[decision->chosen];
    int64_t total = 0;
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        const struct decision_term *term = &decision->terms[broker];
        if (term->cause == CAUSE_NONE) {
            engine->routing.brokers[broker].standing = term->standing;
            total += term->share;
        }
    }
    row->standing -= total;
    turn_links(engine, &decision->terms[decision->chosen], decision->chosen);
    if (row->admin == BROKER_CANARY) {
        row->canaries -= 1;
        routing_table_save_broker(engine, decision->chosen);
    } else if (row->breaker == BREAKER_HALF_OPEN && routing_row_measured(row)) {
        row->probes -= 1;
        routing_table_save_broker(engine, decision->chosen);
    }
}

struct link *routing_choose(struct engine *engine, const struct order *order)
{
    struct decision *decision = &engine->routing.decision;
    routing_weigh(engine, order, decision);
    if (decision->chosen == DECISION_NONE) {
        return NULL;
    }
    take(engine, decision);
    return &engine->links[decision->terms[decision->chosen].link];
}

struct span routing_record(struct engine *engine, const struct order *order,
                           uint8_t record[DECISION_RECORD_BYTES_MAX])
{
    const struct decision *decision = &engine->routing.decision;
    const char *names[ENGINE_BROKERS_MAX];
    if (decision->order_number != order->number || decision->at_ns != engine->now_ns ||
        decision->chosen == DECISION_NONE) {
        return span_of(NULL, 0);
    }
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        names[broker] = engine->config->brokers[broker].name;
    }
    return decision_write(decision, names, record);
}

void routing_add_why(const struct engine *engine, const struct order *order, struct text *text)
{
    const struct decision *decision = &engine->routing.decision;
    bool wanted = false;
    if (decision->order_number != order->number || decision->at_ns != engine->now_ns) {
        return;
    }
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        wanted = wanted || decision->terms[broker].cause < CAUSE_NO_SESSION;
    }
    for (uint32_t broker = 0; wanted && broker < decision->count; broker++) {
        text_add(text_add(text, broker == 0 ? ": " : "; "), engine->config->brokers[broker].name);
        text_add(text_add(text, ": "), decision_cause_words(decision->terms[broker].cause));
    }
}

/* --- Without an order -------------------------------------------------------------- */

uint64_t routing_unacked(const struct engine *engine, uint32_t broker)
{
    uint64_t count = 0;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        count += link->config->broker == broker ? link->unacked_count : 0;
    }
    return count;
}

uint64_t routing_open(const struct engine *engine, uint32_t broker)
{
    uint64_t count = 0;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        count += link->config->broker == broker ? link->open_count : 0;
    }
    return count;
}

enum decision_cause routing_cause(const struct engine *engine, uint32_t broker)
{
    const struct routing_broker *row = &engine->routing.brokers[broker];
    enum decision_cause cause = routing_row_cause(row);
    if (cause != CAUSE_NONE) {
        return cause;
    }
    if (!order_limits_broker_takes(engine, broker, NULL)) {
        return CAUSE_LIMIT;
    }
    uint64_t unacked = 0;
    enum decision_cause nearest = CAUSE_NO_SESSION;
    bool sends = false;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (link->config->broker != broker || link->config->role != ROLE_ORDERS) {
            continue;
        }
        unacked += link->unacked_count;
        if (!sends) {
            cause = link_own_cause(engine, link);
            sends = cause == CAUSE_NONE;
            nearest = nearer(cause, nearest);
        }
    }
    if (!sends) {
        return nearest;
    }
    return row->capacity > 0 && unacked >= row->capacity ? CAUSE_CAPACITY : CAUSE_NONE;
}
