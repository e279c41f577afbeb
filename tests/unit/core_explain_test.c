/* Why an order went where it did: the record of the choice, and its explanation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/core/routing/routing.h"
#include "tests/unit/core_rig.h"
#include "tests/unit/core_rig_parts.h"

#define ORDER(id)                                                                                  \
    "35=D|49=OMS|11=" id "|1=A1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

static const char *order(struct rig *rig)
{
    return rig_value(rig_request(rig, ORDER("C1")), "10005");
}

static void the_decision_is_explained_as_it_was_over_a_crash_too(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_done(rig, "broker.measure",
             "broker=ALPHA|breaker=CLOSED|score=700|ramp=900|latency-us=12345|pending=3|orders=40|"
             "failed=2");
    rig_done(rig, "broker.drain", "broker=BETA");
    assert_string_equal("SENT", order(rig));
    rig_done(rig, "broker.auto", "broker=BETA");
    rig_measure(rig, "ALPHA", "CLOSED", 100, 100, 0);
    rig_crash(rig);
    rig_start(rig);
    const struct rig_answer *answer = rig_ask(rig, "alice", "route.explain", "order=C1");
    assert_int_equal(COMMAND_DONE, answer->result);
    assert_non_null(strstr(answer->words, "went to ALPHA"));
    const char *alpha = rig_row(answer, "ALPHA");
    assert_string_equal("true", rig_value(alpha, "chosen"));
    assert_string_equal("700", rig_value(alpha, "score"));
    assert_string_equal("12345", rig_value(alpha, "latency_us"));
    assert_string_equal("3", rig_value(alpha, "pending"));
    assert_string_equal("2", rig_value(alpha, "failed"));
    assert_string_equal("40", rig_value(alpha, "of_orders"));
    assert_string_equal("900", rig_value(alpha, "ramp"));
    assert_string_equal("1", rig_value(alpha, "share"));
    const char *beta = rig_row(answer, "BETA");
    assert_string_equal("false", rig_value(beta, "chosen"));
    assert_string_equal("drained by an operator", rig_value(beta, "verdict"));
    assert_string_equal("DRAIN", rig_value(beta, "admin"));
}

static void an_order_that_waits_is_explained_by_why_nobody_takes_it_now(void **state)
{
    struct rig *rig = *state;
    rig->broker[1].listening = false;
    rig_start(rig);
    rig_measure(rig, "ALPHA", "OPEN", 1000, 1000, 0);
    assert_string_equal("QUEUED", order(rig));
    const struct rig_answer *answer = rig_ask(rig, "alice", "route.explain", "order=C1");
    assert_string_equal("breaker open", rig_value(rig_row(answer, "ALPHA"), "verdict"));
    assert_string_equal("none of its sessions can send",
                        rig_value(rig_row(answer, "BETA"), "verdict"));
    answer = rig_ask(rig, "alice", "route.explain", "order=C9");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    answer = rig_ask(rig, "alice", "route.explain", "attempt=none");
    assert_int_equal(COMMAND_REFUSED, answer->result);
}

static void a_simulated_order_changes_nothing(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    for (unsigned i = 0; i < 3; i++) {
        const struct rig_answer *answer =
            rig_ask(rig, "alice", "route.simulate", "symbol=VOD|account=A1|quantity=100");
        assert_string_equal("it would go to ALPHA", answer->words);
    }
    rig_measure(rig, "ALPHA", "HALF_OPEN", 1000, 1000, 1);
    (void)rig_ask(rig, "alice", "route.simulate", "symbol=VOD");
    assert_int_equal(1, rig->engine->routing.brokers[0].probes);
    assert_int_equal(0, rig->broker[0].orders);
}

static void the_longest_record_of_a_decision_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const char *names[ENGINE_BROKERS_MAX];
    struct decision decision = {.at_ns = UINT64_MAX,
                                .version = UINT64_MAX,
                                .mode = ROUTING_PINNED,
                                .chosen = ENGINE_BROKERS_MAX - 1,
                                .count = ENGINE_BROKERS_MAX};
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX; i++) {
        names[i] = "a-name-of-sixty-three-bytes-that-is-cut-in-the-record-for-its-len";
        decision.terms[i] =
            (struct decision_term){.cause = CAUSE_LEFT,
                                   .admin = BROKER_CANARY,
                                   .breaker = BREAKER_HALF_OPEN,
                                   .frozen = true,
                                   .weight = ROUTING_WEIGHT_MAX,
                                   .score = ROUTING_SCORE_MAX,
                                   .ramp = ROUTING_PERMILLE,
                                   .share = DECISION_MILLION,
                                   .standing = i % 2 == 0 ? INT64_MIN : INT64_MAX,
                                   .headroom = ROUTING_PERMILLE,
                                   .backlog_bytes = UINT64_MAX,
                                   .unacked = UINT64_MAX,
                                   .capacity = UINT32_MAX,
                                   .left = UINT32_MAX,
                                   .figures = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    }
    uint8_t record[DECISION_RECORD_BYTES_MAX];
    struct span written = decision_write(&decision, names, record);
    struct decision read;
    struct span read_names[ENGINE_BROKERS_MAX];
    assert_true(decision_read(written, &read, read_names));
    assert_int_equal(decision.chosen, read.chosen);
    assert_int_equal(INT64_MIN, read.terms[0].standing);
    assert_int_equal(INT64_MAX, read.terms[1].standing);
    assert_int_equal(ROUTING_SCORE_MAX, read.terms[15].score);
    assert_int_equal(CAUSE_LEFT, read.terms[15].cause);
    assert_int_equal(UINT32_MAX, read.terms[15].figures.failed);
    assert_true(read.terms[15].frozen);
    assert_true(span_is(read_names[15], "a-name-of-sixty-three-by"));
    for (size_t size = 0; size < written.size; size++) {
        assert_false(decision_read(span_of(record, size), &read, read_names));
    }
}

/* Version 1 ended each term with what is left. */
static void a_record_without_figures_is_read_too(void **state)
{
    (void)state;
    enum { FIGURES = 4 };
    const char *const names[] = {"ALPHA"};
    struct decision decision = {.count = 1, .terms = {{.score = 640, .left = 5}}};
    uint8_t record[DECISION_RECORD_BYTES_MAX];
    struct span written = decision_write(&decision, names, record);
    record[0] = 1;
    struct decision read;
    struct span read_names[ENGINE_BROKERS_MAX];
    assert_false(decision_read(written, &read, read_names));
    assert_true(decision_read(span_of(record, written.size - FIGURES), &read, read_names));
    assert_int_equal(640, read.terms[0].score);
    assert_int_equal(5, read.terms[0].left);
    assert_int_equal(0, read.terms[0].figures.latency_us);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_decision_is_explained_as_it_was_over_a_crash_too),
        TEST(an_order_that_waits_is_explained_by_why_nobody_takes_it_now),
        TEST(a_simulated_order_changes_nothing),
        TEST(the_longest_record_of_a_decision_is_read_as_it_was_written),
        TEST(a_record_without_figures_is_read_too),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
