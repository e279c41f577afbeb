#include "gateway/core/router/router_parts.h"

#include "gateway/core/engine/hash.h"

#define SECOND_NS UINT64_C(1000000000)

struct router_settings router_settings_default(void)
{
    return (struct router_settings){
        .breaker = breaker_config_default(),
        .score = score_config_default(),
        .slow_factor = 3,
        .slow_floor_ns = SECOND_NS / 4,
        .slow_samples_min = 20,
        .slow_unknown_ns = SECOND_NS,
        .probe_interval_ns = 5 * SECOND_NS,
        .probe_pause_ns = SECOND_NS,
        .score_interval_ns = SECOND_NS / 2,
        .post_interval_ns = SECOND_NS,
        .pending_keep_ns = 900 * SECOND_NS,
    };
}

static void init_sessions(struct router *router, const struct engine_config *config)
{
    router->sessions_count = config->sessions_count;
    for (uint32_t i = 0; i < config->sessions_count; i++) {
        const struct engine_session_config *session = &config->sessions[i];
        router->sessions[i] = (struct router_session){
            .id = session->id,
            .broker = session->broker,
            .orders = session->role == ROLE_ORDERS,
            .backlog_bytes_high = session->backlog_bytes_high,
            .rate_per_second = session->rate_per_second,
        };
    }
}

void router_init(struct router *router, const struct router_settings *settings,
                 const struct engine_config *config, uint64_t now_ns)
{
    memset(router, 0, sizeof(*router));
    router->settings = settings;
    router->now_ns = now_ns;
    router->brokers_count = config->brokers_count;
    pending_init(&router->pending);
    for (uint32_t i = 0; i < config->brokers_count; i++) {
        struct router_broker *broker = &router->brokers[i];
        broker->name = config->brokers[i].name;
        broker->told = BREAKER_CLOSED;
        broker->score = ROUTING_PERMILLE;
        broker->slow_ns = settings->slow_unknown_ns;
        /* Of the name: the same broker waits as long after each start, others differently. */
        breaker_init(&broker->breaker, &settings->breaker,
                     hash_bytes(HASH_SEED, span_text(broker->name)), now_ns);
    }
    init_sessions(router, config);
    router->score_wanted = true;
}

void router_take_time(struct router *router, uint64_t now_ns)
{
    router->now_ns = now_ns > router->now_ns ? now_ns : router->now_ns;
}

/* --- News ------------------------------------------------------------------------------- */

static struct router_news *news_add(struct router *router, enum effect_severity severity)
{
    if (router->news_count == ROUTER_NEWS_MAX) {
        router->news_first = (router->news_first + 1) % ROUTER_NEWS_MAX;
        router->news_count -= 1;
        router->news_lost += 1;
    }
    struct router_news *news =
        &router->news[(router->news_first + router->news_count) % ROUTER_NEWS_MAX];
    router->news_count += 1;
    *news = (struct router_news){.severity = severity, .broker = ENGINE_BROKERS_MAX};
    return news;
}

/* "ALPHA: …" */
static struct router_news *news_of(struct router *router, enum effect_severity severity,
                                   uint32_t broker)
{
    struct router_news *news = news_add(router, severity);
    news->broker = broker;
    text_add(text_add(&news->text, router->brokers[broker].name), ": ");
    return news;
}

bool router_news_next(struct router *router, struct router_news *news)
{
    if (router->news_count == 0) {
        return false;
    }
    *news = router->news[router->news_first];
    router->news_first = (router->news_first + 1) % ROUTER_NEWS_MAX;
    router->news_count -= 1;
    return true;
}

static bool all_open(const struct router *router)
{
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        if (router->brokers[i].breaker.state != BREAKER_OPEN) {
            return false;
        }
    }
    return router->brokers_count > 0;
}

void router_notice(struct router *router, uint32_t number)
{
    struct router_broker *broker = &router->brokers[number];
    enum breaker_state state = broker->breaker.state;
    if (state == broker->told) {
        return;
    }
    broker->told = state;
    router->score_wanted = true;
    if (state == BREAKER_OPEN) {
        latency_forget_recent(&broker->latency, router->now_ns);
    }
    bool none_left = all_open(router);
    enum effect_severity severity = state == BREAKER_OPEN ? SEVERITY_WARNING : SEVERITY_INFO;
    struct text *text = &news_of(router, severity, number)->text;
    text_add(text, router->settings->shadow ? "would be " : "is ");
    text_add(text_add(text, breaker_state_name(state)), ": ");
    text_add_span(text, text_span(&broker->breaker.reason));
    text_add(text, none_left && !router->none_left ? "; no broker is left, orders wait" : "");
    router->none_left = none_left;
}

/* --- Events ----------------------------------------------------------------------------- */

static bool broker_find(const struct router *router, struct span name, uint32_t *number)
{
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        if (span_is(name, router->brokers[i].name)) {
            *number = i;
            return true;
        }
    }
    return false;
}

struct router_session *router_session_find(struct router *router, struct span id)
{
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        if (span_is(id, router->sessions[i].id)) {
            return router->sessions[i].orders ? &router->sessions[i] : NULL;
        }
    }
    return NULL;
}

static void count_sent(struct router_broker *broker, uint64_t now_ns)
{
    uint64_t second = now_ns / SECOND_NS;
    if (second != broker->sent_second) {
        broker->sent_before = second == broker->sent_second + 1 ? broker->sent_count : 0;
        broker->sent_count = 0;
        broker->sent_second = second;
    }
    broker->sent_count += 1;
}

/* An attempt that comes out of doubt is told as sent once more: it waits since the first time. */
static void see_sent(struct router *router, const struct sighting *sighting, uint32_t number)
{
    struct router_broker *broker = &router->brokers[number];
    if (pending_add(&router->pending, number, sighting->attempt, router->now_ns)) {
        breaker_sent(&broker->breaker, router->now_ns);
        count_sent(broker, router->now_ns);
    }
}

static void see_withdrawn(struct router *router, const struct sighting *sighting)
{
    struct pending_found found;
    if (pending_take(&router->pending, sighting->attempt, &found)) {
        breaker_withdrawn(&router->brokers[found.broker].breaker, found.sent_ns, found.overdue);
    }
}

static void tell_cell(struct router *router, const struct sighting *sighting, uint32_t number)
{
    uint32_t rejects = 0;
    if (sighting->verdict == VERDICT_TAKEN) {
        cells_taken(&router->cells, number, sighting->symbol);
    } else if (sighting->verdict == VERDICT_BUSINESS &&
               cells_rejected(&router->cells, number, sighting->symbol, &rejects)) {
        struct router_news *news = news_of(router, SEVERITY_WARNING, number);
        struct text *text = &news->text;
        news->alert = true;
        text_add_uint(text_add(text, "rejected the last "), rejects);
        text_add_span(text_add(text, " orders of "), sighting->symbol);
        text_add_span(text_add(text, ", the broker itself is well: "), sighting->text);
    }
}

static enum breaker_outcome outcome_of(const struct sighting *sighting,
                                       const struct pending_found *found, bool slow)
{
    if (found->overdue) {
        return OUTCOME_LATE;
    }
    if (sighting->verdict == VERDICT_FAILED || sighting->verdict == VERDICT_REFUSED) {
        return OUTCOME_FAILED;
    }
    return slow ? OUTCOME_SLOW : OUTCOME_GOOD;
}

static void see_answered(struct router *router, const struct sighting *sighting)
{
    struct pending_found found;
    if (!pending_take(&router->pending, sighting->attempt, &found)) {
        return;
    }
    struct router_broker *broker = &router->brokers[found.broker];
    uint64_t now_ns = router->now_ns;
    uint64_t span_ns = now_ns - found.sent_ns;
    broker->heard_ns = now_ns;
    /* How long a line was down is no latency of the broker. */
    if (found.sent_ns > broker->dropped_ns && broker->breaker.state != BREAKER_OPEN) {
        latency_add(&broker->latency, now_ns, span_ns);
    } else if (found.sent_ns > broker->dropped_ns) {
        latency_add_mean(&broker->latency, now_ns, span_ns);
    }
    breaker_answered(&broker->breaker, now_ns, found.sent_ns,
                     outcome_of(sighting, &found, span_ns > broker->slow_ns));
    if (sighting->verdict == VERDICT_REFUSED) {
        struct text why = {.size = 0};
        text_add_span(text_add(&why, "it refused an order: "), sighting->text);
        breaker_hard(&broker->breaker, now_ns, text_span(&why));
    }
    tell_cell(router, sighting, found.broker);
    router_notice(router, found.broker);
}

static bool any_ready(const struct router *router, uint32_t broker)
{
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        const struct router_session *session = &router->sessions[i];
        if (session->orders && session->broker == broker && session->ready) {
            return true;
        }
    }
    return false;
}

static void see_session(struct router *router, const struct sighting *sighting)
{
    struct router_session *session = router_session_find(router, sighting->session);
    if (session == NULL) {
        return;
    }
    struct router_broker *broker = &router->brokers[session->broker];
    session->known = true;
    session->ready = sighting->kind == SIGHTING_READY;
    session->tested_ns = 0;
    session->tested_again = false;
    session->echoes_known = false;
    if (session->ready) {
        breaker_ready(&broker->breaker, router->now_ns);
        return;
    }
    broker->dropped_ns = router->now_ns;
    if (!any_ready(router, session->broker)) {
        breaker_down(&broker->breaker, router->now_ns, sighting->text);
        router_notice(router, session->broker);
    }
}

void router_event(struct router *router, struct span topic, struct span event)
{
    struct sighting sighting = sighting_of(topic, event, router->fields, FIX_FIELDS_MAX);
    uint32_t number = 0;
    if (sighting.kind == SIGHTING_NONE) {
        return;
    }
    /* What was due before it happens before it: so that it does not matter when it is read. */
    router_tick(router, sighting.at_ns);
    router->events_count += 1;
    switch (sighting.kind) {
    case SIGHTING_SENT:
        if (broker_find(router, sighting.broker, &number)) {
            see_sent(router, &sighting, number);
        }
        return;
    case SIGHTING_WITHDRAWN:
        see_withdrawn(router, &sighting);
        return;
    case SIGHTING_ANSWERED:
        see_answered(router, &sighting);
        return;
    case SIGHTING_READY:
    case SIGHTING_DOWN:
        see_session(router, &sighting);
        return;
    case SIGHTING_NONE:
        return;
    }
}

void router_live(struct router *router)
{
    struct pending_found found;
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        while (pending_expire(&router->pending, i, UINT64_MAX, &found)) {
            breaker_withdrawn(&router->brokers[i].breaker, found.sent_ns, found.overdue);
        }
    }
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        router->sessions[i].tested_ns = 0;
        router->sessions[i].tested_again = false;
    }
    router->live = true;
}

/* --- Time -------------------------------------------------------------------------------- */

static uint64_t before(uint64_t now_ns, uint64_t span_ns)
{
    return now_ns > span_ns ? now_ns - span_ns : 0;
}

static void judge_pending(struct router *router, uint32_t number)
{
    struct breaker *breaker = &router->brokers[number].breaker;
    uint64_t due_ns = before(router->now_ns, router->settings->breaker.ack_timeout_ns) + 1;
    uint64_t kept_ns = before(router->now_ns, router->settings->pending_keep_ns);
    uint64_t sent_ns = 0;
    struct pending_found found;
    /* Each ends one entry's wait, so both end. */
    while (router->live && pending_overdue(&router->pending, number, due_ns, &sent_ns)) {
        breaker_overdue(breaker, router->now_ns, sent_ns);
        router_notice(router, number);
    }
    while (pending_expire(&router->pending, number, kept_ns, &found)) {
        breaker_withdrawn(breaker, found.sent_ns, found.overdue);
        router->forgotten += 1;
    }
}

/* What is slow for the broker: as it was before now. */
static void figure(struct router *router, struct router_broker *broker)
{
    const struct router_settings *settings = router->settings;
    broker->figures = latency_figures(&broker->latency, router->now_ns, true);
    uint64_t slow_ns = settings->slow_unknown_ns;
    if (broker->figures.count >= settings->slow_samples_min) {
        slow_ns = broker->figures.p99_ns * settings->slow_factor;
        slow_ns = slow_ns > settings->slow_floor_ns ? slow_ns : settings->slow_floor_ns;
    }
    broker->slow_ns = slow_ns;
}

static void tell_overflow(struct router *router)
{
    uint64_t lost = router->pending.overflow_count;
    if (lost == router->overflow_told) {
        return;
    }
    router->overflow_told = lost;
    struct router_news *news = news_add(router, SEVERITY_WARNING);
    struct text *text = &news->text;
    news->alert = true;
    text_add_uint(text_add(text, "more than "), PENDING_MAX);
    text_add_uint(text_add(text, " orders wait for a word; "), lost);
    text_add(text, " were not watched");
}

void router_tick(struct router *router, uint64_t now_ns)
{
    router_take_time(router, now_ns);
    router_judge_silence(router);
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        judge_pending(router, i);
        breaker_tick(&router->brokers[i].breaker, router->now_ns);
        router_notice(router, i);
    }
    bool due = router->now_ns - router->scored_ns >= router->settings->score_interval_ns;
    if (!due && !router->score_wanted) {
        return;
    }
    for (uint32_t i = 0; i < router->brokers_count && due; i++) {
        figure(router, &router->brokers[i]);
    }
    router->scored_ns = due ? router->now_ns : router->scored_ns;
    router->score_wanted = false;
    router_score(router);
    tell_overflow(router);
}
