/* Requests of the book: answered when their time comes, and filled. */
#include "tests/tools/broker.h"

#include <stdlib.h>
#include <string.h>

/* A number in 0..99 that depends on the seed, the purpose and the ClOrdID alone,
 * so that a decision is the same after a restart. */
static int64_t lot(const struct broker *broker, char purpose, const char *cl_ord_id)
{
    uint64_t hash = 1469598103934665603U ^ (uint64_t)broker->policy.seed;
    hash = (hash ^ (unsigned char)purpose) * 1099511628211U;
    for (; *cl_ord_id != '\0'; cl_ord_id++) {
        hash = (hash ^ (unsigned char)*cl_ord_id) * 1099511628211U;
    }
    return (int64_t)((hash ^ hash >> 29) * 0x9e3779b97f4a7c15U >> 33) % 100;
}

static bool will_fill(const struct broker *broker, const struct book_order *order)
{
    return lot(broker, 'F', book_cl_ord_id(&broker->book, order->request_first)) <
           broker->policy.fill_rate;
}

/* An override for the symbol, else the limit, else 1.00 to 99.99 by the symbol's name. */
static int64_t fill_price(const struct broker *broker, const struct book_order *order)
{
    for (size_t index = 0; index < broker->prices_count; index++) {
        if (strcmp(broker->prices[index].symbol, order->symbol) == 0) {
            return broker->prices[index].price;
        }
    }
    if (order->price > 0) {
        return order->price;
    }
    uint32_t hash = 2166136261U;
    for (const char *at = order->symbol; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619U;
    }
    return (int64_t)(hash % 9900 + 100) * (BROKER_ONE / 100);
}

static void fill_schedule(struct broker *broker, uint32_t order)
{
    timers_add(broker, broker->policy.fill_latency, BROKER_ACTION_FILL, order, NULL, 0);
}

static void order_line(struct broker *broker, struct fields *line, const char *kind,
                       uint32_t request, uint32_t order)
{
    reports_line(broker, line, kind);
    line_text(line, "clordid", book_cl_ord_id(&broker->book, request));
    line_uint(line, "order", order);
}

/* OrdRejReason(103) for what is wrong with a new order; 0 if nothing is. */
static int order_fault(const struct broker *broker, const struct book_order *order,
                       const char **text)
{
    if (order->quantity <= 0) {
        *text = "OrderQty(38) must be a positive number";
        return 13;
    }
    if (order->type == '2' && order->price <= 0) {
        *text = "Price(44) of a limit order must be a positive number";
        return 99;
    }
    if (order->type != '1' && order->type != '2') {
        *text = "OrdType(40) must be 1 or 2";
        return 11;
    }
    if (lot(broker, 'R', book_cl_ord_id(&broker->book, order->request_first)) <
        broker->policy.reject_rate) {
        *text = "rejected by the broker's policy";
        return 99;
    }
    return 0;
}

static void order_answer(struct broker *broker, uint32_t request, uint32_t number)
{
    struct fields line;
    const struct book_order *order = book_order(&broker->book, number);
    const char *text = "";
    int reason = order_fault(broker, order, &text);
    order_line(broker, &line, reason != 0 ? "REJECTED" : "ACCEPTED", request, number);
    if (reason != 0) {
        line_uint(&line, "reason", (uint64_t)reason);
        line_text(&line, "text", text);
        journal_write(broker, &line);
        return;
    }
    journal_write(broker, &line);
    if (will_fill(broker, order)) {
        fill_schedule(broker, number);
    } else if (order->tif == '3' || order->tif == '4') {
        orders_cancel_now(broker, number); /* Immediate or cancel: it does not rest. */
    }
}

static void cancel_reject(struct broker *broker, uint32_t request, int reason, const char *text)
{
    struct fields line;
    const struct book_request *given = book_request(&broker->book, request);
    order_line(broker, &line, "CANCEL-REJECTED", request, given->order);
    line_text(&line, "orig", book_text(&broker->book, given->orig));
    line_uint(&line, "reason", (uint64_t)reason);
    line_char(&line, "response", given->kind == 'F' ? '1' : '2');
    line_text(&line, "text", text);
    journal_write(broker, &line);
}

/* Cancel and replace act on the order under the ClOrdID that it bears now. */
static const struct book_order *change_target(struct broker *broker, uint32_t request)
{
    const struct book_request *given = book_request(&broker->book, request);
    const struct book_order *order = book_order(&broker->book, given->order);
    if (order == NULL || book_request(&broker->book, order->request_first)->aside) {
        cancel_reject(broker, request, 1, "unknown order");
        return NULL;
    }
    if (strcmp(book_text(&broker->book, given->orig),
               book_cl_ord_id(&broker->book, order->request_now)) != 0) {
        cancel_reject(broker, request, 1, "OrigClOrdID(41) is not the order's present ClOrdID");
        return NULL;
    }
    if (!book_order_live(order)) {
        cancel_reject(broker, request, 0, "too late");
        return NULL;
    }
    return order;
}

static void cancel_answer(struct broker *broker, uint32_t request)
{
    struct fields line;
    const struct book_order *order = change_target(broker, request);
    if (order == NULL) {
        return;
    }
    order_line(broker, &line, "CANCELLED", request, book_request(&broker->book, request)->order);
    line_text(&line, "orig", book_cl_ord_id(&broker->book, order->request_now));
    journal_write(broker, &line);
}

static void replace_answer(struct broker *broker, uint32_t request)
{
    struct fields line;
    const struct book_order *order = change_target(broker, request);
    if (order == NULL) {
        return;
    }
    const struct book_request *wanted = book_request(&broker->book, request);
    int64_t price = wanted->price > 0 || wanted->type == '1' ? wanted->price : order->price;
    if (wanted->quantity <= order->cumulative) {
        cancel_reject(broker, request, 2, "OrderQty(38) must exceed what is executed");
        return;
    }
    if (wanted->type == '2' && price <= 0) {
        cancel_reject(broker, request, 2, "Price(44) of a limit order must be a positive number");
        return;
    }
    order_line(broker, &line, "REPLACED", request, wanted->order);
    line_text(&line, "orig", book_cl_ord_id(&broker->book, order->request_now));
    line_number(&line, "qty", wanted->quantity);
    line_number(&line, "price", price);
    journal_write(broker, &line);
}

static void request_answer(struct broker *broker, uint32_t number)
{
    const struct book_request *request = book_request(&broker->book, number);
    if (request->state != BOOK_REQUEST_PENDING) {
        return; /* Answered early, by a cancel that overtook it. */
    }
    const struct book_order *order = book_order(&broker->book, request->order);
    if (request->kind == 'D') {
        order_answer(broker, number, request->order);
        return;
    }
    if (order != NULL && order->state == BOOK_PENDING &&
        !book_request(&broker->book, order->request_first)->aside) {
        request_answer(broker, order->request_first);
    }
    if (request->kind == 'F') {
        cancel_answer(broker, number);
    } else {
        replace_answer(broker, number);
    }
}

/* Executes the next part: the last part takes all that is left. */
static void fill_answer(struct broker *broker, uint32_t number, bool all)
{
    struct fields line;
    const struct book_order *order = book_order(&broker->book, number);
    if (order->state != BOOK_OPEN && order->state != BOOK_PARTIAL) {
        return;
    }
    int64_t leaves = book_order_leaves(order);
    int64_t part = order->quantity / broker->policy.partial_fills / BROKER_ONE * BROKER_ONE;
    part = part < BROKER_ONE ? BROKER_ONE : part;
    if (all || part > leaves || order->executions + 1 >= broker->policy.partial_fills) {
        part = leaves;
    }
    order_line(broker, &line, "EXECUTED", order->request_now, number);
    line_number(&line, "qty", part);
    line_number(&line, "px", fill_price(broker, order));
    line_number(&line, "cum", order->cumulative + part);
    line_uint(&line, "count", order->executions + 1);
    journal_write(broker, &line);
    if (book_order_leaves(order) > 0) {
        fill_schedule(broker, number);
    }
}

static void mass_status_answer(struct broker *broker, const char *message, size_t size)
{
    char id[BOOK_ID_BYTES_MAX];
    uint32_t live = 0;
    fields_get(message, size, 584, id, sizeof id);
    for (uint32_t number = 1; number <= broker->book.orders_count; number++) {
        live += book_order_live(book_order(&broker->book, number)) ? 1 : 0;
    }
    if (live == 0) {
        reports_status(broker, message, size, 0, id, 0);
    }
    for (uint32_t number = 1; live > 0 && number <= broker->book.orders_count; number++) {
        if (book_order_live(book_order(&broker->book, number))) {
            reports_status(broker, message, size, number, id, live);
        }
    }
}

static void message_answer(struct broker *broker, const char *message, size_t size)
{
    char id[BOOK_ID_BYTES_MAX];
    char type[8];
    fields_get(message, size, 35, type, sizeof type);
    fields_get(message, size, 11, id, sizeof id);
    const struct book_request *request = book_request(&broker->book, book_find(&broker->book, id));
    if (strcmp(type, "AF") == 0) {
        mass_status_answer(broker, message, size);
    } else if (strcmp(type, "H") == 0 || fields_char(message, size, 97, 'N') == 'Y') {
        reports_status(broker, message, size, request != NULL ? request->order : 0, "", 0);
    } else if (strcmp(type, "D") == 0) {
        reports_duplicate_order(broker, message, size);
    } else {
        reports_duplicate_cancel(broker, message, size);
    }
}

void orders_act(struct broker *broker, const struct broker_action *action)
{
    switch (action->kind) {
    case BROKER_ACTION_REQUEST:
        request_answer(broker, action->index);
        break;
    case BROKER_ACTION_FILL:
        fill_answer(broker, action->index, false);
        break;
    case BROKER_ACTION_MESSAGE:
        message_answer(broker, action->message, action->size);
        break;
    }
}

/* A crash between our journal and QuickFIX's leaves a request in the book whose
 * number is still due. For FIX it never came, and the peer may prove that with a
 * gap fill and send the order elsewhere: to execute it too would double it. Only
 * the very last request can be in that state, and no Logon came since. */
static void last_request_check(struct broker *broker)
{
    struct fields line;
    const struct book *book = &broker->book;
    const struct book_request *last = book_request(book, book->requests_count);
    int due = quickfix_seq_in_next(broker->streams[BOOK_STREAM_ORDERS].session);
    if (last == NULL || book->settled == book->requests_count || last->aside ||
        last->state != BOOK_REQUEST_PENDING || last->seq != (uint64_t)due) {
        return;
    }
    journal_begin(&line, "ASIDE");
    line_text(&line, "clordid", book_cl_ord_id(book, book->requests_count));
    journal_write(broker, &line);
}

void orders_resume(struct broker *broker)
{
    last_request_check(broker);
    for (uint32_t number = 1; number <= broker->book.requests_count; number++) {
        const struct book_request *request = book_request(&broker->book, number);
        if (request->state == BOOK_REQUEST_PENDING && !request->aside) {
            timers_add(broker, broker->policy.ack_latency, BROKER_ACTION_REQUEST, number, NULL, 0);
        }
    }
    for (uint32_t number = 1; number <= broker->book.orders_count; number++) {
        const struct book_order *order = book_order(&broker->book, number);
        if ((order->state == BOOK_OPEN && will_fill(broker, order)) ||
            order->state == BOOK_PARTIAL) {
            fill_schedule(broker, number);
        }
    }
}

bool orders_fill_now(struct broker *broker, uint32_t order)
{
    const struct book_order *found = book_order(&broker->book, order);
    if (found == NULL || (found->state != BOOK_OPEN && found->state != BOOK_PARTIAL)) {
        return false;
    }
    fill_answer(broker, order, true);
    return true;
}

bool orders_cancel_now(struct broker *broker, uint32_t order)
{
    struct fields line;
    const struct book_order *found = book_order(&broker->book, order);
    if (found == NULL || (found->state != BOOK_OPEN && found->state != BOOK_PARTIAL)) {
        return false;
    }
    order_line(broker, &line, "CANCELLED", found->request_now, order);
    journal_write(broker, &line);
    return true;
}

bool orders_bust(struct broker *broker, uint32_t report)
{
    struct fields line;
    const struct book_report *found = book_report(&broker->book, report);
    if (found == NULL || found->kind != BOOK_REPORT_EXECUTED || found->busted) {
        return false;
    }
    order_line(broker, &line, "BUSTED", book_order(&broker->book, found->order)->request_now,
               found->order);
    line_uint(&line, "ref", report);
    line_number(&line, "qty", found->last_quantity);
    line_number(&line, "px", found->last_price);
    journal_write(broker, &line);
    return true;
}
