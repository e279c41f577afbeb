/* The loop: OMS and bus at one end, brokers at the other, all over real sockets. */
#include "tests/unit/loop_fixture.h"

#include <sys/resource.h>

#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=1.5|59=0|60=20261121-10:00:00|"

static void order_goes_to_the_broker_and_its_execution_to_the_bus(void **state)
{
    struct fixture *fixture = *state;
    char cl_ord_id[64];
    char body[512];
    bus_subscribe(fixture, "ER.");
    broker_log_on(fixture, 0);
    const char *reply = oms_ask(fixture, ORDER("A1"));
    assert_string_equal("8", text_value(reply, "35"));
    assert_string_equal("A", text_value(reply, "150"));
    assert_string_equal("A1", text_value(reply, "11"));

    const char *sent = broker_await(fixture, 0, "D");
    assert_string_equal("VOD", text_value(sent, "55"));
    (void)snprintf(cl_ord_id, sizeof(cl_ord_id), "%s", text_value(sent, "11"));
    (void)snprintf(body, sizeof(body),
                   "37=B1|11=%s|17=E1|150=F|39=2|55=VOD|54=1|38=100|44=1.5|32=100|31=1.5|"
                   "151=0|14=100|6=1.5|60=20261121-10:00:01|",
                   cl_ord_id);
    broker_say(fixture, 0, "8", body);
    const char *event = bus_await(fixture, "ER.ALPHA.VOD");
    while (strcmp(text_value(event, "150"), "F") != 0) {
        event = bus_await(fixture, "ER.ALPHA.VOD");
    }
    assert_string_equal("A1", text_value(event, "11"));
    assert_string_equal("100", text_value(event, "14"));
}

static void order_waits_in_the_queue_until_a_broker_is_there(void **state)
{
    struct fixture *fixture = *state;
    const char *reply = oms_ask(fixture, ORDER("Q1"));
    assert_string_equal("A", text_value(reply, "150"));
    broker_log_on(fixture, 0);
    assert_string_equal("VOD", text_value(broker_await(fixture, 0, "D"), "55"));
}

static void json_is_answered_in_json(void **state)
{
    struct fixture *fixture = *state;
    const char *reply = oms_ask(
        fixture, "{\"Header\":{\"MsgType\":\"D\",\"SenderCompID\":\"OMS\"},\"Body\":{"
                 "\"ClOrdID\":\"J1\",\"Symbol\":\"VOD\",\"Side\":\"1\",\"OrderQty\":\"100\","
                 "\"OrdType\":\"2\",\"Price\":\"1.5\",\"TimeInForce\":\"0\","
                 "\"TransactTime\":\"20261121-10:00:00\"},\"Trailer\":{}}");
    assert_int_equal('{', reply[0]);
    assert_non_null(strstr(reply, "\"ClOrdID\":\"J1\""));
    assert_non_null(strstr(reply, "\"ExecType\":\"A\""));
}

static void delimiter_of_a_req_client_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct span frames[] = {span_of(NULL, 0), span_text("garbage")};
    oms_send(fixture, frames, 2);
    const struct zeromq_frames *back = await_message(fixture, &fixture->oms);
    assert_int_equal(2, back->count);
    assert_int_equal(0, back->list[0].size);
}

static void wrong_requests_are_answered_and_the_next_right_one_too(void **state)
{
    struct fixture *fixture = *state;
    static uint8_t long_request[ENGINE_REQUEST_BYTES_MAX + 1];
    memset(long_request, '8', sizeof(long_request));
    struct span frames[ZEROMQ_FRAMES_MAX + 8];
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        frames[i] = span_text("x");
    }
    struct {
        struct span *frames;
        uint32_t count;
        const char *part;
    } wrong[] = {
        {&(struct span){.data = NULL, .size = 0}, 1, "empty"},
        {frames, 2, "too many frames"},
        {frames, ARRAY_LEN(frames), "too many frames"},
        {&(struct span){.data = long_request, .size = sizeof(long_request)}, 1, "longer than"},
        {frames, 1, ""},
        {&(struct span){.data = (const uint8_t *)"{\"Body\":", .size = 8}, 1, ""},
        {&(struct span){.data = (const uint8_t *)"{}", .size = 2}, 1, ""},
        {&(struct span){.data = (const uint8_t *)"\0\377\001\001==", .size = 6}, 1, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        oms_send(fixture, wrong[i].frames, wrong[i].count);
        const char *reply = oms_reply(fixture);
        assert_true(strstr(reply, "|35=3|") != NULL || strstr(reply, "\"MsgType\":\"3\"") != NULL ||
                    strstr(reply, "|35=j|") != NULL);
        assert_non_null(strstr(reply, wrong[i].part));
    }
    assert_string_equal("A", text_value(oms_ask(fixture, ORDER("W1")), "150"));
}

static void heartbeat_of_the_bus_names_the_last_number(void **state)
{
    struct fixture *fixture = *state;
    bus_subscribe(fixture, "HB");
    (void)oms_ask(fixture, ORDER("H1"));
    uint64_t last = 0;
    while (last == 0) {
        (void)bus_await(fixture, "HB");
        last = bus_seq_decode(fixture->frames.list[1]);
        assert_int_equal(0, fixture->frames.list[3].size);
    }
}

static void json_topics_exist_while_somebody_wants_them(void **state)
{
    struct fixture *fixture = *state;
    bus_subscribe(fixture, "json.OR.");
    bus_subscribe(fixture, "HB");
    (void)bus_await(fixture, "HB"); /* Both subscriptions have arrived. */
    (void)oms_ask(fixture, ORDER("JT1"));
    const char *event = bus_await(fixture, "json.OR.");
    assert_int_equal('{', event[0]);
    assert_non_null(strstr(event, "\"JT1\""));
}

static void broker_that_drops_the_line_is_connected_again(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 3; round++) {
        broker_log_on(fixture, 0);
        (void)close(fixture->broker[0].line);
        fixture->broker[0].line = -1;
    }
    broker_log_on(fixture, 0);
    (void)oms_ask(fixture, ORDER("R1"));
    (void)broker_await(fixture, 0, "D");
}

static void nonsense_from_a_broker_stops_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const char nonsense[] =
        "8=FIX.4.4\0019=99999999999\001GET / HTTP/1.1\r\n\r\n\001\001\001=";
    broker_log_on(fixture, 0);
    broker_accept(fixture, 1);
    (void)send(fixture->broker[1].line, nonsense, sizeof(nonsense), MSG_NOSIGNAL);
    (void)oms_ask(fixture, ORDER("N1"));
    (void)broker_await(fixture, 0, "D");
}

/* More than its socket and the limit of its buffer hold: the orders beyond wait in
 * the queue, and the OMS is answered all the time. */
static void broker_that_does_not_read_delays_nobody(void **state)
{
    struct fixture *fixture = *state;
    enum { ORDERS = 700, TEXT_BYTES = 8000 };
    static char note[TEXT_BYTES + 1];
    static char order[TEXT_BYTES + 256];
    memset(note, 'n', TEXT_BYTES);
    broker_log_on(fixture, 0);
    for (int i = 0; i < ORDERS; i++) {
        (void)snprintf(order, sizeof(order),
                       "35=D|49=OMS|11=S%d|55=VOD|54=1|38=%d|40=2|44=1.5|59=0|58=%s|"
                       "60=20261121-10:00:00|",
                       i, i + 1, note);
        assert_string_equal("A", text_value(oms_ask(fixture, order), "150"));
    }
    for (int i = 0; i < ORDERS; i++) {
        const char *sent = broker_await(fixture, 0, "D");
        assert_int_equal(i + 1, atoi(text_value(sent, "38")));
    }
}

static void client_that_never_reads_delays_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct zeromq_socket deaf = {0};
    fixture_open_client(fixture, ZEROMQ_DEALER, "inproc://orders", &deaf);
    struct span frame = span_text("garbage");
    for (int i = 0; i < 5000; i++) {
        (void)!zeromq_send(&deaf, &frame, 1);
    }
    assert_string_equal("A", text_value(oms_ask(fixture, ORDER("C1")), "150"));
    zeromq_socket_close(&deaf);
    assert_string_equal("A", text_value(oms_ask(fixture, ORDER("C2")), "150"));
}

static void signal_logs_out_and_ends_in_good_order(void **state)
{
    struct fixture *fixture = *state;
    broker_log_on(fixture, 0);
    (void)oms_ask(fixture, ORDER("E1"));
    (void)broker_await(fixture, 0, "D");
    assert_int_equal(0, kill(getpid(), SIGTERM));
    (void)broker_await(fixture, 0, "5");
    broker_say(fixture, 0, "5", "");
    fixture_join(fixture);
    assert_int_equal(STATUS_OK, fixture->ended);
}

static void second_signal_ends_at_once(void **state)
{
    struct fixture *fixture = *state;
    broker_log_on(fixture, 0);
    assert_int_equal(0, kill(getpid(), SIGTERM));
    (void)broker_await(fixture, 0, "5");
    assert_int_equal(0, kill(getpid(), SIGINT));
    fixture_join(fixture); /* Without an answer to the Logout. */
    assert_int_equal(STATUS_OK, fixture->ended);
}

static void store_without_room_refuses_orders_and_says_why(void **state)
{
    struct fixture *fixture = *state;
    broker_log_on(fixture, 0); /* The intake stops; the sessions live on. */
    const char *reply = oms_ask(fixture, ORDER("F1"));
    assert_string_equal("8", text_value(reply, "150"));
    assert_non_null(strstr(text_value(reply, "58"), "disk"));
}

/* Promise 1: what is not on the disk was never said. */
static void failed_commit_releases_nothing_and_ends_with_the_reason(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    broker_log_on(fixture, 0);
    assert_string_equal("A", text_value(oms_ask(fixture, ORDER("X1")), "150"));
    (void)broker_await(fixture, 0, "D");

    assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &before));
    struct rlimit none = {.rlim_cur = 1, .rlim_max = before.rlim_max};
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &none));
    oms_send_text(fixture, ORDER("X2"));
    fixture_join(fixture);
    assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &before));

    assert_int_not_equal(STATUS_OK, fixture->ended);
    assert_non_null(strstr(fixture->error, "nothing of the last turn was released"));
    assert_int_equal(STATUS_BUSY, zeromq_receive(&fixture->oms, &fixture->frames));
    while (broker_read(fixture, 0)) {
        assert_string_not_equal("D", text_value(fixture->text, "35"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(order_goes_to_the_broker_and_its_execution_to_the_bus),
        TEST(order_waits_in_the_queue_until_a_broker_is_there),
        TEST(json_is_answered_in_json),
        TEST(delimiter_of_a_req_client_comes_back),
        TEST(wrong_requests_are_answered_and_the_next_right_one_too),
        TEST(heartbeat_of_the_bus_names_the_last_number),
        TEST(json_topics_exist_while_somebody_wants_them),
        TEST(broker_that_drops_the_line_is_connected_again),
        TEST(nonsense_from_a_broker_stops_nothing),
        TEST(broker_that_does_not_read_delays_nobody),
        TEST(client_that_never_reads_delays_nobody),
        cmocka_unit_test_setup_teardown(store_without_room_refuses_orders_and_says_why,
                                        fixture_setup_without_room, fixture_teardown),
        TEST(failed_commit_releases_nothing_and_ends_with_the_reason),
        TEST(signal_logs_out_and_ends_in_good_order),
        TEST(second_signal_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
