/* The engine's small parts by themselves: batch, view, records, names, topics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/engine/bus.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/names.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/order.h"

static struct batch *new_batch(void)
{
    struct batch *batch = calloc(1, sizeof(*batch));
    batch_reset(batch, 7);
    return batch;
}

static void put(struct batch *batch, uint32_t table, const char *key, const char *value)
{
    batch_add(batch, table, BATCH_PUT, span_text(key), span_text(value));
}

static void a_turn_reads_back_its_latest_write(void **state)
{
    (void)state;
    struct batch *batch = new_batch();
    struct span value;
    put(batch, TABLE_ORDER, "a", "1");
    put(batch, TABLE_ORDER, "b", "2");
    put(batch, TABLE_EXEC, "a", "other table");
    put(batch, TABLE_ORDER, "a", "3");
    assert_int_equal(BATCH_WRITTEN, batch_find(batch, TABLE_ORDER, span_text("a"), &value));
    assert_true(span_is(value, "3"));
    assert_int_equal(BATCH_UNTOUCHED, batch_find(batch, TABLE_ORDER, span_text("c"), &value));
    batch_add(batch, TABLE_ORDER, BATCH_DELETE, span_text("a"), span_of(NULL, 0));
    assert_int_equal(BATCH_DELETED, batch_find(batch, TABLE_ORDER, span_text("a"), &value));
    put(batch, TABLE_ORDER, "a", "4");
    assert_int_equal(BATCH_WRITTEN, batch_find(batch, TABLE_ORDER, span_text("a"), &value));
    free(batch);
}

static void after_a_reset_the_batch_knows_nothing(void **state)
{
    (void)state;
    struct batch *batch = new_batch();
    struct span value;
    put(batch, TABLE_ORDER, "a", "1");
    batch_add(batch, TABLE_EXEC, BATCH_CLEAR, span_of(NULL, 0), span_of(NULL, 0));
    batch_reset(batch, 8);
    assert_int_equal(BATCH_UNTOUCHED, batch_find(batch, TABLE_ORDER, span_text("a"), &value));
    assert_int_equal(BATCH_UNTOUCHED, batch_find(batch, TABLE_EXEC, span_text("x"), &value));
    assert_int_equal(0, batch->count);
    for (size_t slot = 0; slot < BATCH_INDEX_SIZE; slot++) {
        assert_int_equal(0, batch->index[slot]);
    }
    free(batch);
}

static void a_cleared_table_is_empty_until_it_is_written_again(void **state)
{
    (void)state;
    struct batch *batch = new_batch();
    struct span value;
    put(batch, TABLE_OUT, "1", "before");
    put(batch, TABLE_ORDER, "1", "kept");
    batch_add(batch, TABLE_OUT, BATCH_CLEAR, span_of(NULL, 0), span_of(NULL, 0));
    assert_int_equal(BATCH_DELETED, batch_find(batch, TABLE_OUT, span_text("1"), &value));
    assert_int_equal(BATCH_DELETED, batch_find(batch, TABLE_OUT, span_text("2"), &value));
    put(batch, TABLE_OUT, "1", "after");
    assert_int_equal(BATCH_WRITTEN, batch_find(batch, TABLE_OUT, span_text("1"), &value));
    assert_true(span_is(value, "after"));
    assert_int_equal(BATCH_WRITTEN, batch_find(batch, TABLE_ORDER, span_text("1"), &value));
    free(batch);
}

static void a_sealed_batch_walks_in_order_and_shows_damage(void **state)
{
    (void)state;
    struct batch *batch = new_batch();
    put(batch, TABLE_ORDER, "a", "1");
    batch_add(batch, TABLE_EVENT, BATCH_APPEND, span_text("k"), span_text(""));
    struct span sealed = batch_seal(batch);
    uint64_t number;
    uint32_t count;
    assert_true(batch_verify(sealed, &number, &count));
    assert_int_equal(7, number);
    assert_int_equal(2, count);
    struct batch_op op;
    size_t cursor = 0;
    assert_true(batch_next(sealed, &cursor, &op));
    assert_int_equal(TABLE_ORDER, op.table);
    assert_true(span_is(op.value, "1"));
    assert_true(batch_next(sealed, &cursor, &op));
    assert_int_equal(BATCH_APPEND, op.kind);
    assert_false(batch_next(sealed, &cursor, &op));
    for (size_t at = 0; at < sealed.size; at++) {
        batch->bytes[at] ^= 1;
        bool same = batch_verify(sealed, &number, &count) && number == 7 && count == 2;
        assert_false(same);
        batch->bytes[at] ^= 1;
    }
    free(batch);
}

static void a_record_that_is_cut_short_is_bad_and_never_read_beyond(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct record_writer writer = record_writer_on(bytes, sizeof(bytes));
    record_put_u8(&writer, 200);
    record_put_u64(&writer, UINT64_MAX);
    record_put_i64(&writer, INT64_MIN);
    record_put_span(&writer, span_text("text"));
    struct span whole = record_written(&writer);
    for (size_t size = 0; size <= whole.size; size++) {
        struct record_reader reader = record_reader_of(span_of(bytes, size));
        bool right = record_get_u8(&reader) == 200 && record_get_u64(&reader) == UINT64_MAX &&
                     record_get_i64(&reader) == INT64_MIN &&
                     span_is(record_get_span(&reader), "text");
        assert_int_equal(size == whole.size, right && record_done(&reader));
    }
}

static void names_differ_by_kind_number_and_instance(void **state)
{
    (void)state;
    struct name one = name_make(1, NAME_ATTEMPT, 1);
    struct name two = name_make(1, NAME_ATTEMPT, 2);
    struct name order = name_make(1, NAME_ORDER, 1);
    struct name other = name_make(2, NAME_ATTEMPT, 1);
    assert_string_not_equal(one.text, two.text);
    assert_string_not_equal(one.text, order.text);
    assert_string_not_equal(one.text, other.text);
    struct name longest = name_make(UINT64_MAX, NAME_ATTEMPT, UINT64_MAX);
    assert_int_equal(NAME_BYTES_MAX, strlen(longest.text));
}

static void topics_are_prefixes_without_surprises(void **state)
{
    (void)state;
    struct text topic = bus_topic("ER", span_text("ALPHA"), span_text("VOD L\n"));
    assert_true(span_is(text_span(&topic), "ER.ALPHA.VOD_L_"));
    assert_true(topic_matches(text_span(&topic), span_text("ER.")));
    assert_true(topic_matches(text_span(&topic), span_of(NULL, 0)));
    assert_false(topic_matches(span_text("ER"), span_text("ER.")));
    char symbol[300];
    memset(symbol, 'x', sizeof(symbol));
    topic = bus_topic("OR", span_text("QUEUED"), span_of(symbol, sizeof(symbol)));
    assert_true(topic.size <= ENGINE_TOPIC_BYTES_MAX);
}

static void an_event_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t key[EVENT_KEY_BYTES];
    uint8_t value[64];
    struct event event = {.topic = span_text("SE.X"), .message = span_text("8=FIX")};
    bus_seq_encode(UINT64_C(0x0102030405060708), key);
    assert_int_equal(1, key[0]);
    size_t size = event_encode(&event, value, sizeof(value));
    struct event back;
    assert_true(event_decode(span_of(key, 8), span_of(value, size), &back));
    assert_int_equal(UINT64_C(0x0102030405060708), back.bus_seq);
    assert_true(span_is(back.topic, "SE.X"));
    assert_true(span_is(back.message, "8=FIX"));
    assert_false(event_decode(span_of(key, 8), span_of(value, 1), &back));
    value[0] = EVENT_VERSION + 1;
    assert_false(event_decode(span_of(key, 8), span_of(value, size), &back));
}

static void an_order_that_left_the_queue_returns_only_by_proof(void **state)
{
    (void)state;
    assert_true(order_may_become(ORDER_QUEUED, ORDER_ROUTED));
    assert_true(order_may_become(ORDER_IN_DOUBT, ORDER_QUEUED));
    assert_false(order_may_become(ORDER_SENT, ORDER_QUEUED));
    /* What was cancelled there moves on with its leaves. */
    assert_true(order_may_become(ORDER_ACKED, ORDER_QUEUED));
    assert_false(order_may_become(ORDER_FILLED, ORDER_QUEUED));
    assert_false(order_may_become(ORDER_FILLED, ORDER_SENT));
    for (int from = 0; from <= ORDER_DEAD_LETTER; from++) {
        assert_false(order_may_become((enum order_state)from, ORDER_RECEIVED));
        assert_false(order_may_become((enum order_state)from, (enum order_state)from));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_reads_back_its_latest_write),
        cmocka_unit_test(after_a_reset_the_batch_knows_nothing),
        cmocka_unit_test(a_cleared_table_is_empty_until_it_is_written_again),
        cmocka_unit_test(a_sealed_batch_walks_in_order_and_shows_damage),
        cmocka_unit_test(a_record_that_is_cut_short_is_bad_and_never_read_beyond),
        cmocka_unit_test(names_differ_by_kind_number_and_instance),
        cmocka_unit_test(topics_are_prefixes_without_surprises),
        cmocka_unit_test(an_event_comes_back_as_it_was),
        cmocka_unit_test(an_order_that_left_the_queue_returns_only_by_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
