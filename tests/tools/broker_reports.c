/* Reports out: from the book's numbered reports to FIX messages. */
#include "tests/tools/broker.h"

#include <string.h>

void reports_line(struct broker *broker, struct fields *line, const char *kind)
{
    char exec_id[BOOK_ID_BYTES_MAX];
    uint32_t number = broker->book.reports_count + 1;
    book_exec_id(&broker->book, number, exec_id);
    journal_begin(line, kind);
    line_uint(line, "n", number);
    line_text(line, "exec", exec_id);
}

static char exec_type(enum book_report_kind kind)
{
    switch (kind) {
    case BOOK_REPORT_ACCEPTED:
        return '0';
    case BOOK_REPORT_EXECUTED:
        return 'F';
    case BOOK_REPORT_CANCELLED:
        return '4';
    case BOOK_REPORT_REPLACED:
        return '5';
    case BOOK_REPORT_REJECTED:
        return '8';
    case BOOK_REPORT_BUSTED:
        return 'H';
    case BOOK_REPORT_NONE:
    case BOOK_REPORT_CANCEL_REJECTED:
        break;
    }
    return '\0';
}

/* What the order itself is, as every report repeats it. */
static void order_fields(struct fields *out, const struct book_order *order)
{
    fields_text_if(out, 1, order->account);
    fields_text_if(out, 15, order->currency);
    fields_text_if(out, 526, order->secondary_cl_ord_id);
    fields_text(out, 55, order->symbol);
    fields_char_add(out, 54, order->side);
    fields_char_add(out, 59, order->tif);
}

static void cancel_reject_body(const struct book *book, const struct book_report *report,
                               struct fields *out)
{
    char id[BOOK_ID_BYTES_MAX] = "NONE"; /* As FIX 4.4 says when 102=1. */
    if (report->order != 0) {
        book_order_id(book, report->order, id);
    }
    fields_text(out, 35, "9");
    fields_text(out, 37, id);
    fields_text(out, 11, book_cl_ord_id(book, report->request));
    fields_text(out, 41, book_text(book, book_request(book, report->request)->orig));
    fields_char_add(out, 39, report->status);
    fields_char_add(out, 434, report->response);
    fields_int(out, 102, report->reason);
    fields_text_if(out, 58, book_text(book, report->text));
    fields_text(out, 60, report->time);
}

/* What only some kinds of report say. */
static void kind_fields(const struct book *book, const struct book_report *report,
                        struct fields *out)
{
    char id[BOOK_ID_BYTES_MAX];
    if (report->kind == BOOK_REPORT_EXECUTED || report->kind == BOOK_REPORT_BUSTED) {
        fields_number(out, 32, report->last_quantity);
        fields_number(out, 31, report->last_price);
    }
    if (report->kind == BOOK_REPORT_BUSTED) {
        book_exec_id(book, report->reference, id);
        fields_text(out, 19, id);
    }
    if (report->kind == BOOK_REPORT_REJECTED) {
        fields_int(out, 103, report->reason);
    }
    fields_text_if(out, 58, book_text(book, report->text));
}

static void execution_body(const struct book *book, uint32_t number, struct fields *out)
{
    char id[BOOK_ID_BYTES_MAX];
    const struct book_report *report = book_report(book, number);
    const struct book_request *request = book_request(book, report->request);
    bool live = report->status == '0' || report->status == '1' || report->status == 'A';
    fields_text(out, 35, "8");
    book_order_id(book, report->order, id);
    fields_text(out, 37, id);
    fields_text(out, 11, book_cl_ord_id(book, report->request));
    fields_text_if(out, 41, report->unasked ? "" : book_text(book, request->orig));
    book_exec_id(book, number, id);
    fields_text(out, 17, id);
    fields_char_add(out, 150, exec_type(report->kind));
    fields_char_add(out, 39, report->status);
    order_fields(out, book_order(book, report->order));
    fields_char_add(out, 40, report->type);
    fields_number(out, 38, report->quantity);
    if (report->price > 0) {
        fields_number(out, 44, report->price);
    }
    kind_fields(book, report, out);
    fields_number(out, 151, live ? report->quantity - report->cumulative : 0);
    fields_number(out, 14, report->cumulative);
    fields_number(out, 6, report->average);
    fields_text(out, 60, report->time);
}

/* The body of a report; empty if there is nothing to say on this stream. */
static void report_body(const struct book *book, uint32_t number, enum book_stream stream,
                        struct fields *out)
{
    const struct book_report *report = book_report(book, number);
    fields_clear(out);
    if (report->kind == BOOK_REPORT_NONE) {
        return;
    }
    if (report->kind != BOOK_REPORT_CANCEL_REJECTED) {
        execution_body(book, number, out);
        if (stream == BOOK_STREAM_DROP_COPY) {
            fields_char_add(out, 797, 'Y'); /* CopyMsgIndicator */
        }
        return;
    }
    if (stream == BOOK_STREAM_ORDERS) { /* A drop copy tells executions only. */
        cancel_reject_body(book, report, out);
    }
}

static bool body_send(struct broker *broker, enum book_stream stream, struct fields *body,
                      bool possresend)
{
    if (possresend) {
        fields_char_add(body, 97, 'Y');
    }
    if (body->overflow) {
        fputs("broker: a report is too long\n", stderr);
        return false;
    }
    return quickfix_send(broker->streams[stream].session, body->data, body->size);
}

/* True if the report is now in the session's store, or needs no sending. */
static bool report_send(struct broker *broker, enum book_stream stream, uint32_t number)
{
    struct fields body;
    struct fields line;
    report_body(&broker->book, number, stream, &body);
    if (body.size == 0) {
        broker->book.next[stream] = number + 1; /* The journal need not know. */
        return true;
    }
    if (!body_send(broker, stream, &body, number <= broker->streams[stream].restored)) {
        return false;
    }
    journal_begin(&line, stream == BOOK_STREAM_ORDERS ? "SENT" : "COPIED");
    line_uint(&line, "n", number);
    journal_write(broker, &line);
    return true;
}

bool reports_flush(struct broker *broker, unsigned budget)
{
    bool waiting = false;
    for (int stream = 0; stream < BOOK_STREAMS; stream++) {
        const struct broker_stream *out = &broker->streams[stream];
        if (out->session == NULL || broker->policy.hold || broker->policy.mute ||
            !quickfix_logged_on(out->session)) {
            continue;
        }
        unsigned left = budget;
        bool going = true;
        while (going && left > 0 && broker->book.next[stream] <= broker->book.reports_count) {
            going = report_send(broker, (enum book_stream)stream, broker->book.next[stream]);
            left--;
        }
        waiting = waiting || (going && broker->book.next[stream] <= broker->book.reports_count);
    }
    return waiting;
}

bool reports_repeat(struct broker *broker, uint32_t number, bool marked)
{
    struct fields body;
    if (book_report(&broker->book, number) == NULL ||
        number >= broker->book.next[BOOK_STREAM_ORDERS]) {
        return false;
    }
    report_body(&broker->book, number, BOOK_STREAM_ORDERS, &body);
    return body.size > 0 && body_send(broker, BOOK_STREAM_ORDERS, &body, marked);
}

/* Answers that are in no book: the peer asks again if one is lost with the line. */

/* Uses up a report number, so that the ExecID of the answer never comes again. */
static uint32_t number_use(struct broker *broker, const char *message, size_t size)
{
    struct fields line;
    char id[BOOK_ID_BYTES_MAX];
    fields_get(message, size, 11, id, sizeof id);
    reports_line(broker, &line, "STATUS");
    line_text(&line, "clordid", id);
    journal_write(broker, &line);
    return broker->book.reports_count;
}

static void answer_begin(struct broker *broker, const char *message, size_t size,
                         struct fields *out)
{
    char text[BOOK_ID_BYTES_MAX];
    uint32_t number = number_use(broker, message, size);
    fields_clear(out);
    fields_text(out, 35, "8");
    book_exec_id(&broker->book, number, text);
    fields_text(out, 17, text);
    broker_time_text(text);
    fields_text(out, 60, text);
}

/* What an order that is not known can be said to be, from the message itself. */
static void answer_unknown(struct fields *out, const char *message, size_t size, char type,
                           int reason, const char *why)
{
    static const int echoed[] = {1, 11, 38, 40, 44, 790};
    char text[BOOK_ID_BYTES_MAX];
    for (size_t index = 0; index < sizeof echoed / sizeof echoed[0]; index++) {
        fields_get(message, size, echoed[index], text, sizeof text);
        fields_text_if(out, echoed[index], text);
    }
    fields_get(message, size, 55, text, sizeof text);
    fields_text(out, 55, text[0] != '\0' ? text : "NONE");
    fields_char_add(out, 54, fields_char(message, size, 54, '7')); /* 7 = undisclosed */
    fields_text(out, 37, "NONE");
    fields_char_add(out, 150, type);
    fields_char_add(out, 39, '8');
    fields_int(out, 103, reason);
    fields_text(out, 58, why);
    fields_number(out, 151, 0);
    fields_number(out, 14, 0);
    fields_number(out, 6, 0);
}

static void answer_order(struct broker *broker, struct fields *out, uint32_t number)
{
    char id[BOOK_ID_BYTES_MAX];
    const struct book_order *order = book_order(&broker->book, number);
    book_order_id(&broker->book, number, id);
    fields_text(out, 37, id);
    fields_text(out, 11, book_cl_ord_id(&broker->book, order->request_now));
    fields_char_add(out, 150, 'I');
    fields_char_add(out, 39, book_order_status(order));
    order_fields(out, order);
    fields_char_add(out, 40, order->type);
    fields_number(out, 38, order->quantity);
    if (order->price > 0) {
        fields_number(out, 44, order->price);
    }
    fields_number(out, 151, book_order_leaves(order));
    fields_number(out, 14, order->cumulative);
    fields_number(out, 6, broker_number_average(order->notional, order->cumulative));
}

static void answer_send(struct broker *broker, struct fields *body)
{
    if (quickfix_logged_on(broker->streams[BOOK_STREAM_ORDERS].session)) {
        body_send(broker, BOOK_STREAM_ORDERS, body, false);
    }
}

void reports_status(struct broker *broker, const char *message, size_t size, uint32_t order,
                    const char *mass_id, uint32_t mass_count)
{
    struct fields body;
    char request_id[BOOK_ID_BYTES_MAX];
    answer_begin(broker, message, size, &body);
    if (order == 0) {
        answer_unknown(&body, message, size, 'I', 5,
                       mass_id[0] != '\0' ? "no open orders" : "unknown order");
    } else {
        answer_order(broker, &body, order);
        fields_get(message, size, 790, request_id, sizeof request_id);
        fields_text_if(&body, 790, request_id);
    }
    if (mass_id[0] != '\0') {
        fields_text(&body, 584, mass_id);
        fields_int(&body, 911, mass_count);
    }
    answer_send(broker, &body);
}

void reports_duplicate_order(struct broker *broker, const char *message, size_t size)
{
    struct fields body;
    answer_begin(broker, message, size, &body);
    answer_unknown(&body, message, size, '8', 6, "this ClOrdID(11) was used before");
    answer_send(broker, &body);
}

void reports_duplicate_cancel(struct broker *broker, const char *message, size_t size)
{
    struct fields body;
    char text[BOOK_ID_BYTES_MAX];
    fields_clear(&body);
    fields_text(&body, 35, "9");
    fields_get(message, size, 11, text, sizeof text);
    fields_text(&body, 11, text);
    fields_get(message, size, 41, text, sizeof text);
    const struct book_request *orig = book_request(&broker->book, book_find(&broker->book, text));
    uint32_t order = orig != NULL ? orig->order : 0;
    fields_text(&body, 41, text);
    char status = '8';
    snprintf(text, sizeof text, "NONE");
    if (order != 0) {
        book_order_id(&broker->book, order, text);
        status = book_order_status(book_order(&broker->book, order));
    }
    fields_text(&body, 37, text);
    fields_char_add(&body, 39, status);
    fields_char_add(&body, 434, fields_char(message, size, 35, 'F') == 'F' ? '1' : '2');
    fields_int(&body, 102, 6);
    fields_text(&body, 58, "this ClOrdID(11) was used before");
    broker_time_text(text);
    fields_text(&body, 60, text);
    answer_send(broker, &body);
}
