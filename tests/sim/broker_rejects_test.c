/* The simulated broker that answers slowly, or takes no new orders. */
#include "tests/sim/broker_rig.h"

#define ORDER(id, symbol) "35=D|11=" id "|526=M" id "|55=" symbol "|54=1|38=100|40=2|44=10.5|59=1|"

static void slow_answers_come_so_much_later(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("answers slowly 1500");
    rig_send(ORDER("A1", "VOD"));
    rig_run(1390);
    rig_quiet();
    (void)rig_expect("35=8|150=0|11=A1");
    rig_act("answers quickly");
    rig_send(ORDER("A2", "VOD"));
    rig_run(8);
    (void)rig_expect("35=8|150=0|11=A2");
}

static void orders_of_one_instrument_are_rejected_for_a_reason_of_the_business(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("rejects VOD");
    rig_send(ORDER("A1", "VOD"));
    (void)rig_expect("35=8|150=8|39=8|103=2|11=A1");
    rig_told("taken A1 MA1 100 @ 10.5");
    rig_told("ended A1 rejected");
    rig_send(ORDER("A2", "BARC"));
    (void)rig_expect("35=8|150=0|11=A2");
    rig_act("takes all");
    rig_send(ORDER("A3", "VOD"));
    (void)rig_expect("35=8|150=0|11=A3");
}

static void halted_instrument_is_told_in_words(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("rejects VOD halted");
    rig_send(ORDER("A1", "VOD"));
    (void)rig_expect("35=8|150=8|103=99|58=trading halted|11=A1");
}

static void all_orders_are_rejected_for_reasons_of_its_own(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("rejects all");
    rig_send(ORDER("A1", "VOD"));
    (void)rig_expect("35=8|150=8|39=8|103=99|58=system error|11=A1");
    rig_act("refuses all");
    rig_send(ORDER("A2", "BARC"));
    (void)rig_expect("35=j|372=D|379=A2|380=4");
}

static void in_fair_weather_it_takes_all_orders_at_once(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("refuses all");
    rig_act("answers slowly 2000");
    sim_broker_mend(rig.broker);
    rig_send(ORDER("A1", "VOD"));
    rig_run(8);
    (void)rig_expect("35=8|150=0|11=A1");
}

static void other_words_about_it_are_not_understood(void **state)
{
    (void)state;
    static const char *const wrong[] = {"answers slowly", "rejects", "refuses", "takes VOD"};
    rig_log_on();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (sim_broker_act(rig.broker, wrong[i])) {
            fail_msg("understood: %s", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slow_answers_come_so_much_later, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(
            orders_of_one_instrument_are_rejected_for_a_reason_of_the_business, rig_setup,
            rig_teardown),
        cmocka_unit_test_setup_teardown(halted_instrument_is_told_in_words, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(all_orders_are_rejected_for_reasons_of_its_own, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(in_fair_weather_it_takes_all_orders_at_once, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(other_words_about_it_are_not_understood, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
