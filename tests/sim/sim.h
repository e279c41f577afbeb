/* A world in a box: the real engine, the real apply.c and the real store, among clients,
 * brokers and a network that are played here, in virtual time, all of it from one seed.
 *
 *   network.h   lines of bytes          gateway.h   the product in its place, crashing
 *   oms.h       clients, and the bus    broker.h    counterparties, misbehaving
 *   weather.h   what a seed draws       acts.h      what can be done to the world, in words
 *   oracle/     what must be true, judged from outside; durable.h: from inside
 *
 * Actors meet only through these headers and the agenda. One thread; no real time, no address,
 * nothing of the machine reaches a decision or a trace. docs/simulator.md tells how to read,
 * replay and extend it. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "tests/oracle/oracle.h"
#include "tests/sim/agenda.h"
#include "tests/sim/network.h"
#include "tests/sim/random.h"
#include "tests/sim/trace.h"

enum {
    SIM_BROKERS_MAX = 4,
    SIM_SESSIONS_MAX = 2 * SIM_BROKERS_MAX, /* Each may have a drop-copy session. */
    SIM_OMS_MAX = 3,
    SIM_CLIENTS_MAX = SIM_OMS_MAX + 1, /* With the router's own. */
    SIM_VIOLATION_BYTES_MAX = 400,
};

/* 2026-09-21 14:13:20 UTC, a Monday: the first instant of every world. */
#define SIM_BEGIN_NS  UINT64_C(1790000000000000000)
#define SIM_SECOND_NS UINT64_C(1000000000)
#define SIM_MS_NS     UINT64_C(1000000)

struct sim_broker;
struct sim_gateway;
struct sim_oms;
struct sim_bus;
struct sim_persons;
struct sim_router;
struct dictionary;

struct sim {
    uint64_t seed;
    uint64_t now_ns;      /* True time (UTC); the gateway's own clock may differ. */
    bool settling;        /* Faults are over: whoever draws faults draws none. */
    uint64_t settling_ns; /* Since then. */
    struct random random;
    struct trace trace;
    struct agenda agenda;
    struct network_settings network;
    struct line *lines; /* The network's. */
    struct oracle *oracle;
    const struct dictionary *dictionary; /* Borrowed. */
    struct sim_gateway *gateway;
    struct sim_broker *brokers[SIM_BROKERS_MAX];
    uint32_t brokers_count;
    struct sim_oms *oms[SIM_CLIENTS_MAX];
    uint32_t oms_count;
    struct sim_oms *canary; /* The last of them, if it is the router's; or NULL: none is. */
    struct sim_bus *bus;
    struct sim_persons *persons;
    struct sim_router *router; /* NULL: none runs. */
    bool violated;             /* The first violation; the world stands still after it. */
    enum oracle_rule violated_rule;
    char violation[SIM_VIOLATION_BYTES_MAX];
};

/* Something that must be true is not. The first one counts. */
void sim_violate(struct sim *sim, enum oracle_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* So many of sim->oms have a will of their own: the router's lives and dies with the router. */
static inline uint32_t sim_own_clients(const struct sim *sim)
{
    return sim->oms_count - (sim->canary != NULL ? 1 : 0);
}

/* In `delay_ns` from now. */
void sim_later(struct sim *sim, uint64_t delay_ns, agenda_act act, void *actor, uint64_t number);

#endif
