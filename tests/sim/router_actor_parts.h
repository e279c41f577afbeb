/* Between router_actor.c and router_actor_talk.c. Nobody else includes it. */
#ifndef TESTS_SIM_ROUTER_ACTOR_PARTS_H
#define TESTS_SIM_ROUTER_ACTOR_PARTS_H

#include "gateway/shell/clock.h"
#include "tests/sim/router_actor.h"

enum {
    ROUTER_WISHES_MAX = 32, /* Without an answer. */
    ROUTER_WORDS_BYTES = 128,
};

enum router_wish_kind { ROUTER_WISH_POST, ROUTER_WISH_ROWS, ROUTER_WISH_PROBE, ROUTER_WISH_ALERT };

/* A command on its way to the gateway, or its answer on the way back. */
struct router_wish {
    uint64_t number; /* From 1. */
    enum router_wish_kind kind;
    uint32_t subject; /* The broker, or the session. */
    uint64_t sent_ns;
    bool answered; /* The answer is here, */
    bool done;     /* and says that it was done. */
    bool lost;     /* The connection is gone. */
    char words[ROUTER_WORDS_BYTES];
    struct text reason;
};

/* What session.list told of one session. */
struct router_actor_row {
    uint32_t session;
    bool ready;
    uint64_t backlog_bytes;
    uint64_t echoes;
    uint64_t round_trip_ns;
};

struct router_rows {
    uint32_t count;
    struct router_actor_row list[SIM_SESSIONS_MAX];
};

struct sim_router {
    struct sim *sim;
    const struct engine_config *config;
    const struct sim_router_settings *settings;
    struct sim_bus *bus;
    struct clock clock;
    struct instant now;

    bool up;
    bool stopped;
    bool slow;
    bool missed;    /* It is dead, and orders are to flow all the same. */
    bool following; /* It knows where the stream is. */
    bool live;      /* It has read all that there was. */
    uint64_t life;
    uint64_t heard_ns;    /* The last sign of life of the gateway; true time, as all here. */
    uint64_t answered_ns; /* The last answer. */
    uint64_t rows_asked_ns;
    bool rows_wanted; /* None is on its way. */

    uint64_t numbers; /* Given to wishes. */
    uint32_t wishes_count;
    struct router_wish wishes[ROUTER_WISHES_MAX]; /* Oldest first. */
    struct router_rows gathered;                  /* In the turn of the gateway. */
    struct router_rows rows;                      /* On their way, or here. */
    struct router_post shown[ENGINE_BROKERS_MAX]; /* The trace has it. */

    struct router router;
};

/* What is due now, and what came back. `now_ns`: the engine's time. */
void router_actor_take_answers(struct sim_router *router, uint64_t now_ns);
void router_actor_send(struct sim_router *router);
void router_actor_send_alert(struct sim_router *router, const struct router_news *news);

/* The canary orders that are due. */
void router_actor_send_canaries(struct sim_router *router);

/* Nothing of it arrives any more. */
void router_actor_forget(struct sim_router *router);

#endif
