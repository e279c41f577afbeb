/* TLS's files: what is wrong with them, and how new ones come into force. */
#include "tests/unit/tls_fixture.h"

#include <sys/stat.h>
#include <time.h>

/* --- Files ------------------------------------------------------------------ */

static void assert_unusable(const struct tls_config *config, const char *const *words)
{
    char error[TLS_ERROR_BYTES_MAX] = "";
    struct tls_context *context = NULL;
    assert_int_equal(STATUS_INVALID, tls_context_open(config, &context, error));
    assert_null(context);
    assert_says(error, words);
}

#define UNUSABLE(config, ...) assert_unusable(config, (const char *const[]){__VA_ARGS__, NULL})

static const char *write_file(const char *name, const char *text)
{
    const char *path = in_directory(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(0, fclose(file));
    assert_int_equal(0, chmod(path, 0600));
    return path;
}

static void key_that_others_can_read_is_refused(void **state)
{
    (void)state;
    struct tls_config config = server_config("server");
    static const mode_t modes[] = {0640, 0604, 0660, 0602};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(0, chmod(config.key_file, modes[i]));
        UNUSABLE(&config, "server.key", "others can read this key", "chmod 600");
    }
    assert_int_equal(0, chmod(config.key_file, 0400));
    tls_context_close(open_context(&config));
    assert_int_equal(0, chmod(config.key_file, 0600));
}

static void missing_files_are_named(void **state)
{
    (void)state;
    struct tls_config config = server_config("server");
    config.key_file = in_directory("missing.key");
    UNUSABLE(&config, "missing.key: No such file");
    config = server_config("server");
    config.certificate_file = in_directory("missing.pem");
    UNUSABLE(&config, "missing.pem: No such file");
    config = client_config();
    config.crl_file = in_directory("missing.crl");
    UNUSABLE(&config, "missing.crl: No such file");
    config.crl_file = NULL;
    config.crl_directory = in_directory("missing");
    UNUSABLE(&config, "missing: No such file");
    config = (struct tls_config){.ca_directory = in_directory("missing")};
    UNUSABLE(&config, "missing: No such file");
}

static void files_without_what_they_should_hold_are_named(void **state)
{
    (void)state;
    struct tls_config config = {.ca_file = write_file("noise", "no certificate\n")};
    UNUSABLE(&config, "noise: holds no certificate in PEM");
    config.ca_file = write_file("noise", "");
    UNUSABLE(&config, "noise: is empty");
    config.ca_file = write_file("noise", "-----BEGIN CERTIFICATE-----\nQUJD\n"
                                         "-----END CERTIFICATE-----\n");
    UNUSABLE(&config, "noise: holds a broken certificate");
    config.ca_file = certificates.directory;
    UNUSABLE(&config, "is not a file");
    config = client_config();
    config.crl_file = pem("ca");
    UNUSABLE(&config, "ca.pem: holds no revocation list");
    config = server_config("server");
    config.key_file = write_file("noise", "no key\n");
    UNUSABLE(&config, "noise: holds no private key");
    config = server_config("server");
    config.certificate_file = key("server");
    UNUSABLE(&config, "server.key: holds no certificate");
    assert_int_equal(0, unlink(in_directory("noise")));
}

static void key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    struct tls_config config = server_config("server");
    config.key_file = key("client");
    UNUSABLE(&config, "client.key: is not the key of the certificate in", "server.pem");
}

static void key_with_a_passphrase_is_refused_without_asking(void **state)
{
    (void)state;
    /* Made once with openssl genpkey -aes128; nobody uses it. */
    static const char locked[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBDb5b5b5b5b5b5b5b5b\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    struct tls_config config = server_config("server");
    config.key_file = write_file("locked.key", locked);
    UNUSABLE(&config, "locked.key: holds no private key", "passphrase");
    assert_int_equal(0, unlink(in_directory("locked.key")));
}

static void settings_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct tls_config config = {.server = true};
    UNUSABLE(&config, "needs ServerCertificateFile");
    config = server_config("server");
    config.key_file = NULL;
    UNUSABLE(&config, "ServerCertificateKeyFile go together");
    config = server_config("server");
    config.client_verify = TLS_CLIENT_REQUIRED;
    UNUSABLE(&config, "CertificateVerifyLevel needs CertificationAuthoritiesFile");
    config = server_config("server");
    config.pins_count = 1;
    UNUSABLE(&config, "need CertificateVerifyLevel=1");
    config = client_config();
    config.cipher_list = "NO-SUCH-CIPHER";
    UNUSABLE(&config, "SSLCipherSuite=NO-SUCH-CIPHER");
    config.cipher_list = "aNULL"; /* Nobody would be verified. */
    UNUSABLE(&config, "SSLCipherSuite=aNULL");
    config.cipher_list = NULL;
    config.cipher_suites = "NO_SUCH_SUITE";
    UNUSABLE(&config, "TLSCipherSuites=NO_SUCH_SUITE");
    config = client_config();
    config.certificate_file = pem("client");
    UNUSABLE(&config, "ClientCertificateKeyFile go together");
}

static void days_left_are_counted_down(void **state)
{
    (void)state;
    const uint64_t second_ns = UINT64_C(1000000000);
    const uint64_t day_ns = 86400 * second_ns;
    uint64_t now_ns = (uint64_t)time(NULL) * second_ns;
    struct tls_config config = server_config("server");
    struct tls_context *context = open_context(&config);
    int32_t days = tls_context_days_left(context, now_ns + 3600 * second_ns);
    assert_int_equal(99, days);
    assert_int_equal(98, tls_context_days_left(context, now_ns + day_ns + 3600 * second_ns));
    assert_int_equal(0, tls_context_days_left(context, now_ns + 99 * day_ns + 3600 * second_ns));
    assert_int_equal(-1, tls_context_days_left(context, now_ns + 100 * day_ns + 3600 * second_ns));
    tls_context_close(context);

    config = client_config();
    context = open_context(&config);
    assert_int_equal(INT32_MAX, tls_context_days_left(context, now_ns));
    tls_context_close(context);
}

/* --- Reload ----------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    char bytes[8192];
    FILE *file = fopen(in_directory(from), "r");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes) - 1, file);
    bytes[size] = '\0';
    (void)fclose(file);
    /* A new file under the old name, as tools that renew certificates do it. */
    const char *path = write_file("new", bytes);
    assert_int_equal(0, rename(path, in_directory(to)));
}

static void install(const char *name)
{
    char from[64];
    (void)snprintf(from, sizeof(from), "%s.pem", name);
    copy_file(from, "live.pem");
    (void)snprintf(from, sizeof(from), "%s.key", name);
    copy_file(from, "live.key");
}

static void reconnect(struct world *world, const char *host)
{
    hang_up(world);
    begin_again(world, host);
    shake_hands(world);
}

static void refresh(struct tls_context *context, bool expected)
{
    char error[TLS_ERROR_BYTES_MAX];
    bool changed = !expected;
    if (tls_context_refresh(context, &changed, error) != STATUS_OK) {
        fail_msg("%s", error);
    }
    assert_int_equal(expected, changed);
}

static void changed_certificate_serves_new_connections(void **state)
{
    struct world *world = *state;
    install("server");
    struct tls_config client = client_config();
    struct tls_config server = server_config("live");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);
    refresh(world->contexts[SERVER], false);

    install("server-rsa");
    refresh(world->contexts[SERVER], true);
    refresh(world->contexts[SERVER], false);
    pass_bytes(world, CLIENT, "the old connection goes on");
    reconnect(world, "localhost");
    assert_agreed(world);
    assert_non_null(strstr(tls_describe(world->ends[CLIENT]), "CN=server-rsa"));
}

static void broken_new_files_leave_the_old_in_force(void **state)
{
    struct world *world = *state;
    char error[TLS_ERROR_BYTES_MAX] = "";
    bool changed = true;
    install("server");
    struct tls_config client = client_config();
    struct tls_config server = server_config("live");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);

    copy_file("server-rsa.pem", "live.pem"); /* Its key is still to come. */
    assert_int_equal(STATUS_INVALID, tls_context_refresh(world->contexts[SERVER], &changed, error));
    assert_false(changed);
    SAYS(error, "live.key: is not the key of the certificate in", "live.pem");
    refresh(world->contexts[SERVER], false); /* Said once. */
    reconnect(world, "localhost");
    assert_agreed(world);
    assert_non_null(strstr(tls_describe(world->ends[CLIENT]), "CN=server"));
    assert_null(strstr(tls_describe(world->ends[CLIENT]), "CN=server-rsa"));

    copy_file("server-rsa.key", "live.key");
    refresh(world->contexts[SERVER], true);
    reconnect(world, "localhost");
    assert_agreed(world);
    assert_non_null(strstr(tls_describe(world->ends[CLIENT]), "CN=server-rsa"));
}

static void new_revocation_list_is_taken_up(void **state)
{
    struct world *world = *state;
    copy_file("crl.pem", "live.crl");
    struct tls_config client = client_config();
    struct tls_config server = server_config("server");
    client.crl_file = in_directory("live.crl");
    meet(world, &client, &server, "localhost");
    assert_agreed(world);

    assert_int_equal(0, unlink(in_directory("live.crl")));
    certificates_revoke(certificates.directory, "ca", (const char *const[]){"server"}, 1, -1, 30,
                        "live.crl");
    refresh(world->contexts[CLIENT], true);
    reconnect(world, "localhost");
    assert_refused(world, CLIENT);
    SAYS(tls_error(world->ends[CLIENT]), "was revoked");
}

static void new_ca_in_a_directory_is_taken_up(void **state)
{
    struct world *world = *state;
    assert_int_equal(0, mkdir(in_directory("cas"), 0700));
    copy_file("other-ca.pem", "cas/one");
    struct tls_config client = {.ca_directory = in_directory("cas")};
    struct tls_config server = server_config("server");
    meet(world, &client, &server, "localhost");
    assert_refused(world, CLIENT);
    copy_file("ca.pem", "cas/two");
    refresh(world->contexts[CLIENT], true);
    reconnect(world, "localhost");
    remove_directory(in_directory("cas"));
    assert_agreed(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changed_certificate_serves_new_connections),
        TEST(broken_new_files_leave_the_old_in_force),
        TEST(new_revocation_list_is_taken_up),
        TEST(new_ca_in_a_directory_is_taken_up),
        cmocka_unit_test(key_that_others_can_read_is_refused),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(files_without_what_they_should_hold_are_named),
        cmocka_unit_test(key_of_another_certificate_is_refused),
        cmocka_unit_test(key_with_a_passphrase_is_refused_without_asking),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
        cmocka_unit_test(days_left_are_counted_down),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
