#include "tests/sim/acts.h"

#include "tests/sim/broker.h"
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"
#include "tests/sim/router_actor.h"
#include "tests/sim/words.h"

static bool act_network(struct sim *sim, const char *words)
{
    struct network_settings *network = &sim->network;
    int64_t least;
    int64_t most;
    if (words_take(&words, "latency") && words_number(&words, &least) &&
        words_number(&words, &most)) {
        network->latency_least_ns = (uint64_t)least * SIM_MS_NS;
        network->latency_most_ns = (uint64_t)most * SIM_MS_NS;
        return least >= 0 && least <= most && words_done(words);
    }
    if (words_take(&words, "split") && words_number(&words, &least)) {
        network->split_permille = (unsigned)least;
        return words_done(words);
    }
    if (words_take(&words, "window") && words_number(&words, &least)) {
        network->window_bytes = (uint64_t)least;
        return least > 0 && words_done(words);
    }
    return false;
}

static bool act_named(struct sim *sim, const char *words)
{
    char name[32];
    if (words_take(&words, "broker")) {
        bool named = words_next(&words, name, sizeof(name));
        for (uint32_t i = 0; named && i < sim->brokers_count; i++) {
            if (strcmp(name, sim_broker_name(sim->brokers[i])) == 0) {
                return sim_broker_act(sim->brokers[i], words);
            }
        }
        return false;
    }
    if (words_take(&words, "oms") && words_next(&words, name, sizeof(name))) {
        for (uint32_t i = 0; i < sim->oms_count; i++) {
            if (strcmp(name, sim_oms_name(sim->oms[i])) == 0) {
                return sim_oms_act(sim->oms[i], words);
            }
        }
    }
    return false;
}

bool sim_act(struct sim *sim, const char *words)
{
    trace_say(&sim->trace, "ACT", "%s", words);
    if (words_take(&words, "gateway")) {
        return sim_gateway_act(sim->gateway, words);
    }
    if (words_take(&words, "bus")) {
        return sim_bus_act(sim->bus, words);
    }
    if (words_take(&words, "router")) {
        return sim->router != NULL && sim_router_act(sim->router, words);
    }
    if (words_take(&words, "network")) {
        return act_network(sim, words);
    }
    return act_named(sim, words);
}
