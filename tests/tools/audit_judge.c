/* The audit's other parts: what the brokers' books hold, and the judgement. */
#include "tests/tools/audit.h"

#include <inttypes.h>

enum { PATH_BYTES_MAX = 600, NAME_BYTES_MAX = 256 };

/* The order behind a row of a book; UINT32_MAX if there is none. */
static uint32_t order_of_row(struct audit *audit, const struct book *book,
                             const struct book_order *row)
{
    const char *cl_ord_id = book_cl_ord_id(book, row->request_first);
    uint32_t marked = UINT32_MAX;
    if (!name_map_find(&audit->ids, span_text(row->secondary_cl_ord_id), &marked)) {
        audit_fault(audit, "%s has order %s (marker \"%s\") that the OMS never submitted",
                    book->name, cl_ord_id, row->secondary_cl_ord_id);
        return UINT32_MAX;
    }
    uint32_t order = audit->requests[marked].order;
    uint32_t attempt = 0;
    if (name_map_find(&audit->attempts, span_text(cl_ord_id), &attempt) &&
        audit->attempt_orders[attempt] != order) {
        audit_fault(audit, "%s has %s for %s, but the bus said it was for %s", book->name,
                    cl_ord_id, audit->requests[order].id,
                    audit->requests[audit->attempt_orders[attempt]].id);
    }
    return order;
}

static void take_rows(struct audit *audit, const struct book *book, uint32_t broker)
{
    for (uint32_t number = 1; number <= book->orders_count; number++) {
        const struct book_order *row = book_order(book, number);
        uint32_t index = order_of_row(audit, book, row);
        if (index == UINT32_MAX) {
            continue;
        }
        struct audit_request *order = &audit->requests[index];
        order->rows++;
        order->rows_live += book_order_live(row) ? 1 : 0;
        order->executed += row->cumulative;
        order->notional += row->notional;
        order->book_state = row->state;
        if (row->cumulative > 0) {
            order->brokers |= 1U << broker;
            audit->counts.executed_at[broker]++;
        }
        if (row->executed_twice || book_request(book, row->request_first)->taken > 1) {
            audit->counts.doubled++;
            audit_fault(audit, "DOUBLED: %s's book has %s (order %s) executed or taken twice",
                        book->name, book_cl_ord_id(book, row->request_first), order->id);
        }
    }
}

/* Every execution of the book must stand on the bus, once, with the same figures. */
static void take_executions(struct audit *audit, const struct book *book)
{
    for (uint32_t number = 1; number <= book->reports_count; number++) {
        const struct book_report *report = book_report(book, number);
        if (report->kind != BOOK_REPORT_EXECUTED || report->busted) {
            continue;
        }
        char exec_id[BOOK_ID_BYTES_MAX];
        char name[NAME_BYTES_MAX];
        book_exec_id(book, number, exec_id);
        (void)snprintf(name, sizeof name, "%s %s", book->name, exec_id);
        uint32_t index = 0;
        audit->counts.executions++;
        if (!name_map_find(&audit->executions_by_id, span_text(name), &index)) {
            audit_fault(audit, "execution %s never reached the bus (%s)", name,
                        book_cl_ord_id(book, report->request));
            continue;
        }
        struct audit_execution *execution = &audit->executions[index];
        execution->in_book = true;
        if (execution->quantity != report->last_quantity ||
            execution->price != report->last_price) {
            audit_fault(audit, "execution %s has other figures on the bus", name);
        }
    }
}

bool audit_broker(struct audit *audit, const char *directory)
{
    char path[PATH_BYTES_MAX];
    char error[512];
    struct book book;
    ASSERT(audit->brokers_count < AUDIT_BROKERS_MAX);
    (void)snprintf(path, sizeof path, "%s/book.log", directory);
    book_init(&book);
    if (!book_load(&book, path, NULL, error, sizeof error)) {
        audit_fault(audit, "%s", error);
        book_free(&book);
        return false;
    }
    uint32_t broker = audit->brokers_count++;
    (void)snprintf(audit->broker_names[broker], sizeof audit->broker_names[broker], "%s",
                   book.name);
    if (book.anomalies > 0) {
        audit_fault(audit, "%s's book contradicts itself %" PRIu64 " times", book.name,
                    book.anomalies);
    }
    take_rows(audit, &book, broker);
    take_executions(audit, &book);
    book_free(&book);
    return true;
}

/* The judgement. */

static bool is_waiting(const struct audit_request *order)
{
    return strcmp(order->state, "QUEUED") == 0 || strcmp(order->state, "RECEIVED") == 0 ||
           strcmp(order->state, "ROUTED") == 0;
}

/* An order that no broker has ever taken. */
static void judge_without_rows(struct audit *audit, const struct audit_request *order)
{
    struct audit_counts *counts = &audit->counts;
    if (order->ord_status == '4') {
        counts->cancelled++;
    } else if (order->ord_status == 'C') {
        counts->expired++;
    } else if (order->ord_status == '8') {
        counts->rejected++;
    } else if (strcmp(order->state, "IN_DOUBT") == 0) {
        counts->in_doubt++;
    } else if (order->events > 0 && is_waiting(order)) {
        counts->queued++;
    } else {
        counts->lost++;
        audit_fault(audit, "LOST: %s was acknowledged; no broker has it and the bus says %s",
                    order->id, order->events == 0 ? "nothing" : order->state);
    }
}

/* What the book says became of it, against what the bus said. */
static void judge_with_rows(struct audit *audit, const struct audit_request *order)
{
    struct audit_counts *counts = &audit->counts;
    const char *told = "?";
    switch (order->book_state) {
    case BOOK_FILLED:
        counts->executed++;
        told = "2";
        break;
    case BOOK_CANCELLED:
        counts->cancelled++;
        told = "4";
        break;
    case BOOK_REJECTED:
        counts->rejected++;
        told = "8";
        break;
    case BOOK_PENDING:
    case BOOK_OPEN:
    case BOOK_PARTIAL:
        counts->open++;
        told = order->book_state == BOOK_PENDING ? "AE6" : "01E6";
        break;
    }
    if (order->ord_status == 0 || strchr(told, order->ord_status) == NULL) {
        audit_fault(audit, "%s is %s at its broker, but the bus says 39=%c %s", order->id,
                    book_state_name(order->book_state),
                    order->ord_status == 0 ? '-' : order->ord_status, order->state);
    }
}

static void judge_quantities(struct audit *audit, const struct audit_request *order)
{
    bool two_brokers = (order->brokers & (order->brokers - 1)) != 0;
    if (order->executed > order->quantity_most || two_brokers || order->rows_live > 1) {
        audit->counts.doubled++;
        audit_fault(audit, "DOUBLED: %s executed %" PRId64 "e-8 of %" PRId64 "e-8%s%s", order->id,
                    order->executed, order->quantity_most, two_brokers ? ", at two brokers" : "",
                    order->rows_live > 1 ? ", live in two places" : "");
    }
    int64_t average = broker_number_average(order->notional, order->executed);
    if (order->cumulative != order->executed || order->executed_on_bus != order->executed ||
        order->average != average) {
        audit_fault(audit,
                    "%s: the bus says CumQty %" PRId64 " AvgPx %" PRId64 " (sum of LastQty %" PRId64
                    "), the books %" PRId64 " at %" PRId64 " (all e-8)",
                    order->id, order->cumulative, order->average, order->executed_on_bus,
                    order->executed, average);
    }
}

static void judge_order(struct audit *audit, const struct audit_request *order)
{
    audit->counts.submitted++;
    if (order->refused && !order->acknowledged) {
        audit->counts.refused++;
        if (order->rows > 0) {
            audit_fault(audit, "%s was refused, and yet a broker has it", order->id);
        }
        return;
    }
    if (!order->acknowledged && order->rows == 0) {
        return; /* Counted as unanswered; nobody promised anything. */
    }
    audit->counts.acknowledged += order->acknowledged ? 1 : 0;
    if (order->rows == 0) {
        judge_without_rows(audit, order);
    } else {
        judge_with_rows(audit, order);
    }
    judge_quantities(audit, order);
}

static void judge_bus(struct audit *audit)
{
    for (uint64_t seq = 1; seq <= audit->bus_last; seq++) { /* Later ones are on their way. */
        uint64_t frame = audit->frame_hashes[seq];
        uint64_t event = audit->event_hashes[seq];
        if (frame != 0 && event != 0 && frame != event) {
            audit_fault(audit, "BusSeq %" PRIu64 " had other bytes when it was replayed", seq);
        }
        if (frame != 0 && event == 0) {
            audit_fault(audit, "BusSeq %" PRIu64 " was published, but never delivered", seq);
        }
    }
}

void audit_judge(struct audit *audit)
{
    for (uint32_t index = 0; index < audit->requests_count; index++) {
        const struct audit_request *request = &audit->requests[index];
        audit->counts.unanswered += !request->acknowledged && !request->refused ? 1 : 0;
        audit->counts.cancels += request->msg_type == 'F' ? 1 : 0;
        audit->counts.replaces += request->msg_type == 'G' ? 1 : 0;
        if (request->msg_type == 'D') {
            judge_order(audit, request);
        }
    }
    for (uint32_t index = 0; index < audit->executions_by_id.count; index++) {
        if (!audit->executions[index].in_book) {
            audit_fault(audit, "an execution of %s stands on the bus, but in no book",
                        audit->requests[audit->executions[index].order].id);
        }
    }
    judge_bus(audit);
}

bool audit_good(const struct audit *audit)
{
    return audit->counts.lost == 0 && audit->counts.doubled == 0 && audit->counts.faults == 0;
}

void audit_print(const struct audit *audit, FILE *to)
{
    const struct audit_counts *counts = &audit->counts;
    (void)fprintf(
        to, "  submitted      %6" PRIu64 " orders, %" PRIu64 " cancels, %" PRIu64 " replaces\n",
        counts->submitted, counts->cancels, counts->replaces);
    (void)fprintf(to,
                  "  acknowledged   %6" PRIu64 " orders durable, %" PRIu64
                  " refused at the door, %" PRIu64 " requests unanswered\n",
                  counts->acknowledged, counts->refused, counts->unanswered);
    (void)fprintf(to, "  executed       %6" PRIu64 " orders wholly (", counts->executed);
    for (uint32_t broker = 0; broker < audit->brokers_count; broker++) {
        (void)fprintf(to, "%s%s %" PRIu64, broker > 0 ? ", " : "", audit->broker_names[broker],
                      counts->executed_at[broker]);
    }
    (void)fprintf(to, "; %" PRIu64 " executions)\n", counts->executions);
    (void)fprintf(to, "  cancelled      %6" PRIu64 "\n", counts->cancelled);
    (void)fprintf(to, "  rejected       %6" PRIu64 " by a broker\n", counts->rejected);
    (void)fprintf(to, "  expired        %6" PRIu64 "\n", counts->expired);
    (void)fprintf(to, "  open           %6" PRIu64 " resting at a broker\n", counts->open);
    (void)fprintf(to, "  still queued   %6" PRIu64 "\n", counts->queued);
    (void)fprintf(to, "  in doubt       %6" PRIu64 "\n", counts->in_doubt);
    (void)fprintf(
        to, "  bus            %6" PRIu64 " events without a gap, %" PRIu64 " of them seen live\n",
        counts->events, counts->frames);
    if (counts->wire_messages > 0) {
        (void)fprintf(to,
                      "  wire           %6" PRIu64 " numbered messages at the brokers, %" PRIu64
                      " repeated alike\n",
                      counts->wire_messages, counts->wire_repeats);
    }
    (void)fprintf(to, "  lost           %6" PRIu64 "\n  doubled        %6" PRIu64 "\n",
                  counts->lost, counts->doubled);
    uint64_t shown = counts->faults < AUDIT_FAULTS_MAX ? counts->faults : AUDIT_FAULTS_MAX;
    for (uint64_t index = 0; index < shown; index++) {
        (void)fprintf(to, "  ! %s\n", audit->faults[index]);
    }
    if (counts->faults > shown) {
        (void)fprintf(to, "  ! and %" PRIu64 " more\n", counts->faults - shown);
    }
}
