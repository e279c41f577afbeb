/* A service's line to the control socket, against a gateway that never answers some requests: it
 * died with them in its hands, and was back at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/services/control_link.h"
#include "gateway/shell/clock.h"

enum { TEXT_BYTES_MAX = 128, WAIT_MS = 10, IN_ROW = 20, PATIENCE_MS = 3 * CONTROL_LINK_ANSWER_MS };

struct line {
    struct zeromq zeromq;
    struct zeromq_socket gateway;
    struct zeromq_frames frames;
    struct control_link link;
    char directory[TEXT_BYTES_MAX];
    char endpoint[2 * TEXT_BYTES_MAX];
    char error[ZEROMQ_ERROR_BYTES_MAX];
    uint32_t sent;
    uint32_t in_row; /* So many answers were told as what they are. */
};

static void gateway_up(struct line *line)
{
    const struct zeromq_options options = {.kind = ZEROMQ_ROUTER};
    assert_int_equal(zeromq_socket_open(&line->zeromq, &options, &line->gateway, line->error), 0);
    assert_int_equal(zeromq_bind(&line->gateway, line->endpoint, line->error), 0);
}

/* Whatever came in is answered with its own bytes, or with nothing. */
static uint32_t gateway_takes(struct line *line, bool answers)
{
    uint32_t count = 0;
    struct zeromq_poll item = {.socket = &line->gateway};
    assert_int_equal(zeromq_poll(&item, 1, WAIT_MS), STATUS_OK);
    while (zeromq_receive(&line->gateway, &line->frames) == STATUS_OK) {
        count++;
        if (answers) {
            enum status sent = zeromq_send(&line->gateway, line->frames.list, line->frames.count);
            assert_true(sent == STATUS_OK || sent == STATUS_NOT_FOUND); /* It has hung up. */
        }
    }
    return count;
}

static void ask(struct line *line)
{
    char text[16];
    (void)snprintf(text, sizeof(text), "%u", line->sent);
    struct control_wish wish = {.number = line->sent};
    line->sent += control_link_send(&line->link, wish, span_text(text)) == STATUS_OK ? 1 : 0;
}

static void take_answers(struct line *line)
{
    struct control_wish wish;
    struct zeromq_poll item = {.socket = &line->link.socket};
    assert_int_equal(zeromq_poll(&item, 1, WAIT_MS), STATUS_OK);
    enum control_link_result result = control_link_next(&line->link, &wish);
    for (; result != CONTROL_LINK_NONE; result = control_link_next(&line->link, &wish)) {
        char text[16];
        assert_int_not_equal(result, CONTROL_LINK_FAILED);
        (void)snprintf(text, sizeof(text), "%u", wish.number);
        bool right = result == CONTROL_LINK_ANSWER && span_is(line->link.frames.list[0], text);
        line->in_row = right ? line->in_row + 1 : 0;
    }
}

static void what_a_gateway_never_answers_does_not_shift_the_answers_for_ever(void **state)
{
    struct line line = {.sent = 0};
    (void)state;
    (void)snprintf(line.directory, sizeof(line.directory), "/tmp/fixgate-link-XXXXXX");
    assert_non_null(mkdtemp(line.directory));
    (void)snprintf(line.endpoint, sizeof(line.endpoint), "ipc://%s/link.ipc", line.directory);
    assert_int_equal(zeromq_open(&line.zeromq), STATUS_OK);
    gateway_up(&line);
    assert_int_equal(control_link_open(&line.link, &line.zeromq, line.endpoint, line.error), 0);
    for (uint32_t had = 0; had < 2;) {
        ask(&line);
        had += gateway_takes(&line, false);
    }
    uint64_t end_ns = clock_monotonic_ns() + PATIENCE_MS * UINT64_C(1000000);
    while (line.in_row < IN_ROW && clock_monotonic_ns() < end_ns) {
        ask(&line);
        (void)gateway_takes(&line, true);
        take_answers(&line);
    }
    assert_true(line.in_row >= IN_ROW);
    control_link_close(&line.link);
    zeromq_frames_release(&line.frames);
    zeromq_socket_close(&line.gateway);
    zeromq_close(&line.zeromq);
    (void)remove(line.endpoint + sizeof("ipc://") - 1);
    (void)remove(line.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_gateway_never_answers_does_not_shift_the_answers_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
