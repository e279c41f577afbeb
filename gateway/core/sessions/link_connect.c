/* Where a link connects to, and when: endpoints, tries, backoff. */
#include "gateway/core/sessions/link_parts.h"

enum { JITTER_PERMILLE = 200 };

static uint32_t endpoints_of(const struct link *link)
{
    return link->config->endpoints_count > 0 ? link->config->endpoints_count : 1;
}

static uint32_t tries_of(const struct link *link)
{
    return link->config->endpoint_tries > 0 ? link->config->endpoint_tries : 1;
}

/* --- When ------------------------------------------------------------------------ */

/* xorshift64*: many gateways that lost one broker must not come back in one instant. */
static uint64_t random_next(struct engine *engine)
{
    uint64_t random = engine->random;
    random ^= random >> 12;
    random ^= random << 25;
    random ^= random >> 27;
    engine->random = random;
    return random * UINT64_C(0x2545f4914f6cdd1d);
}

/* Give or take a fifth. */
static uint64_t with_jitter(struct engine *engine, uint64_t wait_ns)
{
    uint64_t permille =
        1000 - JITTER_PERMILLE + (random_next(engine) >> 32) % (2 * JITTER_PERMILLE + 1);
    return wait_ns / 1000 * permille;
}

/* The first connection of all comes without a wait, so the first failure has none to double. */
static void back_off(struct link *link)
{
    if (!link->backoff_waited) {
        return;
    }
    const struct engine_session_config *config = link->config;
    uint64_t max_ns = config->reconnect_interval_max_ns > config->reconnect_interval_ns
                          ? config->reconnect_interval_max_ns
                          : config->reconnect_interval_ns;
    link->backoff_ns = link->backoff_ns > max_ns / 2 ? max_ns : 2 * link->backoff_ns;
}

/* --- Where ----------------------------------------------------------------------- */

/* One more try at the endpoint in vain: the next one, after as many as agreed. A
 * round has failed when all endpoints have. */
static void next_try(struct engine *engine, struct link *link)
{
    link->tries += 1;
    if (link->tries < tries_of(link)) {
        return;
    }
    link->tries = 0;
    if (link->endpoint == 0) {
        link->first_left_ns = engine->now_ns;
    }
    link->endpoint = (link->endpoint + 1) % endpoints_of(link);
    if (link->endpoint == 0) {
        back_off(link);
    }
}

/* PRIORITY: the first endpoint is wanted back when it has been left long enough.
 * With no such time, once a connection to another one was lost. */
static void fail_back(const struct engine *engine, struct link *link)
{
    const struct engine_session_config *config = link->config;
    if (config->endpoint_policy != ENDPOINT_PRIORITY || link->endpoint == 0) {
        return;
    }
    bool long_enough = engine->now_ns - link->first_left_ns >= config->endpoint_failback_ns;
    if (long_enough && (config->endpoint_failback_ns > 0 || link->was_logged_on)) {
        link->endpoint = 0;
        link->tries = 0;
    }
}

static void add_endpoint(struct text *line, const struct link *link)
{
    text_add_uint(text_add(line, "endpoint "), link->endpoint + 1);
    text_add_uint(text_add(line, " of "), endpoints_of(link));
    text_add_uint(text_add(line, ", try "), link->tries + 1);
    text_add_uint(text_add(line, " of "), tries_of(link));
}

/* --- Events ---------------------------------------------------------------------- */

void link_connect_done(struct link *link)
{
    link->logged_on = true;
    link->tries = 0;
    link->backoff_ns = link->config->reconnect_interval_ns;
    link->backoff_waited = false;
}

void link_connect_lost(struct engine *engine, struct link *link, const char *reason)
{
    bool was_connected = link->connected;
    struct text next = {.size = 0};
    struct span line[3] = {span_text(was_connected ? "disconnected: " : "cannot connect: "),
                           span_text(reason), span_of(NULL, 0)};
    if (reason[0] != '\0') {
        link->why.size = 0;
        text_add(&link->why, reason);
    }
    if (link->config->fix.acceptor) {
        link_log_parts(engine, SEVERITY_WARNING, link, line, 2);
        return;
    }
    text_add(&next, "; ");
    add_endpoint(&next, link);
    link->was_logged_on = link->logged_on;
    if (!link->logged_on) {
        next_try(engine, link);
    }
    link->backoff_waited = true;
    uint64_t wait_ns = with_jitter(engine, link->backoff_ns);
    link->connect_at_ns = engine->now_ns + wait_ns;
    if (link_closed_now(engine, link) == NULL && !engine->stopping) {
        text_add_uint(text_add(&next, "; next: endpoint "), link->endpoint + 1);
        text_add_uint(text_add(&next, " in "), wait_ns / 1000000);
        text_add(&next, " ms");
    }
    line[2] = text_span(&next);
    link_log_parts(engine, was_connected ? SEVERITY_WARNING : SEVERITY_INFO, link, line, 3);
}

void link_connect_tick(struct engine *engine, struct link *link)
{
    if (link->config->fix.acceptor || link->connected || link->connecting || engine->stopping ||
        engine->now_ns < link->connect_at_ns || link_closed_now(engine, link) != NULL) {
        return;
    }
    fail_back(engine, link);
    link->connecting = true;
    struct text line = {.size = 0};
    text_add(&line, "connecting to ");
    add_endpoint(&line, link);
    link_log(engine, SEVERITY_INFO, link, text_span(&line));
    release_add(&engine->turn->releases, &(struct release){.kind = RELEASE_CONNECT,
                                                           .session = link->number,
                                                           .endpoint = link->endpoint});
}

uint64_t link_connect_due_ns(const struct engine *engine, const struct link *link)
{
    bool wanted = !link->config->fix.acceptor && !link->connected && !link->connecting &&
                  !engine->stopping && link_closed_now(engine, link) == NULL;
    return wanted ? link->connect_at_ns : UINT64_MAX;
}
