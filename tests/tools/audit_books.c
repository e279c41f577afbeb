/* What stands in the brokers' books is read to the oracle, line by line, in the order of time over
 * all of them: each line that a book takes is a deed. An order may be in two books, one after the
 * other. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <inttypes.h>

#include "tests/tools/broker_book.h"

enum { BOOK_LINE_BYTES_MAX = 4096 };

/* A book on its way to the oracle. */
struct reading {
    struct oracle *oracle;
    struct book *book;
    uint32_t broker;
    uint32_t orders; /* Told so far. */
    uint32_t reports;
    FILE *file;
    char path[AUDIT_PATH_BYTES_MAX];
    uint64_t number; /* Of the line. */
    char line[BOOK_LINE_BYTES_MAX];
    size_t size; /* 0: there are no more. */
};

/* The ClOrdID that a row began under. */
static const char *attempt_of(const struct book *book, uint32_t order)
{
    return book_cl_ord_id(book, book_order(book, order)->request_first);
}

static void tell_order(struct reading *reading, uint32_t number)
{
    const struct book_order *order = book_order(reading->book, number);
    oracle_book_taken(reading->oracle, reading->broker, attempt_of(reading->book, number),
                      order->secondary_cl_ord_id, order->quantity, order->price);
}

static void tell_report(struct reading *reading, uint32_t number)
{
    const struct book *book = reading->book;
    const struct book_report *report = book_report(book, number);
    struct oracle *oracle = reading->oracle;
    uint32_t broker = reading->broker;
    char exec_id[BOOK_ID_BYTES_MAX];
    if (report->kind == BOOK_REPORT_NONE || report->order == 0) {
        return;
    }
    const char *attempt = attempt_of(book, report->order);
    book_exec_id(book, report->kind == BOOK_REPORT_BUSTED ? report->reference : number, exec_id);
    switch (report->kind) {
    case BOOK_REPORT_NONE:
    case BOOK_REPORT_CANCEL_REJECTED: /* No word on the order. */
        return;
    case BOOK_REPORT_ACCEPTED:
        oracle_book_acknowledged(oracle, broker, attempt);
        return;
    case BOOK_REPORT_EXECUTED:
        oracle_book_executed(oracle, broker, attempt, exec_id, report->last_quantity,
                             report->last_price);
        return;
    case BOOK_REPORT_CANCELLED:
        oracle_book_ended(oracle, broker, attempt, ORACLE_CANCELLED);
        return;
    case BOOK_REPORT_REPLACED:
        oracle_book_replaced(oracle, broker, attempt, book_cl_ord_id(book, report->request),
                             report->quantity, report->price);
        return;
    case BOOK_REPORT_REJECTED:
        oracle_book_ended(oracle, broker, attempt, ORACLE_REJECTED);
        return;
    case BOOK_REPORT_BUSTED:
        oracle_book_busted(oracle, broker, exec_id);
        return;
    }
}

static bool apply_line(struct reading *reading, const char *line, size_t size)
{
    if (!book_apply(reading->book, line, size)) {
        return false;
    }
    while (reading->orders < reading->book->orders_count) {
        tell_order(reading, ++reading->orders);
    }
    while (reading->reports < reading->book->reports_count) {
        tell_report(reading, ++reading->reports);
    }
    return true;
}

/* The next line. One that a crash cut off was told to nobody. */
static void next_line(struct reading *reading)
{
    reading->number += 1;
    reading->size = 0;
    if (fgets(reading->line, sizeof reading->line, reading->file) != NULL) {
        size_t size = strlen(reading->line);
        reading->size = reading->line[size - 1] == '\n' ? size - 1 : 0;
    }
}

/* Negative: the line of `a` comes first. In the same millisecond what a broker took in comes
 * last: it may be there because another has let it go. */
static int compare(const struct reading *a, const struct reading *b)
{
    const char *a_time = strstr(a->line, " time=");
    const char *b_time = strstr(b->line, " time=");
    int order = a_time != NULL && b_time != NULL
                    ? strncmp(a_time, b_time, strlen(" time=") + BOOK_TIME_BYTES_MAX - 3)
                    : 0;
    if (order != 0) {
        return order;
    }
    bool a_takes = strncmp(a->line, "ORDER ", strlen("ORDER ")) == 0;
    bool b_takes = strncmp(b->line, "ORDER ", strlen("ORDER ")) == 0;
    return (int)a_takes - (int)b_takes;
}

static void read_books(struct audit *audit, struct reading *readings, uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        next_line(&readings[index]);
    }
    for (;;) {
        struct reading *first = NULL;
        for (uint32_t index = 0; index < count; index++) {
            struct reading *reading = &readings[index];
            if (reading->size > 0 && (first == NULL || compare(reading, first) < 0)) {
                first = reading;
            }
        }
        if (first == NULL) {
            return;
        }
        if (!apply_line(first, first->line, first->size)) {
            audit_fault(audit, "%s:%" PRIu64 ": makes no sense", first->path, first->number);
        }
        next_line(first);
    }
}

/* Its name stands in its first line. */
static bool read_name(struct reading *reading)
{
    next_line(reading);
    return reading->size > 0 && book_apply(reading->book, reading->line, reading->size) &&
           reading->book->name[0] != '\0';
}

static bool book_begin(struct audit *audit, struct reading *reading, struct book *book,
                       const char *directory)
{
    *reading = (struct reading){.oracle = audit->oracle, .book = book};
    book_init(book);
    (void)snprintf(reading->path, sizeof reading->path, "%s/book.log", directory);
    reading->file = fopen(reading->path, "re");
    if (reading->file == NULL) {
        audit_fault(audit, "%s: %s", reading->path, strerror(errno));
        return false;
    }
    if (!read_name(reading)) {
        audit_fault(audit, "%s: is no book", reading->path);
        return false;
    }
    reading->broker = audit->brokers_count++;
    (void)snprintf(audit->broker_names[reading->broker],
                   sizeof audit->broker_names[reading->broker], "%.31s", book->name);
    oracle_add_broker(audit->oracle, book->name);
    return true;
}

static void book_end(struct audit *audit, struct reading *reading)
{
    if (reading->book->anomalies > 0) {
        audit_fault(audit, "%s's book contradicts itself %" PRIu64 " times", reading->book->name,
                    reading->book->anomalies);
    }
    book_free(reading->book);
    if (reading->file != NULL) {
        (void)fclose(reading->file);
    }
}

bool audit_brokers(struct audit *audit, const char *const *directories, uint32_t count)
{
    static struct reading readings[AUDIT_BROKERS_MAX];
    static struct book books[AUDIT_BROKERS_MAX];
    bool all = true;
    ASSERT(count <= AUDIT_BROKERS_MAX - audit->brokers_count);
    for (uint32_t index = 0; index < count; index++) {
        all = book_begin(audit, &readings[index], &books[index], directories[index]) && all;
    }
    if (all) {
        read_books(audit, readings, count);
    }
    for (uint32_t index = 0; index < count; index++) {
        book_end(audit, &readings[index]);
    }
    return all;
}

bool audit_broker(struct audit *audit, const char *directory)
{
    return audit_brokers(audit, &directory, 1);
}
