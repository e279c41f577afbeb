/* Sockets with CURVE keys: who gets in, and that what he says has his name on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/shell/key_file.h"
#include "gateway/shell/zap.h"

enum { WAIT_MS = 10000, LOOK_MS = 5, REFUSED_MS = 700 };

struct pair {
    char public_key[ZEROMQ_KEY_TEXT_BYTES + 1];
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
};

struct gate {
    struct pair own;
    struct pair jane;
    struct pair bob;
    struct pair stranger;
    struct operator_config operators[3];
    struct zeromq zeromq;
    struct zap zap;
    struct zeromq_socket server;
    struct zeromq_frames frames;
    char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1];
};

static void make(struct pair *pair)
{
    assert_true(zeromq_key_pair(pair->public_key, pair->secret));
}

static int with_gate(void **state)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct gate *gate = calloc(1, sizeof(*gate));
    assert_non_null(gate);
    make(&gate->own);
    make(&gate->jane);
    make(&gate->bob);
    make(&gate->stranger);
    gate->operators[0] = (struct operator_config){.name = "vic"};
    gate->operators[1] =
        (struct operator_config){.name = "jane", .public_key = gate->jane.public_key};
    gate->operators[2] =
        (struct operator_config){.name = "bob", .public_key = gate->bob.public_key};
    gate->zap.operators = gate->operators;
    gate->zap.operators_count = ARRAY_LEN(gate->operators);
    assert_int_equal(STATUS_OK, zeromq_open(&gate->zeromq));
    assert_int_equal(STATUS_OK, zap_open(&gate->zap, &gate->zeromq, error));
    struct zeromq_options options = {.kind = ZEROMQ_ROUTER, .secret_key = gate->own.secret};
    assert_int_equal(STATUS_OK, zeromq_socket_open(&gate->zeromq, &options, &gate->server, error));
    assert_int_equal(STATUS_OK, zeromq_bind(&gate->server, "tcp://127.0.0.1:*", error));
    zeromq_endpoint(&gate->server, gate->endpoint);
    *state = gate;
    return 0;
}

static int without_gate(void **state)
{
    struct gate *gate = *state;
    zeromq_frames_release(&gate->frames);
    zeromq_socket_close(&gate->server);
    zap_close(&gate->zap);
    zeromq_close(&gate->zeromq);
    free(gate);
    return 0;
}

/* A client with `pair` (NULL: no keys) that takes `server_key` for the gateway's says "hello".
 * True if that comes in within the time; then it is in gate->frames. */
static bool heard(struct gate *gate, const struct pair *pair, const char *server_key, int wait_ms)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_socket client;
    struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
    if (pair != NULL) {
        options.secret_key = pair->secret;
        options.server_key = server_key;
    }
    assert_int_equal(STATUS_OK, zeromq_socket_open(&gate->zeromq, &options, &client, error));
    assert_int_equal(STATUS_OK, zeromq_connect(&client, gate->endpoint, error));
    struct span hello = span_text("hello");
    assert_int_equal(STATUS_OK, zeromq_send(&client, &hello, 1));
    enum status status = STATUS_BUSY;
    for (int waited = 0; status == STATUS_BUSY && waited < wait_ms; waited += LOOK_MS) {
        struct zeromq_poll items[] = {{.socket = &gate->server}, {.socket = &gate->zap.socket}};
        assert_int_equal(STATUS_OK, zeromq_poll(items, ARRAY_LEN(items), LOOK_MS));
        assert_int_equal(STATUS_OK, zap_step(&gate->zap));
        status = zeromq_receive(&gate->server, &gate->frames);
    }
    zeromq_socket_close(&client);
    return status == STATUS_OK;
}

static void an_operator_with_his_key_gets_in_under_his_name(void **state)
{
    struct gate *gate = *state;
    assert_true(heard(gate, &gate->jane, gate->own.public_key, WAIT_MS));
    assert_string_equal("jane", gate->frames.user);
    assert_true(heard(gate, &gate->bob, gate->own.public_key, WAIT_MS));
    assert_string_equal("bob", gate->frames.user);
    assert_true(span_is(gate->frames.list[1], "hello"));
}

static void a_key_that_nobody_has_does_not_get_in(void **state)
{
    struct gate *gate = *state;
    assert_false(heard(gate, &gate->stranger, gate->own.public_key, REFUSED_MS));
}

static void who_has_no_key_does_not_get_in(void **state)
{
    struct gate *gate = *state;
    assert_false(heard(gate, NULL, NULL, REFUSED_MS));
}

static void a_client_does_not_talk_to_a_server_with_another_key(void **state)
{
    struct gate *gate = *state;
    assert_false(heard(gate, &gate->jane, gate->stranger.public_key, REFUSED_MS));
}

/* The port of a test may not be open to others: it is only not refused for its address. */
static void only_with_keys_may_tcp_go_beyond_loopback(void **state)
{
    struct gate *gate = *state;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_socket socket;
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    assert_int_equal(STATUS_OK, zeromq_socket_open(&gate->zeromq, &options, &socket, error));
    assert_int_equal(STATUS_INVALID, zeromq_connect(&socket, "tcp://192.0.2.1:9", error));
    assert_non_null(strstr(error, "without keys"));
    zeromq_socket_close(&socket);
    options.secret_key = gate->jane.secret;
    options.server_key = gate->own.public_key;
    assert_int_equal(STATUS_OK, zeromq_socket_open(&gate->zeromq, &options, &socket, error));
    assert_int_equal(STATUS_OK, zeromq_connect(&socket, "tcp://192.0.2.1:9", error));
    assert_int_equal(STATUS_INVALID, zeromq_connect(&socket, "udp://192.0.2.1:9", error));
    zeromq_socket_close(&socket);
}

/* --- Files ---------------------------------------------------------------------------------- */

static void a_key_file_is_its_owners_and_never_written_over(void **state)
{
    struct gate *gate = *state;
    char path[] = "/tmp/fixgate-key-XXXXXX";
    char file[64];
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
    char error[KEY_FILE_ERROR_BYTES_MAX];
    assert_non_null(mkdtemp(path));
    (void)snprintf(file, sizeof(file), "%s/key", path);
    assert_int_equal(STATUS_INVALID, key_file_read(file, secret, error));
    assert_non_null(strstr(error, "cannot be opened"));
    assert_int_equal(STATUS_OK, key_file_write(file, gate->jane.secret, error));
    assert_int_equal(STATUS_OK, key_file_read(file, secret, error));
    assert_string_equal(gate->jane.secret, secret);
    assert_int_equal(STATUS_IO, key_file_write(file, gate->bob.secret, error));
    assert_int_equal(0, chmod(file, 0644));
    assert_int_equal(STATUS_INVALID, key_file_read(file, secret, error));
    assert_non_null(strstr(error, "can be read by others; chmod 600 it"));
    assert_int_equal(0, chmod(file, 0600));
    FILE *stream = fopen(file, "we");
    assert_non_null(stream);
    (void)fputs("no key\n", stream);
    assert_int_equal(0, fclose(stream));
    assert_int_equal(STATUS_INVALID, key_file_read(file, secret, error));
    assert_non_null(strstr(error, "no secret key of 40 characters"));
    assert_int_equal(0, unlink(file));
    assert_int_equal(0, rmdir(path));
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, with_gate, without_gate)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(an_operator_with_his_key_gets_in_under_his_name),
        GATE_TEST(a_key_that_nobody_has_does_not_get_in),
        GATE_TEST(who_has_no_key_does_not_get_in),
        GATE_TEST(a_client_does_not_talk_to_a_server_with_another_key),
        GATE_TEST(only_with_keys_may_tcp_go_beyond_loopback),
        GATE_TEST(a_key_file_is_its_owners_and_never_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
