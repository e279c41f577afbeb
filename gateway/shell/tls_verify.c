#include "gateway/shell/tls_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

enum { DATE_BYTES = 16, NAMES_BYTES = 100, WHO_BYTES = 200, PIN_TEXT_BYTES = 64 };

/* --- For reading ------------------------------------------------------------ */

void tls_name_text(const X509_NAME *name, char text[TLS_NAME_BYTES_MAX])
{
    text[0] = '\0';
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory != NULL && X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253) >= 0) {
        int size = BIO_read(memory, text, TLS_NAME_BYTES_MAX - 1);
        text[size > 0 ? size : 0] = '\0';
    }
    BIO_free(memory);
}

/* "2026-11-21" */
static void date_text(const ASN1_TIME *date, char text[DATE_BYTES])
{
    struct tm parts;
    if (date == NULL || ASN1_TIME_to_tm(date, &parts) != 1 ||
        strftime(text, DATE_BYTES, "%Y-%m-%d", &parts) == 0) {
        span_to_text(span_text("a bad date"), text, DATE_BYTES);
    }
}

static void append(char text[NAMES_BYTES], struct span more)
{
    size_t used = strlen(text);
    for (size_t i = 0; i < more.size && used + 1 < NAMES_BYTES; i++) {
        text[used++] = more.data[i] >= ' ' && more.data[i] < 0x7f ? (char)more.data[i] : '?';
    }
    text[used] = '\0';
}

static void append_name(char text[NAMES_BYTES], const GENERAL_NAME *name)
{
    char digits[INET6_ADDRSTRLEN];
    if (name->type == GEN_DNS) {
        append(text, span_text(text[0] != '\0' ? ", " : ""));
        append(text, span_of(ASN1_STRING_get0_data(name->d.dNSName),
                             (size_t)ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
        int size = ASN1_STRING_length(name->d.iPAddress);
        const uint8_t *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
        if ((size == 4 || size == 16) &&
            inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, digits, sizeof(digits)) != NULL) {
            append(text, span_text(text[0] != '\0' ? ", " : ""));
            append(text, span_text(digits));
        }
    }
}

/* "broker.example, 10.0.0.1": whom a certificate is for. */
static void names_text(const X509 *certificate, char text[NAMES_BYTES])
{
    text[0] = '\0';
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        append_name(text, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
    if (text[0] == '\0') {
        char subject[TLS_NAME_BYTES_MAX] = "";
        tls_name_text(X509_get_subject_name(certificate), subject);
        append(text, span_text(subject));
    }
}

/* --- What is wrong with a chain --------------------------------------------- */

struct fault {
    int error;
    char who[WHO_BYTES]; /* "the certificate of broker.example (CN=…)" */
    char issuer[TLS_NAME_BYTES_MAX];
    char names[NAMES_BYTES];
    char begin[DATE_BYTES];
    char end[DATE_BYTES];
    char list_end[DATE_BYTES];
};

static void describe_fault(const struct tls *tls, X509_STORE_CTX *store, struct fault *fault)
{
    *fault = (struct fault){.error = X509_STORE_CTX_get_error(store)};
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate == NULL) {
        certificate = X509_STORE_CTX_get0_cert(store);
    }
    char subject[TLS_NAME_BYTES_MAX];
    tls_name_text(X509_get_subject_name(certificate), subject);
    bool server = tls->context->config.server;
    const char *peer = server ? "the client" : tls->host;
    (void)snprintf(fault->who, sizeof(fault->who),
                   X509_STORE_CTX_get_error_depth(store) == 0
                       ? "the certificate of %.90s (%s)"
                       : "the CA above the certificate of %.70s (%s)",
                   peer, subject);
    tls_name_text(X509_get_issuer_name(certificate), fault->issuer);
    names_text(certificate, fault->names);
    date_text(X509_get0_notBefore(certificate), fault->begin);
    date_text(X509_get0_notAfter(certificate), fault->end);
    const X509_CRL *list = X509_STORE_CTX_get0_current_crl(store);
    date_text(list != NULL ? X509_CRL_get0_nextUpdate(list) : NULL, fault->list_end);
}

static const char *const our_list = "CertificateRevocationListFile or -Directory";
static const char *const our_cas = "CertificationAuthoritiesFile or -Directory";

/* Revocation. False: it is something else. */
static bool explain_revocation(struct tls *tls, const struct fault *fault)
{
    char *error = tls->error;
    switch (fault->error) {
    case X509_V_ERR_CERT_REVOKED:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%s was revoked by its CA: the peer must use a new one", fault->who);
        return true;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "no revocation list of %.80s tells of %.110s: add it to %s", fault->issuer,
                       fault->who, our_list);
        return true;
    case X509_V_ERR_CRL_HAS_EXPIRED:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "the revocation list of %.100s ended on %s: put the new one into %s",
                       fault->issuer, fault->list_end, our_list);
        return true;
    case X509_V_ERR_CRL_NOT_YET_VALID:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "the revocation list of %.100s is not valid yet: check the clock of this "
                       "machine",
                       fault->issuer);
        return true;
    default:
        return false;
    }
}

static void explain_chain(struct tls *tls, const struct fault *fault)
{
    char *error = tls->error;
    switch (fault->error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX, "%s expired on %s: the peer must renew it",
                       fault->who, fault->end);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%s is not valid before %s: check the clock of this machine, else the peer "
                       "must replace it",
                       fault->who, fault->begin);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "the certificate of %.80s is not for it, but for %s: correct "
                       "SocketConnectHost, or name the right one in SocketServerName",
                       tls->host, fault->names);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%s is self-signed: if it is the right one, put it into %s", fault->who,
                       our_cas);
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%.120s is of an unknown CA (%.60s): put it into %s, or the peer must send "
                       "the CAs between",
                       fault->who, fault->issuer, our_cas);
        break;
    case X509_V_ERR_INVALID_PURPOSE:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                       "%s is not meant for a TLS %s: the peer must use one with that "
                       "extendedKeyUsage",
                       fault->who, tls->context->config.server ? "client" : "server");
        break;
    default:
        (void)snprintf(error, TLS_ERROR_BYTES_MAX, "%s is not accepted: %s", fault->who,
                       X509_verify_cert_error_string(fault->error));
        break;
    }
}

/* --- Pins ------------------------------------------------------------------- */

/* SHA-256 of SubjectPublicKeyInfo (RFC 7469 §2.4). False: no memory. */
static bool pin_of(const X509 *certificate, uint8_t pin[TLS_PIN_BYTES])
{
    unsigned char *key = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    bool done = size > 0 && EVP_Digest(key, (size_t)size, pin, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(key);
    return done;
}

static bool is_pinned(struct tls *tls, const X509 *certificate)
{
    const struct tls_config *config = &tls->context->config;
    uint8_t pin[TLS_PIN_BYTES] = {0};
    bool known = pin_of(certificate, pin);
    for (uint32_t i = 0; known && i < config->pins_count; i++) {
        if (memcmp(config->pins[i], pin, TLS_PIN_BYTES) == 0) {
            return true;
        }
    }
    unsigned char text[PIN_TEXT_BYTES];
    (void)EVP_EncodeBlock(text, pin, TLS_PIN_BYTES);
    (void)snprintf(
        tls->error, sizeof(tls->error),
        "the public key of %.100s (sha256//%s) is not a pinned one: ask the peer whether "
        "it has a new key, and add that to CertificatePin",
        config->server ? "the client" : tls->host, (const char *)text);
    return false;
}

/* --- Callbacks of OpenSSL --------------------------------------------------- */

static struct tls *tls_of(X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    return SSL_get_app_data(ssl);
}

int tls_verify_step(int accepted, X509_STORE_CTX *store)
{
    if (accepted == 0) {
        struct tls *tls = tls_of(store);
        struct fault fault;
        describe_fault(tls, store, &fault);
        if (!explain_revocation(tls, &fault)) {
            explain_chain(tls, &fault);
        }
    }
    return accepted;
}

int tls_verify_peer(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    struct tls *tls = tls_of(store);
    const struct tls_config *config = &tls->context->config;
    bool skip = config->insecure_skip_verify && !config->server;
    if (!skip && X509_verify_cert(store) != 1) {
        return 0;
    }
    if (config->pins_count > 0 && !is_pinned(tls, X509_STORE_CTX_get0_cert(store))) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        return 0;
    }
    return 1;
}
