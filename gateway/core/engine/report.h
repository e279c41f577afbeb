/* What the OMS reads: ExecutionReport(8), OrderCancelReject(9), Reject(3) and
 * BusinessMessageReject(j), as replies to requests and as events on the bus.
 *
 * Pure; part of the engine. Totals and identifiers are the order's own: ClOrdID
 * as the OMS knows it, OrderID(37) ours, SecondaryOrderID(198) the broker's,
 * ExecID(17) ours, SecondaryExecID(527) the broker's. */
#ifndef GATEWAY_CORE_ENGINE_REPORT_H
#define GATEWAY_CORE_ENGINE_REPORT_H

#include "gateway/core/engine/bus.h"

/* FIX 4.4: CxlRejResponseTo(434), CxlRejReason(102), OrdRejReason(103). */
struct report {
    char exec_type;               /* ExecType(150) */
    struct span cl_ord_id;        /* ClOrdID(11): the order's, or the request's that is answered. */
    struct span orig_cl_ord_id;   /* OrigClOrdID(41); may be empty. */
    struct span exec_ref_id;      /* ExecRefID(19) in our terms, for a bust or correction. */
    const struct message *source; /* The broker's message: its other fields go along; or NULL. */
    const char *text;             /* Text(58), or NULL. */
};

/* ExecutionReport as event ER.<broker>.<symbol>; the engine's own decisions
 * (an order expired in the queue) stand under our comp id as broker. What answers a cancel that
 * we asked for ourselves (order_cancel.h) stands under the order's own ClOrdID. */
void report_event(struct engine *engine, const struct order *order, const struct report *report);

/* ExecutionReport as the reply to a request. */
void report_reply(struct engine *engine, struct span route, const struct order *order,
                  const struct report *report);

/* OrderCancelReject (35=9). `order` may be NULL when it is unknown. */
struct cancel_reject {
    struct span client;
    struct span cl_ord_id;
    struct span orig_cl_ord_id;
    char response_to; /* '1' = cancel, '2' = replace. */
    int reason;       /* CxlRejReason(102) */
    const char *text;
    struct span text_span; /* Instead of `text`, when its data is not NULL. */
};
void cancel_reject_reply(struct engine *engine, struct span route, const struct order *order,
                         const struct cancel_reject *reject);
/* Of a cancel that we asked for ourselves: an alert. */
void cancel_reject_event(struct engine *engine, const struct order *order,
                         const struct cancel_reject *reject);

/* ExecutionReport with 39=8 for an order that was not taken (exec_type '8'), or
 * whose status is asked for and that nobody knows ('I'). `reason` is
 * OrdRejReason(103). */
void order_reject_reply(struct engine *engine, struct span route, struct span client,
                        const struct message *request, char exec_type, int reason,
                        const struct text *text);

/* Reject (35=3) for what is not even a request. `tag` 0 = none. */
void reject_reply(struct engine *engine, struct span route, struct span client, uint32_t tag,
                  struct span msg_type, int reason, const struct text *text);

/* BusinessMessageReject (35=j), reason 380. */
void business_reject_reply(struct engine *engine, struct span route, struct span client,
                           const struct message *request, int reason, const struct text *text);

#endif
