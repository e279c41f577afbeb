#include "tests/tools/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS_PER_DAY = 86400, YEAR = 365 };

static void must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "test certificates: %s failed\n", what);
        ERR_print_errors_fp(stderr);
        exit(1);
    }
}

const char *certificates_path(const char *directory, const char *file,
                              char path[CERTIFICATES_PATH_BYTES])
{
    int size = snprintf(path, CERTIFICATES_PATH_BYTES, "%s/%s", directory, file);
    must(size > 0 && size < CERTIFICATES_PATH_BYTES, "a path");
    return path;
}

static FILE *open_file(const char *directory, const char *name, const char *suffix,
                       const char *mode)
{
    char file[CERTIFICATES_PATH_BYTES];
    char path[CERTIFICATES_PATH_BYTES];
    must(snprintf(file, sizeof(file), "%s%s", name, suffix) < (int)sizeof(file), "a name");
    FILE *stream = fopen(certificates_path(directory, file, path), mode);
    must(stream != NULL, path);
    return stream;
}

/* --- Reading back ----------------------------------------------------------- */

static X509 *read_certificate(const char *directory, const char *name)
{
    FILE *file = open_file(directory, name, ".pem", "r");
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    must(certificate != NULL, "reading a certificate");
    return certificate;
}

static EVP_PKEY *read_key(const char *directory, const char *name)
{
    FILE *file = open_file(directory, name, ".key", "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    must(key != NULL, "reading a key");
    return key;
}

void certificates_pin(const char *directory, const char *name, uint8_t pin[32])
{
    X509 *certificate = read_certificate(directory, name);
    unsigned char *bytes = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
    must(size > 0 && EVP_Digest(bytes, (size_t)size, pin, NULL, EVP_sha256(), NULL) == 1, "a pin");
    OPENSSL_free(bytes);
    X509_free(certificate);
}

/* --- Making ----------------------------------------------------------------- */

static void extend(X509 *certificate, X509 *issuer, int what, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, what, value);
    must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static void set_random_serial(X509 *certificate)
{
    uint64_t serial = 0;
    FILE *file = fopen("/dev/urandom", "r");
    must(file != NULL && fread(&serial, sizeof(serial), 1, file) == 1, "/dev/urandom");
    (void)fclose(file);
    must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1,
         "a serial number");
}

static void describe(X509 *certificate, const struct certificate_wish *wish, EVP_PKEY *key,
                     X509 *issuer)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    set_random_serial(certificate);
    must(X509_set_version(certificate, X509_VERSION_3) == 1, "the version");
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)wish->name,
                                    -1, -1, 0) == 1,
         "the name");
    must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "the issuer");
    must(X509_set_pubkey(certificate, key) == 1, "the key");
    must(X509_gmtime_adj(X509_getm_notBefore(certificate),
                         (long)wish->from_days * SECONDS_PER_DAY) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(certificate),
                             (long)wish->to_days * SECONDS_PER_DAY) != NULL,
         "the dates");
    extend(certificate, issuer, NID_subject_key_identifier, "hash");
    extend(certificate, issuer, NID_authority_key_identifier, "keyid");
    extend(certificate, issuer, NID_basic_constraints,
           wish->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, issuer, NID_key_usage,
           wish->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!wish->ca) {
        extend(certificate, issuer, NID_ext_key_usage, wish->client ? "clientAuth" : "serverAuth");
    }
    if (wish->hosts != NULL) {
        extend(certificate, issuer, NID_subject_alt_name, wish->hosts);
    }
}

static void write_key(const char *directory, const char *name, EVP_PKEY *key)
{
    char file[CERTIFICATES_PATH_BYTES];
    char path[CERTIFICATES_PATH_BYTES];
    (void)snprintf(file, sizeof(file), "%s.key", name);
    (void)unlink(certificates_path(directory, file, path));
    mode_t mask = umask(0077);
    FILE *stream = fopen(path, "w");
    (void)umask(mask);
    must(stream != NULL && PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL) == 1, path);
    must(fclose(stream) == 0, path);
}

/* Behind a certificate stand the CAs above it, without the root. */
static void write_chain(const char *directory, const struct certificate_wish *wish,
                        X509 *certificate, X509 *issuer)
{
    FILE *file = open_file(directory, wish->name, ".pem", "w");
    must(PEM_write_X509(file, certificate) == 1, "writing a certificate");
    bool root = X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(issuer)) == 0;
    if (!root) {
        must(PEM_write_X509(file, issuer) == 1, "writing a chain");
    }
    must(fclose(file) == 0, "writing a certificate");
}

void certificates_issue(const char *directory, const struct certificate_wish *wish)
{
    EVP_PKEY *key = wish->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    must(key != NULL && certificate != NULL, "a key");
    bool own = wish->issuer == NULL;
    X509_NAME *name = X509_get_subject_name(certificate);
    X509 *issuer = own ? certificate : read_certificate(directory, wish->issuer);
    EVP_PKEY *issuer_key = own ? key : read_key(directory, wish->issuer);
    must(name != NULL, "a name");
    describe(certificate, wish, key, issuer);
    if (own) {
        must(X509_set_issuer_name(certificate, name) == 1, "the issuer");
    }
    must(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "signing");
    write_key(directory, wish->name, key);
    write_chain(directory, wish, certificate, issuer);
    if (!own) {
        X509_free(issuer);
        EVP_PKEY_free(issuer_key);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* --- Revoking --------------------------------------------------------------- */

static void set_list_dates(X509_CRL *list, int from_days, int to_days)
{
    ASN1_TIME *from = X509_gmtime_adj(NULL, (long)from_days * SECONDS_PER_DAY);
    ASN1_TIME *to = X509_gmtime_adj(NULL, (long)to_days * SECONDS_PER_DAY);
    must(from != NULL && to != NULL && X509_CRL_set1_lastUpdate(list, from) == 1 &&
             X509_CRL_set1_nextUpdate(list, to) == 1,
         "the dates of a list");
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
}

static void revoke_one(const char *directory, X509_CRL *list, const char *name)
{
    X509 *certificate = read_certificate(directory, name);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    must(entry != NULL && now != NULL &&
             X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)) == 1 &&
             X509_REVOKED_set_revocationDate(entry, now) == 1 &&
             X509_CRL_add0_revoked(list, entry) == 1,
         "revoking");
    ASN1_TIME_free(now);
    X509_free(certificate);
}

static X509_CRL *make_list(const char *directory, const char *issuer, const char *const *revoked,
                           size_t count, int from_days, int to_days)
{
    X509 *ca = read_certificate(directory, issuer);
    EVP_PKEY *key = read_key(directory, issuer);
    X509_CRL *list = X509_CRL_new();
    must(list != NULL && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
             X509_CRL_set_issuer_name(list, X509_get_subject_name(ca)) == 1,
         "a revocation list");
    set_list_dates(list, from_days, to_days);
    for (size_t i = 0; i < count; i++) {
        revoke_one(directory, list, revoked[i]);
    }
    must(X509_CRL_sort(list) == 1 && X509_CRL_sign(list, key, EVP_sha256()) > 0, "signing a list");
    X509_free(ca);
    EVP_PKEY_free(key);
    return list;
}

void certificates_revoke(const char *directory, const char *issuer, const char *const *revoked,
                         size_t count, int from_days, int to_days, const char *file)
{
    X509_CRL *list = make_list(directory, issuer, revoked, count, from_days, to_days);
    FILE *stream = open_file(directory, file, "", "a");
    must(PEM_write_X509_CRL(stream, list) == 1, "writing a list");
    must(fclose(stream) == 0, "writing a list");
    X509_CRL_free(list);
}

/* --- The whole set ---------------------------------------------------------- */

static void make_lists(const char *directory)
{
    static const char *const revoked[] = {"revoked", "client-revoked"};
    enum { COUNT = sizeof(revoked) / sizeof(revoked[0]) };
    certificates_revoke(directory, "ca", revoked, COUNT, -1, 30, "crl.pem");
    certificates_revoke(directory, "between", NULL, 0, -1, 30, "crl.pem");
    certificates_revoke(directory, "ca", revoked, COUNT, -1, 30, "crl-ca.pem");
    certificates_revoke(directory, "ca", revoked, COUNT, -30, -2, "crl-old.pem");
    certificates_revoke(directory, "between", NULL, 0, -30, -2, "crl-old.pem");

    X509_CRL *list = make_list(directory, "ca", revoked, COUNT, -1, 30);
    FILE *file = open_file(directory, "crl", ".der", "w");
    must(i2d_X509_CRL_fp(file, list) == 1, "writing a list in DER");
    must(fclose(file) == 0, "writing a list in DER");
    X509_CRL_free(list);
}

void certificates_make(const char *directory)
{
    static const char here[] = "DNS:localhost,DNS:broker.example,IP:127.0.0.1,IP:::1";
    const struct certificate_wish wishes[] = {
        {.name = "ca", .ca = true, .from_days = -YEAR, .to_days = YEAR},
        {.name = "other-ca", .ca = true, .from_days = -YEAR, .to_days = YEAR},
        {.name = "between", .issuer = "ca", .ca = true, .from_days = -YEAR, .to_days = YEAR},
        {.name = "server", .issuer = "ca", .hosts = here, .from_days = -1, .to_days = 100},
        {.name = "server-between", .issuer = "between", .hosts = here, .to_days = 100},
        {.name = "server-rsa", .issuer = "ca", .hosts = here, .rsa = true, .to_days = 100},
        {.name = "client", .issuer = "ca", .client = true, .to_days = 100},
        {.name = "client-other", .issuer = "other-ca", .client = true, .to_days = 100},
        {.name = "client-revoked", .issuer = "ca", .client = true, .to_days = 100},
        {.name = "expired", .issuer = "ca", .hosts = here, .from_days = -100, .to_days = -1},
        {.name = "future", .issuer = "ca", .hosts = here, .from_days = 2, .to_days = 100},
        {.name = "wrong-host", .issuer = "ca", .hosts = "DNS:elsewhere.example", .to_days = 100},
        {.name = "revoked", .issuer = "ca", .hosts = here, .to_days = 100},
        {.name = "self-signed", .hosts = here, .to_days = 100},
        {.name = "other", .issuer = "other-ca", .hosts = here, .to_days = 100},
    };
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        certificates_issue(directory, &wishes[i]);
    }
    make_lists(directory);
}
