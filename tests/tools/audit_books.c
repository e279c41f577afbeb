/* What stands in a broker's book is read to the oracle, line by line: each line that the book
 * takes is a deed. */
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

static void read_book(struct audit *audit, struct reading *reading, FILE *file, const char *path)
{
    char line[BOOK_LINE_BYTES_MAX];
    for (uint64_t number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        size_t size = strlen(line);
        if (line[size - 1] != '\n') {
            return; /* Cut off by a crash, before anyone was told of it. */
        }
        if (!apply_line(reading, line, size - 1)) {
            audit_fault(audit, "%s:%" PRIu64 ": makes no sense", path, number);
        }
    }
}

/* Its name stands in its first line. */
static bool read_name(FILE *file, struct book *book)
{
    char line[BOOK_LINE_BYTES_MAX];
    bool whole = fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL;
    return whole && book_apply(book, line, strlen(line) - 1) && book->name[0] != '\0';
}

bool audit_broker(struct audit *audit, const char *directory)
{
    char path[AUDIT_PATH_BYTES_MAX];
    struct book book;
    ASSERT(audit->brokers_count < AUDIT_BROKERS_MAX);
    (void)snprintf(path, sizeof path, "%s/book.log", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        audit_fault(audit, "%s: %s", path, strerror(errno));
        return false;
    }
    book_init(&book);
    bool named = read_name(file, &book);
    if (named) {
        uint32_t broker = audit->brokers_count++;
        struct reading reading = {.oracle = audit->oracle, .book = &book, .broker = broker};
        (void)snprintf(audit->broker_names[broker], sizeof audit->broker_names[broker], "%s",
                       book.name);
        oracle_add_broker(audit->oracle, book.name);
        read_book(audit, &reading, file, path);
    } else {
        audit_fault(audit, "%s: is no book", path);
    }
    if (book.anomalies > 0) {
        audit_fault(audit, "%s's book contradicts itself %" PRIu64 " times", book.name,
                    book.anomalies);
    }
    book_free(&book);
    (void)fclose(file);
    return named;
}
