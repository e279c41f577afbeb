/* The rows of answers on the control socket: what those of sessions tell, and what fits. */
#include "tests/unit/control_fixture.h"

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

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, with_desk, without_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(list_has_a_row_for_each_session),
        DESK_TEST(a_row_tells_where_it_connects_to_also_by_ipv6),
        DESK_TEST(a_row_tells_when_the_sessions_time_ends_or_begins),
        DESK_TEST(a_logon_window_within_the_day_counts_not_the_day),
        DESK_TEST(the_longest_rows_of_all_sessions_fit_one_answer),
        DESK_TEST(a_row_that_is_too_long_has_its_words_cut),
        DESK_TEST(rows_beyond_the_room_of_an_answer_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
