/* Where a session connects to, and when: endpoints, tries, backoff, failback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define SECOND_NS UINT64_C(1000000000)

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[1].listening = false;
    rig->sessions[0].endpoints_count = 3;
    rig->sessions[0].endpoint_tries = 2;
    rig->sessions[0].reconnect_interval_ns = SECOND_NS;
    rig->sessions[0].reconnect_interval_max_ns = 5 * SECOND_NS;
    *state = rig;
    return 0;
}

struct attempt_seen {
    uint32_t endpoint;
    uint64_t at_ns;
};

/* Waits for the next `count` connects of session 0. */
static void connects(struct rig *rig, struct attempt_seen *seen, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned before = rig->broker[0].connects;
        for (unsigned ms = 0; rig->broker[0].connects == before && ms < 60000; ms += 100) {
            rig_pass(rig, 100);
        }
        assert_int_equal(before + 1, rig->broker[0].connects);
        seen[i] = (struct attempt_seen){rig->broker[0].endpoint, rig->broker[0].connect_ns};
    }
}

static void assert_wait(struct attempt_seen before, struct attempt_seen after, uint64_t base_ns)
{
    uint64_t wait_ns = after.at_ns - before.at_ns;
    /* The rig's clock goes in steps of a tenth of a second. */
    assert_true(wait_ns >= base_ns / 10 * 8);
    assert_true(wait_ns <= base_ns / 10 * 12 + SECOND_NS / 10);
}

static void each_endpoint_has_its_tries_and_a_failed_round_doubles_the_wait(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[24];
    rig->broker[0].deaf_endpoints = 7;
    rig_start(rig);
    assert_int_equal(1, rig->broker[0].connects);
    seen[0] = (struct attempt_seen){rig->broker[0].endpoint, rig->broker[0].connect_ns};
    connects(rig, seen + 1, 23);
    static const uint64_t waits_s[] = {1, 2, 4, 5};
    for (unsigned i = 0; i < 24; i++) {
        assert_int_equal(i / 2 % 3, seen[i].endpoint);
        if (i > 0) {
            assert_wait(seen[i - 1], seen[i], waits_s[i / 6] * SECOND_NS);
        }
    }
}

static void a_single_endpoint_waits_the_interval_before_it_is_doubled(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[5];
    rig->sessions[0].endpoints_count = 1;
    rig->sessions[0].endpoint_tries = 1;
    rig->broker[0].deaf_endpoints = 1;
    rig_start(rig);
    seen[0] = (struct attempt_seen){rig->broker[0].endpoint, rig->broker[0].connect_ns};
    connects(rig, seen + 1, 4);
    static const uint64_t waits_s[] = {1, 2, 4, 5};
    for (unsigned i = 1; i < 5; i++) {
        assert_wait(seen[i - 1], seen[i], waits_s[i - 1] * SECOND_NS);
    }
}

static void the_log_tells_endpoint_try_and_when_the_next_is_due(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[1];
    rig->broker[0].deaf_endpoints = 7;
    rig_start(rig);
    assert_non_null(rig_said(rig, "connecting to endpoint 1 of 3, try 1 of 2"));
    connects(rig, seen, 1);
    assert_non_null(rig_said(rig,
                             "cannot connect: connection refused; endpoint 1 of 3, try 2 of 2; "
                             "next: endpoint 2 in "));
}

static void the_list_tells_since_when_and_why_a_session_is_down(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[1];
    rig->broker[0].deaf_endpoints = 7;
    rig_start(rig);
    connects(rig, seen, 1);
    const struct rig_answer *answer = rig_ask(rig, "jane", "session.list", "");
    assert_non_null(strstr(answer->rows[0], "|why=connection refused|"));
    rig->broker[0].deaf_endpoints = 0;
    connects(rig, seen, 1);
    rig_pass(rig, 1000);
    answer = rig_ask(rig, "jane", "session.list", "");
    assert_non_null(strstr(answer->rows[0], "|state=READY|"));
    assert_non_null(strstr(answer->rows[0], "|why=|"));
    assert_null(strstr(answer->rows[0], "|since=|"));
    rig->drop_reason = "the peer closed the connection";
    rig_drop(rig, 0);
    answer = rig_ask(rig, "jane", "session.list", "");
    assert_non_null(strstr(answer->rows[0], "|why=the peer closed the connection|"));
}

static void a_long_reason_is_logged_whole_with_the_next_try_behind_it(void **state)
{
    struct rig *rig = *state;
    char reason[400];
    memset(reason, 'x', sizeof(reason) - 1);
    memcpy(reason + sizeof(reason) - 8, "remedy.", 8);
    rig->drop_reason = reason;
    rig_start(rig);
    rig_drop(rig, 0);
    assert_non_null(rig_said(rig, "xremedy.; endpoint 1 of 3, try 1 of 2; next: endpoint 1 in "));
}

static void the_waits_are_not_all_alike_and_the_same_for_the_same_seed(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen first[8];
    struct attempt_seen second[8];
    rig->sessions[0].reconnect_interval_ns = 10 * SECOND_NS;
    rig->sessions[0].reconnect_interval_max_ns = 10 * SECOND_NS;
    rig->broker[0].deaf_endpoints = 7;
    rig->config.random_seed = 99;
    rig_start(rig);
    uint64_t begin_ns = rig->now_ns;
    connects(rig, first, 8);
    rig_crash(rig);
    uint64_t again_ns = rig->now_ns;
    rig_start(rig);
    connects(rig, second, 8);
    unsigned alike = 0;
    for (unsigned i = 1; i < 8; i++) {
        alike += first[i].at_ns - first[i - 1].at_ns == first[1].at_ns - first[0].at_ns;
        assert_true(first[i].at_ns - begin_ns == second[i].at_ns - again_ns);
    }
    assert_true(alike < 7);
}

/* A peer that takes connections and never answers a Logon has not succeeded. */
static void only_a_logon_counts_as_success(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[3];
    rig->broker[0].deaf = true;
    rig->sessions[0].fix.logon_timeout_seconds = 2;
    rig_start(rig);
    connects(rig, seen, 3);
    assert_int_equal(0, seen[0].endpoint);
    assert_int_equal(1, seen[1].endpoint);
    assert_int_equal(1, seen[2].endpoint);
    rig->broker[0].deaf = false;
    rig_pass(rig, 30000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(0, rig->engine->links[0].tries);
    assert_true(rig->engine->links[0].backoff_ns == SECOND_NS);
}

static void after_a_loss_round_robin_stays_where_it_was_logged_on(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[1];
    rig->broker[0].deaf_endpoints = 1;
    rig_start(rig);
    rig_pass(rig, 10000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(1, rig->broker[0].endpoint);
    rig_drop(rig, 0);
    connects(rig, seen, 1);
    assert_int_equal(1, seen[0].endpoint);
}

static void priority_goes_back_to_the_first_when_it_was_left_long_enough(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[1];
    rig->sessions[0].endpoint_policy = ENDPOINT_PRIORITY;
    rig->sessions[0].endpoint_failback_ns = 60 * SECOND_NS;
    rig->broker[0].deaf_endpoints = 1;
    rig_start(rig);
    rig_pass(rig, 10000);
    assert_int_equal(1, rig->broker[0].endpoint);
    rig->broker[0].deaf_endpoints = 0;
    rig_drop(rig, 0);
    connects(rig, seen, 1);
    assert_int_equal(1, seen[0].endpoint);
    rig_pass(rig, 60000);
    assert_int_equal(1, rig->broker[0].endpoint); /* A good connection is left alone. */
    rig_drop(rig, 0);
    connects(rig, seen, 1);
    assert_int_equal(0, seen[0].endpoint);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void priority_without_a_time_begins_with_the_first_after_each_logon(void **state)
{
    struct rig *rig = *state;
    struct attempt_seen seen[1];
    rig->sessions[0].endpoint_policy = ENDPOINT_PRIORITY;
    rig->broker[0].deaf_endpoints = 3;
    rig_start(rig);
    rig_pass(rig, 10000);
    assert_int_equal(2, rig->broker[0].endpoint); /* All of them had their tries. */
    rig_drop(rig, 0);
    connects(rig, seen, 1);
    assert_int_equal(0, seen[0].endpoint);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(each_endpoint_has_its_tries_and_a_failed_round_doubles_the_wait),
        RIG_TEST(a_single_endpoint_waits_the_interval_before_it_is_doubled),
        RIG_TEST(the_log_tells_endpoint_try_and_when_the_next_is_due),
        RIG_TEST(the_list_tells_since_when_and_why_a_session_is_down),
        RIG_TEST(a_long_reason_is_logged_whole_with_the_next_try_behind_it),
        RIG_TEST(the_waits_are_not_all_alike_and_the_same_for_the_same_seed),
        RIG_TEST(only_a_logon_counts_as_success),
        RIG_TEST(after_a_loss_round_robin_stays_where_it_was_logged_on),
        RIG_TEST(priority_goes_back_to_the_first_when_it_was_left_long_enough),
        RIG_TEST(priority_without_a_time_begins_with_the_first_after_each_logon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
