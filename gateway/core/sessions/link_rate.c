/* The outbound rate of a link: a bucket of tokens, one per message (OutboundRate,
 * OutboundBurst).
 *
 * Session messages always go, and may take the bucket below zero, since a session that
 * does not answer is cut off; what they took too much is paid back before anything else
 * goes. Cancels and replaces may take the last token. New orders leave them a quarter of
 * the bucket. Resends wait for tokens as cancels do: the peer asked for them. */
#include "gateway/core/sessions/link_parts.h"

#define TOKEN INT64_C(1000000000) /* So that a nanosecond brings `rate` parts of it. */

static int64_t burst_of(const struct link *link)
{
    return (link->config->rate_burst > 0 ? link->config->rate_burst : 1) * TOKEN;
}

static int64_t tokens_now(const struct engine *engine, const struct link *link)
{
    int64_t missing = burst_of(link) - link->tokens;
    uint64_t rate = link->config->rate_per_second;
    uint64_t elapsed_ns = engine->now_ns - link->tokens_at_ns;
    if (elapsed_ns > (uint64_t)missing / rate) {
        return burst_of(link);
    }
    return link->tokens + (int64_t)(elapsed_ns * rate);
}

/* What must be in the bucket for such a message. A bucket too small to leave a quarter
 * of it must be full. */
static int64_t tokens_needed(const struct link *link, enum link_class class)
{
    int64_t burst = burst_of(link);
    int64_t leaving = burst / 4 + TOKEN < burst ? burst / 4 + TOKEN : burst;
    return class == LINK_NEW ? leaving : TOKEN;
}

void link_rate_start(const struct engine *engine, struct link *link)
{
    link->tokens = burst_of(link);
    link->tokens_at_ns = engine->now_ns;
}

bool link_rate_allows(const struct engine *engine, const struct link *link, enum link_class class)
{
    return link->config->rate_per_second == 0 ||
           tokens_now(engine, link) >= tokens_needed(link, class);
}

uint32_t link_headroom(const struct engine *engine, const struct link *link)
{
    /* Shifted, so that it can be multiplied; a bucket of one token has nearly 2^30 units. */
    enum { SHIFT = 20, PERMILLE = 1000 };
    if (link->config->rate_per_second == 0) {
        return PERMILLE;
    }
    int64_t tokens = tokens_now(engine, link);
    if (tokens <= 0) {
        return 0;
    }
    return (uint32_t)(((uint64_t)tokens >> SHIFT) * PERMILLE / ((uint64_t)burst_of(link) >> SHIFT));
}

void link_rate_take(const struct engine *engine, struct link *link)
{
    if (link->config->rate_per_second == 0) {
        return;
    }
    int64_t left = tokens_now(engine, link) - TOKEN;
    link->tokens = left > -burst_of(link) ? left : -burst_of(link);
    link->tokens_at_ns = engine->now_ns;
}

uint64_t link_rate_due_ns(const struct engine *engine, const struct link *link,
                          enum link_class class)
{
    if (link_rate_allows(engine, link, class)) {
        return engine->now_ns;
    }
    uint64_t rate = link->config->rate_per_second;
    uint64_t lack = (uint64_t)(tokens_needed(link, class) - link->tokens);
    return link->tokens_at_ns + (lack + rate - 1) / rate;
}
