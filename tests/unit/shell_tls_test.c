/* TLS over a pair of sockets: who is believed, who is not, and in what words. */
#include "tests/unit/tls_fixture.h"

#include <sys/stat.h>

/* --- Peers that are believed ------------------------------------------------ */

static void verified_ends_exchange_bytes(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    meet(world, &client, &server, "broker.example");
    assert_agreed(world);
    assert_string_equal("TLSv1.3 TLS_AES_256_GCM_SHA384, CN=server",
                        tls_describe(world->ends[CLIENT]));
    assert_string_equal("TLSv1.3 TLS_AES_256_GCM_SHA384, no certificate",
                        tls_describe(world->ends[SERVER]));
}

static void every_byte_may_come_alone(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server-between");
    client.certificate_file = pem("client");
    client.key_file = key("client");
    server.client_verify = TLS_CLIENT_REQUIRED;
    server.ca_file = pem("ca");
    world->relay_bytes = 1;
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
}

static void sides_without_a_common_cipher_say_so(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server-rsa");
    server.cipher_list = client.cipher_list = "ECDHE-RSA-AES128-GCM-SHA256";
    server.cipher_suites = "TLS_AES_128_GCM_SHA256"; /* None in common for 1.3. */
    client.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
    meet(world, &client, &server, "localhost");
    /* RFC 8446: 1.3 is chosen before the cipher is, so nothing is in common. */
    assert_int_equal(TLS_FAILED, world->results[SERVER]);
    SAYS(tls_error(world->ends[SERVER]), "no cipher suits both sides", "TLSCipherSuites");
    assert_int_equal(TLS_FAILED, world->results[CLIENT]);
    SAYS(tls_error(world->ends[CLIENT]), "TLS alert 40 handshake_failure");
}

static void address_is_verified_as_an_address(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    meet(world, &client, &server, "127.0.0.1");
    assert_agreed(world);
}

static void address_of_ipv6_is_verified_as_an_address(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    meet(world, &client, &server, "0:0::1");
    assert_agreed(world);
}

static void dot_at_the_end_of_a_name_does_not_matter(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    meet(world, &client, &server, "broker.example.");
    assert_agreed(world);
}

static void intermediate_ca_can_be_trusted_by_itself(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.ca_file = pem("between")};
    struct tls_config server = server_config("server-between");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
}

static void self_signed_certificate_can_be_trusted_by_itself(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.ca_file = pem("self-signed")};
    struct tls_config server = server_config("self-signed");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
}

static void directory_of_cas_is_read_whatever_its_files_are_called(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.ca_directory = certificates.directory};
    struct tls_config server = server_config("other");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
}

static void skipped_verification_takes_anybody(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.insecure_skip_verify = true};
    struct tls_config server = server_config("expired");
    meet(world, &client, &server, "nowhere.example");
    assert_agreed(world);
}

/* --- Servers that are not --------------------------------------------------- */

/* The client's words; the server's end must have been told by an alert. */
static const char *refusal_of(struct world *world, const char *name, const char *host)
{
    struct tls_config client = client_config();
    struct tls_config server = server_config(name);
    meet(world, &client, &server, host);
    assert_refused(world, CLIENT);
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the peer refused with TLS alert");
    return tls_error(world->ends[CLIENT]);
}

static void expired_certificate_is_refused(void **state)
{
    SAYS(refusal_of(*state, "expired", "localhost"), "the certificate of localhost (CN=expired)",
         "expired on 20", "the peer must renew it");
    struct world *world = *state;
    SAYS(tls_error(world->ends[SERVER]), "45 certificate_expired", "renew it");
}

static void certificate_of_the_future_is_refused(void **state)
{
    SAYS(refusal_of(*state, "future", "localhost"), "localhost (CN=future)", "not valid before 20",
         "check the clock");
}

static void certificate_of_another_host_is_refused(void **state)
{
    SAYS(refusal_of(*state, "wrong-host", "localhost"),
         "the certificate of localhost is not for it", "but for elsewhere.example",
         "SocketConnectHost", "SocketServerName");
}

static void certificate_of_another_address_is_refused(void **state)
{
    SAYS(refusal_of(*state, "server", "127.0.0.2"), "the certificate of 127.0.0.2 is not for it",
         "127.0.0.1, ::1", "SocketServerName");
}

static void certificate_of_an_unknown_ca_is_refused(void **state)
{
    SAYS(refusal_of(*state, "other", "localhost"), "localhost (CN=other)",
         "unknown CA (CN=other-ca)", "CertificationAuthoritiesFile");
    struct world *world = *state;
    SAYS(tls_error(world->ends[SERVER]), "48 unknown_ca", "give it that CA");
}

static void self_signed_certificate_is_refused(void **state)
{
    SAYS(refusal_of(*state, "self-signed", "localhost"), "(CN=self-signed) is self-signed",
         "CertificationAuthoritiesFile");
}

static void certificate_of_a_client_does_not_make_a_server(void **state)
{
    SAYS(refusal_of(*state, "client", "localhost"), "CN=client", "not meant for a TLS server",
         "extendedKeyUsage");
}

static void system_cas_are_asked_when_none_are_named(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.server = false};
    struct tls_config server = server_config("server");
    assert_int_equal(0, setenv("SSL_CERT_FILE", pem("other-ca"), 1));
    meet(world, &client, &server, "localhost");
    assert_int_equal(0, unsetenv("SSL_CERT_FILE"));
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "unknown CA (CN=ca)");
}

static void old_protocol_is_refused(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    /* A ClientHello of TLS 1.0, whole and well-formed. */
    static const uint8_t hello[] = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1, 1, 2, 3,  4, 5, 6,
                                    7,  8, 9, 0, 1,  2, 3, 4, 5,  6, 7, 8, 9, 0,  1, 2, 3,
                                    4,  5, 6, 7, 8,  9, 0, 1, 2,  0, 0, 2, 0, 47, 1, 0};
    begin(world, &client, &server, "localhost");
    assert_int_equal((int)sizeof(hello), send(world->relays[SERVER], hello, sizeof(hello), 0));
    assert_int_equal(TLS_FAILED, tls_handshake(world->ends[SERVER]));
    SAYS(tls_error(world->ends[SERVER]), "TLS is too old", "1.2 and 1.3");

    /* The alert that answered it, shown to the client. */
    assert_int_equal(TLS_WANT_READ, tls_handshake(world->ends[CLIENT]));
    uint8_t alert[7];
    assert_int_equal(7, recv(world->relays[SERVER], alert, sizeof(alert), 0));
    assert_int_equal(7, send(world->relays[CLIENT], alert, sizeof(alert), 0));
    assert_int_equal(TLS_FAILED, tls_handshake(world->ends[CLIENT]));
    SAYS(tls_error(world->ends[CLIENT]), "TLS alert 70 protocol_version", "1.2 and 1.3");
}

static void assert_stranger(struct world *world, const char *text, const char *word)
{
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    begin(world, &client, &server, "localhost");
    for (size_t i = 0; i < ENDS; i++) {
        ssize_t size = (ssize_t)strlen(text);
        assert_int_equal(size, send(world->relays[i], text, (size_t)size, 0));
        assert_int_equal(TLS_FAILED, tls_handshake(world->ends[i]));
        SAYS(tls_error(world->ends[i]), word);
    }
}

static void plain_fix_is_told_from_tls(void **state)
{
    assert_stranger(*state, "8=FIX.4.4\0019=70\00135=A\001", "FIX without TLS");
}

static void plain_http_is_told_from_tls(void **state)
{
    assert_stranger(*state, "HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP");
}

static void noise_is_told_from_tls(void **state)
{
    assert_stranger(*state, "220 mail.example ESMTP\r\n", "does not speak TLS");
}

static void peer_that_hangs_up_without_a_word_is_told(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    begin(world, &client, &server, "localhost");
    assert_int_equal(TLS_WANT_READ, tls_handshake(world->ends[CLIENT]));
    assert_int_equal(0, shutdown(world->relays[CLIENT], SHUT_WR));
    assert_int_equal(TLS_FAILED, tls_handshake(world->ends[CLIENT]));
    SAYS(tls_error(world->ends[CLIENT]), "hung up", "without a word", "SocketUseSSL=N");
}

/* --- Revocation ------------------------------------------------------------- */

static const char *refusal_with_lists(struct world *world, const char *name, const char *lists)
{
    struct tls_config client = client_config();
    struct tls_config server = server_config(name);
    client.crl_file = in_directory(lists);
    meet(world, &client, &server, "localhost");
    return world->results[CLIENT] == TLS_OK ? "" : tls_error(world->ends[CLIENT]);
}

static void revoked_certificate_is_refused(void **state)
{
    SAYS(refusal_with_lists(*state, "revoked", "crl.pem"), "localhost (CN=revoked)",
         "was revoked by its CA");
    struct world *world = *state;
    SAYS(tls_error(world->ends[SERVER]), "44 certificate_revoked");
}

static void revocation_list_in_der_counts_too(void **state)
{
    SAYS(refusal_with_lists(*state, "revoked", "crl.der"), "was revoked by its CA");
}

static void certificate_that_is_not_revoked_is_accepted(void **state)
{
    assert_string_equal("", refusal_with_lists(*state, "server", "crl.pem"));
}

static void whole_chain_is_checked_for_revocation(void **state)
{
    assert_string_equal("", refusal_with_lists(*state, "server-between", "crl.pem"));
}

static void revoked_intermediate_ca_is_refused(void **state)
{
    static const char *const revoked[] = {"between"};
    certificates_revoke(certificates.directory, "ca", revoked, 1, -1, 1, "crl-between.pem");
    certificates_revoke(certificates.directory, "between", NULL, 0, -1, 1, "crl-between.pem");
    SAYS(refusal_with_lists(*state, "server-between", "crl-between.pem"),
         "the CA above the certificate of localhost (CN=between)", "was revoked");
}

static void missing_revocation_list_of_an_intermediate_is_an_error(void **state)
{
    SAYS(refusal_with_lists(*state, "server-between", "crl-ca.pem"),
         "no revocation list of CN=between", "CN=server-between", "CertificateRevocationListFile");
}

static void ended_revocation_list_is_an_error(void **state)
{
    SAYS(refusal_with_lists(*state, "server", "crl-old.pem"),
         "the revocation list of CN=ca ended on 20",
         "put the new one into CertificateRevocationListFile");
}

static void directory_of_revocation_lists_is_read(void **state)
{
    struct world *world = *state;
    char directory[CERTIFICATES_PATH_BYTES];
    struct tls_config client = client_config();
    struct tls_config server = server_config("revoked");
    certificates_path(certificates.directory, "lists", directory);
    assert_int_equal(0, mkdir(directory, 0700));
    certificates_revoke(certificates.directory, "ca", (const char *const[]){"revoked"}, 1, -1, 1,
                        "lists/any-name");
    client.crl_directory = directory;
    meet(world, &client, &server, "localhost");
    remove_directory(directory);
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "was revoked");
}

/* --- Clients ---------------------------------------------------------------- */

static void meet_mutually(struct world *world, const char *client_name, const char *lists)
{
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    server.client_verify = TLS_CLIENT_REQUIRED;
    server.ca_file = pem("ca");
    server.crl_file = lists != NULL ? in_directory(lists) : NULL;
    if (client_name != NULL) {
        client.certificate_file = pem(client_name);
        client.key_file = key(client_name);
    }
    meet(world, &client, &server, "localhost");
}

/* In TLS 1.3 a client is through before the server has seen its certificate. */
static const char *alert_after_handshake(struct world *world)
{
    uint8_t byte;
    size_t done;
    assert_int_equal(TLS_OK, world->results[CLIENT]);
    assert_int_equal(TLS_FAILED, tls_read(world->ends[CLIENT], &byte, 1, &done));
    return tls_error(world->ends[CLIENT]);
}

static void client_with_a_certificate_is_accepted(void **state)
{
    struct world *world = *state;
    meet_mutually(world, "client", "crl.pem");
    assert_agreed(world);
    assert_non_null(strstr(tls_describe(world->ends[SERVER]), "CN=client"));
}

static void client_without_a_certificate_is_refused(void **state)
{
    struct world *world = *state;
    meet_mutually(world, NULL, NULL);
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the client showed no certificate",
         "CertificateVerifyLevel");
    SAYS(alert_after_handshake(world), "TLS alert 116 certificate_required",
         "ClientCertificateFile");
}

static void client_of_an_unknown_ca_is_refused(void **state)
{
    struct world *world = *state;
    meet_mutually(world, "client-other", NULL);
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the certificate of the client (CN=client-other)",
         "unknown CA (CN=other-ca)");
    SAYS(alert_after_handshake(world), "TLS alert 48 unknown_ca");
}

static void revoked_client_is_refused(void **state)
{
    struct world *world = *state;
    meet_mutually(world, "client-revoked", "crl.pem");
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the client (CN=client-revoked)", "was revoked");
}

static void certificate_of_a_server_does_not_make_a_client(void **state)
{
    struct world *world = *state;
    meet_mutually(world, "server", NULL);
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "not meant for a TLS client");
}

static void optional_certificate_may_be_missing_but_not_wrong(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    server.client_verify = TLS_CLIENT_OPTIONAL;
    server.ca_file = pem("ca");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);

    client.certificate_file = pem("client-other");
    client.key_file = key("client-other");
    meet(world, &client, &server, "localhost");
    assert_refused(world, SERVER);
}

/* --- Pins ------------------------------------------------------------------- */

static void pinned_key_is_accepted(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    certificates_pin(certificates.directory, "other", client.pins[0]);
    certificates_pin(certificates.directory, "server", client.pins[1]);
    client.pins_count = 2;
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
}

static void key_that_is_not_pinned_is_refused(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    certificates_pin(certificates.directory, "other", client.pins[0]);
    client.pins_count = 1;
    meet(world, &client, &server, "localhost");
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "the public key of localhost (sha256//",
         "is not a pinned one", "CertificatePin");
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "42 bad_certificate");
}

static void pin_does_not_replace_the_other_checks(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("expired");
    certificates_pin(certificates.directory, "expired", client.pins[0]);
    client.pins_count = 1;
    meet(world, &client, &server, "localhost");
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "expired on");
}

static void pin_counts_where_verification_is_skipped(void **state)
{
    struct world *world = *state;
    struct tls_config client = {.insecure_skip_verify = true, .pins_count = 1};
    struct tls_config server = server_config("self-signed");
    certificates_pin(certificates.directory, "other", client.pins[0]);
    meet(world, &client, &server, "localhost");
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "is not a pinned one");
}

static void pinned_client_is_accepted_and_another_refused(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    client.certificate_file = pem("client");
    client.key_file = key("client");
    server.client_verify = TLS_CLIENT_REQUIRED;
    server.ca_file = pem("ca");
    server.pins_count = 1;
    certificates_pin(certificates.directory, "client", server.pins[0]);
    meet(world, &client, &server, "localhost");
    assert_agreed(world);

    client.certificate_file = pem("client-revoked");
    client.key_file = key("client-revoked");
    meet(world, &client, &server, "localhost");
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the public key of the client");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(verified_ends_exchange_bytes),
        TEST(every_byte_may_come_alone),
        TEST(sides_without_a_common_cipher_say_so),
        TEST(address_is_verified_as_an_address),
        TEST(address_of_ipv6_is_verified_as_an_address),
        TEST(dot_at_the_end_of_a_name_does_not_matter),
        TEST(intermediate_ca_can_be_trusted_by_itself),
        TEST(self_signed_certificate_can_be_trusted_by_itself),
        TEST(directory_of_cas_is_read_whatever_its_files_are_called),
        TEST(skipped_verification_takes_anybody),
        TEST(expired_certificate_is_refused),
        TEST(certificate_of_the_future_is_refused),
        TEST(certificate_of_another_host_is_refused),
        TEST(certificate_of_another_address_is_refused),
        TEST(certificate_of_an_unknown_ca_is_refused),
        TEST(self_signed_certificate_is_refused),
        TEST(certificate_of_a_client_does_not_make_a_server),
        TEST(system_cas_are_asked_when_none_are_named),
        TEST(old_protocol_is_refused),
        TEST(plain_fix_is_told_from_tls),
        TEST(plain_http_is_told_from_tls),
        TEST(noise_is_told_from_tls),
        TEST(peer_that_hangs_up_without_a_word_is_told),
        TEST(revoked_certificate_is_refused),
        TEST(revocation_list_in_der_counts_too),
        TEST(certificate_that_is_not_revoked_is_accepted),
        TEST(whole_chain_is_checked_for_revocation),
        TEST(revoked_intermediate_ca_is_refused),
        TEST(missing_revocation_list_of_an_intermediate_is_an_error),
        TEST(ended_revocation_list_is_an_error),
        TEST(directory_of_revocation_lists_is_read),
        TEST(client_with_a_certificate_is_accepted),
        TEST(client_without_a_certificate_is_refused),
        TEST(client_of_an_unknown_ca_is_refused),
        TEST(revoked_client_is_refused),
        TEST(certificate_of_a_server_does_not_make_a_client),
        TEST(optional_certificate_may_be_missing_but_not_wrong),
        TEST(pinned_key_is_accepted),
        TEST(key_that_is_not_pinned_is_refused),
        TEST(pin_does_not_replace_the_other_checks),
        TEST(pin_counts_where_verification_is_skipped),
        TEST(pinned_client_is_accepted_and_another_refused),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
