/* Live prices, and what is measured by them: exact, never rounded in anybody's favour.
 *
 * GBX is a hundredth of GBP, and so is GBp: both stand for pence. Without a Currency(15) an order
 * is in the main unit, as FIX wants it. Amounts in other currencies are compared as they are:
 * nothing is converted. */
#include "fix/tags.h"
#include "gateway/core/engine/hash.h"
#include "gateway/core/limits/order_limits_parts.h"

enum { PENCE = 100, BASIS_POINTS = 10000 };

static bool is_pence(struct span currency)
{
    return span_is(currency, "GBX") || span_is(currency, "GBp");
}

/* --- The table ------------------------------------------------------------------------------ */

_Static_assert((LIMIT_PRICE_PLACES & (LIMIT_PRICE_PLACES - 1)) == 0, "masked");

static uint64_t place_of(struct span symbol)
{
    return hash_bytes(HASH_SEED, symbol) & (LIMIT_PRICE_PLACES - 1);
}

const struct limit_price *limit_price_find(const struct engine *engine, struct span symbol)
{
    const struct limit_price *ways = engine->limits.prices[place_of(symbol)];
    for (uint32_t i = 0; i < LIMIT_PRICE_WAYS; i++) {
        if (ways[i].symbol[0] != '\0' && span_is(symbol, ways[i].symbol)) {
            return &ways[i];
        }
    }
    return NULL;
}

/* The symbol's own, a free one, or the one that was told least lately. */
static struct limit_price *way_for(struct engine *engine, struct span symbol)
{
    struct limit_price *ways = engine->limits.prices[place_of(symbol)];
    struct limit_price *oldest = &ways[0];
    for (uint32_t i = 0; i < LIMIT_PRICE_WAYS; i++) {
        if (ways[i].symbol[0] == '\0' || span_is(symbol, ways[i].symbol)) {
            return &ways[i];
        }
        oldest = ways[i].at_ns < oldest->at_ns ? &ways[i] : oldest;
    }
    return oldest;
}

bool limit_price_set(struct engine *engine, struct span symbol, struct decimal price,
                     struct span currency)
{
    struct limit_price told = {.price = price, .at_ns = engine->now_ns};
    if (symbol.size == 0 || symbol.size >= sizeof(told.symbol) ||
        memchr(symbol.data, 0, symbol.size) != NULL || currency.size >= sizeof(told.currency) ||
        price.units <= 0) {
        return false;
    }
    span_to_text(symbol, told.symbol, sizeof(told.symbol));
    span_to_text(currency, told.currency, sizeof(told.currency));
    *way_for(engine, symbol) = told;
    if (engine->limits.price_wanted[place_of(symbol)]) {
        engine->limits.price_wanted[place_of(symbol)] = false;
        engine->routing.changed = true;
    }
    return true;
}

/* --- Comparing ------------------------------------------------------------------------------- */

/* NULL if it is as fresh as the set wants it, else what is the matter with it. */
static const char *price_fault(const struct engine *engine, const struct limit_question *question,
                               const struct order_limit_set *set, const struct limit_price *price)
{
    static const uint64_t default_s = 10;
    uint64_t age_max_s = set->has[LIMIT_PRICE_AGE]
                             ? (uint64_t)(set->value[LIMIT_PRICE_AGE].units / DECIMAL_ONE)
                             : default_s;
    if (price == NULL) {
        return "no live price of it is known";
    }
    if (engine->now_ns - price->at_ns > age_max_s * UINT64_C(1000000000)) {
        return "its live price is stale";
    }
    struct span told = span_text(price->currency);
    struct span asked = question->currency;
    bool both_sterling =
        (is_pence(told) || span_is(told, "GBP")) && (is_pence(asked) || span_is(asked, "GBP"));
    if (told.size > 0 && asked.size > 0 && !both_sterling && !span_equal(told, asked)) {
        return "its live price is in another currency";
    }
    return NULL;
}

/* A price that it may be executed at, not one that somebody wrote beside a market order. */
static bool has_limit_price(const struct limit_question *question)
{
    return question->terms->has_price && question->terms->ord_type != OrdType_MARKET &&
           question->terms->ord_type != OrdType_STOP;
}

static bool passes_stale(const struct order_limit_set *set)
{
    return set->has[LIMIT_STALE_PRICE] && set->value[LIMIT_STALE_PRICE].units == LIMIT_STALE_PASS;
}

/* Σ of 128 bits: a > b. */
static bool sum_above(struct decimal_sum a, struct decimal_sum b)
{
    return a.high != b.high ? a.high > b.high : a.low > b.low;
}

static struct decimal_sum product(struct decimal a, struct decimal b)
{
    struct decimal_sum sum = {.low = 0};
    /* One product of two values always fits. */
    enum decimal_result result = decimal_sum_add(&sum, a, b, 1);
    ASSERT(result == DECIMAL_OK);
    return sum;
}

static void add_scope(struct text *why, const struct order_limit_set *set, enum limit_kind kind)
{
    text_add(text_add(why, limit_word(kind)), " ");
    text_add(limit_add_value(why, set, kind), " of ");
    limit_scope_add(why, &set->scope);
}

/* "of price": what an order without one is worth. */
static bool no_price(const struct order_limit_set *set, enum limit_kind kind, const char *fault,
                     struct text *why)
{
    if (passes_stale(set)) {
        return true;
    }
    if (why != NULL) {
        text_add(text_add(why, "Symbol(55): "), fault);
        add_scope(text_add(why, ", which it must be for "), set, kind);
    }
    return false;
}

bool limit_notional_fits(struct engine *engine, const struct limit_question *question,
                         const struct order_limit_set *set, struct text *why)
{
    struct decimal price = question->terms->price;
    bool pence = is_pence(question->currency);
    if (!has_limit_price(question)) {
        const struct limit_price *live = limit_price_find(engine, question->parties.symbol);
        const char *fault = price_fault(engine, question, set, live);
        if (fault != NULL) {
            return no_price(set, LIMIT_NOTIONAL, fault, why);
        }
        price = live->price;
        pence = live->currency[0] != '\0' ? is_pence(span_text(live->currency)) : pence;
    }
    struct decimal_sum asked = product(price, question->terms->quantity);
    struct decimal_sum most = product(set->value[LIMIT_NOTIONAL], decimal_whole(pence ? PENCE : 1));
    if (!sum_above(asked, most)) {
        return true;
    }
    if (why != NULL) {
        struct decimal worth;
        text_add(why, "OrderQty(38) x price: ");
        if (decimal_sum_average(asked, decimal_whole(pence ? PENCE : 1), &worth) == DECIMAL_OK) {
            limit_add_decimal(why, worth);
        } else {
            text_add(why, "more than can be counted");
        }
        add_scope(text_add(why, pence ? " GBP exceeds " : " exceeds "), set, LIMIT_NOTIONAL);
    }
    return false;
}

/* Both in pence if one is. False: it does not fit, and is beyond any collar. */
static bool same_unit(struct decimal *asked, bool asked_pence, struct decimal *live,
                      bool live_pence)
{
    struct decimal *pounds = asked_pence ? live : asked;
    return asked_pence == live_pence ||
           decimal_mul(*pounds, decimal_whole(PENCE), pounds) == DECIMAL_OK;
}

bool limit_price_missing(struct engine *engine, const struct limit_question *question,
                         const struct order_limit_set *set)
{
    const struct limit_price *price = limit_price_find(engine, question->parties.symbol);
    bool missing = has_limit_price(question) && !passes_stale(set) &&
                   price_fault(engine, question, set, price) != NULL;
    if (missing) {
        engine->limits.price_wanted[place_of(question->parties.symbol)] = true;
    }
    return missing;
}

bool limit_collar_fits(struct engine *engine, const struct limit_question *question,
                       const struct order_limit_set *set, struct text *why)
{
    if (!has_limit_price(question)) {
        return true;
    }
    const struct limit_price *price = limit_price_find(engine, question->parties.symbol);
    const char *fault = price_fault(engine, question, set, price);
    if (fault != NULL) {
        return no_price(set, LIMIT_COLLAR, fault, why);
    }
    struct decimal asked = question->terms->price;
    struct decimal live = price->price;
    struct decimal off;
    bool asked_pence = is_pence(question->currency);
    bool live_pence =
        price->currency[0] != '\0' ? is_pence(span_text(price->currency)) : asked_pence;
    if (same_unit(&asked, asked_pence, &live, live_pence) &&
        decimal_sub(asked, live, &off) == DECIMAL_OK) {
        off.units = off.units < 0 ? -off.units : off.units;
        if (!sum_above(product(off, decimal_whole(BASIS_POINTS)),
                       product(live, set->value[LIMIT_COLLAR]))) {
            return true;
        }
    }
    if (why != NULL) {
        limit_add_decimal(text_add(why, "Price(44): "), question->terms->price);
        limit_add_decimal(text_add(why, " is too far from the live price "), price->price);
        text_add(text_add(why, price->currency[0] != '\0' ? " " : ""), price->currency);
        add_scope(text_add(why, " for "), set, LIMIT_COLLAR);
        text_add(why, " (basis points)");
    }
    return false;
}
