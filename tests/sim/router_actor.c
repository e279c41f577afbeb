#include "tests/sim/router_actor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/services/router.h"
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor_parts.h"

enum { SLOW_TURNS = 10 };

/* --- What it says of its breakers ---------------------------------------------------------- */

/* "ALPHA: is OPEN: …", "BETA: would be HALF_OPEN: …" */
static void tell_oracle(struct sim_router *router, struct span line)
{
    static const char *const says[] = {": is ", ": would be "};
    for (uint32_t broker = 0; broker < router->config->brokers_count; broker++) {
        const char *name = router->config->brokers[broker].name;
        for (size_t i = 0; i < ARRAY_LEN(says); i++) {
            char begin[64];
            int size = snprintf(begin, sizeof(begin), "%s%s", name, says[i]);
            if (line.size <= (size_t)size || memcmp(line.data, begin, (size_t)size) != 0) {
                continue;
            }
            struct span rest = span_of(line.data + size, line.size - (size_t)size);
            const uint8_t *end = memchr(rest.data, ':', rest.size);
            ASSERT(end != NULL);
            oracle_breaker_said(router->sim->oracle, broker,
                                span_of(rest.data, (size_t)(end - rest.data)),
                                router->router.now_ns);
        }
    }
}

static void take_news(struct sim_router *router)
{
    struct router_news news;
    while (router_news_next(&router->router, &news)) {
        tell_oracle(router, text_span(&news.text));
        if (router->live) {
            trace_say(&router->sim->trace, "router", "%.*s", (int)news.text.size, news.text.data);
            router_actor_send_alert(router, &news);
        }
    }
}

/* --- The bus ------------------------------------------------------------------------------------
 */

static void begin_anew(struct sim_router *router)
{
    router_init(&router->router, &router->settings->router, router->config, 0);
    router->live = false;
    oracle_router_begins(router->sim->oracle);
}

static void go_live(struct sim_router *router)
{
    router->live = true;
    router_live(&router->router);
    oracle_router_follows(router->sim->oracle);
}

/* A sign of life, or of a gateway that was away: then nothing is known of what waited. */
static void note_heard(struct sim_router *router)
{
    uint64_t bus_ns = sim_bus_heard_ns(router->bus);
    uint64_t heard_ns = bus_ns > router->answered_ns ? bus_ns : router->answered_ns;
    if (heard_ns > router->heard_ns + ROUTER_SILENCE_MS * SIM_MS_NS && router->live) {
        go_live(router);
    }
    router->heard_ns = heard_ns > router->heard_ns ? heard_ns : router->heard_ns;
}

static void take_event(void *context, struct span topic, struct span message)
{
    struct sim_router *router = context;
    note_heard(router);
    router_event(&router->router, topic, message);
    take_news(router);
}

/* It asks where the stream is, and reads the last part of it again. */
static void find_stream(struct sim_router *router)
{
    struct sim *sim = router->sim;
    if (!sim_gateway_up(sim->gateway)) {
        return;
    }
    uint64_t last = sim_gateway_last_event(sim->gateway);
    uint64_t rebuilt = router->settings->rebuild_events;
    router->following = true;
    router->heard_ns = sim->now_ns;
    begin_anew(router);
    sim_bus_follow(router->bus, last > rebuilt ? last - rebuilt + 1 : 1);
}

/* --- Turns --------------------------------------------------------------------------------------
 */

/* The engine's time up to which nothing can be missing: while it is silent, its time stands. */
static uint64_t time_heard(const struct sim_router *router)
{
    uint64_t silent_ns = router->sim->now_ns - router->heard_ns;
    return router->now.engine_ns > silent_ns ? router->now.engine_ns - silent_ns : 0;
}

static void turn(struct sim_router *router)
{
    struct sim *sim = router->sim;
    router->now = clock_advance(&router->clock, sim_gateway_clock_ns(sim->gateway),
                                sim->now_ns - SIM_BEGIN_NS + 1);
    if (!router->following) {
        find_stream(router);
        return;
    }
    note_heard(router);
    if (!router->live && !sim_bus_behind(router->bus)) {
        go_live(router);
        trace_say(&sim->trace, "router", "its picture is rebuilt; it follows the present");
    }
    uint64_t now_ns = time_heard(router);
    router_actor_take_answers(router, now_ns);
    if (router->live) {
        if (!sim_bus_behind(router->bus)) {
            router_tick(&router->router, now_ns);
        }
        take_news(router);
        router_actor_send(router);
        if (!sim_bus_behind(router->bus)) {
            router_actor_send_canaries(router);
        }
    }
    take_news(router);
}

static void act_turn(void *actor, uint64_t life)
{
    struct sim_router *router = actor;
    if (!router->up || router->life != life) {
        return;
    }
    if (!router->stopped) {
        turn(router);
    }
    uint64_t turns = router->slow ? SLOW_TURNS : 1;
    sim_later(router->sim, turns * router->settings->turn_ns, act_turn, router, life);
}

/* --- Life ---------------------------------------------------------------------------------------
 */

struct sim_router *sim_router_new(struct sim *sim, const struct engine_config *config,
                                  const struct sim_router_settings *settings)
{
    struct sim_router *router = calloc(1, sizeof(*router));
    ASSERT(router != NULL);
    router->sim = sim;
    router->config = config;
    router->settings = settings;
    router->bus = sim_bus_new(sim, "router", take_event, router);
    (void)sim_bus_act(router->bus, "away");
    return router;
}

void sim_router_free(struct sim_router *router)
{
    if (router != NULL) {
        sim_bus_free(router->bus);
    }
    free(router);
}

/* Its client for canary orders lives and dies with it. */
static void tell_canary(struct sim_router *router, const char *words)
{
    if (router->sim->canary != NULL) {
        (void)sim_oms_act(router->sim->canary, words);
    }
}

void sim_router_start(struct sim_router *router)
{
    if (router->up) {
        return;
    }
    router->up = true;
    router->stopped = false;
    router->following = false;
    router->live = false;
    router->rows_wanted = true;
    router->clock = (struct clock){.ahead_ns = NULL};
    memset(router->shown, 0, sizeof(router->shown));
    tell_canary(router, "return");
    sim_later(router->sim, router->settings->turn_ns, act_turn, router, router->life);
    trace_say(&router->sim->trace, "router", "begins%s",
              router->settings->router.shadow ? ", in shadow mode" : "");
}

static void die(struct sim_router *router)
{
    router->up = false;
    router->life++;
    (void)sim_bus_act(router->bus, "away");
    router_actor_forget(router);
    tell_canary(router, "crash");
    oracle_router_ends(router->sim->oracle);
}

void sim_router_published(struct sim_router *router, struct span topic, uint64_t bus_seq,
                          struct span message)
{
    sim_bus_published(router->bus, topic, bus_seq, message);
}

void sim_router_heartbeat(struct sim_router *router, uint64_t bus_seq)
{
    sim_bus_heartbeat(router->bus, bus_seq);
}

static void stand_still(struct sim_router *router)
{
    if (router->up && !router->stopped) {
        router->stopped = true;
        (void)sim_bus_act(router->bus, "stop");
        oracle_router_ends(router->sim->oracle);
    }
}

static void go_on(struct sim_router *router)
{
    router->stopped = false;
    (void)sim_bus_act(router->bus, "go");
}

bool sim_router_act(struct sim_router *router, const char *words)
{
    if (strcmp(words, "die") == 0) {
        if (router->up) {
            die(router);
        }
    } else if (strcmp(words, "start") == 0) {
        sim_router_start(router);
    } else if (strcmp(words, "stop") == 0) {
        stand_still(router);
    } else if (strcmp(words, "go") == 0) {
        go_on(router);
    } else if (strcmp(words, "slow") == 0 || strcmp(words, "quick") == 0) {
        router->slow = words[0] == 's';
        (void)sim_bus_act(router->bus, words);
    } else {
        return false;
    }
    return true;
}

const char *sim_router_draw(struct sim_router *router)
{
    static const char *const faults[] = {"die", "stop", "slow"};
    const char *end = !router->up       ? "start"
                      : router->stopped ? "go"
                      : router->slow    ? "quick"
                                        : NULL;
    if (end != NULL && random_chance(&router->sim->random, 600)) {
        return end;
    }
    return faults[random_below(&router->sim->random, ARRAY_LEN(faults))];
}

/* The table lets orders go to all brokers. */
static bool all_closed(const struct sim_router *router)
{
    bool closed = true;
    for (uint32_t broker = 0; broker < router->config->brokers_count; broker++) {
        closed = closed && sim_gateway_breaker(router->sim->gateway, broker) == BREAKER_CLOSED;
    }
    return closed;
}

void sim_router_mend(struct sim_router *router)
{
    router->missed = !router->up && all_closed(router) && random_chance(&router->sim->random, 500);
    if (router->missed) {
        trace_say(&router->sim->trace, "router", "is not started again: the last table stays");
        return;
    }
    go_on(router);
    router->slow = false;
    sim_router_start(router);
    if (router->following) {
        sim_bus_mend(router->bus);
    } else {
        (void)sim_bus_act(router->bus, "quick");
    }
}

bool sim_router_at_rest(const struct sim_router *router, char why[128])
{
    if (router->missed && all_closed(router)) {
        return true;
    }
    if (!router->up || !router->live || sim_bus_behind(router->bus)) {
        (void)snprintf(why, 128, "the router does not follow the present");
        return false;
    }
    for (uint32_t broker = 0; broker < router->config->brokers_count; broker++) {
        const char *name = router->config->brokers[broker].name;
        enum breaker_state state = router->router.brokers[broker].breaker.state;
        enum breaker_state heard = sim_gateway_breaker(router->sim->gateway, broker);
        if (state != BREAKER_CLOSED || heard != BREAKER_CLOSED) {
            (void)snprintf(why, 128, "the breaker of %.32s is %s, and %s in the gateway's table",
                           name, breaker_state_name(state), breaker_state_name(heard));
            return false;
        }
    }
    return true;
}
