/* What is done to the simulated broker, and what chance does. */
#include "tests/sim/broker_rig.h"

static void other_words_are_not_understood(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",          "dance",       "die loudly", "skip",
                                        "skip 0",    "skip many",   "forget 3",   "ask again",
                                        "fill M1",   "garbage tin", "return now", "forget sent",
                                        "bust both", "fill M1 x 1", "fill M1 1 0"};
    rig_log_on();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (sim_broker_act(rig.broker, wrong[i])) {
            fail_msg("understood: %s", wrong[i]);
        }
    }
}

/* --- Life ----------------------------------------------------------------------------------- */

static void dead_broker_is_not_there_and_its_line_is_gone(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("die");
    assert_false(sim_broker_listens(rig.broker, 0, 0));
    rig_run(10);
    assert_true(rig.ended);
    rig_act("return");
    assert_true(sim_broker_listens(rig.broker, 0, 0));
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=2");
}

static void silent_death_tells_nobody(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("die silently");
    rig_run(60000);
    assert_false(rig.ended);
}

static void death_puts_off_what_it_meant_to_do(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=1|");
    rig_told("taken A1 M1 100 @ 0");
    rig_act("die");
    rig_run(1000);
    rig_act("return");
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=2");
    (void)rig_expect("35=8|34=3|150=0|11=A1");
}

static void hanging_broker_answers_when_it_goes_on(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("hang");
    rig_send("35=1|112=x|");
    rig_run(40000);
    rig_quiet();
    assert_false(rig.ended);
    rig_act("resume");
    (void)rig_expect("35=0|112=x");
}

static void mute_broker_takes_orders_and_reports_them_later(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("mute");
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=1|");
    rig_told("taken A1 M1 100 @ 0");
    rig_send("35=1|112=x|");
    rig_run(20000);
    rig_quiet();
    rig_act("speak");
    (void)rig_expect("35=8|34=2|150=0|11=A1");
    rig_quiet(); /* The TestRequest is forgotten. */
}

static void mute_broker_leaves_a_logon_unanswered(void **state)
{
    (void)state;
    rig_begin();
    rig_act("mute");
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    rig_run(9000);
    rig_quiet();
    rig_run(1000);
    assert_true(rig.ended);
    rig_act("speak");
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1");
    (void)rig_expect("35=2|34=2|7=1");
}

static void slow_reader_takes_some_bytes_at_a_time(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("reads slowly");
    for (int i = 0; i < 10; i++) {
        rig_send("35=D|11=A1|97=Y|526=M1|55=VOD|54=1|38=100|40=1|59=1|");
    }
    rig_run(100);
    assert_in_range(rig_wire_count("received"), 1, 2); /* The Logon and perhaps one. */
    rig_run(1000);
    assert_in_range(rig_wire_count("received"), 2, 5);
    rig_act("reads");
    rig_run(10);
    assert_int_equal(rig_wire_count("received"), 11);
}

static void unreachable_endpoint_refuses_while_others_do_not(void **state)
{
    (void)state;
    rig_begin();
    rig_act("unreachable 1");
    assert_true(sim_broker_listens(rig.broker, 0, 0));
    assert_false(sim_broker_listens(rig.broker, 0, 1));
    rig_act("unreachable");
    assert_false(sim_broker_listens(rig.broker, 0, 0));
    rig_act("reachable");
    assert_true(sim_broker_listens(rig.broker, 0, 1));
}

/* --- Numbers -----------------------------------------------------------------------------------
 */

static void broker_that_forgets_what_it_received_asks_for_it_again(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("forget received 1");
    rig_run(10);
    assert_true(rig.ended);
    assert_int_equal(rig_wire_count("0 lost 2"), 1);
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=3");
    (void)rig_expect("35=2|7=2|16=0");
    rig_resend(2, "35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    rig_quiet(); /* The book has it still. */
    rig_told_no_more();
}

static void report_that_it_forgot_is_withheld_only_when_it_is_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 40 10.5");
    (void)rig_expect("35=8|34=3|150=F");
    rig_told("executed A1 ALPHA-2 40 @ 10.5");
    rig_act("forget sent 1");
    rig_told_no_more();
    rig_send("35=2|7=2|16=2|");
    (void)rig_expect("35=8|34=2|43=Y");
    rig_told_no_more();
    rig_send("35=2|7=2|16=0|");
    (void)rig_expect("35=8|34=2|43=Y");
    (void)rig_expect("35=4|34=3|123=Y|36=4");
    rig_told("withheld A1 ALPHA-2");
    rig_send("35=2|7=3|16=0|");
    (void)rig_expect("35=4|34=3|123=Y|36=4");
    rig_told_no_more(); /* Once. */
}

static void reset_withholds_what_was_not_proven_to_have_arrived(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("test");
    (void)rig_expect("35=1|34=3|112=3");
    rig_send("35=0|112=3|"); /* So it has the report before it, too. */
    rig_act("fill M1 40 10.5");
    (void)rig_expect("35=8|34=4|150=F");
    rig_told("executed A1 ALPHA-2 40 @ 10.5");
    rig_act("reset");
    (void)rig_expect("35=A|34=1|141=Y");
    rig_told("withheld A1 ALPHA-2");
    rig_told_no_more();
}

static void last_number_that_the_gateway_processed_proves_as_much(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=0|369=2|");
    rig_act("reset numbers");
    rig_told_no_more();
}

static void numbers_are_made_one_by_people(void **state)
{
    (void)state;
    uint64_t in;
    uint64_t out;
    rig_log_on();
    rig_act("reset numbers orders");
    rig_run(10);
    assert_true(rig.ended);
    sim_broker_numbers(rig.broker, 0, &in, &out);
    assert_int_equal(in, 1);
    assert_int_equal(out, 1);
    assert_int_equal(rig_wire_count("0 reset"), 1);
}

static void skipped_numbers_are_filled_over_when_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("skip 5");
    rig_send("35=1|112=x|");
    (void)rig_expect("35=0|34=7|112=x");
    rig_send("35=2|7=2|16=0|");
    (void)rig_expect("35=4|34=2|123=Y|36=8");
}

static void broker_asks_again_for_what_it_has_had_and_for_the_impossible(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("ask again 1");
    (void)rig_expect("35=2|7=2|16=2");
    rig_act("ask again 100");
    (void)rig_expect("35=2|7=1|16=2");
    rig_act("ask the impossible");
    (void)rig_expect("35=2|7=1003|16=0");
}

static void logout_by_act_has_its_text(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("logout see you on Monday");
    (void)rig_expect("35=5|34=2|58=see you on Monday");
    rig_send("35=5|");
    rig_run(10);
    assert_true(rig.ended);
}

/* --- What it says
 * ----------------------------------------------------------------------------------- */

static void last_report_is_repeated_with_or_without_a_mark(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("repeat");
    (void)rig_expect("35=8|34=3|97=Y|17=ALPHA-1|150=0");
    rig_act("repeat as new");
    const char *text = rig_expect("35=8|34=4|17=ALPHA-1|150=0");
    assert_null(strstr(text, "|97=Y|"));
    rig_told_no_more();
}

static void late_report_is_overtaken_by_other_orders_only(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("late");
    rig_act("fill M1 40 10.5");
    rig_act("fill M1 60 10.5");
    rig_send("35=D|11=A2|526=M2|55=VOD|54=1|38=100|40=1|59=1|");
    (void)rig_expect("35=8|11=A2|150=0");
    rig_quiet();
    for (int i = 0; i < 60; i++) {
        rig_run(1000);
    }
    (void)rig_expect("35=0");
    (void)rig_expect("35=1");
    (void)rig_expect("35=8|11=A1|150=F|39=1|14=40");
    (void)rig_expect("35=8|11=A1|150=F|39=2|14=100");
}

static void stray_report_is_of_no_order(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("stray");
    (void)rig_expect("35=8|150=F|11=NOBODY-1");
    rig_told_no_more();
}

static void garbage_is_of_the_kind_that_was_asked_for(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("garbage checksum");
    (void)rig_expect("35=0|34=2");
    rig_act("garbage type");
    (void)rig_expect("35=ZZ|34=2");
    rig_act("garbage field");
    (void)rig_expect("35=8|34=3|150=?|14=many");
    rig_act("garbage missing");
    (void)rig_expect("35=8|34=4|17=X");
    rig_act("garbage length");
    (void)rig_expect("35=0|34=5");
    rig_act("garbage half");
    rig_act("garbage noise");
    rig_quiet();
    assert_int_equal(rig_wire_count("sent"), 4); /* What is garbled is no message. */
}

/* --- Chance
 * --------------------------------------------------------------------------------------------- */

static void dead_broker_is_drawn_only_to_return(void **state)
{
    (void)state;
    rig_log_on();
    rig_act("die");
    unsigned returns = 0;
    for (int i = 0; i < 50; i++) {
        const char *words = sim_broker_draw(rig.broker);
        assert_true(words == NULL || strcmp(words, "return") == 0);
        returns += words != NULL ? 1 : 0;
    }
    assert_in_range(returns, 10, 49);
}

static void only_the_kinds_that_are_wanted_are_drawn(void **state)
{
    (void)state;
    rig.settings.manners = SIM_BROKER_FORGETS;
    rig_log_on();
    for (int i = 0; i < 50; i++) {
        const char *words = sim_broker_draw(rig.broker);
        assert_true(words == NULL || strncmp(words, "forget ", 7) == 0);
    }
}

static void all_that_is_drawn_is_understood_and_mended(void **state)
{
    (void)state;
    rig.settings.fill_permille = 500;
    rig.settings.fills_most = 3;
    rig_log_on();
    rig_rest_order();
    for (int i = 0; i < 400; i++) {
        const char *words = sim_broker_draw(rig.broker);
        if (words != NULL) {
            rig_act(words);
        }
        rig_run(500);
        if (rig.ended && sim_broker_listens(rig.broker, 0, 0)) {
            rig_connect();
            rig.seq = 1;
            rig_send("35=A|98=0|108=30|141=Y|");
        }
    }
    sim_broker_mend(rig.broker);
    rig_run(70000);
    rig_connect();
    rig.seq = 1;
    rig_send("35=A|98=0|108=30|141=Y|");
    rig_run(1000);
    char why[128];
    if (!sim_broker_at_rest(rig.broker, why)) {
        fail_msg("%s", why);
    }
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(other_words_are_not_understood),
        RIG_TEST(dead_broker_is_not_there_and_its_line_is_gone),
        RIG_TEST(silent_death_tells_nobody),
        RIG_TEST(death_puts_off_what_it_meant_to_do),
        RIG_TEST(hanging_broker_answers_when_it_goes_on),
        RIG_TEST(mute_broker_takes_orders_and_reports_them_later),
        RIG_TEST(mute_broker_leaves_a_logon_unanswered),
        RIG_TEST(slow_reader_takes_some_bytes_at_a_time),
        RIG_TEST(unreachable_endpoint_refuses_while_others_do_not),
        RIG_TEST(broker_that_forgets_what_it_received_asks_for_it_again),
        RIG_TEST(report_that_it_forgot_is_withheld_only_when_it_is_asked_for),
        RIG_TEST(reset_withholds_what_was_not_proven_to_have_arrived),
        RIG_TEST(last_number_that_the_gateway_processed_proves_as_much),
        RIG_TEST(numbers_are_made_one_by_people),
        RIG_TEST(skipped_numbers_are_filled_over_when_asked_for),
        RIG_TEST(broker_asks_again_for_what_it_has_had_and_for_the_impossible),
        RIG_TEST(logout_by_act_has_its_text),
        RIG_TEST(last_report_is_repeated_with_or_without_a_mark),
        RIG_TEST(late_report_is_overtaken_by_other_orders_only),
        RIG_TEST(stray_report_is_of_no_order),
        RIG_TEST(garbage_is_of_the_kind_that_was_asked_for),
        RIG_TEST(dead_broker_is_drawn_only_to_return),
        RIG_TEST(only_the_kinds_that_are_wanted_are_drawn),
        RIG_TEST(all_that_is_drawn_is_understood_and_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
