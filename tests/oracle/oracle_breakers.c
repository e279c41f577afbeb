/* The router's breakers: what it says of them, what it posts, what the gateway does with it; and
 * the share of the orders that each broker gets. */
#include "tests/oracle/oracle_parts.h"

#include <inttypes.h>

#define THOUSAND  UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)

static const char *const names[BREAKERS] = {
    [BREAKER_CLOSED] = "CLOSED", [BREAKER_OPEN] = "OPEN", [BREAKER_HALF_OPEN] = "HALF_OPEN"};

static bool read_breaker(struct span name, enum breaker *state)
{
    for (unsigned i = 0; i < BREAKERS; i++) {
        if (span_is(name, names[i])) {
            *state = (enum breaker)i;
            return true;
        }
    }
    return false;
}

/* --- Time ----------------------------------------------------------------------------------- */

static uint64_t digits(const uint8_t *at, unsigned count)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        number = 10 * number + (uint64_t)(at[i] - (uint8_t)'0');
    }
    return number;
}

/* "20260921-14:13:20.001500": nanoseconds of its month. Worlds end before that does. */
static bool read_time(struct span text, uint64_t *out)
{
    enum { SECONDS_END = 17, FRACTION_DIGITS = 9 };
    if (text.size < SECONDS_END) {
        return false;
    }
    const uint8_t *at = text.data;
    uint64_t hours = digits(at + 6, 2) * 24 + digits(at + 9, 2);
    uint64_t seconds = (hours * 60 + digits(at + 12, 2)) * 60 + digits(at + 15, 2);
    uint64_t ns = seconds;
    size_t used = text.size > SECONDS_END ? SECONDS_END + 1 : SECONDS_END;
    for (unsigned i = 0; i < FRACTION_DIGITS; i++) {
        ns = 10 * ns + (used < text.size ? (uint64_t)(at[used] - (uint8_t)'0') : 0);
        used++;
    }
    *out = ns;
    return true;
}

/* --- What the router says ------------------------------------------------------------------- */

void oracle_router(struct oracle *oracle, const struct oracle_router *router)
{
    oracle->breakers.router = *router;
    oracle->breakers.router_told = true;
}

static void silence_anew(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        oracle->breakers.list[i].silent = 0;
    }
}

void oracle_router_begins(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        struct oracle_breaker *breaker = &oracle->breakers.list[i];
        breaker->state = BREAKER_CLOSED;
        breaker->moved = false;
        breaker->since_ns = 0;
        breaker->opened = 0;
        breaker->least_ns = 0;
        breaker->closings = 0;
    }
    oracle->breakers.follows = false;
}

void oracle_router_follows(struct oracle *oracle)
{
    oracle->breakers.follows = true;
    silence_anew(oracle);
}

void oracle_router_ends(struct oracle *oracle)
{
    oracle->breakers.follows = false;
}

static bool may_become(enum breaker from, enum breaker to)
{
    switch (from) {
    case BREAKER_CLOSED:
        return to == BREAKER_OPEN;
    case BREAKER_OPEN:
        return to == BREAKER_HALF_OPEN;
    case BREAKER_HALF_OPEN:
        return to == BREAKER_OPEN || to == BREAKER_CLOSED;
    }
    return false;
}

/* What was open so often waits so long at least. */
static uint64_t backoff_least_ns(const struct oracle_router *router, uint32_t opened)
{
    uint64_t base_ns = router->backoff_first_ns;
    for (uint32_t i = 0; i < opened && base_ns < router->backoff_most_ns; i++) {
        base_ns *= 2;
    }
    base_ns = base_ns < router->backoff_most_ns ? base_ns : router->backoff_most_ns;
    return base_ns - base_ns / THOUSAND * router->jitter_permille;
}

static const char *name_of(const struct oracle *oracle, uint32_t broker)
{
    return oracle->brokers[broker].name;
}

static void check_move(struct oracle *oracle, uint32_t broker, enum breaker to, uint64_t at_ns)
{
    const struct oracle_breaker *said = &oracle->breakers.list[broker];
    uint64_t least_ns = said->state == BREAKER_OPEN ? said->least_ns
                        : said->state == BREAKER_HALF_OPEN && to == BREAKER_CLOSED
                            ? oracle->breakers.router.half_open_least_ns
                            : 0;
    if (!may_become(said->state, to)) {
        oracle_violate(oracle, ORACLE_BREAKERS, "the breaker of %s goes from %s to %s",
                       name_of(oracle, broker), names[said->state], names[to]);
    } else if (said->moved && at_ns < said->since_ns + least_ns) {
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "the breaker of %s was %s for %" PRIu64 " ms only, having opened %" PRIu32
                       " times; it must be that for %" PRIu64 " ms",
                       name_of(oracle, broker), names[said->state],
                       (at_ns - said->since_ns) / NS_PER_MS, said->opened, least_ns / NS_PER_MS);
    } else if (oracle->breakers.router.calm) {
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "the breaker of %s becomes %s, and nothing is wrong but orders of one "
                       "instrument",
                       name_of(oracle, broker), names[to]);
    }
}

static void count_opening(const struct oracle_router *router, struct oracle_breaker *said,
                          uint64_t at_ns)
{
    uint64_t forgiven = said->state == BREAKER_CLOSED && said->moved && router->forgive_ns > 0
                            ? (at_ns - said->since_ns) / router->forgive_ns
                            : 0;
    said->opened -= forgiven < said->opened ? (uint32_t)forgiven : said->opened;
    said->least_ns = backoff_least_ns(router, said->opened);
    said->opened++;
}

void oracle_breaker_said(struct oracle *oracle, uint32_t broker, struct span state, uint64_t at_ns)
{
    struct oracle_breaker *said = &oracle->breakers.list[broker];
    enum breaker to = BREAKER_CLOSED;
    if (!read_breaker(state, &to) || (said->moved && at_ns < said->since_ns)) {
        oracle_violate(oracle, ORACLE_BREAKERS, "the router says that the breaker of %s is %.*s",
                       name_of(oracle, broker), (int)state.size, (const char *)state.data);
        return;
    }
    check_move(oracle, broker, to, at_ns);
    if (to == BREAKER_OPEN) {
        count_opening(&oracle->breakers.router, said, at_ns);
    }
    said->closings += to == BREAKER_CLOSED ? 1 : 0;
    said->state = to;
    said->since_ns = at_ns;
    said->moved = true;
}

/* --- What it posts ---------------------------------------------------------------------------- */

static void check_ramp(struct oracle *oracle, uint32_t broker, uint32_t ramp, uint64_t at_ns)
{
    const struct oracle_router *router = &oracle->breakers.router;
    const struct oracle_breaker *said = &oracle->breakers.list[broker];
    uint64_t age_ns = at_ns - said->since_ns;
    uint64_t most = THOUSAND;
    if (said->closings > 0 && age_ns < router->ramp_ns) {
        uint64_t rest = THOUSAND - router->ramp_permille;
        most = router->ramp_permille + rest * (age_ns / THOUSAND) / (router->ramp_ns / THOUSAND);
    }
    if (said->state == BREAKER_CLOSED && ramp > most + 1) {
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "%s is to have %" PRIu32 " of 1000 of its orders %" PRIu64
                       " ms after its breaker closed; at most %" PRIu64 " are right",
                       name_of(oracle, broker), ramp, age_ns / NS_PER_MS, most);
    }
}

void oracle_router_posts(struct oracle *oracle, uint32_t broker, struct span state, uint32_t ramp,
                         uint64_t at_ns)
{
    struct oracle_breaker *breaker = &oracle->breakers.list[broker];
    bool shadow = oracle->breakers.router.shadow;
    enum breaker wanted = shadow ? BREAKER_CLOSED : breaker->state;
    enum breaker posted = BREAKER_CLOSED;
    if (!read_breaker(state, &posted) || posted != wanted || (shadow && ramp != THOUSAND)) {
        oracle_violate(oracle, ORACLE_BREAKERS, "the router posts %.*s for %s, and says %s%s",
                       (int)state.size, (const char *)state.data, name_of(oracle, broker),
                       names[breaker->state], shadow ? ", in shadow mode" : "");
        return;
    }
    if (!shadow) {
        check_ramp(oracle, broker, ramp, at_ns);
    }
    uint32_t count = breaker->posts_count;
    if (count == 0 || breaker->posts[(count - 1) % ORACLE_POSTS_MAX] != posted) {
        breaker->posts[count % ORACLE_POSTS_MAX] = posted;
        breaker->posts_count++;
    }
}

/* --- What the gateway does with it ------------------------------------------------------------ */

static void shares_anew(struct oracle *oracle)
{
    oracle->breakers.shared = 0;
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        oracle->breakers.list[i].shared = 0;
    }
}

/* What it took over was posted, and not before what it has. */
static bool was_posted(struct oracle_breaker *breaker, enum breaker state)
{
    uint32_t count = breaker->posts_count;
    uint32_t oldest = count > ORACLE_POSTS_MAX ? count - ORACLE_POSTS_MAX : 0;
    for (uint32_t i = breaker->posts_taken > oldest ? breaker->posts_taken : oldest; i < count;
         i++) {
        if (breaker->posts[i % ORACLE_POSTS_MAX] == state) {
            breaker->posts_taken = i;
            return true;
        }
    }
    return false;
}

static void take_row(struct oracle *oracle, uint64_t bus_seq, uint32_t broker,
                     const struct oracle_message *message)
{
    struct oracle_breaker *breaker = &oracle->breakers.list[broker];
    enum breaker now = BREAKER_CLOSED;
    enum breaker before = BREAKER_CLOSED;
    shares_anew(oracle);
    if (!read_breaker(oracle_value(message, TAG_BREAKER), &now)) {
        return;
    }
    if (read_breaker(oracle_value(message, TAG_BREAKER_BEFORE), &before) &&
        before != breaker->told) {
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "event %" PRIu64 ": the breaker of %s was %s, and the bus had said %s",
                       bus_seq, name_of(oracle, broker), names[before], names[breaker->told]);
    } else if (now != breaker->told && oracle->breakers.router_told && !was_posted(breaker, now)) {
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "event %" PRIu64 ": the breaker of %s becomes %s, and no router posted that",
                       bus_seq, name_of(oracle, broker), names[now]);
    }
    breaker->told = now;
}

/* --- Orders without a word -------------------------------------------------------------------- */

static void check_silence(struct oracle *oracle, uint64_t bus_seq, uint64_t now_ns)
{
    const struct oracle_router *router = &oracle->breakers.router;
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        struct oracle_breaker *breaker = &oracle->breakers.list[i];
        if (breaker->silent < router->silent_orders || breaker->told != BREAKER_CLOSED ||
            now_ns < breaker->silent_since_ns + router->silence_ns) {
            continue;
        }
        oracle_violate(oracle, ORACLE_BREAKERS,
                       "event %" PRIu64 ": %s had %" PRIu32 " orders in a row, more than %" PRIu64
                       " ms ago, and has said nothing since; its breaker is closed",
                       bus_seq, name_of(oracle, i), router->silent_orders,
                       router->silence_ns / NS_PER_MS);
        breaker->silent = 0;
    }
}

static void take_session(struct oracle *oracle, const struct oracle_message *message)
{
    uint32_t number = ORACLE_NONE;
    if (oracle_map_find(&oracle->sessions_by_name,
                        oracle_key(0, oracle_value(message, TAG_SESSION_NAME)), &number)) {
        oracle->breakers.ready[number] =
            span_is(oracle_value(message, TAG_SESSION_STATE_NAME), "READY");
    }
    shares_anew(oracle);
}

void oracle_breakers_event(struct oracle *oracle, uint64_t bus_seq, struct span kind,
                           const struct oracle_message *message)
{
    const struct oracle_breakers *breakers = &oracle->breakers;
    uint32_t broker = oracle_broker_find(oracle, oracle_value(message, TAG_BROKER));
    uint64_t now_ns = 0;
    bool sent = span_is(oracle_value(message, TAG_ORDER_STATE), "SENT");
    if (broker != ORACLE_NONE && !sent) {
        oracle->breakers.list[broker].silent = 0; /* A word of it, or of its order. */
    }
    if (broker != ORACLE_NONE && span_is(kind, "RT.")) {
        take_row(oracle, bus_seq, broker, message);
    } else if (span_is(kind, "SE.")) {
        take_session(oracle, message);
    } else if (span_is(kind, "CO.")) {
        shares_anew(oracle);
    }
    if (breakers->router.silent_orders > 0 && breakers->follows &&
        read_time(oracle_value(message, TAG_SENDING_TIME), &now_ns)) {
        check_silence(oracle, bus_seq, now_ns);
    }
}

/* --- Shares ------------------------------------------------------------------------------------
 */

void oracle_warm_share(struct oracle *oracle, uint32_t permille)
{
    oracle->breakers.warm_share = permille;
}

static bool all_are_able(const struct oracle *oracle)
{
    bool able = true;
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        const struct broker *broker = &oracle->brokers[i];
        able = able && !broker->unwanted && !broker->wanted && !broker->frozen &&
               oracle->breakers.list[i].told == BREAKER_CLOSED;
    }
    for (uint32_t i = 0; i < oracle->sessions_count; i++) {
        able = able && (oracle->breakers.ready[i] || oracle->sessions[i].copies);
    }
    for (uint32_t i = 0; i < oracle->kills_count; i++) {
        able = able && !oracle->kills[i].on;
    }
    return able;
}

/* Smooth weighted round robin is never more than an order for each broker away from what is due
 * to it, at either end of what is counted here. */
static void check_shares(struct oracle *oracle, uint64_t bus_seq)
{
    const struct oracle_breakers *breakers = &oracle->breakers;
    uint64_t parts = THOUSAND + (oracle->brokers_count - 1) * (uint64_t)breakers->warm_share;
    uint64_t due = (uint64_t)breakers->shared * breakers->warm_share / parts;
    for (uint32_t i = 0; i < oracle->brokers_count; i++) {
        uint32_t shared = breakers->list[i].shared;
        if (shared + 2 * (uint64_t)oracle->brokers_count < due) {
            oracle_violate(oracle, ORACLE_SHARES,
                           "event %" PRIu64 ": %s is well, and had %" PRIu32 " of %" PRIu32
                           " orders; about %" PRIu64 " are its warm share",
                           bus_seq, name_of(oracle, i), shared, breakers->shared, due);
        }
    }
}

void oracle_breakers_order(struct oracle *oracle, uint64_t bus_seq, uint32_t broker, bool canary,
                           const struct oracle_message *message)
{
    struct oracle_breakers *breakers = &oracle->breakers;
    struct oracle_breaker *breaker = &breakers->list[broker];
    uint64_t now_ns = 0;
    breaker->silent++;
    if (breaker->silent == breakers->router.silent_orders &&
        read_time(oracle_value(message, TAG_SENDING_TIME), &now_ns)) {
        breaker->silent_since_ns = now_ns;
    }
    if (breakers->warm_share > 0 && !canary && all_are_able(oracle)) {
        breakers->shared++;
        breaker->shared++;
        check_shares(oracle, bus_seq);
    }
}
