/* TCP with TLS on it: real sockets on loopback, both ends in one process, driven by nothing but
 * what a poller would tell. */
#include "gateway/shell/clock.h"
#include "gateway/shell/tcp.h"
#include "tests/unit/tls_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

enum {
    READ_MAX = 64 * 1024,
    IN_BYTES = 16 * 1024,
    OUT_BYTES = 1 << 20,
    SEND_BUFFER = 4096,
    RECEIVE_BUFFER = 32 * 1024
};

#define SECOND_NS UINT64_C(1000000000)

struct line {
    int listener;
    uint16_t port;
    struct tls_context *contexts[ENDS];
    struct tcp tcp[ENDS];
    struct tcp_config config[ENDS];
    size_t sent[ENDS];
    size_t seen[ENDS];
};

static int open_line(void **state)
{
    struct line *line = test_calloc(1, sizeof(*line));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    line->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(line->listener >= 0);
    assert_int_equal(0, bind(line->listener, (const struct sockaddr *)&address, size));
    assert_int_equal(0, listen(line->listener, 8));
    assert_int_equal(0, getsockname(line->listener, (struct sockaddr *)&address, &size));
    line->port = ntohs(address.sin_port);
    struct tls_config configs[ENDS] = {
        [SERVER] = server_config("server"), [CLIENT] = client_config()};
    for (size_t i = 0; i < ENDS; i++) {
        line->contexts[i] = open_context(&configs[i]);
        assert_int_equal(STATUS_OK, tcp_init(&line->tcp[i], IN_BYTES, OUT_BYTES));
        line->config[i] = (struct tcp_config){.host = "127.0.0.1",
                                              .port = line->port,
                                              .nodelay = true,
                                              .connect_timeout_ns = 5 * SECOND_NS,
                                              .tls = line->contexts[i],
                                              .tls_name = i == CLIENT ? "broker.example" : NULL};
    }
    *state = line;
    return 0;
}

static int close_line(void **state)
{
    struct line *line = *state;
    for (size_t i = 0; i < ENDS; i++) {
        tcp_free(&line->tcp[i]);
        tls_context_close(line->contexts[i]);
    }
    (void)close(line->listener);
    test_free(line);
    return 0;
}

static void use_server(struct line *line, const struct tls_config *config)
{
    tls_context_close(line->contexts[SERVER]);
    line->contexts[SERVER] = open_context(config);
    line->config[SERVER].tls = line->contexts[SERVER];
}

/* Waits until the poller tells of one end (ENDS: of either) and lets it go on. False: nothing
 * to tell for so long. */
static bool turn(struct line *line, size_t only, int timeout_ms)
{
    struct pollfd items[ENDS] = {{.fd = -1}, {.fd = -1}};
    for (size_t i = 0; i < ENDS; i++) {
        struct tcp *tcp = &line->tcp[i];
        if (only != ENDS && only != i) {
            continue;
        }
        items[i].fd = tcp_wants_read(tcp) || tcp_wants_write(tcp) ? tcp_fd(tcp) : -1;
        items[i].events =
            (short)((tcp_wants_read(tcp) ? POLLIN : 0) | (tcp_wants_write(tcp) ? POLLOUT : 0));
    }
    if (poll(items, ENDS, timeout_ms) <= 0) {
        return false;
    }
    for (size_t i = 0; i < ENDS; i++) {
        if (items[i].revents != 0) {
            tcp_ready(&line->tcp[i], READ_MAX, clock_monotonic_ns());
        }
    }
    return true;
}

static void turn_until(struct line *line, size_t end, enum tcp_state state)
{
    while (line->tcp[end].state != state) {
        bool over = line->tcp[end].state == TCP_ENDED;
        if (over || !turn(line, ENDS, WAIT_MS_MAX)) {
            fail_msg("state %d: %s", (int)line->tcp[end].state, line->tcp[end].reason);
        }
    }
}

static int accept_one(const struct line *line)
{
    int fd = accept(line->listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

/* The two have a connection; their handshake begins. */
static void dial(struct line *line)
{
    tcp_connect(&line->tcp[CLIENT], &line->config[CLIENT], clock_monotonic_ns());
    tcp_accept(&line->tcp[SERVER], accept_one(line), &line->config[SERVER], clock_monotonic_ns());
}

static void dial_until_open(struct line *line)
{
    dial(line);
    turn_until(line, CLIENT, TCP_OPEN);
    turn_until(line, SERVER, TCP_OPEN);
}

static void say(struct line *line, size_t end, const char *text)
{
    assert_int_equal(STATUS_OK, tcp_send(&line->tcp[end], span_text(text)));
    tcp_flush(&line->tcp[end]);
}

static void hear(struct line *line, size_t end, const char *text)
{
    while (tcp_inbound(&line->tcp[end]).size < strlen(text)) {
        assert_true(turn(line, end, WAIT_MS_MAX));
        assert_int_equal(TCP_OPEN, line->tcp[end].state);
    }
    assert_true(span_is(tcp_inbound(&line->tcp[end]), text));
    tcp_consume(&line->tcp[end], strlen(text));
}

/* --- Handshakes --------------------------------------------------------------- */

static void bytes_flow_both_ways_over_tls(void **state)
{
    struct line *line = *state;
    assert_null(tcp_protection(&line->tcp[CLIENT]));
    dial_until_open(line);
    say(line, CLIENT, "35=A");
    say(line, CLIENT, "35=D");
    hear(line, SERVER, "35=A35=D");
    say(line, SERVER, "35=8");
    hear(line, CLIENT, "35=8");
    assert_string_equal("TLSv1.3 TLS_AES_256_GCM_SHA384, CN=server",
                        tcp_protection(&line->tcp[CLIENT]));
}

static void plain_connection_is_taken_over_as_it_is(void **state)
{
    struct line *line = *state;
    line->config[CLIENT].tls = line->config[SERVER].tls = NULL;
    dial_until_open(line);
    assert_null(tcp_protection(&line->tcp[CLIENT]));
    say(line, CLIENT, "8=FIX");
    hear(line, SERVER, "8=FIX");
}

static void bytes_behind_the_handshake_are_not_forgotten(void **state)
{
    struct line *line = *state;
    dial(line);
    turn_until(line, CLIENT, TCP_OPEN);
    /* One look of the server at its socket brings the end of the handshake and a Logon; no
     * poller tells of the Logon again. */
    assert_int_equal(TCP_HANDSHAKING, line->tcp[SERVER].state);
    say(line, CLIENT, "35=A");
    assert_true(turn(line, SERVER, WAIT_MS_MAX));
    assert_int_equal(TCP_OPEN, line->tcp[SERVER].state);
    assert_true(span_is(tcp_inbound(&line->tcp[SERVER]), "35=A"));
}

static void server_that_never_answers_is_given_up(void **state)
{
    struct line *line = *state;
    uint64_t start_ns = clock_monotonic_ns();
    tcp_connect(&line->tcp[CLIENT], &line->config[CLIENT], start_ns);
    turn_until(line, CLIENT, TCP_HANDSHAKING);
    assert_int_equal(start_ns + 5 * SECOND_NS, tcp_deadline_ns(&line->tcp[CLIENT]));
    tcp_tick(&line->tcp[CLIENT], start_ns + 5 * SECOND_NS - 1);
    assert_int_equal(TCP_HANDSHAKING, line->tcp[CLIENT].state);
    tcp_tick(&line->tcp[CLIENT], start_ns + 5 * SECOND_NS);
    assert_int_equal(TCP_ENDED, line->tcp[CLIENT].state);
    SAYS(line->tcp[CLIENT].reason, "did not finish the TLS handshake in time", "SocketUseSSL=N");
}

static void client_that_stops_in_mid_handshake_is_given_up(void **state)
{
    struct line *line = *state;
    uint64_t start_ns = clock_monotonic_ns();
    tcp_connect(&line->tcp[CLIENT], &line->config[CLIENT], start_ns);
    turn_until(line, CLIENT, TCP_HANDSHAKING);
    tcp_accept(&line->tcp[SERVER], accept_one(line), &line->config[SERVER], start_ns);
    while (turn(line, SERVER, 50)) {
    }
    assert_int_equal(TCP_HANDSHAKING, line->tcp[SERVER].state);
    tcp_tick(&line->tcp[SERVER], start_ns + 5 * SECOND_NS);
    assert_int_equal(TCP_ENDED, line->tcp[SERVER].state);
    SAYS(line->tcp[SERVER].reason, "did not finish the TLS handshake in time");
}

static void wrong_certificate_ends_the_attempt_with_host_and_reason(void **state)
{
    struct line *line = *state;
    struct tls_config server = server_config("expired");
    use_server(line, &server);
    dial(line);
    turn_until(line, CLIENT, TCP_ENDED);
    SAYS(line->tcp[CLIENT].reason, "127.0.0.1:", ": the certificate of broker.example",
         "expired on");
    turn_until(line, SERVER, TCP_ENDED);
    SAYS(line->tcp[SERVER].reason, "TLS alert 45 certificate_expired");
}

static void host_is_verified_where_no_other_name_is_given(void **state)
{
    struct line *line = *state;
    line->config[CLIENT].tls_name = NULL;
    dial_until_open(line); /* 127.0.0.1 stands in the certificate. */
    tcp_close(&line->tcp[CLIENT]);
    tcp_close(&line->tcp[SERVER]);
    struct tls_config server = server_config("wrong-host");
    use_server(line, &server);
    dial(line);
    turn_until(line, CLIENT, TCP_ENDED);
    SAYS(line->tcp[CLIENT].reason, "the certificate of 127.0.0.1 is not for it");
}

static void client_without_tls_is_told(void **state)
{
    struct line *line = *state;
    line->config[CLIENT].tls = NULL;
    tcp_connect(&line->tcp[CLIENT], &line->config[CLIENT], clock_monotonic_ns());
    turn_until(line, CLIENT, TCP_OPEN);
    say(line, CLIENT, "8=FIX.4.4\0019=5\00135=A\001");
    tcp_accept(&line->tcp[SERVER], accept_one(line), &line->config[SERVER], clock_monotonic_ns());
    turn_until(line, SERVER, TCP_ENDED);
    SAYS(line->tcp[SERVER].reason, "FIX without TLS");
}

static void stranger_is_answered_by_an_alert_and_an_end_and_not_by_a_reset(void **state)
{
    struct line *line = *state;
    static uint8_t noise[40000];
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(line->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, connect(fd, (const struct sockaddr *)&address, sizeof(address)));
    assert_int_equal((int)sizeof(noise), send(fd, noise, sizeof(noise), MSG_NOSIGNAL));
    tcp_accept(&line->tcp[SERVER], accept_one(line), &line->config[SERVER], clock_monotonic_ns());
    turn_until(line, SERVER, TCP_ENDED);
    SAYS(line->tcp[SERVER].reason, "does not speak TLS");
    tcp_close(&line->tcp[SERVER]);
    ssize_t got = 1;
    while (got > 0) {
        got = recv(fd, noise, sizeof(noise), 0);
    }
    assert_int_equal(0, got);
    (void)close(fd);
}

static void server_without_tls_is_told(void **state)
{
    struct line *line = *state;
    line->config[SERVER].tls = NULL;
    dial(line);
    turn_until(line, SERVER, TCP_OPEN);
    say(line, SERVER, "8=FIX.4.4\0019=5\00135=5\001");
    turn_until(line, CLIENT, TCP_ENDED);
    SAYS(line->tcp[CLIENT].reason, "FIX without TLS");
}

/* In TLS 1.3 a client may talk before it knows that the server will have none of it; its next
 * write meets a closed socket. The server's alert is the reason, not the broken pipe. */
static void refused_client_names_the_alert_though_it_wrote(void **state)
{
    struct line *line = *state;
    struct tls_config server = server_config("server");
    server.client_verify = TLS_CLIENT_REQUIRED;
    server.ca_file = pem("ca");
    use_server(line, &server);
    dial(line);
    turn_until(line, CLIENT, TCP_OPEN);
    say(line, CLIENT, "35=A");
    while (line->tcp[SERVER].state != TCP_ENDED) {
        assert_true(turn(line, SERVER, WAIT_MS_MAX));
    }
    SAYS(line->tcp[SERVER].reason, "the client showed no certificate");
    tcp_close(&line->tcp[SERVER]);
    for (int i = 0; i < 3; i++) {
        say(line, CLIENT, "35=D"); /* The first makes the system answer with a reset. */
    }
    turn_until(line, CLIENT, TCP_ENDED);
    SAYS(line->tcp[CLIENT].reason, "TLS alert 116 certificate_required");
}

/* --- Streams -------------------------------------------------------------------- */

static uint8_t byte_at(size_t end, size_t position)
{
    return (uint8_t)(position * 31 + position / 251 + end * 7);
}

/* Offers the next bytes as far as there is room, some at a time. */
static void feed(struct line *line, size_t end, size_t total)
{
    static uint8_t chunk[20011];
    struct tcp *tcp = &line->tcp[end];
    while (line->sent[end] < total) {
        size_t left = total - line->sent[end];
        size_t size = 1 + line->sent[end] * 7919 % sizeof(chunk);
        size = size < left ? size : left;
        for (size_t i = 0; i < size; i++) {
            chunk[i] = byte_at(end, line->sent[end] + i);
        }
        if (tcp_unsent(tcp) + size > OUT_BYTES / 4) {
            break;
        }
        assert_int_equal(STATUS_OK, tcp_send(tcp, span_of(chunk, size)));
        line->sent[end] += size;
    }
    if (!tcp->write_blocked) {
        tcp_flush(tcp);
    }
}

/* Takes some of what came, in odd sizes, so that the buffer is full at times. */
static void take(struct line *line, size_t end, size_t max)
{
    struct span inbound = tcp_inbound(&line->tcp[end]);
    size_t size = inbound.size < max ? inbound.size : max;
    for (size_t i = 0; i < size; i++) {
        if (inbound.data[i] != byte_at(1 - end, line->seen[end] + i)) {
            fail_msg("wrong byte at %zu", line->seen[end] + i);
        }
    }
    tcp_consume(&line->tcp[end], size);
    line->seen[end] += size;
}

static void exchange(struct line *line, size_t total, size_t take_max)
{
    for (;;) {
        bool waiting = false;
        for (size_t i = 0; i < ENDS; i++) {
            feed(line, i, total);
            take(line, i, take_max);
            waiting = waiting || tcp_inbound(&line->tcp[i]).size > 0;
        }
        if (line->seen[SERVER] == total && line->seen[CLIENT] == total) {
            break;
        }
        if (!turn(line, ENDS, waiting ? 0 : WAIT_MS_MAX) && !waiting) {
            fail_msg("stalled at %zu and %zu", line->seen[SERVER], line->seen[CLIENT]);
        }
        assert_int_equal(TCP_OPEN, line->tcp[SERVER].state);
        assert_int_equal(TCP_OPEN, line->tcp[CLIENT].state);
    }
    assert_int_equal(0, tcp_unsent(&line->tcp[SERVER]) + tcp_unsent(&line->tcp[CLIENT]));
}

static void huge_streams_cross_through_tiny_socket_buffers(void **state)
{
    struct line *line = *state;
    for (size_t i = 0; i < ENDS; i++) {
        line->config[i].send_buffer_bytes = SEND_BUFFER;
        line->config[i].receive_buffer_bytes = RECEIVE_BUFFER;
    }
    dial_until_open(line);
    exchange(line, 4u << 20, SIZE_MAX);
}

static void slow_taker_loses_nothing(void **state)
{
    struct line *line = *state;
    dial_until_open(line);
    exchange(line, 4u << 20, 3001);
}

static void full_inbound_buffer_holds_no_more_than_its_limit_and_a_look(void **state)
{
    struct line *line = *state;
    dial_until_open(line);
    for (int i = 0; i < 200; i++) {
        feed(line, CLIENT, 8u << 20);
        (void)turn(line, ENDS, 1);
    }
    assert_false(tcp_wants_read(&line->tcp[SERVER]));
    assert_true(tcp_inbound(&line->tcp[SERVER]).size >= IN_BYTES);
    assert_true(tcp_inbound(&line->tcp[SERVER]).size < IN_BYTES + TLS_PENDING_BYTES_MAX);
    assert_false(turn(line, SERVER, 20));
    size_t held = tcp_inbound(&line->tcp[SERVER]).size;
    tcp_ready(&line->tcp[SERVER], READ_MAX, clock_monotonic_ns()); /* As on a hang-up. */
    assert_int_equal(held, tcp_inbound(&line->tcp[SERVER]).size);
    take(line, SERVER, SIZE_MAX);
    assert_true(tcp_wants_read(&line->tcp[SERVER]));
    assert_true(turn(line, SERVER, WAIT_MS_MAX));
    take(line, SERVER, SIZE_MAX);
}

/* --- Ends ----------------------------------------------------------------------- */

static void goodbye_of_the_peer_leaves_what_it_said_before(void **state)
{
    struct line *line = *state;
    dial_until_open(line);
    say(line, CLIENT, "35=5");
    tcp_close_gently(&line->tcp[CLIENT], clock_monotonic_ns());
    assert_int_equal(TCP_CLOSING, line->tcp[CLIENT].state);
    turn_until(line, SERVER, TCP_ENDED);
    assert_true(span_is(tcp_inbound(&line->tcp[SERVER]), "35=5"));
    assert_string_equal("the peer closed the connection", line->tcp[SERVER].reason);
    tcp_close(&line->tcp[SERVER]);
    turn_until(line, CLIENT, TCP_CLOSED);
}

static void hang_up_without_goodbye_is_told(void **state)
{
    struct line *line = *state;
    dial_until_open(line);
    say(line, CLIENT, "35=5");
    tcp_close(&line->tcp[CLIENT]);
    turn_until(line, SERVER, TCP_ENDED);
    assert_true(span_is(tcp_inbound(&line->tcp[SERVER]), "35=5"));
    SAYS(line->tcp[SERVER].reason, "closed the connection without the close_notify");
}

static void reset_is_told(void **state)
{
    struct line *line = *state;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    dial_until_open(line);
    assert_int_equal(
        0, setsockopt(tcp_fd(&line->tcp[CLIENT]), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
    tcp_close(&line->tcp[CLIENT]);
    turn_until(line, SERVER, TCP_ENDED);
    SAYS(line->tcp[SERVER].reason, "the connection broke: Connection reset");
}

static void gentle_close_delivers_all_to_a_slow_reader(void **state)
{
    struct line *line = *state;
    line->config[CLIENT].send_buffer_bytes = SEND_BUFFER;
    line->config[SERVER].receive_buffer_bytes = RECEIVE_BUFFER;
    dial_until_open(line);
    say(line, SERVER, "unread by the client");
    const size_t total = 200000;
    feed(line, CLIENT, total);
    assert_int_equal(total, line->sent[CLIENT]);
    tcp_close_gently(&line->tcp[CLIENT], clock_monotonic_ns());
    assert_true(tcp_unsent(&line->tcp[CLIENT]) > 0);
    while (line->tcp[SERVER].state == TCP_OPEN) {
        assert_true(turn(line, ENDS, WAIT_MS_MAX));
        take(line, SERVER, SIZE_MAX);
    }
    assert_int_equal(total, line->seen[SERVER]);
    assert_string_equal("the peer closed the connection", line->tcp[SERVER].reason);
    tcp_close(&line->tcp[SERVER]);
    turn_until(line, CLIENT, TCP_CLOSED);
}

static void changed_bytes_on_the_way_end_the_connection(void **state)
{
    struct line *line = *state;
    dial_until_open(line);
    /* A record that looks right and was not made with the keys. */
    static const uint8_t forged[5 + 32] = {23, 3, 3, 0, 32};
    assert_int_equal((int)sizeof(forged),
                     send(tcp_fd(&line->tcp[CLIENT]), forged, sizeof(forged), MSG_NOSIGNAL));
    turn_until(line, SERVER, TCP_ENDED);
    SAYS(line->tcp[SERVER].reason, "broke the rules of TLS, or bytes were changed");
    assert_int_equal(0, tcp_inbound(&line->tcp[SERVER]).size);
    turn_until(line, CLIENT, TCP_ENDED);
    SAYS(line->tcp[CLIENT].reason, "TLS alert 20 bad_record_mac");
}

static void connection_can_be_made_again_over_tls(void **state)
{
    struct line *line = *state;
    for (int i = 0; i < 3; i++) {
        dial_until_open(line);
        say(line, CLIENT, "again");
        hear(line, SERVER, "again");
        tcp_close(&line->tcp[CLIENT]);
        tcp_close(&line->tcp[SERVER]);
    }
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE(bytes_flow_both_ways_over_tls),
        LINE(plain_connection_is_taken_over_as_it_is),
        LINE(bytes_behind_the_handshake_are_not_forgotten),
        LINE(server_that_never_answers_is_given_up),
        LINE(client_that_stops_in_mid_handshake_is_given_up),
        LINE(wrong_certificate_ends_the_attempt_with_host_and_reason),
        LINE(host_is_verified_where_no_other_name_is_given),
        LINE(client_without_tls_is_told),
        LINE(stranger_is_answered_by_an_alert_and_an_end_and_not_by_a_reset),
        LINE(server_without_tls_is_told),
        LINE(refused_client_names_the_alert_though_it_wrote),
        LINE(huge_streams_cross_through_tiny_socket_buffers),
        LINE(slow_taker_loses_nothing),
        LINE(full_inbound_buffer_holds_no_more_than_its_limit_and_a_look),
        LINE(goodbye_of_the_peer_leaves_what_it_said_before),
        LINE(hang_up_without_goodbye_is_told),
        LINE(reset_is_told),
        LINE(gentle_close_delivers_all_to_a_slow_reader),
        LINE(changed_bytes_on_the_way_end_the_connection),
        LINE(connection_can_be_made_again_over_tls),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
