/* The replay service against a real store. */
#include "tests/unit/store_fixture.h"

#include "gateway/core/engine/event.h"
#include "gateway/shell/replay.h"

enum { WAIT_MS_MAX = 10000, EVENTS = 1000 };

#define INSTANCE_ID UINT64_C(0x1122334455667788)

struct world {
    struct fixture *fixture;
    struct zeromq zeromq;
    struct zeromq_socket client;
    struct zeromq_frames frames;
    struct replay *replay;
};

/* Events from..to; every third is of BETA, the others of ALPHA. */
static void write_events(struct world *world, uint64_t from, uint64_t to)
{
    struct store *store = world->fixture->store;
    assert_int_equal(STATUS_OK, store_begin(store));
    for (uint64_t seq = from; seq <= to; seq++) {
        uint8_t key[EVENT_KEY_BYTES];
        uint8_t value[256];
        char message[64];
        (void)snprintf(message, sizeof(message), "message %llu", (unsigned long long)seq);
        struct event event = {
            .bus_seq = seq,
            .topic = span_text(seq % 3 == 0 ? "ER.BETA.VOD" : "ER.ALPHA.VOD"),
            .message = span_text(message),
        };
        bus_seq_encode(seq, key);
        size_t size = event_encode(&event, value, sizeof(value));
        assert_int_equal(STATUS_OK, store_append(store, TABLE_EVENT, span_of(key, sizeof(key)),
                                                 span_of(value, size)));
    }
    assert_int_equal(STATUS_OK, store_commit(store, store_batch_number(store) + 1));
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    void *fixture = NULL;
    char endpoint[] = "inproc://replay";
    char error[ZEROMQ_ERROR_BYTES_MAX];
    assert_int_equal(0, fixture_setup(&fixture));
    world->fixture = fixture;
    assert_int_equal(STATUS_OK, store_open(&world->fixture->config, &world->fixture->store,
                                           world->fixture->error));
    assert_int_equal(STATUS_OK, zeromq_open(&world->zeromq));
    struct replay_config config = {
        .zeromq = &world->zeromq,
        .store = world->fixture->store,
        .endpoint = endpoint,
        .instance_id = INSTANCE_ID,
        .event_table = TABLE_EVENT,
    };
    assert_int_equal(STATUS_OK, replay_start(&config, &world->replay, error));
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    assert_int_equal(STATUS_OK,
                     zeromq_socket_open(&world->zeromq, &options, &world->client, error));
    assert_int_equal(STATUS_OK, zeromq_connect(&world->client, endpoint, error));
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    void *fixture = world->fixture;
    zeromq_frames_release(&world->frames);
    zeromq_socket_close(&world->client);
    replay_stop(world->replay);
    zeromq_close(&world->zeromq);
    free(world);
    return fixture_teardown(&fixture);
}

static void send_frames(struct world *world, const struct span *frames, uint32_t count)
{
    struct zeromq_poll item = {.socket = &world->client, .want_write = true};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS_MAX));
    assert_int_equal(STATUS_OK, zeromq_send(&world->client, frames, count));
}

static void ask(struct world *world, uint64_t from, uint32_t most, const char *prefix)
{
    uint8_t seq[8];
    uint8_t count[4] = {(uint8_t)(most >> 24), (uint8_t)(most >> 16), (uint8_t)(most >> 8),
                        (uint8_t)most};
    bus_seq_encode(from, seq);
    struct span frames[] = {span_text("REPLAY"), span_of(seq, 8), span_of(count, 4),
                            span_text(prefix != NULL ? prefix : "")};
    send_frames(world, frames, prefix != NULL ? 4 : 3);
}

static const struct zeromq_frames *next_answer(struct world *world)
{
    struct zeromq_poll item = {.socket = &world->client};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS_MAX));
    assert_true(item.readable);
    assert_int_equal(STATUS_OK, zeromq_receive(&world->client, &world->frames));
    return &world->frames;
}

static void expect_event(struct world *world, uint64_t seq)
{
    const struct zeromq_frames *frames = next_answer(world);
    char message[64];
    (void)snprintf(message, sizeof(message), "message %llu", (unsigned long long)seq);
    assert_int_equal(5, frames->count);
    assert_true(span_is(frames->list[0], "EVENT"));
    assert_true(span_is(frames->list[1], seq % 3 == 0 ? "ER.BETA.VOD" : "ER.ALPHA.VOD"));
    assert_int_equal(seq, bus_seq_decode(frames->list[2]));
    assert_int_equal(INSTANCE_ID, bus_seq_decode(frames->list[3]));
    assert_true(span_is(frames->list[4], message));
}

static void expect_end(struct world *world, uint64_t next, uint64_t last)
{
    const struct zeromq_frames *frames = next_answer(world);
    assert_int_equal(4, frames->count);
    assert_true(span_is(frames->list[0], "END"));
    assert_int_equal(next, bus_seq_decode(frames->list[1]));
    assert_int_equal(last, bus_seq_decode(frames->list[2]));
    assert_int_equal(INSTANCE_ID, bus_seq_decode(frames->list[3]));
}

static void expect_error(struct world *world, const char *part)
{
    const struct zeromq_frames *frames = next_answer(world);
    char text[256];
    assert_int_equal(2, frames->count);
    assert_true(span_is(frames->list[0], "ERROR"));
    span_to_text(frames->list[1], text, sizeof(text));
    assert_non_null(strstr(text, part));
}

static void everything_comes_in_order_over_several_pages(void **state)
{
    struct world *world = *state;
    write_events(world, 1, EVENTS);
    ask(world, 1, 5000, NULL);
    for (uint64_t seq = 1; seq <= EVENTS; seq++) {
        expect_event(world, seq);
    }
    expect_end(world, EVENTS + 1, EVENTS);
}

static void replay_begins_where_it_is_asked_and_ends_at_its_count(void **state)
{
    struct world *world = *state;
    write_events(world, 1, EVENTS);
    ask(world, 500, 3, NULL);
    expect_event(world, 500);
    expect_event(world, 501);
    expect_event(world, 502);
    expect_end(world, 503, EVENTS);
    ask(world, 503, 0, NULL);
    expect_end(world, 503, EVENTS);
}

static void prefix_picks_topics_and_the_end_says_where_it_looked(void **state)
{
    struct world *world = *state;
    write_events(world, 1, EVENTS);
    ask(world, 1, 2, "ER.BETA");
    expect_event(world, 3);
    expect_event(world, 6);
    expect_end(world, 7, EVENTS);
    ask(world, 7, 100, "DC.");
    expect_end(world, EVENTS + 1, EVENTS);
}

static void replay_sees_what_is_committed_later(void **state)
{
    struct world *world = *state;
    ask(world, 1, 10, NULL);
    expect_end(world, 1, 0);
    write_events(world, 1, 2);
    ask(world, 1, 10, NULL);
    expect_event(world, 1);
    expect_event(world, 2);
    expect_end(world, 3, 2);
    ask(world, 50, 10, NULL);
    expect_end(world, 50, 2);
}

static void last_is_told_also_to_a_client_with_a_delimiter(void **state)
{
    struct world *world = *state;
    struct span last[] = {span_text("LAST")};
    struct span with_delimiter[] = {span_of(NULL, 0), span_text("LAST")};
    send_frames(world, last, 1);
    expect_end(world, 1, 0);
    write_events(world, 1, 7);
    send_frames(world, last, 1);
    expect_end(world, 8, 7);
    send_frames(world, with_delimiter, 2);
    const struct zeromq_frames *frames = next_answer(world);
    assert_int_equal(5, frames->count);
    assert_int_equal(0, frames->list[0].size);
    assert_true(span_is(frames->list[1], "END"));
}

static void bad_requests_are_answered_and_the_service_goes_on(void **state)
{
    struct world *world = *state;
    struct span frames[ZEROMQ_FRAMES_MAX + 8];
    uint8_t zero[8] = {0};
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        frames[i] = span_text("x");
    }
    send_frames(world, frames, 1);
    expect_error(world, "unknown request");
    send_frames(world, frames, ARRAY_LEN(frames));
    expect_error(world, "unknown request");
    frames[0] = span_text("REPLAY");
    send_frames(world, frames, 1);
    expect_error(world, "REPLAY wants");
    send_frames(world, frames, 3);
    expect_error(world, "REPLAY wants");
    frames[1] = span_of(zero, 8);
    frames[2] = span_of(zero, 4);
    send_frames(world, frames, 3 + REPLAY_PREFIXES_MAX + 1);
    expect_error(world, "too many topic prefixes");
    static char longest[ENGINE_TOPIC_BYTES_MAX + 2];
    memset(longest, 'x', sizeof(longest) - 1);
    frames[3] = span_text(longest);
    send_frames(world, frames, 4);
    expect_error(world, "too long");
    send_frames(world, &(struct span){.data = NULL, .size = 0}, 1);
    assert_int_equal(3, next_answer(world)->count); /* The empty frame, "ERROR", the text. */
    ask(world, 0, 1, NULL);
    expect_end(world, 1, 0);
}

/* More than any queue holds, while another client is served all the time. */
static void client_that_reads_late_loses_nothing_and_delays_nobody(void **state)
{
    struct world *world = *state;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    uint64_t count = 8000;
    write_events(world, 1, count);
    struct zeromq_socket other = {0};
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    assert_int_equal(STATUS_OK, zeromq_socket_open(&world->zeromq, &options, &other, error));
    assert_int_equal(STATUS_OK, zeromq_connect(&other, "inproc://replay", error));
    ask(world, 1, (uint32_t)count, NULL);

    struct zeromq_socket late = world->client;
    world->client = other;
    for (uint64_t seq = 1; seq <= 100; seq++) {
        ask(world, seq, 1, NULL);
        expect_event(world, seq);
        expect_end(world, seq + 1, count);
    }
    world->client = late;
    for (uint64_t seq = 1; seq <= count; seq++) {
        expect_event(world, seq);
    }
    expect_end(world, count + 1, count);
    zeromq_socket_close(&other);
}

static void endless_count_is_cut_to_the_maximum(void **state)
{
    struct world *world = *state;
    write_events(world, 1, REPLAY_EVENTS_MAX + 5);
    ask(world, 1, UINT32_MAX, NULL);
    for (uint64_t seq = 1; seq <= REPLAY_EVENTS_MAX; seq++) {
        expect_event(world, seq);
    }
    expect_end(world, REPLAY_EVENTS_MAX + 1, REPLAY_EVENTS_MAX + 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_in_order_over_several_pages),
        TEST(replay_begins_where_it_is_asked_and_ends_at_its_count),
        TEST(prefix_picks_topics_and_the_end_says_where_it_looked),
        TEST(replay_sees_what_is_committed_later),
        TEST(last_is_told_also_to_a_client_with_a_delimiter),
        TEST(bad_requests_are_answered_and_the_service_goes_on),
        TEST(client_that_reads_late_loses_nothing_and_delays_nobody),
        TEST(endless_count_is_cut_to_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
