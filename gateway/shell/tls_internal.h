/* What the files tls*.c share; the one door to OpenSSL. */
#ifndef GATEWAY_SHELL_TLS_INTERNAL_H
#define GATEWAY_SHELL_TLS_INTERNAL_H

#include "gateway/shell/tls.h"

#include <dirent.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

enum {
    TLS_FILE_BYTES_MAX = 64 << 20,   /* The longest public revocation lists have some 30 MB. */
    TLS_DIRECTORY_FILES_MAX = 10000, /* More is not a directory of CAs. */
    TLS_CHAIN_MAX = 10,              /* Certificates of a peer, from its own to the root. */
    TLS_WRITE_RECORDS_MAX = 64,      /* Encrypted in one call. */
    TLS_NAME_BYTES_MAX = 120,        /* Of a subject, for reading. */
    TLS_FIRST_BYTES = 5,             /* Of the peer, to tell who does not speak TLS. */
    TLS_PATH_BYTES = 4096,
    TLS_NO_ALERT = -1,
};

struct tls_context {
    struct tls_config config;
    SSL_CTX *ssl; /* In force for new connections; older ones hold on to theirs. */
    BIO_METHOD *socket_method;
    uint64_t fingerprint;     /* Of the files when they were last read, good or bad. */
    int64_t certificate_ends; /* Seconds since 1970; INT64_MAX without a certificate. */
};

struct tls {
    SSL *ssl;
    const struct tls_context *context;
    int fd;
    bool may_fill; /* This call may ask the system for more bytes. */
    bool hung_up;  /* The socket has come to its end. */
    bool failed;
    bool established;
    int socket_error; /* errno of the socket; 0 = none. */
    int alert;        /* Last of the peer; TLS_NO_ALERT. */
    uint8_t first[TLS_FIRST_BYTES];
    uint32_t first_count;
    char host[TLS_HOST_BYTES_MAX + 1]; /* Empty: server. */
    char error[TLS_ERROR_BYTES_MAX];
    char description[TLS_ERROR_BYTES_MAX];
    uint32_t fill_start;
    uint32_t fill_used;
    uint8_t fill[TLS_FILL_BYTES]; /* Read from the socket, not yet taken by OpenSSL. */
};

/* --- tls.c ------------------------------------------------------------------ */

/* A socket as OpenSSL sees it; its data is a struct tls. NULL: no memory. */
MUST_USE BIO_METHOD *tls_socket_method(void);

/* For SSL_CTX_set_info_callback(): what the peer's alerts were. */
void tls_note_alert(const SSL *ssl, int where, int value);

/* --- tls_files.c: what stands on disk --------------------------------------- */

struct tls_contents {
    uint8_t *bytes;
    size_t size; /* > 0 */
};

/* False with file and remedy in `error`. `secret`: only if nobody else can read it. */
MUST_USE bool tls_files_read(const char *path, bool secret, struct tls_contents *out,
                             char error[TLS_ERROR_BYTES_MAX]);

/* Wipes it, too. */
void tls_contents_free(struct tls_contents *contents);

/* The next file of a directory with its path; false at the end. Links count as what they lead
 * to; directories, and names that begin with a dot, do not count. */
MUST_USE bool tls_files_next(DIR *directory, const char *path, char file[TLS_PATH_BYTES],
                             struct stat *facts);

/* Where the system keeps its CAs, as OpenSSL was built or its environment says. */
struct tls_system_cas {
    const char *file; /* NULL: the directory. */
    const char *directory;
    char bundle[TLS_PATH_BYTES];
};

void tls_files_of_system(struct tls_system_cas *out);

/* Changes whenever one of the files does. */
uint64_t tls_files_fingerprint(const struct tls_config *config);

/* Always false; error becomes "path: what". */
bool tls_files_fail(char error[TLS_ERROR_BYTES_MAX], const char *path, const char *what);

/* --- tls_load.c: from files into OpenSSL; false with file and remedy ------- */

/* Certificate, chain and key, and when that certificate ends (seconds since 1970). */
MUST_USE bool tls_load_own(SSL_CTX *ssl, const struct tls_config *config, int64_t *ends,
                           char error[TLS_ERROR_BYTES_MAX]);

/* CAs and revocation lists. */
MUST_USE bool tls_load_trust(SSL_CTX *ssl, const struct tls_config *config,
                             char error[TLS_ERROR_BYTES_MAX]);

/* --- tls_verify.c: is this the peer that we mean? --------------------------- */

/* For SSL_CTX_set_cert_verify_callback(): the whole check. */
int tls_verify_peer(X509_STORE_CTX *store, void *unused);

/* For SSL_CTX_set_verify(): called for each certificate and each fault; says in tls->error what
 * is wrong, and changes no verdict. */
int tls_verify_step(int accepted, X509_STORE_CTX *store);

/* For reading: "CN=broker.example,O=Broker"; control characters are escaped. */
void tls_name_text(const X509_NAME *name, char text[TLS_NAME_BYTES_MAX]);

/* --- tls_error.c ------------------------------------------------------------ */

/* Puts into tls->error why the call that just failed did, unless the reason stands there
 * already. Empties OpenSSL's queue of errors. */
void tls_explain(struct tls *tls);

/* The newest entry of OpenSSL's queue in its own words; empties the queue. */
const char *tls_library_reason(void);

#endif
