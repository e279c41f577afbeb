/* TLS between two processes, by configuration keys alone: who is let in, and what the log says
 * of everybody else; certificates replaced under a running process; peers that stall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/certificates.h"
#include "tests/tools/gateway_process.h"
#include "tests/tools/reflector_client.h"

enum {
    TEXT_BYTES_MAX = 8192,
    STALLED = 30,
    ECHOES = 100,
    ECHO_MS_MAX = 500, /* A stalled handshake would cost seconds. */
};

struct fixture {
    char certificates[CERTIFICATES_PATH_BYTES];
    struct gateway_process gateway;
    struct reflector_process reflector;
    struct client client;
};

/* --- Two processes ---------------------------------------------------------- */

/* Appends `text`, with "~" for the directory of the certificates. */
static void add(const struct fixture *fixture, char out[TEXT_BYTES_MAX], const char *text)
{
    size_t size = strlen(out);
    for (; *text != '\0'; text++) {
        int put = *text == '~'
                      ? snprintf(out + size, TEXT_BYTES_MAX - size, "%s", fixture->certificates)
                      : snprintf(out + size, TEXT_BYTES_MAX - size, "%c", *text);
        assert_true(put > 0 && (size_t)put < TEXT_BYTES_MAX - size);
        size += (size_t)put;
    }
}

static void start_reflector(struct fixture *fixture, const char *settings)
{
    static struct settings_words words;
    char text[TEXT_BYTES_MAX] = "SenderCompID=ALPHA\nTargetCompID=FIXGATE\n";
    add(fixture, text, settings);
    settings_split(&words, text);
    reflector_begin(&fixture->reflector, words.list);
}

static void configure_gateway(struct fixture *fixture, const char *settings)
{
    char text[TEXT_BYTES_MAX];
    (void)snprintf(text, sizeof(text),
                   "[SESSION]\nBroker=ALPHA\nTargetCompID=ALPHA\nReconnectIntervalMax=1\n"
                   "SocketConnectHost=localhost\nSocketConnectPort=%u\n",
                   (unsigned)fixture->reflector.port);
    add(fixture, text, settings);
    gateway_configure(&fixture->gateway, text);
}

static void meet(struct fixture *fixture, const char *ours, const char *theirs)
{
    start_reflector(fixture, theirs);
    configure_gateway(fixture, ours);
    gateway_start(&fixture->gateway);
}

/* It is logged on, and what it sends comes through. */
static void assert_logged_on(struct fixture *fixture)
{
    assert_true(gateway_awaits(&fixture->gateway, "ALPHA", "state", "READY"));
    assert_true(reflector_logs(&fixture->reflector, "READY"));
}

/* The logs say so, and nobody was logged on. NULL: that log need not say anything. */
static void assert_refused(struct fixture *fixture, const char *we_say, const char *they_say)
{
    if (we_say != NULL) {
        assert_true(gateway_logs(&fixture->gateway, we_say));
    }
    if (they_say != NULL) {
        assert_true(reflector_logs(&fixture->reflector, they_say));
    }
    /* It goes on trying, and is not let in. */
    assert_true(gateway_logs_again(&fixture->gateway, "next: endpoint 1 in ", 2));
    assert_int_equal(0, process_log_count(&fixture->gateway.process, " READY"));
    assert_int_equal(0, process_log_count(&fixture->gateway.process, " SYNCHRONISING"));
}

static int make_certificates(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    (void)snprintf(fixture->certificates, sizeof(fixture->certificates),
                   "/tmp/fixgate-certificates-XXXXXX");
    assert_non_null(mkdtemp(fixture->certificates));
    certificates_make(fixture->certificates);
    *state = fixture;
    return 0;
}

static int remove_certificates(void **state)
{
    struct fixture *fixture = *state;
    directory_remove(fixture->certificates);
    free(fixture);
    return 0;
}

static int setup(void **state)
{
    struct fixture *fixture = *state;
    gateway_open(&fixture->gateway);
    fixture->reflector = (struct reflector_process){.port = 0};
    fixture->client.line = -1;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    client_hang_up(&fixture->client);
    int code = fixture->gateway.process.starts > 0 ? gateway_stop(&fixture->gateway) : 0;
    gateway_remove(&fixture->gateway, false);
    if (fixture->reflector.process.starts > 0) {
        code += reflector_stop(&fixture->reflector);
        reflector_remove(&fixture->reflector);
    }
    return code;
}

#define SERVER(name)                                                                               \
    "SocketUseSSL=Y\nServerCertificateFile=~/" name ".pem\nServerCertificateKeyFile=~/" name       \
    ".key\n"
#define TRUSTING "SocketUseSSL=Y\nCertificationAuthoritiesFile=~/ca.pem\n"
#define CLIENT(name)                                                                               \
    "ClientCertificateFile=~/" name ".pem\nClientCertificateKeyFile=~/" name ".key\n"
#define MUTUAL SERVER("server") "CertificationAuthoritiesFile=~/ca.pem\nCertificateVerifyLevel=1\n"

/* --- Who is let in ---------------------------------------------------------- */

static void session_is_logged_on_over_tls_with_the_peer_verified(void **state)
{
    struct fixture *fixture = *state;
    meet(fixture, TRUSTING, SERVER("server"));
    assert_logged_on(fixture);
    assert_true(gateway_logs(&fixture->gateway, "protected"));
    assert_true(gateway_logs(&fixture->gateway, "TLSv1.3"));
    assert_true(gateway_logs(&fixture->gateway, "CN=server"));
}

static void both_sides_show_their_certificates(void **state)
{
    struct fixture *fixture = *state;
    meet(fixture, TRUSTING CLIENT("client"), MUTUAL);
    assert_logged_on(fixture);
    assert_true(reflector_logs(&fixture->reflector, "CN=client"));
}

static void pinned_key_is_let_in(void **state)
{
    struct fixture *fixture = *state;
    uint8_t pin[32];
    char ours[256] = TRUSTING "CertificatePin=";
    certificates_pin(fixture->certificates, "server", pin);
    for (size_t i = 0; i < sizeof(pin); i++) {
        (void)snprintf(ours + strlen(ours), sizeof(ours) - strlen(ours), "%02x", pin[i]);
    }
    meet(fixture, ours, SERVER("server"));
    assert_logged_on(fixture);
}

/* --- Who is not ------------------------------------------------------------- */

static void wrong_host_name_is_refused(void **state)
{
    meet(*state, TRUSTING, SERVER("wrong-host"));
    assert_refused(*state,
                   "the certificate of localhost is not for it, but for elsewhere.example: "
                   "correct SocketConnectHost, or name the right one in SocketServerName",
                   "TLS alert");
}

static void unknown_ca_is_refused(void **state)
{
    meet(*state, TRUSTING, SERVER("other"));
    assert_refused(*state, "is of an unknown CA (CN=other-ca): put it into Certification",
                   "48 unknown_ca");
}

static void who_names_no_ca_trusts_those_of_the_system_alone(void **state)
{
    meet(*state, "SocketUseSSL=Y\n", SERVER("server"));
    assert_refused(*state, "is of an unknown CA (CN=ca): put it into Certification",
                   "48 unknown_ca");
}

static void expired_certificate_is_refused(void **state)
{
    meet(*state, TRUSTING, SERVER("expired"));
    assert_refused(*state, ": the peer must renew it", "45 certificate_expired");
    assert_true(gateway_logs(&((struct fixture *)*state)->gateway, "expired on 20"));
    assert_true(reflector_logs(&((struct fixture *)*state)->reflector,
                               "our certificate has expired; put a new one in its place"));
}

static void revoked_certificate_is_refused(void **state)
{
    meet(*state, TRUSTING "CertificateRevocationListFile=~/crl.pem\n", SERVER("revoked"));
    assert_refused(*state, "was revoked by its CA: the peer must use a new one",
                   "44 certificate_revoked");
}

static void key_that_is_not_pinned_is_refused(void **state)
{
    meet(*state,
         TRUSTING "CertificatePin="
                  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
         SERVER("server"));
    assert_refused(*state, "is not a pinned one: ask the peer whether it has a new key",
                   "TLS alert");
}

static void client_without_a_certificate_is_refused(void **state)
{
    meet(*state, TRUSTING, MUTUAL);
    assert_refused(*state,
                   "it asks for a certificate of ours: set ClientCertificateFile and "
                   "ClientCertificateKeyFile",
                   "the client showed no certificate: it must be given one");
}

static void client_of_an_unknown_ca_is_refused(void **state)
{
    meet(*state, TRUSTING CLIENT("client-other"), MUTUAL);
    assert_refused(*state, "48 unknown_ca: it does not know the CA of our certificate",
                   "is of an unknown CA (CN=other-ca)");
}

static void revoked_client_is_refused(void **state)
{
    meet(*state, TRUSTING CLIENT("client-revoked"),
         MUTUAL "CertificateRevocationListFile=~/crl.pem\n");
    assert_refused(*state, "44 certificate_revoked: our certificate was revoked",
                   "the certificate of the client (CN=client-revoked) was revoked");
}

static void peer_without_tls_on_a_tls_port_is_told_of(void **state)
{
    meet(*state, "", SERVER("server"));
    assert_refused(*state, "SocketUseSSL=Y",
                   "the peer speaks FIX without TLS on this connection: set SocketUseSSL=N");
}

static void peer_with_tls_on_a_plain_port_is_told_of(void **state)
{
    meet(*state, TRUSTING, "");
    assert_refused(*state, "it may expect FIX without TLS on this port (SocketUseSSL=N)",
                   "SocketUseSSL=Y");
}

static void key_that_others_can_read_is_refused_at_the_start(void **state)
{
    struct fixture *fixture = *state;
    char path[CERTIFICATES_PATH_BYTES];
    certificates_issue(
        fixture->certificates,
        &(struct certificate_wish){.name = "open", .issuer = "ca", .client = true, .to_days = 100});
    assert_int_equal(0, chmod(certificates_path(fixture->certificates, "open.key", path), 0640));
    fixture->reflector.port = 1;
    configure_gateway(fixture, TRUSTING CLIENT("open"));
    assert_int_equal(2, gateway_ask(&fixture->gateway, "run"));
    assert_non_null(
        strstr(fixture->gateway.output, "open.key: others can read this key: chmod 600"));
}

/* --- Certificates replaced -------------------------------------------------- */

static void copy(const struct fixture *fixture, const char *from, const char *to)
{
    static char bytes[64 * 1024];
    char path[CERTIFICATES_PATH_BYTES];
    FILE *source = fopen(certificates_path(fixture->certificates, from, path), "re");
    assert_non_null(source);
    size_t size = fread(bytes, 1, sizeof(bytes), source);
    assert_true(size < sizeof(bytes) && fclose(source) == 0);
    mode_t mask = umask(0077);
    FILE *target = fopen(certificates_path(fixture->certificates, to, path), "we");
    (void)umask(mask);
    assert_non_null(target);
    assert_int_equal(size, fwrite(bytes, 1, size, target));
    assert_int_equal(0, fclose(target));
}

static void install(const struct fixture *fixture, const char *certificate, const char *key,
                    const char *name)
{
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    copy(fixture, certificate, file);
    (void)snprintf(file, sizeof(file), "%s.key", name);
    copy(fixture, key, file);
}

/* Ends the connection until the log of `process` has said `text`. Files are looked at once a
 * second at most, so the first new connection may come too early. */
static void reconnect_until(struct fixture *fixture, const struct process *process,
                            const char *text)
{
    struct process *gateway = &fixture->gateway.process;
    for (int i = 0; i < 5 && !process_logged(process, text, NULL, 0); i++) {
        uint32_t before = process_log_count(gateway, "next: endpoint");
        assert_int_equal(0, gateway_ask(&fixture->gateway, "session disconnect ALPHA"));
        assert_true(gateway_logs_again(&fixture->gateway, "next: endpoint", before + 1));
        assert_logged_on(fixture);
    }
    assert_true(process_logged(process, text, NULL, 0));
}

static void replaced_certificates_are_used_from_the_next_connection_on(void **state)
{
    struct fixture *fixture = *state;
    install(fixture, "server.pem", "server.key", "live");
    install(fixture, "client.pem", "client.key", "mine");
    meet(fixture, TRUSTING CLIENT("mine"),
         SERVER("live") "CertificationAuthoritiesFile=~/ca.pem\n");
    assert_logged_on(fixture);
    assert_true(gateway_logs(&fixture->gateway, "CN=server"));
    assert_true(reflector_logs(&fixture->reflector, "CN=client"));

    certificates_issue(fixture->certificates,
                       &(struct certificate_wish){
                           .name = "client-new", .issuer = "ca", .client = true, .to_days = 100});
    install(fixture, "server-between.pem", "server-between.key", "live");
    install(fixture, "client-new.pem", "client-new.key", "mine");
    reconnect_until(fixture, &fixture->gateway.process, "CN=server-between");
    reconnect_until(fixture, &fixture->gateway.process,
                    "the files have changed and are in force from now on");
    assert_true(reflector_logs(&fixture->reflector, "CN=client-new"));
    assert_true(
        reflector_logs(&fixture->reflector, "the files have changed and are in force from now on"));
}

static void unusable_new_certificate_leaves_the_old_one_in_force(void **state)
{
    struct fixture *fixture = *state;
    install(fixture, "client.pem", "client.key", "mine");
    meet(fixture, TRUSTING CLIENT("mine"), MUTUAL);
    assert_logged_on(fixture);
    copy(fixture, "server.key", "mine.key"); /* Of another certificate. */
    reconnect_until(fixture, &fixture->gateway.process, "mine.key");
    assert_true(gateway_logs(&fixture->gateway, "the old ones stay in force"));
    assert_int_equal(1, process_log_count(&fixture->gateway.process, "mine.key"));

    copy(fixture, "client.key", "mine.key");
    reconnect_until(fixture, &fixture->gateway.process, "are in force from now on");
}

/* --- Peers that stall ------------------------------------------------------- */

/* The slowest of some orders of another session, there and back. */
static uint64_t slowest_echo_ns(struct client *client)
{
    uint64_t slowest_ns = 0;
    for (int i = 0; i < ECHOES; i++) {
        char body[128];
        uint64_t begin_ns = process_now_ns();
        (void)snprintf(body, sizeof(body), "11=e%d|55=X|54=1|40=1|60=20260101-00:00:00|", i);
        assert_true(client_send(client, "D", body));
        assert_string_not_equal("", client_await(client, "D"));
        uint64_t took_ns = process_now_ns() - begin_ns;
        slowest_ns = took_ns > slowest_ns ? took_ns : slowest_ns;
    }
    return slowest_ns;
}

static void stalled_handshakes_delay_nobody(void **state)
{
    struct fixture *fixture = *state;
    /* How a ClientHello begins: 512 bytes are to come, and do not. */
    static const uint8_t hello[] = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 7, 7, 7};
    int lines[STALLED];
    char theirs[256];
    uint16_t plain = process_free_port(0);
    (void)snprintf(theirs, sizeof(theirs),
                   "LogonTimeout=3\n[SESSION]\nSocketAcceptPort=%u\n[SESSION]\n"
                   "TargetCompID=GOOD\nSocketAcceptPort=%u\nSocketUseSSL=N\n",
                   (unsigned)process_free_port(0), (unsigned)plain);
    char settings[TEXT_BYTES_MAX] = SERVER("server");
    (void)strncat(settings, theirs, sizeof(settings) - strlen(settings) - 1);
    start_reflector(fixture, settings);
    client_open(&fixture->client, "GOOD", plain);
    fixture->client.target = "ALPHA";
    assert_true(client_log_on(&fixture->client));
    uint64_t quiet_ns = slowest_echo_ns(&fixture->client);

    for (int i = 0; i < STALLED; i++) {
        lines[i] = client_line(fixture->reflector.port);
        /* Some say nothing at all. */
        assert_true(i % 3 == 0 || send(lines[i], hello, sizeof(hello), MSG_NOSIGNAL) > 0);
    }
    uint64_t stalled_ns = slowest_echo_ns(&fixture->client);
    print_message("slowest echo: %.1f ms, beside %d stalled handshakes %.1f ms\n",
                  (double)quiet_ns / 1e6, STALLED, (double)stalled_ns / 1e6);
    assert_true(stalled_ns < (uint64_t)ECHO_MS_MAX * 1000000u);

    /* Nor those who mean it on the very same port. */
    configure_gateway(fixture, TRUSTING);
    gateway_start(&fixture->gateway);
    assert_logged_on(fixture);
    for (int i = 0; i < STALLED; i++) {
        char byte;
        assert_int_equal(0, recv(lines[i], &byte, 1, 0)); /* Ended when their time was up. */
        (void)close(lines[i]);
    }
    assert_true(slowest_echo_ns(&fixture->client) < (uint64_t)ECHO_MS_MAX * 1000000u);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(session_is_logged_on_over_tls_with_the_peer_verified),
        TEST(both_sides_show_their_certificates),
        TEST(pinned_key_is_let_in),
        TEST(wrong_host_name_is_refused),
        TEST(unknown_ca_is_refused),
        TEST(who_names_no_ca_trusts_those_of_the_system_alone),
        TEST(expired_certificate_is_refused),
        TEST(revoked_certificate_is_refused),
        TEST(key_that_is_not_pinned_is_refused),
        TEST(client_without_a_certificate_is_refused),
        TEST(client_of_an_unknown_ca_is_refused),
        TEST(revoked_client_is_refused),
        TEST(peer_without_tls_on_a_tls_port_is_told_of),
        TEST(peer_with_tls_on_a_plain_port_is_told_of),
        TEST(key_that_others_can_read_is_refused_at_the_start),
        TEST(replaced_certificates_are_used_from_the_next_connection_on),
        TEST(unusable_new_certificate_leaves_the_old_one_in_force),
        TEST(stalled_handshakes_delay_nobody),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
