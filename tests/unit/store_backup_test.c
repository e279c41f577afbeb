/* A copy taken beside the running owner is a whole store, and so is the original. */
#include "tests/unit/store_fixture.h"

#include <sys/wait.h>

enum { BATCHES_FIRST = 3, BATCHES_LAST = 40, RECORDS = 1000 };

static void batch_write(struct fixture *fixture, uint64_t batch)
{
    uint8_t value[1000];
    memset(value, (int)batch, sizeof(value));
    fixture_begin(fixture);
    for (uint32_t index = 0; index < RECORDS; index++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "%08llu %08u", (unsigned long long)batch, index);
        assert_int_equal(store_append(fixture->store, TABLE_EVENT, span_text(key),
                                      span_of(value, sizeof(value))),
                         STATUS_OK);
    }
    fixture_commit(fixture);
}

static uint64_t records_count(struct fixture *fixture)
{
    struct store_reader *reader = fixture_reader(fixture);
    struct span key;
    struct span value;
    uint64_t count = 0;
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    enum status status = store_seek(reader, TABLE_EVENT, span_of(NULL, 0), &key, &value);
    while (status == STATUS_OK) {
        count++;
        status = store_after(reader, TABLE_EVENT, key, &key, &value);
    }
    assert_int_equal(status, STATUS_NOT_FOUND);
    store_read_end(reader);
    store_reader_close(reader);
    return count;
}

static int backup_run(struct fixture *fixture, const char *path, int ready, int go)
{
    char byte = 0;
    fixture->config.read_only = true;
    if (read(go, &byte, 1) != 1 ||
        store_open(&fixture->config, &fixture->store, fixture->error) != STATUS_OK ||
        write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1) {
        return 1;
    }
    /* Meanwhile the owner has grown the map beyond ours. */
    if (store_backup(fixture->store, path, fixture->error) != STATUS_OK) {
        return 2;
    }
    return store_backup(fixture->store, path, fixture->error) == STATUS_INVALID ? 0 : 3;
}

static void backup_beside_the_owner_is_a_store_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    char path[192];
    (void)snprintf(path, sizeof(path), "%s/backup", fixture->directory);
    int ready[2];
    int go[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(backup_run(fixture, path, ready[1], go[0]));
    }
    fixture_open(fixture);
    for (uint64_t batch = 1; batch <= BATCHES_FIRST; batch++) {
        batch_write(fixture, batch);
    }
    char byte = 0;
    assert_int_equal(write(go[1], "1", 1), 1);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    for (uint64_t batch = BATCHES_FIRST + 1; batch <= BATCHES_LAST; batch++) {
        batch_write(fixture, batch);
    }
    assert_int_equal(write(go[1], "2", 1), 1);
    batch_write(fixture, BATCHES_LAST + 1); /* In the copy or not, but wholly. */
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    fixture_close(fixture);

    fixture->config.path = path;
    fixture_open(fixture);
    uint64_t batches = store_batch_number(fixture->store);
    assert_true(batches == BATCHES_LAST || batches == BATCHES_LAST + 1);
    assert_int_equal(store_instance_id(fixture->store), fixture->config.instance_id);
    assert_int_equal(records_count(fixture), batches * RECORDS);
    batch_write(fixture, batches + 1);
    fixture_close(fixture);

    fixture->config.path = fixture->path;
    fixture_open(fixture);
    assert_int_equal(records_count(fixture), (BATCHES_LAST + 1) * (uint64_t)RECORDS);
    fixture_remove(path);
    for (int index = 0; index < 2; index++) {
        close(ready[index]);
        close(go[index]);
    }
}

static void backup_never_writes_over_a_store(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "key", "value");
    fixture_close(fixture);
    fixture->config.read_only = true;
    fixture_open(fixture);
    assert_int_equal(store_backup(fixture->store, fixture->path, fixture->error), STATUS_BUSY);
    assert_int_equal(store_backup(fixture->store, "/dev/null/x", fixture->error), STATUS_IO);
    assert_int_equal(store_backup(fixture->store, "", fixture->error), STATUS_INVALID);
    fixture_expect(fixture, TABLE_ORDER, "key", "value");
}

#define BACKUP_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BACKUP_TEST(backup_beside_the_owner_is_a_store_of_its_own),
        BACKUP_TEST(backup_never_writes_over_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
