#include "gateway/core/router/breaker.h"

#define SECOND_NS UINT64_C(1000000000)

enum { STRIKES_MAX = 32 };

/* --- Words ---------------------------------------------------------------------------- */

/* "2.5 s", "300 s" */
static void add_seconds(struct text *text, uint64_t span_ns)
{
    uint64_t tenths = (span_ns + SECOND_NS / 20) / (SECOND_NS / 10);
    text_add_uint(text, tenths / 10);
    if (tenths % 10 != 0) {
        text_add_uint(text_add(text, "."), tenths % 10);
    }
    text_add(text, " s");
}

/* --- States --------------------------------------------------------------------------- */

bool breaker_may_become(enum breaker_state from, enum breaker_state to)
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

/* The only writer of the state. What was counted before says nothing about what comes. */
static void become(struct breaker *breaker, enum breaker_state state, const struct text *reason)
{
    ASSERT(breaker_may_become(breaker->state, state));
    breaker->state = state;
    breaker->since_ns = breaker->now_ns;
    breaker->reason = *reason;
    breaker->overdue = 0;
    breaker->in_row = 0;
    breaker->probes_sent = 0;
    breaker->probes_good = 0;
    breaker->probes_lost = 0;
    breaker->echoes = 0;
    memset(breaker->window, 0, sizeof(breaker->window));
}

/* xorshift64: enough to part brokers that fail together. */
static uint64_t random_next(struct breaker *breaker)
{
    uint64_t x = breaker->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    breaker->random = x;
    return x;
}

static uint64_t backoff_ns(struct breaker *breaker)
{
    const struct breaker_config *config = breaker->config;
    uint64_t base_ns = config->backoff_first_ns;
    for (uint32_t i = 0; i < breaker->strikes && base_ns < config->backoff_max_ns; i++) {
        base_ns *= 2;
    }
    base_ns = base_ns < config->backoff_max_ns ? base_ns : config->backoff_max_ns;
    uint64_t spread_ns = base_ns / ROUTING_PERMILLE * config->jitter_permille;
    return base_ns - spread_ns + random_next(breaker) % (2 * spread_ns + 1);
}

static void open_now(struct breaker *breaker, const struct text *why)
{
    uint64_t wait_ns = backoff_ns(breaker);
    struct text reason = *why;
    add_seconds(text_add(&reason, "; no orders for "), wait_ns);
    become(breaker, BREAKER_OPEN, &reason);
    breaker->due_ns = breaker->now_ns + wait_ns;
    breaker->strikes += breaker->strikes < STRIKES_MAX ? 1 : 0;
    breaker->ramping = false;
    breaker->opened_count += 1;
}

static void half_open(struct breaker *breaker)
{
    struct text reason = {.size = 0};
    text_add_uint(text_add(&reason, "probing with at most "), breaker->config->probe_orders);
    text_add(&reason, " orders");
    become(breaker, BREAKER_HALF_OPEN, &reason);
}

static void close_now(struct breaker *breaker, const char *why)
{
    struct text reason = {.size = 0};
    become(breaker, BREAKER_CLOSED, text_add(&reason, why));
    breaker->ramping = true;
    breaker->forgiven_ns = breaker->now_ns;
}

static void take_time(struct breaker *breaker, uint64_t now_ns)
{
    breaker->now_ns = now_ns > breaker->now_ns ? now_ns : breaker->now_ns;
}

void breaker_init(struct breaker *breaker, const struct breaker_config *config, uint64_t seed,
                  uint64_t now_ns)
{
    ASSERT(config->buckets > 0 && config->buckets <= BREAKER_BUCKETS_MAX);
    ASSERT(config->bucket_ns > 0);
    ASSERT(config->probe_orders > 0);
    ASSERT(config->jitter_permille < ROUTING_PERMILLE);
    ASSERT(config->half_open_max_ns > config->half_open_idle_ns);
    memset(breaker, 0, sizeof(*breaker));
    breaker->config = config;
    breaker->state = BREAKER_CLOSED;
    breaker->now_ns = now_ns;
    breaker->since_ns = now_ns;
    breaker->forgiven_ns = now_ns;
    breaker->random = seed != 0 ? seed : 1;
    text_add(&breaker->reason, "nothing is known against it");
}

/* --- The window ----------------------------------------------------------------------- */

static struct breaker_bucket *bucket_now(struct breaker *breaker)
{
    uint64_t number = breaker->now_ns / breaker->config->bucket_ns;
    struct breaker_bucket *bucket = &breaker->window[number % breaker->config->buckets];
    if (bucket->number != number) {
        *bucket = (struct breaker_bucket){.number = number};
    }
    return bucket;
}

struct breaker_share breaker_share(const struct breaker *breaker)
{
    struct breaker_share share = {.orders = breaker->overdue, .failed = breaker->overdue};
    uint64_t newest = breaker->now_ns / breaker->config->bucket_ns;
    for (uint32_t i = 0; i < breaker->config->buckets; i++) {
        const struct breaker_bucket *bucket = &breaker->window[i];
        if (bucket->orders > 0 && newest - bucket->number < breaker->config->buckets) {
            share.orders += bucket->orders;
            share.failed += bucket->failed;
            share.slow += bucket->slow;
        }
    }
    return share;
}

static bool is_share(uint32_t part, uint32_t all, uint32_t permille)
{
    return (uint64_t)part * ROUTING_PERMILLE >= (uint64_t)all * permille;
}

/* "23 of 40 orders failed within 10 s" */
static void say_share(const struct breaker *breaker, uint32_t part, uint32_t all, const char *what,
                      struct text *out)
{
    text_add_uint(text_add(text_add_uint(out, part), " of "), all);
    text_add(out, what);
    add_seconds(out, breaker->config->buckets * breaker->config->bucket_ns);
}

static void judge_softly(struct breaker *breaker)
{
    const struct breaker_config *config = breaker->config;
    if (breaker->state != BREAKER_CLOSED ||
        breaker->now_ns < breaker->since_ns + config->closed_min_ns) {
        return;
    }
    struct breaker_share share = breaker_share(breaker);
    struct text why = {.size = 0};
    if (breaker->in_row >= config->timeouts_in_row) {
        text_add_uint(&why, breaker->in_row);
        text_add(&why, " orders in a row had no word within ");
        add_seconds(&why, config->ack_timeout_ns);
        open_now(breaker, &why);
    } else if (share.orders < config->orders_min) {
        return;
    } else if (is_share(share.failed, share.orders, config->failure_permille)) {
        say_share(breaker, share.failed, share.orders, " orders failed within ", &why);
        open_now(breaker, &why);
    } else if (is_share(share.slow, share.orders, config->slow_permille)) {
        say_share(breaker, share.slow, share.orders, " orders were answered slowly within ", &why);
        open_now(breaker, &why);
    }
}

/* --- Sessions ------------------------------------------------------------------------- */

void breaker_ready(struct breaker *breaker, uint64_t now_ns)
{
    take_time(breaker, now_ns);
    breaker->ready = true;
}

void breaker_down(struct breaker *breaker, uint64_t now_ns, struct span why)
{
    struct text words = {.size = 0};
    if (!breaker->ready) {
        return;
    }
    text_add(&words, "its session is down");
    if (why.size > 0) {
        text_add_span(text_add(&words, ": "), why);
    }
    take_time(breaker, now_ns);
    breaker->ready = false;
    breaker_hard(breaker, now_ns, text_span(&words));
}

void breaker_hard(struct breaker *breaker, uint64_t now_ns, struct span why)
{
    struct text words = {.size = 0};
    /* Short enough that what follows is not cut off. */
    text_add_span(&words, span_of(why.data, why.size < 160 ? why.size : 160));
    take_time(breaker, now_ns);
    if (breaker->state == BREAKER_OPEN) {
        breaker->echoes = 0;
        breaker->reason = words;
        return;
    }
    open_now(breaker, &words);
}

/* --- Orders --------------------------------------------------------------------------- */

/* Orders of before are no matter of the present state. */
static bool is_present(const struct breaker *breaker, uint64_t sent_ns)
{
    return sent_ns >= breaker->since_ns;
}

static void reopen(struct breaker *breaker, const char *why)
{
    struct text words = {.size = 0};
    open_now(breaker, text_add(&words, why));
}

void breaker_sent(struct breaker *breaker, uint64_t now_ns)
{
    take_time(breaker, now_ns);
    if (breaker->state == BREAKER_HALF_OPEN) {
        breaker->probes_sent += 1;
    }
}

static void count(struct breaker *breaker, enum breaker_outcome outcome)
{
    struct breaker_bucket *bucket = bucket_now(breaker);
    bucket->orders += 1;
    bucket->failed += outcome == OUTCOME_FAILED || outcome == OUTCOME_LATE ? 1 : 0;
    bucket->slow += outcome == OUTCOME_SLOW ? 1 : 0;
}

void breaker_answered(struct breaker *breaker, uint64_t now_ns, uint64_t sent_ns,
                      enum breaker_outcome outcome)
{
    take_time(breaker, now_ns);
    if (!is_present(breaker, sent_ns) || breaker->state == BREAKER_OPEN) {
        return;
    }
    count(breaker, outcome);
    if (outcome == OUTCOME_LATE) {
        ASSERT(breaker->overdue > 0);
        breaker->overdue -= 1;
    } else {
        breaker->in_row = 0;
    }
    if (breaker->state == BREAKER_HALF_OPEN && outcome == OUTCOME_FAILED) {
        reopen(breaker, "it refused a probe order");
        return;
    }
    breaker->probes_good += breaker->state == BREAKER_HALF_OPEN ? 1 : 0;
    judge_softly(breaker);
}

void breaker_overdue(struct breaker *breaker, uint64_t now_ns, uint64_t sent_ns)
{
    take_time(breaker, now_ns);
    if (!is_present(breaker, sent_ns) || breaker->state == BREAKER_OPEN) {
        return;
    }
    breaker->overdue += 1;
    breaker->in_row += 1;
    if (breaker->state == BREAKER_HALF_OPEN) {
        reopen(breaker, "a probe order had no word in time");
        return;
    }
    judge_softly(breaker);
}

void breaker_withdrawn(struct breaker *breaker, uint64_t sent_ns, bool overdue)
{
    if (!is_present(breaker, sent_ns) || breaker->state == BREAKER_OPEN) {
        return;
    }
    if (overdue) {
        ASSERT(breaker->overdue > 0);
        breaker->overdue -= 1;
    }
    breaker->probes_lost += breaker->state == BREAKER_HALF_OPEN ? 1 : 0;
}

/* --- TestRequests --------------------------------------------------------------------- */

void breaker_echo(struct breaker *breaker, uint64_t now_ns, uint64_t round_trip_ns)
{
    take_time(breaker, now_ns);
    bool counts = breaker->state != BREAKER_OPEN || breaker->now_ns >= breaker->due_ns;
    if (!counts || round_trip_ns > breaker->config->test_timeout_ns) {
        breaker->echoes = 0;
        return;
    }
    breaker->echoes += breaker->echoes < UINT32_MAX ? 1 : 0;
}

void breaker_silent(struct breaker *breaker, uint64_t now_ns)
{
    struct text words = {.size = 0};
    text_add(&words, "no echo of a TestRequest within ");
    add_seconds(&words, breaker->config->test_timeout_ns);
    breaker->echoes = 0;
    breaker_hard(breaker, now_ns, text_span(&words));
}

/* --- Time ----------------------------------------------------------------------------- */

static void tick_half_open(struct breaker *breaker)
{
    const struct breaker_config *config = breaker->config;
    uint64_t age_ns = breaker->now_ns - breaker->since_ns;
    bool quiet = breaker->probes_good + breaker->probes_lost >= breaker->probes_sent;
    if (age_ns < config->half_open_min_ns) {
        return;
    }
    if (breaker->probes_good >= config->probe_orders) {
        close_now(breaker, "its probe orders were answered");
    } else if (quiet && age_ns >= config->half_open_idle_ns &&
               breaker->echoes >= config->half_open_echoes) {
        close_now(breaker, "its TestRequests are echoed, and too few orders came to probe it with");
    } else if (age_ns >= config->half_open_max_ns) {
        reopen(breaker, "probing led to no verdict");
    }
}

void breaker_tick(struct breaker *breaker, uint64_t now_ns)
{
    take_time(breaker, now_ns);
    switch (breaker->state) {
    case BREAKER_CLOSED:
        if (breaker->ramping && breaker_ramp(breaker) == ROUTING_PERMILLE) {
            breaker->ramping = false;
        }
        /* One step for each interval, however seldom it is called. */
        while (breaker->strikes > 0 &&
               breaker->now_ns - breaker->forgiven_ns >= breaker->config->forgive_ns) {
            breaker->strikes -= 1;
            breaker->forgiven_ns += breaker->config->forgive_ns;
        }
        judge_softly(breaker);
        return;
    case BREAKER_OPEN:
        if (breaker->ready && breaker->now_ns >= breaker->due_ns && breaker->echoes > 0) {
            half_open(breaker);
        }
        return;
    case BREAKER_HALF_OPEN:
        tick_half_open(breaker);
        return;
    }
}

bool breaker_wants_echo(const struct breaker *breaker)
{
    if (!breaker->ready) {
        return false;
    }
    return breaker->state == BREAKER_HALF_OPEN ||
           (breaker->state == BREAKER_OPEN && breaker->now_ns >= breaker->due_ns);
}

uint32_t breaker_ramp(const struct breaker *breaker)
{
    const struct breaker_config *config = breaker->config;
    uint64_t age_ns = breaker->now_ns - breaker->since_ns;
    if (breaker->state == BREAKER_CLOSED && (!breaker->ramping || age_ns >= config->ramp_ns)) {
        return ROUTING_PERMILLE;
    }
    if (breaker->state != BREAKER_CLOSED) {
        return config->ramp_permille;
    }
    uint64_t rest = ROUTING_PERMILLE - config->ramp_permille;
    return config->ramp_permille + (uint32_t)(rest * (age_ns / 1000) / (config->ramp_ns / 1000));
}

uint32_t breaker_probes(const struct breaker *breaker)
{
    return breaker->state == BREAKER_HALF_OPEN ? breaker->config->probe_orders : 0;
}
