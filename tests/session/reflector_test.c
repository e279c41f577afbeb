/* The reflector as others use it: over its command line and a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/tools/reflector_client.h"

enum { START_MS_MAX = 2000, OUTPUT_BYTES = 8192 };

#define ORDER(id) "11=" id "|55=X|54=1|38=1|40=1|60=20260101-00:00:00|"

struct fixture {
    struct reflector_process reflector;
    struct client peer;
};

static int setup_with(void **state, const char *const *words)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    reflector_begin(&fixture->reflector, words);
    client_open(&fixture->peer, "PEER", fixture->reflector.port);
    *state = fixture;
    return 0;
}

static int setup(void **state)
{
    static const char *const words[] = {NULL};
    return setup_with(state, words);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    client_hang_up(&fixture->peer);
    int code =
        process_running(&fixture->reflector.process) ? reflector_stop(&fixture->reflector) : 0;
    reflector_remove(&fixture->reflector);
    free(fixture);
    return code;
}

/* Sends, and gets the message of that type back. */
static const char *ask(struct client *peer, const char *type, const char *body, const char *answer)
{
    assert_true(client_send(peer, type, body));
    assert_true(client_read(peer));
    assert_string_equal(answer, client_value(peer, "35"));
    return peer->message;
}

/* Nothing came in between: the next answer is that of a TestRequest. */
static void assert_silent(struct client *peer)
{
    (void)ask(peer, "1", "112=silent|", "0");
    assert_string_equal("silent", client_value(peer, "112"));
}

static void orders_definitions_and_emails_come_back_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    static const struct {
        const char *type;
        const char *body;
    } messages[] = {
        {"D", "60=20260101-00:00:00|54=1|11=order|55=X|40=1|38=0100|58=in any order|"},
        {"d", "320=request|322=answer|323=1|55=X|"},
        {"C", "164=thread|94=0|147=subject|33=2|58=one|58=two|95=5|96=a|b=c|"},
    };
    assert_true(client_log_on(peer));
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        char body[256];
        const char *echo = ask(peer, messages[i].type, messages[i].body, messages[i].type);
        (void)snprintf(body, sizeof(body), "|%s10=", messages[i].body);
        assert_non_null(strstr(echo, body));
        assert_string_equal("REFLECTOR", client_value(peer, "49"));
        assert_string_equal("PEER", client_value(peer, "56"));
    }
}

static void header_of_the_echo_is_fresh_and_keeps_97_alone(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    assert_true(client_log_on(peer));
    const char *echo =
        ask(peer, "D", "43=Y|122=20260101-00:00:00|97=Y|50=DESK|115=FUND|" ORDER("fresh"), "D");
    assert_non_null(strstr(echo, "|97=Y|" ORDER("fresh")));
    assert_string_equal("", client_value(peer, "43"));
    assert_string_equal("", client_value(peer, "122"));
    assert_string_equal("", client_value(peer, "50"));
    assert_string_equal("", client_value(peer, "115"));
    assert_string_equal("2", client_value(peer, "34"));
}

static void possresend_of_an_id_it_has_seen_is_ignored(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    assert_true(client_log_on(peer));
    (void)ask(peer, "D", ORDER("plain"), "D");
    assert_true(client_send(peer, "D", "97=Y|" ORDER("plain")));
    assert_silent(peer);
    (void)ask(peer, "D", "97=Y|" ORDER("new"), "D");
    assert_true(client_send(peer, "D", "97=Y|" ORDER("new")));
    assert_silent(peer);
    /* Without the flag it is another order, whatever its ID. The kinds have IDs of their own. */
    (void)ask(peer, "D", ORDER("plain"), "D");
    (void)ask(peer, "C", "97=Y|164=plain|94=0|147=s|33=1|58=t|", "C");
}

static void ids_are_remembered_over_a_crash_and_forgotten_at_a_reset(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    static const char *const words[] = {NULL};
    assert_true(client_log_on(peer));
    (void)ask(peer, "D", ORDER("one"), "D");
    reflector_crash(&fixture->reflector, words);
    peer->port = fixture->reflector.port;
    assert_true(client_log_on(peer));
    assert_string_equal("3", client_value(peer, "34")); /* Its numbers go on. */
    assert_true(client_send(peer, "D", "97=Y|" ORDER("one")));
    assert_silent(peer);
    client_hang_up(peer);
    client_connect(peer);
    peer->seq = 1;
    (void)ask(peer, "A", "98=0|108=30|141=Y|", "A");
    (void)ask(peer, "D", "97=Y|" ORDER("one"), "D");
}

static void what_nobody_handles_is_refused_and_rejects_are_not_answered(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    assert_true(client_log_on(peer));
    (void)ask(peer, "AE",
              "571=t|570=N|55=X|32=1|31=1|75=20261121|60=20260101-00:00:00|552=1|54=1|37=o|", "j");
    assert_string_equal("3", client_value(peer, "380"));
    assert_string_equal("AE", client_value(peer, "372"));
    assert_string_equal("2", client_value(peer, "45"));
    assert_true(client_send(peer, "3", "45=1|"));
    assert_true(client_send(peer, "j", "45=1|372=D|380=3|"));
    assert_silent(peer);
}

static void acceptor_says_nothing_after_its_logon(void **state)
{
    struct fixture *fixture = *state;
    assert_true(client_log_on(&fixture->peer));
    assert_false(client_line_ends(&fixture->peer, 200));
    assert_silent(&fixture->peer);
    assert_string_equal("2", client_value(&fixture->peer, "34"));
}

/* A gap is closed, and all that came behind it goes back in its order. */
static void echoes_wait_for_the_gap_to_close(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    assert_true(client_log_on(peer));
    peer->seq++;
    assert_true(client_send(peer, "D", ORDER("first")));
    assert_true(client_send(peer, "D", ORDER("second")));
    assert_string_not_equal("", client_await(peer, "2"));
    uint64_t next = peer->seq;
    peer->seq = 2;
    assert_true(client_send(peer, "4", "43=Y|122=20260101-00:00:00|123=Y|36=3|"));
    peer->seq = next;
    assert_string_not_equal("", client_await(peer, "D"));
    assert_string_equal("first", client_value(peer, "11"));
    assert_string_not_equal("", client_await(peer, "D"));
    assert_string_equal("second", client_value(peer, "11"));
}

/* It does not read for a while: nothing is lost, and nothing overtakes. */
static void echoes_wait_for_a_peer_that_does_not_read(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    enum { ORDERS = 300, NOTE_BYTES = 16000 };
    static char body[NOTE_BYTES + 256];
    assert_true(client_log_on(peer));
    for (int i = 0; i < ORDERS; i++) {
        int size =
            snprintf(body, sizeof(body), "11=%d|55=X|54=1|38=1|40=1|60=20260101-00:00:00|58=", i);
        memset(body + size, 'n', NOTE_BYTES);
        memcpy(body + size + NOTE_BYTES, "|", 2);
        assert_true(client_send(peer, "D", body));
    }
    for (int i = 0; i < ORDERS; i++) {
        assert_string_not_equal("", client_await(peer, "D"));
        assert_int_equal(i, atoi(client_value(peer, "11")));
    }
}

static int setup_of_two(void **state)
{
    static const char *const words[] = {
        "--setting", "SenderCompID=HUB", "--setting", "ResetOnLogon=Y", "--session",
        "--setting", "TargetCompID=ONE", "--session", "--setting",      "TargetCompID=TWO",
        "--setting", "ResetOnLogon=N",   NULL};
    return setup_with(state, words);
}

static void settings_before_the_first_session_are_defaults(void **state)
{
    struct fixture *fixture = *state;
    struct client *peer = &fixture->peer;
    /* ResetOnLogon=Y is for all, and TWO says otherwise. */
    static const struct {
        const char *name;
        uint64_t seq;
        const char *answer;
    } logons[] = {{"ONE", 1, "1"}, {"TWO", 1, "1"}, {"ONE", 1, "1"}, {"TWO", 2, "2"}};
    peer->target = "HUB";
    for (size_t i = 0; i < sizeof(logons) / sizeof(logons[0]); i++) {
        peer->name = logons[i].name;
        peer->seq = logons[i].seq;
        assert_true(client_log_on(peer));
        assert_string_equal(logons[i].answer, client_value(peer, "34"));
        assert_string_equal("HUB", client_value(peer, "49"));
    }
}

static void wrong_options_are_told_with_the_remedy(void **state)
{
    char output[OUTPUT_BYTES];
    char program[PROCESS_PATH_BYTES_MAX];
    const char *build = getenv("FIXGATE_BUILD");
    (void)state;
    (void)snprintf(program, sizeof(program), "%s/tests/tools/reflector",
                   build != NULL ? build : "build");
    static const struct {
        const char *words[8];
        int code;
        const char *part;
    } cases[] = {
        {{"--help"}, 0, "--setting Key=Value"},
        {{"--port", "1"}, 2, "--store DIR"},
        {{"--port", "70000", "--store", "/tmp/x"}, 2, "not a port"},
        {{"--store"}, 2, "needs a value"},
        {{"--nonsense"}, 2, "no such option"},
        {{"--store", "/tmp/x", "--setting", "Key"}, 2, "Key=Value"},
        {{"--store", "/proc/x", "--port", "0"}, 3, "/proc/x"},
        {{"--store", "/tmp/x", "--port", "0", "--setting", "HeartBtInd=3"}, 2, "HeartBtInt"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *arguments[16] = {"/bin/sh", "-c", "\"$0\" \"$@\" 2>&1", program};
        for (size_t j = 0; j < 8; j++) {
            arguments[4 + j] = cases[i].words[j];
        }
        assert_int_equal(cases[i].code,
                         process_run(arguments, NULL, output, sizeof(output), 20000));
        assert_non_null(strstr(output, cases[i].part));
    }
}

static void it_starts_anywhere_with_a_deep_store_and_fast(void **state)
{
    struct fixture *fixture = *state;
    struct reflector_process deep;
    char part[128];
    static const char *const words[] = {NULL};
    (void)reflector_stop(&fixture->reflector);
    deep = fixture->reflector;
    memset(part, 'd', sizeof(part) - 1);
    part[sizeof(part) - 1] = '\0';
    (void)snprintf(deep.directory + strlen(deep.directory),
                   sizeof(deep.directory) - strlen(deep.directory), "/%s/%s", part, part);
    char command[PROCESS_PATH_BYTES_MAX + 16];
    (void)snprintf(command, sizeof(command), "mkdir -p '%s'", deep.directory);
    assert_int_equal(0, system(command));
    uint64_t begin_ns = process_now_ns();
    reflector_crash(&deep, words);
    assert_true(process_now_ns() - begin_ns < (uint64_t)START_MS_MAX * 1000000u);
    fixture->peer.port = deep.port;
    assert_true(client_log_on(&fixture->peer));
    assert_int_equal(0, reflector_stop(&deep));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders_definitions_and_emails_come_back_byte_for_byte),
        TEST(header_of_the_echo_is_fresh_and_keeps_97_alone),
        TEST(possresend_of_an_id_it_has_seen_is_ignored),
        TEST(ids_are_remembered_over_a_crash_and_forgotten_at_a_reset),
        TEST(what_nobody_handles_is_refused_and_rejects_are_not_answered),
        TEST(acceptor_says_nothing_after_its_logon),
        TEST(echoes_wait_for_the_gap_to_close),
        TEST(echoes_wait_for_a_peer_that_does_not_read),
        cmocka_unit_test_setup_teardown(settings_before_the_first_session_are_defaults,
                                        setup_of_two, teardown),
        cmocka_unit_test(wrong_options_are_told_with_the_remedy),
        TEST(it_starts_anywhere_with_a_deep_store_and_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
