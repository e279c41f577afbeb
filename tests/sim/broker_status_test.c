/* Questions about a broker's book, and its mass cancel. */
#include "tests/sim/broker_rig.h"

static void ask_for_nobody(void)
{
    rig_log_on();
    rig_send("35=H|11=A9|55=VOD|54=1|");
}

static void an_unknown_order_is_unknown_by_report(void **state)
{
    (void)state;
    rig.settings.unknown = SIM_UNKNOWN_REPORT;
    ask_for_nobody();
    (void)rig_expect("35=8|150=I|39=8|11=A9|103=5");
}

static void an_unknown_order_is_unknown_by_business_reject(void **state)
{
    (void)state;
    rig.settings.unknown = SIM_UNKNOWN_BUSINESS_REJECT;
    ask_for_nobody();
    (void)rig_expect("35=j|45=2|372=H|379=A9|380=1");
}

static void an_unknown_order_is_unknown_by_reject(void **state)
{
    (void)state;
    rig.settings.unknown = SIM_UNKNOWN_REJECT;
    ask_for_nobody();
    (void)rig_expect("35=3|45=2|372=H|371=11|373=5");
}

static void a_known_order_is_known_in_every_dialect(void **state)
{
    (void)state;
    rig.settings.unknown = SIM_UNKNOWN_REJECT;
    rig_log_on();
    rig_rest_order();
    rig_send("35=H|11=A1|55=VOD|54=1|");
    (void)rig_expect("35=8|150=I|39=0|11=A1|151=100");
}

static void some_questions_are_never_answered(void **state)
{
    (void)state;
    rig.settings.deaf_permille = 1000;
    ask_for_nobody();
    rig_quiet();
}

static void a_mass_status_tells_each_live_order(void **state)
{
    (void)state;
    rig.settings.mass_status = true;
    rig_log_on();
    rig_rest_order();
    rig_send("35=D|11=A2|526=M2|55=BP|54=2|38=7|40=2|44=3|59=1|");
    (void)rig_expect("35=8|150=0|11=A2");
    rig_send("35=AF|584=Q1|585=7|");
    (void)rig_expect("35=8|150=I|39=0|11=A1|584=Q1|911=2|912=N");
    (void)rig_expect("35=8|150=I|39=0|11=A2|584=Q1|911=2|912=Y");
    rig_quiet();
}

static void a_mass_status_of_an_empty_book_says_so(void **state)
{
    (void)state;
    rig.settings.mass_status = true;
    rig_log_on();
    rig_send("35=AF|584=Q1|585=7|");
    (void)rig_expect("35=8|150=I|39=8|584=Q1|911=0|912=Y");
}

static void a_mass_cancel_ends_all_orders_of_an_instrument(void **state)
{
    (void)state;
    rig.settings.mass_cancel = true;
    rig_log_on();
    rig_rest_order();
    rig_send("35=D|11=A2|526=M2|55=BP|54=2|38=7|40=2|44=3|59=1|");
    (void)rig_expect("35=8|150=0|11=A2");
    rig_told("taken A2 M2 7 @ 3");
    rig_send("35=q|11=C1|530=1|55=BP|60=20260921-14:00:00|");
    (void)rig_expect("35=8|150=4|39=4|11=A2|14=0");
    (void)rig_expect("35=r|11=C1|530=1|531=1|533=1");
    rig_told("ended A2 cancelled");
    rig_send("35=q|11=C2|530=7|60=20260921-14:00:00|");
    (void)rig_expect("35=8|150=4|39=4|11=A1|14=0");
    (void)rig_expect("35=r|11=C2|530=7|531=7|533=1");
    rig_told("ended A1 cancelled");
    rig_told_no_more();
}

static void who_knows_no_mass_requests_refuses_them(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=AF|584=Q1|585=7|");
    (void)rig_expect("35=j|45=2|372=AF|380=3");
    rig_send("35=q|11=C2|530=7|60=20260921-14:00:00|");
    (void)rig_expect("35=j|45=3|372=q|380=3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        RIG_TEST(an_unknown_order_is_unknown_by_report),
        RIG_TEST(an_unknown_order_is_unknown_by_business_reject),
        RIG_TEST(an_unknown_order_is_unknown_by_reject),
        RIG_TEST(a_known_order_is_known_in_every_dialect),
        RIG_TEST(some_questions_are_never_answered),
        RIG_TEST(a_mass_status_tells_each_live_order),
        RIG_TEST(a_mass_status_of_an_empty_book_says_so),
        RIG_TEST(a_mass_cancel_ends_all_orders_of_an_instrument),
        RIG_TEST(who_knows_no_mass_requests_refuses_them),
#undef RIG_TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
