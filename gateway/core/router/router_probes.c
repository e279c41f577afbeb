/* Rows of sessions, and TestRequests. */
#include "gateway/core/router/router_parts.h"

void router_row(struct router *router, uint64_t now_ns, const struct router_row *row)
{
    struct router_session *session = router_session_find(router, row->session);
    router_take_time(router, now_ns);
    if (session == NULL) {
        return;
    }
    struct breaker *breaker = &router->brokers[session->broker].breaker;
    session->backlog_bytes = row->backlog_bytes;
    if (!session->known) {
        session->known = true;
        session->ready = row->ready;
        if (row->ready) {
            breaker_ready(breaker, router->now_ns);
        }
    }
    if (session->echoes_known && row->echoes > session->echoes && session->ready) {
        session->tested_ns = 0;
        session->tested_again = false;
        session->round_trip_ns = row->round_trip_ns;
        breaker_echo(breaker, router->now_ns, row->round_trip_ns);
    }
    session->echoes_known = true;
    session->echoes = row->echoes;
}

/* Once in half of the time, for the case that the first is lost with its echo. */
static bool is_wanted_again(const struct router *router, const struct router_session *session)
{
    uint64_t past_ns = router->now_ns - session->tested_ns;
    return !session->tested_again && past_ns >= router->settings->breaker.test_timeout_ns / 2;
}

static bool is_wanted(const struct router *router, const struct router_session *session)
{
    const struct router_settings *settings = router->settings;
    const struct router_broker *broker = &router->brokers[session->broker];
    uint64_t past_ns = router->now_ns - session->tested_last_ns;
    if (!session->orders || !session->ready || !session->echoes_known ||
        past_ns < settings->probe_pause_ns) {
        return false;
    }
    if (session->tested_ns != 0) {
        return is_wanted_again(router, session);
    }
    bool idle = router->now_ns - broker->heard_ns >= settings->probe_interval_ns &&
                past_ns >= settings->probe_interval_ns;
    return idle || breaker_wants_echo(&broker->breaker);
}

bool router_probe_next(struct router *router, uint32_t *number)
{
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        if (is_wanted(router, &router->sessions[i])) {
            *number = i;
            return true;
        }
    }
    return false;
}

void router_probed(struct router *router, uint32_t number, bool sent)
{
    ASSERT(number < router->sessions_count);
    struct router_session *session = &router->sessions[number];
    session->tested_last_ns = router->now_ns;
    if (session->tested_ns == 0) {
        session->tested_ns = sent ? router->now_ns : 0;
    } else if (sent || session->tested_again) {
        session->tested_again = sent;
    } else {
        session->tested_ns = 0;
    }
}

void router_judge_silence(struct router *router)
{
    uint64_t patience_ns = router->settings->breaker.test_timeout_ns;
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        struct router_session *session = &router->sessions[i];
        if (session->tested_ns == 0 || router->now_ns - session->tested_ns < patience_ns) {
            continue;
        }
        session->tested_ns = 0;
        session->tested_again = false;
        if (session->ready) {
            breaker_silent(&router->brokers[session->broker].breaker, router->now_ns);
            router_notice(router, session->broker);
        }
    }
}
