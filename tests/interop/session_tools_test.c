/* What the rounds stand on: the cutter cuts where it is told to, and the journal of
 * quickfix_peer sees what must not be. */
#define _XOPEN_SOURCE 700
#include "tests/interop/session_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, STREAM_BYTES = 100000 };

/* --- The cutter ------------------------------------------------------------- */

struct line {
    int listener;
    int below;
    int above;
    struct cutter *cutter;
};

static struct sockaddr_in at_port(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void await_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
}

static int connect_line(const struct line *line)
{
    struct sockaddr_in address = at_port(cutter_port(line->cutter));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int open_line(void **state)
{
    struct line *line = calloc(1, sizeof *line);
    struct sockaddr_in address = at_port(0);
    socklen_t size = sizeof address;
    assert_non_null(line);
    line->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(line->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(line->listener, 4), 0);
    assert_int_equal(getsockname(line->listener, (struct sockaddr *)&address, &size), 0);
    line->cutter = cutter_open(ntohs(address.sin_port), 1);
    assert_non_null(line->cutter);
    line->below = connect_line(line);
    await_readable(line->listener);
    line->above = accept(line->listener, NULL, NULL);
    assert_true(line->above >= 0);
    *state = line;
    return 0;
}

static int close_line(void **state)
{
    struct line *line = *state;
    cutter_close(line->cutter);
    (void)close(line->below);
    (void)close(line->above);
    (void)close(line->listener);
    free(line);
    return 0;
}

/* Until the end of the line, or `limit` bytes. */
static size_t read_to_end(int fd, uint8_t *bytes, size_t limit)
{
    size_t size = 0;
    while (size < limit) {
        await_readable(fd);
        ssize_t count = read(fd, bytes + size, limit - size);
        if (count <= 0) {
            break;
        }
        size += (size_t)count;
    }
    return size;
}

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 31 + i / 256);
    }
}

static void line_is_cut_right_after_the_byte_that_was_asked_for(void **state)
{
    const struct line *line = *state;
    uint8_t bytes[64];
    cutter_cut_after(line->cutter, CUTTER_UP, 17);
    assert_int_equal(write(line->below, "0123456789abcdefghijklmnop", 26), 26);
    assert_int_equal(read_to_end(line->above, bytes, sizeof bytes), 17);
    assert_memory_equal(bytes, "0123456789abcdefg", 17);
    assert_int_equal(read_to_end(line->below, bytes, sizeof bytes), 0);
    assert_int_equal(cutter_counts(line->cutter).cuts, 1);
    assert_int_equal(cutter_counts(line->cutter).bytes[CUTTER_UP], 17);
}

static void line_is_cut_before_the_next_byte_down(void **state)
{
    const struct line *line = *state;
    uint8_t bytes[8];
    cutter_cut_after(line->cutter, CUTTER_DOWN, 0);
    assert_int_equal(write(line->below, "up", 2), 2);
    assert_int_equal(read_to_end(line->above, bytes, 2), 2);
    assert_int_equal(write(line->above, "down", 4), 4);
    assert_int_equal(read_to_end(line->below, bytes, sizeof bytes), 0);
}

static void bytes_arrive_whole_in_whatever_pieces(void **state)
{
    static uint8_t sent[STREAM_BYTES];
    static uint8_t got[STREAM_BYTES];
    const struct line *line = *state;
    fill(sent, sizeof sent);
    cutter_set_pieces(line->cutter, 97, 0);
    assert_int_equal(write(line->above, sent, sizeof sent), sizeof sent);
    assert_int_equal(read_to_end(line->below, got, sizeof got), sizeof got);
    assert_memory_equal(sent, got, sizeof got);
}

static void swallowed_bytes_never_arrive_and_the_sender_does_not_know(void **state)
{
    const struct line *line = *state;
    uint8_t bytes[8];
    cutter_set_mode(line->cutter, CUTTER_UP, CUTTER_SWALLOW);
    assert_int_equal(write(line->below, "lost", 4), 4);
    while (cutter_counts(line->cutter).bytes[CUTTER_UP] < 4) {
        process_pause(1);
    }
    cutter_set_mode(line->cutter, CUTTER_UP, CUTTER_RELAY);
    assert_int_equal(write(line->below, "here", 4), 4);
    assert_int_equal(read_to_end(line->above, bytes, 4), 4);
    assert_memory_equal(bytes, "here", 4);
}

static void held_bytes_arrive_when_they_are_let_go(void **state)
{
    const struct line *line = *state;
    uint8_t bytes[8];
    cutter_set_mode(line->cutter, CUTTER_UP, CUTTER_HOLD);
    assert_int_equal(write(line->below, "held", 4), 4);
    struct pollfd ready = {.fd = line->above, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 50), 0);
    cutter_set_mode(line->cutter, CUTTER_UP, CUTTER_RELAY);
    assert_int_equal(read_to_end(line->above, bytes, 4), 4);
}

static void one_end_may_learn_of_the_cut_later(void **state)
{
    const struct line *line = *state;
    uint8_t byte;
    cutter_set_manner(line->cutter, CUTTER_LATE_ABOVE);
    uint64_t begin_ns = process_now_ns();
    cutter_cut(line->cutter);
    assert_int_equal(read_to_end(line->below, &byte, 1), 0);
    assert_int_equal(read_to_end(line->above, &byte, 1), 0);
    assert_true(process_now_ns() - begin_ns >= CUTTER_LATE_MS * UINT64_C(1000000));
}

static void line_comes_back_after_a_cut_unless_it_is_refused(void **state)
{
    struct line *line = *state;
    uint8_t byte;
    cutter_cut(line->cutter);
    assert_int_equal(read_to_end(line->below, &byte, 1), 0);
    (void)close(line->below);
    cutter_refuse(line->cutter, true);
    line->below = connect_line(line);
    assert_int_equal(read_to_end(line->below, &byte, 1), 0);
    (void)close(line->below);
    cutter_refuse(line->cutter, false);
    line->below = connect_line(line);
    (void)close(line->above);
    await_readable(line->listener);
    line->above = accept(line->listener, NULL, NULL);
    assert_int_equal(write(line->below, "x", 1), 1);
    assert_int_equal(read_to_end(line->above, &byte, 1), 1);
}

/* --- The journal ------------------------------------------------------------ */

static void journal_of(struct peer_journal *journal, const char *text)
{
    char path[] = "/tmp/journal_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
    peer_journal_open(journal, path);
    (void)unlink(path);
    peer_journal_read(journal);
}

static void assert_fault(const char *text, const char *wanted)
{
    struct peer_journal journal;
    journal_of(&journal, text);
    assert_string_equal(journal.fault, wanted);
    peer_journal_close(&journal);
}

static void orders_that_come_back_once_in_order_are_no_fault(void **state)
{
    struct peer_journal journal;
    (void)state;
    journal_of(&journal, "B 1\nS 2 1\nS 3 2\nS 4 3\nR 2 0 1\nA 3 2\nR 3 1 2\nR 2 1 1\nG 4 3\n");
    assert_int_equal(journal.faults, 0);
    assert_int_equal(peer_journal_missing(&journal, 1), 0);
    assert_int_equal(journal.repeats, 1);
    assert_int_equal(journal.poss_dups, 2);
    peer_journal_close(&journal);
}

static void order_that_did_not_come_back_is_missing(void **state)
{
    struct peer_journal journal;
    (void)state;
    journal_of(&journal, "B 1\nS 2 1\nS 3 2\nS 4 3\nR 2 0 1\nR 4 0 3\n");
    assert_int_equal(journal.faults, 0);
    assert_int_equal(peer_journal_missing(&journal, 1), 2);
    assert_int_equal(peer_journal_missing(&journal, 3), 0);
    peer_journal_close(&journal);
}

static void order_that_comes_back_wrongly_is_a_fault(void **state)
{
    (void)state;
    assert_fault("B 1\nS 2 1\nR 2 0 1\nR 3 0 1\n",
                 "order o1 came back twice, the second time as number 3");
    assert_fault("B 1\nS 2 1\nS 3 2\nR 2 0 2\nR 3 0 1\n", "order o1 came back after o2");
    assert_fault("B 1\nS 2 1\nS 3 2\nR 2 0 1\nR 2 1 2\n",
                 "number 2 carried o1, and now o2 with 43=Y");
    assert_fault("B 1\nS 2 1\nR 2 0 1\nR 2 0 1\n", "number 2 carried o1, and now o1 with 43=N");
    assert_fault("B 1\nR 2 0 1\n", "order o1 came back, but was never sent");
    assert_fault("B 1\nJ 2 j no\n", "unexpected: J 2 j no");
}

static void numbers_begin_again_with_a_new_day_only(void **state)
{
    struct peer_journal journal;
    (void)state;
    journal_of(&journal, "B 1\nS 2 1\nR 2 0 1\nB 1\nE 1\nS 2 2\nR 2 0 2\nB 3\nS 2 3\nR 2 0 3\n");
    assert_int_equal(journal.faults, 0);
    assert_int_equal(journal.days, 3);
    peer_journal_close(&journal);
    assert_fault("B 1\nS 2 1\nR 2 0 1\nB 1\nS 3 2\nR 2 0 2\n",
                 "number 2 carried o1, and now o2 with 43=N");
}

#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, open_line, close_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(line_is_cut_right_after_the_byte_that_was_asked_for),
        LINE_TEST(line_is_cut_before_the_next_byte_down),
        LINE_TEST(bytes_arrive_whole_in_whatever_pieces),
        LINE_TEST(swallowed_bytes_never_arrive_and_the_sender_does_not_know),
        LINE_TEST(held_bytes_arrive_when_they_are_let_go),
        LINE_TEST(one_end_may_learn_of_the_cut_later),
        LINE_TEST(line_comes_back_after_a_cut_unless_it_is_refused),
        cmocka_unit_test(orders_that_come_back_once_in_order_are_no_fault),
        cmocka_unit_test(order_that_did_not_come_back_is_missing),
        cmocka_unit_test(order_that_comes_back_wrongly_is_a_fault),
        cmocka_unit_test(numbers_begin_again_with_a_new_day_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
