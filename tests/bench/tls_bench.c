/* What TLS costs the engine's thread: a handshake, by side and kind of key, beside the bare
 * signature that it cannot do without; and a message, beside the same without TLS.
 *
 *   tls_bench [HANDSHAKES]
 *
 * A pair of sockets in one process and thread. What is counted is the processor's time, so that
 * other programs do not count. */
#include "gateway/shell/tls.h"
#include "tests/tools/certificates.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SERVER, CLIENT, ENDS, HANDSHAKES = 300, HANDSHAKES_MAX = 100000, MESSAGES = 20000 };
enum { MESSAGE_BYTES = 200 };

struct ends {
    struct tls_context *contexts[ENDS];
    struct tls *tls[ENDS];
    int sockets[ENDS];
};

static char directory[] = "/tmp/fixgate-tls-bench-XXXXXX";

static void must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "tls_bench: %s\n", what);
        exit(1);
    }
}

static uint64_t cpu_ns(void)
{
    struct timespec spent;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) == 0, "no clock of the processor's time");
    return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

static void open_contexts(struct ends *ends, const char *name, bool mutual)
{
    char paths[8][CERTIFICATES_PATH_BYTES];
    char error[TLS_ERROR_BYTES_MAX];
    char file[64];
    const char *ca = certificates_path(directory, "ca.pem", paths[0]);
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    struct tls_config server = {.server = true,
                                .certificate_file = certificates_path(directory, file, paths[1])};
    (void)snprintf(file, sizeof(file), "%s.key", name);
    server.key_file = certificates_path(directory, file, paths[2]);
    struct tls_config client = {.ca_file = ca};
    if (mutual) {
        server.client_verify = TLS_CLIENT_REQUIRED;
        server.ca_file = ca;
        client.certificate_file = certificates_path(directory, "client.pem", paths[3]);
        client.key_file = certificates_path(directory, "client.key", paths[4]);
    }
    must(tls_context_open(&server, &ends->contexts[SERVER], error) == STATUS_OK, error);
    must(tls_context_open(&client, &ends->contexts[CLIENT], error) == STATUS_OK, error);
}

static void connect_ends(struct ends *ends)
{
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends->sockets) == 0, "no sockets");
}

/* Adds what each side spent, tls_begin() included. */
static void shake_hands(struct ends *ends, uint64_t spent_ns[ENDS])
{
    bool done[ENDS] = {false, false};
    for (size_t i = 0; i < ENDS; i++) {
        uint64_t start_ns = cpu_ns();
        ends->tls[i] =
            tls_begin(ends->contexts[i], ends->sockets[i], i == CLIENT ? "localhost" : NULL);
        spent_ns[i] += cpu_ns() - start_ns;
        must(ends->tls[i] != NULL, "no memory");
    }
    for (size_t i = CLIENT; !done[SERVER] || !done[CLIENT]; i = 1 - i) {
        uint64_t start_ns = cpu_ns();
        enum tls_result result = done[i] ? TLS_OK : tls_handshake(ends->tls[i]);
        spent_ns[i] += cpu_ns() - start_ns;
        must(result != TLS_FAILED, tls_error(ends->tls[i]));
        done[i] = result == TLS_OK;
    }
}

static void hang_up(struct ends *ends)
{
    for (size_t i = 0; i < ENDS; i++) {
        tls_end(ends->tls[i]);
        (void)close(ends->sockets[i]);
    }
}

static int compare(const void *one, const void *other)
{
    const uint64_t *a = one;
    const uint64_t *b = other;
    return *a < *b ? -1 : *a > *b;
}

static uint64_t median_us(uint64_t *list_ns, size_t count)
{
    qsort(list_ns, count, sizeof(list_ns[0]), compare);
    return (list_ns[count / 2] + 500) / 1000;
}

/* --- The bare signature ------------------------------------------------------------ */

static uint64_t signature_us(const char *name, size_t count)
{
    static uint64_t spent_ns[HANDSHAKES_MAX];
    char file[64];
    char path[CERTIFICATES_PATH_BYTES];
    (void)snprintf(file, sizeof(file), "%s.key", name);
    FILE *stream = fopen(certificates_path(directory, file, path), "r");
    must(stream != NULL, path);
    EVP_PKEY *key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    (void)fclose(stream);
    static const unsigned char text[64];
    for (size_t i = 0; i < count; i++) {
        unsigned char signature[512];
        size_t size = sizeof(signature);
        uint64_t start_ns = cpu_ns();
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        bool signed_it = EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                         EVP_DigestSign(context, signature, &size, text, sizeof(text)) == 1;
        EVP_MD_CTX_free(context);
        spent_ns[i] = cpu_ns() - start_ns;
        must(signed_it, "cannot sign");
    }
    EVP_PKEY_free(key);
    return median_us(spent_ns, count);
}

static void measure_handshakes(const char *label, const char *name, bool mutual, size_t count)
{
    static uint64_t spent_ns[ENDS][HANDSHAKES_MAX];
    struct ends ends = {.contexts = {NULL}};
    open_contexts(&ends, name, mutual);
    for (size_t i = 0; i < count; i++) {
        uint64_t one_ns[ENDS] = {0, 0};
        connect_ends(&ends);
        shake_hands(&ends, one_ns);
        hang_up(&ends);
        for (size_t side = 0; side < ENDS; side++) {
            spent_ns[side][i] = one_ns[side];
        }
    }
    uint64_t server_us = median_us(spent_ns[SERVER], count);
    uint64_t client_us = median_us(spent_ns[CLIENT], count);
    printf("  %-24s %7llu %7llu %7llu %7llu %9llu\n", label, (unsigned long long)client_us,
           (unsigned long long)(spent_ns[CLIENT][count * 99 / 100] / 1000),
           (unsigned long long)server_us,
           (unsigned long long)(spent_ns[SERVER][count * 99 / 100] / 1000),
           (unsigned long long)signature_us(name, count));
    for (size_t i = 0; i < ENDS; i++) {
        tls_context_close(ends.contexts[i]);
    }
}

/* --- Messages ------------------------------------------------------------------------- */

static void measure_messages(void)
{
    static uint64_t plain_ns[MESSAGES];
    static uint64_t tls_ns[MESSAGES];
    static const uint8_t message[MESSAGE_BYTES] = "8=FIX.4.4";
    uint8_t bytes[1024];
    uint64_t unused[ENDS] = {0, 0};
    struct ends ends = {.contexts = {NULL}};
    open_contexts(&ends, "server", false);
    connect_ends(&ends);
    shake_hands(&ends, unused);
    for (size_t i = 0; i < MESSAGES; i++) {
        size_t sent;
        size_t got;
        uint64_t start_ns = cpu_ns();
        must(tls_write(ends.tls[CLIENT], span_of(message, sizeof(message)), &sent) == TLS_OK &&
                 tls_read(ends.tls[SERVER], bytes, sizeof(bytes), &got) == TLS_OK &&
                 got == sizeof(message),
             "a message was lost");
        uint64_t middle_ns = cpu_ns();
        must(send(ends.sockets[CLIENT], message, sizeof(message), MSG_NOSIGNAL) == MESSAGE_BYTES &&
                 recv(ends.sockets[SERVER], bytes, sizeof(bytes), 0) == MESSAGE_BYTES,
             "a message was lost");
        tls_ns[i] = middle_ns - start_ns;
        plain_ns[i] = cpu_ns() - middle_ns;
    }
    (void)median_us(tls_ns, MESSAGES);
    (void)median_us(plain_ns, MESSAGES);
    printf("\nmessage of %d bytes, write and read, median ns: TLS %llu, plain %llu\n",
           (int)MESSAGE_BYTES, (unsigned long long)tls_ns[MESSAGES / 2],
           (unsigned long long)plain_ns[MESSAGES / 2]);
    hang_up(&ends);
    for (size_t i = 0; i < ENDS; i++) {
        tls_context_close(ends.contexts[i]);
    }
}

static void remove_directory(void)
{
    char path[CERTIFICATES_PATH_BYTES];
    DIR *entries = opendir(directory);
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        (void)unlink(certificates_path(directory, entry->d_name, path));
    }
    (void)closedir(entries);
    (void)rmdir(directory);
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : HANDSHAKES;
    must(count > 0 && count <= HANDSHAKES_MAX, "usage: tls_bench [HANDSHAKES]");
    must(mkdtemp(directory) != NULL, "no directory");
    certificates_make(directory);
    printf("one handshake, TLS 1.3, %lu of each kind, µs of CPU\n", count);
    printf("  %-24s %7s %7s %7s %7s %9s\n", "server's key", "client", "p99", "server", "p99",
           "signature");
    measure_handshakes("ECDSA P-256", "server", false, count);
    measure_handshakes("ECDSA P-256, mutual", "server", true, count);
    measure_handshakes("ECDSA P-256, chain of 2", "server-between", false, count);
    measure_handshakes("RSA 2048", "server-rsa", false, count);
    measure_handshakes("RSA 2048, mutual", "server-rsa", true, count);
    measure_messages();
    remove_directory();
    return 0;
}
