/* Attempts that their orders have left, and that show themselves all the same; cancels that were
 * meant to move an order. */
#include "tests/unit/doubt_fixture.h"

enum { ALPHA, BETA };

static void says(struct rig *rig, unsigned broker, const char *id, const char *fields)
{
    static unsigned exec_id;
    char body[512];
    exec_id += 1;
    (void)snprintf(body, sizeof(body), "37=O1|17=L%u|11=%s|55=VOD|54=1|6=10|%s", exec_id, id,
                   fields);
    rig_broker_says(rig, broker, "8", body);
}

static void keep_name(const struct rig *rig, unsigned broker, char name[64])
{
    (void)snprintf(name, 64, "%s", rig->broker[broker].last_cl_ord_id);
}

/* C1 is partly filled at ALPHA, and a cancel is out so that its rest may move to BETA. */
static void begin_move(struct rig *rig)
{
    char attempt[64];
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    keep_name(rig, ALPHA, attempt);
    says(rig, ALPHA, attempt, "150=F|39=1|32=40|31=10|14=40|151=60|");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    rig_done(rig, "orders.move", "order=OMS/C1");
}

static void a_cancel_of_a_part_moves_nothing(void **state)
{
    struct rig *rig = *state;
    begin_move(rig);
    says(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, "150=4|39=1|14=40|151=20|");
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
    assert_int_equal(0, rig->broker[BETA].orders);
}

static void a_cancel_of_ours_that_was_lost_makes_no_move_of_the_clients_cancel(void **state)
{
    struct rig *rig = *state;
    rig->sessions[ALPHA].persist_messages = false;
    begin_move(rig);
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[ALPHA].session.seq_in_next -= 1; /* It says that it did not get the cancel. */
    come_back(rig);
    assert_non_null(rig_event(rig, "AL.warning", "came to nothing"));
    (void)rig_request(rig, "35=F|49=OMS|11=X1|41=C1|" ABOUT);
    says(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, "150=4|39=4|14=40|151=0|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
    assert_int_equal(0, rig->broker[BETA].orders);
}

/* What no numbers can explain: it was filled over, the echo came, and the broker has it. */
static void an_attempt_that_rises_from_the_dead_is_cancelled(void **state)
{
    struct rig *rig = *state;
    char first[64];
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    keep_name(rig, ALPHA, first);
    rig->broker[ALPHA].session.seq_in_next -= 1;
    rig_drop(rig, ALPHA);
    come_back(rig);
    assert_int_equal(2, order_of(rig, "C1").attempts);
    says(rig, ALPHA, first, "150=0|39=0|14=0|151=100|");
    assert_non_null(rig_event(rig, "AL.critical", "left as dead"));
    rig_pass(rig, 1000);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(first, rig->broker[ALPHA].last_orig_cl_ord_id);
    says(rig, ALPHA, rig->broker[ALPHA].last_cl_ord_id, "150=4|39=4|14=0|151=0|");
    assert_non_null(rig_event(rig, "AL.info", "hunted down"));
    assert_string_equal("SENT", state_of(rig, "C1"));
}

/* C1 in doubt at ALPHA, forced to BETA, and in doubt there, too. */
static void be_in_doubt_twice(struct rig *rig, char first[64], char second[64])
{
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_OPERATOR;
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    keep_name(rig, ALPHA, first);
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    rig_done_by_two(rig, "doubt.reroute", "order=OMS/C1|reason=clients wait");
    keep_name(rig, BETA, second);
    rig->broker[BETA].listening = false;
    rig_drop(rig, BETA);
    rig_settle(rig);
    assert_string_equal("IN_DOUBT", state_of(rig, "C1"));
}

static void what_does_too_much_is_cancelled_with_its_first_word(void **state)
{
    struct rig *rig = *state;
    char first[64];
    char second[64];
    be_in_doubt_twice(rig, first, second);
    come_back(rig);
    says(rig, ALPHA, first, "150=F|39=1|32=40|31=10|14=40|151=60|");
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    rig->broker[BETA].last_msg_type[0] = '\0';
    says(rig, BETA, second, "150=0|39=0|14=0|151=100|");
    rig_pass(rig, 1000);
    assert_string_equal("F", rig->broker[BETA].last_msg_type);
    assert_string_equal(second, rig->broker[BETA].last_orig_cl_ord_id);
}

static void where_leftovers_are_feared_a_gap_fill_ends_no_hunt(void **state)
{
    struct rig *rig = *state;
    char first[64];
    rig->broker_configs[ALPHA].in_doubt_policy = IN_DOUBT_OPERATOR;
    rig->broker_configs[ALPHA].dead_attempt_grace_ns = 60 * SECOND_NS;
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    keep_name(rig, ALPHA, first);
    rig->broker[ALPHA].session.seq_in_next -= 1;
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    rig_done_by_two(rig, "doubt.reroute", "order=OMS/C1|reason=clients wait");
    come_back(rig);
    assert_string_equal("F", rig->broker[ALPHA].last_msg_type);
    assert_string_equal(first, rig->broker[ALPHA].last_orig_cl_ord_id);
    assert_int_equal(1, rig->engine->links[ALPHA].hunt_count);
}

/* Both speak for the attempt that was in doubt when one proposed; it is another by now. */
static void an_approval_is_of_the_order_as_it_was_proposed(void **state)
{
    struct rig *rig = *state;
    rig->broker[ALPHA].manner = RIG_SILENT;
    rig->broker[BETA].manner = RIG_SILENT;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig_settle(rig);
    (void)rig_ask(rig, "jane", "doubt.settle", "order=OMS/C1|outcome=not-received");
    rig->broker[ALPHA].session.seq_in_next -= 1;
    come_back(rig);
    assert_int_equal(2, order_of(rig, "C1").attempts);
    rig->broker[ALPHA].listening = false;
    rig_drop(rig, ALPHA);
    rig->broker[BETA].listening = true;
    rig_pass(rig, 5000);
    assert_string_equal("IN_DOUBT", state_of(rig, "C1"));
    const struct rig_answer *answer = rig_ask(rig, "bob", "approvals.approve", "number=1");
    assert_int_equal(COMMAND_REFUSED, answer->result);
    assert_non_null(strstr(answer->words, "since"));
    assert_int_equal(0, rig->broker[BETA].orders);
}

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, doubt_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_cancel_of_a_part_moves_nothing),
        RIG_TEST(a_cancel_of_ours_that_was_lost_makes_no_move_of_the_clients_cancel),
        RIG_TEST(an_attempt_that_rises_from_the_dead_is_cancelled),
        RIG_TEST(what_does_too_much_is_cancelled_with_its_first_word),
        RIG_TEST(where_leftovers_are_feared_a_gap_fill_ends_no_hunt),
        RIG_TEST(an_approval_is_of_the_order_as_it_was_proposed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
