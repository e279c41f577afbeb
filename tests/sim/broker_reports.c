/* Reports: made once, kept for ever, said when they can be. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/broker_parts.h"

void broker_exec_id(struct sim_broker *broker, char exec_id[BROKER_ID_BYTES])
{
    memset(exec_id, 0, BROKER_ID_BYTES);
    (void)snprintf(exec_id, BROKER_ID_BYTES, "%.24s-%" PRIu64, broker->set.name,
                   ++broker->exec_ids);
}

static void order_id(const struct sim_broker *broker, uint32_t order, char text[BROKER_ID_BYTES])
{
    (void)snprintf(text, BROKER_ID_BYTES, "%.24s-O%" PRIu32, broker->set.name, order + 1);
}

/* What is kept of it, with a copy of its body. */
static uint32_t report_add(struct sim_broker *broker, const struct broker_report *report,
                           const struct wire_text *body)
{
    broker->reports = broker_grow(broker->reports, broker->reports_count, &broker->reports_capacity,
                                  sizeof(*broker->reports));
    uint8_t *bytes = malloc(body->size);
    ASSERT(bytes != NULL);
    memcpy(bytes, body->data, body->size);
    uint32_t number = broker->reports_count++;
    broker->reports[number] = *report;
    broker->reports[number].body = bytes;
    broker->reports[number].body_size = body->size;
    if (report->order != BROKER_NONE) {
        memcpy(broker->reports[number].attempt, broker->orders[report->order].attempt,
               BROKER_ID_BYTES);
    }
    return number;
}

static void say_on_orders(struct sim_broker *broker, uint32_t report)
{
    broker_say_later(&broker->sessions[BROKER_ORDERS], report, false);
    broker->late = false;
}

static void add_order(struct wire_text *body, const struct broker_order *order)
{
    wire_add(body, 526, order->marker);
    if (order->account[0] != '\0') {
        wire_add(body, 1, order->account);
    }
    wire_add(body, 55, order->symbol);
    wire_add_char(body, 54, order->side);
    wire_add_number(body, 38, order->quantity);
    wire_add_char(body, 40, order->price > 0 ? '2' : '1');
    if (order->price > 0) {
        wire_add_number(body, 44, order->price);
    }
    wire_add_char(body, 59, order->time_in_force);
}

static void add_if(struct wire_text *body, uint32_t tag, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        wire_add(body, tag, value);
    }
}

static void add_words(struct wire_text *body, const struct broker_words *words)
{
    if (words->quantity > 0) {
        wire_add_number(body, 32, words->quantity);
        wire_add_number(body, 31, words->price);
    }
    add_if(body, 19, words->exec_ref_id);
    add_if(body, 790, words->status_id);
    if (words->reason != 0) {
        wire_add_uint(body, 103, words->reason);
    }
    if (words->mass_id != NULL) {
        wire_add(body, 584, words->mass_id);
        wire_add_uint(body, 911, words->mass_total);
        wire_add_char(body, 912, words->mass_last ? 'Y' : 'N');
    }
    add_if(body, 58, words->text);
}

void broker_report(struct sim_broker *broker, uint32_t number, const struct broker_words *words)
{
    const struct broker_order *order = &broker->orders[number];
    bool status = words->exec_type == 'I';
    char id[BROKER_ID_BYTES];
    char exec_id[BROKER_ID_BYTES] = "0";
    if (words->exec_id != NULL) {
        memcpy(exec_id, words->exec_id, sizeof(exec_id));
    } else if (!status) {
        broker_exec_id(broker, exec_id);
    }
    order_id(broker, number, id);
    struct wire_text body;
    body.size = 0;
    wire_add(&body, 37, id);
    wire_add(&body, 17, exec_id);
    wire_add_char(&body, 150, words->exec_type);
    wire_add_char(&body, 39, words->ord_status != 0 ? words->ord_status : book_status(order));
    wire_add(&body, 11, words->cl_ord_id != NULL ? words->cl_ord_id : order->attempt);
    add_if(&body, 41, words->original);
    add_order(&body, order);
    add_words(&body, words);
    wire_add_number(&body, 151, book_leaves(order));
    wire_add_number(&body, 14, order->cumulative);
    wire_add_number(&body, 6, broker_number_average(order->notional, order->cumulative));
    wire_add_time(&body, 60, broker->sim->now_ns);

    struct broker_report report = {.type = "8", .order = number, .matters = !status};
    if (words->exec_type == 'F') {
        memcpy(report.exec_id, exec_id, sizeof(report.exec_id));
    } else if (words->exec_ref_id != NULL) {
        memcpy(report.exec_id, words->exec_ref_id, sizeof(report.exec_id));
    }
    uint32_t made = report_add(broker, &report, &body);
    say_on_orders(broker, made);
    if (!status) {
        broker_say_later(&broker->sessions[BROKER_DROPCOPY], made, false);
    }
}

void broker_say(struct sim_broker *broker, const char *type, const struct wire_text *body)
{
    say_on_orders(
        broker,
        report_add(broker, &(struct broker_report){.type = type, .order = BROKER_NONE}, body));
}

/* ExecutionReport on no order. */
static void add_unknown(struct wire_text *body, const char *cl_ord_id)
{
    body->size = 0;
    wire_add(body, 37, "NONE");
    wire_add(body, 17, "0");
    wire_add(body, 150, "I");
    wire_add(body, 39, "8");
    add_if(body, 11, cl_ord_id);
    wire_add(body, 55, "NONE");
    wire_add(body, 54, "1");
    wire_add(body, 151, "0");
    wire_add(body, 14, "0");
    wire_add(body, 6, "0");
}

/* OrderStatusRequest for what is not in the book. */
void broker_report_unknown(struct sim_broker *broker, const struct broker_request *request)
{
    struct wire_text body;
    add_unknown(&body, request->cl_ord_id);
    add_if(&body, 790, request->status_id);
    wire_add(&body, 103, "5");
    wire_add(&body, 58, "unknown order");
    broker_say(broker, "8", &body);
}

/* The same, by BusinessMessageReject. */
void broker_refuse_unknown(struct sim_broker *broker, const struct broker_request *request)
{
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 45, request->seq);
    wire_add(&body, 372, "H");
    wire_add(&body, 379, request->cl_ord_id);
    wire_add(&body, 380, "1");
    wire_add(&body, 58, "unknown order");
    broker_say(broker, "j", &body);
}

void broker_report_nothing(struct sim_broker *broker, const char *mass_id)
{
    struct wire_text body;
    add_unknown(&body, NULL);
    wire_add(&body, 584, mass_id);
    wire_add(&body, 911, "0");
    wire_add(&body, 912, "Y");
    broker_say(broker, "8", &body);
}

/* A fill of an order that nobody gave. */
void broker_report_stray(struct sim_broker *broker)
{
    char exec_id[BROKER_ID_BYTES];
    struct wire_text body;
    body.size = 0;
    broker_exec_id(broker, exec_id);
    wire_add(&body, 37, "STRAY");
    wire_add(&body, 17, exec_id);
    wire_add(&body, 150, "F");
    wire_add(&body, 39, "1");
    wire_add(&body, 11, "NOBODY-1");
    wire_add(&body, 55, "VOD");
    wire_add(&body, 54, "1");
    wire_add(&body, 32, "10");
    wire_add(&body, 31, "10.5");
    wire_add(&body, 151, "90");
    wire_add(&body, 14, "10");
    wire_add(&body, 6, "10.5");
    broker_say(broker, "8", &body);
}

void broker_cancel_reject(struct sim_broker *broker, const struct broker_request *request,
                          unsigned reason, const char *text)
{
    char id[BROKER_ID_BYTES] = "NONE";
    char status = '8';
    struct wire_text body;
    body.size = 0;
    if (request->order != BROKER_NONE) {
        order_id(broker, request->order, id);
        status = book_status(&broker->orders[request->order]);
    }
    wire_add(&body, 37, id);
    wire_add(&body, 11, request->cl_ord_id);
    wire_add(&body, 41, request->original);
    wire_add_char(&body, 39, status);
    wire_add(&body, 434, request->kind == 'F' ? "1" : "2");
    wire_add_uint(&body, 102, reason);
    wire_add(&body, 58, text);
    wire_add_time(&body, 60, broker->sim->now_ns);
    struct broker_report report = {
        .type = "9", .order = request->order, .matters = request->order != BROKER_NONE};
    say_on_orders(broker, report_add(broker, &report, &body));
}

/* BusinessMessageReject of message `seq`: the new order, or none that is known. */
void broker_refuse(struct sim_broker *broker, uint32_t order, uint64_t seq)
{
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 45, seq);
    wire_add(&body, 372, "D");
    wire_add(&body, 379, broker->orders[order].attempt);
    wire_add(&body, 380, "4");
    wire_add(&body, 58, "the desk is closed");
    struct broker_report report = {.type = "j", .order = order, .matters = true};
    say_on_orders(broker, report_add(broker, &report, &body));
}

bool broker_repeat(struct sim_broker *broker, bool poss_resend)
{
    for (uint32_t i = broker->reports_count; i > 0; i--) {
        if (broker->reports[i - 1].matters && broker->reports[i - 1].type[0] == '8') {
            broker_say_later(&broker->sessions[BROKER_ORDERS], i - 1, poss_resend);
            return true;
        }
    }
    return false;
}

void broker_withhold(struct sim_broker *broker, uint32_t number)
{
    struct sim *sim = broker->sim;
    struct broker_report *report = &broker->reports[number];
    if (!report->matters || report->withheld) {
        return;
    }
    report->withheld = true;
    trace_say(&sim->trace, broker->set.name, "the gateway may never get a report on %s%s%s",
              report->attempt, report->exec_id[0] != '\0' ? ": execution " : "", report->exec_id);
    oracle_book_withheld(sim->oracle, broker->index, report->attempt,
                         report->exec_id[0] != '\0' ? report->exec_id : NULL);
}
