/* The bus client against a gateway that the test plays: its publisher and its replay
 * service, driven by hand in between, so that each loss happens exactly where it
 * should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/bus_client.h"
#include "gateway/core/engine/event.h"

#include <stdio.h>
#include <unistd.h>

enum { STEP_MS = 5, STEPS_MAX = 2000 };

/* What the played gateway has committed: events 1 to `last`. */
struct gateway {
    struct zeromq zeromq;
    struct zeromq_socket bus;
    struct zeromq_socket replay;
    struct zeromq_frames frames;
    char bus_endpoint[96];
    char replay_endpoint[96];
    uint64_t instance_id;
    uint64_t last;
    uint64_t first;    /* Older ones are not kept any more. */
    uint32_t page_max; /* Events per answer, whatever was asked for; 0 = as asked. */
    uint32_t requests;
    bool mute;  /* Requests are taken and not answered. */
    bool error; /* Requests are answered with ERROR. */
};

static struct gateway gateway;
static struct bus_client client;
static struct bus_event event;

/* A socket that was closed a moment ago lets go of its name a moment later. */
static void bind_socket(struct zeromq_socket *socket, const char *endpoint)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    enum status status = STATUS_BUSY;
    for (uint32_t i = 0; i < STEPS_MAX && status == STATUS_BUSY; i++) {
        status = zeromq_bind(socket, endpoint, error);
        if (status == STATUS_BUSY) {
            struct zeromq_poll item = {.socket = socket};
            assert_int_equal(zeromq_poll(&item, 1, STEP_MS), STATUS_OK);
        }
    }
    assert_int_equal(status, STATUS_OK);
}

static void open_sockets(void)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    const struct zeromq_options bus = {.kind = ZEROMQ_XPUB};
    const struct zeromq_options replay = {.kind = ZEROMQ_ROUTER};
    assert_int_equal(zeromq_socket_open(&gateway.zeromq, &bus, &gateway.bus, error), STATUS_OK);
    assert_int_equal(zeromq_socket_open(&gateway.zeromq, &replay, &gateway.replay, error),
                     STATUS_OK);
    bind_socket(&gateway.bus, gateway.bus_endpoint);
    bind_socket(&gateway.replay, gateway.replay_endpoint);
}

static int setup_at(const char *prefix)
{
    memset(&gateway, 0, sizeof(gateway));
    (void)snprintf(gateway.bus_endpoint, sizeof(gateway.bus_endpoint), "%s-%d-bus", prefix,
                   getpid());
    (void)snprintf(gateway.replay_endpoint, sizeof(gateway.replay_endpoint), "%s-%d-replay", prefix,
                   getpid());
    gateway.instance_id = 7;
    gateway.first = 1;
    assert_int_equal(zeromq_open(&gateway.zeromq), STATUS_OK);
    open_sockets();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_at("inproc://fixgate");
}

/* inproc:// does not connect again. */
static int setup_ipc(void **state)
{
    (void)state;
    return setup_at("ipc:///tmp/fixgate");
}

static void close_sockets(void)
{
    zeromq_frames_release(&gateway.frames);
    zeromq_socket_close(&gateway.bus);
    zeromq_socket_close(&gateway.replay);
}

static int teardown(void **state)
{
    (void)state;
    bus_client_close(&client);
    close_sockets();
    zeromq_close(&gateway.zeromq);
    if (strncmp(gateway.bus_endpoint, "ipc://", 6) == 0) {
        (void)unlink(gateway.bus_endpoint + 6);
        (void)unlink(gateway.replay_endpoint + 6);
    }
    return 0;
}

static const char *topic_of(uint64_t seq)
{
    return seq % 2 == 0 ? "OR.QUEUED.VOD" : "ER.ALPHA.VOD";
}

static struct span number(uint64_t value, uint8_t bytes[8])
{
    bus_seq_encode(value, bytes);
    return span_of(bytes, 8);
}

/* Sends a live message; what subscribers there are get it. */
static void send_live(const char *topic, uint64_t seq)
{
    uint8_t seq_bytes[8];
    uint8_t instance_bytes[8];
    char message[32];
    (void)snprintf(message, sizeof(message), "35=8|%llu", (unsigned long long)seq);
    const struct span frames[] = {span_text(topic), number(seq, seq_bytes),
                                  number(gateway.instance_id, instance_bytes),
                                  span_text(strcmp(topic, "HB") == 0 ? "" : message)};
    assert_int_equal(zeromq_send(&gateway.bus, frames, 4), STATUS_OK);
}

/* Commits an event, and publishes it unless it gets lost. */
static void commit(bool lost)
{
    gateway.last += 1;
    if (!lost) {
        send_live(topic_of(gateway.last), gateway.last);
    }
}

static void send_end(struct span identity, uint64_t next)
{
    uint8_t bytes[3][8];
    const struct span frames[] = {identity, span_text("END"), number(next, bytes[0]),
                                  number(gateway.last, bytes[1]),
                                  number(gateway.instance_id, bytes[2])};
    assert_int_equal(zeromq_send(&gateway.replay, frames, 5), STATUS_OK);
}

static void send_event(struct span identity, uint64_t seq)
{
    uint8_t bytes[2][8];
    char message[32];
    (void)snprintf(message, sizeof(message), "35=8|%llu", (unsigned long long)seq);
    const struct span frames[] = {identity,
                                  span_text("EVENT"),
                                  span_text(topic_of(seq)),
                                  number(seq, bytes[0]),
                                  number(gateway.instance_id, bytes[1]),
                                  span_text(message)};
    assert_int_equal(zeromq_send(&gateway.replay, frames, 6), STATUS_OK);
}

static bool asked_for(const struct span *topics, uint32_t count, uint64_t seq)
{
    for (uint32_t i = 0; i < count; i++) {
        if (topic_matches(span_text(topic_of(seq)), topics[i])) {
            return true;
        }
    }
    return count == 0;
}

/* Answers the requests that are there, as gateway/shell/replay.h says. */
static void serve(void)
{
    while (zeromq_receive(&gateway.replay, &gateway.frames) == STATUS_OK) {
        const struct span *frames = gateway.frames.list;
        gateway.requests += 1;
        assert_true(gateway.frames.count >= 4);
        assert_true(span_is(frames[1], "REPLAY"));
        assert_int_equal(frames[2].size, 8);
        assert_int_equal(frames[3].size, 4);
        if (gateway.mute) {
            continue;
        }
        if (gateway.error) {
            const struct span answer[] = {frames[0], span_text("ERROR"), span_text("busy")};
            assert_int_equal(zeromq_send(&gateway.replay, answer, 3), STATUS_OK);
            continue;
        }
        uint64_t seq = bus_seq_decode(frames[2]);
        uint32_t most = (uint32_t)frames[3].data[2] << 8 | frames[3].data[3];
        most = gateway.page_max > 0 ? gateway.page_max : most;
        seq = seq < gateway.first ? gateway.first : seq;
        for (uint32_t sent = 0; seq <= gateway.last && sent < most; seq++) {
            if (asked_for(frames + 4, gateway.frames.count - 4, seq)) {
                send_event(frames[0], seq);
                sent += 1;
            }
        }
        send_end(frames[0], seq);
    }
}

/* Notes of the publisher about subscriptions: true once the client is there. */
static bool subscribed(void)
{
    bool there = false;
    while (zeromq_receive(&gateway.bus, &gateway.frames) == STATUS_OK) {
        there = there || gateway.frames.list[0].data[0] == 1;
    }
    return there;
}

static void open_client(uint64_t from_seq, const char *const *topics, uint32_t topics_count)
{
    char error[BUS_CLIENT_ERROR_BYTES_MAX];
    const struct bus_client_config config = {.zeromq = &gateway.zeromq,
                                             .bus_endpoint = gateway.bus_endpoint,
                                             .replay_endpoint = gateway.replay_endpoint,
                                             .from_seq = from_seq,
                                             .topics = topics,
                                             .topics_count = topics_count};
    assert_int_equal(bus_client_open(&client, &config, error), STATUS_OK);
    bool there = false;
    for (uint32_t i = 0; i < STEPS_MAX && !there; i++) {
        there = subscribed();
        assert_int_equal(bus_client_next(&client, 1, &event), BUS_CLIENT_TIMEOUT);
    }
    assert_true(there);
}

/* The next result that is no timeout, with the replay service answering meanwhile. */
static enum bus_client_result next(void)
{
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        enum bus_client_result result = bus_client_next(&client, STEP_MS, &event);
        if (result != BUS_CLIENT_TIMEOUT) {
            return result;
        }
        serve();
    }
    return BUS_CLIENT_TIMEOUT;
}

static void assert_event(uint64_t seq)
{
    assert_int_equal(next(), BUS_CLIENT_EVENT);
    assert_int_equal(event.bus_seq, seq);
    assert_int_equal(event.instance_id, gateway.instance_id);
    assert_true(span_is(event.topic, topic_of(seq)));
    char message[32];
    (void)snprintf(message, sizeof(message), "35=8|%llu", (unsigned long long)seq);
    assert_true(span_is(event.message, message));
}

static void assert_nothing(void)
{
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(bus_client_next(&client, 1, &event), BUS_CLIENT_TIMEOUT);
        serve();
    }
}

static void live_events_come_in_order(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    gateway.last = 41;
    commit(false);
    commit(false);
    assert_event(42);
    assert_event(43);
    assert_nothing();
    assert_int_equal(gateway.requests, 0);
}

static void past_events_come_before_live_ones_each_once(void **state)
{
    (void)state;
    gateway.last = 5;
    open_client(2, NULL, 0);
    commit(false); /* 6 comes live and by replay. */
    for (uint64_t seq = 2; seq <= 6; seq++) {
        assert_event(seq);
    }
    commit(false);
    assert_event(7);
    assert_nothing();
}

static void gap_is_filled_by_replay(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    assert_event(1);
    commit(true);
    commit(true);
    commit(false);
    for (uint64_t seq = 2; seq <= 4; seq++) {
        assert_event(seq);
    }
    assert_int_equal(client.gaps_count, 1);
    assert_int_equal(client.replayed_count, 3);
    commit(false);
    assert_event(5);
    assert_int_equal(client.gaps_count, 1);
}

static void heartbeat_shows_a_loss_at_the_end(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    assert_event(1);
    commit(true);
    send_live("HB", 2);
    assert_event(2);
    send_live("HB", 2);
    assert_nothing();
    assert_int_equal(client.gaps_count, 1);
}

/* The gateway is back within the time in which silence would make us ask. */
static void heartbeat_from_before_what_was_had_asks_whether_the_store_went_back(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    commit(false);
    commit(false);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        assert_event(seq);
    }
    send_live("HB", 1); /* Only late: replay knows all three. */
    assert_nothing();
    commit(false);
    assert_event(4);
    gateway.last = 2;
    send_live("HB", 2);
    assert_int_equal(next(), BUS_CLIENT_BACKWARD);
}

static void heartbeat_alone_tells_where_now_is(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    gateway.last = 9;
    send_live("HB", 9);
    assert_nothing();
    commit(true);
    commit(false);
    assert_event(10);
    assert_event(11);
}

static void pages_of_a_replay_follow_each_other(void **state)
{
    (void)state;
    gateway.last = 25;
    gateway.page_max = 4;
    open_client(1, NULL, 0);
    for (uint64_t seq = 1; seq <= 25; seq++) {
        assert_event(seq);
    }
    assert_nothing();
    assert_true(gateway.requests >= 7);
}

static void topics_are_filtered_and_their_holes_are_no_gaps(void **state)
{
    (void)state;
    static const char *const topics[] = {"ER"};
    gateway.last = 4;
    open_client(1, topics, 1);
    assert_event(1);
    assert_event(3);
    commit(false);
    commit(false);
    commit(false);
    assert_event(5);
    assert_event(7);
    assert_int_equal(client.gaps_count, 0);
    commit(true); /* 8: not wanted, yet its loss is seen by 9 and repaired. */
    commit(false);
    assert_event(9);
    assert_int_equal(client.gaps_count, 1);
    assert_nothing();
}

static void json_copies_are_passed_over(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    send_live("json.ER.ALPHA.VOD", 1);
    commit(false);
    assert_event(1);
    assert_event(2);
    assert_nothing();
}

static void doubled_live_event_is_delivered_once(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    send_live(topic_of(1), 1);
    commit(false);
    assert_event(1);
    assert_event(2);
    assert_nothing();
}

static void malformed_messages_are_counted_and_survived(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    assert_event(1);
    const struct span frames[] = {span_text("ER"), span_text("short"), span_text("x"),
                                  span_text("y"), span_text("z")};
    assert_int_equal(zeromq_send(&gateway.bus, frames, 1), STATUS_OK);
    assert_int_equal(zeromq_send(&gateway.bus, frames, 4), STATUS_OK);
    assert_int_equal(zeromq_send(&gateway.bus, frames, 5), STATUS_OK);
    commit(false);
    assert_event(2);
    assert_int_equal(client.malformed_count, 3);
}

static void other_instance_begins_anew_and_is_told(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    gateway.last = 9;
    commit(false);
    assert_event(10);
    gateway.instance_id = 8;
    gateway.last = 1;
    commit(false);
    assert_int_equal(next(), BUS_CLIENT_NEW_INSTANCE);
    assert_int_equal(event.instance_id, 8);
    assert_event(1);
    assert_event(2);
    assert_nothing();
}

static void other_instance_seen_by_replay_is_told_too(void **state)
{
    (void)state;
    open_client(3, NULL, 0);
    client.instance_id = 6; /* As a program that kept it with its position. */
    gateway.last = 2;
    assert_int_equal(next(), BUS_CLIENT_NEW_INSTANCE);
    assert_event(1);
    assert_event(2);
    assert_nothing();
}

static void store_that_went_back_is_told(void **state)
{
    (void)state;
    gateway.last = 3;
    open_client(6, NULL, 0);
    assert_int_equal(next(), BUS_CLIENT_BACKWARD);
    assert_int_equal(event.bus_seq, 4);
    commit(false);
    assert_event(4);
}

static void events_not_kept_any_more_are_told(void **state)
{
    (void)state;
    gateway.last = 6;
    gateway.first = 4;
    open_client(2, NULL, 0);
    assert_int_equal(next(), BUS_CLIENT_MISSING);
    assert_int_equal(event.bus_seq, 4);
    assert_event(4);
    assert_event(5);
    assert_event(6);
    assert_nothing();
}

static void busy_replay_service_is_asked_again(void **state)
{
    (void)state;
    gateway.last = 1;
    gateway.error = true;
    open_client(1, NULL, 0);
    while (gateway.requests < 2) {
        assert_int_equal(bus_client_next(&client, STEP_MS, &event), BUS_CLIENT_TIMEOUT);
        serve();
    }
    gateway.error = false;
    assert_event(1);
}

static void late_answer_to_a_given_up_question_does_no_harm(void **state)
{
    (void)state;
    gateway.last = 2;
    gateway.mute = true;
    open_client(1, NULL, 0);
    while (gateway.requests < 2) { /* The second is asked after BUS_CLIENT_ANSWER_MS. */
        assert_int_equal(bus_client_next(&client, 50, &event), BUS_CLIENT_TIMEOUT);
        serve();
    }
    gateway.mute = false;
    assert_event(1);
    assert_event(2);
    assert_nothing();
}

static void gateway_that_restarts_is_followed_on(void **state)
{
    (void)state;
    open_client(0, NULL, 0);
    commit(false);
    assert_event(1);
    close_sockets();
    commit(true); /* While nobody could hear it. */
    open_sockets();
    commit(true);
    for (uint64_t seq = 2; seq <= 3; seq++) {
        assert_event(seq); /* After the silence is noticed. */
    }
}

/* Lets libzmq's own thread do what there is to do; nothing else here. */
static void let_pass(void)
{
    struct zeromq_poll nothing = {.fd = -1};
    assert_int_equal(zeromq_poll(&nothing, 0, 10 * STEP_MS), STATUS_OK);
}

/* What had arrived is read while libzmq learns that the connection is gone: it may not
 * take a message away between two of its frames, for then it ends the process. */
static void gateway_that_dies_while_its_replay_is_read_is_followed_on(void **state)
{
    (void)state;
    gateway.last = 600;
    open_client(1, NULL, 0);
    assert_event(1);
    let_pass();
    close_sockets();
    open_sockets();
    let_pass();
    for (uint64_t seq = 2; seq <= gateway.last; seq++) {
        assert_event(seq);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(live_events_come_in_order),
        TEST(past_events_come_before_live_ones_each_once),
        TEST(gap_is_filled_by_replay),
        TEST(heartbeat_shows_a_loss_at_the_end),
        TEST(heartbeat_from_before_what_was_had_asks_whether_the_store_went_back),
        TEST(heartbeat_alone_tells_where_now_is),
        TEST(pages_of_a_replay_follow_each_other),
        TEST(topics_are_filtered_and_their_holes_are_no_gaps),
        TEST(json_copies_are_passed_over),
        TEST(doubled_live_event_is_delivered_once),
        TEST(malformed_messages_are_counted_and_survived),
        TEST(other_instance_begins_anew_and_is_told),
        TEST(other_instance_seen_by_replay_is_told_too),
        TEST(store_that_went_back_is_told),
        TEST(events_not_kept_any_more_are_told),
        TEST(busy_replay_service_is_asked_again),
        TEST(late_answer_to_a_given_up_question_does_no_harm),
        cmocka_unit_test_setup_teardown(gateway_that_restarts_is_followed_on, setup_ipc, teardown),
        cmocka_unit_test_setup_teardown(gateway_that_dies_while_its_replay_is_read_is_followed_on,
                                        setup_ipc, teardown),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
