#include "gateway/shell/tls_internal.h"

#include <stdio.h>
#include <stdlib.h>

static bool fail(char error[TLS_ERROR_BYTES_MAX], const char *what)
{
    span_to_text(span_text(what), error, TLS_ERROR_BYTES_MAX);
    return false;
}

/* What makes no sense whatever the files hold. */
static bool is_sensible(const struct tls_config *config, char error[TLS_ERROR_BYTES_MAX])
{
    bool has_certificate = config->certificate_file != NULL;
    bool has_cas = config->ca_file != NULL || config->ca_directory != NULL;
    if (has_certificate != (config->key_file != NULL)) {
        return fail(error, config->server ? "ServerCertificateFile and ServerCertificateKeyFile go "
                                            "together: set both"
                                          : "ClientCertificateFile and ClientCertificateKeyFile go "
                                            "together: set both");
    }
    if (!config->server) {
        return true;
    }
    if (!has_certificate) {
        return fail(error, "a TLS acceptor needs ServerCertificateFile and "
                           "ServerCertificateKeyFile");
    }
    if (config->client_verify != TLS_CLIENT_NONE && !has_cas) {
        /* Every holder of any certificate of the web would come in. */
        return fail(error, "CertificateVerifyLevel needs CertificationAuthoritiesFile or "
                           "…Directory: the CAs of the clients");
    }
    if (config->pins_count > 0 && config->client_verify != TLS_CLIENT_REQUIRED) {
        return fail(error, "pinned keys of clients need CertificateVerifyLevel=1");
    }
    return true;
}

static void set_defaults(SSL_CTX *ssl, const struct tls_config *config)
{
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                       SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_num_tickets(ssl, 0);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    /* What waits in the outbound buffer moves while OpenSSL holds half of it. */
    (void)SSL_CTX_set_mode(ssl,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_CTX_set_dh_auto(ssl, 1);
    SSL_CTX_set_verify_depth(ssl, TLS_CHAIN_MAX);
    SSL_CTX_set_info_callback(ssl, tls_note_alert);
    SSL_CTX_set_cert_verify_callback(ssl, tls_verify_peer, NULL);
    /* Whoever names an intermediate CA as trusted, trusts it, without the root above it. */
    (void)X509_STORE_set_flags(SSL_CTX_get_cert_store(ssl), X509_V_FLAG_PARTIAL_CHAIN);
    int mode = SSL_VERIFY_PEER;
    if (config->server) {
        static const int modes[] = {
            [TLS_CLIENT_NONE] = SSL_VERIFY_NONE,
            [TLS_CLIENT_REQUIRED] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
            [TLS_CLIENT_OPTIONAL] = SSL_VERIFY_PEER,
        };
        mode = modes[config->client_verify];
    }
    SSL_CTX_set_verify(ssl, mode, tls_verify_step);
}

static bool set_ciphers(SSL_CTX *ssl, const struct tls_config *config,
                        char error[TLS_ERROR_BYTES_MAX])
{
    char list[1024];
    if (SSL_CTX_set_min_proto_version(ssl, config->minimum_tls13 ? TLS1_3_VERSION
                                                                 : TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ssl, 0) != 1) {
        return fail(error, "OpenSSL does not allow TLS 1.2 and 1.3: look at its openssl.cnf");
    }
    const char *asked = config->cipher_list != NULL ? config->cipher_list : "DEFAULT";
    /* Never without certificates or encryption, whatever was asked for. */
    int size = snprintf(list, sizeof(list), "%s:!aNULL:!eNULL", asked);
    if (size >= (int)sizeof(list) || SSL_CTX_set_cipher_list(ssl, list) != 1) {
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "SSLCipherSuite=%.100s names no cipher that can be used (openssl ciphers "
                       "tells which there are)",
                       asked);
        return false;
    }
    if (config->cipher_suites != NULL &&
        SSL_CTX_set_ciphersuites(ssl, config->cipher_suites) != 1) {
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "TLSCipherSuites=%.100s: name suites of TLS 1.3 as "
                       "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
                       config->cipher_suites);
        return false;
    }
    return true;
}

/* The names that clients choose their certificate by. */
static bool name_cas(SSL_CTX *ssl)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ssl));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (ca != NULL && SSL_CTX_add_client_CA(ssl, ca) != 1) {
            return false;
        }
    }
    return true;
}

/* NULL with the reason in `error`. */
static SSL_CTX *build(const struct tls_config *config, int64_t *ends,
                      char error[TLS_ERROR_BYTES_MAX])
{
    SSL_CTX *ssl = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (ssl == NULL) {
        (void)fail(error, tls_library_reason());
        return NULL;
    }
    *ends = INT64_MAX;
    set_defaults(ssl, config);
    bool built = set_ciphers(ssl, config, error) &&
                 (config->certificate_file == NULL || tls_load_own(ssl, config, ends, error)) &&
                 tls_load_trust(ssl, config, error);
    if (built && config->server && config->client_verify != TLS_CLIENT_NONE && !name_cas(ssl)) {
        built = fail(error, "no memory for the CAs' names");
    }
    ERR_clear_error();
    if (!built) {
        SSL_CTX_free(ssl);
        return NULL;
    }
    return ssl;
}

enum status tls_context_open(const struct tls_config *config, struct tls_context **out,
                             char error[TLS_ERROR_BYTES_MAX])
{
    ASSERT(config->pins_count <= TLS_PINS_MAX);
    *out = NULL;
    error[0] = '\0';
    if (!is_sensible(config, error)) {
        return STATUS_INVALID;
    }
    struct tls_context *context = calloc(1, sizeof(*context));
    if (context == NULL) {
        (void)fail(error, "no memory for TLS");
        return STATUS_INVALID;
    }
    context->config = *config;
    context->socket_method = tls_socket_method();
    /* Before the files are read, so that a change in between is seen as one. */
    context->fingerprint = tls_files_fingerprint(config);
    context->ssl = build(config, &context->certificate_ends, error);
    if (context->ssl == NULL || context->socket_method == NULL) {
        tls_context_close(context);
        return STATUS_INVALID;
    }
    *out = context;
    return STATUS_OK;
}

void tls_context_close(struct tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->ssl);
        BIO_meth_free(context->socket_method);
        free(context);
    }
}

enum status tls_context_refresh(struct tls_context *context, bool *changed,
                                char error[TLS_ERROR_BYTES_MAX])
{
    *changed = false;
    uint64_t fingerprint = tls_files_fingerprint(&context->config);
    if (fingerprint == context->fingerprint) {
        return STATUS_OK;
    }
    context->fingerprint = fingerprint;
    int64_t ends;
    SSL_CTX *ssl = build(&context->config, &ends, error);
    if (ssl == NULL) {
        return STATUS_INVALID;
    }
    SSL_CTX_free(context->ssl);
    context->ssl = ssl;
    context->certificate_ends = ends;
    *changed = true;
    return STATUS_OK;
}

int32_t tls_context_days_left(const struct tls_context *context, uint64_t realtime_ns)
{
    enum { DAY_SECONDS = 86400 };
    if (context->certificate_ends == INT64_MAX) {
        return INT32_MAX;
    }
    int64_t seconds = context->certificate_ends - (int64_t)(realtime_ns / UINT64_C(1000000000));
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0 ? 1 : 0);
    return (int32_t)days;
}
