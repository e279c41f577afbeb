/* A week of trading in which brokers fail at random: how many orders are executed, wholly or in
 * part, within a second with one broker alone, and how many with two and the router. Five days of
 * eight and a half hours, each a world of its own; both kinds have the same orders and the same
 * outages of the first broker. The oracle judges each day.
 *
 * The router is the product's own (gateway/core/router/), fed with the bus's events as they are
 * committed, and heard by the engine as the service is: by its commands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fix/tags.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/router/router.h"
#include "tests/oracle/oracle_map.h"
#include "tests/sim/acts.h"
#include "tests/sim/gateway_parts.h"
#include "tests/sim/world_parts.h"

enum {
    DAYS = 5,
    DAY_MINUTES = 510,
    LOOK_MS = 50, /* What is measured is measured to so much. */
    ORDER_LEAST_MS = 100,
    ORDER_MOST_MS = 1900,
    ORDERS_MAX = 60000,
    REPLAY_MOST = 10000,
    MINUTE_SECONDS = 60,
};

/* How long a broker is well, and what ails it then. */
enum { WELL_LEAST_SECONDS = 600, WELL_MOST_SECONDS = 7200 };

static const struct outage {
    const char *begin;
    const char *end;
    uint32_t least_seconds;
    uint32_t most_seconds;
} outages[] = {
    {"die", "return", 20, 1200},          /* Its process. */
    {"die silently", "return", 60, 1200}, /* Its machine. */
    {"hang", "resume", 5, 300},
    {"mute", "speak", 5, 300},
    {"unreachable", "reachable", 20, 600},
};

struct figures {
    uint64_t orders;
    uint64_t within_second;
    uint64_t within_minute;
    uint64_t never; /* Not by the end of the day, in fair weather again. */
    uint64_t doubled;
    uint64_t lost;
    uint64_t executions;
    uint64_t outage_seconds; /* Of the first broker. */
    uint64_t longest_ns;
};

struct ill {
    struct random random;
    uint64_t change_ns;
    const struct outage *outage; /* NULL: it is well. */
};

struct day {
    struct world *world;
    struct router *router; /* NULL: one broker alone. */
    struct router_settings settings;
    uint64_t event_next;
    uint64_t row_ns;
    struct ill ill[SIM_BROKERS_MAX];
    struct oracle_map orders; /* ClOrdID → index below. */
    uint64_t first_ns[ORDERS_MAX];
    uint64_t filled_ns[ORDERS_MAX];
    uint32_t orders_count;
    bool over; /* No more outages. */
    uint64_t outage_ns;
};

/* --- What happened to the orders ------------------------------------------------------------- */

static void note(struct day *day, struct span id, bool filled)
{
    bool added = false;
    uint64_t now_ns = day->world->sim.now_ns;
    uint32_t index = oracle_map_add(&day->orders, oracle_key(0, id), day->orders_count, &added);
    if (added) {
        ASSERT(day->orders_count < ORDERS_MAX);
        day->first_ns[day->orders_count++] = now_ns;
    }
    if (filled && day->filled_ns[index] == 0) {
        day->filled_ns[index] = now_ns;
    }
}

static void take_event(void *context, uint64_t bus_seq, struct span topic, struct span event)
{
    struct day *day = context;
    struct field fields[FIX_FIELDS_MAX];
    struct message message;
    day->event_next = bus_seq + 1;
    message_init(&message, fields, FIX_FIELDS_MAX);
    if (day->router != NULL) {
        router_event(day->router, topic, event);
    }
    if ((topic_matches(topic, span_text("ER.")) || topic_matches(topic, span_text("OR."))) &&
        message_index(&message, event, day->world->sim.dictionary) == FRAME_FAULT_NONE) {
        struct span status = message_value(&message, TAG_OrdStatus);
        note(day, message_value(&message, TAG_ClOrdID),
             span_is(status, "1") || span_is(status, "2"));
    }
}

/* --- The router --------------------------------------------------------------------------------
 */

static void tell_rows(struct day *day)
{
    const struct sim_gateway *gateway = day->world->sim.gateway;
    for (uint32_t number = 0; number < day->world->weather.engine.sessions_count; number++) {
        const struct link *link = &gateway->engine->links[number];
        const struct router_row row = {
            .session = span_text(link->config->id),
            .ready = link->connected && link->session.state == SESSION_READY,
            .backlog_bytes = link->backlog_bytes,
            .echoes = link->session.echoes,
            .round_trip_ns = link->session.round_trip_ns,
        };
        router_row(day->router, day->world->sim.now_ns, &row);
    }
}

/* In the words that the world's gateway knows. */
static void act(struct day *day, const char *words)
{
    if (!sim_act(&day->world->sim, words)) {
        (void)fprintf(stderr, "week: the world does not know: %s\n", words);
        abort();
    }
}

static void route(struct day *day)
{
    struct router *router = day->router;
    struct sim *sim = &day->world->sim;
    char words[512];
    struct router_post post;
    struct router_news news;
    uint32_t session;
    if (sim->now_ns >= day->row_ns) {
        tell_rows(day);
        day->row_ns = sim->now_ns + SIM_SECOND_NS / 5;
    }
    router_tick(router, sim->now_ns);
    while (router_probe_next(router, &session)) {
        (void)snprintf(words, sizeof(words), "gateway ask %s TEST_REQUEST",
                       day->world->weather.session_names[session]);
        act(day, words);
        router_probed(router, session, true);
    }
    while (router_post_next(router, &post)) {
        (void)snprintf(words, sizeof(words),
                       "gateway command router broker.measure broker=%s breaker=%s score=%" PRIu32
                       " ramp=%" PRIu32 " probes=%" PRIu32,
                       day->world->weather.brokers[post.broker].name,
                       breaker_state_name(post.breaker), post.score, post.ramp, post.probes);
        act(day, words);
    }
    while (router_news_next(router, &news)) {
        continue; /* People are told of it on the bus. */
    }
}

/* --- Outages -----------------------------------------------------------------------------------
 */

static void change(struct day *day, uint32_t broker)
{
    struct ill *ill = &day->ill[broker];
    const char *name = day->world->weather.brokers[broker].name;
    uint64_t seconds = random_between(&ill->random, WELL_LEAST_SECONDS, WELL_MOST_SECONDS);
    char words[128];
    if (ill->outage != NULL) {
        (void)snprintf(words, sizeof(words), "broker %s %s", name, ill->outage->end);
        ill->outage = NULL;
    } else {
        ill->outage = &outages[random_below(&ill->random, ARRAY_LEN(outages))];
        seconds =
            random_between(&ill->random, ill->outage->least_seconds, ill->outage->most_seconds);
        (void)snprintf(words, sizeof(words), "broker %s %s", name, ill->outage->begin);
        day->outage_ns += broker == 0 ? seconds * SIM_SECOND_NS : 0;
    }
    ill->change_ns = day->world->sim.now_ns + seconds * SIM_SECOND_NS;
    act(day, words);
}

static void look(void *actor, uint64_t unused)
{
    struct day *day = actor;
    struct sim *sim = &day->world->sim;
    (void)unused;
    while (sim_gateway_replay(sim->gateway, day->event_next, REPLAY_MOST, take_event, day)) {
        continue;
    }
    if (day->router != NULL) {
        route(day);
    }
    for (uint32_t broker = 0; broker < sim->brokers_count && !day->over; broker++) {
        if (sim->now_ns >= day->ill[broker].change_ns) {
            change(day, broker);
        }
    }
    sim_later(sim, LOOK_MS * SIM_MS_NS, look, day, 0);
}

/* --- A day --------------------------------------------------------------------------------------
 */

static void furnish(struct day *day, uint64_t seed, uint32_t brokers)
{
    struct world *world = day->world;
    struct weather *weather = &world->weather;
    weather_fair(weather, brokers, world->sim.dictionary);
    weather->oms[0].orders_most = ORDERS_MAX;
    weather->oms[0].pause_least_ns = ORDER_LEAST_MS * SIM_MS_NS;
    weather->oms[0].pause_most_ns = ORDER_MOST_MS * SIM_MS_NS;
    for (uint32_t broker = 0; broker < brokers; broker++) {
        weather->brokers[broker].answer_least_ns = SIM_MS_NS;
        weather->brokers[broker].answer_most_ns = 50 * SIM_MS_NS;
        weather->brokers[broker].fills_most = 3;
        random_seed(&day->ill[broker].random, seed * SIM_BROKERS_MAX + broker);
        day->ill[broker].change_ns =
            SIM_BEGIN_NS +
            random_between(&day->ill[broker].random, WELL_LEAST_SECONDS, WELL_MOST_SECONDS) *
                SIM_SECOND_NS;
    }
}

static void add_up(const struct day *day, const struct world_result *result,
                   struct figures *figures)
{
    for (uint32_t index = 0; index < day->orders_count; index++) {
        if (day->filled_ns[index] == 0) {
            figures->never++;
            continue;
        }
        uint64_t took_ns = day->filled_ns[index] - day->first_ns[index];
        figures->within_second += took_ns <= SIM_SECOND_NS ? 1 : 0;
        figures->within_minute += took_ns <= MINUTE_SECONDS * SIM_SECOND_NS ? 1 : 0;
        figures->longest_ns = took_ns > figures->longest_ns ? took_ns : figures->longest_ns;
    }
    figures->orders += day->orders_count;
    figures->executions += result->counts.executions;
    figures->lost += result->counts.lost;
    figures->doubled += result->violated && result->rule == ORACLE_NO_DOUBLE ? 1 : 0;
    figures->outage_seconds += day->outage_ns / SIM_SECOND_NS;
}

static bool live(uint64_t seed, uint32_t brokers, uint64_t minutes, struct figures *figures)
{
    struct day *day = calloc(1, sizeof(*day));
    struct world_result result;
    ASSERT(day != NULL);
    day->world = world_new(seed, NULL);
    day->event_next = 1;
    furnish(day, seed, brokers);
    world_furnish(day->world);
    if (brokers > 1) {
        day->router = calloc(1, sizeof(*day->router));
        ASSERT(day->router != NULL);
        day->settings = router_settings_default();
        router_init(day->router, &day->settings, &day->world->weather.engine, SIM_BEGIN_NS);
        router_live(day->router);
        for (uint32_t broker = 0; broker < brokers; broker++) {
            oracle_broker_probes(day->world->sim.oracle, broker,
                                 day->settings.breaker.probe_orders);
        }
    }
    sim_later(&day->world->sim, LOOK_MS * SIM_MS_NS, look, day, 0);
    world_live_until(day->world, SIM_BEGIN_NS + minutes * MINUTE_SECONDS * SIM_SECOND_NS);
    day->over = true;
    if (!day->world->sim.violated) {
        world_end_well(day->world);
    }
    look(day, 0); /* What came last. */
    world_end(day->world, &result);
    add_up(day, &result, figures);
    if (result.violated) {
        (void)fprintf(stderr, "day %" PRIu64 " with %" PRIu32 " brokers: %s: %s\n", seed, brokers,
                      oracle_rule_name(result.rule), result.violation);
        world_print_kept(stderr);
    }
    oracle_map_free(&day->orders);
    free(day->router);
    free(day);
    return !result.violated;
}

/* --- The week ------------------------------------------------------------------------------------
 */

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void print(const char *name, const struct figures *figures)
{
    (void)printf("%-22s %7" PRIu64 " orders, %7.3f %% executed within 1 s, %7.3f %% within 1 min, "
                 "%" PRIu64 " never; longest %.1f s; first broker out for %.1f h; %" PRIu64
                 " executions, %" PRIu64 " lost, %" PRIu64 " doubled\n",
                 name, figures->orders, percent(figures->within_second, figures->orders),
                 percent(figures->within_minute, figures->orders), figures->never,
                 (double)figures->longest_ns / 1e9, (double)figures->outage_seconds / 3600,
                 figures->executions, figures->lost, figures->doubled);
}

int main(int argc, char **argv)
{
    uint64_t days = argc > 1 ? strtoull(argv[1], NULL, 10) : DAYS;
    uint64_t minutes = argc > 2 ? strtoull(argv[2], NULL, 10) : DAY_MINUTES;
    if (argc > 3 || days == 0 || minutes == 0 || minutes > DAY_MINUTES) {
        (void)fprintf(stderr, "usage: week [DAYS [MINUTES]]   (default: 5 days of 510 minutes)\n"
                              "One broker alone, then two with the router, with the same outages.\n"
                              "Run it from the root of the sources (it reads dictionaries/).\n");
        return 2;
    }
    struct figures alone = {.orders = 0};
    struct figures both = {.orders = 0};
    bool good = true;
    for (uint64_t day = 1; day <= days; day++) {
        good = live(day, 1, minutes, &alone) && good;
        good = live(day, 2, minutes, &both) && good;
    }
    print("one broker alone:", &alone);
    print("two with the router:", &both);
    return good && both.within_second >= alone.within_second ? 0 : 1;
}
