/* The only writer of a book: one function for each kind of journal line. */
#include "tests/tools/broker_book.h"
#include "tests/tools/broker_fields.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more element; a broker without memory cannot go on. */
static void *grow(void *array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 256 : *capacity * 2;
    void *bigger = realloc(array, *capacity * size);
    if (bigger == NULL) {
        fputs("broker: out of memory\n", stderr);
        abort();
    }
    return bigger;
}

static size_t text_add(struct book *book, const char *text)
{
    size_t size = strlen(text) + 1;
    if (size == 1) {
        return 0;
    }
    while (book->texts_size + size > book->texts_capacity) {
        book->texts_capacity *= 2;
        book->texts = realloc(book->texts, book->texts_capacity);
        if (book->texts == NULL) {
            fputs("broker: out of memory\n", stderr);
            abort();
        }
    }
    memcpy(book->texts + book->texts_size, text, size);
    book->texts_size += size;
    return book->texts_size - size;
}

static void hash_put(struct book *book, uint32_t request)
{
    uint32_t mask = book->hash_size - 1;
    uint32_t at = book_hash(book_cl_ord_id(book, request)) & mask;
    while (book->hash[at] != 0) {
        at = (at + 1) & mask;
    }
    book->hash[at] = request;
}

static void hash_grow(struct book *book)
{
    if (book->requests_count * 2 < book->hash_size) {
        return;
    }
    free(book->hash);
    book->hash_size *= 2;
    book->hash = calloc(book->hash_size, sizeof *book->hash);
    if (book->hash == NULL) {
        fputs("broker: out of memory\n", stderr);
        abort();
    }
    for (uint32_t request = 1; request <= book->requests_count; request++) {
        hash_put(book, request);
    }
}

static uint32_t request_add(struct book *book, const char *line, size_t size, char kind)
{
    char id[BOOK_ID_BYTES_MAX];
    char orig[BOOK_ID_BYTES_MAX];
    if (!line_get(line, size, "clordid", id, sizeof id)) {
        return 0;
    }
    line_get(line, size, "orig", orig, sizeof orig);
    book->requests = grow(book->requests, &book->requests_capacity, book->requests_count,
                          sizeof *book->requests);
    struct book_request *request = &book->requests[book->requests_count++];
    *request = (struct book_request){
        .cl_ord_id = text_add(book, id),
        .orig = text_add(book, orig),
        .kind = kind,
        .type = line_get_char(line, size, "type"),
        .seq = line_get_uint(line, size, "seq"),
        .order = (uint32_t)line_get_uint(line, size, "order"),
        .taken = 1,
        .quantity = line_get_number(line, size, "qty"),
        .price = line_get_number(line, size, "price"),
    };
    hash_put(book, book->requests_count);
    hash_grow(book);
    return book->requests_count;
}

static bool apply_order(struct book *book, const char *line, size_t size)
{
    char id[BOOK_ID_BYTES_MAX];
    line_get(line, size, "clordid", id, sizeof id);
    uint32_t known = book_find(book, id);
    if (known != 0) {
        book_request(book, known)->taken++;
        book->anomalies++;
    }
    uint32_t number = request_add(book, line, size, 'D');
    if (number == 0 || book_request(book, number)->order != book->orders_count + 1) {
        return false;
    }
    book->orders =
        grow(book->orders, &book->orders_capacity, book->orders_count, sizeof *book->orders);
    struct book_order *order = &book->orders[book->orders_count++];
    memset(order, 0, sizeof *order);
    order->request_first = number;
    order->request_now = number;
    line_get(line, size, "symbol", order->symbol, sizeof order->symbol);
    line_get(line, size, "account", order->account, sizeof order->account);
    line_get(line, size, "secondary", order->secondary_cl_ord_id,
             sizeof order->secondary_cl_ord_id);
    line_get(line, size, "currency", order->currency, sizeof order->currency);
    order->side = line_get_char(line, size, "side");
    order->type = line_get_char(line, size, "type");
    order->tif = line_get_char(line, size, "tif");
    order->quantity = line_get_number(line, size, "qty");
    order->price = line_get_number(line, size, "price");
    return true;
}

static bool apply_cancel(struct book *book, const char *line, size_t size)
{
    return request_add(book, line, size, 'F') != 0;
}

static bool apply_replace(struct book *book, const char *line, size_t size)
{
    return request_add(book, line, size, 'G') != 0;
}

/* A report's number, order and request; NULL if the line contradicts the book. */
static struct book_report *report_add(struct book *book, const char *line, size_t size,
                                      enum book_report_kind kind)
{
    char id[BOOK_ID_BYTES_MAX];
    char text[BOOK_TEXT_BYTES_MAX];
    if (line_get_uint(line, size, "n") != book->reports_count + 1) {
        return NULL;
    }
    book->reports =
        grow(book->reports, &book->reports_capacity, book->reports_count, sizeof *book->reports);
    struct book_report *report = &book->reports[book->reports_count++];
    line_get(line, size, "clordid", id, sizeof id);
    line_get(line, size, "text", text, sizeof text);
    *report = (struct book_report){
        .kind = kind,
        .order = (uint32_t)line_get_uint(line, size, "order"),
        .request = book_find(book, id),
        .reference = (uint32_t)line_get_uint(line, size, "ref"),
        .reason = (int)line_get_uint(line, size, "reason"),
        .response = line_get_char(line, size, "response"),
        .text = text_add(book, text),
        .last_quantity = line_get_number(line, size, "qty"),
        .last_price = line_get_number(line, size, "px"),
    };
    line_get(line, size, "time", report->time, sizeof report->time);
    return report;
}

/* The order as it stands after the fact, for the report about it. */
static void report_freeze(struct book_report *report, const struct book_order *order)
{
    report->status = book_order_status(order);
    report->type = order->type;
    report->quantity = order->quantity;
    report->price = order->price;
    report->cumulative = order->cumulative;
    report->average = broker_number_average(order->notional, order->cumulative);
}

/* The report and its order; false if the line names no order of the book. */
static bool report_on_order(struct book *book, const char *line, size_t size,
                            enum book_report_kind kind, struct book_report **report,
                            struct book_order **order)
{
    *report = report_add(book, line, size, kind);
    *order = *report != NULL ? book_order(book, (*report)->order) : NULL;
    return *order != NULL && (*report)->request != 0;
}

static bool apply_accepted(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    if (!report_on_order(book, line, size, BOOK_REPORT_ACCEPTED, &report, &order)) {
        return false;
    }
    book->anomalies += order->state != BOOK_PENDING ? 1 : 0;
    order->state = BOOK_OPEN;
    book_request(book, report->request)->state = BOOK_REQUEST_ACCEPTED;
    report_freeze(report, order);
    return true;
}

static bool apply_executed(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    if (!report_on_order(book, line, size, BOOK_REPORT_EXECUTED, &report, &order)) {
        return false;
    }
    bool live = order->state == BOOK_OPEN || order->state == BOOK_PARTIAL;
    order->cumulative += report->last_quantity;
    order->notional += (broker_wide)report->last_quantity * report->last_price;
    order->executions++;
    if (!live || order->cumulative > order->quantity ||
        line_get_uint(line, size, "count") != order->executions) {
        order->executed_twice = true;
        book->anomalies++;
    }
    order->state = order->cumulative >= order->quantity ? BOOK_FILLED : BOOK_PARTIAL;
    report_freeze(report, order);
    return true;
}

static bool apply_cancelled(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    char orig[BOOK_ID_BYTES_MAX];
    if (!report_on_order(book, line, size, BOOK_REPORT_CANCELLED, &report, &order)) {
        return false;
    }
    order->state = BOOK_CANCELLED;
    report->unasked = !line_get(line, size, "orig", orig, sizeof orig);
    if (!report->unasked) {
        book_request(book, report->request)->state = BOOK_REQUEST_ACCEPTED;
    }
    report_freeze(report, order);
    return true;
}

static bool apply_replaced(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    if (!report_on_order(book, line, size, BOOK_REPORT_REPLACED, &report, &order)) {
        return false;
    }
    struct book_request *request = book_request(book, report->request);
    request->state = BOOK_REQUEST_ACCEPTED;
    order->request_now = report->request;
    order->quantity = line_get_number(line, size, "qty");
    order->price = line_get_number(line, size, "price");
    if (request->type != '\0') {
        order->type = request->type;
    }
    report->last_quantity = 0;
    report_freeze(report, order);
    return true;
}

static bool apply_rejected(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    if (!report_on_order(book, line, size, BOOK_REPORT_REJECTED, &report, &order)) {
        return false;
    }
    book->anomalies += order->state != BOOK_PENDING ? 1 : 0;
    order->state = BOOK_REJECTED;
    book_request(book, report->request)->state = BOOK_REQUEST_REJECTED;
    report_freeze(report, order);
    return true;
}

static bool apply_cancel_rejected(struct book *book, const char *line, size_t size)
{
    struct book_report *report = report_add(book, line, size, BOOK_REPORT_CANCEL_REJECTED);
    if (report == NULL || report->request == 0) {
        return false;
    }
    book_request(book, report->request)->state = BOOK_REQUEST_REJECTED;
    report->status = '8'; /* An order that is not known (FIX 4.4 Vol. 4, OrderCancelReject). */
    struct book_order *order = book_order(book, report->order);
    if (order != NULL) {
        report_freeze(report, order);
    }
    return true;
}

static bool apply_busted(struct book *book, const char *line, size_t size)
{
    struct book_report *report = NULL;
    struct book_order *order = NULL;
    if (!report_on_order(book, line, size, BOOK_REPORT_BUSTED, &report, &order)) {
        return false;
    }
    struct book_report *busted = book_report(book, report->reference);
    if (busted == NULL || busted->kind != BOOK_REPORT_EXECUTED || busted->busted) {
        return false;
    }
    busted->busted = true;
    order->cumulative -= busted->last_quantity;
    order->notional -= (broker_wide)busted->last_quantity * busted->last_price;
    if (order->state == BOOK_FILLED || order->state == BOOK_PARTIAL) {
        order->state = order->cumulative > 0 ? BOOK_PARTIAL : BOOK_OPEN;
    }
    report_freeze(report, order);
    return true;
}

static bool apply_status(struct book *book, const char *line, size_t size)
{
    return report_add(book, line, size, BOOK_REPORT_NONE) != NULL;
}

static bool apply_duplicate(struct book *book, const char *line, size_t size)
{
    (void)line;
    (void)size;
    book->duplicates++;
    return true;
}

static struct book_request *request_named(struct book *book, const char *line, size_t size)
{
    char id[BOOK_ID_BYTES_MAX];
    line_get(line, size, "clordid", id, sizeof id);
    return book_request(book, book_find(book, id));
}

static bool apply_aside(struct book *book, const char *line, size_t size)
{
    struct book_request *request = request_named(book, line, size);
    if (request == NULL || request->state != BOOK_REQUEST_PENDING) {
        return false;
    }
    request->aside = true;
    return true;
}

static bool apply_taken(struct book *book, const char *line, size_t size)
{
    struct book_request *request = request_named(book, line, size);
    if (request == NULL || !request->aside) {
        return false;
    }
    request->aside = false;
    request->seq = line_get_uint(line, size, "seq");
    return true;
}

static bool apply_logon(struct book *book, const char *line, size_t size)
{
    (void)line;
    (void)size;
    book->settled = book->requests_count;
    return true;
}

static bool stream_advance(struct book *book, const char *line, size_t size,
                           enum book_stream stream)
{
    uint64_t number = line_get_uint(line, size, "n");
    if (number == 0 || number > book->reports_count) {
        return false;
    }
    if (number >= book->next[stream]) {
        book->next[stream] = (uint32_t)number + 1;
    }
    return true;
}

static bool apply_sent(struct book *book, const char *line, size_t size)
{
    return stream_advance(book, line, size, BOOK_STREAM_ORDERS);
}

static bool apply_copied(struct book *book, const char *line, size_t size)
{
    return stream_advance(book, line, size, BOOK_STREAM_DROP_COPY);
}

static bool apply_book(struct book *book, const char *line, size_t size)
{
    book->created = line_get_uint(line, size, "created");
    return line_get_uint(line, size, "version") == 1 &&
           line_get(line, size, "name", book->name, sizeof book->name) &&
           line_get(line, size, "start", book->start, sizeof book->start);
}

bool book_apply(struct book *book, const char *line, size_t size)
{
    static const struct {
        const char *kind;
        bool (*apply)(struct book *book, const char *line, size_t size);
    } table[] = {
        {"EXECUTED", apply_executed},
        {"SENT", apply_sent},
        {"COPIED", apply_copied},
        {"ORDER", apply_order},
        {"ACCEPTED", apply_accepted},
        {"CANCEL", apply_cancel},
        {"REPLACE", apply_replace},
        {"CANCELLED", apply_cancelled},
        {"REPLACED", apply_replaced},
        {"REJECTED", apply_rejected},
        {"CANCEL-REJECTED", apply_cancel_rejected},
        {"BUSTED", apply_busted},
        {"STATUS", apply_status},
        {"DUPLICATE", apply_duplicate},
        {"ASIDE", apply_aside},
        {"TAKEN", apply_taken},
        {"LOGON", apply_logon},
        {"BOOK", apply_book},
    };
    const char *blank = memchr(line, ' ', size);
    size_t kind_size = blank != NULL ? (size_t)(blank - line) : size;
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (strlen(table[row].kind) == kind_size && memcmp(table[row].kind, line, kind_size) == 0) {
            return table[row].apply(book, line, size);
        }
    }
    return false;
}
