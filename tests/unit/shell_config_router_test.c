/* [ROUTER]: when it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define BETA "[BROKER]\nName=BETA\n"
#define SESSION_AT_BETA(role)                                                                      \
    "[SESSION]\nBroker=BETA\nRole=" role "\nSenderCompID=A\nTargetCompID=C\n"                      \
    "SocketConnectHost=h\nSocketConnectPort=1\n"

static void runs(const char *text, bool wanted)
{
    struct gateway_config *config = parse_right(text);
    if (config->router.run != wanted) {
        fail_msg("the router %s by\n%s", wanted ? "does not run" : "runs", text);
    }
    gateway_config_free(config);
}

static void the_router_runs_by_default_when_two_brokers_take_orders(void **state)
{
    (void)state;
    runs(GATEWAY BROKER SESSION, false);
    runs(GATEWAY BROKER BETA SESSION, false);
    runs(GATEWAY BROKER BETA SESSION SESSION_AT_BETA("dropcopy"), false);
    runs(GATEWAY BROKER BETA SESSION SESSION_AT_BETA("orders"), true);
    runs(GATEWAY BROKER BETA SESSION SESSION_AT_BETA("orders") "[ROUTER]\nShadow=Y\n", true);
}

static void a_person_may_want_it_otherwise(void **state)
{
    (void)state;
    runs(GATEWAY BROKER SESSION "[ROUTER]\nRun=Y\n", true);
    runs(GATEWAY BROKER BETA SESSION SESSION_AT_BETA("orders") "[ROUTER]\nRun=N\n", false);
}

static void what_is_in_force_is_shown_with_its_origin(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER BETA SESSION SESSION_AT_BETA("orders"));
    const struct config_setting *run = &config->router_settings.list[CONFIG_KEY_Run];
    assert_string_equal("Y", run->value);
    assert_int_equal(CONFIG_ORIGIN_BUILT_IN, run->origin);
    gateway_config_free(config);
}

#define CANARY "[ROUTER]\nCanarySymbol=TEST\n"

static void canary_orders_are_off_until_they_have_an_instrument_and_a_price(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(GATEWAY BROKER SESSION "[ROUTER]\nRun=Y\n");
    assert_null(config->router.canary.symbol);
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION CANARY, "CanarySymbol needs CanaryPrice");
    config = parse_right(GATEWAY BROKER SESSION CANARY
                         "CanaryPrice=0.01\nCanaryAccount=TEST-1\nCanaryInterval=30\n");
    const struct router_canary *canary = &config->router.canary;
    assert_string_equal("TEST", canary->symbol);
    assert_string_equal("0.01", canary->price);
    assert_string_equal("1", canary->quantity);
    assert_string_equal("TEST-1", canary->account);
    assert_null(canary->currency);
    assert_int_equal(30 * UINT64_C(1000000000), canary->interval_ns);
    gateway_config_free(config);
}

static void a_canary_order_has_room_for_the_name_of_its_broker(void **state)
{
    (void)state;
    assert_error_with(
        GATEWAY BROKER
        "[BROKER]\nName=A-NAME-OF-FORTY-EIGHT-BYTES-IS-ONE-BYTE-TOO-LONG\n" SESSION CANARY
        "CanaryPrice=0.01\n",
        "its canary orders has no room for it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_router_runs_by_default_when_two_brokers_take_orders),
        cmocka_unit_test(a_person_may_want_it_otherwise),
        cmocka_unit_test(what_is_in_force_is_shown_with_its_origin),
        cmocka_unit_test(canary_orders_are_off_until_they_have_an_instrument_and_a_price),
        cmocka_unit_test(a_canary_order_has_room_for_the_name_of_its_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
