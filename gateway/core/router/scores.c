#include "gateway/core/router/scores.h"

/* Millionths, so that nothing is lost between the factors. */
#define MILLION UINT64_C(1000000)

struct score_config score_config_default(void)
{
    return (struct score_config){
        .latency_floor_ns = UINT64_C(10000000),
        .pending_cap = 100,
        .orders_min = 20,
        .warm_permille = 50,
        .hysteresis_permille = 150,
    };
}

static uint64_t latency_of(const struct score_config *config, const struct score_input *input)
{
    return input->latency_ns > config->latency_floor_ns ? input->latency_ns
                                                        : config->latency_floor_ns;
}

/* Of those whose latency is known; one that is not is as good as the best. */
static uint64_t best_latency(const struct score_config *config, const struct score_input *inputs,
                             uint32_t count)
{
    uint64_t best_ns = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (inputs[i].able && inputs[i].latency_ns > 0) {
            uint64_t latency_ns = latency_of(config, &inputs[i]);
            best_ns = latency_ns < best_ns ? latency_ns : best_ns;
        }
    }
    return best_ns;
}

static uint64_t share_good(const struct score_config *config, const struct score_input *input)
{
    uint64_t orders = input->orders > config->orders_min ? input->orders : config->orders_min;
    uint64_t failed = input->failed < orders ? input->failed : orders;
    return orders == 0 ? MILLION : (orders - failed) * MILLION / orders;
}

static uint64_t raw_score(const struct score_config *config, const struct score_input *input,
                          uint64_t best_ns)
{
    uint64_t raw = MILLION;
    if (input->latency_ns > 0) {
        uint64_t latency_us = latency_of(config, input) / 1000;
        raw = raw * (best_ns / 1000) / (latency_us > 0 ? latency_us : 1);
    }
    raw = raw * config->pending_cap / (config->pending_cap + input->pending);
    uint64_t good = share_good(config, input);
    raw = raw * good / MILLION * good / MILLION;
    return raw * input->headroom / ROUTING_PERMILLE;
}

void scores_reckon(const struct score_config *config, const struct score_input *inputs,
                   uint32_t count, uint32_t *scores)
{
    ASSERT(count <= ENGINE_BROKERS_MAX);
    ASSERT(config->pending_cap > 0);
    uint64_t raw[ENGINE_BROKERS_MAX] = {0};
    uint64_t best_ns = best_latency(config, inputs, count);
    uint64_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        raw[i] = inputs[i].able ? raw_score(config, &inputs[i], best_ns) : 0;
        most = raw[i] > most ? raw[i] : most;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t score = most > 0 ? raw[i] * ROUTING_PERMILLE / most : ROUTING_PERMILLE;
        uint64_t least = config->warm_permille;
        scores[i] = inputs[i].able ? (uint32_t)(score > least ? score : least) : 0;
    }
}

uint32_t score_settle(const struct score_config *config, uint32_t before, uint32_t now)
{
    uint32_t apart = now > before ? now - before : before - now;
    bool settled =
        (uint64_t)apart * ROUTING_PERMILLE <= (uint64_t)before * config->hysteresis_permille;
    return settled ? before : now;
}
