/* The control socket: requests of every kind and shape, and that each has one answer. */
#include "tests/unit/control_fixture.h"

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
        DESK_TEST(a_command_is_carried_out_and_answered_in_the_engines_words),
        DESK_TEST(a_reset_over_open_orders_wants_confirm_to_be_true),
        DESK_TEST(wrong_requests_are_refused_by_name_and_change_nothing),
        DESK_TEST(a_session_that_is_not_there_is_refused_and_recorded),
        DESK_TEST(more_arguments_than_any_command_takes_are_refused),
        DESK_TEST(without_operators_in_the_configuration_everybody_may_do_everything),
        DESK_TEST(operators_of_the_configuration_have_their_roles_and_others_none),
        DESK_TEST(an_operators_name_of_63_bytes_is_taken),
        DESK_TEST(a_request_that_is_too_long_or_in_pieces_is_told_so),
        DESK_TEST(the_delimiter_of_a_req_client_comes_back),
        DESK_TEST(ten_thousand_requests_in_a_row_are_each_answered_a_few_per_turn),
        DESK_TEST(who_never_reads_loses_answers_and_holds_up_nobody),
        DESK_TEST(the_answer_to_who_has_gone_is_lost_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
