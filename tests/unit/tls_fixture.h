/* A directory of fresh certificates for the tests of one program, contexts over them, and two
 * ends that shake hands. */
#ifndef TESTS_UNIT_TLS_FIXTURE_H
#define TESTS_UNIT_TLS_FIXTURE_H

#include "gateway/shell/tls.h"
#include "tests/tools/certificates.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct certificates_world {
    char directory[CERTIFICATES_PATH_BYTES];
};

static struct certificates_world certificates;

/* Group setup: certificates_make() in a directory of this program's own. */
static inline int make_certificates(void **state)
{
    (void)state;
    const char *top = getenv("TMPDIR");
    (void)snprintf(certificates.directory, sizeof(certificates.directory), "%s/fixgate-tls-XXXXXX",
                   top != NULL ? top : "/tmp");
    assert_non_null(mkdtemp(certificates.directory));
    certificates_make(certificates.directory);
    return 0;
}

static inline void remove_directory(const char *directory)
{
    char path[CERTIFICATES_PATH_BYTES];
    DIR *entries = opendir(directory);
    assert_non_null(entries);
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') {
            certificates_path(directory, entry->d_name, path);
            if (unlink(path) != 0) {
                remove_directory(path);
            }
        }
    }
    (void)closedir(entries);
    assert_int_equal(0, rmdir(directory));
}

static inline int remove_certificates(void **state)
{
    (void)state;
    remove_directory(certificates.directory);
    return 0;
}

/* A path that lives until the end of the program's tests: a ring of some. */
static inline const char *in_directory(const char *file)
{
    static char paths[32][CERTIFICATES_PATH_BYTES];
    static size_t next;
    return certificates_path(certificates.directory, file, paths[next++ % ARRAY_LEN(paths)]);
}

static inline const char *pem(const char *name)
{
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    return in_directory(file);
}

static inline const char *key(const char *name)
{
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.key", name);
    return in_directory(file);
}

static inline struct tls_config client_config(void)
{
    return (struct tls_config){.ca_file = pem("ca")};
}

static inline struct tls_config server_config(const char *name)
{
    return (struct tls_config){
        .server = true, .certificate_file = pem(name), .key_file = key(name)};
}

static inline struct tls_context *open_context(const struct tls_config *config)
{
    char error[TLS_ERROR_BYTES_MAX] = "";
    struct tls_context *context = NULL;
    if (tls_context_open(config, &context, error) != STATUS_OK) {
        fail_msg("%s", error);
    }
    return context;
}

/* --- Two ends --------------------------------------------------------------- */

enum { SERVER, CLIENT, ENDS, WAIT_MS_MAX = 10000, RELAY_BYTES_MAX = 1 << 20 };

/* Two ends with a relay between them that passes so many bytes at a time on. */
struct world {
    struct tls_context *contexts[ENDS];
    struct tls *ends[ENDS];
    enum tls_result results[ENDS];
    int sockets[ENDS]; /* Of the ends. */
    int relays[ENDS];  /* The relay's side of them. */
    size_t relay_bytes;
};

static inline void make_pair(int *one, int *other)
{
    int pair[2];
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
    *one = pair[0];
    *other = pair[1];
}

/* New sockets; no connection on them. */
static inline void hang_up(struct world *world)
{
    for (size_t i = 0; i < ENDS; i++) {
        tls_end(world->ends[i]);
        world->ends[i] = NULL;
        (void)close(world->sockets[i]);
        (void)close(world->relays[i]);
        make_pair(&world->sockets[i], &world->relays[i]);
    }
}

static inline void close_contexts(struct world *world)
{
    for (size_t i = 0; i < ENDS; i++) {
        tls_context_close(world->contexts[i]);
        world->contexts[i] = NULL;
    }
}

static inline int setup(void **state)
{
    struct world *world = test_calloc(1, sizeof(*world));
    for (size_t i = 0; i < ENDS; i++) {
        make_pair(&world->sockets[i], &world->relays[i]);
    }
    world->relay_bytes = RELAY_BYTES_MAX;
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *world = *state;
    hang_up(world);
    close_contexts(world);
    for (size_t i = 0; i < ENDS; i++) {
        (void)close(world->sockets[i]);
        (void)close(world->relays[i]);
    }
    test_free(world);
    return 0;
}

static inline void begin_again(struct world *world, const char *host)
{
    world->ends[SERVER] = tls_begin(world->contexts[SERVER], world->sockets[SERVER], NULL);
    world->ends[CLIENT] = tls_begin(world->contexts[CLIENT], world->sockets[CLIENT], host);
    assert_non_null(world->ends[SERVER]);
    assert_non_null(world->ends[CLIENT]);
    world->results[SERVER] = world->results[CLIENT] = TLS_WANT_READ;
}

static inline void begin(struct world *world, const struct tls_config *client,
                         const struct tls_config *server, const char *host)
{
    hang_up(world);
    close_contexts(world);
    world->contexts[SERVER] = open_context(server);
    world->contexts[CLIENT] = open_context(client);
    begin_again(world, host);
}

/* Passes bytes on both ways; false when there were none. */
static inline bool relay(struct world *world)
{
    static uint8_t bytes[RELAY_BYTES_MAX];
    bool moved = false;
    for (size_t i = 0; i < ENDS; i++) {
        ssize_t got = recv(world->relays[i], bytes, world->relay_bytes, 0);
        if (got > 0) {
            assert_int_equal(got, send(world->relays[1 - i], bytes, (size_t)got, MSG_NOSIGNAL));
            moved = true;
        }
    }
    return moved;
}

static inline bool is_settled(enum tls_result result)
{
    return result != TLS_WANT_READ && result != TLS_WANT_WRITE;
}

/* Both ends go on as far as they get. */
static inline void shake_hands(struct world *world)
{
    for (bool moved = true; moved;) {
        for (size_t i = 0; i < ENDS; i++) {
            if (!is_settled(world->results[i])) {
                world->results[i] = tls_handshake(world->ends[i]);
            }
        }
        moved = relay(world);
    }
}

static inline void meet(struct world *world, const struct tls_config *client,
                        const struct tls_config *server, const char *host)
{
    begin(world, client, server, host);
    shake_hands(world);
}

static inline void pass_bytes(struct world *world, size_t from, const char *text)
{
    uint8_t bytes[256];
    size_t done = 0;
    size_t seen = 0;
    assert_int_equal(TLS_OK, tls_write(world->ends[from], span_text(text), &done));
    assert_int_equal(strlen(text), done);
    while (seen < done) {
        assert_true(relay(world) || tls_pending(world->ends[1 - from]));
        size_t got = 0;
        enum tls_result result = tls_read(world->ends[1 - from], bytes + seen, 256 - seen, &got);
        assert_true(result == TLS_OK || result == TLS_WANT_READ);
        seen += got;
    }
    assert_true(span_is(span_of(bytes, seen), text));
}

static inline void assert_agreed(struct world *world)
{
    for (size_t i = 0; i < ENDS; i++) {
        if (world->results[i] != TLS_OK) {
            fail_msg("%s: %s", i == SERVER ? "server" : "client", tls_error(world->ends[i]));
        }
    }
    pass_bytes(world, CLIENT, "35=A");
    pass_bytes(world, SERVER, "35=0");
}

/* All of the words, in one line, say what is wrong. */
static inline void assert_says(const char *error, const char *const *words)
{
    assert_true(strlen(error) < TLS_ERROR_BYTES_MAX - 1);
    assert_null(strchr(error, '\n'));
    for (; *words != NULL; words++) {
        if (strstr(error, *words) == NULL) {
            fail_msg("'%s' does not say '%s'", error, *words);
        }
    }
}

#define SAYS(error, ...) assert_says(error, (const char *const[]){__VA_ARGS__, NULL})

static inline void assert_refused(struct world *world, size_t by)
{
    assert_int_equal(TLS_FAILED, world->results[by]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
