/* Commands in general: roles, arguments, keys, and proposals that a second person decides on.
 * With a table of commands of its own, in place of the engine's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/commands/audit.h"
#include "tests/unit/core_rig.h"

#define SECOND_NS UINT64_C(1000000000)

enum { EVERYTHING = MAY_VIEW | MAY_OPERATE | MAY_ADMIN | MAY_APPROVE | MAY_SERVE };

/* --- Commands of the test ---------------------------------------------------------------- */

static unsigned runs;          /* Of the handlers. */
static char last_proposer[64]; /* As they saw it. */
static char last_value[64];

static bool run(struct command_call *call)
{
    runs += 1;
    span_to_text(call->proposer, last_proposer, sizeof(last_proposer));
    span_to_text(command_value(call, "what"), last_value, sizeof(last_value));
    if (span_is(command_value(call, "what"), "impossible")) {
        return command_refused(call, "it cannot be done any more");
    }
    text_add_uint(&call->out->answer, runs);
    return command_done(call, " times done");
}

static bool plan(struct command_call *call)
{
    if (span_is(command_value(call, "what"), "nonsense")) {
        return command_refused(call, "that makes no sense");
    }
    return command_done(call, "will do it once");
}

static bool look(struct command_call *call)
{
    struct decimal price = decimal_whole(1);
    uint64_t number = 7;
    uint32_t broker = 0;
    if (!command_number(call, "number", 5, 9, &number) || !command_decimal(call, "price", &price) ||
        (command_value(call, "broker").size > 0 && !command_broker(call, "broker", &broker))) {
        return false;
    }
    text_add_uint(&call->out->answer, number);
    return command_done(call, command_true(call, "truth") ? " and true" : " and no more");
}

static const struct command_spec test_commands[] = {
    {.name = "test.look",
     .may = MAY_VIEW,
     .arguments = "number? price? broker? truth?",
     .help = "looks",
     .run = look},
    {.name = "test.do",
     .may = MAY_OPERATE | MAY_ADMIN,
     .changes = true,
     .arguments = "what why?",
     .help = "does",
     .run = run},
    {.name = "test.two",
     .may = MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "what why?",
     .help = "does, by two persons",
     .run = run,
     .plan = plan},
    {.name = NULL},
};

const struct command_group command_groups[] = {
    {"Of the test", test_commands},
    {"Approvals", approvals_commands},
    {"Audit", audit_commands},
    {NULL, NULL},
};

/* --- The desk ------------------------------------------------------------------------------ */

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    runs = 0;
    rig_start(rig);
    *state = rig;
    return 0;
}

static const char *ask(struct rig *rig, enum command_result result, const char *operator_name,
                       const char *name, const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, operator_name, name, arguments);
    if (answer->result != result) {
        fail_msg("%s %s by %s: %s", name, arguments, operator_name, answer->words);
    }
    return answer->words;
}

static const char *ask_as(struct rig *rig, enum command_result result, unsigned may,
                          const char *operator_name, const char *name, const char *key,
                          const char *what)
{
    const struct command_argument arguments[] = {{span_text("what"), span_text(what)}};
    const struct command command = {.name = span_text(name),
                                    .operator_name = span_text(operator_name),
                                    .may = may,
                                    .key = span_text(key),
                                    .arguments = arguments,
                                    .arguments_count = 1};
    const struct rig_answer *answer = rig_carry_out(rig, &command);
    if (answer->result != result) {
        fail_msg("%s by %s: %s", name, operator_name, answer->words);
    }
    return answer->words;
}

static void restart(struct rig *rig)
{
    rig_crash(rig);
    rig_start(rig);
}

/* The rig keeps a bounded count of events. */
static void forget_events(struct rig *rig)
{
    for (size_t i = 0; i < rig->events.count; i++) {
        free(rig->events.line[i]);
    }
    rig->events.count = 0;
}

/* --- Roles and arguments --------------------------------------------------------------------- */

static void who_has_not_the_role_is_refused_and_that_is_in_the_audit(void **state)
{
    struct rig *rig = *state;
    const char *words =
        ask_as(rig, COMMAND_REFUSED, MAY_VIEW | MAY_APPROVE, "eve", "test.do", "", "x");
    assert_string_equal("eve may not do that: it needs the role operate or admin", words);
    assert_int_equal(0, runs);
    assert_int_equal(1, rig->engine->audit.count);
    assert_non_null(rig_event(rig, "CO.test.do", "|10034=REFUSED|10030=eve|"));
    assert_string_equal("1 times done",
                        ask_as(rig, COMMAND_DONE, MAY_ADMIN, "ann", "test.do", "", "x"));
}

static void arguments_are_checked_by_their_names(void **state)
{
    struct rig *rig = *state;
    assert_string_equal("'what' is missing; test.do takes what why?",
                        ask(rig, COMMAND_REFUSED, "ann", "test.do", "why=so"));
    assert_string_equal("'what' is missing; test.do takes what why?",
                        ask(rig, COMMAND_REFUSED, "ann", "test.do", "what="));
    assert_string_equal("test.do knows no 'when'; it takes what why?",
                        ask(rig, COMMAND_REFUSED, "ann", "test.do", "what=x|when=now"));
    assert_string_equal("'what' holds a control character",
                        ask(rig, COMMAND_REFUSED, "ann", "test.do", "what=a\001b"));
    assert_string_equal("'why' holds a control character",
                        ask(rig, COMMAND_REFUSED, "ann", "test.do", "what=x|why=a\nb"));
    assert_string_equal("there is no command 'test.nothing'; `fixgate ctl --help` names them all",
                        ask(rig, COMMAND_REFUSED, "ann", "test.nothing", ""));
    assert_string_equal("'operator' is missing: who asks stands in the audit",
                        ask(rig, COMMAND_REFUSED, "", "test.do", "what=x"));
    assert_int_equal(0, runs);
    assert_int_equal(0, rig->engine->audit.count);
}

static void values_of_arguments_are_read_or_refused_by_their_names(void **state)
{
    struct rig *rig = *state;
    static const char *const wrong[] = {"number=4",  "number=10", "number=+7",
                                        "number=7x", "number= 7", "number=18446744073709551616"};
    assert_string_equal("7 and no more", ask(rig, COMMAND_DONE, "ann", "test.look", ""));
    assert_string_equal("9 and true",
                        ask(rig, COMMAND_DONE, "ann", "test.look", "number=9|truth=true"));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_string_equal("'number' must be a whole number from 5 to 9",
                            ask(rig, COMMAND_REFUSED, "ann", "test.look", wrong[i]));
    }
    assert_string_equal("'price' must be a number such as 10.5, with at most 8 decimal places and "
                        "no exponent",
                        ask(rig, COMMAND_REFUSED, "ann", "test.look", "price=1e3"));
    assert_string_equal("'broker' must be ALPHA or BETA",
                        ask(rig, COMMAND_REFUSED, "ann", "test.look", "broker=GAMMA"));
    (void)ask(rig, COMMAND_DONE, "ann", "test.look", "broker=BETA|price=-0.5");
    assert_int_equal(0, rig->engine->audit.count);
}

/* --- Two persons ------------------------------------------------------------------------------ */

static void a_proposal_waits_and_is_done_when_another_operator_approves_it(void **state)
{
    struct rig *rig = *state;
    const struct rig_answer *answer = rig_ask(rig, "ann", "test.two", "what=x|why=so");
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    assert_non_null(strstr(answer->words, "proposal 1 waits until "));
    assert_non_null(strstr(answer->words, "will do it once"));
    assert_int_equal(1, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], "|number=1|state=WAITING|command=test.two|"
                                            "arguments=what=x why=so|proposer=ann|"));
    assert_int_equal(0, runs);
    assert_non_null(rig_event(rig, "CO.test.two", "|10034=PROPOSED|10030=ann|"));
    assert_string_equal("1 times done",
                        ask(rig, COMMAND_DONE, "bob", "approvals.approve", "number=1"));
    assert_int_equal(1, runs);
    assert_string_equal("ann", last_proposer);
    assert_string_equal("x", last_value);
    assert_non_null(rig_event(rig, "CO.test.two", "|10034=DONE|10030=bob|10031=ann|"));
    assert_non_null(rig_event(rig, "CO.approvals.approve", "|10034=DONE|10030=bob|"));
    assert_string_equal("it waits no longer: DONE by bob",
                        ask(rig, COMMAND_REFUSED, "cid", "approvals.approve", "number=1"));
    assert_int_equal(1, runs);
}

static void nobody_approves_his_own_proposal(void **state)
{
    struct rig *rig = *state;
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    assert_string_equal("you proposed it: another operator must approve it",
                        ask(rig, COMMAND_REFUSED, "ann", "approvals.approve", "number=1"));
    assert_int_equal(0, runs);
    restart(rig);
    (void)ask(rig, COMMAND_REFUSED, "ann", "approvals.approve", "number=1");
    (void)ask(rig, COMMAND_DONE, "bob", "approvals.approve", "number=1");
    assert_int_equal(1, runs);
}

static void approving_needs_the_role_for_it(void **state)
{
    struct rig *rig = *state;
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    const struct command_argument arguments[] = {{span_text("number"), span_text("1")}};
    const struct command command = {.name = span_text("approvals.approve"),
                                    .operator_name = span_text("bob"),
                                    .may = EVERYTHING & ~(unsigned)MAY_APPROVE,
                                    .arguments = arguments,
                                    .arguments_count = 1};
    const struct rig_answer *answer = rig_carry_out(rig, &command);
    assert_int_equal(COMMAND_REFUSED, answer->result);
    assert_string_equal("bob may not do that: it needs the role approve", answer->words);
    assert_int_equal(0, runs);
}

static void a_plan_that_makes_no_sense_is_refused_at_once(void **state)
{
    struct rig *rig = *state;
    assert_string_equal("that makes no sense",
                        ask(rig, COMMAND_REFUSED, "ann", "test.two", "what=nonsense"));
    assert_string_equal("0 proposals wait, of 0 so far",
                        ask(rig, COMMAND_DONE, "ann", "approvals.list", ""));
}

static void what_cannot_be_done_any_more_fails_and_waits_no_longer(void **state)
{
    struct rig *rig = *state;
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=impossible");
    assert_string_equal("it cannot be done any more",
                        ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=1"));
    assert_string_equal("it waits no longer: FAILED by bob",
                        ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=1"));
    assert_non_null(rig_event(rig, "CO.test.two", "|10034=REFUSED|10030=bob|10031=ann|"));
}

static void proposals_are_rejected_by_others_and_withdrawn_by_who_made_them(void **state)
{
    struct rig *rig = *state;
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=y");
    (void)ask(rig, COMMAND_DONE, "bob", "approvals.reject", "number=1|reason=not today");
    assert_string_equal(
        "only ann, who proposed it, may withdraw it; approvals.reject is for others",
        ask(rig, COMMAND_REFUSED, "bob", "approvals.withdraw", "number=2"));
    (void)ask(rig, COMMAND_DONE, "ann", "approvals.withdraw", "number=2");
    (void)ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=1");
    (void)ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=2");
    assert_int_equal(0, runs);
    const struct rig_answer *answer = rig_ask(rig, "bob", "approvals.list", "all=true");
    assert_int_equal(2, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], "|state=REJECTED|"));
    assert_non_null(strstr(answer->rows[0], "|decided_by=bob|"));
    assert_non_null(strstr(answer->rows[0], "|outcome=not today|"));
    assert_non_null(strstr(answer->rows[1], "|state=WITHDRAWN|"));
    assert_string_equal("there is no proposal 3; approvals.list names them",
                        ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=3"));
}

static void a_proposal_expires_over_a_restart_too_and_that_is_told(void **state)
{
    struct rig *rig = *state;
    rig_crash(rig);
    rig->config.proposal_ns = 20 * SECOND_NS;
    rig_start(rig);
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    rig_pass(rig, 5000);
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=y");
    assert_true(engine_deadline_ns(rig->engine) <= rig->now_ns + 15 * SECOND_NS);
    restart(rig);
    rig_pass(rig, 14500);
    assert_null(rig_event(rig, "CO.approvals.expire", NULL));
    rig_pass(rig, 1000);
    assert_non_null(rig_event(rig, "CO.approvals.expire", "|10033=number=1|"));
    assert_string_equal("it waits no longer: EXPIRED by engine",
                        ask(rig, COMMAND_REFUSED, "bob", "approvals.approve", "number=1"));
    assert_int_equal(0, runs);
    (void)ask(rig, COMMAND_DONE, "bob", "approvals.approve", "number=2");
    assert_int_equal(1, runs);
    rig_pass(rig, 10000);
    assert_int_equal(1, rig_event_count(rig, "CO.approvals.expire"));
    (void)rig_check_events(rig);
}

static void so_many_proposals_wait_and_no_more(void **state)
{
    struct rig *rig = *state;
    for (unsigned i = 0; i < APPROVALS_WAITING_MAX; i++) {
        (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    }
    assert_non_null(
        strstr(ask(rig, COMMAND_REFUSED, "ann", "test.two", "what=x"), "too many proposals wait"));
    (void)ask(rig, COMMAND_DONE, "bob", "approvals.approve", "number=64");
    (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
    restart(rig);
    (void)ask(rig, COMMAND_REFUSED, "ann", "test.two", "what=x");
}

static void only_the_newest_proposals_are_kept(void **state)
{
    struct rig *rig = *state;
    char number[32];
    for (unsigned i = 1; i <= APPROVALS_KEPT_MAX + 1; i++) {
        (void)ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x");
        (void)snprintf(number, sizeof(number), "number=%u", i);
        (void)ask(rig, COMMAND_DONE, "ann", "approvals.withdraw", number);
        forget_events(rig);
    }
    (void)ask(rig, COMMAND_REFUSED, "bob", "approvals.show", "number=1");
    assert_string_equal("WITHDRAWN", ask(rig, COMMAND_DONE, "bob", "approvals.show", "number=2"));
    restart(rig);
    assert_non_null(
        strstr(ask(rig, COMMAND_PROPOSED, "ann", "test.two", "what=x"), "proposal 1026 waits"));
}

/* --- Keys ------------------------------------------------------------------------------------- */

static void the_same_key_is_answered_again_and_done_once_over_a_restart_too(void **state)
{
    struct rig *rig = *state;
    assert_string_equal("1 times done",
                        ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "k1", "x"));
    restart(rig);
    assert_string_equal("1 times done",
                        ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "k1", "x"));
    assert_int_equal(1, runs);
    assert_int_equal(1, rig->engine->audit.count);
    assert_string_equal("2 times done",
                        ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "k2", "x"));
    assert_string_equal("3 times done",
                        ask_as(rig, COMMAND_DONE, EVERYTHING, "bob", "test.do", "k1", "x"));
}

static void a_key_of_another_request_is_refused(void **state)
{
    struct rig *rig = *state;
    (void)ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "k1", "x");
    assert_non_null(strstr(ask_as(rig, COMMAND_REFUSED, EVERYTHING, "ann", "test.do", "k1", "y"),
                           "another request"));
    assert_non_null(strstr(ask_as(rig, COMMAND_REFUSED, EVERYTHING, "ann", "test.two", "k1", "x"),
                           "another request"));
    assert_int_equal(1, runs);
}

static void a_proposal_under_a_key_is_made_once(void **state)
{
    struct rig *rig = *state;
    (void)ask_as(rig, COMMAND_PROPOSED, EVERYTHING, "ann", "test.two", "k1", "x");
    const char *again = ask_as(rig, COMMAND_PROPOSED, EVERYTHING, "ann", "test.two", "k1", "x");
    assert_non_null(strstr(again, "proposal 1 waits"));
    assert_int_equal(1, rig->engine->approvals.count);
}

static void a_refusal_under_a_key_stays_one(void **state)
{
    struct rig *rig = *state;
    (void)ask_as(rig, COMMAND_REFUSED, EVERYTHING, "ann", "test.do", "k1", "impossible");
    (void)ask_as(rig, COMMAND_REFUSED, EVERYTHING, "ann", "test.do", "k1", "impossible");
    assert_int_equal(1, runs);
}

static void the_oldest_keys_are_forgotten(void **state)
{
    struct rig *rig = *state;
    char key[16];
    for (unsigned i = 0; i <= COMMAND_KEYS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "key%u", i);
        (void)ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", key, "x");
        forget_events(rig);
    }
    unsigned before = runs;
    (void)ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "key1", "x");
    assert_int_equal(before, runs);
    (void)ask_as(rig, COMMAND_DONE, EVERYTHING, "ann", "test.do", "key0", "x");
    assert_int_equal(before + 1, runs);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(who_has_not_the_role_is_refused_and_that_is_in_the_audit),
        RIG_TEST(arguments_are_checked_by_their_names),
        RIG_TEST(values_of_arguments_are_read_or_refused_by_their_names),
        RIG_TEST(a_proposal_waits_and_is_done_when_another_operator_approves_it),
        RIG_TEST(nobody_approves_his_own_proposal),
        RIG_TEST(approving_needs_the_role_for_it),
        RIG_TEST(a_plan_that_makes_no_sense_is_refused_at_once),
        RIG_TEST(what_cannot_be_done_any_more_fails_and_waits_no_longer),
        RIG_TEST(proposals_are_rejected_by_others_and_withdrawn_by_who_made_them),
        RIG_TEST(a_proposal_expires_over_a_restart_too_and_that_is_told),
        RIG_TEST(so_many_proposals_wait_and_no_more),
        RIG_TEST(only_the_newest_proposals_are_kept),
        RIG_TEST(the_same_key_is_answered_again_and_done_once_over_a_restart_too),
        RIG_TEST(a_key_of_another_request_is_refused),
        RIG_TEST(a_proposal_under_a_key_is_made_once),
        RIG_TEST(a_refusal_under_a_key_stays_one),
        RIG_TEST(the_oldest_keys_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
