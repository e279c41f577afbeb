/* Order entry (design §5): requests of the OMS, checked, made durable, answered.
 *
 * Pure; part of the engine. intake.c takes requests in and handles new orders (D)
 * and status (H), intake_terms.c reads what is asked of an order; amend.c cancels (F)
 * and replaces (G). */
#ifndef GATEWAY_CORE_ORDERS_INTAKE_H
#define GATEWAY_CORE_ORDERS_INTAKE_H

#include "gateway/core/engine/report.h"

/* OrdRejReason(103) */
enum {
    ORD_REJ_UNKNOWN_ORDER = 5,
    ORD_REJ_DUPLICATE = 6,
    ORD_REJ_UNSUPPORTED = 11,
    ORD_REJ_QUANTITY = 13,
    ORD_REJ_OTHER = 99,
};

/* One request being handled. */
struct request {
    struct span client;
    struct span route;
    struct message message; /* Unframed. */
    struct span cl_ord_id;
    uint64_t content; /* Hash of what was asked, to recognise its repetition. */
    uint64_t same;    /* The same without its ClOrdID: what comes again under another. */
    struct span body; /* Its fields for a broker; in engine->scratch_request. */
};

/* What is asked of an order, read from a D or G. False: `fault` names the field,
 * *reason is OrdRejReason(103). */
bool intake_terms(const struct engine *engine, const struct request *request,
                  struct order_terms *terms, int *reason, struct text *fault);

/* The order that a ClOrdID of the client leads to, by its first name or by that
 * of a later cancel or replace. */
bool intake_find_order(struct engine *engine, struct span client, struct span cl_ord_id,
                       struct order *order);

/* "OrderQty(38): " */
void intake_name_field(const struct engine *engine, uint32_t tag, struct text *text);

/* F and G. */
void amend_request(struct engine *engine, struct request *request, char kind);

#endif
