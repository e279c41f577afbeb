/* The map grows by itself, beside readers of this and of other processes. */
#include "tests/unit/store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum {
    RECORD_BYTES = 1000,
    RECORDS_PER_BATCH = 1000,
    BATCHES = 60, /* 60 MB into a map that begins with 1 MiB. */
};

/* Each batch writes its number as its own record, then its records: a reader must
 * find all of them or none. */
static void batch_write(struct fixture *fixture, uint32_t batch)
{
    uint8_t value[RECORD_BYTES];
    memset(value, (int)(batch & 0xFF), sizeof(value));
    fixture_begin(fixture);
    for (uint32_t index = 0; index < RECORDS_PER_BATCH; index++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "%08u %08u", batch, index);
        assert_int_equal(store_append(fixture->store, TABLE_EVENT, span_text(key),
                                      span_of(value, sizeof(value))),
                         STATUS_OK);
    }
    char number[16];
    (void)snprintf(number, sizeof(number), "%08u", batch);
    fixture_put(fixture, TABLE_ORDER, "last", number);
    fixture_commit(fixture);
}

/* The last batch that can be seen, checked to be whole; 0 if none. */
static uint32_t batch_read(struct store_reader *reader)
{
    struct span value;
    struct span key;
    if (store_read_begin(reader) != STATUS_OK) {
        return UINT32_MAX;
    }
    uint32_t batch = 0;
    if (store_get(reader, TABLE_ORDER, span_text("last"), &value) == STATUS_OK) {
        char text[16];
        char expected[32];
        span_to_text(value, text, sizeof(text));
        batch = (uint32_t)strtoul(text, NULL, 10);
        (void)snprintf(expected, sizeof(expected), "%08u %08u", batch, RECORDS_PER_BATCH - 1u);
        if (store_last(reader, TABLE_EVENT, &key, &value) != STATUS_OK || !span_is(key, expected) ||
            value.size != RECORD_BYTES || value.data[0] != (batch & 0xFF)) {
            batch = UINT32_MAX;
        }
    }
    store_read_end(reader);
    return batch;
}

struct watch {
    struct store *store;
    atomic_bool failed;
    atomic_uint turns;
};

static void *watch_run(void *argument)
{
    struct watch *watch = argument;
    struct store_reader *reader = NULL;
    if (store_reader_open(watch->store, &reader) != STATUS_OK) {
        watch->failed = true;
        return NULL;
    }
    uint32_t before = 0;
    while (before < BATCHES) {
        uint32_t batch = batch_read(reader);
        struct store_space space;
        if (batch == UINT32_MAX || batch < before ||
            store_space(watch->store, &space) != STATUS_OK ||
            space.map_used_bytes > space.map_bytes) {
            watch->failed = true;
            break;
        }
        before = batch;
        watch->turns++;
    }
    store_reader_close(reader);
    return NULL;
}

static void map_grows_far_beyond_its_beginning_beside_readers(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct store_space space;
    assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
    uint64_t map_bytes_first = space.map_bytes;
    struct watch watches[2] = {{.store = fixture->store}, {.store = fixture->store}};
    pthread_t threads[ARRAY_LEN(watches)];
    for (size_t index = 0; index < ARRAY_LEN(watches); index++) {
        assert_int_equal(pthread_create(&threads[index], NULL, watch_run, &watches[index]), 0);
    }
    for (uint32_t batch = 1; batch <= BATCHES; batch++) {
        batch_write(fixture, batch);
    }
    for (size_t index = 0; index < ARRAY_LEN(watches); index++) {
        assert_int_equal(pthread_join(threads[index], NULL), 0);
        assert_false(watches[index].failed);
        assert_true(watches[index].turns > 0);
    }
    assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
    assert_true(space.map_used_bytes > (uint64_t)BATCHES * RECORDS_PER_BATCH * RECORD_BYTES);
    assert_true(space.map_bytes >= 2 * map_bytes_first);
    assert_true(space.map_bytes > space.map_used_bytes * 3 / 2);
    uint64_t map_bytes_last = space.map_bytes;

    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
    assert_true(space.map_bytes >= map_bytes_last);
    struct store_reader *reader = fixture_reader(fixture);
    assert_int_equal(batch_read(reader), BATCHES);
    store_reader_close(reader);
}

/* The other process: opens beside the owner, then follows what the owner writes. */
static int follow(struct fixture *fixture, int ready, int go)
{
    char byte = 0;
    struct store_reader *reader = NULL;
    fixture->config.read_only = true;
    if (read(go, &byte, 1) != 1 ||
        store_open(&fixture->config, &fixture->store, fixture->error) != STATUS_OK ||
        store_reader_open(fixture->store, &reader) != STATUS_OK || batch_read(reader) != 1) {
        return 1;
    }
    if (write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1) {
        return 2;
    }
    if (batch_read(reader) != BATCHES) {
        return 3;
    }
    store_reader_close(reader);
    store_close(fixture->store);
    return 0;
}

static void tool_in_another_process_follows_the_growing_map(void **state)
{
    struct fixture *fixture = *state;
    int ready[2];
    int go[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(follow(fixture, ready[1], go[0]));
    }
    fixture_open(fixture);
    batch_write(fixture, 1);
    assert_int_equal(write(go[1], "1", 1), 1);
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    for (uint32_t batch = 2; batch <= BATCHES; batch++) {
        batch_write(fixture, batch);
    }
    assert_int_equal(write(go[1], "2", 1), 1);
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    for (int index = 0; index < 2; index++) {
        close(ready[index]);
        close(go[index]);
    }
}

static void rewriting_every_record_at_once_fits_the_map(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    for (uint32_t batch = 1; batch <= 20; batch++) {
        batch_write(fixture, batch);
    }
    /* A reader that stays pins all pages, so that none can be used again. */
    for (int round = 0; round < 4; round++) {
        struct store_reader *reader = fixture_reader(fixture);
        fixture_begin(fixture);
        assert_int_equal(store_read_begin(reader), STATUS_OK);
        for (uint32_t batch = 1; batch <= 20; batch++) {
            for (uint32_t index = 0; index < RECORDS_PER_BATCH; index += 3) {
                char key[32];
                (void)snprintf(key, sizeof(key), "%08u %08u", batch, index);
                fixture_put(fixture, TABLE_EVENT, key, "shorter");
            }
        }
        fixture_commit(fixture);
        store_read_end(reader);
        store_reader_close(reader);
    }
}

/* LMDB counts pages that it gave back within the batch, but does not write them:
 * the file must not look truncated for that. */
static void pages_counted_but_never_written_are_no_truncation(void **state)
{
    struct fixture *fixture = *state;
    size_t size = 4 << 20;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    fixture->config.map_bytes_initial = 0; /* So large that it need not grow at first. */
    for (int round = 0; round < 8; round++) {
        fixture_open(fixture);
        fixture_begin(fixture);
        assert_int_equal(store_put(fixture->store, TABLE_ORDER, span_text("large"),
                                   span_of(bytes, (size_t)(round + 1) * (size / 8))),
                         STATUS_OK);
        assert_int_equal(store_delete(fixture->store, TABLE_ORDER, span_text("large")), STATUS_OK);
        fixture_commit(fixture);
        fixture_close(fixture);
    }
    free(bytes);
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 8);
}

static void deleted_records_leave_room_for_new_ones(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct store_space space;
    uint64_t used_bytes = 0;
    for (uint32_t round = 0; round < 10; round++) {
        batch_write(fixture, round + 1);
        fixture_begin(fixture);
        assert_int_equal(store_clear(fixture->store, TABLE_EVENT), STATUS_OK);
        fixture_commit(fixture);
        assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
        if (round == 4) {
            used_bytes = space.map_used_bytes;
        }
    }
    assert_int_equal(space.map_used_bytes, used_bytes);
}

static void room_is_low_when_less_than_the_reserve_is_left(void **state)
{
    struct fixture *fixture = *state;
    struct store_space space;
    fixture->config.reserve_bytes = 1;
    fixture_open(fixture);
    assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
    assert_true(space.disk_free_bytes > 0);
    assert_false(space.low);
    fixture_close(fixture);
    fixture->config.reserve_bytes = UINT64_MAX;
    fixture_open(fixture);
    assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
    assert_true(space.low);
}

#define GROWTH_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROWTH_TEST(map_grows_far_beyond_its_beginning_beside_readers),
        GROWTH_TEST(tool_in_another_process_follows_the_growing_map),
        GROWTH_TEST(rewriting_every_record_at_once_fits_the_map),
        GROWTH_TEST(pages_counted_but_never_written_are_no_truncation),
        GROWTH_TEST(deleted_records_leave_room_for_new_ones),
        GROWTH_TEST(room_is_low_when_less_than_the_reserve_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
