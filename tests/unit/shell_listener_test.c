/* The acceptor: who comes in, who does not, and that those who are in feel nothing of it. */
#include "tests/unit/loop_fixture.h"

#include <poll.h>
#include <sys/resource.h>

static void say_on(struct fixture *fixture, uint32_t number, int line, const char *msg_type,
                   const char *body)
{
    struct broker_end *broker = &fixture->broker[number];
    int kept = broker->line;
    broker->line = line;
    broker_say(fixture, number, msg_type, body);
    broker->line = kept;
}

/* The session still answers. */
static void proves_alive(struct fixture *fixture, uint32_t number)
{
    broker_say(fixture, number, "1", "112=alive|");
    while (strcmp(text_value(broker_await(fixture, number, "0"), "112"), "alive") != 0) {
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void peers_share_a_port_and_are_told_apart_by_their_ids(void **state)
{
    struct fixture *fixture = *state;
    peer_log_on(fixture, FIXTURE_DELTA);
    peer_log_on(fixture, FIXTURE_GAMMA);
    proves_alive(fixture, FIXTURE_DELTA);
    proves_alive(fixture, FIXTURE_GAMMA);
}

static void order_goes_to_a_broker_that_connected_to_us(void **state)
{
    struct fixture *fixture = *state;
    peer_log_on(fixture, FIXTURE_GAMMA);
    proves_alive(fixture, FIXTURE_GAMMA);
    (void)oms_ask(fixture, "35=D|49=OMS|11=P1|55=VOD|54=1|38=100|40=2|44=1.5|59=0|"
                           "60=20261121-10:00:00|");
    assert_string_equal("VOD", text_value(broker_await(fixture, FIXTURE_GAMMA, "D"), "55"));
}

static void nobody_hears_anything_before_the_logon(void **state)
{
    struct fixture *fixture = *state;
    peer_connect(fixture, FIXTURE_GAMMA);
    struct pollfd item = {.fd = fixture->broker[FIXTURE_GAMMA].line, .events = POLLIN};
    assert_int_equal(0, poll(&item, 1, FIXTURE_LOGON_TIMEOUT_MS / 4));
    broker_say(fixture, FIXTURE_GAMMA, "A", "98=0|108=30|");
    assert_string_equal("A", text_value(broker_await(fixture, FIXTURE_GAMMA, "A"), "35"));
}

static void stranger_is_shown_the_door_without_a_word(void **state)
{
    struct fixture *fixture = *state;
    struct broker_end *gamma = &fixture->broker[FIXTURE_GAMMA];
    (void)snprintf(gamma->target, sizeof(gamma->target), "MALLORY");
    peer_connect(fixture, FIXTURE_GAMMA);
    broker_say(fixture, FIXTURE_GAMMA, "A", "98=0|108=30|");
    assert_true(line_ends_silently(gamma->line));
}

static void first_message_must_be_a_logon(void **state)
{
    struct fixture *fixture = *state;
    peer_connect(fixture, FIXTURE_GAMMA);
    broker_say(fixture, FIXTURE_GAMMA, "0", "");
    assert_true(line_ends_silently(fixture->broker[FIXTURE_GAMMA].line));
}

static void second_connection_of_a_session_is_closed_and_the_first_goes_on(void **state)
{
    struct fixture *fixture = *state;
    peer_log_on(fixture, FIXTURE_GAMMA);
    int other = peer_line(fixture);
    say_on(fixture, FIXTURE_GAMMA, other, "A", "98=0|108=30|");
    assert_true(line_ends_silently(other));
    (void)close(other);
    fixture->broker[FIXTURE_GAMMA].seq_out--; /* That Logon was not of this session. */
    proves_alive(fixture, FIXTURE_GAMMA);
}

/* Conformance suites come back within milliseconds. */
static void peer_that_hung_up_may_come_back_at_once(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 50; round++) {
        peer_log_on(fixture, FIXTURE_GAMMA);
        if (round % 2 == 0) {
            /* Much is said and not yet taken when the line ends. */
            for (int i = 0; i < 200; i++) {
                broker_say(fixture, FIXTURE_GAMMA, "0", "");
            }
        }
        peer_hang_up(fixture, FIXTURE_GAMMA);
    }
    peer_log_on(fixture, FIXTURE_GAMMA);
    proves_alive(fixture, FIXTURE_GAMMA);
}

/* We close: the peer need not wait until we have heard its own end of the line. */
static void peer_that_we_closed_may_come_back_at_once(void **state)
{
    struct fixture *fixture = *state;
    peer_log_on(fixture, FIXTURE_GAMMA);
    broker_say(fixture, FIXTURE_GAMMA, "5", "");
    while (broker_read(fixture, FIXTURE_GAMMA)) {
    }
    int old = fixture->broker[FIXTURE_GAMMA].line; /* Its own end stays open. */
    uint64_t begin_ms = now_ms();
    peer_log_on(fixture, FIXTURE_GAMMA);
    proves_alive(fixture, FIXTURE_GAMMA);
    assert_true(now_ms() - begin_ms < 1000);
    (void)close(old);
}

static void logon_may_come_byte_by_byte_and_with_more_behind_it(void **state)
{
    struct fixture *fixture = *state;
    int ends[2];
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    say_on(fixture, FIXTURE_GAMMA, ends[0], "A", "98=0|108=30|");
    say_on(fixture, FIXTURE_GAMMA, ends[0], "1", "112=behind|");
    char bytes[1024];
    ssize_t size = recv(ends[1], bytes, sizeof(bytes), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_true(size > 40);
    peer_connect(fixture, FIXTURE_GAMMA);
    int line = fixture->broker[FIXTURE_GAMMA].line;
    for (ssize_t i = 0; i < 40; i++) {
        assert_int_equal(1, send(line, bytes + i, 1, MSG_NOSIGNAL));
    }
    assert_int_equal(size - 40, send(line, bytes + 40, (size_t)size - 40, MSG_NOSIGNAL));
    assert_string_equal("A", text_value(broker_await(fixture, FIXTURE_GAMMA, "A"), "35"));
    assert_string_equal("behind", text_value(broker_await(fixture, FIXTURE_GAMMA, "0"), "112"));
}

static void address_that_nobody_allows_is_refused_before_it_speaks(void **state)
{
    struct fixture *fixture = *state;
    static const struct address_block elsewhere = {
        .address = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2}}, .prefix_bits = 120};
    fixture->sessions[FIXTURE_GAMMA].allowed = &elsewhere;
    fixture->sessions[FIXTURE_GAMMA].allowed_count = 1;
    fixture->sessions[FIXTURE_DELTA].allowed = &elsewhere;
    fixture->sessions[FIXTURE_DELTA].allowed_count = 1;
    uint64_t begin_ms = now_ms();
    int line = peer_line(fixture);
    assert_true(line_ends_silently(line));
    assert_true(now_ms() - begin_ms < FIXTURE_LOGON_TIMEOUT_MS / 2);
    (void)close(line);
}

/* No byte moves the limit. */
static void newcomer_that_drips_is_closed_when_its_time_is_up(void **state)
{
    struct fixture *fixture = *state;
    uint64_t begin_ms = now_ms();
    int silent = peer_line(fixture);
    int dripping = peer_line(fixture);
    struct pollfd item = {.fd = dripping, .events = POLLIN};
    while (poll(&item, 1, 50) == 0) {
        assert_true(now_ms() - begin_ms < 5 * FIXTURE_LOGON_TIMEOUT_MS);
        assert_int_equal(1, send(dripping, "8", 1, MSG_NOSIGNAL));
    }
    assert_true(line_ends_silently(silent));
    assert_true(now_ms() - begin_ms >= FIXTURE_LOGON_TIMEOUT_MS - 50);
    (void)close(silent);
    (void)close(dripping);
}

static void newcomers_beyond_the_limit_are_closed_and_sessions_go_on(void **state)
{
    struct fixture *fixture = *state;
    enum { FLOOD = LISTENER_PENDING_MAX + 20 };
    int lines[FLOOD];
    peer_log_on(fixture, FIXTURE_GAMMA);
    for (int i = 0; i < FLOOD; i++) {
        lines[i] = peer_line(fixture);
    }
    for (int i = LISTENER_PENDING_MAX; i < FLOOD; i++) {
        assert_true(line_ends_silently(lines[i]));
    }
    proves_alive(fixture, FIXTURE_GAMMA);
    /* The first that came may still log on. */
    fixture->broker[FIXTURE_DELTA].line = lines[0];
    broker_say(fixture, FIXTURE_DELTA, "A", "98=0|108=30|");
    (void)broker_await(fixture, FIXTURE_DELTA, "A");
    for (int i = 1; i < FLOOD; i++) {
        (void)close(lines[i]);
    }
}

static void garbage_without_end_is_cut_short(void **state)
{
    struct fixture *fixture = *state;
    static char garbage[64 * 1024];
    memset(garbage, 'x', sizeof(garbage));
    int line = peer_line(fixture);
    size_t sent = 0;
    ssize_t size = 1;
    while (size > 0 && sent < 64u * 1024 * 1024) {
        size = send(line, garbage, sizeof(garbage), MSG_NOSIGNAL);
        sent += size > 0 ? (size_t)size : 0;
    }
    assert_true(size < 0);
    (void)close(line);
    peer_log_on(fixture, FIXTURE_GAMMA);
}

/* Nobody is let in, nobody is thrown out, and the loop does not run hot. */
static void listener_without_descriptors_waits_for_better_times(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    peer_log_on(fixture, FIXTURE_GAMMA);
    int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &before));
    struct rlimit none = {.rlim_cur = (rlim_t)line + 1, .rlim_max = before.rlim_max};
    assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &none));
    peer_line_connect(fixture, line);
    fixture->broker[FIXTURE_DELTA].line = line;
    broker_say(fixture, FIXTURE_DELTA, "A", "98=0|108=30|");
    clock_t cpu = clock();
    struct pollfd item = {.fd = line, .events = POLLIN};
    assert_int_equal(0, poll(&item, 1, 4 * LISTENER_PAUSE_MS));
    assert_true(clock() - cpu < CLOCKS_PER_SEC / 10);
    proves_alive(fixture, FIXTURE_GAMMA);
    assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &before));
    (void)broker_await(fixture, FIXTURE_DELTA, "A");
}

static void end_of_the_gateway_ends_newcomers_and_logs_peers_out(void **state)
{
    struct fixture *fixture = *state;
    peer_log_on(fixture, FIXTURE_GAMMA);
    int newcomer = peer_line(fixture);
    assert_int_equal(0, kill(getpid(), SIGTERM));
    (void)broker_await(fixture, FIXTURE_GAMMA, "5");
    assert_true(line_ends_silently(newcomer));
    broker_say(fixture, FIXTURE_GAMMA, "5", "");
    fixture_join(fixture);
    assert_int_equal(STATUS_OK, fixture->ended);
    (void)close(newcomer);
}

/* --- Without a loop --------------------------------------------------------- */

static enum status try_to_listen(const struct listen_config *configs, uint32_t count,
                                 uint16_t *port, char *error)
{
    struct poller poller;
    struct instant now = {0};
    struct listeners *listeners = test_calloc(1, sizeof(*listeners));
    assert_int_equal(STATUS_OK, poller_open(&poller));
    listeners->poller = &poller;
    listeners->now = &now;
    enum status status = listeners_open(listeners, configs, count, error);
    *port = listeners->list[0].port;
    listeners_shut(listeners);
    poller_close(&poller);
    test_free(listeners);
    return status;
}

static void port_of_somebody_else_is_refused_with_its_name(void **state)
{
    (void)state;
    char error[LISTENER_ERROR_BYTES_MAX];
    char name[32];
    uint16_t port = 0;
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    assert_int_equal(0, bind(taken, (const struct sockaddr *)&address, size));
    assert_int_equal(0, listen(taken, 1));
    assert_int_equal(0, getsockname(taken, (struct sockaddr *)&address, &size));
    struct listen_config config = {
        .host = "127.0.0.1", .port = ntohs(address.sin_port), .reuse_address = true};
    assert_int_equal(STATUS_BUSY, try_to_listen(&config, 1, &port, error));
    (void)snprintf(name, sizeof(name), "127.0.0.1 port %u", (unsigned)config.port);
    assert_non_null(strstr(error, name));
    (void)close(taken);
}

static void address_that_is_not_ours_is_refused_with_its_name(void **state)
{
    (void)state;
    char error[LISTENER_ERROR_BYTES_MAX];
    uint16_t port = 0;
    struct listen_config config = {.host = "192.0.2.1"};
    assert_int_equal(STATUS_INVALID, try_to_listen(&config, 1, &port, error));
    assert_non_null(strstr(error, "192.0.2.1"));
    config.host = "no such name.invalid";
    assert_int_equal(STATUS_INVALID, try_to_listen(&config, 1, &port, error));
    assert_non_null(strstr(error, "no such name"));
}

static void every_form_of_address_can_be_listened_on(void **state)
{
    (void)state;
    char error[LISTENER_ERROR_BYTES_MAX];
    uint16_t port = 0;
    struct listen_config configs[] = {{.host = "127.0.0.1"}, {.host = NULL}, {.host = "localhost"}};
    for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
        assert_int_equal(STATUS_OK, try_to_listen(&configs[i], 1, &port, error));
        assert_int_not_equal(0, port);
    }
    assert_int_equal(STATUS_OK, try_to_listen(configs, ARRAY_LEN(configs), &port, error));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(peers_share_a_port_and_are_told_apart_by_their_ids),
        TEST(order_goes_to_a_broker_that_connected_to_us),
        TEST(nobody_hears_anything_before_the_logon),
        TEST(stranger_is_shown_the_door_without_a_word),
        TEST(first_message_must_be_a_logon),
        TEST(second_connection_of_a_session_is_closed_and_the_first_goes_on),
        TEST(peer_that_hung_up_may_come_back_at_once),
        TEST(peer_that_we_closed_may_come_back_at_once),
        TEST(logon_may_come_byte_by_byte_and_with_more_behind_it),
        TEST(newcomer_that_drips_is_closed_when_its_time_is_up),
        TEST(newcomers_beyond_the_limit_are_closed_and_sessions_go_on),
        TEST(garbage_without_end_is_cut_short),
        TEST(listener_without_descriptors_waits_for_better_times),
        TEST(address_that_nobody_allows_is_refused_before_it_speaks),
        TEST(end_of_the_gateway_ends_newcomers_and_logs_peers_out),
        cmocka_unit_test(port_of_somebody_else_is_refused_with_its_name),
        cmocka_unit_test(address_that_is_not_ours_is_refused_with_its_name),
        cmocka_unit_test(every_form_of_address_can_be_listened_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
