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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_router_runs_by_default_when_two_brokers_take_orders),
        cmocka_unit_test(a_person_may_want_it_otherwise),
        cmocka_unit_test(what_is_in_force_is_shown_with_its_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
