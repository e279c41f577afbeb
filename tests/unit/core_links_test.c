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
#include "gateway/core/links.h"
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

static int without_rig(void **state)
{
    rig_free(*state);
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

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(another_application_is_told_of_the_session_and_answers_at_once),
        RIG_TEST(what_the_application_refuses_is_answered_with_a_business_reject),
        RIG_TEST(the_application_says_what_may_go_out_again_and_hears_when_it_went),
        RIG_TEST(a_reset_keeps_the_old_queue_as_an_archive_and_begins_a_new_one),
        RIG_TEST(a_logout_before_a_reset_belongs_to_the_day_that_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
