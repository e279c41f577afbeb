/* What the tests of the store share: a directory of its own for each test, and
 * short ways to open, write and read. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session-store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_ORDER, TABLE_OUT, TABLE_EVENT, TABLES };

static const char *const fixture_tables[TABLES] = {"order", "out/FIX.4.4:A->B", "event"};

struct fixture {
    char directory[128]; /* Removed at the end. */
    char path[160];      /* The store's, inside. */
    struct store_config config;
    struct store *store;
    char error[STORE_ERROR_BYTES_MAX];
};

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    const char *base = getenv("TMPDIR");
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "%s/store_test.XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(fixture->directory) == NULL) {
        return -1;
    }
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/gateway", fixture->directory);
    fixture->config = (struct store_config){
        .path = fixture->path,
        .durability = STORE_PROCESS,
        .map_bytes_initial = 1 << 20,
        .tables = fixture_tables,
        .tables_count = TABLES,
        .instance_id = 0x1122334455667788,
    };
    *state = fixture;
    return 0;
}

static inline void fixture_remove(const char *directory)
{
    DIR *entries = opendir(directory);
    const struct dirent *entry = NULL;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            (void)unlink(path);
        }
    }
    if (entries != NULL) {
        closedir(entries);
    }
    (void)rmdir(directory);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->store != NULL) {
        store_close(fixture->store);
    }
    fixture_remove(fixture->path);
    fixture_remove(fixture->directory);
    free(fixture);
    return 0;
}

static inline void fixture_open(struct fixture *fixture)
{
    enum status status = store_open(&fixture->config, &fixture->store, fixture->error);
    if (status != STATUS_OK) {
        print_error("%s\n", fixture->error);
    }
    assert_int_equal(status, STATUS_OK);
}

static inline void fixture_close(struct fixture *fixture)
{
    store_close(fixture->store);
    fixture->store = NULL;
}

/* The store must be refused, with a reason that names what is to be done. */
static inline void fixture_open_fails(struct fixture *fixture, enum status expected,
                                      const char *reason, const char *remedy)
{
    struct store *store = NULL;
    assert_int_equal(store_open(&fixture->config, &store, fixture->error), expected);
    assert_null(store);
    if (strstr(fixture->error, reason) == NULL || strstr(fixture->error, remedy) == NULL) {
        fail_msg("'%s' does not say '%s' and '%s'", fixture->error, reason, remedy);
    }
}

static inline void fixture_file(const struct fixture *fixture, const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", fixture->path, name);
}

static inline void fixture_put(struct fixture *fixture, uint32_t table, const char *key,
                               const char *value)
{
    assert_int_equal(store_put(fixture->store, table, span_text(key), span_text(value)), STATUS_OK);
}

static inline void fixture_begin(struct fixture *fixture)
{
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
}

static inline void fixture_commit(struct fixture *fixture)
{
    uint64_t next = store_batch_number(fixture->store) + 1;
    assert_int_equal(store_commit(fixture->store, next), STATUS_OK);
    assert_int_equal(store_batch_number(fixture->store), next);
}

/* One batch of one record. */
static inline void fixture_write(struct fixture *fixture, uint32_t table, const char *key,
                                 const char *value)
{
    fixture_begin(fixture);
    fixture_put(fixture, table, key, value);
    fixture_commit(fixture);
}

static inline struct store_reader *fixture_reader(struct fixture *fixture)
{
    struct store_reader *reader = NULL;
    assert_int_equal(store_reader_open(fixture->store, &reader), STATUS_OK);
    return reader;
}

/* Copies the value as text; the status of the read is the result. */
static inline enum status fixture_get(struct fixture *fixture, uint32_t table, const char *key,
                                      char *text, size_t capacity)
{
    struct store_reader *reader = fixture_reader(fixture);
    struct span value;
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    enum status status = store_get(reader, table, span_text(key), &value);
    span_to_text(value, text, capacity);
    store_read_end(reader);
    store_reader_close(reader);
    return status;
}

static inline void fixture_expect(struct fixture *fixture, uint32_t table, const char *key,
                                  const char *expected)
{
    char text[256];
    assert_int_equal(fixture_get(fixture, table, key, text, sizeof(text)), STATUS_OK);
    assert_string_equal(text, expected);
}

static inline void fixture_expect_none(struct fixture *fixture, uint32_t table, const char *key)
{
    char text[256];
    assert_int_equal(fixture_get(fixture, table, key, text, sizeof(text)), STATUS_NOT_FOUND);
}

#endif
