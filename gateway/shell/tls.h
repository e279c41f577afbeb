/* TLS 1.2 and 1.3 on a non-blocking socket; tls_internal.h is the one door to OpenSSL.
 *
 * Engine's thread. Verifies by default: the peer's chain, its host name (client), and
 * revocation where lists are given. Nothing here waits for the network: each call does what
 * it can and says what it waits for. Files are read in tls_context_open() and _refresh()
 * alone, never during a handshake.
 *
 * Off, for a FIX session has no use for them: compression, renegotiation, resumption by
 * tickets or session IDs, early data, ciphers without a certificate. */
#ifndef GATEWAY_SHELL_TLS_H
#define GATEWAY_SHELL_TLS_H

#include "fix/base.h"

enum {
    TLS_ERROR_BYTES_MAX = 320,
    TLS_PINS_MAX = 4,
    TLS_PIN_BYTES = 32,
    TLS_HOST_BYTES_MAX = 255,
    TLS_RECORD_BYTES_MAX = 16 * 1024, /* RFC 8446 §5.1: what one record can carry. */
    TLS_FILL_BYTES = 16 * 1024 + 512, /* Taken from the socket by one call at most. */
    /* Decrypted bytes that can wait inside after a tls_read(): the rest of one record,
     * and those behind it that came with the same call to the system. */
    TLS_PENDING_BYTES_MAX = TLS_RECORD_BYTES_MAX + TLS_FILL_BYTES,
};

enum tls_client_verify { /* CertificateVerifyLevel of an acceptor, in QuickFIX's numbers. */
                         TLS_CLIENT_NONE = 0,
                         TLS_CLIENT_REQUIRED = 1, /* Mutual TLS. */
                         TLS_CLIENT_OPTIONAL = 2,
};

/* All text borrowed; outlives the context. NULL: not set. */
struct tls_config {
    bool server;
    const char *certificate_file; /* PEM, the chain behind it; a client's may be missing. */
    const char *key_file;         /* PEM, no passphrase; its owner's only, or it is refused. */
    const char *ca_file;          /* PEM. NULL and no directory: the system's CAs (client). */
    const char *ca_directory;     /* Every file in it that holds certificates. */
    const char *crl_file;         /* PEM or DER. With lists, each certificate of a chain, the */
    const char *crl_directory;    /* root's too, must have a list of its issuer that is valid. */
    bool insecure_skip_verify;    /* Client: no check of chain and name; pins still count. */
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

/* Reads all files. INVALID with file and remedy in `error`. `config` itself is copied. */
MUST_USE enum status tls_context_open(const struct tls_config *config, struct tls_context **out,
                                      char error[TLS_ERROR_BYTES_MAX]);

/* After its last connection. NULL is nothing. */
void tls_context_close(struct tls_context *context);

/* Reads the files anew if one of them changed on disk since. OK: in force for connections
 * from now on, or nothing had changed (*changed says which). INVALID: what is there now
 * cannot be used; the old ones stay in force and `error` has the reason, once per change.
 * Looks at each file (directories: at each in it), so call it every few seconds at most. */
MUST_USE enum status tls_context_refresh(struct tls_context *context, bool *changed,
                                         char error[TLS_ERROR_BYTES_MAX]);

/* Days until the own certificate ends, rounded down: negative when it has ended. INT32_MAX
 * without one. */
int32_t tls_context_days_left(const struct tls_context *context, uint64_t realtime_ns);

/* A connection on a connected, non-blocking socket, which stays the caller's. `host` (client,
 * else NULL; copied): the name or address that the certificate must have; a name is also sent
 * as SNI. NULL: no memory, or `host` cannot be a host's name. */
MUST_USE struct tls *tls_begin(struct tls_context *context, int fd, const char *host);
void tls_end(struct tls *tls); /* Does not close the socket. NULL is nothing. */

enum tls_result {
    TLS_OK,         /* Done; bytes were moved. */
    TLS_WANT_READ,  /* Again when the socket is readable. */
    TLS_WANT_WRITE, /* Again when it is writable. */
    TLS_CLOSED,     /* The peer said goodbye (close_notify), or hung up: see tls_error(). */
    TLS_FAILED,     /* tls_error() has the reason; only tls_end() may follow. */
};

/* After OK, bytes may wait inside already: look at tls_pending(). */
MUST_USE enum tls_result tls_handshake(struct tls *tls);

/* At most `size` bytes into `bytes`; *done > 0 with TLS_OK. Asks the system for more only
 * when nothing waits inside. After WANT_READ nothing does. */
MUST_USE enum tls_result tls_read(struct tls *tls, uint8_t *bytes, size_t size, size_t *done);

/* OK: *done > 0 were taken, perhaps not all. After a WANT the same bytes must be offered again
 * first, from wherever they lie then; more may follow them. A peer that is gone makes it
 * WANT_READ: what it said at last, perhaps an alert, is there to be read, and tells more. */
MUST_USE enum tls_result tls_write(struct tls *tls, struct span bytes, size_t *done);

/* Sends close_notify. OK also when nobody is left to hear it; else WANT_WRITE, for who cares. */
enum tls_result tls_goodbye(struct tls *tls);

/* Bytes wait inside, which no poller will tell of. */
bool tls_pending(const struct tls *tls);

/* Why it failed or closed, in words with a remedy ("the certificate of broker.example …
 * expired on 2026-11-20: …"). One line; may hold text of the peer, control characters
 * escaped. */
const char *tls_error(const struct tls *tls);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384, CN=broker.example"; for the log, after the handshake. */
const char *tls_describe(struct tls *tls);

#endif
