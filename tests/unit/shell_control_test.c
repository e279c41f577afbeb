/* The control socket at an engine without a store: requests of every kind and shape, and
 * that each has one answer. */
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

static bool none_get(void *context, uint32_t table, struct span key, struct span *value)
{
    (void)context;
    (void)table;
    (void)key;
    (void)value;
    return false;
}

static bool none_next(void *context, uint32_t table, struct span from, struct span *key,
                      struct span *value)
{
    (void)context;
    (void)table;
    (void)from;
    (void)key;
    (void)value;
    return false;
}

static bool none_last(void *context, uint32_t table, struct span *key, struct span *value)
{
    (void)context;
    (void)table;
    (void)key;
    (void)value;
    return false;
}

static const struct reader empty = {
    .get = none_get, .seek = none_next, .after = none_next, .last = none_last};

static void configure(struct desk *desk)
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

static void start(struct desk *desk)
{
    char error[ENGINE_TEXT_BYTES_MAX + 1];
    memset(&desk->engine, 0, sizeof(desk->engine));
    assert_null(engine_start(&desk->engine, &desk->config, &desk->turn, &empty, 1,
                             desk->now.engine_ns, error));
}

static void open_client(struct desk *desk, struct zeromq_socket *client)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER};
    assert_int_equal(STATUS_OK, zeromq_socket_open(&desk->zeromq, &options, client, error));
    assert_int_equal(STATUS_OK, zeromq_connect(client, "inproc://control", error));
}

static int with_desk(void **state)
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

static int without_desk(void **state)
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
static void turn(struct desk *desk)
{
    engine_turn_begin(&desk->engine, &empty, desk->now.engine_ns);
    assert_int_equal(STATUS_OK, control_step(&desk->control, &desk->engine));
    desk->taken = desk->control.answers_count;
    (void)engine_turn_end(&desk->engine);
    desk->releases += desk->turn.releases.count;
    control_release(&desk->control);
    assert_int_equal(0, desk->control.answers_count);
}

static void send_frames(struct desk *desk, const struct span *frames, uint32_t count)
{
    struct zeromq_poll item = {.socket = &desk->client, .want_write = true};
    assert_int_equal(STATUS_OK, zeromq_poll(&item, 1, WAIT_MS));
    assert_int_equal(STATUS_OK, zeromq_send(&desk->client, frames, count));
}

/* The next answer, its first frame in desk->row. */
static bool answer(struct desk *desk)
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

static bool ask(struct desk *desk, const char *request)
{
    struct span frame = span_text(request);
    send_frames(desk, &frame, 1);
    return answer(desk);
}

static const char *member(const struct desk *desk, const char *name)
{
    const char *value = json_flat_find(&desk->row, name);
    return value != NULL ? value : "(none)";
}

static void read_row(struct desk *desk, uint32_t frame)
{
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    assert_true(frame < desk->frames.count);
    assert_true(json_flat_read(desk->frames.list[frame], &desk->row, error));
}

/* The row of session `number` now. */
static void list_row(struct desk *desk, uint32_t number)
{
    assert_true(ask(desk, "{\"command\":\"session.list\"}"));
    read_row(desk, number + 1);
}

/* --- Tests --------------------------------------------------------------------------- */

static void list_has_a_row_for_each_session(void **state)
{
    struct desk *desk = *state;
    assert_true(ask(desk, "{\"command\":\"session.list\"}"));
    assert_string_equal("3 sessions", member(desk, "answer"));
    assert_int_equal(1 + SESSIONS, desk->frames.count);
    read_row(desk, 1);
    assert_string_equal("FIX.4.4:FIXGATE->ALPHA", member(desk, "session"));
    assert_string_equal("initiator", member(desk, "type"));
    assert_string_equal("DISCONNECTED", member(desk, "state"));
    assert_string_equal("1", member(desk, "seq_in_next"));
    assert_string_equal("fix.alpha.example:9001", member(desk, "address"));
    assert_string_equal("1", member(desk, "endpoint"));
    assert_string_equal("2", member(desk, "endpoints"));
    assert_string_equal("20261121-08:00:00", member(desk, "next_try"));
    assert_string_equal("true", member(desk, "in_session_time"));
    assert_string_equal("(none)", member(desk, "next_change"));
    read_row(desk, 3);
    assert_string_equal("acceptor", member(desk, "type"));
    assert_string_equal("*:5001", member(desk, "address"));
    assert_string_equal("(none)", member(desk, "endpoint"));
}

static void a_row_tells_where_it_connects_to_also_by_ipv6(void **state)
{
    struct desk *desk = *state;
    desk->engine.links[0].endpoint = 1;
    desk->engine.links[0].connecting = true;
    list_row(desk, 0);
    assert_string_equal("[::1]:9002", member(desk, "address"));
    assert_string_equal("2", member(desk, "endpoint"));
    assert_string_equal("CONNECTING", member(desk, "state"));
    assert_string_equal("", member(desk, "next_try"));
    desk->listen.host = "10.0.0.1";
    list_row(desk, 2);
    assert_string_equal("10.0.0.1:5001", member(desk, "address"));
}

static void daily(struct desk *desk, uint32_t start_hour, uint32_t end_hour)
{
    desk->sessions[0].schedule = (struct schedule){.kind = SCHEDULE_DAILY,
                                                   .weekdays = SCHEDULE_EVERY_DAY,
                                                   .start = {.second = start_hour * 3600},
                                                   .end = {.second = end_hour * 3600}};
}

static void a_row_tells_when_the_sessions_time_ends_or_begins(void **state)
{
    struct desk *desk = *state;
    daily(desk, 6, 18);
    start(desk);
    list_row(desk, 0);
    assert_string_equal("DISCONNECTED", member(desk, "state"));
    assert_string_equal("true", member(desk, "in_session_time"));
    assert_string_equal("20261121-18:00:00", member(desk, "next_change"));
    assert_string_equal("20261121-06:00:00", member(desk, "day_begin"));
    daily(desk, 9, 18);
    start(desk);
    list_row(desk, 0);
    assert_string_equal("OFF_SCHEDULE", member(desk, "state"));
    assert_string_equal("false", member(desk, "in_session_time"));
    assert_string_equal("20261121-09:00:00", member(desk, "next_change"));
    assert_string_equal("", member(desk, "next_try"));
    daily(desk, 6, 8); /* It ends at this very instant. */
    start(desk);
    list_row(desk, 0);
    assert_string_equal("OFF_SCHEDULE", member(desk, "state"));
    assert_string_equal("20261122-06:00:00", member(desk, "next_change"));
}

static void a_logon_window_within_the_day_counts_not_the_day(void **state)
{
    struct desk *desk = *state;
    static const struct {
        uint32_t logon;
        uint32_t logout;
        const char *in_time;
        const char *change;
    } cases[] = {
        {7, 9, "true", "20261121-09:00:00"},
        {9, 17, "false", "20261121-09:00:00"},
        {7, 8, "false", "20261122-07:00:00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        daily(desk, 6, 18);
        struct schedule *schedule = &desk->sessions[0].schedule;
        schedule->has_logon_window = true;
        schedule->logon.second = cases[i].logon * 3600;
        schedule->logout.second = cases[i].logout * 3600;
        start(desk);
        list_row(desk, 0);
        assert_string_equal(cases[i].in_time, member(desk, "in_session_time"));
        assert_string_equal(cases[i].change, member(desk, "next_change"));
    }
}

static void the_longest_rows_of_all_sessions_fit_one_answer(void **state)
{
    struct desk *desk = *state;
    static char id[CONFIG_SESSION_ID_BYTES_MAX + 1];
    static char broker[ENGINE_NAME_BYTES_MAX + 1];
    static char host[256];
    memset(id, 1, sizeof(id) - 1);
    memset(broker, 2, sizeof(broker) - 1);
    memset(host, 3, sizeof(host) - 1);
    host[0] = ':';
    desk->broker.name = broker;
    desk->endpoints[0].host = host;
    desk->config.sessions_count = ENGINE_SESSIONS_MAX;
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX; i++) {
        desk->sessions[i].id = id;
        desk->sessions[i].role = ROLE_MARKETDATA;
        desk->sessions[i].fix.acceptor = false;
        desk->sessions[i].endpoints_count = UINT32_MAX;
        desk->sessions[i].has_reset_time = true;
    }
    daily(desk, 9, 18);
    for (uint32_t i = 1; i < ENGINE_SESSIONS_MAX; i++) {
        desk->sessions[i].schedule = desk->sessions[0].schedule;
    }
    start(desk);
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX; i++) {
        struct link *link = &desk->engine.links[i];
        link->tries = UINT32_MAX;
        link->session.seq_in_next = link->session.seq_out_next = UINT64_MAX;
        link->open_count = link->unacked_count = link->backlog_bytes = UINT64_MAX;
        link->session.resend_next = UINT64_MAX - 1;
        link->session.resend_end = UINT64_MAX;
    }
    assert_true(ask(desk, "{\"command\":\"session.list\"}"));
    assert_int_equal(1 + ENGINE_SESSIONS_MAX, desk->frames.count);
    for (uint32_t i = 1; i <= ENGINE_SESSIONS_MAX; i++) {
        read_row(desk, i);
        assert_string_equal(id, member(desk, "session"));
        assert_string_equal(broker, member(desk, "broker"));
        assert_string_equal("20261121-09:00:00", member(desk, "next_change"));
        assert_string_equal("18446744073709551614", member(desk, "resending"));
    }
}

static void a_command_is_carried_out_and_answered_in_the_engines_words(void **state)
{
    struct desk *desk = *state;
    assert_true(ask(desk, "{\"command\":\"session.logoff\",\"session\":\"FIX.4.4:FIXGATE->BETA\","
                          "\"operator\":\"jane\"}"));
    assert_string_equal("it stays logged off until LOGON", member(desk, "answer"));
    assert_true(desk->engine.links[1].down);
    list_row(desk, 1);
    assert_string_equal("LOGGED_OFF", member(desk, "state"));
    assert_string_equal("true", member(desk, "down"));
    assert_string_equal("", member(desk, "next_try"));
    assert_false(ask(desk, "{\"command\":\"session.test\",\"session\":\"FIX.4.4:FIXGATE->BETA\","
                           "\"operator\":\"jane\"}"));
    assert_string_equal("it is not logged on", member(desk, "answer"));
}

static void a_reset_over_open_orders_wants_confirm_to_be_true(void **state)
{
    struct desk *desk = *state;
#define RESET(more)                                                                                \
    "{\"command\":\"session.reset\",\"session\":\"FIX.4.4:FIXGATE->BETA\",\"operator\":"           \
    "\"jane\"" more "}"
    desk->engine.links[1].open_count = 2;
    desk->engine.links[1].session.seq_out_next = 7;
    assert_false(ask(desk, RESET("")));
    assert_non_null(strstr(member(desk, "answer"), "2 orders are open"));
    assert_false(ask(desk, RESET(",\"confirm\":false")));
    assert_non_null(strstr(member(desk, "answer"), "2 orders are open"));
    assert_false(ask(desk, RESET(",\"confirm\":1")));
    assert_non_null(strstr(member(desk, "answer"), "2 orders are open"));
    assert_false(ask(desk, RESET(",\"confirm\":null")));
    assert_string_equal("'confirm' is null: leave it out", member(desk, "answer"));
    assert_int_equal(7, desk->engine.links[1].session.seq_out_next);
    assert_true(ask(desk, RESET(",\"confirm\":true")));
    assert_int_equal(1, desk->engine.links[1].session.seq_out_next);
#undef RESET
}

static void wrong_requests_are_refused_by_name_and_change_nothing(void **state)
{
    struct desk *desk = *state;
#define BETA "\"session\":\"FIX.4.4:FIXGATE->BETA\""
    static const struct {
        const char *request;
        const char *reason;
    } cases[] = {
        {"", "send one frame"}, /* An empty frame is a delimiter. */
        {"hello", "no flat JSON object"},
        {"[]", "not a JSON object"},
        {"{}", "'command' is missing"},
        {"{\"command\":5}", "there is no command '5'"},
        {"{\"command\":null}", "there is no command 'null'"},
        {"{\"command\":\"session.list \"}", "`fixgate ctl --help` names them all"},
        {"{\"command\":\"session.list0123456789012345678901234567890123456789012345678901234\"}",
         "there is no command 'session.list0123456789"},
        {"{\"command\":\"\\u001b[2J\"}", "there is no command"},
        {"{\"command\":\"session.list\",\"command\":\"session.list\"}", "duplicate"},
        {"{\"command\":\"session.list\",\"session\":\"x\"}", "session.list knows no 'session'"},
        {"{\"command\":\"session.list\",\"colour\":1}", "session.list knows no 'colour'"},
        {"{\"command\":\"session.logoff\",\"operator\":\"jane\"}", "'session' is missing"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"jane\",\"key\":7}",
         "'key' must be text"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"jane\",\"key\":\"\"}",
         "1 to 64 bytes"},
        {"{\"command\":\"session.logoff\"," BETA "}", "'operator' is missing"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"engine\"}", "the gateway itself"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":5}", "'operator' must be text"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"\"}", "printable ASCII"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\" jane\"}", "printable ASCII"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"jane\\u000135=8\"}",
         "printable ASCII"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"j\\n2026 ok\"}",
         "printable ASCII"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"j\\u00f6rg\"}",
         "printable ASCII"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"0123456789012345678901234567890"
         "123456789012345678901234567890123\"}",
         "1 to 63 bytes"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"jane\",\"confirm\":true}",
         "session.logoff knows no 'confirm'"},
        {"{\"command\":\"session.logoff\"," BETA ",\"operator\":\"jane\",\"Operator\":\"x\"}",
         "session.logoff knows no 'Operator'"},
        {"{\"command\":{\"command\":{}}}", "'command'"},
    };
#undef BETA
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_false(ask(desk, cases[i].request));
        if (strstr(member(desk, "answer"), cases[i].reason) == NULL) {
            fail_msg("%s is answered: %s", cases[i].request, member(desk, "answer"));
        }
        assert_int_equal(0, desk->releases);
        assert_false(desk->engine.links[1].down);
    }
    list_row(desk, 1);
    assert_string_equal("FIX.4.4:FIXGATE->BETA", member(desk, "session"));
}

/* The request was right, so that it stands in the audit. */
static void a_session_that_is_not_there_is_refused_and_recorded(void **state)
{
    struct desk *desk = *state;
    static const char *const requests[] = {
        "{\"command\":\"session.logoff\",\"session\":\"BETA\",\"operator\":\"jane\"}",
        "{\"command\":\"session.logoff\",\"session\":7,\"operator\":\"jane\"}"};
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        assert_false(ask(desk, requests[i]));
        assert_non_null(strstr(member(desk, "answer"), "not one of this gateway"));
        assert_int_equal(i + 1, desk->engine.audit.count);
    }
}

static void more_arguments_than_any_command_takes_are_refused(void **state)
{
    struct desk *desk = *state;
    char request[1024];
    int size = snprintf(request, sizeof(request), "{\"command\":\"session.list\"");
    for (int i = 0; i <= COMMAND_ARGUMENTS_MAX; i++) {
        size += snprintf(request + size, sizeof(request) - (size_t)size, ",\"a%d\":%d", i, i);
    }
    (void)snprintf(request + size, sizeof(request) - (size_t)size, "}");
    assert_false(ask(desk, request));
    assert_string_equal("there are more than 24 arguments", member(desk, "answer"));
}

static void without_operators_in_the_configuration_everybody_may_do_everything(void **state)
{
    struct desk *desk = *state;
    assert_true(ask(desk, "{\"command\":\"audit.verify\"}"));
    assert_string_equal("all 0 entries fit", member(desk, "answer"));
}

static void operators_of_the_configuration_have_their_roles_and_others_none(void **state)
{
    struct desk *desk = *state;
    static const struct operator_config operators[] = {
        {.name = "jane", .may = MAY_VIEW | MAY_OPERATE},
        {.name = "kim", .may = MAY_VIEW, .public_key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"},
        {.name = "vic", .may = MAY_VIEW}};
    desk->control.operators = operators;
    desk->control.operators_count = ARRAY_LEN(operators);
#define LOGOFF(name)                                                                               \
    "{\"command\":\"session.logoff\",\"session\":\"FIX.4.4:FIXGATE->BETA\",\"operator\":\"" name   \
    "\"}"
    assert_false(ask(desk, LOGOFF("vic")));
    assert_string_equal("vic may not do that: it needs the role operate", member(desk, "answer"));
    assert_false(ask(desk, LOGOFF("eve")));
    assert_string_equal("'eve' is no operator of this gateway: its [OPERATOR] sections name them",
                        member(desk, "answer"));
    assert_false(ask(desk, "{\"command\":\"session.list\"}"));
    assert_string_equal("'operator' is missing: it needs the role view", member(desk, "answer"));
    assert_false(ask(desk, "{\"command\":\"session.list\",\"operator\":\"kim\"}"));
    assert_string_equal("'kim' has a PublicKey: he must ask by ControlSecureEndpoint, with it",
                        member(desk, "answer"));
    assert_false(desk->engine.links[1].down);
    assert_true(ask(desk, LOGOFF("jane")));
    assert_true(ask(desk, "{\"command\":\"session.list\",\"operator\":\"vic\"}"));
#undef LOGOFF
}

static void a_row_that_is_too_long_has_its_words_cut(void **state)
{
    struct desk *desk = *state;
    static char words[4096];
    static struct control_answer answer;
    struct command_field fields[COMMAND_FIELDS_MAX];
    struct control_asked asked = {
        .control = &desk->control, .engine = &desk->engine, .answer = &answer};
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    memset(words, 1, sizeof(words));
    for (uint32_t i = 0; i < ARRAY_LEN(fields); i++) {
        static char names[ARRAY_LEN(fields)][33];
        (void)snprintf(names[i], sizeof(names[i]), "field_with_quite_a_long_name__%02u", i);
        fields[i] = (struct command_field){
            .name = names[i], .kind = FIELD_WORDS, .words = span_of(words, sizeof(words))};
    }
    assert_true(control_row(&asked, fields, ARRAY_LEN(fields)));
    assert_true(json_flat_read(answer.rows[0], &desk->row, error));
    assert_int_equal(ARRAY_LEN(fields), desk->row.count);
    assert_int_equal(24, strlen(desk->row.list[0].value));
}

static void rows_beyond_the_room_of_an_answer_are_refused(void **state)
{
    struct desk *desk = *state;
    static struct control_answer answer;
    struct control_asked asked = {
        .control = &desk->control, .engine = &desk->engine, .answer = &answer};
    static char words[200];
    struct command_field fields[] = {
        {.name = "n", .kind = FIELD_NUMBER, .number = UINT64_MAX},
        {.name = "d", .kind = FIELD_DECIMAL, .decimal = {.units = -150000000}},
        {.name = "t", .kind = FIELD_TRUTH, .number = 1},
        {.name = "w", .kind = FIELD_WORDS, .words = span_of(words, sizeof(words))}};
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    memset(words, 1, sizeof(words));
    uint32_t rows = 0;
    while (control_row(&asked, fields, ARRAY_LEN(fields))) {
        rows += 1;
    }
    assert_int_equal(CONTROL_ROWS_MAX, rows);
    assert_true(json_flat_read(answer.rows[255], &desk->row, error));
    assert_string_equal("18446744073709551615", member(desk, "n"));
    assert_string_equal("-1.5", member(desk, "d"));
    assert_true(json_flat_true(&desk->row, "t"));
    memset(&answer, 0, sizeof(answer));
    static char long_words[1024];
    memset(long_words, 1, sizeof(long_words));
    fields[3].words = span_of(long_words, sizeof(long_words));
    for (rows = 0; control_row(&asked, fields, ARRAY_LEN(fields)); rows++) {
    }
    assert_in_range(rows, 60, CONTROL_ROWS_MAX - 1);
}

static void an_operators_name_of_63_bytes_is_taken(void **state)
{
    struct desk *desk = *state;
    assert_true(ask(desk, "{\"command\":\"session.logoff\",\"session\":\"FIX.4.4:FIXGATE->BETA\","
                          "\"operator\":\"Jane Doe 0123456789012345678901234567890123456789012345"
                          "67890123\"}"));
}

static void a_request_that_is_too_long_or_in_pieces_is_told_so(void **state)
{
    struct desk *desk = *state;
    static char bytes[1024 * 1024];
    static const size_t sizes[] = {CONTROL_REQUEST_BYTES_MAX, CONTROL_REQUEST_BYTES_MAX + 1,
                                   sizeof(bytes)};
    static const char *const reasons[] = {"no flat JSON", "longer than 4096", "longer than 4096"};
    memset(bytes, ' ', sizeof(bytes));
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct span frame = span_of(bytes, sizes[i]);
        send_frames(desk, &frame, 1);
        assert_false(answer(desk));
        assert_non_null(strstr(member(desk, "answer"), reasons[i]));
    }
    static struct span many[ZEROMQ_FRAMES_MAX + 8];
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = span_text("{\"command\":\"session.list\"}");
    }
    static const uint32_t counts[] = {2, 3, ZEROMQ_FRAMES_MAX - 1, ARRAY_LEN(many)};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        send_frames(desk, many, counts[i]);
        assert_false(answer(desk));
        assert_non_null(strstr(member(desk, "answer"), "one frame"));
    }
}

static void the_delimiter_of_a_req_client_comes_back(void **state)
{
    struct desk *desk = *state;
    struct span frames[] = {span_of(NULL, 0), span_text("{\"command\":\"session.list\"}")};
    send_frames(desk, frames, 2);
    assert_true(answer(desk));
    assert_int_equal(2 + SESSIONS, desk->frames.count);
    assert_int_equal(0, desk->frames.list[0].size);
}

static void ten_thousand_requests_in_a_row_are_each_answered_a_few_per_turn(void **state)
{
    struct desk *desk = *state;
    struct span request = span_text("{\"command\":\"session.list\"}");
    unsigned sent = 0;
    unsigned answered = 0;
    while (answered < 10000) {
        while (sent < 10000 && sent - answered < CONTROL_UNREAD_MAX &&
               zeromq_send(&desk->client, &request, 1) == STATUS_OK) {
            sent += 1;
        }
        turn(desk);
        assert_in_range(desk->taken, 0, CONTROL_REQUESTS_MAX);
        while (zeromq_receive(&desk->client, &desk->frames) == STATUS_OK) {
            assert_int_equal(1 + SESSIONS, desk->frames.count);
            answered += 1;
        }
    }
    assert_int_equal(10000, sent);
    assert_false(control_pending(&desk->control));
}

static void who_never_reads_loses_answers_and_holds_up_nobody(void **state)
{
    struct desk *desk = *state;
    struct zeromq_socket deaf;
    struct span request = span_text("{\"command\":\"session.list\"}");
    open_client(desk, &deaf);
    unsigned sent = 0;
    /* Its requests are taken as ever, and never fill anything. */
    for (unsigned looks = 0; sent < 2000 && looks < 20000; looks++) {
        sent += zeromq_send(&deaf, &request, 1) == STATUS_OK ? 1 : 0;
        turn(desk);
    }
    assert_int_equal(2000, sent);
    assert_true(ask(desk, "{\"command\":\"session.list\"}"));
    unsigned kept = 0;
    while (zeromq_receive(&deaf, &desk->frames) == STATUS_OK) {
        assert_int_equal(1 + SESSIONS, desk->frames.count);
        kept += 1;
    }
    assert_in_range(kept, 1, 2000 - 1);
    zeromq_socket_close(&deaf);
}

static void the_answer_to_who_has_gone_is_lost_in_silence(void **state)
{
    struct desk *desk = *state;
    struct span request = span_text("{\"command\":\"session.list\"}");
    for (unsigned i = 0; i < 20; i++) {
        struct zeromq_socket hasty;
        open_client(desk, &hasty);
        assert_int_equal(STATUS_OK, zeromq_send(&hasty, &request, 1));
        zeromq_socket_close(&hasty);
    }
    for (unsigned looks = 0; looks < LOOKS_MAX; looks++) {
        turn(desk);
    }
    list_row(desk, 0);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, with_desk, without_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(list_has_a_row_for_each_session),
        DESK_TEST(a_row_tells_where_it_connects_to_also_by_ipv6),
        DESK_TEST(a_row_tells_when_the_sessions_time_ends_or_begins),
        DESK_TEST(a_logon_window_within_the_day_counts_not_the_day),
        DESK_TEST(the_longest_rows_of_all_sessions_fit_one_answer),
        DESK_TEST(a_command_is_carried_out_and_answered_in_the_engines_words),
        DESK_TEST(a_reset_over_open_orders_wants_confirm_to_be_true),
        DESK_TEST(wrong_requests_are_refused_by_name_and_change_nothing),
        DESK_TEST(a_session_that_is_not_there_is_refused_and_recorded),
        DESK_TEST(more_arguments_than_any_command_takes_are_refused),
        DESK_TEST(without_operators_in_the_configuration_everybody_may_do_everything),
        DESK_TEST(operators_of_the_configuration_have_their_roles_and_others_none),
        DESK_TEST(a_row_that_is_too_long_has_its_words_cut),
        DESK_TEST(rows_beyond_the_room_of_an_answer_are_refused),
        DESK_TEST(an_operators_name_of_63_bytes_is_taken),
        DESK_TEST(a_request_that_is_too_long_or_in_pieces_is_told_so),
        DESK_TEST(the_delimiter_of_a_req_client_comes_back),
        DESK_TEST(ten_thousand_requests_in_a_row_are_each_answered_a_few_per_turn),
        DESK_TEST(who_never_reads_loses_answers_and_holds_up_nobody),
        DESK_TEST(the_answer_to_who_has_gone_is_lost_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
