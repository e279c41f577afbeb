/* What a seed draws: how many brokers and clients there are, their settings and limits, and
 * which kinds of fault this world knows and how often they come.
 *
 * One thread. */
#ifndef TESTS_SIM_WEATHER_H
#define TESTS_SIM_WEATHER_H

#include "gateway/core/engine/config.h"
#include "tests/sim/broker.h"
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor.h"
#include "tests/sim/sim.h"

/*     kind          what may happen in a world that has it */
#define WEATHER_KINDS(X)                                                                           \
    X(CRASH, "the gateway dies between turns")                                                     \
    X(TURN_CRASH, "the gateway dies at any point of a turn")                                       \
    X(STORE, "commits, batches and reads fail")                                                    \
    X(DISK, "the disk is nearly full")                                                             \
    X(CLOCK, "the gateway's clock steps")                                                          \
    X(STALL, "the gateway stands still, or is slow")                                               \
    X(CUT, "lines are cut, half or whole")                                                         \
    X(PARTITION, "lines carry nothing for a while")                                                \
    X(BROKER, "brokers misbehave")                                                                 \
    X(OMS, "clients crash and ask strangely")                                                      \
    X(BUS, "the subscriber is away, or slow")                                                      \
    X(OPERATOR, "operators are at work on sessions")                                               \
    X(PERSONS, "people drain, thaw, approve, and err")                                             \
    X(ROUTER, "the router dies, stands still, is slow")

enum weather_kind {
#define X(name, text) WEATHER_##name,
    WEATHER_KINDS(X)
#undef X
};

#define WEATHER_COUNT(name, text) +1
enum { WEATHER_KINDS_COUNT = 0 WEATHER_KINDS(WEATHER_COUNT) };

/* Everything that a world is furnished with; the texts are kept here too. */
struct weather {
    uint32_t brokers_count;
    uint32_t oms_count;
    struct network_settings network;
    struct sim_broker_settings brokers[SIM_BROKERS_MAX];
    struct sim_oms_settings oms[SIM_OMS_MAX];
    struct sim_gateway_settings gateway;
    struct engine_config engine;
    struct broker_config engine_brokers[SIM_BROKERS_MAX];
    struct engine_session_config sessions[SIM_SESSIONS_MAX];
    char session_ids[SIM_SESSIONS_MAX][64];
    char broker_comps[SIM_SESSIONS_MAX][32];
    char session_names[SIM_SESSIONS_MAX][32]; /* "ALPHA", "ALPHA/dropcopy" */
    struct order_limit_config limits[1 + SIM_OMS_MAX];
    bool kinds[WEATHER_KINDS_COUNT];
    uint64_t storm_ns;       /* How long the faults last. */
    uint64_t pause_least_ns; /* Between two. */
    uint64_t pause_most_ns;
    bool routed; /* A router runs. */
    bool calm;   /* Nothing is wrong but orders of one instrument, at one broker. */
    struct sim_router_settings router;
    uint64_t look_ns; /* People look each time after what waits for them. */
};

/* Fair weather: so many brokers that fill every order at once, one client, nothing goes wrong.
 * What scenarios begin with. */
void weather_fair(struct weather *weather, uint32_t brokers, const struct dictionary *dictionary);

/* A drop-copy session for that broker, in fair weather. */
void weather_add_dropcopy(struct weather *weather, uint32_t broker,
                          const struct dictionary *dictionary);

/* A router with settings that let much happen in a short time. */
void weather_route(struct weather *weather);

/* What the oracle is to know of the router; nothing if there is none. */
void weather_tell_router(const struct weather *weather, struct oracle *oracle);

/* What the world's seed draws of all that (weather_router.c). In calm weather it replaces what was
 * drawn before. */
void weather_draw_router(struct weather *weather, struct random *random,
                         const struct dictionary *dictionary);

/* What the world's seed draws, from sim->random. */
void weather_draw(struct weather *weather, struct sim *sim, const struct dictionary *dictionary);

/* An act of one of its kinds, by chance: the words of sim_act(). False if there was none. */
bool weather_act(const struct weather *weather, struct sim *sim, char words[128]);

#endif
