/* Cancels (F) and replaces (G). They go to the broker that owns the live attempt;
 * an order that is still queued is changed here. */
#include "fix/tags.h"
#include "gateway/core/limits/order_limits.h"
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/intake.h"
#include "gateway/core/orders/queue.h"
#include "gateway/core/routing/routing.h"

/* CxlRejReason(102) */
enum {
    CXL_REJ_TOO_LATE = 0,
    CXL_REJ_UNKNOWN_ORDER = 1,
    CXL_REJ_PENDING = 3,
    CXL_REJ_DUPLICATE = 6,
    CXL_REJ_OTHER = 99,
};

static void refuse(struct engine *engine, const struct request *request, const struct order *order,
                   char kind, int reason, struct span text)
{
    cancel_reject_reply(engine, request->route, order,
                        &(struct cancel_reject){
                            .client = request->client,
                            .cl_ord_id = request->cl_ord_id,
                            .orig_cl_ord_id = message_value(&request->message, TAG_OrigClOrdID),
                            .response_to = kind == 'F' ? '1' : '2',
                            .reason = reason,
                            .text_span = text,
                        });
}

/* The same ClOrdID again: the order's present state for the same content. */
static bool answer_repetition(struct engine *engine, const struct request *request, char kind)
{
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order order;
    struct order_request known;
    enum order_record found = order_load(
        &engine->view, order_key(key, request->client, request->cl_ord_id), &order, &known);
    if (found == ORDER_RECORD_NONE) {
        return false;
    }
    if (found == ORDER_RECORD_REQUEST && known.kind == kind && known.content == request->content) {
        if (!order_follow(&engine->view, known.order_key, &order)) {
            return true;
        }
        report_reply(
            engine, request->route, &order,
            &(struct report){.exec_type = ExecType_ORDER_STATUS,
                             .cl_ord_id = request->cl_ord_id,
                             .orig_cl_ord_id = message_value(&request->message, TAG_OrigClOrdID)});
        return true;
    }
    refuse(engine, request, NULL, kind, CXL_REJ_DUPLICATE,
           span_text("ClOrdID(11): already used for another request; give each its own"));
    return true;
}

/* Whether the order can be changed by this request now; if not, it is refused. */
static bool may_amend(struct engine *engine, const struct request *request,
                      const struct order *order, char kind)
{
    const struct message *message = &request->message;
    if (order_is_terminal(order->state)) {
        refuse(engine, request, order, kind, CXL_REJ_TOO_LATE,
               span_text("too late: the order has ended"));
        return false;
    }
    if (order->pending != 0) {
        refuse(engine, request, order, kind, CXL_REJ_PENDING,
               span_text("a cancel or replace of this order is already on its way"));
        return false;
    }
    if (order->state == ORDER_DEAD_LETTER) {
        refuse(engine, request, order, kind, CXL_REJ_OTHER,
               span_text("the order is held for a person to decide"));
        return false;
    }
    if (!span_equal(message_value(message, TAG_OrigClOrdID), order->cl_ord_id_now)) {
        refuse(engine, request, order, kind, CXL_REJ_UNKNOWN_ORDER,
               span_text("OrigClOrdID(41): not the latest accepted ClOrdID of the order"));
        return false;
    }
    if (!span_equal(message_value(message, TAG_Symbol), order->symbol) ||
        message_value(message, TAG_Side).data[0] != (uint8_t)order->side) {
        refuse(engine, request, order, kind, CXL_REJ_OTHER,
               span_text("Symbol(55) and Side(54) must be the order's"));
        return false;
    }
    return true;
}

static void save_request(struct engine *engine, const struct request *request,
                         const struct order *order, const struct order_terms *terms, char kind)
{
    uint8_t root[ORDER_KEY_BYTES_MAX];
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct order_request saved = {
        .order_key = order_key(root, order->client, order->cl_ord_id),
        .kind = kind,
        .content = request->content,
        .body = request->body,
        .terms = *terms,
    };
    order_request_save(&engine->view, order_key(key, request->client, request->cl_ord_id), &saved,
                       engine->scratch_record);
}

/* Tells OMS and bus of a change that was made here, without a broker. */
static void tell(struct engine *engine, const struct request *request, const struct order *order,
                 char exec_type)
{
    struct report report = {
        .exec_type = exec_type,
        .cl_ord_id = request->cl_ord_id,
        .orig_cl_ord_id = message_value(&request->message, TAG_OrigClOrdID),
    };
    report_event(engine, order, &report);
    report_reply(engine, request->route, order, &report);
}

static void cancel_queued(struct engine *engine, const struct request *request, struct order *order)
{
    queue_remove(engine, order);
    order_become(order, ORDER_CANCELLED, engine->now_ns,
                 span_text("cancelled before it went to a broker"));
    order_save(&engine->view, order, engine->scratch_record);
    order_ended(engine, order);
    tell(engine, request, order, ExecType_CANCELED);
}

/* Keeps its place in the queue. */
static void replace_queued(struct engine *engine, const struct request *request,
                           struct order *order, const struct order_terms *terms)
{
    queue_expiry_remove(engine, order);
    order->cl_ord_id_now = request->cl_ord_id;
    order->terms = *terms;
    order->body = request->body;
    queue_expiry_add(engine, order);
    order_save(&engine->view, order, engine->scratch_record);
    tell(engine, request, order, ExecType_REPLACED);
}

static void send_or_wait(struct engine *engine, const struct request *request, struct order *order,
                         char kind)
{
    order->pending = kind;
    order->pending_sent = false;
    order->pending_id = request->cl_ord_id;
    order->pending_attempt_id = span_of(NULL, 0);
    queue_place_request(engine, order);
    report_reply(engine, request->route, order,
                 &(struct report){
                     .exec_type = kind == 'F' ? ExecType_PENDING_CANCEL : ExecType_PENDING_REPLACE,
                     .cl_ord_id = request->cl_ord_id,
                     .orig_cl_ord_id = message_value(&request->message, TAG_OrigClOrdID),
                 });
}

/* A replace must still be an order that some broker takes, and not ask for less
 * than is done already. */
static bool terms_fit(struct engine *engine, const struct request *request,
                      const struct order *order, const struct order_terms *terms,
                      struct text *fault)
{
    if (decimal_compare(terms->quantity, order->cum_quantity) <= 0) {
        text_add(fault, "OrderQty(38): not above what is executed already");
        return false;
    }
    struct order replaced = *order;
    replaced.body = request->body;
    return order->state != ORDER_QUEUED || routing_fits_any(engine, &replaced, fault);
}

/* A replace must pass the limits with its new terms. */
static bool within_limits(struct engine *engine, const struct request *request,
                          const struct order *order, const struct order_terms *terms,
                          struct text *fault)
{
    struct span currency = message_value(&request->message, TAG_Currency);
    struct limit_question question = {
        .parties = {.client = order->client, .account = order->account, .symbol = order->symbol},
        .cl_ord_id = request->cl_ord_id,
        .currency = currency.size > 0 ? currency : order->currency,
        .side = order->side,
        .terms = terms,
    };
    int reason; /* CxlRejReason(102) has no word for it. */
    return order_limits_check(engine, &question, &reason, fault);
}

void amend_request(struct engine *engine, struct request *request, char kind)
{
    if (answer_repetition(engine, request, kind)) {
        return;
    }
    struct order order;
    struct span orig = message_value(&request->message, TAG_OrigClOrdID);
    if (!intake_find_order(engine, request->client, orig, &order)) {
        refuse(engine, request, NULL, kind, CXL_REJ_UNKNOWN_ORDER,
               span_text("OrigClOrdID(41): unknown order"));
        return;
    }
    if (!may_amend(engine, request, &order, kind)) {
        return;
    }
    struct order_terms terms = {.ord_type = order.terms.ord_type};
    struct text fault = {.size = 0};
    int reason;
    if (kind == 'G' && (!intake_terms(engine, request, &terms, &reason, &fault) ||
                        !terms_fit(engine, request, &order, &terms, &fault) ||
                        !within_limits(engine, request, &order, &terms, &fault))) {
        refuse(engine, request, &order, kind, CXL_REJ_OTHER, text_span(&fault));
        return;
    }
    save_request(engine, request, &order, &terms, kind);
    if (order.state != ORDER_QUEUED) {
        send_or_wait(engine, request, &order, kind);
    } else if (kind == 'F') {
        cancel_queued(engine, request, &order);
    } else {
        replace_queued(engine, request, &order, &terms);
    }
}
