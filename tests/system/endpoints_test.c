/* Several endpoints of one session, as processes and dead ports: where the gateway connects to,
 * when, and that only a Logon counts. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/tools/gateway_process.h"
#include "tests/tools/reflector_client.h"

enum {
    TEXT_BYTES_MAX = 2048,
    LINE_BYTES_MAX = 1024,
    ENDPOINTS = 3,
    REFLECTORS = 2,
    SESSIONS = 6, /* Whose waits are compared. */
    WAITS = 3,
    LATE_MS_MAX = 1500, /* A busy machine connects later than it said. */
    WAIT_DIFFERENCES_MIN = 3,
};

struct fixture {
    struct gateway_process gateway;
    struct reflector_process reflectors[REFLECTORS];
    uint16_t ports[ENDPOINTS];
};

/* --- Processes -------------------------------------------------------------- */

/* A reflector at endpoint `endpoint`, which knows the peer by that name. */
static void start_reflector(struct fixture *fixture, int which, int endpoint, const char *peer)
{
    static struct settings_words words;
    char text[TEXT_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "SenderCompID=ALPHA\nTargetCompID=%s\nSocketAcceptPort=%u\n",
                   peer, (unsigned)fixture->ports[endpoint]);
    settings_split(&words, text);
    reflector_begin(&fixture->reflectors[which], words.list);
}

static void end_reflector(struct fixture *fixture, int which)
{
    if (fixture->reflectors[which].process.starts > 0) {
        reflector_remove(&fixture->reflectors[which]);
        fixture->reflectors[which].process.starts = 0;
    }
}

static void start_gateway(struct fixture *fixture, const char *settings)
{
    char text[TEXT_BYTES_MAX];
    (void)snprintf(text, sizeof(text),
                   "[SESSION]\nBroker=ALPHA\nTargetCompID=ALPHA\nSocketConnectHost=127.0.0.1\n"
                   "SocketConnectPort=%u\nSocketConnectHost1=127.0.0.1\nSocketConnectPort1=%u\n"
                   "SocketConnectHost2=127.0.0.1\nSocketConnectPort2=%u\nReconnectIntervalMax=1\n"
                   "ResetOnLogon=Y\n%s",
                   (unsigned)fixture->ports[0], (unsigned)fixture->ports[1],
                   (unsigned)fixture->ports[2], settings);
    gateway_configure(&fixture->gateway, text);
    gateway_start(&fixture->gateway);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    gateway_open(&fixture->gateway);
    for (int i = 0; i < ENDPOINTS; i++) {
        fixture->ports[i] = process_free_port(0);
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    int code = fixture->gateway.process.starts > 0 ? gateway_stop(&fixture->gateway) : 0;
    gateway_remove(&fixture->gateway, false);
    for (int i = 0; i < REFLECTORS; i++) {
        end_reflector(fixture, i);
    }
    free(fixture);
    return code;
}

static bool is_ready(struct fixture *fixture)
{
    return gateway_awaits(&fixture->gateway, "ALPHA", "state", "READY");
}

/* --- Which ------------------------------------------------------------------ */

static void only_a_completed_logon_counts_as_success(void **state)
{
    struct fixture *fixture = *state;
    start_reflector(fixture, 0, 1, "SOMEBODY-ELSE");
    start_reflector(fixture, 1, 2, "FIXGATE");
    start_gateway(fixture, "");
    assert_true(is_ready(fixture));
    /* Refused by the system, hung up on by one who does not know us, and at home. */
    struct gateway_process *gateway = &fixture->gateway;
    assert_true(gateway_logs(gateway, "Connection refused; endpoint 1 of 3, try 1 of 1; next: "
                                      "endpoint 2 in "));
    assert_true(gateway_logs(gateway, "it may not know SenderCompID, TargetCompID or our address, "
                                      "or want TLS (SocketUseSSL=Y); endpoint 2 of 3, try 1 of 1; "
                                      "next: endpoint 3 in "));
    assert_true(gateway_logs(gateway, "connecting to endpoint 3 of 3"));
    assert_int_equal(1, process_log_count(&gateway->process, "cannot connect: "));
    assert_int_equal(1, process_log_count(&gateway->process, " disconnected: "));
    assert_true(reflector_logs(&fixture->reflectors[0],
                               "no session of this listener has these IDs; "
                               "SenderCompID=FIXGATE"));
}

static void each_endpoint_has_its_tries(void **state)
{
    struct fixture *fixture = *state;
    start_reflector(fixture, 0, 1, "FIXGATE");
    start_gateway(fixture, "EndpointTries=2\n");
    assert_true(is_ready(fixture));
    struct gateway_process *gateway = &fixture->gateway;
    assert_true(gateway_logs(gateway, "endpoint 1 of 3, try 1 of 2; next: endpoint 1 in "));
    assert_true(gateway_logs(gateway, "endpoint 1 of 3, try 2 of 2; next: endpoint 2 in "));
    assert_true(gateway_logs(gateway, "connecting to endpoint 2 of 3, try 1 of 2"));
}

static void priority_goes_back_to_the_first_after_a_loss(void **state)
{
    struct fixture *fixture = *state;
    start_reflector(fixture, 0, 1, "FIXGATE");
    start_gateway(fixture, "HostSelectionPolicy=PRIORITY\n"
                           "HostSelectionPolicyPriorityStartOverInterval=1\n");
    assert_true(is_ready(fixture));
    /* The first is back: a good connection is left alone, the next one goes there. */
    start_reflector(fixture, 1, 0, "FIXGATE");
    assert_int_equal(0, gateway_ask(&fixture->gateway, "session test ALPHA"));
    assert_true(is_ready(fixture));
    assert_int_equal(0, process_log_count(&fixture->gateway.process, " disconnected: "));
    end_reflector(fixture, 0);
    assert_true(gateway_logs(&fixture->gateway, " disconnected: "));
    assert_true(reflector_logs(&fixture->reflectors[1], " READY"));
    assert_true(is_ready(fixture));
}

static void round_robin_goes_on_from_where_it_was(void **state)
{
    struct fixture *fixture = *state;
    start_reflector(fixture, 0, 1, "FIXGATE");
    start_gateway(fixture, "");
    assert_true(is_ready(fixture));
    /* Those before and behind it are there; it is the next in the round that is asked. */
    start_reflector(fixture, 1, 2, "FIXGATE");
    end_reflector(fixture, 0);
    start_reflector(fixture, 0, 0, "FIXGATE");
    struct gateway_process *gateway = &fixture->gateway;
    assert_true(gateway_logs(gateway, "endpoint 2 of 3, try 1 of 1; next: endpoint 3 in "));
    assert_true(reflector_logs(&fixture->reflectors[1], " READY"));
    assert_true(is_ready(fixture));

    end_reflector(fixture, 1);
    assert_true(gateway_logs(gateway, "endpoint 3 of 3, try 1 of 1; next: endpoint 1 in "));
    assert_true(reflector_logs(&fixture->reflectors[0], " READY"));
    assert_true(is_ready(fixture));
}

/* --- When ------------------------------------------------------------------- */

/* Milliseconds of the day, of a line's time: "2026-11-21T06:15:35.130643Z …". */
static uint64_t line_ms(const char *line)
{
    const char *at = strchr(line, 'T');
    assert_non_null(at);
    uint64_t hour = strtoull(at + 1, NULL, 10);
    uint64_t minute = strtoull(at + 4, NULL, 10);
    uint64_t second = strtoull(at + 7, NULL, 10);
    uint64_t micro = strtoull(at + 10, NULL, 10);
    return ((hour * 60 + minute) * 60 + second) * 1000 + micro / 1000;
}

struct waits {
    uint32_t count;
    uint64_t said_ms[WAITS + 1]; /* "next: endpoint 2 in 1034 ms" */
    uint64_t at_ms[WAITS + 1];   /* When that was said. */
};

/* What the log says of session PEERn's waits. */
static void read_waits(struct fixture *fixture, int session, struct waits *waits)
{
    char name[32];
    char line[LINE_BYTES_MAX];
    (void)snprintf(name, sizeof(name), "FIXGATE->PEER%d ", session);
    FILE *log = fopen(fixture->gateway.process.log_path, "re");
    assert_non_null(log);
    waits->count = 0;
    while (waits->count <= WAITS && fgets(line, sizeof(line), log) != NULL) {
        const char *next = strstr(line, "next: endpoint ");
        if (next != NULL && strstr(line, name) != NULL) {
            waits->at_ms[waits->count] = line_ms(line);
            waits->said_ms[waits->count] = strtoull(strstr(next, " in ") + 4, NULL, 10);
            waits->count++;
        }
    }
    (void)fclose(log);
}

/* Sessions of two endpoints each where nobody listens. */
static void start_lonely_gateway(struct fixture *fixture)
{
    char text[8 * TEXT_BYTES_MAX] = "";
    for (int i = 0; i < SESSIONS; i++) {
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof(text) - size,
                       "[SESSION]\nBroker=ALPHA\nTargetCompID=PEER%d\nReconnectIntervalMax=2\n"
                       "SocketConnectHost=127.0.0.1\nSocketConnectPort=%u\n"
                       "SocketConnectHost1=127.0.0.1\nSocketConnectPort1=%u\n\n",
                       i, (unsigned)fixture->ports[0], (unsigned)fixture->ports[1]);
    }
    gateway_configure(&fixture->gateway, text);
    gateway_start(&fixture->gateway);
}

static void await_waits(struct fixture *fixture, uint32_t count, struct waits all[SESSIONS])
{
    uint64_t end_ns = process_now_ns() + (uint64_t)GATEWAY_WAIT_MS * 1000000u;
    for (int i = 0; i < SESSIONS; i++) {
        for (read_waits(fixture, i, &all[i]); all[i].count < count;
             read_waits(fixture, i, &all[i])) {
            assert_true(process_now_ns() < end_ns);
            process_pause(20);
        }
    }
}

static uint32_t differences(const uint64_t *list, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < count; i++) {
        found += list[i] != list[0] ? 1 : 0;
    }
    return found;
}

static void waits_grow_to_their_maximum_and_are_not_alike(void **state)
{
    struct fixture *fixture = *state;
    struct waits all[SESSIONS];
    uint64_t first_ms[SESSIONS];
    /* The wait doubles when all endpoints have failed. */
    static const uint64_t base_ms[WAITS] = {1000, 2000, 2000};
    start_lonely_gateway(fixture);
    await_waits(fixture, WAITS + 1, all);
    for (int i = 0; i < SESSIONS; i++) {
        for (int j = 0; j < WAITS; j++) {
            uint64_t said_ms = all[i].said_ms[j];
            uint64_t day_ms = UINT64_C(86400000);
            uint64_t took_ms = (all[i].at_ms[j + 1] + day_ms - all[i].at_ms[j]) % day_ms;
            assert_in_range(said_ms, base_ms[j] * 8 / 10, base_ms[j] * 12 / 10);
            assert_in_range(took_ms, said_ms - 1, said_ms + LATE_MS_MAX);
        }
        first_ms[i] = all[i].said_ms[0];
    }
    assert_true(differences(first_ms, SESSIONS) >= WAIT_DIFFERENCES_MIN);
}

/* Two that lost one broker must not come back in one instant. */
static void another_gateway_waits_otherwise(void **state)
{
    struct fixture *fixture = *state;
    struct waits one[SESSIONS];
    struct waits other[SESSIONS];
    uint32_t different = 0;
    start_lonely_gateway(fixture);
    await_waits(fixture, 1, one);
    assert_int_equal(0, gateway_stop(&fixture->gateway));
    gateway_remove(&fixture->gateway, false);
    gateway_open(&fixture->gateway);
    start_lonely_gateway(fixture);
    await_waits(fixture, 1, other);
    for (int i = 0; i < SESSIONS; i++) {
        different += one[i].said_ms[0] != other[i].said_ms[0] ? 1 : 0;
    }
    assert_true(different >= WAIT_DIFFERENCES_MIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_a_completed_logon_counts_as_success),
        TEST(each_endpoint_has_its_tries),
        TEST(priority_goes_back_to_the_first_after_a_loss),
        TEST(round_robin_goes_on_from_where_it_was),
        TEST(waits_grow_to_their_maximum_and_are_not_alike),
        TEST(another_gateway_waits_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
