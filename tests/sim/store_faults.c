#include "tests/sim/store_faults.h"

static enum store_fault planned;
static const struct store_reader *spared;

enum status __real_store_begin(struct store *store);
enum status __real_store_commit(struct store *store, uint64_t batch_number);
enum status __real_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value);
enum status __wrap_store_begin(struct store *store);
enum status __wrap_store_commit(struct store *store, uint64_t batch_number);
enum status __wrap_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value);

void store_faults_plan(enum store_fault fault)
{
    planned = fault;
}

void store_faults_spare(const struct store_reader *reader)
{
    spared = reader;
}

static bool strikes(enum store_fault fault)
{
    bool now = planned == fault;
    planned = now ? STORE_FAULT_NONE : planned;
    return now;
}

/* Breaks the open batch by a promise that it cannot keep: after that the store takes no more
 * writes, as after a failure of the disk. */
static void break_batch(struct store *store)
{
    struct span key = span_text("broken");
    enum status first = store_put_new(store, 0, key, key);
    enum status second = store_put_new(store, 0, key, key);
    ASSERT(first != STATUS_OK || second != STATUS_OK);
}

enum status __wrap_store_begin(struct store *store)
{
    if (!strikes(STORE_FAULT_BEGIN)) {
        return __real_store_begin(store);
    }
    enum status status = __real_store_begin(store);
    if (status == STATUS_OK) {
        break_batch(store);
    }
    return STATUS_FULL;
}

enum status __wrap_store_commit(struct store *store, uint64_t batch_number)
{
    if (strikes(STORE_FAULT_COMMIT)) {
        break_batch(store);
        return STATUS_IO;
    }
    bool lasts = strikes(STORE_FAULT_COMMIT_LASTS);
    enum status status = __real_store_commit(store, batch_number);
    return lasts ? STATUS_IO : status;
}

enum status __wrap_store_get(struct store_reader *reader, uint32_t table, struct span key,
                             struct span *value)
{
    return reader != spared && strikes(STORE_FAULT_READ)
               ? STATUS_IO
               : __real_store_get(reader, table, key, value);
}

void store_faults_die(struct store *store)
{
    planned = STORE_FAULT_NONE;
    if (__real_store_begin(store) == STATUS_OK) {
        break_batch(store);
    }
    store_close(store);
}
