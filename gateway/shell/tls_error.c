#include "gateway/shell/tls_internal.h"

#include <stdio.h>

const char *tls_library_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason != NULL ? reason : "unknown reason";
}

/* --- The peer's alerts (RFC 8446 §6) ---------------------------------------- */

struct alert {
    int code;
    const char *name;
    const char *remedy;
};

static const struct alert alerts[] = {
    {10, "unexpected_message", NULL},
    {20, "bad_record_mac", NULL},
    {40, "handshake_failure", "no cipher or version suits both, or it wants a certificate of ours"},
    {42, "bad_certificate", "it does not accept our certificate, or wants one"},
    {43, "unsupported_certificate", "our certificate is of a kind that it does not know"},
    {44, "certificate_revoked", "our certificate was revoked: install a new one"},
    {45, "certificate_expired", "our certificate has expired by its clock: renew it"},
    {46, "certificate_unknown", "it does not accept our certificate"},
    {47, "illegal_parameter", NULL},
    {48, "unknown_ca",
     "it does not know the CA of our certificate: give it that CA, and send the "
     "CAs between in our certificate's file"},
    {49, "access_denied", "it knows our certificate and does not let us in"},
    {50, "decode_error", NULL},
    {51, "decrypt_error", NULL},
    {70, "protocol_version", "it allows no TLS version that we do (1.2 and 1.3)"},
    {71, "insufficient_security", "it asks for stronger ciphers or keys"},
    {80, "internal_error", "it has an error of its own: ask its operators"},
    {86, "inappropriate_fallback", NULL},
    {90, "user_canceled", NULL},
    {112, "unrecognized_name",
     "it does not know the host name that we asked for: correct "
     "SocketServerName"},
    {115, "unknown_psk_identity", NULL},
    {116, "certificate_required",
     "it asks for a certificate of ours: set ClientCertificateFile and ClientCertificateKeyFile"},
};

static void explain_alert(struct tls *tls)
{
    struct alert alert = {tls->alert, "unknown alert", NULL};
    for (size_t i = 0; i < ARRAY_LEN(alerts); i++) {
        alert = alerts[i].code == tls->alert ? alerts[i] : alert;
    }
    (void)snprintf(tls->error, sizeof(tls->error), "the peer refused with TLS alert %d %s%s%s",
                   alert.code, alert.name, alert.remedy != NULL ? ": " : "",
                   alert.remedy != NULL ? alert.remedy : "");
}

/* --- Peers that do not speak TLS, or another kind of it --------------------- */

/* A TLS record begins with its type, 20 to 23, and a version 3.x (RFC 8446 §5.1). */
static bool is_tls(const struct tls *tls)
{
    return tls->first_count < 2 ||
           (tls->first[0] >= 20 && tls->first[0] <= 23 && tls->first[1] == 3);
}

static bool begins_with(const struct tls *tls, const char *text)
{
    size_t size = strlen(text);
    return tls->first_count >= size && memcmp(tls->first, text, size) == 0;
}

static const char *stranger(const struct tls *tls)
{
    if (begins_with(tls, "8=FIX")) {
        return "the peer speaks FIX without TLS on this connection: set SocketUseSSL=N, or let it "
               "use TLS";
    }
    if (begins_with(tls, "GET ") || begins_with(tls, "HTTP/") || begins_with(tls, "POST ")) {
        return "the peer speaks HTTP, not TLS: correct host and port";
    }
    return "the peer does not speak TLS: correct host and port, or set SocketUseSSL=N";
}

/* Errors that mean that no version, or no cipher, suits both. NULL: something else. */
static const char *unsuited(int reason)
{
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return "the peer's TLS is too old: it must speak a version that we allow (1.2 and 1.3, or "
               "1.3 only where SSLProtocol says so)";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_WRONG_CIPHER_RETURNED:
        return "no cipher suits both sides: correct SSLCipherSuite or TLSCipherSuites here or "
               "there";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the client showed no certificate: it must be given one, or CertificateVerifyLevel "
               "lowered";
    default:
        return NULL;
    }
}

static void say(struct tls *tls, const char *text)
{
    span_to_text(span_text(text), tls->error, sizeof(tls->error));
}

static void explain_hang_up(struct tls *tls)
{
    if (tls->established) {
        say(tls, "the peer closed the connection without the close_notify of TLS");
    } else if (tls->first_count == 0) {
        say(tls, "the peer hung up on our TLS handshake without a word: it may expect FIX without "
                 "TLS on this port (SocketUseSSL=N), or not know our address");
    } else {
        say(tls, "the peer hung up in the middle of the TLS handshake: its log should say why");
    }
}

void tls_explain(struct tls *tls)
{
    unsigned long code = ERR_peek_error();
    const char *known = ERR_GET_LIB(code) == ERR_LIB_SSL ? unsuited(ERR_GET_REASON(code)) : NULL;
    if (tls->error[0] != '\0') {
        /* The certificate's fault has been told already. */
    } else if (tls->alert != TLS_NO_ALERT) {
        explain_alert(tls);
    } else if (!tls->established && !is_tls(tls)) {
        say(tls, stranger(tls));
    } else if (known != NULL) {
        say(tls, known);
    } else if (tls->socket_error != 0) {
        (void)snprintf(tls->error, sizeof(tls->error), "the connection broke: %s",
                       strerror(tls->socket_error));
    } else if (tls->hung_up) {
        explain_hang_up(tls);
    } else {
        (void)snprintf(tls->error, sizeof(tls->error),
                       "the peer broke the rules of TLS, or bytes were changed on the way: %s",
                       tls_library_reason());
    }
    ERR_clear_error();
}
