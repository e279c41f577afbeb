/* Order limits out of a configuration: [LIMIT], and those of [BROKER]. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define LIMIT "[LIMIT]\n"

static const char *with(const char *broker, const char *lines)
{
    static char text[8192];
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s", GATEWAY, BROKER, broker, SESSION, lines);
    return text;
}

static void without_sections_there_are_no_limits(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(with("", ""));
    assert_int_equal(config->engine.limits_count, 0);
    assert_false(config->sessions[0].mass_cancel);
    gateway_config_free(config);
}

static void each_section_is_a_set_for_its_scope(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        with("MaxOpenOrders=500\n",
             LIMIT "MaxQuantity=1000.5\nMaxNotional=250000\nPriceCollar=500\nMaxPriceAge=30\n"
                   "StalePrice=pass\n" LIMIT "Account=ISA-1\nOrdersPerSecond=5\nOrdersBurst=20\n"
                   "MaxOpenOrders=100\nRepeatedOrders=5\nRepeatedOrdersWindow=1m\n"
                   "DuplicateWindow=2s\n" LIMIT "Symbol=VOD\nMaxQuantity=10\n" LIMIT
                   "Client=OMS\nAllowedSymbols=VOD,BP\nDeniedSymbols=TSCO\n"));
    const struct order_limit_config *limits = config->engine.limits;
    assert_int_equal(config->engine.limits_count, 5);
    assert_int_equal(limits[0].scope.kind, SCOPE_ALL);
    assert_int_equal(limits[0].value[LIMIT_QUANTITY].units, 100050000000);
    assert_int_equal(limits[0].value[LIMIT_NOTIONAL].units, 250000 * DECIMAL_ONE);
    assert_int_equal(limits[0].value[LIMIT_COLLAR].units, 500 * DECIMAL_ONE);
    assert_int_equal(limits[0].value[LIMIT_STALE_PRICE].units, LIMIT_STALE_PASS);
    assert_false(limits[0].has[LIMIT_OPEN]);
    assert_int_equal(limits[1].scope.kind, SCOPE_ACCOUNT);
    assert_string_equal(limits[1].scope.name, "ISA-1");
    assert_int_equal(limits[1].value[LIMIT_REPEAT_WINDOW].units, 60 * DECIMAL_ONE);
    assert_int_equal(limits[1].value[LIMIT_BURST].units, 20 * DECIMAL_ONE);
    assert_int_equal(limits[2].scope.kind, SCOPE_SYMBOL);
    assert_int_equal(limits[3].scope.kind, SCOPE_CLIENT);
    assert_string_equal(limits[3].list[0], "VOD,BP");
    assert_string_equal(limits[3].list[1], "TSCO");
    assert_int_equal(limits[4].scope.kind, SCOPE_BROKER);
    assert_string_equal(limits[4].scope.name, "ALPHA");
    assert_int_equal(limits[4].value[LIMIT_OPEN].units, 500 * DECIMAL_ONE);
    gateway_config_free(config);
}

/* With zones: another file is read than the configuration. */
static struct gateway_config *load_right(const char *text)
{
    struct gateway_config *config =
        gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
    }
    assert_non_null(config);
    return config;
}

static const char *zone_name(const struct zone *zone)
{
    return zone != NULL ? zone->name : "";
}

static void trading_hours_have_days_and_a_zone(void **state)
{
    (void)state;
    struct gateway_config *config =
        load_right(with("", LIMIT "TradingStart=08:00:00\nTradingEnd=16:30:00 UTC\n"
                                  "TradingDays=Mon,Tue\nTradingZone=Europe/London\n"));
    const struct schedule *hours = &config->engine.limits[0].hours;
    assert_true(config->engine.limits[0].has[LIMIT_HOURS]);
    assert_int_equal(hours->start.second, 8 * 3600);
    assert_int_equal(hours->end.second, 16 * 3600 + 1800);
    assert_int_equal(hours->weekdays, 6);
    assert_string_equal(zone_name(hours->start.zone), "Europe/London");
    assert_string_equal(zone_name(hours->end.zone), "UTC");
    gateway_config_free(config);
}

static void nothing_of_a_limit_is_inherited_but_what_brokers_have_too(void **state)
{
    (void)state;
    assert_error_with(with("", "[DEFAULT]\nMaxQuantity=5\n"), "MaxQuantity does not belong");
}

static void what_does_not_go_together_is_an_error(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {LIMIT "Account=A\nSymbol=B\n", "a [LIMIT] is for one Account, Client or Symbol"},
        {LIMIT "Account=A\n" LIMIT "Account=A\n", "a [LIMIT] for account A stands already"},
        {LIMIT LIMIT, "a [LIMIT] for all stands already"},
        {LIMIT "OrdersBurst=5\n", "OrdersBurst needs OrdersPerSecond"},
        {LIMIT "RepeatedOrdersWindow=5\n", "RepeatedOrdersWindow needs RepeatedOrders"},
        {LIMIT "TradingStart=08:00:00\n", "TradingStart needs TradingEnd"},
        {LIMIT "TradingEnd=08:00:00\n", "TradingEnd needs TradingStart"},
        {LIMIT "MaxQuantity=0\n", "MaxQuantity"},
        {LIMIT "RepeatedOrders=33\n", "RepeatedOrders"},
        {LIMIT "StalePrice=hold\n", "StalePrice 'hold' is not one of reject|pass"},
        {"MaxQuantity=5\n", "MaxQuantity does not belong in [SESSION]; move it to [LIMIT]"},
        {LIMIT "Weight=5\n", "Weight does not belong in [LIMIT]; move it to [BROKER]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_error_with(with("", wrong[i][0]), wrong[i][1]);
    }
}

static void more_sections_than_there_is_room_for_are_an_error(void **state)
{
    (void)state;
    static char lines[4096];
    size_t size = 0;
    for (unsigned i = 0; i <= CONFIG_LIMITS_MAX; i++) {
        size += (size_t)snprintf(lines + size, sizeof(lines) - size, LIMIT "Account=A%u\n", i);
    }
    assert_error_with(with("", lines), "more than 48 limits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_sections_there_are_no_limits),
        cmocka_unit_test(each_section_is_a_set_for_its_scope),
        cmocka_unit_test(trading_hours_have_days_and_a_zone),
        cmocka_unit_test(nothing_of_a_limit_is_inherited_but_what_brokers_have_too),
        cmocka_unit_test(what_does_not_go_together_is_an_error),
        cmocka_unit_test(more_sections_than_there_is_room_for_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
