/* When the router wants a canary order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/core/router/router.h"

#define SECOND_NS UINT64_C(1000000000)
#define START_NS  (UINT64_C(1795219200) * SECOND_NS)

enum { ALPHA, INTERVAL_SECONDS = 60 };

struct desk {
    struct router_settings settings;
    struct broker_config broker;
    struct engine_session_config session;
    struct engine_config config;
    uint64_t now_ns;
    struct router router;
};

/* One broker, whose session takes orders. */
static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    desk->now_ns = START_NS;
    desk->settings = router_settings_default();
    desk->settings.canary = (struct router_canary){.symbol = "TEST",
                                                   .quantity = "1",
                                                   .price = "0.01",
                                                   .interval_ns = INTERVAL_SECONDS * SECOND_NS};
    desk->broker = (struct broker_config){.name = "ALPHA", .weight = 1};
    desk->session = (struct engine_session_config){.id = "S", .role = ROLE_ORDERS};
    desk->config = (struct engine_config){.brokers = &desk->broker,
                                          .brokers_count = 1,
                                          .sessions = &desk->session,
                                          .sessions_count = 1};
    router_init(&desk->router, &desk->settings, &desk->config, START_NS);
    router_live(&desk->router);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void row(struct desk *desk, bool ready)
{
    struct router_row told = {.session = span_text("S"), .ready = ready};
    router_row(&desk->router, desk->now_ns, &told);
}

static void pass(struct desk *desk, uint64_t span_ns)
{
    desk->now_ns += span_ns;
    router_tick(&desk->router, desk->now_ns);
}

static bool wanted(struct desk *desk)
{
    uint32_t broker = UINT32_MAX;
    bool found = router_canary_next(&desk->router, &broker);
    assert_true(!found || broker == ALPHA);
    return found;
}

/* As the bus tells of it. */
static void send(struct desk *desk, const char *attempt)
{
    assert_true(pending_add(&desk->router.pending, ALPHA, span_text(attempt), desk->now_ns));
    breaker_sent(&desk->router.brokers[ALPHA].breaker, desk->now_ns);
}

/* Takes the one that is wanted at the beginning. */
static void begin(struct desk *desk)
{
    row(desk, true);
    pass(desk, SECOND_NS);
    assert_true(wanted(desk));
    router_canary_sent(&desk->router, ALPHA);
}

static void a_broker_that_is_quiet_for_the_interval_gets_one(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    assert_false(wanted(desk));
    pass(desk, (INTERVAL_SECONDS - 1) * SECOND_NS);
    assert_false(wanted(desk));
    pass(desk, SECOND_NS);
    assert_true(wanted(desk));
}

static void a_broker_whose_session_is_away_gets_none(void **state)
{
    struct desk *desk = *state;
    row(desk, false);
    pass(desk, 10 * INTERVAL_SECONDS * SECOND_NS);
    assert_false(wanted(desk));
}

static void a_broker_that_has_an_order_on_its_way_gets_none(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    send(desk, "T1");
    pass(desk, desk->settings.breaker.ack_timeout_ns - 1);
    assert_false(wanted(desk));
}

static void a_broker_that_owes_an_answer_gets_the_next_ones_soon_until_it_is_open(void **state)
{
    struct desk *desk = *state;
    const struct breaker *breaker = &desk->router.brokers[ALPHA].breaker;
    begin(desk);
    pass(desk, INTERVAL_SECONDS * SECOND_NS);
    assert_true(wanted(desk));
    for (unsigned i = 0; i < desk->settings.breaker.timeouts_in_row; i++) {
        static const char *const ids[] = {"T1", "T2", "T3"};
        assert_int_equal(BREAKER_CLOSED, breaker->state);
        assert_true(wanted(desk));
        router_canary_sent(&desk->router, ALPHA);
        send(desk, ids[i]);
        pass(desk, desk->settings.breaker.ack_timeout_ns + 1);
    }
    assert_int_equal(BREAKER_OPEN, breaker->state);
    assert_false(wanted(desk));
}

static void an_open_broker_gets_none_and_a_half_open_one_its_probes(void **state)
{
    struct desk *desk = *state;
    struct breaker *breaker = &desk->router.brokers[ALPHA].breaker;
    begin(desk);
    breaker_hard(breaker, desk->now_ns, span_text("test"));
    assert_int_equal(BREAKER_OPEN, breaker->state);
    pass(desk, INTERVAL_SECONDS * SECOND_NS);
    assert_false(wanted(desk));
    breaker_echo(breaker, desk->now_ns, SECOND_NS / 1000);
    pass(desk, SECOND_NS / 10);
    assert_int_equal(BREAKER_HALF_OPEN, breaker->state);
    assert_false(wanted(desk));
    for (uint32_t i = 0; i < desk->settings.breaker.probe_orders; i++) {
        pass(desk, SECOND_NS);
        assert_true(wanted(desk));
        router_canary_sent(&desk->router, ALPHA);
        breaker_sent(breaker, desk->now_ns);
        assert_false(wanted(desk));
    }
    pass(desk, SECOND_NS);
    assert_false(wanted(desk));
}

static void none_are_wanted_without_an_instrument_in_shadow_or_before_it_is_live(void **state)
{
    struct desk *desk = *state;
    row(desk, true);
    pass(desk, SECOND_NS);
    assert_true(wanted(desk));
    desk->settings.shadow = true;
    assert_false(wanted(desk));
    desk->settings.shadow = false;
    desk->settings.canary.symbol = NULL;
    assert_false(wanted(desk));
    desk->settings.canary.symbol = "TEST";
    desk->router.live = false;
    assert_false(wanted(desk));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_broker_that_is_quiet_for_the_interval_gets_one),
        TEST(a_broker_whose_session_is_away_gets_none),
        TEST(a_broker_that_has_an_order_on_its_way_gets_none),
        TEST(a_broker_that_owes_an_answer_gets_the_next_ones_soon_until_it_is_open),
        TEST(an_open_broker_gets_none_and_a_half_open_one_its_probes),
        TEST(none_are_wanted_without_an_instrument_in_shadow_or_before_it_is_live),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
