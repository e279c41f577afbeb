/* Non-blocking TCP: partial writes, bounded buffers, and every way to end. */
#include "gateway/shell/clock.h"
#include "gateway/shell/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS_MAX = 10000, READ_MAX = 64 * 1024, IN_BYTES = 128 * 1024, OUT_BYTES = 8 << 20 };

#define SECOND_NS UINT64_C(1000000000)

struct world {
    int listener;
    int peer; /* Accepted end; -1 = none. */
    uint16_t port;
    struct tcp tcp;
};

static int listen_on_loopback(int backlog, int receive_bytes, uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (receive_bytes > 0) {
        assert_int_equal(
            0, setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes)));
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    assert_int_equal(0, bind(fd, (const struct sockaddr *)&address, size));
    assert_int_equal(0, listen(fd, backlog));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&address, &size));
    *port = ntohs(address.sin_port);
    return fd;
}

static int setup_with(void **state, int receive_bytes)
{
    struct world *world = test_calloc(1, sizeof(*world));
    world->peer = -1;
    world->listener = listen_on_loopback(8, receive_bytes, &world->port);
    assert_int_equal(STATUS_OK, tcp_init(&world->tcp, IN_BYTES, OUT_BYTES));
    *state = world;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, 0);
}

static int setup_small_window(void **state)
{
    return setup_with(state, 4096);
}

static int teardown(void **state)
{
    struct world *world = *state;
    tcp_free(&world->tcp);
    if (world->peer >= 0) {
        (void)close(world->peer);
    }
    (void)close(world->listener);
    test_free(world);
    return 0;
}

/* One wait and one ready(), as the loop does it. False when nothing came in time. */
static bool turn(struct tcp *tcp, int timeout_ms)
{
    struct pollfd item = {.fd = tcp_fd(tcp)};
    item.events =
        (short)((tcp_wants_read(tcp) ? POLLIN : 0) | (tcp_wants_write(tcp) ? POLLOUT : 0));
    if (poll(&item, 1, timeout_ms) <= 0) {
        return false;
    }
    tcp_ready(tcp, READ_MAX, clock_monotonic_ns());
    return true;
}

static void turn_until(struct tcp *tcp, enum tcp_state state)
{
    while (tcp->state != state) {
        assert_int_not_equal(TCP_ENDED, tcp->state);
        assert_true(turn(tcp, WAIT_MS_MAX));
    }
}

static struct tcp_config config_of(const char *host, uint16_t port)
{
    return (struct tcp_config){
        .host = host, .port = port, .nodelay = true, .connect_timeout_ns = 5 * SECOND_NS};
}

static void connect_world(struct world *world)
{
    struct tcp_config config = config_of("127.0.0.1", world->port);
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_OPEN);
    world->peer = accept(world->listener, NULL, NULL);
    assert_true(world->peer >= 0);
}

static void read_exactly(int fd, uint8_t *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        ssize_t count = read(fd, bytes + got, size - got);
        assert_true(count > 0);
        got += (size_t)count;
    }
}

/* A byte stream in which every position is known. */
static uint8_t byte_at(size_t position)
{
    return (uint8_t)(position * 31 + position / 251);
}

/* --- Connecting ------------------------------------------------------------- */

static void bytes_flow_both_ways(void **state)
{
    struct world *world = *state;
    uint8_t bytes[5];
    connect_world(world);
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("he")));
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("llo")));
    assert_int_equal(5, tcp_unsent(&world->tcp));
    tcp_flush(&world->tcp);
    assert_int_equal(0, tcp_unsent(&world->tcp));
    read_exactly(world->peer, bytes, sizeof(bytes));
    assert_memory_equal("hello", bytes, 5);

    assert_int_equal(3, write(world->peer, "abc", 3));
    assert_true(turn(&world->tcp, WAIT_MS_MAX));
    assert_true(span_is(tcp_inbound(&world->tcp), "abc"));
    tcp_consume(&world->tcp, 2);
    assert_true(span_is(tcp_inbound(&world->tcp), "c"));
}

static void refused_connect_ends_with_the_reason(void **state)
{
    struct world *world = *state;
    uint16_t port;
    int closed = listen_on_loopback(1, 0, &port);
    (void)close(closed);
    struct tcp_config config = config_of("127.0.0.1", port);
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_ENDED);
    assert_non_null(strstr(world->tcp.reason, strerror(ECONNREFUSED)));
}

static void unanswered_connect_ends_at_its_time_limit(void **state)
{
    struct world *world = *state;
    uint16_t port;
    int full = listen_on_loopback(0, 0, &port);
    /* A full backlog makes the system ignore further requests to connect. */
    struct tcp fillers[4];
    struct tcp_config config = config_of("127.0.0.1", port);
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        assert_int_equal(STATUS_OK, tcp_init(&fillers[i], 1024, 1024));
        tcp_connect(&fillers[i], &config, 0);
    }
    tcp_connect(&world->tcp, &config, 1000);
    assert_int_equal(TCP_CONNECTING, world->tcp.state);
    assert_int_equal(1000 + 5 * SECOND_NS, tcp_deadline_ns(&world->tcp));
    assert_false(turn(&world->tcp, 50));
    tcp_tick(&world->tcp, 999 + 5 * SECOND_NS);
    assert_int_equal(TCP_CONNECTING, world->tcp.state);
    tcp_tick(&world->tcp, 1000 + 5 * SECOND_NS);
    assert_int_equal(TCP_ENDED, world->tcp.state);
    assert_string_equal("no answer to the connect in time", world->tcp.reason);
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        tcp_free(&fillers[i]);
    }
    (void)close(full);
}

static void name_is_looked_up_beside_the_loop(void **state)
{
    struct world *world = *state;
    struct tcp_config config = config_of("localhost", world->port);
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    assert_int_equal(TCP_RESOLVING, world->tcp.state);
    turn_until(&world->tcp, TCP_OPEN); /* ::1 may refuse first; then 127.0.0.1 is tried. */
}

static void lookup_that_takes_too_long_is_left_alone(void **state)
{
    struct world *world = *state;
    struct tcp_config config = config_of("localhost", world->port);
    tcp_connect(&world->tcp, &config, 0);
    tcp_tick(&world->tcp, 5 * SECOND_NS);
    assert_int_equal(TCP_ENDED, world->tcp.state);
    assert_string_equal("looking the name up took too long", world->tcp.reason);
    tcp_close(&world->tcp); /* The thread cleans up behind itself: the sanitizer looks. */
    connect_world(world);
}

static void impossible_name_ends_with_the_reason(void **state)
{
    struct world *world = *state;
    struct tcp_config config = config_of("no..such name", world->port);
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_ENDED);
    assert_non_null(strstr(world->tcp.reason, "cannot resolve the name"));
}

/* --- Options -------------------------------------------------------------------- */

static struct sockaddr_in peer_address(const struct world *world)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    assert_int_equal(0, getpeername(world->peer, (struct sockaddr *)&address, &size));
    return address;
}

static void connect_from(struct world *world, const char *host, uint16_t port)
{
    struct tcp_config config = config_of("127.0.0.1", world->port);
    config.source_host = host;
    config.source_port = port;
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_OPEN);
    world->peer = accept(world->listener, NULL, NULL);
    assert_true(world->peer >= 0);
}

static void source_address_is_the_one_asked_for(void **state)
{
    struct world *world = *state;
    connect_from(world, "127.0.0.2", 0);
    assert_int_equal(INADDR_LOOPBACK + 1, ntohl(peer_address(world).sin_addr.s_addr));
}

static void source_port_can_be_used_again_at_once(void **state)
{
    struct world *world = *state;
    uint16_t port;
    uint16_t other_port;
    int free_port = listen_on_loopback(1, 0, &port);
    (void)close(free_port);
    int other = listen_on_loopback(1, 0, &other_port);
    connect_from(world, "127.0.0.1", port);
    assert_int_equal(port, ntohs(peer_address(world).sin_port));
    tcp_close(&world->tcp); /* We are first: our port must wait for late packets. */

    /* The same two ends may not meet again yet; but two others may. */
    struct tcp_config config = config_of("127.0.0.1", other_port);
    config.source_port = port;
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_OPEN);
    (void)close(other);
}

static void assert_no_source(struct world *world, const char *host, const char *reason)
{
    struct tcp_config config = config_of("127.0.0.1", world->port);
    config.source_host = host;
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    assert_int_equal(TCP_ENDED, world->tcp.state);
    assert_non_null(strstr(world->tcp.reason, "SocketConnectSourceHost"));
    assert_non_null(strstr(world->tcp.reason, reason));
    tcp_close(&world->tcp);
}

static void impossible_source_ends_with_the_reason(void **state)
{
    struct world *world = *state;
    assert_no_source(world, "a-name", strerror(EINVAL));
    assert_no_source(world, "::1", strerror(EAFNOSUPPORT));
    assert_no_source(world, "192.0.2.1", strerror(EADDRNOTAVAIL)); /* RFC 5737: nobody's. */
}

static int option_of(const struct tcp *tcp, int option)
{
    int value = 0;
    socklen_t size = sizeof(value);
    assert_int_equal(0, getsockopt(tcp_fd(tcp), SOL_SOCKET, option, &value, &size));
    return value;
}

static void socket_buffers_are_as_large_as_asked_for(void **state)
{
    struct world *world = *state;
    struct tcp_config config = config_of("127.0.0.1", world->port);
    config.send_buffer_bytes = 20000;
    config.receive_buffer_bytes = 30000;
    tcp_connect(&world->tcp, &config, clock_monotonic_ns());
    turn_until(&world->tcp, TCP_OPEN);
    assert_int_equal(2 * 20000, option_of(&world->tcp, SO_SNDBUF)); /* socket(7): doubled. */
    assert_int_equal(2 * 30000, option_of(&world->tcp, SO_RCVBUF));
}

static void accepted_socket_is_taken_over(void **state)
{
    struct world *world = *state;
    struct tcp server;
    struct tcp_config config = config_of("", 0);
    uint8_t bytes[5];
    connect_world(world);
    assert_int_equal(STATUS_OK, tcp_init(&server, IN_BYTES, OUT_BYTES));
    tcp_accept(&server, world->peer, &config, clock_monotonic_ns());
    world->peer = -1;
    assert_int_equal(TCP_OPEN, server.state);
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("hello")));
    tcp_flush(&world->tcp);
    assert_true(turn(&server, WAIT_MS_MAX));
    assert_true(span_is(tcp_inbound(&server), "hello"));
    assert_int_equal(-1, recv(tcp_fd(&server), bytes, sizeof(bytes), 0)); /* Does not block. */
    assert_int_equal(EAGAIN, errno);
    tcp_free(&server);
}

/* What a peer said at last is heard though our own bytes can go nowhere any more. */
static void last_words_of_a_peer_that_is_gone_are_heard(void **state)
{
    struct world *world = *state;
    connect_world(world);
    assert_int_equal(6, write(world->peer, "logout", 6));
    (void)close(world->peer);
    world->peer = -1;
    for (int i = 0; i < 100 && world->tcp.state == TCP_OPEN; i++) {
        assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("x")));
        tcp_flush(&world->tcp); /* The second one meets the reset that the first caused. */
    }
    assert_int_equal(TCP_ENDED, world->tcp.state);
    assert_true(span_is(tcp_inbound(&world->tcp), "logout"));
}

/* --- Bounds ----------------------------------------------------------------- */

static void slow_reader_gets_every_byte_in_order(void **state)
{
    struct world *world = *state;
    static uint8_t chunk[10007];
    size_t total = 0;
    size_t target = 4u << 20;
    connect_world(world);
    while (total < target) {
        for (size_t i = 0; i < sizeof(chunk); i++) {
            chunk[i] = byte_at(total + i);
        }
        assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_of(chunk, sizeof(chunk))));
        total += sizeof(chunk);
        tcp_flush(&world->tcp);
    }
    assert_true(tcp_wants_write(&world->tcp));
    assert_true(tcp_unsent(&world->tcp) > 0);
    size_t seen = 0;
    while (seen < total) {
        ssize_t got = recv(world->peer, chunk, sizeof(chunk), 0);
        assert_true(got > 0);
        for (size_t i = 0; i < (size_t)got; i++) {
            assert_int_equal(byte_at(seen + i), chunk[i]);
        }
        seen += (size_t)got;
        (void)turn(&world->tcp, 0);
        if (seen < total && tcp_unsent(&world->tcp) > 0) {
            (void)turn(&world->tcp, 1);
        }
    }
    assert_int_equal(0, tcp_unsent(&world->tcp));
    assert_false(tcp_wants_write(&world->tcp));
}

static void full_outbound_buffer_is_an_outcome(void **state)
{
    struct world *world = *state;
    static uint8_t chunk[1 << 20];
    connect_world(world);
    size_t sends = 0;
    while (tcp_send(&world->tcp, span_of(chunk, sizeof(chunk))) == STATUS_OK) {
        sends++;
        assert_true(sends <= OUT_BYTES / sizeof(chunk));
    }
    assert_int_equal(OUT_BYTES, tcp_unsent(&world->tcp));
    assert_int_equal(STATUS_FULL, tcp_send(&world->tcp, span_text("x")));
    assert_int_equal(TCP_OPEN, world->tcp.state);
}

static void full_inbound_buffer_stops_reading_until_consumed(void **state)
{
    struct world *world = *state;
    static uint8_t chunk[IN_BYTES + 1000];
    connect_world(world);
    for (size_t i = 0; i < sizeof(chunk); i++) {
        chunk[i] = byte_at(i);
    }
    size_t written = 0;
    while (tcp_wants_read(&world->tcp)) {
        if (written < sizeof(chunk)) {
            ssize_t count =
                send(world->peer, chunk + written, sizeof(chunk) - written, MSG_DONTWAIT);
            written += count > 0 ? (size_t)count : 0;
        }
        (void)turn(&world->tcp, 100);
    }
    assert_int_equal(IN_BYTES, tcp_inbound(&world->tcp).size);
    assert_memory_equal(chunk, tcp_inbound(&world->tcp).data, IN_BYTES);
    tcp_consume(&world->tcp, 5000);
    assert_true(tcp_wants_read(&world->tcp));
    while (tcp_inbound(&world->tcp).size < sizeof(chunk) - 5000) {
        if (written < sizeof(chunk)) {
            ssize_t count =
                send(world->peer, chunk + written, sizeof(chunk) - written, MSG_DONTWAIT);
            written += count > 0 ? (size_t)count : 0;
        }
        assert_true(turn(&world->tcp, WAIT_MS_MAX));
    }
    assert_memory_equal(chunk + 5000, tcp_inbound(&world->tcp).data, sizeof(chunk) - 5000);
}

/* --- Ends ------------------------------------------------------------------- */

static void peer_close_leaves_what_it_said_before(void **state)
{
    struct world *world = *state;
    connect_world(world);
    assert_int_equal(4, write(world->peer, "last", 4));
    (void)close(world->peer);
    world->peer = -1;
    turn_until(&world->tcp, TCP_ENDED);
    assert_true(span_is(tcp_inbound(&world->tcp), "last"));
    assert_string_equal("the peer closed the connection", world->tcp.reason);
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("too late")));
    assert_int_equal(0, tcp_unsent(&world->tcp));
    tcp_close(&world->tcp);
    assert_int_equal(0, tcp_inbound(&world->tcp).size);
}

static void reset_ends_the_connection(void **state)
{
    struct world *world = *state;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    connect_world(world);
    assert_int_equal(0, setsockopt(world->peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
    (void)close(world->peer);
    world->peer = -1;
    turn_until(&world->tcp, TCP_ENDED);
    assert_non_null(strstr(world->tcp.reason, strerror(ECONNRESET)));
}

static void gentle_close_delivers_the_last_bytes(void **state)
{
    struct world *world = *state;
    uint8_t bytes[6];
    connect_world(world);
    /* Unread bytes of the peer must not turn our end into a reset. */
    assert_int_equal(6, write(world->peer, "unread", 6));
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("logout")));
    tcp_close_gently(&world->tcp, clock_monotonic_ns());
    assert_int_equal(TCP_CLOSING, world->tcp.state);
    while (turn(&world->tcp, 20)) {
    }
    read_exactly(world->peer, bytes, sizeof(bytes));
    assert_memory_equal("logout", bytes, 6);
    assert_int_equal(0, read(world->peer, bytes, 1));
    assert_int_equal(TCP_CLOSING, world->tcp.state);
    (void)close(world->peer);
    world->peer = -1;
    turn_until(&world->tcp, TCP_CLOSED);
}

static void gentle_close_ends_at_its_time_limit(void **state)
{
    struct world *world = *state;
    connect_world(world);
    tcp_close_gently(&world->tcp, 0);
    tcp_tick(&world->tcp, TCP_CLOSE_LIMIT_SECONDS * SECOND_NS - 1);
    assert_int_equal(TCP_CLOSING, world->tcp.state);
    tcp_tick(&world->tcp, TCP_CLOSE_LIMIT_SECONDS * SECOND_NS);
    assert_int_equal(TCP_CLOSED, world->tcp.state);
    assert_int_equal(-1, tcp_fd(&world->tcp));
}

static void connection_can_be_made_again(void **state)
{
    struct world *world = *state;
    connect_world(world);
    uint32_t serial = world->tcp.serial;
    assert_int_equal(STATUS_OK, tcp_send(&world->tcp, span_text("never flushed")));
    assert_int_equal(4, write(world->peer, "half", 4));
    assert_true(turn(&world->tcp, WAIT_MS_MAX));
    tcp_close(&world->tcp);
    (void)close(world->peer);
    connect_world(world);
    assert_int_equal(0, tcp_inbound(&world->tcp).size);
    assert_int_equal(0, tcp_unsent(&world->tcp));
    assert_true(world->tcp.serial != serial);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_flow_both_ways),
        TEST(refused_connect_ends_with_the_reason),
        TEST(unanswered_connect_ends_at_its_time_limit),
        TEST(name_is_looked_up_beside_the_loop),
        TEST(lookup_that_takes_too_long_is_left_alone),
        TEST(impossible_name_ends_with_the_reason),
        TEST(source_address_is_the_one_asked_for),
        TEST(source_port_can_be_used_again_at_once),
        TEST(impossible_source_ends_with_the_reason),
        TEST(socket_buffers_are_as_large_as_asked_for),
        TEST(accepted_socket_is_taken_over),
        TEST(last_words_of_a_peer_that_is_gone_are_heard),
        cmocka_unit_test_setup_teardown(slow_reader_gets_every_byte_in_order, setup_small_window,
                                        teardown),
        TEST(full_outbound_buffer_is_an_outcome),
        TEST(full_inbound_buffer_stops_reading_until_consumed),
        TEST(peer_close_leaves_what_it_said_before),
        TEST(reset_ends_the_connection),
        TEST(gentle_close_delivers_the_last_bytes),
        TEST(gentle_close_ends_at_its_time_limit),
        TEST(connection_can_be_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
