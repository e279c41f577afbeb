/* One command for many orders: what is proposed is written down, approved as it is, carried out a
 * few in each turn, over crashes, and each of its orders as if it had been asked for alone. */
#include <limits.h>
#include <stdlib.h>

#include "gateway/core/commands/bulk.h"
#include "tests/unit/doubt_fixture.h"

enum { ALPHA, BETA, MANY = 150 };

#define REROUTE "broker=ALPHA|reason=no word of it since three"

static void configure(struct rig *rig)
{
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    rig->broker[BETA].listening = false;
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_OPERATOR;
}

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    configure(rig);
    *state = rig;
    return 0;
}

/* --- What happens before, and asking --------------------------------------------------------- */

static void take(struct rig *rig, unsigned first, unsigned last, const char *symbol)
{
    for (unsigned number = first; number <= last; number++) {
        char request[256];
        (void)snprintf(request, sizeof(request),
                       "35=D|49=OMS|11=C%u|55=%s|54=1|38=100|40=2|44=10.5|59=1|"
                       "60=20260921-14:13:20|",
                       number, symbol);
        assert_string_equal("A", rig_value(rig_request(rig, request), "150"));
    }
}

/* ALPHA's line drops; it has read what was sent, or not. BETA comes. */
static void lose_alpha(struct rig *rig)
{
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[ALPHA].deaf = false;
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
}

static void many_in_doubt(struct rig *rig, unsigned count)
{
    rig_start(rig);
    rig->broker[ALPHA].deaf = true;
    take(rig, 1, count, "VOD");
    lose_alpha(rig);
    assert_int_equal(0, rig->broker[BETA].orders);
}

static const struct rig_answer *ask(struct rig *rig, enum command_result result, const char *name,
                                    const char *arguments)
{
    const struct rig_answer *answer = rig_ask(rig, "jane", name, arguments);
    if (answer->result != result) {
        fail_msg("%s %s: %s", name, arguments, answer->words);
    }
    return answer;
}

/* Jane proposes it; its number. The plan is in `plan` if that is not NULL. */
static unsigned propose(struct rig *rig, const char *name, const char *arguments,
                        char plan[FIX_TEXT_BYTES_MAX + 1])
{
    const struct rig_answer *answer = ask(rig, COMMAND_PROPOSED, name, arguments);
    if (plan != NULL) {
        (void)snprintf(plan, FIX_TEXT_BYTES_MAX + 1, "%s", rig_value(answer->rows[0], "plan"));
    }
    return (unsigned)strtoul(rig_value(answer->rows[0], "number"), NULL, 10);
}

static const char *number_words(unsigned number, const char *more)
{
    static char words[96];
    (void)snprintf(words, sizeof(words), "number=%u%s", number, more);
    return words;
}

static void approve(struct rig *rig, unsigned number)
{
    const struct rig_answer *answer =
        rig_ask(rig, "bob", "approvals.approve", number_words(number, ""));
    if (answer->result != COMMAND_DONE) {
        fail_msg("%s", answer->words);
    }
}

static bool no_row(void *context, const struct command_field *fields, uint32_t count)
{
    (void)context;
    (void)fields;
    (void)count;
    return false;
}

/* Bob approves it, and so many turns later something else comes. */
static void approve_for_turns(struct rig *rig, unsigned number, unsigned turns)
{
    struct text digits = {.size = 0};
    text_add_uint(&digits, number);
    struct command_argument arguments[] = {{span_text("number"), text_span(&digits)}};
    struct command command = {.name = span_text("approvals.approve"),
                              .operator_name = span_text("bob"),
                              .may = MAY_APPROVE,
                              .arguments = arguments,
                              .arguments_count = 1};
    struct command_out out = {.row = no_row};
    rig_turn_begin(rig);
    assert_int_equal(COMMAND_DONE, engine_command(rig->engine, &command, &out));
    (void)rig_turn_end(rig);
    for (unsigned turn = 0; turn < turns; turn++) {
        rig_turn_begin(rig);
        (void)rig_turn_end(rig);
    }
}

/* The row of the bulk in bulk.list. */
static const char *bulk(struct rig *rig, unsigned number)
{
    char wanted[32];
    const struct rig_answer *answer = ask(rig, COMMAND_DONE, "bulk.list", "");
    (void)snprintf(wanted, sizeof(wanted), "|number=%u|", number);
    for (uint32_t i = 0; i < answer->rows_count; i++) {
        if (strncmp(answer->rows[i], wanted, strlen(wanted)) == 0) {
            return answer->rows[i];
        }
    }
    fail_msg("no bulk %u", number);
    return NULL;
}

static void assert_bulk(struct rig *rig, unsigned number, const char *state, unsigned done,
                        unsigned left)
{
    const char *row = bulk(rig, number);
    assert_string_equal(state, rig_value(row, "state"));
    assert_int_equal(done, strtoul(rig_value(row, "done"), NULL, 10));
    assert_int_equal(left, strtoul(rig_value(row, "left"), NULL, 10));
}

static unsigned rows(struct rig *rig, const char *name, const char *arguments)
{
    return ask(rig, COMMAND_DONE, name, arguments)->rows_count;
}

/* What is left of all lists. */
static unsigned entries(struct rig *rig)
{
    struct span prefix = span_text("bulk-order/");
    struct span key;
    struct span value;
    unsigned count = 0;
    rig_turn_begin(rig);
    const struct view *view = &rig->engine->view;
    bool found = view_seek(view, TABLE_CONTROL, prefix, &key, &value);
    while (found && key.size > prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0) {
        count += 1;
        found = view_after(view, TABLE_CONTROL, key, &key, &value);
    }
    (void)rig_turn_end(rig);
    return count;
}

/* --- All of it ------------------------------------------------------------------------------- */

static void many_orders_go_on_by_one_proposal_and_each_is_recorded_and_hunted(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    many_in_doubt(rig, MANY);
    unsigned number = propose(rig, "doubt.reroute", REROUTE, plan);
    assert_string_equal("will take 150 orders (NONE 150), 15000 left at their prices worth 157500; "
                        "hold 0; cannot decide 150: their attempts may live; what comes later is "
                        "no part of it",
                        plan);
    assert_bulk(rig, number, "WAITING", 0, 0);
    assert_int_equal(0, rig->broker[BETA].orders);
    approve(rig, number);
    assert_int_equal(MANY, rig->broker[BETA].orders);
    assert_bulk(rig, number, "DONE", MANY, 0);
    assert_int_equal(MANY, rows(rig, "doubt.hunts", ""));
    assert_int_equal(0, rows(rig, "doubt.list", ""));
    assert_true(rig_event_count(rig, "|10009=Y|") >= MANY);
    assert_int_equal(MANY, rig_event_count(rig, "|10034=DONE|10030=bob|10031=jane|58=it is SENT"));
    assert_non_null(rig_event(rig, "|10033=order=OMS/C150 reason=no word of it since three bulk=1|",
                              "|10032=doubt.reroute|"));
    assert_non_null(rig_event(rig, "AL.warning", "150 of 150 orders are done, 0 were left"));
    assert_int_equal(0, entries(rig));
    assert_null(rig_audit_fault(rig));
}

static void no_turn_does_more_than_a_few_orders(void **state)
{
    struct rig *rig = *state;
    many_in_doubt(rig, MANY);
    unsigned number = propose(rig, "doubt.reroute", REROUTE, NULL);
    approve_for_turns(rig, number, 1);
    assert_int_equal(MANY - TURN_BULK_MAX, rig->engine->links[ALPHA].unacked_count);
    rig_settle(rig);
    assert_int_equal(0, rig->engine->links[ALPHA].unacked_count);
}

static void a_crash_between_any_two_turns_goes_on_with_the_rest(void **state)
{
    struct rig *rig = *state;
    for (unsigned turns = 0; turns < 5; turns++) {
        if (turns > 0) {
            rig_free(rig);
            (void)with_rig(state);
            rig = *state;
        }
        many_in_doubt(rig, MANY);
        unsigned number = propose(rig, "doubt.reroute", REROUTE, NULL);
        rig_crash(rig);
        rig_start(rig);
        rig_pass(rig, 3000);
        assert_bulk(rig, number, "WAITING", 0, 0);
        approve_for_turns(rig, number, turns);
        rig_crash(rig);
        rig_start(rig);
        rig_pass(rig, 3000);
        assert_bulk(rig, number, "DONE", MANY, 0);
        assert_int_equal(MANY, rows(rig, "doubt.hunts", ""));
        assert_int_equal(0, entries(rig));
        assert_null(rig_audit_fault(rig));
    }
}

/* Each read in turn: the gateway ends there, and starts again. */
static void a_read_that_fails_loses_and_doubles_nothing(void **state)
{
    struct rig *rig = *state;
    bool reached = true;
    for (unsigned reads = 0; reached; reads++) {
        if (reads > 0) {
            rig_renew(rig);
            configure(rig);
        }
        many_in_doubt(rig, 3);
        rig->reads_left = reads;
        unsigned number = propose(rig, "doubt.reroute", REROUTE, NULL);
        approve(rig, number);
        reached = rig->reads_left == UINT_MAX;
        rig->reads_left = UINT_MAX;
        rig_pass(rig, 3000);
        assert_bulk(rig, number, "DONE", 3, 0);
        assert_int_equal(3, rows(rig, "doubt.hunts", ""));
        assert_int_equal(3, rig->broker[BETA].orders);
        assert_int_equal(0, entries(rig));
    }
}

static void one_that_is_under_way_can_be_stopped(void **state)
{
    struct rig *rig = *state;
    many_in_doubt(rig, MANY);
    unsigned number = propose(rig, "doubt.reroute", REROUTE, NULL);
    (void)ask(rig, COMMAND_REFUSED, "bulk.abort", number_words(number, "|reason=alpha is back"));
    approve_for_turns(rig, number, 1);
    const struct rig_answer *answer =
        ask(rig, COMMAND_DONE, "bulk.abort", number_words(number, "|reason=alpha is back"));
    assert_non_null(strstr(answer->words, "64 of 150 orders were done"));
    assert_bulk(rig, number, "ABORTED", TURN_BULK_MAX, 0);
    assert_int_equal(MANY - TURN_BULK_MAX, rows(rig, "doubt.list", ""));
    assert_int_equal(0, entries(rig));
    (void)ask(rig, COMMAND_REFUSED, "bulk.abort", number_words(number, "|reason=again"));
}

/* --- Exactly what was approved --------------------------------------------------------------- */

static void what_came_or_changed_after_the_proposal_is_left_and_recorded(void **state)
{
    struct rig *rig = *state;
    many_in_doubt(rig, 3);
    unsigned number = propose(rig, "doubt.reroute", REROUTE, NULL);
    /* ALPHA proves that it never got them, they go there anew, and it is gone again. */
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    rig->broker[ALPHA].listening = true;
    rig_pass(rig, 5000);
    rig->broker[ALPHA].listening = true;
    take(rig, 4, 5, "VOD");
    assert_int_equal(5, rig->broker[ALPHA].orders);
    lose_alpha(rig);
    assert_int_equal(5, rows(rig, "doubt.list", ""));
    approve(rig, number);
    assert_int_equal(0, rig->broker[BETA].orders);
    assert_bulk(rig, number, "DONE", 0, 3);
    const struct rig_answer *answer = ask(rig, COMMAND_DONE, "bulk.show", number_words(number, ""));
    assert_non_null(strstr(answer->rows[1], "|what=left|orders=3|why=it has changed since"));
    assert_int_equal(3, rig_event_count(rig, "|10034=REFUSED|10030=bob|10031=jane|"));
    assert_int_equal(0, rows(rig, "doubt.hunts", ""));
}

static void what_is_not_approved_is_forgotten(void **state)
{
    struct rig *rig = *state;
    many_in_doubt(rig, MANY);
    unsigned rejected = propose(rig, "doubt.reroute", REROUTE, NULL);
    (void)rig_ask(rig, "bob", "approvals.reject", number_words(rejected, "|reason=no"));
    assert_bulk(rig, rejected, "NOT_APPROVED", 0, 0);
    assert_int_equal(0, entries(rig));
    unsigned expired = propose(rig, "doubt.reroute", REROUTE, NULL);
    rig_wait(rig, 1000);
    assert_bulk(rig, expired, "NOT_APPROVED", 0, 0);
    assert_int_equal(0, entries(rig));
    assert_int_equal(MANY, rows(rig, "doubt.list", ""));
}

static void more_bulks_than_are_remembered_forget_the_oldest_that_ended(void **state)
{
    struct rig *rig = *state;
    many_in_doubt(rig, 1);
    for (unsigned number = 1; number <= BULKS_MAX; number++) {
        assert_int_equal(number, propose(rig, "doubt.reroute", REROUTE, NULL));
    }
    assert_non_null(strstr(ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE)->words, "too many"));
    (void)rig_ask(rig, "bob", "approvals.reject", "number=3|reason=no");
    (void)propose(rig, "doubt.reroute", REROUTE, NULL);
    (void)ask(rig, COMMAND_REFUSED, "bulk.show", "number=3");
    approve(rig, 5);
    approve(rig, 6);
    assert_bulk(rig, 5, "DONE", 1, 0);
    assert_bulk(rig, 6, "DONE", 0, 1);
    assert_int_equal(1, rig->broker[BETA].orders);
    rig_crash(rig);
    rig_start(rig);
    assert_int_equal(BULKS_MAX, rows(rig, "bulk.list", ""));
}

/* There are more than the rig keeps. */
static void forget_events(struct rig *rig)
{
    for (size_t line = 0; line < rig->events.count; line++) {
        free(rig->events.line[line]);
    }
    rig->events.count = 0;
}

/* However many they are. */
static void assert_in_doubt(struct rig *rig, unsigned count)
{
    const char *row = rig_row(ask(rig, COMMAND_DONE, "broker.list", ""), "ALPHA");
    assert_non_null(row);
    assert_int_equal(count, strtoul(rig_value(row, "in_doubt"), NULL, 10));
}

static void more_orders_than_one_bulk_takes_are_for_the_next(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    rig_start(rig);
    rig->broker[ALPHA].deaf = true;
    take(rig, 1, BULK_ORDERS_MAX + 3, "VOD");
    forget_events(rig);
    lose_alpha(rig);
    forget_events(rig);
    assert_in_doubt(rig, BULK_ORDERS_MAX + 3);
    unsigned number = propose(rig, "doubt.reroute", REROUTE, plan);
    assert_non_null(strstr(plan, "will take 1000 orders"));
    assert_non_null(strstr(plan, "there are more: propose it again behind this"));
    approve_for_turns(rig, number, 10);
    forget_events(rig);
    rig_settle(rig);
    assert_bulk(rig, number, "DONE", BULK_ORDERS_MAX, 0);
    assert_in_doubt(rig, 3);
    number = propose(rig, "doubt.reroute", REROUTE, plan);
    assert_non_null(strstr(plan, "will take 3 orders"));
    approve(rig, number);
    assert_int_equal(BULK_ORDERS_MAX + 3, rig->broker[BETA].orders);
}

/* --- Which orders ---------------------------------------------------------------------------- */

static void the_filter_chooses_and_what_may_not_go_is_held(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    rig_start(rig);
    take(rig, 1, 2, "VOD"); /* ALPHA reads these, and its later numbers prove it. */
    rig->broker[ALPHA].manner = RIG_ACK;
    take(rig, 3, 3, "BP");
    rig->broker[ALPHA].deaf = true;
    take(rig, 4, 6, "BP");
    take(rig, 7, 10, "VOD");
    lose_alpha(rig);
    assert_int_equal(9, rows(rig, "doubt.list", "broker=ALPHA"));
    assert_int_equal(3, rows(rig, "doubt.list", "symbol=BP"));
    assert_int_equal(2, rows(rig, "doubt.list", "evidence=RECEIVED"));
    assert_int_equal(0, rows(rig, "doubt.list", "older-than=60"));
    unsigned number = propose(rig, "doubt.reroute", REROUTE, plan);
    assert_non_null(strstr(plan, "will take 7 orders (NONE 7)"));
    assert_non_null(strstr(plan, "; hold 2 (why: bulk.show 1)"));
    const struct rig_answer *answer = ask(rig, COMMAND_DONE, "bulk.show", number_words(number, ""));
    assert_non_null(strstr(answer->rows[2], "|what=held|orders=2|why=its broker has it"));
    number = propose(rig, "doubt.reroute", REROUTE "|symbol=BP|evidence=NONE", plan);
    assert_non_null(strstr(plan, "will take 3 orders"));
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE "|older-than=60");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE "|client=OTHER");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE "|evidence=SOME");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", "broker=GAMMA|reason=x");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE "|order=C4");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", "broker=ALPHA");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", "reason=x");
    (void)ask(rig, COMMAND_REFUSED, "doubt.reroute", "symbol=BP|reason=x");
    answer = ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE "|evidence=RECEIVED");
    assert_non_null(strstr(answer->words, "none of the orders that fit may be taken: 2: its broker "
                                          "has it"));
    approve(rig, number);
    assert_int_equal(3, rig->broker[BETA].orders);
    assert_int_equal(6, rows(rig, "doubt.list", ""));
}

static void where_the_policy_is_to_hold_none_is_rerouted(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_HOLD;
    many_in_doubt(rig, 3);
    assert_non_null(
        strstr(ask(rig, COMMAND_REFUSED, "doubt.reroute", REROUTE)->words, "3: InDoubtPolicy"));
    /* But their desk may know of all. */
    approve(rig, propose(rig, "doubt.settle", "broker=ALPHA|outcome=not-received", NULL));
    assert_int_equal(3, rig->broker[BETA].orders);
}

static void that_the_broker_has_many_needs_two_persons_too(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    many_in_doubt(rig, 3);
    (void)ask(rig, COMMAND_REFUSED, "doubt.settle", "broker=ALPHA|outcome=perhaps");
    unsigned number = propose(rig, "doubt.settle", "broker=ALPHA|outcome=received", plan);
    assert_null(strstr(plan, "may live"));
    approve(rig, number);
    assert_bulk(rig, number, "DONE", 3, 0);
    assert_stands(rig, "C2", ORDER_SENT, EVIDENCE_RECEIVED);
}

/* "A/B" with "C" is not "A" with "B/C". */
static void orders_of_like_names_are_not_mixed_up(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker[ALPHA].deaf = true;
    (void)rig_request(rig, "35=D|49=OMS|11=B/C|" VOD);
    (void)rig_request(rig, ORDER("C")); /* The rig looks for each order among the OMS's. */
    uint8_t bytes[512];
    rig_turn_begin(rig);
    engine_request(rig->engine, span_text("OMS/B"), span_text("route"),
                   span_of(bytes, rig_with_soh("35=D|49=OMS/B|11=C|" VOD, bytes)));
    (void)rig_turn_end(rig);
    rig_settle(rig);
    lose_alpha(rig);
    assert_int_equal(3, rows(rig, "doubt.list", ""));
    approve(rig, propose(rig, "doubt.reroute", REROUTE "|client=OMS/B", NULL));
    assert_int_equal(1, rig->broker[BETA].orders);
    assert_stands(rig, "B/C", ORDER_IN_DOUBT, EVIDENCE_NONE);
}

/* --- Dead letters, and moves ----------------------------------------------------------------- */

static void many_dead_letters(struct rig *rig, unsigned count)
{
    rig->sessions[ALPHA].stale_order_ns = SECOND_NS;
    many_in_doubt(rig, count);
    rig->broker[ALPHA].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(count, rows(rig, "deadletter.list", ""));
}

static void many_dead_letters_are_sent_on_or_ended(void **state)
{
    struct rig *rig = *state;
    many_dead_letters(rig, 100);
    (void)ask(rig, COMMAND_REFUSED, "deadletter.redrive", "");
    (void)ask(rig, COMMAND_REFUSED, "deadletter.cancel", "reason=late");
    (void)ask(rig, COMMAND_REFUSED, "deadletter.cancel", "order=C1");
    (void)ask(rig, COMMAND_REFUSED, "deadletter.cancel", "broker=ALPHA");
    assert_int_equal(100, rows(rig, "deadletter.list", "broker=ALPHA"));
    assert_int_equal(0, rows(rig, "deadletter.list", "broker=BETA"));
    char plan[FIX_TEXT_BYTES_MAX + 1];
    unsigned before = rig->broker[BETA].orders + rig->broker[ALPHA].orders;
    unsigned cancels = propose(rig, "deadletter.cancel", "broker=ALPHA|reason=too late", plan);
    assert_non_null(strstr(plan, "will take 100 orders, 10000 left"));
    rig_done(rig, "deadletter.cancel", "order=C7|reason=one alone");
    unsigned redrives = propose(rig, "deadletter.redrive", "symbol=VOD", plan);
    assert_non_null(strstr(plan, "will take 99 orders"));
    approve(rig, redrives);
    assert_bulk(rig, redrives, "DONE", 99, 0);
    assert_int_equal(before + 99, rig->broker[BETA].orders + rig->broker[ALPHA].orders);
    approve(rig, cancels);
    assert_bulk(rig, cancels, "DONE", 0, 100);
    assert_int_equal(0, rows(rig, "deadletter.list", ""));
}

static void many_orders_are_moved(void **state)
{
    struct rig *rig = *state;
    char plan[FIX_TEXT_BYTES_MAX + 1];
    rig->broker[ALPHA].manner = RIG_ACK;
    rig_start(rig);
    take(rig, 1, 80, "VOD");
    rig->broker[ALPHA].manner = RIG_SILENT;
    take(rig, 81, 81, "VOD");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
    unsigned number = propose(rig, "orders.move", "broker=ALPHA|reason=leaving|to=BETA", plan);
    assert_non_null(strstr(plan, "will take 80 orders, 8000 left"));
    assert_non_null(strstr(plan, "; hold 1 (why"));
    assert_int_equal(0, rig->broker[BETA].orders);
    approve(rig, number);
    assert_bulk(rig, number, "DONE", 80, 0);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_int_equal(80, rows(rig, "orders.list", "broker=ALPHA|state=ACKED") +
                             rig->broker[BETA].orders);
}

static void what_one_person_moved_since_is_not_moved_once_more(void **state)
{
    struct rig *rig = *state;
    char body[128];
    rig->broker[ALPHA].manner = RIG_ACK;
    rig->broker[BETA].manner = RIG_ACK;
    rig_start(rig);
    take(rig, 1, 2, "VOD");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 3000);
    unsigned number = propose(rig, "orders.move", "broker=ALPHA|reason=leaving", NULL);
    rig_done(rig, "orders.move", "order=C1|to=BETA");
    (void)snprintf(body, sizeof(body), "41=%s|150=4|39=4|14=0|151=0|6=0|",
                   rig->broker[ALPHA].last_orig_cl_ord_id);
    rig_broker_reports(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, body);
    assert_int_equal(1, rows(rig, "orders.list", "broker=BETA|state=ACKED"));
    approve(rig, number);
    assert_bulk(rig, number, "DONE", 1, 1);
    assert_string_equal("D", rig->broker[BETA].last_msg_type);
    assert_int_equal(1, rig_event_count(rig, "|10034=REFUSED|10030=bob|10031=jane|"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_orders_go_on_by_one_proposal_and_each_is_recorded_and_hunted),
        TEST(no_turn_does_more_than_a_few_orders),
        TEST(a_crash_between_any_two_turns_goes_on_with_the_rest),
        TEST(a_read_that_fails_loses_and_doubles_nothing),
        TEST(one_that_is_under_way_can_be_stopped),
        TEST(what_came_or_changed_after_the_proposal_is_left_and_recorded),
        TEST(what_is_not_approved_is_forgotten),
        TEST(more_bulks_than_are_remembered_forget_the_oldest_that_ended),
        TEST(more_orders_than_one_bulk_takes_are_for_the_next),
        TEST(the_filter_chooses_and_what_may_not_go_is_held),
        TEST(where_the_policy_is_to_hold_none_is_rerouted),
        TEST(that_the_broker_has_many_needs_two_persons_too),
        TEST(orders_of_like_names_are_not_mixed_up),
        TEST(many_dead_letters_are_sent_on_or_ended),
        TEST(many_orders_are_moved),
        TEST(what_one_person_moved_since_is_not_moved_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
