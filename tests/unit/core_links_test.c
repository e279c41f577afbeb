/* Links: the application above them, the outbound queue by session day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/tags.h"
#include "gateway/core/sessions/links.h"
#include "tests/unit/core_rig.h"

#define VOD       "55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"
#define ORDER(id) "35=D|49=OMS|11=" id "|" VOD

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker_configs[1].weight = 0; /* One broker, unless a test says otherwise. */
    *state = rig;
    return 0;
}

/* Records of a session's outbound queue, the archive with it. */
static unsigned out_count(struct rig *rig, uint32_t session)
{
    struct span key;
    struct span value;
    unsigned count = 0;
    enum status status = store_read_begin(rig->store_reader);
    assert_int_equal(STATUS_OK, status);
    status = store_seek(rig->store_reader, TABLE_OUT + session, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        count += 1;
        status = store_after(rig->store_reader, TABLE_OUT + session, key, &key, &value);
    }
    store_read_end(rig->store_reader);
    return count;
}

/* --- The application ---------------------------------------------------------- */

/* Sends an Email back, refuses the rest, and keeps count. */
static unsigned echo_count;
static unsigned in_step_count;
static unsigned dropped_count;
static bool resend_again;
static uint64_t first_sent_ns;

static void echo_deliver(struct engine *engine, struct link *link, const struct message *message,
                         bool poss_dup, bool poss_resend)
{
    (void)poss_dup;
    (void)poss_resend;
    if (!span_is(message_type(message), "C")) {
        link_business_reject(engine, link, message, 3, "only Email here");
    } else if (link_can_send(engine, link, LINK_NEW)) {
        echo_count += 1;
        (void)link_send(engine, link, "C",
                        span_text("164=T\001"
                                  "94=0\001"
                                  "147=hi\001"
                                  "33=1\001"
                                  "58=echo\001"),
                        span_text("tag"));
    }
}

static bool echo_may_resend(struct engine *engine, struct link *link, struct span tag,
                            uint64_t sent_ns)
{
    (void)engine;
    (void)link;
    assert_true(span_is(tag, "tag"));
    first_sent_ns = sent_ns;
    return resend_again;
}

static void echo_in_step(struct engine *engine, struct link *link)
{
    assert_true(link_can_send(engine, link, LINK_NEW));
    in_step_count += 1;
}

static void echo_dropped(struct engine *engine, struct link *link)
{
    assert_false(link_can_send(engine, link, LINK_NEW));
    dropped_count += 1;
}

static const struct application echo = {.deliver = echo_deliver,
                                        .may_resend = echo_may_resend,
                                        .in_step = echo_in_step,
                                        .dropped = echo_dropped};

#define EMAIL "94=0|147=hi|33=1|58=hello|"

static void start_echo(struct rig *rig)
{
    echo_count = 0;
    in_step_count = 0;
    dropped_count = 0;
    resend_again = true;
    rig->config.application = &echo;
    rig_start(rig);
}

static void another_application_is_told_of_the_session_and_answers_at_once(void **state)
{
    struct rig *rig = *state;
    start_echo(rig);
    assert_int_equal(RIG_BROKERS, in_step_count);
    uint64_t before = rig->engine->links[0].session.seq_out_next;
    rig_broker_says(rig, 0, "C", "164=T|" EMAIL);
    assert_int_equal(1, echo_count);
    assert_int_equal(before + 1, rig->engine->links[0].session.seq_out_next);
    assert_int_equal(before + 1, rig->broker[0].session.seq_in_next);
    rig_drop(rig, 0);
    assert_int_equal(1, dropped_count);
}

static void what_the_application_refuses_is_answered_with_a_business_reject(void **state)
{
    struct rig *rig = *state;
    start_echo(rig);
    uint64_t before = rig->broker[0].session.seq_in_next;
    rig_broker_says(rig, 0, "B", "148=news|33=1|58=x|");
    assert_int_equal(0, echo_count);
    assert_int_equal(before + 1, rig->broker[0].session.seq_in_next);
}

static void echo_is_lost_on_the_line(struct rig *rig)
{
    rig->broker[0].deaf = true;
    rig_broker_says(rig, 0, "C", "164=T|" EMAIL);
    rig->broker[0].deaf = false;
    rig->broker[0].to_broker.size = 0;
}

static void the_application_says_what_may_go_out_again_and_hears_when_it_went(void **state)
{
    struct rig *rig = *state;
    start_echo(rig);
    uint64_t sent_ns = rig->now_ns;
    echo_is_lost_on_the_line(rig);
    assert_int_equal(1, echo_count);
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_true(first_sent_ns == sent_ns);
    assert_int_equal(rig->engine->links[0].session.seq_out_next,
                     rig->broker[0].session.seq_in_next);
}

/* --- The outbound queue by session day ------------------------------------------ */

static void a_reset_keeps_the_old_queue_as_an_archive_and_begins_a_new_one(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logon = true;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    unsigned first_day = out_count(rig, 0);
    assert_true(first_day >= 3); /* Logon, TestRequest, order. */
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    unsigned both_days = out_count(rig, 0);
    assert_true(both_days > first_day);
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_true(out_count(rig, 0) > both_days);
}

static void a_logout_before_a_reset_belongs_to_the_day_that_ends(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logout = true;
    rig->broker[0].config.reset_on_logout = true;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig_broker_logs_out(rig, 0, "end of the day");
    rig_drop(rig, 0);
    assert_int_equal(1, rig->engine->links[0].session.seq_out_next);
    assert_int_equal(1, rig->engine->links[0].session.resets);
    rig_crash(rig);
    rig_start(rig); /* Refuses a queue that is ahead of its numbers. */
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void old_session_days_are_purged_a_page_at_a_time_when_it_is_quiet(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logon = true;
    rig->sessions[0].archive_days = 2;
    rig_start(rig);
    for (unsigned i = 0; i < 300; i++) {
        (void)rig_command(rig, 0, SESSION_COMMAND_TEST_REQUEST, false);
    }
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    unsigned both_days = out_count(rig, 0);
    assert_true(both_days > 300);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->now_ns += UINT64_C(47) * 3600 * 1000000000;
    rig_settle(rig);
    assert_int_equal(both_days, out_count(rig, 0));
    rig->now_ns += UINT64_C(3601) * 1000000000;
    rig_settle(rig);
    unsigned today = out_count(rig, 0);
    assert_true(today < 10);
    assert_true(today > 0); /* The present day stays, however old. */
    rig_crash(rig);
    rig_start(rig);
}

static void archives_are_kept_for_ever_unless_a_setting_says_otherwise(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logon = true;
    rig_start(rig);
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    unsigned both_days = out_count(rig, 0);
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->now_ns += UINT64_C(1000) * 86400 * 1000000000;
    rig_settle(rig);
    assert_int_equal(both_days, out_count(rig, 0));
}

static void a_number_of_an_old_day_is_never_resent_on_the_new_one(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.reset_on_logon = true;
    start_echo(rig);
    echo_is_lost_on_the_line(rig);
    first_sent_ns = 0;
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_true(first_sent_ns == 0);
    assert_int_equal(rig->engine->links[0].session.seq_out_next,
                     rig->broker[0].session.seq_in_next);
}

/* --- What does not go out again ---------------------------------------------------- */

static void lose_orders(struct rig *rig, const char *first, const char *second)
{
    rig->broker[0].deaf = true;
    (void)rig_request(rig, first);
    if (second != NULL) {
        (void)rig_request(rig, second);
    }
    rig->broker[0].listening = false;
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
}

static const char *state_of(struct rig *rig, const char *id)
{
    char request[64];
    (void)snprintf(request, sizeof(request), "35=H|49=OMS|11=%s|55=VOD|54=1|", id);
    return rig_value(rig_request(rig, request), "10005");
}

static void a_stale_order_is_gap_filled_and_goes_to_the_dead_letters(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].stale_order_ns = UINT64_C(60) * 1000000000;
    rig_start(rig);
    lose_orders(rig, ORDER("C1"), NULL);
    rig->now_ns += UINT64_C(61) * 1000000000;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(0, rig->broker[0].orders);
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "AL.warning", "older than StaleOrderAge"));
}

/* The broker has an old copy of its state, and asks for what was filled over; our clock was set
 * back, so that the order seems young again. */
static void what_was_filled_over_never_goes_out_after_it(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].stale_order_ns = UINT64_C(60) * 1000000000;
    rig_start(rig);
    lose_orders(rig, ORDER("C1"), NULL);
    rig->now_ns += UINT64_C(61) * 1000000000;
    rig->broker[0].listening = true;
    rig_pass(rig, 3000);
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
    rig_crash(rig);
    rig->broker[0].session.seq_in_next = 3;
    rig->now_ns -= UINT64_C(50) * 1000000000;
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(0, rig->broker[0].orders);
    assert_string_equal("DEAD_LETTER", state_of(rig, "C1"));
}

static void an_order_of_a_time_to_come_is_not_stale(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].stale_order_ns = UINT64_C(60) * 1000000000;
    rig_start(rig);
    lose_orders(rig, ORDER("C1"), NULL);
    rig_crash(rig);
    rig->now_ns -= UINT64_C(30) * 1000000000;
    rig->broker[0].listening = true;
    rig_start(rig);
    rig_pass(rig, 5000);
    assert_int_equal(1, rig->broker[0].orders);
}

static void an_order_that_is_not_stale_yet_goes_on(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].stale_order_ns = UINT64_C(60) * 1000000000;
    rig_start(rig);
    lose_orders(rig, ORDER("C1"), NULL);
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(1, rig->broker[0].orders);
}

static void without_kept_bodies_what_the_broker_missed_never_arrives_and_goes_anew(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].persist_messages = false;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    assert_string_equal("ACKED", state_of(rig, "C1"));
    lose_orders(rig, ORDER("C2"),
                "35=F|49=OMS|11=X1|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:20|");
    rig->broker[0].listening = true;
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(rig->engine->links[0].session.seq_out_next,
                     rig->broker[0].session.seq_in_next);
    assert_int_equal(2, rig->broker[0].orders); /* C2 as another attempt. */
    assert_string_equal("ACKED", state_of(rig, "C2"));
    assert_string_equal("ACKED", state_of(rig, "C1"));
    assert_non_null(rig_event(rig, "PersistMessages=N", "|11=X1|"));
    /* The order can be cancelled anew. */
    (void)rig_request(rig, "35=F|49=OMS|11=X2|41=C1|55=VOD|54=1|38=100|60=20260921-14:13:20|");
    assert_string_equal("CANCELLED", state_of(rig, "C1"));
}

/* The broker had it all the same, and says so later than it asked for it again. */
static void
a_replace_that_counted_as_lost_and_is_accepted_is_the_one_that_was_asked_for(void **state)
{
    struct rig *rig = *state;
    char report[256];
    rig->sessions[0].persist_messages = false;
    rig->broker[0].manner = RIG_ACK;
    rig_start(rig);
    (void)rig_request(rig, ORDER("C1"));
    rig->broker[0].manner = RIG_SILENT;
    (void)rig_request(rig, "35=G|49=OMS|11=R1|41=C1|55=VOD|54=1|38=250|40=2|44=10.5|"
                           "60=20260921-14:13:20|");
    assert_string_equal("G", rig->broker[0].last_msg_type);
    (void)snprintf(report, sizeof(report),
                   "37=O1|17=E99|11=%s|41=%s|150=5|39=0|55=VOD|54=1|151=250|14=0|6=0|",
                   rig->broker[0].last_cl_ord_id, rig->broker[0].last_orig_cl_ord_id);
    rig->broker[0].session.seq_in_next -= 1;
    rig_drop(rig, 0);
    rig_pass(rig, 5000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_non_null(rig_event(rig, "PersistMessages=N", "|11=R1|"));
    /* Meanwhile the OMS asks for another one, which the broker answers first. */
    (void)rig_request(rig, "35=G|49=OMS|11=R2|41=C1|55=VOD|54=1|38=400|40=2|44=10.5|"
                           "60=20260921-14:13:20|");
    rig_broker_says(rig, 0, "8", report);
    const char *event = rig_event(rig, "|150=5|", "|527=E99|");
    assert_string_equal("R1", rig_value(event, "11"));
    assert_string_equal("C1", rig_value(event, "41"));
    assert_string_equal("250", rig_value(event, "38"));
    (void)snprintf(report, sizeof(report),
                   "37=O1|17=E100|11=%s|41=%s|150=5|39=0|55=VOD|54=1|151=400|14=0|6=0|",
                   rig->broker[0].last_cl_ord_id, rig->broker[0].last_orig_cl_ord_id);
    rig_broker_says(rig, 0, "8", report);
    event = rig_event(rig, "|150=5|", "|527=E100|");
    assert_string_equal("R2", rig_value(event, "11"));
    assert_string_equal("400", rig_value(event, "38"));
}

/* A fill may have been in it, and it never comes again by itself. */
static void a_report_that_is_rejected_for_its_content_is_an_alert(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].fix.dictionary = rig->dictionary;
    rig_start(rig);
    rig_broker_says(rig, 0, "8", "37=O1|17=E1|11=x|150=F|39=2|55=VOD|54=1|14=100|151=0|");
    const char *alert = rig_event(rig, "AL.warning", "of type 8 was rejected");
    assert_non_null(alert);
    assert_string_equal("ALPHA", rig_value(alert, "10003"));
    assert_non_null(strstr(alert, "FIX.4.4:FIXGATE->ALPHA: message "));
    rig_broker_says(rig, 0, "0", "11=x|");
    assert_null(rig_event(rig, "AL.warning", "of type 0 was rejected"));
}

static void a_slow_peer_is_cut_off_by_name(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    enum status status = store_read_begin(rig->store_reader);
    assert_int_equal(STATUS_OK, status);
    engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
    engine_backlog(rig->engine, 0, rig->sessions[0].backlog_bytes_max);
    (void)engine_turn_end(rig->engine);
    store_read_end(rig->store_reader);
    assert_int_equal(STATUS_OK, apply_turn(rig->store, &rig->reader, rig->turn, &rig->ports));
    assert_true(rig->close_wanted[0]);
    assert_non_null(rig_said(rig, "FIX.4.4:FIXGATE->ALPHA closing: slow peer cut off: 1048576 "
                                  "bytes unsent, BacklogMax is 1048576"));
}

/* No timer of the session runs during a resend: without a limit, neither its end nor that of
 * the session's day would ever come. */
static void a_peer_that_does_not_read_what_it_asked_for_is_cut_off(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].rate_per_second = 1;
    rig->sessions[0].rate_burst = 20;
    rig->sessions[0].resend_orders = true;
    rig_start(rig);
    rig->broker[0].deaf = true;
    for (int i = 0; i < 10; i++) {
        char order[160];
        (void)snprintf(order, sizeof(order), ORDER("C%d"), i);
        (void)rig_request(rig, order);
    }
    rig_drop(rig, 0);
    rig->broker[0].deaf = false;
    uint64_t next = 0;
    uint64_t end = 0;
    const struct link *link = &rig->engine->links[0];
    for (int i = 0; i < 50 && !session_resend_next(&link->session, &next, &end); i++) {
        rig_pass(rig, 100);
    }
    assert_true(session_resend_next(&link->session, &next, &end));
    rig_backlog(rig, 0, rig->sessions[0].backlog_bytes_high);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    assert_true(engine_deadline_ns(rig->engine) > rig->now_ns);
    rig_wait(rig, 55);
    assert_true(link->connected);
    rig_wait(rig, 10);
    assert_false(link->connected);
    assert_non_null(rig_said(rig, "has not read them for 60 s"));
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGON, false);
    rig_wait(rig, 30);
    assert_int_equal(SESSION_READY, link->session.state);
    assert_int_equal(10, rig->broker[0].orders);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(another_application_is_told_of_the_session_and_answers_at_once),
        RIG_TEST(what_the_application_refuses_is_answered_with_a_business_reject),
        RIG_TEST(the_application_says_what_may_go_out_again_and_hears_when_it_went),
        RIG_TEST(a_reset_keeps_the_old_queue_as_an_archive_and_begins_a_new_one),
        RIG_TEST(a_logout_before_a_reset_belongs_to_the_day_that_ends),
        RIG_TEST(old_session_days_are_purged_a_page_at_a_time_when_it_is_quiet),
        RIG_TEST(archives_are_kept_for_ever_unless_a_setting_says_otherwise),
        RIG_TEST(a_number_of_an_old_day_is_never_resent_on_the_new_one),
        RIG_TEST(a_stale_order_is_gap_filled_and_goes_to_the_dead_letters),
        RIG_TEST(what_was_filled_over_never_goes_out_after_it),
        RIG_TEST(an_order_of_a_time_to_come_is_not_stale),
        RIG_TEST(an_order_that_is_not_stale_yet_goes_on),
        RIG_TEST(without_kept_bodies_what_the_broker_missed_never_arrives_and_goes_anew),
        RIG_TEST(a_replace_that_counted_as_lost_and_is_accepted_is_the_one_that_was_asked_for),
        RIG_TEST(a_report_that_is_rejected_for_its_content_is_an_alert),
        RIG_TEST(a_slow_peer_is_cut_off_by_name),
        RIG_TEST(a_peer_that_does_not_read_what_it_asked_for_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
