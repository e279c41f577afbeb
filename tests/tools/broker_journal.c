/* The journal on disk. It is not synced: it survives kill -9 of the broker, which
 * is what the tests do to it, and not the loss of the machine's power. */
#define _DEFAULT_SOURCE /* flock() */
#include "tests/tools/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

void journal_begin(struct fields *line, const char *kind)
{
    char time[BOOK_TIME_BYTES_MAX];
    broker_time_text(time);
    line_begin(line, kind);
    line_text(line, "time", time);
}

void journal_write(struct broker *broker, struct fields *line)
{
    line_end(line);
    if (line->overflow) {
        fputs("broker: a journal line is too long\n", stderr);
        abort();
    }
    ssize_t written = write(broker->journal, line->data, line->size);
    if (written != (ssize_t)line->size) {
        fprintf(stderr, "broker: %s/book.log: %s\n", broker->store, strerror(errno));
        exit(1);
    }
    if (!book_apply(&broker->book, line->data, line->size - 1)) {
        fprintf(stderr, "broker: the book does not take its own line: %.*s", (int)line->size,
                line->data);
        abort();
    }
}

static void first_line_write(struct broker *broker)
{
    struct fields line;
    char start[16];
    uint64_t now = broker_now_seconds();
    /* QuickFIX 1.15 knows no non-stop session: it starts again at 1 when the day
     * changes. Twelve hours away is where that is least likely to hit a test. */
    uint64_t away = (now + UINT64_C(12) * 3600) % 86400;
    snprintf(start, sizeof start, "%02u:%02u:%02u", (unsigned)(away / 3600),
             (unsigned)(away / 60 % 60), (unsigned)(away % 60));
    journal_begin(&line, "BOOK");
    line_uint(&line, "version", 1);
    line_text(&line, "name", broker->name);
    line_uint(&line, "created", now);
    line_text(&line, "start", broker->start_time[0] != '\0' ? broker->start_time : start);
    journal_write(broker, &line);
}

/* Makes each missing directory of `path`. */
static bool directories_make(const char *path)
{
    char part[BROKER_PATH_BYTES_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return false;
        }
        *slash = '/';
    }
    return mkdir(part, 0777) == 0 || errno == EEXIST;
}

void journal_keep_wire(const struct broker *broker, const char *message, size_t size)
{
    const struct iovec parts[] = {
        {.iov_base = (void *)(uintptr_t)message, .iov_len = size},
        {.iov_base = (void *)(uintptr_t) "\n", .iov_len = 1},
    };
    if (writev(broker->wire, parts, 2) != (ssize_t)size + 1) {
        fprintf(stderr, "broker: %s/wire.log: %s\n", broker->store, strerror(errno));
        exit(1);
    }
}

void journal_keep_logon(const struct broker *broker, enum book_stream stream)
{
    char line[64];
    bool orders = stream == BOOK_STREAM_ORDERS;
    int size = snprintf(line, sizeof line, "LOGON %s",
                        orders ? broker->name : broker->streams[stream].sender);
    journal_keep_wire(broker, line, (size_t)size);
}

static bool wire_open(struct broker *broker, char *error, size_t error_size)
{
    char path[BROKER_PATH_BYTES_MAX + 16];
    snprintf(path, sizeof path, "%s/wire.log", broker->store);
    broker->wire = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (broker->wire < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
    }
    return broker->wire >= 0;
}

bool journal_open(struct broker *broker, char *error, size_t error_size)
{
    char path[BROKER_PATH_BYTES_MAX + 16];
    snprintf(path, sizeof path, "%s/book.log", broker->store);
    if (!directories_make(broker->store)) {
        snprintf(error, error_size, "%s: %s", broker->store, strerror(errno));
        return false;
    }
    broker->journal = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (broker->journal < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (flock(broker->journal, LOCK_EX | LOCK_NB) != 0) {
        snprintf(error, error_size, "%s is in use by another broker", path);
        return false;
    }
    long good = 0;
    if (!book_load(&broker->book, path, &good, error, error_size)) {
        return false;
    }
    if (ftruncate(broker->journal, good) != 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (good == 0) {
        first_line_write(broker);
    }
    if (strcmp(broker->book.name, broker->name) != 0) {
        snprintf(error, error_size, "%s is the book of %s, not of %s", path, broker->book.name,
                 broker->name);
        return false;
    }
    return wire_open(broker, error, error_size);
}
