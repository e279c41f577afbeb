/* [LIMIT] sections, and the limits of [BROKER]: what orders may ask for. */
#include "gateway/shell/config_parts.h"

#define PERMILLE_UNITS (DECIMAL_ONE / 1000)

static bool has(const struct config_settings *settings, enum config_key key)
{
    return setting_text(settings, key) != NULL;
}

static void take_number(const struct config_settings *settings, enum config_key key,
                        struct order_limit_config *limit, enum limit_kind kind)
{
    if (has(settings, key)) {
        int64_t unit =
            config_key_definition(key)->type == CONFIG_DECIMAL ? PERMILLE_UNITS : DECIMAL_ONE;
        limit->has[kind] = true;
        limit->value[kind].units = (int64_t)setting_number(settings, key) * unit;
    }
}

static void take_list(const struct config_settings *settings, enum config_key key,
                      struct order_limit_config *limit, enum limit_kind kind, uint32_t list)
{
    limit->has[kind] = has(settings, key);
    limit->list[list] = setting_text(settings, key);
}

/* What a broker may have, too. */
static void take_flow(const struct config_settings *settings, struct order_limit_config *limit)
{
    take_number(settings, CONFIG_KEY_OrdersPerSecond, limit, LIMIT_RATE);
    take_number(settings, CONFIG_KEY_OrdersBurst, limit, LIMIT_BURST);
    take_number(settings, CONFIG_KEY_MaxOpenOrders, limit, LIMIT_OPEN);
}

static void take_all(const struct config_settings *settings, struct order_limit_config *limit)
{
    take_flow(settings, limit);
    take_number(settings, CONFIG_KEY_MaxQuantity, limit, LIMIT_QUANTITY);
    take_number(settings, CONFIG_KEY_MaxNotional, limit, LIMIT_NOTIONAL);
    take_number(settings, CONFIG_KEY_PriceCollar, limit, LIMIT_COLLAR);
    take_number(settings, CONFIG_KEY_MaxPriceAge, limit, LIMIT_PRICE_AGE);
    take_number(settings, CONFIG_KEY_RepeatedOrders, limit, LIMIT_REPEATS);
    take_number(settings, CONFIG_KEY_RepeatedOrdersWindow, limit, LIMIT_REPEAT_WINDOW);
    take_number(settings, CONFIG_KEY_DuplicateWindow, limit, LIMIT_DUPLICATE);
    take_list(settings, CONFIG_KEY_AllowedSymbols, limit, LIMIT_ALLOWED, 0);
    take_list(settings, CONFIG_KEY_DeniedSymbols, limit, LIMIT_DENIED, 1);
    if (settings->list[CONFIG_KEY_StalePrice].origin == CONFIG_ORIGIN_FILE) {
        limit->has[LIMIT_STALE_PRICE] = true;
        limit->value[LIMIT_STALE_PRICE].units = setting_choice(settings, CONFIG_KEY_StalePrice) == 0
                                                    ? LIMIT_STALE_REJECT
                                                    : LIMIT_STALE_PASS;
    }
}

static void take_scope(const struct config_settings *settings, struct order_limit_config *limit,
                       struct config_errors *errors)
{
    static const struct {
        enum config_key key;
        enum limit_scope_kind scope;
    } names[] = {{CONFIG_KEY_Account, SCOPE_ACCOUNT},
                 {CONFIG_KEY_Client, SCOPE_CLIENT},
                 {CONFIG_KEY_Symbol, SCOPE_SYMBOL}};
    limit->scope.kind = SCOPE_ALL;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *name = setting_text(settings, names[i].key);
        if (name == NULL) {
            continue;
        }
        if (limit->scope.kind != SCOPE_ALL) {
            config_errors_add(errors, setting_line(settings, names[i].key),
                              "a [LIMIT] is for one Account, Client or Symbol; make a section of "
                              "its own for %s",
                              name);
            return;
        }
        limit->scope.kind = names[i].scope;
        span_to_text(span_text(name), limit->scope.name, sizeof(limit->scope.name));
    }
}

/* Trading hours without their zones, which are loaded later. */
static void take_hours(const struct config_settings *settings, struct order_limit_config *limit,
                       struct config_errors *errors)
{
    static const enum config_key others[] = {CONFIG_KEY_TradingEnd, CONFIG_KEY_TradingDays,
                                             CONFIG_KEY_TradingZone};
    limit->has[LIMIT_HOURS] = has(settings, CONFIG_KEY_TradingStart);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (has(settings, others[i]) && !limit->has[LIMIT_HOURS]) {
            config_errors_add(errors, setting_line(settings, others[i]),
                              "%s needs TradingStart; set both",
                              config_key_definition(others[i])->name);
            return;
        }
    }
    if (!limit->has[LIMIT_HOURS]) {
        return;
    }
    if (!has(settings, CONFIG_KEY_TradingEnd)) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_TradingStart),
                          "TradingStart needs TradingEnd; set both");
        return;
    }
    limit->hours.kind = SCHEDULE_DAILY;
    limit->hours.weekdays = has(settings, CONFIG_KEY_TradingDays)
                                ? config_value_days(setting_text(settings, CONFIG_KEY_TradingDays))
                                : SCHEDULE_EVERY_DAY;
    limit->hours.start.second =
        config_value_clock(setting_text(settings, CONFIG_KEY_TradingStart)).second;
    limit->hours.end.second =
        config_value_clock(setting_text(settings, CONFIG_KEY_TradingEnd)).second;
}

/* Parameters of a limit that is not there are slips. */
static void check_alone(const struct config_settings *settings, struct config_errors *errors)
{
    static const struct {
        enum config_key key;
        enum config_key needs;
    } pairs[] = {{CONFIG_KEY_OrdersBurst, CONFIG_KEY_OrdersPerSecond},
                 {CONFIG_KEY_RepeatedOrdersWindow, CONFIG_KEY_RepeatedOrders}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        if (has(settings, pairs[i].key) && !has(settings, pairs[i].needs)) {
            config_errors_add(errors, setting_line(settings, pairs[i].key), "%s needs %s; set both",
                              config_key_definition(pairs[i].key)->name,
                              config_key_definition(pairs[i].needs)->name);
        }
    }
}

static void check_doubled(const struct gateway_config *config, uint32_t index,
                          struct config_errors *errors)
{
    const struct config_settings *settings = &config->limit_settings[index];
    for (uint32_t i = 0; i < index; i++) {
        if (limit_scope_equal(&config->limits[i].scope, &config->limits[index].scope)) {
            struct text scope = {.size = 0};
            limit_scope_add(&scope, &config->limits[i].scope);
            config_errors_add(errors, settings->line,
                              "a [LIMIT] for %s stands already in line %u; join the two",
                              scope.data, config->limit_settings[i].line);
            return;
        }
    }
}

void config_build_limits(struct gateway_config *config, struct config_errors *errors)
{
    struct order_limit_config *next = config->limits;
    for (uint32_t i = 0; i < config->limit_sections; i++, next++) {
        const struct config_settings *settings = &config->limit_settings[i];
        take_scope(settings, next, errors);
        take_all(settings, next);
        take_hours(settings, next, errors);
        check_alone(settings, errors);
        check_doubled(config, i, errors);
    }
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        const struct config_settings *settings = &config->broker_settings[i];
        check_alone(settings, errors);
        take_flow(settings, next);
        if (next->has[LIMIT_RATE] || next->has[LIMIT_OPEN]) {
            next->scope.kind = SCOPE_BROKER;
            span_to_text(span_text(setting_text(settings, CONFIG_KEY_Name)), next->scope.name,
                         sizeof(next->scope.name));
            next++;
        }
    }
    config->engine.limits = config->limits;
    config->engine.limits_count = (uint32_t)(next - config->limits);
}
