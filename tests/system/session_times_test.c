/* Session times by the true clock: windows that open and close within seconds of the test's
 * start, in zones with daylight saving, and ResetSeqTime with and without open orders. The
 * broker is a socket of this test (sink.h), which sees what goes out and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/gateway_process.h"
#include "tests/tools/oms.h"
#include "tests/tools/reflector_client.h"
#include "tests/tools/sink.h"

enum {
    TEXT_BYTES_MAX = 1024,
    CLOCK_BYTES = 16,
    LEAD_SECONDS = 5, /* From the start of a test to the border that it waits for. */
    GAP_SECONDS = 2,  /* Between the session days. */
    LATE_SECONDS_MAX = 15,
    POLL_MS = 5,
};

struct fixture {
    struct gateway_process gateway;
    struct reflector_process reflector;
    struct sink sink;
    struct client client;
    struct oms *oms;
    char order_entry[PROCESS_PATH_BYTES_MAX]; /* Which the OMS borrows. */
    char bus[PROCESS_PATH_BYTES_MAX];
    char replay[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
};

/* --- Time ------------------------------------------------------------------- */

/* time() may be some milliseconds behind. */
static time_t now(void)
{
    struct timespec time;
    assert_int_equal(0, clock_gettime(CLOCK_REALTIME, &time));
    return time.tv_sec;
}

/* "HH:MM:SS" of an instant, as the clocks of `zone` show it. */
static void clock_text(const char *zone, time_t instant, char text[CLOCK_BYTES])
{
    struct tm parts;
    assert_int_equal(0, setenv("TZ", zone, 1));
    tzset();
    assert_non_null(localtime_r(&instant, &parts));
    assert_true(strftime(text, CLOCK_BYTES, "%H:%M:%S", &parts) > 0);
}

/* --- Processes -------------------------------------------------------------- */

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    gateway_open(&fixture->gateway);
    fixture->client.line = -1;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->oms != NULL) {
        oms_close(fixture->oms);
    }
    if (fixture->sink.port != 0) {
        sink_close(&fixture->sink); /* First: nobody answers the gateway's Logout. */
    }
    client_hang_up(&fixture->client);
    int code = fixture->gateway.process.starts > 0 ? gateway_stop(&fixture->gateway) : 0;
    gateway_remove(&fixture->gateway, false);
    if (fixture->reflector.process.starts > 0) {
        code += reflector_stop(&fixture->reflector);
        reflector_remove(&fixture->reflector);
    }
    free(fixture);
    return code;
}

static void start_gateway(struct fixture *fixture, const char *settings)
{
    char text[TEXT_BYTES_MAX];
    sink_open(&fixture->sink, "ALPHA", process_free_port(0));
    (void)snprintf(
        text, sizeof(text),
        "[SESSION]\nBroker=ALPHA\nTargetCompID=ALPHA\nHeartBtInt=5\nOrderStatusRequest=N\n"
        "SocketConnectHost=127.0.0.1\nSocketConnectPort=%u\n%s",
        (unsigned)fixture->sink.port, settings);
    gateway_configure(&fixture->gateway, text);
    gateway_start(&fixture->gateway);
}

/* The gateway's next connection, logged on with numbers from 1. */
static void take_logon(struct fixture *fixture)
{
    struct sink *sink = &fixture->sink;
    struct pollfd ready = {.fd = sink->server, .events = POLLIN};
    assert_int_equal(1, poll(&ready, 1, GATEWAY_WAIT_MS));
    sink->seq = 1;
    sink_log_on(sink);
    assert_true(gateway_awaits(&fixture->gateway, "ALPHA", "state", "READY"));
    assert_string_equal("3", gateway_value(&fixture->gateway, "ALPHA", "seq_out_next"));
}

/* Waits until the broker has got bytes with `text`; '|' for SOH. */
static void await_bytes(struct fixture *fixture, const char *text)
{
    char wanted[128];
    uint64_t end_ns = process_now_ns() + (uint64_t)GATEWAY_WAIT_MS * 1000000u;
    (void)snprintf(wanted, sizeof(wanted), "%s", text);
    for (char *at = wanted; *at != '\0'; at++) {
        *at = *at == '|' ? '\001' : *at;
    }
    while (!sink_holds(&fixture->sink, wanted)) {
        assert_true(process_now_ns() < end_ns);
        (void)!sink_read(&fixture->sink, POLL_MS);
    }
}

/* The session is alive, and everything that was sent before has come. */
static void assert_alive(struct fixture *fixture)
{
    assert_int_equal(0, gateway_ask(&fixture->gateway, "session test ALPHA"));
    await_bytes(fixture, "|35=1|");
}

/* --- Orders ----------------------------------------------------------------- */

static const char *path_of(const struct fixture *fixture, char path[PROCESS_PATH_BYTES_MAX],
                           const char *scheme, const char *name)
{
    (void)snprintf(path, PROCESS_PATH_BYTES_MAX, "%s%.400s/%s", scheme, fixture->gateway.directory,
                   name);
    return path;
}

/* An order that the broker gets and does not answer. */
static uint32_t place_order(struct fixture *fixture)
{
    const struct oms_config config = {
        .comp_id = "OMS",
        .order_entry_endpoint =
            path_of(fixture, fixture->order_entry, "ipc://", "store/order-entry.ipc"),
        .bus_endpoint = path_of(fixture, fixture->bus, "ipc://", "store/bus.ipc"),
        .replay_endpoint = path_of(fixture, fixture->replay, "ipc://", "store/replay.ipc"),
        .journal_path = path_of(fixture, fixture->journal, "", "oms.log"),
        .resubmit_ns = UINT64_C(2000000000)};
    fixture->oms = oms_open(&config);
    assert_non_null(fixture->oms);
    uint32_t order =
        oms_submit(fixture->oms, "35=D|11=S1|1=ISA-204817|55=VOD|54=1|38=100|40=2|44=71.24|15=GBX|"
                                 "59=1|60=20261120-09:00:00.000|");
    oms_poll(fixture->oms, POLL_MS);
    await_bytes(fixture, "|35=D|");
    return order;
}

static void await_state(struct fixture *fixture, uint32_t order, const char *state)
{
    uint64_t end_ns = process_now_ns() + (uint64_t)GATEWAY_WAIT_MS * 1000000u;
    while (strcmp(oms_request(fixture->oms, order)->state, state) != 0) {
        assert_true(process_now_ns() < end_ns);
        oms_poll(fixture->oms, POLL_MS);
    }
}

/* --- Session days ----------------------------------------------------------- */

/* Yesterday's session day ends in some seconds, today's begins a little later. */
static void pass_a_session_day(struct fixture *fixture, const char *zone)
{
    char settings[TEXT_BYTES_MAX / 2];
    char begin_text[CLOCK_BYTES];
    char end_text[CLOCK_BYTES];
    time_t end = now() + LEAD_SECONDS;
    time_t begin = end + GAP_SECONDS;
    clock_text(zone, begin, begin_text);
    clock_text(zone, end, end_text);
    (void)snprintf(settings, sizeof(settings), "TimeZone=%s\nStartTime=%s\nEndTime=%s\n", zone,
                   begin_text, end_text);
    start_gateway(fixture, settings);
    take_logon(fixture);
    uint32_t order = place_order(fixture);
    assert_true(now() < end);

    await_bytes(fixture, "|58=session time is over|");
    assert_true(now() >= end);
    assert_true(now() < end + LATE_SECONDS_MAX);
    sink_say(&fixture->sink, "5", span_of(NULL, 0));
    await_state(fixture, order, "IN_DOUBT");

    (void)close(fixture->sink.client);
    fixture->sink.client = -1;
    take_logon(fixture); /* Which finds that the numbers are from 1. */
    assert_true(now() >= begin);
    assert_true(now() < begin + LATE_SECONDS_MAX);

    /* What the broker says of it by old numbers will never come: it is not sent again, and
     * stays where it is until a person has asked. */
    assert_true(gateway_logs(&fixture->gateway, "orders had no word of the broker: nothing is "
                                                "proven of them"));
    assert_alive(fixture);
    assert_false(sink_holds(&fixture->sink, "\00135=D\001"));
    assert_string_equal("1", gateway_value(&fixture->gateway, "ALPHA", "unacknowledged"));
    oms_poll(fixture->oms, POLL_MS);
    assert_string_equal("IN_DOUBT", oms_request(fixture->oms, order)->state);
}

static void session_day_ends_and_the_next_begins_by_the_clocks_of_london(void **state)
{
    pass_a_session_day(*state, "Europe/London");
}

static void session_day_ends_and_the_next_begins_by_the_clocks_of_new_york(void **state)
{
    pass_a_session_day(*state, "America/New_York");
}

static void initiator_connects_when_its_time_has_come(void **state)
{
    struct fixture *fixture = *state;
    char settings[TEXT_BYTES_MAX / 2];
    char begin_text[CLOCK_BYTES];
    char end_text[CLOCK_BYTES];
    time_t begin = now() + GAP_SECONDS;
    clock_text("America/New_York", begin, begin_text);
    clock_text("Europe/London", begin + 28800, end_text);
    (void)snprintf(settings, sizeof(settings),
                   "StartTime=%s America/New_York\nEndTime=%s Europe/London\n", begin_text,
                   end_text);
    start_gateway(fixture, settings);
    take_logon(fixture);
    assert_true(now() >= begin);
    assert_true(now() < begin + LATE_SECONDS_MAX);
    assert_int_equal(1, process_log_count(&fixture->gateway.process, " connecting to endpoint"));
}

static void acceptor_refuses_without_a_word_until_its_time_has_come(void **state)
{
    struct fixture *fixture = *state;
    struct client *client = &fixture->client;
    static struct settings_words words;
    char settings[TEXT_BYTES_MAX / 2];
    char begin_text[CLOCK_BYTES];
    char end_text[CLOCK_BYTES];
    time_t begin = now() + LEAD_SECONDS;
    clock_text("UTC", begin, begin_text);
    clock_text("UTC", begin + 3600, end_text);
    (void)snprintf(settings, sizeof(settings), "StartTime=%s\nEndTime=%s\n", begin_text, end_text);
    settings_split(&words, settings);
    reflector_begin(&fixture->reflector, words.list);
    client_open(client, "PEER", fixture->reflector.port);

    client_connect(client);
    assert_true(client_send(client, "A", "98=0|108=30|"));
    assert_false(client_read(client)); /* The line has ended, */
    assert_int_equal(0, client->used); /* and nothing was said. */
    assert_true(now() < begin);
    assert_true(reflector_logs(&fixture->reflector, "refused: it is not the session's time; "
                                                    "SenderCompID=PEER"));
    do {
        process_pause(POLL_MS);
        client->seq = 1;
    } while (!client_log_on(client) && now() < begin + LATE_SECONDS_MAX);
    assert_true(now() >= begin);
    assert_string_equal("1", client_value(client, "34"));
}

/* --- ResetSeqTime ----------------------------------------------------------- */

static time_t start_with_reset_time(struct fixture *fixture)
{
    char settings[TEXT_BYTES_MAX / 2];
    char text[CLOCK_BYTES];
    time_t instant = now() + LEAD_SECONDS;
    clock_text("Europe/London", instant, text);
    (void)snprintf(settings, sizeof(settings), "TimeZone=Europe/London\nResetSeqTime=%s\n", text);
    start_gateway(fixture, settings);
    take_logon(fixture);
    assert_true(now() < instant);
    return instant;
}

/* The gateway asks for numbers from 1 in the running session, and gets them. */
static void take_reset(struct fixture *fixture)
{
    await_bytes(fixture, "|141=Y|");
    assert_true(sink_holds(&fixture->sink, "\00134=1\001"));
    fixture->sink.used = 0;
    fixture->sink.seq = 1;
    sink_say(&fixture->sink, "A", span_text("98=0\001108=5\001141=Y\001"));
    assert_true(gateway_awaits(&fixture->gateway, "ALPHA", "seq_in_next", "2"));
    assert_alive(fixture);
    assert_false(sink_holds(&fixture->sink, "\001141=Y\001")); /* Once is enough. */
    assert_int_equal(0, process_log_count(&fixture->gateway.process, " disconnected: "));
}

static void await_postponed(struct fixture *fixture, time_t instant)
{
    assert_true(gateway_logs(&fixture->gateway, "ResetSeqTime has come, but 1 orders are open"));
    assert_true(now() >= instant);
    assert_alive(fixture);
    assert_false(sink_holds(&fixture->sink, "\001141=Y\001"));
}

static void reset_time_resets_a_running_session(void **state)
{
    struct fixture *fixture = *state;
    time_t instant = start_with_reset_time(fixture);
    take_reset(fixture);
    assert_true(now() >= instant);
}

static void reset_waits_for_open_orders_or_a_confirmation(void **state)
{
    struct fixture *fixture = *state;
    time_t instant = start_with_reset_time(fixture);
    uint32_t order = place_order(fixture);
    await_postponed(fixture, instant);
    assert_int_equal(1, gateway_ask(&fixture->gateway, "session reset ALPHA"));
    assert_non_null(strstr(fixture->gateway.output, "1 orders are open there"));
    assert_int_equal(0, gateway_ask(&fixture->gateway, "session reset ALPHA --confirm"));
    take_reset(fixture);
    oms_poll(fixture->oms, POLL_MS);
    assert_string_not_equal("FILLED", oms_request(fixture->oms, order)->state);
}

static void reset_is_done_when_the_last_order_has_ended(void **state)
{
    struct fixture *fixture = *state;
    char id[80];
    char report[256];
    char seen[4096];
    time_t instant = start_with_reset_time(fixture);
    uint32_t order = place_order(fixture);
    span_to_text(span_of(fixture->sink.bytes, fixture->sink.used), seen, sizeof(seen));
    const char *placed = strstr(seen, "\00135=D\001");
    const char *field = strstr(placed != NULL ? placed : "", "\00111=");
    if (field == NULL) {
        fail_msg("the order has no ClOrdID(11)");
        return;
    }
    span_to_text(span_of(field + 4, strcspn(field + 4, "\001")), id, sizeof(id));
    await_postponed(fixture, instant);

    (void)snprintf(report, sizeof(report),
                   "37=B1\00111=%s\00117=E1\001150=4\00139=4\00155=VOD\00154=1\00138=100\001"
                   "151=0\00114=0\0016=0\00160=20261120-09:00:01.000\001",
                   id);
    sink_say(&fixture->sink, "8", span_text(report));
    take_reset(fixture);
    await_state(fixture, order, "CANCELLED");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(session_day_ends_and_the_next_begins_by_the_clocks_of_london),
        TEST(session_day_ends_and_the_next_begins_by_the_clocks_of_new_york),
        TEST(initiator_connects_when_its_time_has_come),
        TEST(acceptor_refuses_without_a_word_until_its_time_has_come),
        TEST(reset_time_resets_a_running_session),
        TEST(reset_waits_for_open_orders_or_a_confirmation),
        TEST(reset_is_done_when_the_last_order_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
