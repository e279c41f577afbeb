/* What a seed draws of the router: whether one runs, how it is set, and calm worlds, in which it
 * must find nothing wrong. */
#include "tests/sim/weather.h"

static uint64_t drawn_ms(struct random *random, uint64_t least, uint64_t most)
{
    return random_between(random, least, most) * SIM_MS_NS;
}

void weather_route(struct weather *weather)
{
    weather->routed = true;
    weather->router = (struct sim_router_settings){
        .router = router_settings_default(), .rebuild_events = 50000, .turn_ns = 50 * SIM_MS_NS};
    struct breaker_config *breaker = &weather->router.router.breaker;
    breaker->ack_timeout_ns = SIM_SECOND_NS;
    breaker->test_timeout_ns = 2 * SIM_SECOND_NS;
    breaker->backoff_first_ns = 3 * SIM_SECOND_NS;
    breaker->backoff_max_ns = 20 * SIM_SECOND_NS;
    breaker->probe_orders = 3;
    breaker->half_open_idle_ns = 5 * SIM_SECOND_NS;
    breaker->half_open_max_ns = 10 * SIM_SECOND_NS;
    breaker->ramp_ns = 10 * SIM_SECOND_NS;
    weather->engine.warm_share = 400;
    weather->engine.router_post_max_age_ns = 3 * SIM_SECOND_NS;
}

/* Short, so that something happens within a world's time. */
static void draw_breaker(struct breaker_config *breaker, struct random *random)
{
    breaker->buckets = (uint32_t)random_between(random, 3, 10);
    breaker->orders_min = (uint32_t)random_between(random, 3, 8);
    breaker->failure_permille = (uint32_t)random_between(random, 200, 500);
    breaker->timeouts_in_row = (uint32_t)random_between(random, 2, 4);
    breaker->ack_timeout_ns = drawn_ms(random, 500, 2000);
    breaker->test_timeout_ns = drawn_ms(random, 1000, 5000);
    breaker->backoff_first_ns = drawn_ms(random, 500, 3000);
    breaker->backoff_max_ns = breaker->backoff_first_ns + drawn_ms(random, 2000, 15000);
    breaker->jitter_permille = (uint32_t)random_between(random, 0, 300);
    breaker->forgive_ns = drawn_ms(random, 5000, 60000);
    breaker->probe_orders = (uint32_t)random_between(random, 1, 5);
    breaker->half_open_min_ns = drawn_ms(random, 200, 1000);
    breaker->half_open_idle_ns = drawn_ms(random, 1000, 8000);
    breaker->half_open_echoes = (uint32_t)random_between(random, 1, 3);
    /* Long enough for as many echoes. */
    breaker->half_open_max_ns = breaker->half_open_idle_ns + drawn_ms(random, 6000, 12000);
    breaker->closed_min_ns = drawn_ms(random, 500, 2000);
    breaker->ramp_permille = (uint32_t)random_between(random, 50, 300);
    breaker->ramp_ns = drawn_ms(random, 2000, 20000);
}

/* Of an instrument that nobody else trades. */
static void draw_canaries(struct router_canary *canary, struct random *random)
{
    if (!random_chance(random, 250)) {
        return;
    }
    *canary = (struct router_canary){.symbol = "TEST", .quantity = "7", .price = "1.5"};
    canary->account = random_chance(random, 300) ? "ACC-7" : NULL;
    canary->interval_ns = drawn_ms(random, 500, 8000);
}

static void draw_settings(struct weather *weather, struct random *random)
{
    struct router_settings *settings = &weather->router.router;
    weather_route(weather);
    draw_breaker(&settings->breaker, random);
    settings->shadow = random_chance(random, 60);
    settings->slow_floor_ns = drawn_ms(random, 150, 250);
    settings->slow_samples_min = (uint32_t)random_between(random, 3, 20);
    settings->probe_interval_ns = drawn_ms(random, 1000, 5000);
    settings->probe_pause_ns = drawn_ms(random, 300, 1000);
    settings->post_interval_ns = drawn_ms(random, 500, 2000);
    settings->pending_keep_ns = drawn_ms(random, 5000, 900000);
    weather->router.turn_ns = drawn_ms(random, 40, 160);
    if (random_chance(random, 300)) {
        weather->router.rebuild_events = random_between(random, 1, 60);
    }
    weather->engine.warm_share = (uint32_t)random_between(random, 0, 150);
    weather->engine.router_post_max_age_ns =
        random_chance(random, 500) ? drawn_ms(random, 2000, 5000) : 0;
    draw_canaries(&settings->canary, random);
}

/* Sound brokers, some of them slower than others, many orders, and one instrument that one of them
 * rejects: no reason to leave any. */
static void draw_calm(struct weather *weather, struct random *random,
                      const struct dictionary *dictionary)
{
    enum { ORDERS = 200 };
    weather_fair(weather, (uint32_t)random_between(random, 2, SIM_BROKERS_MAX), dictionary);
    weather->calm = true;
    weather->storm_ns = drawn_ms(random, 10000, 40000);
    weather->pause_least_ns = SIM_SECOND_NS;
    weather->pause_most_ns = SIM_SECOND_NS;
    draw_settings(weather, random);
    weather->engine.warm_share = (uint32_t)random_between(random, 50, 200);
    weather->oms[0].orders_most = ORDERS;
    weather->oms[0].pause_most_ns = 2 * weather->storm_ns / ORDERS;
    weather->oms[0].cancel_permille = random_chance(random, 500) ? 200 : 0;
    for (uint32_t i = 0; i < weather->brokers_count; i++) {
        struct sim_broker_settings *broker = &weather->brokers[i];
        weather->engine_brokers[i].weight = (uint32_t)random_between(random, 1, 4);
        broker->answer_least_ns = random_chance(random, 500) ? 0 : drawn_ms(random, 20, 90);
        broker->answer_most_ns = broker->answer_least_ns + drawn_ms(random, 1, 10);
        broker->fill_permille = (unsigned)random_between(random, 300, 1000);
    }
    weather->brokers[0].rejects_symbol = "VOD";
}

void weather_draw_router(struct weather *weather, struct random *random,
                         const struct dictionary *dictionary)
{
    if (random_chance(random, 350)) {
        return;
    }
    if (random_chance(random, 40)) {
        draw_calm(weather, random, dictionary);
        return;
    }
    draw_settings(weather, random);
    /* Where brokers alone are to blame, it is known what the router must see. */
    bool sound = random_chance(random, 80);
    for (size_t kind = 0; sound && kind < WEATHER_KINDS_COUNT; kind++) {
        weather->kinds[kind] = kind == WEATHER_BROKER;
    }
}

/* --- What the oracle is to know ------------------------------------------------------------- */

/* The router is told in time what happens, and so is the gateway. */
static bool in_time(const struct weather *weather)
{
    static const enum weather_kind late[] = {WEATHER_CRASH, WEATHER_TURN_CRASH, WEATHER_STORE,
                                             WEATHER_DISK,  WEATHER_CLOCK,      WEATHER_STALL,
                                             WEATHER_ROUTER};
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        good = good && !weather->kinds[late[i]];
    }
    return good;
}

void weather_tell_router(const struct weather *weather, struct oracle *oracle)
{
    enum { LATE_SECONDS = 4 }; /* The router's time stands while nothing is heard. */
    const struct breaker_config *breaker = &weather->router.router.breaker;
    if (!weather->routed) {
        return;
    }
    bool judged = in_time(weather) && !weather->router.router.shadow;
    uint64_t patience_ns = breaker->ack_timeout_ns > breaker->closed_min_ns
                               ? breaker->ack_timeout_ns
                               : breaker->closed_min_ns;
    const struct oracle_router told = {
        .backoff_first_ns = breaker->backoff_first_ns,
        .backoff_most_ns = breaker->backoff_max_ns,
        .jitter_permille = breaker->jitter_permille,
        .forgive_ns = breaker->forgive_ns,
        .half_open_least_ns = breaker->half_open_min_ns,
        .ramp_permille = breaker->ramp_permille,
        .ramp_ns = breaker->ramp_ns,
        .silent_orders = judged ? breaker->timeouts_in_row : 0,
        .silence_ns = patience_ns + LATE_SECONDS * SIM_SECOND_NS,
        .shadow = weather->router.router.shadow,
        .calm = weather->calm,
    };
    oracle_router(oracle, &told);
    if (weather->calm) {
        oracle_warm_share(oracle, weather->engine.warm_share);
    }
}
