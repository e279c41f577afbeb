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
        session->round_trip_ns = row->round_trip_ns;
        breaker_echo(breaker, router->now_ns, row->round_trip_ns);
    }
    session->echoes_known = true;
    session->echoes = row->echoes;
}

bool router_probe_next(struct router *router, uint32_t *number)
{
    const struct router_settings *settings = router->settings;
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        const struct router_session *session = &router->sessions[i];
        if (!session->orders || !session->ready || !session->echoes_known ||
            session->tested_ns != 0) {
            continue;
        }
        const struct router_broker *broker = &router->brokers[session->broker];
        bool wanted = breaker_wants_echo(&broker->breaker);
        bool idle = router->now_ns - broker->heard_ns >= settings->probe_interval_ns;
        uint64_t pause_ns = wanted ? settings->probe_pause_ns : settings->probe_interval_ns;
        if ((wanted || idle) && router->now_ns - session->tested_last_ns >= pause_ns) {
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
    session->tested_ns = sent ? router->now_ns : 0;
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
        if (session->ready) {
            breaker_silent(&router->brokers[session->broker].breaker, router->now_ns);
            router_notice(router, session->broker);
        }
    }
}
