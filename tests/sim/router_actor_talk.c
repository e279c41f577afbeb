/* What the router asks of the gateway, and what it is answered: as router_talk.c of the service
 * has it, over a connection that is lost with the gateway. */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/core/commands/command.h"
#include "gateway/core/routing/canary.h"
#include "gateway/services/control_link.h"
#include "gateway/services/router.h"
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor_parts.h"

enum { LATENCY_LEAST_US = 20, LATENCY_MOST_US = 500 };

_Static_assert((int)ROUTER_WISHES_MAX == (int)CONTROL_LINK_WAITING_MAX, "as the service's link");

#define MICROSECOND_NS UINT64_C(1000)

static struct router_wish *wish_find(struct sim_router *router, uint64_t number)
{
    for (uint32_t i = 0; i < router->wishes_count; i++) {
        if (router->wishes[i].number == number && !router->wishes[i].lost) {
            return &router->wishes[i];
        }
    }
    return NULL;
}

static uint64_t latency_ns(struct sim_router *router)
{
    return random_between(&router->sim->random, LATENCY_LEAST_US, LATENCY_MOST_US) * MICROSECOND_NS;
}

/* --- Asking -------------------------------------------------------------------------------- */

static void act_request(void *actor, uint64_t number)
{
    struct sim_router *router = actor;
    struct router_wish *wish = wish_find(router, number);
    if (wish != NULL) {
        /* Without room for it, it has no answer. */
        (void)sim_gateway_ask(router->sim->gateway, wish->words, text_span(&wish->reason), number);
    }
}

/* The next wish, with its words yet to be written; NULL: nobody is there, or too much waits. */
static struct router_wish *wish_begin(struct sim_router *router, enum router_wish_kind kind,
                                      uint32_t subject)
{
    if (!sim_gateway_up(router->sim->gateway) || router->wishes_count == ROUTER_WISHES_MAX) {
        return NULL;
    }
    struct router_wish *wish = &router->wishes[router->wishes_count++];
    *wish = (struct router_wish){.number = ++router->numbers,
                                 .kind = kind,
                                 .subject = subject,
                                 .sent_ns = router->sim->now_ns};
    sim_later(router->sim, latency_ns(router), act_request, router, wish->number);
    return wish;
}

/* What is new in it; that the ramp goes on is not. */
static void show_post(struct sim_router *router, const struct router_post *post)
{
    struct router_post *shown = &router->shown[post->broker];
    bool same = shown->reason.size > 0 && shown->breaker == post->breaker &&
                shown->score == post->score && shown->probes == post->probes &&
                (shown->ramp == ROUTING_PERMILLE) == (post->ramp == ROUTING_PERMILLE);
    if (same) {
        return;
    }
    *shown = *post;
    trace_say(&router->sim->trace, "router > gateway",
              "%s %s score=%" PRIu32 " ramp=%" PRIu32 " probes=%" PRIu32 ": %.*s",
              router->config->brokers[post->broker].name, breaker_state_name(post->breaker),
              post->score, post->ramp, post->probes, (int)post->reason.size, post->reason.data);
}

static bool send_post(struct sim_router *router, const struct router_post *post)
{
    struct router_wish *wish = wish_begin(router, ROUTER_WISH_POST, post->broker);
    if (wish == NULL) {
        return false;
    }
    (void)snprintf(wish->words, sizeof(wish->words),
                   "router broker.measure broker=%s breaker=%s score=%" PRIu32 " ramp=%" PRIu32
                   " probes=%" PRIu32 " router=life%" PRIu64,
                   router->config->brokers[post->broker].name, breaker_state_name(post->breaker),
                   post->score, post->ramp, post->probes, router->life + 1);
    wish->reason = post->reason;
    oracle_router_posts(router->sim->oracle, post->broker,
                        span_text(breaker_state_name(post->breaker)), post->ramp,
                        router->router.now_ns);
    show_post(router, post);
    return true;
}

static void send_posts(struct sim_router *router)
{
    struct router_post post;
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX && router_post_next(&router->router, &post); i++) {
        if (!send_post(router, &post)) {
            router_post_failed(&router->router, post.broker);
            return;
        }
    }
}

static void send_probes(struct sim_router *router)
{
    uint32_t session = 0;
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX && router_probe_next(&router->router, &session);
         i++) {
        struct router_wish *wish = wish_begin(router, ROUTER_WISH_PROBE, session);
        if (wish != NULL) {
            (void)snprintf(wish->words, sizeof(wish->words), "router session.probe session=%s",
                           router->config->sessions[session].id);
        }
        router_probed(&router->router, session, wish != NULL);
    }
}

static bool echo_awaited(const struct router *router)
{
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        if (router->sessions[i].tested_ns != 0) {
            return true;
        }
    }
    return false;
}

static void ask_rows(struct sim_router *router)
{
    uint64_t interval_ms = echo_awaited(&router->router) ? ROUTER_ROWS_SOON_MS : ROUTER_ROWS_MS;
    if (!router->rows_wanted ||
        router->sim->now_ns - router->rows_asked_ns < interval_ms * SIM_MS_NS) {
        return;
    }
    struct router_wish *wish = wish_begin(router, ROUTER_WISH_ROWS, 0);
    router->rows_asked_ns = router->sim->now_ns;
    router->rows_wanted = wish == NULL;
    if (wish != NULL) {
        (void)snprintf(wish->words, sizeof(wish->words), "router session.list");
    }
}

void router_actor_send_alert(struct sim_router *router, const struct router_news *news)
{
    struct router_wish *wish =
        news->alert ? wish_begin(router, ROUTER_WISH_ALERT, news->broker) : NULL;
    if (wish != NULL) {
        (void)snprintf(wish->words, sizeof(wish->words), "router alert.post severity=warning%s%s",
                       news->broker < router->config->brokers_count ? " broker=" : "",
                       news->broker < router->config->brokers_count
                           ? router->config->brokers[news->broker].name
                           : "");
        wish->reason = news->text;
    }
}

void router_actor_send(struct sim_router *router)
{
    send_posts(router);
    send_probes(router);
    ask_rows(router);
}

/* As router_canary.c of the service has it, but for what has no answer: the client sends that
 * again, as any client does. When all is to settle no more of them go. */
void router_actor_send_canaries(struct sim_router *router)
{
    struct sim *sim = router->sim;
    const struct router_canary *canary = &router->settings->router.canary;
    uint32_t broker = 0;
    for (uint32_t i = 0; sim->canary != NULL && !sim->settling && i < ENGINE_BROKERS_MAX &&
                         router_canary_next(&router->router, &broker);
         i++) {
        char id[ENGINE_CL_ORD_ID_BYTES_MAX + 1];
        (void)snprintf(id, sizeof(id), "%.*s%c%" PRIx64, CANARY_BROKER_BYTES_MAX,
                       router->config->brokers[broker].name, CANARY_SEPARATOR,
                       router->now.engine_ns);
        sim_oms_canary(sim->canary, &(struct sim_oms_canary){.id = id,
                                                             .symbol = canary->symbol,
                                                             .account = canary->account,
                                                             .quantity = canary->quantity,
                                                             .price = canary->price});
        router_canary_sent(&router->router, broker);
    }
}

/* --- In the gateway's turn ------------------------------------------------------------------- */

void sim_router_row(struct sim_router *router, const struct command_field *fields, uint32_t count)
{
    struct router_actor_row row = {.session = router->config->sessions_count};
    for (uint32_t i = 0; i < count; i++) {
        struct span name = span_text(fields[i].name);
        if (span_is(name, "session")) {
            row.session = 0;
            while (row.session < router->config->sessions_count &&
                   !span_is(fields[i].words, router->config->sessions[row.session].id)) {
                row.session++;
            }
        } else if (span_is(name, "state")) {
            row.ready = span_is(fields[i].words, "READY");
        } else if (span_is(name, "unsent_bytes")) {
            row.backlog_bytes = fields[i].number;
        } else if (span_is(name, "echoes")) {
            row.echoes = fields[i].number;
        } else if (span_is(name, "round_trip_ns")) {
            row.round_trip_ns = fields[i].number;
        }
    }
    if (row.session < router->config->sessions_count && router->gathered.count < SIM_SESSIONS_MAX) {
        router->gathered.list[router->gathered.count++] = row;
    }
}

static void act_answer(void *actor, uint64_t number)
{
    struct sim_router *router = actor;
    struct router_wish *wish = wish_find(router, number);
    if (wish != NULL) {
        wish->answered = true;
    }
}

void sim_router_answered(struct sim_router *router, uint64_t number, bool done)
{
    struct router_wish *wish = wish_find(router, number);
    if (wish != NULL) {
        wish->done = done;
        if (wish->kind == ROUTER_WISH_ROWS) {
            router->rows = router->gathered;
        }
        sim_later(router->sim, latency_ns(router), act_answer, router, number);
    }
    router->gathered.count = 0;
}

/* --- Answers ------------------------------------------------------------------------------------
 */

void sim_router_disconnected(struct sim_router *router)
{
    sim_bus_disconnected(router->bus);
    for (uint32_t i = 0; i < router->wishes_count; i++) {
        router->wishes[i].lost = true;
    }
}

void router_actor_forget(struct sim_router *router)
{
    router->wishes_count = 0;
}

static void take_rows(struct sim_router *router, uint64_t now_ns)
{
    for (uint32_t i = 0; i < router->rows.count; i++) {
        const struct router_actor_row *row = &router->rows.list[i];
        const struct router_row told = {
            .session = span_text(router->config->sessions[row->session].id),
            .ready = row->ready,
            .backlog_bytes = row->backlog_bytes,
            .echoes = row->echoes,
            .round_trip_ns = row->round_trip_ns,
        };
        router_row(&router->router, now_ns, &told);
    }
}

static void take_answer(struct sim_router *router, const struct router_wish *wish, uint64_t now_ns)
{
    switch (wish->kind) {
    case ROUTER_WISH_POST:
    case ROUTER_WISH_ALERT:
        return;
    case ROUTER_WISH_ROWS:
        router->rows_wanted = true;
        if (wish->done) {
            take_rows(router, now_ns);
        }
        return;
    case ROUTER_WISH_PROBE:
        if (!wish->done) {
            router_probed(&router->router, wish->subject, false);
        }
        return;
    }
}

static void take_loss(struct sim_router *router, const struct router_wish *wish)
{
    switch (wish->kind) {
    case ROUTER_WISH_POST:
        router_post_failed(&router->router, wish->subject);
        return;
    case ROUTER_WISH_ROWS:
        router->rows_wanted = true;
        return;
    case ROUTER_WISH_PROBE:
        router_probed(&router->router, wish->subject, false);
        return;
    case ROUTER_WISH_ALERT: /* The log has it. */
        return;
    }
}

/* One that is not answered in time takes all others of its connection with it. */
static void lose_late(struct sim_router *router)
{
    const struct router_wish *first = &router->wishes[0];
    if (router->wishes_count == 0 || first->lost || first->answered) {
        return;
    }
    uint64_t since_ns = first->sent_ns > router->answered_ns ? first->sent_ns : router->answered_ns;
    bool late = router->sim->now_ns - since_ns >= CONTROL_LINK_ANSWER_MS * SIM_MS_NS;
    for (uint32_t i = 0; late && i < router->wishes_count; i++) {
        router->wishes[i].lost = true;
    }
}

void router_actor_take_answers(struct sim_router *router, uint64_t now_ns)
{
    lose_late(router);
    uint32_t taken = 0;
    while (taken < router->wishes_count &&
           (router->wishes[taken].lost || router->wishes[taken].answered)) {
        const struct router_wish *wish = &router->wishes[taken++];
        if (wish->lost) {
            take_loss(router, wish);
        } else {
            router->answered_ns = router->sim->now_ns;
            take_answer(router, wish, now_ns);
        }
    }
    router->wishes_count -= taken;
    memmove(router->wishes, &router->wishes[taken],
            router->wishes_count * sizeof(router->wishes[0]));
}
