/* The check: each kind in turn, over all sets whose scope the order is in. */
#include "gateway/core/limits/order_limits.h"

#include "gateway/core/limits/order_limits_parts.h"

/* OrdRejReason(103) */
enum { ORD_REJ_EXCEEDS_LIMIT = 3, ORD_REJ_OF_LIMITS = 99 };

/* The order, and the sets it must pass. */
struct check {
    struct engine *engine;
    const struct limit_question *question;
    uint32_t sets_count;
    struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER];
    uint32_t kinds;       /* That say no: a bit each. */
    enum limit_kind kind; /* The first of them. */
    struct text why;
};

static uint64_t whole(const struct order_limit_set *set, enum limit_kind kind)
{
    return (uint64_t)(set->value[kind].units / DECIMAL_ONE);
}

/* Inside of its trading hours. */
static bool in_hours(const struct engine *engine, struct order_limit_set *set)
{
    bool known =
        set->day.end_ns != 0 && engine->now_ns < set->day.end_ns &&
        (set->in_day ? engine->now_ns >= set->day.begin_ns : engine->now_ns < set->day.begin_ns);
    if (!known) {
        set->in_day = schedule_day(&set->base->hours, engine->now_ns, &set->day);
    }
    return set->in_day;
}

/* Whether the set's limit of that kind lets the order pass. What repetition says of it is asked
 * for separately. */
static bool passes(const struct check *check, struct order_limit_set *set, enum limit_kind kind)
{
    struct engine *engine = check->engine;
    const struct limit_question *question = check->question;
    switch (kind) {
    case LIMIT_QUANTITY:
        return decimal_compare(question->terms->quantity, set->value[kind]) <= 0;
    case LIMIT_NOTIONAL:
        return limit_notional_fits(engine, question, set, NULL);
    case LIMIT_COLLAR:
        return limit_collar_fits(engine, question, set, NULL);
    case LIMIT_RATE:
        return limit_rate_allows(engine, set);
    case LIMIT_OPEN:
        return !question->is_new || limit_open_count(engine, &set->scope) < whole(set, kind);
    case LIMIT_REPEATS:
        return !question->is_new ||
               !(limit_latched(engine, question) || limit_repeats_full(engine, question, set));
    case LIMIT_DUPLICATE:
        return !question->is_new || !limit_is_duplicate(engine, question, set);
    case LIMIT_ALLOWED:
        return limit_list_holds(set->list[0], question->parties.symbol);
    case LIMIT_DENIED:
        return !limit_list_holds(set->list[1], question->parties.symbol);
    case LIMIT_HOURS:
        return in_hours(engine, set);
    case LIMIT_PRICE_AGE: /* These say how the others are meant. */
    case LIMIT_STALE_PRICE:
    case LIMIT_BURST:
    case LIMIT_REPEAT_WINDOW:
    case LIMIT_KINDS_COUNT:
        break;
    }
    return true;
}

/* --- Words ------------------------------------------------------------------------------------ */

static void add_limit(struct text *why, const struct order_limit_set *set, enum limit_kind kind)
{
    text_add(text_add(why, limit_word(kind)), " ");
    text_add(limit_add_value(why, set, kind), " of ");
    limit_scope_add(why, &set->scope);
}

/* Whose list, without the list, which may be long. */
static void add_list(struct text *why, const struct order_limit_set *set, enum limit_kind kind)
{
    text_add(text_add(why, limit_word(kind)), " of ");
    limit_scope_add(why, &set->scope);
}

static const char *remedy_of(enum limit_kind kind)
{
    switch (kind) {
    case LIMIT_QUANTITY:
    case LIMIT_NOTIONAL:
        return "; ask for less, or let operations raise or override it";
    case LIMIT_COLLAR:
        return "; check the price, or let operations override it";
    case LIMIT_RATE:
        return "; send it again later";
    case LIMIT_OPEN:
        return "; wait until some have ended, or let operations raise it";
    case LIMIT_REPEATS:
        return "; operations must reopen it (limits.reopen)";
    case LIMIT_DUPLICATE:
        return "; if it is meant, wait, or let operations override it";
    case LIMIT_ALLOWED:
    case LIMIT_DENIED:
        return "; let operations change the list";
    case LIMIT_HOURS:
        return "; send it again when they begin";
    case LIMIT_PRICE_AGE:
    case LIMIT_STALE_PRICE:
    case LIMIT_BURST:
    case LIMIT_REPEAT_WINDOW:
    case LIMIT_KINDS_COUNT:
        break;
    }
    return "";
}

static void add_why(struct check *check, const struct order_limit_set *set, enum limit_kind kind)
{
    const struct limit_question *question = check->question;
    struct text *why = &check->why;
    switch (kind) {
    case LIMIT_QUANTITY:
        limit_add_decimal(text_add(why, "OrderQty(38): "), question->terms->quantity);
        add_limit(text_add(why, " exceeds "), set, kind);
        break;
    case LIMIT_NOTIONAL:
        (void)limit_notional_fits(check->engine, question, set, why);
        break;
    case LIMIT_COLLAR:
        (void)limit_collar_fits(check->engine, question, set, why);
        break;
    case LIMIT_RATE:
        add_limit(text_add(why, "too many orders: "), set, kind);
        break;
    case LIMIT_OPEN:
        text_add_uint(text_add(why, "too many open orders: "),
                      limit_open_count(check->engine, &set->scope));
        add_limit(text_add(why, " reach "), set, kind);
        break;
    case LIMIT_REPEATS: {
        struct text name = limit_latch_name(question);
        add_limit(text_add(why, "repeated order: "), set, kind);
        text_add_span(text_add(why, " was reached; latch "), text_span(&name));
        break;
    }
    case LIMIT_DUPLICATE:
        text_add(why, "ClOrdID(11): the same content was accepted under another within ");
        add_limit(why, set, kind);
        text_add(why, " (seconds)");
        break;
    case LIMIT_ALLOWED:
    case LIMIT_DENIED:
        text_add_span(text_add(why, "Symbol(55): "), question->parties.symbol);
        add_list(text_add(why, kind == LIMIT_ALLOWED ? " is not in " : " is in "), set, kind);
        break;
    case LIMIT_HOURS:
        add_list(text_add(why, "outside of "), set, kind);
        break;
    case LIMIT_PRICE_AGE:
    case LIMIT_STALE_PRICE:
    case LIMIT_BURST:
    case LIMIT_REPEAT_WINDOW:
    case LIMIT_KINDS_COUNT:
        break;
    }
    text_add(why, remedy_of(kind));
}

/* --- The check ---------------------------------------------------------------------------------
 */

/* Of the sets that say no, the tightest; NULL: all let it pass. */
static struct order_limit_set *tightest(const struct check *check, enum limit_kind kind)
{
    struct order_limit_set *found = NULL;
    for (uint32_t i = 0; i < check->sets_count; i++) {
        struct order_limit_set *set = check->sets[i];
        if (!set->has[kind] || passes(check, set, kind)) {
            continue;
        }
        if (found == NULL || decimal_compare(set->value[kind], found->value[kind]) < 0) {
            found = set;
        }
    }
    return found;
}

static void check_kind(struct check *check, enum limit_kind kind)
{
    struct order_limit_set *set = tightest(check, kind);
    if (set == NULL) {
        return;
    }
    if (check->kinds == 0) {
        check->kind = kind;
        add_why(check, set, kind);
    }
    check->kinds |= 1U << kind;
    set->refused[kind] += 1;
    if (kind == LIMIT_REPEATS) {
        limit_latch_shut(check->engine, check->question, set);
    }
}

/* A latch holds also when the limit that shut it is gone. */
static void check_latch(struct check *check)
{
    const uint32_t bit = 1U << LIMIT_REPEATS;
    if ((check->kinds & bit) != 0 || !check->question->is_new ||
        !limit_latched(check->engine, check->question)) {
        return;
    }
    if (check->kinds == 0) {
        struct text name = limit_latch_name(check->question);
        check->kind = LIMIT_REPEATS;
        text_add(&check->why, "repeated order: latch ");
        text_add(text_add_span(&check->why, text_span(&name)), " is shut");
        text_add(&check->why, remedy_of(LIMIT_REPEATS));
    }
    check->kinds |= bit;
}

static int reason_of(enum limit_kind kind)
{
    bool figure = kind == LIMIT_QUANTITY || kind == LIMIT_NOTIONAL || kind == LIMIT_COLLAR ||
                  kind == LIMIT_RATE || kind == LIMIT_OPEN;
    return figure ? ORD_REJ_EXCEEDS_LIMIT : ORD_REJ_OF_LIMITS;
}

static void accepted(struct check *check)
{
    for (uint32_t i = 0; i < check->sets_count; i++) {
        limit_rate_take(check->engine, check->sets[i]);
    }
    if (check->question->is_new) {
        limit_open_add(check->engine, &check->question->parties, true);
        limit_repeat_add(check->engine, check->question, check->sets, check->sets_count);
    }
}

bool order_limits_check(struct engine *engine, const struct limit_question *question, int *reason,
                        struct text *why)
{
    struct check check = {.engine = engine, .question = question};
    if (kill_blocks(engine, &question->parties, why)) {
        *reason = ORD_REJ_OF_LIMITS;
        limit_refused(engine, question, LIMIT_KINDS_COUNT, 0, why);
        return false;
    }
    check.sets_count = limit_sets_of(engine, &question->parties, check.sets);
    for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT && check.sets_count > 0; kind++) {
        check_kind(&check, (enum limit_kind)kind);
    }
    check_latch(&check);
    if (check.kinds != 0 && !limit_override_use(engine, question, check.kinds)) {
        *reason = reason_of(check.kind);
        *why = check.why;
        limit_refused(engine, question, check.kind, check.kinds, why);
        return false;
    }
    accepted(&check);
    return true;
}

static struct limit_question question_of(const struct order *order)
{
    return (struct limit_question){
        .parties = {.client = order->client, .account = order->account, .symbol = order->symbol},
        .cl_ord_id = order->cl_ord_id,
        .currency = order->currency,
        .side = order->side,
        .terms = &order->terms,
    };
}

enum limit_verdict order_limits_judge(struct engine *engine, const struct order *order,
                                      struct text *why)
{
    struct limit_question question = question_of(order);
    struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER];
    uint32_t count = limit_sets_of(engine, &question.parties, sets);
    for (uint32_t i = 0; i < count; i++) {
        if (!sets[i]->has[LIMIT_COLLAR]) {
            continue;
        }
        if (limit_price_missing(engine, &question, sets[i])) {
            return LIMIT_WAITS;
        }
        if (!limit_collar_fits(engine, &question, sets[i], why)) {
            return LIMIT_FAILS;
        }
    }
    return LIMIT_GOES;
}

bool order_limits_wait(struct engine *engine, const struct order *order)
{
    struct limit_question question = question_of(order);
    struct text why = {.size = 0};
    return !kill_blocks(engine, &question.parties, NULL) &&
           order_limits_judge(engine, order, &why) == LIMIT_WAITS;
}

bool order_limits_recheck(struct engine *engine, const struct order *order, struct text *why)
{
    struct limit_question question = question_of(order);
    struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER];
    if (order->terms.expires_ns <= engine->now_ns) {
        text_add(why, "its TimeInForce has ended");
        return false;
    }
    if (kill_blocks(engine, &question.parties, why)) {
        return false;
    }
    uint32_t count = limit_sets_of(engine, &question.parties, sets);
    for (uint32_t i = 0; i < count; i++) {
        if (sets[i]->has[LIMIT_COLLAR] && !limit_collar_fits(engine, &question, sets[i], why)) {
            return false;
        }
    }
    return true;
}
