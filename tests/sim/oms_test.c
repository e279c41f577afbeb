/* The simulated client by itself: what it sends, and when it sends it again. */
#include "tests/sim/client_rig.h"

static const struct sim_oms_settings patient = {.patience_ns = SIM_SECOND_NS};

static void expect_request(uint32_t index, const char *text)
{
    assert_true(index < rig.requests.count);
    assert_string_equal(rig.requests.text[index], text);
}

/* ACK|11=OMS1-7 and the like. */
static void acknowledge(const char *id, char exec_type)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "8=FIX.4.4|35=8|56=OMS1|11=%s|17=0|150=%c|39=A|", id,
                   exec_type);
    rig_answer(0, text);
    rig_pass(100);
}

static void each_act_is_the_request_that_it_says(void **state)
{
    (void)state;
    rig_begin(1);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    assert_true(sim_oms_act(oms, "new 7 buy 300 VOD @ 71.25 day"));
    assert_true(sim_oms_act(oms, "new 8 sell 0.5 BARC"));
    assert_true(sim_oms_act(oms, "cancel 7"));
    assert_true(sim_oms_act(oms, "replace 7 200 @ 71"));
    assert_true(sim_oms_act(oms, "cancel 7"));
    assert_true(sim_oms_act(oms, "status 7-C1"));
    assert_true(sim_oms_act(oms, "status nothing"));
    rig_pass(100);
    expect_request(0, "8=FIX.4.4|35=D|49=OMS1|11=OMS1-7|526=OMS1/OMS1-7|55=VOD|54=1|"
                      "60=20260921-14:13:20.000|38=300|40=2|44=71.25|15=GBX|59=0|");
    expect_request(1, "8=FIX.4.4|35=D|49=OMS1|11=OMS1-8|526=OMS1/OMS1-8|55=BARC|54=2|"
                      "60=20260921-14:13:20.000|38=0.5|40=1|15=GBX|59=1|");
    expect_request(2, "8=FIX.4.4|35=F|49=OMS1|11=OMS1-7-C1|41=OMS1-7|526=OMS1/OMS1-7|55=VOD|54=1|"
                      "60=20260921-14:13:20.000|38=300|");
    expect_request(3, "8=FIX.4.4|35=G|49=OMS1|11=OMS1-7-R1|41=OMS1-7|526=OMS1/OMS1-7|55=VOD|54=1|"
                      "60=20260921-14:13:20.000|38=200|40=2|44=71|15=GBX|59=0|");
    expect_request(4, "8=FIX.4.4|35=F|49=OMS1|11=OMS1-7-C2|41=OMS1-7|526=OMS1/OMS1-7|55=VOD|54=1|"
                      "60=20260921-14:13:20.000|38=300|");
    expect_request(5, "8=FIX.4.4|35=H|49=OMS1|11=OMS1-7-C1|55=VOD|54=1|");
    expect_request(6, "8=FIX.4.4|35=H|49=OMS1|11=OMS1-nothing|55=VOD|54=1|");
    assert_int_equal(rig.requests.count, 7);
    assert_int_equal(rig.sent.count, 7);
    rig_end();
}

static void words_that_make_no_sense_are_refused(void **state)
{
    static const char *const words[] = {
        "",
        "dance",
        "new",
        "new 1 up 100 VOD",
        "new 1 buy 100",
        "new 1 buy 100 VOD @",
        "new 1 buy 100 VOD later",
        "cancel",
        "cancel 1 2",
        "replace 1",
        "status",
        "again 99",
        "changed 99",
        "crash now",
        "garbage in",
    };
    (void)state;
    rig_begin(1);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        assert_false(sim_oms_act(oms, words[i]));
    }
    rig_pass(100);
    assert_int_equal(rig.requests.count, 0);
    rig_end();
}

static void
an_unanswered_request_is_sent_again_with_the_same_bytes_until_it_is_answered(void **state)
{
    (void)state;
    rig_begin(2);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    char why[128];
    sim_oms_act(oms, "new 1 buy 100 VOD");
    rig_pass(2500);
    assert_int_equal(rig.requests.count, 3);
    assert_string_equal(rig.requests.text[0], rig.requests.text[1]);
    assert_string_equal(rig.requests.text[0], rig.requests.text[2]);
    acknowledge("OMS1-1", 'A');
    rig_pass(10000);
    assert_int_equal(rig.requests.count, 3);
    /* The answers to both repetitions are still due. */
    assert_false(sim_oms_at_rest(oms, why));
    acknowledge("OMS1-1", 'I');
    acknowledge("OMS1-1", 'I');
    assert_true(sim_oms_at_rest(oms, why));
    assert_int_equal(rig.answers.count, 3);
    rig_end();
}

static void an_answer_that_is_not_to_the_oldest_request_is_a_violation(void **state)
{
    (void)state;
    rig_begin(3);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    sim_oms_act(oms, "new 1 buy 100 VOD");
    sim_oms_act(oms, "new 2 buy 100 VOD");
    rig_pass(100);
    acknowledge("OMS1-2", 'A');
    assert_true(rig.sim.violated);
    assert_int_equal(rig.sim.violated_rule, ORACLE_ANSWERS);
    assert_non_null(strstr(rig.sim.violation, "OMS1-1"));
    rig_end();
}

static void an_answer_to_nothing_is_a_violation(void **state)
{
    (void)state;
    rig_begin(3);
    (void)rig_client("OMS1", &patient);
    acknowledge("OMS1-1", 'A');
    assert_true(rig.sim.violated);
    assert_int_equal(rig.sim.violated_rule, ORACLE_ANSWERS);
    rig_end();
}

static void requests_arrive_in_their_order_however_late_they_are(void **state)
{
    (void)state;
    rig_begin(4);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    for (unsigned i = 0; i < 500; i++) {
        char act[64];
        (void)snprintf(act, sizeof(act), "new %u buy 1 VOD", i);
        sim_oms_act(oms, act);
        rig_pass(i % 2);
    }
    rig_pass(100);
    assert_true(rig.requests.count >= 500);
    for (unsigned i = 0; i < 500; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "|11=OMS1-%u|", i);
        assert_non_null(strstr(rig.requests.text[i], id));
    }
    rig_end();
}

static void nothing_is_sent_to_a_gateway_that_is_down_and_all_of_it_when_it_is_back(void **state)
{
    (void)state;
    rig_begin(5);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    sim_oms_act(oms, "new 1 buy 100 VOD"); /* Lost on its way. */
    rig_gateway(false);
    sim_oms_act(oms, "new 2 buy 100 VOD");
    rig_pass(10000);
    assert_int_equal(rig.requests.count, 0);
    rig_gateway(true);
    rig_pass(100);
    assert_int_equal(rig.requests.count, 2);
    assert_non_null(strstr(rig.requests.text[0], "|11=OMS1-1|"));
    assert_non_null(strstr(rig.requests.text[1], "|11=OMS1-2|"));
    rig_end();
}

static void of_the_answers_on_their_way_the_first_survive_the_gateway(void **state)
{
    unsigned seen[4] = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        rig_begin(seed);
        struct sim_oms *oms = rig_client("OMS1", &patient);
        for (unsigned i = 1; i <= 3; i++) {
            char act[32];
            (void)snprintf(act, sizeof(act), "new %u buy 1 VOD", i);
            sim_oms_act(oms, act);
        }
        rig_pass(100);
        rig_answer(0, "35=8|11=OMS1-1|150=A|");
        rig_answer(0, "35=8|11=OMS1-2|150=A|");
        rig_answer(0, "35=8|11=OMS1-3|150=A|");
        rig_gateway(false);
        uint32_t arrived = rig.answers.count;
        assert_true(arrived <= 3);
        seen[arrived]++;
        for (uint32_t i = 0; i < arrived; i++) {
            char id[32];
            (void)snprintf(id, sizeof(id), "|11=OMS1-%u|", i + 1);
            assert_non_null(strstr(rig.answers.text[i], id));
        }
        rig_pass(1000);
        assert_int_equal(rig.answers.count, arrived);
        rig_gateway(true); /* What was lost is asked for again, and nothing else. */
        rig_pass(100);
        assert_int_equal(rig.requests.count, 3 + 3 - arrived);
        rig_end();
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0 && seen[3] > 0);
}

static void an_answer_to_a_client_that_died_is_nobodys(void **state)
{
    (void)state;
    rig_begin(7);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    char why[128];
    sim_oms_act(oms, "new 1 buy 100 VOD");
    rig_pass(100);
    sim_oms_act(oms, "crash");
    assert_false(sim_oms_at_rest(oms, why));
    sim_oms_act(oms, "new 2 buy 100 VOD"); /* A dead one does nothing. */
    sim_oms_act(oms, "return");
    rig_pass(100);
    assert_int_equal(rig.requests.count, 2);
    assert_string_equal(rig.requests.text[0], rig.requests.text[1]);
    acknowledge("OMS1-1", 'A'); /* To the one that died. */
    assert_int_equal(rig.answers.count, 0);
    acknowledge("OMS1-1", 'I');
    assert_int_equal(rig.answers.count, 1);
    assert_true(sim_oms_at_rest(oms, why));
    assert_false(rig.sim.violated);
    rig_end();
}

static void answers_that_were_not_written_down_yet_are_asked_for_again(void **state)
{
    unsigned forgotten = 0;
    unsigned kept = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        rig_begin(seed);
        struct sim_oms *oms = rig_client("OMS1", &patient);
        sim_oms_act(oms, "new 1 buy 100 VOD");
        rig_pass(100);
        rig_answer(0, "35=8|11=OMS1-1|150=A|");
        rig_pass(51);
        sim_oms_act(oms, "crash");
        sim_oms_act(oms, "return");
        rig_pass(100);
        forgotten += rig.requests.count == 2;
        kept += rig.requests.count == 1;
        rig_end();
    }
    assert_true(forgotten > 5 && kept > 5);
}

static void mending_brings_a_client_back_and_ends_its_own_will(void **state)
{
    struct sim_oms_settings willing = patient;
    (void)state;
    rig_begin(8);
    willing.orders_most = 1000;
    willing.pause_least_ns = SIM_MS_NS;
    willing.pause_most_ns = 2 * SIM_MS_NS;
    struct sim_oms *oms = rig_client("OMS1", &willing);
    sim_oms_start(oms);
    rig_pass(100);
    sim_oms_act(oms, "crash");
    sim_oms_mend(oms);
    uint32_t orders = sim_oms_orders(oms);
    assert_true(orders > 40);
    rig_pass(5000);
    assert_int_equal(sim_oms_orders(oms), orders);
    assert_true(rig.requests.count > orders); /* They are asked for again. */
    rig_end();
}

static void a_change_names_the_latest_accepted_name(void **state)
{
    (void)state;
    rig_begin(9);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    sim_oms_act(oms, "new 1 buy 100 VOD @ 5");
    sim_oms_act(oms, "replace 1 200");
    rig_pass(100);
    acknowledge("OMS1-1", 'A');
    rig_answer(0, "35=8|56=OMS1|11=OMS1-1-R1|41=OMS1-1|17=0|150=E|39=E|"); /* Not accepted yet. */
    rig_pass(100);
    sim_oms_act(oms, "cancel 1");
    rig_pass(100);
    assert_non_null(strstr(rig.requests.text[2], "|41=OMS1-1|"));
    static const char replaced[] =
        "35=8\00156=OMS1\00111=OMS1-1-R1\00141=OMS1-1\001150=5\00139=0\00138=200\001";
    sim_oms_event(oms, span_of(replaced, sizeof(replaced) - 1));
    sim_oms_act(oms, "cancel 1");
    rig_pass(100);
    assert_non_null(strstr(rig.requests.text[3], "|41=OMS1-1-R1|"));
    assert_non_null(strstr(rig.requests.text[3], "|38=200|"));
    rig_end();
}

static void another_clients_event_changes_nothing(void **state)
{
    (void)state;
    rig_begin(9);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    sim_oms_act(oms, "new 1 buy 100 VOD @ 5");
    static const char event[] = "35=8\00156=OMS2\00111=OMS1-1\001150=5\00139=0\00138=999\001";
    sim_oms_event(oms, span_of(event, sizeof(event) - 1));
    sim_oms_act(oms, "cancel 1");
    rig_pass(100);
    assert_non_null(strstr(rig.requests.text[1], "|38=100|"));
    rig_end();
}

static void changed_content_goes_out_under_the_same_name(void **state)
{
    (void)state;
    rig_begin(10);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    sim_oms_act(oms, "new 1 buy 100 VOD @ 5");
    assert_true(sim_oms_act(oms, "changed 1"));
    assert_true(sim_oms_act(oms, "again 1"));
    rig_pass(100);
    assert_non_null(strstr(rig.requests.text[1], "35=D|49=OMS1|11=OMS1-1|"));
    assert_string_not_equal(rig.requests.text[0], rig.requests.text[1]);
    assert_string_equal(rig.requests.text[0], rig.requests.text[2]);
    rig_end();
}

static void at_rest_the_status_of_every_order_is_asked(void **state)
{
    (void)state;
    rig_begin(11);
    struct sim_oms *oms = rig_client("OMS1", &patient);
    char why[128];
    sim_oms_act(oms, "new 1 buy 100 VOD @ 5");
    sim_oms_act(oms, "new 2 buy 100 VOD @ 5");
    rig_pass(100);
    acknowledge("OMS1-1", 'A');
    acknowledge("OMS1-2", 'A');
    assert_true(sim_oms_at_rest(oms, why));
    sim_oms_ask_all(oms);
    assert_false(sim_oms_at_rest(oms, why));
    rig_pass(100);
    expect_request(2, "8=FIX.4.4|35=H|49=OMS1|11=OMS1-1|55=VOD|54=1|");
    expect_request(3, "8=FIX.4.4|35=H|49=OMS1|11=OMS1-2|55=VOD|54=1|");
    acknowledge("OMS1-1", 'I');
    acknowledge("OMS1-2", 'I');
    assert_true(sim_oms_at_rest(oms, why));
    rig_end();
}

/* Lives through a minute of its own will, with answers that say nothing, and gives the hash. */
static uint64_t willful_minute(uint64_t seed)
{
    static const struct sim_oms_settings willing = {
        .orders_most = 60,
        .pause_most_ns = SIM_SECOND_NS,
        .patience_ns = SIM_SECOND_NS,
        .cancel_permille = 400,
        .replace_permille = 400,
        .status_permille = 300,
        .again_permille = 200,
        .changed_permille = 200,
        .garbage_permille = 300,
        .short_lived_permille = 500,
    };
    uint32_t answered = 0;
    rig_begin(seed);
    sim_oms_start(rig_client("OMS1", &willing));
    for (unsigned i = 0; i < 600; i++) {
        rig_pass(100);
        for (; answered < rig.requests.count; answered++) {
            rig_answer(0, "35=3|45=0|");
        }
    }
    return rig.sim.trace.hash;
}

static void the_same_seed_has_the_same_will(void **state)
{
    (void)state;
    uint64_t first = willful_minute(12);
    rig_end();
    uint64_t second = willful_minute(12);
    rig_end();
    uint64_t other = willful_minute(13);
    rig_end();
    assert_true(first == second);
    assert_true(first != other);
}

static bool seen_text(const char *text)
{
    for (uint32_t i = 0; i < rig.requests.count; i++) {
        if (strstr(rig.requests.text[i], text) != NULL) {
            return true;
        }
    }
    return false;
}

static void its_will_knows_all_kinds_of_request(void **state)
{
    static const char *const kinds[] = {
        "35=D|", "35=F|",   "35=G|",     "35=H|",  "59=0|",      "59=1|",     "59=3|",
        "59=4|", "|126=",   "|432=",     "|40=1|", "38=0.0000",  "000000|40", "41=nobody|",
        "35=E|", "38=abc|", "-unknown|", "58=ch",  "|11=OMS1-G", "58=yyyy",   "11=xxxxxx",
    };
    bool seen[ARRAY_LEN(kinds)] = {false};
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        (void)willful_minute(seed);
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            seen[i] = seen[i] || seen_text(kinds[i]);
        }
        assert_false(rig.sim.violated);
        rig_end();
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!seen[i]) {
            fail_msg("no request with %s", kinds[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_act_is_the_request_that_it_says),
        cmocka_unit_test(words_that_make_no_sense_are_refused),
        cmocka_unit_test(
            an_unanswered_request_is_sent_again_with_the_same_bytes_until_it_is_answered),
        cmocka_unit_test(an_answer_that_is_not_to_the_oldest_request_is_a_violation),
        cmocka_unit_test(an_answer_to_nothing_is_a_violation),
        cmocka_unit_test(requests_arrive_in_their_order_however_late_they_are),
        cmocka_unit_test(nothing_is_sent_to_a_gateway_that_is_down_and_all_of_it_when_it_is_back),
        cmocka_unit_test(of_the_answers_on_their_way_the_first_survive_the_gateway),
        cmocka_unit_test(an_answer_to_a_client_that_died_is_nobodys),
        cmocka_unit_test(answers_that_were_not_written_down_yet_are_asked_for_again),
        cmocka_unit_test(mending_brings_a_client_back_and_ends_its_own_will),
        cmocka_unit_test(a_change_names_the_latest_accepted_name),
        cmocka_unit_test(another_clients_event_changes_nothing),
        cmocka_unit_test(changed_content_goes_out_under_the_same_name),
        cmocka_unit_test(at_rest_the_status_of_every_order_is_asked),
        cmocka_unit_test(the_same_seed_has_the_same_will),
        cmocka_unit_test(its_will_knows_all_kinds_of_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
