#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "fix/dictionary_loader.h"
#include "gateway/core/routing/canary.h"
#include "gateway/services/control_link.h"
#include "tests/sim/acts.h"
#include "tests/sim/persons.h"
#include "tests/sim/world_parts.h"

enum {
    SETTLE_SECONDS_MAX = 1200,
    SETTLE_REMEDY_SECONDS = 90,   /* Then people settle numbers that were put out of step. */
    SETTLE_CHANGES_SECONDS = 130, /* A cancel or replace that waits longer is of an order held. */
    REST_CHECKS = 3,              /* So many in a row. */
    REST_CHECK_MS = 487,          /* No heartbeat has such an interval. */
    ANSWER_SECONDS_MAX = 60,
    DICTIONARY_BYTES_MAX = 4 * 1024 * 1024,
};

static struct world *living; /* For world_print_kept(). */
static struct trace last_trace;

void world_print_kept(FILE *to)
{
    trace_print_kept(living != NULL ? &living->sim.trace : &last_trace, to);
}

/* --- The dictionary ------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        abort();
    }
    char *data = malloc(DICTIONARY_BYTES_MAX);
    ASSERT(data != NULL);
    *size = fread(data, 1, DICTIONARY_BYTES_MAX, file);
    (void)fclose(file);
    return data;
}

const struct dictionary *world_dictionary(void)
{
    static const char *const paths[] = {"dictionaries/FIX44.xml",
                                        "dictionaries/FIX44-internal.xml"};
    static struct dictionary *dictionary;
    if (dictionary != NULL) {
        return dictionary;
    }
    struct dictionary_source sources[ARRAY_LEN(paths)];
    char *data[ARRAY_LEN(paths)];
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        size_t size;
        data[i] = read_file(paths[i], &size);
        sources[i] = (struct dictionary_source){.name = paths[i], .xml = span_of(data[i], size)};
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    dictionary = dictionary_load(sources, ARRAY_LEN(paths), error);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        free(data[i]);
    }
    if (dictionary == NULL) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    return dictionary;
}

/* --- What the actors call ---------------------------------------------------------------- */

void sim_violate(struct sim *sim, enum oracle_rule rule, const char *format, ...)
{
    char text[SIM_VIOLATION_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    trace_say(&sim->trace, "VIOLATION", "%s: %s", oracle_rule_name(rule), text);
    if (!sim->violated) {
        sim->violated = true;
        sim->violated_rule = rule;
        memcpy(sim->violation, text, sizeof(text));
    }
}

static void oracle_says(void *context, enum oracle_rule rule, const char *text)
{
    sim_violate(context, rule, "%s", text);
}

void sim_later(struct sim *sim, uint64_t delay_ns, agenda_act act, void *actor, uint64_t number)
{
    agenda_add(&sim->agenda, sim->now_ns + delay_ns, act, actor, number);
}

/* --- Making and ending ------------------------------------------------------------------------ */

struct world *world_new(uint64_t seed, FILE *print)
{
    struct world *world = calloc(1, sizeof(*world));
    ASSERT(world != NULL);
    world->sim.seed = seed;
    world->sim.now_ns = SIM_BEGIN_NS;
    world->sim.dictionary = world_dictionary();
    random_seed(&world->sim.random, seed);
    trace_init(&world->sim.trace, &world->sim.now_ns, print);
    living = world;
    return world;
}

static void tell_limits(struct sim *sim, const struct weather *weather)
{
    for (uint32_t i = 0; i < weather->engine.limits_count; i++) {
        const struct order_limit_config *limit = &weather->limits[i];
        const char *client = limit->scope.kind == SCOPE_CLIENT ? limit->scope.name : NULL;
        if (limit->has[LIMIT_OPEN]) {
            oracle_limit_open(sim->oracle, client,
                              (uint32_t)(limit->value[LIMIT_OPEN].units / DECIMAL_ONE));
        }
        if (limit->has[LIMIT_QUANTITY]) {
            oracle_limit_quantity(sim->oracle, client, limit->value[LIMIT_QUANTITY].units);
        }
    }
}

/* What the router's canaries come in by: order entry, as for any client. */
static void add_canary_client(struct sim *sim, const struct weather *weather)
{
    const struct sim_oms_settings settings = {.name = CANARY_CLIENT,
                                              .patience_ns = CONTROL_LINK_ANSWER_MS * SIM_MS_NS};
    if (weather->routed && weather->router.router.canary.symbol != NULL) {
        sim->canary = sim_oms_new(sim, sim->oms_count, &settings);
        sim->oms[sim->oms_count++] = sim->canary;
    }
}

/* Out of the weather, as it was drawn. */
void world_furnish(struct world *world)
{
    struct sim *sim = &world->sim;
    struct weather *weather = &world->weather;
    sim->network = weather->network;
    sim->brokers_count = weather->brokers_count;
    sim->oms_count = weather->oms_count;
    sim->oracle = oracle_new(oracle_says, sim);
    for (uint32_t i = 0; i < weather->brokers_count; i++) {
        oracle_add_broker(sim->oracle, weather->brokers[i].name);
        oracle_broker_capacity(sim->oracle, i, weather->engine_brokers[i].capacity);
        oracle_broker_probes(sim->oracle, i,
                             weather->routed ? weather->router.router.breaker.probe_orders
                                             : PERSONS_PROBES);
    }
    weather_tell_router(weather, sim->oracle);
    tell_limits(sim, weather);
    for (uint32_t i = 0; i < weather->engine.sessions_count; i++) {
        oracle_add_session(sim->oracle, weather->session_ids[i], weather->sessions[i].broker);
        if (weather->sessions[i].fix.test_request_at_logon) {
            oracle_session_proves(sim->oracle, i);
        }
        oracle_session_copies(sim->oracle, i, weather->sessions[i].role == ROLE_DROPCOPY);
        if (!weather->sessions[i].resend_orders) {
            oracle_session_fills_over(sim->oracle, i);
        }
    }
    sim->gateway = sim_gateway_new(sim, &weather->engine, &weather->gateway);
    sim->bus = sim_bus_new(sim, "subscriber", NULL, NULL);
    if (weather->routed) {
        sim->router = sim_router_new(sim, &weather->engine, &weather->router);
    }
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        sim->brokers[i] = sim_broker_new(sim, i, &weather->brokers[i]);
    }
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim->oms[i] = sim_oms_new(sim, i, &weather->oms[i]);
    }
    add_canary_client(sim, weather);
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        sim_broker_start(sim->brokers[i]);
    }
    sim_gateway_start(sim->gateway);
    if (sim->router != NULL) {
        sim_router_start(sim->router);
    }
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_start(sim->oms[i]);
    }
    persons_start(sim, weather->look_ns, weather->kinds[WEATHER_PERSONS]);
}

void world_end(struct world *world, struct world_result *result)
{
    struct sim *sim = &world->sim;
    *result = (struct world_result){
        .seed = sim->seed,
        .turns = sim_gateway_turns(sim->gateway),
        .virtual_ns = sim->now_ns - SIM_BEGIN_NS,
        .hash = sim->trace.hash,
        .lines = sim->trace.lines,
        .counts = oracle_counts(sim->oracle),
        .violated = sim->violated,
        .rule = sim->violated_rule,
    };
    memcpy(result->violation, sim->violation, sizeof(result->violation));
    sim_gateway_free(sim->gateway);
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        sim_broker_free(sim->brokers[i]);
    }
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_free(sim->oms[i]);
    }
    sim_bus_free(sim->bus);
    sim_router_free(sim->router);
    persons_free(sim);
    oracle_free(sim->oracle);
    network_free(sim);
    agenda_free(&sim->agenda);
    last_trace = sim->trace;
    living = NULL;
    free(world);
}

/* --- Time passes
 * ---------------------------------------------------------------------------------- */

static bool over(const struct world *world)
{
    return world->sim.violated ||
           (world->turns_most > 0 && sim_gateway_turns(world->sim.gateway) >= world->turns_most);
}

void world_live_until(struct world *world, uint64_t until_ns)
{
    struct sim *sim = &world->sim;
    while (!over(world) && agenda_next_ns(&sim->agenda) <= until_ns) {
        struct agenda_entry entry = agenda_take(&sim->agenda);
        ASSERT(entry.at_ns >= sim->now_ns);
        sim->now_ns = entry.at_ns;
        entry.act(entry.actor, entry.number);
    }
    if (!over(world)) {
        sim->now_ns = until_ns;
    }
}

/* --- The storm
 * -------------------------------------------------------------------------------------- */

/* Numbers that only one end resets are out of step for ever, until people see to it. */
static void note_reset(struct world *world, const char *words)
{
    bool reset = strstr(words, " RESET") != NULL || strstr(words, " reset") != NULL;
    for (uint32_t i = 0; reset && i < world->weather.engine.sessions_count; i++) {
        const char *broker = world->weather.brokers[world->weather.sessions[i].broker].name;
        world->disturbed[i] = world->disturbed[i] || strstr(words, broker) != NULL;
    }
}

static void act_weather(void *actor, uint64_t unused)
{
    struct world *world = actor;
    struct sim *sim = &world->sim;
    char words[128];
    (void)unused;
    if (sim->settling) {
        return;
    }
    if (weather_act(&world->weather, sim, words)) {
        note_reset(world, words);
        if (!sim_act(sim, words)) {
            sim_violate(sim, ORACLE_SETTLES, "nobody understands: %s", words);
        }
    }
    sim_later(
        sim,
        random_between(&sim->random, world->weather.pause_least_ns, world->weather.pause_most_ns),
        act_weather, world, 0);
}

/* --- Settling
 * ----------------------------------------------------------------------------------------- */

static void mend(struct world *world)
{
    struct sim *sim = &world->sim;
    trace_say(&sim->trace, "WORLD", "faults are over: everything is to settle");
    sim->settling = true;
    sim->settling_ns = sim->now_ns;
    sim->network = (struct network_settings){.latency_least_ns = SIM_MS_NS / 2,
                                             .latency_most_ns = 2 * SIM_MS_NS,
                                             .window_bytes = UINT64_C(1) << 20};
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        sim_broker_mend(sim->brokers[i]);
    }
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_mend(sim->oms[i]);
    }
    sim_bus_mend(sim->bus);
    sim_gateway_mend(sim->gateway);
    if (sim->router != NULL) {
        sim_router_mend(sim->router);
    }
    if (world->weather.kinds[WEATHER_PERSONS]) {
        persons_mend(sim);
    }
}

static bool numbers_agree(struct world *world, char why[128])
{
    struct sim *sim = &world->sim;
    for (uint32_t number = 0; number < world->weather.engine.sessions_count; number++) {
        uint64_t ours[2];
        uint64_t theirs[2];
        const struct engine_session_config *session = &world->weather.sessions[number];
        sim_gateway_numbers(sim->gateway, number, &ours[0], &ours[1]);
        sim_broker_numbers(sim->brokers[session->broker], number, &theirs[0], &theirs[1]);
        if (ours[0] != theirs[1] || ours[1] != theirs[0]) {
            (void)snprintf(why, 128,
                           "%s: the gateway's next numbers are in %" PRIu64 ", out %" PRIu64
                           "; the broker's in %" PRIu64 ", out %" PRIu64,
                           world->weather.session_names[number], ours[0], ours[1], theirs[0],
                           theirs[1]);
            return false;
        }
        if (!sim_gateway_ready(sim->gateway, number)) {
            (void)snprintf(why, 128, "%s is not proven to be in step",
                           world->weather.session_names[number]);
            return false;
        }
    }
    return true;
}

/* What brokers are asked about orders in doubt, and for how long they are. */
static bool doubt_rests(const struct world *world, char why[128])
{
    for (uint32_t number = 0; number < world->weather.engine.sessions_count; number++) {
        if (sim_gateway_asks(world->sim.gateway, number) &&
            world->sim.now_ns < world->changes_until_ns) {
            (void)snprintf(why, 128, "%s has to answer for orders in doubt",
                           world->weather.session_names[number]);
            return false;
        }
    }
    return true;
}

static bool at_rest(struct world *world, char why[128])
{
    struct sim *sim = &world->sim;
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        if (!sim_oms_at_rest(sim->oms[i], why)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        if (!sim_broker_at_rest(sim->brokers[i], why)) {
            return false;
        }
    }
    if (sim_gateway_queued(sim->gateway) > 0) {
        (void)snprintf(why, 128, "%" PRIu64 " orders are queued, and brokers are there",
                       sim_gateway_queued(sim->gateway));
        return false;
    }
    if (sim_gateway_queued_changes(sim->gateway) > 0 && sim->now_ns < world->changes_until_ns) {
        (void)snprintf(why, 128, "%" PRIu64 " cancels or replaces are queued",
                       sim_gateway_queued_changes(sim->gateway));
        return false;
    }
    if (sim_gateway_kills(sim->gateway) && sim->now_ns < world->changes_until_ns) {
        (void)snprintf(why, 128, "a kill has not proven that nothing is working");
        return false;
    }
    if (sim->router != NULL && !sim_router_at_rest(sim->router, why)) {
        return false;
    }
    return doubt_rests(world, why) && persons_at_rest(sim, why) && sim_bus_at_rest(sim->bus, why) &&
           numbers_agree(world, why);
}

static bool sessions_at_rest(struct world *world)
{
    char why[128];
    bool rest = numbers_agree(world, why);
    for (uint32_t i = 0; i < world->sim.brokers_count; i++) {
        rest = rest && sim_broker_at_rest(world->sim.brokers[i], why);
    }
    return rest;
}

/* Numbers that one end has begun anew by itself, as people may make it do, are settled by
 * people: both ends begin anew. */
static void remedy(struct world *world)
{
    struct sim *sim = &world->sim;
    if (sessions_at_rest(world)) {
        return;
    }
    for (uint32_t number = 0; number < world->weather.engine.sessions_count; number++) {
        uint32_t broker = world->weather.sessions[number].broker;
        char words[128];
        if (!world->disturbed[number]) {
            continue;
        }
        (void)snprintf(words, sizeof(words), "gateway ask %s RESET confirmed",
                       world->weather.session_names[number]);
        (void)sim_act(sim, words);
        (void)snprintf(
            words, sizeof(words), "broker %s reset numbers %s", world->weather.brokers[broker].name,
            world->weather.sessions[number].role == ROLE_DROPCOPY ? "dropcopy" : "orders");
        (void)sim_act(sim, words);
    }
}

static bool settle(struct world *world)
{
    struct sim *sim = &world->sim;
    char why[128] = "";
    int rested = 0;
    world->changes_until_ns = sim->now_ns + SETTLE_CHANGES_SECONDS * SIM_SECOND_NS;
    uint64_t remedy_ns = sim->now_ns + SETTLE_REMEDY_SECONDS * SIM_SECOND_NS;
    uint64_t end_ns = sim->now_ns + SETTLE_SECONDS_MAX * SIM_SECOND_NS;
    while (sim->now_ns < end_ns && !over(world)) {
        world_live_until(world, sim->now_ns + REST_CHECK_MS * SIM_MS_NS);
        rested = at_rest(world, why) ? rested + 1 : 0;
        if (rested == REST_CHECKS) {
            return true;
        }
        if (sim->now_ns >= remedy_ns) {
            remedy_ns += SETTLE_REMEDY_SECONDS * SIM_SECOND_NS;
            remedy(world);
        }
    }
    if (!over(world)) {
        sim_violate(sim, ORACLE_SETTLES, "after %d s without faults: %s", SETTLE_SECONDS_MAX, why);
    }
    return false;
}

static void judge(struct world *world)
{
    struct sim *sim = &world->sim;
    char why[128] = "";
    bool rested = false;
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_ask_all(sim->oms[i]);
    }
    for (int second = 0; second < ANSWER_SECONDS_MAX && !rested && !over(world); second++) {
        world_live_until(world, sim->now_ns + SIM_SECOND_NS);
        rested = at_rest(world, why);
    }
    if (!rested && !over(world)) {
        sim_violate(sim, ORACLE_ANSWERS, "the states of all orders were asked for: %s", why);
    }
    if (!over(world)) {
        oracle_judge(sim->oracle);
    }
}

void world_end_well(struct world *world)
{
    mend(world);
    if (settle(world)) {
        judge(world);
    }
}

/* Numbers begin anew only where that is agreed, or asked for. */
static void judge_resets(struct world *world)
{
    const struct weather *weather = &world->weather;
    for (uint32_t number = 0; number < weather->engine.sessions_count; number++) {
        const struct engine_session_config *session = &weather->sessions[number];
        const struct sim_broker_settings *broker = &weather->brokers[session->broker];
        const struct sim_broker_session *peer =
            session->role == ROLE_DROPCOPY ? &broker->dropcopy : &broker->orders;
        bool agreed = session->fix.reset_on_logon || session->fix.reset_on_logout ||
                      session->fix.reset_on_disconnect || session->has_reset_time ||
                      session->schedule.kind != SCHEDULE_NON_STOP || peer->resets_on_logon;
        uint32_t resets = sim_gateway_resets(world->sim.gateway, number);
        if (resets > 0 && !agreed && !world->disturbed[number]) {
            sim_violate(&world->sim, ORACLE_NUMBERS_AGREE,
                        "%s: its numbers began anew %" PRIu32 " times, and nobody agreed on that",
                        session->id, resets);
        }
    }
}

void world_live(uint64_t seed, uint64_t turns, FILE *print, struct world_result *result)
{
    struct world *world = world_new(seed, print);
    struct sim *sim = &world->sim;
    weather_draw(&world->weather, sim, sim->dictionary);
    world->turns_most = turns;
    world_furnish(world);
    act_weather(world, 0);
    world_live_until(world, SIM_BEGIN_NS + world->weather.storm_ns);
    if (!over(world)) {
        world_end_well(world);
    }
    if (!over(world)) {
        judge_resets(world);
    }
    world_end(world, result);
}
