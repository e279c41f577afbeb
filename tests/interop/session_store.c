/* The reflector's store, read when it has ended. */
#include "tests/interop/session_world.h"

#include "gateway/core/engine/record.h"
#include "gateway/core/engine/tables.h"
#include "session-store/store.h"

#include <stdlib.h>

static const char session_id[] = "FIX.4.4:REFLECTOR->PEER";

/* As written by gateway/core/sessions/link_numbers.c. */
static struct session_numbers numbers_of(struct session_world *world, struct span value)
{
    struct record_reader reader = record_reader_of(value);
    struct session_numbers numbers;
    uint8_t version = record_get_u8(&reader);
    numbers.in_next = record_get_u64(&reader);
    numbers.out_next = record_get_u64(&reader);
    (void)record_get_u64(&reader); /* When it was made. */
    numbers.resets = record_get_u32(&reader);
    if (version == 0 || reader.bad) {
        session_fail(world, "the reflector's session record cannot be read");
    }
    return numbers;
}

/* N of "11=oN" in a message; 0: none. */
static uint32_t order_of(struct span message)
{
    static const char key[] = "\00111=o";
    for (size_t at = 0; at + sizeof key - 1 < message.size; at++) {
        if (memcmp(message.data + at, key, sizeof key - 1) == 0) {
            return (uint32_t)strtoul((const char *)message.data + at + sizeof key - 1, NULL, 10);
        }
    }
    return 0;
}

/* Each application message of the day's queue is what QuickFIX got under its number; what
 * it got besides would be one that was never stored. */
static void compare_queue(struct session_world *world, struct store_reader *reader,
                          const struct session_numbers *numbers)
{
    uint32_t count = 0;
    struct span key;
    struct span value;
    enum status status = store_seek(reader, TABLE_OUT, span_of(NULL, 0), &key, &value);
    for (; status == STATUS_OK; status = store_after(reader, TABLE_OUT, key, &key, &value)) {
        struct record_reader number = record_reader_of(key);
        uint32_t day = record_get_u32(&number);
        uint64_t msg_seq_num = record_get_u64(&number);
        uint32_t order = order_of(value);
        if (day != numbers->resets || order == 0) {
            continue;
        }
        count++;
        uint32_t got =
            msg_seq_num <= world->journal.received_last ? world->journal.received[msg_seq_num] : 0;
        if (got != order) {
            session_fail(world, "our number %llu is o%u; QuickFIX got o%u under it",
                         (unsigned long long)msg_seq_num, order, got);
        }
    }
    for (uint32_t number = 1; number <= world->journal.received_last; number++) {
        count -= world->journal.received[number] != 0 ? 1 : 0;
    }
    if (status != STATUS_NOT_FOUND || count != 0) {
        session_fail(world, "QuickFIX got messages today that our queue does not have");
    }
}

struct session_numbers session_store_read(struct session_world *world)
{
    char path[PROCESS_PATH_BYTES_MAX];
    char error[STORE_ERROR_BYTES_MAX];
    char out_name[STORE_NAME_BYTES_MAX];
    const char *tables[TABLE_OUT + 1];
    struct store *store = NULL;
    struct store_reader *reader = NULL;
    struct span value;
    (void)snprintf(path, sizeof path, "%s/store", world->directory);
    (void)snprintf(out_name, sizeof out_name, "out/%s", session_id);
    for (unsigned table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    tables[TABLE_OUT] = out_name;
    const struct store_config config = {
        .path = path, .tables = tables, .tables_count = TABLE_OUT + 1, .read_only = true};
    if (store_open(&config, &store, error) != STATUS_OK ||
        store_reader_open(store, &reader) != STATUS_OK || store_read_begin(reader) != STATUS_OK ||
        store_get(reader, TABLE_SESSION, span_text(session_id), &value) != STATUS_OK) {
        session_fail(world, "the reflector's store cannot be read: %s", error);
    }
    struct session_numbers numbers = numbers_of(world, value);
    compare_queue(world, reader, &numbers);
    store_read_end(reader);
    store_reader_close(reader);
    store_close(store);
    return numbers;
}
