#include "tests/sim/weather.h"

#include <stdio.h>

static const char *const broker_names[SIM_BROKERS_MAX] = {"ALPHA", "BETA", "GAMMA", "DELTA"};
static const char *const oms_names[SIM_OMS_MAX] = {"OMS1", "OMS2", "OMS3"};

enum { BACKLOG_BYTES_MOST = 3000 }; /* Where peers are slow. */

/* --- Fair weather -------------------------------------------------------------------- */

static void fair_broker(struct weather *weather, uint32_t broker)
{
    weather->engine_brokers[broker] =
        (struct broker_config){.name = broker_names[broker], .weight = 1};
    weather->brokers[broker] = (struct sim_broker_settings){
        .name = broker_names[broker],
        .answer_least_ns = SIM_MS_NS,
        .answer_most_ns = 3 * SIM_MS_NS,
        .fill_permille = 1000,
        .fills_most = 1,
    };
}

/* One session of a broker, at both ends of it. */
static void fair_session(struct weather *weather, uint32_t broker, enum session_role role,
                         const struct dictionary *dictionary)
{
    uint32_t number = weather->engine.sessions_count++;
    bool dropcopy = role == ROLE_DROPCOPY;
    struct engine_session_config *session = &weather->sessions[number];
    struct sim_broker_session *peer =
        dropcopy ? &weather->brokers[broker].dropcopy : &weather->brokers[broker].orders;
    char comp[16];
    (void)snprintf(comp, sizeof(comp), "%s%s", broker_names[broker], dropcopy ? "DC" : "");
    memcpy(weather->broker_comps[number], comp, sizeof(comp));
    (void)snprintf(weather->session_names[number], sizeof(weather->session_names[0]), "%s%s",
                   broker_names[broker], dropcopy ? "/dropcopy" : "");
    (void)snprintf(weather->session_ids[number], sizeof(weather->session_ids[0]),
                   "FIX.4.4:FIXGATE->%s", comp);
    *session = (struct engine_session_config){
        .id = weather->session_ids[number],
        .fix = session_config_default(),
        .role = role,
        .broker = broker,
        .endpoints_count = 1,
        .endpoint_tries = 1,
        .reconnect_interval_ns = SIM_SECOND_NS,
        .reconnect_interval_max_ns = 4 * SIM_SECOND_NS,
        .rate_burst = 1,
        .persist_messages = true,
        .order_status_request = true,
        .order_status_interval_ns = 30 * SIM_SECOND_NS,
        .backlog_bytes_high = UINT64_C(256) << 10,
        .backlog_bytes_max = UINT64_C(4) << 20,
    };
    session->fix.sender_comp_id = "FIXGATE";
    session->fix.target_comp_id = weather->broker_comps[number];
    session->fix.dictionary = dictionary;
    *peer = (struct sim_broker_session){
        .present = true,
        .number = number,
        .gateway_comp = "FIXGATE",
        .broker_comp = weather->broker_comps[number],
        .redial_ns = SIM_SECOND_NS,
        .heart_bt_int = session->fix.heart_bt_int_seconds,
        .endpoints = 1,
    };
}

void weather_add_dropcopy(struct weather *weather, uint32_t broker,
                          const struct dictionary *dictionary)
{
    fair_session(weather, broker, ROLE_DROPCOPY, dictionary);
}

void weather_fair(struct weather *weather, uint32_t brokers, const struct dictionary *dictionary)
{
    *weather = (struct weather){
        .look_ns = 3 * SIM_SECOND_NS,
        .brokers_count = brokers,
        .oms_count = 1,
        .network = {.latency_least_ns = SIM_MS_NS / 2,
                    .latency_most_ns = SIM_MS_NS / 2,
                    .window_bytes = UINT64_C(1) << 20},
        .gateway = {.durability_commit = true,
                    .turn_least_ns = SIM_MS_NS / 10,
                    .turn_most_ns = SIM_MS_NS / 10,
                    .requests_most = 64},
        .engine = {.comp_id = "FIXGATE",
                   .brokers = weather->engine_brokers,
                   .sessions = weather->sessions,
                   .dictionary = dictionary,
                   .instance_id = UINT64_C(0x5157000000000001),
                   .bus_heartbeat_ns = 5 * SIM_SECOND_NS,
                   .random_seed = 1},
    };
    for (uint32_t i = 0; i < weather->brokers_count; i++) {
        fair_broker(weather, i);
        fair_session(weather, i, ROLE_ORDERS, dictionary);
    }
    weather->engine.brokers_count = weather->brokers_count;
    weather->oms[0] =
        (struct sim_oms_settings){.name = oms_names[0], .patience_ns = 2 * SIM_SECOND_NS};
}

/* --- What a seed draws ------------------------------------------------------------------ */

static uint64_t drawn_ms(struct random *random, uint64_t least, uint64_t most)
{
    return random_between(random, least, most) * SIM_MS_NS;
}

static void draw_broker(struct weather *weather, struct random *random, uint32_t broker)
{
    struct sim_broker_settings *settings = &weather->brokers[broker];
    fair_broker(weather, broker);
    weather->engine_brokers[broker].weight = (uint32_t)random_between(random, 1, 4);
    settings->answer_least_ns = drawn_ms(random, 0, 5);
    settings->answer_most_ns = settings->answer_least_ns + drawn_ms(random, 1, 400);
    settings->reject_permille = random_chance(random, 300) ? 100 : 0;
    settings->refuse_permille = random_chance(random, 200) ? 50 : 0;
    settings->silent_permille =
        random_chance(random, 200) ? (unsigned)random_between(random, 100, 800) : 0;
    settings->fill_permille = (unsigned)random_between(random, 300, 1000);
    settings->fills_most = (uint32_t)random_between(random, 1, 4);
    settings->pending_permille = random_chance(random, 300) ? 200 : 0;
    settings->deaf_permille = random_chance(random, 200) ? 300 : 0;
    settings->unknown = (enum sim_broker_unknown)random_below(random, SIM_UNKNOWN_DIALECTS);
    settings->mass_status = random_chance(random, 400);
    settings->mass_cancel = random_chance(random, 400);
}

/* Dialects: what both sides of a session have agreed on. */
static void draw_dialect(struct engine_session_config *session, struct sim_broker_session *peer,
                         struct random *random)
{
    struct session_config *fix = &session->fix;
    fix->heart_bt_int_seconds = (uint32_t)random_between(random, 3, 30);
    peer->heart_bt_int = fix->heart_bt_int_seconds;
    fix->next_expected_seq_num = random_chance(random, 250);
    peer->next_expected = fix->next_expected_seq_num;
    fix->last_seq_num_processed = random_chance(random, 200);
    fix->resend_request_chunk_size =
        random_chance(random, 300) ? (uint32_t)random_between(random, 1, 20) : 0;
    fix->closed_resend_interval = random_chance(random, 300);
    fix->redundant_resend_requests = random_chance(random, 150);
    fix->test_request_at_logon = random_chance(random, 800);
    fix->timestamp_precision = (unsigned)random_below(random, 10);
    if (random_chance(random, 100)) {
        fix->reset_on_logon = true;
        peer->resets_on_logon = random_chance(random, 500);
    }
    if (random_chance(random, 250)) {
        fix->dictionary = NULL;
    }
    if (random_chance(random, 700)) {
        /* An initiator says by 141=Y that it begins anew; an acceptor cannot. */
        fix->reset_on_logout = random_chance(random, 70);
        fix->reset_on_disconnect = random_chance(random, 70);
    } else {
        fix->acceptor = true;
        peer->broker_dials = true;
        peer->resets_on_logon = fix->reset_on_logon;
        peer->redial_ns = drawn_ms(random, 1, 3000);
    }
}

static void draw_limits(struct engine_session_config *session, struct sim_broker_session *peer,
                        struct random *random, uint64_t window_bytes)
{
    session->endpoints_count = (uint32_t)random_between(random, 1, 3);
    peer->endpoints = session->endpoints_count;
    session->endpoint_tries = (uint32_t)random_between(random, 1, 2);
    session->endpoint_policy =
        random_chance(random, 500) ? ENDPOINT_ROUND_ROBIN : ENDPOINT_PRIORITY;
    session->endpoint_failback_ns = random_below(random, 2) * 10 * SIM_SECOND_NS;
    session->reconnect_interval_ns = drawn_ms(random, 100, 2000);
    session->reconnect_interval_max_ns = session->reconnect_interval_ns + drawn_ms(random, 0, 8000);
    if (random_chance(random, 250)) {
        session->rate_per_second = (uint32_t)random_between(random, 1, 20);
        session->rate_burst = (uint32_t)random_between(random, 1, 10);
    }
    session->persist_messages = !random_chance(random, 80);
    session->stale_order_ns = random_chance(random, 200) ? drawn_ms(random, 500, 20000) : 0;
    if (random_chance(random, window_bytes < BACKLOG_BYTES_MOST ? 700 : 200)) {
        session->backlog_bytes_high = random_between(random, 200, BACKLOG_BYTES_MOST / 2);
        session->backlog_bytes_max =
            session->backlog_bytes_high + random_between(random, 100, BACKLOG_BYTES_MOST);
    }
}

/* What may settle an order in doubt, and how the broker is asked. */
static void draw_doubt(struct weather *weather, struct engine_session_config *session,
                       struct random *random)
{
    struct broker_config *broker = &weather->engine_brokers[session->broker];
    const struct sim_broker_settings *settings = &weather->brokers[session->broker];
    broker->in_doubt_policy = (enum in_doubt_policy)random_below(random, 3);
    broker->in_doubt_deadline_ns = random_chance(random, 300) ? drawn_ms(random, 100, 9000) : 0;
    broker->dead_attempt_grace_ns = random_chance(random, 200) ? drawn_ms(random, 1, 4000) : 0;
    broker->dead_attempt_status = random_chance(random, 150);
    broker->capacity = random_chance(random, 200) ? (uint32_t)random_between(random, 1, 6) : 0;
    session->resend_orders = random_chance(random, 250);
    weather->brokers[session->broker].asked_when_dead = broker->dead_attempt_status;
    session->order_status_request = broker->dead_attempt_status || random_chance(random, 600);
    session->order_mass_status_request = settings->mass_status;
    session->order_status_interval_ns = drawn_ms(random, 200, 20000);
    session->mass_cancel = settings->mass_cancel;
}

/* The session day ends within the storm: at once the next begins, or after a minute. */
static void draw_day(struct weather *weather, struct engine_session_config *session,
                     struct sim_broker_session *peer, struct random *random)
{
    enum { BEGIN_SECOND = (14 * 60 + 13) * 60 + 20 };
    uint32_t after = (uint32_t)random_between(random, 2, weather->storm_ns / SIM_SECOND_NS - 1);
    uint32_t border = BEGIN_SECOND + after;
    session->schedule =
        (struct schedule){.kind = SCHEDULE_DAILY,
                          .weekdays = SCHEDULE_EVERY_DAY,
                          .start.second = border + (random_chance(random, 500) ? 60 : 0),
                          .end.second = border};
    session->archive_days = (uint32_t)random_below(random, 2);
    peer->day_border_ns = SIM_BEGIN_NS + after * SIM_SECOND_NS;
}

static void draw_session(struct weather *weather, struct random *random, uint32_t broker,
                         enum session_role role, const struct dictionary *dictionary)
{
    uint32_t number = weather->engine.sessions_count;
    struct sim_broker_session *peer = role == ROLE_DROPCOPY ? &weather->brokers[broker].dropcopy
                                                            : &weather->brokers[broker].orders;
    fair_session(weather, broker, role, dictionary);
    draw_dialect(&weather->sessions[number], peer, random);
    draw_limits(&weather->sessions[number], peer, random, weather->network.window_bytes);
    if (role == ROLE_ORDERS) {
        draw_doubt(weather, &weather->sessions[number], random);
    }
    /* Who disagrees about the time disagrees about the day. */
    if (!weather->kinds[WEATHER_CLOCK] && random_chance(random, 150)) {
        draw_day(weather, &weather->sessions[number], peer, random);
    }
}

static void draw_oms(struct weather *weather, struct random *random, uint32_t number)
{
    struct sim_oms_settings *oms = &weather->oms[number];
    *oms = (struct sim_oms_settings){.name = oms_names[number]};
    oms->orders_most = (uint32_t)random_between(random, 3, 36);
    oms->pause_least_ns = drawn_ms(random, 0, 50);
    oms->pause_most_ns = 2 * weather->storm_ns / oms->orders_most;
    oms->pause_most_ns =
        oms->pause_most_ns > oms->pause_least_ns ? oms->pause_most_ns : oms->pause_least_ns;
    oms->patience_ns = drawn_ms(random, 300, 5000);
    oms->cancel_permille = random_chance(random, 600) ? 200 : 0;
    oms->replace_permille = random_chance(random, 500) ? 150 : 0;
    oms->status_permille = random_chance(random, 500) ? 100 : 0;
    oms->again_permille = random_chance(random, 500) ? 100 : 0;
    oms->changed_permille = random_chance(random, 300) ? 50 : 0;
    oms->garbage_permille = random_chance(random, 300) ? 50 : 0;
    oms->short_lived_permille = random_chance(random, 500) ? 300 : 0;
}

static void draw_network(struct weather *weather, struct random *random)
{
    struct network_settings *network = &weather->network;
    network->latency_least_ns = random_between(random, 10000, SIM_MS_NS);
    network->latency_most_ns =
        network->latency_least_ns +
        (random_chance(random, 200) ? drawn_ms(random, 10, 2000) : drawn_ms(random, 0, 10));
    network->split_permille = random_chance(random, 500) ? (unsigned)random_below(random, 900) : 0;
    network->window_bytes =
        random_chance(random, 250) ? random_between(random, 200, 2500) : UINT64_C(1) << 20;
}

static void draw_gateway(struct weather *weather, struct random *random)
{
    struct sim_gateway_settings *gateway = &weather->gateway;
    gateway->durability_commit = random_chance(random, 500);
    gateway->turn_least_ns = random_between(random, 5000, 200000);
    gateway->turn_most_ns =
        gateway->turn_least_ns + (random_chance(random, 200) ? drawn_ms(random, 1, 50) : 500000);
    gateway->restart_least_ns = drawn_ms(random, 1, 100);
    gateway->restart_most_ns = gateway->restart_least_ns + drawn_ms(random, 0, 5000);
    gateway->requests_most = (uint32_t)random_between(random, 1, 16);
}

/* Limits on open orders and quantities: of all, and of clients. */
static void draw_order_limits(struct weather *weather, struct random *random)
{
    weather->engine.limits = weather->limits;
    for (uint32_t i = 0; i <= weather->oms_count; i++) {
        if (!random_chance(random, 150)) {
            continue;
        }
        struct order_limit_config *limit = &weather->limits[weather->engine.limits_count++];
        *limit = (struct order_limit_config){.scope.kind = i == 0 ? SCOPE_ALL : SCOPE_CLIENT};
        if (i > 0) {
            (void)snprintf(limit->scope.name, sizeof(limit->scope.name), "%s", oms_names[i - 1]);
        }
        limit->has[LIMIT_OPEN] = random_chance(random, 700);
        limit->value[LIMIT_OPEN] = decimal_whole((int32_t)random_between(random, 1, 12));
        limit->has[LIMIT_QUANTITY] = random_chance(random, 400);
        limit->value[LIMIT_QUANTITY] = decimal_whole((int32_t)random_between(random, 300, 900));
    }
}

void weather_draw(struct weather *weather, struct sim *sim, const struct dictionary *dictionary)
{
    struct random *random = &sim->random;
    weather_fair(weather, 2, dictionary);
    weather->storm_ns = drawn_ms(random, 5000, 90000);
    weather->pause_least_ns = drawn_ms(random, 0, 100);
    weather->pause_most_ns = weather->pause_least_ns + drawn_ms(random, 100, 4000);
    weather->look_ns = drawn_ms(random, 300, 9000);
    weather->brokers_count =
        random_chance(random, 700) ? 2 : (uint32_t)random_between(random, 3, 4);
    weather->oms_count = (uint32_t)random_between(random, 1, SIM_OMS_MAX);
    weather->engine.sessions_count = 0;
    for (size_t kind = 0; kind < WEATHER_KINDS_COUNT; kind++) {
        weather->kinds[kind] = random_chance(random, 400);
    }
    weather->engine.brokers_count = weather->brokers_count;
    weather->engine.random_seed = random_next(random) | 1;
    weather->engine.instance_id = random_next(random) | 1;
    weather->engine.bus_heartbeat_ns = drawn_ms(random, 500, 5000);
    draw_network(weather, random);
    draw_gateway(weather, random);
    for (uint32_t i = 0; i < weather->brokers_count; i++) {
        draw_broker(weather, random, i);
        draw_session(weather, random, i, ROLE_ORDERS, dictionary);
        if (random_chance(random, 300)) {
            draw_session(weather, random, i, ROLE_DROPCOPY, dictionary);
        }
    }
    for (uint32_t i = 0; i < weather->oms_count; i++) {
        draw_oms(weather, random, i);
    }
    draw_order_limits(weather, random);
    weather_draw_router(weather, random, dictionary);
}
