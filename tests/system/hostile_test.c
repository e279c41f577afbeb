/* Hostile peers over real sockets: while each does its worst, another session of the same
 * process has its orders back within a bounded time, all the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/reflector_client.h"

enum {
    LOGON_TIMEOUT_MS = 2000,
    ECHO_MS_MAX = 1000, /* The bound for the other session. */
    ECHO_PAUSE_MS = 5,
    ECHOES_MIN = 20, /* Fewer would prove nothing. */
    CROWD = 200,
};

/* The session that must not feel anything. */
struct good {
    struct client client;
    pthread_t thread;
    atomic_bool stop;
    uint32_t echoes;
    uint64_t slowest_ns;
    bool failed;
};

struct fixture {
    struct reflector_process reflector;
    struct good good;
    struct client evil;
};

static void *be_good(void *argument)
{
    struct good *good = argument;
    struct client *client = &good->client;
    char body[160];
    while (!atomic_load(&good->stop) && !good->failed) {
        uint64_t begin_ns = process_now_ns();
        (void)snprintf(body, sizeof(body), "11=g%u|55=X|54=1|40=1|60=20260101-00:00:00|",
                       (unsigned)good->echoes);
        good->failed = !client_send(client, "D", body) || client_await(client, "D")[0] == '\0';
        uint64_t took_ns = process_now_ns() - begin_ns;
        good->slowest_ns = took_ns > good->slowest_ns ? took_ns : good->slowest_ns;
        good->echoes++;
        process_pause(ECHO_PAUSE_MS);
    }
    return NULL;
}

static int setup(void **state)
{
    static const char *const words[] = {
        "--setting",     "LogonTimeout=2",    "--setting", "BacklogHigh=64K",   "--setting",
        "BacklogMax=1M", "--session",         "--setting", "TargetCompID=GOOD", "--session",
        "--setting",     "TargetCompID=EVIL", NULL};
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    reflector_begin(&fixture->reflector, words);
    client_open(&fixture->good.client, "GOOD", fixture->reflector.port);
    client_open(&fixture->evil, "EVIL", fixture->reflector.port);
    assert_true(client_log_on(&fixture->good.client));
    assert_int_equal(0, pthread_create(&fixture->good.thread, NULL, be_good, &fixture->good));
    *state = fixture;
    return 0;
}

/* Every test ends with this: the good one had its echoes, in time. */
static void assert_unharmed(struct fixture *fixture)
{
    struct good *good = &fixture->good;
    process_pause(ECHOES_MIN * 2 * ECHO_PAUSE_MS);
    atomic_store(&good->stop, true);
    (void)pthread_join(good->thread, NULL);
    print_message("the other session: %u echoes, the slowest %.1f ms\n", (unsigned)good->echoes,
                  (double)good->slowest_ns / 1e6);
    assert_false(good->failed);
    assert_true(good->echoes >= ECHOES_MIN);
    assert_true(good->slowest_ns < (uint64_t)ECHO_MS_MAX * 1000000u);
    assert_true(process_running(&fixture->reflector.process));
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    client_hang_up(&fixture->evil);
    if (!atomic_load(&fixture->good.stop)) {
        atomic_store(&fixture->good.stop, true);
        (void)pthread_join(fixture->good.thread, NULL);
    }
    client_hang_up(&fixture->good.client);
    int code = reflector_stop(&fixture->reflector);
    reflector_remove(&fixture->reflector);
    free(fixture);
    return code;
}

/* The hostile one begins anew, as if nothing had been. Whoever comes before the end of its last
 * line was seen, or while a crowd is still there, is turned away, and comes again. */
static void begin_anew(struct client *client)
{
    uint64_t end_ns = process_now_ns() + 2 * (uint64_t)LOGON_TIMEOUT_MS * 1000000u;
    for (;;) {
        client_connect(client);
        client->seq = 1;
        if (client_send(client, "A", "98=0|108=30|141=Y|") &&
            client_await(client, "A")[0] != '\0') {
            return;
        }
        assert_true(process_now_ns() < end_ns);
        process_pause(50);
    }
}

/* The session of the hostile one itself works (again). */
static void assert_answers(struct client *client)
{
    assert_true(client_send(client, "1", "112=sane|"));
    do {
        assert_string_not_equal("", client_await(client, "0"));
    } while (strcmp(client_value(client, "112"), "sane") != 0);
}

static bool line_has_ended(int line)
{
    char byte;
    struct pollfd item = {.fd = line, .events = POLLIN};
    return poll(&item, 1, 0) > 0 && recv(line, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void slowloris_is_ended_when_its_time_is_up(void **state)
{
    struct fixture *fixture = *state;
    enum { LINES = 50 };
    static const char logon[] = "8=FIX.4.4\0019=100000\00135=A\001";
    int lines[LINES];
    for (int i = 0; i < LINES; i++) {
        lines[i] = client_line(fixture->reflector.port);
    }
    uint64_t begin_ns = process_now_ns();
    size_t ended = 0;
    for (size_t step = 0; ended < LINES; step++) {
        assert_true(process_now_ns() - begin_ns < 3 * (uint64_t)LOGON_TIMEOUT_MS * 1000000u);
        ended = 0;
        for (int i = 0; i < LINES; i++) {
            (void)send(lines[i], &logon[step % (sizeof(logon) - 1)], 1, MSG_NOSIGNAL);
            ended += line_has_ended(lines[i]) ? 1 : 0;
        }
        process_pause(20);
    }
    for (int i = 0; i < LINES; i++) {
        (void)close(lines[i]);
    }
    assert_true(client_log_on(&fixture->evil));
    assert_true(reflector_logs(&fixture->reflector, "no Logon within the time limit"));
    assert_unharmed(fixture);
}

static void flood_of_connections_is_turned_away(void **state)
{
    struct fixture *fixture = *state;
    int lines[CROWD];
    for (int i = 0; i < CROWD; i++) {
        lines[i] = client_line(fixture->reflector.port);
    }
    for (int i = 0; i < 3000; i++) {
        (void)close(client_line(fixture->reflector.port));
    }
    assert_true(reflector_logs(&fixture->reflector, "too many others have not logged on yet"));
    for (int i = 0; i < CROWD; i++) {
        (void)close(lines[i]);
    }
    begin_anew(&fixture->evil);
    assert_answers(&fixture->evil);
    assert_unharmed(fixture);
}

static void garbage_before_the_logon_is_cut_short(void **state)
{
    struct fixture *fixture = *state;
    static char garbage[1024 * 1024];
    for (size_t i = 0; i < sizeof(garbage); i++) {
        garbage[i] = (char)(i * 7919 >> 3);
    }
    client_connect(&fixture->evil);
    (void)client_send_bytes(&fixture->evil, garbage, sizeof(garbage));
    assert_true(client_line_ends(&fixture->evil, LOGON_TIMEOUT_MS / 2));
    assert_true(client_log_on(&fixture->evil));
    assert_unharmed(fixture);
}

static void garbage_within_a_session_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    static const char noise[] = "8=FIX.4.4\0019=12\00135=0\00110=000\001\001=x";
    assert_true(client_log_on(&fixture->evil));
    for (size_t sent = 0; sent < 1024 * 1024; sent += sizeof(noise) - 1) {
        assert_true(client_send_bytes(&fixture->evil, noise, sizeof(noise) - 1));
    }
    /* Here the search for a message's end, begun in the noise, comes to its own. */
    assert_true(client_send_bytes(&fixture->evil, "\00110=000\001", 8));
    assert_answers(&fixture->evil);
    assert_unharmed(fixture);
}

/* Each message opens a new gap, and none is ever filled. */
static void endless_gaps_are_asked_for_and_bounded(void **state)
{
    struct fixture *fixture = *state;
    enum { MESSAGES = 20000, NOTE_BYTES = 2000 };
    static char body[NOTE_BYTES + 128];
    int size = snprintf(body, sizeof(body), "11=x|55=X|54=1|40=1|60=20260101-00:00:00|58=");
    memset(body + size, 'n', NOTE_BYTES);
    memcpy(body + size + NOTE_BYTES, "|", 2);
    assert_true(client_log_on(&fixture->evil));
    bool alive = true;
    for (int i = 0; i < MESSAGES && alive; i++) {
        fixture->evil.seq += 10;
        alive = client_send(&fixture->evil, "D", body);
    }
    (void)client_await(&fixture->evil, "2");
    begin_anew(&fixture->evil);
    assert_answers(&fixture->evil);
    assert_unharmed(fixture);
}

static void storm_of_resend_requests_is_served_in_turn(void **state)
{
    struct fixture *fixture = *state;
    enum { ECHOES = 20, REQUESTS = 10000 };
    struct client *evil = &fixture->evil;
    static char bytes[CLIENT_MESSAGE_BYTES_MAX];
    assert_true(client_log_on(evil));
    for (int i = 0; i < ECHOES; i++) {
        assert_true(client_send(evil, "D", "11=e|55=X|54=1|40=1|60=20260101-00:00:00|"));
        assert_string_not_equal("", client_await(evil, "D"));
    }
    /* The requests go out as fast as the line takes them, and the answers are read. */
    int sent = 0;
    uint32_t resent = 0;
    size_t size = 0;
    size_t at = 0;
    while (sent < REQUESTS || at < size) {
        if (at == size) {
            size = client_frame(evil, "2", evil->seq++, NULL, "7=1|16=0|", bytes);
            at = 0;
            sent++;
        }
        ssize_t gone = send(evil->line, bytes + at, size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        at += gone > 0 ? (size_t)gone : 0;
        if (gone <= 0) {
            assert_true(client_read(evil));
            resent += strcmp(client_value(evil, "43"), "Y") == 0 ? 1 : 0;
        }
    }
    assert_true(client_send(evil, "1", "112=behind|"));
    while (strcmp(client_value(evil, "112"), "behind") != 0) {
        assert_true(client_read(evil));
        resent += strcmp(client_value(evil, "43"), "Y") == 0 ? 1 : 0;
    }
    /* One gap fill for the Logon, then the echoes. */
    assert_int_equal(REQUESTS * (ECHOES + 1), resent);
    assert_unharmed(fixture);
}

static void peer_that_never_reads_is_cut_off_with_the_reason(void **state)
{
    struct fixture *fixture = *state;
    struct client *evil = &fixture->evil;
    int small = 4096;
    static char bytes[CLIENT_MESSAGE_BYTES_MAX];
    client_connect(evil);
    (void)setsockopt(evil->line, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_true(client_send(evil, "A", "98=0|108=30|"));
    uint64_t end_ns = process_now_ns() + UINT64_C(60000000000);
    bool alive = true;
    while (alive && process_now_ns() < end_ns) {
        size_t size = client_frame(evil, "1", evil->seq, NULL, "112=say something|", bytes);
        alive = client_send_bytes(evil, bytes, size);
        evil->seq++;
    }
    assert_false(alive);
    assert_true(reflector_logs(&fixture->reflector, "slow peer cut off"));
    assert_unharmed(fixture);
}

static void absurd_numbers_harm_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct client *evil = &fixture->evil;
    static const uint64_t numbers[] = {0,
                                       UINT64_C(1) << 31,
                                       (UINT64_C(1) << 32) - 1,
                                       (UINT64_C(1) << 63) - 1,
                                       UINT64_C(1) << 63,
                                       UINT64_MAX};
    static char bytes[CLIENT_MESSAGE_BYTES_MAX];
    for (size_t i = 0; i < 2 * (sizeof(numbers) / sizeof(numbers[0])); i++) {
        uint64_t number = numbers[i / 2];
        char request[128];
        (void)snprintf(request, sizeof(request), "7=%llu|16=%llu|", (unsigned long long)number,
                       (unsigned long long)number);
        if (i % 2 == 0) {
            client_connect(evil);
            size_t size = client_frame(evil, "A", number, NULL, "98=0|108=30|", bytes);
            assert_true(client_send_bytes(evil, bytes, size));
        } else {
            begin_anew(evil);
            (void)client_send(evil, "2", request);
            size_t size = client_frame(evil, "0", number, NULL, "", bytes);
            (void)client_send_bytes(evil, bytes, size);
        }
        (void)client_read(evil);
        client_hang_up(evil);
    }
    begin_anew(evil);
    assert_answers(evil);
    assert_unharmed(fixture);
}

static void clocks_years_off_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct client *evil = &fixture->evil;
    static const char *const times[] = {"19700101-00:00:00", "20000229-12:00:00.000",
                                        "20991231-23:59:59", "99991231-23:59:59.999999999",
                                        "20261399-99:99:99"};
    static char bytes[CLIENT_MESSAGE_BYTES_MAX];
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        client_connect(evil);
        evil->seq = 1;
        size_t size = client_frame(evil, "A", 1, times[i], "98=0|108=30|141=Y|", bytes);
        assert_true(client_send_bytes(evil, bytes, size));
        assert_true(client_line_ends(evil, CLIENT_WAIT_MS));

        begin_anew(evil);
        size = client_frame(evil, "0", evil->seq, times[i], "", bytes);
        assert_true(client_send_bytes(evil, bytes, size));
        assert_string_not_equal("", client_await(evil, "3"));
        assert_string_equal("52", client_value(evil, "371"));
        assert_string_not_equal("", client_await(evil, "5"));
    }
    assert_unharmed(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slowloris_is_ended_when_its_time_is_up),
        TEST(flood_of_connections_is_turned_away),
        TEST(garbage_before_the_logon_is_cut_short),
        TEST(garbage_within_a_session_is_dropped),
        TEST(endless_gaps_are_asked_for_and_bounded),
        TEST(storm_of_resend_requests_is_served_in_turn),
        TEST(peer_that_never_reads_is_cut_off_with_the_reason),
        TEST(absurd_numbers_harm_nobody),
        TEST(clocks_years_off_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
