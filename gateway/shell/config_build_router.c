/* [ROUTER]: how brokers are measured, and what of it opens a breaker. */
#include "gateway/shell/config_parts.h"

#define MILLISECOND_NS UINT64_C(1000000)

static uint64_t decimal_ns(const struct config_settings *settings, enum config_key key)
{
    return setting_number(settings, key) * MILLISECOND_NS;
}

static uint32_t permille(const struct config_settings *settings, enum config_key key)
{
    return (uint32_t)setting_number(settings, key) * 10;
}

static uint32_t number(const struct config_settings *settings, enum config_key key)
{
    return (uint32_t)setting_number(settings, key);
}

void config_build_router(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_settings *settings = &config->router_settings;
    struct router_settings *router = &config->router;
    *router = router_settings_default();
    router->run = setting_yes(settings, CONFIG_KEY_Run);
    router->shadow = setting_yes(settings, CONFIG_KEY_Shadow);
    router->slow_factor = number(settings, CONFIG_KEY_SlowFactor);
    router->slow_floor_ns = decimal_ns(settings, CONFIG_KEY_SlowFloor);
    router->probe_interval_ns = decimal_ns(settings, CONFIG_KEY_ProbeInterval);
    router->score.pending_cap = number(settings, CONFIG_KEY_PendingCap);
    router->score.orders_min = number(settings, CONFIG_KEY_FailureOrders);

    struct breaker_config *breaker = &router->breaker;
    breaker->ack_timeout_ns = decimal_ns(settings, CONFIG_KEY_AckTimeout);
    breaker->timeouts_in_row = number(settings, CONFIG_KEY_AckTimeoutsInRow);
    breaker->failure_permille = permille(settings, CONFIG_KEY_FailurePercent);
    breaker->orders_min = number(settings, CONFIG_KEY_FailureOrders);
    breaker->slow_permille = permille(settings, CONFIG_KEY_SlowPercent);
    breaker->test_timeout_ns = decimal_ns(settings, CONFIG_KEY_EchoTimeout);
    breaker->backoff_first_ns = decimal_ns(settings, CONFIG_KEY_OpenBackoff);
    breaker->backoff_max_ns = decimal_ns(settings, CONFIG_KEY_OpenBackoffMax);
    breaker->probe_orders = number(settings, CONFIG_KEY_ProbeOrders);
    breaker->ramp_ns = decimal_ns(settings, CONFIG_KEY_RampTime);
    breaker->ramp_permille = permille(settings, CONFIG_KEY_RampStart);
    if (breaker->backoff_max_ns < breaker->backoff_first_ns) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_OpenBackoffMax),
                          "OpenBackoffMax is less than OpenBackoff");
    }
    ASSERT(breaker->ack_timeout_ns < breaker->half_open_max_ns); /* So that one can be judged. */
}
