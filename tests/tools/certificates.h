/* Certificates for tests, made when the tests run: nothing secret or expiring stands in the
 * repository. Not part of the product. Any failure ends the test program with the reason.
 *
 * In a directory, NAME.pem is a certificate with the chain above it and NAME.key its key, mode
 * 0600. certificates_make() makes, all ECDSA P-256 unless said otherwise:
 *
 *   ca            the CA that both sides trust           other-ca     one that nobody trusts
 *   between       an intermediate CA below `ca`
 *   server        localhost, broker.example, 127.0.0.1, ::1
 *   server-between the same, of `between`                server-rsa   the same, RSA 2048
 *   client        for clients                            client-other of other-ca
 *   expired, future, wrong-host, revoked, self-signed, other: servers for localhost that are
 *                 what their names say (other: of other-ca)
 *   client-revoked
 *   crl.pem       lists of `ca` and `between`            crl-ca.pem   of `ca` alone
 *   crl-old.pem   both, ended                            crl.der      of `ca`, in DER */
#ifndef TESTS_TOOLS_CERTIFICATES_H
#define TESTS_TOOLS_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CERTIFICATES_PATH_BYTES = 512 };

struct certificate_wish {
    const char *name;   /* Of the files; its CN too. */
    const char *issuer; /* Name of one made before; NULL = itself. */
    const char *hosts;  /* As OpenSSL has it: "DNS:localhost,IP:127.0.0.1"; NULL = none. */
    bool ca;
    bool client; /* extendedKeyUsage; server unless client or ca. */
    bool rsa;
    int from_days; /* From today. */
    int to_days;
};

/* All of the above; `directory` is there already. */
void certificates_make(const char *directory);

/* One more; writes over what has its name. */
void certificates_issue(const char *directory, const struct certificate_wish *wish);

/* The revocation list of `issuer`, appended to `file` as PEM. `revoked` are names. */
void certificates_revoke(const char *directory, const char *issuer, const char *const *revoked,
                         size_t count, int from_days, int to_days, const char *file);

/* SHA-256 of the public key of NAME.pem: what a pin is. */
void certificates_pin(const char *directory, const char *name, uint8_t pin[32]);

/* "DIRECTORY/FILE" in `path`, which is also returned. */
const char *certificates_path(const char *directory, const char *file,
                              char path[CERTIFICATES_PATH_BYTES]);

#endif
