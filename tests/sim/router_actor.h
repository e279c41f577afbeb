/* The router in the world: the real one (gateway/core/router/), fed as gateway/services/router.c
 * feeds it: by a subscriber of the bus that is its own, by session.list, and heard by the gateway
 * through its commands, which take their time and are lost when the gateway dies.
 * Its canary orders, if the settings name an instrument, come in by a client of its own
 * (sim->canary), which dies and begins with it.
 *
 * What it says of its breakers (its lines for people) and what it posts is told to the oracle. It
 * keeps nothing: at each start it rebuilds its picture from the last events. One thread. */
#ifndef TESTS_SIM_ROUTER_ACTOR_H
#define TESTS_SIM_ROUTER_ACTOR_H

#include "gateway/core/router/router.h"
#include "tests/sim/sim.h"

struct command_field;

struct sim_router_settings {
    struct router_settings router;
    uint64_t rebuild_events; /* So many of the last events are read at its start. */
    uint64_t turn_ns;
};

/* `config`: the gateway's. Both are borrowed; the gateway's may not have been made yet. */
struct sim_router *sim_router_new(struct sim *sim, const struct engine_config *config,
                                  const struct sim_router_settings *settings);
void sim_router_free(struct sim_router *router);
void sim_router_start(struct sim_router *router);

/* What the gateway says: on the bus; by its end; to a command of the router's. */
void sim_router_published(struct sim_router *router, struct span topic, uint64_t bus_seq,
                          struct span message);
void sim_router_heartbeat(struct sim_router *router, uint64_t bus_seq);
void sim_router_disconnected(struct sim_router *router);
void sim_router_row(struct sim_router *router, const struct command_field *fields, uint32_t count);
void sim_router_answered(struct sim_router *router, uint64_t wish, bool done);

/* In words; false if these are none of its:
 *
 *   die | start
 *   stop | go       its process stands still, and goes on
 *   slow | quick */
bool sim_router_act(struct sim_router *router, const char *words);

/* A fault of its own, or the end of one, by chance: the words of sim_router_act(). */
const char *sim_router_draw(struct sim_router *router);

/* Alive, and all faults of its own are over; or dead for good, where its last table lets orders go
 * everywhere: they are to flow without it. */
void sim_router_mend(struct sim_router *router);

/* It follows the present, all its breakers are CLOSED, and the gateway has heard of that; or it is
 * dead for good. */
bool sim_router_at_rest(const struct sim_router *router, char why[128]);

#endif
