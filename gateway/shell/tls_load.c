#include "gateway/shell/tls_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static BIO *memory_of(const struct tls_contents *contents)
{
    return BIO_new_mem_buf(contents->bytes, (int)contents->size);
}

/* Whether reading PEM came to the end of the text, and not to an error in it. */
static bool pem_ended(void)
{
    unsigned long last = ERR_peek_last_error();
    bool ended = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    if (ended) {
        ERR_clear_error();
    }
    return ended;
}

/* --- Trust ------------------------------------------------------------------ */

enum kind {
    KIND_CAS,
    KIND_LISTS,
};

static const char *const kind_missing[] = {
    [KIND_CAS] = "holds no certificate in PEM (BEGIN CERTIFICATE); DER: openssl x509 -inform DER",
    [KIND_LISTS] = "holds no revocation list in PEM (BEGIN X509 CRL) or DER",
};

static const char *const kind_broken[] = {
    [KIND_CAS] = "holds a broken certificate",
    [KIND_LISTS] = "holds a broken revocation list",
};

/* Adds all certificates of a file. False: one of them is broken. */
static bool add_cas(SSL_CTX *ssl, const struct tls_contents *contents, uint32_t *count)
{
    BIO *memory = memory_of(contents);
    bool added = memory != NULL;
    X509 *certificate = NULL;
    while (added && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL)) != NULL) {
        added = X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), certificate) == 1;
        X509_free(certificate);
        (*count)++;
    }
    BIO_free(memory);
    return added && pem_ended();
}

static bool add_list(SSL_CTX *ssl, X509_CRL *list)
{
    bool added = X509_STORE_add_crl(SSL_CTX_get_cert_store(ssl), list) == 1;
    X509_CRL_free(list);
    return added;
}

/* CAs publish their lists in DER, as RFC 5280 §4.2.1.13 has it. */
static bool add_lists(SSL_CTX *ssl, const struct tls_contents *contents, uint32_t *count)
{
    const uint8_t *bytes = contents->bytes;
    X509_CRL *list = d2i_X509_CRL(NULL, &bytes, (long)contents->size);
    if (list != NULL) {
        (*count)++;
        return add_list(ssl, list);
    }
    ERR_clear_error();
    BIO *memory = memory_of(contents);
    bool added = memory != NULL;
    while (added && (list = PEM_read_bio_X509_CRL(memory, NULL, NULL, NULL)) != NULL) {
        added = add_list(ssl, list);
        (*count)++;
    }
    BIO_free(memory);
    return added && pem_ended();
}

static bool add_file(SSL_CTX *ssl, enum kind kind, const char *path, uint32_t *count,
                     char error[TLS_ERROR_BYTES_MAX])
{
    struct tls_contents contents;
    if (!tls_files_read(path, false, &contents, error)) {
        return false;
    }
    bool added =
        kind == KIND_CAS ? add_cas(ssl, &contents, count) : add_lists(ssl, &contents, count);
    tls_contents_free(&contents);
    return added || tls_files_fail(error, path, kind_broken[kind]);
}

static bool add_directory(SSL_CTX *ssl, enum kind kind, const char *path, uint32_t *count,
                          char error[TLS_ERROR_BYTES_MAX])
{
    char file[TLS_PATH_BYTES];
    struct stat facts;
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return tls_files_fail(error, path, strerror(errno));
    }
    bool added = true;
    uint32_t files = 0;
    while (added && tls_files_next(directory, path, file, &facts)) {
        added = ++files <= TLS_DIRECTORY_FILES_MAX
                    ? add_file(ssl, kind, file, count, error)
                    : tls_files_fail(error, path, "holds too many files");
    }
    (void)closedir(directory);
    return added;
}

static bool add_all(SSL_CTX *ssl, enum kind kind, const char *file, const char *directory,
                    char error[TLS_ERROR_BYTES_MAX])
{
    uint32_t count = 0;
    if (file != NULL && !add_file(ssl, kind, file, &count, error)) {
        return false;
    }
    if (file != NULL && count == 0) {
        return tls_files_fail(error, file, kind_missing[kind]);
    }
    if (directory != NULL && !add_directory(ssl, kind, directory, &count, error)) {
        return false;
    }
    return count > 0 || tls_files_fail(error, directory, kind_missing[kind]);
}

static bool add_system_cas(SSL_CTX *ssl, char error[TLS_ERROR_BYTES_MAX])
{
    struct tls_system_cas found;
    tls_files_of_system(&found);
    const char *directory = found.file == NULL ? found.directory : NULL;
    if (add_all(ssl, KIND_CAS, found.file, directory, error)) {
        return true;
    }
    (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                   "this system has no CAs in %.100s: set CertificationAuthoritiesFile, or install "
                   "ca-certificates",
                   found.directory);
    return false;
}

bool tls_load_trust(SSL_CTX *ssl, const struct tls_config *config, char error[TLS_ERROR_BYTES_MAX])
{
    bool own_cas = config->ca_file != NULL || config->ca_directory != NULL;
    if (own_cas && !add_all(ssl, KIND_CAS, config->ca_file, config->ca_directory, error)) {
        return false;
    }
    if (!own_cas && !config->server && !config->insecure_skip_verify &&
        !add_system_cas(ssl, error)) {
        return false;
    }
    if (config->crl_file == NULL && config->crl_directory == NULL) {
        return true;
    }
    (void)X509_STORE_set_flags(SSL_CTX_get_cert_store(ssl),
                               X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return add_all(ssl, KIND_LISTS, config->crl_file, config->crl_directory, error);
}

/* --- Our own certificate ---------------------------------------------------- */

/* Never asks at a terminal, as OpenSSL would do by itself. */
static int no_passphrase(char *buffer, int size, int writing, void *unused)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

static int64_t seconds_of(const ASN1_TIME *instant)
{
    int days = 0;
    int seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, instant) == 1;
    ASN1_TIME_free(epoch);
    return known ? (int64_t)days * 86400 + seconds : 0;
}

/* The first certificate is ours, the others are those of the CAs above it. */
static bool use_chain(SSL_CTX *ssl, const struct tls_contents *contents, const char *path,
                      int64_t *ends, char error[TLS_ERROR_BYTES_MAX])
{
    BIO *memory = memory_of(contents);
    X509 *certificate = memory != NULL ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;
    if (certificate == NULL) {
        BIO_free(memory);
        return tls_files_fail(error, path,
                              pem_ended() ? kind_missing[KIND_CAS] : kind_broken[KIND_CAS]);
    }
    *ends = seconds_of(X509_get0_notAfter(certificate));
    bool used = SSL_CTX_use_certificate(ssl, certificate) == 1;
    X509_free(certificate);
    while (used && (certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL)) != NULL) {
        used = SSL_CTX_add0_chain_cert(ssl, certificate) == 1;
    }
    BIO_free(memory);
    return (used && pem_ended()) || tls_files_fail(error, path, tls_library_reason());
}

static bool use_key(SSL_CTX *ssl, const struct tls_contents *contents,
                    const struct tls_config *config, char error[TLS_ERROR_BYTES_MAX])
{
    BIO *memory = memory_of(contents);
    EVP_PKEY *key =
        memory != NULL ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL) : NULL;
    BIO_free(memory);
    if (key == NULL) {
        return tls_files_fail(
            error, config->key_file,
            "holds no private key in PEM, or one with a passphrase, which nobody could "
            "type at a start: openssl pkey -in OLD -out NEW");
    }
    /* OpenSSL itself would take a key of another kind for that of a certificate to come. */
    bool used = X509_check_private_key(SSL_CTX_get0_certificate(ssl), key) == 1 &&
                SSL_CTX_use_PrivateKey(ssl, key) == 1;
    EVP_PKEY_free(key);
    if (used) {
        return true;
    }
    (void)snprintf(error, TLS_ERROR_BYTES_MAX,
                   "%.110s: is not the key of the certificate in %.110s (%s)", config->key_file,
                   config->certificate_file, tls_library_reason());
    return false;
}

bool tls_load_own(SSL_CTX *ssl, const struct tls_config *config, int64_t *ends,
                  char error[TLS_ERROR_BYTES_MAX])
{
    struct tls_contents contents;
    ASSERT(config->certificate_file != NULL);
    ASSERT(config->key_file != NULL);
    if (!tls_files_read(config->certificate_file, false, &contents, error)) {
        return false;
    }
    bool used = use_chain(ssl, &contents, config->certificate_file, ends, error);
    tls_contents_free(&contents);
    if (!used || !tls_files_read(config->key_file, true, &contents, error)) {
        return false;
    }
    used = use_key(ssl, &contents, config, error);
    tls_contents_free(&contents);
    return used;
}
