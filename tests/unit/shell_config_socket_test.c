/* Endpoints, listeners and TLS out of a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/config_fixture.h"

#define TLS_ACCEPTOR                                                                               \
    ACCEPTOR "SocketUseSSL=Y\nServerCertificateFile=c.pem\nServerCertificateKeyFile=k.pem\n"

static void endpoints_are_taken_in_their_order(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER SESSION
        "SocketConnectHost2=h2\nSocketConnectPort2=3\nSocketConnectSourceHost2=127.0.0.9\n"
        "SocketConnectHost1=h1\nSocketConnectPort1=2\nSocketConnectSourcePort=44\n"
        "EndpointTries=3\nHostSelectionPolicy=priority\n"
        "HostSelectionPolicyPriorityStartOverInterval=60\nReconnectInterval=400\n");
    const struct session_socket_config *socket = &config->sockets[0];
    const struct engine_session_config *session = &config->engine.sessions[0];
    assert_int_equal(session->endpoints_count, 3);
    assert_int_equal(socket->endpoints_count, 3);
    assert_string_equal(socket->endpoints[1].host, "h1");
    assert_int_equal(socket->endpoints[1].port, 2);
    assert_int_equal(socket->endpoints[1].source_port, 44);
    assert_null(socket->endpoints[1].source_host);
    assert_string_equal(socket->endpoints[2].host, "h2");
    assert_string_equal(socket->endpoints[2].source_host, "127.0.0.9");
    assert_int_equal(session->endpoint_tries, 3);
    assert_int_equal(session->endpoint_policy, ENDPOINT_PRIORITY);
    assert_int_equal(session->endpoint_failback_ns, UINT64_C(60000000000));
    assert_int_equal(session->reconnect_interval_max_ns, UINT64_C(400000000000));
    gateway_config_free(config);
}

static void endpoints_with_a_gap_or_a_half_are_refused(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectHost2=h\nSocketConnectPort2=3\n",
                      "SocketConnectHost2 is there and SocketConnectHost1 is not");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectHost1=h\n", "endpoint 1 lacks its port");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectSourceHost1=h\n",
                      "endpoint 1 lacks its host");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectHost8=h\n",
                      "SocketConnectHost8 is beyond SocketConnectHost7");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectHots1=h\n",
                      "did you mean 'SocketConnectHost1'?");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectHost01=h\n", "unknown key");
    assert_error_with(GATEWAY BROKER SESSION "SocketConnectPort1=99999\n",
                      "SocketConnectPort1 '99999' is not a whole number");
}

static void sessions_on_one_port_share_a_listener(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER "[DEFAULT]\nReconnectInterval=5\nSocketConnectHost=h\n" ACCEPTOR
                       "[SESSION]\nBroker=ALPHA\nConnectionType=acceptor\nSenderCompID=A\n"
                       "TargetCompID=C\nSocketAcceptPort=9000\nLogonTimeout=20\n"
                       "[SESSION]\nBroker=ALPHA\nConnectionType=acceptor\nSenderCompID=A\n"
                       "TargetCompID=D\nSocketAcceptPort=9000\nSocketAcceptHost=127.0.0.1\n");
    assert_int_equal(config->listeners_count, 2);
    assert_int_equal(config->engine.sessions[0].listener, 0);
    assert_int_equal(config->engine.sessions[1].listener, 0);
    assert_int_equal(config->engine.sessions[2].listener, 1);
    assert_null(config->listeners[0].host);
    assert_int_equal(config->listeners[0].port, 9000);
    assert_int_equal(config->listeners[0].logon_timeout_ns, UINT64_C(20000000000));
    assert_string_equal(config->listeners[1].host, "127.0.0.1");
    assert_true(config->engine.sessions[0].fix.acceptor);
    assert_false(config->engine.sessions[0].fix.test_request_at_logon);
    assert_said(&config->warnings, "can log on; set AllowedRemoteAddresses");
    gateway_config_free(config);
}

static void acceptors_that_a_logon_cannot_tell_apart_are_refused(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER ACCEPTOR ACCEPTOR, "a Logon could not tell the two apart");
    assert_error_with(GATEWAY BROKER ACCEPTOR "SessionQualifier=Q\n",
                      "SessionQualifier is for initiators only, and this session is an acceptor");
    assert_error_with(GATEWAY BROKER "[SESSION]\nBroker=ALPHA\nConnectionType=acceptor\n"
                                     "SenderCompID=A\nTargetCompID=B\n",
                      "[SESSION] lacks SocketAcceptPort");
}

static void key_of_the_other_role_is_refused_in_the_section_and_passed_over_in_default(void **state)
{
    (void)state;
    struct gateway_config *config =
        parse_right(GATEWAY BROKER "[DEFAULT]\nSocketAcceptPort=9\nSocketConnectHost1=x\n"
                                   "SocketConnectPort1=1\n" SESSION ACCEPTOR "TargetSubID=X\n");
    assert_int_equal(config->sockets[0].endpoints_count, 2);
    assert_int_equal(config->listeners_count, 1);
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION "SocketAcceptAddress=::1\n",
                      "SocketAcceptAddress is for acceptors only");
    assert_error_with(GATEWAY BROKER ACCEPTOR "SocketConnectHost1=x\n", "for initiators only");
}

static void allowed_addresses_are_blocks_of_128_bits(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER ACCEPTOR "AllowedRemoteAddresses=10.1.0.0/16, 192.168.1.7 ,fd00::/8,::1\n");
    const struct engine_session_config *session = &config->engine.sessions[0];
    static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, 0};
    assert_int_equal(session->allowed_count, 4);
    assert_memory_equal(session->allowed[0].address.bytes, mapped, sizeof(mapped));
    assert_int_equal(session->allowed[0].prefix_bits, 112);
    assert_int_equal(session->allowed[1].prefix_bits, 128);
    assert_int_equal(session->allowed[2].prefix_bits, 8);
    assert_int_equal(session->allowed[2].address.bytes[0], 0xfd);
    assert_int_equal(session->allowed[3].prefix_bits, 128);
    assert_int_equal(warnings_count(config), 0);
    gateway_config_free(config);
}

static void wrong_addresses_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"broker.example", "neither an IP address nor a block"},
        {"10.1.2.3/16", "bits behind its prefix"},
        {"10.0.0.0/33", "no count of bits"},
        {"10.0.0.0/", "no count of bits"},
        {"::/129", "no count of bits"},
        {"10.0.0.0/-1", "no count of bits"},
        {"10.0.0.1,", "is not a list of IP addresses"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%sAllowedRemoteAddresses=%s\n", GATEWAY, BROKER,
                       ACCEPTOR, cases[i][0]);
        assert_error_with(text, cases[i][1]);
    }
}

static void tls_is_said_and_never_guessed(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER SESSION "CertificationAuthoritiesFile=ca.pem\n",
                      "CertificationAuthoritiesFile is set, SocketUseSSL is not");
    struct gateway_config *config =
        parse_right(GATEWAY BROKER SESSION "SocketCAFile=ca.pem\nSocketUseSSL=N\n");
    assert_false(config->sockets[0].tls);
    gateway_config_free(config);
    config = parse_right(GATEWAY BROKER SESSION "SocketUseSSL=Y\n");
    assert_true(config->sockets[0].tls);
    assert_false(config->sockets[0].tls_config.insecure_skip_verify);
    assert_false(config->sockets[0].tls_config.server);
    gateway_config_free(config);
    config = parse_right(GATEWAY BROKER SESSION "SocketUseSSL=Y\nSocketInsecureSkipVerify=Y\n");
    assert_said(&config->warnings, "SocketInsecureSkipVerify=Y: whoever answers");
    gateway_config_free(config);
}

static void tls_of_an_acceptor_needs_a_certificate(void **state)
{
    (void)state;
    assert_error_with(GATEWAY BROKER ACCEPTOR "SocketUseSSL=Y\n", "needs ServerCertificateFile");
    assert_error_with(GATEWAY BROKER TLS_ACCEPTOR "CertificateVerifyLevel=1\n",
                      "CertificateVerifyLevel wants CertificationAuthoritiesFile");
    assert_error_with(GATEWAY BROKER SESSION "SocketUseSSL=Y\nClientCertificateFile=c\n",
                      "belong together");
    assert_error_with(GATEWAY BROKER TLS_ACCEPTOR "SocketCertificateFile=c\n",
                      "name the same thing");
    struct gateway_config *config =
        parse_right(GATEWAY BROKER TLS_ACCEPTOR "CertificationAuthoritiesFile=ca.pem\n");
    const struct listener_config *listener = &config->listeners[0];
    assert_true(listener->tls && listener->tls_config.server);
    assert_int_equal(listener->tls_config.client_verify, TLS_CLIENT_REQUIRED);
    assert_int_equal(warnings_count(config), 0); /* Mutual TLS: nobody else can log on. */
    gateway_config_free(config);
    config = parse_right(GATEWAY BROKER TLS_ACCEPTOR "SocketCAFile=ca\nNeedClientAuth=N\n");
    assert_int_equal(config->listeners[0].tls_config.client_verify, TLS_CLIENT_NONE);
    gateway_config_free(config);
}

static void sessions_on_one_port_must_agree_on_tls(void **state)
{
    (void)state;
    assert_error(GATEWAY BROKER TLS_ACCEPTOR ACCEPTOR "TargetSubID=X\n",
                 "x.cfg:14: the sessions of lines 5 and 14 share port 9000, but not their TLS "
                 "settings; make them equal (in [DEFAULT], say), or give one another port");
    assert_error_with(GATEWAY BROKER ACCEPTOR ACCEPTOR "TargetSubID=X\nSocketNodelay=N\n",
                      "but not their SocketNodelay");
}

static void versions_of_tls_are_read_in_all_words(void **state)
{
    static const struct {
        const char *value;
        bool only13;
    } right[] = {
        {"all -SSLv2", false},      {"TLSv1_2", false},
        {"TLSv1_3", true},          {"+TLSv1_2 +TLSv1_3", false},
        {"TLSv1.2,TLSv1.3", false}, {"TLSv1.3", true},
        {"TLS12", false},           {"TLS13", true},
        {"TLS10", false},           {"all -SSLv2 -SSLv3 -TLSv1 -TLSv1_1 -TLSv1_2", true},
    };
    static const char *const wrong[] = {"TLSv1", "SSLv3 TLSv1_1", "all -TLSv1_2 -TLSv1_3", "TLSv9"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(right); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%sSocketUseSSL=Y\nSSLProtocol=%s\n", GATEWAY,
                       BROKER, SESSION, right[i].value);
        struct gateway_config *config = parse_right(text);
        assert_int_equal(config->sockets[0].tls_config.minimum_tls13, right[i].only13);
        gateway_config_free(config);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%sSSLProtocol=%s\n", GATEWAY, BROKER, SESSION,
                       wrong[i]);
        assert_error_with(text, i == 3 ? "is no version of TLS" : "leaves only versions");
    }
}

static void pins_are_read_in_hexadecimal_and_base64(void **state)
{
    (void)state;
    struct gateway_config *config = parse_right(
        GATEWAY BROKER SESSION "SocketUseSSL=Y\nCertificatePin="
                               "00010203040506070809000a0b0C0D0E0F101112131415161718191A1B1C1Dff,"
                               "sha256//AAECAwQFBgcICQAKCwwNDg8QERITFBUWFxgZGhscHf8=\n");
    const struct tls_config *tls = &config->sockets[0].tls_config;
    assert_int_equal(tls->pins_count, 2);
    assert_int_equal(tls->pins[0][2], 2);
    assert_int_equal(tls->pins[0][31], 0xff);
    assert_memory_equal(tls->pins[0], tls->pins[1], TLS_PIN_BYTES);
    gateway_config_free(config);
    assert_error_with(GATEWAY BROKER SESSION "CertificatePin=00ff\n", "SHA-256 hashes");
    assert_error_with(GATEWAY BROKER SESSION "CertificatePin=a,b,c,d,e\n", "at most 4 SHA-256");
}

static void files_of_tls_are_read_when_all_is_needed(void **state)
{
    const char *text = GATEWAY BROKER SESSION "SocketUseSSL=Y\n"
                                              "SocketCAFile=/nonexistent/ca.pem\n";
    (void)state;
    assert_null(gateway_config_parse("x.cfg", span_text(text), CONFIG_NEED_ALL, &errors));
    assert_int_equal(errors.count, 1);
    assert_said(&errors, "x.cfg:11: TLS: ");
    assert_said(&errors, "/nonexistent/ca.pem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_taken_in_their_order),
        cmocka_unit_test(endpoints_with_a_gap_or_a_half_are_refused),
        cmocka_unit_test(sessions_on_one_port_share_a_listener),
        cmocka_unit_test(acceptors_that_a_logon_cannot_tell_apart_are_refused),
        cmocka_unit_test(
            key_of_the_other_role_is_refused_in_the_section_and_passed_over_in_default),
        cmocka_unit_test(allowed_addresses_are_blocks_of_128_bits),
        cmocka_unit_test(wrong_addresses_are_refused),
        cmocka_unit_test(tls_is_said_and_never_guessed),
        cmocka_unit_test(tls_of_an_acceptor_needs_a_certificate),
        cmocka_unit_test(sessions_on_one_port_must_agree_on_tls),
        cmocka_unit_test(versions_of_tls_are_read_in_all_words),
        cmocka_unit_test(pins_are_read_in_hexadecimal_and_base64),
        cmocka_unit_test(files_of_tls_are_read_when_all_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
