/* Orders that people settle: lists of doubt, forced reroutes and their hunt, dead letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define ORDER(id) "35=D|49=OMS|11=" id "|" VOD
#define STATUS    "35=H|49=OMS|11=C1|55=VOD|54=1|"

enum { ALPHA, BETA };

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_OPERATOR;
    *state = rig;
    return 0;
}

/* Jane proposes, bob approves; what became of it. The plan is in `plan` if that is not NULL. */
static const struct rig_answer *both(struct rig *rig, const char *name, const char *arguments,
                                     char plan[FIX_TEXT_BYTES_MAX + 1])
{
    char number[64];
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_PROPOSED, name, arguments);
    if (plan != NULL) {
        (void)snprintf(plan, FIX_TEXT_BYTES_MAX + 1, "%s", answer->words);
    }
    (void)snprintf(number, sizeof(number), "number=%s", rig_value(answer->rows[0], "number"));
    answer = rig_ask(rig, "bob", "approvals.approve", number);
    if (answer->result != COMMAND_DONE) {
        fail_msg("%s %s: %s", name, arguments, answer->words);
    }
    return answer;
}

static void assert_state(struct rig *rig, const char *state)
{
    assert_string_equal(state, rig_value(rig_request(rig, STATUS), "10005"));
}

/* C1 is in doubt at ALPHA, which has gone; BETA is there. ALPHA has read it or not. The name of
 * its attempt. */
static const char *request_in_doubt(struct rig *rig, bool has_read, const char *request)
{
    static char attempt[64];
    rig->broker[BETA].listening = false;
    rig_start(rig);
    rig->broker[ALPHA].deaf = !has_read;
    (void)rig_request(rig, request);
    (void)snprintf(attempt, sizeof(attempt), "%s", rig_value(rig_request(rig, STATUS), "10004"));
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[ALPHA].deaf = false;
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
    assert_state(rig, "IN_DOUBT");
    assert_int_equal(0, rig->broker[BETA].orders);
    return attempt;
}

static const char *in_doubt(struct rig *rig, bool has_read)
{
    return request_in_doubt(rig, has_read, ORDER("C1"));
}

static void alpha_returns(struct rig *rig)
{
    rig->broker[ALPHA].listening = true;
    rig_pass(rig, 5000);
}

/* Forced to BETA. */
static const char *forced(struct rig *rig, bool has_read)
{
    const char *attempt = in_doubt(rig, has_read);
    (void)both(rig, "doubt.reroute", "order=OMS/C1|reason=clients wait", NULL);
    assert_int_equal(1, rig->broker[BETA].orders);
    return attempt;
}

/* --- Doubt ----------------------------------------------------------------------------------- */

static void each_held_order_is_listed_with_its_evidence_and_what_would_settle_it(void **state)
{
    struct rig *rig = *state;
    const char *attempt = in_doubt(rig, false);
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "doubt.list", "");
    assert_int_equal(1, answer->rows_count);
    assert_string_equal("OMS/C1", rig_value(answer->rows[0], "order"));
    assert_string_equal(attempt, rig_value(answer->rows[0], "attempt"));
    assert_string_equal("NONE", rig_value(answer->rows[0], "evidence"));
    assert_string_equal("2", rig_value(answer->rows[0], "age_seconds"));
    assert_non_null(strstr(answer->rows[0], "not logged on: the broker's Logon (789)"));
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.list", "broker=BETA")->rows_count);
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_REFUSED, "doubt.list", "broker=GAMMA")->words,
                           "'broker' must be ALPHA or BETA"));
    answer = rig_ask_for(rig, COMMAND_DONE, "doubt.show", "order=C1");
    assert_int_equal(1, answer->rows_count);
    assert_non_null(strstr(answer->words, "IN_DOUBT:"));
}

static void a_broker_that_is_away_cannot_be_asked(void **state)
{
    struct rig *rig = *state;
    (void)in_doubt(rig, true);
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_REFUSED, "doubt.ask", "order=C1")->words, "not logged on"));
    alpha_returns(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "doubt.ask", "order=C1");
    assert_string_equal("H", rig->broker[ALPHA].last_msg_type);
}

static void the_word_that_the_broker_has_it_needs_one_person(void **state)
{
    struct rig *rig = *state;
    (void)in_doubt(rig, true);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "doubt.settle", "order=C1|outcome=perhaps");
    (void)rig_ask_for(rig, COMMAND_DONE, "doubt.settle", "order=C1|outcome=received");
    assert_state(rig, "SENT");
    assert_int_equal(0, rig->broker[BETA].orders);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "doubt.settle", "order=C1|outcome=received");
}

static void the_word_that_the_broker_never_got_it_needs_two_persons(void **state)
{
    struct rig *rig = *state;
    (void)in_doubt(rig, false);
    (void)both(rig, "doubt.settle", "order=C1|outcome=not-received|reason=desk", NULL);
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_state(rig, "SENT");
    assert_int_equal(1, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
}

/* It must not go to another broker any more, yet somebody has to be able to end it. */
static void an_order_that_has_expired_is_ended_by_the_brokers_word(void **state)
{
    struct rig *rig = *state;
    (void)request_in_doubt(rig, false,
                           "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=1|59=0|60=20260921-14:13:20|");
    rig->now_ns += UINT64_C(12) * 3600 * 1000000000;
    rig_pass(rig, 1000);
    (void)both(rig, "doubt.settle", "order=C1|outcome=not-received|reason=desk", NULL);
    assert_state(rig, "EXPIRED");
    assert_int_equal(0, rig->broker[BETA].orders);
}

static void an_order_that_is_to_be_cancelled_is_ended_by_the_brokers_word(void **state)
{
    struct rig *rig = *state;
    (void)in_doubt(rig, false);
    (void)rig_request(rig, "35=F|49=OMS|11=C2|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:21|");
    (void)both(rig, "doubt.settle", "order=C1|outcome=not-received|reason=desk", NULL);
    assert_state(rig, "CANCELLED");
    assert_int_equal(0, rig->broker[BETA].orders);
}

/* --- The forced reroute --------------------------------------------------------------------------
 */

static void a_reroute_by_force_is_refused_where_the_policy_is_to_hold(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_HOLD;
    (void)in_doubt(rig, false);
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_REFUSED, "doubt.reroute", "order=C1|reason=now")->words,
               "InDoubtPolicy"));
    assert_int_equal(0, rig->broker[BETA].orders);
}

static void what_was_forced_goes_on_and_all_that_is_told_of_it_says_so(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    const char *attempt = in_doubt(rig, false);
    assert_int_equal(0, rig_event_count(rig, "|10009=Y|"));
    (void)both(rig, "doubt.reroute", "order=C1|reason=clients wait", plan);
    assert_non_null(strstr(plan, "will move 1: 100 left of OMS/C1"));
    assert_non_null(strstr(plan, "cannot decide 1"));
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_string_not_equal(attempt, rig->broker[BETA].last_cl_ord_id);
    assert_string_equal("Y", rig_value(rig_request(rig, STATUS), "10009"));
    assert_non_null(rig_event(rig, "OR.SENT.VOD", "|10009=Y|"));
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "");
    assert_int_equal(1, answer->rows_count);
    assert_string_equal(attempt, rig_value(answer->rows[0], "attempt"));
    assert_string_equal("WAITING", rig_value(answer->rows[0], "hunt"));
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_DONE, "orders.show", "order=C1")->words, "doubt.hunts"));
}

static void an_attempt_that_the_broker_asks_for_is_filled_over_and_dead(void **state)
{
    struct rig *rig = *state;
    (void)forced(rig, false);
    alpha_returns(rig);
    assert_int_equal(0, rig->broker[ALPHA].orders);
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    assert_non_null(rig_event(rig, "AL.info", "gap fill has its number: it is dead"));
}

static void an_attempt_that_the_broker_has_is_cancelled_before_anything_new_goes_there(void **state)
{
    struct rig *rig = *state;
    const char *attempt = forced(rig, true);
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    rig->broker[ALPHA].manner = RIG_ACK;
    (void)rig_request(rig, ORDER("C2"));
    alpha_returns(rig);
    /* Its book: the first, then the cancel, then the new one. */
    assert_int_equal(2, rig->broker[ALPHA].orders);
    assert_string_equal("D", rig->broker[ALPHA].last_msg_type);
    assert_non_null(rig_event(rig, "AL.info", "hunted down"));
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    assert_non_null(rig_event(rig, "AL.info", attempt));
    /* What it says of the cancel is none of the order's. */
    assert_int_equal(0, rig_event_count(rig, "|150=4|"));
}

static void an_attempt_that_the_broker_does_not_know_is_dead(void **state)
{
    struct rig *rig = *state;
    char body[256];
    const char *attempt = forced(rig, true);
    alpha_returns(rig);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(attempt, rig->broker[ALPHA].last_orig_cl_ord_id);
    (void)snprintf(body, sizeof(body), "37=NONE|11=%s|41=%s|39=8|434=1|102=1|",
                   rig->broker[ALPHA].last_cl_ord_id, attempt);
    rig_broker_says(rig, ALPHA, "9", body);
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    assert_int_equal(0, rig_event_count(rig, "|35=9|"));
}

static void a_broker_whose_numbers_began_anew_may_have_forgotten_the_attempt(void **state)
{
    struct rig *rig = *state;
    char body[256];
    const char *attempt = forced(rig, true);
    (void)rig_command(rig, ALPHA, SESSION_COMMAND_RESET, true);
    effects_reset(&rig->effects);
    session_reset(&rig->broker[ALPHA].session, rig->now_ns, &rig->effects);
    alpha_returns(rig);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    (void)snprintf(body, sizeof(body), "37=NONE|11=%s|41=%s|39=8|434=1|102=1|",
                   rig->broker[ALPHA].last_cl_ord_id, attempt);
    rig_broker_says(rig, ALPHA, "9", body);
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "");
    assert_int_equal(1, answer->rows_count);
    assert_string_equal("REFUSED", rig_value(answer->rows[0], "hunt"));
}

static void a_broker_that_comes_too_late_with_its_cancel_is_told_of_at_once(void **state)
{
    struct rig *rig = *state;
    char body[256];
    const char *attempt = forced(rig, true);
    alpha_returns(rig);
    (void)snprintf(body, sizeof(body), "37=O1|11=%s|41=%s|39=2|434=1|102=0|58=too late|",
                   rig->broker[ALPHA].last_cl_ord_id, attempt);
    rig_broker_says(rig, ALPHA, "9", body);
    assert_non_null(rig_event(rig, "AL.critical", "says that it executed there: too late"));
    assert_int_equal(1, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    /* Its report comes: that ends it. */
    rig_broker_reports(rig, ALPHA, attempt, "150=F|39=2|32=100|31=11|14=100|151=0|6=11|");
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
}

static void a_hunt_goes_on_after_a_crash_and_asks_again(void **state)
{
    struct rig *rig = *state;
    const char *attempt = forced(rig, true);
    alpha_returns(rig);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    rig_crash(rig);
    rig->broker[ALPHA].last_msg_type[0] = '\0';
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(attempt, rig->broker[ALPHA].last_orig_cl_ord_id);
    assert_int_equal(1, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
}

static void a_fill_of_both_attempts_is_told_as_a_double_execution_with_its_worth(void **state)
{
    struct rig *rig = *state;
    const char *attempt = forced(rig, true);
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id,
                       "150=F|39=2|32=100|31=10|14=100|151=0|6=10|");
    assert_state(rig, "FILLED");
    alpha_returns(rig);
    rig_broker_reports(rig, ALPHA, attempt, "150=F|39=2|32=100|31=11|14=100|151=0|6=11|");
    const char *alert = rig_event(rig, "AL.critical", "too many: 100, worth 1100");
    assert_non_null(alert);
    assert_non_null(strstr(alert, attempt));
    assert_non_null(strstr(alert, rig->broker[BETA].last_cl_ord_id));
    const char *report = rig_event(rig, "ER.ALPHA.VOD", "|150=F|");
    assert_string_equal("200", rig_value(report, "14"));
    assert_string_equal("Y", rig_value(report, "10009"));
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    assert_int_equal(1, rig_event_count(rig, "AL.critical"));
    /* Told again, it counts once. */
    assert_string_equal("200", rig_value(rig_request(rig, STATUS), "14"));
}

static void a_fill_of_the_attempt_that_was_left_takes_the_other_one_back(void **state)
{
    struct rig *rig = *state;
    char body[256];
    const char *attempt = forced(rig, true);
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id, "150=0|39=0|14=0|151=100|6=0|");
    alpha_returns(rig);
    rig_broker_reports(rig, ALPHA, attempt, "150=F|39=2|32=100|31=11|14=100|151=0|6=11|");
    assert_non_null(rig_event(rig, "AL.critical", "double execution possible"));
    assert_string_equal("F", rig->broker[BETA].last_msg_type);
    assert_state(rig, "PARTIAL");
    (void)snprintf(body, sizeof(body), "41=%s|150=4|39=4|14=0|151=0|6=0|",
                   rig->broker[BETA].last_orig_cl_ord_id);
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id, body);
    const char *reply = rig_request(rig, STATUS);
    assert_string_equal("FILLED", rig_value(reply, "10005"));
    assert_string_equal("100", rig_value(reply, "14"));
    assert_string_equal("11", rig_value(reply, "6"));
    assert_int_equal(1, rig->broker[ALPHA].orders);
    assert_int_equal(1, rig->broker[BETA].orders);
}

static void what_is_left_after_a_fill_of_the_attempt_that_was_left_goes_on(void **state)
{
    struct rig *rig = *state;
    char body[256];
    const char *attempt = forced(rig, true);
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id, "150=0|39=0|14=0|151=100|6=0|");
    alpha_returns(rig);
    rig_broker_reports(rig, ALPHA, attempt, "150=F|39=1|32=30|31=11|14=30|151=70|6=11|");
    rig_broker_reports(rig, ALPHA, attempt, "150=4|39=4|14=30|151=0|6=11|");
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    (void)snprintf(body, sizeof(body), "41=%s|150=4|39=4|14=0|151=0|6=0|",
                   rig->broker[BETA].last_orig_cl_ord_id);
    rig_broker_reports(rig, BETA, rig->broker[BETA].last_cl_ord_id, body);
    rig_pass(rig, 1000);
    const char *reply = rig_request(rig, STATUS);
    assert_string_equal("SENT", rig_value(reply, "10005"));
    assert_string_equal("30", rig_value(reply, "14"));
    assert_string_equal("70", rig_value(reply, "151"));
    assert_int_equal(2, rig->broker[ALPHA].orders);
}

static void
an_order_that_was_forced_and_still_waits_does_not_go_where_its_attempt_may_live(void **state)
{
    struct rig *rig = *state;
    (void)in_doubt(rig, true);
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    (void)both(rig, "doubt.reroute", "order=C1|reason=clients wait", NULL);
    assert_state(rig, "QUEUED");
    alpha_returns(rig);
    assert_int_equal(1, rig->broker[ALPHA].orders);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    /* Its cancel is confirmed: there is nothing left of it there. */
    char body[256];
    (void)snprintf(body, sizeof(body), "41=%s|150=4|39=4|14=0|151=0|6=0|",
                   rig->broker[ALPHA].last_orig_cl_ord_id);
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, body);
    rig_pass(rig, 1000);
    assert_int_equal(2, rig->broker[ALPHA].orders);
    assert_state(rig, "SENT");
}

static void two_persons_call_a_hunt_off(void **state)
{
    struct rig *rig = *state;
    char arguments[128];
    const char *attempt = forced(rig, true);
    (void)snprintf(arguments, sizeof(arguments), "attempt=%s|reason=desk", attempt);
    (void)both(rig, "doubt.call-off", arguments, NULL);
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    alpha_returns(rig);
    assert_string_not_equal("F", rig->broker[ALPHA].last_msg_type);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "doubt.call-off", arguments);
}

/* From doubt to the end of the hunt. Whether the read that was to fail was reached. */
static bool hunted_down(struct rig *rig, unsigned reads)
{
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_ACK;
    rig->broker[BETA].listening = false;
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_OPERATOR;
    rig->reads_left = reads;
    rig_start(rig);
    rig_wait(rig, 10);
    (void)rig_request(rig, ORDER("C1"));
    rig_wait(rig, 10);
    rig->broker[ALPHA].listening = false;
    if (rig->broker[ALPHA].connected) {
        rig_drop(rig, ALPHA);
    }
    rig->broker[BETA].listening = true;
    rig_wait(rig, 20);
    assert_int_equal(1, rig_ask_for(rig, COMMAND_DONE, "doubt.list", "")->rows_count);
    (void)both(rig, "doubt.reroute", "order=C1|reason=clients wait", NULL);
    assert_int_equal(1, rig_ask_for(rig, COMMAND_DONE, "orders.list", "all=true")->rows_count);
    rig_wait(rig, 10);
    rig->broker[ALPHA].manner = RIG_ACK;
    rig->broker[ALPHA].listening = true;
    rig_wait(rig, 20);
    bool reached = rig->reads_left == UINT_MAX;
    rig->reads_left = UINT_MAX;
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "doubt.hunts", "")->rows_count);
    assert_state(rig, "ACKED");
    assert_string_equal("Y", rig_value(rig_request(rig, STATUS), "10009"));
    assert_int_equal(1, rig->broker[ALPHA].orders);
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_int_equal(rig->events.count, rig_check_events(rig));
    return reached;
}

static void any_read_of_a_reroute_and_its_hunt_may_fail_and_nothing_is_lost(void **state)
{
    struct rig *rig = *state;
    unsigned reads = 0;
    for (; hunted_down(rig, reads); reads++) {
        rig_renew(rig);
    }
    print_message("%u reads\n", reads);
    assert_true(reads > 50);
}

/* --- Dead letters ----------------------------------------------------------------------------- */

/* C1 is older than StaleOrderAge when ALPHA says that it never got it. */
static void dead(struct rig *rig)
{
    rig->sessions[ALPHA].stale_order_ns = 1000000000;
    (void)in_doubt(rig, false);
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    alpha_returns(rig);
    assert_state(rig, "DEAD_LETTER");
}

static void a_dead_letter_explains_itself(void **state)
{
    struct rig *rig = *state;
    dead(rig);
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "deadletter.list", "");
    assert_int_equal(1, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], "reason=older than StaleOrderAge"));
    assert_non_null(strstr(answer->rows[0], "at ALPHA, MsgSeqNum"));
    assert_non_null(strstr(answer->rows[0], "NOT_RECEIVED"));
    assert_string_equal("false", rig_value(answer->rows[0], "may_live"));
    assert_non_null(strstr(rig_ask_for(rig, COMMAND_DONE, "deadletter.show", "order=C1")->words,
                           "redrive sends it on"));
}

static void a_dead_letter_whose_attempt_is_dead_is_sent_on_by_one_person(void **state)
{
    struct rig *rig = *state;
    dead(rig);
    (void)rig_ask_for(rig, COMMAND_DONE, "deadletter.redrive", "order=C1");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_state(rig, "SENT");
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "deadletter.list", "")->rows_count);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "deadletter.redrive", "order=C1");
    assert_int_equal(0, rig_event_count(rig, "|10009=Y|"));
}

static void a_dead_letter_is_ended_towards_the_oms(void **state)
{
    struct rig *rig = *state;
    dead(rig);
    (void)rig_ask_for(rig, COMMAND_REFUSED, "deadletter.cancel", "order=C1");
    (void)rig_ask_for(rig, COMMAND_DONE, "deadletter.cancel", "order=C1|reason=too late for it");
    assert_state(rig, "CANCELLED");
    const char *report = rig_event(rig, "|150=4|", "|11=C1|");
    assert_non_null(strstr(report, "too late for it"));
    assert_string_equal("0", rig_value(report, "151"));
    assert_int_equal(0, rig_ask_for(rig, COMMAND_DONE, "deadletter.list", "")->rows_count);
}

static void an_expired_dead_letter_is_not_sent_on(void **state)
{
    struct rig *rig = *state;
    rig->sessions[ALPHA].stale_order_ns = 1000000000;
    rig->broker[BETA].listening = false;
    rig_start(rig);
    rig->broker[ALPHA].deaf = true;
    (void)rig_request(rig, "35=D|49=OMS|11=C1|55=VOD|54=1|38=100|40=1|59=0|60=20260921-14:13:20|");
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[ALPHA].deaf = false;
    rig_pass(rig, 3000);
    alpha_returns(rig);
    assert_state(rig, "DEAD_LETTER");
    rig->now_ns += UINT64_C(12) * 3600 * 1000000000;
    rig_pass(rig, 1000);
    assert_non_null(
        strstr(rig_ask_for(rig, COMMAND_REFUSED, "deadletter.redrive", "order=C1")->words,
               "TimeInForce has ended"));
}

static void a_kill_tells_of_what_is_hunted(void **state)
{
    struct rig *rig = *state;
    (void)forced(rig, true);
    (void)rig_ask_for(rig, COMMAND_DONE, "kill.on", "scope=all|reason=runaway");
    rig_pass(rig, 3000);
    const struct rig_answer *answer = rig_ask_for(rig, COMMAND_DONE, "kill.list", "");
    bool told = false;
    for (uint32_t row = 0; row < answer->rows_count; row++) {
        told = told || strstr(answer->rows[row], "|orders=forced away|") != NULL;
    }
    assert_true(told);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_kill_tells_of_what_is_hunted),
        TEST(each_held_order_is_listed_with_its_evidence_and_what_would_settle_it),
        TEST(a_broker_that_is_away_cannot_be_asked),
        TEST(the_word_that_the_broker_has_it_needs_one_person),
        TEST(the_word_that_the_broker_never_got_it_needs_two_persons),
        TEST(a_reroute_by_force_is_refused_where_the_policy_is_to_hold),
        TEST(what_was_forced_goes_on_and_all_that_is_told_of_it_says_so),
        TEST(an_attempt_that_the_broker_asks_for_is_filled_over_and_dead),
        TEST(an_attempt_that_the_broker_has_is_cancelled_before_anything_new_goes_there),
        TEST(an_attempt_that_the_broker_does_not_know_is_dead),
        TEST(a_broker_whose_numbers_began_anew_may_have_forgotten_the_attempt),
        TEST(a_broker_that_comes_too_late_with_its_cancel_is_told_of_at_once),
        TEST(a_hunt_goes_on_after_a_crash_and_asks_again),
        TEST(a_fill_of_both_attempts_is_told_as_a_double_execution_with_its_worth),
        TEST(a_fill_of_the_attempt_that_was_left_takes_the_other_one_back),
        TEST(what_is_left_after_a_fill_of_the_attempt_that_was_left_goes_on),
        TEST(an_order_that_was_forced_and_still_waits_does_not_go_where_its_attempt_may_live),
        TEST(two_persons_call_a_hunt_off),
        TEST(any_read_of_a_reroute_and_its_hunt_may_fail_and_nothing_is_lost),
        TEST(a_dead_letter_explains_itself),
        TEST(a_dead_letter_whose_attempt_is_dead_is_sent_on_by_one_person),
        TEST(a_dead_letter_is_ended_towards_the_oms),
        TEST(an_expired_dead_letter_is_not_sent_on),
        TEST(an_order_that_has_expired_is_ended_by_the_brokers_word),
        TEST(an_order_that_is_to_be_cancelled_is_ended_by_the_brokers_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
