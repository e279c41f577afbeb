/* What clients were answered. */
#include "tests/oracle/oracle_parts.h"

#include <stdio.h>

/* The kinds of request that an ExecutionReport of this ExecType answers, if it took them. */
static const char *kinds_of(char exec_type)
{
    switch (exec_type) {
    case 'A':
        return "D";
    case '4':
    case '6':
        return "F";
    case '5':
    case 'E':
        return "G";
    case 'I':
        return "DFG";
    default:
        return NULL;
    }
}

/* How often something else than what was taken went out under its name. */
static uint32_t other_sendings(const struct oracle *oracle, const struct request *request)
{
    uint32_t count = 0;
    for (uint32_t at = request->contents; at != ORACLE_NONE; at = oracle->contents[at].next) {
        count += at != request->accepted || request->doubtful ? oracle->contents[at].sendings : 0;
    }
    return count;
}

/* What was acknowledged may be refused only as often as something else was sent under its
 * name. */
static void take_refusal(struct oracle *oracle, uint32_t number,
                         const struct oracle_message *message)
{
    struct request *request = &oracle->requests[number];
    struct span text = oracle_value(message, TAG_TEXT);
    request->refused = true;
    if (!request->acknowledged) {
        return;
    }
    request->refusals_after++;
    if (request->refusals_after > other_sendings(oracle, request)) {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                       "%s was acknowledged, and then refused (35=%c: %.*s)", request->name,
                       message->type, (int)text.size, (const char *)text.data);
    }
}

/* What stands under a name is told to whoever sent just that, or asked for its state; not to one
 * who sent something else. */
static void check_known(struct oracle *oracle, struct request *request)
{
    request->known_answers++;
    if (request->accepted == ORACLE_NONE || request->doubtful) {
        return;
    }
    uint32_t sendings = oracle->contents[request->accepted].sendings + request->status_sendings;
    if (request->known_answers > sendings) {
        oracle_violate(oracle, ORACLE_ANSWERS,
                       "%s was answered as known %u times: it was sent or asked for %u times, and "
                       "else it had other content",
                       request->name, request->known_answers, sendings);
    }
}

/* An answer tells a standing of its order at or after the one that the answer before it told;
 * one that the bus did not tell yet waits for it. */
static void match_standing(struct oracle *oracle, uint32_t number, const struct standing *told)
{
    struct order *order = &oracle->orders[number];
    uint32_t at = order->matched != ORACLE_NONE ? order->matched : order->moments;
    if (order->pending == ORACLE_NONE) {
        for (; at != ORACLE_NONE; at = oracle->moments[at].next) {
            if (oracle_standing_equal(&oracle->moments[at].standing, told)) {
                order->matched = at;
                return;
            }
        }
    }
    if (oracle_bus_is_known(oracle)) {
        oracle_violate(oracle, ORACLE_FIGURES,
                       "an answer says that %s is %s; the bus never said so", order->name,
                       oracle_standing_text(told).text);
    }
    uint32_t added = oracle->moments_count++;
    oracle->moments =
        oracle_room(oracle->moments, &oracle->moments_capacity, added, sizeof oracle->moments[0]);
    oracle->moments[added] = (struct moment){.standing = *told, .next = ORACLE_NONE};
    if (order->pending == ORACLE_NONE) {
        order->pending = added;
    } else {
        oracle->moments[order->pending_last].next = added;
    }
    order->pending_last = added;
}

static void check_standing(struct oracle *oracle, uint32_t number, uint32_t order,
                           const struct oracle_message *message)
{
    struct standing told;
    const char *name = oracle->requests[number].name;
    if (!oracle_standing_read(message, &told)) {
        oracle_violate(oracle, ORACLE_ANSWERS, "the answer to %s does not tell where it stands",
                       name);
        return;
    }
    if (!oracle_status_fits(message, told.state)) {
        oracle_violate(oracle, ORACLE_ANSWERS, "the answer to %s says 39=%c, and 10005=%s", name,
                       oracle_char(message, TAG_ORD_STATUS, '-'), oracle_state_name(told.state));
    }
    match_standing(oracle, order, &told);
}

/* It is durable now: an order with its outcome to come, or a change of one. */
static void take_acknowledgement(struct oracle *oracle, uint32_t number, char exec_type,
                                 const struct oracle_message *message)
{
    struct request *request = &oracle->requests[number];
    bool tells_terms = exec_type == 'A' || exec_type == '5';
    if (!oracle_request_accept(oracle, number, kinds_of(exec_type), tells_terms ? message : NULL)) {
        oracle_violate(oracle, ORACLE_ANSWERS,
                       "%s is answered with 150=%c, and no such request was sent", request->name,
                       exec_type);
        return;
    }
    if (exec_type != 'I' && request->acknowledged) {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                       "%s was acknowledged before, and is now taken as new (150=%c)",
                       request->name, exec_type);
    }
    check_known(oracle, request);
    request->acknowledged = true;
    request->told = exec_type != 'I' ? exec_type : request->told;
    uint32_t order = oracle_request_order(oracle, number);
    if (order == ORACLE_NONE) {
        oracle_violate(oracle, ORACLE_ANSWERS,
                       "%s is answered with 150=%c, but it names no order that there is",
                       request->name, exec_type);
        return;
    }
    oracle_order_begin(oracle, order, message);
    oracle_order_check_id(oracle, order, message, "an answer");
    check_standing(oracle, number, order, message);
}

static void take_report(struct oracle *oracle, uint32_t number,
                        const struct oracle_message *message)
{
    struct request *request = &oracle->requests[number];
    char exec_type = oracle_char(message, TAG_EXEC_TYPE, '?');
    bool unknown = exec_type == 'I' && span_is(oracle_value(message, TAG_ORDER_ID), "NONE");
    if (!span_is(oracle_value(message, TAG_EXEC_ID), "0") && exec_type != '8' && !unknown) {
        oracle_violate(oracle, ORACLE_ANSWERS, "the answer to %s has an ExecID, as if it executed",
                       request->name);
    }
    if (unknown && request->acknowledged) {
        oracle_violate(oracle, ORACLE_SINGLE_OUTCOME,
                       "%s was acknowledged, and is now unknown to the gateway", request->name);
    } else if (exec_type == '8') {
        take_refusal(oracle, number, message);
    } else if (unknown) {
        return;
    } else if (kinds_of(exec_type) == NULL) {
        oracle_violate(oracle, ORACLE_ANSWERS, "%s is answered with 150=%c, which is no answer",
                       request->name, exec_type);
    } else {
        take_acknowledgement(oracle, number, exec_type, message);
    }
}

/* Of a cancel or replace; which of them, 434 says. */
static void take_cancel_reject(struct oracle *oracle, uint32_t number,
                               const struct oracle_message *message)
{
    const struct request *request = &oracle->requests[number];
    char kind = oracle_char(message, TAG_CXL_REJ_RESPONSE_TO, '?') == '1' ? 'F' : 'G';
    uint32_t content = request->contents;
    while (content != ORACLE_NONE && oracle->contents[content].kind != kind) {
        content = oracle->contents[content].next;
    }
    if (content == ORACLE_NONE) {
        oracle_violate(oracle, ORACLE_ANSWERS, "%s is refused as a %s, which it never was",
                       request->name, kind == 'F' ? "cancel" : "replace");
    }
    take_refusal(oracle, number, message);
}

void oracle_answer(struct oracle *oracle, const char *client, struct span bytes)
{
    struct oracle_message message;
    if (!oracle_message_read(&message, bytes)) {
        return; /* In another encoding, as its request was. */
    }
    oracle->answers++;
    if (oracle->answers > oracle->sendings) {
        oracle_violate(oracle, ORACLE_ANSWERS, "there are more answers than requests");
    }
    struct span id = oracle_value(&message, TAG_CL_ORD_ID);
    if (id.size == 0) {
        id = oracle_value(&message, TAG_REF_ID);
    }
    uint32_t number = oracle_request_find(oracle, span_text(client), id);
    if (number == ORACLE_NONE) {
        oracle->answers_unnamed++;
        if (message.type == '8' || message.type == '9') {
            oracle_violate(oracle, ORACLE_ANSWERS, "%s gets an answer to %.*s, which it never sent",
                           client, (int)id.size, (const char *)id.data);
        }
        return;
    }
    struct request *request = &oracle->requests[number];
    request->answers++;
    if (request->answers > request->sendings) {
        oracle_violate(oracle, ORACLE_ANSWERS, "%s was sent %u times and answered %u times",
                       request->name, request->sendings, request->answers);
    }
    if (message.type == '8') {
        take_report(oracle, number, &message);
    } else if (message.type == '9') {
        take_cancel_reject(oracle, number, &message);
    } else if (message.type == '3' || message.type == 'j') {
        take_refusal(oracle, number, &message);
    } else {
        oracle_violate(oracle, ORACLE_ANSWERS, "%s is answered with 35=%c, which is no answer",
                       request->name, message.type);
    }
}
