/* Questions about its book, one order's or all of them, and OrderMassCancelRequest. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"

enum { MASS_STATUS_ALL = 7, MASS_CANCEL_SYMBOL = 1, MASS_CANCEL_ALL = 7 };

void broker_status_answer(struct sim_broker *broker, const struct broker_request *request)
{
    if (request->order != BROKER_NONE) {
        broker_report(broker, request->order,
                      &(struct broker_words){.exec_type = 'I',
                                             .cl_ord_id = request->cl_ord_id,
                                             .status_id = request->status_id});
    } else if (broker->set.unknown == SIM_UNKNOWN_BUSINESS_REJECT) {
        broker_refuse_unknown(broker, request);
    } else {
        broker_report_unknown(broker, request);
    }
}

bool broker_status_rejected(struct broker_session *session, const struct wire *wire,
                            const struct broker_request *request)
{
    bool rejects = request->kind == 'H' && request->order == BROKER_NONE &&
                   session->broker->set.unknown == SIM_UNKNOWN_REJECT;
    if (rejects) {
        broker_send_reject(session, wire, 5, 11, "unknown order");
    }
    return rejects;
}

bool sim_broker_has(const struct sim_broker *broker, const char *attempt)
{
    uint32_t request = book_find(broker, attempt);
    return request != BROKER_NONE && broker->requests[request].order != BROKER_NONE;
}

bool sim_broker_works(const struct sim_broker *broker, const char *attempt)
{
    return sim_broker_has(broker, attempt) &&
           book_is_live(&broker->orders[broker->requests[book_find(broker, attempt)].order]);
}

/* --- OrderMassStatusRequest ---------------------------------------------------------- */

static void mass_status(struct sim_broker *broker, const struct wire *wire)
{
    char id[BROKER_ID_BYTES];
    uint64_t kind = 0;
    unsigned count = 0;
    wire_copy(wire, 584, id, sizeof(id));
    if (!wire_uint(wire, 585, &kind) || kind != MASS_STATUS_ALL) {
        return;
    }
    for (uint32_t i = 0; i < broker->orders_count; i++) {
        count += book_is_live(&broker->orders[i]) ? 1 : 0;
    }
    unsigned left = count;
    for (uint32_t i = 0; i < broker->orders_count; i++) {
        if (book_is_live(&broker->orders[i])) {
            broker_report(broker, i,
                          &(struct broker_words){.exec_type = 'I',
                                                 .mass_id = id,
                                                 .mass_total = count,
                                                 .mass_last = --left == 0});
        }
    }
    if (count == 0) {
        broker_report_nothing(broker, id);
    }
}

/* --- OrderMassCancelRequest ------------------------------------------------------------ */

static void mass_cancel_report(struct sim_broker *broker, const struct wire *wire, unsigned count)
{
    char text[BROKER_ID_BYTES];
    struct wire_text body;
    body.size = 0;
    wire_copy(wire, 11, text, sizeof(text));
    wire_add(&body, 11, text);
    wire_add(&body, 37, text);
    wire_add_char(&body, 530, wire_char(wire, 530, '7'));
    wire_add_char(&body, 531, wire_char(wire, 530, '7'));
    wire_add_uint(&body, 533, count);
    wire_add_time(&body, 60, broker->sim->now_ns);
    broker_say(broker, "r", &body);
}

static void mass_cancel(struct sim_broker *broker, const struct wire *wire)
{
    char symbol[BROKER_NAME_BYTES];
    uint64_t kind = 0;
    unsigned count = 0;
    wire_copy(wire, 55, symbol, sizeof(symbol));
    (void)wire_uint(wire, 530, &kind);
    for (uint32_t i = 0; i < broker->orders_count; i++) {
        const struct broker_order *order = &broker->orders[i];
        bool meant = kind == MASS_CANCEL_ALL ||
                     (kind == MASS_CANCEL_SYMBOL && strcmp(symbol, order->symbol) == 0);
        if (meant && book_is_live(order)) {
            book_end(broker, i, ORACLE_CANCELLED);
            broker_report(broker, i, &(struct broker_words){.exec_type = '4'});
            count++;
        }
    }
    mass_cancel_report(broker, wire, count);
}

bool broker_mass_receive(struct broker_session *session, const struct wire *wire)
{
    struct sim_broker *broker = session->broker;
    bool status = span_is(wire->type, "AF");
    bool understood =
        status ? broker->set.mass_status : span_is(wire->type, "q") && broker->set.mass_cancel;
    if (!understood) {
        return false;
    }
    if (wire->poss_dup || wire->poss_resend) {
        return true; /* It has been here, or is too old to be obeyed. */
    }
    if (status) {
        mass_status(broker, wire);
    } else {
        mass_cancel(broker, wire);
    }
    return true;
}
