#include "tests/torture/store_batches.h"

#include <inttypes.h>
#include <stdio.h>

enum { TABLE_LOG, TABLE_STATE, TABLE_OUT, TABLES };

enum {
    KEEP_BATCHES = 40, /* Of the log; so old pages come into use again. */
    STATE_KEYS = 97,
    STATE_WRITES = 5,
    VALUE_BYTES_MAX = 6000, /* Some need pages of their own. */
    KEY_BYTES = 48,
};

static const char *const tables[TABLES] = {"event", "order", "out/FIX.4.4:A->B"};

void store_batches_config(struct store_config *config, const char *path,
                          enum store_durability durability)
{
    *config = (struct store_config){
        .path = path,
        .durability = durability,
        .map_bytes_initial = 1 << 20,
        .tables = tables,
        .tables_count = TABLES,
        .instance_id = 0x0123456789ABCDEF,
    };
}

static uint64_t mix(uint64_t batch, uint64_t index)
{
    uint64_t mixed = batch * UINT64_C(0x9E3779B97F4A7C15) + index * UINT64_C(0xD1B54A32D192ED03);
    mixed = (mixed ^ mixed >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    return mixed ^ mixed >> 32;
}

static uint32_t log_records(uint64_t batch)
{
    return 1 + (uint32_t)(mix(batch, 0) % 12);
}

static struct span log_key(char key[KEY_BYTES], uint64_t batch, uint32_t index)
{
    int size = snprintf(key, KEY_BYTES, "%08" PRIu64 " %04" PRIu32, batch, index);
    return span_of(key, (size_t)size);
}

static struct span log_value(uint8_t value[VALUE_BYTES_MAX], uint64_t batch, uint32_t index)
{
    uint64_t seed = mix(batch, 1000 + index);
    size_t size = seed % 16 == 0 ? 4500 + seed % 1500 : 20 + seed % 600;
    for (size_t at = 0; at < size; at++) {
        value[at] = (uint8_t)(seed >> 8 * (at % 8)) ^ (uint8_t)at;
    }
    return span_of(value, size);
}

static struct span state_key(char key[KEY_BYTES], uint64_t number)
{
    int size = snprintf(key, KEY_BYTES, "account %03" PRIu64, number);
    return span_of(key, (size_t)size);
}

static uint64_t state_touched(uint64_t batch, uint32_t index)
{
    return mix(batch, 2000 + index) % STATE_KEYS;
}

static struct span state_value(uint8_t value[VALUE_BYTES_MAX], uint64_t batch, uint64_t number)
{
    struct span bytes = log_value(value, batch, (uint32_t)number + 500);
    return span_of(bytes.data, bytes.size < 200 ? bytes.size : 200);
}

/* --- Writing -----------------------------------------------------------------------------------
 */

static enum status batch_put(struct store *store, uint64_t number)
{
    char key[KEY_BYTES];
    uint8_t value[VALUE_BYTES_MAX];
    for (uint32_t index = 0; index < log_records(number); index++) {
        TRY(store_append(store, TABLE_LOG, log_key(key, number, index),
                         log_value(value, number, index)));
    }
    uint64_t old = number > KEEP_BATCHES ? number - KEEP_BATCHES : 0;
    for (uint32_t index = 0; old > 0 && index < log_records(old); index++) {
        TRY(store_delete(store, TABLE_LOG, log_key(key, old, index)));
    }
    for (uint32_t index = 0; index < STATE_WRITES; index++) {
        uint64_t touched = state_touched(number, index);
        TRY(store_put(store, TABLE_STATE, state_key(key, touched),
                      state_value(value, number, touched)));
    }
    return store_append(store, TABLE_OUT, log_key(key, number, 0), log_value(value, number, 0));
}

enum status store_batches_write(struct store *store, uint64_t number)
{
    TRY(store_begin(store));
    TRY(batch_put(store, number));
    return store_commit(store, number);
}

/* --- Checking ----------------------------------------------------------------------------------
 */

struct check {
    struct store_reader *reader;
    uint32_t table;
    struct span key;   /* Of the record last taken; empty before the first. */
    struct span value; /* */
    char *text;
};

static enum status wrong(const struct check *check, const char *what, uint64_t batch)
{
    (void)snprintf(check->text, STORE_ERROR_BYTES_MAX, "table %s: %s of batch %" PRIu64,
                   tables[check->table], what, batch);
    return STATUS_INVALID;
}

static enum status take(struct check *check)
{
    struct span before = check->key;
    return before.size == 0
               ? store_seek(check->reader, check->table, before, &check->key, &check->value)
               : store_after(check->reader, check->table, before, &check->key, &check->value);
}

/* The next record of the table must be this one. */
static enum status expect(struct check *check, struct span key, struct span value, uint64_t batch)
{
    enum status status = take(check);
    if (status == STATUS_NOT_FOUND) {
        return wrong(check, "it ends before a record", batch);
    }
    TRY(status);
    if (!span_equal(check->key, key)) {
        return wrong(check, "another key stands where there should be one", batch);
    }
    return span_equal(check->value, value) ? STATUS_OK : wrong(check, "another value", batch);
}

static enum status expect_end(struct check *check, uint64_t batch)
{
    enum status status = take(check);
    if (status == STATUS_OK) {
        return wrong(check, "records after those", batch);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status check_log(struct check *check, uint64_t last)
{
    char key[KEY_BYTES];
    uint8_t value[VALUE_BYTES_MAX];
    uint64_t first = last > KEEP_BATCHES ? last - KEEP_BATCHES + 1 : 1;
    check->table = TABLE_LOG;
    check->key = span_of(NULL, 0);
    for (uint64_t batch = first; batch <= last; batch++) {
        for (uint32_t index = 0; index < log_records(batch); index++) {
            TRY(expect(check, log_key(key, batch, index), log_value(value, batch, index), batch));
        }
    }
    return expect_end(check, last);
}

static enum status check_state(struct check *check, uint64_t last)
{
    char key[KEY_BYTES];
    uint8_t value[VALUE_BYTES_MAX];
    uint64_t touched_by[STATE_KEYS] = {0};
    check->table = TABLE_STATE;
    check->key = span_of(NULL, 0);
    for (uint64_t batch = 1; batch <= last; batch++) {
        for (uint32_t index = 0; index < STATE_WRITES; index++) {
            touched_by[state_touched(batch, index)] = batch;
        }
    }
    for (uint64_t number = 0; number < STATE_KEYS; number++) {
        uint64_t batch = touched_by[number];
        if (batch != 0) {
            TRY(expect(check, state_key(key, number), state_value(value, batch, number), batch));
        }
    }
    return expect_end(check, last);
}

static enum status check_out(struct check *check, uint64_t last)
{
    char key[KEY_BYTES];
    uint8_t value[VALUE_BYTES_MAX];
    check->table = TABLE_OUT;
    check->key = span_of(NULL, 0);
    for (uint64_t batch = 1; batch <= last; batch++) {
        TRY(expect(check, log_key(key, batch, 0), log_value(value, batch, 0), batch));
    }
    return expect_end(check, last);
}

static enum status check_all(struct check *check, uint64_t last)
{
    TRY(check_log(check, last));
    TRY(check_state(check, last));
    return check_out(check, last);
}

enum status store_batches_check(struct store *store, char text[STORE_ERROR_BYTES_MAX])
{
    struct check check = {.text = text};
    text[0] = '\0';
    TRY(store_reader_open(store, &check.reader));
    enum status status = store_read_begin(check.reader);
    if (status == STATUS_OK) {
        status = check_all(&check, store_batch_number(store));
        store_read_end(check.reader);
    }
    store_reader_close(check.reader);
    if (status != STATUS_OK && status != STATUS_INVALID) {
        (void)snprintf(text, STORE_ERROR_BYTES_MAX, "%s", store_error(store));
    }
    return status;
}
