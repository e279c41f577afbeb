/* Scores, and what goes to the engine. */
#include "gateway/core/router/router_parts.h"

#define MILLISECOND_NS UINT64_C(1000000)

/* --- Scores ----------------------------------------------------------------------------- */

/* Thousandths of the outbound rates and of the room for unsent bytes that are left. */
static uint32_t headroom(const struct router *router, uint32_t number)
{
    const struct router_broker *broker = &router->brokers[number];
    uint64_t rate = 0;
    uint64_t backlog = 0;
    uint64_t backlog_high = 0;
    bool unlimited = false;
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        const struct router_session *session = &router->sessions[i];
        if (session->orders && session->broker == number) {
            rate += session->rate_per_second;
            unlimited = unlimited || session->rate_per_second == 0;
            backlog += session->backlog_bytes;
            backlog_high += session->backlog_bytes_high;
        }
    }
    uint64_t left = ROUTING_PERMILLE;
    if (!unlimited && rate > 0) {
        uint64_t used = broker->sent_before < rate ? broker->sent_before : rate;
        left = (rate - used) * ROUTING_PERMILLE / rate;
    }
    if (backlog_high > 0) {
        backlog = backlog < backlog_high ? backlog : backlog_high;
        left = left * (backlog_high - backlog) / backlog_high;
    }
    return (uint32_t)left;
}

/* An order that waits is as slow as it has waited. */
static uint64_t latency_now(const struct router *router, uint32_t number)
{
    const struct router_broker *broker = &router->brokers[number];
    uint64_t sent_ns = pending_due_sent_ns(&router->pending, number);
    uint64_t waited_ns = sent_ns < router->now_ns ? router->now_ns - sent_ns : 0;
    return waited_ns > broker->latency.mean_ns ? waited_ns : broker->latency.mean_ns;
}

static struct score_input input_of(const struct router *router, uint32_t number)
{
    const struct router_broker *broker = &router->brokers[number];
    struct breaker_share share = breaker_share(&broker->breaker);
    return (struct score_input){
        .able = broker->breaker.state != BREAKER_OPEN,
        .latency_ns = latency_now(router, number),
        .pending = router->pending.lines[number].count,
        .orders = share.orders,
        .failed = share.failed,
        .headroom = headroom(router, number),
    };
}

static struct decision_figures figures_of(const struct score_input *input)
{
    uint64_t latency_us = input->latency_ns / 1000;
    return (struct decision_figures){
        .latency_us = latency_us < UINT32_MAX ? (uint32_t)latency_us : UINT32_MAX,
        .pending = input->pending,
        .orders = input->orders,
        .failed = input->failed,
    };
}

/* "score 640: latency 12 ms (p50 3, p99 9), 4 pending, 1 of 120 failed, headroom 1000" */
static void say_score(struct router_broker *broker, const struct score_input *input)
{
    struct text *words = &broker->score_words;
    words->size = 0;
    text_add_uint(text_add(words, "score "), broker->score);
    if (input->latency_ns == 0) {
        text_add(words, ": latency not known yet");
    } else {
        text_add_uint(text_add(words, ": latency "), input->latency_ns / MILLISECOND_NS);
        text_add(words, " ms");
        if (broker->figures.count == 0) {
            text_add(words, " (no baseline yet)");
        } else {
            text_add_uint(text_add(words, " (p50 "), broker->figures.p50_ns / MILLISECOND_NS);
            text_add_uint(text_add(words, ", p99 "), broker->figures.p99_ns / MILLISECOND_NS);
            text_add(words, ")");
        }
    }
    text_add_uint(text_add(words, ", "), input->pending);
    text_add_uint(text_add(words, " pending, "), input->failed);
    text_add_uint(text_add(words, " of "), input->orders);
    text_add_uint(text_add(words, " failed, headroom "), input->headroom);
}

void router_score(struct router *router)
{
    struct score_input inputs[ENGINE_BROKERS_MAX];
    uint32_t scores[ENGINE_BROKERS_MAX];
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        inputs[i] = input_of(router, i);
    }
    scores_reckon(&router->settings->score, inputs, router->brokers_count, scores);
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        struct router_broker *broker = &router->brokers[i];
        /* One that is OPEN has none; if a person lets it take orders, it is as good as any. */
        uint32_t wanted = inputs[i].able ? scores[i] : ROUTING_PERMILLE;
        uint32_t settled = score_settle(&router->settings->score, broker->score, wanted);
        if (settled != broker->score || broker->score_words.size == 0) {
            broker->score = settled;
            broker->figured = figures_of(&inputs[i]);
            say_score(broker, &inputs[i]);
        }
    }
}

/* --- Posts ------------------------------------------------------------------------------ */

static struct router_post post_of(const struct router *router, uint32_t number)
{
    const struct router_broker *broker = &router->brokers[number];
    const struct breaker *breaker = &broker->breaker;
    struct router_post post = {
        .broker = number,
        .breaker = breaker->state,
        .score = broker->score,
        .ramp = breaker->state == BREAKER_OPEN ? ROUTING_PERMILLE : breaker_ramp(breaker),
        .probes = breaker_probes(breaker),
        .figures = broker->figured,
    };
    if (router->settings->shadow) {
        text_add_uint(text_add(text_add(text_add(&post.reason, "shadow: would be "),
                                        breaker_state_name(post.breaker)),
                               " at ramp "),
                      post.ramp);
        text_add(&post.reason, ": ");
        post.breaker = BREAKER_CLOSED;
        post.score = ROUTING_PERMILLE;
        post.ramp = ROUTING_PERMILLE;
        post.probes = 0;
    }
    text_add_span(&post.reason, text_span(&breaker->reason));
    if (breaker->state != BREAKER_OPEN) {
        text_add_span(text_add(&post.reason, "; "), text_span(&broker->score_words));
    }
    return post;
}

/* The ramp moves all the time, and words do not steer: both wait for the next sign of life. */
static bool differs(const struct router_post *a, const struct router_post *b)
{
    return a->breaker != b->breaker || a->score != b->score || a->probes != b->probes;
}

bool router_post_next(struct router *router, struct router_post *post)
{
    for (uint32_t i = 0; i < router->brokers_count; i++) {
        struct router_broker *broker = &router->brokers[i];
        *post = post_of(router, i);
        if (!broker->posted || differs(post, &broker->last) ||
            router->now_ns - broker->posted_ns >= router->settings->post_interval_ns) {
            broker->posted = true;
            broker->posted_ns = router->now_ns;
            broker->last = *post;
            return true;
        }
    }
    return false;
}

void router_post_failed(struct router *router, uint32_t broker)
{
    ASSERT(broker < router->brokers_count);
    router->brokers[broker].posted = false;
}
