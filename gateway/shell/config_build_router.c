/* [ROUTER]: how brokers are measured, and what of it opens a breaker. */
#include "gateway/core/commands/command.h"
#include "gateway/core/routing/canary.h"
#include "gateway/shell/config_parts.h"
#include "gateway/shell/operators.h"

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

static bool takes_orders(const struct gateway_config *config, uint32_t broker)
{
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        if (config->sessions[i].broker == broker && config->sessions[i].role == ROLE_ORDERS) {
            return true;
        }
    }
    return false;
}

/* Between two brokers there is something to choose. With one, an open breaker keeps orders back
 * that have nowhere else to go: a person is to want that. */
static const char *run_default(const struct gateway_config *config)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        count += takes_orders(config, i) ? 1 : 0;
    }
    return count >= 2 ? "Y" : "N";
}

/* A section of his own may take from the router what it needs. */
static void check_operator(const struct gateway_config *config, struct config_errors *errors)
{
    unsigned needed = MAY_VIEW | MAY_SERVE;
    for (uint32_t i = 0; i < config->operator_sections; i++) {
        const struct operator_config *who = &config->operators[i];
        bool able = (who->may & needed) == needed && who->public_key == NULL;
        if (strcmp(who->name, OPERATOR_ROUTER) == 0 && !able) {
            config_errors_add(errors, config->operator_settings[i].line,
                              "the router runs as a thread and asks as operator '%s', who needs "
                              "the roles view and serve, and no PublicKey; or set Run=N in "
                              "[ROUTER]",
                              OPERATOR_ROUTER);
        }
    }
}

static void build_canary(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_settings *settings = &config->router_settings;
    config->router.canary = (struct router_canary){
        .symbol = setting_text(settings, CONFIG_KEY_CanarySymbol),
        .account = setting_text(settings, CONFIG_KEY_CanaryAccount),
        .currency = setting_text(settings, CONFIG_KEY_CanaryCurrency),
        .quantity = setting_text(settings, CONFIG_KEY_CanaryQuantity),
        .price = setting_text(settings, CONFIG_KEY_CanaryPrice),
        .interval_ns = setting_ns(settings, CONFIG_KEY_CanaryInterval),
    };
    if (config->router.canary.symbol == NULL) {
        return;
    }
    if (config->router.canary.price == NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_CanarySymbol),
                          "CanarySymbol needs CanaryPrice: a price far below the market, at which "
                          "nobody sells");
    }
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        if (strlen(config->brokers[i].name) > CANARY_BROKER_BYTES_MAX) {
            config_errors_add(errors, setting_line(settings, CONFIG_KEY_CanarySymbol),
                              "the name of broker %s is longer than %d bytes; the ClOrdID(11) of "
                              "its canary orders has no room for it",
                              config->brokers[i].name, CANARY_BROKER_BYTES_MAX);
        }
    }
}

void config_build_router(struct gateway_config *config, struct config_errors *errors)
{
    const struct config_settings *settings = &config->router_settings;
    struct router_settings *router = &config->router;
    *router = router_settings_default();
    if (setting_text(settings, CONFIG_KEY_Run) == NULL) {
        setting_default(&config->router_settings, CONFIG_KEY_Run, run_default(config));
    }
    router->run = setting_yes(settings, CONFIG_KEY_Run);
    router->shadow = setting_yes(settings, CONFIG_KEY_Shadow);
    build_canary(config, errors);
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
    if (router->run) {
        check_operator(config, errors);
    }
    ASSERT(breaker->ack_timeout_ns < breaker->half_open_max_ns); /* So that one can be judged. */
}
