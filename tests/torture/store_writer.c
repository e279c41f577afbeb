/* store_writer STORE commit|process COUNT: writes batches, one after the other, until COUNT are
 * there (0: for ever), and says after each commit that it is done: a line "BATCH RECORDS", where
 * RECORDS is how many the bad disk's journal then had. Made to be killed. */
#include "tests/torture/bad_disk.h"
#include "tests/torture/store_batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void say_done(uint64_t batch)
{
    struct bad_disk_journal journal = {.records = 0};
    const char *path = getenv(BAD_DISK_JOURNAL);
    if (path != NULL && !bad_disk_journal_read(path, &journal)) {
        (void)fprintf(stderr, "no journal in %s\n", path);
        exit(2);
    }
    char line[64];
    int size = snprintf(line, sizeof line, "%" PRIu64 " %" PRIu64 "\n", batch, journal.records);
    if (write(1, line, (size_t)size) != size) {
        exit(2);
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 4) {
        (void)fprintf(stderr, "usage: store_writer STORE commit|process COUNT\n");
        return 2;
    }
    struct store_config config;
    bool commit = strcmp(arguments[2], "commit") == 0;
    store_batches_config(&config, arguments[1], commit ? STORE_COMMIT : STORE_PROCESS);
    uint64_t count = strtoull(arguments[3], NULL, 10);
    struct store *store = NULL;
    char error[STORE_ERROR_BYTES_MAX];
    if (store_open(&config, &store, error) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", error);
        return 1;
    }
    enum status status = STATUS_OK;
    uint64_t batch = store_batch_number(store) + 1;
    for (; status == STATUS_OK && (count == 0 || batch <= count); batch++) {
        status = store_batches_write(store, batch);
        if (status == STATUS_OK) {
            say_done(batch);
        } else {
            (void)fprintf(stderr, "%s\n", store_error(store));
        }
    }
    store_close(store);
    return status == STATUS_OK ? 0 : 1;
}
