/* TLS 1.2 and 1.3 on a non-blocking socket; the one door to OpenSSL.
 *
 * One thread, except where it says otherwise. Verifies by default: the peer's chain, its
 * host name (initiator), and revocation where lists are given. Nothing here blocks: each
 * call does what it can and says what it waits for. */
#ifndef GATEWAY_SHELL_TLS_H
#define GATEWAY_SHELL_TLS_H

#include "fix/base.h"

enum { TLS_ERROR_BYTES_MAX = 320, TLS_PINS_MAX = 4, TLS_PIN_BYTES = 32 };

enum tls_client_verify { /* CertificateVerifyLevel of an acceptor, in QuickFIX's numbers. */
                         TLS_CLIENT_NONE = 0,
                         TLS_CLIENT_REQUIRED = 1, /* Mutual TLS. */
                         TLS_CLIENT_OPTIONAL = 2,
};

/* All text borrowed; outlives the context. NULL: not set. */
struct tls_config {
    bool server;
    const char *certificate_file; /* PEM, the chain behind it; a client's may be missing. */
    const char *key_file;         /* PEM; readable by its owner only, or it is refused. */
    const char *ca_file;          /* NULL and no directory: the system's CAs. */
    const char *ca_directory;
    const char *crl_file;
    const char *crl_directory;
    bool insecure_skip_verify;                 /* Client: no check of chain and name. */
    enum tls_client_verify client_verify;      /* Server. */
    bool minimum_tls13;                        /* Else 1.2. */
    const char *cipher_list;                   /* SSLCipherSuite: up to TLS 1.2. */
    const char *cipher_suites;                 /* TLSCipherSuites: TLS 1.3. */
    uint8_t pins[TLS_PINS_MAX][TLS_PIN_BYTES]; /* SHA-256 of the peer's public key (SPKI): one
                                                  must match, on top of the other checks. */
    uint32_t pins_count;
};

struct tls_context; /* Keys and trust: one per session (client) or listener (server). */
struct tls;         /* One connection. */

/* Reads all files. INVALID with file and remedy in `error`. `config` is borrowed. */
MUST_USE enum status tls_context_open(const struct tls_config *config, struct tls_context **out,
                                      char error[TLS_ERROR_BYTES_MAX]);
void tls_context_close(struct tls_context *context);

/* Reads the files anew if one of them changed on disk since. OK: in force for connections
 * from now on, or nothing had changed (*changed says which). INVALID: what is there now
 * cannot be used; the old ones stay in force and `error` has the reason, once per change. */
MUST_USE enum status tls_context_refresh(struct tls_context *context, bool *changed,
                                         char error[TLS_ERROR_BYTES_MAX]);

/* Days until the own certificate ends; INT32_MAX without one. */
int32_t tls_context_days_left(const struct tls_context *context, uint64_t realtime_ns);

/* A connection on a connected, non-blocking socket, which stays the caller's. `host` (client):
 * SNI and the name the certificate must have. NULL: no memory. */
MUST_USE struct tls *tls_begin(struct tls_context *context, int fd, const char *host);
void tls_end(struct tls *tls); /* Does not close the socket. */

enum tls_result {
    TLS_OK,         /* Done; bytes were moved. */
    TLS_WANT_READ,  /* Again when the socket is readable. */
    TLS_WANT_WRITE, /* Again when it is writable. */
    TLS_CLOSED,     /* The peer said goodbye (close_notify), or hung up. */
    TLS_FAILED,     /* tls_error() has the reason. */
};

MUST_USE enum tls_result tls_handshake(struct tls *tls);
/* At most `size` bytes into `bytes`; *done > 0 with TLS_OK. */
MUST_USE enum tls_result tls_read(struct tls *tls, uint8_t *bytes, size_t size, size_t *done);
MUST_USE enum tls_result tls_write(struct tls *tls, struct span bytes, size_t *done);
/* Sends close_notify as far as the socket takes it. */
void tls_goodbye(struct tls *tls);
/* Decrypted bytes that wait inside, which no poller will tell of. */
bool tls_pending(const struct tls *tls);

/* Why it failed, in words with a remedy ("certificate of broker.example has expired"). */
const char *tls_error(const struct tls *tls);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384, CN=broker.example"; for the log, after the handshake. */
const char *tls_describe(struct tls *tls);

#endif
