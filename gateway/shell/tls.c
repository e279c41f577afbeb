#include "gateway/shell/tls_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* --- The socket under OpenSSL --------------------------------------------------
 *
 * OpenSSL's own would raise SIGPIPE, ask the system twice for each record, and read for as
 * long as a peer sends. */

static bool fill(struct tls *tls)
{
    if (!tls->may_fill) {
        return false;
    }
    ssize_t got = recv(tls->fd, tls->fill, sizeof(tls->fill), 0);
    if (got < 0) {
        if (tls->socket_error != 0) {
            tls->hung_up = true;
            return true;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
            return false;
        }
        tls->socket_error = errno;
        return true;
    }
    tls->may_fill = false;
    tls->hung_up = got == 0;
    tls->fill_start = 0;
    tls->fill_used = (uint32_t)got;
    for (uint32_t i = 0; i < tls->fill_used && tls->first_count < TLS_FIRST_BYTES; i++) {
        tls->first[tls->first_count++] = tls->fill[i];
    }
    return true;
}

static int socket_read(BIO *bio, char *bytes, int size)
{
    struct tls *tls = BIO_get_data(bio);
    ASSERT(size >= 0);
    BIO_clear_retry_flags(bio);
    if (tls->fill_used == 0 && !tls->hung_up && !fill(tls)) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (tls->fill_used == 0) {
        return tls->hung_up ? 0 : -1;
    }
    uint32_t count = (uint32_t)size < tls->fill_used ? (uint32_t)size : tls->fill_used;
    memcpy(bytes, tls->fill + tls->fill_start, count);
    tls->fill_start += count;
    tls->fill_used -= count;
    return (int)count;
}

static int socket_write(BIO *bio, const char *bytes, int size)
{
    struct tls *tls = BIO_get_data(bio);
    ASSERT(size >= 0);
    BIO_clear_retry_flags(bio);
    ssize_t sent = send(tls->fd, bytes, (size_t)size, MSG_NOSIGNAL);
    if (sent >= 0) {
        return (int)sent;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        BIO_set_retry_write(bio);
        return -1;
    }
    tls->socket_error = errno;
    if (errno == EPIPE || errno == ECONNRESET) {
        BIO_set_retry_read(bio);
    }
    return -1;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls *tls = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF) {
        return tls->hung_up ? 1 : 0;
    }
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *tls_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (method != NULL) {
        (void)BIO_meth_set_read(method, socket_read);
        (void)BIO_meth_set_write(method, socket_write);
        (void)BIO_meth_set_ctrl(method, socket_control);
    }
    return method;
}

/* --- Begin and end ---------------------------------------------------------- */

void tls_note_alert(const SSL *ssl, int where, int value)
{
    struct tls *tls = SSL_get_app_data(ssl);
    int description = value & 0xff;
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && description != SSL_AD_CLOSE_NOTIFY) {
        tls->alert = description;
    }
}

/* Whom we mean: for SNI, and for the check of the certificate. */
static bool set_host(struct tls *tls, const char *host)
{
    size_t size = strlen(host);
    if (size > 0 && host[size - 1] == '.') {
        size--; /* "broker.example." is absolute for DNS; certificates do without. */
    }
    if (size == 0 || size > TLS_HOST_BYTES_MAX) {
        return false;
    }
    span_to_text(span_of(host, size), tls->host, sizeof(tls->host));
    X509_VERIFY_PARAM *parameters = SSL_get0_param(tls->ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, tls->host) == 1) {
        return true; /* RFC 6066 §3: addresses are not for SNI. */
    }
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(parameters, tls->host, size) == 1 &&
           SSL_set_tlsext_host_name(tls->ssl, tls->host) == 1;
}

static bool begin(struct tls *tls, const char *host)
{
    const struct tls_context *context = tls->context;
    BIO *bio = BIO_new(context->socket_method);
    tls->ssl = SSL_new(context->ssl);
    if (tls->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    if (context->config.server) {
        SSL_set_accept_state(tls->ssl);
        return true;
    }
    SSL_set_connect_state(tls->ssl);
    return set_host(tls, host);
}

struct tls *tls_begin(struct tls_context *context, int fd, const char *host)
{
    ASSERT(context->config.server == (host == NULL));
    struct tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL) {
        return NULL;
    }
    tls->context = context;
    tls->fd = fd;
    tls->alert = TLS_NO_ALERT;
    bool begun = begin(tls, host);
    ERR_clear_error();
    if (!begun) {
        tls_end(tls);
        return NULL;
    }
    return tls;
}

void tls_end(struct tls *tls)
{
    if (tls != NULL) {
        SSL_free(tls->ssl);
        free(tls);
    }
}

/* --- Moving bytes ----------------------------------------------------------- */

/* Before each call: OpenSSL's queue of errors belongs to the thread and must be empty for
 * SSL_get_error() to be right. */
static void before(struct tls *tls, bool may_fill)
{
    ASSERT(!tls->failed);
    ERR_clear_error();
    tls->may_fill = may_fill;
}

static enum tls_result outcome(struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        span_to_text(span_text("the peer closed the connection"), tls->error, sizeof(tls->error));
        return TLS_CLOSED;
    default:
        tls_explain(tls);
        tls->failed = true;
        return tls->established && tls->hung_up && tls->alert == TLS_NO_ALERT ? TLS_CLOSED
                                                                              : TLS_FAILED;
    }
}

/* What a peer still had to say is heard, so that the kernel need not answer it with a reset,
 * which could destroy our alert before the peer reads it. */
static void hear_out(const struct tls *tls)
{
    uint8_t dropped[4096];
    ssize_t got = 1;
    for (int i = 0; i < 16 && got > 0; i++) {
        got = recv(tls->fd, dropped, sizeof(dropped), 0);
    }
}

enum tls_result tls_handshake(struct tls *tls)
{
    before(tls, true);
    int result = SSL_do_handshake(tls->ssl);
    if (result != 1) {
        enum tls_result what = outcome(tls, result);
        if (what == TLS_CLOSED || what == TLS_FAILED) {
            tls->failed = true;
            hear_out(tls);
            return TLS_FAILED;
        }
        return what;
    }
    /* No cipher that we allow does without one; if one ever did, nobody would be verified. */
    if (!tls->context->config.server && SSL_get0_peer_certificate(tls->ssl) == NULL) {
        span_to_text(
            span_text("the server showed no certificate: use SSLCipherSuite without aNULL"),
            tls->error, sizeof(tls->error));
        tls->failed = true;
        return TLS_FAILED;
    }
    tls->established = true;
    return TLS_OK;
}

enum tls_result tls_read(struct tls *tls, uint8_t *bytes, size_t size, size_t *done)
{
    ASSERT(size > 0);
    *done = 0;
    before(tls, !tls_pending(tls));
    int result = SSL_read_ex(tls->ssl, bytes, size, done);
    return result == 1 ? TLS_OK : outcome(tls, result);
}

enum tls_result tls_write(struct tls *tls, struct span bytes, size_t *done)
{
    ASSERT(bytes.size > 0);
    *done = 0;
    for (uint32_t i = 0; i < TLS_WRITE_RECORDS_MAX && *done < bytes.size; i++) {
        size_t taken = 0;
        before(tls, false);
        int result = SSL_write_ex(tls->ssl, bytes.data + *done, bytes.size - *done, &taken);
        if (result != 1) {
            enum tls_result what = outcome(tls, result);
            bool later = what == TLS_WANT_READ || what == TLS_WANT_WRITE;
            return later && *done > 0 ? TLS_OK : what;
        }
        *done += taken;
    }
    return TLS_OK;
}

enum tls_result tls_goodbye(struct tls *tls)
{
    if (tls->failed || !tls->established) {
        return TLS_OK;
    }
    before(tls, false);
    int result = SSL_shutdown(tls->ssl);
    bool blocked = result < 0 && SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return blocked ? TLS_WANT_WRITE : TLS_OK;
}

bool tls_pending(const struct tls *tls)
{
    return !tls->failed && (tls->fill_used > 0 || SSL_pending(tls->ssl) > 0);
}

const char *tls_error(const struct tls *tls)
{
    return tls->error;
}

const char *tls_describe(struct tls *tls)
{
    char name[TLS_NAME_BYTES_MAX] = "no certificate";
    const X509 *peer = SSL_get0_peer_certificate(tls->ssl);
    if (peer != NULL) {
        tls_name_text(X509_get_subject_name(peer), name);
    }
    (void)snprintf(tls->description, sizeof(tls->description), "%s %s, %s",
                   SSL_get_version(tls->ssl), SSL_get_cipher_name(tls->ssl), name);
    return tls->description;
}
