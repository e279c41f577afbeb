/* The control socket at an engine without a store, and a client of it. */
#ifndef TESTS_UNIT_CONTROL_FIXTURE_H
#define TESTS_UNIT_CONTROL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/shell/config.h"
#include "gateway/shell/control.h"

enum { SESSIONS = 3, WAIT_MS = 10000, LOOKS_MAX = 400 };

/* 2026-11-21 08:00:00 UTC, a Saturday. */
#define NOW_NS    UINT64_C(1795248000000000000)
#define SECOND_NS UINT64_C(1000000000)

struct desk {
    struct broker_config broker;
    struct engine_session_config sessions[ENGINE_SESSIONS_MAX];
    struct engine_config config;
    struct tcp_config endpoints[2];
    struct connection_config connections[ENGINE_SESSIONS_MAX];
    struct listen_config listen;
    struct listeners listeners;
    struct engine engine;
    struct turn turn;
    struct instant now;
    struct log log;
    struct zeromq zeromq;
    struct control control;
    struct zeromq_socket client;
    struct zeromq_frames frames;
    struct json_flat row;
    uint32_t taken;    /* Requests of the last turn. */
    uint64_t releases; /* Of all turns. */
};

/* --- An engine on which nothing is committed yet ------------------------------------- */

static inline bool none_get(void *context, uint32_t table, struct span key, struct span *value)
{
    (void)context;
    (void)table;
    (void)key;
    (void)value;
    return false;
}

static inline bool none_next(void *context, uint32_t table, struct span from, struct span *key,
                             struct span *value)
{
    (void)context;
    (void)table;
    (void)from;
    (void)key;
    (void)value;
    return false;
}

static inline bool none_last(void *context, uint32_t table, struct span *key, struct span *value)
{
    (void)context;
    (void)table;
    (void)key;
    (void)value;
    return false;
}

static const struct reader empty = {
    .get = none_get, .seek = none_next, .after = none_next, .last = none_last};

static inline void configure(struct desk *desk)
{
    static const char *const ids[SESSIONS] = {"FIX.4.4:FIXGATE->ALPHA", "FIX.4.4:FIXGATE->BETA",
                                              "FIX.4.4:FIXGATE->GAMMA"};
    static const char *const targets[SESSIONS] = {"ALPHA", "BETA", "GAMMA"};
    desk->broker = (struct broker_config){.name = "ALPHA", .weight = 1};
    desk->endpoints[0] = (struct tcp_config){.host = "fix.alpha.example", .port = 9001};
    desk->endpoints[1] = (struct tcp_config){.host = "::1", .port = 9002};
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX; i++) {
        struct engine_session_config *session = &desk->sessions[i];
        *session = (struct engine_session_config){.id = ids[i % SESSIONS],
                                                  .fix = session_config_default(),
                                                  .role = ROLE_ORDERS,
                                                  .endpoints_count = 2,
                                                  .endpoint_tries = 1,
                                                  .reconnect_interval_ns = SECOND_NS,
                                                  .reconnect_interval_max_ns = SECOND_NS,
                                                  .persist_messages = true,
                                                  .backlog_bytes_high = UINT64_C(65536),
                                                  .backlog_bytes_max = UINT64_C(262144)};
        session->fix.begin_string = "FIX.4.4";
        session->fix.sender_comp_id = "FIXGATE";
        session->fix.target_comp_id = targets[i % SESSIONS];
        session->fix.heart_bt_int_seconds = 30;
        desk->connections[i] =
            (struct connection_config){.endpoints = desk->endpoints, .endpoints_count = 2};
    }
    desk->sessions[2].fix.acceptor = true;
    desk->config = (struct engine_config){.comp_id = "FIXGATE",
                                          .brokers = &desk->broker,
                                          .brokers_count = 1,
                                          .sessions = desk->sessions,
                                          .sessions_count = SESSIONS,
                                          .instance_id = 1,
                                          .bus_heartbeat_ns = SECOND_NS};
    desk->listeners.count = 1;
    desk->listeners.list[0].config = &desk->listen;
    desk->listeners.list[0].port = 5001;
}

static inline void start(struct desk *desk)
{
    char error[ENGINE_TEXT_BYTES_MAX + 1];
    memset(&desk->engine, 0, sizeof(desk->engine));
    assert_null(engine_start(&desk->engine, &desk->config, &desk->turn, &empty, 1,
                             desk->now.engine_ns, error));
}

static inline void open_client(struct desk *desk, struct zeromq_socket *client)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    assert_int_equal(STATUS_OK, zeromq_socket_open(&desk->zeromq, &options, client, error));
    assert_int_equal(STATUS_OK, zeromq_connect(client, "inproc://control", error));
}

static inline int with_desk(void **state)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    configure(desk);
    desk->now.engine_ns = NOW_NS;
    start(desk);
    struct log_config log = {.level = SEVERITY_ERROR};
    assert_int_equal(STATUS_OK, log_open(&desk->log, &log));
    assert_int_equal(STATUS_OK, zeromq_open(&desk->zeromq));
    desk->control.log = &desk->log;
    desk->control.now = &desk->now;
    desk->control.connections = desk->connections;
    desk->control.listeners = &desk->listeners;
    assert_int_equal(STATUS_OK,
                     control_open(&desk->control, &desk->zeromq, "inproc://control", error));
    open_client(desk, &desk->client);
    *state = desk;
    return 0;
}

static inline int without_desk(void **state)
{
    struct desk *desk = *state;
    zeromq_frames_release(&desk->frames);
    zeromq_socket_close(&desk->client);
    control_close(&desk->control);
    zeromq_close(&desk->zeromq);
    log_close(&desk->log, 0);
    free(desk);
    return 0;
}

/* One turn of the loop, as far as the control socket is concerned. */
static inline void turn(struct desk *desk)
{
    engine_turn_begin(&desk->engine, &empty, desk->now.engine_ns);
    assert_int_equal(STATUS_OK, control_step(&desk->control, &desk->engine));
    desk->taken = desk->control.answers_count;
    (void)engine_turn_end(&desk->engine);
    desk->releases += desk->turn.releases.count;
    control_release(&desk->control);
    assert_int_equal(0, desk->control.answers_count);
}

static inline void send_frames(struct desk *desk, const struct span *frames, uint32_t count)
{
    struct zeromq_poll item = {.socket = &desk->client, .want_write = true};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS));
    assert_int_equal(STATUS_OK, zeromq_send(&desk->client, frames, count));
}

/* The next answer, its first frame in desk->row. */
static inline bool answer(struct desk *desk)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    uint32_t first = 0;
    turn(desk);
    struct zeromq_poll item = {.socket = &desk->client};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS));
    assert_true(item.readable);
    assert_int_equal(STATUS_OK, zeromq_receive(&desk->client, &desk->frames));
    first = desk->frames.list[0].size == 0 ? 1 : 0;
    assert_true(json_flat_read(desk->frames.list[first], &desk->row, error));
    assert_string_equal("20261121-08:00:00", json_flat_find(&desk->row, "time"));
    return json_flat_true(&desk->row, "ok");
}

static inline bool ask(struct desk *desk, const char *request)
{
    struct span frame = span_text(request);
    send_frames(desk, &frame, 1);
    return answer(desk);
}

static inline const char *member(const struct desk *desk, const char *name)
{
    const char *value = json_flat_find(&desk->row, name);
    return value != NULL ? value : "(none)";
}

static inline void read_row(struct desk *desk, uint32_t frame)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    assert_true(frame < desk->frames.count);
    assert_true(json_flat_read(desk->frames.list[frame], &desk->row, error));
}

/* The row of session `number` now. */
static inline void list_row(struct desk *desk, uint32_t number)
{
    assert_true(ask(desk, "{\"command\":\"session.list\"}"));
    read_row(desk, number + 1);
}

#endif
