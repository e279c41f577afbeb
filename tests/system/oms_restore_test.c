/* The OMS of the tests may die itself: what it had written down, and nothing else, is what
 * the next one knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/oms.h"

enum { PATH_BYTES_MAX = 256 };

#define SUBMIT_1 "S 1 0 0 - 8=FIX.4.4|35=D|49=OMS|526=O1|11=O1|55=VOD|38=100|\n"
#define ANSWER_1 "A 2 0 0 - 35=8|11=O1|150=A|39=A|\n"
#define AGAIN_2  "R 3 0 0 - O2\n"
#define SUBMIT_2 "S 3 0 0 - 8=FIX.4.4|35=F|49=OMS|526=O1|11=O2|41=O1|\n"
#define EVENT_1  "E 5 1 7 OR.SENT.VOD 35=U1|11=O1|39=A|10005=SENT|\n"
#define FRAME_1  "F 5 1 7 OR.SENT.VOD 1234\n"
#define EVENT_2  "E 7 2 7 ER.ALPHA.VOD 35=8|11=O1|150=F|39=2|14=100|151=0|10005=FILLED|\n"

#define BUST_3 "E 8 3 7 ER.ALPHA.VOD 35=8|11=O1|150=H|39=0|14=0|151=100|10005=ACKED|\n"

struct place {
    char directory[PATH_BYTES_MAX];
    char journal[PATH_BYTES_MAX + 16];
    char order_entry[PATH_BYTES_MAX + 32];
    char bus[PATH_BYTES_MAX + 32];
    char replay[PATH_BYTES_MAX + 32];
};

static void place_make(struct place *place, const char *journal)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(place->directory, sizeof place->directory, "%s/fixgate-oms-XXXXXX",
                   base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->journal, sizeof place->journal, "%s/oms.log", place->directory);
    (void)snprintf(place->order_entry, sizeof place->order_entry, "ipc://%s/o", place->directory);
    (void)snprintf(place->bus, sizeof place->bus, "ipc://%s/b", place->directory);
    (void)snprintf(place->replay, sizeof place->replay, "ipc://%s/r", place->directory);
    if (journal != NULL) {
        FILE *file = fopen(place->journal, "we");
        assert_non_null(file);
        assert_true(fputs(journal, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
}

static void place_remove(const struct place *place)
{
    assert_int_equal(unlink(place->journal), 0);
    assert_int_equal(rmdir(place->directory), 0);
}

static struct oms *resumed(const struct place *place)
{
    const struct oms_config config = {
        .comp_id = "OMS",
        .order_entry_endpoint = place->order_entry,
        .bus_endpoint = place->bus,
        .replay_endpoint = place->replay,
        .journal_path = place->journal,
        .resubmit_ns = UINT64_C(1000000000),
        .resume = true,
    };
    struct oms *oms = oms_open(&config);
    assert_non_null(oms);
    return oms;
}

static void without_a_journal_it_begins_as_a_new_one(void **state)
{
    (void)state;
    struct place place;
    place_make(&place, NULL);
    struct oms *oms = resumed(&place);
    assert_int_equal(oms_requests_count(oms), 0);
    assert_int_equal(oms_counts(oms)->unanswered, 0);
    oms_close(oms);
    place_remove(&place);
}

static void it_knows_its_requests_their_answers_and_what_the_bus_said(void **state)
{
    (void)state;
    struct place place;
    place_make(&place, SUBMIT_1 ANSWER_1 SUBMIT_2 AGAIN_2 EVENT_1 FRAME_1 EVENT_2);
    struct oms *oms = resumed(&place);
    assert_int_equal(oms_requests_count(oms), 2);
    const struct oms_request *order = oms_request_find(oms, "O1");
    assert_non_null(order);
    assert_int_equal(order->answer, 'A');
    assert_string_equal(order->state, "FILLED");
    assert_true(oms_order_ended(order));
    const struct oms_request *cancel = oms_request_find(oms, "O2");
    assert_non_null(cancel);
    assert_int_equal(cancel->msg_type, 'F');
    assert_int_equal(cancel->order, 0);
    assert_int_equal(oms_counts(oms)->unanswered, 1);
    assert_int_equal(oms_counts(oms)->open_orders, 0);
    assert_int_equal(oms_counts(oms)->events, 2);
    assert_int_equal(oms_counts(oms)->frames, 1);
    oms_close(oms);
    place_remove(&place);
}

static void an_order_that_a_bust_opened_again_is_open(void **state)
{
    (void)state;
    struct place place;
    place_make(&place, SUBMIT_1 ANSWER_1 EVENT_1 EVENT_2 BUST_3);
    struct oms *oms = resumed(&place);
    assert_int_equal(oms_counts(oms)->open_orders, 1);
    oms_close(oms);
    place_remove(&place);
}

static void what_had_no_answer_goes_out_again_at_once_and_word_for_word(void **state)
{
    (void)state;
    struct place place;
    place_make(&place, SUBMIT_1);
    struct oms *oms = resumed(&place);
    const struct oms_request *order = oms_request_find(oms, "O1");
    assert_non_null(order);
    char bytes[128];
    span_to_text(order->bytes, bytes, sizeof bytes);
    assert_string_equal(bytes, "8=FIX.4.4\00135=D\00149=OMS\001526=O1\00111=O1\00155=VOD\001"
                               "38=100\001");
    assert_int_equal(oms_counts(oms)->resubmitted, 0);
    oms_poll(oms, 0);
    assert_int_equal(oms_counts(oms)->resubmitted, 1);
    oms_close(oms);
    place_remove(&place);
}

/* It died while it wrote: that line never was, and the next one stands by itself. */
static void half_a_line_at_the_end_is_cut_off(void **state)
{
    (void)state;
    struct place place;
    place_make(&place, SUBMIT_1 "A 2 0 0 - 35=8|11=O1|15");
    struct oms *oms = resumed(&place);
    assert_int_equal(oms_counts(oms)->unanswered, 1);
    oms_poll(oms, 0); /* Writes a line. */
    oms_close(oms);
    oms = resumed(&place);
    assert_int_equal(oms_requests_count(oms), 1);
    assert_int_equal(oms_counts(oms)->unanswered, 1);
    assert_int_equal(oms_counts(oms)->resubmitted, 1);
    oms_close(oms);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_journal_it_begins_as_a_new_one),
        cmocka_unit_test(it_knows_its_requests_their_answers_and_what_the_bus_said),
        cmocka_unit_test(an_order_that_a_bust_opened_again_is_open),
        cmocka_unit_test(what_had_no_answer_goes_out_again_at_once_and_word_for_word),
        cmocka_unit_test(half_a_line_at_the_end_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
