/* `fixgate submit`: its lines, and its window against an order entry that the test
 * plays in a thread. */
#include "gateway/console/submit.h"
#include "tests/unit/shell_dictionary_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A descriptor that gives `text` and ends. */
static int reading(const char *text, size_t size)
{
    char path[] = "/tmp/fixgate-submit-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static struct submit_input input;

static enum submit_line take(struct span *request)
{
    enum submit_line taken = submit_input_take(&input, request);
    while (taken == SUBMIT_LINE_NONE && !input.end) {
        assert_int_equal(submit_input_fill(&input), STATUS_OK);
        taken = submit_input_take(&input, request);
    }
    return taken;
}

static void lines_are_trimmed_and_comments_passed_over(void **state)
{
    (void)state;
    const char *text = "# comment\n\n  35=D|11=1|  \r\n{\"a\":\"|\"}\n35=D\00158=a|b\nlast";
    int fd = reading(text, strlen(text));
    struct span request;
    submit_input_init(&input, fd);
    assert_int_equal(take(&request), SUBMIT_LINE_TAKEN);
    assert_true(span_is(request, "35=D\00111=1\001"));
    assert_int_equal(input.line, 3);
    assert_int_equal(take(&request), SUBMIT_LINE_TAKEN);
    assert_true(span_is(request, "{\"a\":\"|\"}"));
    assert_int_equal(take(&request), SUBMIT_LINE_TAKEN);
    assert_true(span_is(request, "35=D\00158=a|b")); /* Where SOH is, '|' is text. */
    assert_int_equal(take(&request), SUBMIT_LINE_TAKEN);
    assert_true(span_is(request, "last"));
    assert_int_equal(input.line, 6);
    assert_int_equal(take(&request), SUBMIT_LINE_NONE);
    (void)close(fd);
}

static void line_that_is_too_long_is_told_once_and_the_next_is_whole(void **state)
{
    (void)state;
    size_t size = 5 * SUBMIT_LINE_BYTES_MAX;
    char *text = malloc(size + 16);
    assert_non_null(text);
    memset(text, 'x', size);
    memcpy(text + size, "\nnext\n", 6);
    int fd = reading(text, size + 6);
    struct span request;
    submit_input_init(&input, fd);
    assert_int_equal(take(&request), SUBMIT_LINE_LONG);
    assert_int_equal(take(&request), SUBMIT_LINE_TAKEN);
    assert_true(span_is(request, "next"));
    assert_int_equal(input.line, 2);
    (void)close(fd);
    free(text);
}

static void longest_line_is_taken_whole(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t size = SUBMIT_LINE_BYTES_MAX + more;
        char *text = malloc(size + 1);
        assert_non_null(text);
        memset(text, 'x', size);
        text[size] = '\n';
        int fd = reading(text, size + 1);
        struct span request = {0};
        submit_input_init(&input, fd);
        assert_int_equal(take(&request), more == 0 ? SUBMIT_LINE_TAKEN : SUBMIT_LINE_LONG);
        assert_int_equal(request.size, more == 0 ? size : 0);
        (void)close(fd);
        free(text);
    }
}

static void id_is_read_from_both_encodings(void **state)
{
    (void)state;
    char id[SUBMIT_ID_BYTES_MAX];
    submit_id(dictionary, span_text("35=D\00111=a1\001"), id);
    assert_string_equal(id, "a1");
    submit_id(dictionary,
              span_text("{\"Header\":{\"MsgType\":\"D\"},\"Body\":{\"ClOrdID\":\"a2\"}}"), id);
    assert_string_equal(id, "a2");
    submit_id(dictionary, span_text("garbage"), id);
    assert_string_equal(id, "");
    submit_id(dictionary, span_text("{"), id);
    assert_string_equal(id, "");
}

static void answers_that_say_no_are_told_from_others(void **state)
{
    (void)state;
    assert_false(submit_answer_rejects(dictionary, span_text("35=8\001150=A\00139=A\001")));
    assert_true(submit_answer_rejects(dictionary, span_text("35=8\001150=8\00139=8\001")));
    assert_true(submit_answer_rejects(dictionary, span_text("35=3\00158=x\001")));
    assert_true(submit_answer_rejects(dictionary, span_text("35=9\00111=x\001")));
    assert_true(submit_answer_rejects(dictionary, span_text("35=j\00158=x\001")));
    assert_true(submit_answer_rejects(dictionary, span_text("garbage")));
}

/* The played order entry. */
struct server {
    struct zeromq *zeromq;
    const char *endpoint;
    uint32_t mute;   /* Requests at the beginning that it swallows. */
    bool twice;      /* Each answer is given twice. */
    bool anonymous;  /* Answers carry no ClOrdID. */
    char reject[32]; /* ClOrdID that it rejects. */
    _Atomic bool stop;
    uint32_t requests;
    char seen[8192]; /* Requests, one behind the other. */
    enum status status;
};

static void server_answer(struct server *server, struct zeromq_socket *socket,
                          const struct zeromq_frames *frames)
{
    struct span request = frames->list[frames->count - 1];
    size_t used = strlen(server->seen);
    span_to_text(request, server->seen + used, sizeof(server->seen) - used);
    server->requests += 1;
    if (server->requests <= server->mute) {
        return;
    }
    char id[SUBMIT_ID_BYTES_MAX];
    char answer[256];
    submit_id(dictionary, request, id);
    bool rejected = strcmp(id, server->reject) == 0;
    (void)snprintf(answer, sizeof(answer), "35=8\001%s%s\00139=%s\001",
                   server->anonymous ? "58=" : "11=", id, rejected ? "8" : "A");
    const struct span reply[] = {frames->list[0], span_text(answer)};
    for (int i = 0; i < (server->twice ? 2 : 1) && server->status == STATUS_OK; i++) {
        server->status = zeromq_send(socket, reply, 2);
    }
}

static void *serve(void *context)
{
    struct server *server = context;
    const struct zeromq_options options = {.kind = ZEROMQ_ROUTER};
    struct zeromq_socket socket;
    struct zeromq_frames *frames = calloc(1, sizeof(*frames));
    char error[ZEROMQ_ERROR_BYTES_MAX];
    server->status = zeromq_socket_open(server->zeromq, &options, &socket, error);
    if (server->status == STATUS_OK) {
        server->status = zeromq_bind(&socket, server->endpoint, error);
    }
    while (server->status == STATUS_OK && frames != NULL && !server->stop) {
        struct zeromq_poll item = {.socket = &socket};
        server->status = zeromq_poll(&item, 1, 10);
        while (server->status == STATUS_OK && zeromq_receive(&socket, frames) == STATUS_OK) {
            server_answer(server, &socket, frames);
        }
    }
    zeromq_frames_release(frames);
    free(frames);
    zeromq_socket_close(&socket);
    return NULL;
}

/* What the client told. */
struct told {
    uint32_t answers;
    uint32_t rejected;
    uint32_t failed;
    uint32_t last_line;
};

static void answered(void *context, uint32_t line, struct span answer, bool rejected)
{
    struct told *told = context;
    assert_true(answer.size > 0);
    told->answers += 1;
    told->rejected += rejected ? 1 : 0;
    told->last_line = line;
}

static void failed(void *context, uint32_t line, const char *id, const char *why)
{
    struct told *told = context;
    (void)id;
    assert_true(strlen(why) > 0);
    told->failed += 1;
    told->last_line = line;
}

static struct submit_summary run(struct server *server, const char *lines, uint32_t window,
                                 uint64_t timeout_ms, struct told *told)
{
    struct zeromq zeromq;
    pthread_t thread;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct submit *submit = calloc(1, sizeof(*submit));
    assert_non_null(submit);
    assert_int_equal(zeromq_open(&zeromq), STATUS_OK);
    server->zeromq = &zeromq;
    server->endpoint = "inproc://orders";
    bool there = server->requests == 0; /* UINT32_MAX: nobody is there. */
    if (there) {
        assert_int_equal(pthread_create(&thread, NULL, serve, server), 0);
    }
    submit->dictionary = dictionary;
    submit->window = window;
    submit->timeout_ns = timeout_ms * 1000000;
    submit->tries_max = 3;
    submit->context = told;
    submit->answered = answered;
    submit->failed = failed;
    int fd = reading(lines, strlen(lines));
    assert_int_equal(submit_run(submit, &zeromq, server->endpoint, fd, error), STATUS_OK);
    (void)close(fd);
    struct submit_summary summary = submit->summary;
    if (there) {
        server->stop = true;
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(server->status, STATUS_OK);
    }
    zeromq_close(&zeromq);
    free(submit);
    return summary;
}

static void every_line_gets_its_answer(void **state)
{
    (void)state;
    struct server server = {.reject = "2"};
    struct told told = {0};
    struct submit_summary summary =
        run(&server,
            "35=D|11=1\n35=D|11=2\n# x\n{\"Header\":{\"MsgType\":\"D\"},"
            "\"Body\":{\"ClOrdID\":\"3\"}}\ngarbage\n",
            2, 5000, &told);
    assert_int_equal(summary.submitted, 4);
    assert_int_equal(summary.accepted, 3);
    assert_int_equal(summary.rejected, 1);
    assert_int_equal(summary.unanswered, 0);
    assert_int_equal(summary.resent, 0);
    assert_int_equal(told.answers, 4);
    assert_int_equal(server.requests, 4);
}

static void unanswered_request_is_sent_again_with_the_same_bytes(void **state)
{
    (void)state;
    struct server server = {.mute = 1};
    struct told told = {0};
    struct submit_summary summary = run(&server, "35=D|11=1|58=x\n", 8, 300, &told);
    assert_int_equal(summary.accepted, 1);
    assert_int_equal(summary.resent, 1);
    assert_string_equal(server.seen, "35=D\00111=1\00158=x"
                                     "35=D\00111=1\00158=x");
}

static void second_answer_to_the_same_request_is_passed_over(void **state)
{
    (void)state;
    struct server server = {.twice = true};
    struct told told = {0};
    struct submit_summary summary =
        run(&server, "35=D|11=1\n35=D|11=2\n35=D|11=3\n", 1, 5000, &told);
    assert_int_equal(summary.accepted, 3);
    assert_int_equal(told.answers, 3);
}

static void answer_without_id_belongs_to_the_oldest(void **state)
{
    (void)state;
    struct server server = {.anonymous = true};
    struct told told = {0};
    struct submit_summary summary = run(&server, "35=D|11=1\n35=D|11=2\n", 8, 5000, &told);
    assert_int_equal(summary.accepted, 2);
    assert_int_equal(told.last_line, 2);
}

static void request_without_any_answer_is_given_up(void **state)
{
    (void)state;
    struct server server = {.mute = 1000};
    struct told told = {0};
    struct submit_summary summary = run(&server, "35=D|11=1\n", 8, 100, &told);
    assert_int_equal(summary.unanswered, 1);
    assert_int_equal(summary.accepted, 0);
    assert_int_equal(told.failed, 1);
    assert_int_equal(told.last_line, 1);
}

static void nobody_there_ends_in_time(void **state)
{
    (void)state;
    struct server server = {.requests = UINT32_MAX};
    struct told told = {0};
    struct submit_summary summary = run(&server, "35=D|11=1\n35=D|11=2\n", 1, 100, &told);
    assert_int_equal(summary.unanswered, 2);
    assert_int_equal(summary.submitted, 2);
}

static void many_requests_pass_a_small_window(void **state)
{
    (void)state;
    struct server server = {.reject = "none"};
    struct told told = {0};
    char lines[8192] = "";
    for (int i = 0; i < 300; i++) {
        size_t used = strlen(lines);
        (void)snprintf(lines + used, sizeof(lines) - used, "35=D|11=%d\n", i);
    }
    struct submit_summary summary = run(&server, lines, 7, 5000, &told);
    assert_int_equal(summary.accepted, 300);
    assert_int_equal(told.answers, 300);
    assert_int_equal(told.last_line, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_trimmed_and_comments_passed_over),
        cmocka_unit_test(line_that_is_too_long_is_told_once_and_the_next_is_whole),
        cmocka_unit_test(longest_line_is_taken_whole),
        cmocka_unit_test(id_is_read_from_both_encodings),
        cmocka_unit_test(answers_that_say_no_are_told_from_others),
        cmocka_unit_test(every_line_gets_its_answer),
        cmocka_unit_test(unanswered_request_is_sent_again_with_the_same_bytes),
        cmocka_unit_test(second_answer_to_the_same_request_is_passed_over),
        cmocka_unit_test(answer_without_id_belongs_to_the_oldest),
        cmocka_unit_test(request_without_any_answer_is_given_up),
        cmocka_unit_test(nobody_there_ends_in_time),
        cmocka_unit_test(many_requests_pass_a_small_window),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
