/* What is refused at open, with which reason, and that nothing is changed by it. */
#include "tests/unit/store_fixture.h"

#include "session-store/record.h"

#include <signal.h>
#include <sys/wait.h>

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes file_read(const struct fixture *fixture, const char *name)
{
    char path[256];
    fixture_file(fixture, name, path);
    int file = open(path, O_RDONLY);
    assert_true(file >= 0);
    struct stat status;
    assert_int_equal(fstat(file, &status), 0);
    struct bytes bytes = {.data = malloc((size_t)status.st_size + 1),
                          .size = (size_t)status.st_size};
    assert_int_equal(pread(file, bytes.data, bytes.size, 0), bytes.size);
    close(file);
    return bytes;
}

static void file_write(const struct fixture *fixture, const char *name, struct bytes bytes)
{
    char path[256];
    fixture_file(fixture, name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes.data, bytes.size), bytes.size);
    close(file);
}

static void file_remove(const struct fixture *fixture, const char *name)
{
    char path[256];
    fixture_file(fixture, name, path);
    assert_int_equal(unlink(path), 0);
}

/* The position of `what` at or after `from`; SIZE_MAX if none. */
static size_t bytes_find(struct bytes bytes, size_t from, struct span what)
{
    for (size_t at = from; at + what.size <= bytes.size; at++) {
        if (memcmp(bytes.data + at, what.data, what.size) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Without the room behind the used pages, which was kept free. */
static struct bytes data_trim(struct bytes bytes)
{
    while (bytes.size > 0 && bytes.data[bytes.size - 1] == 0) {
        bytes.size--;
    }
    bytes.size = (bytes.size + 4095) / 4096 * 4096;
    return bytes;
}

/* A store of some batches, closed; large enough to have inner pages. */
static struct bytes store_make(struct fixture *fixture)
{
    fixture_open(fixture);
    for (int batch = 0; batch < 5; batch++) {
        fixture_begin(fixture);
        for (int index = 0; index < 100; index++) {
            char key[32];
            (void)snprintf(key, sizeof(key), "order %d %d", batch, index);
            fixture_put(fixture, TABLE_ORDER, key, "a value that is to be found in the file");
        }
        fixture_commit(fixture);
    }
    fixture_close(fixture);
    return data_trim(file_read(fixture, "data.mdb"));
}

static void expect_unchanged(const struct fixture *fixture, struct bytes before)
{
    struct bytes after = file_read(fixture, "data.mdb");
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    free(after.data);
}

static void garbage_in_place_of_the_store_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes good = store_make(fixture);
    static const size_t sizes[] = {1, 15, 4096, 8192, 100000};
    uint32_t random = 1;
    for (size_t index = 0; index < ARRAY_LEN(sizes); index++) {
        struct bytes garbage = {.data = malloc(sizes[index]), .size = sizes[index]};
        for (size_t at = 0; at < garbage.size; at++) {
            random = random * 1664525 + 1013904223;
            garbage.data[at] = (uint8_t)(random >> 24);
        }
        file_write(fixture, "data.mdb", garbage);
        fixture_open_fails(fixture, STATUS_CORRUPT, "data.mdb", "restore a backup");
        expect_unchanged(fixture, garbage);
        fixture->config.read_only = true;
        fixture_open_fails(fixture, STATUS_CORRUPT, "data.mdb", "restore a backup");
        fixture->config.read_only = false;
        free(garbage.data);
    }
    file_write(fixture, "data.mdb", good);
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 5);
    free(good.data);
}

static void truncated_store_is_refused_at_every_size(void **state)
{
    struct fixture *fixture = *state;
    struct bytes good = store_make(fixture);
    assert_true(good.size > 40960);
    for (size_t size = 1; size < good.size; size += 1021) {
        struct bytes cut = {.data = good.data, .size = size};
        file_write(fixture, "data.mdb", cut);
        fixture_open_fails(fixture, STATUS_CORRUPT, "data.mdb", "restore a backup");
        expect_unchanged(fixture, cut);
    }
    file_write(fixture, "data.mdb", good);
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 5);
    free(good.data);
}

/* Rewrites every copy of the meta record in the file. */
static void meta_patch(struct bytes bytes, uint64_t instance_id, uint32_t schema, bool seal)
{
    uint8_t instance[8];
    write_u64_le(instance, instance_id);
    struct checksum checksum;
    checksum_init(&checksum);
    size_t patched = 0;
    size_t at = 0;
    while ((at = bytes_find(bytes, at, span_of(instance, 8))) != SIZE_MAX) {
        uint8_t value[META_BYTES];
        uint8_t *stored = bytes.data + at - 4 - RECORD_CHECKSUM_BYTES;
        memcpy(value, stored + RECORD_CHECKSUM_BYTES, META_BYTES);
        write_u32_le(value, schema);
        if (seal) {
            record_seal(&checksum, span_text("store"), span_of(value, META_BYTES), stored);
        } else {
            memcpy(stored + RECORD_CHECKSUM_BYTES, value, META_BYTES);
        }
        patched++;
        at += 8;
    }
    assert_true(patched > 0);
}

static void newer_schema_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes bytes = store_make(fixture);
    meta_patch(bytes, fixture->config.instance_id, STORE_SCHEMA_VERSION + 1, true);
    file_write(fixture, "data.mdb", bytes);
    fixture_open_fails(fixture, STATUS_NEWER, "schema 4", "start the fixgate that wrote it");
    expect_unchanged(fixture, bytes);
    fixture->config.read_only = true;
    fixture_open_fails(fixture, STATUS_NEWER, "schema 4", "start the fixgate that wrote it");
    fixture->config.read_only = false;
    meta_patch(bytes, fixture->config.instance_id, STORE_SCHEMA_VERSION, true);
    file_write(fixture, "data.mdb", bytes);
    fixture_open(fixture);
    free(bytes.data);
}

static void older_schema_is_refused_with_the_way_out(void **state)
{
    struct fixture *fixture = *state;
    struct bytes bytes = store_make(fixture);
    meta_patch(bytes, fixture->config.instance_id, STORE_SCHEMA_VERSION - 1, true);
    file_write(fixture, "data.mdb", bytes);
    fixture_open_fails(fixture, STATUS_NEWER, "schema 2", "begin with a new store");
    expect_unchanged(fixture, bytes);
    fixture->config.read_only = true;
    fixture_open_fails(fixture, STATUS_NEWER, "schema 2", "begin with a new store");
    free(bytes.data);
}

static void damaged_meta_record_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes bytes = store_make(fixture);
    meta_patch(bytes, fixture->config.instance_id, STORE_SCHEMA_VERSION + 1, false);
    file_write(fixture, "data.mdb", bytes);
    fixture_open_fails(fixture, STATUS_CORRUPT, "meta record", "restore a backup");
    expect_unchanged(fixture, bytes);
    free(bytes.data);
}

static void lmdb_file_of_another_program_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes bytes = store_make(fixture);
    size_t at = 0;
    while ((at = bytes_find(bytes, at, span_of("\4\0meta", 6))) != SIZE_MAX) {
        bytes.data[at + 4] = 'u'; /* "meua" sorts as "meta" did. */
    }
    file_write(fixture, "data.mdb", bytes);
    fixture_open_fails(fixture, STATUS_CORRUPT, "not of fixgate", "restore a backup");
    free(bytes.data);
}

static void flipped_bit_in_a_value_is_found_when_it_is_read(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_begin(fixture);
    fixture_put(fixture, TABLE_ORDER, "good", "another value");
    fixture_put(fixture, TABLE_ORDER, "spoilt", "one bit of this value will be flipped");
    fixture_commit(fixture);
    fixture_close(fixture);
    struct bytes bytes = data_trim(file_read(fixture, "data.mdb"));
    size_t at = 0;
    while ((at = bytes_find(bytes, at, span_text("will be flipped"))) != SIZE_MAX) {
        bytes.data[at] ^= 4;
    }
    file_write(fixture, "data.mdb", bytes);
    free(bytes.data);

    fixture_open(fixture);
    char text[64];
    fixture_expect(fixture, TABLE_ORDER, "good", "another value");
    assert_int_equal(fixture_get(fixture, TABLE_ORDER, "spoilt", text, sizeof(text)),
                     STATUS_CORRUPT);
    assert_non_null(strstr(store_error(fixture->store), "checksum"));
    struct store_reader *reader = fixture_reader(fixture);
    struct span key;
    struct span value;
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    assert_int_equal(store_seek(reader, TABLE_ORDER, span_of(NULL, 0), &key, &value), STATUS_OK);
    assert_int_equal(store_after(reader, TABLE_ORDER, key, &key, &value), STATUS_CORRUPT);
    assert_int_equal(store_last(reader, TABLE_ORDER, &key, &value), STATUS_CORRUPT);
    assert_int_equal(value.size, 0);
    store_read_end(reader);
    store_reader_close(reader);
}

static void older_copy_is_refused_until_the_guard_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct bytes old = store_make(fixture);
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "later", "yes");
    fixture_close(fixture);
    file_write(fixture, "data.mdb", old);
    fixture_open_fails(fixture, STATUS_BACKWARD, "ends at batch 5, but 6", "remove the file");
    fixture_open_fails(fixture, STATUS_BACKWARD, "ends at batch 5, but 6", "'guard'");
    expect_unchanged(fixture, old);
    file_remove(fixture, "guard");
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 5);
    free(old.data);
}

static void missing_store_is_refused_while_its_guard_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct bytes old = store_make(fixture);
    file_remove(fixture, "data.mdb");
    fixture_open_fails(fixture, STATUS_BACKWARD, "data.mdb is missing", "remove the file");
    file_write(fixture, "data.mdb", (struct bytes){.data = old.data, .size = 0});
    fixture_open_fails(fixture, STATUS_BACKWARD, "data.mdb is missing", "remove the file");
    file_remove(fixture, "guard");
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), 0);
    free(old.data);
}

static void store_of_another_instance_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bytes other = store_make(fixture);
    file_remove(fixture, "data.mdb");
    file_remove(fixture, "guard");
    fixture->config.instance_id = 7;
    fixture_open(fixture);
    fixture_close(fixture);
    file_write(fixture, "data.mdb", other);
    fixture_open_fails(fixture, STATUS_BACKWARD, "of another store", "remove the file");
    free(other.data);
}

static void guard_lags_after_a_kill_and_still_guards(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.durability = STORE_COMMIT;
    struct bytes old = store_make(fixture);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fixture_open(fixture);
        for (int batch = 0; batch < 150; batch++) {
            fixture_write(fixture, TABLE_ORDER, "key", "value");
        }
        _exit(0); /* Without closing. */
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    struct bytes newest = file_read(fixture, "data.mdb");
    file_write(fixture, "data.mdb", old);
    fixture_open_fails(fixture, STATUS_BACKWARD, "ends at batch 5, but 128", "remove the file");
    file_write(fixture, "data.mdb", newest);
    fixture_open(fixture);
    assert_false(store_was_clean(fixture->store));
    assert_int_equal(store_batch_number(fixture->store), 155);
    free(old.data);
    free(newest.data);
}

static void damaged_or_lost_guard_does_not_stop_a_good_store(void **state)
{
    struct fixture *fixture = *state;
    struct bytes old = store_make(fixture);
    fixture_open(fixture);
    fixture_write(fixture, TABLE_ORDER, "later", "yes");
    fixture_close(fixture);
    struct bytes guard = file_read(fixture, "guard");
    struct bytes newest = file_read(fixture, "data.mdb");

    /* One slot of two is torn: the other, older one still guards. */
    for (size_t slot = 0; slot < 2; slot++) {
        guard.data[slot * 512 + 17] ^= 1;
        file_write(fixture, "guard", guard);
        guard.data[slot * 512 + 17] ^= 1;
        fixture_open(fixture);
        assert_int_equal(store_batch_number(fixture->store), 6);
        fixture_close(fixture);
        file_write(fixture, "data.mdb", old);
        fixture_open_fails(fixture, STATUS_BACKWARD, "ends at batch 5", "remove the file");
        file_write(fixture, "data.mdb", newest);
    }
    /* Nothing is left of it: it is written anew, and guards from then on. */
    for (size_t size = 0; size < 600; size += 300) {
        memset(guard.data, 0, guard.size);
        file_write(fixture, "guard", (struct bytes){.data = guard.data, .size = size});
        fixture_open(fixture);
        fixture_close(fixture);
        file_write(fixture, "data.mdb", old);
        fixture_open_fails(fixture, STATUS_BACKWARD, "ends at batch 5", "remove the file");
        file_write(fixture, "data.mdb", newest);
    }
    free(old.data);
    free(newest.data);
    free(guard.data);
}

/* What a loss of power may leave of a store that was just being made. */
static void store_that_was_still_being_made_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct bytes made = store_make(fixture);
    static const size_t sizes[] = {1, 512, 4096, 7680, 8192, 1 << 20};
    for (size_t index = 0; index < ARRAY_LEN(sizes); index++) {
        struct bytes unmade = {.data = calloc(1, sizes[index]), .size = sizes[index]};
        if (sizes[index] > 4096) { /* One of two first pages is there, and perhaps torn. */
            memcpy(unmade.data, made.data, index % 2 == 0 ? 512 : 4096);
        }
        file_write(fixture, "data.mdb", unmade);
        file_write(fixture, "guard", (struct bytes){.data = made.data, .size = 0});
        fixture_open(fixture);
        assert_true(store_is_new(fixture->store));
        assert_int_equal(store_batch_number(fixture->store), 0);
        fixture_write(fixture, TABLE_ORDER, "first", "yes");
        fixture_close(fixture);
        free(unmade.data);
    }
    free(made.data);
}

/* But one that has anything in it is not. */
static void damaged_store_is_refused_also_beside_an_empty_guard(void **state)
{
    struct fixture *fixture = *state;
    struct bytes damaged = store_make(fixture);
    memset(damaged.data, 0, 8192);
    file_write(fixture, "data.mdb", damaged);
    file_write(fixture, "guard", (struct bytes){.data = damaged.data, .size = 0});
    fixture_open_fails(fixture, STATUS_CORRUPT, "data.mdb", "restore a backup");
    expect_unchanged(fixture, damaged);
    free(damaged.data);
}

static void second_owner_is_refused_until_the_first_has_ended(void **state)
{
    struct fixture *fixture = *state;
    int opened[2];
    assert_int_equal(pipe(opened), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fixture_open(fixture);
        fixture_write(fixture, TABLE_ORDER, "key", "of the first");
        (void)!write(opened[1], "o", 1);
        for (;;) {
            pause();
        }
    }
    char byte = 0;
    assert_int_equal(read(opened[0], &byte, 1), 1);
    char owner[64];
    (void)snprintf(owner, sizeof(owner), "process %ld owns it", (long)child);
    fixture_open_fails(fixture, STATUS_BUSY, owner, "stop that process");

    fixture->config.read_only = true; /* A tool may look at it. */
    fixture_open(fixture);
    fixture_expect(fixture, TABLE_ORDER, "key", "of the first");
    assert_false(store_was_clean(fixture->store));
    fixture_close(fixture);
    fixture->config.read_only = false;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    fixture_open(fixture);
    assert_false(store_was_clean(fixture->store));
    fixture_expect(fixture, TABLE_ORDER, "key", "of the first");
    close(opened[0]);
    close(opened[1]);
}

static void one_process_cannot_open_a_store_twice(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    struct store *owner = fixture->store;
    fixture_open_fails(fixture, STATUS_BUSY, "this process", "has it open already");
    fixture->config.read_only = true;
    fixture_open_fails(fixture, STATUS_BUSY, "this process", "has it open already");
    store_close(owner);
    fixture_open(fixture);
    fixture_open_fails(fixture, STATUS_BUSY, "this process", "has it open already");
}

static void paths_that_make_no_sense_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char path[400];
    fixture->config.path = "";
    fixture_open_fails(fixture, STATUS_INVALID, "store path", "empty");
    memset(path, 'p', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    fixture->config.path = path;
    fixture_open_fails(fixture, STATUS_INVALID, "store path", "longer than 255 bytes");
    (void)snprintf(path, sizeof(path), "%s/missing/gateway", fixture->directory);
    fixture_open_fails(fixture, STATUS_IO, "missing/gateway", "make the directory");
    fixture->config.path = "/dev/null";
    fixture_open_fails(fixture, STATUS_IO, "/dev/null", "open the directory");
    fixture->config.path = fixture->path;
    fixture->config.read_only = true;
    fixture_open_fails(fixture, STATUS_NOT_FOUND, fixture->path, "open the directory");
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    fixture_open_fails(fixture, STATUS_NOT_FOUND, fixture->path, "no data.mdb");
}

static void store_is_for_its_user_only(void **state)
{
    struct fixture *fixture = *state;
    free(store_make(fixture).data);
    static const char *const names[] = {".", "data.mdb", "lock.mdb", "owner", "guard"};
    for (size_t index = 0; index < ARRAY_LEN(names); index++) {
        char path[256];
        struct stat status;
        fixture_file(fixture, names[index], path);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 077, 0);
    }
}

#define GUARD_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUARD_TEST(garbage_in_place_of_the_store_is_refused),
        GUARD_TEST(truncated_store_is_refused_at_every_size),
        GUARD_TEST(newer_schema_is_refused),
        GUARD_TEST(older_schema_is_refused_with_the_way_out),
        GUARD_TEST(damaged_meta_record_is_refused),
        GUARD_TEST(lmdb_file_of_another_program_is_refused),
        GUARD_TEST(flipped_bit_in_a_value_is_found_when_it_is_read),
        GUARD_TEST(older_copy_is_refused_until_the_guard_is_removed),
        GUARD_TEST(missing_store_is_refused_while_its_guard_is_there),
        GUARD_TEST(store_of_another_instance_is_refused),
        GUARD_TEST(guard_lags_after_a_kill_and_still_guards),
        GUARD_TEST(damaged_or_lost_guard_does_not_stop_a_good_store),
        GUARD_TEST(store_that_was_still_being_made_is_made_anew),
        GUARD_TEST(damaged_store_is_refused_also_beside_an_empty_guard),
        GUARD_TEST(second_owner_is_refused_until_the_first_has_ended),
        GUARD_TEST(one_process_cannot_open_a_store_twice),
        GUARD_TEST(paths_that_make_no_sense_are_refused),
        GUARD_TEST(store_is_for_its_user_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
