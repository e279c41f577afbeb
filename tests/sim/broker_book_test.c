/* The simulated broker's book: what it makes of orders and requests, and what it says of it. */
#include "tests/sim/broker_rig.h"

/* --- New orders ---------------------------------------------------------------------------- */

static void order_is_taken_at_once_and_acknowledged_after_a_while(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|1=ACC|55=VOD|54=2|38=100|40=2|44=10.5|59=1|");
    rig_told("taken A1 M1 100 @ 10.5");
    assert_int_equal(rig.came.count, rig.came.seen);
    (void)rig_expect("35=8|17=ALPHA-1|150=0|39=0|11=A1|1=ACC|54=2|38=100|44=10.5|151=100|14=0");
}

static void order_is_filled_at_its_limit(void **state)
{
    (void)state;
    rig.settings.fill_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=0.02|59=4|");
    (void)rig_expect("35=8|150=0");
    (void)rig_expect("35=8|150=F|39=2|17=ALPHA-2|32=100|31=0.02|151=0|14=100|6=0.02");
    rig_told("taken A1 M1 100 @ 0.02");
    rig_told("executed A1 ALPHA-2 100 @ 0.02");
    rig_told("ended A1 filled");
    rig_told_no_more();
}

static void parts_of_an_order_add_up_with_exact_averages(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 30 10.5");
    (void)rig_expect("35=8|150=F|39=1|32=30|31=10.5|151=70|14=30|6=10.5");
    rig_act("fill M1 60 10.4");
    (void)rig_expect("35=8|150=F|39=1|32=60|31=10.4|151=10|14=90|6=10.43333333");
    rig_act("fill M1 11 10.4"); /* More than there is. */
    rig_quiet();
    rig_act("fill M1 10 10.4");
    (void)rig_expect("35=8|150=F|39=2|32=10|151=0|14=100|6=10.43");
}

static void order_may_be_rejected(void **state)
{
    (void)state;
    rig.settings.reject_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|");
    (void)rig_expect("35=8|150=8|39=8|103=3|151=0|14=0|6=0");
    rig_told("taken A1 M1 100 @ 0");
    rig_told("ended A1 rejected");
}

static void order_may_be_refused_by_its_number(void **state)
{
    (void)state;
    rig.settings.refuse_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|");
    (void)rig_expect("35=j|45=2|372=D|379=A1|380=4");
    rig_told("taken A1 M1 100 @ 0");
    rig_told("ended A1 rejected");
}

static void silent_broker_speaks_first_of_a_trade(void **state)
{
    (void)state;
    rig.settings.silent_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=1|40=1|");
    (void)rig_expect("35=8|150=F|39=2|17=ALPHA-1|31=10.5");
}

static void pending_new_may_come_first(void **state)
{
    (void)state;
    rig.settings.pending_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=1|40=1|59=1|");
    (void)rig_expect("35=8|150=A|39=A");
    (void)rig_expect("35=8|150=0|39=0");
}

static void order_that_may_not_rest_is_cancelled(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=3|");
    (void)rig_expect("35=8|150=0");
    (void)rig_expect("35=8|150=4|39=4|11=A1|151=0");
    rig_told("taken A1 M1 100 @ 0");
    rig_told("ended A1 cancelled");
}

/* --- The same order again -------------------------------------------------------------------- */

static void order_that_comes_again_marked_is_not_taken_twice(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_resend(rig.seq++, "35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    rig_quiet();
    rig_send("35=D|97=Y|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    (void)rig_expect("35=8|17=0|150=I|39=0|11=A1");
    rig_told_no_more();
}

static void order_that_comes_again_unmarked_is_taken_twice(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    rig_told("taken A1 M1 100 @ 10.5");
    (void)rig_expect("35=8|37=ALPHA-O2|150=0|11=A1");
}

/* --- Cancels, replaces, status ---------------------------------------------------------------- */

static void cancel_is_honoured_while_the_order_is_live(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 30 10.5");
    (void)rig_expect("35=8|150=F");
    rig_send("35=F|11=A2|41=A1|55=VOD|54=1|");
    (void)rig_expect("35=8|150=4|39=4|11=A2|41=A1|151=0|14=30");
    rig_told("executed A1 ALPHA-2 30 @ 10.5");
    rig_told("ended A1 cancelled");
    rig_send("35=F|11=A3|41=A1|55=VOD|54=1|");
    (void)rig_expect("35=9|37=ALPHA-O1|11=A3|41=A1|39=4|434=1|102=0");
}

static void fill_may_come_between_pending_cancel_and_cancel(void **state)
{
    (void)state;
    rig.settings.pending_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=1|");
    (void)rig_expect("35=8|150=A");
    (void)rig_expect("35=8|150=0");
    rig_send("35=F|11=A2|41=A1|55=VOD|54=1|");
    (void)rig_expect("35=8|150=6|39=6|11=A2|41=A1");
    rig_act("fill M1 100 10.5");
    (void)rig_expect("35=8|150=F|39=2|11=A1");
    (void)rig_expect("35=9|11=A2|39=2|102=0");
}

static void cancel_of_an_order_that_nobody_knows_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=F|11=A2|41=A1|55=VOD|54=1|");
    (void)rig_expect("35=9|37=NONE|11=A2|41=A1|39=8|434=1|102=1");
}

static void replace_gives_the_order_its_new_name_and_terms(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=G|11=A2|41=A1|55=VOD|54=1|38=50|40=2|44=10.6|");
    (void)rig_expect("35=8|150=5|39=0|11=A2|41=A1|38=50|44=10.6|151=50");
    rig_told("replaced A1 A2 50 @ 10.6");
    rig_act("fill M1 50 10.6");
    (void)rig_expect("35=8|150=F|11=A2");
    rig_told("executed A2 ALPHA-3 50 @ 10.6");
}

static void replace_below_what_is_executed_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 50 10.5");
    (void)rig_expect("35=8|150=F");
    rig_send("35=G|11=A2|41=A1|55=VOD|54=1|38=50|40=2|44=10.6|");
    (void)rig_expect("35=9|11=A2|41=A1|39=1|434=2|102=0");
}

static void request_whose_name_was_used_is_rejected(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=F|11=A1|41=A1|55=VOD|54=1|");
    (void)rig_expect("35=9|11=A1|102=6");
}

static void status_is_told_as_it_stands(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_send("35=H|11=A1|790=S1|55=VOD|54=1|");
    (void)rig_expect("35=8|17=0|150=I|39=0|11=A1|790=S1|151=100");
    rig_send("35=H|11=A7|55=VOD|54=1|");
    (void)rig_expect("35=8|17=0|150=I|39=8|103=5|37=NONE|11=A7");
}

static void unknown_kind_of_message_is_refused(void **state)
{
    (void)state;
    rig_log_on();
    rig_send("35=B|148=news|33=1|58=x|");
    (void)rig_expect("35=j|45=2|372=B|380=3");
}

/* --- Later deeds --------------------------------------------------------------------------------
 */

static void bust_opens_a_filled_order_again(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 60 10.5");
    rig_act("fill M1 40 10.5");
    (void)rig_expect("35=8|150=F");
    (void)rig_expect("35=8|150=F|39=2");
    rig_act("bust");
    (void)rig_expect("35=8|150=H|39=1|19=ALPHA-3|17=ALPHA-4|32=40|31=10.5|151=40|14=60|6=10.5");
    rig_told("executed A1 ALPHA-2 60 @ 10.5");
    rig_told("executed A1 ALPHA-3 40 @ 10.5");
    rig_told("ended A1 filled");
    rig_told("busted ALPHA-3");
    rig_act("bust");
    (void)rig_expect("35=8|150=H|39=0|19=ALPHA-2|151=100|14=0|6=0");
    rig_act("bust"); /* Nothing is left. */
    rig_quiet();
}

static void bust_of_an_order_that_may_not_rest_ends_it(void **state)
{
    (void)state;
    rig.settings.fill_permille = 1000;
    rig_log_on();
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=1|59=4|");
    (void)rig_expect("35=8|150=0");
    (void)rig_expect("35=8|150=F|39=2");
    rig_act("bust");
    (void)rig_expect("35=8|150=H|39=0|151=100");
    (void)rig_expect("35=8|150=4|39=4|151=0|14=0");
}

static void correction_brings_other_figures(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 1 10.5");
    (void)rig_expect("35=8|150=F");
    rig_act("correct");
    (void)rig_expect("35=8|150=G|39=1|19=ALPHA-2|32=1|31=10.51|151=99|14=1|6=10.51");
    rig_told("executed A1 ALPHA-2 1 @ 10.5");
    rig_told("corrected ALPHA-2 1 @ 10.51");
}

static void order_ends_as_it_is_told(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    rig_act("expire M1");
    (void)rig_expect("35=8|150=C|39=C|151=0");
    rig_told("ended A1 expired");
    rig_act("cancel M1"); /* It has ended. */
    rig_quiet();
    rig_told_no_more();
}

/* --- What it says when
 * ---------------------------------------------------------------------------- */

static void report_made_while_logged_off_goes_out_after_the_logon(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    line_cut(rig.line, false);
    rig_run(10);
    rig_act("fill M1 100 10.5");
    rig_act("die");
    rig_act("return");
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=3");
    (void)rig_expect("35=8|34=4|150=F|39=2");
}

static void report_is_resent_as_it_was_with_poss_dup(void **state)
{
    (void)state;
    rig_log_on();
    rig_rest_order();
    char first[RIG_TEXT_BYTES];
    memcpy(first, rig.came.text[rig.came.seen - 1], sizeof(first));
    rig_send("35=2|7=2|16=2|");
    const char *again = rig_expect("35=8|34=2|43=Y");
    char *body = strstr(first, "|37=");
    assert_non_null(body);
    body[strcspn(body, "\n") - strlen("10=000|")] = '\0';
    assert_non_null(strstr(again, body));
}

static void drop_copy_gets_a_copy_of_each_report(void **state)
{
    (void)state;
    rig.settings.dropcopy = rig.settings.orders;
    rig.settings.dropcopy.number = 1;
    rig.settings.dropcopy.broker_comp = "ALPHADC";
    rig_log_on();
    rig_rest_order();
    rig_act("fill M1 100 10.5");
    (void)rig_expect("35=8|49=ALPHA|150=F|17=ALPHA-2");
    rig_connect_for(1);
    rig.seq = 1;
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|49=ALPHADC|34=1");
    (void)rig_expect("35=8|49=ALPHADC|34=2|150=0|17=ALPHA-1");
    (void)rig_expect("35=8|34=3|150=F|17=ALPHA-2");
    assert_int_equal(rig_wire_count("1 sent"), 3);
}

/* The hash of a busy minute's trace. */
static uint64_t busy_minute(void)
{
    rig.settings.fill_permille = 700;
    rig.settings.fills_most = 4;
    rig.settings.answer_most_ns = 50 * SIM_MS_NS;
    rig_log_on();
    for (unsigned order = 0; order < 50; order++) {
        char text[200];
        (void)snprintf(text, sizeof(text),
                       "35=D|11=A%u|526=M%u|55=VOD|54=1|38=100|40=2|44=10|59=%u|", order, order,
                       order % 5);
        rig_send(text);
    }
    rig_run(70000);
    return rig.sim.trace.hash;
}

static void same_seed_says_the_same(void **state)
{
    uint64_t first = busy_minute();
    rig_teardown(state);
    rig_setup(state);
    assert_int_equal(busy_minute(), first);
    rig_teardown(state);
    rig_setup(state);
    random_seed(&rig.sim.random, 8);
    assert_int_not_equal(busy_minute(), first);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(order_is_taken_at_once_and_acknowledged_after_a_while),
        RIG_TEST(order_is_filled_at_its_limit),
        RIG_TEST(parts_of_an_order_add_up_with_exact_averages),
        RIG_TEST(order_may_be_rejected),
        RIG_TEST(order_may_be_refused_by_its_number),
        RIG_TEST(silent_broker_speaks_first_of_a_trade),
        RIG_TEST(pending_new_may_come_first),
        RIG_TEST(order_that_may_not_rest_is_cancelled),
        RIG_TEST(order_that_comes_again_marked_is_not_taken_twice),
        RIG_TEST(order_that_comes_again_unmarked_is_taken_twice),
        RIG_TEST(cancel_is_honoured_while_the_order_is_live),
        RIG_TEST(fill_may_come_between_pending_cancel_and_cancel),
        RIG_TEST(cancel_of_an_order_that_nobody_knows_is_rejected),
        RIG_TEST(replace_gives_the_order_its_new_name_and_terms),
        RIG_TEST(replace_below_what_is_executed_is_rejected),
        RIG_TEST(request_whose_name_was_used_is_rejected),
        RIG_TEST(status_is_told_as_it_stands),
        RIG_TEST(unknown_kind_of_message_is_refused),
        RIG_TEST(bust_opens_a_filled_order_again),
        RIG_TEST(bust_of_an_order_that_may_not_rest_ends_it),
        RIG_TEST(correction_brings_other_figures),
        RIG_TEST(order_ends_as_it_is_told),
        RIG_TEST(report_made_while_logged_off_goes_out_after_the_logon),
        RIG_TEST(report_is_resent_as_it_was_with_poss_dup),
        RIG_TEST(drop_copy_gets_a_copy_of_each_report),
        RIG_TEST(same_seed_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
