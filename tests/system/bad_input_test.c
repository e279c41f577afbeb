/* Whatever a client or a broker sends: a clear answer or a logged drop, nothing
 * crashes, leaks, blocks others, or is half done. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fix/builder.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/zeromq.h"
#include "tests/tools/broker_fields.h"
#include "tests/tools/load.h"

enum {
    ANSWER_MS = 10000,
    SETTLE_MS = 30000,
    TEXT_BYTES_MAX = 1024,
    UNREAD_REQUESTS = 30000,
    HUGE_FRAME_BYTES = 3 << 20,
    LONG_REQUEST_BYTES = 100000,
    FRAMES_TOO_MANY = 40,
    NONSENSE_ROUNDS = 6,
    TAG_MSG_TYPE = 35,
    TAG_TEXT = 58,
    TAG_EXEC_TYPE = 150,
};

static struct world *world_begin(const struct world_options *options)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_open(world, options);
    assert_true(world_start(world));
    return world;
}

static void world_finish(struct world *world)
{
    assert_true(process_running(&world->gateway));
    assert_true(world_close(world));
    free(world);
}

static int group_begin(void **state)
{
    const struct world_options options = {.brokers_count = 1};
    *state = world_begin(&options);
    return 0;
}

static int group_end(void **state)
{
    world_finish(*state);
    return 0;
}

static bool has_answer(struct world *world, void *context)
{
    const uint64_t *before = context;
    return oms_counts(world->oms)->answers > *before;
}

/* Sends the frames and waits for the answer to them. */
static struct span ask_frames(struct world *world, const struct span *frames, uint32_t count)
{
    uint64_t before = oms_counts(world->oms)->answers;
    oms_send_raw(world->oms, frames, count);
    assert_true(world_await(world, has_answer, &before, ANSWER_MS, "an answer to bad input"));
    return oms_last_answer(world->oms);
}

static struct span ask(struct world *world, const char *text)
{
    uint8_t bytes[4096];
    size_t size = strlen(text);
    assert_true(size < sizeof bytes);
    for (size_t index = 0; index < size; index++) {
        bytes[index] = text[index] == '|' ? 1 : (uint8_t)text[index];
    }
    struct span frame = span_of(bytes, size);
    return ask_frames(world, &frame, 1);
}

/* The answer is of that MsgType (and ExecType, unless 0), and its Text has `says`. */
static void assert_answer(struct span answer, char type, char exec_type, const char *says)
{
    const char *data = (const char *)answer.data;
    char text[TEXT_BYTES_MAX];
    (void)fields_get(data, answer.size, TAG_TEXT, text, sizeof text);
    bool right =
        fields_char(data, answer.size, TAG_MSG_TYPE, '?') == type &&
        (exec_type == 0 || fields_char(data, answer.size, TAG_EXEC_TYPE, '?') == exec_type) &&
        strstr(text, says) != NULL;
    if (!right) {
        (void)fprintf(stderr, "wanted 35=%c with \"%s\", got: ", type, says);
        for (size_t index = 0; index < answer.size; index++) {
            (void)fputc(data[index] == 1 ? '|' : data[index], stderr);
        }
        (void)fputc('\n', stderr);
    }
    assert_true(right);
}

/* A good order still gets its durable answer and is filled. */
static void assert_serves(struct world *world)
{
    static const char form[] = "35=D|11=GOOD-%u|1=ISA-1|55=VOD|54=1|38=10|40=1|15=GBX|59=0";
    char request[sizeof form + 16];
    (void)snprintf(request, sizeof request, form, (unsigned)oms_requests_count(world->oms));
    uint32_t index = oms_submit(world->oms, request);
    assert_true(world_await(world, world_all_ended, NULL, ANSWER_MS, "a good order filled"));
    assert_int_equal(oms_request(world->oms, index)->answer, 'A');
    assert_int_equal(oms_request(world->oms, index)->ord_status, '2');
}

static void garbage_is_answered_with_a_reject(void **state)
{
    static const char *const garbage[] = {
        "x",
        "|||||",
        "=",
        "35",
        "35=|11=",
        "8=FIX.4.4",
        "8=FIX.4.2|35=D|11=1",
        "35=ZZ|11=1",
        "0=1|1=2",
        "8=FIX.4.4|9=104857600|35=",
        "35=\x80\xff\xfe",
        "GET / HTTP/1.1",
    };
    for (size_t index = 0; index < ARRAY_LEN(garbage); index++) {
        struct span answer = ask(*state, garbage[index]);
        char type = fields_char((const char *)answer.data, answer.size, TAG_MSG_TYPE, '?');
        assert_true(type == '3' || type == 'j' || type == '8');
    }
    assert_serves(*state);
}

static void a_false_body_length_of_an_order_is_no_promise_of_bytes(void **state)
{
    /* Order entry may leave 9 and 10 out or have them wrong (design §5): what counts
     * is the ZeroMQ frame. Nothing waits for, or takes room for, a hundred megabytes. */
    struct span answer = ask(*state, "8=FIX.4.4|9=104857600|35=D|49=OMS|11=BODY-1|55=VOD|54=1|38=1|"
                                     "40=1|60=20261120-09:00:00|526=BODY-1|10=000|");
    assert_true(fields_char((const char *)answer.data, answer.size, TAG_MSG_TYPE, '?') != '?');
    assert_serves(*state);
}

static void a_reject_names_the_field(void **state)
{
    static const struct {
        const char *request;
        char type;
        const char *says;
    } cases[] = {
        {"35=D|49=OMS|11=|55=VOD|54=1|38=1|40=1|60=20261120-09:00:00", 0, "ClOrdID"},
        {"35=D|49=OMS|55=VOD|54=1|38=1|40=1|60=20261120-09:00:00", 0, "ClOrdID"},
        {"35=D|49=OMS|11=F1|55=|54=1|38=1|40=1|60=20261120-09:00:00", 0, "Symbol"},
        {"35=D|49=OMS|11=F2|55=VOD|54=1|38=-5|40=1|60=20261120-09:00:00", 0, "OrderQty"},
        {"35=D|49=OMS|11=F3|55=VOD|54=1|38=99999999999999999999|40=1|60=20261120-09:00:00", 0,
         "OrderQty"},
        {"35=D|49=OMS|11=F4|55=VOD|54=1|38=1e3|40=1|60=20261120-09:00:00", 0, "OrderQty"},
        {"35=D|49=OMS|11=F5|55=VOD|54=Q|38=1|40=1|60=20261120-09:00:00", 0, "Side"},
        {"35=D|49=OMS|11=F6|55=VOD|54=1|38=1|40=2|60=20261120-09:00:00", 0, "Price"},
        {"35=D|49=OMS|11=F7|55=VOD|54=1|38=1|40=2|44=abc|60=20261120-09:00:00", 0, "Price"},
        {"35=D|49=OMS|11=F8|55=VOD|54=1|38=1|40=1|60=yesterday", 0, "TransactTime"},
        {"35=F|49=OMS|11=F9|55=VOD|54=1|38=1|60=20261120-09:00:00", 0, "OrigClOrdID"},
    };
    for (size_t index = 0; index < ARRAY_LEN(cases); index++) {
        struct span answer = ask(*state, cases[index].request);
        char type = fields_char((const char *)answer.data, answer.size, TAG_MSG_TYPE, '?');
        assert_true(type == '3' || type == 'j' || type == '8' || type == '9');
        assert_answer(answer, type, type == '8' ? '8' : 0, cases[index].says);
    }
    assert_serves(*state);
}

static void json_of_the_wrong_shape_is_answered_with_a_reject(void **state)
{
    static const char *const shapes[] = {
        "{",
        "{}",
        "{\"Header\":5}",
        "{\"Header\":{\"MsgType\":\"D\"}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":[]}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":{}}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":null}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"NoSuchField\":\"1\",\"ClOrdID\":\"J1\"}}",
        "{\"Header\":{\"MsgType\":\"D\",\"MsgType\":\"F\"},\"Body\":{\"ClOrdID\":\"J2\"}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":\"J3\",\"ClOrdID\":\"J4\"}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":\"J5\"}} trailing",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"Text\":\"a\\u0001b\",\"ClOrdID\":\"J6\"}}",
        "{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"NoPartyIDs\":[[[[]]]],\"ClOrdID\":\"J7\"}}",
    };
    for (size_t index = 0; index < ARRAY_LEN(shapes); index++) {
        struct span answer = ask(*state, shapes[index]);
        assert_true(answer.size > 0);
        assert_int_equal(answer.data[0], '{'); /* In the encoding of the request. */
        char text[TEXT_BYTES_MAX];
        span_to_text(answer, text, sizeof text);
        assert_non_null(strstr(text, "\"Text\""));
    }
    assert_serves(*state);
}

static void wrong_frames_are_answered_with_a_reject(void **state)
{
    static const uint32_t counts[] = {2, 3, FRAMES_TOO_MANY};
    struct world *world = *state;
    struct span frames[FRAMES_TOO_MANY];
    for (uint32_t index = 0; index < FRAMES_TOO_MANY; index++) {
        frames[index] = span_text("35=D");
    }
    for (size_t index = 0; index < ARRAY_LEN(counts); index++) {
        assert_answer(ask_frames(world, frames, counts[index]), '3', 0, "frame");
    }
    frames[0] = span_of("", 0);
    assert_answer(ask_frames(world, frames, 1), '3', 0, "empty");
    assert_answer(ask_frames(world, frames, 3), '3', 0, "frame");
    assert_serves(world);
}

static void a_request_that_is_too_long_is_answered_with_a_reject(void **state)
{
    static uint8_t bytes[LONG_REQUEST_BYTES];
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "35=D\00158=", 8);
    struct span frame = span_of(bytes, sizeof bytes);
    assert_answer(ask_frames(*state, &frame, 1), '3', 0, "longer");
    bytes[0] = '{';
    struct span answer = ask_frames(*state, &frame, 1);
    assert_int_equal(answer.data[0], '{');
    assert_serves(*state);
}

static void a_frame_beyond_the_limit_costs_only_its_sender(void **state)
{
    struct world *world = *state;
    uint8_t *huge = calloc(1, HUGE_FRAME_BYTES);
    assert_non_null(huge);
    struct zeromq zeromq;
    struct zeromq_socket socket;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
    assert_int_equal(zeromq_open(&zeromq), STATUS_OK);
    assert_int_equal(zeromq_socket_open(&zeromq, &options, &socket, error), STATUS_OK);
    assert_int_equal(zeromq_connect(&socket, world->order_entry_endpoint, error), STATUS_OK);
    struct span frame = span_of(huge, HUGE_FRAME_BYTES);
    assert_int_equal(zeromq_send(&socket, &frame, 1), STATUS_OK);
    assert_serves(world);
    zeromq_socket_close(&socket);
    zeromq_close(&zeromq);
    free(huge);
}

static void a_client_that_never_reads_blocks_nobody(void **state)
{
    struct world *world = *state;
    struct zeromq zeromq;
    struct zeromq_socket socket;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {
        .kind = ZEROMQ_DEALER, .receive_max = 10, .connected_only_off = true};
    assert_int_equal(zeromq_open(&zeromq), STATUS_OK);
    assert_int_equal(zeromq_socket_open(&zeromq, &options, &socket, error), STATUS_OK);
    assert_int_equal(zeromq_connect(&socket, world->order_entry_endpoint, error), STATUS_OK);
    struct span request = span_text("35=H\00149=DEAF\00111=NONE\00155=VOD\00154=1\001");
    uint32_t sent = 0;
    while (sent < UNREAD_REQUESTS) {
        enum status status = zeromq_send(&socket, &request, 1);
        assert_true(status == STATUS_OK || status == STATUS_BUSY);
        sent += status == STATUS_OK ? 1 : 0;
        if (status == STATUS_BUSY) {
            oms_poll(world->oms, 1);
        }
    }
    assert_serves(world);
    zeromq_socket_close(&socket);
    zeromq_close(&zeromq);
}

/* A broker that sends nonsense: a bare TCP server of the test's. */

static int listen_at(uint16_t port)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    assert_true(server >= 0);
    (void)setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(server, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server, 4), 0);
    return server;
}

static const char *const nonsense[NONSENSE_ROUNDS] = {
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "8=FIX.4.4\0019=104857600\00135=A\001",
    "8=FIX.4.4\0019=-5\00135=A\00110=000\001",
    "8=FIX.4.4\0019=5\00135=A\00110=999\001",
    "8=FIX.4.4\0019=99999999999999999999999999\00135=",
    "8=FIX.4.4\0019=5\00135=",
};

static void a_broker_that_sends_nonsense_blocks_nobody(void **state)
{
    (void)state;
    const struct world_options options = {.brokers_count = 2, .foreign_brokers = 1};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_open(world, &options);
    int server = listen_at(world->brokers[0].port);
    assert_true(world_start(world));
    uint32_t rounds = 0;
    uint64_t deadline_ns = process_now_ns() + UINT64_C(30000000000);
    while (rounds < NONSENSE_ROUNDS) {
        assert_true(process_now_ns() < deadline_ns);
        struct pollfd ready = {.fd = server, .events = POLLIN};
        if (poll(&ready, 1, 0) == 0) {
            oms_poll(world->oms, 10);
            continue;
        }
        int client = accept(server, NULL, NULL);
        assert_true(client >= 0);
        char logon[1024];
        ssize_t got = read(client, logon, sizeof logon);
        ssize_t put = write(client, nonsense[rounds], strlen(nonsense[rounds]));
        assert_true(got > 0);
        assert_true(put > 0);
        assert_serves(world);
        (void)close(client);
        rounds++;
    }
    (void)close(server);
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS, "all orders ended"));
    world_finish(world);
}

/* One message of the foreign broker: right in form, whatever it says. False when
 * the gateway has hung up. */
static bool say(int client, uint64_t msg_seq_num, const char *msg_type, const char *fields)
{
    uint8_t bytes[8192];
    uint8_t body[4096];
    size_t size = strlen(fields);
    assert_true(size <= sizeof body);
    for (size_t at = 0; at < size; at++) {
        body[at] = fields[at] == '|' ? 1 : (uint8_t)fields[at];
    }
    struct builder builder;
    builder_begin(&builder, bytes, sizeof bytes, span_text("FIX.4.4"), span_text(msg_type));
    builder_text(&builder, 49, "ALPHA");
    builder_text(&builder, 56, "FIXGATE");
    builder_uint(&builder, 34, msg_seq_num);
    struct clock clock = {.engine_ns = 0};
    builder_timestamp(&builder, 52, clock_read(&clock).engine_ns, 3);
    builder_raw(&builder, span_of(body, size));
    struct span message = builder_finish(&builder);
    return send(client, message.data, message.size, MSG_NOSIGNAL) == (ssize_t)message.size;
}

/* What a broker may say after a right Logon, and should not. */
static const struct {
    const char *msg_type;
    const char *fields;
} wrong_words[] = {
    {"8", "37=O|17=E1|11=NOBODY|150=F|39=2|55=X|54=1|32=1|31=1|14=1|151=0|6=1|"},
    {"8", "37=O|17=E2|11=NOBODY|150=?|39=Z|55=X|54=1|14=-1|151=x|6=1|"},
    {"8", "17=|150=F|"},
    {"8", "37=O|17=E3|11=NOBODY|150=H|19=E0|39=0|55=X|54=1|14=0|151=0|6=0|"},
    {"9", "37=O|11=NOBODY|41=NOBODY|39=8|434=1|"},
    {"3", "45=99999999|58=which one?|"},
    {"j", "45=1|372=A|380=0|"},
    {"j", "45=18446744073709551615|372=D|380=0|"},
    {"D", "11=1|55=X|54=1|60=20260101-00:00:00|40=1|"},
    {"ZZ", "1=1|"},
    {"2", "7=0|16=0|"},
    {"2", "7=4000000000|16=1|"},
    {"4", "123=N|36=1|"},
    {"4", "123=Y|36=0|"},
    {"0", "112=an echo of nothing|"},
};

static void a_broker_that_talks_nonsense_after_its_logon_blocks_nobody(void **state)
{
    (void)state;
    const struct world_options options = {.brokers_count = 2, .foreign_brokers = 1};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_open(world, &options);
    int server = listen_at(world->brokers[0].port);
    assert_true(world_start(world));
    struct pollfd ready = {.fd = server, .events = POLLIN};
    while (poll(&ready, 1, 0) == 0) {
        oms_poll(world->oms, 10);
    }
    int client = accept(server, NULL, NULL);
    char logon[1024];
    assert_true(read(client, logon, sizeof logon) > 0);
    uint64_t msg_seq_num = 1;
    assert_true(say(client, msg_seq_num, "A", "98=0|108=30|"));
    for (size_t i = 0; i < sizeof wrong_words / sizeof wrong_words[0]; i++) {
        msg_seq_num++;
        (void)say(client, msg_seq_num, wrong_words[i].msg_type, wrong_words[i].fields);
        assert_serves(world);
    }
    (void)close(client);
    (void)close(server);
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS, "all orders ended"));
    world_finish(world);
}

int main(void)
{
    const struct CMUnitTest clients[] = {
        cmocka_unit_test(garbage_is_answered_with_a_reject),
        cmocka_unit_test(a_false_body_length_of_an_order_is_no_promise_of_bytes),
        cmocka_unit_test(a_reject_names_the_field),
        cmocka_unit_test(json_of_the_wrong_shape_is_answered_with_a_reject),
        cmocka_unit_test(wrong_frames_are_answered_with_a_reject),
        cmocka_unit_test(a_request_that_is_too_long_is_answered_with_a_reject),
        cmocka_unit_test(a_frame_beyond_the_limit_costs_only_its_sender),
        cmocka_unit_test(a_client_that_never_reads_blocks_nobody),
    };
    const struct CMUnitTest brokers[] = {
        cmocka_unit_test(a_broker_that_sends_nonsense_blocks_nobody),
        cmocka_unit_test(a_broker_that_talks_nonsense_after_its_logon_blocks_nobody),
    };
    int failed = cmocka_run_group_tests(clients, group_begin, group_end);
    return failed + cmocka_run_group_tests(brokers, NULL, NULL);
}
