/* The oracle at the door: requests and their answers. */
#include "tests/oracle/oracle_rig.h"

static void what_was_acknowledged_is_not_refused(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, NEW("1"));
    answer(rig, REFUSED("1"));
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "OMS/1 was acknowledged, and then refused");
}

static void other_content_under_a_known_name_is_refused(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, "35=D|11=1|526=OMS/1|55=VOD|54=1|38=200|40=2|44=10|");
    answer(rig, REFUSED("1"));
    assert_good(rig);
    request(rig, NEW("1"));
    answer(rig, REFUSED("1"));
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "and then refused");
}

static void other_content_under_a_known_name_is_not_answered_as_known(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, "35=D|11=1|526=OMS/1|55=VOD|54=1|38=200|40=2|44=10|");
    answer(rig, ANSWER("1", "I", "A", FRESH("SENT")));
    assert_violates(rig, ORACLE_ANSWERS, "answered as known 2 times: it was sent or asked for 1");
}

static void a_new_time_is_no_other_content(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, "35=D|49=OMS|11=1|526=OMS/1|" TERMS "60=later|");
    answer(rig, REFUSED("1"));
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "and then refused");
}

static void what_was_refused_may_be_corrected(void **state)
{
    struct rig *rig = *state;
    request(rig, "35=D|11=1|526=OMS/1|55=VOD|54=1|38=-5|40=2|44=10|");
    answer(rig, REFUSED("1"));
    is_queued(rig);
    judge_good(rig);
}

static void the_content_that_was_taken_is_told_by_its_terms(void **state)
{
    struct rig *rig = *state;
    request(rig, "35=D|11=1|526=OMS/1|55=VOD|54=1|38=200|40=2|44=10|");
    is_queued(rig);
    answer(rig, REFUSED("1"));
    judge_good(rig);
}

static void what_was_acknowledged_stays_known(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, STATUS("1"));
    answer(rig, "35=8|37=NONE|11=1|17=0|150=I|39=8|103=5|14=0|151=0|6=0|");
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "is now unknown to the gateway");
}

static void nothing_is_taken_as_new_twice(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, NEW("1"));
    answer(rig, ANSWER("1", "A", "A", FRESH("SENT")));
    assert_violates(rig, ORACLE_SINGLE_OUTCOME, "is now taken as new (150=A)");
}

static void an_answer_needs_a_request(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    answer(rig, ANSWER("1", "I", "A", FRESH("SENT")));
    assert_violates(rig, ORACLE_ANSWERS, "more answers than requests");
    rig->violations = 0;
    request(rig, NEW("2"));
    request(rig, NEW("3"));
    answer(rig, ANSWER("9", "I", "A", FRESH("SENT")));
    assert_violates(rig, ORACLE_ANSWERS, "gets an answer to 9, which it never sent");
}

static void a_request_is_answered(void **state)
{
    struct rig *rig = *state;
    is_submitted(rig);
    judge_violates(rig, ORACLE_ANSWERS, "OMS/1 was sent 1 times and never answered");
}

static void an_answer_is_of_the_kind_of_its_request(void **state)
{
    struct rig *rig = *state;
    is_submitted(rig);
    answer(rig, ANSWER("1", "6", "6", FRESH("SENT")));
    assert_violates(rig, ORACLE_ANSWERS, "150=6, and no such request was sent");
}

static void an_answer_tells_what_the_bus_told(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    is_sent(rig);
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "A", FRESH("IN_DOUBT")));
    assert_violates(rig, ORACLE_FIGURES, "says that OMS/1 is IN_DOUBT");
}

static void an_answer_may_be_ahead_of_the_bus_after_a_crash(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    is_sent(rig);
    oracle_gateway_started(rig->oracle);
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "A", FRESH("IN_DOUBT")));
    event(rig, "OR.IN_DOUBT.VOD", ORDER_EVENT(FRESH("IN_DOUBT") AT_ALPHA));
    assert_good(rig);
}

static void answers_do_not_go_back(void **state)
{
    struct rig *rig = *state;
    oracle_gateway_started(rig->oracle);
    is_partly_filled(rig);
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "1", STANDS("PARTIAL", "60", "40", "10")));
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "0", FRESH("ACKED")));
    assert_violates(rig, ORACLE_FIGURES, "says that OMS/1 is ACKED");
}

static void the_last_answer_tells_what_the_order_is(void **state)
{
    struct rig *rig = *state;
    is_partly_filled(rig);
    request(rig, STATUS("1"));
    answer(rig, ANSWER("1", "I", "0", FRESH("ACKED")));
    judge_violates(rig, ORACLE_FIGURES, "was asked for after all was told");
}

static void an_order_has_one_order_id(void **state)
{
    struct rig *rig = *state;
    is_sent(rig);
    request(rig, STATUS("1"));
    answer(rig, "35=8|37=O7|11=1|17=0|150=I|39=A|" FRESH("SENT"));
    assert_violates(rig, ORACLE_ANSWERS, "has another OrderID(37), O7");
}

static void what_only_ever_was_refused_goes_to_no_broker(void **state)
{
    struct rig *rig = *state;
    is_submitted(rig);
    answer(rig, REFUSED("1"));
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 100 * BROKER_ONE, 10 * BROKER_ONE);
    judge_violates(rig, ORACLE_SINGLE_OUTCOME, "was only ever refused, and yet a broker has it");
}

static void rules_have_names_and_meanings(void **state)
{
    (void)state;
    assert_string_equal(oracle_rule_name(ORACLE_NO_DOUBLE), "NO_DOUBLE");
    assert_non_null(strstr(oracle_rule_text(ORACLE_SAME_TRACE), "same seed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_was_acknowledged_is_not_refused),
        RIG_TEST(other_content_under_a_known_name_is_refused),
        RIG_TEST(other_content_under_a_known_name_is_not_answered_as_known),
        RIG_TEST(a_new_time_is_no_other_content),
        RIG_TEST(what_was_refused_may_be_corrected),
        RIG_TEST(the_content_that_was_taken_is_told_by_its_terms),
        RIG_TEST(what_was_acknowledged_stays_known),
        RIG_TEST(nothing_is_taken_as_new_twice),
        RIG_TEST(an_answer_needs_a_request),
        RIG_TEST(a_request_is_answered),
        RIG_TEST(an_answer_is_of_the_kind_of_its_request),
        RIG_TEST(an_answer_tells_what_the_bus_told),
        RIG_TEST(an_answer_may_be_ahead_of_the_bus_after_a_crash),
        RIG_TEST(answers_do_not_go_back),
        RIG_TEST(the_last_answer_tells_what_the_order_is),
        RIG_TEST(an_order_has_one_order_id),
        RIG_TEST(what_only_ever_was_refused_goes_to_no_broker),
        RIG_TEST(rules_have_names_and_meanings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
