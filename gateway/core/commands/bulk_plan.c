/* What a bulk would do: the orders that fit, those of them that it would take, and why not the
 * others. Looks at no more than BULK_LOOKS_MAX orders and takes no more than BULK_ORDERS_MAX, so
 * that its turn stays short; the answer says so where there are more. */
#include "gateway/core/commands/bulk_parts.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/order_filter.h"
#include "gateway/core/orders/order_walk.h"

struct plan {
    struct command_call *call;
    const struct command_spec *spec;
    struct order_filter filter;
    struct bulk *bulk;
    struct decimal_sum worth;
};

/* --- What it amounts to ------------------------------------------------------------------------
 */

static void add_worth(struct plan *plan, const struct order *order)
{
    struct bulk_sums *sums = &plan->bulk->sums;
    if (!order->terms.has_price) {
        sums->unpriced += 1;
        return;
    }
    bool first = plan->bulk->orders == sums->unpriced;
    if (first && order->currency.size < sizeof(sums->currency)) {
        span_to_text(order->currency, sums->currency, sizeof(sums->currency));
    }
    sums->uncountable =
        sums->uncountable || !span_is(order->currency, sums->currency) ||
        decimal_sum_add(&plan->worth, order->terms.price, order_leaves(order), 1) != DECIMAL_OK;
}

static void add_sums(struct plan *plan, const struct order *order)
{
    struct bulk_sums *sums = &plan->bulk->sums;
    sums->evidence[order->evidence] += 1;
    sums->may_live += attempt_is_live(plan->call->engine, order) ? 1 : 0;
    if (decimal_add(sums->quantity, order_leaves(order), &sums->quantity) != DECIMAL_OK) {
        sums->quantity.units = INT64_MAX;
    }
    add_worth(plan, order);
}

/* --- The orders --------------------------------------------------------------------------------
 */

/* False: no more of them. */
static bool look_at(struct plan *plan, const struct order *order)
{
    struct engine *engine = plan->call->engine;
    struct bulk *bulk = plan->bulk;
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct bulk_one one;
    if (!order_filter_fits(&plan->filter, order)) {
        return true;
    }
    if (bulk->orders == BULK_ORDERS_MAX) {
        bulk->more = true;
        return false;
    }
    bulk_one_init(&one, plan->call, order->client, order->cl_ord_id);
    if (!plan->spec->plan(&one.call)) {
        bulk_why_add(&bulk->held, text_span(&one.out.answer));
        return true;
    }
    struct bulk_entry entry = bulk_entry_of(order);
    add_sums(plan, order);
    bulk->orders += 1;
    bulk_entry_add(engine, bulk->number, order_key(key, order->client, order->cl_ord_id), &entry);
    return true;
}

static void look_at_doubt(struct plan *plan, const struct link *link)
{
    struct engine *engine = plan->call->engine;
    struct span key;
    unsigned looks = 0;
    for (uint64_t attempt = 0; doubt_next(engine, span_text(link->config->id), &attempt, &key);
         attempt++) {
        struct order order;
        if (looks == BULK_LOOKS_MAX) {
            plan->bulk->more = true;
            return;
        }
        looks += 1;
        if (!order_follow(&engine->view, key, &order) ||
            (order.state == ORDER_IN_DOUBT && !look_at(plan, &order))) {
            return;
        }
    }
}

static void look_at_doubts(struct plan *plan)
{
    struct engine *engine = plan->call->engine;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        const char *broker = engine->config->brokers[link->config->broker].name;
        if (span_is(plan->filter.broker, broker)) {
            look_at_doubt(plan, link);
        }
    }
}

static void look_at_walk(struct plan *plan, enum order_walk_kind kind)
{
    struct order_walk walk;
    if (!order_walk_begin(&walk, plan->call->engine, kind, kind, plan->filter.client,
                          span_of(NULL, 0))) {
        return;
    }
    for (unsigned pages = 0; pages < BULK_LOOKS_MAX / ORDER_LIST_LOOKS_MAX;) {
        struct order order;
        enum order_walk_step step = order_walk_next(&walk, &order);
        if (step == WALK_END || (step == WALK_ORDER && !look_at(plan, &order))) {
            return;
        }
        if (step == WALK_PAGE) {
            walk.looks = 0;
            pages++;
        }
    }
    plan->bulk->more = true;
}

/* --- The answer --------------------------------------------------------------------------------
 */

static void add_decimal(struct text *text, struct decimal value)
{
    char digits[DECIMAL_TEXT_BYTES_MAX];
    text_add_span(text, span_of(digits, decimal_format(value, digits)));
}

/* " (NONE 400, UNKNOWN 180)" */
static void add_evidence(struct text *text, const struct bulk_sums *sums)
{
    bool first = true;
    for (uint32_t i = 0; i < ORDER_EVIDENCES_COUNT; i++) {
        if (sums->evidence[i] > 0) {
            text_add(text, first ? " (" : ", ");
            text_add(text_add(text, order_evidence_name((enum order_evidence)i)), " ");
            text_add_uint(text, sums->evidence[i]);
            first = false;
        }
    }
    text_add(text, first ? "" : ")");
}

static void add_amount(struct text *text, const struct bulk_sums *sums)
{
    add_decimal(text_add(text, ", "), sums->quantity);
    text_add(text, " left");
    if (!sums->uncountable && sums->worth.units > 0) {
        add_decimal(text_add(text, " at their prices worth "), sums->worth);
        text_add(text_add(text, sums->currency[0] != '\0' ? " " : ""), sums->currency);
    }
}

static void say(struct command_call *call, const struct bulk *bulk, enum bulk_source source)
{
    struct text *answer = &call->out->answer;
    uint32_t held = bulk_whys_count(&bulk->held);
    text_add_uint(text_add(answer, "will take "), bulk->orders);
    text_add(answer, bulk->orders == 1 ? " order" : " orders");
    if (source == BULK_IN_DOUBT) {
        add_evidence(answer, &bulk->sums);
    }
    add_amount(answer, &bulk->sums);
    text_add_uint(text_add(answer, "; hold "), held);
    if (held > 0) {
        text_add_uint(text_add(answer, " (why: bulk.show "), bulk->number);
        text_add(answer, ")");
    }
    bool lives = source == BULK_OPEN || span_is(command_value(call, "outcome"), "received");
    if (!lives) {
        text_add_uint(text_add(answer, "; cannot decide "), bulk->sums.may_live);
        text_add(answer, ": their attempts may live");
    }
    text_add(answer, bulk->more ? "; there are more: propose it again behind this"
                                : "; what comes later is no part of it");
}

/* Nothing would be done: why not, of those that fit. */
static bool none(struct command_call *call, struct bulk *bulk)
{
    struct text *answer = &call->out->answer;
    bool fit = bulk->held.count > 0;
    text_add(answer, fit ? "none of the orders that fit may be taken: " : "no order fits");
    for (uint32_t i = 0; i < bulk->held.count; i++) {
        text_add_uint(text_add(answer, i > 0 ? "; " : ""), bulk->held.list[i].orders);
        text_add(text_add(answer, ": "), bulk->held.list[i].words);
    }
    call->engine->bulks.count -= 1;
    return command_refused(call, fit || !bulk->more ? "" : " of those that were looked at");
}

/* At least one word of the filter; a broker where its orders are looked for by that. */
static bool is_narrow(struct command_call *call, const struct order_filter *filter,
                      enum bulk_source source)
{
    bool any =
        filter->broker.size + filter->symbol.size + filter->account.size + filter->client.size >
            0 ||
        filter->changed_until_ns != UINT64_MAX;
    if (source == BULK_DEAD ? any : filter->broker.size > 0) {
        return true;
    }
    return command_refused(call, source == BULK_DEAD
                                     ? "name the order, or for many what they have in common: "
                                       "broker, symbol, account, client or older-than"
                                     : "name the order, or for many their broker; symbol, "
                                       "account, client and older-than choose among its orders");
}

bool bulk_plan(struct command_call *call, enum bulk_source source)
{
    struct plan plan = {.call = call, .spec = command_find(call->command->name)};
    ASSERT(plan.spec != NULL);
    ASSERT(plan.spec->plan != NULL);
    if (!order_filter_read(call, &plan.filter) || !is_narrow(call, &plan.filter, source)) {
        return false;
    }
    plan.bulk = bulk_make(call->engine, call->proposal);
    if (plan.bulk == NULL) {
        return command_refused(call, "too many such commands wait or are under way (bulk.list): "
                                     "approve, reject or abort some");
    }
    switch (source) {
    case BULK_IN_DOUBT:
        look_at_doubts(&plan);
        break;
    case BULK_OPEN:
        look_at_walk(&plan, WALK_OPEN);
        break;
    case BULK_DEAD:
        look_at_walk(&plan, WALK_DEAD);
        break;
    }
    struct bulk_sums *sums = &plan.bulk->sums;
    sums->uncountable = sums->uncountable || decimal_sum_average(plan.worth, decimal_whole(1),
                                                                 &sums->worth) != DECIMAL_OK;
    if (plan.bulk->orders == 0) {
        return none(call, plan.bulk);
    }
    bulk_save(call->engine, plan.bulk);
    say(call, plan.bulk, source);
    return true;
}
