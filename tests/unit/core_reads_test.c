/* A read of the store that fails, wherever it is in a busy day: the turn is refused, the
 * process ends with the store's reason and not with an assertion of ours, and once it has
 * started again nothing is lost and nothing is doubled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/core_rig.h"

#define TIME "60=20260921-14:13:20|"
#define LINE "55=VOD|54=1|38=100|"

static void order(struct rig *rig, const char *id, const char *more)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "35=D|49=OMS|11=%s|526=%s|" LINE "40=2|44=10.5|" TIME "%s",
                   id, id, more);
    const char *exec_type = rig_value(rig_request(rig, text), "150");
    assert_true(strcmp(exec_type, "A") == 0 || strcmp(exec_type, "I") == 0);
}

static void cancel(struct rig *rig, const char *id, const char *of)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "35=F|49=OMS|11=%s|41=%s|" LINE TIME, id, of);
    assert_string_equal("8", rig_value(rig_request(rig, text), "35"));
}

static void replace(struct rig *rig, const char *id, const char *of)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "35=G|49=OMS|11=%s|526=%s|41=%s|" LINE "40=2|44=10.4|59=1|" TIME, id, of, of);
    assert_string_equal("8", rig_value(rig_request(rig, text), "35"));
}

static const char *status(struct rig *rig, const char *id)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "35=H|49=OMS|11=%s|55=VOD|54=1|", id);
    return rig_request(rig, text);
}

/* The broker takes back the fill of an order. */
static void bust(struct rig *rig, const char *id)
{
    char marker[32];
    char text[256];
    char attempt[64];
    (void)snprintf(marker, sizeof(marker), "|11=%s|", id);
    const char *fill = rig_event(rig, "|150=F|", marker);
    assert_non_null(fill);
    (void)snprintf(attempt, sizeof(attempt), "%s", rig_value(fill, "10004"));
    (void)snprintf(text, sizeof(text),
                   "37=O|17=B-%s|11=%s|150=H|39=0|19=%s|55=VOD|54=1|151=100|"
                   "14=0|6=0|",
                   id, attempt, rig_value(fill, "527"));
    rig_broker_says(rig, 0, "8", text);
}

/* The broker refuses the request that it got last. */
static void refuse_change(struct rig *rig)
{
    char text[256];
    (void)snprintf(text, sizeof(text), "37=O|11=%s|41=%s|39=0|434=1|102=0|",
                   rig->broker[0].last_cl_ord_id, rig->broker[0].last_orig_cl_ord_id);
    rig_broker_says(rig, 0, "9", text);
}

static void with_the_broker(struct rig *rig)
{
    rig->broker[0].manner = RIG_FILL;
    order(rig, "filled", "");
    order(rig, "filled", "");
    rig_broker_repeats(rig, 0);
    order(rig, "busted", "");
    bust(rig, "busted");
    rig->broker[0].manner = RIG_REFUSE;
    order(rig, "refused", "");
    rig->broker[0].manner = RIG_ACK;
    order(rig, "cancelled", "59=1|");
    replace(rig, "replaced", "cancelled");
    replace(rig, "replaced", "cancelled");
    (void)status(rig, "replaced");
    cancel(rig, "cancel", "replaced");
    cancel(rig, "cancel", "replaced");
    order(rig, "kept", "59=1|");
    rig->broker[0].manner = RIG_SILENT;
    cancel(rig, "cancel-kept", "kept");
    refuse_change(rig);
    order(rig, "unanswered", "59=1|");
}

/* It hangs and loses what it has not read, then it is away. */
static void without_the_broker(struct rig *rig)
{
    rig->broker[0].deaf = true;
    order(rig, "lost", "59=1|");
    replace(rig, "replace-lost", "lost");
    rig->broker[0].listening = false;
    if (rig->broker[0].connected) {
        rig_drop(rig, 0);
    }
    rig_settle(rig);
    cancel(rig, "cancel-unanswered", "unanswered");
    order(rig, "queued", "59=1|");
    replace(rig, "replace-queued", "queued");
    order(rig, "queued-cancelled", "59=1|");
    cancel(rig, "cancel-queued", "queued-cancelled");
    order(rig, "expired", "59=6|126=20260921-14:14:00|");
    rig_wait(rig, 60);
}

static void the_broker_is_back(struct rig *rig)
{
    rig->broker[0].listening = true;
    rig->broker[0].deaf = false;
    rig->broker[0].manner = RIG_ACK;
    rig_wait(rig, 20);
    rig_crash(rig);
    rig_start(rig);
    rig->broker[0].manner = RIG_FILL;
    order(rig, "last", "");
    rig_wait(rig, 20);
}

static void check(struct rig *rig, const char *id, const char *state, const char *cum_qty)
{
    char marker[32];
    size_t taken = 0;
    (void)snprintf(marker, sizeof(marker), "|%s", id);
    for (size_t i = 0; i < rig->taken.count; i++) {
        taken += strcmp(rig->taken.line[i], marker) == 0;
    }
    const char *reply = status(rig, id);
    bool was_sent = strlen(rig_value(reply, "10003")) > 0;
    if (strcmp(rig_value(reply, "10005"), state) != 0 || taken != (was_sent ? 1 : 0)) {
        print_error("%s taken %zu times, %s expected: %s\n", id, taken, state, reply);
    }
    assert_string_equal(state, rig_value(reply, "10005"));
    assert_string_equal(cum_qty, rig_value(reply, "14"));
    assert_int_equal(was_sent ? 1 : 0, taken);
}

/* Returns whether the read that was to fail was reached. */
static bool live(struct rig *rig, unsigned reads)
{
    rig->broker[1].listening = false;
    rig->reads_left = reads;
    rig_start(rig);
    with_the_broker(rig);
    without_the_broker(rig);
    the_broker_is_back(rig);
    bool reached = rig->reads_left == UINT_MAX;
    rig->reads_left = UINT_MAX;
    check(rig, "filled", "FILLED", "100");
    check(rig, "busted", "ACKED", "0");
    check(rig, "refused", "REJECTED", "0");
    check(rig, "cancelled", "CANCELLED", "0");
    check(rig, "kept", "ACKED", "0");
    check(rig, "unanswered", "CANCELLED", "0");
    check(rig, "lost", "ACKED", "0");
    check(rig, "queued", "ACKED", "0");
    check(rig, "queued-cancelled", "CANCELLED", "0");
    check(rig, "expired", "EXPIRED", "0");
    check(rig, "last", "FILLED", "100");
    assert_int_equal(3, rig_event_count(rig, "|150=F|"));
    assert_int_equal(1, rig_event_count(rig, "|150=H|"));
    assert_int_equal(rig->events.count, rig_check_events(rig));
    return reached;
}

static void any_read_of_a_busy_day_may_fail_and_nothing_is_lost(void **state)
{
    struct rig *rig = *state;
    unsigned reads = 0;
    for (; live(rig, reads); reads++) {
        rig_renew(rig);
    }
    print_message("%u reads\n", reads);
    assert_true(reads > 100);
}

/* --- The port ---------------------------------------------------------------------- */

enum status __real_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value);
enum status __wrap_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value);

/* What the store says; OK: the store itself is asked. */
static enum status said;

enum status __wrap_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value)
{
    return said != STATUS_OK ? said : __real_store_get(reader, table, key, value);
}

static void absence_is_an_answer_and_the_first_failure_is_kept(void **state)
{
    static const enum status answers[] = {STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_NOT_FOUND,
                                          STATUS_IO};
    (void)state;
    struct apply_reader reader;
    struct span value;
    apply_reader_init(&reader, NULL);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        said = answers[i];
        assert_false(reader.port.get(reader.port.context, TABLE_ORDER, span_text("key"), &value));
        assert_int_equal(i > 0, reader.port.failed);
        assert_int_equal(i > 0 ? STATUS_CORRUPT : STATUS_OK, reader.status);
    }
    said = STATUS_OK;
}

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_read_of_a_busy_day_may_fail_and_nothing_is_lost,
                                        with_rig, rig_teardown),
        cmocka_unit_test(absence_is_an_answer_and_the_first_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
