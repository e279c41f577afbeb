/* The real loop with its engine and store in a thread, between an OMS and four brokers
 * that the test plays itself, over real sockets: it connects to ALPHA and BETA, and lets
 * GAMMA and DELTA in on one port. Text has '|' for SOH. */
#ifndef TESTS_UNIT_LOOP_FIXTURE_H
#define TESTS_UNIT_LOOP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fix/dictionary_loader.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/tables.h"
#include "gateway/shell/loop.h"
#include "gateway/shell/signals.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    WAIT_MS_MAX = 10000,
    FIXTURE_BROKERS = 4,
    FIXTURE_FIRST_PEER = 2, /* From here on they connect to us. */
    FIXTURE_GAMMA = 2,
    FIXTURE_DELTA = 3,
    FIXTURE_LOGON_TIMEOUT_MS = 1000,
    FIXTURE_TEXT_MAX = 128 * 1024,
};

#define SECOND_NS UINT64_C(1000000000)

/* One broker's end: the simplest of sessions. */
struct broker_end {
    int listener; /* -1: connects. */
    int line;     /* -1: none. */
    uint32_t seq_out;
    char target[16];
    size_t used;
    char bytes[FIXTURE_TEXT_MAX];
};

struct fixture {
    char directory[64];
    struct dictionary *dictionary;
    struct broker_config brokers[FIXTURE_BROKERS];
    struct engine_session_config sessions[FIXTURE_BROKERS];
    struct engine_config engine;
    struct tcp_config endpoints[FIXTURE_BROKERS];
    struct connection_config connections[FIXTURE_BROKERS];
    struct listen_config listener;
    struct store *store;
    uint64_t reserve_bytes; /* Of the store; huge = no room for orders. */
    struct zeromq zeromq;
    struct log log;
    struct loop *loop;
    pthread_t thread;
    bool running;
    enum status ended;
    char error[LOOP_ERROR_BYTES_MAX];
    int signals_fd;
    struct broker_end broker[FIXTURE_BROKERS];
    struct zeromq_socket oms;
    struct zeromq_socket bus;
    struct zeromq_frames frames;
    char text[FIXTURE_TEXT_MAX]; /* The last message read. */
};

/* --- The gateway's end ------------------------------------------------------ */

static inline struct dictionary *fixture_dictionary(void)
{
    const char *paths[] = {"dictionaries/FIX44.xml", "dictionaries/FIX44-internal.xml"};
    struct dictionary_source sources[2];
    static char xml[2][2 << 20];
    char error[DICTIONARY_ERROR_BYTES_MAX];
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(paths[i], "r");
        assert_non_null(file);
        size_t size = fread(xml[i], 1, sizeof(xml[i]), file);
        (void)fclose(file);
        sources[i] = (struct dictionary_source){.name = paths[i], .xml = span_of(xml[i], size)};
    }
    struct dictionary *dictionary = dictionary_load(sources, 2, error);
    assert_non_null(dictionary);
    return dictionary;
}

static inline void fixture_listen(struct fixture *fixture, uint32_t number)
{
    struct broker_end *broker = &fixture->broker[number];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    int small = 4096;
    broker->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(broker->listener >= 0);
    /* A small window, so that a broker that does not read is felt soon. */
    (void)setsockopt(broker->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(0, bind(broker->listener, (const struct sockaddr *)&address, size));
    assert_int_equal(0, listen(broker->listener, 4));
    assert_int_equal(0, getsockname(broker->listener, (struct sockaddr *)&address, &size));
    fixture->endpoints[number] = (struct tcp_config){.host = "127.0.0.1",
                                                     .port = ntohs(address.sin_port),
                                                     .nodelay = true,
                                                     .connect_timeout_ns = SECOND_NS};
    fixture->connections[number] =
        (struct connection_config){.endpoints = &fixture->endpoints[number], .endpoints_count = 1};
}

static inline void fixture_configure(struct fixture *fixture)
{
    static const char *const names[FIXTURE_BROKERS] = {"ALPHA", "BETA", "GAMMA", "DELTA"};
    static const char *const ids[FIXTURE_BROKERS] = {
        "FIX.4.4:FIXGATE->ALPHA", "FIX.4.4:FIXGATE->BETA", "FIX.4.4:FIXGATE->GAMMA",
        "FIX.4.4:FIXGATE->DELTA"};
    fixture->dictionary = fixture_dictionary();
    for (uint32_t i = 0; i < FIXTURE_BROKERS; i++) {
        fixture->brokers[i] =
            (struct broker_config){.name = names[i], .weight = i % 2 == 0 ? 1 : 0};
        struct engine_session_config *session = &fixture->sessions[i];
        *session = (struct engine_session_config){
            .id = ids[i],
            .fix = session_config_default(),
            .role = ROLE_ORDERS,
            .broker = i,
            .endpoints_count = 1,
            .endpoint_tries = 1,
            .reconnect_interval_ns = SECOND_NS / 10,
            .reconnect_interval_max_ns = SECOND_NS / 10,
            .persist_messages = true,
            .backlog_bytes_high = 64 * 1024,
            .backlog_bytes_max = 256 * 1024,
        };
        session->fix.begin_string = "FIX.4.4";
        session->fix.sender_comp_id = "FIXGATE";
        session->fix.target_comp_id = names[i];
        session->fix.heart_bt_int_seconds = 30;
        session->fix.dictionary = fixture->dictionary;
        (void)snprintf(fixture->broker[i].target, sizeof(fixture->broker[i].target), "%s",
                       names[i]);
        session->fix.acceptor = i >= FIXTURE_FIRST_PEER;
        fixture->broker[i].line = -1;
        fixture->broker[i].listener = -1;
        if (!session->fix.acceptor) {
            fixture_listen(fixture, i);
        }
    }
    fixture->listener = (struct listen_config){
        .host = "127.0.0.1",
        .reuse_address = true,
        .logon_timeout_ns = FIXTURE_LOGON_TIMEOUT_MS * (SECOND_NS / 1000),
        .tcp = {.nodelay = true},
    };
    fixture->engine = (struct engine_config){
        .comp_id = "FIXGATE",
        .brokers = fixture->brokers,
        .brokers_count = FIXTURE_BROKERS,
        .sessions = fixture->sessions,
        .sessions_count = FIXTURE_BROKERS,
        .dictionary = fixture->dictionary,
        .bus_heartbeat_ns = SECOND_NS / 5,
    };
}

static inline void fixture_open_store(struct fixture *fixture)
{
    static const char *tables[TABLE_OUT + FIXTURE_BROKERS];
    static char names[FIXTURE_BROKERS][64];
    static char path[96];
    for (uint32_t i = 0; i < TABLE_OUT; i++) {
        tables[i] = table_name((enum table)i);
    }
    for (uint32_t i = 0; i < FIXTURE_BROKERS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "out/%s", fixture->sessions[i].id);
        tables[TABLE_OUT + i] = names[i];
    }
    (void)snprintf(path, sizeof(path), "%s/store", fixture->directory);
    struct store_config config = {
        .path = path,
        .durability = STORE_PROCESS,
        .tables = tables,
        .tables_count = ARRAY_LEN(tables),
        .instance_id = UINT64_C(0x1122334455667788),
        .reserve_bytes = fixture->reserve_bytes,
    };
    assert_int_equal(STATUS_OK, store_open(&config, &fixture->store, fixture->error));
    fixture->engine.instance_id = store_instance_id(fixture->store);
}

static inline void *fixture_run(void *argument)
{
    struct fixture *fixture = argument;
    fixture->ended = loop_run(fixture->loop, fixture->error);
    return NULL;
}

static inline void fixture_start(struct fixture *fixture)
{
    struct loop_config config = {
        .engine = &fixture->engine,
        .connections = fixture->connections,
        .listeners = &fixture->listener,
        .listeners_count = 1,
        .order_entry_endpoint = "inproc://orders",
        .bus_endpoint = "inproc://bus",
        .zeromq = &fixture->zeromq,
        .store = fixture->store,
        .log = &fixture->log,
        .signals_fd = fixture->signals_fd,
    };
    assert_int_equal(STATUS_OK, loop_open(&config, &fixture->loop, fixture->error));
    assert_int_equal(0, pthread_create(&fixture->thread, NULL, fixture_run, fixture));
    fixture->running = true;
}

static inline void fixture_join(struct fixture *fixture)
{
    if (fixture->running) {
        (void)pthread_join(fixture->thread, NULL);
        loop_close(fixture->loop);
        fixture->running = false;
    }
}

static inline void fixture_open_client(struct fixture *fixture, enum zeromq_kind kind,
                                       const char *endpoint, struct zeromq_socket *socket)
{
    struct zeromq_options options = {.kind = kind};
    char error[ZEROMQ_ERROR_BYTES_MAX];
    assert_int_equal(STATUS_OK, zeromq_socket_open(&fixture->zeromq, &options, socket, error));
    assert_int_equal(STATUS_OK, zeromq_connect(socket, endpoint, error));
}

static inline int fixture_setup_with(void **state, uint64_t reserve_bytes)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->reserve_bytes = reserve_bytes;
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/fixgate-loop-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    struct log_config log_config = {.level = SEVERITY_ERROR};
    if (getenv("FIXGATE_TEST_LOG") != NULL) {
        log_config.level = SEVERITY_DEBUG;
    }
    assert_int_equal(STATUS_OK, log_open(&fixture->log, &log_config));
    assert_int_equal(STATUS_OK, signals_open(&fixture->signals_fd));
    assert_int_equal(STATUS_OK, zeromq_open(&fixture->zeromq));
    fixture_configure(fixture);
    fixture_open_store(fixture);
    fixture_start(fixture);
    fixture_open_client(fixture, ZEROMQ_DEALER, "inproc://orders", &fixture->oms);
    fixture_open_client(fixture, ZEROMQ_SUB, "inproc://bus", &fixture->bus);
    *state = fixture;
    return 0;
}

static inline int fixture_setup(void **state)
{
    return fixture_setup_with(state, 0);
}

static inline int fixture_setup_without_room(void **state)
{
    return fixture_setup_with(state, UINT64_C(1) << 60);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 0; i < FIXTURE_BROKERS; i++) {
        if (fixture->broker[i].line >= 0) {
            (void)close(fixture->broker[i].line);
        }
        if (fixture->broker[i].listener >= 0) {
            (void)close(fixture->broker[i].listener);
        }
    }
    if (fixture->running) {
        (void)kill(getpid(), SIGTERM);
        fixture_join(fixture);
    }
    zeromq_frames_release(&fixture->frames);
    zeromq_socket_close(&fixture->oms);
    zeromq_socket_close(&fixture->bus);
    zeromq_close(&fixture->zeromq);
    store_close(fixture->store);
    (void)signals_take(fixture->signals_fd);
    signals_close(fixture->signals_fd);
    log_close(&fixture->log, 0);
    dictionary_free(fixture->dictionary);
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", fixture->directory);
    int removed = system(command);
    free(fixture);
    return removed;
}

/* --- The broker's end ------------------------------------------------------- */

static inline void broker_say(struct fixture *fixture, uint32_t number, const char *msg_type,
                              const char *body)
{
    struct broker_end *broker = &fixture->broker[number];
    char now[32];
    char inner[4096];
    char whole[4300];
    time_t seconds = time(NULL);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(now, sizeof(now), "%Y%m%d-%H:%M:%S", &parts);
    broker->seq_out++;
    int inner_size = snprintf(inner, sizeof(inner), "35=%s|49=%s|56=FIXGATE|34=%u|52=%s|%s",
                              msg_type, broker->target, (unsigned)broker->seq_out, now, body);
    int size = snprintf(whole, sizeof(whole), "8=FIX.4.4|9=%d|%s", inner_size, inner);
    unsigned sum = 0;
    for (int i = 0; i < size; i++) {
        whole[i] = whole[i] == '|' ? '\001' : whole[i];
        sum += (unsigned char)whole[i];
    }
    size += snprintf(whole + size, sizeof(whole) - (size_t)size, "10=%03u\001", sum % 256);
    assert_int_equal(size, send(broker->line, whole, (size_t)size, MSG_NOSIGNAL));
}

/* The value of a field in fixture->text; empty if it is not there. */
static inline const char *text_value(const char *text, const char *tag)
{
    static char value[256];
    char start[16];
    (void)snprintf(start, sizeof(start), "|%s=", tag);
    const char *found = strstr(text, start);
    value[0] = '\0';
    if (found != NULL) {
        found += strlen(start);
        span_to_text(span_of(found, strcspn(found, "|")), value, sizeof(value));
    }
    return value;
}

/* The next message of the gateway into fixture->text; false when the line ended. */
static inline bool broker_read(struct fixture *fixture, uint32_t number)
{
    struct broker_end *broker = &fixture->broker[number];
    for (;;) {
        char *end = NULL;
        for (size_t i = 0; i + 8 <= broker->used && end == NULL; i++) {
            if (memcmp(broker->bytes + i, "\00110=", 4) == 0) {
                end = broker->bytes + i + 8;
            }
        }
        if (end != NULL && (size_t)(end - broker->bytes) <= broker->used) {
            size_t size = (size_t)(end - broker->bytes);
            span_to_text(span_of(broker->bytes, size), fixture->text, sizeof(fixture->text));
            memmove(broker->bytes, end, broker->used - size);
            broker->used -= size;
            for (char *at = fixture->text; *at != '\0'; at++) {
                *at = *at == '\001' ? '|' : *at;
            }
            return true;
        }
        ssize_t got = recv(broker->line, broker->bytes + broker->used,
                           sizeof(broker->bytes) - broker->used, 0);
        if (got <= 0) {
            return false;
        }
        broker->used += (size_t)got;
    }
}

/* Reads until a message of that type has come; answers TestRequests on the way. */
static inline const char *broker_await(struct fixture *fixture, uint32_t number,
                                       const char *msg_type)
{
    for (;;) {
        assert_true(broker_read(fixture, number));
        if (strcmp(text_value(fixture->text, "35"), "1") == 0) {
            char body[300];
            (void)snprintf(body, sizeof(body), "112=%s|", text_value(fixture->text, "112"));
            broker_say(fixture, number, "0", body);
        }
        if (strcmp(text_value(fixture->text, "35"), msg_type) == 0) {
            return fixture->text;
        }
    }
}

static inline void peer_line_connect(const struct fixture *fixture, int line)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(loop_port(fixture->loop, 0)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = WAIT_MS_MAX / 1000};
    (void)setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(0, connect(line, (const struct sockaddr *)&address, sizeof(address)));
}

/* A new connection to the port of the peers. */
static inline int peer_line(const struct fixture *fixture)
{
    int line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(line >= 0);
    peer_line_connect(fixture, line);
    return line;
}

static inline void peer_connect(struct fixture *fixture, uint32_t number)
{
    struct broker_end *broker = &fixture->broker[number];
    broker->used = 0;
    broker->line = peer_line(fixture);
}

/* Connects, and goes on with the numbers of the last time. */
static inline void peer_log_on(struct fixture *fixture, uint32_t number)
{
    peer_connect(fixture, number);
    broker_say(fixture, number, "A", "98=0|108=30|");
    (void)broker_await(fixture, number, "A");
}

static inline void peer_hang_up(struct fixture *fixture, uint32_t number)
{
    (void)close(fixture->broker[number].line);
    fixture->broker[number].line = -1;
}

/* True if the line ends (and not by a reset) without a word. */
static inline bool line_ends_silently(int line)
{
    char byte;
    return recv(line, &byte, 1, 0) == 0;
}

static inline void broker_accept(struct fixture *fixture, uint32_t number)
{
    struct broker_end *broker = &fixture->broker[number];
    struct timeval limit = {.tv_sec = WAIT_MS_MAX / 1000};
    broker->used = 0;
    broker->line = accept(broker->listener, NULL, NULL);
    assert_true(broker->line >= 0);
    (void)setsockopt(broker->line, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Accepts, answers the Logon, and the TestRequest that proves the session in step. */
static inline void broker_log_on(struct fixture *fixture, uint32_t number)
{
    broker_accept(fixture, number);
    (void)broker_await(fixture, number, "A");
    broker_say(fixture, number, "A", "98=0|108=30|");
    (void)broker_await(fixture, number, "1");
}

/* --- The OMS's end ---------------------------------------------------------- */

static inline void oms_send(struct fixture *fixture, const struct span *frames, uint32_t count)
{
    struct zeromq_poll item = {.socket = &fixture->oms, .want_write = true};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS_MAX));
    assert_int_equal(STATUS_OK, zeromq_send(&fixture->oms, frames, count));
}

static inline void oms_send_text(struct fixture *fixture, const char *text)
{
    static char bytes[ENGINE_REQUEST_BYTES_MAX];
    size_t size = strlen(text);
    assert_true(size < sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? '\001' : text[i];
    }
    struct span frame = span_of(bytes, size);
    oms_send(fixture, &frame, 1);
}

static inline const struct zeromq_frames *await_message(struct fixture *fixture,
                                                        struct zeromq_socket *socket)
{
    struct zeromq_poll item = {.socket = socket};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS_MAX));
    assert_true(item.readable);
    assert_int_equal(STATUS_OK, zeromq_receive(socket, &fixture->frames));
    return &fixture->frames;
}

/* The last frame of the next reply, '|' for SOH. */
static inline const char *oms_reply(struct fixture *fixture)
{
    const struct zeromq_frames *frames = await_message(fixture, &fixture->oms);
    span_to_text(frames->list[frames->count - 1], fixture->text, sizeof(fixture->text));
    for (char *at = fixture->text; *at != '\0'; at++) {
        *at = *at == '\001' ? '|' : *at;
    }
    return fixture->text;
}

static inline const char *oms_ask(struct fixture *fixture, const char *text)
{
    oms_send_text(fixture, text);
    return oms_reply(fixture);
}

static inline void bus_subscribe(struct fixture *fixture, const char *prefix)
{
    assert_int_equal(STATUS_OK, zeromq_subscribe(&fixture->bus, span_text(prefix)));
}

/* The next event whose topic begins so; its message into fixture->text. */
static inline const char *bus_await(struct fixture *fixture, const char *topic)
{
    for (;;) {
        const struct zeromq_frames *frames = await_message(fixture, &fixture->bus);
        assert_int_equal(4, frames->count);
        assert_int_equal(8, frames->list[1].size);
        assert_int_equal(UINT64_C(0x1122334455667788), bus_seq_decode(frames->list[2]));
        if (topic_matches(frames->list[0], span_text(topic))) {
            span_to_text(frames->list[3], fixture->text, sizeof(fixture->text));
            for (char *at = fixture->text; *at != '\0'; at++) {
                *at = *at == '\001' ? '|' : *at;
            }
            return fixture->text;
        }
    }
}

#endif
