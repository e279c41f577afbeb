/* Records: what is put is read, in order, and only when its batch was committed. */
#include "tests/unit/store_fixture.h"

#include "session-store/checksum.h"

#include <signal.h>
#include <sys/wait.h>

static void key_of(uint64_t number, uint8_t key[8])
{
    for (int index = 0; index < 8; index++) {
        key[index] = (uint8_t)(number >> (56 - 8 * index));
    }
}

static void checksum_is_the_published_crc32c(void **state)
{
    (void)state;
    struct checksum checksum;
    checksum_init(&checksum);
    struct span none = span_of(NULL, 0);
    assert_int_equal(checksum_of(&checksum, span_text("123456789"), none), 0xE3069283);
    uint8_t zeros[32] = {0}; /* RFC 3720, B.4. */
    assert_int_equal(checksum_of(&checksum, span_of(zeros, 32), none), 0x8A9136AA);
    /* Where the bytes are split makes no difference. */
    const char *text = "8=FIX.4.4|9=65|35=A|49=A|56=B|34=1|";
    uint32_t whole = checksum_of(&checksum, span_text(text), none);
    for (size_t split = 0; split <= strlen(text); split++) {
        assert_int_equal(checksum_of(&checksum, span_of(text, split), span_text(text + split)),
                         whole);
    }
}

static void records_are_put_replaced_and_deleted(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 0);
    assert_int_equal(store_instance_id(fixture->store), fixture->config.instance_id);
    fixture_expect_none(fixture, TABLE_ORDER, "a");

    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "a", "one");
    fixture_put(fixture, TABLE_ORDER, "b", "");
    fixture_commit(fixture);
    fixture_expect(fixture, TABLE_ORDER, "a", "one");
    fixture_expect(fixture, TABLE_ORDER, "b", "");
    fixture_expect_none(fixture, TABLE_EVENT, "a");

    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "a", "two");
    assert_int_equal(store_delete(fixture->store, TABLE_ORDER, span_text("b")), STATUS_OK);
    assert_int_equal(store_delete(fixture->store, TABLE_ORDER, span_text("never")), STATUS_OK);
    fixture_commit(fixture);
    fixture_expect(fixture, TABLE_ORDER, "a", "two");
    fixture_expect_none(fixture, TABLE_ORDER, "b");
}

static void clear_empties_one_table_only(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "a", "one");
    fixture_put(fixture, TABLE_EVENT, "a", "kept");
    fixture_commit(fixture);
    fixture_begin(fixture);
    assert_int_equal(store_clear(fixture->store, TABLE_ORDER), STATUS_OK);
    fixture_put(fixture, TABLE_ORDER, "b", "after");
    fixture_commit(fixture);
    fixture_expect_none(fixture, TABLE_ORDER, "a");
    fixture_expect(fixture, TABLE_ORDER, "b", "after");
    fixture_expect(fixture, TABLE_EVENT, "a", "kept");
}

static void what_was_committed_is_there_after_reopening(void **state)
{
    struct fixture *fixture = *state;
    for (int durability = STORE_COMMIT; durability <= STORE_PROCESS; durability++) {
        fixture->config.durability = (enum store_durability)durability;
        fixture_open(fixture);
        uint64_t before = store_batch_number(fixture->store);
        fixture_write(fixture, TABLE_ORDER, durability == STORE_COMMIT ? "synced" : "not", "yes");
        fixture_close(fixture);

        fixture->config.instance_id = 99; /* Counts only when the store is made. */
        fixture_open(fixture);
        assert_false(store_is_new(fixture->store));
        assert_true(store_was_clean(fixture->store));
        assert_int_equal(store_batch_number(fixture->store), before + 1);
        assert_int_equal(store_instance_id(fixture->store), 0x1122334455667788);
        fixture_close(fixture);
    }
    fixture_open(fixture);
    fixture_expect(fixture, TABLE_ORDER, "synced", "yes");
    fixture_expect(fixture, TABLE_ORDER, "not", "yes");
}

static void batch_that_was_not_committed_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "a", "one");
    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "b", "lost");
    fixture_expect_none(fixture, TABLE_ORDER, "b");
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 1);
    fixture_expect_none(fixture, TABLE_ORDER, "b");
    fixture_expect(fixture, TABLE_ORDER, "a", "one");
}

static void put_new_of_an_existing_key_fails_and_ends_all_writing(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "a", "one");
    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "b", "lost");
    assert_int_equal(store_put_new(fixture->store, TABLE_ORDER, span_text("c"), span_text("new")),
                     STATUS_OK);
    assert_int_equal(store_put_new(fixture->store, TABLE_ORDER, span_text("a"), span_text("two")),
                     STATUS_CORRUPT);
    assert_non_null(strstr(store_error(fixture->store), "exists already"));
    assert_int_equal(store_put(fixture->store, TABLE_ORDER, span_text("d"), span_text("no")),
                     STATUS_CORRUPT);
    assert_int_equal(store_delete(fixture->store, TABLE_ORDER, span_text("a")), STATUS_CORRUPT);
    assert_int_equal(store_clear(fixture->store, TABLE_ORDER), STATUS_CORRUPT);
    assert_int_equal(store_commit(fixture->store, 2), STATUS_CORRUPT);
    assert_int_equal(store_begin(fixture->store), STATUS_CORRUPT);
    assert_int_equal(store_batch_number(fixture->store), 1);
    fixture_expect(fixture, TABLE_ORDER, "a", "one"); /* Reading goes on. */

    fixture_close(fixture);
    fixture_open(fixture);
    assert_false(store_was_clean(fixture->store));
    fixture_expect_none(fixture, TABLE_ORDER, "b");
    fixture_expect_none(fixture, TABLE_ORDER, "c");
    fixture_write(fixture, TABLE_ORDER, "b", "again");
}

static void append_takes_rising_keys_and_refuses_others(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t refused[] = {1, 299, 300};
    uint64_t count = 0;
    for (size_t trial = 0; trial < ARRAY_LEN(refused); trial++) {
        uint8_t key[8];
        fixture_open(fixture);
        fixture_begin(fixture);
        for (; count < 300; count++) {
            key_of(count + 1, key);
            assert_int_equal(
                store_append(fixture->store, TABLE_OUT, span_of(key, 8), span_text("message")),
                STATUS_OK);
        }
        fixture_commit(fixture);
        fixture_begin(fixture);
        key_of(refused[trial], key);
        assert_int_equal(store_append(fixture->store, TABLE_OUT, span_of(key, 8), span_text("x")),
                         STATUS_CORRUPT);
        assert_non_null(strstr(store_error(fixture->store), "not after all others"));
        fixture_close(fixture);
    }
}

static void reader_walks_all_records_in_order(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_begin(fixture);
    uint8_t bytes[8];
    for (uint64_t number = 2; number <= 2000; number += 2) {
        key_of(number, bytes);
        assert_int_equal(
            store_append(fixture->store, TABLE_OUT, span_of(bytes, 8), span_of(bytes, 8)),
            STATUS_OK);
    }
    fixture_commit(fixture);

    struct store_reader *reader = fixture_reader(fixture);
    struct span key;
    struct span value;
    for (int round = 0; round < 2; round++) { /* The second uses a renewed cursor. */
        assert_int_equal(store_read_begin(reader), STATUS_OK);
        enum status status = store_seek(reader, TABLE_OUT, span_of(NULL, 0), &key, &value);
        for (uint64_t number = 2; number <= 2000; number += 2) {
            assert_int_equal(status, STATUS_OK);
            key_of(number, bytes);
            assert_true(span_equal(key, span_of(bytes, 8)));
            assert_true(span_equal(value, span_of(bytes, 8)));
            /* Between two steps another table is read, and the key may be a copy. */
            if (number % 100 == 0) {
                struct span other_key;
                struct span other;
                assert_int_equal(store_last(reader, TABLE_EVENT, &other_key, &other),
                                 STATUS_NOT_FOUND);
                key = span_of(bytes, 8);
            }
            status = store_after(reader, TABLE_OUT, key, &key, &value);
        }
        assert_int_equal(status, STATUS_NOT_FOUND);

        key_of(1001, bytes); /* Is not there: the next greater is 1002. */
        assert_int_equal(store_seek(reader, TABLE_OUT, span_of(bytes, 8), &key, &value), STATUS_OK);
        assert_int_equal(key.data[7], 1002 & 0xFF);
        assert_int_equal(store_after(reader, TABLE_OUT, span_of(bytes, 8), &key, &value),
                         STATUS_OK);
        assert_int_equal(key.data[7], 1002 & 0xFF);
        assert_int_equal(store_last(reader, TABLE_OUT, &key, &value), STATUS_OK);
        assert_int_equal(key.data[7], 2000 & 0xFF);
        key_of(2001, bytes);
        assert_int_equal(store_seek(reader, TABLE_OUT, span_of(bytes, 8), &key, &value),
                         STATUS_NOT_FOUND);
        store_read_end(reader);
    }
    store_reader_close(reader);
}

static void reader_sees_the_store_as_it_was_when_it_began(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "a", "one");
    struct store_reader *reader = fixture_reader(fixture);
    struct span value;
    fixture_begin(fixture); /* The writing thread reads while its batch is open. */
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    fixture_put(fixture, TABLE_ORDER, "a", "two");
    fixture_commit(fixture);
    assert_int_equal(store_get(reader, TABLE_ORDER, span_text("a"), &value), STATUS_OK);
    assert_true(span_is(value, "one"));
    store_read_end(reader);
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    assert_int_equal(store_get(reader, TABLE_ORDER, span_text("a"), &value), STATUS_OK);
    assert_true(span_is(value, "two"));
    store_read_end(reader);
    store_reader_close(reader);
}

static void batch_number_that_is_not_the_next_stops_the_process(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t wrong[] = {0, 1, 3};
    for (size_t index = 0; index < ARRAY_LEN(wrong); index++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)freopen("/dev/null", "w", stderr);
            if (store_open(&fixture->config, &fixture->store, fixture->error) != STATUS_OK ||
                store_begin(fixture->store) != STATUS_OK ||
                store_commit(fixture->store, store_batch_number(fixture->store) + 1) != STATUS_OK ||
                store_begin(fixture->store) != STATUS_OK) {
                _exit(1);
            }
            (void)signal(SIGABRT, SIG_DFL);
            uint64_t last = store_batch_number(fixture->store) - 1;
            _exit(store_commit(fixture->store, last + wrong[index]) == STATUS_OK ? 2 : 3);
        }
        int ended = 0;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended));
        assert_int_equal(WTERMSIG(ended), SIGABRT);
    }
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), ARRAY_LEN(wrong));
}

static void large_values_and_longest_keys_come_back_whole(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    size_t size = 1 << 20;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    for (size_t index = 0; index < size; index++) {
        bytes[index] = (uint8_t)(index * 31 >> 3);
    }
    uint8_t key[STORE_KEY_BYTES_MAX];
    memset(key, 'k', sizeof(key));
    fixture_begin(fixture);
    assert_int_equal(
        store_put_new(fixture->store, TABLE_ORDER, span_of(key, sizeof(key)), span_of(bytes, size)),
        STATUS_OK);
    fixture_commit(fixture);
    struct store_reader *reader = fixture_reader(fixture);
    struct span value;
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    assert_int_equal(store_get(reader, TABLE_ORDER, span_of(key, sizeof(key)), &value), STATUS_OK);
    assert_true(span_equal(value, span_of(bytes, size)));
    store_read_end(reader);
    store_reader_close(reader);
    free(bytes);
}

#define RECORD_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_is_the_published_crc32c),
        RECORD_TEST(records_are_put_replaced_and_deleted),
        RECORD_TEST(clear_empties_one_table_only),
        RECORD_TEST(what_was_committed_is_there_after_reopening),
        RECORD_TEST(batch_that_was_not_committed_is_not_there),
        RECORD_TEST(put_new_of_an_existing_key_fails_and_ends_all_writing),
        RECORD_TEST(append_takes_rising_keys_and_refuses_others),
        RECORD_TEST(reader_walks_all_records_in_order),
        RECORD_TEST(reader_sees_the_store_as_it_was_when_it_began),
        RECORD_TEST(batch_number_that_is_not_the_next_stops_the_process),
        RECORD_TEST(large_values_and_longest_keys_come_back_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
