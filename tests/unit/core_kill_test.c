/* The kill switch: stop, cancel, prove; each scope, over crashes, until nothing is working. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fix/tags.h"
#include "gateway/core/limits/kill.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/queue.h"
#include "tests/unit/core_rig_limits.h"
#include "tests/unit/core_rig_parts.h"

#define TIME "60=20260921-14:13:20|"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker[0].manner = RIG_ACK;
    rig->broker[1].manner = RIG_ACK;
    *state = rig;
    return 0;
}

static int without_rig(void **state)
{
    rig_free(*state);
    return 0;
}

static const char *order(struct rig *rig, const char *id, const char *symbol, const char *account)
{
    char request[512];
    (void)snprintf(request, sizeof(request),
                   "35=D|49=OMS|11=%s|55=%s|54=1|38=100|40=2|44=10.5|59=1|1=%s|15=GBX|526=%s|" TIME,
                   id, symbol, account, id);
    return rig_request(rig, request);
}

static void kill_on_scope(struct rig *rig, const char *scope)
{
    char arguments[128];
    (void)snprintf(arguments, sizeof(arguments), "scope=%s|reason=halted", scope);
    const struct rig_answer *answer = rig_ask(rig, "alice", "kill.on", arguments);
    if (answer->result != COMMAND_DONE) {
        print_error("%s\n", answer->words);
    }
    assert_int_equal(COMMAND_DONE, answer->result);
}

static void kill_off_scope(struct rig *rig, const char *scope)
{
    char arguments[128];
    (void)snprintf(arguments, sizeof(arguments), "scope=%s|reason=over", scope);
    const struct rig_answer *answer = rig_ask(rig, "alice", "kill.off", arguments);
    assert_int_equal(COMMAND_PROPOSED, answer->result);
    char number[32];
    size_t at = strcspn(answer->words, "0123456789");
    (void)snprintf(number, sizeof(number), "number=%.*s",
                   (int)strspn(answer->words + at, "0123456789"), answer->words + at);
    assert_int_equal(COMMAND_REFUSED, rig_ask(rig, "alice", "approvals.approve", number)->result);
    assert_int_equal(COMMAND_DONE, rig_ask(rig, "bob", "approvals.approve", number)->result);
}

/* The line of kill.list that holds both. */
static bool listed(struct rig *rig, const char *a, const char *b)
{
    const struct rig_answer *answer = rig_ask(rig, "carol", "kill.list", "");
    for (uint32_t i = 0; i < answer->rows_count; i++) {
        if (strstr(answer->rows[i], a) != NULL && strstr(answer->rows[i], b) != NULL) {
            return true;
        }
    }
    for (uint32_t i = 0; i < answer->rows_count; i++) {
        print_message("%s\n", answer->rows[i]);
    }
    return false;
}

static void assert_killed(const char *reply)
{
    assert_string_equal("8", rig_value(reply, "150"));
    assert_string_equal("99", rig_value(reply, "103"));
    assert_non_null(strstr(reply, "kill switch of"));
}

static void assert_taken(const char *reply)
{
    assert_string_equal("A", rig_value(reply, "150"));
}

static void stop_cancel_and_prove_everything(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    assert_taken(order(rig, "C2", "BP", "ISA-2"));
    kill_on_scope(rig, "all");
    assert_killed(order(rig, "C3", "VOD", "ISA-1"));
    rig_wait(rig, 10);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    assert_non_null(rig_event(rig, "|150=4|", "|11=C2|"));
    assert_true(listed(rig, "|scope=all|", "|state=proven: nothing is working|"));
    assert_true(listed(rig, "|scope=all|", "|left=0|"));
    assert_int_equal(1, rig_event_count(rig, "kill switch of all: proven: nothing is working"));
    kill_off_scope(rig, "all");
    assert_taken(order(rig, "C3", "VOD", "ISA-1"));
}

static void the_cancel_names_the_order_and_says_what_the_order_said(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig->broker_configs[1].weight = 0;
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    char attempt[64];
    (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[0].last_cl_ord_id);
    if (attempt[0] == '\0') {
        (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[1].last_cl_ord_id);
    }
    kill_on_scope(rig, "client OMS");
    rig_wait(rig, 5);
    const char *pending = rig_event(rig, "|150=6|", "|11=C1|");
    assert_non_null(pending);
    assert_non_null(strstr(pending, "kill switch of client OMS"));
    assert_string_equal("", rig_value(pending, "41"));
    const struct rig_broker *broker =
        rig->broker[0].last_msg_type[0] == 'F' ? &rig->broker[0] : &rig->broker[1];
    assert_string_equal("F", broker->last_msg_type);
    assert_string_equal(attempt, broker->last_orig_cl_ord_id);
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
}

static void an_account_is_killed_and_others_go_on(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    assert_taken(order(rig, "C2", "VOD", "ISA-2"));
    kill_on_scope(rig, "account ISA-1");
    assert_killed(order(rig, "C3", "BP", "ISA-1"));
    assert_taken(order(rig, "C4", "BP", "ISA-2"));
    rig_wait(rig, 10);
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    assert_null(rig_event(rig, "|150=4|", "|11=C2|"));
    assert_int_equal(2, rig_orders_in(rig, ORDER_ACKED));
    assert_true(listed(rig, "|scope=account ISA-1|", "proven"));
}

static void a_replace_in_a_killed_scope_is_refused_and_a_cancel_is_not(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    rig->broker[0].manner = RIG_SILENT;
    rig->broker[1].manner = RIG_SILENT;
    assert_taken(order(rig, "C2", "VOD", "ISA-1"));
    rig_turn_begin(rig);
    struct limit_scope scope = {.kind = SCOPE_SYMBOL, .name = "VOD"};
    assert_null(kill_on(rig->engine, &scope, span_text("alice"), span_text("halted")));
    uint8_t bytes[512];
    size_t size =
        rig_with_soh("35=G|49=OMS|11=R1|41=C1|55=VOD|54=1|38=99|40=2|44=10.5|59=1|" TIME, bytes);
    engine_request(rig->engine, span_text("OMS"), span_text("r"), span_of(bytes, size));
    size = rig_with_soh("35=F|49=OMS|11=X1|41=C1|55=VOD|54=1|38=100|" TIME, bytes);
    engine_request(rig->engine, span_text("OMS"), span_text("r"), span_of(bytes, size));
    (void)rig_turn_end(rig);
    const char *refused = rig->replies.line[rig->replies.count - 2];
    assert_string_equal("9", rig_value(refused, "35"));
    assert_non_null(strstr(refused, "kill switch of symbol VOD"));
    assert_string_equal("6", rig_value(rig->replies.line[rig->replies.count - 1], "39"));
    rig_settle(rig);
}

static void waiting_orders_are_cancelled_here(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    assert_taken(order(rig, "C2", "BP", "ISA-1"));
    kill_on_scope(rig, "symbol VOD");
    rig_pass(rig, 2000);
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    assert_int_equal(1, rig_orders_in(rig, ORDER_QUEUED));
    assert_true(listed(rig, "|scope=symbol VOD|", "proven"));
    assert_true(listed(rig, "|scope=symbol VOD|", "|cancelled_waiting=1|"));
    rig->broker[0].listening = true;
    rig->broker[1].listening = true;
    rig_wait(rig, 60);
    assert_int_equal(1, rig->broker[0].orders + rig->broker[1].orders);
}

/* A waiting order becomes a dead letter. */
static void make_dead_letter(struct rig *rig, const char *id, bool unsure)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order order;
    rig_turn_begin(rig);
    assert_true(
        order_follow(&rig->engine->view, order_key(key, span_text("OMS"), span_text(id)), &order));
    queue_remove(rig->engine, &order);
    dead_letter_add(rig->engine, &order,
                    &(struct dead_letter_cause){.why = "by the test", .unsure = unsure});
    (void)rig_turn_end(rig);
    rig_settle(rig);
}

static void dead_letters_are_cancelled_but_for_those_that_nobody_is_sure_of(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = false;
    rig->broker[1].listening = false;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    assert_taken(order(rig, "C2", "VOD", "ISA-1"));
    make_dead_letter(rig, "C1", false);
    make_dead_letter(rig, "C2", true);
    kill_on_scope(rig, "all");
    rig_wait(rig, 10);
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    assert_null(rig_event(rig, "|150=4|", "|11=C2|"));
    assert_int_equal(1, rig_orders_in(rig, ORDER_DEAD_LETTER));
    assert_int_equal(1, rig_table_count(rig, TABLE_DEADLETTER));
    assert_true(listed(rig, "|scope=all|", "|state=proven: nothing is working|"));
}

static void a_killed_broker_gets_nothing_and_the_other_goes_on(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    for (unsigned i = 0; i < 4; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "C%u", i);
        assert_taken(order(rig, id, "VOD", "ISA-1"));
    }
    assert_int_equal(2, rig->broker[0].orders);
    kill_on_scope(rig, "broker ALPHA");
    for (unsigned i = 4; i < 8; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "C%u", i);
        assert_taken(order(rig, id, "VOD", "ISA-1"));
    }
    rig_wait(rig, 10);
    assert_int_equal(2, rig->broker[0].orders);
    assert_int_equal(6, rig->broker[1].orders);
    assert_int_equal(6, rig_orders_in(rig, ORDER_ACKED));
    assert_true(listed(rig, "|scope=broker ALPHA|", "proven"));
    kill_on_scope(rig, "broker BETA");
    assert_taken(order(rig, "C8", "VOD", "ISA-1")); /* Waits. */
    rig_wait(rig, 10);
    assert_int_equal(1, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_int_equal(1, rig_orders_in(rig, ORDER_QUEUED));
    kill_off_scope(rig, "broker ALPHA");
    assert_int_equal(3, rig->broker[0].orders);
}

static void a_kill_outlives_a_crash_at_any_release_and_goes_on(void **state)
{
    struct rig *rig = *state;
    for (unsigned releases = 0; releases < 6; releases++) {
        if (releases > 0) {
            rig_renew(rig);
            rig->broker[0].manner = RIG_ACK;
            rig->broker[1].manner = RIG_ACK;
        }
        rig_start(rig);
        assert_taken(order(rig, "C1", "VOD", "ISA-1"));
        assert_taken(order(rig, "C2", "BP", "ISA-2"));
        rig_turn_begin(rig);
        struct limit_scope scope = {.kind = SCOPE_ALL};
        assert_null(kill_on(rig->engine, &scope, span_text("alice"), span_text("halted")));
        (void)rig_turn_end(rig);
        /* Within the first pass. */
        rig_crash_releasing(rig, NULL, releases);
        rig_start(rig);
        assert_killed(order(rig, "C3", "VOD", "ISA-1"));
        rig_wait(rig, 90);
        assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
        assert_true(listed(rig, "|scope=all|", "|state=proven: nothing is working|"));
        assert_true(listed(rig, "|by=alice|", "|reason=halted|"));
    }
}

static void what_is_in_doubt_is_listed_and_nothing_is_proven(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[1].weight = 0;
    rig->broker[1].listening = false;
    rig->broker[0].deaf = true;
    rig_start(rig);
    rig->broker[0].deaf = false;
    rig_wait(rig, 60);
    rig->broker[0].manner = RIG_SILENT;
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig_settle(rig);
    assert_int_equal(1, rig_orders_in(rig, ORDER_IN_DOUBT));
    kill_on_scope(rig, "all");
    rig_wait(rig, 30);
    assert_true(listed(rig, "|scope=all|", "|state=not all is cancelled yet|"));
    assert_true(listed(rig, "|broker=ALPHA|", "|orders=in doubt|left=1|"));
    assert_non_null(rig_event(rig, "AL.critical", "not all is cancelled yet, 1 in doubt"));
    rig->broker[0].listening = true;
    rig->broker[0].manner = RIG_ACK;
    rig_wait(rig, 600);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_true(listed(rig, "|scope=all|", "|state=proven: nothing is working|"));
}

/* Answers the last cancel with OrderCancelReject. */
static void reject_cancel(struct rig *rig, unsigned broker)
{
    char body[256];
    (void)snprintf(body, sizeof(body), "37=O1|11=%s|41=%s|39=0|434=1|102=0|",
                   rig->broker[broker].last_cl_ord_id, rig->broker[broker].last_orig_cl_ord_id);
    rig_broker_says(rig, broker, "9", body);
}

static void a_refused_cancel_is_tried_again_and_told(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[1].weight = 0;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    rig->broker[0].manner = RIG_SILENT;
    kill_on_scope(rig, "all");
    for (unsigned i = 0; i < 4; i++) {
        char before[64];
        (void)snprintf(before, sizeof(before), "%s", rig->broker[0].last_cl_ord_id);
        reject_cancel(rig, 0);
        rig_wait(rig, 60);
        assert_string_equal("F", rig->broker[0].last_msg_type);
        assert_string_not_equal(before, rig->broker[0].last_cl_ord_id);
    }
    assert_non_null(rig_event(rig, "AL.critical", "not all is cancelled yet"));
    assert_non_null(rig_event(rig, "AL.warning", "our cancel of C1 of client OMS came to nothing"));
    assert_null(rig_event(rig, "|35=9|", NULL));
    rig->broker[0].manner = RIG_ACK;
    reject_cancel(rig, 0);
    rig_wait(rig, 120);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_true(listed(rig, "|scope=all|", "proven"));
}

static void a_bust_behind_the_proof_is_found_and_cancelled(void **state)
{
    struct rig *rig = *state;
    rig->broker_configs[1].weight = 0;
    rig->broker[0].manner = RIG_FILL;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    char attempt[64];
    (void)snprintf(attempt, sizeof(attempt), "%s", rig->broker[0].last_cl_ord_id);
    rig->broker[0].manner = RIG_ACK;
    kill_on_scope(rig, "all");
    rig_wait(rig, 10);
    assert_true(listed(rig, "|scope=all|", "proven"));
    char bust[256];
    (void)snprintf(bust, sizeof(bust),
                   "37=O1|17=B1|19=E2|11=%s|150=H|39=0|55=VOD|54=1|14=0|151=100|6=0|", attempt);
    rig_broker_says(rig, 0, "8", bust);
    rig_pass(rig, 1000);
    assert_non_null(rig_event(rig, "|150=4|", "|11=C1|"));
    rig_wait(rig, 10);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_true(listed(rig, "|scope=all|", "|state=proven: nothing is working|"));
}

static void mass_cancel_goes_once_where_the_broker_has_it_and_the_rest_one_by_one(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].mass_cancel = true;
    rig_start(rig);
    for (unsigned i = 0; i < 4; i++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "C%u", i);
        assert_taken(order(rig, id, "VOD", "ISA-1"));
    }
    kill_on_scope(rig, "symbol VOD");
    rig_pass(rig, 500);
    assert_string_equal("q", rig->broker[0].last_msg_type);
    assert_string_equal("F", rig->broker[1].last_msg_type);
    assert_int_equal(2, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    char body[128];
    (void)snprintf(body, sizeof(body), "37=M1|11=%s|530=1|531=0|532=99|58=not today|",
                   rig->broker[0].last_cl_ord_id);
    rig_broker_says(rig, 0, "r", body);
    rig_pass(rig, 1000);
    assert_non_null(rig_event(rig, "AL.warning", "refuses the mass cancel: not today"));
    assert_string_equal("F", rig->broker[0].last_msg_type);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    rig_wait(rig, 10);
    assert_true(listed(rig, "|scope=symbol VOD|", "proven"));
}

static void a_mass_cancel_never_goes_out_again(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].mass_cancel = true;
    rig->broker_configs[1].weight = 0;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    rig->broker[0].deaf = true; /* Loses what is sent from now on. */
    kill_on_scope(rig, "all");
    rig_pass(rig, 100);
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    kill_off_scope(rig, "all");
    rig_wait(rig, 60);
    assert_string_not_equal("q", rig->broker[0].last_msg_type);
    assert_int_equal(1, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
}

static void many_orders_are_cancelled_in_pages(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    for (unsigned i = 0; i < 2 * TURN_KILL_MAX + 50; i++) {
        char text[512];
        uint8_t bytes[512];
        (void)snprintf(text, sizeof(text),
                       "35=D|49=OMS|11=T%u|55=VOD|54=1|38=1|40=2|44=1|59=1|" TIME, i);
        size_t size = rig_with_soh(text, bytes);
        rig_turn_begin(rig);
        engine_request(rig->engine, span_text("OMS"), span_text("r"), span_of(bytes, size));
        (void)rig_turn_end(rig);
    }
    rig_settle(rig);
    assert_int_equal(2 * TURN_KILL_MAX + 50, rig_orders_in(rig, ORDER_ACKED));
    kill_on_scope(rig, "all");
    rig_wait(rig, 10);
    assert_int_equal(0, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    assert_true(listed(rig, "|scope=all|", "proven"));
}

static void several_kills_stand_beside_each_other(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_taken(order(rig, "C1", "VOD", "ISA-1"));
    assert_taken(order(rig, "C2", "BP", "ISA-2"));
    assert_taken(order(rig, "C3", "RR", "ISA-3"));
    kill_on_scope(rig, "symbol VOD");
    kill_on_scope(rig, "account:ISA-2");
    rig_wait(rig, 10);
    assert_int_equal(1, rig_orders_in(rig, ORDER_DEAD_LETTER + 1));
    kill_off_scope(rig, "symbol VOD");
    assert_taken(order(rig, "C4", "VOD", "ISA-1"));
    assert_killed(order(rig, "C5", "VOD", "ISA-2"));
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    static const char *const wrong[] = {"scope=|reason=x", "scope=broker|reason=x",
                                        "scope=broker NOBODY|reason=x", "scope=desk 1|reason=x"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(COMMAND_REFUSED, rig_ask(rig, "alice", "kill.on", wrong[i])->result);
    }
    kill_on_scope(rig, "all");
    assert_int_equal(COMMAND_REFUSED,
                     rig_ask(rig, "alice", "kill.on", "scope=all|reason=x")->result);
    assert_int_equal(COMMAND_REFUSED,
                     rig_ask(rig, "alice", "kill.off", "scope=account 1|reason=x")->result);
}

static void beyond_the_table_a_wider_kill_is_asked_for(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    rig_turn_begin(rig);
    struct limit_scope scope = {.kind = SCOPE_ACCOUNT};
    for (unsigned i = 0; i < KILLS_MAX; i++) {
        (void)snprintf(scope.name, sizeof(scope.name), "A%u", i);
        assert_null(kill_on(rig->engine, &scope, span_text("alice"), span_text("x")));
    }
    (void)snprintf(scope.name, sizeof(scope.name), "A%u", KILLS_MAX);
    assert_non_null(kill_on(rig->engine, &scope, span_text("alice"), span_text("x")));
    (void)rig_turn_end(rig);
    rig_crash(rig);
    rig_start(rig);
    assert_killed(order(rig, "C1", "VOD", "A63"));
    assert_taken(order(rig, "C2", "VOD", "A64"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stop_cancel_and_prove_everything),
        TEST(the_cancel_names_the_order_and_says_what_the_order_said),
        TEST(an_account_is_killed_and_others_go_on),
        TEST(a_replace_in_a_killed_scope_is_refused_and_a_cancel_is_not),
        TEST(waiting_orders_are_cancelled_here),
        TEST(dead_letters_are_cancelled_but_for_those_that_nobody_is_sure_of),
        TEST(a_killed_broker_gets_nothing_and_the_other_goes_on),
        TEST(a_kill_outlives_a_crash_at_any_release_and_goes_on),
        TEST(what_is_in_doubt_is_listed_and_nothing_is_proven),
        TEST(a_refused_cancel_is_tried_again_and_told),
        TEST(a_bust_behind_the_proof_is_found_and_cancelled),
        TEST(mass_cancel_goes_once_where_the_broker_has_it_and_the_rest_one_by_one),
        TEST(a_mass_cancel_never_goes_out_again),
        TEST(many_orders_are_cancelled_in_pages),
        TEST(several_kills_stand_beside_each_other),
        TEST(what_makes_no_sense_is_refused),
        TEST(beyond_the_table_a_wider_kill_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
