/* TLS with peers of another make: OpenSSL's own sockets, older versions, and what they may ask
 * of us. */
#include "tests/unit/tls_fixture.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* One of the two ends; world->ends[] has the other. */
struct peer {
    SSL_CTX *context;
    SSL *ssl;
    size_t end;
    int result;          /* Of the handshake: 1 when done. */
    char asked_for[256]; /* SNI, as a server hears it. */
};

static int note_name(SSL *ssl, int *alert, void *argument)
{
    struct peer *peer = argument;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    (void)snprintf(peer->asked_for, sizeof(peer->asked_for), "%s", name != NULL ? name : "");
    return SSL_TLSEXT_ERR_OK;
}

static void open_peer(struct world *world, struct peer *peer, size_t end, int version)
{
    *peer = (struct peer){.end = end};
    peer->context = SSL_CTX_new(end == SERVER ? TLS_server_method() : TLS_client_method());
    assert_non_null(peer->context);
    SSL_CTX_set_security_level(peer->context, 0); /* For the old versions. */
    assert_int_equal(1, SSL_CTX_set_min_proto_version(peer->context, version));
    assert_int_equal(1, SSL_CTX_set_max_proto_version(peer->context, version));
    if (end == SERVER) {
        assert_int_equal(1, SSL_CTX_use_certificate_chain_file(peer->context, pem("server")));
        assert_int_equal(
            1, SSL_CTX_use_PrivateKey_file(peer->context, key("server"), SSL_FILETYPE_PEM));
        SSL_CTX_set_tlsext_servername_callback(peer->context, note_name);
        SSL_CTX_set_tlsext_servername_arg(peer->context, peer);
    }
    peer->ssl = SSL_new(peer->context);
    assert_non_null(peer->ssl);
    assert_int_equal(1, SSL_set_fd(peer->ssl, world->sockets[end]));
    if (end == SERVER) {
        SSL_set_accept_state(peer->ssl);
    } else {
        SSL_set_connect_state(peer->ssl);
    }
}

static void close_peer(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    ERR_clear_error();
}

static void open_ours(struct world *world, size_t end, const struct tls_config *config,
                      const char *host)
{
    world->contexts[end] = open_context(config);
    world->ends[end] = tls_begin(world->contexts[end], world->sockets[end], host);
    assert_non_null(world->ends[end]);
    world->results[end] = TLS_WANT_READ;
}

static void shake_hands_with(struct world *world, struct peer *peer)
{
    size_t ours = 1 - peer->end;
    for (bool moved = true; moved;) {
        if (!is_settled(world->results[ours])) {
            world->results[ours] = tls_handshake(world->ends[ours]);
        }
        if (peer->result != 1) {
            ERR_clear_error();
            peer->result = SSL_do_handshake(peer->ssl);
        }
        moved = relay(world);
    }
    ERR_clear_error();
}

/* We are the client (or server) of `config`; the peer is the other, of that version. */
static void meet_peer(struct world *world, struct peer *peer, const struct tls_config *config,
                      int version)
{
    size_t ours = config->server ? SERVER : CLIENT;
    open_peer(world, peer, 1 - ours, version);
    open_ours(world, ours, config, config->server ? NULL : "broker.example");
    shake_hands_with(world, peer);
}

static void hear_text(struct world *world, size_t end, const char *text)
{
    uint8_t bytes[256];
    size_t seen = 0;
    for (int i = 0; i < 100 && seen < strlen(text); i++) {
        size_t got = 0;
        (void)relay(world);
        enum tls_result result =
            tls_read(world->ends[end], bytes + seen, sizeof(bytes) - seen, &got);
        if (result != TLS_OK && is_settled(result)) {
            fail_msg("%s", tls_error(world->ends[end]));
        }
        seen += got;
    }
    assert_true(span_is(span_of(bytes, seen), text));
}

static void talk_with(struct world *world, struct peer *peer)
{
    char bytes[64];
    size_t ours = 1 - peer->end;
    size_t done = 0;
    assert_int_equal(4, SSL_write(peer->ssl, "35=A", 4));
    hear_text(world, ours, "35=A");
    assert_int_equal(TLS_OK, tls_write(world->ends[ours], span_text("35=0"), &done));
    assert_true(relay(world));
    assert_int_equal(4, SSL_read(peer->ssl, bytes, sizeof(bytes)));
    assert_memory_equal("35=0", bytes, 4);
    ERR_clear_error();
}

/* --- Versions ----------------------------------------------------------------- */

static void server_of_tls_1_2_is_accepted(void **state)
{
    struct world *world = *state;
    struct tls_config config = client_config();
    struct peer peer;
    meet_peer(world, &peer, &config, TLS1_2_VERSION);
    assert_int_equal(TLS_OK, world->results[CLIENT]);
    talk_with(world, &peer);
    assert_string_equal("TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384, CN=server",
                        tls_describe(world->ends[CLIENT]));
    close_peer(&peer);
}

static void client_of_tls_1_2_is_accepted(void **state)
{
    struct world *world = *state;
    struct tls_config config = server_config("server-rsa");
    struct peer peer;
    config.cipher_list = "ECDHE-RSA-AES128-GCM-SHA256";
    meet_peer(world, &peer, &config, TLS1_2_VERSION);
    assert_int_equal(TLS_OK, world->results[SERVER]);
    talk_with(world, &peer);
    assert_string_equal("TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256, no certificate",
                        tls_describe(world->ends[SERVER]));
    close_peer(&peer);
}

static void assert_too_old(struct world *world, const struct tls_config *config, int version)
{
    size_t ours = config->server ? SERVER : CLIENT;
    struct peer peer;
    meet_peer(world, &peer, config, version);
    assert_refused(world, ours);
    SAYS(tls_error(world->ends[ours]), config->server ? "TLS is too old" : "protocol_version",
         "1.2 and 1.3");
    assert_true(peer.result != 1);
    close_peer(&peer);
}

static void server_of_tls_1_1_is_refused(void **state)
{
    struct tls_config config = client_config();
    assert_too_old(*state, &config, TLS1_1_VERSION);
}

static void client_of_tls_1_1_is_refused(void **state)
{
    struct tls_config config = server_config("server");
    assert_too_old(*state, &config, TLS1_1_VERSION);
}

static void server_of_tls_1_2_is_refused_where_only_1_3_is_allowed(void **state)
{
    struct tls_config config = client_config();
    config.minimum_tls13 = true;
    assert_too_old(*state, &config, TLS1_2_VERSION);
}

static void client_of_tls_1_2_is_refused_where_only_1_3_is_allowed(void **state)
{
    struct tls_config config = server_config("server");
    config.minimum_tls13 = true;
    assert_too_old(*state, &config, TLS1_2_VERSION);
}

static void client_without_a_certificate_hears_so_in_the_handshake_of_1_2(void **state)
{
    struct world *world = *state;
    struct tls_config config = server_config("server");
    struct peer peer;
    config.client_verify = TLS_CLIENT_REQUIRED;
    config.ca_file = pem("ca");
    meet_peer(world, &peer, &config, TLS1_2_VERSION);
    assert_refused(world, SERVER);
    SAYS(tls_error(world->ends[SERVER]), "the client showed no certificate");
    assert_true(peer.result != 1);
    close_peer(&peer);
}

/* --- Names ------------------------------------------------------------------------ */

static void name_is_sent_to_the_server_and_an_address_is_not(void **state)
{
    struct world *world = *state;
    struct tls_config config = client_config();
    struct peer peer;
    meet_peer(world, &peer, &config, TLS1_3_VERSION);
    assert_string_equal("broker.example", peer.asked_for);
    close_peer(&peer);

    hang_up(world);
    close_contexts(world);
    open_peer(world, &peer, SERVER, TLS1_3_VERSION);
    open_ours(world, CLIENT, &config, "127.0.0.1");
    shake_hands_with(world, &peer);
    assert_int_equal(TLS_OK, world->results[CLIENT]);
    assert_string_equal("", peer.asked_for);
    close_peer(&peer);
}

/* --- What is off -------------------------------------------------------------------- */

static void assert_nothing_to_resume(struct world *world, int version)
{
    struct tls_config config = server_config("server");
    struct peer peer;
    char byte;
    meet_peer(world, &peer, &config, version);
    assert_int_equal(TLS_OK, world->results[SERVER]);
    (void)SSL_read(peer.ssl, &byte, 1); /* Where tickets would come in. */
    assert_int_equal(0, SSL_SESSION_is_resumable(SSL_get0_session(peer.ssl)));
    assert_int_equal(0, SSL_SESSION_get_max_early_data(SSL_get0_session(peer.ssl)));
    close_peer(&peer);
}

static void session_of_1_3_cannot_be_resumed(void **state)
{
    assert_nothing_to_resume(*state, TLS1_3_VERSION);
}

static void session_of_1_2_leaves_no_ticket(void **state)
{
    struct world *world = *state;
    struct tls_config config = server_config("server");
    struct peer peer;
    meet_peer(world, &peer, &config, TLS1_2_VERSION);
    assert_int_equal(0, SSL_SESSION_has_ticket(SSL_get0_session(peer.ssl)));
    close_peer(&peer);
}

static void assert_not_renegotiated(struct world *world, const struct tls_config *config)
{
    size_t ours = config->server ? SERVER : CLIENT;
    struct peer peer;
    uint8_t byte;
    size_t done;
    meet_peer(world, &peer, config, TLS1_2_VERSION);
    assert_int_equal(TLS_OK, world->results[ours]);
    assert_int_equal(1, SSL_renegotiate(peer.ssl));
    (void)SSL_do_handshake(peer.ssl);
    assert_true(relay(world));
    assert_int_equal(TLS_WANT_READ, tls_read(world->ends[ours], &byte, 1, &done));
    assert_true(relay(world)); /* A warning, which ends it at the peer. */
    ERR_clear_error();
    /* A server needs a second call before it looks for the answer. */
    assert_false(SSL_do_handshake(peer.ssl) == 1 && SSL_do_handshake(peer.ssl) == 1 &&
                 SSL_read(peer.ssl, &byte, 1) == 1);
    assert_int_equal(SSL_R_NO_RENEGOTIATION, ERR_GET_REASON(ERR_peek_error()));
    close_peer(&peer);
}

static void renegotiation_asked_for_by_a_client_is_refused(void **state)
{
    struct tls_config config = server_config("server");
    assert_not_renegotiated(*state, &config);
}

static void renegotiation_asked_for_by_a_server_is_refused(void **state)
{
    struct tls_config config = client_config();
    assert_not_renegotiated(*state, &config);
}

/* OpenSSL's queue of errors belongs to the whole thread. */
static void errors_that_others_left_behind_do_not_count(void **state)
{
    struct world *world = *state;
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    uint8_t byte;
    size_t done;
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    assert_int_equal(TLS_WANT_READ, tls_read(world->ends[CLIENT], &byte, 1, &done));
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    pass_bytes(world, CLIENT, "35=0");
}

/* --- What a peer may ask for ---------------------------------------------------------- */

static void keys_are_changed_when_the_peer_asks(void **state)
{
    struct world *world = *state;
    struct tls_config config = client_config();
    struct peer peer;
    meet_peer(world, &peer, &config, TLS1_3_VERSION);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(1, SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED));
        talk_with(world, &peer);
    }
    close_peer(&peer);
}

/* Each look at the socket takes so much and no more, whatever a peer sends. */
static void flood_of_key_updates_is_read_a_look_at_a_time(void **state)
{
    struct world *world = *state;
    struct tls_config config = client_config();
    struct peer peer;
    uint8_t byte;
    size_t done;
    meet_peer(world, &peer, &config, TLS1_3_VERSION);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(1, SSL_key_update(peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED));
        assert_int_equal(1, SSL_do_handshake(peer.ssl));
        if (i % 100 == 99) {
            assert_true(relay(world));
        }
    }
    int looks = 0;
    do {
        assert_int_equal(TLS_WANT_READ, tls_read(world->ends[CLIENT], &byte, 1, &done));
        looks++;
    } while (recv(world->sockets[CLIENT], &byte, 1, MSG_PEEK) > 0);
    assert_in_range(looks, 2, 10);
    talk_with(world, &peer);
    close_peer(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(server_of_tls_1_2_is_accepted),
        TEST(client_of_tls_1_2_is_accepted),
        TEST(server_of_tls_1_1_is_refused),
        TEST(client_of_tls_1_1_is_refused),
        TEST(server_of_tls_1_2_is_refused_where_only_1_3_is_allowed),
        TEST(client_of_tls_1_2_is_refused_where_only_1_3_is_allowed),
        TEST(client_without_a_certificate_hears_so_in_the_handshake_of_1_2),
        TEST(name_is_sent_to_the_server_and_an_address_is_not),
        TEST(session_of_1_3_cannot_be_resumed),
        TEST(session_of_1_2_leaves_no_ticket),
        TEST(renegotiation_asked_for_by_a_client_is_refused),
        TEST(renegotiation_asked_for_by_a_server_is_refused),
        TEST(errors_that_others_left_behind_do_not_count),
        TEST(keys_are_changed_when_the_peer_asks),
        TEST(flood_of_key_updates_is_read_a_look_at_a_time),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
