/* The simulated client of the router's canary orders. */
#include "tests/sim/client_rig.h"

static const struct sim_oms_settings patient = {.patience_ns = SIM_SECOND_NS};

static void a_canary_is_an_order_under_the_name_that_it_is_given(void **state)
{
    struct sim_oms_canary canary = {
        .id = "ALPHA.1a", .symbol = "TEST", .account = "A", .quantity = "7", .price = "1.5"};
    (void)state;
    rig_begin(1);
    struct sim_oms *oms = rig_client("FIXGATE-CANARY", &patient);
    sim_oms_canary(oms, &canary);
    canary.id = "BETA.1a";
    canary.account = NULL;
    sim_oms_canary(oms, &canary);
    rig_pass(100);
    assert_int_equal(rig.requests.count, 2);
    assert_string_equal(rig.requests.text[0],
                        "8=FIX.4.4|35=D|49=FIXGATE-CANARY|11=ALPHA.1a|526=FIXGATE-CANARY/ALPHA.1a|"
                        "55=TEST|54=1|60=20260921-14:13:20.000|38=7|40=2|44=1.5|15=GBX|59=3|1=A|");
    assert_string_equal(rig.requests.text[1],
                        "8=FIX.4.4|35=D|49=FIXGATE-CANARY|11=BETA.1a|526=FIXGATE-CANARY/BETA.1a|"
                        "55=TEST|54=1|60=20260921-14:13:20.000|38=7|40=2|44=1.5|15=GBX|59=3|");
    rig_end();
}

static void nobody_gives_a_canary_who_is_dead_or_has_no_gateway(void **state)
{
    const struct sim_oms_canary canary = {
        .id = "ALPHA.1a", .symbol = "TEST", .quantity = "7", .price = "1.5"};
    (void)state;
    rig_begin(1);
    struct sim_oms *oms = rig_client("FIXGATE-CANARY", &patient);
    rig_gateway(false);
    sim_oms_canary(oms, &canary);
    rig_gateway(true);
    assert_true(sim_oms_act(oms, "crash"));
    sim_oms_canary(oms, &canary);
    assert_true(sim_oms_act(oms, "return"));
    rig_pass(2000);
    assert_int_equal(rig.requests.count, 0);
    assert_int_equal(sim_oms_orders(oms), 0);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canary_is_an_order_under_the_name_that_it_is_given),
        cmocka_unit_test(nobody_gives_a_canary_who_is_dead_or_has_no_gateway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
