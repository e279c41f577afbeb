#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "tests/interop/broker_world.h"

#include "tests/tools/broker_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const char *build_directory(void)
{
    const char *build = getenv("FIXGATE_BUILD");
    if (build == NULL) {
        fail_msg("FIXGATE_BUILD must name the build directory (ctest sets it)");
    }
    return build;
}

const char *const world_no_options[] = {NULL};

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    snprintf(world->directory, sizeof world->directory, "%s/tests/broker_XXXXXX",
             build_directory());
    assert_non_null(mkdtemp(world->directory));
    /* Short names from here on: the path of a socket has little room. */
    assert_int_equal(chdir(world->directory), 0);
    return world;
}

struct world *world_begin(struct world *world, const char *const *options)
{
    world_broker_start(world, options);
    world_client_start(world);
    world_await_logon(world);
    return world;
}

void world_book(struct book *book)
{
    char error[512] = "";
    book_init(book);
    if (!book_load(book, "alpha/book.log", NULL, error, sizeof error)) {
        fail_msg("%s", error);
    }
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void world_free(struct world *world)
{
    if (world->client != NULL) {
        quickfix_stop(world->client, 0);
    }
    if (world->broker > 0) {
        world_broker_kill(world);
    }
    for (size_t index = 0; index < world->count; index++) {
        free(world->messages[index].text);
    }
    assert_int_equal(chdir(build_directory()), 0);
    nftw(world->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
}

/* Starts the program with `options`; what it prints is read from *out. */
static pid_t spawn(const char *const *fixed, const char *const *options, int *out)
{
    char program[512];
    const char *words[32] = {program};
    size_t count = 1;
    int pipes[2];
    snprintf(program, sizeof program, "%s/bin/broker", build_directory());
    for (; *fixed != NULL; fixed++) {
        words[count++] = *fixed;
    }
    for (; options != NULL && *options != NULL; options++) {
        assert_true(count + 1 < sizeof words / sizeof words[0]);
        words[count++] = *options;
    }
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *copies[32] = {NULL};
        for (size_t index = 0; index < count; index++) {
            copies[index] = strdup(words[index]);
        }
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execv(program, copies);
        _exit(127);
    }
    close(pipes[1]);
    *out = pipes[0];
    return child;
}

void world_broker_start(struct world *world, const char *const *options)
{
    char port[16];
    char line[64] = "";
    const char *const fixed[] = {"--name",      "ALPHA",  "--store", "alpha",
                                 "--drop-copy", "--port", port,      NULL};
    int out = -1;
    snprintf(port, sizeof port, "%d", world->port);
    world->broker = spawn(fixed, options, &out);
    size_t size = 0;
    while (size + 1 < sizeof line && memchr(line, '\n', size) == NULL) {
        ssize_t count = read(out, line + size, sizeof line - 1 - size);
        if (count <= 0) {
            fail_msg("the broker ended before it was ready");
        }
        size += (size_t)count;
    }
    close(out);
    static const char ready[] = "READY port=";
    assert_memory_equal(line, ready, strlen(ready));
    world->port = (int)strtol(line + strlen(ready), NULL, 10);
}

void world_broker_kill(struct world *world)
{
    kill(world->broker, SIGKILL);
    waitpid(world->broker, NULL, 0);
    world->broker = 0;
}

int world_broker_run(const char *const *options)
{
    const char *const none[] = {NULL};
    char rest[4096];
    int status = 0;
    int out = -1;
    pid_t child = spawn(none, options, &out);
    while (read(out, rest, sizeof rest) > 0) {
    }
    close(out);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int world_ask(const char *command, char *reply, size_t reply_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "alpha/control"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_true(dprintf(fd, "%s\n", command) > 0);
    size_t size = 0;
    while (size + 1 < reply_size && memchr(reply, '\n', size) == NULL) {
        ssize_t count = read(fd, reply + size, reply_size - 1 - size);
        if (count <= 0) {
            fail_msg("no answer to %s", command);
        }
        size += (size_t)count;
    }
    close(fd);
    reply[size - 1] = '\0';
    return strncmp(reply, "ERROR", 5) == 0 ? 1 : 0;
}

void world_command(const char *command)
{
    char reply[2048];
    if (world_ask(command, reply, sizeof reply) != 0) {
        fail_msg("%s: %s", command, reply);
    }
}

long world_stat(const char *key)
{
    char reply[2048];
    char wanted[64];
    world_ask("stats", reply, sizeof reply);
    snprintf(wanted, sizeof wanted, "\"%s\":", key);
    const char *found = strstr(reply, wanted);
    if (found == NULL) {
        fail_msg("no %s in %s", key, reply);
        return 0;
    }
    return strtol(found + strlen(wanted), NULL, 10);
}

static enum quickfix_verdict on_app(void *context, struct quickfix_session *session,
                                    const char *message, size_t size, int *tag)
{
    struct world *world = context;
    (void)tag;
    assert_true(world->count < WORLD_MESSAGES_MAX);
    char *text = malloc(size + 1);
    assert_non_null(text);
    memcpy(text, message, size);
    text[size] = '\0';
    world->messages[world->count++] = (struct world_message){
        .session =
            strstr(quickfix_session_name(session), "-DC") != NULL ? WORLD_DROP_COPY : WORLD_ORDERS,
        .text = text,
        .size = size,
    };
    return QUICKFIX_TAKEN;
}

/* Of the session's own messages, a Reject is what a test may wait for. */
static bool on_admin(void *context, struct quickfix_session *session, const char *message,
                     size_t size, char *reason, size_t reason_size)
{
    int tag = 0;
    (void)reason;
    (void)reason_size;
    if (fields_char(message, size, 35, '0') == '3') {
        on_app(context, session, message, size, &tag);
    }
    return true;
}

static bool on_to_app(void *context, struct quickfix_session *session, const char *message,
                      size_t size)
{
    const struct world *world = context;
    (void)session;
    char id[64];
    fields_get(message, size, 11, id, sizeof id);
    return world->gap_fill == NULL || fields_char(message, size, 43, 'N') != 'Y' ||
           strcmp(id, world->gap_fill) != 0;
}

static void on_logout(void *context, struct quickfix_session *session)
{
    struct world *world = context;
    (void)session;
    world->logouts++;
}

void world_client_start(struct world *world)
{
    char settings[1024];
    char error[256] = "";
    const struct quickfix_callbacks callbacks = {.context = world,
                                                 .from_app = on_app,
                                                 .from_admin = on_admin,
                                                 .to_app = on_to_app,
                                                 .logout = on_logout};
    snprintf(settings, sizeof settings,
             "[DEFAULT]\nConnectionType=initiator\nBeginString=FIX.4.4\nSenderCompID=FIXGATE\n"
             "SocketConnectHost=127.0.0.1\nSocketConnectPort=%d\nSocketNodelay=Y\n"
             "ReconnectInterval=1\nHeartBtInt=30\nFileStorePath=client\nUseDataDictionary=N\n"
             "StartDay=sun\nStartTime=00:00:00\nEndDay=sat\nEndTime=23:59:59\n"
             "[SESSION]\nTargetCompID=ALPHA\n[SESSION]\nTargetCompID=ALPHA-DC\n",
             world->port);
    world->client = quickfix_start(QUICKFIX_INITIATOR, settings, &callbacks, error, sizeof error);
    if (world->client == NULL) {
        fail_msg("the client does not start: %s", error);
    }
    world->sessions[WORLD_ORDERS] = quickfix_session_find(world->client, "FIXGATE", "ALPHA");
    world->sessions[WORLD_DROP_COPY] = quickfix_session_find(world->client, "FIXGATE", "ALPHA-DC");
}

void world_client_poll(struct world *world)
{
    char error[256] = "";
    if (!quickfix_poll(world->client, 10, error, sizeof error)) {
        fail_msg("the client broke: %s", error);
    }
}

void world_await_logon(struct world *world)
{
    uint64_t end = now_ms() + WORLD_AWAIT_MS;
    while (!quickfix_logged_on(world->sessions[0]) || !quickfix_logged_on(world->sessions[1])) {
        if (now_ms() > end) {
            fail_msg("no logon");
        }
        world_client_poll(world);
    }
}

void world_await_stat(struct world *world, const char *key, long value)
{
    uint64_t end = now_ms() + WORLD_AWAIT_MS;
    while (world_stat(key) < value) {
        if (now_ms() > end) {
            fail_msg("%s is %ld, not %ld", key, world_stat(key), value);
        }
        world_client_poll(world);
    }
}

void world_send(struct world *world, const char *body)
{
    char text[1024];
    snprintf(text, sizeof text, "%s", body);
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '|') {
            *at = '\001';
        }
    }
    assert_true(quickfix_send(world->sessions[WORLD_ORDERS], text, strlen(text)));
}

void world_order(struct world *world, const char *cl_ord_id, const char *more)
{
    char body[1024];
    snprintf(body, sizeof body,
             "35=D|11=%s|55=VOD|54=1|38=100|40=2|44=1.25|59=0|1=ACC 1|15=GBP|"
             "60=20261121-00:00:00|%s",
             cl_ord_id, more);
    world_send(world, body);
}

void world_value(const struct world_message *message, int tag, char *out, size_t size)
{
    fields_get(message->text, message->size, tag, out, size);
}

static bool holds(const struct world_message *message, const char *wanted)
{
    char copy[512];
    char *rest = NULL;
    snprintf(copy, sizeof copy, "%s", wanted);
    for (char *at = strtok_r(copy, "|", &rest); at != NULL; at = strtok_r(NULL, "|", &rest)) {
        char value[256];
        char *equals = strchr(at, '=');
        assert_non_null(equals);
        if (!fields_get(message->text, message->size, (int)strtol(at, NULL, 10), value,
                        sizeof value) ||
            strcmp(value, equals + 1) != 0) {
            return false;
        }
    }
    return true;
}

const struct world_message *world_expect(struct world *world, const char *wanted)
{
    uint64_t end = now_ms() + WORLD_AWAIT_MS;
    for (;;) {
        while (world->read < world->count) {
            const struct world_message *message = &world->messages[world->read++];
            if (message->session != WORLD_ORDERS) {
                continue;
            }
            if (!holds(message, wanted)) {
                fail_msg("wanted %s, got %s", wanted, message->text);
            }
            return message;
        }
        if (now_ms() > end) {
            fail_msg("wanted %s, got nothing", wanted);
        }
        world_client_poll(world);
    }
}

const struct world_message *world_await(struct world *world, enum world_session session,
                                        const char *wanted)
{
    uint64_t end = now_ms() + WORLD_AWAIT_MS;
    size_t at = 0;
    for (;;) {
        for (; at < world->count; at++) {
            if (world->messages[at].session == session && holds(&world->messages[at], wanted)) {
                return &world->messages[at];
            }
        }
        if (now_ms() > end) {
            fail_msg("wanted %s, and it never came", wanted);
        }
        world_client_poll(world);
    }
}

size_t world_count(const struct world *world, enum world_session session, const char *wanted)
{
    size_t count = 0;
    for (size_t at = 0; at < world->count; at++) {
        count += world->messages[at].session == session && holds(&world->messages[at], wanted);
    }
    return count;
}
